//! Runs a program under ptrace, counts over all its threads the calls that change certain folders, and makes one of
//! them fail.
//!
//! A program of several threads does not make its calls in the same order twice: a fault hits the call that is the
//! n-th in that very run.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::errno::Errno;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::calls::{self, Call, Kind};
use crate::stopped::{Effect, effect, path_of};

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The process is killed before the call does anything.
    KillBefore,
    /// The process is killed when the call is done, before the program knows.
    KillAfter,
    /// Half of what was to be written is; then the process is killed.
    Torn,
    /// Half of what was to be written is, and the program is told so.
    Short,
    /// The call does nothing and fails with `ENOSPC`.
    NoSpace,
    /// The call does nothing and fails with `EIO`.
    Broken,
    /// From this call on every one that needs room fails with `ENOSPC`: the disk is full and stays so.
    Full,
    /// A sync fails with `EIO` and what it was to keep is let go of, though the next sync succeeds; the command is repeated
    /// where it did not say "done", and then the power goes.
    Unkept,
    /// Killed after the call; the same command is run again, and when it is done the power goes.
    KilledThenCut,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::KillBefore,
        Self::KillAfter,
        Self::Torn,
        Self::Short,
        Self::NoSpace,
        Self::Broken,
        Self::Full,
        Self::Unkept,
        Self::KilledThenCut,
    ];

    /// Can it happen to a call of this kind?
    pub fn can_hit(self, kind: Kind) -> bool {
        match self {
            Self::Torn | Self::Short => kind == Kind::Write,
            Self::Full | Self::NoSpace => needs_room(kind),
            Self::KillBefore | Self::KillAfter | Self::Broken | Self::KilledThenCut => true,
            Self::Unkept => kind == Kind::Sync,
        }
    }

    /// Does the power go afterwards?
    pub fn cuts(self) -> bool {
        matches!(self, Self::Unkept | Self::KilledThenCut)
    }

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::KillBefore => "killed-before",
            Self::KillAfter => "killed-after",
            Self::Torn => "torn",
            Self::Short => "short",
            Self::NoSpace => "no-space",
            Self::Broken => "broken",
            Self::Full => "full",
            Self::Unkept => "sync-unkept",
            Self::KilledThenCut => "killed-then-cut",
        }
    }
}

/// May a disk without room refuse it? A sync too: room for what was written is sometimes looked for only then.
fn needs_room(kind: Kind) -> bool {
    !matches!(kind, Kind::Remove | Kind::Attributes | Kind::WriteBack)
}

/// A call that was seen.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Which, and what it does.
    pub call: Call,
    /// The file that it is about.
    pub path: PathBuf,
    /// Of a rename, the old name.
    pub from: Option<PathBuf>,
    /// What the kernel answered; none where the process was killed in it.
    pub answer: Option<i64>,
    /// What it did, where that is kept.
    pub effect: Option<Effect>,
    /// When it began and ended: calls of several threads overlap, and a sync promises nothing of what was not done when
    /// it began.
    pub time: (u64, u64),
}

/// How a run went.
#[derive(Debug, Default)]
pub struct Run {
    /// Its exit code; none where it was killed.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// The calls below the folders that count, in the order in which they began.
    pub calls: Vec<Seen>,
    /// The place in `calls` of the one that was hit.
    pub hit: Option<usize>,
    /// When the last word was written to standard output, in the time of the calls.
    pub told: Option<u64>,
}

/// What is to be watched, and made to fail.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    /// The folder whose changes count; what is said goes to a folder of it that does not.
    pub below: PathBuf,
    /// The call to hit, from 0, and how.
    pub fault: Option<(usize, Fault)>,
    /// Keep what each call did to the disk.
    pub keeps_effects: bool,
}

/// Starts the program that is named by the words after our own: lets its parent trace it, and becomes it.
///
/// # Errors
/// Tracing is not permitted here, or the program does not start.
pub fn become_traced(program: &OsString, arguments: &[OsString]) -> io::Error {
    use std::os::unix::process::CommandExt as _;
    match ptrace::traceme() {
        Ok(()) => Command::new(program).args(arguments).exec(),
        Err(errno) => errno.into(),
    }
}

