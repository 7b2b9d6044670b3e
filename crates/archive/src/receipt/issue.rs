//! Making public receipts, listing them, and making them again.

use std::io;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vidimus_ledger::{Ledger as _, StoreError};
use vidimus_model::{Change, CompartmentId, Receipt};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::timestamp::Trust;

use super::{FileState, Folder, TokenBeside};
use crate::anchor::{Settings, SettingsError};
use crate::door::{Act, Draft};
use crate::{Archive, CheckpointSummary, DoorError, FoldError, LogError};

/// A public receipt as the register knows it and as its folder is.
#[derive(Clone, Debug)]
pub struct IssuedReceipt {
    /// What it commits to.
    pub checkpoint: CheckpointSummary,
    /// Where its files lie.
    pub folder: PathBuf,
    /// How the note, the text and the page are; [`Archive::renew_receipt`] makes them again.
    pub files: Vec<(&'static str, FileState)>,
    /// The time stamps beside it.
    pub tokens: Vec<TokenBeside>,
}

/// Why a receipt was not made or read.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// The receipt could not be recorded. Its files may be there; the same call goes on.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The register cannot be brought up to date.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The log cannot be published.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The settings, which say whose time stamps count, cannot be read.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The member does not hold the register's key.
    #[error("the register is not held")]
    NotHeld,
    /// No receipt of this size was made.
    #[error("there is no receipt of size {0}")]
    Unknown(u64),
    /// The ledger does not hold the checkpoint that the register says was published.
    #[error("the ledger does not hold the checkpoint of the receipt of size {0}")]
    NoCheckpoint(u64),
    /// The receipt's folder cannot be read or written.
    #[error("the files of a receipt cannot be read or written: {0}")]
    Io(#[from] io::Error),
}

/// Why no record was appended.
enum Stopped {
    /// Another process recorded the same receipt meanwhile.
    Recorded,
    Failed(ReceiptError),
}

impl From<DoorError> for Stopped {
    fn from(error: DoorError) -> Self {
        Self::Failed(error.into())
    }
}

impl Archive {
    /// Makes the public receipt of the newest checkpoint and records it; returns its folder.
    ///
    /// The record moves the log on by itself. So where nothing else has been appended since the last receipt, that one
    /// is made whole and returned, and nothing is recorded.
    ///
    /// # Errors
    /// The log, the folder or the record cannot be written; the same call then goes on.
    pub fn issue_receipt(&mut self) -> Result<PathBuf, ReceiptError> {
        self.may_record()?;
        self.refresh_register()?;
        let signed = self.checkpoint()?;
        let now = signed.checkpoint();
        if let Some(last) = self.register.receipts.last()
            && last.size + 1 == now.size
            && last.origin == now.origin.as_str()
        {
            return self.renew_receipt(last.size);
        }
        self.issue_receipt_of(&signed)
    }

    /// Is a receipt of this checkpoint on record?
    pub(crate) fn has_receipt_of(&self, signed: &SignedCheckpoint) -> bool {
        self.register.receipts.contains(&describe(signed))
    }

    /// Makes the public receipt of a checkpoint of the ledger and records it, unless that was done; returns its folder.
    ///
    /// # Errors
    /// As [`Archive::issue_receipt`].
    pub(crate) fn issue_receipt_of(&mut self, signed: &SignedCheckpoint) -> Result<PathBuf, ReceiptError> {
        self.publish_log()?;
        let folder = Folder::new(self.layout.receipt(signed.checkpoint().size), signed);
        folder.set_lost_one_aside(|found| self.key_of(found))?;
        // An interrupted call may have left the files, and somebody may have stamped them.
        folder.write(&self.trust_if(folder.is_stamped()?)?)?;
        self.record_receipt(signed)?;
        // So that what is published of the log holds the record of the receipt too.
        self.publish_log()?;
        Ok(folder.path().to_owned())
    }

    /// Makes the files of a receipt that are missing, altered or older than its time stamps again; returns its folder.
    ///
    /// # Errors
    /// There is no such receipt, its checkpoint or the settings cannot be read, or its folder cannot be written.
    pub fn renew_receipt(&self, size: u64) -> Result<PathBuf, ReceiptError> {
        // After a roll-back a later receipt may be of an earlier one's size.
        let mut known = self.register.receipts.iter().rev();
        let receipt = known.find(|receipt| receipt.size == size).ok_or(ReceiptError::Unknown(size))?;
        let signed = self.receipt_checkpoint(receipt)?;
        let folder = Folder::new(self.layout.receipt(size), &signed);
        folder.set_lost_one_aside(|found| self.key_of(found))?;
        folder.write(&self.trust_if(folder.is_stamped()?)?)?;
        Ok(folder.path().to_owned())
    }

    /// All public receipts, in the order they were made, each with its time stamps.
    ///
    /// # Errors
    /// A checkpoint, the settings or a folder cannot be read. What is missing or altered is no error; the list says it.
    pub fn receipts(&self) -> Result<Vec<IssuedReceipt>, ReceiptError> {
        let mut issued = Vec::new();
        for receipt in &self.register.receipts {
            let signed = self.receipt_checkpoint(receipt)?;
            let folder = Folder::new(self.layout.receipt(receipt.size), &signed);
            let tokens = folder.tokens(&self.trust_if(folder.is_stamped()?)?)?;
            issued.push(IssuedReceipt {
                checkpoint: signed.checkpoint().into(),
                folder: folder.path().to_owned(),
                files: folder.states(&tokens)?,
                tokens,
            });
        }
        Ok(issued)
    }

    /// The signed checkpoint that the register says was published.
    pub(crate) fn receipt_checkpoint(&self, receipt: &Receipt) -> Result<SignedCheckpoint, ReceiptError> {
        let missing = ReceiptError::NoCheckpoint(receipt.size);
        let Some(note) = self.ledger.checkpoint(receipt.size)? else { return Err(missing) };
        match SignedCheckpoint::from_bytes(&note) {
            Ok(signed) if describe(&signed) == *receipt => Ok(signed),
            _ => Err(missing),
        }
    }

    fn record_receipt(&mut self, signed: &SignedCheckpoint) -> Result<(), ReceiptError> {
        let receipt = describe(signed);
        let register = CompartmentId::register();
        let recorded = self.act(|archive| {
            if archive.register.receipts.contains(&receipt) {
                return Err(Stopped::Recorded);
            }
            let held = archive.keyring.compartment(&register);
            let key = held.ok_or(Stopped::Failed(ReceiptError::NotHeld))?.current();
            let change = Change::Receipt(receipt.clone());
            Ok(Act::of(vec![Draft { compartment: register.clone(), key, change }], vec![register.clone()]))
        });
        if let Err(Stopped::Failed(error)) = recorded {
            return Err(error);
        }
        Ok(self.refresh_register()?)
    }

    /// Whom to believe. Settings that cannot be read stop nobody where there is nothing to believe.
    fn trust_if(&self, stamped: bool) -> Result<Trust, SettingsError> {
        match stamped {
            true => Ok(Settings::read(&self.layout.settings())?.trust()),
            false => Ok(Trust::default()),
        }
    }
}

fn describe(signed: &SignedCheckpoint) -> Receipt {
    let checkpoint = signed.checkpoint();
    Receipt {
        origin: checkpoint.origin.as_str().to_owned(),
        size: checkpoint.size,
        root: STANDARD.encode(checkpoint.root),
    }
}
