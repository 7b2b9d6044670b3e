//! An archive that went back: going on in a new epoch, and receipts that tell what this machine has not seen.

use std::fs;
use std::io;

use vidimus_ledger::{Ledger as _, StoreError};
use vidimus_model::{Change, CompartmentId, Rollback};
use vidimus_proof::checkpoint::{CheckpointError, SignedCheckpoint};
use vidimus_proof::{keychain, receipt};

use crate::archive::WentBack;
use crate::door::{Act, Draft};
use crate::rebuild::RebuildError;
use crate::{Archive, CheckpointSummary, DoorError, FoldError, epoch};

/// Why the archive does not go on from where it is.
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    /// It did not go back, as far as this machine knows.
    #[error("the archive did not go back")]
    NotBack,
    /// The key that would have to sign was destroyed when the archive's key changed.
    #[error("the ledger is older than the keys")]
    NewerKeys(WentBack),
    /// The member does not hold the register's key.
    #[error("the register is not held")]
    NotHeld,
    /// The record could not be appended.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The register cannot be read.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// Folds and tiles of what is lost could not be made again.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The archive's folder cannot be changed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Why a receipt says nothing about this archive.
#[derive(Debug, thiserror::Error)]
pub enum EnterError {
    /// There is no checkpoint in it.
    #[error("there is no checkpoint in the receipt: {0}")]
    NotAReceipt(#[from] CheckpointError),
    /// It is not signed by this archive.
    #[error("the receipt is not signed by this archive")]
    OtherArchive,
    /// The ledger cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The high-water mark cannot be written.
    #[error("the high-water mark cannot be written: {0}")]
    Io(#[from] io::Error),
}

/// What a receipt says about the archive as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entered {
    /// The ledger holds what the receipt commits to.
    Held,
    /// The ledger does not hold it, and a record says that it was given up.
    GivenUp,
    /// The ledger does not hold it: the archive went back, and is read-only from now on.
    WentBack(WentBack),
}

impl Archive {
    /// Goes on from what there is, in a new epoch, after the archive went back. The first record cites what is kept and
    /// what is lost; folds and tiles are made again, and receipts of what is lost are set aside as evidence.
    ///
    /// # Errors
    /// The archive did not go back, or the record cannot be written.
    pub fn accept_rollback(&mut self, reason: &str) -> Result<CheckpointSummary, RollbackError> {
        let back = self.went_back.clone().ok_or(RollbackError::NotBack)?;
        if back.newer_keys.is_some() {
            return Err(RollbackError::NewerKeys(back));
        }
        let lost = back.seen.unwrap_or_default();
        self.refresh_register()?;
        let kept = String::from_utf8_lossy(&self.ledger.tip()?.note).into_owned();
        // Only a checkpoint that this archive signed is cited: the mark may have been changed by anyone.
        let signed = SignedCheckpoint::from_bytes(lost.as_bytes()).ok();
        let lost = signed.filter(|signed| self.has_signed(signed)).map(|_| lost);
        let rollback = Rollback { kept, lost, reason: reason.to_owned() };
        let register = CompartmentId::register();
        let key = self.keyring.compartment(&register).ok_or(RollbackError::NotHeld)?.current();
        let origin = epoch::after(&self.register.base, &rollback);
        self.set_lost_receipts_aside()?;
        let draft = Draft { compartment: register, key, change: Change::Rollback(rollback) };
        self.begin_epoch(origin, Act::of(vec![draft], Vec::new()))?;
        self.rebuild_folds()?;
        Ok(CheckpointSummary::from(self.checkpoint()?.checkpoint()))
    }

    /// The eight digits of the key that signed what this machine has seen, where that is none of the keys that this copy knows:
    /// perhaps the archive's key was changed after the copy was made, and the earlier one signs again. The mark may have been
    /// changed by anyone, so none says nothing.
    pub fn later_key(&self) -> Option<String> {
        let seen = self.went_back.as_ref()?.seen.as_ref()?;
        let signed = SignedCheckpoint::from_bytes(seen.as_bytes()).ok()?;
        let origin = &signed.checkpoint().origin;
        if self.has_signed(&signed) || !epoch::is_of(&self.register.base, origin.as_str()) {
            return None;
        }
        let signatures = signed.note().signatures().iter();
        let own = signatures.filter(|signature| signature.name().as_str() == origin.as_str());
        own.map(|signature| format!("{:08x}", signature.key_id())).next()
    }

    /// Compares a receipt, from paper or from whoever was given it, with the ledger. One that the ledger does not hold makes
    /// the archive read-only, as if this machine had seen it.
    ///
    /// # Errors
    /// It is no receipt of this archive, or the high-water mark cannot be written.
    pub fn enter_receipt(&mut self, untrusted_receipt: &[u8]) -> Result<Entered, EnterError> {
        let signed = receipt::read(untrusted_receipt)?;
        if !self.has_signed(&signed) {
            return Err(EnterError::OtherArchive);
        }
        let note = signed.note().to_string();
        let kept = self.ledger.checkpoint(signed.checkpoint().size)?;
        let kept = kept.and_then(|kept| SignedCheckpoint::from_bytes(&kept).ok());
        if kept.is_some_and(|kept| kept.checkpoint() == signed.checkpoint()) {
            return Ok(Entered::Held);
        }
        if epoch::is_given_up(&self.register.base, &self.register.rollbacks, signed.checkpoint()) {
            return Ok(Entered::GivenUp);
        }
        let now = String::from_utf8_lossy(&self.ledger.tip()?.note).into_owned();
        self.high_water.raise(note.as_bytes())?;
        let newer_keys = self.went_back.take().and_then(|back| back.newer_keys);
        let went_back = WentBack { seen: Some(note), now, newer_keys };
        self.went_back = Some(went_back.clone());
        Ok(Entered::WentBack(went_back))
    }

    /// Another machine may have accepted the roll-back that this one's mark tells of.
    pub(crate) fn forget_what_was_given_up(&mut self) -> io::Result<()> {
        let Some(WentBack { seen: Some(seen), now, .. }) = &self.went_back else { return Ok(()) };
        let Ok(signed) = SignedCheckpoint::from_bytes(seen.as_bytes()) else { return Ok(()) };
        let given_up = epoch::is_given_up(&self.register.base, &self.register.rollbacks, signed.checkpoint());
        if given_up && self.has_signed(&signed) {
            self.high_water.raise(now.as_bytes())?;
            self.went_back = None;
        }
        Ok(())
    }

    pub(crate) fn has_signed(&self, signed: &SignedCheckpoint) -> bool {
        epoch::is_of(&self.register.base, signed.checkpoint().origin.as_str())
            && (signed.verify(&self.key_of(signed)).is_ok()
                || self.has_newer_keys()
                    && signed
                        .verify(&keychain::named(&signed.checkpoint().origin, self.archive_key.public()))
                        .is_ok())
    }

    /// Receipts larger than the ledger are of what is lost; their sizes will be reached again by other records.
    fn set_lost_receipts_aside(&self) -> Result<(), RollbackError> {
        let size = self.ledger.tip()?.size;
        for name in crate::keyring::read_folder(&self.layout.receipts())? {
            let lost = name.to_str().and_then(|name| name.parse::<u64>().ok()).filter(|lost| *lost > size);
            let Some(lost) = lost else { continue };
            let from = self.layout.receipt(lost);
            let to = (1_u32..).map(|n| from.with_extension(format!("lost-{n}"))).find(|to| !to.exists());
            fs::rename(&from, to.expect("some number is free"))?;
        }
        Ok(())
    }
}
