//! One command a file: what is typed, what is done, what is said.

pub mod anchor;
mod approval;
pub mod backup;
pub mod cameras;
pub mod check;
pub mod compartment;
pub mod disclose;
pub mod doctor;
pub mod erase;
pub mod examine;
pub mod failures;
pub mod init;
pub mod key;
pub mod keyholder;
pub mod list;
pub mod log;
pub mod member;
pub mod move_into;
mod opened;
pub mod passphrase;
pub mod proposals;
pub mod propose;
pub mod rebuild;
pub mod receipt;
pub mod receive;
pub mod recover;
mod recovery_test;
pub mod release;
pub mod search;
pub mod show;
pub mod similar;
mod twins;
pub mod unseal;
pub mod withdraw;

use std::process::ExitCode;

use crate::arguments::Command;
use crate::context::Context;
use crate::trouble::Trouble;

/// How a command that ran to its end answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Done, or "yes".
    Yes,
    /// "No", or something is damaged or was not taken.
    No,
}

impl From<Answer> for ExitCode {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Yes => Self::SUCCESS,
            Answer::No => Self::from(1),
        }
    }
}

/// Does what was typed.
///
/// # Errors
/// What stopped the command.
pub fn run(command: Command, context: &mut Context) -> Result<Answer, Trouble> {
    match command {
        Command::Init(arguments) => init::run(arguments, context),
        Command::Receive(arguments) => receive::run(arguments, context),
        Command::Release(arguments) => release::run(arguments, context),
        Command::Withdraw(arguments) => withdraw::withdraw(arguments, context),
        Command::Reinstate(arguments) => withdraw::reinstate(arguments, context),
        Command::Move(arguments) => move_into::run(arguments, context),
        Command::Erase(arguments) => erase::run(arguments, context),
        Command::Agree(arguments) => propose::agree(arguments, context),
        Command::Examine(arguments) => examine::run(arguments, context),
        Command::Failures(arguments) => failures::run(arguments, context),
        Command::List(arguments) => list::run(arguments, context),
        Command::Search(arguments) => search::run(arguments, context),
        Command::Similar(arguments) => similar::run(arguments, context),
        Command::Show(arguments) => show::run(arguments, context),
        Command::Cameras(arguments) => cameras::list(arguments, context),
        Command::Camera(arguments) => cameras::say(arguments, context),
        Command::Log(arguments) => log::run(arguments, context),
        Command::Proposals(arguments) => proposals::run(arguments, context),
        Command::Member(arguments) => member::run(arguments, context),
        Command::Compartment(arguments) => compartment::run(arguments, context),
        Command::Key(arguments) => key::run(arguments, context),
        Command::Keyholder(arguments) => keyholder::run(arguments, context),
        Command::Receipt(arguments) => receipt::run(arguments, context),
        Command::Disclose(arguments) => disclose::run(arguments, context),
        Command::Check(arguments) => check::run(arguments, context),
        Command::Rebuild(arguments) => rebuild::run(arguments, context),
        Command::Passphrase(arguments) => passphrase::run(arguments, context),
        Command::Recover(arguments) => recover::run(arguments, context),
        Command::Backup(arguments) => backup::backup(arguments, context),
        Command::Restore(arguments) => backup::back(arguments, context),
        Command::Anchor(arguments) => anchor::run(arguments, context),
        Command::Unseal(arguments) => unseal::run(arguments, context),
        Command::Doctor(arguments) => doctor::run(arguments, context),
    }
}
