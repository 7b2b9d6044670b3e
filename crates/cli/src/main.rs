//! The program `vidimus`: commands, configuration, start-up.

mod arguments;
mod commands;
mod context;
mod doctor;
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
    // Started by itself to keep a sandbox: nothing else happens here then, and no secret comes near.
    if let Some(code) = vidimus_sandbox::keeper::main(vidimus_examine::OWN) {
        return code;
    }
    hardening::harden();
    context::run(std::env::args_os())
}
