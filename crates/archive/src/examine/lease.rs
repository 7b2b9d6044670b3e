//! Who examines an item holds the lock of its note; the note counts how often somebody began, and outlives whoever died of it.
//!
//! The kernel drops the lock with the process. A note is named by the log index of the item's record, which is no secret; what
//! it holds is one byte for each time that the examination was begun.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::files;

/// How often a worker may die of one item.
pub(super) const DEATHS: u32 = 3;

/// The only one who examines an item.
#[derive(Debug)]
pub(super) struct Lease {
    path: PathBuf,
    note: File,
    /// How often it was begun and not ended.
    pub begun: u32,
}

impl Lease {
    /// Takes the item whose record has this log index; none while another worker has it.
    pub fn take(folder: &Path, seq: u64) -> io::Result<Option<Self>> {
        let path = folder.join(format!("examine-{seq}"));
        loop {
            let mut options = OpenOptions::new();
            let note =
                options.append(true).create(true).mode(0o600).custom_flags(files::NOT_WAITING).open(&path)?;
            if matches!(note.try_lock(), Err(TryLockError::WouldBlock)) {
                return Ok(None);
            }
            // Whoever had it may have ended, and taken the name away, before the lock was had.
            if files::is_at(&note, &path) {
                let begun = u32::try_from(note.metadata()?.len()).unwrap_or(u32::MAX);
                return Ok(Some(Self { path, note, begun }));
            }
        }
    }

    /// Counts that it is begun. It is not synced: a power cut is not the item's fault.
    pub fn begin(&mut self) -> io::Result<()> {
        self.note.write_all(b".")
    }

    /// What was found is on record, or nobody has begun.
    pub fn end(self) -> io::Result<()> {
        std::fs::remove_file(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::Lease;

    #[test]
    fn one_at_a_time_and_deaths_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = Lease::take(folder.path(), 7).unwrap().unwrap();
        assert_eq!(first.begun, 0);
        first.begin().unwrap();
        assert!(Lease::take(folder.path(), 7).unwrap().is_none(), "another worker has it");
        assert!(Lease::take(folder.path(), 8).unwrap().is_some());
        // Killed: the note stays, the lock does not.
        drop(first);
        let mut second = Lease::take(folder.path(), 7).unwrap().unwrap();
        assert_eq!(second.begun, 1);
        second.begin().unwrap();
        second.end().unwrap();
        assert_eq!(Lease::take(folder.path(), 7).unwrap().unwrap().begun, 0, "its end was recorded");
    }
}
