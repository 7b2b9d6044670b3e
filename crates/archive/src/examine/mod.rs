//! Examination: takes what nobody has looked at yet, has it looked at in sandboxes, and records what was found.
//!
//! The queue is a question to the catalogues; threads examine, one appends. A run that is killed anywhere leaves at most objects
//! that no record names, and the next goes on where the records end.

mod append;
mod bench;
mod contents;
mod lease;
mod queue;
mod records;
mod subject;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use vidimus_examine::{Examiner, Password, Setup};
pub use vidimus_folds::catalogue::{ExaminedCounts, Which};
use vidimus_model::{CompartmentId, Ref, Stage};
use vidimus_sandbox::Unavailable;
use vidimus_vault::{BarrierError, Vault};

use crate::anchor::{Settings, SettingsError};
use crate::query::AskError;
use crate::unfinished::UnfinishedError;
use crate::{Archive, DoorError, FoldError};
use append::Appender;
use bench::{Bench, Task, Told};
pub(crate) use lease::Marks;

/// What is to be examined.
#[derive(Clone, Debug)]
pub struct Examine {
    /// By which stages; all that can be gone through here where none is named.
    pub stages: Vec<Stage>,
    /// Which items.
    pub which: Which,
    /// These, and everything in them; everything that the member can read where none is named.
    pub within: Vec<Ref>,
    /// Passwords to be tried on what is closed.
    pub passwords: Vec<Password>,
    /// How many items are examined at a time.
    pub threads: usize,
    /// How the sandboxes are started; the settings say what recognises speech.
    pub setup: Setup,
}

/// How far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExamineProgress {
    /// Items examined by this run.
    pub done: u64,
    /// As far as is known, items to be examined by this run.
    pub of: u64,
    /// The item that was examined last.
    pub item: Ref,
}

/// What a run has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Examined {
    /// Items that were looked at; one that was looked at twice, by its first stage and the others, counts once.
    pub items: u64,
    /// Of them, those with something that could not be examined.
    pub failed: u64,
    /// Items that were found in others.
    pub contained: u64,
    /// Whether it was stopped before its end.
    pub stopped: bool,
}

