//! Who receives an accession holds the lock of its note, until its answer was read; the kernel drops it with the process.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

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
    /// No earlier run has left the note.
    pub is_new: bool,
}

impl Turn {
    /// Takes the note of an accession, or makes it; none while another process receives it.
    pub fn take(path: &Path) -> io::Result<Option<Self>> {
        loop {
            let (note, is_new) = match open(path, true) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => match open(path, false) {
                    // Whoever received it has just ended.
                    Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                    note => (note?, false),
                },
                made => (made?, true),
            };
            match note.try_lock() {
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(_)) | Ok(()) => {}
            }
            if files::is_at(&note, path) {
                return Ok(Some(Self { path: path.to_owned(), note, is_new }));
            }
        }
    }

    /// Is another process at it?
    pub fn is_taken(path: &Path) -> bool {
        open(path, false).is_ok_and(|note| matches!(note.try_lock(), Err(TryLockError::WouldBlock)))
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

fn open(path: &Path, new: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(new).mode(0o600).custom_flags(files::NOT_WAITING).open(path)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::{Decision, Turn};

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

    #[test]
    fn one_at_a_time_and_whoever_comes_after_the_answer_makes_a_new_note() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("received-1");
        let first = Turn::take(&path).unwrap().unwrap();
        assert!(first.is_new && Turn::is_taken(&path) && Turn::take(&path).unwrap().is_none());
        drop(first);
        // Killed: the note stays, the lock does not.
        let second = Turn::take(&path).unwrap().unwrap();
        assert!(!second.is_new && Turn::is_taken(&path));
        second.end().unwrap();
        assert!(!Turn::is_taken(&path));
        let third = Turn::take(&path).unwrap().unwrap();
        assert!(third.is_new);
        drop(second);
        assert!(Turn::take(&path).unwrap().is_none());
    }
}
