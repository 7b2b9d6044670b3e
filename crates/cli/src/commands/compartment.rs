//! `vidimus compartment`: who may read what.

use clap::{Args, Subcommand};
use serde::Serialize;
use vidimus_archive::{Archive, Effect, HeldCompartment};
use vidimus_model::{CompartmentId, MemberId};

use super::Answer;
use crate::context::Context;
use crate::trouble::Trouble;
use crate::words::table::Column;
use crate::words::{changes, safe};

/// Who may read what
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a compartment that you and the members named here read
    New {
        /// Its name
        name: String,
        /// The letter of its references; without it, the first free one
        #[arg(long, value_name = "A-Z")]
        letter: Option<char>,
        /// A member who reads it too; repeat it for others
        #[arg(long = "with", value_name = "NAME")]
        members: Vec<String>,
    },
    /// Let a member read a compartment that you hold
    Share {
        /// The compartment
        compartment: String,
        /// The member's name
        #[arg(long = "with", value_name = "NAME")]
        reader: String,
    },
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
        Command::New { name, letter, members } => new(context, &name, letter, &members),
        Command::Share { compartment, reader } => share(context, &compartment, &reader),
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

fn new(context: &Context, name: &str, letter: Option<char>, members: &[String]) -> Result<Answer, Trouble> {
    let mut archive = context.open_to_record()?;
    let mut readers = vec![archive.keyring().member()];
    for name in members {
        readers.push(member(&archive, name)?);
    }
    let id = archive.new_compartment(name, letter.map(|letter| letter.to_ascii_uppercase()), &readers)?;
    let letter = archive.keyring().compartment(&id).and_then(|held| held.letter);
    context.say(&changes::compartment_made(context.lang, name, letter))?;
    Ok(Answer::Yes)
}

fn share(context: &Context, compartment: &str, with: &str) -> Result<Answer, Trouble> {
    let mut archive = context.open_to_record()?;
    let (id, reader) = (named(&archive, Some(compartment))?, member(&archive, with)?);
    context.say(&match archive.share(&id, reader)? {
        Effect::Done => changes::compartment_shared(context.lang, compartment, with),
        Effect::NothingToDo => changes::compartment_shared_already(context.lang, compartment, with),
    })?;
    Ok(Answer::Yes)
}

fn member(archive: &Archive, name: &str) -> Result<MemberId, Trouble> {
    let found = archive.register().by_name(name).map(|member| member.member);
    found.ok_or_else(|| Trouble::NoSuchMember(name.to_owned()))
}

#[derive(Serialize)]
struct Row {
    compartment: String,
    name: String,
    letter: Option<char>,
    holders: Vec<String>,
}

fn list(context: &Context, json: bool) -> Result<Answer, Trouble> {
    let mut archive = context.open()?;
    let mut rows = Vec::new();
    for held in readable(&archive).cloned().collect::<Vec<_>>() {
        let holders = archive.holders(&held.id).map_err(|error| Trouble::inside(&error))?;
        let mut holders: Vec<_> = holders.iter().map(|holder| archive.register().name(*holder)).collect();
        holders.sort();
        rows.push(Row { compartment: held.id.to_string(), name: held.name, letter: held.letter, holders });
    }
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
