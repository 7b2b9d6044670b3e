//! Whom to believe: root certificates, and the chain from a signer to one of them at the time of the stamp.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use der::{Decode, Encode};
use jiff::Timestamp;
use rustls_pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, Error, VerifiedPath, anchor_from_trusted_cert};
use x509_cert::certificate::{Certificate, TbsCertificate, Version};
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};

use super::StampError;
use super::signature::ACCEPTED;
use super::signer::Signer;

/// The content of the object identifier id-kp-timeStamping, 1.3.6.1.5.5.7.3.8.
const TIME_STAMPING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// The certificates that the user vouches for; none by default, and then every authority is unknown.
///
/// A certificate that may issue others is a root. One that may not is an authority's own, pinned: it vouches for the
/// tokens that it signed and for nothing else.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    certificates: Vec<Trusted>,
}

/// Why bytes are not certificates to trust.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The text holds no certificate at all.
    #[error("no certificate found")]
    Empty,
    /// The certificate with this number, counted from 1, cannot be read.
    #[error("certificate {0} cannot be read")]
    Malformed(usize),
}

#[derive(Debug, Clone)]
struct Trusted {
    der: Vec<u8>,
    /// `None` where it may not issue certificates.
    anchor: Option<TrustAnchor<'static>>,
    /// Seconds since 1970, both inclusive.
    valid: (u64, u64),
}

/// Where the chain of a signer ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Chain {
    Trusted,
    Unknown,
}

impl Trust {
    /// Reads one or more PEM certificates (RFC 7468); text around them is passed over.
    ///
    /// # Errors
    /// No certificate is there, or one cannot be read.
    pub fn from_pem(untrusted: &str) -> Result<Self, TrustError> {
        let mut trust = Self::default();
        let mut rest = untrusted;
        while let Some((_, begun)) = rest.split_once(BEGIN) {
            let malformed = TrustError::Malformed(trust.certificates.len() + 1);
            let (body, after) = begun.split_once(END).ok_or(malformed.clone())?;
            let body: String = body.split_ascii_whitespace().collect();
            let der = STANDARD.decode(body).map_err(|_| malformed)?;
            trust.add_der(&der)?;
            rest = after;
        }
        if trust.certificates.is_empty() {
            return Err(TrustError::Empty);
        }
        Ok(trust)
    }

    /// Adds one certificate in DER.
    ///
    /// # Errors
    /// It cannot be read; nothing was added.
    pub fn add_der(&mut self, untrusted: &[u8]) -> Result<(), TrustError> {
        let malformed = TrustError::Malformed(self.certificates.len() + 1);
        let certificate = Certificate::from_der(untrusted).map_err(|_| malformed.clone())?;
        let certificate = certificate.tbs_certificate;
        let anchor = match may_issue(&certificate) {
            true => {
                let der = CertificateDer::from(untrusted);
                let anchor = anchor_from_trusted_cert(&der).map_err(|_| malformed)?;
                Some(anchor.to_owned())
            }
            false => None,
        };
        let validity = certificate.validity;
        self.certificates.push(Trusted {
            der: untrusted.to_vec(),
            anchor,
            valid: (
                validity.not_before.to_unix_duration().as_secs(),
                validity.not_after.to_unix_duration().as_secs(),
            ),
        });
        Ok(())
    }

    /// How many certificates it holds.
    pub fn len(&self) -> usize {
        self.certificates.len()
    }

    /// Whether nobody is trusted.
    pub fn is_empty(&self) -> bool {
        self.certificates.is_empty()
    }

