//! One examination at work: runs tools, writes down how each ended, and gathers what they found.

use std::collections::BTreeMap;
use std::io::Write;

use vidimus_model::{End, Fact, Reason, SandboxLevel, Stage, ToolRun};
use vidimus_sandbox::{Ended, Facts, Input, Job, Level, Limits, Outcome, RunError, Sandbox};

use crate::examiner::Options;
use crate::findings::{Findings, Sink};
use crate::kind::Kind;
use crate::speech::Speech;
use crate::subject::Subject;
use crate::tools;

/// The sandbox of one examiner, and what its tools said of their versions.
#[derive(Debug)]
pub(crate) struct Hands {
    sandbox: Option<Sandbox>,
    versions: BTreeMap<String, Option<String>>,
    speech: Option<Speech>,
}

impl Hands {
    pub fn with(sandbox: Sandbox, speech: Option<Speech>) -> Hands {
        let own = Some(env!("CARGO_PKG_VERSION").to_owned());
        Hands { sandbox: Some(sandbox), versions: BTreeMap::from([(tools::OWN.to_owned(), own)]), speech }
    }

    pub fn without() -> Hands {
        Hands { sandbox: None, versions: BTreeMap::new(), speech: None }
    }

    pub fn facts(&self) -> Option<&Facts> {
        self.sandbox.as_ref().map(Sandbox::facts)
    }

    /// Asked once, when a tool is first used: a worker uses few of them.
    fn version(&mut self, tool: &str) -> Option<String> {
        if let Some(known) = self.versions.get(tool) {
            return known.clone();
        }
        let version = self.sandbox.as_mut().and_then(|sandbox| tools::version(sandbox, tool));
        self.versions.insert(tool.to_owned(), version.clone());
        version
    }
}

/// What is to be run for a stage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task<'a> {
    /// The tool's name, as [`tools::tools`] knows it.
    pub tool: &'a str,
    /// Its arguments, with `vidimus_sandbox::INPUT` and `OUTPUT`.
    pub arguments: &'a [&'a str],
    /// Arguments behind them that are not written down: a password, for a function of our own only. Those are handed over a
    /// socket and seen by no list of processes.
    pub secrets: &'a [&'a str],
    /// How far it may go.
    pub limits: Limits,
}

impl<'a> Task<'a> {
    pub fn new(tool: &'a str, arguments: &'a [&'a str]) -> Task<'a> {
        Task { tool, arguments, secrets: &[], limits: Limits::default() }
    }
}

/// A run that was written down.
pub(crate) struct Ran {
    /// Which of the tools it is, in facts and derivatives.
    pub tool: u32,
    /// What came back; none where nothing was begun.
    pub outcome: Option<Outcome>,
}

impl Ran {
    /// Whether the tool came to its end by itself and says that all went well.
    pub fn is_done(&self) -> bool {
        self.outcome.as_ref().is_some_and(|outcome| outcome.ended == Ended::Exited(0))
    }

    /// Why it did not, as it was written down.
    pub fn reason(&self, work: &Work<'_>) -> Option<Reason> {
        work.findings.tools.get(self.tool as usize).and_then(|run| run.reason)
    }

    /// What it wrote, whatever its end.
    pub fn untrusted_output(&self) -> &[u8] {
        self.outcome.as_ref().map_or(&[], |outcome| &outcome.untrusted_output)
    }
}

/// One item, while it is examined.
pub(crate) struct Work<'a> {
    hands: &'a mut Hands,
    /// The item.
    pub subject: &'a dyn Subject,
    /// What may be done.
    pub options: &'a Options,
    /// Takes what is contained.
    pub sink: &'a mut dyn Sink,
    /// What was found until now.
    pub findings: Findings,
    /// What the first look into a film told, for the stages that follow.
    pub film: Option<crate::media::Film>,
    /// Why that look told nothing: it is not looked into again.
    pub no_film: Option<Reason>,
    /// The document as it is without its lock, and what every tool is given then.
    pub unlocked: Option<Vec<u8>>,
    /// Why a lock was not opened, where passwords were given.
    pub lock: Option<Reason>,
    stage: Stage,
    /// Where the runs of this stage begin in the findings.
    since: usize,
    kind: Option<Kind>,
    looked: bool,
}

impl<'a> Work<'a> {
    pub fn new(
        hands: &'a mut Hands,
        subject: &'a dyn Subject,
        options: &'a Options,
        sink: &'a mut dyn Sink,
    ) -> Work<'a> {
        let findings = Findings::default();
        Work {
            hands,
            subject,
            options,
            sink,
            findings,
            stage: Stage::First,
            since: 0,
            kind: None,
            film: None,
            no_film: None,
            unlocked: None,
            lock: None,
            looked: false,
        }
    }

