//! Reading a record: every byte must be where the format puts it, so one record has one text.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::Value;

use super::{DIGEST_STEP, Disclosure, KeyError, PublicKey, Record};
use crate::json;

/// More than any record needs; protects the reader of a stranger's file.
const MAX_TEXT: usize = 16 << 20;

/// Why a text is not a record.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Longer than any record.
    #[error("the record is too long")]
    TooLong,
    /// Not `<JWT>~<disclosure>~…~`, or a part is not canonical base64url.
    #[error("the record is not an SD-JWT in compact form")]
    NotSdJwt,
    /// The header is not byte for byte the one of a Vidimus record.
    #[error("the record's header is not that of a Vidimus record")]
    Header,
    /// The payload is not byte for byte of the form that the format gives.
    #[error("the record's payload does not have the form of a Vidimus record")]
    Payload,
    /// A disclosure is not `[salt, name, value]` in strict JSON.
    #[error("field {0} of the record is malformed")]
    Disclosure(usize),
    /// A field was opened that the signed part does not know: a forgery.
    #[error("the field {0:?} is not part of the signed record")]
    Forged(String),
    /// A field stands twice.
    #[error("the field {0:?} stands twice")]
    Repeated(String),
    /// Fields are not in ascending order of their names, so the text has been changed.
    #[error("the fields of the record are not in order")]
    Order,
}

/// Why a well-formed record is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Another archive's record.
    #[error("the record is of another archive")]
    OtherArchive,
    /// Signed with a key other than the one given.
    #[error("the record names another key")]
    OtherKey,
    /// The archive's signature does not hold.
    #[error("the signature of the record does not hold")]
    Signature,
}

impl Record {
    /// Reads an SD-JWT text; what it says is unproved until [`Record::verify`].
    ///
    /// # Errors
    /// The first thing that is not as the format wants it; a forged or repeated field is an error.
    pub fn parse(untrusted_text: &str) -> Result<Self, RecordError> {
        if untrusted_text.len() > MAX_TEXT {
            return Err(RecordError::TooLong);
        }
        let body = untrusted_text.strip_suffix('~').ok_or(RecordError::NotSdJwt)?;
        let mut parts = body.split('~');
        let jwt = parts.next().ok_or(RecordError::NotSdJwt)?;
        let [untrusted_header, untrusted_payload, untrusted_signature] =
            jwt.split('.').collect::<Vec<_>>()[..]
        else {
            return Err(RecordError::NotSdJwt);
        };
        if decode(untrusted_signature)?.len() != 64 {
            return Err(RecordError::NotSdJwt);
        }
        let key_id = parse_header(&decode(untrusted_header)?)?;
        let (issuer, digests) = parse_payload(&decode(untrusted_payload)?)?;

        let mut disclosures: Vec<Disclosure> = Vec::new();
        for (index, untrusted_text) in parts.enumerate() {
            let disclosure = parse_disclosure(untrusted_text).ok_or(RecordError::Disclosure(index + 1))?;
            if !digests.contains(&disclosure.digest()) {
                return Err(RecordError::Forged(disclosure.name));
            }
            if let Some(previous) = disclosures.last() {
                match previous.name.cmp(&disclosure.name) {
                    std::cmp::Ordering::Less => {}
                    std::cmp::Ordering::Equal => return Err(RecordError::Repeated(disclosure.name)),
                    std::cmp::Ordering::Greater => return Err(RecordError::Order),
                }
            }
            disclosures.push(disclosure);
        }
        Ok(Self { jwt: jwt.to_owned(), issuer, key_id, digests, disclosures })
    }

    /// Checks that the archive `origin`, whose key is `key`, issued this record.
    ///
    /// # Errors
    /// Says which of origin, key and signature is not the one expected.
    pub fn verify(&self, origin: &str, key: &PublicKey) -> Result<(), VerifyError> {
        if self.issuer != origin {
            return Err(VerifyError::OtherArchive);
        }
        if self.key_id != key.key_id() {
            return Err(VerifyError::OtherKey);
        }
        let (message, signature) = self.jwt.rsplit_once('.').ok_or(VerifyError::Signature)?;
        let signature = B64.decode(signature).map_err(|_| VerifyError::Signature)?;
        key.verify(message.as_bytes(), &signature).map_err(|_: KeyError| VerifyError::Signature)
    }
}

