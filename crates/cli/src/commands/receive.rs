//! `vidimus receive`: takes material in, and prints what was taken and what commits to it.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use vidimus_archive::receive::{self, PassedOver, Progress, Receive, ReceiveError, Received, Survey};
use vidimus_archive::{Archive, CheckpointSummary, Work};

use super::{Answer, compartment};
use crate::context::{Context, complain_about};
use crate::progress::Bar;
use crate::prompt::Terminal;
use crate::secrets;
use crate::trouble::Trouble;
use crate::words::{asks, receipt, tells};

/// Take files and folders in; interrupted, the same command goes on
#[derive(Args)]
pub struct Arguments {
    /// Folders and files; no link in them is followed
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Who gave it, read from a file and sealed to the keyholders; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    from_file: Option<PathBuf>,
    /// What is said about the delivery, read from a file; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    note_file: Option<PathBuf>,
    /// Begin another accession, even where one of the same paths is unfinished
    #[arg(long)]
    new: bool,
    /// Ask nothing
    #[arg(long)]
    yes: bool,
    /// The compartment that will read it after its release
    #[arg(long, value_name = "COMPARTMENT")]
    into: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Counts, asks, takes in.
///
/// # Errors
/// What stopped it; the same command goes on from there.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let standard_input = |file: &Option<PathBuf>| file.as_deref() == Some(Path::new("-"));
    if standard_input(&arguments.from_file) && standard_input(&arguments.note_file) {
        return Err(Trouble::TwoStandardInputs);
    }
    let giver =
        arguments.from_file.as_deref().map(|file| secrets::read_input(file, secrets::WORDS)).transpose()?;
    let note = arguments.note_file.as_deref().map(read_note).transpose()?;
    let survey = count(&arguments, context)?;
    let mut archive = context.open_to_record()?;
    let into = compartment::named(&archive, arguments.into.as_deref())?;
    let request = Receive { paths: arguments.paths, giver, note, new: arguments.new, into };
    let received = take_in(&mut archive, &request, survey, context)?;
    if arguments.json {
        context.say_json(&Json::of(&received))?;
    } else {
        context.say(&receipt::internal(context.lang, &received, archive.layout().root()))?;
    }
    archive.answered(&received)?;
    Ok(if received.is_whole() { Answer::Yes } else { Answer::No })
}

/// What will be taken in, agreed to by the person at the terminal if there is one.
fn count(arguments: &Arguments, context: &Context) -> Result<Survey, Trouble> {
    let Some(mut terminal) = Terminal::open() else { return Ok(Survey::default()) };
    let survey = receive::survey(&arguments.paths, context.folder()?).map_err(stopped)?;
    if !arguments.yes && !terminal.confirm(&asks::take_in(context.lang, &survey))? {
        return Err(Trouble::Declined);
    }
    Ok(survey)
}

fn take_in(
    archive: &mut Archive,
    request: &Receive,
    survey: Survey,
    context: &Context,
) -> Result<Received, Trouble> {
    let mut bar = Bar::new(context.lang);
    let all = survey.files + survey.others;
    let message = |done| tells::files_done(context.lang, done, all);
    let mut passed = 0;
    let mut show = |at: Progress| {
        bar.at(at.bytes.saturating_add(at.passed), survey.bytes, || message(at.files));
        if at.passed > passed {
            passed = at.passed;
            bar.leave_out();
        }
    };
    let (lang, mut told) = (context.lang, false);
    archive.watch(move |step| {
        if step.work == Work::Waiting && !std::mem::replace(&mut told, true) {
            complain_about(tells::work(lang, Work::Waiting));
        }
    });
    archive.receive(request, &mut show).map_err(stopped)
}

fn read_note(file: &Path) -> Result<String, Trouble> {
    let bytes = secrets::read_input(file, secrets::NOTE)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Trouble::PassphraseUnreadable(file.to_owned()))?;
    Ok(text.trim_end().to_owned())
}

fn stopped(error: ReceiveError) -> Trouble {
    match error {
        ReceiveError::Path { path, reason } => Trouble::at(&path, reason),
        ReceiveError::NoRoom => io::Error::from(io::ErrorKind::StorageFull).into(),
        ReceiveError::Io(error) => error.into(),
        ReceiveError::UnderWay(reference) => Trouble::BeingReceived(reference),
        ReceiveError::NotHeld => Trouble::NotHeld,
        ReceiveError::Own(path) => Trouble::OwnFolder(path),
        other => Trouble::inside(&other),
    }
}

/// `docs/format/commands.md`.
#[derive(Serialize)]
struct Json<'a> {
    accession: String,
    found: u64,
    taken: u64,
    copies: u64,
    not_taken: &'a [PassedOver],
    bytes: u64,
    checkpoint: &'a CheckpointSummary,
    receipt: String,
    resumed: bool,
}

impl<'a> Json<'a> {
    fn of(received: &'a Received) -> Self {
        Self {
            accession: received.accession.to_string(),
            found: received.found,
            taken: received.taken,
            copies: received.copies,
            not_taken: &received.not_taken,
            bytes: received.bytes,
            checkpoint: &received.checkpoint,
            receipt: received.receipt.to_string_lossy().into_owned(),
            resumed: received.resumed,
        }
    }
}
