//! What can be typed: the global options and the commands, with their help.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands;
use crate::words::Lang;

/// An archive for evidence of torture: takes material in, keeps it unchanged, and proves a part of it.
#[derive(Parser)]
#[command(name = "vidimus", version, about)]
#[command(after_help = "\
Exit codes: 0 done; 1 the answer is \"no\", something is damaged, or a file was not taken; 2 wrong usage; 3 locked or not allowed.")]
pub struct Arguments {
    #[command(flatten)]
    pub globals: Globals,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Args)]
pub struct Globals {
    /// The archive's folder
    #[arg(long, value_name = "DIR", env = "VIDIMUS_ARCHIVE", hide_env_values = true, global = true)]
    pub archive: Option<PathBuf>,
    /// Who acts, where the passphrase alone does not tell
    #[arg(long, value_name = "NAME", global = true)]
    pub member: Option<String>,
    /// Read the passphrase from a file that nobody else can read
    #[arg(long, value_name = "FILE", env = "VIDIMUS_PASSPHRASE_FILE", hide_env_values = true, global = true)]
    pub passphrase_file: Option<PathBuf>,
    /// Open an archive that this machine has never seen, though it may be yesterday's copy
    #[arg(long, global = true)]
    pub first_seen_here: bool,
    /// Language of the messages; without it, the locale's
    #[arg(long, value_enum, env = "VIDIMUS_LANG", hide_env_values = true, global = true)]
    pub lang: Option<Lang>,
}

/// What is to be done.
#[derive(Subcommand)]
pub enum Command {
    Init(commands::init::Arguments),
    Receive(commands::receive::Arguments),
    Release(commands::release::Arguments),
    Withdraw(commands::withdraw::Withdraw),
    Reinstate(commands::withdraw::Reinstate),
    Move(commands::move_into::Arguments),
    Erase(commands::erase::Arguments),
    Agree(commands::propose::Arguments),
    Examine(commands::examine::Arguments),
    Failures(commands::failures::Arguments),
    List(commands::list::Arguments),
    Search(commands::search::Arguments),
    Similar(commands::similar::Arguments),
    Show(commands::show::Arguments),
    Cameras(commands::cameras::List),
    Camera(commands::cameras::Arguments),
    Log(commands::log::Arguments),
    Proposals(commands::proposals::Arguments),
    Member(commands::member::Arguments),
    Compartment(commands::compartment::Arguments),
    Keyholder(commands::keyholder::Arguments),
    Key(commands::key::Arguments),
    Receipt(commands::receipt::Arguments),
    Disclose(commands::disclose::Arguments),
    Check(commands::check::Arguments),
    Rebuild(commands::rebuild::Arguments),
    Passphrase(commands::passphrase::Arguments),
    Recover(commands::recover::Arguments),
    Backup(commands::backup::Backup),
    Restore(commands::backup::Restore),
    Anchor(commands::anchor::Arguments),
    Unseal(commands::unseal::Arguments),
    Doctor(commands::doctor::Arguments),
}
