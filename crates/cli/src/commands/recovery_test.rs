//! `vidimus keyholder test` and `tested`: whether keyholders still open what is sealed to them.

use std::path::Path;

use vidimus_archive::{ProposeError, RecoveryTestError};

use super::Answer;
use crate::context::Context;
use crate::secrets;
use crate::trouble::{ApprovalTrouble, Trouble};
use crate::words::{keyholders, tells};

/// Writes the files for the keyholders.
///
/// # Errors
/// Nobody is named, or a file cannot be written.
pub fn begin(context: &Context, folder: &Path) -> Result<Answer, Trouble> {
    let written = context.open_to_record()?.begin_recovery_test(folder).map_err(not_tested)?;
    let written: Vec<_> = written.into_iter().map(|file| (file.path, file.recipients)).collect();
    context.say(&tells::shares_written(context.lang, &written))?;
    context.say(keyholders::test_begun(context.lang))?;
    Ok(Answer::Yes)
}

/// Records the code that they read.
///
/// # Errors
/// It is not one.
pub fn finish(context: &Context, file: &Path) -> Result<Answer, Trouble> {
    let untrusted = secrets::read_input(file, secrets::MADE)?;
    let code = String::from_utf8_lossy(&untrusted);
    let opened = context.open_to_record()?.finish_recovery_test(&code).map_err(not_tested)?;
    context.say(&keyholders::test_passed(context.lang, opened.len()))?;
    Ok(Answer::Yes)
}

fn not_tested(error: RecoveryTestError) -> Trouble {
    match error {
        RecoveryTestError::NoKeyholders => Trouble::Approval(ApprovalTrouble::NoKeyholders),
        RecoveryTestError::NotACode => Trouble::Approval(ApprovalTrouble::NotACode),
        inside @ RecoveryTestError::Keyholders(_) => Trouble::inside(&inside),
        RecoveryTestError::Write { path, reason } => Trouble::at(&path, reason),
        RecoveryTestError::Door(error) => ProposeError::Door(error).into(),
        RecoveryTestError::Fold(error) => ProposeError::Fold(error).into(),
    }
}
