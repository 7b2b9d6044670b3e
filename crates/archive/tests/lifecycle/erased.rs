//! What was erased is nowhere, even for somebody who kept every key and opens all that opens: rows, objects, free pages of folds.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::Path;

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt as _, KeyInit as _};
use sha2::Digest as _;
use vidimus_ledger::{Ledger as _, Row};
use vidimus_model::KeyId;
use vidimus_proof::bag::{MemoryBag, Trust, verify};
use vidimus_proof::merkle::{self, leaf_hash};
use vidimus_proof::record::Record;
use vidimus_seal::age::{Identity, decrypt_to_vec};
use vidimus_seal::row::{RowAad, RowKey, fold_key, open_row};

use super::house::{House, files};
use super::{erase, r, waiting};
use crate::Archive;
use crate::disclose::{Disclose, Names};

/// Stands in the path and in the bytes of what will be erased.
pub(super) const CANARY: &[u8] = b"CANARY-of-the-erased";
/// A page of a fold, and what of it is its initialization vector and authentication (`crates/folds/src/catalogue/store.rs`).
const PAGE: usize = 4096;
const RESERVED: usize = 16 + 32;

/// Somebody who kept every key.
pub(super) struct Eyes {
    keys: Vec<(KeyId, Identity)>,
    archive_id: String,
}

/// What was opened, by the kind of file that it lay in.
pub(super) type Seen = BTreeMap<&'static str, Vec<u8>>;

impl Eyes {
    /// With every key that seals a row and opens for one of these members.
    pub(super) fn of(archives: &mut [&mut Archive]) -> Self {
        let mut keys = BTreeMap::new();
        for archive in archives.iter_mut() {
            archive.fold_all().unwrap();
            let rows = archive.ledger.rows(0, usize::MAX >> 1).unwrap();
            let named: BTreeSet<KeyId> = rows.iter().map(|row| row.key.parse().unwrap()).collect();
            for key in named {
                if let Some(sealing) = archive.keyring.open(key).unwrap() {
                    keys.insert(key, sealing.identity.clone());
                }
            }
        }
        Self { keys: keys.into_iter().collect(), archive_id: archives[0].archive_id.clone() }
    }

    /// Opens everything below these folders that any key opens; what opens with none is taken as it is.
    pub(super) fn open_all(&self, folders: &[&Path]) -> Seen {
        let mut seen = Seen::new();
        for path in folders.iter().flat_map(|folder| files(folder)) {
            let bytes = fs::read(&path).unwrap();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let within = |folder: &str| path.components().any(|part| part.as_os_str() == folder);
            let (kind, opened) = if name == "ledger.db" {
                ("rows", self.rows(&path))
            } else if within("folds") {
                ("folds", self.keys.iter().flat_map(|(_, key)| pages(&name, &bytes, key)).collect())
            } else if within("objects") {
                let opened = self.keys.iter().filter_map(|(_, key)| decrypt_to_vec(&bytes, key).ok());
                ("objects", opened.flat_map(|plain| plain.to_vec()).collect())
            } else {
                ("others", Vec::new())
            };
            seen.entry(kind).or_default().extend(opened);
            seen.entry("as they are").or_default().extend(bytes);
        }
        seen
    }

    /// Every body, tried as that of every record that ever was, erased ones too.
    fn rows(&self, ledger: &Path) -> Vec<u8> {
        let db = rusqlite::Connection::open(ledger).unwrap();
        let mut plain = Vec::new();
        let mut bodies = db.prepare("SELECT sealed FROM body").unwrap();
        let bodies: Vec<Vec<u8>> =
            bodies.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
        let mut records =
            db.prepare("SELECT compartment, key, entry FROM entry WHERE op IS NOT NULL").unwrap();
        let records = records.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        for record in records {
            let (compartment, key, entry): (String, String, [u8; 32]) = record.unwrap();
            let aad = RowAad::new(&self.archive_id, &compartment, &key, &entry).unwrap();
            for (_, identity) in self.keys.iter().filter(|(id, _)| id.to_string() == key) {
                let row_key = RowKey::derive(identity);
                for opened in bodies.iter().filter_map(|body| open_row(&row_key, &aad, body).ok()) {
                    let record = Record::parse(std::str::from_utf8(&opened).unwrap()).unwrap();
                    for field in record.disclosures() {
                        plain.extend(format!("{}: {}\n", field.name(), field.value()).into_bytes());
                    }
                }
            }
        }
        plain
    }
}

