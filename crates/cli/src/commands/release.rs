//! `vidimus release`: an accession becomes readable for its compartment.

use clap::Args;
use vidimus_archive::Effect;

use super::Answer;
use crate::context::Context;
use crate::references;
use crate::trouble::Trouble;
use crate::words::changes;

/// Let the compartment's members read an accession that is yours alone
#[derive(Args)]
pub struct Arguments {
    /// The accession, such as A7
    #[arg(value_name = "REF")]
    accession: String,
}

/// Releases it.
///
/// # Errors
/// What stopped it.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let accession = references::one(&arguments.accession)?;
    let text = match context.open_to_record()?.release(&accession)? {
        Effect::Done => changes::released(context.lang, &accession),
        Effect::NothingToDo => changes::released_already(context.lang, &accession),
    };
    context.say(&text)?;
    Ok(Answer::Yes)
}
