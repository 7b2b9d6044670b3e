//! `vidimus compartment`: who may read what.

use clap::{Args, Subcommand};
use serde::Serialize;
use vidimus_archive::{Archive, HeldCompartment};
use vidimus_model::CompartmentId;

use super::Answer;
use crate::context::Context;
use crate::trouble::Trouble;
use crate::words::safe;
use crate::words::table::Column;

/// Who may read what
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the compartments that you hold
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

/// The compartment of this name or id; `main` where none is named.
///
/// # Errors
/// The member holds no such compartment.
pub fn named(archive: &Archive, name: Option<&str>) -> Result<CompartmentId, Trouble> {
    let Some(name) = name else { return Ok(CompartmentId::main()) };
    let mut found = readable(archive).filter(|held| held.id.as_str() == name || held.name == name);
    match (found.next(), found.next()) {
        (Some(held), None) => Ok(held.id.clone()),
        (None, _) => Err(Trouble::NoCompartment(name.to_owned())),
        (Some(_), Some(_)) => Err(Trouble::TwoCompartments(name.to_owned())),
    }
}

/// Those that material can lie in; the register holds the archive's own affairs.
fn readable(archive: &Archive) -> impl Iterator<Item = &HeldCompartment> {
    archive.keyring().compartments().filter(|held| held.id != CompartmentId::register())
}

#[derive(Serialize)]
struct Row {
    compartment: String,
    name: String,
    letter: Option<char>,
    holders: Vec<String>,
}

fn list(context: &Context, json: bool) -> Result<Answer, Trouble> {
    let archive = context.open()?;
    let rows = readable(&archive).map(|held| Row {
        compartment: held.id.to_string(),
        name: held.name.clone(),
        letter: held.letter,
        holders: held.holders.iter().map(|holder| archive.register().name(*holder)).collect(),
    });
    let rows: Vec<_> = rows.collect();
    if json {
        context.say_json(&rows)?;
        return Ok(Answer::Yes);
    }
    let [name, letter, id, holders] = context.lang.pick(
        ["name", "letter", "id", "held by"],
        ["назва", "літера", "номер", "мають доступ"],
        ["название", "буква", "номер", "имеют доступ"],
    );
    let columns = [(Column::Text, name), (Column::Text, letter), (Column::Text, id), (Column::Long, holders)];
    let cells = rows.iter().map(|row| {
        let letter = row.letter.map(String::from).unwrap_or_default();
        vec![safe::text(&row.name), letter, row.compartment.clone(), safe::text(&row.holders.join(", "))]
    });
    context.say_table(&columns, &cells.collect::<Vec<_>>())
}
