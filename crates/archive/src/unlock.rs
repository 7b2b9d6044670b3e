//! Finding and opening the acting member's key file.

use std::io;

use vidimus_seal::member::{self, MemberKeys};

use crate::files::NotAFile;
use crate::keyring::read_folder;
use crate::layout::Layout;

/// Why nobody was unlocked.
#[derive(Debug, thiserror::Error)]
pub enum UnlockError {
    /// No key file opens with this passphrase (and belongs to this name).
    #[error("no member with this name and passphrase")]
    NoSuchMember,
    /// The key store holds no member at all.
    #[error("the key store holds no member")]
    NoMembers,
    /// A member's key file is damaged, and no other opened.
    #[error("a member's key file is damaged")]
    Damaged,
    /// The key store cannot be read.
    #[error("the key store cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// The keys of the member with this passphrase, and with this name where one is given.
pub(crate) fn unlock(
    layout: &Layout,
    name: Option<&str>,
    passphrase: &str,
) -> Result<MemberKeys, UnlockError> {
    open_with(layout, name, |file| member::unlock(file, passphrase))
}

/// The keys of the member whose recovery sheet this is.
pub(crate) fn recover(
    layout: &Layout,
    name: Option<&str>,
    code: &vidimus_seal::RecoveryCode,
) -> Result<MemberKeys, UnlockError> {
    open_with(layout, name, |file| member::unlock_with_recovery(file, code))
}

fn open_with(
    layout: &Layout,
    name: Option<&str>,
    open: impl Fn(&[u8]) -> Result<MemberKeys, member::UnlockError>,
) -> Result<MemberKeys, UnlockError> {
    let files = read_folder(&layout.members())?;
    let (mut any, mut damaged, mut no_file) = (false, false, None);
    for file in files {
        if !file.to_string_lossy().ends_with(".json") {
            continue;
        }
        any = true;
        let untrusted = match crate::files::read(layout.members().join(file)) {
            Err(error) if NotAFile::within(&error).is_some() => {
                no_file = no_file.or(Some(error));
                continue;
            }
            read => read?,
        };
        // The hint in the file spares a slow passphrase check for most other people's files.
        if name.is_some_and(|name| matches!(member::could_be(&untrusted, name), Ok(false))) {
            continue;
        }
        match open(&untrusted) {
            Ok(keys) if name.is_none_or(|name| keys.is_called(name)) => return Ok(keys),
            Ok(_) => {}
            Err(member::UnlockError::WrongPassphrase | member::UnlockError::WrongRecoveryCode) => {}
            Err(_) => damaged = true,
        }
    }
    if let Some(error) = no_file {
        return Err(error.into());
    }
    Err(match (any, damaged) {
        (false, _) => UnlockError::NoMembers,
        (true, true) => UnlockError::Damaged,
        (true, false) => UnlockError::NoSuchMember,
    })
}