/// Runs a command under watch. `command` must be this crate's program with the word `traced` before the program to run;
/// its output goes to files in `scratch`.
///
/// # Errors
/// Tracing is not permitted here, or the program does not start.
pub fn run(mut command: Command, watch: &Watch, scratch: &Path) -> io::Result<Run> {
    let (out, err) = (scratch.join("stdout"), scratch.join("stderr"));
    command.stdin(Stdio::null()).stdout(File::create(&out)?).stderr(File::create(&err)?);
    let child = command.spawn()?;
    let leader = Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?);
    // DANGER: the parent that traces is this thread; another one of ours must not wait for its children.
    let mut tracer = Tracer {
        leader,
        watch,
        run: Run::default(),
        inside: Vec::new(),
        known: BTreeSet::new(),
        out: out.clone(),
        time: 0,
    };
    let code = tracer.follow()?;
    let mut run = tracer.run;
    run.code = code;
    run.out = String::from_utf8_lossy(&fs::read(out)?).into_owned();
    run.err = String::from_utf8_lossy(&fs::read(err)?).into_owned();
    Ok(run)
}

/// A thread that is in a call: which place in the list it has, and what becomes of it.
struct Inside {
    thread: Pid,
    place: Option<usize>,
    then: Then,
    tells: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Nothing,
    Kill,
    /// The call was skipped, and this is what its caller is told.
    Answer(i64),
}

struct Tracer<'a> {
    leader: Pid,
    watch: &'a Watch,
    run: Run,
    inside: Vec<Inside>,
    known: BTreeSet<Pid>,
    /// Where standard output goes.
    out: PathBuf,
    time: u64,
}

