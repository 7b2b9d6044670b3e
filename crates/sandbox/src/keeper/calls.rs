//! Leaves a tool the system calls that it needs (seccomp), and no other.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

use super::run::PROGRAM;
use crate::level::{Level, Refused, Step};
use crate::tool::{Need, Program, Tool};

/// Programs for the kernel, in the order in which they are put on.
pub(super) type Filters = [BpfProgram; 2];

/// The tool's number among its own processes, where it has namespaces: the first process is ours.
pub(super) const SECOND: u32 = 2;

/// Compiles the list of one tool, which will have this process id.
pub(super) fn compile(tool: &Tool, process: u32, level: Level) -> Result<Filters, Refused> {
    let refuse = |errno: i32| SeccompAction::Errno(errno.unsigned_abs());
    // glibc asks for `clone3` first, whose flags no filter can read, and is then content with `clone`.
    let clone3 = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let rules = rules(tool, process, level).map_err(|_| Step::Seccomp.plain())?;
    let no_clone3 = filter(clone3, SeccompAction::Allow, refuse(libc::ENOSYS));
    let only_these = filter(rules, refuse(libc::EPERM), SeccompAction::Allow);
    match (no_clone3, only_these) {
        (Ok(first), Ok(second)) => Ok([first, second]),
        _ => Err(Step::Seccomp.plain()),
    }
}

/// From here on every other call answers "not permitted".
pub(super) fn restrict(filters: &Filters) -> Result<(), Refused> {
    filters.iter().try_for_each(|filter| seccompiler::apply_filter(filter).map_err(|_| Step::Seccomp.plain()))
}

/// Reading, writing what is open, computing, threads and time. Not here: sockets, processes, names, users,
/// namespaces, tracing, keys, modules, anonymous files (their memory counts for nobody).
const COMPUTING: &[c_long] = &[
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_fadvise64,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_pipe2,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_eventfd2,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_msync,
    libc::SYS_mlock,
    libc::SYS_munlock,
    libc::SYS_brk,
    libc::SYS_membarrier,
    libc::SYS_get_mempolicy,
    libc::SYS_set_mempolicy,
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_getparam,
    libc::SYS_sched_getscheduler,
    libc::SYS_getcpu,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_times,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_sysinfo,
    libc::SYS_uname,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_exit,
    libc::SYS_exit_group,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_arch_prctl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_dup2,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_getrlimit,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_pipe,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_select,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_time,
];

/// Opening and asking for files by name: Landlock and the private root say which.
const OPENING: &[c_long] = &[
    libc::SYS_openat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getdents64,
    libc::SYS_getcwd,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_access,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lstat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_stat,
];

/// See [`Need::Files`]. Not here: rights, times and owners of files, which Landlock does not govern, so that they could be
/// changed of every file of the user.
const FILES: &[c_long] = &[
    libc::SYS_mkdirat,
    libc::SYS_unlinkat,
    libc::SYS_renameat2,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_pwritev,
    libc::SYS_umask,
    libc::SYS_copy_file_range,
    libc::SYS_sendfile,
    libc::SYS_chdir,
    libc::SYS_fchdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_mkdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rmdir,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_rename,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_renameat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_creat,
];

/// See [`Need::Events`].
const EVENTS: &[c_long] = &[
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_settime,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_create,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_wait,
];

/// See [`Need::Processes`]. Not here: `setsid` and `setpgid`, by which a process would leave the run.
const PROCESSES: &[c_long] = &[
    libc::SYS_wait4,
    libc::SYS_waitid,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_fork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_vfork,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_getpgrp,
];

/// `TCGETS`, `TIOCGWINSZ`, `FIONREAD`, `FIOCLEX`: what a library asks of its standard output.
const QUESTIONS: [u64; 4] = [0x5401, 0x5413, 0x541b, 0x5451];
/// `PR_SET_NAME` and `PR_SET_VMA`: names of threads and of memory.
const NAMINGS: [u64; 2] = [15, 0x5356_4d41];
/// Second names of what is open, and whether it blocks and is closed by itself. Not here: `F_SETOWN` and `F_SETSIG`, by
/// which the kernel would send a signal to any process of the user.
const DESCRIPTORS: [u64; 6] = [
    libc::F_DUPFD as u64,
    libc::F_DUPFD_CLOEXEC as u64,
    libc::F_GETFD as u64,
    libc::F_SETFD as u64,
    libc::F_GETFL as u64,
    libc::F_SETFL as u64,
];
/// Locks, for whoever writes files.
const LOCKS: [u64; 3] = [libc::F_GETLK as u64, libc::F_SETLK as u64, libc::F_SETLKW as u64];
/// The flags of `clone` that make namespaces.
const NAMESPACES: u64 = (libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP) as u64;

