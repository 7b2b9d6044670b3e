//! Locking, unlocking and relocking a member's key file.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use zeroize::Zeroizing;

use super::{
    MemberKeys, MemberNameError,
    file::{
        self, Bytes, KeyFile, NameHint, Opening, PassphraseKdf, PassphraseLock, ReadError, RecoveryKdf,
        RecoveryLock, Salt, Which,
    },
    is_name, normal_form,
};
use crate::{Entropy, RecoveryCode, kdf::hkdf};

const RECOVERY_INFO: &[u8] = b"vidimus/recovery-lock/v1";

/// What a guess of the passphrase costs: Argon2id, RFC 9106.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KdfParams {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl KdfParams {
    /// What is accepted, also from a file: at most 1 GiB, 16 passes and 16 lanes, so that a foreign file cannot exhaust the
    /// machine; at least what Argon2 itself asks (8 KiB a lane).
    fn check(self) -> Result<Params, ()> {
        let sane = self.memory_kib <= 1024 * 1024 && self.passes <= 16 && self.lanes <= 16;
        Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).ok().filter(|_| sane).ok_or(())
    }
}

/// 64 MiB and 3 passes: the second recommended option of RFC 9106, section 4, but with one lane instead of four. Our Argon2
/// fills lanes one after the other, so that more lanes would help only a guesser with more processors.
impl Default for KdfParams {
    fn default() -> Self {
        Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 }
    }
}

/// Why a key file was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// The name is none.
    #[error(transparent)]
    Name(#[from] MemberNameError),
    /// Parameters outside what would be accepted when unlocking.
    #[error("unusable Argon2id parameters {0:?}")]
    Params(KdfParams),
}

/// Why a key file does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnlockError {
    /// The file is whole, so the passphrase is not its (or somebody changed the file and its checksum too).
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// The file is whole, so the code is not its.
    #[error("wrong recovery code")]
    WrongRecoveryCode,
    /// The file's checksum does not hold: no passphrase would open it. A copy from a backup will.
    #[error("the key file is damaged")]
    Damaged,
    /// Not a member's key file at all.
    #[error("not a member's key file")]
    NotAKeyFile,
    /// A version this program does not know.
    #[error("a key file of version {0}")]
    Version(u32),
    /// The file asks for more memory or passes than is reasonable.
    #[error("unusable Argon2id parameters {0:?}")]
    Params(KdfParams),
}

