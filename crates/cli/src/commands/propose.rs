//! What needs two members: proposed, agreed to by another, or confirmed by the only one.

use std::path::PathBuf;

use clap::Args;
use vidimus_archive::{Archive, Outcome};
use vidimus_model::{Action, ProposalId};

use super::{Answer, twins};
use crate::context::Context;
use crate::progress::Bar;
use crate::prompt::Terminal;
use crate::secrets;
use crate::trouble::Trouble;
use crate::words::{asks, changes, safe, tells};

/// Agree to what another member proposed; it is then done
#[derive(Args)]
pub struct Arguments {
    /// The id that `vidimus proposals` shows
    #[arg(value_name = "ID")]
    proposal: String,
    /// Where keyholders are exchanged: the file that those who hold now signed
    #[arg(long, value_name = "FILE")]
    approval: Option<PathBuf>,
}

/// What is to be done, as typed.
pub struct Proposal<'a> {
    /// What.
    pub action: Action,
    /// Why; it is recorded.
    pub reason: &'a str,
    /// What the only member types so that nobody slips.
    pub again: &'a str,
    /// What was typed for it beforehand.
    pub confirm: Option<&'a str>,
    /// What is said when it is done.
    pub done: &'a str,
}

/// Does it, or proposes it to the other members.
///
/// # Errors
/// What stopped it, or the confirmation is missing or wrong.
pub fn propose(archive: &mut Archive, proposal: &Proposal<'_>, context: &Context) -> Result<Answer, Trouble> {
    let outcome = decide(archive, proposal, context)?;
    say(outcome, proposal.done, context)
}

/// The same without a word about what came of it.
///
/// # Errors
/// As [`propose`].
pub fn decide(archive: &mut Archive, proposal: &Proposal<'_>, context: &Context) -> Result<Outcome, Trouble> {
    // What was typed beforehand and is something else was meant for something else, however many have to agree.
    if proposal.confirm.is_some_and(|typed| !is_again(typed, proposal)) {
        return Err(Trouble::NotConfirmed { again: safe::text(proposal.again) });
    }
    let mut propose = |confirmed| {
        let _bar = Bar::following(archive, context.lang);
        archive.propose(proposal.action.clone(), proposal.reason, confirmed)
    };
    match propose(false)? {
        Outcome::Confirm => {
            confirm(proposal, context)?;
            Ok(propose(true)?)
        }
        outcome => Ok(outcome),
    }
}

/// Says that it is done, or for whom it waits.
///
/// # Errors
/// Nobody reads it any more.
pub fn say(outcome: Outcome, done: &str, context: &Context) -> Result<Answer, Trouble> {
    match outcome {
        Outcome::Done | Outcome::Confirm => context.say(done)?,
        Outcome::Waiting(id) => context.say(&changes::proposed(context.lang, id))?,
    }
    Ok(Answer::Yes)
}

/// `vidimus agree`.
///
/// # Errors
/// Nothing of this id waits, or it is one's own.
pub fn agree(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let typed = arguments.proposal;
    let id: ProposalId = typed.to_lowercase().parse().map_err(|_| Trouble::NoSuchProposal(typed))?;
    let mut archive = context.open_to_record()?;
    let waiting = archive.register().waiting.get(&id).map(|waiting| waiting.proposal.action.clone());
    let twins = match &waiting {
        Some(Action::Erase { about }) => archive.twins(about)?,
        _ => Vec::new(),
    };
    let name = |member| archive.register().name(member);
    let what = waiting.map(|action| tells::action(context.lang, &action, name));
    let bar = Bar::following(&mut archive, context.lang);
    let outcome = match &arguments.approval {
        Some(file) => archive.agree_approved(id, &secrets::read_input(file, secrets::MADE)?),
        None => archive.agree(id),
    };
    drop(bar);
    let outcome = outcome?;
    let text = match outcome {
        Outcome::Done | Outcome::Confirm => changes::agreed(context.lang, &what.unwrap_or_default()),
        Outcome::Waiting(_) => changes::agreed_later(context.lang).to_owned(),
    };
    context.say(&text)?;
    if !twins.is_empty() {
        twins::say(&twins, context)?;
    }
    Ok(Answer::Yes)
}

fn confirm(proposal: &Proposal<'_>, context: &Context) -> Result<(), Trouble> {
    let typed = match proposal.confirm {
        Some(typed) => typed.to_owned(),
        None => {
            let none = || Trouble::NotConfirmed { again: safe::text(proposal.again) };
            let mut terminal = Terminal::open().ok_or_else(none)?;
            let question = asks::confirm_alone(context.lang, &safe::text(proposal.again));
            terminal.ask(&question)?.map(|typed| typed.to_string()).unwrap_or_default()
        }
    };
    if is_again(&typed, proposal) {
        Ok(())
    } else {
        Err(Trouble::NotConfirmed { again: safe::text(proposal.again) })
    }
}

fn is_again(typed: &str, proposal: &Proposal<'_>) -> bool {
    typed.trim().eq_ignore_ascii_case(proposal.again)
}
