//! `vidimus keyholder`: who opens givers; and keyholders as they are typed.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use vidimus_archive::Outcome;
use vidimus_archive::unseal::GiverError;
use vidimus_model::{Action, Keyholders};
use vidimus_seal::keyholders::KeyholderSetError;
use vidimus_seal::{KeyholderSet, Recipient};

use super::propose::{self, Proposal};
use super::{Answer, approval, opened, recovery_test, unseal};
use crate::context::Context;
use crate::references;
use crate::trouble::Trouble;
use crate::words::{changes, keyholders, openings, tells};

/// Keyholders as typed.
#[derive(Args)]
pub struct Named {
    /// A keyholder's public age key; repeat it for each of them
    #[arg(long = "keyholder", value_name = "AGE1…", requires = "threshold")]
    keys: Vec<String>,
    /// How many keyholders must come together to open a giver
    #[arg(long, value_name = "K", requires = "keys")]
    threshold: Option<usize>,
}

/// Who opens what was said about givers
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Name the keyholders; those who hold already have to approve it, and another member to agree
    Set {
        #[command(flatten)]
        named: Named,
        /// Why; it is recorded
        #[arg(long, value_name = "TEXT", default_value = "named with keyholder set")]
        reason: String,
        /// Where you are the only member and replace keyholders: the fingerprint of the new ones
        #[arg(long, value_name = "TEXT")]
        confirm: Option<String>,
    },
    /// Write what the keyholders need who have to approve a proposal of others
    Challenge {
        /// The id that `vidimus proposals` shows
        #[arg(value_name = "ID")]
        proposal: String,
        /// A folder for the files
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Keyholders only, on their own machine: approve who follows them
    Sign {
        /// The text that says what is to be approved
        #[arg(value_name = "TEXT")]
        text: PathBuf,
        /// The age files that came with it, or what the keyholder before you made of one
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// A keyholder's file with the line AGE-SECRET-KEY-1…; repeat it for each keyholder who is here
        #[arg(long = "key", value_name = "FILE", required = true)]
        keys: Vec<PathBuf>,
        /// A new file for the archive; or for the next keyholder, where those who are here are not enough
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Once a year: write files that show whether keyholders can still open what is sealed to them
    Test {
        /// A folder for the files
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Record the code that keyholders read in a file of `keyholder test`
    Tested {
        /// A file with the code; `-` reads standard input
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Show the keyholders, and how many of them it takes
    List {
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Open who gave an accession where it is sealed to you alone; else write the files for the keyholders
    Giver {
        /// The accession, such as A7
        #[arg(value_name = "REF")]
        accession: String,
        /// A folder for the keyholders' files
        #[arg(long, value_name = "DIR", conflicts_with = "purpose_file")]
        out: Option<PathBuf>,
        /// A file that says what for; `-` reads standard input
        #[arg(long, value_name = "FILE")]
        purpose_file: Option<PathBuf>,
    },
    /// Put on record that a giver was opened
    Opened(opened::Arguments),
}

/// Does what was typed.
///
/// # Errors
/// What stopped it.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    match arguments.command {
        Command::Set { named, reason, confirm } => put(context, &named, &reason, confirm.as_deref()),
        Command::Challenge { proposal, out } => approval::challenge(context, &proposal, &out),
        Command::Sign { text, files, keys, out } => approval::sign(context, &text, &files, &keys, &out),
        Command::Test { out } => recovery_test::begin(context, &out),
        Command::Tested { file } => recovery_test::finish(context, &file),
        Command::List { json } => list(context, json),
        Command::Giver { accession, out, purpose_file } => match out {
            Some(folder) => shares(context, &accession, &folder),
            None => own_giver(context, &accession, purpose_file.as_deref()),
        },
        Command::Opened(arguments) => opened::run(context, &arguments),
    }
}

/// The set that was typed; none if nobody was named.
///
/// # Errors
/// A key is not one, or they are no set.
pub fn set(named: &Named) -> Result<Option<KeyholderSet>, Trouble> {
    let Some(threshold) = named.threshold else { return Ok(None) };
    let read = |key: &String| key.trim().parse::<Recipient>().map_err(|_| Trouble::KeyholderKey(key.clone()));
    let recipients = named.keys.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    KeyholderSet::new(threshold, recipients).map(Some).map_err(Trouble::KeyholderSet)
}

fn put(context: &Context, named: &Named, reason: &str, confirm: Option<&str>) -> Result<Answer, Trouble> {
    let set = set(named)?.ok_or(Trouble::KeyholderSet(KeyholderSetError::Count { found: 0 }))?;
    let fingerprint = set.fingerprint();
    let proposal = Proposal {
        action: Action::SetKeyholders(Keyholders {
            threshold: u8::try_from(set.threshold()).expect("a set has at most eight keyholders"),
            recipients: set.recipients().iter().map(ToString::to_string).collect(),
            fingerprint: fingerprint.clone(),
        }),
        reason,
        again: &fingerprint,
        confirm,
        done: &changes::keyholders_set(context.lang, &fingerprint),
    };
    let mut archive = context.open_to_record()?;
    if archive.register().approvers.is_none() {
        return propose::propose(&mut archive, &proposal, context);
    }
    let outcome = archive.propose(proposal.action, reason, false)?;
    if let Outcome::Waiting(id) = outcome {
        context.say(&keyholders::approval_needed(context.lang, id))?;
    }
    Ok(Answer::Yes)
}

#[derive(Serialize)]
struct Row<'a> {
    recipient: &'a str,
    threshold: u8,
    fingerprint: &'a str,
}

fn list(context: &Context, json: bool) -> Result<Answer, Trouble> {
    let archive = context.open()?;
    let set = archive.register().keyholders.as_ref().filter(|set| !set.recipients.is_empty());
    if json {
        let rows = set.iter().flat_map(|set| {
            let row = |recipient| Row { recipient, threshold: set.threshold, fingerprint: &set.fingerprint };
            set.recipients.iter().map(String::as_str).map(row)
        });
        context.say_json(&rows.collect::<Vec<_>>())?;
        return Ok(Answer::Yes);
    }
    let text = match set {
        None => tells::no_keyholders(context.lang).to_owned(),
        Some(set) => {
            let head = tells::keyholders(context.lang, set.threshold, set.recipients.len(), &set.fingerprint);
            let tested = &archive.register().keyholders_tested;
            let (opened, of) = (tested.opened.len(), set.recipients.len());
            let due = archive.recovery_test_is_due();
            let last = tested.last().map(|at| at.to_string()[..10].to_owned());
            let tested = keyholders::last_tested(context.lang, opened, of, last.as_deref(), due);
            format!("{head}\n{}\n{tested}", set.recipients.join("\n"))
        }
    };
    context.say(&text)?;
    Ok(Answer::Yes)
}

fn shares(context: &Context, accession: &str, folder: &Path) -> Result<Answer, Trouble> {
    let accession = references::one(accession)?;
    let written = context.open()?.export_giver_shares(&accession, folder).map_err(not_given)?;
    context.say(&tells::shares_written(context.lang, &written))?;
    Ok(Answer::Yes)
}

/// Opens what is sealed for this member alone; that it was opened is recorded before the words are shown.
fn own_giver(context: &Context, accession: &str, purpose: Option<&Path>) -> Result<Answer, Trouble> {
    let accession = references::one(accession)?;
    let why = opened::lines_in(purpose)?;
    let mut archive = context.open()?;
    let words = archive.giver(&accession).map_err(not_given)?;
    if archive.went_back().is_some() {
        context.note(openings::not_recorded(context.lang));
    } else {
        let recorded = archive.record_own_opening(&accession, words.key.as_ref(), why);
        recorded.map_err(|error| opened::refused(error, purpose))?;
    }
    unseal::print(&words.said)?;
    Ok(Answer::Yes)
}

/// Why a giver is not given out, in words for people.
pub fn not_given(error: GiverError) -> Trouble {
    match error {
        GiverError::Nobody(accession) => Trouble::NoGiverNamed(accession),
        GiverError::Keyholders { threshold, .. } => Trouble::KeyholdersNeeded { threshold },
        GiverError::NotTheRegistrar(accession) => Trouble::NotReleased(accession),
        GiverError::NotAnAccession(reference) => Trouble::NotAnAccession(reference),
        GiverError::Write { path, reason } => Trouble::at(&path, reason),
        GiverError::Read(error) => error.into(),
        GiverError::Damaged { .. } | GiverError::Malformed(_) => Trouble::inside(&error),
    }
}
