//! A member's passphrase and recovery sheet: changed, and got back with the sheet.

use std::fs;
use std::io;
use std::path::Path;

use vidimus_model::MemberId;
use vidimus_seal::member::{self, LockError, Opener};
use vidimus_seal::{Entropy, KdfParams, RecoveryCode};

use crate::layout::Layout;
use crate::unlock::{self, UnlockError};
use crate::{Archive, files};

/// Why passphrase or sheet stay as they were.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    /// The passphrase is not the member's.
    #[error("wrong passphrase")]
    Wrong,
    /// No member's keys open.
    #[error(transparent)]
    Unlock(#[from] UnlockError),
    /// The member's key file is damaged, or another member's.
    #[error("the member's key file cannot be used: {0}")]
    File(member::UnlockError),
    /// The keys cannot be closed again.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The key store or the random generator failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl From<member::UnlockError> for PassphraseError {
    fn from(error: member::UnlockError) -> Self {
        match error {
            member::UnlockError::WrongPassphrase => Self::Wrong,
            other => Self::File(other),
        }
    }
}

impl Archive {
    /// Gives the acting member another passphrase; the printed sheet stays good. Old copies of the key file, in backups,
    /// still open with the old one until they expire.
    ///
    /// # Errors
    /// `current` is not the member's passphrase, or the key store cannot be written.
    pub fn change_passphrase(
        &mut self,
        current: &str,
        new: &str,
        kdf: &KdfParams,
    ) -> Result<(), PassphraseError> {
        let path = self.layout.member(self.keyring.member());
        let untrusted = fs::read(&path)?;
        let file = member::relock(&untrusted, Opener::Passphrase(current), new, kdf, &mut self.entropy)?;
        Ok(files::replace(&path, &file)?)
    }

    /// Makes a new recovery sheet for the acting member; the old one no longer opens the key file, only old copies of it.
    ///
    /// # Errors
    /// `passphrase` is not the member's, or the key store cannot be written.
    pub fn renew_recovery(
        &mut self,
        passphrase: &str,
        kdf: &KdfParams,
    ) -> Result<RecoveryCode, PassphraseError> {
        let path = self.layout.member(self.keyring.member());
        // A mistyped passphrase would otherwise become the new one.
        member::unlock(&fs::read(&path)?, passphrase)?;
        let code = RecoveryCode::generate(&mut self.entropy);
        let file = member::lock(self.keyring.member_keys(), passphrase, &code, kdf, &mut self.entropy)?;
        files::replace(&path, &file)?;
        Ok(code)
    }
}

/// Sets a new passphrase with the code of the printed sheet; says whose.
///
/// # Errors
/// No member's keys open with this code (and name), or the key store cannot be written.
pub fn recover(
    folder: &Path,
    name: Option<&str>,
    code: &RecoveryCode,
    new: &str,
    kdf: &KdfParams,
) -> Result<MemberId, PassphraseError> {
    let layout = Layout::new(folder);
    let keys = unlock::recover(&layout, name, code)?;
    let id = MemberId::from_bytes(*keys.id.bytes());
    let path = layout.member(id);
    let mut entropy = Entropy::from_os().map_err(io::Error::other)?;
    let file = member::relock(&fs::read(&path)?, Opener::Recovery(code), new, kdf, &mut entropy)?;
    files::replace(&path, &file)?;
    Ok(id)
}
