//! `vidimus check`: names what is damaged, missing, extra, swapped or rolled back, and what is still sound.

use std::io::ErrorKind;
use std::path::Path;

use clap::Args;
use serde::Serialize;
use vidimus_archive::{Cause, CheckProgress, Checked, Checker, Counted, Sentence, check_folder};

use super::Answer;
use crate::context::Context;
use crate::progress::Bar;
use crate::trouble::Trouble;
use crate::words::{Lang, check_sentences, checked};

/// Check ledger, log, signatures and objects; name what is damaged
#[derive(Args)]
pub struct Arguments {
    /// Also decrypt and hash every object
    #[arg(long)]
    full: bool,
    /// Name every problem, also where there are very many of one kind
    #[arg(long)]
    all: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Checks; the answer is "no" when something is wrong.
///
/// # Errors
/// There is no archive, or nobody may open it.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let found = check(context, arguments.full)?;
    if arguments.json {
        context.say_json(&Json::of(context.lang, &found))?;
    } else {
        context.say(&checked::checked(context.lang, &found, arguments.all))?;
    }
    Ok(if found.sound { Answer::Yes } else { Answer::No })
}

/// An archive that does not open is checked as far as that goes.
fn check(context: &Context, full: bool) -> Result<Checked, Trouble> {
    let folder = context.archive_folder()?;
    let mut bar = Bar::new(context.lang);
    let mut show = |at: CheckProgress| match at.bytes_total {
        0 => bar.count(at.records, at.records_total, || {
            checked::records_done(context.lang, at.records, at.records_total)
        }),
        all => bar.at(at.bytes, all, String::new),
    };
    let passphrase = context.passphrase()?;
    match context.open_with_passphrase(&passphrase) {
        Ok(mut archive) => Ok(archive.check(full, &mut show)),
        Err(other) if is_for_a_look(&other, folder) => {
            let checker = Checker { member: context.globals.member.as_deref(), passphrase: &passphrase };
            Ok(check_folder(folder, &context.state(), Some(checker), full, &mut show))
        }
        Err(other) => Err(other),
    }
}

/// Is it what a look at the folder names better? What keeps it from being read at all is told as it is.
fn is_for_a_look(trouble: &Trouble, folder: &Path) -> bool {
    match trouble {
        Trouble::Inside { cause, .. } => {
            let refuses = [
                ErrorKind::PermissionDenied,
                ErrorKind::StorageFull,
                ErrorKind::QuotaExceeded,
                ErrorKind::ReadOnlyFilesystem,
                ErrorKind::OutOfMemory,
            ];
            !matches!(cause, Cause::Busy | Cause::TooManyFiles)
                && !refuses.iter().any(|kind| *cause == Cause::System(*kind))
        }
        // A folder deep in it. Where all the keys are closed, it is somebody else's archive and not a damaged one.
        Trouble::System { path: Some(path), error } if error.kind() == ErrorKind::PermissionDenied => {
            path.parent() != Some(folder)
        }
        Trouble::NotAnArchive(_) | Trouble::NotAMember | Trouble::NotAFile(_) => true,
        _ => false,
    }
}

/// `docs/format/commands.md`: as the check found it, in the language asked for.
#[derive(Serialize)]
struct Json<'a> {
    sound: bool,
    full: bool,
    problems: Vec<Named>,
    checked: &'a Counted,
    pending: Vec<String>,
    still_sound: Vec<String>,
    unknown: Vec<String>,
}

#[derive(Serialize)]
struct Named {
    #[serde(rename = "ref")]
    reference: String,
    problem: String,
    what_to_do: String,
}

impl<'a> Json<'a> {
    fn of(lang: Lang, found: &'a Checked) -> Self {
        let named = |problem| {
            let [reference, problem, what_to_do] = checked::named(lang, problem);
            Named { reference, problem, what_to_do }
        };
        let say = |sentences: &[Sentence]| {
            sentences.iter().map(|one| check_sentences::sentence(lang, one)).collect()
        };
        Self {
            sound: found.sound,
            full: found.full,
            problems: found.problems.iter().map(named).collect(),
            checked: &found.checked,
            pending: say(&found.pending),
            still_sound: say(&found.still_sound),
            unknown: say(&found.unknown),
        }
    }
}
