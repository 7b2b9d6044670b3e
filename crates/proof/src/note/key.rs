//! The keys of notes: their names, their public halves, and the signer that holds the secret half.

use std::fmt;
use std::str::FromStr;

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use super::Signature;

/// The name of a key; an archive's origin is one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

/// Why a text cannot be the name of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is no text.
    #[error("a name cannot be empty")]
    Empty,
    /// A space of any script, a plus, a line break or another control character.
    #[error("a name cannot contain {0:?}")]
    Character(char),
}

/// Checks the rule for names of keys: not empty, no Unicode space, no plus (C2SP signed-note, "Format").
///
/// Control characters are refused too: a note could not carry most of them, and none can be read aloud.
pub fn check_name(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    match name.chars().find(|&c| c == '+' || c.is_whitespace() || c.is_control()) {
        Some(character) => Err(NameError::Character(character)),
        None => Ok(()),
    }
}

impl KeyName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = NameError;

    fn from_str(untrusted_name: &str) -> Result<Self, NameError> {
        check_name(untrusted_name)?;
        Ok(Self(untrusted_name.to_owned()))
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a key signs, and how (C2SP signed-note, "Signature types").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// `0x01`: Ed25519 over the text of a note.
    Ed25519,
    /// `0x04`: a time and Ed25519 over that time and a checkpoint (cosignature/v1).
    CosignatureV1,
    /// `0x06`: a time and ML-DSA-44 over a checkpoint. Its keys are recognised; its signatures are not supported by this verifier.
    MlDsa44,
}

impl Algorithm {
    /// The signature type identifier byte.
    pub fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::CosignatureV1 => 0x04,
            Self::MlDsa44 => 0x06,
        }
    }
}

/// The public half of a named key (C2SP "vkey"): `<name>+<hex key id>+<base64 of type and key>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct VerifierKey {
    name: KeyName,
    id: u32,
    key: PublicKey,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum PublicKey {
    Ed25519(Algorithm, VerifyingKey),
    MlDsa44(Box<[u8; ML_DSA_44_KEY]>),
}

/// Bytes of an ML-DSA-44 public key (FIPS 204, table 2).
const ML_DSA_44_KEY: usize = 1312;

/// Why a text is not a verifier key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is not three parts joined by plus signs, or the identifier or the key is not written as it must be.
    #[error("not written as <name>+<key id>+<key>")]
    Form,
    /// The name breaks the rule of names.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A type of key that is neither read nor recognised here.
    #[error("keys of type {0:#04x} are not known")]
    Type(u8),
    /// The key has the wrong length, or is a point that could pass for another or for none:
    /// of small order, or not written canonically (RFC 8032, section 5.1.3).
    #[error("not a sound public key")]
    PublicKey,
    /// The identifier is not the one of this name and key.
    #[error("the key id is {found:08x}, but this name and key make {computed:08x}")]
    Id {
        /// What stands in the text.
        found: u32,
        /// What name, type and key hash to.
        computed: u32,
    },
}

impl VerifierKey {
    /// The key of this name for plain note signatures ([`Algorithm::Ed25519`]).
    pub fn ed25519(name: KeyName, untrusted_key: &[u8; 32]) -> Result<Self, KeyError> {
        Self::new(name, Algorithm::Ed25519, untrusted_key)
    }

    /// The key of this name for cosignatures ([`Algorithm::CosignatureV1`]).
    pub fn cosignature_v1(name: KeyName, untrusted_key: &[u8; 32]) -> Result<Self, KeyError> {
        Self::new(name, Algorithm::CosignatureV1, untrusted_key)
    }

    fn new(name: KeyName, algorithm: Algorithm, untrusted_key: &[u8]) -> Result<Self, KeyError> {
        let key = match algorithm {
            Algorithm::Ed25519 | Algorithm::CosignatureV1 => {
                let bytes = untrusted_key.try_into().map_err(|_| KeyError::PublicKey)?;
                PublicKey::Ed25519(algorithm, sound_key(bytes).ok_or(KeyError::PublicKey)?)
            }
            Algorithm::MlDsa44 => {
                let bytes: [u8; _] = untrusted_key.try_into().map_err(|_| KeyError::PublicKey)?;
                PublicKey::MlDsa44(Box::new(bytes))
            }
        };
        let mut key = Self { name, id: 0, key };
        key.id = key.compute_id();
        Ok(key)
    }

    /// The name of the key.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The short identifier that stands in signatures; it identifies, but does not protect.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// What the key signs, and how.
    pub fn algorithm(&self) -> Algorithm {
        match &self.key {
            PublicKey::Ed25519(algorithm, _) => *algorithm,
            PublicKey::MlDsa44(_) => Algorithm::MlDsa44,
        }
    }

    /// The encoded public key: 32 bytes of Ed25519 or 1312 of ML-DSA-44.
    pub fn public_key(&self) -> &[u8] {
        match &self.key {
            PublicKey::Ed25519(_, key) => key.as_bytes(),
            PublicKey::MlDsa44(key) => &**key,
        }
    }

    /// Whether `message` was signed by this Ed25519 key; never for other keys.
    pub(crate) fn signed(&self, message: &[u8], untrusted_signature: &[u8]) -> bool {
        match (&self.key, ed25519_dalek::Signature::from_slice(untrusted_signature)) {
            (PublicKey::Ed25519(_, key), Ok(signature)) => key.verify_strict(message, &signature).is_ok(),
            _ => false,
        }
    }

