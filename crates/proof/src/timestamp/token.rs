//! The token: CMS SignedData around what the authority signed (RFC 3161, 2.4.2; RFC 5652, 5).

use cms::signed_data::SignerIdentifier;
use der::asn1::ObjectIdentifier;
use der::{Tag, TagNumber};

use super::elements::{Elements, context, hash_algorithm};
use super::info::TstInfo;
use super::signature::{Hash, Part};

/// The longest token or answer that is read, in bytes. Tokens have 1 to 10 KB; some carry revocation lists.
pub const MAX_BYTES: usize = 256 * 1024;

/// Certificates in one token; chains have two to four. Eight of one name take the path validator 20,000 tries, sixteen
/// would take millions.
const MAX_CERTIFICATES: usize = 8;

const ID_SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
pub(super) const ID_CT_TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// PKIStatusInfo of a stored answer: `granted`, without the authority's free text, which no signature covers.
const GRANTED: &[u8] = &[0x30, 0x03, 0x02, 0x01, 0x00];

/// Why bytes are not a token that this module reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// More than [`MAX_BYTES`].
    #[error("longer than {MAX_BYTES} bytes")]
    TooLong,
    /// Not strict DER, or a part is missing, twice there or out of range; names the structure.
    #[error("{0} is not well formed")]
    Malformed(&'static str),
    /// A version number other than RFC 3161 and RFC 5652 give it.
    #[error("unknown version")]
    Version,
    /// Not signed data, or signed data about something other than a time stamp.
    #[error("the content is not a time stamp")]
    ContentType,
    /// A token has exactly one signer (RFC 3161, 2.4.2).
    #[error("not exactly one signer")]
    Signers,
    /// More certificates than any chain needs.
    #[error("more than {MAX_CERTIFICATES} certificates")]
    TooManyCertificates,
    /// An algorithm that is unknown, or too weak: MD5 and SHA-1.
    #[error("algorithm {oid} is not accepted")]
    Algorithm {
        /// Where it stands.
        part: Part,
        /// Its object identifier, dotted; empty where it is none.
        oid: String,
    },
    /// A critical extension that is not known here, dotted.
    #[error("critical extension {0} is not known")]
    CriticalExtension(String),
}

/// A time-stamp token in strict DER, of which nothing has been checked but its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    der: Vec<u8>,
}

impl Token {
    /// Reads a bare token, a ContentInfo.
    ///
    /// # Errors
    /// The bytes are no time-stamp token in strict DER with known versions, accepted hashes and one signer.
    pub fn from_der(untrusted: &[u8]) -> Result<Self, TokenError> {
        TstInfo::from_der(Parts::of(untrusted)?.content)?;
        Ok(Self { der: untrusted.to_vec() })
    }

    /// Reads what was stored: the answer that [`Token::to_response_der`] wrote, or a bare token.
    ///
    /// # Errors
    /// As [`Token::from_der`]; also an answer with any other status than plain `granted`.
    pub fn from_stored(untrusted: &[u8]) -> Result<Self, TokenError> {
        if untrusted.len() > MAX_BYTES {
            return Err(TokenError::TooLong);
        }
        let mut outer = Elements::of(untrusted, "TimeStampResp")?;
        let mut response = outer.sequence("TimeStampResp")?;
        outer.end()?;
        if response.next_is(Tag::ObjectIdentifier) {
            return Self::from_der(untrusted);
        }
        if response.element(Tag::Sequence)? != GRANTED {
            return Err(TokenError::Malformed("PKIStatusInfo"));
        }
        let token = Self::from_der(response.element(Tag::Sequence)?)?;
        response.end()?;
        Ok(token)
    }

    /// The bare token, byte for byte as it was received.
    pub fn to_der(&self) -> Vec<u8> {
        self.der.clone()
    }

    /// The certificates that came along, each in DER, in their order; no signature covers that all are there.
    pub fn certificates(&self) -> Vec<Vec<u8>> {
        self.parts().certificates.into_iter().map(<[u8]>::to_vec).collect()
    }

    /// The form to store as `.tsr`: an answer with status `granted` and the token byte for byte.
    ///
    /// `openssl ts -verify -in FILE` reads it without further flags. The authority's status text is left out:
    /// nothing covers it, so a changed byte of it could not be noticed.
    pub fn to_response_der(&self) -> Vec<u8> {
        let mut response = vec![0x30];
        push_length(&mut response, GRANTED.len() + self.der.len());
        response.extend_from_slice(GRANTED);
        response.extend_from_slice(&self.der);
        response
    }

    pub(super) fn parts(&self) -> Parts<'_> {
        Parts::of(&self.der).expect("from_der read the same bytes")
    }

    pub(super) fn info(&self) -> TstInfo {
        TstInfo::from_der(self.parts().content).expect("from_der read the same bytes")
    }
}

/// A DER length (X.690, 8.1.3 and 10.1).
fn push_length(out: &mut Vec<u8>, length: usize) {
    if length < 0x80 {
        out.push(length as u8);
        return;
    }
    let bytes = length.to_be_bytes();
    let used = &bytes[length.leading_zeros() as usize / 8..];
    // The high bit says that a length of the length follows, which is at most 8.
    out.push(0x80 + used.len() as u8);
    out.extend_from_slice(used);
}

