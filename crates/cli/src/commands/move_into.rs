//! `vidimus move`: seals something anew for another compartment; the wider copy is destroyed.

use clap::Args;

use vidimus_archive::{Effect, MoveProgress};

use super::twins::{Manner, Twins};
use super::{Answer, compartment};
use crate::context::Context;
use crate::progress::Bar;
use crate::references;
use crate::trouble::Trouble;
use crate::words::changes;

/// Move something into another compartment: sealed anew, the old copy destroyed
#[derive(Args)]
pub struct Arguments {
    /// Accessions and items, such as A7 or A7-312
    #[arg(required = true, value_name = "REF")]
    references: Vec<String>,
    /// The compartment that will hold it
    #[arg(long, value_name = "COMPARTMENT")]
    into: String,
    #[command(flatten)]
    manner: Manner,
}

/// Moves it.
///
/// # Errors
/// What stopped it.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let references = references::read(&arguments.references)?;
    let mut archive = context.open_to_record()?;
    let into = compartment::named(&archive, Some(&arguments.into))?;
    let twins = Twins::asked(&mut archive, &references, &arguments.manner, context)?;
    let mut bar = Bar::new(context.lang);
    let mut show = |at: MoveProgress| bar.at(at.bytes, at.bytes_total, || at.accession.to_string());
    let moved = archive.move_into(&references, &into, &mut show);
    drop(bar);
    let text = match moved? {
        Effect::Done => changes::moved(context.lang, &references, &arguments.into),
        Effect::NothingToDo => changes::moved_already(context.lang, &references, &arguments.into),
    };
    twins.say(&text, None, context)?;
    Ok(Answer::Yes)
}
