//! The program `vidimus`: commands, configuration, start-up.

mod arguments;
mod commands;
mod context;
mod hardening;
mod progress;
mod prompt;
mod recovery;
mod references;
mod refusals;
mod secrets;
mod trouble;
mod words;

use std::process::ExitCode;

fn main() -> ExitCode {
    hardening::harden();
    context::run(std::env::args_os())
}
