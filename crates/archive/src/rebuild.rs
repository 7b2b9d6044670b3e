//! Making again what is computed: folds and tiles are thrown away and folded from the ledger, receipts written again.

use std::fs;
use std::io;

use vidimus_ledger::StoreError;

use crate::{Archive, FoldError, LogError, ReceiptError};

/// Why something was not made again. What was thrown away is made again by the next command that needs it.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// A fold cannot be made.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The tiles cannot be made.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The files of a receipt cannot be made.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// The old ones cannot be thrown away.
    #[error("what is to be made again cannot be thrown away: {0}")]
    Io(#[from] io::Error),
}

impl Archive {
    /// Throws folds and tiles away and makes them again: those that this member can fold now, those of others when they
    /// ask for them. What is missing of the public receipts, or is not as it was made, is made again too; time stamps, which nobody
    /// but their authorities can make, stay as they are.
    ///
    /// # Errors
    /// See [`RebuildError`].
    pub fn rebuild(&mut self) -> Result<(), RebuildError> {
        self.rebuild_folds()?;
        for receipt in self.register.receipts.clone() {
            self.renew_receipt(receipt.size)?;
        }
        Ok(())
    }

    /// Folds and tiles alone.
    pub(crate) fn rebuild_folds(&mut self) -> Result<(), RebuildError> {
        self.catalogues.clear();
        match fs::remove_dir_all(self.layout.folds()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        self.register = crate::Register::default();
        self.refresh_register()?;
        let compartments: Vec<_> = self.keyring.compartments().map(|held| held.current()).collect();
        for key in compartments.into_iter().chain(self.keyring.own_accessions().to_vec()) {
            self.catalogue_of(key)?;
        }
        self.rebuild_log(&self.checkpoint()?)?;
        Ok(self.publish_log()?)
    }
}
