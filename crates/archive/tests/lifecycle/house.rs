//! A house with an archive and several members, and eyes that look where only an attacker would.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use vidimus_ledger::{Ledger as _, Row, SqliteLedger};
use vidimus_model::{Change, CompartmentId, Erasure, KeyId, Ref};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::merkle::{self, leaf_hash};
use vidimus_seal::age::{Identity, decrypt_to_vec};
use vidimus_seal::row::RowKey;
use vidimus_seal::{Entropy, HeaderPin, KeyholderSet};
use vidimus_vault::{FolderVault, Found as InVault, Vault as _};

pub use super::beginning::KDF;
use super::beginning::beginning;
use crate::clock::SystemClock;
use crate::locate::Found;
use crate::receive::{Receive, Received};
use crate::{Archive, Layout, OpenError, Opening, Outcome};

pub struct House {
    folder: tempfile::TempDir,
}

impl House {
    pub fn of_one() -> Self {
        let house = Self { folder: tempfile::tempdir().unwrap() };
        let (state, passphrase) = (house.folder.path().join("state"), passphrase("Олена"));
        Archive::init(&house.archive(), beginning(&state, "Олена", &passphrase)).unwrap();
        house
    }

    pub fn of_two() -> Self {
        let house = Self::of_one();
        let added = house.open("Олена").add_member("Богдан", &passphrase("Богдан"), &KDF, &[]).unwrap();
        assert_eq!(added.0, Outcome::Done);
        house
    }

