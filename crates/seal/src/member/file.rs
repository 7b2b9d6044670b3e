//! The bytes of a member's key file, strict: one spelling, a checksum, and the sealed secrets at a fixed length.
//!
//! JSON, indented by two spaces, keys in this order, ended by a line feed; bytes in standard base64 with padding:
//!
//! | key | value |
//! |---|---|
//! | `version` | 1 |
//! | `name_hint` | `salt` (16 bytes), `byte` (number): the first byte of SHA-256(salt ‖ name in NFC) |
//! | `passphrase` | `kdf` = `argon2id` (version 0x13), `memory_kib`, `passes`, `lanes`, `salt` (16 bytes), `sealed` |
//! | `recovery` | `kdf` = `hkdf-sha256`, `salt` (16 bytes), `sealed` |
//! | `sha256` | hexadecimal SHA-256 over all values above in this order, as text, each followed by a line feed |
//!
//! `sealed` is ChaCha20-Poly1305 (nonce zero: the key is fresh with its salt) over 512 bytes with the associated data
//! `vidimus/member/v1/passphrase` or `vidimus/member/v1/recovery`. The key is Argon2id(passphrase in NFC, salt), 32 bytes, or
//! HKDF-SHA256(the code's 20 bytes, salt, "vidimus/recovery-lock/v1"). The 512 bytes are: id (8), Ed25519 seed (32), X25519
//! secret (32), length of the name (2, big-endian), the name in UTF-8, zeros; one length, so that the file does not tell the
//! name's.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use base64::{Engine as _, engine::general_purpose::STANDARD as B64};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{MAX_NAME, MemberId, MemberKeys, is_name};
use crate::{Identity, SigningSeed};

const VERSION: u32 = 1;
const PLAIN: usize = 512;
const TAG: usize = 16;
const NAME_AT: usize = 8 + 32 + 32 + 2;
const _: () = assert!(NAME_AT + MAX_NAME <= PLAIN);

/// A number, of salts and sealed bytes alike.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Bytes<const N: usize>(pub(super) [u8; N]);

