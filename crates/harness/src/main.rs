//! The program vidimus-crash.

use std::process::ExitCode;

fn main() -> ExitCode {
    vidimus_harness::main()
}