/// The one header text of records signed by the key `key_id`.
pub(super) fn header_text(key_id: &str) -> String {
    format!(r#"{{"alg":"EdDSA","kid":"{key_id}","typ":"vidimus-record+sd-jwt"}}"#)
}

/// The one payload text of a record of `origin` with these digests.
pub(super) fn payload_text(origin: &str, digests: &BTreeSet<String>) -> String {
    let mut text = String::with_capacity(digests.len() * 46 + origin.len() + 40);
    text.push_str(r#"{"_sd":["#);
    for (index, digest) in digests.iter().enumerate() {
        text.push_str(if index == 0 { "\"" } else { ",\"" });
        text.push_str(digest);
        text.push('"');
    }
    text.push_str(r#"],"_sd_alg":"sha-256","iss":"#);
    text.push_str(&Value::from(origin).to_string());
    text.push('}');
    text
}

/// Field names are lower case, so none can be `_sd`, `...` or another word of RFC 9901.
pub(super) fn is_field_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && name.len() <= 64
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn decode(untrusted: &str) -> Result<Vec<u8>, RecordError> {
    B64.decode(untrusted).map_err(|_| RecordError::NotSdJwt)
}

fn parse_header(untrusted: &[u8]) -> Result<String, RecordError> {
    let text = std::str::from_utf8(untrusted).map_err(|_| RecordError::Header)?;
    let value = json::parse(text).map_err(|_| RecordError::Header)?;
    let key_id = value.get("kid").and_then(Value::as_str).ok_or(RecordError::Header)?;
    let thumbprint = B64.decode(key_id).map_err(|_| RecordError::Header)?;
    if thumbprint.len() != 32 || text != header_text(key_id) {
        return Err(RecordError::Header);
    }
    Ok(key_id.to_owned())
}

fn parse_payload(untrusted: &[u8]) -> Result<(String, BTreeSet<String>), RecordError> {
    let text = std::str::from_utf8(untrusted).map_err(|_| RecordError::Payload)?;
    let value = json::parse(text).map_err(|_| RecordError::Payload)?;
    let issuer = value.get("iss").and_then(Value::as_str).ok_or(RecordError::Payload)?;
    let untrusted_digests = value.get("_sd").and_then(Value::as_array).ok_or(RecordError::Payload)?;
    let mut digests = BTreeSet::new();
    for untrusted_digest in untrusted_digests {
        let digest = untrusted_digest.as_str().ok_or(RecordError::Payload)?;
        if B64.decode(digest).map_err(|_| RecordError::Payload)?.len() != 32 {
            return Err(RecordError::Payload);
        }
        digests.insert(digest.to_owned());
    }
    // Re-writing sorts and drops repeats, so a text in another order, or with a digest twice, differs here.
    let sound = !digests.is_empty()
        && digests.len().is_multiple_of(DIGEST_STEP)
        && text == payload_text(issuer, &digests);
    if sound { Ok((issuer.to_owned(), digests)) } else { Err(RecordError::Payload) }
}

/// One field; nothing where the text is not `[salt, name, value]`.
pub(super) fn parse_disclosure(untrusted_text: &str) -> Option<Disclosure> {
    let bytes = B64.decode(untrusted_text).ok()?;
    let Value::Array(parts) = json::parse(std::str::from_utf8(&bytes).ok()?).ok()? else { return None };
    let Ok([Value::String(salt), Value::String(name), value]) = <[Value; 3]>::try_from(parts) else {
        return None;
    };
    // RFC 9901, 9.3: at least 128 bits of salt, or a field could be guessed.
    let salted = B64.decode(salt).is_ok_and(|bytes| bytes.len() >= 16);
    (salted && is_field_name(&name)).then(|| Disclosure { text: untrusted_text.to_owned(), name, value })
}
