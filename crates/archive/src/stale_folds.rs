//! Folds that nobody brings up to date any more are thrown away: what is erased later would stay in them.
//!
//! They are left where a program was killed between what ended their key's use and their removal, or where another process had
//! them open and folded them again; so whoever opens the archive looks, and whoever destroys something looks before the note of
//! it is taken away. What is thrown away wrongly is folded again by whoever asks it.

use vidimus_ledger::Ledger as _;
use vidimus_model::KeyId;

use crate::keyring::read_folder;
use crate::{Archive, FoldError};

impl Archive {
    /// Throws away what is folded under an older generation of a compartment's key, and under the key of an accession that its
    /// registrar released or lost.
    ///
    /// # Errors
    /// The folds or the key store cannot be read, or a fold cannot be removed.
    pub(crate) fn drop_stale_folds(&mut self) -> Result<(), FoldError> {
        for key in self.folded_keys()? {
            if self.is_stale(key) {
                self.drop_fold(key)?;
            }
        }
        Ok(())
    }

    /// The same after something was destroyed, and also what is folded of compartments of whose key this member lacks a
    /// generation: they cannot tell what of it is current, nor fold what came since.
    ///
    /// # Errors
    /// As [`Archive::drop_stale_folds`], or the ledger cannot be read.
    pub(crate) fn drop_folds_of_destroyed(&mut self) -> Result<(), FoldError> {
        for key in self.folded_keys()? {
            if self.is_stale(key) || self.is_of_incomplete(key)? {
                self.drop_fold(key)?;
            }
        }
        Ok(())
    }

    /// The keys under which something is folded on the disk.
    pub(crate) fn folded_keys(&self) -> Result<Vec<KeyId>, FoldError> {
        let names = read_folder(&self.layout.folds())?;
        Ok(names.iter().filter_map(|name| name.to_str()?.parse().ok()).collect())
    }

    fn is_stale(&self, key: KeyId) -> bool {
        let mut held = self.keyring.compartments();
        if let Some(of) = held.find(|held| held.generations.contains(&key)) {
            return of.current() != key;
        }
        let own = self.layout.wrap(key, &self.keyring.member().to_string());
        // Released again by nobody since a roll-back lost its release: it is folded for its registrar alone.
        let is_adopted = self.keyring.own_accessions().contains(&key) && !own.exists();
        let mut generations = self.keyring.compartments().flat_map(|held| &held.generations);
        !is_adopted && generations.any(|generation| self.layout.wrap(key, &generation.to_string()).exists())
    }

    fn is_of_incomplete(&self, key: KeyId) -> Result<bool, FoldError> {
        let first = self.ledger.rows_of_key(&key.to_string(), 0, 1)?;
        let Some(row) = first.first() else { return Ok(false) };
        let of = self.keyring.compartments().find(|held| held.id.as_str() == row.compartment);
        Ok(of.is_some_and(|held| self.keyring.is_incomplete(held.current())))
    }
}
