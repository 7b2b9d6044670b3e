//! Who examines an item holds the lock of its note; the note counts how often somebody began, and outlives whoever died of it.
//!
//! The kernel drops the lock with the process. A note is named by the log index of the item's record, which is no secret; for each
//! time that the examination was begun it holds one entry, marked with the item's key: what others put there counts for nothing.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use vidimus_seal::MarkKey;
use vidimus_seal::age::Identity;

use crate::files;

/// How often a worker may die of one item.
pub(super) const DEATHS: u32 = 3;
/// One time that it was begun: how many attempts were on record then, and the mark.
const ENTRY: usize = 4 + 32;
/// Entries that are read of a note: it has no more than [`DEATHS`] of one time, and some of an earlier one.
const READ: u64 = 64 * ENTRY as u64;

/// What an item's note is marked with.
pub(crate) struct Marks {
    key: MarkKey,
    seq: u64,
}

impl Marks {
    /// For the item whose record has this log index and is sealed by this key.
    pub fn new(key: &Identity, seq: u64) -> Self {
        Self { key: MarkKey::derive(key), seq }
    }

    fn entry(&self, attempts: u32, nth: u32) -> [u8; ENTRY] {
        let mut entry = [0; ENTRY];
        entry[..4].copy_from_slice(&attempts.to_be_bytes());
        entry[4..].copy_from_slice(&self.key.mark(&format!("examine\n{}\n{attempts}\n{nth}", self.seq)));
        entry
    }

    /// How many entries at the beginning of a note are sound and of the time when so many attempts were on record.
    fn count(&self, untrusted_note: &[u8], attempts: u32) -> u32 {
        let entries = (1..).zip(untrusted_note.chunks(ENTRY));
        let sound = entries.take_while(|(nth, entry)| **entry == self.entry(attempts, *nth));
        sound.last().map_or(0, |(nth, _)| nth)
    }

    /// Did only who holds the key write this note, of whatever time? A worker may have been killed while it wrote.
    pub fn wrote(&self, untrusted_note: &[u8]) -> bool {
        (1..).zip(untrusted_note.chunks_exact(ENTRY)).all(|(nth, entry)| {
            let attempts = entry.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
            *entry == self.entry(attempts, nth)
        })
    }
}

/// The only one who examines an item.
#[derive(Debug)]
pub(super) struct Lease {
    path: PathBuf,
    /// None where something stands in its place that is no file: then nobody is kept from examining, and nothing is counted.
    note: Option<File>,
}

/// An examination that may begin.
#[derive(Debug)]
pub(super) struct Begun {
    lease: Lease,
    entry: [u8; ENTRY],
    /// How often it was begun and not ended.
    pub before: u32,
}

impl Lease {
    /// Takes the item whose record has this log index; none while another worker has it.
    pub fn take(folder: &Path, seq: u64) -> io::Result<Option<Self>> {
        let path = folder.join(format!("examine-{seq}"));
        loop {
            let mut options = OpenOptions::new();
            options.read(true).append(true).create(true).mode(0o600).custom_flags(files::NOT_WAITING);
            let note = match options.open(&path) {
                Ok(note) if note.metadata()?.is_file() => note,
                // A folder, a link, a FIFO: `check` names it, and examines nothing.
                Ok(_) => return Ok(Some(Self { path, note: None })),
                Err(_) if path.symlink_metadata().is_ok_and(|there| !there.is_file()) => {
                    return Ok(Some(Self { path, note: None }));
                }
                Err(error) => return Err(error),
            };
            if matches!(note.try_lock(), Err(TryLockError::WouldBlock)) {
                return Ok(None);
            }
            // Whoever had it may have ended, and taken the name away, before the lock was had.
            if files::is_at(&note, &path) {
                return Ok(Some(Self { path, note: Some(note) }));
            }
        }
    }

