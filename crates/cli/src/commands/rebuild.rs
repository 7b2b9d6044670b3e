//! `vidimus rebuild`: what is computed is thrown away and made again.

use clap::Args;

use super::Answer;
use crate::context::Context;
use crate::progress::Bar;
use crate::trouble::Trouble;
use crate::words::bad_days;

/// Throw catalogues and tiles away and make them, and receipts, again from the ledger
#[derive(Args)]
pub struct Arguments {}

/// Makes them again.
///
/// # Errors
/// The ledger cannot be read, or the folder not be written.
pub fn run(_arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    context.may_change()?;
    let mut archive = context.open()?;
    let bar = Bar::following(&mut archive, context.lang);
    let rebuilt = archive.rebuild();
    drop(bar);
    rebuilt?;
    context.say(bad_days::rebuilt(context.lang))?;
    Ok(Answer::Yes)
}
