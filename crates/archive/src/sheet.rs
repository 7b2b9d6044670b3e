//! A note that a recovery sheet is being handed out, so that a command that was killed goes on with the same sheet.
//!
//! The code itself is nowhere but on the sheet: the note is named by a digest of its 160 random bits.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use vidimus_seal::RecoveryCode;

use crate::files;
use crate::layout::Layout;

/// Takes note that a command hands out the sheet with this code, before it is written anywhere.
///
/// # Errors
/// The archive's folder cannot be written.
pub fn begin(archive: &Path, code: &RecoveryCode) -> io::Result<()> {
    crate::links::refuse(&Layout::new(archive))?;
    mark(&note(archive, code)).map(drop)
}

/// Was the command that handed out the sheet with this code not finished?
pub fn is_begun(archive: &Path, code: &RecoveryCode) -> bool {
    note(archive, code).exists()
}

/// The command is finished, and its answer was read.
///
/// # Errors
/// The archive's folder cannot be written.
pub fn end(archive: &Path, code: &RecoveryCode) -> io::Result<()> {
    files::remove(&note(archive, code))
}

/// Makes an empty file, durable when it returns; one that is there already is well.
pub(crate) fn mark(path: &Path) -> io::Result<File> {
    crate::crash::step();
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    files::make_folder(folder)?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600).custom_flags(files::NOT_WAITING);
    let note = options.open(path)?;
    note.sync_all()?;
    files::sync_folder(folder)?;
    Ok(note)
}

fn note(archive: &Path, code: &RecoveryCode) -> PathBuf {
    let mut digest = Sha256::new();
    digest.update(b"vidimus/sheet/v1\n");
    for group in code.groups().iter() {
        digest.update(group.as_bytes());
        digest.update(b"\n");
    }
    Layout::new(archive).unfinished().join(format!("sheet-{}", hex::encode(digest.finalize())))
}
