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
    pub fn with_policy(self, policy: &str) -> Result<Self, PolicyError> {
        let oid = identifier(policy).ok_or_else(|| PolicyError(policy.to_owned()))?;
        Ok(Self { policy: Some(oid), ..self })
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

/// The object identifier of this text; one has one text.
///
/// Not by the library's own reader of texts: there a number beyond 2^32 wraps round, so that another policy would be asked
/// for, and one beyond 2^28 makes an identifier that cannot be shown. Its reader of bytes refuses these.
fn identifier(text: &str) -> Option<ObjectIdentifier> {
    let arcs: Vec<u32> = text.split('.').map(|arc| arc.parse().ok()).collect::<Option<_>>()?;
    let written = ObjectIdentifier::from_arcs(arcs).ok()?;
    let read = ObjectIdentifier::from_bytes(written.as_bytes()).ok()?;
    (read.to_string() == text).then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_asked_for_as_it_is_written_or_not_at_all() {
        let asked = |policy: &str| Request::new(b"", 0).with_policy(policy).map(|request| request.policy);
        for good in ["1.3.6.1.4.1.99999.1", "0.4.0.2023.1.1", "1.2.268435455", "2.5.29.32.0"] {
            assert_eq!(asked(good).unwrap().unwrap().to_string(), good);
        }
        let (long_number, many_numbers) =
            (format!("1.3.{}", "5".repeat(100_000)), "1.".repeat(100_000) + "1");
        for bad in [
            "1.3.4294967295",
            "1.3.4294967296",
            "1.3.55555555556.1",
            &long_number,
            &many_numbers,
            "",
            ".",
            "1",
            "1.",
            "1..2",
            "1.2.",
            "01.2.3",
            "1.2.+3",
            "1.2.3 ",
            "1.40.1",
            "3.1.1",
            "anyPolicy",
        ] {
            assert_eq!(asked(bad), Err(PolicyError(bad.to_owned())), "{bad:.40}");
        }
    }
}
