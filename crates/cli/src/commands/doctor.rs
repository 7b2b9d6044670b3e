//! `vidimus doctor`: what this machine allows, what is missing, and what is dangerous on it.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use vidimus_sandbox::{Facts, Level, Refused, Unavailable};

use super::Answer;
use crate::context::Context;
use crate::doctor::{Danger, FoundTool, Machine, find, look, missing_packages};
use crate::trouble::Trouble;
use crate::words::{doctor, fold};

/// Say what this machine allows, which tools are missing, and what is dangerous on it
#[derive(Args)]
pub struct Arguments {
    /// Disks or folders that material is to be received from
    #[arg(value_name = "PATH")]
    sources: Vec<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// What was found.
#[derive(Serialize)]
pub struct Found {
    /// What tools are run in.
    pub sandbox: SandboxFound,
    /// Every tool, also the missing.
    pub tools: Vec<FoundTool>,
    /// Debian packages that bring what is missing.
    pub packages: Vec<&'static str>,
    /// What could let material out.
    pub dangers: Vec<Danger>,
}

/// What tools are run in.
#[derive(Serialize)]
pub struct SandboxFound {
    /// None where nothing may be decoded.
    pub level: Option<Level>,
    /// Why it is no higher.
    pub refused: Option<Refused>,
    /// Who tools run as.
    pub user: Option<u32>,
    /// The kernel's version of Landlock.
    pub landlock: Option<i32>,
    /// Whether files can be examined that are larger than memory.
    pub larger_than_memory: bool,
}

/// Looks; the answer is "no" where something is missing or dangerous.
///
/// # Errors
/// The settings of the archive, if one is named, cannot be used, or nobody reads what is said.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let speech = context.settings()?.speech;
    let (tools, sandbox) = find(speech.as_ref());
    let sandbox = match &sandbox {
        Ok(sandbox) => SandboxFound::of(sandbox.facts()),
        Err(Unavailable::Refused(refused)) => SandboxFound::none(Some(*refused)),
        Err(Unavailable::Keeper(_)) => SandboxFound::none(None),
    };
    let packages = missing_packages(&tools);
    let dangers = look(&Machine::default(), &arguments.sources);
    let found = Found { sandbox, tools, packages, dangers };
    if arguments.json {
        context.say_json(&found)?;
    } else {
        let room = fold::width(std::io::stdout());
        context.say(&doctor::found(context.lang, room, &found))?;
    }
    let well =
        found.sandbox.level == Some(Level::Full) && found.packages.is_empty() && found.dangers.is_empty();
    Ok(if well { Answer::Yes } else { Answer::No })
}

impl SandboxFound {
    fn of(facts: &Facts) -> Self {
        Self {
            level: Some(facts.level),
            refused: facts.not_full,
            user: Some(facts.user),
            landlock: Some(facts.landlock),
            larger_than_memory: facts.no_views.is_none(),
        }
    }

    fn none(refused: Option<Refused>) -> Self {
        Self { level: None, refused, user: None, landlock: None, larger_than_memory: false }
    }
}