    fn compute_id(&self) -> u32 {
        let digest: [u8; 32] = Sha256::new()
            .chain_update(self.name.as_str())
            .chain_update([b'\n', self.algorithm().byte()])
            .chain_update(self.public_key())
            .finalize()
            .into();
        u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(untrusted_vkey: &str) -> Result<Self, KeyError> {
        // A name has no plus; the base64 of the key may.
        let mut parts = untrusted_vkey.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Form);
        };
        let id = id_from_hex(id).ok_or(KeyError::Form)?;
        let key = STANDARD.decode(key).map_err(|_| KeyError::Form)?;
        let (&kind, key) = key.split_first().ok_or(KeyError::Form)?;
        let algorithm = [Algorithm::Ed25519, Algorithm::CosignatureV1, Algorithm::MlDsa44]
            .into_iter()
            .find(|algorithm| algorithm.byte() == kind)
            .ok_or(KeyError::Type(kind))?;
        let key = Self::new(name.parse()?, algorithm, key)?;
        if key.id != id {
            return Err(KeyError::Id { found: id, computed: key.id });
        }
        Ok(key)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![self.algorithm().byte()];
        key.extend_from_slice(self.public_key());
        write!(f, "{}+{:08x}+{}", self.name, self.id, STANDARD.encode(key))
    }
}

/// An Ed25519 key that is canonical and not of small order; records and notes take the same.
pub(crate) fn sound_key(untrusted_key: &[u8; 32]) -> Option<VerifyingKey> {
    let key = VerifyingKey::from_bytes(untrusted_key).ok()?;
    // The decoder accepts a coordinate that was not reduced; encoding the point again tells.
    let canonical = key.to_edwards().compress().to_bytes() == *untrusted_key;
    (canonical && !key.is_weak()).then_some(key)
}

fn id_from_hex(text: &str) -> Option<u32> {
    let canonical = text.len() == 8 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    canonical.then(|| u32::from_str_radix(text, 16).ok())?
}

/// The secret half of a named Ed25519 key that signs notes. The secret is wiped when it goes out of scope.
pub struct Signer {
    key: SigningKey,
    verifier: VerifierKey,
}

impl Signer {
    /// The signer whose secret is this seed (RFC 8032, section 5.1.5), which the caller keeps or wipes.
    pub fn new(name: KeyName, seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let verifier = VerifierKey::ed25519(name, key.verifying_key().as_bytes())
            .expect("a public key made from a seed is canonical and of large order");
        Self { key, verifier }
    }

    /// The public half.
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs the text of a note, which ends with a newline.
    pub fn sign(&self, text: &str) -> Signature {
        let bytes = self.key.sign(text.as_bytes()).to_bytes().to_vec();
        Signature::new(self.verifier.name.clone(), self.verifier.id, bytes)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.verifier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::{Note, VerifyError};

    #[test]
    fn names_have_no_spaces_pluses_or_controls() {
        assert_eq!(check_name("archive.example/2"), Ok(()));
        assert_eq!(check_name("архів.example"), Ok(()));
        assert_eq!(check_name(""), Err(NameError::Empty));
        for bad in ['+', ' ', '\n', '\t', '\u{a0}', '\u{2003}', '\u{3000}', '\0', '\u{85}'] {
            assert_eq!(check_name(&format!("a{bad}b")), Err(NameError::Character(bad)));
        }
    }

    #[test]
    fn keys_that_are_no_keys_are_refused() {
        let name: KeyName = "archive.example".parse().unwrap();
        // The identity, in canonical form and with its sign bit set; a point of order 4; y = p + 3, not reduced.
        let identity = {
            let mut key = [0; 32];
            key[0] = 1;
            key
        };
        let signed_identity = {
            let mut key = identity;
            key[31] = 0x80;
            key
        };
        let order_four = [0; 32];
        let not_reduced = {
            let mut key = [0xff; 32];
            key[0] = 0xf0;
            key[31] = 0x7f;
            key
        };
        for key in [identity, signed_identity, order_four, not_reduced] {
            assert_eq!(VerifierKey::ed25519(name.clone(), &key), Err(KeyError::PublicKey));
        }
    }

    #[test]
    fn the_decoder_would_take_a_coordinate_that_is_not_reduced() {
        // y = 3 is on the curve, so y = p + 3 shows that the second check is needed.
        let mut key = [0xff; 32];
        key[0] = 0xf0;
        key[31] = 0x7f;
        assert!(VerifyingKey::from_bytes(&key).is_ok());
    }

    #[test]
    fn a_key_id_that_does_not_belong_is_refused() {
        let key = Signer::new("archive.example".parse().unwrap(), &[1; 32]).verifier_key().clone();
        let vkey = key.to_string();
        assert_eq!(vkey.parse(), Ok(key.clone()));
        let other = vkey.replace(&format!("{:08x}", key.id()), "00000000");
        assert!(matches!(other.parse::<VerifierKey>(), Err(KeyError::Id { found: 0, .. })));
        let upper = vkey.replace(&format!("{:08x}", key.id()), &format!("{:08X}", key.id()));
        assert!(upper == vkey || upper.parse::<VerifierKey>() == Err(KeyError::Form));
    }

    #[test]
    fn an_ml_dsa_key_is_recognised_and_never_counted() {
        let name: KeyName = "witness.example/pq".parse().unwrap();
        let key = VerifierKey::new(name, Algorithm::MlDsa44, &[7; ML_DSA_44_KEY]).unwrap();
        assert_eq!(key.to_string().parse(), Ok(key.clone()));
        let signer = Signer::new("archive.example".parse().unwrap(), &[1; 32]);
        let note = Note::sign("text\n".into(), &signer).unwrap();
        assert_eq!(note.verify(&key), Err(VerifyError::NotSupported));
    }
}