/// The pages of a database or of its write-ahead log, free ones and outdated ones too.
fn pages(name: &str, bytes: &[u8], identity: &Identity) -> Vec<u8> {
    let cipher = Aes256::new_from_slice(&*fold_key(identity, "catalogue")).unwrap();
    let decrypt = |first: bool, page: &[u8]| {
        let (content, reserved) = page.split_at(PAGE - RESERVED);
        let mut before = <[u8; 16]>::try_from(&reserved[..16]).unwrap();
        // The first page begins with the salt.
        let blocks = content[if first { 16 } else { 0 }..].chunks_exact(16);
        let plain = blocks.flat_map(|block| {
            let mut opened = <[u8; 16]>::try_from(block).unwrap().into();
            cipher.decrypt_block(&mut opened);
            let plain: Vec<u8> = opened.iter().zip(before).map(|(byte, mask)| byte ^ mask).collect();
            before = block.try_into().unwrap();
            plain
        });
        plain.collect::<Vec<u8>>()
    };
    if name.ends_with("-wal") {
        let frames = bytes.get(32..).unwrap_or_default().chunks_exact(24 + PAGE);
        frames.flat_map(|frame| decrypt(frame[..4] == [0, 0, 0, 1], &frame[24..])).collect()
    } else {
        bytes.chunks_exact(PAGE).enumerate().flat_map(|(n, page)| decrypt(n == 0, page)).collect()
    }
}

pub(super) fn holds(seen: &Seen, kind: &str, needle: &[u8]) -> bool {
    seen.get(kind).is_some_and(|bytes| bytes.windows(needle.len()).any(|window| window == needle))
}

/// What tells of the erased file: its path and bytes, and its digest in both forms.
fn needles() -> [Vec<u8>; 3] {
    let digest = sha2::Sha256::digest(CANARY);
    [CANARY.to_vec(), digest.to_vec(), hex::encode(digest).into_bytes()]
}

/// No sixteen bytes in a row of these bodies are left anywhere.
fn no_piece_is_left(bodies: &[Row], seen: &Seen) {
    let bodies = bodies.iter().filter_map(|row| row.body.as_ref());
    let pieces: HashSet<&[u8]> = bodies.flat_map(|body| body.chunks_exact(16)).collect();
    assert!(!pieces.is_empty());
    assert!(!seen["as they are"].windows(16).any(|window| pieces.contains(window)));
}

fn bag(folder: &Path) -> MemoryBag {
    let relative = |path: &Path| path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
    MemoryBag(files(folder).iter().map(|path| (relative(path), fs::read(path).unwrap())).collect())
}

fn disclose(archive: &mut Archive, item: &str, out: &Path) {
    let request = Disclose {
        refs: vec![r(item)],
        to: "A newsroom".into(),
        purpose: "Verification".into(),
        out: out.to_owned(),
        fields: vec!["path".into()],
        names: Names::References,
        opened: Vec::new(),
        tombstones: false,
    };
    archive.disclose(&request, &mut |_| {}).unwrap();
}

/// A disk with what will be erased: small, in a pack with its neighbour; and as a copy, whose bytes are stored once.
fn received(house: &House) -> [Archive; 2] {
    let name = String::from_utf8(CANARY.to_vec()).unwrap();
    let large = [CANARY, &vec![7; 90_000]].concat();
    let disk: [(&str, &[u8]); 4] = [
        ("neighbour.txt", b"it stays"),
        (&name, CANARY),
        (&format!("large {name}"), &large),
        (&format!("copy of {name}"), &large),
    ];
    house.receive("Олена", &disk);
    let mut olena = house.open("Олена");
    olena.fold_all().unwrap();
    olena.release(&r("A1")).unwrap();
    [olena, house.open("Богдан")]
}