    /// Whether the signer's chain, valid at `at`, ends at one of these.
    ///
    /// A signer whose own certificate is among them needs no chain; path validation knows no such thing.
    pub(super) fn chain(
        &self,
        signer: &Signer<'_>,
        others: &[&[u8]],
        at: Timestamp,
    ) -> Result<Chain, StampError> {
        let seconds = u64::try_from(at.as_second()).map_err(|_| StampError::NotValidThen)?;
        if let Some(own) = self.certificates.iter().find(|trusted| trusted.der == signer.der) {
            return match own.is_valid(seconds) {
                true => Ok(Chain::Trusted),
                false => Err(StampError::NotValidThen),
            };
        }
        let valid_then = self.anchors(|trusted| trusted.is_valid(seconds));
        if path(signer, others, &valid_then, seconds).is_ok() {
            return Ok(Chain::Trusted);
        }
        // Would it be trusted if none of these had an end?
        let all = self.anchors(|_| true);
        match path(signer, others, &all, seconds) {
            Err(error) if is_unknown(&error) => Ok(Chain::Unknown),
            Ok(()) | Err(Error::CertExpired { .. } | Error::CertNotValidYet { .. }) => {
                Err(StampError::NotValidThen)
            }
            Err(error) => Err(StampError::Chain(error.to_string())),
        }
    }

    fn anchors(&self, wanted: impl Fn(&Trusted) -> bool) -> Vec<TrustAnchor<'static>> {
        let wanted = self.certificates.iter().filter(|trusted| wanted(trusted));
        wanted.filter_map(|trusted| trusted.anchor.clone()).collect()
    }
}

impl Trusted {
    fn is_valid(&self, seconds: u64) -> bool {
        (self.valid.0..=self.valid.1).contains(&seconds)
    }
}

/// Whether the certificate says that it may issue others. Version 1 cannot say, and old roots have it.
// DANGER: the path validator does not ask this of a trust anchor; an authority's own certificate, pinned, could issue.
fn may_issue(certificate: &TbsCertificate) -> bool {
    if certificate.version == Version::V1 {
        return certificate.subject.to_der() == certificate.issuer.to_der();
    }
    let is_ca = matches!(certificate.get::<BasicConstraints>(), Ok(Some((_, limits))) if limits.ca);
    is_ca && may_sign_certificates(certificate)
}

/// Key usage, where given, allows signing certificates (RFC 5280, 4.2.1.3).
fn may_sign_certificates(certificate: &TbsCertificate) -> bool {
    match certificate.get::<KeyUsage>() {
        Ok(None) => true,
        Ok(Some((_, usage))) => usage.key_cert_sign(),
        Err(_) => false,
    }
}

/// RFC 5280, 6.1, at `seconds` since 1970. Signatures of 2048-bit RSA upwards with SHA-2, ECDSA or Ed25519 only.
fn path(
    signer: &Signer<'_>,
    others: &[&[u8]],
    anchors: &[TrustAnchor<'static>],
    seconds: u64,
) -> Result<(), Error> {
    let signer = CertificateDer::from(signer.der);
    let signer = EndEntityCert::try_from(&signer)?;
    // A certificate that the validator cannot read leads nowhere; its error must not hide that no issuer was found.
    let others = others.iter().map(|der| CertificateDer::from(*der));
    let others: Vec<_> = others.filter(|der| EndEntityCert::try_from(der).is_ok()).collect();
    // The signer's own purpose was checked more strictly; issuers may be silent, but not for another purpose only.
    let usage = webpki::KeyUsage::required_if_present(TIME_STAMPING);
    signer.verify_for_usage(
        ACCEPTED,
        anchors,
        &others,
        UnixTime::since_unix_epoch(Duration::from_secs(seconds)),
        usage,
        None,
        Some(&issuers_may_issue),
    )?;
    Ok(())
}

/// The path validator leaves key usage of issuers to its caller.
fn issuers_may_issue(path: &VerifiedPath<'_>) -> Result<(), Error> {
    for issuer in path.intermediate_certificates() {
        let der = issuer.der();
        let certificate = Certificate::from_der(&der).map_err(|_| Error::BadDer)?;
        if !may_sign_certificates(&certificate.tbs_certificate) {
            return Err(Error::EndEntityUsedAsCa);
        }
    }
    Ok(())
}

/// No issuer of that name, or none with the key that signed: an authority may have several roots of one name.
fn is_unknown(error: &Error) -> bool {
    matches!(
        error,
        Error::UnknownIssuer
            | Error::InvalidSignatureForPublicKey
            | Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
    )
}