    /// Reads what the note says, where so many attempts are on record.
    pub fn read(self, marks: &Marks, attempts: u32) -> io::Result<Begun> {
        let mut untrusted_note = Vec::new();
        if let Some(note) = &self.note {
            note.take(READ).read_to_end(&mut untrusted_note)?;
            let before = marks.count(&untrusted_note, attempts);
            // What is of an earlier time, torn or a stranger's goes.
            let sound = u64::from(before) * ENTRY as u64;
            if note.metadata()?.len() > sound {
                note.set_len(sound)?;
            }
            return Ok(Begun { entry: marks.entry(attempts, before + 1), lease: self, before });
        }
        Ok(Begun { entry: marks.entry(attempts, 1), lease: self, before: 0 })
    }

    /// Nobody has begun.
    pub fn end(self) -> io::Result<()> {
        match self.note {
            Some(_) => std::fs::remove_file(&self.path),
            None => Ok(()),
        }
    }
}

impl Begun {
    /// Counts that it is begun. It is not synced: a power cut is not the item's fault.
    pub fn begin(&mut self) -> io::Result<()> {
        self.lease.note.as_mut().map_or(Ok(()), |note| note.write_all(&self.entry))
    }

    /// What was found is on record, or nobody has begun.
    pub fn end(self) -> io::Result<()> {
        self.lease.end()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use vidimus_seal::Entropy;
    use vidimus_seal::age::Identity;

    use super::{Begun, ENTRY, Lease, Marks};

    fn marks(byte: u8, seq: u64) -> Marks {
        Marks::new(&Identity::generate(&mut Entropy::from_seed(&[byte; 32])), seq)
    }

    fn take(folder: &Path, attempts: u32) -> Begun {
        Lease::take(folder, 7).unwrap().unwrap().read(&marks(1, 7), attempts).unwrap()
    }

    #[test]
    fn one_at_a_time_and_deaths_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = take(folder.path(), 0);
        assert_eq!(first.before, 0);
        first.begin().unwrap();
        assert!(Lease::take(folder.path(), 7).unwrap().is_none(), "another worker has it");
        assert!(Lease::take(folder.path(), 8).unwrap().is_some());
        // Killed: the note stays, the lock does not.
        drop(first);
        let mut second = take(folder.path(), 0);
        assert_eq!(second.before, 1);
        second.begin().unwrap();
        drop(second);
        let third = take(folder.path(), 0);
        assert_eq!(third.before, 2);
        third.end().unwrap();
        assert_eq!(take(folder.path(), 0).before, 0, "its end was recorded");
    }

    #[test]
    fn what_others_put_there_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let note = folder.path().join("examine-7");
        let mut lease = take(folder.path(), 0);
        lease.begin().unwrap();
        drop(lease);
        let genuine = fs::read(&note).unwrap();
        assert!(marks(1, 7).wrote(&genuine) && marks(1, 7).wrote(&genuine[..ENTRY / 2]));
        assert_eq!(take(folder.path(), 1).before, 0, "an attempt was recorded since");
        let twice = [&genuine[..], &genuine].concat();
        let forgeries = [b"...".to_vec(), vec![0; 3 * ENTRY], [&b"."[..], &genuine].concat()];
        for forged in &forgeries {
            fs::write(&note, forged).unwrap();
            let mut lease = take(folder.path(), 0);
            assert_eq!(lease.before, 0);
            lease.begin().unwrap();
            drop(lease);
            assert_eq!(take(folder.path(), 0).before, 1, "the own entry stands where the others were");
        }
        for marks in [marks(2, 7), marks(1, 8)] {
            assert!(!marks.wrote(&genuine), "another item's, or another key's");
        }
        fs::write(&note, &twice).unwrap();
        assert!(!marks(1, 7).wrote(&twice));
        assert_eq!(take(folder.path(), 0).before, 1, "one entry twice is one");
    }

    #[test]
    fn what_is_no_file_keeps_nobody_from_examining() {
        let puts: [fn(&Path) -> std::io::Result<()>; 2] =
            [|path| fs::create_dir(path), |path| std::os::unix::fs::symlink("/nowhere", path)];
        for put in puts {
            let folder = tempfile::tempdir().unwrap();
            let note = folder.path().join("examine-7");
            put(&note).unwrap();
            let mut lease = take(folder.path(), 0);
            assert_eq!(lease.before, 0);
            lease.begin().unwrap();
            lease.end().unwrap();
            assert!(note.symlink_metadata().is_ok());
        }
    }
}
