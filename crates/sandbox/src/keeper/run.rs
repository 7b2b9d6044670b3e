//! One run: a first process that reaps, and the tool, from which layer after layer is taken away.

use std::cell::RefCell;
use std::ffi::CString;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use nix::unistd::{ForkResult, execveat, fork};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process_group, pidfd_send_signal, waitid, waitpgid,
};
use serde::{Deserialize, Serialize};

use super::files::{self, Reachable};
use super::root::Root;
use super::{Granted, Own, calls, rights};
use crate::OUTPUT;
use crate::level::{Level, Refused, Step};
use crate::outcome::{Ended, Used};
use crate::tool::{Limits, Program, Tool};
use crate::wire::Over;

/// Where the program stands open until it is executed: beyond what a tool may have open.
pub(super) const PROGRAM: i32 = 100;
const _: () = assert!(PROGRAM as u64 > rights::OPEN_FILES);

/// Nothing of the caller's own; one arena, or every thread reserves 64 MiB of address space.
const ENVIRONMENT: [(&str, &str); 4] =
    [("PATH", "/usr/bin"), ("LANG", "C.UTF-8"), ("OMP_THREAD_LIMIT", "1"), ("MALLOC_ARENA_MAX", "1")];

/// What runs need and what is made ready once.
pub(super) struct Tables<'a> {
    tools: Vec<Prepared<'a>>,
    root: Option<Root>,
    /// Descriptor 3, where a tool finds the granted file.
    place: RefCell<OwnedFd>,
}

struct Prepared<'a> {
    tool: &'a Tool,
    function: Option<Own>,
    /// Where the tool's process number is known beforehand.
    filters: Option<calls::Filters>,
}

/// An order, as it came.
pub(super) struct Run {
    pub tool: usize,
    pub arguments: Vec<String>,
    pub limits: Limits,
    pub served: Option<u64>,
    pub beside: Vec<OwnedFd>,
}

/// A run that is going on, and what the other side needs of it.
pub(super) struct Begun {
    pub process: Process,
    pub beside: Vec<OwnedFd>,
}

/// The run's first process.
pub(super) struct Process {
    /// Readable when it is over.
    pub descriptor: OwnedFd,
    number: Pid,
    report: File,
    level: Level,
}

/// What the processes of a run say about it. The tool itself cannot: the pipe is closed before it begins.
#[derive(Serialize, Deserialize)]
enum Said {
    Refused(Refused),
    Over(Over),
}

impl<'a> Tables<'a> {
    pub fn new(
        tools: &'a [Tool],
        own: &[(&str, Own)],
        root: Option<Root>,
        place: OwnedFd,
    ) -> Result<Tables<'a>, Refused> {
        let prepare = |tool: &'a Tool| {
            let function = own.iter().find(|(name, _)| *name == tool.name).map(|(_, function)| *function);
            if tool.program == Program::Own && function.is_none() {
                return Err(Step::Order.plain());
            }
            let filters =
                root.as_ref().map(|_| calls::compile(tool, calls::SECOND, Level::Full)).transpose()?;
            Ok(Prepared { tool, function, filters })
        };
        let tools = tools.iter().map(prepare).collect::<Result<_, _>>()?;
        Ok(Tables { tools, root, place: RefCell::new(place) })
    }

    fn level(&self) -> Level {
        if self.root.is_some() { Level::Full } else { Level::NoNamespaces }
    }
}

/// Whether bytes of a file can be served on demand here.
pub(super) fn try_view(tables: &Tables<'_>) -> Result<(), Refused> {
    tables.root.as_ref().ok_or(Step::Namespaces.plain())?.view().map(drop)
}

