//! `vidimus erase`: destroys something for good; a second member agrees, or the only one types a confirmation.

use clap::Args;
use vidimus_archive::Outcome;
use vidimus_model::{Action, Ref};

use super::Answer;
use super::propose::{self, Proposal};
use super::twins::{Manner, Twins};
use crate::context::Context;
use crate::references;
use crate::trouble::Trouble;
use crate::words::changes;

/// Destroy something for good; a second member has to agree
#[derive(Args)]
pub struct Arguments {
    /// Accessions and items, such as A7 or A7-312
    #[arg(required = true, value_name = "REF")]
    references: Vec<String>,
    /// Why; it stands in the tombstone
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Where you are the only member: the references again, so that nobody slips
    #[arg(long, value_name = "TEXT")]
    confirm: Option<String>,
    #[command(flatten)]
    manner: Manner,
}

/// Erases, or proposes to.
///
/// # Errors
/// What stopped it.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let references = references::read(&arguments.references)?;
    let again = references.iter().map(Ref::to_string).collect::<Vec<_>>().join(" ");
    let mut archive = context.open_to_record()?;
    let twins = Twins::asked(&mut archive, &references, &arguments.manner, context)?;
    let done = changes::erased(context.lang, &references);
    let proposal = Proposal {
        action: Action::Erase { about: references.clone() },
        reason: &arguments.reason,
        again: &again,
        confirm: arguments.confirm.as_deref(),
        done: &done,
    };
    match propose::decide(&mut archive, &proposal, context)? {
        Outcome::Waiting(id) => twins.say(&changes::proposed(context.lang, id), Some(id), context)?,
        Outcome::Done | Outcome::Confirm => twins.say(&done, None, context)?,
    }
    Ok(Answer::Yes)
}