    /// From here on, runs belong to this stage.
    pub fn begin(&mut self, stage: Stage) {
        (self.stage, self.since) = (stage, self.findings.tools.len());
    }

    /// Runs that went well until now only prepared this stage: how it ended is not said by them.
    pub fn is_prepared(&mut self) {
        if self.end_of_stage() == End::Done {
            self.since = self.findings.tools.len();
        }
    }

    /// Which stage is at work.
    pub fn stage(&self) -> Stage {
        self.stage
    }

    /// The kind by content, where it was told.
    pub fn kind(&self) -> Option<Kind> {
        self.kind
    }

    /// Whether the kind was asked for, told or not.
    pub fn was_looked_at(&self) -> bool {
        self.looked
    }

    /// From here on, the kind was asked for.
    pub fn looks(&mut self) {
        self.looked = true;
    }

    /// Remembers the kind for the stages that follow.
    pub fn set_kind(&mut self, kind: Kind) {
        self.kind = Some(kind);
    }

    /// The command that recognises speech, where there is one.
    pub fn speech(&self) -> Option<Speech> {
        self.hands.speech.clone()
    }

    /// Whether something hostile may be opened; writes it down where not.
    pub fn has_sandbox(&mut self) -> bool {
        if self.hands.sandbox.is_none() {
            let run = self.tool_run(tools::OWN, &[], End::Failed, Some(Reason::NoSandbox));
            self.note(ToolRun { version: None, sandbox: SandboxLevel::None, ..run });
        }
        self.hands.sandbox.is_some()
    }

    /// Runs a tool on the item, and writes down how it ended, as far as that is seen from outside.
    pub fn run(&mut self, task: Task<'_>) -> Ran {
        let mut untrusted = Vec::new();
        let mut ran = self.run_into(task, &mut untrusted);
        if let Some(outcome) = &mut ran.outcome {
            outcome.untrusted_output = untrusted;
        }
        ran
    }

    /// Runs a tool on bytes that were made from the item, such as pictures of its frames.
    pub fn run_on(&mut self, task: Task<'_>, untrusted: &[u8]) -> Ran {
        let mut output = Vec::new();
        let input = Input::held(untrusted, untrusted.len() as u64).map_err(RunError::Input);
        let result = input.and_then(|input| run(self.hands.sandbox.as_mut(), task, input, &mut output));
        let mut ran = self.write_down(task, result);
        if let Some(outcome) = &mut ran.outcome {
            outcome.untrusted_output = output;
        }
        ran
    }

    /// The same, where what the tool writes goes into a sink, as it comes.
    pub fn run_into(&mut self, task: Task<'_>, into: &mut dyn Write) -> Ran {
        let result = self.input().and_then(|input| run(self.hands.sandbox.as_mut(), task, input, into));
        self.write_down(task, result)
    }

    /// What tools are given of it.
    fn input(&self) -> Result<Input, RunError> {
        let input = match &self.unlocked {
            Some(untrusted) => Input::held(&untrusted[..], untrusted.len() as u64),
            None => self.subject.input(),
        };
        input.map_err(RunError::Input)
    }

    /// Runs a tool while another thread than ours hands over what it writes; `reads` gets it here.
    pub fn run_through<T>(
        &mut self,
        task: Task<'_>,
        reads: impl FnOnce(&mut Self, Through) -> T,
    ) -> (Ran, T) {
        let input = self.input();
        self.through(task, input, reads)
    }

    /// The same on bytes that were made from the item.
    pub fn run_on_through<T>(
        &mut self,
        task: Task<'_>,
        untrusted: &[u8],
        reads: impl FnOnce(&mut Self, Through) -> T,
    ) -> (Ran, T) {
        let input = Input::held(untrusted, untrusted.len() as u64).map_err(RunError::Input);
        self.through(task, input, reads)
    }

