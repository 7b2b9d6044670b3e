//! `vidimus show`: everything known of one thing.

use clap::Args;

use super::Answer;
use crate::context::Context;
use crate::references;
use crate::trouble::Trouble;
use crate::words::card;

/// Show everything known of an accession or item
#[derive(Args)]
pub struct Arguments {
    /// An accession or item, such as A7 or A7-312
    #[arg(value_name = "REF")]
    reference: String,
    /// Print a JSON object with every field of the record
    #[arg(long)]
    json: bool,
}

/// Shows it.
///
/// # Errors
/// The reference is not known, or the archive does not open.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let reference = references::one(&arguments.reference)?;
    let shown = context.open()?.show(&reference)?;
    if arguments.json {
        context.say_json(&shown)?;
    } else {
        context.say(&card::card(context.lang, &shown))?;
    }
    Ok(Answer::Yes)
}
