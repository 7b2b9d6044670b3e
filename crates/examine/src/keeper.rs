//! Keeps the sandboxes of tests, as the program `vidimus` keeps its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    vidimus_sandbox::keeper::main(vidimus_examine::OWN).unwrap_or(ExitCode::FAILURE)
}
