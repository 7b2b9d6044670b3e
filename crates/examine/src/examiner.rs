//! The examiner: a sandbox with its tools, and the stages in their order.

use std::path::PathBuf;

use vidimus_model::{Stage, StageEnd};
use vidimus_sandbox::{Facts, Level, Sandbox, Setup as SandboxSetup, Unavailable};

use crate::claims;
use crate::findings::{Findings, Sink};
use crate::speech::Speech;
use crate::subject::Subject;
use crate::tools;
use crate::work::{Hands, Work};
use crate::{commit, containers, first, media, ocr, prints, text};

/// What an examiner is started with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The program to start as keeper: one whose `main` begins with `vidimus_sandbox::keeper::main(vidimus_examine::OWN)`.
    pub keeper: PathBuf,
    /// Below this, nothing is run.
    pub least: Level,
    /// Above this, nothing is tried.
    pub most: Level,
    /// The command that recognises speech, where there is one.
    pub speech: Option<Speech>,
}

impl Default for Setup {
    /// This program as keeper, at the highest level that the machine allows.
    fn default() -> Setup {
        Setup { keeper: "/proc/self/exe".into(), least: Level::NoNamespaces, most: Level::Full, speech: None }
    }
}

/// A password that was given for containers and documents. It is not shown when it is printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(Vec<u8>);

impl Password {
    /// A password of these bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Password {
        Password(bytes.into())
    }

    /// In hexadecimal digits, as our own reader takes it.
    fn word(&self) -> String {
        hex::encode(&self.0)
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Password(…)")
    }
}

/// What the examination of one item may do and use.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Passwords to be tried, in this order.
    pub passwords: Vec<Password>,
    /// How far it may go.
    pub limits: Limits,
    /// What the salts of commitments are derived from: random, of this item alone. Without it none are made.
    pub seed: Option<[u8; 32]>,
}

impl Options {
    /// The passwords, as our own reader takes them.
    pub(crate) fn password_words(&self) -> Vec<String> {
        self.passwords.iter().map(Password::word).collect()
    }
}

/// How far the examination of one item may go. What lies beyond is told, and the rest is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all contained items together.
    pub unpacked_bytes: u64,
    /// Contained items.
    pub members: u64,
    /// How many containers deep a contained item may lie; 0: what is contained is only counted as a limit.
    pub depth: u32,
    /// Bytes unpacked for each byte of the container, once more than 64 MiB are.
    pub ratio: u64,
    /// Pixels of a picture that is decoded.
    pub pixels: u64,
    /// Pages that are drawn and read by OCR.
    pub ocr_pages: u32,
    /// Bytes of text.
    pub text_bytes: u64,
}

impl Default for Limits {
    /// 64 GiB in 200,000 members, 8 deep, a thousand to one; 120 megapixels; 500 pages; 32 MiB of text.
    fn default() -> Limits {
        Limits {
            unpacked_bytes: 64 << 30,
            members: 200_000,
            depth: 8,
            ratio: 1000,
            pixels: 120_000_000,
            ocr_pages: 500,
            text_bytes: 32 << 20,
        }
    }
}

/// Examines one item after another; as many examiners as wanted work side by side.
#[derive(Debug)]
pub struct Examiner {
    hands: Hands,
}

impl Examiner {
    /// Looks for the tools and starts a sandbox for them.
    ///
    /// # Errors
    /// No level of protection holds: nothing hostile may be opened.
    pub fn start(setup: Setup) -> Result<Examiner, Unavailable> {
        let Setup { keeper, least, most, speech } = setup;
        let tools = tools::tools().into_iter().chain(speech.as_ref().and_then(Speech::tool)).collect();
        let sandbox = Sandbox::start(SandboxSetup { executable: keeper, tools, least, most })?;
        Ok(Examiner { hands: Hands::with(sandbox, speech) })
    }

    /// An examiner that opens nothing, where [`Examiner::start`] said that nothing may be opened: each stage fails for that
    /// reason.
    pub fn without_sandbox() -> Examiner {
        Examiner { hands: Hands::without() }
    }

    /// What the sandbox is; none where nothing is opened.
    pub fn facts(&self) -> Option<&Facts> {
        self.hands.facts()
    }

    /// Examines an item; what went wrong is told in the findings.
    pub fn examine(
        &mut self,
        subject: &dyn Subject,
        stages: &[Stage],
        options: &Options,
        sink: &mut dyn Sink,
    ) -> Findings {
        let mut work = Work::new(&mut self.hands, subject, options, sink);
        for stage in Stage::ALL.into_iter().filter(|stage| stages.contains(stage)) {
            work.begin(stage);
            if work.has_sandbox() {
                run(&mut work, stage);
            }
            let end = work.end_of_stage();
            work.findings.stages.push(StageEnd { stage, end });
        }
        let notes = claims::facts_of(&work.findings.made);
        work.findings.facts.extend(notes);
        work.findings
    }
}

/// Runs a stage, by its kind. What no kind has anything to do in ends as nothing.
fn run(work: &mut Work<'_>, stage: Stage) {
    if stage != Stage::First && !work.was_looked_at() {
        first::look(work, false);
        work.is_prepared();
    }
    match stage {
        Stage::First => first::run(work),
        Stage::Members => containers::run(work),
        Stage::Copies => prints::run(work),
        Stage::Text => text::run(work),
        Stage::Ocr => ocr::run(work),
        Stage::Commit => commit::run(work),
        _ => {}
    }
    media::run(work);
}
