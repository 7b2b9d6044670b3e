//! The question to an authority: please stamp this digest (RFC 3161, 2.4.1).

use der::Encode;
use der::asn1::{Any, Int, ObjectIdentifier, OctetString, Uint};
use sha2::{Digest, Sha256};
use x509_tsp::{MessageImprint, TimeStampReq, TspVersion};

use super::signature::Hash;

/// A request that asks for the authority's certificate and carries a nonce against replayed answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub(super) imprint: [u8; 32],
    pub(super) nonce: u64,
    pub(super) policy: Option<ObjectIdentifier>,
}

/// The policy is not a dotted object identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an object identifier: {0}")]
pub struct PolicyError(pub String);

impl Request {
    /// Asks for a stamp over the SHA-256 of `message`. The nonce must be random, and new for each request.
    pub fn new(message: &[u8], nonce: u64) -> Self {
        Self { imprint: Sha256::digest(message).into(), nonce, policy: None }
    }

    /// Asks for a policy, such as `1.3.6.1.4.1.99999.1`; without one the authority chooses.
    ///
    /// # Errors
    /// `policy` is not a dotted object identifier.
    pub fn with_policy(mut self, policy: &str) -> Result<Self, PolicyError> {
        let oid = ObjectIdentifier::new(policy).map_err(|_| PolicyError(policy.to_owned()))?;
        self.policy = Some(oid);
        Ok(self)
    }

    /// The body of the HTTP request, `application/timestamp-query`.
    pub fn to_der(&self) -> Vec<u8> {
        let request = TimeStampReq {
            version: TspVersion::V1,
            message_imprint: MessageImprint {
                hash_algorithm: x509_cert::spki::AlgorithmIdentifier {
                    oid: Hash::Sha256.oid(),
                    parameters: Some(Any::null()),
                },
                hashed_message: OctetString::new(self.imprint).expect("32 bytes fit any length"),
            },
            req_policy: self.policy,
            nonce: Some(self.nonce()),
            cert_req: true,
            extensions: None,
        };
        request.to_der().expect("every part was made here and is short")
    }

    pub(super) fn nonce(&self) -> Int {
        Uint::new(&self.nonce.to_be_bytes()).expect("8 bytes fit any length").into()
    }
}
