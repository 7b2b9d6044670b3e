//! What only the archive itself can bring about in a test: hundreds of receipts, states that need other commands.

use std::collections::BTreeMap;
use std::path::Path;

use tempfile::TempDir;
use vidimus_model::{AboutKey, Change, CompartmentId, KeyId, Receipt, Withdrawal};
use vidimus_proof::bag::{MemoryBag, Trust, verify};
use vidimus_seal::age::Identity;
use vidimus_seal::{KdfParams, wrap};

use super::*;
use crate::clock::SystemClock;
use crate::door::{Act, Draft};
use crate::keyring::SealingKey;
use crate::query::ListQuery;
use crate::receive::Receive;
use crate::{Beginning, State};

fn archive() -> (TempDir, Archive) {
    let folder = tempfile::tempdir().unwrap();
    let beginning = Beginning {
        state: &folder.path().join("state"),
        origin: "archive.example/ik-900",
        member: "Олена",
        passphrase: "six small words for the test",
        keyholders: None,
        kdf: KdfParams { memory_kib: 64, passes: 1, lanes: 1 },
        clock: Box::new(SystemClock),
    };
    let (mut archive, _) = Archive::init(&folder.path().join("archive"), beginning).unwrap();
    receive(&mut archive, folder.path(), CompartmentId::main());
    (folder, archive)
}

/// Takes in two small files.
fn receive(archive: &mut Archive, folder: &Path, into: CompartmentId) {
    let disk = folder.join("disk");
    std::fs::create_dir_all(&disk).unwrap();
    std::fs::write(disk.join("one.txt"), "one").unwrap();
    std::fs::write(disk.join("two.txt"), "two").unwrap();
    let request = Receive { paths: vec![disk], giver: None, note: None, new: true, into };
    archive.receive(&request, &mut |_| {}).unwrap();
}

fn disclose(archive: &mut Archive, folder: &Path, refs: &[&str]) -> Result<Disclosed, DiscloseError> {
    let request = Disclose {
        refs: refs.iter().map(|text| text.parse().unwrap()).collect(),
        to: "Newsroom of nowhere".into(),
        purpose: "Publication".into(),
        out: folder.join("bag"),
        fields: Vec::new(),
        names: Names::References,
        opened: Vec::new(),
        tombstones: false,
    };
    archive.disclose(&request, &mut |_| {})
}

fn holds(bag: &Path) {
    let mut files = BTreeMap::new();
    for entry in std::fs::read_dir(bag).unwrap().map(|entry| entry.unwrap().path()) {
        let inner = match entry.is_dir() {
            true => std::fs::read_dir(&entry).unwrap().map(|entry| entry.unwrap().path()).collect(),
            false => vec![entry],
        };
        for path in inner {
            let name = path.strip_prefix(bag).unwrap().to_str().unwrap().to_owned();
            files.insert(name, std::fs::read(path).unwrap());
        }
    }
    let report = verify(&MemoryBag(files), &Trust::default());
    assert!(report.proved(), "{:?}", report.problems);
}

fn record(archive: &mut Archive, key: KeyId, change: Change) {
    let draft = Draft { compartment: CompartmentId::main(), key, change };
    archive.record(Act::of(vec![draft], Vec::new())).unwrap();
}

/// What `release` does, as far as a disclosure sees it.
fn release(archive: &mut Archive) -> KeyId {
    let key = archive.keyring.own_accessions()[0];
    let generation = archive.keyring.compartment(&CompartmentId::main()).unwrap().current();
    let recipient = archive.keyring.get(generation).unwrap().identity.recipient();
    let identity = archive.keyring.get(key).unwrap().identity.clone();
    let wrapped = wrap::wrap_identity(&identity, &recipient, &mut archive.entropy);
    crate::files::replace(&archive.layout.wrap(key, &generation.to_string()), &wrapped).unwrap();
    record(archive, generation, Change::Release(AboutKey { about: "A1".parse().unwrap(), key }));
    generation
}

#[test]
fn hundreds_of_receipts_are_carried_and_joined() {
    let (folder, mut archive) = archive();
    let register = CompartmentId::register();
    let key = archive.keyring.compartment(&register).unwrap().current();
    let before = archive.register.receipts.len();
    for _ in 0..300 {
        let now = CheckpointSummary::from(archive.checkpoint().unwrap().checkpoint());
        let receipt = Receipt { origin: now.origin, size: now.size, root: now.root };
        let draft = Draft { compartment: register.clone(), key, change: Change::Receipt(receipt) };
        archive.record(Act::of(vec![draft], Vec::new())).unwrap();
    }
    let disclosed = disclose(&mut archive, folder.path(), &["A1-1", "A1-2"]).unwrap();
    let count = |part: &str| std::fs::read_dir(disclosed.bag.join(part)).unwrap().count();
    assert_eq!(archive.register.receipts.len() - before, 300);
    assert!(count("checkpoints") >= 300, "{}", count("checkpoints"));
    assert_eq!(count("consistency"), count("checkpoints") - 1);
    holds(&disclosed.bag);
}