type Rules = BTreeMap<c_long, Vec<SeccompRule>>;

fn filter(rules: Rules, others: SeccompAction, these: SeccompAction) -> Result<BpfProgram, BackendError> {
    let arch = if cfg!(target_arch = "x86_64") { TargetArch::x86_64 } else { TargetArch::aarch64 };
    SeccompFilter::new(rules, others, these, arch)?.try_into()
}

fn rules(tool: &Tool, process: u32, level: Level) -> Result<Rules, BackendError> {
    let mut rules = Rules::new();
    let mut allow = |calls: &[c_long]| rules.extend(calls.iter().map(|call| (*call, Vec::new())));
    allow(COMPUTING);
    if tool.program != Program::Own {
        allow(OPENING);
    }
    for need in &tool.needs {
        match need {
            Need::Files => allow(FILES),
            Need::Events => allow(EVENTS),
            Need::Processes => allow(PROCESSES),
        }
    }
    // The filter before this one already refused it, with another error.
    rules.insert(libc::SYS_clone3, Vec::new());
    rules.insert(libc::SYS_ioctl, one_of(1, &QUESTIONS)?);
    rules.insert(libc::SYS_prctl, one_of(0, &NAMINGS)?);
    // Its own limits only.
    rules.insert(libc::SYS_prlimit64, one_of(0, &[0])?);
    rules.insert(libc::SYS_fcntl, one_of(1, &DESCRIPTORS)?);
    if tool.needs.contains(&Need::Files) {
        rules.insert(libc::SYS_fcntl, one_of(1, &[&DESCRIPTORS[..], &LOCKS].concat())?);
    }
    // A tool may end itself; a signal to others of the same user is none of its business.
    rules.insert(libc::SYS_tgkill, one_of(0, &[u64::from(process)])?);
    if tool.needs.contains(&Need::Processes) {
        // Of itself only.
        rules.insert(libc::SYS_getpgid, one_of(0, &[0])?);
        rules.insert(libc::SYS_getsid, one_of(0, &[0])?);
        if level == Level::Full {
            // There is nobody to be signalled but those that it made.
            rules.insert(libc::SYS_tgkill, Vec::new());
        }
        rules.insert(libc::SYS_clone, vec![when(0, SeccompCmpOp::MaskedEq(NAMESPACES), 0)?]);
    } else {
        let thread = libc::CLONE_THREAD as u64;
        let flags = vec![
            condition(0, SeccompCmpOp::MaskedEq(thread), thread)?,
            condition(0, SeccompCmpOp::MaskedEq(NAMESPACES), 0)?,
        ];
        rules.insert(libc::SYS_clone, vec![SeccompRule::new(flags)?]);
    }
    if tool.program != Program::Own {
        // The descriptor's number is beyond what the tool may have open, so this works once: for us.
        let number = u64::from(PROGRAM.unsigned_abs());
        let whole = libc::AT_EMPTY_PATH.unsigned_abs().into();
        let once = vec![condition(0, SeccompCmpOp::Eq, number)?, condition(4, SeccompCmpOp::Eq, whole)?];
        rules.insert(libc::SYS_execveat, vec![SeccompRule::new(once)?]);
    }
    Ok(rules)
}

fn one_of(argument: u8, values: &[u64]) -> Result<Vec<SeccompRule>, BackendError> {
    values.iter().map(|value| when(argument, SeccompCmpOp::Eq, *value)).collect()
}

fn when(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(vec![condition(argument, operator, value)?])
}

fn condition(argument: u8, operator: SeccompCmpOp, value: u64) -> Result<SeccompCondition, BackendError> {
    // Flags of `clone` and the other values here have 32 bits; the kernel ignores what stands above them in the
    // arguments that are compared with.
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, operator, value)
}
