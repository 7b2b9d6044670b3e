//! What the authority signed: TSTInfo (RFC 3161, 2.4.2).

use std::time::Duration;

use der::asn1::{Int, ObjectIdentifier};
use der::{Decode, Tag, TagNumber};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::name::GeneralName;
use x509_tsp::Accuracy;

use super::elements::{Elements, hash_algorithm};
use super::signature::{Hash, Part};
use super::token::TokenError;

/// RFC 3161 asks users to take serial numbers of up to 160 bits; a few more hurt nobody.
const MAX_SERIAL_BYTES: usize = 32;

const WHAT: &str = "TSTInfo";

/// The content of a token.
#[derive(Debug)]
pub(super) struct TstInfo {
    pub(super) policy: ObjectIdentifier,
    pub(super) imprint_hash: Hash,
    pub(super) imprint: Vec<u8>,
    pub(super) serial: String,
    pub(super) at: Timestamp,
    pub(super) accuracy: Option<Duration>,
    pub(super) nonce: Option<Int>,
    pub(super) authority: Option<GeneralName>,
}

impl TstInfo {
    /// Not the type of `x509-tsp`: that one refuses fractions of a second, which RFC 3161 allows.
    pub(super) fn from_der(untrusted: &[u8]) -> Result<Self, TokenError> {
        let mut outer = Elements::of(untrusted, WHAT)?;
        let mut info = outer.sequence(WHAT)?;
        outer.end()?;
        if info.decode::<u8>()? != 1 {
            return Err(TokenError::Version);
        }
        let policy = info.decode()?;

        let mut imprint = info.sequence("MessageImprint")?;
        let imprint_hash = Hash::from_oid(hash_algorithm(&mut imprint)?, Part::Imprint)?;
        let hashed = imprint.value(Tag::OctetString)?.to_vec();
        imprint.end()?;

        let serial: Int = info.decode()?;
        if serial.as_bytes().len() > MAX_SERIAL_BYTES {
            return Err(TokenError::Malformed("serialNumber"));
        }
        let at = gen_time(info.value(Tag::GeneralizedTime)?)?;
        let accuracy = match info.next_is(Tag::Sequence) {
            true => Some(accuracy(&info.decode()?)?),
            false => None,
        };
        if info.next_is(Tag::Boolean) {
            // `ordering` promises an order among tokens of one authority; nothing here relies on it.
            info.decode::<bool>()?;
        }
        let nonce = match info.next_is(Tag::Integer) {
            true => Some(info.decode()?),
            false => None,
        };
        let authority = match info.optional(TagNumber::N0)? {
            Some(name) => Some(GeneralName::from_der(name).map_err(|_| TokenError::Malformed("tsa"))?),
            None => None,
        };
        if let Some(extensions) = info.optional(TagNumber::N1)? {
            refuse_critical(extensions)?;
        }
        info.end()?;
        Ok(Self {
            policy,
            imprint_hash,
            imprint: hashed,
            serial: hex::encode(serial.as_bytes()),
            at,
            accuracy,
            nonce,
            authority,
        })
    }
}

/// `YYYYMMDDhhmmss[.s…]Z`: seconds demanded, at most nine decimals, no trailing zero (RFC 3161, 2.4.2).
fn gen_time(untrusted: &[u8]) -> Result<Timestamp, TokenError> {
    let wrong = || TokenError::Malformed("genTime");
    let text = std::str::from_utf8(untrusted).map_err(|_| wrong())?;
    let text = text.strip_suffix('Z').ok_or_else(wrong)?;
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) {
        return Err(wrong());
    }
    let nanoseconds = match fraction {
        None => 0,
        Some(f) if f.is_empty() || f.len() > 9 || !digits(f) || f.ends_with('0') => {
            return Err(wrong());
        }
        Some(f) => format!("{f:0<9}").parse().map_err(|_| wrong())?,
    };
    let number = |range: std::ops::Range<usize>| whole[range].parse::<i8>().map_err(|_| wrong());
    let year = whole[..4].parse::<i16>().map_err(|_| wrong())?;
    let civil = DateTime::new(
        year,
        number(4..6)?,
        number(6..8)?,
        number(8..10)?,
        number(10..12)?,
        number(12..14)?,
        nanoseconds,
    )
    .map_err(|_| wrong())?;
    Offset::UTC.to_timestamp(civil).map_err(|_| wrong())
}

fn accuracy(from: &Accuracy) -> Result<Duration, TokenError> {
    let part = |value: Option<i16>| match value.unwrap_or(0) {
        value @ 0..=999 => Ok(u64::from(value.unsigned_abs())),
        _ => Err(TokenError::Malformed("accuracy")),
    };
    let nanoseconds = part(from.millis)? * 1_000_000 + part(from.micros)? * 1_000;
    Ok(Duration::from_secs(from.seconds.unwrap_or(0)).saturating_add(Duration::from_nanos(nanoseconds)))
}

/// A critical extension that the reader does not know must not be passed over (RFC 5280, 4.2).
fn refuse_critical(untrusted: &[u8]) -> Result<(), TokenError> {
    let mut extensions = Elements::of(untrusted, "extensions")?;
    while !extensions.is_empty() {
        let extension: Extension = extensions.decode()?;
        if extension.critical {
            return Err(TokenError::CriticalExtension(extension.extn_id.to_string()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_to_the_fraction() {
        let at = |text: &str| gen_time(text.as_bytes()).map(|at| at.to_string());
        assert_eq!(at("20261120101020Z").unwrap(), "2026-11-20T10:10:20Z");
        assert_eq!(at("20261120101020.34352Z").unwrap(), "2026-11-20T10:10:20.34352Z");
        assert_eq!(at("20261120101020.123456789Z").unwrap(), "2026-11-20T10:10:20.123456789Z");
        for wrong in [
            "",
            "Z",
            "20261120101020",
            "202611201010Z",
            "20261120101020.Z",
            "20261120101020.50Z",
            "20261320101020Z",
            "20261120101060Z",
            "2026112010102+Z",
            "20261120101020.1234567891Z",
            "20261120101020+0100",
            "2026112010102éZ",
        ] {
            assert!(at(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn accuracy_adds_its_parts() {
        let parts = |seconds, millis, micros| accuracy(&Accuracy { seconds, millis, micros });
        assert_eq!(parts(Some(1), Some(500), Some(100)).unwrap(), Duration::from_micros(1_500_100));
        assert_eq!(parts(None, None, None).unwrap(), Duration::ZERO);
        assert!(parts(Some(u64::MAX), Some(999), None).is_ok());
        assert!(parts(None, Some(1000), None).is_err());
        assert!(parts(None, None, Some(-1)).is_err());
    }
}
