//! A member's passphrase and recovery sheet: changed, and got back with the sheet.

use std::fs;
use std::io;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use vidimus_model::{Change, CompartmentId, MemberFile, MemberId};
use vidimus_seal::member::{self, LockError, Opener};
use vidimus_seal::{Entropy, KdfParams, RecoveryCode};

use crate::door::Act;
use crate::layout::Layout;
use crate::unlock::{self, UnlockError};
use crate::{Archive, DoorError, FoldError, files};

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
    /// It is changed, and that it is could not be recorded.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// What is there could not be asked.
    #[error(transparent)]
    Fold(#[from] FoldError),
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
        files::replace(&path, &file)?;
        self.record_key_file()
    }

    /// Records which key file of the acting member is the newest, so that an older one in its place is noticed. Where the archive
    /// went back nothing is recorded, and the next change does it.
    ///
    /// # Errors
    /// Nothing could be recorded; the file is changed nevertheless.
    pub fn record_key_file(&mut self) -> Result<(), PassphraseError> {
        if self.went_back.is_some() {
            return Ok(());
        }
        let me = self.keyring.member();
        let sha256 = digest_of(&fs::read(self.layout.member(me))?);
        let change = Change::MemberFile(MemberFile { member: me, sha256 });
        self.refresh_register()?;
        self.act(|archive| -> Result<Act, PassphraseError> {
            let draft = archive.in_register(change.clone())?;
            Ok(Act::of(vec![draft], vec![CompartmentId::register()]))
        })?;
        Ok(self.refresh_register()?)
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
        self.record_key_file()?;
        Ok(code)
    }
}

/// Sets a new passphrase with the code of the printed sheet; says whose. [`Archive::record_key_file`] is to follow: until then the
/// check names the file.
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

/// SHA-256 of a key file, hexadecimal.
pub(crate) fn digest_of(untrusted_file: &[u8]) -> String {
    hex::encode(Sha256::digest(untrusted_file))
}
