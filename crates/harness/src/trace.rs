//! Runs a program under `ptrace`, lists its watched calls over all threads, and injects one fault.

use std::collections::HashMap;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::calls::{Call, Kind, watched};

/// What happens at a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// The program is killed before the call is made.
    KilledBefore,
    /// The program is killed when the call was made.
    KilledAfter,
    /// The call is not made and answers that the disk is full; so does every later one that writes.
    NoSpace,
    /// The call is not made and answers that the disk failed.
    Failed,
}

impl Fault {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::KilledBefore, Self::KilledAfter, Self::NoSpace, Self::Failed];

    /// May this happen at such a call?
    pub fn fits(self, kind: Kind) -> bool {
        self != Self::NoSpace || kind != Kind::Sync
    }
}

/// A fault at the watched call of this number, counted over all threads from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// Which call.
    pub call: usize,
    /// What happens at it.
    pub fault: Fault,
}

/// How a traced program ended.
#[derive(Debug)]
pub struct Traced {
    /// Its exit code; none where it was killed.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// The watched calls, in the order in which they were begun.
    pub calls: Vec<Call>,
    /// The call at which the fault happened; none where the program made fewer.
    pub hit: Option<usize>,
}

/// Runs `command` with its watched calls below `root`, and with a fault at one of them.
///
/// # Errors
/// The program cannot be started, or this machine lets nobody trace (`ptrace_scope`, a container without `SYS_PTRACE`).
pub fn run(command: &Command, root: &Path, point: Option<Point>) -> io::Result<Traced> {
    // A shell stops itself, is seized, and becomes the program: so no code runs between fork and exec here.
    let mut stopped = Command::new("/bin/sh");
    stopped
        .args(["-c", "kill -STOP $$; exec \"$@\"", "sh"])
        .arg(command.get_program())
        .args(command.get_args());
    stopped.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        stopped.current_dir(folder);
    }
    let child = stopped.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let first = Pid::from_raw(i32::try_from(child.id()).expect("a process id is positive"));
    waitpid(first, Some(WaitPidFlag::WUNTRACED))?;
    let options = Options::PTRACE_O_TRACESYSGOOD
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_EXITKILL;
    ptrace::seize(first, options)?;
    kill(first, Signal::SIGCONT)?;
    let mut child = child;
    let (mut out, mut err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    // What the program says is read beside the tracing, or a full pipe would stop it.
    let out = std::thread::spawn(move || io::read_to_string(&mut out));
    let err = std::thread::spawn(move || io::read_to_string(&mut err));
    let mut tracer =
        Tracer { root, point, calls: Vec::new(), hit: None, threads: HashMap::new(), full: false };
    let status = tracer.follow(first)?;
    let text = |reader: std::thread::JoinHandle<io::Result<String>>| {
        reader.join().expect("reading does not panic").unwrap_or_default()
    };
    Ok(Traced { code: status, out: text(out), err: text(err), calls: tracer.calls, hit: tracer.hit })
}

struct Tracer<'a> {
    root: &'a Path,
    point: Option<Point>,
    calls: Vec<Call>,
    hit: Option<usize>,
    /// What is to be done when the thread's call returns.
    threads: HashMap<Pid, AtReturn>,
    /// The disk has been full since.
    full: bool,
}

enum AtReturn {
    Kill,
    Answer(Errno),
}

impl Tracer<'_> {
    /// Until the first process ends; its exit code.
    fn follow(&mut self, first: Pid) -> io::Result<Option<i32>> {
        loop {
            let status = waitpid(None, Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD))?;
            let resumed = match status {
                WaitStatus::Exited(process, code) if process == first => return Ok(Some(code)),
                WaitStatus::Signaled(process, ..) if process == first => return Ok(None),
                WaitStatus::Exited(..) | WaitStatus::Signaled(..) => continue,
                WaitStatus::PtraceSyscall(thread) => {
                    self.at_call(thread, first)?;
                    ptrace::syscall(thread, None)
                }
                WaitStatus::PtraceEvent(thread, ..) => ptrace::syscall(thread, None),
                WaitStatus::Stopped(thread, signal) => ptrace::syscall(thread, signal),
                _ => continue,
            };
            // A thread may have been killed since it stopped.
            match resumed {
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn at_call(&mut self, thread: Pid, first: Pid) -> io::Result<()> {
        let info = match ptrace::syscall_info(thread) {
            Err(Errno::ESRCH) => return Ok(()),
            info => info?,
        };
        match info.op {
            libc::PTRACE_SYSCALL_INFO_ENTRY => self.at_entry(thread, first),
            libc::PTRACE_SYSCALL_INFO_EXIT => self.at_exit(thread, first),
            _ => Ok(()),
        }
    }

    fn at_entry(&mut self, thread: Pid, first: Pid) -> io::Result<()> {
        let mut registers = ptrace::getregs(thread)?;
        let Some(call) = watched(thread, &registers, self.root) else { return Ok(()) };
        let number = self.calls.len();
        let kind = call.kind;
        self.calls.push(call);
        let here = self.point.filter(|point| point.call == number);
        if here.is_some() {
            self.hit = Some(number);
        }
        let answer = match here.map(|point| point.fault) {
            Some(Fault::KilledBefore) => {
                // The call must not be made by a thread that is already past this stop.
                registers.orig_rax = u64::MAX;
                ptrace::setregs(thread, registers)?;
                return end(first);
            }
            Some(Fault::KilledAfter) => AtReturn::Kill,
            Some(Fault::NoSpace) => {
                self.full = true;
                AtReturn::Answer(Errno::ENOSPC)
            }
            Some(Fault::Failed) => AtReturn::Answer(Errno::EIO),
            None if self.full && kind == Kind::Write => AtReturn::Answer(Errno::ENOSPC),
            None => return Ok(()),
        };
        if let AtReturn::Answer(_) = answer {
            // No such call: the kernel does nothing.
            registers.orig_rax = u64::MAX;
            ptrace::setregs(thread, registers)?;
        }
        self.threads.insert(thread, answer);
        Ok(())
    }

    fn at_exit(&mut self, thread: Pid, first: Pid) -> io::Result<()> {
        match self.threads.remove(&thread) {
            None => Ok(()),
            Some(AtReturn::Kill) => end(first),
            Some(AtReturn::Answer(errno)) => {
                let mut registers = ptrace::getregs(thread)?;
                registers.rax = (-(errno as i64)) as u64;
                Ok(ptrace::setregs(thread, registers)?)
            }
        }
    }
}

fn end(process: Pid) -> io::Result<()> {
    match kill(process, Signal::SIGKILL) {
        Ok(()) | Err(Errno::ESRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether an exit status is that of a killed program.
pub fn was_killed(status: std::process::ExitStatus) -> bool {
    status.signal().is_some()
}
