//! The signer of a token: its certificate, what that certificate is for, and whether it signed this.

use aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY;
use cms::signed_data::SignerIdentifier;
use der::asn1::ObjectIdentifier;
use der::{Decode, Encode, Tag};
use rustls_pki_types::CertificateDer;
use webpki::EndEntityCert;
use x509_cert::Certificate;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectAltName, SubjectKeyIdentifier};

use super::StampError;
use super::elements::{Elements, hash_algorithm};
use super::signature::{self, Hash, Part};
use super::token::{ID_CT_TST_INFO, Parts, TokenError};

const ID_KP_TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
const ID_CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const ID_MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const ID_SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const ID_SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// The certificate that the token names as its signer's.
pub(super) struct Signer<'a> {
    pub(super) der: &'a [u8],
    pub(super) certificate: Certificate,
}

impl<'a> Signer<'a> {
    /// Finds the certificate among those that came with the token.
    pub(super) fn find(parts: &Parts<'a>) -> Result<Self, StampError> {
        for der in &parts.certificates {
            // What cannot be read may be of no use for this token either; the signer's own must be readable.
            let Ok(certificate) = Certificate::from_der(der) else {
                continue;
            };
            if is_named(&parts.signer, &certificate) {
                return Ok(Self { der, certificate });
            }
        }
        Err(StampError::SignerMissing)
    }

    /// The subject, RFC 4514.
    pub(super) fn subject(&self) -> String {
        self.certificate.tbs_certificate.subject.to_string()
    }

    /// Content type, digest of the content, and the certificate that the signer says is its own (RFC 5652, 5.3; RFC 5816).
    pub(super) fn check_attributes(&self, parts: &Parts<'_>) -> Result<(), StampError> {
        let attributes = Attributes::of(parts.attributes)?;

        let wrong = StampError::Attribute("content-type");
        let mut value = attributes.one(ID_CONTENT_TYPE)?.ok_or(wrong.clone())?;
        if value.decode::<ObjectIdentifier>()? != ID_CT_TST_INFO {
            return Err(wrong);
        }
        value.end()?;

        let wrong = StampError::Attribute("message-digest");
        let mut value = attributes.one(ID_MESSAGE_DIGEST)?.ok_or(wrong.clone())?;
        if value.value(Tag::OctetString)? != parts.hash.digest(parts.content) {
            return Err(wrong);
        }
        value.end()?;

        let first = attributes.one(ID_SIGNING_CERTIFICATE)?;
        let second = attributes.one(ID_SIGNING_CERTIFICATE_V2)?;
        if first.is_none() && second.is_none() {
            return Err(StampError::Attribute("signing-certificate"));
        }
        if let Some(value) = first {
            self.check_binding(value, |_| Ok(sha1(self.der)))?;
        }
        if let Some(value) = second {
            self.check_binding(value, |id| {
                // hashAlgorithm DEFAULT sha-256 (RFC 5035, 4).
                let hash = match id.next_is(Tag::Sequence) {
                    true => Hash::from_oid(hash_algorithm(id)?, Part::Binding)?,
                    false => Hash::Sha256,
                };
                Ok(hash.digest(self.der))
            })?;
        }
        Ok(())
    }

