//! `vidimus passphrase`: another passphrase, or a new recovery sheet.

use std::path::PathBuf;

use clap::Args;
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
    let current = context.passphrase()?;
    let mut archive = context.open_with_passphrase(&current)?;
    if arguments.new_sheet {
        let keeping = Keeping::prepare(arguments.recovery_sheet.as_deref())?;
        let code = archive.renew_recovery(&current, &KdfParams::default())?;
        let (vkey, member) =
            (archive.verifier_key().to_string(), archive.register().name(archive.keyring().member()));
        keeping.hand_out(
            context,
            &Holder { origin: archive.origin(), vkey: &vkey, member: &member },
            &code,
        )?;
        return Ok(Answer::Yes);
    }
    let file = arguments.new_passphrase_file.as_deref();
    let new = prompt::new_passphrase(file, "--new-passphrase-file FILE", context.lang)?;
    archive.change_passphrase(&current, &new, &KdfParams::default())?;
    context.say(bad_days::passphrase_changed(context.lang))?;
    Ok(Answer::Yes)
}
