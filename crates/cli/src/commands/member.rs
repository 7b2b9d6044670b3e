//! `vidimus member`: who works in the archive.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;
use vidimus_archive::Outcome;
use vidimus_model::Action;
use vidimus_seal::KdfParams;

use super::propose::{self, Proposal};
use super::{Answer, compartment};
use crate::context::Context;
use crate::prompt::{self, Terminal};
use crate::recovery::{Holder, Keeping};
use crate::trouble::Trouble;
use crate::words::table::Column;
use crate::words::{asks, changes, safe, tells};

/// Who works in the archive
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Add a member, who types a passphrase of their own; another member has to agree
    Add(Add),
    /// Remove a member; another member has to agree
    Remove(Remove),
    /// Show everyone who is or was a member
    List {
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
struct Add {
    /// The name by which the others will know them; it need not be a real one
    name: String,
    /// Read the new member's passphrase from a file that nobody else can read
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
    /// Write their recovery sheet into a new file and ask nothing
    #[arg(long, value_name = "FILE")]
    recovery_sheet: Option<PathBuf>,
    /// A compartment that they shall read beside main; repeat it for others
    #[arg(long = "compartment", value_name = "COMPARTMENT")]
    compartments: Vec<String>,
}

#[derive(Args)]
struct Remove {
    /// The name of the member
    name: String,
    /// Why; it is recorded
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Where you remove yourself: your name again, so that nobody slips
    #[arg(long, value_name = "TEXT")]
    confirm: Option<String>,
}

/// Does what was typed.
///
/// # Errors
/// What stopped it.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    match arguments.command {
        Command::Add(add) => self::add(context, &add),
        Command::Remove(remove) => self::remove(context, &remove),
        Command::List { json } => list(context, json),
    }
}

fn add(context: &Context, typed: &Add) -> Result<Answer, Trouble> {
    let mut archive = context.open_to_record()?;
    let also = typed.compartments.iter().map(|name| compartment::named(&archive, Some(name)));
    let also = also.collect::<Result<Vec<_>, _>>()?;
    let keeping = Keeping::prepare(typed.recovery_sheet.as_deref(), context.folder()?)?;
    let file = typed.new_passphrase_file.as_deref();
    let passphrase = prompt::new_passphrase(file, "--new-passphrase-file FILE", context.lang)?;
    let before = match keeping.written() {
        Some(code) => archive.admitted_before(&typed.name, &passphrase, code, &also)?.zip(Some(code.clone())),
        None => None,
    };
    let vkey = archive.verifier_key().to_string();
    let origin = archive.origin().to_owned();
    let holder = Holder { origin: &origin, vkey: &vkey, member: &typed.name };
    let (outcome, sheet) = match before {
        Some((outcome, code)) => (outcome, keeping.hand_out(context, context.folder()?, &holder, &code)?),
        None => {
            // Whoever is a member has a sheet: so it comes first.
            let new = archive.new_member(&typed.name, keeping.written().cloned())?;
            let sheet = keeping.hand_out(context, context.folder()?, &holder, new.code())?;
            match archive.admit_new(&new, &passphrase, &KdfParams::default(), &also) {
                Ok(outcome) => (outcome, sheet),
                Err(error) if archive.is_asked_for(&new) => return Err(error.into()),
                Err(error) => return Err(sheet.taken_back(error)),
            }
        }
    };
    if !also.is_empty() && matches!(outcome, Outcome::Waiting(_)) {
        context.note(changes::share_later(context.lang));
    }
    let answer = propose::say(outcome, &changes::member_added(context.lang, &typed.name), context)?;
    sheet.stays()?;
    Ok(answer)
}

fn remove(context: &Context, typed: &Remove) -> Result<Answer, Trouble> {
    let mut archive = context.open_to_record()?;
    let found = archive.register().by_name(&typed.name).map(|member| member.member);
    let member = found.ok_or_else(|| Trouble::NoSuchMember(typed.name.clone()))?;
    let is_own = member == archive.keyring().member() && archive.register().present().count() > 1;
    if is_own || typed.confirm.is_some() {
        confirm_leaving(typed, context)?;
    }
    let proposal = Proposal {
        action: Action::RemoveMember { member },
        reason: &typed.reason,
        again: &typed.name,
        confirm: None,
        done: &changes::member_removed(context.lang, &typed.name),
    };
    propose::propose(&mut archive, &proposal, context)
}

fn confirm_leaving(typed: &Remove, context: &Context) -> Result<(), Trouble> {
    let again = safe::text(&typed.name);
    let said = match (&typed.confirm, Terminal::open()) {
        (Some(said), _) => said.clone(),
        (None, Some(mut terminal)) => {
            let said = terminal.ask(&asks::confirm_leaving(context.lang, &again))?;
            said.map(|said| said.to_string()).unwrap_or_default()
        }
        (None, None) => return Err(Trouble::LeavingNotConfirmed { again }),
    };
    if said.trim() == typed.name { Ok(()) } else { Err(Trouble::LeavingNotConfirmed { again }) }
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
