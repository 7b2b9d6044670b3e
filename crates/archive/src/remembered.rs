//! Which compartments' keys a member held when they last used this computer, kept outside the archive's folder.
//!
//! A key that is gone takes with it the records that say who holds it: only what is remembered elsewhere betrays it.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use vidimus_model::{KeyId, MemberId};

use crate::files;
use crate::high_water::HighWater;
use crate::keyring::Keyring;

/// Where it lies: `<state folder>/<archive id>/held-<member>`; on each line a key's id, and how large the ledger was when it was first
/// held.
pub(crate) struct Remembered {
    path: PathBuf,
}

impl Remembered {
    /// What this computer remembers of a member, beside the archive's mark.
    pub fn of(mark: &HighWater, member: MemberId) -> Self {
        Self { path: mark.folder().join(format!("held-{member}")) }
    }

    /// Adds the generations of all compartments on the ring, which are held at this size of the ledger.
    ///
    /// # Errors
    /// The file system's.
    pub fn add(&self, ring: &Keyring, size: u64) -> io::Result<()> {
        let mut keys = self.keys()?;
        let known = keys.len();
        for key in ring.compartments().flat_map(|held| &held.generations) {
            keys.entry(*key).or_insert(size);
        }
        if keys.len() == known {
            return Ok(());
        }
        let lines: String = keys.iter().map(|(key, size)| format!("{key} {size}\n")).collect();
        files::replace(&self.path, lines.as_bytes())
    }

    /// Keys that were held, each with a size of the ledger at which it was; none where nothing can be understood.
    ///
    /// # Errors
    /// The file system's; that there is no such file is none.
    pub fn keys(&self) -> io::Result<BTreeMap<KeyId, u64>> {
        let untrusted = match files::read(&self.path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
            read => read?,
        };
        let line = |line: &str| {
            let (key, size) = line.split_once(' ')?;
            Some((key.parse().ok()?, size.parse().ok()?))
        };
        Ok(String::from_utf8_lossy(&untrusted).lines().filter_map(line).collect())
    }

    /// The file's name.
    pub fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}
