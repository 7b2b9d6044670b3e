//! The same bytes elsewhere, which hiding, moving or erasing something leaves where they are: named before, or after.

use clap::Args;
use serde::Serialize;
use vidimus_archive::query::Twin;
use vidimus_archive::{Archive, State};
use vidimus_model::{ProposalId, Ref};

use crate::context::Context;
use crate::prompt::Terminal;
use crate::trouble::Trouble;
use crate::words::changes;

/// How a command speaks that leaves copies where they are.
#[derive(Args)]
pub struct Manner {
    /// Do not ask whether to go on where copies stay elsewhere; they are named afterwards
    #[arg(long)]
    yes: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// `docs/format/commands.md`.
#[derive(Serialize)]
struct Json<'a> {
    about: &'a [Ref],
    proposal: Option<String>,
    copies: &'a [Twin],
}

/// The copies, and whether the person was told of them.
pub struct Twins<'a> {
    manner: &'a Manner,
    about: &'a [Ref],
    elsewhere: Vec<Twin>,
    told: bool,
}

impl<'a> Twins<'a> {
    /// Looks for them, names them to a person at a terminal, and asks whether to go on.
    ///
    /// # Errors
    /// They said no, or the folds cannot be read.
    pub fn asked(
        archive: &mut Archive,
        about: &'a [Ref],
        manner: &'a Manner,
        context: &Context,
    ) -> Result<Self, Trouble> {
        let mut twins = Self { manner, about, elsewhere: archive.twins(about)?, told: false };
        if twins.elsewhere.is_empty() || manner.yes || manner.json {
            return Ok(twins);
        }
        if let Some(mut terminal) = Terminal::open() {
            twins.told = true;
            if !terminal.confirm(&changes::copies_ask(context.lang, &twins.elsewhere))? {
                return Err(Trouble::Declined);
            }
        }
        Ok(twins)
    }

    /// Only those that can still be seen.
    pub fn visible(mut self) -> Self {
        self.elsewhere.retain(|twin| twin.state != State::Withdrawn);
        self
    }

    /// Says that it is done or proposed, and names the copies to whoever was not told before.
    ///
    /// # Errors
    /// Nobody reads it any more.
    pub fn say(&self, done: &str, proposal: Option<ProposalId>, context: &Context) -> Result<(), Trouble> {
        if self.manner.json {
            let proposal = proposal.map(|id| id.to_string());
            return context.say_json(&Json { about: self.about, proposal, copies: &self.elsewhere });
        }
        context.say(done)?;
        if self.told || self.elsewhere.is_empty() { Ok(()) } else { say(&self.elsewhere, context) }
    }
}

/// Names copies that stay.
///
/// # Errors
/// Nobody reads it any more.
pub fn say(twins: &[Twin], context: &Context) -> Result<(), Trouble> {
    context.say(&changes::copies_stay(context.lang, twins))
}
