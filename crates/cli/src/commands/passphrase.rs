//! `vidimus passphrase`: another passphrase, or a new recovery sheet.

use std::path::{Path, PathBuf};

use clap::Args;
use vidimus_archive::Archive;
use vidimus_seal::KdfParams;

use super::Answer;
use crate::context::Context;
use crate::prompt;
use crate::recovery::{Holder, Keeping};
use crate::trouble::Trouble;
use crate::words::bad_days;

/// Change your passphrase, or get a new recovery sheet
#[derive(Args)]
pub struct Arguments {
    /// Read the new passphrase from a file that nobody else can read
    #[arg(long, value_name = "FILE", conflicts_with = "new_sheet")]
    new_passphrase_file: Option<PathBuf>,
    /// Make a new recovery sheet instead; the old one then opens nothing any more
    #[arg(long)]
    new_sheet: bool,
    /// Write the new sheet into a new file and ask nothing
    #[arg(long, value_name = "FILE", requires = "new_sheet")]
    recovery_sheet: Option<PathBuf>,
}

/// Changes it.
///
/// # Errors
/// The archive does not open, or the key store cannot be written.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    // Locking oneself in anew is no record, so it works also where the archive went back.
    context.archive_folder()?;
    let current = context.passphrase()?;
    let file = arguments.new_passphrase_file.as_deref();
    let opened = context.open_with_passphrase(&current);
    if let (Err(Trouble::WrongPassphrase { .. }), Some(new)) = (&opened, file) {
        // The same command may have been killed when it was all but done: then the new one opens.
        let new = prompt::new_passphrase(Some(new), "--new-passphrase-file FILE", context.lang)?;
        let Ok(mut archive) = context.open_with_passphrase(&new) else {
            return Err(opened.err().expect("matched"));
        };
        archive.record_key_file()?;
        context.say(bad_days::passphrase_changed(context.lang))?;
        return Ok(Answer::Yes);
    }
    let mut archive = opened?;
    archive.is_no_backup().map_err(|error| Trouble::inside(&error))?;
    if arguments.new_sheet {
        return new_sheet(context, &mut archive, &current, arguments.recovery_sheet.as_deref());
    }
    let new = prompt::new_passphrase(file, "--new-passphrase-file FILE", context.lang)?;
    archive.change_passphrase(&current, &new, &KdfParams::default())?;
    context.say(bad_days::passphrase_changed(context.lang))?;
    Ok(Answer::Yes)
}

/// The new sheet is in safe hands before it takes the old one's place.
fn new_sheet(
    context: &Context,
    archive: &mut Archive,
    passphrase: &str,
    file: Option<&Path>,
) -> Result<Answer, Trouble> {
    let keeping = Keeping::prepare(file, context.folder()?)?;
    let code = keeping.written().cloned().unwrap_or_else(|| archive.new_code());
    let (vkey, member) =
        (archive.verifier_key().to_string(), archive.register().name(archive.keyring().member()));
    let origin = archive.origin().to_owned();
    let holder = Holder { origin: &origin, vkey: &vkey, member: &member };
    let sheet = keeping.hand_out(context, context.folder()?, &holder, &code)?;
    match archive.renew_recovery_with(passphrase, &KdfParams::default(), &code) {
        Ok(()) => sheet.stays()?,
        Err(error) if archive.opens_with_sheet(&code).unwrap_or(true) => return Err(error.into()),
        Err(error) => return Err(sheet.taken_back(error)),
    }
    Ok(Answer::Yes)
}