    /// The same house once more, as it stands on the disk.
    pub fn copy(&self) -> Self {
        let house = Self { folder: tempfile::tempdir().unwrap() };
        for path in files(self.folder.path()) {
            let to = house.folder.path().join(path.strip_prefix(self.folder.path()).unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(&path, &to).unwrap();
        }
        house
    }

    pub fn admit(&self, name: &str, [proposer, second]: [&str; 2]) {
        let (outcome, _) = self.open(proposer).add_member(name, &passphrase(name), &KDF, &[]).unwrap();
        self.open(second).agree(super::waiting(outcome)).unwrap();
    }

    pub fn archive(&self) -> PathBuf {
        self.folder.path().join("archive")
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn layout(&self) -> Layout {
        Layout::new(self.archive())
    }

    pub fn try_open(&self, name: &str) -> Result<Archive, OpenError> {
        self.try_open_with(name, &passphrase(name))
    }

    pub fn open_with(&self, name: &str, passphrase: &str) -> Archive {
        self.try_open_with(name, passphrase).unwrap()
    }

    pub fn try_open_with(&self, name: &str, passphrase: &str) -> Result<Archive, OpenError> {
        let opening = Opening {
            state: &self.folder.path().join("state"),
            member: Some(name),
            passphrase,
            first_seen_here: false,
            clock: Box::new(SystemClock),
        };
        Archive::open(&self.archive(), opening)
    }

    pub fn open(&self, name: &str) -> Archive {
        self.try_open(name).unwrap()
    }

    pub fn receive(&self, name: &str, files: &[(&str, &[u8])]) -> Received {
        self.receive_from(name, files, None)
    }

    /// With what was said of the giver.
    pub fn receive_from(&self, name: &str, files: &[(&str, &[u8])], giver: Option<&str>) -> Received {
        let disk = tempfile::tempdir().unwrap();
        for (path, bytes) in files {
            let path = disk.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let request = Receive {
            paths: vec![disk.path().to_owned()],
            giver: giver.map(|said| said.as_bytes().to_vec().into()),
            note: None,
            new: false,
            into: CompartmentId::main(),
        };
        self.open(name).receive(&request, &mut |_| {}).unwrap()
    }

    /// The key under which a member reads something.
    pub fn key_of(&self, name: &str, reference: &Ref) -> KeyId {
        let mut archive = self.open(name);
        let Found::Here(located) = archive.locate(reference).unwrap() else {
            panic!("{reference} is not here")
        };
        *archive.keys_of(&located, &reference.whole()).unwrap().last().unwrap()
    }

    pub fn unwrap(&self, name: &str, key: KeyId) -> Identity {
        let mut archive = self.open(name);
        archive.catalogue(&CompartmentId::main()).unwrap();
        archive.keyring.open(key).unwrap().unwrap().identity.clone()
    }

    pub fn rows_of(&self, key: KeyId) -> Vec<Row> {
        let ledger = SqliteLedger::open(&self.layout().ledger()).unwrap();
        ledger.rows_of_key(&key.to_string(), 0, usize::MAX >> 1).unwrap()
    }

    pub fn objects(&self) -> BTreeSet<String> {
        let vault = FolderVault::open(&self.layout().objects()).unwrap();
        let name = |found| match found {
            InVault::Object { name, .. } => name.to_string(),
            InVault::Foreign { untrusted_path } => panic!("{untrusted_path:?}"),
        };
        vault.list().map(|found| name(found.unwrap())).collect()
    }

    /// Notes of work that is not finished.
    pub fn unfinished(&self) -> usize {
        files(&self.layout().unfinished()).iter().filter(|path| path.extension().is_some()).count()
    }

    /// No file of the archive holds these bytes.
    pub fn finds_nowhere(&self, needle: &[u8]) {
        for path in files(&self.archive()) {
            let bytes = fs::read(&path).unwrap();
            assert!(!holds(&bytes, needle), "found in {path:?}");
            assert!(!holds(path.as_os_str().as_encoded_bytes(), needle), "found in the name of {path:?}");
        }
    }

    /// Every entry that an earlier checkpoint holds is still proved by it, erased or not, and the log only grew.
    pub fn proves_since(&self, before: &SignedCheckpoint) {
        let archive = self.open("Олена");
        let (size, root) = (before.checkpoint().size, before.checkpoint().root);
        let now = archive.checkpoint().unwrap();
        let nodes = archive.nodes(now.checkpoint().size).unwrap();
        let entries = archive.ledger.entries(0, size).unwrap();
        for (index, entry) in (0..).zip(&entries) {
            let proof = merkle::inclusion_proof(index, size, &nodes).unwrap();
            merkle::verify_inclusion(&leaf_hash(entry), index, size, &proof, &root).unwrap();
        }
        let proof = merkle::consistency_proof(size, now.checkpoint().size, &nodes).unwrap();
        merkle::verify_consistency(size, &root, now.checkpoint().size, &now.checkpoint().root, &proof)
            .unwrap();
    }

    /// The tombstones in `main`; each is a signed record that the log holds.
    pub fn tombstones(&self, name: &str) -> Vec<Erasure> {
        let mut archive = self.open(name);
        let held = archive.keyring.compartment(&CompartmentId::main()).unwrap().clone();
        let mut found = Vec::new();
        for generation in held.generations {
            let mut each = |_, statement: Option<vidimus_model::Statement>| {
                if let Some(Change::Erasure(erasure)) = statement.map(|said| said.change) {
                    found.push(erasure);
                }
            };
            archive.each_statement(generation, &mut each).unwrap();
        }
        found
    }

    /// No object holds these bytes, for someone with every key of the accession.
    pub fn no_object_holds(&self, name: &str, accession: &Ref, needle: &[u8]) {
        let key = self.key_of(name, accession);
        self.no_object_opens_with(&self.unwrap(name, key), needle);
    }

    /// No object opens with this key and holds these bytes.
    pub fn no_object_opens_with(&self, identity: &Identity, needle: &[u8]) {
        for path in files(&self.layout().objects()) {
            if let Ok(plain) = decrypt_to_vec(&fs::read(&path).unwrap(), identity) {
                assert!(!holds(&plain, needle), "found in {path:?}");
            }
        }
    }

    /// Does any row open with this key and tell of this item?
    pub fn any_row_tells(&self, identity: &Identity, item: &Ref) -> bool {
        let ledger = SqliteLedger::open(&self.layout().ledger()).unwrap();
        let key = RowKey::derive(identity);
        let rows = ledger.rows(0, usize::MAX >> 1).unwrap();
        rows.iter().any(|row| match crate::rows::open(row, &key, ledger.archive()) {
            Ok(crate::rows::Said::Statement(said)) => {
                matches!(said.change, Change::Item(told) if told.about == *item)
            }
            _ => false,
        })
    }

    /// The check finds nothing wrong for any of these members, and nothing left over.
    pub fn is_sound_for(&self, names: &[&str]) {
        for name in names {
            let checked = self.open(name).check(true, &mut |_| {});
            assert!(checked.sound && checked.problems.is_empty(), "{name}: {:#?}", checked.problems);
        }
    }

    /// After a kill nothing is damaged or missing for any of these members; something may be left over.
    pub fn is_harmed_nowhere(&self, names: &[&str], step: u32) {
        for name in names {
            let checked = self.open(name).check(true, &mut |_| {});
            assert!(checked.problems.is_empty(), "killed at {step}, {name}: {:#?}", checked.problems);
        }
    }

    /// What a member's catalogues hold is what is folded from nothing.
    pub fn folds_alike(&self, name: &str) {
        let mut archive = self.open(name);
        let compartments = archive.keyring.compartments().map(|held| held.id.clone());
        let compartments: Vec<_> = compartments.filter(|id| *id != CompartmentId::register()).collect();
        for compartment in compartments {
            let grown = archive.catalogue(&compartment).unwrap().dump().unwrap();
            let key = archive.current(&compartment).unwrap();
            archive.drop_fold(key).unwrap();
            assert_eq!(archive.catalogue(&compartment).unwrap().dump().unwrap(), grown);
        }
    }
}

impl Archive {
    /// An item's bytes; none if this member cannot read it. What does not match its record panics.
    pub(super) fn read(&mut self, item: &Ref) -> Option<Vec<u8>> {
        use sha2::Digest as _;
        self.refresh().unwrap();
        let Found::Here(located) = self.locate(item).unwrap() else { return None };
        let row = self.catalogue_at(&located).unwrap()?.item(item).unwrap().value?;
        let place = row.item.object;
        let mut header_sha256 = [0; 32];
        hex::decode_to_slice(&place.header, &mut header_sha256).unwrap();
        let path = self.layout.objects().join(&place.name[..2]).join(&place.name);
        let object = fs::read(path).unwrap();
        for key in self.keys_of(&located, &item.whole()).unwrap() {
            let identity = &self.keyring.get(key).unwrap().identity;
            let pin = Some((HeaderPin { header_sha256 }, place.size));
            let Ok(mut opened) = vidimus_seal::age::open(&object[..], identity, pin) else { continue };
            let mut bytes = vec![0; place.length.unwrap_or(opened.plain_len()) as usize];
            opened.read_at(place.offset.unwrap_or(0), &mut bytes).unwrap();
            assert_eq!(hex::encode(sha2::Sha256::digest(&bytes)), row.item.sha256);
            return Some(bytes);
        }
        panic!("the object of {item} opens with no key");
    }

    pub(super) fn is_withdrawn(&mut self, reference: &Ref) -> bool {
        self.refresh().unwrap();
        matches!(self.locate(reference).unwrap(), Found::Here(located) if located.withdrawn)
    }
}

pub fn passphrase(name: &str) -> String {
    format!("six small words for {name}")
}

/// The keys of some keyholders; of another number others.
pub fn keyholder_keys(n: usize) -> Vec<Identity> {
    let mut entropy = Entropy::from_seed(&[n as u8; 32]);
    (0..n).map(|_| Identity::generate(&mut entropy)).collect()
}

pub fn keyholders(n: usize) -> KeyholderSet {
    KeyholderSet::new(2, keyholder_keys(n).iter().map(Identity::recipient).collect()).unwrap()
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// Every file below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
