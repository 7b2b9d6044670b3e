//! `vidimus recover`: back in with the recovery sheet; or on from an archive that went back.

use std::path::PathBuf;

use clap::Args;
use vidimus_archive::{RollbackError, recover};
use vidimus_seal::KdfParams;

use super::Answer;
use crate::context::Context;
use crate::prompt;
use crate::recovery;
use crate::trouble::Trouble;
use crate::words::bad_days;

/// Get back in with the recovery sheet; or go on from an archive that went back
#[derive(Args)]
pub struct Arguments {
    /// Read the code from a file with the sheet, which nobody else can read, instead of typing it
    #[arg(long, value_name = "FILE", conflicts_with = "accept_rollback")]
    recovery_sheet: Option<PathBuf>,
    /// Read the new passphrase from a file that nobody else can read
    #[arg(long, value_name = "FILE", conflicts_with = "accept_rollback")]
    new_passphrase_file: Option<PathBuf>,
    /// The archive went back, and the newer copy is lost: go on from this one, for this reason
    #[arg(long, value_name = "REASON")]
    accept_rollback: Option<String>,
}

/// Sets a new passphrase with the code of the sheet, or begins a new epoch.
///
/// # Errors
/// The code opens nothing, or the archive did not go back.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    match &arguments.accept_rollback {
        Some(reason) => accept_rollback(context, reason),
        None => with_the_sheet(context, &arguments),
    }
}

fn with_the_sheet(context: &Context, arguments: &Arguments) -> Result<Answer, Trouble> {
    let folder = context.archive_folder()?;
    let code = recovery::read_code(arguments.recovery_sheet.as_deref(), context.lang)?;
    let file = arguments.new_passphrase_file.as_deref();
    let new = prompt::new_passphrase(file, "--new-passphrase-file FILE", context.lang)?;
    recover(folder, context.globals.member.as_deref(), &code, &new, &KdfParams::default())?;
    // Where the archive does not open yet, or went back, the next change of the passphrase records it.
    if let Ok(mut archive) = context.open_with_passphrase(&new) {
        archive.record_key_file()?;
    }
    context.say(bad_days::passphrase_changed(context.lang))?;
    Ok(Answer::Yes)
}

fn accept_rollback(context: &Context, reason: &str) -> Result<Answer, Trouble> {
    if reason.trim().is_empty() {
        return Err(Trouble::NoReason { option: "--accept-rollback" });
    }
    let mut archive = context.open_quietly()?;
    let later_key = archive.later_key();
    let checkpoint = archive.accept_rollback(reason).map_err(|error| match error {
        RollbackError::NotBack => Trouble::NotBack,
        RollbackError::NewerKeys(back) => Trouble::WentBack(back),
        RollbackError::Io(error) => error.into(),
        other => Trouble::inside(&other),
    })?;
    context.say(&bad_days::new_epoch(context.lang, &checkpoint))?;
    context.say(&bad_days::earlier_key_signs(context.lang, later_key.as_deref()))?;
    Ok(Answer::Yes)
}
