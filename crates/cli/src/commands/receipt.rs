//! `vidimus receipt`: the public receipts, on which proofs hang.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use vidimus_archive::{EnterError, Entered};

use super::Answer;
use crate::context::Context;
use crate::secrets;
use crate::trouble::Trouble;
use crate::words::table::Column;
use crate::words::{safe, tells};

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
    /// Compare a receipt, from paper or from whoever has it, with the archive: is this yesterday's copy?
    Compare {
        /// The receipt's text; `-` reads standard input
        file: PathBuf,
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
    match arguments.command {
        Command::List { json } => list(context, json),
        Command::Compare { file } => compare(context, &file),
    }
}

fn compare(context: &Context, file: &Path) -> Result<Answer, Trouble> {
    let untrusted = secrets::read_input(file, secrets::MADE)?;
    let entered = context.open()?.enter_receipt(&untrusted).map_err(|error| match error {
        EnterError::NotAReceipt(_) => Trouble::NotAReceipt(file.to_owned()),
        EnterError::OtherArchive => Trouble::OtherArchive(file.to_owned()),
        EnterError::Io(error) => error.into(),
        inside @ EnterError::Store(_) => Trouble::inside(&inside),
    })?;
    match entered {
        Entered::WentBack(back) => return Err(Trouble::WentBack(back)),
        other => context.say(tells::receipt_compared(context.lang, &other))?,
    }
    Ok(Answer::Yes)
}

fn list(context: &Context, json: bool) -> Result<Answer, Trouble> {
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
    context.say(&tells::archive_key(context.lang, &archive.verifier_key().to_string()))?;
    context.say_table(&columns, &cells.collect::<Vec<_>>())
}