#[test]
fn a_released_item_leaves_and_a_withdrawn_one_does_not() {
    let (folder, mut archive) = archive();
    let generation = release(&mut archive);
    let bag = disclose(&mut archive, folder.path(), &["A1-2"]).unwrap().bag;
    holds(&bag);
    std::fs::remove_dir_all(bag).unwrap();
    let withdrawal = Withdrawal { about: vec!["A1-2".parse().unwrap()], reason: "a witness asked".into() };
    record(&mut archive, generation, Change::Withdraw(withdrawal));
    let refused = disclose(&mut archive, folder.path(), &["A1-1", "A1-2"]);
    assert!(matches!(refused, Err(DiscloseError::Withdrawn(_))), "{refused:?}");
    assert!(!folder.path().join("bag").exists());

    let mut states = Vec::new();
    let query = ListQuery { include_withdrawn: true, ..ListQuery::default() };
    archive
        .list(&query, &mut |row| {
            states.push(row.state);
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(states, [State::Released, State::Withdrawn]);
}

#[test]
fn a_package_is_of_one_compartment() {
    let (folder, mut archive) = archive();
    let id = CompartmentId::random(&mut archive.rng);
    let key = SealingKey::new(KeyId::from_bytes([9; 8]), Identity::generate(&mut archive.entropy));
    let me = archive.keyring.member();
    let wrapped = wrap::wrap_identity(
        &key.identity,
        &archive.keyring.member_keys().identity.recipient(),
        &mut archive.entropy,
    );
    crate::files::replace(&archive.layout.wrap(key.id, &me.to_string()), &wrapped).unwrap();
    let drafts = crate::init::begin_compartment(&id, &key, "Witnesses", Some('V'), vec![me]);
    archive.keyring.add(key);
    archive.record(Act::of(drafts.into(), Vec::new())).unwrap();
    archive.keyring.gather(&archive.ledger, &archive.archive_id).unwrap();
    receive(&mut archive, folder.path(), id.clone());

    let refused = disclose(&mut archive, folder.path(), &["A1-1", "V:A1-1"]);
    assert!(matches!(refused, Err(DiscloseError::SeveralCompartments { .. })), "{refused:?}");
    let disclosed = disclose(&mut archive, folder.path(), &["V:A1-2"]).unwrap();
    assert_eq!(disclosed.files[0].name, "V_A1-2.txt");
    holds(&disclosed.bag);
    let mut listed = Vec::new();
    archive
        .list(&ListQuery::default(), &mut |row| {
            listed.push(row.reference.to_string());
            std::ops::ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(listed, ["A1-1", "A1-2", "V:A1-1", "V:A1-2"]);
    assert_eq!(archive.resolve(&"V:A1".parse().unwrap()).unwrap().compartment, id);
}

#[test]
fn what_is_another_members_alone_is_not_disclosed() {
    let (folder, archive) = archive();
    // As a member sees it for whom the accession's key was never wrapped.
    let key = archive.keyring.own_accessions()[0];
    std::fs::remove_dir_all(archive.layout.held_key(key)).unwrap();
    let opening = crate::Opening {
        state: &folder.path().join("state"),
        member: None,
        passphrase: "six small words for the test",
        first_seen_here: false,
        clock: Box::new(SystemClock),
    };
    let mut other = Archive::open(&folder.path().join("archive"), opening).unwrap();
    let refused = disclose(&mut other, folder.path(), &["A1-1"]);
    assert!(matches!(&refused, Err(DiscloseError::Ask(AskError::NotReleased(_)))), "{refused:?}");
    assert!(matches!(other.show(&"A1".parse().unwrap()), Err(AskError::NotReleased(_))));
    let mut listed = 0;
    let mut count = |_| {
        listed += 1;
        std::ops::ControlFlow::Continue(())
    };
    other.list(&ListQuery::default(), &mut count).unwrap();
    assert_eq!(listed, 0);
}

#[test]
fn a_withdrawal_during_the_copying_is_heeded() {
    let (folder, mut archive) = archive();
    let key = archive.keyring.own_accessions()[0];
    let opening = crate::Opening {
        state: &folder.path().join("state"),
        member: None,
        passphrase: "six small words for the test",
        first_seen_here: false,
        clock: Box::new(SystemClock),
    };
    let mut other = Archive::open(&folder.path().join("archive"), opening).unwrap();
    let request = Disclose {
        refs: vec!["A1-1".parse().unwrap()],
        to: "Newsroom of nowhere".into(),
        purpose: "Publication".into(),
        out: folder.path().join("bag"),
        fields: Vec::new(),
        names: Names::Numbers,
        opened: Vec::new(),
        tombstones: false,
    };
    let withdrawal = Withdrawal { about: vec!["A1-1".parse().unwrap()], reason: "a witness asked".into() };
    let mut meanwhile = |_| record(&mut other, key, Change::Withdraw(withdrawal.clone()));
    let refused = archive.disclose(&request, &mut meanwhile);
    assert!(matches!(refused, Err(DiscloseError::Withdrawn(_))), "{refused:?}");
    assert!(!folder.path().join("bag").exists());
}

#[test]
fn a_bag_that_cannot_be_put_in_its_place_is_told_to_be_on_record() {
    let (folder, mut archive) = archive();
    let out = folder.path().join("bag");
    let request = Disclose {
        refs: vec!["A1-1".parse().unwrap()],
        to: "Newsroom of nowhere".into(),
        purpose: "Publication".into(),
        out: out.clone(),
        fields: Vec::new(),
        names: Names::Numbers,
        opened: Vec::new(),
        tombstones: false,
    };
    let size = archive.checkpoint().unwrap().checkpoint().size;
    // Somebody puts something in the bag's place while it is being made.
    let refused = archive.disclose(&request, &mut |_| std::fs::create_dir_all(out.join("mine")).unwrap());
    let Err(DiscloseError::OnRecord { index, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(index, size);
    assert!(out.join("mine").exists() && !out.join("data").exists());
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        4,
        "archive, state, disk, and what was put there"
    );
    assert_eq!(archive.disclosures(&"A1-1".parse().unwrap()).unwrap().len(), 1);
}
