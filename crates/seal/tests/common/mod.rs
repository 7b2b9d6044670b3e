//! Where shared material and the frozen examples are, and Debian's `age` program.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A part of the optional folder of published vectors: `$VIDIMUS_SHARED`, or `../shared` beside the checkout. None (and a line
/// that says so) where it is not there.
#[allow(dead_code, reason = "each test program uses its part")]
pub fn shared(part: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("VIDIMUS_SHARED").map_or_else(beside, PathBuf::from).join(part);
    if !folder.is_dir() {
        eprintln!("SKIPPED: {} is not there", folder.display());
        return None;
    }
    Some(folder)
}

/// The frozen examples at the root of the repository.
#[allow(dead_code, reason = "each test program uses its part")]
pub fn frozen(part: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(part)
}

/// Runs Debian's `age` with `args` on `input`. None (and a line that says so) where it is not installed.
#[allow(dead_code, reason = "each test program uses its part")]
pub fn stock_age(args: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let child = Command::new("age").args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: the program `age` is not installed");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "age {args:?} failed");
    Some(output.stdout)
}
