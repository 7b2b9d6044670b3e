//! The published age test vectors (C2SP CCTV) and our own frozen object.

mod common;

use std::{collections::HashMap, fs, io::Read as _};

use sha2::{Digest as _, Sha256};
use vidimus_seal::{
    HeaderPin, Identity,
    age::{self, OpenError},
};

/// Vectors by the beginning of their names that test what is not ours, with the reason.
const NOT_OURS: [(&str, &str); 3] = [
    (
        "armor_",
        "ASCII armor: objects are binary files; an armored one is refused as not being an age v1 file",
    ),
    (
        "hybrid",
        "hybrid recipients: no identity of that kind exists here; an X25519 identity passes over their stanzas",
    ),
    ("scrypt", "passphrase recipients: a member's passphrase goes through Argon2id instead"),
];

#[test]
fn the_published_vectors_do_as_they_expect() {
    let Some(folder) = common::shared("vectors/cctv-age") else { return };
    let (mut ran, mut listed) = (0, 0);
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    for path in names {
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.ends_with(".md") {
            continue;
        }
        let vector = Vector::parse(&fs::read(&path).unwrap());
        if let Some((_, reason)) = NOT_OURS.into_iter().find(|(start, _)| name.starts_with(start)) {
            // Not ours to open, but no reason to fall over either.
            assert!(vector.open().is_err(), "{name}");
            println!("not ours: {name}: {reason}");
            listed += 1;
            continue;
        }
        let opened = vector.open();
        let expect = vector.fields["expect"].as_str();
        match (expect, &opened) {
            ("success", Ok(plain)) => {
                assert_eq!(hex::encode(Sha256::digest(plain)), vector.fields["payload"], "{name}");
            }
            ("no match", Err(OpenError::NotForThisKey))
            | ("HMAC failure", Err(OpenError::HeaderChanged))
            | ("header failure", Err(OpenError::Malformed(_)))
            | ("payload failure", Err(OpenError::Damaged { .. })) => {}
            _ => panic!("{name}: expected {expect}, got {:?}", opened.map(|plain| plain.len())),
        }
        ran += 1;
    }
    println!("{ran} vectors ran, {listed} are listed");
    assert!(ran > 60, "only {ran} vectors ran");
}

/// A text header of `name: value` lines, an empty line, and the age file.
struct Vector {
    fields: HashMap<String, String>,
    file: Vec<u8>,
}

impl Vector {
    fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
        let text = std::str::from_utf8(&bytes[..end]).unwrap();
        let fields: HashMap<_, _> = text
            .lines()
            .map(|line| line.split_once(": ").unwrap())
            .map(|(k, v)| (k.into(), v.into()))
            .collect();
        let mut file = bytes[end + 2..].to_vec();
        if fields.get("compressed").is_some_and(|kind: &String| kind == "zlib") {
            let packed = std::mem::take(&mut file);
            flate2::read::ZlibDecoder::new(&packed[..]).read_to_end(&mut file).unwrap();
        }
        Self { fields, file }
    }

    /// With the vector's X25519 identity, or with any where it has none.
    fn open(&self) -> Result<Vec<u8>, OpenError> {
        let given = self.fields.get("identity").and_then(|text| text.parse().ok());
        let identity = given.unwrap_or_else(|| Identity::from_secret_bytes(&[1; 32]));
        age::decrypt_to_vec(&self.file, &identity).map(|plain| plain.to_vec())
    }
}

#[test]
fn the_frozen_object_opens_for_ever() {
    let read = |name: &str| fs::read(common::frozen("object").join(name)).unwrap();
    let identity: Identity = String::from_utf8(read("identity.txt")).unwrap().trim_end().parse().unwrap();
    let (object, plain) = (read("object.age"), read("plaintext.bin"));
    let pinned: serde_json::Value = serde_json::from_slice(&read("pin.json")).unwrap();
    let header_sha256 = hex::decode(pinned["header_sha256"].as_str().unwrap()).unwrap().try_into().unwrap();
    let expected = (HeaderPin { header_sha256 }, pinned["object_len"].as_u64().unwrap());
    let opened = age::open(&object[..], &identity, Some(expected)).unwrap();
    assert_eq!(opened.plain_len(), plain.len() as u64);
    assert!(*age::decrypt_to_vec(&object, &identity).unwrap() == plain);
    assert_eq!(pinned["recipient"].as_str().unwrap(), identity.recipient().to_string());
}
