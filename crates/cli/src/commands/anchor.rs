//! `vidimus anchor`: time stamps from the configured authorities for the public receipts.

use clap::Args;
use serde::Serialize;
use vidimus_archive::CheckpointSummary;
use vidimus_archive::anchor::{self, AnchorError, Anchored};

use super::Answer;
use crate::context::Context;
use crate::trouble::Trouble;
use crate::words::{Lang, stamps, tells};

/// Get time stamps for the newest checkpoint from the configured authorities
#[derive(Args)]
pub struct Arguments {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Asks every authority; one that does not answer is asked again by the next call.
///
/// # Errors
/// None is configured, or the archive cannot be written.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let mut archive = context.open_to_record()?;
    let anchored = archive.anchor(&anchor::over_http).map_err(not_anchored)?;
    if arguments.json {
        context.say_json(&Json::of(context.lang, &anchored))?;
    } else {
        context.say(&tells::anchored(context.lang, &anchored))?;
    }
    Ok(if anchored.failed.is_empty() { Answer::Yes } else { Answer::No })
}

fn not_anchored(error: AnchorError) -> Trouble {
    match error {
        AnchorError::NoAuthority => Trouble::NoAuthority,
        AnchorError::Settings(wrong) => Trouble::Settings(wrong),
        AnchorError::Io(error) => error.into(),
        inside @ AnchorError::Receipt(_) => Trouble::inside(&inside),
    }
}

/// `docs/format/commands.md`.
#[derive(Serialize)]
struct Json<'a> {
    checkpoint: &'a CheckpointSummary,
    tokens: Vec<Token<'a>>,
    failed: Vec<Failed<'a>>,
}

#[derive(Serialize)]
struct Token<'a> {
    authority: &'a str,
    at: String,
    receipt: u64,
}

#[derive(Serialize)]
struct Failed<'a> {
    authority: &'a str,
    reason: String,
    receipt: u64,
}

impl<'a> Json<'a> {
    fn of(lang: Lang, anchored: &'a Anchored) -> Self {
        let tokens = anchored.tokens.iter().map(|token| Token {
            authority: &token.authority,
            at: token.at.to_string(),
            receipt: token.receipt,
        });
        let failed = anchored.failed.iter().map(|failed| Failed {
            authority: &failed.authority,
            reason: stamps::not_stamped(lang, &failed.reason),
            receipt: failed.receipt,
        });
        Self { checkpoint: &anchored.checkpoint, tokens: tokens.collect(), failed: failed.collect() }
    }
}