/// Why it ended early. What is on record stays; the same command goes on.
#[derive(Debug, thiserror::Error)]
pub enum ExamineError {
    /// A reference cannot be followed.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// No level of protection holds on this machine, so nothing hostile may be opened.
    #[error("no sandbox: {0}")]
    NoSandbox(Unavailable),
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Speech was to be recognised, and the settings name nothing that does.
    #[error("nothing that recognises speech is set up")]
    NoSpeech,
    /// The vault, a key or a note of who examines what failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// What was written could not be made durable; it is not believed.
    #[error(transparent)]
    Barrier(#[from] BarrierError),
    /// What another command left could not be looked at.
    #[error(transparent)]
    Unfinished(#[from] UnfinishedError),
    /// Nothing could be recorded.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// What is there could not be asked.
    #[error(transparent)]
    Fold(#[from] FoldError),
}

/// At least so often what was found is recorded.
const RECORDED: Duration = Duration::from_secs(2);
/// Items that wait for a thread, for each thread.
const WAITING: usize = 2;

impl Archive {
    /// Examines what is asked for: the first stage of everything, then the others, and what is found in containers likewise.
    /// `stop` ends it between two items.
    ///
    /// # Errors
    /// Any [`ExamineError`]; failures of tools are none, they are recorded.
    pub fn examine(
        &mut self,
        request: &Examine,
        stop: &AtomicBool,
        progress: &mut dyn FnMut(ExamineProgress),
    ) -> Result<Examined, ExamineError> {
        self.may_record()?;
        let request = self.with_speech(request)?;
        let mut run =
            Run { appender: Appender::default(), looked_at: HashMap::new(), done: Examined::default() };
        let examined = self.run_passes(&request, stop, &mut run, progress);
        // Also after an error: what was recorded before does not tell how many there were.
        let padded = self.pad(&run.appender);
        examined?;
        padded?;
        run.done.items = run.looked_at.len() as u64;
        run.done.failed = run.looked_at.values().filter(|failed| **failed).count() as u64;
        run.done.stopped = stop.load(Ordering::Relaxed);
        Ok(run.done)
    }

    /// What is asked for, with the command that recognises speech; without that stage where there is none.
    fn with_speech(&self, request: &Examine) -> Result<Examine, ExamineError> {
        let mut request = request.clone();
        request.setup.speech = Settings::read(&self.layout.settings())?.speech;
        let is_silent = request.setup.speech.is_none();
        if request.stages.is_empty() {
            request.stages = Stage::ALL.to_vec();
            request.stages.retain(|stage| *stage != Stage::Speech || !is_silent);
        } else if is_silent && request.stages.contains(&Stage::Speech) {
            return Err(ExamineError::NoSpeech);
        }
        Ok(request)
    }

    fn run_passes(
        &mut self,
        request: &Examine,
        stop: &AtomicBool,
        run: &mut Run,
        progress: &mut dyn FnMut(ExamineProgress),
    ) -> Result<(), ExamineError> {
        let passes = passes(&request.stages);
        let mut which = request.which;
        loop {
            let mut any = false;
            for stages in &passes {
                any |= self.pass(request, which, stages, stop, run, progress)?;
            }
            // What was to be looked at again was, once; what came to light in it is new, and looked at until nothing is left.
            let again = std::mem::replace(&mut which, Which::Unexamined) != Which::Unexamined;
            let is_over = if again { run.done.contained == 0 } else { !any };
            if stop.load(Ordering::Relaxed) || is_over {
                return Ok(());
            }
        }
    }

    /// Examines everything that waits for these stages; says whether anything did.
    fn pass(
        &mut self,
        request: &Examine,
        which: Which,
        stages: &[Stage],
        stop: &AtomicBool,
        run: &mut Run,
        progress: &mut dyn FnMut(ExamineProgress),
    ) -> Result<bool, ExamineError> {
        let mut queue = self.queue(which, stages, &request.within)?;
        // No sandbox is started for nothing.
        let Some(first) = self.next_task(&mut queue, run)? else { return Ok(run.take_any()) };
        let threads = request.threads.max(1);
        let (give, tasks) = channel::<Task>();
        let tasks = Mutex::new(tasks);
        let mut examiners = Vec::with_capacity(threads);
        for _ in 0..threads {
            examiners.push(Examiner::start(request.setup.clone()).map_err(ExamineError::NoSandbox)?);
        }
        thread::scope(|scope| {
            // Dropped before the threads are waited for, however this ends: none of them tells or asks in vain for ever.
            let (told, tells) = sync_channel::<Told>(threads * WAITING);
            let mut running = Running { give, under_way: 0 };
            for examiner in examiners {
                let bench = Bench {
                    examiner,
                    vault: Arc::clone(&self.vault) as Arc<dyn Vault>,
                    entropy: self.entropy.fork(),
                    passwords: &request.passwords,
                    tasks: &tasks,
                    told: told.clone(),
                    stop,
                };
                scope.spawn(move || bench.work());
            }
            drop(told);
            running.give(first);
            let mut last = Instant::now();
            loop {
                while running.under_way < threads * WAITING && !stop.load(Ordering::Relaxed) {
                    match self.next_task(&mut queue, run)? {
                        Some(task) => running.give(task),
                        None => break,
                    }
                }
                if running.under_way == 0 {
                    break;
                }
                let told = match tells.recv_timeout(RECORDED) {
                    Ok(told) => Some(told),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => break,
                };
                match told {
                    Some(Told::Ask(ask)) => {
                        let twin = self.twin(&ask, &run.appender)?;
                        // A thread that went away asks nothing more.
                        let _ = ask.reply.send(twin);
                        continue;
                    }
                    Some(Told::Done(done)) => {
                        running.under_way -= 1;
                        let about = done.task.item.about.clone();
                        run.appender.take(*done);
                        run.done_one(progress, about, queue.of);
                    }
                    Some(Told::GivenUp(task)) => {
                        running.under_way -= 1;
                        // It was stopped, and did not die of it.
                        task.lease.end()?;
                    }
                    Some(Told::Trouble(error)) => return Err(error.into()),
                    None => {}
                }
                if run.appender.is_full() || last.elapsed() >= RECORDED {
                    self.append_found(run)?;
                    last = Instant::now();
                }
            }
            drop(running);
            self.append_found(run)?;
            Ok(true)
        })
    }
}

/// What a run has come to.
struct Run {
    appender: Appender,
    /// Items that were examined, and whether something failed.
    looked_at: HashMap<Ref, bool>,
    done: Examined,
}

impl Run {
    fn done_one(&mut self, progress: &mut dyn FnMut(ExamineProgress), item: Ref, of: u64) {
        self.looked_at.entry(item.clone()).or_insert(false);
        let done = self.looked_at.len() as u64;
        progress(ExamineProgress { done, of: of.max(done), item });
    }

    /// Was something recorded without being examined: what workers died of?
    fn take_any(&mut self) -> bool {
        std::mem::take(&mut self.appender.buried)
    }
}

/// Tasks that were given out.
struct Running {
    give: Sender<Task>,
    under_way: usize,
}

impl Running {
    fn give(&mut self, task: Task) {
        if self.give.send(task).is_ok() {
            self.under_way += 1;
        }
    }
}

/// The first stage by itself, so that the first evening shows what is there; all others together.
fn passes(stages: &[Stage]) -> Vec<Vec<Stage>> {
    let (first, rest): (Vec<Stage>, Vec<Stage>) = Stage::ALL
        .into_iter()
        .filter(|stage| stages.contains(stage))
        .partition(|stage| *stage == Stage::First);
    [first, rest].into_iter().filter(|pass| !pass.is_empty()).collect()
}

/// Rows of each compartment.
type Rows = BTreeMap<CompartmentId, u64>;