pub(super) fn references_of(archive: &mut Archive, part: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut visit = |row: crate::query::ListRow| {
        if row.path.to_text().contains(part) {
            found.push(row.reference.to_string());
        }
        std::ops::ControlFlow::Continue(())
    };
    archive.list(&Default::default(), &mut visit).unwrap();
    found
}

#[test]
fn nothing_is_left_of_an_erased_item_for_who_holds_every_key() {
    let house = House::of_two();
    let [mut olena, mut bohdan] = received(&house);
    let out = tempfile::tempdir().unwrap();
    let (backup, before_bag, after_bag) =
        (out.path().join("backup"), out.path().join("before"), out.path().join("after"));
    let neighbour = references_of(&mut olena, "neighbour").remove(0);
    disclose(&mut bohdan, &neighbour, &before_bag);
    olena.backup(&backup, &mut |_| {}).unwrap();
    let before = olena.checkpoint().unwrap();
    let eyes = Eyes::of(&mut [&mut olena, &mut bohdan]);
    let places = [house.archive(), house.state(), backup.clone()];
    let places: Vec<&Path> = places.iter().map(|path| path.as_path()).collect();

    let seen = eyes.open_all(&places);
    assert!(holds(&seen, "folds", b"CREATE TABLE"), "pages of folds are opened");
    for kind in ["rows", "objects", "folds"] {
        assert!(holds(&seen, kind, CANARY), "{kind} are seen while they are there");
    }
    let doomed = references_of(&mut olena, "CANARY");
    assert_eq!(doomed.len(), 3);
    let stolen: Vec<Row> = house
        .rows_of(house.key_of("Олена", &r("A1")))
        .into_iter()
        .filter(|row| {
            let key = eyes.keys.iter().find(|(id, _)| id.to_string() == row.key).unwrap();
            let record = crate::rows::record(row, &RowKey::derive(&key.1), &eyes.archive_id).unwrap();
            record.is_some_and(|record| doomed.iter().any(|about| record.text("about") == Some(about)))
        })
        .collect();
    assert_eq!(stolen.len(), 3);

    let names: Vec<&str> = doomed.iter().map(String::as_str).collect();
    let id = waiting(olena.propose(erase(&names), "a private letter", false).unwrap());
    bohdan.agree(id).unwrap();
    olena.fold_all().unwrap();
    olena.backup(&backup, &mut |_| {}).unwrap();
    // While both are still open, and when nobody is.
    for open in [true, false] {
        let seen = eyes.open_all(&places);
        for needle in needles() {
            for (kind, bytes) in &seen {
                let found = bytes.windows(needle.len()).any(|window| window == &needle[..]);
                assert!(!found, "{kind} (open: {open}) hold {:?}", String::from_utf8_lossy(&needle));
            }
        }
        no_piece_is_left(&stolen, &seen);
        if open {
            disclose(&mut bohdan, &neighbour, &after_bag);
            (olena, bohdan) = drop_and_reopen(&house, [olena, bohdan]);
        }
    }
    house.proves_since(&before);
    for folder in [&before_bag, &after_bag] {
        let report = verify(&bag(folder), &Trust::default());
        assert!(report.proved(), "{}: {:?}", folder.display(), report.problems);
    }
    assert_eq!(olena.read(&r(&neighbour)).as_deref(), Some(b"it stays".as_slice()));
    house.is_sound_for(&["Олена", "Богдан"]);
}

/// For a moment nobody has the archive open, so that SQLite puts away what it keeps beside its files.
fn drop_and_reopen(house: &House, archives: [Archive; 2]) -> (Archive, Archive) {
    drop(archives);
    (house.open("Олена"), house.open("Богдан"))
}

