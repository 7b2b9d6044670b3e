//! Who receives an accession holds the lock of its note, until its answer was read; the kernel drops it with the process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use vidimus_model::KeyId;
use vidimus_seal::MarkKey;
use vidimus_seal::age::Identity;

use crate::files;

/// Held by whoever begins an accession or takes one up, for as long as it is decided which.
pub(super) struct Decision(#[allow(dead_code, reason = "the lock ends when the folder is closed")] File);

impl Decision {
    /// Waits until nobody else decides; says so first where somebody does.
    pub fn take(folder: &Path, waits: impl FnOnce()) -> io::Result<Self> {
        files::make_folder(folder)?;
        let folder = File::open(folder)?;
        if matches!(folder.try_lock(), Err(TryLockError::WouldBlock)) {
            waits();
            // Where there are no locks there is nobody else either, as far as anyone can tell.
            let _ = folder.lock();
        }
        Ok(Self(folder))
    }
}

/// The only one who receives an accession.
pub(crate) struct Turn {
    path: PathBuf,
    note: File,
    mark: [u8; 32],
    /// An earlier run has left the note, and nobody else.
    pub is_marked: bool,
    /// Nobody else can have it: there are locks.
    pub is_alone: bool,
}

/// What stands in the note of the accession that this key seals.
pub(crate) fn mark_of(id: KeyId, key: &Identity) -> [u8; 32] {
    MarkKey::derive(key).mark(&format!("received\n{id}"))
}

impl Turn {
    /// Takes the note of an accession, or makes it; none while another process receives it.
    pub fn take(path: &Path, mark: [u8; 32]) -> io::Result<Option<Self>> {
        loop {
            let note = match open(path, true) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => match open(path, false) {
                    // Whoever received it has just ended.
                    Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                    note => note?,
                },
                made => made?,
            };
            let is_alone = match note.try_lock() {
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(_)) => false,
                Ok(()) => true,
            };
            if files::is_at(&note, path) {
                let is_marked = is_marked(&note, &mark);
                return Ok(Some(Self { path: path.to_owned(), note, mark, is_marked, is_alone }));
            }
        }
    }

    /// Is there such a note, from who holds the key?
    pub fn is_left(path: &Path, mark: &[u8; 32]) -> bool {
        open(path, false).is_ok_and(|note| is_marked(&note, mark))
    }

    /// Is another process at it?
    pub fn is_taken(path: &Path) -> bool {
        open(path, false).is_ok_and(|note| matches!(note.try_lock(), Err(TryLockError::WouldBlock)))
    }

    /// Says in the note who left it.
    pub fn mark(&mut self) -> io::Result<()> {
        if !self.is_marked {
            self.note.set_len(0)?;
            self.note.write_all_at(&self.mark, 0)?;
            self.is_marked = true;
        }
        Ok(())
    }

    /// A power cut does not take the note from now on: the same command will tell what was received.
    pub fn keep(&self) -> io::Result<()> {
        self.note.sync_all()?;
        files::sync_folder(self.path.parent().unwrap_or(Path::new(".")))
    }

    /// There is nothing to go on with.
    pub fn end(&self) -> io::Result<()> {
        files::remove(&self.path)
    }
}

fn is_marked(note: &File, mark: &[u8; 32]) -> bool {
    let mut untrusted = [0; 33];
    // One byte more, to see whether there is one.
    note.read_at(&mut untrusted, 0).is_ok_and(|read| untrusted[..read] == *mark)
}

fn open(path: &Path, new: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(new).mode(0o600).custom_flags(files::NOT_WAITING);
    match options.open(path) {
        Ok(note) if note.metadata()?.is_file() => Ok(note),
        Err(e) if new || e.kind() == io::ErrorKind::NotFound => Err(e),
        Err(e) if path.symlink_metadata().is_ok_and(|there| there.is_file()) => Err(e),
        // A folder, a link, a FIFO.
        _ => Err(files::NotAFile::at(path)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::sync::mpsc::channel;

    use super::{Decision, Turn};
    use crate::files::NotAFile;

    #[test]
    fn whoever_waits_for_another_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("unfinished");
        let first = Decision::take(&path, || panic!("nobody else decides")).unwrap();
        let (says, said) = channel();
        let second = std::thread::spawn(move || {
            let taken = Decision::take(&path, || says.send("it waits").unwrap());
            taken.map(drop).map(|()| says.send("it has the turn").unwrap())
        });
        assert_eq!(said.recv().unwrap(), "it waits");
        assert!(said.try_recv().is_err(), "the first still decides");
        drop(first);
        assert_eq!(said.recv().unwrap(), "it has the turn");
        second.join().unwrap().unwrap();
    }

    const MARK: [u8; 32] = [7; 32];

    fn take(path: &Path) -> Option<Turn> {
        Turn::take(path, MARK).unwrap()
    }

    #[test]
    fn one_at_a_time_and_whoever_comes_after_the_answer_makes_a_new_note() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("received-1");
        let mut first = take(&path).unwrap();
        assert!(!first.is_marked && first.is_alone && Turn::is_taken(&path) && take(&path).is_none());
        first.mark().unwrap();
        drop(first);
        // Killed: the note stays, the lock does not.
        let second = take(&path).unwrap();
        assert!(second.is_marked && Turn::is_taken(&path) && Turn::is_left(&path, &MARK));
        second.end().unwrap();
        assert!(!Turn::is_taken(&path) && !Turn::is_left(&path, &MARK));
        let third = take(&path).unwrap();
        assert!(!third.is_marked);
        drop(second);
        assert!(take(&path).is_none());
    }

    #[test]
    fn a_note_that_others_put_there_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("received-1");
        for forged in [&b""[..], b"x", &[8; 32], &[7; 31], &[7; 33]] {
            fs::write(&path, forged).unwrap();
            assert!(!Turn::is_left(&path, &MARK));
            let mut turn = take(&path).unwrap();
            assert!(!turn.is_marked);
            turn.mark().unwrap();
            assert!(Turn::is_left(&path, &MARK));
        }
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(!Turn::is_left(&path, &MARK) && !Turn::is_taken(&path));
        let refused = Turn::take(&path, MARK).err().unwrap();
        assert!(NotAFile::within(&refused).is_some(), "{refused}");
    }
}
