//! Ed25519 keys as records use them: strict, and named by their RFC 7638 thumbprint.

use std::sync::Arc;

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::note::sound_key;

/// Why bytes are not a usable public key or a signature does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not 32 bytes, not canonical, or of small order.
    #[error("not a sound Ed25519 public key")]
    BadKey,
    /// Not made by this key over these bytes, or not in canonical form.
    #[error("the signature does not hold")]
    BadSignature,
}

/// An Ed25519 public key that is canonical and not of small order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Accepts 32 bytes as a key.
    ///
    /// # Errors
    /// [`KeyError::BadKey`] if they are no point, not in canonical form, or a point of small order.
    pub fn from_bytes(untrusted: &[u8]) -> Result<Self, KeyError> {
        let key = untrusted.try_into().ok().and_then(sound_key);
        key.map(Self).ok_or(KeyError::BadKey)
    }

    /// The 32 bytes of RFC 8032.
    pub fn to_bytes(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The RFC 7638 thumbprint of the key as a JWK (RFC 8037, appendix A.3): 43 characters.
    pub fn key_id(&self) -> String {
        let x = B64.encode(self.0.as_bytes());
        B64.encode(Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)))
    }

    /// Checks a signature of 64 bytes strictly: no small-order parts, no second form of the same signature.
    ///
    /// # Errors
    /// [`KeyError::BadSignature`].
    pub fn verify(&self, message: &[u8], untrusted_signature: &[u8]) -> Result<(), KeyError> {
        let signature = Signature::from_slice(untrusted_signature).map_err(|_| KeyError::BadSignature)?;
        self.0.verify_strict(message, &signature).map_err(|_| KeyError::BadSignature)
    }
}

/// An Ed25519 secret key; wiped when the last copy is dropped, and never printed.
///
/// Signing is aws-lc's: receiving small files is mostly signing, and it takes two thirds of the time. Signatures are
/// deterministic (RFC 8032), so they are the same bytes whoever makes them.
#[derive(Clone)]
pub struct SigningKey(Arc<Inner>);

struct Inner {
    pair: Ed25519KeyPair,
    public: PublicKey,
    key_id: String,
}

impl SigningKey {
    /// The key of a 32-byte seed (RFC 8032 "private key").
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("any 32 bytes are a seed");
        let public = PublicKey(ed25519_dalek::SigningKey::from_bytes(seed).verifying_key());
        let key_id = public.key_id();
        Self(Arc::new(Inner { pair, public, key_id }))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        self.0.public
    }

    /// The key id of the public half.
    pub fn key_id(&self) -> &str {
        &self.0.key_id
    }

    /// Signs; 64 bytes.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.pair.sign(message).as_ref().try_into().expect("an Ed25519 signature has 64 bytes")
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.key_id())
    }
}
