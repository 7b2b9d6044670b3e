//! A frozen time stamp, every change of it, and the one of `../shared` where that folder is.

mod common;

use std::ops::Range;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use vidimus_proof::timestamp::{
    Request, Response, Stamp, StampError, Token, Trust, TrustError, check_answer, inspect, verify,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

struct Vector {
    stamp: Vec<u8>,
    message: Vec<u8>,
    trust: Trust,
    stamp_said: Stamp,
    /// The copy of the root's certificate that came along: no signature covers it, and nothing is taken from it.
    uncovered: Range<usize>,
}

impl Vector {
    fn read() -> Self {
        let read = |name: &str| std::fs::read(root().join("tests/vectors/timestamp").join(name)).unwrap();
        let (stamp, message) = (read("stamp.tsr"), read("message"));
        let pem = String::from_utf8(read("ca.pem")).unwrap();
        let trust = Trust::from_pem(&pem).unwrap();
        let stamp_said = verify(&stamp, &message, &trust).unwrap();
        let (_, der) = der::Document::from_pem(&pem).unwrap();
        let at = stamp.windows(der.as_bytes().len()).position(|part| part == der.as_bytes()).unwrap();
        let uncovered = at..at + der.as_bytes().len();
        Self { stamp, message, trust, stamp_said, uncovered }
    }

    /// Refused, or the same stamp although the bytes differ.
    fn verdict(&self, changed: &[u8]) -> Result<(), StampError> {
        let _ = inspect(changed, &self.message);
        let _ = Response::from_der(changed);
        let stamp = verify(changed, &self.message, &self.trust)?;
        assert_eq!(stamp, self.stamp_said);
        Ok(())
    }
}

#[test]
fn the_frozen_stamp_is_verified() {
    let vector = Vector::read();
    let stamp = &vector.stamp_said;
    assert_eq!(stamp.at.to_string(), "2026-11-20T23:54:13Z");
    assert_eq!(stamp.authority, "CN=Test Time Stamps,O=Test");
    assert_eq!(stamp.policy, "1.3.6.1.4.1.99999.1");

    let request = Request::new(&vector.message, 0x0102_0304_0506_0708);
    let frozen = std::fs::read(root().join("tests/vectors/timestamp/request.tsq")).unwrap();
    assert_eq!(request.to_der(), frozen);
    let response = Response::from_der(&vector.stamp).unwrap();
    let token = check_answer(&request, &response).unwrap();
    assert_eq!(token.to_response_der(), vector.stamp);
}

#[test]
fn every_flipped_bit_is_noticed_where_a_signature_covers_it() {
    let vector = Vector::read();
    let mut changed = vector.stamp.clone();
    for at in 0..changed.len() {
        for bit in 0..8 {
            changed[at] ^= 1 << bit;
            let accepted = vector.verdict(&changed).is_ok();
            assert!(!accepted || vector.uncovered.contains(&at), "byte {at} bit {bit}");
            changed[at] ^= 1 << bit;
        }
    }
}

#[test]
fn a_stamp_cut_short_or_made_longer_is_refused() {
    let vector = Vector::read();
    for end in 0..vector.stamp.len() {
        assert!(vector.verdict(&vector.stamp[..end]).is_err(), "{end}");
    }
    let mut longer = vector.stamp.clone();
    longer.push(0);
    assert!(vector.verdict(&longer).is_err());
    let bare = Token::from_stored(&vector.stamp).unwrap().to_der();
    for end in 0..bare.len() {
        assert!(vector.verdict(&bare[..end]).is_err(), "{end}");
    }
}

#[test]
fn an_answer_with_text_is_read_and_stored_without_it() {
    let vector = Vector::read();
    let bare = Token::from_stored(&vector.stamp).unwrap().to_der();
    // grantedWithMods, "Operation Okay".
    let status = b"\x30\x15\x02\x01\x01\x30\x10\x0c\x0eOperation Okay";
    let length = (status.len() + bare.len()) as u16;
    let mut answer = vec![0x30, 0x82];
    answer.extend(length.to_be_bytes());
    answer.extend(status);
    answer.extend(&bare);
    let Response::Granted(token) = Response::from_der(&answer).unwrap() else {
        panic!("refused");
    };
    assert_eq!(token.to_response_der(), vector.stamp);
    assert!(vector.verdict(&answer).is_err());
}

#[test]
fn trust_is_read_from_pem_with_text_around_it() {
    let pem = std::fs::read_to_string(root().join("tests/vectors/timestamp/ca.pem")).unwrap();
    let twice = format!("subject=CN = Test Root\r\n{}\nnext:\n{pem}", pem.replace('\n', "\r\n"));
    assert_eq!(Trust::from_pem(&twice).unwrap().len(), 2);
    assert_eq!(Trust::from_pem("").unwrap_err(), TrustError::Empty);
    assert_eq!(Trust::from_pem("-----BEGIN CERTIFICATE-----").unwrap_err(), TrustError::Malformed(1));
    let cut = pem.replacen("MII", "MIJ", 1);
    assert_eq!(Trust::from_pem(&format!("{pem}{cut}")).unwrap_err(), TrustError::Malformed(2));
}

#[test]
fn the_shared_reply_is_verified() {
    let Some(folder) = common::shared_vectors("rfc3161-local") else {
        return;
    };
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let (reply, data) = (read("resp.tsr"), read("data.txt"));
    let trust = Trust::from_pem(&String::from_utf8(read("ca.crt")).unwrap()).unwrap();
    let stamp = verify(&reply, &data, &trust).unwrap();
    assert_eq!(stamp.at.to_string(), "2026-11-20T10:10:20Z");
    assert_eq!(stamp.authority, "CN=Test TSA");
    assert_eq!(stamp.policy, "1.2.3.4.1");
}

proptest! {
    #[test]
    fn any_bytes_are_refused_without_a_panic(untrusted in vec(any::<u8>(), 0..200)) {
        prop_assert!(Token::from_stored(&untrusted).is_err());
        prop_assert!(Response::from_der(&untrusted).is_err() || untrusted.starts_with(&[0x30]));
        let _ = Trust::default().add_der(&untrusted);
    }

    #[test]
    fn any_text_is_no_trust_without_a_panic(untrusted in "(-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\n]{0,40}(-----END CERTIFICATE-----)?){0,3}") {
        prop_assert!(Trust::from_pem(&untrusted).is_err());
    }

    #[test]
    fn several_changes_are_noticed_where_a_signature_covers_them(
        edits in vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..6)
    ) {
        let vector = Vector::read();
        let mut changed = vector.stamp.clone();
        for (index, byte, kind) in edits {
            let at = index.index(changed.len());
            match kind {
                0 => changed[at] = byte,
                1 => changed.insert(at, byte),
                _ => drop(changed.remove(at)),
            }
        }
        if vector.verdict(&changed).is_ok() {
            prop_assert_eq!(changed.len(), vector.stamp.len());
            let differs = |at: &usize| changed[*at] != vector.stamp[*at];
            prop_assert!((0..changed.len()).filter(differs).all(|at| vector.uncovered.contains(&at)));
        }
    }
}
