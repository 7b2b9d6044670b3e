//! A sandbox: a keeper that is alive, what this machine allowed it, and the runs that are asked of it.

use std::io::{self, Write};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::fuse::Served;
use crate::input::{Input, Kind};
use crate::keeper;
use crate::level::{Facts, Level, Refused, Step};
use crate::outcome::{Outcome, OutputFolder, RunError};
use crate::running::{Lost, Running};
use crate::tool::{Limits, Tool};
use crate::wire::{Answer, Order, receive, send};

/// What a sandbox is started with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The program to start as keeper: one whose `main` begins with [`keeper::main`].
    pub executable: PathBuf,
    /// What can be run.
    pub tools: Vec<Tool>,
    /// Below this, nothing is run.
    pub least: Level,
    /// Above this, nothing is tried.
    pub most: Level,
}

impl Setup {
    /// This program as keeper, at the highest level that the machine allows.
    pub fn of(tools: Vec<Tool>) -> Setup {
        Setup { executable: "/proc/self/exe".into(), tools, least: Level::NoNamespaces, most: Level::Full }
    }
}

/// What is to be run.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// The tool's name.
    pub tool: &'a str,
    /// Its arguments; [`crate::INPUT`] and [`crate::OUTPUT`] name what it may read and write.
    pub arguments: &'a [&'a str],
    /// How far it may go.
    pub limits: Limits,
}

/// Why there is no sandbox: nothing hostile may be opened.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// The keeper could not be started, or did not answer.
    #[error("the keeper cannot be started: {0}")]
    Keeper(#[from] io::Error),
    /// Not even the least level holds.
    #[error("no level of protection holds: {0}")]
    Refused(Refused),
}

/// Runs tools one after another; as many sandboxes as wanted work side by side.
///
/// Where the keeper dies (the system was out of memory, say), the next run starts another.
#[derive(Debug)]
pub struct Sandbox {
    setup: Setup,
    facts: Facts,
    keeper: Option<Keeper>,
}

impl Sandbox {
    /// Starts a keeper at the highest level that holds.
    ///
    /// # Errors
    /// No level from [`Setup::least`] on holds, or there is no keeper.
    pub fn start(setup: Setup) -> Result<Sandbox, Unavailable> {
        let (keeper, facts) = Keeper::start(&setup)?;
        Ok(Sandbox { setup, facts, keeper: Some(keeper) })
    }

    /// What it turned out to be.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// Runs a tool on a file and keeps what it writes to standard output.
    ///
    /// # Errors
    /// The tool could not be begun, or the keeper is gone. What the tool itself did wrong is an [`Outcome`].
    pub fn run(&mut self, job: Job<'_>, input: Input) -> Result<Outcome, RunError> {
        let mut untrusted_output = Vec::new();
        let outcome = self.run_into(job, input, &mut untrusted_output)?;
        Ok(Outcome { untrusted_output, ..outcome })
    }

    /// The same, where standard output goes into a sink, as it comes.
    ///
    /// # Errors
    /// The same, and where the sink fails; the run is ended then.
    pub fn run_into(
        &mut self,
        job: Job<'_>,
        input: Input,
        sink: &mut dyn Write,
    ) -> Result<Outcome, RunError> {
        let tool = self.setup.tools.iter().position(|tool| tool.name == job.tool);
        let tool = tool.ok_or_else(|| RunError::UnknownTool(job.tool.to_owned()))?;
        if self.keeper.is_none() {
            let least = self.facts.level;
            let again = Keeper::start(&Setup { least, ..self.setup.clone() });
            let (keeper, facts) = again.map_err(|unavailable| match unavailable {
                Unavailable::Keeper(error) => RunError::Keeper(error),
                Unavailable::Refused(refused) => RunError::Refused(refused),
            })?;
            (self.keeper, self.facts) = (Some(keeper), facts);
        }
        let served = matches!(input.0, Kind::Served(_));
        if self.facts.level != Level::Full && (served || job.limits.folder.is_some()) {
            return Err(RunError::NeedsNamespaces);
        }
        let Some(keeper) = &self.keeper else { return Err(RunError::Keeper(io::ErrorKind::NotFound.into())) };
        match keeper.run(tool, job, input, sink) {
            Ok(outcome) => Ok(outcome),
            Err(Lost::Refused(refused)) => Err(RunError::Refused(refused)),
            Err(Lost::Sink(error)) => Err(RunError::Sink(error)),
            Err(Lost::Keeper(error)) => {
                self.keeper = None;
                Err(RunError::Keeper(error))
            }
        }
    }
}