#[test]
fn nothing_is_left_of_an_erased_accession_for_who_kept_its_key() {
    let house = House::of_two();
    let [mut olena, mut bohdan] = received(&house);
    let backup = tempfile::tempdir().unwrap();
    let folder = backup.path().join("backup");
    olena.backup(&folder, &mut |_| {}).unwrap();
    let eyes = Eyes::of(&mut [&mut olena, &mut bohdan]);
    let key = house.key_of("Олена", &r("A1"));
    let stolen = house.rows_of(key);
    assert!(eyes.keys.iter().any(|(id, _)| *id == key));
    let id = waiting(olena.propose(erase(&["A1"]), "the wrong folder", false).unwrap());
    bohdan.agree(id).unwrap();
    olena.fold_all().unwrap();
    olena.backup(&folder, &mut |_| {}).unwrap();
    let seen = eyes.open_all(&[&house.archive(), &house.state(), &folder]);
    for needle in needles().iter().map(Vec::as_slice).chain([b"neighbour.txt".as_slice(), b"it stays"]) {
        for (kind, bytes) in &seen {
            let found = bytes.windows(needle.len()).any(|window| window == needle);
            assert!(!found, "{kind} hold {:?}", String::from_utf8_lossy(needle));
        }
    }
    no_piece_is_left(&stolen, &seen);
    house.is_sound_for(&["Олена", "Богдан"]);
}

/// Shown to a stranger, field by field, with nothing but the archive's public key: who needs it can check what was erased, when
/// and why, and that the entries it names are still in the log.
#[test]
fn a_tombstone_proves_itself() {
    let house = House::of_two();
    let [mut olena, mut bohdan] = received(&house);
    let doomed = references_of(&mut olena, "CANARY");
    let names: Vec<&str> = doomed.iter().map(String::as_str).collect();
    let id = waiting(olena.propose(erase(&names), "a private letter", false).unwrap());
    bohdan.agree(id).unwrap();
    olena.fold_all().unwrap();

    let size = olena.checkpoint().unwrap().checkpoint().size;
    let generation = olena.keyring.compartment(&vidimus_model::CompartmentId::main()).unwrap().current();
    let row_key = RowKey::derive(&olena.keyring.open(generation).unwrap().unwrap().identity);
    let rows = olena.ledger.rows_of_key(&generation.to_string(), 0, usize::MAX >> 1).unwrap();
    let (index, record) = rows
        .iter()
        .filter_map(|row| Some((row.seq, crate::rows::record(row, &row_key, &olena.archive_id).ok()??)))
        .find(|(_, record)| record.text("change") == Some("erasure/1"))
        .expect("the tombstone");
    let shown = record.choose(&["change", "about", "entries", "reason", "by_sig"]).to_sd_jwt();

    // The stranger: text, a checkpoint, a proof, the archive's key and the member's.
    let signed = olena.checkpoint().unwrap();
    let archive_key = olena.verifier_key();
    signed.verify(&archive_key).unwrap();
    let nodes = olena.nodes(size).unwrap();
    let proof = merkle::inclusion_proof(index, size, &nodes).unwrap();
    let proved = |text: &str, entry: Option<[u8; 32]>| {
        let record = Record::parse(text).ok()?;
        record.verify(olena.origin(), &olena.keys().of_record(index)).ok()?;
        let entry = entry.unwrap_or_else(|| record.entry());
        merkle::verify_inclusion(&leaf_hash(&entry), index, size, &proof, &signed.checkpoint().root).ok()?;
        Some(record)
    };
    let read = proved(&shown, None).expect("it is proved");
    assert_eq!(read.text("reason"), Some("a private letter"));
    assert_eq!(read.text("at"), None, "what was not chosen stays closed");
    let member = olena.register().members[&bohdan.keyring().member()].signing_key().unwrap();
    let operation = hex::encode(rows.iter().find(|row| row.seq == index).unwrap().op.unwrap());
    read.verify_member("main", &operation, &member).unwrap();
    let entries: Vec<u64> =
        read.field("entries").unwrap().as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    assert_eq!(entries.len(), 3);
    for entry in entries {
        let row = olena.ledger.rows(entry, 1).unwrap().remove(0);
        assert!(row.erased && row.body.is_none());
        let proof = merkle::inclusion_proof(entry, size, &nodes).unwrap();
        merkle::verify_inclusion(&leaf_hash(&row.entry), entry, size, &proof, &signed.checkpoint().root)
            .unwrap();
    }
    // Another reason, another place in the log, another archive: no proof.
    let disclosure = |reason: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD
            .encode(format!("[\"AAAAAAAAAAAAAAAAAAAAAA\",\"reason\",\"{reason}\"]"))
    };
    assert!(proved(&format!("{shown}{}~", disclosure("nobody asked")), None).is_none());
    assert!(proved(&shown, Some([7; 32])).is_none());
}