/// Makes the processes of a run.
pub(super) fn begin(tables: &Tables<'_>, run: Run) -> Result<Begun, Refused> {
    let tool = tables.tools.get(run.tool).ok_or(Step::Order.plain())?;
    let mut handed = run.beside.into_iter();
    let (Some(output), Some(complaints)) = (handed.next(), handed.next()) else {
        return Err(Step::Order.plain());
    };
    let mut beside = Vec::new();
    let (mut input, mut view, mut folder) = (handed.next(), None, None);
    if run.served.is_some() {
        let root = tables.root.as_ref().ok_or(Step::Namespaces.plain())?;
        let (mounted, device) = root.view()?;
        view = Some(mounted);
        input = None;
        beside.push(device);
    } else if input.is_none() {
        return Err(Step::Order.plain());
    }
    if let Some(limits) = run.limits.folder {
        let made = tables.root.as_ref().ok_or(Step::Namespaces.plain())?.folder(limits)?;
        beside.push(rustix::io::fcntl_dupfd_cloexec(&made, 4).map_err(Step::Output.refused())?);
        folder = Some(made);
    }
    let (report, said) =
        rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC).map_err(Step::Fork.refused())?;
    let new = match tables.level() {
        Level::Full => libc::CLONE_NEWPID | libc::CLONE_NEWNS,
        Level::NoNamespaces => 0,
    };
    if let Some((number, descriptor)) = fork_into(new).map_err(Step::Fork.refused())? {
        let level = tables.level();
        let process = Process { descriptor, number, report: File::from(report), level };
        return Ok(Begun { process, beside });
    }
    // From here on in the first process, which may not return: all else belongs to the keeper.
    drop((report, beside));
    let parts = Parts {
        tables,
        tool,
        arguments: run.arguments,
        limits: run.limits,
        input,
        view,
        folder,
        output,
        complaints,
    };
    let mut said = File::from(said);
    let code = first(parts, &mut said).unwrap_or_else(|refused| tell(&mut said, &Said::Refused(refused)));
    leave(code)
}

/// What the processes of a run hold.
struct Parts<'a> {
    tables: &'a Tables<'a>,
    tool: &'a Prepared<'a>,
    arguments: Vec<String>,
    limits: Limits,
    input: Option<OwnedFd>,
    view: Option<OwnedFd>,
    folder: Option<OwnedFd>,
    output: OwnedFd,
    complaints: OwnedFd,
}

/// The first process: when it ends, all of its run ends.
fn first(parts: Parts<'_>, said: &mut File) -> Result<u8, Refused> {
    die_with_the_parent()?;
    // Nobody in the run can leave this session, so that all can be found.
    rustix::process::setsid().map_err(Step::Fork.refused())?;
    if parts.tables.root.is_some() {
        Root::settle(parts.folder.as_ref())?;
    } else {
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
            .map_err(Step::Fork.refused())?;
    }
    // SAFETY: there is one thread, so the child has everything that the parent had.
    #[allow(unsafe_code, reason = "the tool's process can only be a forked one")]
    let forked =
        unsafe { fork() }.map_err(|errno| Refused { step: Step::Fork, errno: Some(errno as i32) })?;
    match forked {
        ForkResult::Child => second(parts, said),
        ForkResult::Parent { child } => {
            let seconds = parts.limits.cpu.as_secs().max(1);
            // The pipes are to end when the tool ends.
            drop(parts);
            reap(child.as_raw(), seconds, said)
        }
    }
}

/// Waits for the tool, and takes along whoever else ends meanwhile.
fn reap(tool: i32, seconds: u64, said: &mut File) -> Result<u8, Refused> {
    let status = loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some((child, status))) if child.as_raw_pid() == tool => break status,
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(Step::Fork.refused()(errno)),
        }
    };
    let spent = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|_| Step::Fork.plain())?;
    let micros = spent.user_time().num_microseconds() + spent.system_time().num_microseconds();
    let cpu = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
    let memory = u64::try_from(spent.max_rss()).unwrap_or(0) << 10;
    let ended = match (status.exit_status(), status.terminating_signal()) {
        (Some(code), _) => Ended::Exited(code),
        (None, Some(libc::SIGXCPU)) => Ended::OutOfProcessorTime,
        (None, Some(libc::SIGKILL)) if cpu.as_secs() >= seconds => Ended::OutOfProcessorTime,
        (None, signal) => Ended::Killed(signal.unwrap_or(libc::SIGKILL)),
    };
    Ok(tell(said, &Said::Over(Over { ended, used: Used { cpu, memory } })))
}

/// The tool's process, which gives up everything but the file and two pipes.
fn second(parts: Parts<'_>, said: &mut File) -> ! {
    match give_up(&parts, said).and_then(|program| begin_tool(&parts, program, said)) {
        Ok(code) => leave(code),
        Err(refused) => leave(tell(said, &Said::Refused(refused))),
    }
}

