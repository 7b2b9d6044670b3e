//! The high-water mark: the newest checkpoint this machine has seen, kept outside the archive's folder.
//!
//! It is what betrays a folder that was put back to yesterday's state: a log may grow, it never shrinks or forks.

use std::io;
use std::path::{Path, PathBuf};

use vidimus_ledger::Ledger;
use vidimus_proof::checkpoint::SignedCheckpoint;

use crate::files;

/// Where one archive's mark lies: `<state folder>/<archive id>/high-water`.
#[derive(Clone, Debug)]
pub struct HighWater {
    path: PathBuf,
}

/// What comparing the ledger with the mark says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The ledger is where it was, or further on.
    Onward,
    /// There is no mark: this machine has never seen the archive, so a roll-back cannot be excluded.
    Never,
    /// The ledger lacks what the mark says it had, or holds something else there.
    WentBack {
        /// The checkpoint that this machine saw (note).
        seen: String,
        /// The checkpoint that the ledger has now (note).
        now: String,
    },
}

impl HighWater {
    /// The mark of the archive `archive_id` below the user's state folder (`$XDG_STATE_HOME/vidimus`).
    pub fn new(state: &Path, archive_id: &str) -> Self {
        Self { path: state.join(archive_id).join("high-water") }
    }

    /// The folder in which it lies.
    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().expect("it was joined to a folder")
    }

    /// The newest checkpoint seen, as a note.
    ///
    /// # Errors
    /// The file system's; a missing mark is none.
    pub fn read(&self) -> io::Result<Option<String>> {
        match files::read(&self.path) {
            Ok(untrusted) => Ok(Some(String::from_utf8_lossy(&untrusted).into_owned())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Moves the mark to this checkpoint.
    ///
    /// # Errors
    /// The file system's.
    pub fn raise(&self, note: &[u8]) -> io::Result<()> {
        files::replace(&self.path, note)
    }

    /// Compares the ledger with the mark. A mark that cannot be read as a checkpoint counts as gone back: someone
    /// has touched it.
    ///
    /// # Errors
    /// The file system's, or the ledger's.
    pub fn compare(&self, ledger: &dyn Ledger) -> io::Result<Seen> {
        let Some(seen) = self.read()? else { return Ok(Seen::Never) };
        let tip = ledger.tip().map_err(io::Error::other)?;
        let now = String::from_utf8_lossy(&tip.note).into_owned();
        let size = SignedCheckpoint::from_bytes(seen.as_bytes()).ok().map(|signed| signed.checkpoint().size);
        let kept = match size {
            Some(size) if size <= tip.size => ledger.checkpoint(size).map_err(io::Error::other)?,
            _ => None,
        };
        if kept.as_deref() == Some(seen.as_bytes()) {
            Ok(Seen::Onward)
        } else {
            Ok(Seen::WentBack { seen, now })
        }
    }
}
