//! What a process gives up: descriptors, its user, namespaces, capabilities, limits.

use std::fs;
use std::io;

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{Gid, Uid, geteuid, getgid, getuid, setgroups, setresgid, setresuid};
use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
use rustix::thread::{CapabilitySet, CapabilitySets};

use crate::level::{Level, Refused, Step};
use crate::tool::Limits;

/// The user that owns nothing: who root becomes, and who everybody is inside.
const NOBODY: u32 = 65534;

/// Closes everything but standard input, output, error and these: a caller may have left something open.
pub(super) fn close_all_but(kept: &[i32]) -> io::Result<()> {
    let open: Vec<i32> = fs::read_dir("/proc/self/fd")?
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    // One of them was the list itself, and is closed already.
    let closed = open.into_iter().filter(|descriptor| *descriptor > 2 && !kept.contains(descriptor));
    for descriptor in closed {
        let _ = nix::unistd::close(descriptor);
    }
    Ok(())
}

/// Refuses where a crashed tool's memory would be handed to a program that collects such, which might write it to a disk:
/// there, only a limit of one byte keeps it back, and a caller whose own is none cannot give one. That a process hides
/// its memory does not help: executing a tool ends it.
pub(super) fn leave_no_core() -> Result<(), Refused> {
    let most = getrlimit(Resource::Core).maximum;
    // Who collects is asked only where it matters: not every system shows it.
    if most == Some(0) {
        let pattern = fs::read_to_string("/proc/sys/kernel/core_pattern").map_err(Step::Cores.failed())?;
        if is_collected(&pattern) {
            return Err(Step::Cores.plain());
        }
    }
    Ok(())
}

/// Whether cores go to a program or a socket, by what `core(5)` calls the pattern.
fn is_collected(pattern: &str) -> bool {
    pattern.starts_with(['|', '@'])
}

/// Where it runs as root, it becomes an ordinary user for good.
pub(super) fn leave_root() -> Result<(), Refused> {
    let refused = |errno: nix::Error| Refused { step: Step::User, errno: Some(errno as i32) };
    if getuid().is_root() || geteuid().is_root() {
        let (user, group) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
        setgroups(&[]).map_err(refused)?;
        setresgid(group, group, group).map_err(refused)?;
        setresuid(user, user, user).map_err(refused)?;
        // A change of user closes /proc/self, where it is said who the user is inside.
        set_dumpable_behavior(DumpableBehavior::Dumpable).map_err(Step::User.refused())?;
    }
    if getuid().is_root() || geteuid().is_root() { Err(Step::User.plain()) } else { Ok(()) }
}

/// Users, network, mounts, System V objects, names and groups of its own; each run has processes and mounts besides.
pub(super) fn leave_namespaces() -> Result<(), Refused> {
    let (user, group) = (getuid(), getgid());
    let all = CloneFlags::CLONE_NEWUSER
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWCGROUP;
    unshare(all).map_err(|errno| Refused { step: Step::Namespaces, errno: Some(errno as i32) })?;
    let map = |file: &str, text: String| {
        fs::write(format!("/proc/self/{file}"), text).map_err(Step::UserMap.failed())
    };
    map("setgroups", "deny".into())?;
    map("uid_map", format!("{NOBODY} {user} 1"))?;
    map("gid_map", format!("{NOBODY} {group} 1"))
}

/// Memory, processor time, tasks, files.
pub(super) fn limit(limits: &Limits, level: Level) -> Result<(), Refused> {
    let seconds = limits.cpu.as_secs().max(1);
    let folder = limits.folder.map_or(0, |folder| folder.bytes);
    // Where there are no namespaces, the kernel counts all of the user's: then this bounds a bomb and is no exact
    // count. With them it counts the keeper and the run's first process too.
    let others = if level == Level::Full { 2 } else { tasks_now()? };
    // Of a crash, nothing is kept: one byte is too little for a file, and keeps the kernel from handing the memory to a
    // program that collects such, which it does at none (`core(5)`). Where the caller has none, none can be had back, and `leave_no_core` has asked.
    let core = if getrlimit(Resource::Core).maximum == Some(0) { 0 } else { 1 };
    let all = [
        (Resource::Core, core, core),
        (Resource::As, limits.memory, limits.memory),
        // The first is a signal that tells why, the second one cannot be ignored.
        (Resource::Cpu, seconds, seconds + 1),
        (Resource::Fsize, folder, folder),
        (Resource::Nofile, OPEN_FILES, OPEN_FILES),
        (Resource::Nproc, others + limits.tasks, others + limits.tasks),
        (Resource::Msgqueue, 0, 0),
        (Resource::Memlock, 0, 0),
    ];
    for (resource, current, maximum) in all {
        let limit = Rlimit { current: Some(current), maximum: Some(maximum) };
        setrlimit(resource, limit).map_err(Step::Limits.refused())?;
    }
    Ok(())
}

/// How many files a tool may have open at a time.
pub(super) const OPEN_FILES: u64 = 64;

/// All threads of the machine: an upper bound of this user's.
fn tasks_now() -> Result<u64, Refused> {
    let text = fs::read_to_string("/proc/loadavg").map_err(Step::Limits.failed())?;
    // "0.20 0.18 0.12 1/80 11206": of the fourth, the second number.
    let found = text.split(' ').nth(3).and_then(|word| word.split('/').nth(1)?.parse().ok());
    found.ok_or(Step::Limits.plain())
}

/// No capability is left, none can come back, and no execution gains rights.
pub(super) fn drop_capabilities() -> Result<(), Refused> {
    let refused = Step::Capabilities.refused();
    let held = rustix::thread::capabilities(None).map_err(&refused)?;
    if held.effective.contains(CapabilitySet::SETPCAP) {
        for capability in CapabilitySet::all().iter() {
            match rustix::thread::remove_capability_from_bounding_set(capability) {
                // A kernel older than the list does not know the newest.
                Ok(()) | Err(rustix::io::Errno::INVAL) => {}
                Err(errno) => return Err(refused(errno)),
            }
        }
    }
    rustix::thread::clear_ambient_capability_set().map_err(&refused)?;
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    rustix::thread::set_capabilities(None, sets).map_err(&refused)?;
    rustix::thread::set_no_new_privs(true).map_err(&refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_that_a_program_collects_are_told_from_files() {
        assert!(is_collected("|/usr/share/apport/apport -p%p\n"));
        assert!(is_collected("@/run/collector.socket\n"));
        assert!(!is_collected("core\n") && !is_collected("/var/cores/%e|%p\n") && !is_collected("\n"));
    }
}