/// Up to the layers that forbid to put on others.
fn give_up(parts: &Parts<'_>, said: &File) -> Result<Option<OwnedFd>, Refused> {
    die_with_the_parent()?;
    let mut place = parts.tables.place.borrow_mut();
    let mut put = |file: BorrowedFd<'_>| rustix::io::dup2(file, &mut place).map_err(Step::Input.refused());
    match (&parts.input, &parts.view) {
        (Some(held), _) => put(held.as_fd())?,
        (None, Some(view)) => {
            let name = format!("/proc/self/fd/{}", view.as_raw_fd());
            let flags = OFlags::RDONLY | OFlags::CLOEXEC;
            put(openat(CWD, name, flags, Mode::empty()).map_err(Step::Input.refused())?.as_fd())?;
        }
        (None, None) => return Err(Step::Input.plain()),
    }
    rustix::stdio::dup2_stdout(&parts.output).map_err(Step::Output.refused())?;
    rustix::stdio::dup2_stderr(&parts.complaints).map_err(Step::Output.refused())?;
    rustix::process::umask(Mode::from_raw_mode(0o077));
    let cwd = if parts.folder.is_some() { OUTPUT } else { "/" };
    rustix::process::chdir(cwd).map_err(Step::Output.refused())?;
    let program = match &parts.tool.tool.program {
        Program::Own => {
            // Nothing is executed, so nothing closes itself: above all, no way to the keeper may stay open. What
            // still believes to own one of these is never dropped: this process ends in `leave`.
            rights::close_all_but(&[place.as_raw_fd(), said.as_raw_fd()])
                .map_err(Step::Descriptors.failed())?;
            None
        }
        Program::Installed(path) => {
            let flags = OFlags::PATH | OFlags::CLOEXEC;
            let refused = Step::Program.refused();
            let path = std::fs::canonicalize(path).map_err(Step::Program.failed())?;
            let opened = openat(CWD, path, flags, Mode::empty()).map_err(&refused)?;
            let moved = rustix::io::fcntl_dupfd_cloexec(&opened, PROGRAM).map_err(refused)?;
            if moved.as_raw_fd() != PROGRAM {
                return Err(Step::Program.plain());
            }
            Some(moved)
        }
    };
    rights::limit(&parts.limits, parts.tables.level())?;
    rights::drop_capabilities()?;
    let served = parts.view.as_ref().map(|_| place.as_fd());
    files::restrict(&Reachable::of(parts.tool.tool), served, parts.folder.is_some())?;
    Ok(program)
}

/// The last layer, then the tool; comes back only with the exit code of a function of our own.
fn begin_tool(parts: &Parts<'_>, program: Option<OwnedFd>, said: &mut File) -> Result<u8, Refused> {
    let tool = parts.tool.tool;
    let compiled;
    let filters = match &parts.tool.filters {
        Some(known) => known,
        None => {
            compiled = calls::compile(tool, std::process::id(), Level::NoNamespaces)?;
            &compiled
        }
    };
    match (program, parts.tool.function) {
        (Some(program), _) => {
            let words =
                std::iter::once(&tool.name).chain(&parts.arguments).map(|word| CString::new(word.as_str()));
            let words: Vec<CString> = words.collect::<Result<_, _>>().map_err(|_| Step::Order.plain())?;
            let folder = if parts.folder.is_some() { OUTPUT } else { "/nonexistent" };
            let more = tool.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            let environment =
                ENVIRONMENT.into_iter().chain([("HOME", folder), ("TMPDIR", folder)]).chain(more);
            let environment: Vec<CString> = environment
                .map(|(name, value)| CString::new(format!("{name}={value}")))
                .collect::<Result<_, _>>()
                .map_err(|_| Step::Order.plain())?;
            calls::restrict(filters)?;
            let Err(errno) = execveat(program, c"", &words, &environment, nix::fcntl::AtFlags::AT_EMPTY_PATH);
            Err(Refused { step: Step::Execute, errno: Some(errno as i32) })
        }
        (None, Some(function)) => {
            let granted = granted(parts).map_err(Step::Output.failed())?;
            calls::restrict(filters)?;
            // The report ends here: what the function says is said on its standard output.
            close(said);
            Ok(catch_unwind(AssertUnwindSafe(|| function(granted))).unwrap_or(PANICKED))
        }
        (None, None) => Err(Step::Order.plain()),
    }
}

/// As Rust's own programs end after a panic.
const PANICKED: u8 = 101;

fn granted(parts: &Parts<'_>) -> std::io::Result<Granted> {
    Ok(Granted {
        untrusted_input: File::from(parts.tables.place.borrow().try_clone()?),
        output: File::from(rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 4)?),
        arguments: parts.arguments.clone(),
    })
}

fn close(said: &mut File) {
    // A pipe without an end says nothing; the descriptor itself stays ours until the process ends.
    let _ = nix::unistd::close(said.as_raw_fd());
}