impl Tracer<'_> {
    /// Follows all threads to their end; the exit code, or none where the program was killed.
    fn follow(&mut self) -> io::Result<Option<i32>> {
        let mut code = None;
        loop {
            let waited = waitpid(Pid::from_raw(-1), Some(WaitPidFlag::__WALL | WaitPidFlag::__WNOTHREAD));
            match waited {
                Ok(WaitStatus::Exited(thread, with)) if thread == self.leader => code = Some(with),
                Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)) => {}
                Ok(WaitStatus::PtraceSyscall(thread)) => self.at_call(thread)?,
                Ok(WaitStatus::PtraceEvent(thread, ..)) => go_on(thread, None)?,
                Ok(WaitStatus::Stopped(thread, signal)) => self.stopped(thread, signal)?,
                Ok(_) => {}
                Err(Errno::EINTR) => {}
                Err(Errno::ECHILD) => break,
                Err(errno) => return Err(errno.into()),
            }
        }
        match self.known.is_empty() {
            true => Err(io::ErrorKind::PermissionDenied.into()),
            false => Ok(code),
        }
    }

    fn stopped(&mut self, thread: Pid, signal: Signal) -> io::Result<()> {
        if thread != self.leader && !self.known.contains(&thread) && !self.is_thread(thread) {
            // A process of its own is the keeper of a sandbox, or in one: it changes no disk, and no sandbox holds while somebody
            // answers its calls in the kernel's place. It ends when the program does.
            return or_gone(ptrace::detach(thread, None));
        }
        let is_new = self.known.insert(thread);
        if is_new && thread == self.leader {
            let options = Options::PTRACE_O_TRACESYSGOOD
                | Options::PTRACE_O_TRACECLONE
                | Options::PTRACE_O_TRACEFORK
                | Options::PTRACE_O_TRACEVFORK
                | Options::PTRACE_O_EXITKILL;
            ptrace::setoptions(thread, options)?;
            return go_on(thread, None);
        }
        // A thread begins with a stop that is ptrace's own.
        go_on(thread, (!is_new || signal != Signal::SIGSTOP).then_some(signal))
    }

    fn is_thread(&self, thread: Pid) -> bool {
        Path::new(&format!("/proc/{}/task/{thread}", self.leader)).exists()
    }

    fn at_call(&mut self, thread: Pid) -> io::Result<()> {
        self.time += 1;
        let at = self.inside.iter().position(|inside| inside.thread == thread);
        let stepped = match at {
            Some(at) => {
                let inside = self.inside.swap_remove(at);
                self.leaves(&inside)
            }
            None => self.enters(thread),
        };
        match stepped {
            // It was killed while it stood still: its end is told next.
            Err(error) if error.raw_os_error() == Some(Errno::ESRCH as i32) => Ok(()),
            Err(error) => Err(error),
            Ok(()) => go_on(thread, None),
        }
    }

    fn enters(&mut self, thread: Pid) -> io::Result<()> {
        let mut registers = ptrace::getregs(thread)?;
        let arguments = arguments(&registers);
        let mut inside = Inside { thread, place: None, then: Then::Nothing, tells: false };
        if registers.orig_rax == PRCTL && arguments[0] == PR_SET_DUMPABLE {
            // What cannot be dumped shows its memory and open files to no tracer but root.
            registers.orig_rax = SKIP;
            ptrace::setregs(thread, registers)?;
            inside.then = Then::Answer(0);
        } else if let Some(call) = calls::known(registers.orig_rax, &arguments)
            && let Some(path) = path_of(thread, call.file, &arguments)
        {
            inside.tells = path == self.out;
            if !path.starts_with(&self.watch.below)
                || self.out.parent().is_some_and(|said| path.starts_with(said))
            {
                self.inside.push(inside);
                return Ok(());
            }
            let place = self.run.calls.len();
            let from = call.from.and_then(|from| path_of(thread, from, &arguments));
            let time = (self.time, u64::MAX);
            self.run.calls.push(Seen { call, path, from, answer: None, effect: None, time });
            inside.place = Some(place);
            inside.then = self.what_happens(place, call.kind);
            match inside.then {
                Then::Answer(_) => registers.orig_rax = SKIP,
                Then::Kill if self.fault() == Some(Fault::KillBefore) => registers.orig_rax = SKIP,
                Then::Kill | Then::Nothing => {}
            }
            if self.run.hit == Some(place) && matches!(self.fault(), Some(Fault::Torn | Fault::Short)) {
                registers.rdx = halved(&call, arguments[2]);
            }
            if inside.then != Then::Nothing || self.run.hit == Some(place) {
                ptrace::setregs(thread, registers)?;
            }
            if inside.then == Then::Kill && self.fault() == Some(Fault::KillBefore) {
                kill(self.leader, Signal::SIGKILL)?;
            }
        }
        self.inside.push(inside);
        Ok(())
    }

    fn fault(&self) -> Option<Fault> {
        self.watch.fault.map(|(_, fault)| fault)
    }

    /// What becomes of the call with this place in the list.
    fn what_happens(&mut self, place: usize, kind: Kind) -> Then {
        let Some((nth, fault)) = self.watch.fault else { return Then::Nothing };
        let due = match fault {
            // In this run another call may have its place: the first that can be hit is.
            _ if self.run.hit.is_none() => place >= nth && fault.can_hit(kind),
            Fault::Full => needs_room(kind),
            _ => false,
        };
        if !due {
            return Then::Nothing;
        }
        self.run.hit.get_or_insert(place);
        match fault {
            Fault::KillBefore | Fault::KillAfter | Fault::Torn | Fault::KilledThenCut => Then::Kill,
            Fault::Short => Then::Nothing,
            Fault::NoSpace | Fault::Full => Then::Answer(-(Errno::ENOSPC as i64)),
            Fault::Broken | Fault::Unkept => Then::Answer(-(Errno::EIO as i64)),
        }
    }

    fn leaves(&mut self, inside: &Inside) -> io::Result<()> {
        let Inside { thread, place, then, tells } = *inside;
        if tells {
            self.run.told = Some(self.time);
        }
        if place.is_none() && then == Then::Nothing {
            return Ok(());
        }
        let mut registers = ptrace::getregs(thread)?;
        if let Then::Answer(answer) = then {
            registers.rax = answer.cast_unsigned();
            ptrace::setregs(thread, registers)?;
        }
        if let Some(place) = place {
            let answer = registers.rax.cast_signed();
            let seen = &mut self.run.calls[place];
            seen.answer = Some(answer);
            seen.time.1 = self.time;
            if self.watch.keeps_effects {
                seen.effect = effect(thread, &seen.call, &arguments(&registers), answer)?;
            }
        }
        if then == Then::Kill {
            kill(self.leader, Signal::SIGKILL)?;
        }
        Ok(())
    }
}

fn arguments(registers: &nix::libc::user_regs_struct) -> [u64; 6] {
    [registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9]
}

const PRCTL: u64 = 157;
const PR_SET_DUMPABLE: u64 = 4;
/// A call with this number does nothing.
const SKIP: u64 = u64::MAX;

/// A thread that is gone meanwhile is told of by `waitpid`.
fn go_on(thread: Pid, signal: Option<Signal>) -> io::Result<()> {
    or_gone(ptrace::syscall(thread, signal))
}

/// Whoever is gone already needs nothing more.
fn or_gone(asked: nix::Result<()>) -> io::Result<()> {
    match asked {
        Err(Errno::ESRCH) | Ok(()) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

/// Vectors are not cut in two: their argument counts parts.
fn halved(call: &Call, count: u64) -> u64 {
    if call.name.contains('v') { count } else { (count / 2).max(1) }
}
