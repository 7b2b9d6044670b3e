//! Which compartments' keys a member held when they last used this computer, kept outside the archive's folder.
//!
//! A key that is gone takes with it the records that say who holds it: only what is remembered elsewhere betrays it.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use vidimus_model::{KeyId, MemberId};

use crate::files;
use crate::high_water::HighWater;
use crate::keyring::Keyring;

/// Where it lies: `<state folder>/<archive id>/held-<member>`, an id on each line.
pub(crate) struct Remembered {
    path: PathBuf,
}

impl Remembered {
    /// What this computer remembers of a member, beside the archive's mark.
    pub fn of(mark: &HighWater, member: MemberId) -> Self {
        Self { path: mark.folder().join(format!("held-{member}")) }
    }

    /// Adds the generations of all compartments on the ring.
    ///
    /// # Errors
    /// The file system's.
    pub fn add(&self, ring: &Keyring) -> io::Result<()> {
        let known = self.keys();
        let held: BTreeSet<KeyId> =
            ring.compartments().flat_map(|held| held.generations.iter().copied()).collect();
        if held.is_subset(&known) {
            return Ok(());
        }
        let lines: String = known.union(&held).map(|key| format!("{key}\n")).collect();
        files::replace(&self.path, lines.as_bytes())
    }

    /// Keys that were held; none where nothing is remembered, or nothing that can be understood.
    pub fn keys(&self) -> BTreeSet<KeyId> {
        let untrusted = files::read(&self.path).unwrap_or_default();
        String::from_utf8_lossy(&untrusted).lines().filter_map(|line| line.parse().ok()).collect()
    }
}