/// What a member opens a key file with.
#[derive(Clone, Copy)]
pub enum Opener<'a> {
    /// What the member remembers.
    Passphrase(&'a str),
    /// What was printed.
    Recovery(&'a RecoveryCode),
}

/// Makes a member's key file. In clear it holds no name, only one byte derived from it: enough to skip other people's files, too
/// little to confirm a name (it fits one in 256).
///
/// # Errors
/// Any [`LockError`].
pub fn lock(
    keys: &MemberKeys,
    passphrase: &str,
    code: &RecoveryCode,
    params: &KdfParams,
    entropy: &mut Entropy,
) -> Result<Vec<u8>, LockError> {
    if !is_name(&keys.name) {
        return Err(MemberNameError.into());
    }
    let hint = NameHint::new(fresh_salt(entropy), &keys.name);
    let by_passphrase =
        lock_passphrase(keys, passphrase, *params, entropy).map_err(|()| LockError::Params(*params))?;
    let salt = fresh_salt(entropy);
    let sealed = file::seal(keys, &recovery_key(code, &salt), Which::Recovery);
    let by_recovery = RecoveryLock { kdf: RecoveryKdf::HkdfSha256, salt, sealed };
    Ok(KeyFile::new(hint, by_passphrase, by_recovery).to_bytes())
}

/// Opens a key file with the passphrase.
///
/// # Errors
/// Any [`UnlockError`] but [`UnlockError::WrongRecoveryCode`].
pub fn unlock(untrusted_file: &[u8], passphrase: &str) -> Result<MemberKeys, UnlockError> {
    open(&KeyFile::read(untrusted_file)?, Opener::Passphrase(passphrase))
}

/// Opens a key file with the code of the printed sheet.
///
/// # Errors
/// Any [`UnlockError`] but [`UnlockError::WrongPassphrase`] and [`UnlockError::Params`].
pub fn unlock_with_recovery(untrusted_file: &[u8], code: &RecoveryCode) -> Result<MemberKeys, UnlockError> {
    open(&KeyFile::read(untrusted_file)?, Opener::Recovery(code))
}

/// A key file for a new passphrase; the printed sheet stays good, and the name's hint stays the same (a fresh one would tell
/// another byte to who has both files). Old copies of the file still open with the old passphrase.
///
/// # Errors
/// Any [`UnlockError`]; [`UnlockError::Params`] also for `params`.
pub fn relock(
    untrusted_file: &[u8],
    with: Opener<'_>,
    new_passphrase: &str,
    params: &KdfParams,
    entropy: &mut Entropy,
) -> Result<Vec<u8>, UnlockError> {
    let file = KeyFile::read(untrusted_file)?;
    let keys = open(&file, with)?;
    let by_passphrase = lock_passphrase(&keys, new_passphrase, *params, entropy)
        .map_err(|()| UnlockError::Params(*params))?;
    Ok(KeyFile::new(file.name_hint, by_passphrase, file.recovery).to_bytes())
}

/// Whether the file may be that of a member of this name: false for 255 of 256 others, so that a passphrase need not be tried on
/// every file.
///
/// # Errors
/// [`UnlockError::Damaged`], [`UnlockError::NotAKeyFile`], [`UnlockError::Version`].
pub fn could_be(untrusted_file: &[u8], name: &str) -> Result<bool, UnlockError> {
    Ok(KeyFile::read(untrusted_file)?.name_hint.fits(&normal_form(name)))
}

fn open(file: &KeyFile, with: Opener<'_>) -> Result<MemberKeys, UnlockError> {
    let (opening, wrong) = match with {
        Opener::Passphrase(passphrase) => {
            let PassphraseLock { kdf: PassphraseKdf::Argon2id, memory_kib, passes, lanes, salt, sealed } =
                &file.passphrase;
            let params = KdfParams { memory_kib: *memory_kib, passes: *passes, lanes: *lanes };
            let key = passphrase_key(passphrase, salt, params).map_err(|()| UnlockError::Params(params))?;
            (file::open(sealed, &key, Which::Passphrase), UnlockError::WrongPassphrase)
        }
        Opener::Recovery(code) => {
            let RecoveryLock { kdf: RecoveryKdf::HkdfSha256, salt, sealed } = &file.recovery;
            (file::open(sealed, &recovery_key(code, salt), Which::Recovery), UnlockError::WrongRecoveryCode)
        }
    };
    match opening {
        Opening::Keys(keys) => Ok(keys),
        Opening::WrongKey => Err(wrong),
        Opening::Nonsense => Err(UnlockError::Damaged),
    }
}

fn lock_passphrase(
    keys: &MemberKeys,
    passphrase: &str,
    params: KdfParams,
    entropy: &mut Entropy,
) -> Result<PassphraseLock, ()> {
    let salt = fresh_salt(entropy);
    let sealed = file::seal(keys, &*passphrase_key(passphrase, &salt, params)?, Which::Passphrase);
    let KdfParams { memory_kib, passes, lanes } = params;
    Ok(PassphraseLock { kdf: PassphraseKdf::Argon2id, memory_kib, passes, lanes, salt, sealed })
}

fn passphrase_key(passphrase: &str, salt: &Salt, params: KdfParams) -> Result<Zeroizing<[u8; 32]>, ()> {
    let params = params.check()?;
    let mut memory = Zeroizing::new(vec![Block::new(); params.block_count()]);
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(
            normal_form(passphrase).as_bytes(),
            &salt.0,
            key.as_mut(),
            &mut memory[..],
        )
        .map_err(drop)?;
    Ok(key)
}

fn recovery_key(code: &RecoveryCode, salt: &Salt) -> Zeroizing<[u8; 32]> {
    hkdf(code.bytes(), &salt.0, &[RECOVERY_INFO])
}

fn fresh_salt(entropy: &mut Entropy) -> Salt {
    Bytes(entropy.bytes())
}

impl From<ReadError> for UnlockError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::NotAKeyFile => Self::NotAKeyFile,
            ReadError::Version(version) => Self::Version(version),
            ReadError::Damaged => Self::Damaged,
        }
    }
}
