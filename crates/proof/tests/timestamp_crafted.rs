//! Tokens put together by hand: what no `openssl` command makes, to be accepted or refused.

#[path = "common/authority.rs"]
mod authority;

use authority::{Authority, P256, Plan, openssl_is_there};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use der::asn1::ObjectIdentifier;
use der::{Decode, Document, Encode, SecretDocument};
use sha2::{Digest, Sha256};
use vidimus_proof::timestamp::{Part, StampError, Token, TokenError, Trust, inspect, verify};
use x509_cert::Certificate;
use x509_cert::ext::pkix::SubjectKeyIdentifier;

const MESSAGE: &[u8] = b"vidimus.example/archive\n12\nAAAA\n";
const ED25519: &[&str] = &["-algorithm", "ED25519"];

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";
const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const SHA1: &str = "1.3.14.3.2.26";
const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";

/// The parts of a token; each test changes some of them and builds it.
struct Craft {
    version: u8,
    digests: Vec<u8>,
    content_type: &'static str,
    content: Vec<u8>,
    certificates: Vec<u8>,
    revocation: Vec<u8>,
    signer_version: u8,
    signer: Vec<u8>,
    attributes: Vec<Vec<u8>>,
    algorithm: Vec<u8>,
    unsigned: Vec<u8>,
    /// When the authority's certificate began to be valid, seconds since 1970.
    begins: i64,
    key: Key,
}

enum Key {
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Craft {
    /// A good token by the authority's key.
    fn new(authority: &Authority) -> Self {
        let (_, pem) = Document::from_pem(&authority.own_pem()).unwrap();
        let certificate = Certificate::from_der(pem.as_bytes()).unwrap();
        let names = &certificate.tbs_certificate;
        let key = std::fs::read_to_string(authority.file("tsa.key")).unwrap();
        let (_, key) = SecretDocument::from_pem(&key).unwrap();
        let key = match EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_bytes()) {
            Ok(key) => Key::P256(key),
            Err(_) => Key::Ed25519(Ed25519KeyPair::from_pkcs8_maybe_unchecked(key.as_bytes()).unwrap()),
        };
        let algorithm = match key {
            Key::P256(_) => tlv(0x30, &[&oid(ECDSA_SHA256)]),
            Key::Ed25519(_) => tlv(0x30, &[&oid("1.3.101.112")]),
        };
        let begins = names.validity.not_before.to_unix_duration().as_secs() as i64;
        let content = info(begins, &[]);
        Self {
            version: 3,
            digests: hash(SHA256),
            content_type: TST_INFO,
            attributes: vec![
                attribute(CONTENT_TYPE, &[&oid(TST_INFO)]),
                attribute(MESSAGE_DIGEST, &[&tlv(0x04, &[&Sha256::digest(&content)])]),
                attribute(SIGNING_CERTIFICATE_V2, &[&binding(&Sha256::digest(pem.as_bytes()))]),
            ],
            content,
            certificates: pem.as_bytes().to_vec(),
            revocation: Vec::new(),
            signer_version: 1,
            signer: tlv(0x30, &[&names.issuer.to_der().unwrap(), &names.serial_number.to_der().unwrap()]),
            algorithm,
            unsigned: Vec::new(),
            begins,
            key,
        }
    }

    fn build(&self) -> Vec<u8> {
        let attributes = self.attributes.concat();
        let signed = tlv(0x31, &[&attributes]);
        let signature = match &self.key {
            Key::P256(key) => key.sign(&SystemRandom::new(), &signed).unwrap().as_ref().to_vec(),
            Key::Ed25519(key) => key.sign(&signed).as_ref().to_vec(),
        };
        let signer_info = tlv(
            0x30,
            &[
                &[2, 1, self.signer_version],
                &self.signer,
                &hash(SHA256),
                &tlv(0xa0, &[&attributes]),
                &self.algorithm,
                &tlv(0x04, &[&signature]),
                &self.unsigned,
            ],
        );
        let content = tlv(0xa0, &[&tlv(0x04, &[&self.content])]);
        let signed_data = tlv(
            0x30,
            &[
                &[2, 1, self.version],
                &tlv(0x31, &[&self.digests]),
                &tlv(0x30, &[&oid(self.content_type), &content]),
                &tlv(0xa0, &[&self.certificates]),
                &self.revocation,
                &tlv(0x31, &[&signer_info]),
            ],
        );
        tlv(0x30, &[&oid(SIGNED_DATA), &tlv(0xa0, &[&signed_data])])
    }

