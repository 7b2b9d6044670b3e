//! Which hashes and signatures are accepted, and the check of a signature.
//!
//! MD5 and SHA-1 are not: neither as imprint nor under a signature.

use der::asn1::ObjectIdentifier;
use rustls_pki_types::SignatureVerificationAlgorithm;
use sha2::{Digest, Sha256, Sha384, Sha512};
use webpki::EndEntityCert;
use webpki::aws_lc_rs as algorithms;

use super::StampError;
use super::token::TokenError;

/// Where an algorithm stands that is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The hash of the message.
    Imprint,
    /// The hash of what the authority signed.
    Digest,
    /// The signature itself.
    Signature,
    /// The hash by which the signature names the signer's certificate.
    Binding,
}

/// A hash of RFC 5754.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    const ALL: [Hash; 3] = [Hash::Sha256, Hash::Sha384, Hash::Sha512];

    pub(super) fn oid(self) -> ObjectIdentifier {
        ObjectIdentifier::new_unwrap(match self {
            Hash::Sha256 => "2.16.840.1.101.3.4.2.1",
            Hash::Sha384 => "2.16.840.1.101.3.4.2.2",
            Hash::Sha512 => "2.16.840.1.101.3.4.2.3",
        })
    }

    pub(super) fn from_oid(oid: ObjectIdentifier, part: Part) -> Result<Self, TokenError> {
        Hash::ALL
            .into_iter()
            .find(|hash| hash.oid() == oid)
            .ok_or_else(|| TokenError::Algorithm { part, oid: oid.to_string() })
    }

    pub(super) fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Hash::Sha256 => Sha256::digest(bytes).to_vec(),
            Hash::Sha384 => Sha384::digest(bytes).to_vec(),
            Hash::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// What an authority may sign tokens with, and what its chain may be signed with.
pub(super) static ACCEPTED: &[&dyn SignatureVerificationAlgorithm] = &[
    algorithms::RSA_PKCS1_2048_8192_SHA256,
    algorithms::RSA_PKCS1_2048_8192_SHA384,
    algorithms::RSA_PKCS1_2048_8192_SHA512,
    algorithms::RSA_PKCS1_2048_8192_SHA256_ABSENT_PARAMS,
    algorithms::RSA_PKCS1_2048_8192_SHA384_ABSENT_PARAMS,
    algorithms::RSA_PKCS1_2048_8192_SHA512_ABSENT_PARAMS,
    algorithms::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    algorithms::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    algorithms::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
    algorithms::ECDSA_P256_SHA256,
    algorithms::ECDSA_P256_SHA384,
    algorithms::ECDSA_P256_SHA512,
    algorithms::ECDSA_P384_SHA256,
    algorithms::ECDSA_P384_SHA384,
    algorithms::ECDSA_P384_SHA512,
    algorithms::ED25519,
];

/// Checks `signature` over `message` with the certificate's key.
///
/// `algorithm` is the content of the signer's signature AlgorithmIdentifier, `hash` the signer's digest algorithm.
pub(super) fn check(
    certificate: &EndEntityCert<'_>,
    algorithm: &[u8],
    hash: Hash,
    message: &[u8],
    signature: &[u8],
) -> Result<(), StampError> {
    let named: Vec<_> = if algorithm == RSA_ENCRYPTION {
        vec![rsa_pkcs1(hash)]
    } else {
        ACCEPTED
            .iter()
            .copied()
            .filter(|accepted| accepted.signature_alg_id().as_ref() == algorithm)
            .collect()
    };
    if named.is_empty() {
        return Err(StampError::Token(TokenError::Algorithm {
            part: Part::Signature,
            oid: first_oid(algorithm),
        }));
    }
    // One ECDSA identifier stands for several curves; only the key's own gets past the key check.
    let fits =
        named.into_iter().any(|accepted| certificate.verify_signature(accepted, message, signature).is_ok());
    fits.then_some(()).ok_or(StampError::Signature)
}

/// `rsaEncryption` with NULL parameters: in CMS the digest algorithm then names the hash (RFC 3370, 3.2).
const RSA_ENCRYPTION: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

fn rsa_pkcs1(hash: Hash) -> &'static dyn SignatureVerificationAlgorithm {
    match hash {
        Hash::Sha256 => algorithms::RSA_PKCS1_2048_8192_SHA256,
        Hash::Sha384 => algorithms::RSA_PKCS1_2048_8192_SHA384,
        Hash::Sha512 => algorithms::RSA_PKCS1_2048_8192_SHA512,
    }
}

fn first_oid(algorithm: &[u8]) -> String {
    super::elements::Elements::of(algorithm, "AlgorithmIdentifier")
        .and_then(|mut parts| parts.decode::<ObjectIdentifier>())
        .map(|oid| oid.to_string())
        .unwrap_or_default()
}
