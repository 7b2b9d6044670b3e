//! A member's passphrase and recovery sheet: changed, and got back with the sheet.

use std::io;
use std::path::Path;

use sha2::{Digest as _, Sha256};
use vidimus_model::{Change, CompartmentId, MemberFile, MemberId};
use vidimus_seal::member::{self, LockError, Opener};
use vidimus_seal::{Entropy, KdfParams, RecoveryCode};

use crate::door::Act;
use crate::layout::Layout;
use crate::unlock::{self, UnlockError};
use crate::{Archive, DoorError, FoldError, key_file};

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
    /// It is changed, and that it is could not be recorded; or it is a backup's, in which nothing is changed.
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
    /// still open with the old one until those are refreshed.
    ///
    /// # Errors
    /// `current` is not the member's passphrase, or the key store cannot be written.
    pub fn change_passphrase(
        &mut self,
        current: &str,
        new: &str,
        kdf: &KdfParams,
    ) -> Result<(), PassphraseError> {
        self.is_no_backup()?;
        let path = self.layout.member(self.keyring.member());
        let untrusted = crate::files::read(&path)?;
        let file = member::relock(&untrusted, Opener::Passphrase(current), new, kdf, &mut self.entropy)?;
        key_file::replace(&self.layout, self.keyring.member_keys(), &file)?;
        self.record_key_file()
    }

    /// Records which key file of the acting member is the newest, so that an older one in its place is noticed; nothing where that
    /// stands. Where the archive went back nothing is recorded, and the next command that records something does it.
    ///
    /// # Errors
    /// Nothing could be recorded; the file is changed nevertheless.
    pub fn record_key_file(&mut self) -> Result<(), PassphraseError> {
        if self.went_back.is_some() {
            return Ok(());
        }
        let me = self.keyring.member();
        let sha256 = digest_of(&crate::files::read(self.layout.member(me))?);
        self.refresh_register()?;
        if self.register.key_files.get(&me) != Some(&sha256) {
            let change = Change::MemberFile(MemberFile { member: me, sha256 });
            self.act(|archive| -> Result<Act, PassphraseError> {
                let draft = archive.in_register(change.clone())?;
                Ok(Act::of(vec![draft], vec![CompartmentId::register()]))
            })?;
            self.refresh_register()?;
        }
        Ok(key_file::forget(&self.layout, me)?)
    }

    /// Records the key file that an interrupted change of passphrase or sheet has left.
    ///
    /// # Errors
    /// As [`Archive::record_key_file`].
    pub fn finish_key_file(&mut self) -> Result<(), PassphraseError> {
        let me = self.keyring.member();
        if self.went_back.is_some() || !key_file::is_noted(&self.layout, me) {
            return Ok(());
        }
        let there = digest_of(&crate::files::read(self.layout.member(me))?);
        let noted = key_file::noted(&self.layout, me, &self.keyring.signing().public());
        match noted.is_some_and(|noted| noted.to == there) {
            true => self.record_key_file(),
            false => Ok(key_file::forget(&self.layout, me)?),
        }
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
        let code = RecoveryCode::generate(&mut self.entropy);
        self.renew_recovery_with(passphrase, kdf, &code)?;
        Ok(code)
    }

    /// The same with a code that is on a sheet already; nothing is changed where that opens the key file.
    ///
    /// # Errors
    /// As [`Archive::renew_recovery`].
    pub fn renew_recovery_with(
        &mut self,
        passphrase: &str,
        kdf: &KdfParams,
        code: &RecoveryCode,
    ) -> Result<(), PassphraseError> {
        self.is_no_backup()?;
        let path = self.layout.member(self.keyring.member());
        // A mistyped passphrase would otherwise become the new one.
        let untrusted = crate::files::read(&path)?;
        member::unlock(&untrusted, passphrase)?;
        if member::unlock_with_recovery(&untrusted, code).is_err() {
            let file = member::lock(self.keyring.member_keys(), passphrase, code, kdf, &mut self.entropy)?;
            key_file::replace(&self.layout, self.keyring.member_keys(), &file)?;
        }
        self.record_key_file()
    }

    /// A code for a sheet that is not made yet.
    pub fn new_code(&mut self) -> RecoveryCode {
        RecoveryCode::generate(&mut self.entropy)
    }

    /// Does the sheet with this code open the acting member's keys?
    ///
    /// # Errors
    /// The key store cannot be read.
    pub fn opens_with_sheet(&self, code: &RecoveryCode) -> io::Result<bool> {
        let untrusted = crate::files::read(self.layout.member(self.keyring.member()))?;
        Ok(member::unlock_with_recovery(&untrusted, code).is_ok())
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
    if crate::backup::is_backup(folder) {
        return Err(DoorError::IsBackup.into());
    }
    crate::links::refuse(&layout)?;
    let keys = unlock::recover(&layout, name, code)?;
    let id = MemberId::from_bytes(*keys.id.bytes());
    let path = layout.member(id);
    let mut entropy = Entropy::from_os().map_err(io::Error::other)?;
    let file = member::relock(&crate::files::read(&path)?, Opener::Recovery(code), new, kdf, &mut entropy)?;
    key_file::replace(&layout, &keys, &file)?;
    Ok(id)
}

/// SHA-256 of a key file, hexadecimal.
pub(crate) fn digest_of(untrusted_file: &[u8]) -> String {
    hex::encode(Sha256::digest(untrusted_file))
}
