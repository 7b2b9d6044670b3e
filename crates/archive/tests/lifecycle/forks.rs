//! Whoever holds the archive's key signs another log: what the check names of it, and what only something outside tells.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use vidimus_ledger::{Ledger as _, SqliteLedger};
use vidimus_proof::checkpoint::{Checkpoint, SignedCheckpoint};
use vidimus_proof::merkle::{Frontier, leaf_hash};
use vidimus_proof::note::Signer;
use vidimus_seal::row::RowKey;

use super::house::{self, House, passphrase};
use super::r;
use crate::clock::SystemClock;
use crate::{Archive, Checked, Checker, Opening, check_folder};

/// Two deliveries, each with its receipt; the first is released.
fn lived() -> House {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice())]);
    house.open("Олена").release(&r("A1")).unwrap();
    house.receive("Олена", &[("b.txt", b"two".as_slice())]);
    house.is_sound_for(&["Олена", "Богдан"]);
    house
}

fn check(house: &House, who: &str) -> Checked {
    match house.try_open(who) {
        Ok(mut archive) => archive.check(false, &mut |_| {}),
        Err(_) => {
            let passphrase = passphrase(who);
            let checker = Checker { member: Some(who), passphrase: &passphrase };
            check_folder(&house.archive(), &house.state(), Some(checker), false, &mut |_| {})
        }
    }
}

fn signed(signer: &Signer, size: u64, root: [u8; 32]) -> Vec<u8> {
    let checkpoint = Checkpoint { origin: signer.verifier_key().name().clone(), size, root };
    SignedCheckpoint::sign(checkpoint, signer).unwrap().note().to_string().into_bytes()
}

fn mark(house: &House) -> std::path::PathBuf {
    let found = house::files(&house.state());
    found.into_iter().find(|path| path.ends_with("high-water")).unwrap()
}

#[test]
fn a_checkpoint_that_a_member_signed_for_another_tree_is_named() {
    let house = lived();
    let signer = house.open("Олена").note_signer();
    let ledger = SqliteLedger::open(&house.layout().ledger()).unwrap();
    let notes = ledger.checkpoints(0, 1000).unwrap();
    drop(ledger);
    let (size, older) = (notes.last().unwrap().0, notes[notes.len() / 2].0);
    let free = (older..).find(|at| notes.iter().all(|(known, _)| known != at)).unwrap();
    let another = [7; 32];
    let in_ledger = |at: u64, sql: &str| {
        let copy = house.copy();
        let db = Connection::open(copy.layout().ledger()).unwrap();
        assert_eq!(db.execute(sql, (at, signed(&signer, at, another))).unwrap(), 1);
        copy
    };
    let written = |of: &dyn Fn(&House) -> std::path::PathBuf, at: u64| {
        let copy = house.copy();
        fs::write(of(&copy), signed(&signer, at, another)).unwrap();
        copy
    };
    let published = |house: &House| house.layout().log().join("checkpoint");
    let put = "UPDATE checkpoint SET note = ?2 WHERE size = ?1";
    let add = "INSERT INTO checkpoint VALUES (?1, ?2)";
    for (how, copy, named) in [
        ("same size", in_ledger(size, put), format!("checkpoint {size}")),
        ("older", in_ledger(older, put), format!("checkpoint {older}")),
        ("larger", in_ledger(size + 5, add), format!("checkpoint {}", size + 5)),
        ("between", in_ledger(free, add), format!("checkpoint {free}")),
        ("the tip's", in_ledger(size, "UPDATE tip SET note = ?2 WHERE size = ?1"), "ledger tip".to_owned()),
        ("published, same size", written(&published, size), "checkpoint".to_owned()),
        ("published, larger", written(&published, size + 5), "checkpoint".to_owned()),
        ("the mark, same size", written(&mark, size), format!("checkpoint {size}")),
        ("the mark, larger", written(&mark, size + 5), format!("checkpoint {}", size + 5)),
    ] {
        for who in ["Олена", "Богдан"] {
            let problems = check(&copy.copy(), who).problems;
            let is_named = problems.iter().any(|one| one.reference.contains(&named));
            assert!(is_named, "{how}, {who}: {problems:#?}");
        }
    }
}

/// Exchanges a blank row for another and signs everything from there on again: ledger, log, receipts.
fn written_anew(house: &House, after: u64) {
    let archive = house.open("Олена");
    let signer = archive.note_signer();
    drop(archive);
    let ledger = SqliteLedger::open(&house.layout().ledger()).unwrap();
    let rows = ledger.rows(0, 100_000).unwrap();
    let notes = ledger.checkpoints(0, 100_000).unwrap();
    drop(ledger);
    let blank = rows.iter().find(|row| row.seq >= after && row.op.is_none()).unwrap();
    let key = RowKey::derive(&house.unwrap("Олена", blank.key.parse().unwrap()));
    let entry = key.blank([5; 16]);
    assert_ne!(entry, blank.entry);
    let db = Connection::open(house.layout().ledger()).unwrap();
    db.execute("UPDATE row SET entry = ?2 WHERE seq = ?1", (blank.seq, entry)).unwrap();
    let mut frontier = Frontier::new();
    for row in &rows {
        frontier.append(leaf_hash(if row.seq == blank.seq { &entry } else { &row.entry }));
        let size = frontier.size();
        if size > blank.seq && notes.iter().any(|(known, _)| *known == size) {
            let note = signed(&signer, size, frontier.root());
            db.execute("UPDATE checkpoint SET note = ?2 WHERE size = ?1", (size, &note)).unwrap();
            let tip = "UPDATE tip SET note = ?2, frontier = ?3 WHERE size = ?1";
            db.execute(tip, (size, &note, frontier.to_bytes())).unwrap();
        }
    }
    drop(db);
    // They are made again by whoever opens it next.
    fs::remove_dir_all(house.layout().log()).unwrap();
    for path in house::files(&house.archive().join("receipts")) {
        fs::remove_file(path).unwrap();
    }
}

pub(super) fn open_elsewhere(house: &House, state: &Path) -> Archive {
    let opening = Opening {
        state,
        member: Some("Богдан"),
        passphrase: &passphrase("Богдан"),
        first_seen_here: true,
        clock: Box::new(SystemClock),
    };
    Archive::open(&house.archive(), opening).unwrap()
}

#[test]
fn a_history_that_a_member_signed_anew_is_named_by_what_saw_the_old_one() {
    let house = lived();
    let ledger = SqliteLedger::open(&house.layout().ledger()).unwrap();
    let size = ledger.tip().unwrap().size;
    drop(ledger);
    let first_receipt = house.open("Богдан").register().receipts.iter().map(|one| one.size).min().unwrap();
    assert!(first_receipt < size);

    // Before a receipt: its record holds the root, under a member's own signature, on whatever machine.
    let early = house.copy();
    written_anew(&early, 0);
    let nowhere = tempfile::tempdir().unwrap();
    let problems = open_elsewhere(&early, nowhere.path()).check(false, &mut |_| {}).problems;
    assert!(problems.iter().any(|one| one.reference.contains("receipt")), "{problems:#?}");

    // With the mark, wherever it was.
    let problems = check(&early, "Богдан").problems;
    assert!(problems.iter().any(|one| one.reference.contains("checkpoint")), "{problems:#?}");
}