fn die_with_the_parent() -> Result<(), Refused> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).map_err(Step::Fork.refused())
}

/// Reports, and says with which code to end.
fn tell(said: &mut File, what: &Said) -> u8 {
    let text = serde_json::to_vec(what).unwrap_or_default();
    // Where nobody reads, nobody waits either.
    let _ = said.write_all(&text).and_then(|()| said.write_all(b"\n"));
    if matches!(what, Said::Over(_)) { 0 } else { FAILED }
}

/// What a process of ours ends with that could not do its part.
const FAILED: u8 = 125;

/// Ends this process, and does not unwind into what is the keeper's.
fn leave(code: u8) -> ! {
    // SAFETY: it ends the process at once; nothing of it is used afterwards.
    #[allow(unsafe_code, reason = "a forked process must not run what its parent left to be done at the end")]
    unsafe {
        libc::_exit(i32::from(code))
    }
}

/// Forks into new namespaces. `None` in the child.
fn fork_into(namespaces: i32) -> rustix::io::Result<Option<(Pid, OwnedFd)>> {
    let mut descriptor: i32 = -1;
    // SAFETY: all fields are numbers, for which zero is a value.
    #[allow(unsafe_code, reason = "the structure may grow, so it cannot be written out")]
    let mut wanted: libc::clone_args = unsafe { std::mem::zeroed() };
    wanted.flags = u64::from((namespaces | libc::CLONE_PIDFD).unsigned_abs());
    wanted.pidfd = (&raw mut descriptor) as u64;
    wanted.exit_signal = libc::SIGCHLD.unsigned_abs().into();
    // SAFETY: without CLONE_VM the child has a copy of everything, on a copy of this stack, and there is one thread;
    // `descriptor` and `wanted` outlive the call. The child makes no use of the thread number that libc remembers.
    #[allow(unsafe_code, reason = "libc's fork takes no namespaces, and gives no descriptor of the child")]
    let number = unsafe { libc::syscall(libc::SYS_clone3, &raw mut wanted, size_of::<libc::clone_args>()) };
    match number {
        0 => Ok(None),
        ..0 => Err(last()),
        _ => {
            // SAFETY: the kernel has just opened it for us, and nobody else knows of it.
            #[allow(unsafe_code, reason = "the descriptor comes as a number")]
            let descriptor = unsafe { std::os::fd::FromRawFd::from_raw_fd(descriptor) };
            let number =
                i32::try_from(number).ok().and_then(Pid::from_raw).ok_or(rustix::io::Errno::RANGE)?;
            Ok(Some((number, descriptor)))
        }
    }
}

fn last() -> rustix::io::Errno {
    rustix::io::Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(rustix::io::Errno::IO)
}

impl Process {
    /// Ends the run, as nobody can refuse.
    pub fn kill(&self) {
        // What is over already needs no end.
        let _ = pidfd_send_signal(&self.descriptor, Signal::KILL);
        if self.level == Level::NoNamespaces {
            let _ = kill_process_group(self.number, Signal::KILL);
        }
    }

    /// Takes note of the end: to be called when [`Process::descriptor`] is readable. No process of the run is left
    /// afterwards.
    pub fn end(&mut self) -> Result<Over, Refused> {
        if self.level == Level::NoNamespaces {
            // The first process is not yet reaped, so its number, which is the group's, is still its own.
            let _ = kill_process_group(self.number, Signal::KILL);
        }
        let refused = Step::Fork.refused();
        waitid(WaitId::PidFd(self.descriptor.as_fd()), WaitIdOptions::EXITED).map_err(&refused)?;
        if self.level == Level::NoNamespaces {
            self.reap_orphans().map_err(refused)?;
        }
        let mut text = String::new();
        self.report.read_to_string(&mut text).map_err(Step::Fork.failed())?;
        let mut over = None;
        for line in text.lines() {
            match serde_json::from_str(line) {
                Ok(Said::Refused(refused)) => return Err(refused),
                Ok(Said::Over(said)) => over = Some(said),
                Err(_) => return Err(Step::Fork.plain()),
            }
        }
        // It was killed before it could say anything.
        Ok(over.unwrap_or(Over { ended: Ended::Killed(libc::SIGKILL), used: Used::default() }))
    }

    /// Its orphans are ours, and were ended with it.
    fn reap_orphans(&self) -> rustix::io::Result<()> {
        loop {
            match waitpgid(self.number, WaitOptions::empty()) {
                Err(rustix::io::Errno::CHILD) => return Ok(()),
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }
}
