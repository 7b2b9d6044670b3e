//! The Python with the checkers of `scripts/python-checkers.txt`, which `make setup` installs.
#![allow(dead_code)] // Each test program uses a part of it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// `$VIDIMUS_VENV`, or `target/python` of the checkout; prints that the test is skipped where there is none.
pub fn interpreter() -> Option<PathBuf> {
    let folder = std::env::var_os("VIDIMUS_VENV")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/python"), PathBuf::from);
    let python = folder.join("bin/python");
    if python.exists() {
        return Some(python);
    }
    // Not `println!`, which a test that passes keeps to itself.
    let _ = writeln!(std::io::stderr(), "skipped: {} is not here; `make setup` makes it", folder.display());
    None
}

/// What a script prints as JSON; nothing where it fails.
pub fn run(python: &Path, script: &str, arguments: &[&str], input: &str) -> Option<Value> {
    let mut child = Command::new(python)
        .args(["-c", script])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    output.status.success().then(|| serde_json::from_slice(&output.stdout).unwrap())
}