    fn through<T>(
        &mut self,
        task: Task<'_>,
        input: Result<Input, RunError>,
        reads: impl FnOnce(&mut Self, Through) -> T,
    ) -> (Ran, T) {
        let mut sandbox = self.hands.sandbox.take();
        let (sends, receives) = std::sync::mpsc::sync_channel(PIECES);
        let (result, read) = std::thread::scope(|scope| {
            let runs = scope.spawn(|| {
                let mut into = Sends(sends);
                let result = input.and_then(|input| run(sandbox.as_mut(), task, input, &mut into));
                (sandbox, result)
            });
            let read = reads(self, Through { receives, piece: Vec::new(), at: 0 });
            let (sandbox, result) = runs.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            self.hands.sandbox = sandbox;
            (result, read)
        });
        (self.write_down(task, result), read)
    }

    /// Lets one run of a tool stand for others that went as well: a record of hundreds of pages is not read by anybody.
    pub fn fold_into(&mut self, first: &mut Option<u32>, ran: &Ran) -> u32 {
        let is_last = self.findings.tools.len() == ran.tool as usize + 1;
        match *first {
            Some(first) if ran.is_done() && is_last => {
                self.findings.tools.pop();
                first
            }
            _ => {
                if ran.is_done() {
                    *first = first.or(Some(ran.tool));
                }
                ran.tool
            }
        }
    }

    /// Says more of a run than its exit code does.
    pub fn judge(&mut self, tool: u32, end: End, reason: Option<Reason>, untrusted_said: Option<&str>) {
        if let Some(run) = self.findings.tools.get_mut(tool as usize) {
            (run.end, run.reason) = (end, reason);
            run.untrusted_said = untrusted_said.map(said).or(run.untrusted_said.take());
            if matches!(end, End::Done | End::Nothing) {
                run.untrusted_said = None;
            }
        }
    }

    /// Writes down that something of this stage was not done, without a run.
    pub fn not_done(&mut self, tool: &str, reason: Reason) -> u32 {
        let version = self.hands.versions.get(tool).cloned().flatten();
        let run = self.tool_run(tool, &[], End::Failed, Some(reason));
        self.note(ToolRun { version, sandbox: SandboxLevel::None, ..run })
    }

    /// A technical fact.
    pub fn fact(&mut self, tool: u32, name: &str, untrusted_value: &str) {
        if self.findings.facts.len() < FACTS {
            let untrusted_value = cut(untrusted_value, FACT);
            self.findings.facts.push(Fact { name: name.to_owned(), untrusted_value, tool });
        }
    }

    /// How the stage ended, by its runs: whole where all of them were, partly where one gave something.
    pub fn end_of_stage(&self) -> End {
        let runs = self.findings.tools.get(self.since..).unwrap_or_default();
        let mut ends = runs.iter().map(|run| run.end).filter(|end| *end != End::Nothing).peekable();
        let Some(first) = ends.peek().copied() else { return End::Nothing };
        if ends.all(|end| end == first) { first } else { End::Partly }
    }

    fn write_down(&mut self, task: Task<'_>, result: Result<Outcome, RunError>) -> Ran {
        let (end, reason) = match &result {
            Ok(outcome) => ended(outcome),
            Err(error) => (End::Failed, Some(refused(error))),
        };
        let mut run = self.tool_run(task.tool, task.arguments, end, reason);
        match &result {
            Ok(outcome) => {
                run.sandbox = level(outcome.level);
                run.version = self.hands.version(task.tool);
                if end != End::Done {
                    run.untrusted_said = Some(said(&String::from_utf8_lossy(&outcome.untrusted_complaints)));
                }
            }
            // It ran, until nobody listened any more.
            Err(RunError::Sink(_)) => {
                run.sandbox = self.hands.facts().map_or(SandboxLevel::None, |facts| level(facts.level));
                run.version = self.hands.version(task.tool);
            }
            Err(_) => run.sandbox = SandboxLevel::None,
        }
        Ran { tool: self.note(run), outcome: result.ok() }
    }

    fn tool_run(&self, tool: &str, arguments: &[&str], end: End, reason: Option<Reason>) -> ToolRun {
        let named = |word: &&str| {
            word.replace(vidimus_sandbox::INPUT, "INPUT").replace(vidimus_sandbox::OUTPUT, "OUTPUT")
        };
        ToolRun {
            stage: self.stage,
            tool: tool.to_owned(),
            version: None,
            arguments: arguments.iter().map(named).collect(),
            sandbox: SandboxLevel::None,
            end,
            reason,
            untrusted_said: None,
        }
    }