/// The parts of a token, as slices of it.
pub(super) struct Parts<'a> {
    /// TSTInfo.
    pub(super) content: &'a [u8],
    /// All certificates that came along.
    pub(super) certificates: Vec<&'a [u8]>,
    pub(super) signer: SignerIdentifier,
    pub(super) hash: Hash,
    /// The content of the signed attributes' SET.
    pub(super) attributes: &'a [u8],
    /// The signed attributes as they are signed: with the tag of a SET (RFC 5652, 5.4).
    pub(super) signed: Vec<u8>,
    /// The content of the signature's AlgorithmIdentifier.
    pub(super) algorithm: &'a [u8],
    pub(super) signature: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(untrusted: &'a [u8]) -> Result<Self, TokenError> {
        if untrusted.len() > MAX_BYTES {
            return Err(TokenError::TooLong);
        }
        let mut outer = Elements::of(untrusted, "ContentInfo")?;
        let mut content_info = outer.sequence("ContentInfo")?;
        outer.end()?;
        if content_info.decode::<ObjectIdentifier>()? != ID_SIGNED_DATA {
            return Err(TokenError::ContentType);
        }
        let mut wrapped = Elements::of(content_info.value(context(TagNumber::N0))?, "SignedData")?;
        content_info.end()?;
        let mut signed_data = wrapped.sequence("SignedData")?;
        wrapped.end()?;

        // Version 3: the content is not plain data, and certificates are X.509 ones (RFC 5652, 5.1).
        if signed_data.decode::<u8>()? != 3 {
            return Err(TokenError::Version);
        }
        let mut digests = Elements::of(signed_data.value(Tag::Set)?, "digestAlgorithms")?;
        let digest = Hash::from_oid(hash_algorithm(&mut digests)?, Part::Digest)?;
        digests.end()?;

        let content = content(&mut signed_data)?;
        let certificates = certificates(&mut signed_data)?;
        // Revocation lists are kept with the token and not used.
        signed_data.optional(TagNumber::N1)?;

        let mut signers = Elements::of(signed_data.value(Tag::Set)?, "signerInfos")?;
        signed_data.end()?;
        if signers.is_empty() {
            return Err(TokenError::Signers);
        }
        let mut signer_info = signers.sequence("SignerInfo")?;
        if !signers.is_empty() {
            return Err(TokenError::Signers);
        }

        let version: u8 = signer_info.decode()?;
        let signer: SignerIdentifier = signer_info.decode()?;
        // RFC 5652, 5.3: the version follows from how the signer is named.
        let expected = match signer {
            SignerIdentifier::IssuerAndSerialNumber(_) => 1,
            SignerIdentifier::SubjectKeyIdentifier(_) => 3,
        };
        if version != expected {
            return Err(TokenError::Version);
        }
        let hash = Hash::from_oid(hash_algorithm(&mut signer_info)?, Part::Digest)?;
        if hash != digest {
            return Err(TokenError::Malformed("digestAlgorithms"));
        }
        let attributes = signer_info.element(context(TagNumber::N0))?;
        let mut signed = attributes.to_vec();
        signed[0] = 0x31;
        let attributes = Elements::of(attributes, "signedAttrs")?.value(context(TagNumber::N0))?;
        let algorithm = signer_info.value(Tag::Sequence)?;
        let signature = signer_info.value(Tag::OctetString)?;
        signer_info.optional(TagNumber::N1)?;
        signer_info.end()?;

        Ok(Self { content, certificates, signer, hash, attributes, signed, algorithm, signature })
    }
}

/// EncapsulatedContentInfo (RFC 5652, 5.2).
fn content<'a>(signed_data: &mut Elements<'a>) -> Result<&'a [u8], TokenError> {
    let mut encapsulated = signed_data.sequence("encapContentInfo")?;
    if encapsulated.decode::<ObjectIdentifier>()? != ID_CT_TST_INFO {
        return Err(TokenError::ContentType);
    }
    let mut wrapped = Elements::of(encapsulated.value(context(TagNumber::N0))?, "eContent")?;
    encapsulated.end()?;
    let content = wrapped.value(Tag::OctetString)?;
    wrapped.end()?;
    Ok(content)
}

/// X.509 certificates in any order: authorities send them as they chain, not sorted as DER would have it.
fn certificates<'a>(signed_data: &mut Elements<'a>) -> Result<Vec<&'a [u8]>, TokenError> {
    let mut certificates = Vec::new();
    let Some(set) = signed_data.optional(TagNumber::N0)? else {
        return Ok(certificates);
    };
    let mut set = Elements::of(set, "certificates")?;
    while !set.is_empty() {
        if certificates.len() == MAX_CERTIFICATES {
            return Err(TokenError::TooManyCertificates);
        }
        certificates.push(set.element(Tag::Sequence)?);
    }
    Ok(certificates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_minimal() {
        let length = |n| {
            let mut out = Vec::new();
            push_length(&mut out, n);
            out
        };
        assert_eq!(length(0x7f), [0x7f]);
        assert_eq!(length(0x80), [0x81, 0x80]);
        assert_eq!(length(0xff), [0x81, 0xff]);
        assert_eq!(length(0x100), [0x82, 1, 0]);
        assert_eq!(length(0x01_0000), [0x83, 1, 0, 0]);
    }

    #[test]
    fn what_is_too_long_is_not_read() {
        let long = vec![0x30; MAX_BYTES + 1];
        assert_eq!(Token::from_stored(&long), Err(TokenError::TooLong));
        assert_eq!(Token::from_der(&long), Err(TokenError::TooLong));
    }
}
