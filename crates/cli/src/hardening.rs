//! What the process gives up before it handles a secret: core dumps, debuggers, files that others can read, swap.

use std::fs;

use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit, umask,
};
use rustix::thread::{CapabilitySet, capabilities};

/// Takes it all away. A kernel that refuses one of these (some containers do) must not keep people from their archive, so
/// refusals are passed over.
pub fn harden() {
    // One byte is too little for a file, and keeps the kernel from handing the memory to a program that collects such,
    // which it does at none (`core(5)`). Where not even that is allowed, only the next line keeps it from doing so.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(1), maximum: Some(1) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    umask(rustix::fs::Mode::from_raw_mode(0o077));
    keep_out_of_swap();
}

/// Is this process's memory kept out of swap? What libraries lock of their own is not all of it.
pub fn is_out_of_swap() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes = |what: &str| -> Option<u64> {
        status.lines().find_map(|line| line.strip_prefix(what)?.split_whitespace().next()?.parse().ok())
    };
    kilobytes("VmLck:").zip(kilobytes("VmRSS:")).is_some_and(|(locked, resident)| locked >= resident)
}

/// Only where the user may lock memory without bound: beyond a bound the kernel would give no more of it to us.
fn keep_out_of_swap() {
    let may_lock = || {
        let held = capabilities(None).is_ok_and(|held| held.effective.contains(CapabilitySet::IPC_LOCK));
        held || getrlimit(Resource::Memlock).current.is_none()
    };
    if may_lock() {
        // Each page from when it is first used: what is only reserved takes no memory.
        let _ = mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT);
    }
}

#[cfg(test)]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn memory_is_never_written_to_a_file() {
        super::harden();
        assert!(getrlimit(Resource::Core).current.is_some_and(|bytes| bytes <= 1));
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    }
}
