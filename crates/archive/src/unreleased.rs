//! Accessions whose release a ledger that went back has lost: their keys are wrapped for the compartment, and no record says so.
//!
//! Nobody would see them any more, though nothing of them is lost. They are their registrar's again, who can release them again.

use std::collections::HashSet;

use vidimus_ledger::Ledger as _;
use vidimus_model::{Change, CompartmentId, KeyId};

use crate::keyring::{FIRST_ROWS, read_folder};
use crate::rows::{self, Said};
use crate::{Archive, FoldError};

impl Archive {
    /// Takes note of them.
    ///
    /// # Errors
    /// The key store, the ledger or the folds cannot be read.
    pub(crate) fn adopt_unreleased(&mut self) -> Result<(), FoldError> {
        let mut begun = Vec::new();
        for name in read_folder(&self.layout.held())? {
            let Some(key) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
            if !self.keyring.own_accessions().contains(&key) && self.has_begun(key)? {
                begun.push(key);
            }
        }
        if begun.is_empty() {
            return Ok(());
        }
        let held = self.keyring.compartments().filter(|held| held.id != CompartmentId::register());
        let current: Vec<KeyId> = held.map(|held| held.current()).collect();
        let mut released = HashSet::new();
        for key in current {
            released.extend(self.catalogue_of(key)?.readable_keys()?.value);
        }
        begun.into_iter().filter(|key| !released.contains(key)).for_each(|key| self.keyring.adopt(key));
        Ok(())
    }

    /// Does this key, which opens here, seal the beginning of an accession that this member registered?
    fn has_begun(&mut self, key: KeyId) -> Result<bool, FoldError> {
        // A damaged wrap opens nothing; the check names it.
        let Ok(Some(sealing)) = self.keyring.open(key) else { return Ok(false) };
        let row_key = sealing.row.clone();
        let me = self.keyring.member();
        let rows = self.ledger.rows_of_key(&key.to_string(), 0, FIRST_ROWS)?;
        Ok(rows.iter().any(|row| {
            let said = rows::open(row, &row_key, &self.archive_id);
            matches!(said, Ok(Said::Statement(said)) if said.by == me && matches!(said.change, Change::Accession(_)))
        }))
    }
}