pub(super) type Salt = Bytes<16>;
pub(super) type SealedKeys = Bytes<{ PLAIN + TAG }>;

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyFile {
    version: u32,
    pub(super) name_hint: NameHint,
    pub(super) passphrase: PassphraseLock,
    pub(super) recovery: RecoveryLock,
    sha256: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NameHint {
    salt: Salt,
    byte: u8,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PassphraseLock {
    pub(super) kdf: PassphraseKdf,
    pub(super) memory_kib: u32,
    pub(super) passes: u32,
    pub(super) lanes: u32,
    pub(super) salt: Salt,
    pub(super) sealed: SealedKeys,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) enum PassphraseKdf {
    #[serde(rename = "argon2id")]
    Argon2id,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecoveryLock {
    pub(super) kdf: RecoveryKdf,
    pub(super) salt: Salt,
    pub(super) sealed: SealedKeys,
}

#[derive(Clone, Serialize, Deserialize)]
pub(super) enum RecoveryKdf {
    #[serde(rename = "hkdf-sha256")]
    HkdfSha256,
}

/// Why bytes are not a sound key file.
pub(super) enum ReadError {
    NotAKeyFile,
    Version(u32),
    Damaged,
}

impl KeyFile {
    pub(super) fn new(name_hint: NameHint, passphrase: PassphraseLock, recovery: RecoveryLock) -> Self {
        let mut file = Self { version: VERSION, name_hint, passphrase, recovery, sha256: String::new() };
        file.sha256 = file.checksum();
        file
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).expect("a key file has no map with odd keys");
        bytes.push(b'\n');
        bytes
    }

    pub(super) fn read(untrusted: &[u8]) -> Result<Self, ReadError> {
        #[derive(Deserialize)]
        struct AnyVersion {
            version: u32,
        }
        let AnyVersion { version } = serde_json::from_slice(untrusted).map_err(|_| ReadError::NotAKeyFile)?;
        if version != VERSION {
            return Err(ReadError::Version(version));
        }
        let file: Self = serde_json::from_slice(untrusted).map_err(|_| ReadError::Damaged)?;
        // Written again it must be the same, so that no byte of it is out of the checksum's reach.
        if file.checksum() == file.sha256 && file.to_bytes() == untrusted {
            Ok(file)
        } else {
            Err(ReadError::Damaged)
        }
    }

    fn checksum(&self) -> String {
        let Self { version, name_hint, passphrase, recovery, sha256: _ } = self;
        let PassphraseLock { kdf: PassphraseKdf::Argon2id, memory_kib, passes, lanes, salt, sealed } =
            passphrase;
        let RecoveryLock { kdf: RecoveryKdf::HkdfSha256, salt: recovery_salt, sealed: recovery_sealed } =
            recovery;
        let values = [
            version.to_string(),
            name_hint.salt.to_text(),
            name_hint.byte.to_string(),
            "argon2id".to_owned(),
            memory_kib.to_string(),
            passes.to_string(),
            lanes.to_string(),
            salt.to_text(),
            sealed.to_text(),
            "hkdf-sha256".to_owned(),
            recovery_salt.to_text(),
            recovery_sealed.to_text(),
        ];
        hex::encode(Sha256::digest(values.map(|value| value + "\n").concat()))
    }
}

impl NameHint {
    /// `name` in NFC.
    pub(super) fn new(salt: Salt, name: &str) -> Self {
        let byte = Self::byte(&salt, name);
        Self { salt, byte }
    }

    pub(super) fn fits(&self, name: &str) -> bool {
        Self::byte(&self.salt, name) == self.byte
    }

    fn byte(salt: &Salt, name: &str) -> u8 {
        Sha256::new().chain_update(salt.0).chain_update(name).finalize()[0]
    }
}

/// Which of the two locks sealed bytes belong to.
#[derive(Clone, Copy)]
pub(super) enum Which {
    Passphrase,
    Recovery,
}

impl Which {
    fn aad(self) -> Aad<&'static [u8]> {
        Aad::from(match self {
            Self::Passphrase => b"vidimus/member/v1/passphrase",
            Self::Recovery => b"vidimus/member/v1/recovery",
        })
    }
}

/// Seals the secrets; the key must be fresh.
pub(super) fn seal(keys: &MemberKeys, key: &[u8; 32], which: Which) -> SealedKeys {
    let mut sealed = [0; PLAIN + TAG];
    let (plain, tag) = sealed.split_at_mut(PLAIN);
    plain[..8].copy_from_slice(keys.id.bytes());
    plain[8..40].copy_from_slice(keys.signing.bytes());
    plain[40..72].copy_from_slice(keys.identity.secret_bytes());
    plain[72..NAME_AT].copy_from_slice(&(keys.name.len() as u16).to_be_bytes());
    plain[NAME_AT..][..keys.name.len()].copy_from_slice(keys.name.as_bytes());
    let made = cipher(key).seal_in_place_separate_tag(nonce(), which.aad(), plain);
    tag.copy_from_slice(made.expect("512 bytes are within the cipher's limit").as_ref());
    Bytes(sealed)
}

/// What came of sealed bytes.
pub(super) enum Opening {
    WrongKey,
    /// Somebody with the key sealed something else.
    Nonsense,
    Keys(MemberKeys),
}

pub(super) fn open(sealed: &SealedKeys, key: &[u8; 32], which: Which) -> Opening {
    let mut bytes = Zeroizing::new(sealed.0);
    match cipher(key).open_in_place(nonce(), which.aad(), bytes.as_mut()) {
        Ok(plain) => parse(plain).map_or(Opening::Nonsense, Opening::Keys),
        Err(_) => Opening::WrongKey,
    }
}

fn parse(plain: &[u8]) -> Option<MemberKeys> {
    let (id, rest) = plain.split_first_chunk()?;
    let (seed, rest) = rest.split_first_chunk()?;
    let (secret, rest) = rest.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (name, zeros) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    let name = std::str::from_utf8(name).ok().filter(|name| is_name(name))?;
    zeros.iter().all(|&byte| byte == 0).then(|| MemberKeys {
        id: MemberId::from_bytes(*id),
        name: name.to_owned(),
        signing: SigningSeed::from_bytes(seed),
        identity: Identity::from_secret_bytes(secret),
    })
}

fn cipher(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key).expect("the key has 32 bytes"))
}

fn nonce() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

impl<const N: usize> Bytes<N> {
    fn to_text(&self) -> String {
        B64.encode(self.0)
    }
}

impl<const N: usize> Serialize for Bytes<N> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.to_text())
    }
}

impl<'de, const N: usize> Deserialize<'de> for Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let bytes = B64.decode(text).map_err(|_| D::Error::custom("not base64"))?;
        bytes.try_into().map(Self).map_err(|_| D::Error::custom("a wrong number of bytes"))
    }
}
