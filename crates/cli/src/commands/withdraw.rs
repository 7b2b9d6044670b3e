//! `vidimus withdraw` and `vidimus reinstate`: something is hidden, and brought back.

use clap::Args;
use vidimus_archive::Effect;

use super::Answer;
use super::twins::{Manner, Twins};
use crate::context::Context;
use crate::references;
use crate::trouble::Trouble;
use crate::words::changes;

/// Hide something until it is reinstated; nothing is destroyed
#[derive(Args)]
pub struct Withdraw {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    manner: Manner,
}

/// Bring back what was withdrawn
#[derive(Args)]
pub struct Reinstate {
    #[command(flatten)]
    what: What,
}

#[derive(Args)]
struct What {
    /// Accessions and items, such as A7 or A7-312
    #[arg(required = true, value_name = "REF")]
    references: Vec<String>,
    /// Why; it is recorded
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Hides it.
///
/// # Errors
/// What stopped it.
pub fn withdraw(arguments: Withdraw, context: &mut Context) -> Result<Answer, Trouble> {
    let references = references::read(&arguments.what.references)?;
    let mut archive = context.open_to_record()?;
    let twins = Twins::asked(&mut archive, &references, &arguments.manner, context)?.visible();
    let text = match archive.withdraw(&references, &arguments.what.reason)? {
        Effect::Done => changes::withdrawn(context.lang, &references),
        Effect::NothingToDo => changes::withdrawn_already(context.lang, &references),
    };
    twins.say(&text, None, context)?;
    Ok(Answer::Yes)
}

/// Brings it back.
///
/// # Errors
/// What stopped it.
pub fn reinstate(arguments: Reinstate, context: &mut Context) -> Result<Answer, Trouble> {
    let references = references::read(&arguments.what.references)?;
    let text = match context.open_to_record()?.reinstate(&references, &arguments.what.reason)? {
        Effect::Done => changes::reinstated(context.lang, &references),
        Effect::NothingToDo => changes::reinstated_already(context.lang, &references),
    };
    context.say(&text)?;
    Ok(Answer::Yes)
}
