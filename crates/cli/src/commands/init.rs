//! `vidimus init`: a new archive with its first member, its keyholders, and a recovery sheet.

use std::path::PathBuf;

use clap::Args;
use vidimus_archive::clock::SystemClock;
use vidimus_archive::{Archive, Beginning, InitError};
use vidimus_seal::KdfParams;

use super::Answer;
use super::keyholder::{self, Named};
use crate::context::Context;
use crate::prompt;
use crate::recovery::{Holder, Keeping};
use crate::trouble::Trouble;
use crate::words::tells;

/// Make a new archive: its name, its first member, who opens givers, the recovery sheet
#[derive(Args)]
pub struct Arguments {
    /// The archive's public name, for ever, such as archive.example.org/2026
    #[arg(long, value_name = "NAME")]
    origin: String,
    #[command(flatten)]
    keyholders: Named,
    /// Write the recovery sheet into a new file and ask nothing
    #[arg(long, value_name = "FILE")]
    recovery_sheet: Option<PathBuf>,
}

/// Makes the archive.
///
/// # Errors
/// What stands in the way; no archive is then left behind, unless only the sheet was not typed back.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let folder = context.folder()?;
    let member = context.globals.member.as_deref().ok_or(Trouble::MemberName)?;
    let keyholders = keyholder::set(&arguments.keyholders)?;
    if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Trouble::NotEmpty(folder.to_owned()));
    }
    if folder.exists() && !folder.is_dir() {
        return Err(Trouble::at(folder, std::io::ErrorKind::NotADirectory.into()));
    }
    let keeping = Keeping::prepare(arguments.recovery_sheet.as_deref())?;
    let file = context.globals.passphrase_file.as_deref();
    let passphrase = prompt::new_passphrase(file, "--passphrase-file FILE", context.lang)?;
    let nobody_holds = keyholders.is_none();
    let beginning = Beginning {
        state: &context.state(),
        origin: &arguments.origin,
        member,
        passphrase: &passphrase,
        keyholders,
        kdf: KdfParams::default(),
        clock: Box::new(SystemClock),
    };
    let (archive, code) = Archive::init(folder, beginning).map_err(not_made)?;
    let vkey = archive.verifier_key().to_string();
    keeping.hand_out(context, &Holder { origin: archive.origin(), vkey: &vkey, member }, &code)?;
    if nobody_holds {
        context.note(tells::no_keyholders(context.lang));
    }
    context.say(&tells::archive_made(context.lang, folder, archive.origin(), &vkey))?;
    Ok(Answer::Yes)
}

fn not_made(error: InitError) -> Trouble {
    match error {
        InitError::NotEmpty(folder) => Trouble::NotEmpty(folder),
        InitError::Origin(_) | InitError::OriginTooLong => Trouble::Origin,
        InitError::MemberName => Trouble::MemberName,
        InitError::Io(error) => error.into(),
        other => Trouble::inside(&other),
    }
}