#[derive(Debug)]
struct Keeper {
    /// Its end is an order too: dropped first, it lets the keeper end by itself.
    socket: Option<OwnedFd>,
    process: Child,
    level: Level,
}

impl Keeper {
    /// The highest level that holds.
    fn start(setup: &Setup) -> Result<(Keeper, Facts), Unavailable> {
        let mut not_full = None;
        for level in [Level::Full, Level::NoNamespaces] {
            if level > setup.most || level < setup.least {
                continue;
            }
            match Keeper::start_at(level, setup)? {
                Ok((keeper, facts)) => return Ok((keeper, Facts { not_full, ..facts })),
                Err(refused) => not_full = Some(refused),
            }
        }
        Err(Unavailable::Refused(not_full.unwrap_or(Step::Order.plain())))
    }

    fn start_at(level: Level, setup: &Setup) -> io::Result<Result<(Keeper, Facts), Refused>> {
        let (here, there) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        let process = Command::new(&setup.executable)
            .arg(keeper::WORD)
            .env_clear()
            .current_dir("/")
            // Ctrl-C at a terminal is for the program: it ends the runs itself, and takes none of them for a failure.
            .process_group(0)
            .stdin(Stdio::from(there))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let keeper = Keeper { socket: Some(here), process, level };
        let order = Order::Begin { level, tools: setup.tools.clone() };
        send(keeper.socket()?, &order, &[])?;
        match receive(keeper.socket()?)? {
            Some((Answer::Ready(facts), _)) => Ok(Ok((keeper, facts))),
            Some((Answer::Refused(refused), _)) => Ok(Err(refused)),
            Some(_) => Err(io::ErrorKind::InvalidData.into()),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    fn socket(&self) -> io::Result<std::os::fd::BorrowedFd<'_>> {
        self.socket.as_ref().map(OwnedFd::as_fd).ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    fn run(&self, tool: usize, job: Job<'_>, input: Input, sink: &mut dyn Write) -> Result<Outcome, Lost> {
        let (output, writes) = pipe_with(PipeFlags::CLOEXEC)?;
        let (complaints, complains) = pipe_with(PipeFlags::CLOEXEC)?;
        let mut beside = vec![writes.as_fd(), complains.as_fd()];
        let (held, view) = match input.0 {
            Kind::Held(file) => (Some(file), None),
            Kind::Served(view) => (None, Some(view)),
        };
        beside.extend(held.as_ref().map(|file| file.as_fd()));
        let order = Order::Run {
            tool,
            arguments: job.arguments.iter().map(|word| (*word).to_owned()).collect(),
            limits: job.limits,
            served: view.as_ref().map(|view| view.length()),
        };
        send(self.socket()?, &order, &beside)?;
        drop(beside);
        drop((writes, complains, held));
        let mut handed = match receive(self.socket()?)? {
            Some((Answer::Began, handed)) => handed.into_iter(),
            Some((Answer::Refused(refused), _)) => return Err(Lost::Refused(refused)),
            Some(_) => return Err(Lost::Keeper(io::ErrorKind::InvalidData.into())),
            None => return Err(Lost::Keeper(io::ErrorKind::UnexpectedEof.into())),
        };
        let missing = || Lost::Keeper(io::ErrorKind::InvalidData.into());
        let served = match view {
            Some(view) => Some(Served::new(handed.next().ok_or_else(missing)?, view)),
            None => None,
        };
        let folder = match job.limits.folder {
            Some(limits) => Some(OutputFolder::new(handed.next().ok_or_else(missing)?, limits)),
            None => None,
        };
        let Limits { wall, output: most, .. } = job.limits;
        let running =
            Running { keeper: self.socket()?, output, complaints, served, wall, most, unread: false };
        let watched = running.watch(sink)?;
        Ok(Outcome {
            ended: watched.over.ended,
            untrusted_output: Vec::new(),
            untrusted_complaints: watched.untrusted_complaints,
            folder,
            input_unread: watched.unread,
            level: self.level,
            used: watched.over.used,
        })
    }
}

/// How long a keeper may take to end by itself.
const FAREWELL: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };

impl Drop for Keeper {
    fn drop(&mut self) {
        self.socket = None;
        let number = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw);
        let ended =
            number.and_then(|number| pidfd_open(number, PidfdFlags::empty()).ok()).is_some_and(|process| {
                poll(&mut [PollFd::new(&process, PollFlags::IN)], Some(&FAREWELL))
                    .is_ok_and(|ended| ended > 0)
            });
        if !ended {
            // Whatever it was doing ends with it.
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}
