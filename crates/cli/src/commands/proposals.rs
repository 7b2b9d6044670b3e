//! `vidimus proposals`: what waits for a second member.

use clap::Args;
use serde::Serialize;
use vidimus_model::Action;

use super::Answer;
use crate::context::Context;
use crate::trouble::Trouble;
use crate::words::table::Column;
use crate::words::{safe, tells};

/// Show what waits for a second member's agreement
#[derive(Args)]
pub struct Arguments {
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row<'a> {
    proposal: String,
    by: String,
    action: &'a Action,
    reason: &'a str,
}

/// Lists them.
///
/// # Errors
/// The archive does not open.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let archive = context.open()?;
    let register = archive.register();
    let rows = register.waiting.iter().map(|(id, waiting)| Row {
        proposal: id.to_string(),
        by: register.name(waiting.by),
        action: &waiting.proposal.action,
        reason: &waiting.proposal.reason,
    });
    let rows: Vec<_> = rows.collect();
    if arguments.json {
        context.say_json(&rows)?;
        return Ok(Answer::Yes);
    }
    if rows.is_empty() {
        context.say(tells::nothing_waits(context.lang))?;
        return Ok(Answer::Yes);
    }
    let [id, by, what, why] = context.lang.pick(
        ["id", "proposed by", "what", "why"],
        ["номер", "пропонує", "що", "чому"],
        ["номер", "предлагает", "что", "почему"],
    );
    let columns = [(Column::Text, id), (Column::Text, by), (Column::Text, what), (Column::Long, why)];
    let cells = rows.iter().map(|row| {
        let what = tells::action(context.lang, row.action, |member| register.name(member));
        vec![row.proposal.clone(), safe::text(&row.by), what, safe::text(row.reason)]
    });
    context.say_table(&columns, &cells.collect::<Vec<_>>())
}
