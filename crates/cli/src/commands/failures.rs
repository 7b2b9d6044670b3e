//! `vidimus failures`: what could not be examined, and why.

use clap::Args;

use super::Answer;
use crate::context::Context;
use crate::references;
use crate::trouble::Trouble;
use crate::words::examined;
use crate::words::table::Column;

/// Show what could not be examined, and why
#[derive(Args)]
pub struct Arguments {
    /// An accession or item, such as A7; without it, everything
    #[arg(value_name = "REF")]
    reference: Option<String>,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

/// Lists it; the answer is "no" where there is something.
///
/// # Errors
/// The reference is not known, or the archive does not open.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let within = arguments.reference.as_deref().map(references::one).transpose()?;
    let mut archive = context.open()?;
    let failures = archive.failures(within.as_ref())?;
    if arguments.json {
        context.say_json(&failures)?;
        return Ok(Answer::Yes);
    }
    let lang = context.lang;
    let counts = archive.examined(within.as_ref().filter(|one| one.item.is_none()))?;
    if failures.is_empty() {
        context.say(&examined::no_failures(lang, counts))?;
        return Ok(Answer::Yes);
    }
    let rows: Vec<Vec<String>> = failures
        .iter()
        .map(|line| {
            vec![
                line.reference.to_string(),
                examined::stage(lang, line.stage).to_owned(),
                examined::reason(lang, line.reason).to_owned(),
                crate::words::safe::text(&line.tool),
            ]
        })
        .collect();
    let [item, what, why, tool] = lang.pick(
        ["ref", "what", "why", "tool"],
        ["посилання", "що", "чому", "інструмент"],
        ["ссылка", "что", "почему", "инструмент"],
    );
    let columns = [(Column::Text, item), (Column::Text, what), (Column::Long, why), (Column::Text, tool)];
    context.say_table(&columns, &rows)?;
    context.say(&examined::try_again(lang, failures.len() as u64, counts))?;
    Ok(Answer::Yes)
}
