//! Finding and opening the acting member's key file.

use std::io;

use vidimus_seal::member::{self, MemberKeys};

use crate::files::NotAFile;
use crate::keyring::read_folder;
use crate::layout::Layout;

/// A key file is some two thousand bytes. What is far larger is not read, because every command looks at all of them.
const MAX_KEY_FILE: u64 = 64 << 10;

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
    let (mut any, mut damaged, mut no_file, mut waiting) = (false, false, None, None);
    for file in files {
        if !file.to_string_lossy().ends_with(".json") {
            continue;
        }
        any = true;
        let untrusted = match crate::files::read_at_most(&layout.members().join(file), MAX_KEY_FILE) {
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
            Ok(keys) if name.is_some_and(|name| !keys.is_called(name)) => {}
            Ok(keys) if is_let_in(layout, &keys)? => return Ok(keys),
            // Of somebody who was proposed and not agreed to yet: the same person may have another file.
            Ok(keys) => waiting = waiting.or(Some(keys)),
            Err(member::UnlockError::WrongPassphrase | member::UnlockError::WrongRecoveryCode) => {}
            Err(_) => damaged = true,
        }
    }
    if let Some(error) = no_file {
        return Err(error.into());
    }
    if let Some(keys) = waiting {
        return Ok(keys);
    }
    Err(match (any, damaged) {
        (false, _) => UnlockError::NoMembers,
        (true, true) => UnlockError::Damaged,
        (true, false) => UnlockError::NoSuchMember,
    })
}

/// Was anything ever wrapped for this member?
fn is_let_in(layout: &Layout, keys: &MemberKeys) -> io::Result<bool> {
    let (held, wrap) = (layout.held(), format!("{}.age", keys.id));
    Ok(read_folder(&held)?.into_iter().any(|key| held.join(key).join(&wrap).is_file()))
}

#[cfg(test)]
mod tests {
    use vidimus_seal::member::{KdfParams, MemberKeys, lock};
    use vidimus_seal::{Entropy, RecoveryCode};

    use super::unlock;
    use crate::files;
    use crate::layout::Layout;

    #[test]
    fn a_planted_file_keeps_nobody_out_and_is_named_where_nobody_else_is_let_in() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        files::make_folder(&layout.members()).unwrap();
        let planted = layout.members().join("0000000000000000.json");
        std::fs::File::create(&planted).unwrap().set_len(super::MAX_KEY_FILE + 1).unwrap();
        let Err(super::UnlockError::Io(refused)) = unlock(&layout, None, "six small words") else { panic!() };
        assert_eq!(files::NotAFile::within(&refused).unwrap().path, planted);
        let mut entropy = Entropy::from_seed(&[4; 32]);
        let keys = MemberKeys::generate("Богдан", &mut entropy).unwrap();
        let (code, kdf) =
            (RecoveryCode::generate(&mut entropy), KdfParams { memory_kib: 64, passes: 1, lanes: 1 });
        let file = lock(&keys, "six small words", &code, &kdf, &mut entropy).unwrap();
        let id = vidimus_model::MemberId::from_bytes(*keys.id.bytes());
        files::replace(&layout.member(id), &file).unwrap();
        files::replace(
            &layout.wrap(vidimus_model::KeyId::from_bytes([7; 8]), &keys.id.to_string()),
            b"a wrap",
        )
        .unwrap();
        assert_eq!(unlock(&layout, None, "six small words").unwrap().id, keys.id);
    }

    #[test]
    fn of_two_files_of_one_name_and_passphrase_the_one_that_was_let_in_unlocks() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let mut entropy = Entropy::from_seed(&[3; 32]);
        let mut all: Vec<MemberKeys> =
            (0..4).map(|_| MemberKeys::generate("Богдан", &mut entropy).unwrap()).collect();
        for keys in &all {
            let (code, kdf) =
                (RecoveryCode::generate(&mut entropy), KdfParams { memory_kib: 64, passes: 1, lanes: 1 });
            let file = lock(keys, "six small words", &code, &kdf, &mut entropy).unwrap();
            files::replace(&layout.member(vidimus_model::MemberId::from_bytes(*keys.id.bytes())), &file)
                .unwrap();
        }
        all.sort_by_key(|keys| keys.id.to_string());
        let who = || unlock(&layout, Some("Богдан"), "six small words").unwrap().id;
        let waiting = all.iter().map(|keys| keys.id).collect::<Vec<_>>();
        assert!(waiting.contains(&who()), "nobody was let in");
        for admitted in &waiting {
            let wrap = layout.wrap(vidimus_model::KeyId::from_bytes([7; 8]), &admitted.to_string());
            files::replace(&wrap, b"a wrap").unwrap();
            assert_eq!(who(), *admitted);
            files::remove(&wrap).unwrap();
        }
    }
}
