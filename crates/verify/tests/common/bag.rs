//! The frozen bag, copies of it to alter, and the program to run on them.
#![allow(dead_code)] // Each test program uses a part of it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use vidimus_proof::checkpoint::{Checkpoint, SignedCheckpoint};
use vidimus_proof::note::{Signer, VerifierKey};

/// What the program did.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs `vidimus-verify`, in English unless told otherwise.
pub fn verify(arguments: &[&OsStr]) -> Said {
    let output = Command::new(env!("CARGO_BIN_EXE_vidimus-verify"))
        .args(arguments)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap();
    Said {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A file of the frozen example that lies beside its bag.
pub fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/bag-v1").join(name)
}

pub fn frozen_bag() -> PathBuf {
    beside("bag")
}

pub fn copied_bag() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&frozen_bag(), folder.path());
    folder
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// A key of the archive's name that is not the archive's.
pub fn other_key() -> String {
    Signer::new("archive.example/ik-900".parse().unwrap(), &[2; 32]).verifier_key().to_string()
}

/// A receipt by the key of the frozen example (its seed is 32 times 1) that the bag does not hold.
pub fn receipt_not_in_the_bag() -> String {
    let text = fs::read_to_string(beside("archive.vkey")).unwrap();
    let key: VerifierKey = text.trim().parse().unwrap();
    let checkpoint = Checkpoint { origin: key.name().clone(), size: 300, root: [3; 32] };
    SignedCheckpoint::sign(checkpoint, &Signer::new(key.name().clone(), &[1; 32])).unwrap().to_string()
}