    /// Takes other content, and says its digest in the signed attributes.
    fn with_content(mut self, content: Vec<u8>) -> Self {
        self.attributes[1] = attribute(MESSAGE_DIGEST, &[&tlv(0x04, &[&Sha256::digest(&content)])]);
        self.content = content;
        self
    }
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    let mut out = vec![tag];
    match value.len() {
        short @ 0..0x80 => out.push(short as u8),
        long => {
            out.push(0x82);
            out.extend((long as u16).to_be_bytes());
            if long < 0x100 {
                out.splice(1.., [0x81, long as u8]);
            }
        }
    }
    out.extend(value);
    out
}

fn oid(dotted: &str) -> Vec<u8> {
    dotted.parse::<ObjectIdentifier>().unwrap().to_der().unwrap()
}

fn hash(dotted: &str) -> Vec<u8> {
    tlv(0x30, &[&oid(dotted), &[5, 0]])
}

fn attribute(kind: &str, values: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, &[&oid(kind), &tlv(0x31, values)])
}

fn binding(certificate_hash: &[u8]) -> Vec<u8> {
    let id = tlv(0x30, &[&tlv(0x04, &[certificate_hash])]);
    tlv(0x30, &[&tlv(0x30, &[&id])])
}

/// A TSTInfo over the message at a time in seconds since 1970, and a half.
fn info(at: i64, more: &[u8]) -> Vec<u8> {
    let time = jiff::Timestamp::from_second(at).unwrap().strftime("%Y%m%d%H%M%S.5Z").to_string();
    let imprint = tlv(0x30, &[&hash(SHA256), &tlv(0x04, &[&Sha256::digest(MESSAGE)])]);
    tlv(0x30, &[&[2, 1, 1], &oid("1.2.3.4"), &imprint, &[2, 1, 7], &tlv(0x18, &[time.as_bytes()]), more])
}

fn pinned(authority: &Authority) -> Trust {
    Trust::from_pem(&authority.root_pem()).unwrap()
}

fn refused(authority: &Authority, craft: &Craft) -> StampError {
    let error = verify(&craft.build(), MESSAGE, &pinned(authority)).unwrap_err();
    assert_eq!(inspect(&craft.build(), MESSAGE).unwrap_err(), error);
    error
}

#[test]
fn a_token_made_by_hand_is_verified_with_each_key() {
    if !openssl_is_there() {
        return;
    }
    for key in [P256, ED25519] {
        let authority = Authority::new(&Plan { key, ..Plan::default() });
        let token = Craft::new(&authority).build();
        let stamp = verify(&token, MESSAGE, &pinned(&authority)).unwrap();
        assert_eq!((stamp.policy.as_str(), stamp.serial.as_str()), ("1.2.3.4", "07"));
        assert_eq!(stamp.at.subsec_millisecond(), 500);
        assert_eq!(stamp.accuracy, None);
        let mut forged = token.clone();
        *forged.last_mut().unwrap() ^= 1;
        assert_eq!(verify(&forged, MESSAGE, &pinned(&authority)), Err(StampError::Signature));
    }
}

#[test]
fn what_no_signature_covers_may_come_along_and_changes_nothing() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan::default());
    let craft = Craft::new(&authority);
    // A minute later, when the stranger's certificate, made below, is valid too.
    let content = info(craft.begins + 60, &[]);
    let mut craft = craft.with_content(content);
    let plain = verify(&craft.build(), MESSAGE, &pinned(&authority)).unwrap();
    craft.unsigned = tlv(0xa1, &[&attribute("1.2.3.4.5", &[&[5, 0]])]);
    craft.revocation = tlv(0xa1, &[&tlv(0x30, &[&[5, 0]])]);
    let (_, stranger) = Document::from_pem(&Authority::new(&Plan::default()).root_pem()).unwrap();
    craft.certificates.extend(stranger.as_bytes());
    craft.certificates.extend([0x30, 0x00]);
    assert_eq!(verify(&craft.build(), MESSAGE, &pinned(&authority)).unwrap(), plain);
    let error = verify(&craft.build(), MESSAGE, &Trust::default()).unwrap_err();
    assert!(matches!(error, StampError::UnknownAuthority(_)), "{error:?}");
}

