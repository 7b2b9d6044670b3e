//! `vidimus member`: who works in the archive.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Answer;
use crate::context::Context;
use crate::trouble::Trouble;
use crate::words::table::Column;
use crate::words::{safe, tells};

/// Who works in the archive
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show everyone who is or was a member
    List {
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
}

/// Does what was typed.
///
/// # Errors
/// What stopped it.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    match arguments.command {
        Command::List { json } => list(context, json),
    }
}

#[derive(Serialize)]
struct Row {
    member: String,
    name: String,
    removed: bool,
}

fn list(context: &Context, json: bool) -> Result<Answer, Trouble> {
    let archive = context.open()?;
    let rows = archive.register().members.values().map(|known| Row {
        member: known.member.member.to_string(),
        name: known.member.name.clone(),
        removed: known.removed,
    });
    let rows: Vec<_> = rows.collect();
    if json {
        context.say_json(&rows)?;
        return Ok(Answer::Yes);
    }
    let [name, id, standing] = context.lang.pick(
        ["name", "id", "standing"],
        ["ім'я", "номер", "стан"],
        ["имя", "номер", "состояние"],
    );
    let columns = [(Column::Long, name), (Column::Text, id), (Column::Text, standing)];
    let standing = |removed: bool| tells::standing(context.lang, removed).to_owned();
    let cells = rows.iter().map(|row| vec![safe::text(&row.name), row.member.clone(), standing(row.removed)]);
    context.say_table(&columns, &cells.collect::<Vec<_>>())
}
