//! `vidimus examine`: looks at what nobody has looked at yet, in sandboxes.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use clap::{Args, ValueEnum};
use serde::Serialize;
use vidimus_archive::examine::{Examine, Examined, Which};
use vidimus_examine::{Password, Setup};
use vidimus_model::Stage;

use super::Answer;
use crate::context::Context;
use crate::progress::Bar;
use crate::trouble::Trouble;
use crate::words::examined;
use crate::{references, secrets};

/// Bytes of a file of passwords.
const PASSWORDS: usize = 1 << 20;

/// Find out what is in the items: kind, times, stills, text, what containers hold; interrupted, the same command goes on
#[derive(Args)]
pub struct Arguments {
    /// Accessions and items, such as A7 or A7-312; without it, everything
    #[arg(value_name = "REF")]
    references: Vec<String>,
    /// Only this: first, members, copies, text, ocr, stills, speech, commit, proxy
    #[arg(long = "stage", value_name = "STAGE", value_parser = stage)]
    stages: Vec<Stage>,
    /// Look again at what failed, or at all of it
    #[arg(long, value_name = "WHAT")]
    again: Option<Again>,
    /// Passwords of closed containers, one a line, in a file that nobody else can read
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// How many items are looked at side by side; without it, as many as there are processors
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What is looked at again.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Again {
    Failed,
    All,
}

/// `docs/format/commands.md`.
#[derive(Serialize)]
struct Json {
    #[serde(flatten)]
    run: Examined,
    examined: u64,
    of: u64,
}

/// Examines.
///
/// # Errors
/// A reference is not known, no sandbox holds on this machine, or the archive cannot go on.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let within = references::read(&arguments.references)?;
    let passwords = arguments.password_file.as_deref().map(passwords).transpose()?.unwrap_or_default();
    let which = match arguments.again {
        // Passwords are given for what failed without them.
        None if passwords.is_empty() => Which::Unexamined,
        None | Some(Again::Failed) => Which::Failed,
        Some(Again::All) => Which::All,
    };
    let threads =
        arguments.threads.map_or_else(|| thread::available_parallelism().map_or(1, usize::from), usize::from);
    let mut archive = context.open_to_record()?;
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    // Once it is asked to stop, it ends what is under way and says what it has done.
    ctrlc::set_handler(move || asked.store(true, Ordering::Relaxed))
        .map_err(|error| Trouble::from(io::Error::other(error)))?;
    let mut bar = Bar::new(context.lang);
    let request = Examine {
        stages: arguments.stages,
        which,
        within: within.clone(),
        passwords,
        threads,
        setup: Setup::default(),
    };
    let run = archive.examine(&request, &stop, &mut |progress| {
        bar.count(progress.done, progress.of, || progress.item.to_string());
    })?;
    drop(bar);
    let accession = match within.as_slice() {
        [one] if one.item.is_none() => Some(one),
        _ => None,
    };
    let counts = archive.examined(accession)?;
    if arguments.json {
        context.say_json(&Json { run, examined: counts.examined, of: counts.of })?;
    } else {
        context.say(&examined::done(context.lang, &run, counts))?;
    }
    Ok(if run.failed == 0 && !run.stopped { Answer::Yes } else { Answer::No })
}

fn stage(typed: &str) -> Result<Stage, String> {
    typed.parse().map_err(|_| Stage::ALL.map(Stage::as_str).join(", "))
}

fn passwords(file: &std::path::Path) -> Result<Vec<Password>, Trouble> {
    let text = secrets::read_private_bytes(file, PASSWORDS)?;
    let lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    Ok(lines.filter(|line| !line.is_empty()).map(Password::new).collect())
}