#[test]
fn a_signer_may_be_named_by_its_key() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan::default());
    let mut craft = Craft::new(&authority);
    let certificate = Certificate::from_der(&craft.certificates).unwrap();
    let (_, id) = certificate.tbs_certificate.get::<SubjectKeyIdentifier>().unwrap().unwrap();
    craft.signer = tlv(0x80, &[id.0.as_bytes()]);
    assert_eq!(refused(&authority, &craft), StampError::Token(TokenError::Version));
    craft.signer_version = 3;
    assert!(verify(&craft.build(), MESSAGE, &pinned(&authority)).is_ok());
    craft.signer = tlv(0x80, &[b"another"]);
    assert_eq!(refused(&authority, &craft), StampError::SignerMissing);
}

#[test]
fn signed_attributes_must_be_there_once_and_true() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan::default());
    let names = ["content-type", "message-digest", "signing-certificate"];
    for (at, name) in names.into_iter().enumerate() {
        let mut craft = Craft::new(&authority);
        let twice = craft.attributes[at].clone();
        craft.attributes.push(twice);
        assert_eq!(refused(&authority, &craft), StampError::Token(TokenError::Malformed("signedAttrs")));
        craft.attributes.pop();
        craft.attributes.remove(at);
        assert_eq!(refused(&authority, &craft), StampError::Attribute(name));
    }

    let mut craft = Craft::new(&authority);
    craft.attributes[0] = attribute(CONTENT_TYPE, &[&oid("1.2.840.113549.1.7.1")]);
    assert_eq!(refused(&authority, &craft), StampError::Attribute("content-type"));
    craft.attributes[0] = attribute(CONTENT_TYPE, &[&oid(TST_INFO), &oid(TST_INFO)]);
    assert_eq!(refused(&authority, &craft), StampError::Token(TokenError::Malformed("Attribute")));

    let mut craft = Craft::new(&authority);
    craft.attributes[1] = attribute(MESSAGE_DIGEST, &[&tlv(0x04, &[&Sha256::digest(b"x")])]);
    assert_eq!(refused(&authority, &craft), StampError::Attribute("message-digest"));

    let mut craft = Craft::new(&authority);
    craft.attributes[2] = attribute(SIGNING_CERTIFICATE_V2, &[&binding(&Sha256::digest(b"another"))]);
    assert_eq!(refused(&authority, &craft), StampError::Binding);
}

#[test]
fn other_contents_versions_and_algorithms_are_refused() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan::default());
    let change = |change: &dyn Fn(&mut Craft)| {
        let mut craft = Craft::new(&authority);
        change(&mut craft);
        match refused(&authority, &craft) {
            StampError::Token(error) => error,
            error => panic!("{error:?}"),
        }
    };
    let weak = |part, oid: &str| TokenError::Algorithm { part, oid: oid.into() };
    assert_eq!(change(&|c| c.version = 1), TokenError::Version);
    assert_eq!(change(&|c| c.signer_version = 3), TokenError::Version);
    assert_eq!(change(&|c| c.content_type = "1.2.840.113549.1.7.1"), TokenError::ContentType);
    assert_eq!(change(&|c| c.digests = hash(SHA1)), weak(Part::Digest, SHA1));
    let sha384 = "2.16.840.1.101.3.4.2.2";
    assert_eq!(change(&|c| c.digests = hash(sha384)), TokenError::Malformed("digestAlgorithms"));
    let ecdsa_sha1 = "1.2.840.10045.4.1";
    let algorithm = tlv(0x30, &[&oid(ecdsa_sha1)]);
    assert_eq!(change(&|c| c.algorithm.clone_from(&algorithm)), weak(Part::Signature, ecdsa_sha1));
    let many = |c: &mut Craft| c.certificates = [0x30, 0x00].repeat(9);
    assert_eq!(change(&many), TokenError::TooManyCertificates);
}

