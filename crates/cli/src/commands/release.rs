//! `vidimus release`: an accession becomes readable for its compartment.

use clap::Args;

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
    context.open_to_record()?.release(&accession)?;
    context.say(&changes::released(context.lang, &accession))?;
    Ok(Answer::Yes)
}
