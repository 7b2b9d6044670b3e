//! `vidimus key`: the archive's signing key, and another in its place.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::Answer;
use crate::context::Context;
use crate::trouble::Trouble;
use crate::words::{changes, tells};

/// The archive's signing key
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the key that others pin, and those that signed before it
    Show {
        /// Print a JSON object
        #[arg(long)]
        json: bool,
    },
    /// Let a new key sign from now on, where the old one may have been copied
    Change {
        /// Why; it is recorded
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

#[derive(Serialize)]
struct Keys {
    key: String,
    earlier: Vec<String>,
}

/// Does what was typed.
///
/// # Errors
/// What stopped it.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    match arguments.command {
        Command::Show { json } => show(context, json),
        Command::Change { reason } => change(context, &reason),
    }
}

fn show(context: &Context, json: bool) -> Result<Answer, Trouble> {
    let archive = context.open()?;
    let earlier = archive.earlier_keys().iter().map(ToString::to_string).collect();
    let keys = Keys { key: archive.verifier_key().to_string(), earlier };
    if json {
        context.say_json(&keys)?;
        return Ok(Answer::Yes);
    }
    context.say(&tells::archive_key(context.lang, &keys.key))?;
    if !keys.earlier.is_empty() {
        context.say(&tells::earlier_keys(context.lang, &keys.earlier))?;
    }
    Ok(Answer::Yes)
}

fn change(context: &Context, reason: &str) -> Result<Answer, Trouble> {
    let mut archive = context.open_to_record()?;
    let changed = archive.change_key(reason)?;
    context.say(&changes::key_changed(context.lang, &changed.key.to_string(), &changed.receipt))?;
    Ok(Answer::Yes)
}
