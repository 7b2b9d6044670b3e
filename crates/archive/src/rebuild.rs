//! Making again what is computed: folds and tiles, from the ledger, while others go on reading the old ones; receipts too.

use std::io;

use vidimus_ledger::StoreError;
use vidimus_model::KeyId;

use crate::keyring::read_folder;
use crate::shelf::{self, LOCKS, Shelf};
use crate::{Archive, DoorError, FoldError, LogError, ReceiptError};

/// Why something was not made again. What is not there is made by the next command that needs it.
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
    /// It is a backup, in which nothing is made.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The old ones cannot be thrown away.
    #[error("what is to be made again cannot be thrown away: {0}")]
    Io(#[from] io::Error),
}

impl Archive {
    /// Makes folds and tiles again: those that this member can fold now; those of others are thrown away, and made when they
    /// ask for them. What is missing of the public receipts, or is not as it was made, is made again too; time stamps, which nobody
    /// but their authorities can make, stay as they are. Waits for another process that does the same, and makes nobody else wait.
    ///
    /// # Errors
    /// See [`RebuildError`].
    pub fn rebuild(&mut self) -> Result<(), RebuildError> {
        // A log is published where an archive is in use: a backup with one could not be told from an archive that somebody marked.
        self.is_no_backup()?;
        self.rebuild_folds()?;
        for receipt in self.register.receipts.clone() {
            self.renew_receipt(receipt.size)?;
        }
        Ok(())
    }

    /// Folds and tiles alone.
    pub(crate) fn rebuild_folds(&mut self) -> Result<(), RebuildError> {
        let turn = shelf::only_rebuilder(&self.layout)?;
        self.register = crate::Register::default();
        self.refresh_register()?;
        let compartments = self.keyring.compartments().map(|held| held.current());
        let ours: Vec<KeyId> = compartments.chain(self.keyring.own_accessions().to_vec()).collect();
        for key in &ours {
            self.fold_anew(&turn, *key)?;
            // Folded again by the next search.
            self.discard_beside(*key)?;
        }
        for name in read_folder(&self.layout.folds())? {
            match name.to_str().and_then(|name| name.parse::<KeyId>().ok()) {
                Some(key) if ours.contains(&key) => {}
                Some(key) => Shelf::new(&self.layout, key).remove()?,
                None if LOCKS.iter().any(|lock| *name == **lock) => {}
                None => shelf::discard(&self.layout.folds().join(name))?,
            }
        }
        self.rebuild_log(&self.checkpoint()?)?;
        Ok(self.publish_log()?)
    }
}