/// With the program alone: a package of what is left, which a stranger checks with the archive's key or a published receipt.
#[test]
fn a_tombstone_is_handed_over_in_a_package() {
    let house = House::of_two();
    let [mut olena, mut bohdan] = received(&house);
    let doomed = references_of(&mut olena, "CANARY");
    let neighbour = references_of(&mut olena, "neighbour").remove(0);
    let names: Vec<&str> = doomed.iter().map(String::as_str).collect();
    let id = waiting(olena.propose(erase(&names), "a private letter", false).unwrap());
    bohdan.agree(id).unwrap();
    let out = tempfile::tempdir().unwrap();
    let ask = |refs: &[&str], to: &str, tombstones| Disclose {
        refs: refs.iter().map(|text| r(text)).collect(),
        to: "A court".into(),
        purpose: "To show that it is gone".into(),
        out: out.path().join(to),
        fields: Vec::new(),
        names: Names::References,
        opened: Vec::new(),
        tombstones,
    };
    let mut disclose = |refs: &[&str], to, tombstones| {
        bohdan.disclose(&ask(refs, to, tombstones), &mut |_| {}).map(|disclosed| bag(&disclosed.bag))
    };
    let [gone, kept] = [doomed[1].as_str(), neighbour.as_str()];
    assert!(matches!(disclose(&[gone], "one", false), Err(crate::disclose::DiscloseError::Gone(_))));
    let slip = disclose(&[kept], "slip", true);
    assert!(matches!(slip, Err(crate::disclose::DiscloseError::NotErased(_))), "the file itself stays here");
    let made = disclose(&[gone, kept], "both", true).unwrap();
    let trust = Trust { archive_keys: vec![olena.verifier_key()], ..Trust::default() };
    let report = verify(&made, &trust);
    assert!(report.proved() && report.files.len() == 2, "{:?}", report.problems);
    let words = String::from_utf8(made.0[&format!("data/{gone}.txt")].clone()).unwrap();
    for part in ["\"erasure/1\"", "\"a private letter\"", gone] {
        assert!(words.contains(part), "{words}");
    }
    // Neither its name nor its digest goes along, and no bag of its words is made for what is there.
    for needle in needles() {
        assert!(
            made.0.values().all(|bytes| !bytes.windows(needle.len()).any(|window| window == &needle[..]))
        );
    }
    assert_eq!(made.0[&format!("data/{kept}.txt")], b"it stays");

    // A whole accession has a number for its name.
    house.receive("Олена", &[("b.txt", b"two".as_slice())]);
    olena.release(&r("A2")).unwrap();
    let id = waiting(olena.propose(erase(&["A2"]), "the wrong folder", false).unwrap());
    let mut disclose = |refs: &[&str], to| {
        bohdan.disclose(&ask(refs, to, true), &mut |_| {}).map(|disclosed| bag(&disclosed.bag))
    };
    assert!(matches!(disclose(&["A2"], "early"), Err(crate::disclose::DiscloseError::NotAnItem(_))));
    bohdan.agree(id).unwrap();
    let mut disclose = |refs: &[&str], to| {
        bohdan.disclose(&ask(refs, to, true), &mut |_| {}).map(|disclosed| bag(&disclosed.bag))
    };
    for (about, to) in [("A2", "whole"), ("A2-1", "part")] {
        let made = disclose(&[about], to).unwrap();
        assert!(verify(&made, &trust).proved(), "{about}");
        let words = made.0.iter().find(|(path, _)| path.starts_with("data/")).unwrap().1;
        assert!(String::from_utf8_lossy(words).contains(r#"about: ["A2"]"#));
    }
    house.is_sound_for(&["Олена", "Богдан"]);
}