    /// SigningCertificate and SigningCertificateV2: the first certificate named is the signer's (RFC 5035, 3 and 5).
    fn check_binding(
        &self,
        mut attribute: Elements<'_>,
        own_hash: impl FnOnce(&mut Elements<'_>) -> Result<Vec<u8>, TokenError>,
    ) -> Result<(), StampError> {
        let mut value = attribute.sequence("SigningCertificate")?;
        attribute.end()?;
        let mut identifiers = value.sequence("SigningCertificate")?;
        let mut id = identifiers.sequence("ESSCertID")?;
        let own = own_hash(&mut id)?;
        if id.value(Tag::OctetString)? != own {
            return Err(StampError::Binding);
        }
        Ok(())
    }

    /// Time stamping and nothing else, critical (RFC 3161, 2.3); key usage, where given, for signatures only.
    pub(super) fn check_purpose(&self) -> Result<(), StampError> {
        let certificate = &self.certificate.tbs_certificate;
        match certificate.get::<ExtendedKeyUsage>() {
            Ok(Some((true, usage))) if usage.0 == [ID_KP_TIME_STAMPING] => {}
            _ => return Err(StampError::Purpose),
        }
        match certificate.get::<KeyUsage>() {
            Ok(None) => Ok(()),
            Ok(Some((_, usage))) => {
                let signs = |usage| matches!(usage, KeyUsages::DigitalSignature | KeyUsages::NonRepudiation);
                let only_signs = !usage.0.is_empty() && usage.0.into_iter().all(signs);
                only_signs.then_some(()).ok_or(StampError::KeyUsage)
            }
            Err(_) => Err(StampError::KeyUsage),
        }
    }

    /// `tsa`, where given, is the subject or one of its other names (RFC 3161, 2.4.2).
    pub(super) fn check_name(&self, named: Option<&GeneralName>) -> Result<(), StampError> {
        let Some(named) = named else {
            return Ok(());
        };
        let certificate = &self.certificate.tbs_certificate;
        if matches!(named, GeneralName::DirectoryName(name) if *name == certificate.subject) {
            return Ok(());
        }
        match certificate.get::<SubjectAltName>() {
            Ok(Some((_, others))) if others.0.contains(named) => Ok(()),
            _ => Err(StampError::AuthorityName),
        }
    }

    /// The signature over the signed attributes.
    pub(super) fn check_signature(&self, parts: &Parts<'_>) -> Result<(), StampError> {
        let der = CertificateDer::from(self.der);
        let certificate =
            EndEntityCert::try_from(&der).map_err(|error| StampError::Chain(error.to_string()))?;
        signature::check(&certificate, parts.algorithm, parts.hash, &parts.signed, parts.signature)
    }
}

fn is_named(signer: &SignerIdentifier, certificate: &Certificate) -> bool {
    let certificate = &certificate.tbs_certificate;
    match signer {
        SignerIdentifier::IssuerAndSerialNumber(id) => {
            id.serial_number == certificate.serial_number
                && id.issuer.to_der().is_ok_and(|named| Ok(named) == certificate.issuer.to_der())
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => {
            matches!(certificate.get::<SubjectKeyIdentifier>(), Ok(Some((_, own))) if own == *id)
        }
    }
}

/// Signed attributes by their type.
struct Attributes<'a> {
    all: Vec<(ObjectIdentifier, &'a [u8])>,
}

impl<'a> Attributes<'a> {
    /// The same type twice is refused (RFC 5652, 5.3).
    fn of(set: &'a [u8]) -> Result<Self, StampError> {
        let mut all: Vec<(ObjectIdentifier, &'a [u8])> = Vec::new();
        let mut set = Elements::of(set, "signedAttrs")?;
        while !set.is_empty() {
            let mut attribute = set.sequence("Attribute")?;
            let kind = attribute.decode()?;
            let values = attribute.value(Tag::Set)?;
            attribute.end()?;
            if all.iter().any(|(seen, _)| *seen == kind) {
                return Err(StampError::Token(TokenError::Malformed("signedAttrs")));
            }
            all.push((kind, values));
        }
        Ok(Self { all })
    }

    /// The values of this type; the caller reads one and asks for the end.
    fn one(&self, kind: ObjectIdentifier) -> Result<Option<Elements<'a>>, StampError> {
        let found = self.all.iter().find(|(seen, _)| *seen == kind);
        Ok(match found {
            Some((_, values)) => Some(Elements::of(values, "Attribute")?),
            None => None,
        })
    }
}

/// ESSCertID of RFC 2634 knows SHA-1 only, and many authorities still send it.
// Harmless here: the signature must also fit this certificate's key, so a colliding certificate would need the same key.
fn sha1(bytes: &[u8]) -> Vec<u8> {
    aws_lc_rs::digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec()
}