#[test]
fn extensions_of_the_content_that_are_critical_and_unknown_are_refused() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan::default());
    let extension = |critical: &[u8]| {
        let extension = tlv(0x30, &[&oid("1.2.3.4.5"), critical, &tlv(0x04, &[b"x"])]);
        let craft = Craft::new(&authority);
        let content = info(craft.begins, &tlv(0xa1, &[&extension]));
        craft.with_content(content)
    };
    assert!(verify(&extension(&[]).build(), MESSAGE, &pinned(&authority)).is_ok());
    let error = refused(&authority, &extension(&[1, 1, 0xff]));
    assert_eq!(error, StampError::Token(TokenError::CriticalExtension("1.2.3.4.5".into())));
}

#[test]
fn a_content_that_is_no_time_stamp_is_no_token() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan::default());
    let good = info(1_800_000_000, &[]);
    let mut version = good.clone();
    version[4] = 2;
    let cases = [
        (version, TokenError::Version),
        (info(1_800_000_000, &[0xff]), TokenError::Malformed("TSTInfo")),
        ([&good[..], &[0]].concat(), TokenError::Malformed("TSTInfo")),
        (Vec::new(), TokenError::Malformed("TSTInfo")),
    ];
    for (content, expected) in cases {
        let token = Craft::new(&authority).with_content(content).build();
        assert_eq!(Token::from_der(&token), Err(expected));
    }
}

#[test]
fn a_serial_number_is_as_long_as_one_may_be() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan::default());
    let serial = |length: usize| {
        let craft = Craft::new(&authority);
        let content = info(craft.begins, &[]);
        let long = tlv(0x02, &[&vec![7; length]]);
        let at = content.windows(3).position(|three| three == [2, 1, 7]).unwrap();
        let content = tlv(0x30, &[&content[2..at], &long, &content[at + 3..]]);
        Token::from_der(&craft.with_content(content).build()).map(|_| ())
    };
    assert_eq!(serial(32), Ok(()));
    for longer in [33, 34] {
        assert_eq!(serial(longer), Err(TokenError::Malformed("serialNumber")));
    }
}

#[test]
fn the_name_in_a_token_is_one_of_its_signer() {
    if !openssl_is_there() {
        return;
    }
    let named = |authority: &Authority, name: &[u8]| {
        let craft = Craft::new(authority);
        let content = info(craft.begins, &tlv(0xa0, &[&tlv(0x82, &[name])]));
        verify(&craft.with_content(content).build(), MESSAGE, &pinned(authority)).map(|_| ())
    };
    let plain = Authority::new(&Plan::default());
    assert_eq!(named(&plain, b"stamps.example"), Err(StampError::AuthorityName));
    let authority = Authority::new(&Plan { other_name: Some("DNS:stamps.example"), ..Plan::default() });
    assert_eq!(named(&authority, b"stamps.example"), Ok(()));
    assert_eq!(named(&authority, b"other.example"), Err(StampError::AuthorityName));
}

#[test]
fn many_certificates_of_one_name_do_not_keep_the_reader_busy() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan::default());
    let craft = Craft::new(&authority);
    // A minute later, when all the certificates made below are valid.
    let content = info(craft.begins + 60, &[]);
    let mut craft = craft.with_content(content);
    for _ in 0..7 {
        let (_, root) = Document::from_pem(&Authority::new(&Plan::default()).root_pem()).unwrap();
        craft.certificates.extend(root.as_bytes());
    }
    for trust in [Trust::default(), pinned(&Authority::new(&Plan::default()))] {
        let error = verify(&craft.build(), MESSAGE, &trust).unwrap_err();
        assert!(matches!(error, StampError::UnknownAuthority(_) | StampError::Chain(_)), "{error:?}");
    }
}
