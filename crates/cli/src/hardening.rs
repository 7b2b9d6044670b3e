//! What the process gives up before it handles a secret: core dumps, debuggers, files that others can read.

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit, umask};

/// Takes it all away. A kernel that refuses one of these (some containers do) must not keep people from their archive, so
/// refusals are passed over.
pub fn harden() {
    // One byte is too little for a file, and keeps the kernel from handing the memory to a program that collects such,
    // which it does at none (`core(5)`). Where not even that is allowed, only the next line keeps it from doing so.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(1), maximum: Some(1) });
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    umask(rustix::fs::Mode::from_raw_mode(0o077));
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
