//! `vidimus receipt`: the public receipts, on which proofs hang.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Answer;
use crate::context::Context;
use crate::trouble::Trouble;
use crate::words::safe;
use crate::words::table::Column;

/// The public receipts
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the public receipts, oldest first, and where they lie
    List {
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
struct Row<'a> {
    origin: &'a str,
    size: u64,
    root: &'a str,
    folder: String,
}

/// Does what was typed.
///
/// # Errors
/// What stopped it.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let Command::List { json } = arguments.command;
    let archive = context.open()?;
    let rows = archive.register().receipts.iter().map(|receipt| Row {
        origin: &receipt.origin,
        size: receipt.size,
        root: &receipt.root,
        folder: safe::path(&archive.layout().receipt(receipt.size)),
    });
    let rows: Vec<_> = rows.collect();
    if json {
        context.say_json(&rows)?;
        return Ok(Answer::Yes);
    }
    let [size, root, folder] = context.lang.pick(
        ["size", "root", "folder"],
        ["розмір", "корінь", "тека"],
        ["размер", "корень", "папка"],
    );
    let columns = [(Column::Number, size), (Column::Text, root), (Column::Long, folder)];
    let cells = rows.iter().map(|row| vec![row.size.to_string(), row.root.to_owned(), row.folder.clone()]);
    context.say_table(&columns, &cells.collect::<Vec<_>>())
}