    fn note(&mut self, run: ToolRun) -> u32 {
        self.findings.tools.push(run);
        u32::try_from(self.findings.tools.len() - 1).unwrap_or(u32::MAX)
    }
}

/// Facts of one item.
const FACTS: usize = 2000;
/// Characters of one fact.
const FACT: usize = 2000;
/// Characters of what a tool said.
const SAID: usize = 400;
/// Pieces of output that wait to be read.
const PIECES: usize = 16;

/// At most so many characters.
pub(crate) fn cut(untrusted: &str, most: usize) -> String {
    untrusted.chars().take(most).collect()
}

/// A tool's words, without what would fill a record with nothing.
fn said(untrusted: &str) -> String {
    cut(untrusted.trim(), SAID)
}

fn run(
    sandbox: Option<&mut Sandbox>,
    task: Task<'_>,
    input: Input,
    into: &mut dyn Write,
) -> Result<Outcome, RunError> {
    let Some(sandbox) = sandbox else {
        return Err(RunError::Keeper(std::io::ErrorKind::NotFound.into()));
    };
    let arguments: Vec<&str> = task.arguments.iter().chain(task.secrets).copied().collect();
    sandbox.run_into(Job { tool: task.tool, arguments: &arguments, limits: task.limits }, input, into)
}

fn level(level: Level) -> SandboxLevel {
    match level {
        Level::Full => SandboxLevel::Full,
        Level::NoNamespaces => SandboxLevel::NoNamespaces,
    }
}

/// What is seen of a run from outside.
fn ended(outcome: &Outcome) -> (End, Option<Reason>) {
    if outcome.input_unread {
        return (End::Failed, Some(Reason::Unreadable));
    }
    let complaints = String::from_utf8_lossy(&outcome.untrusted_complaints);
    // Words of Rust's and C++'s allocators, and of most tools.
    let no_memory = ["memory allocation of", "bad_alloc", "ut of memory", "annot allocate memory"];
    let no_memory = no_memory.iter().any(|words| complaints.contains(words));
    let reason = match outcome.ended {
        Ended::Exited(0) => return (End::Done, None),
        Ended::OutOfTime | Ended::OutOfProcessorTime => Reason::TooSlow,
        Ended::TooMuchOutput => Reason::TooManyBytes,
        Ended::Exited(_) | Ended::Killed(_) if no_memory => Reason::TooMuchMemory,
        // A panic of a function of our own.
        Ended::Exited(101) | Ended::Killed(_) => Reason::Crashed,
        Ended::Exited(_) => Reason::Unknown,
    };
    (End::Failed, Some(reason))
}

/// Why nothing was run.
fn refused(error: &RunError) -> Reason {
    match error {
        RunError::UnknownTool(_) => Reason::ToolMissing,
        RunError::NeedsNamespaces => Reason::NeedsNamespaces,
        RunError::Refused(_) | RunError::Keeper(_) => Reason::NoSandbox,
        RunError::Sink(_) => Reason::Unknown,
        RunError::Input(_) => Reason::Unreadable,
    }
}

/// Hands pieces over to whoever reads them.
struct Sends(std::sync::mpsc::SyncSender<Vec<u8>>);

impl Write for Sends {
    fn write(&mut self, untrusted: &[u8]) -> std::io::Result<usize> {
        let gone = |_| std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        self.0.send(untrusted.to_vec()).map_err(gone).map(|()| untrusted.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What a tool writes, while it writes it. Whoever drops it before its end ends the run.
pub(crate) struct Through {
    receives: std::sync::mpsc::Receiver<Vec<u8>>,
    piece: Vec<u8>,
    at: usize,
}

impl std::io::Read for Through {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.at == self.piece.len() {
            match self.receives.recv() {
                Ok(piece) => (self.piece, self.at) = (piece, 0),
                Err(_) => return Ok(0),
            }
        }
        let rest = self.piece.get(self.at..).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        if let (Some(into), Some(from)) = (buffer.get_mut(..length), rest.get(..length)) {
            into.copy_from_slice(from);
        }
        self.at += length;
        Ok(length)
    }
}
