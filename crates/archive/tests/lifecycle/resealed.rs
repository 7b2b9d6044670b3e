//! A member who can seal a record again, by a changed program: with a field less, or under a key of another kind.

use std::collections::{BTreeMap, BTreeSet};

use vidimus_ledger::{Row, SqliteLedger};
use vidimus_model::{CompartmentId, KeyId, OperationId};
use vidimus_proof::record::Record;
use vidimus_seal::Entropy;
use vidimus_seal::row::RowKey;

use super::house::{House, passphrase};
use super::{erase, r, waiting};
use crate::disclose::{Disclose, Names};
use crate::{Checked, Checker, check_folder, rows};

/// A house in whose archive much has happened; A1 is released, A2 is Олена's alone.
fn lived_in() -> House {
    let house = House::of_two();
    let files = [("a.txt", b"one".as_slice()), ("b.txt", b"two"), ("c.txt", b"three")];
    house.receive_from("Олена", &files, Some("a guard"));
    let mut olena = house.open("Олена");
    olena.release(&r("A1")).unwrap();
    olena.withdraw(&[r("A1-1")], "the wrong one").unwrap();
    let bag = tempfile::tempdir().unwrap();
    let ask = Disclose {
        refs: vec![r("A1-3")],
        to: "Newsroom of nowhere".into(),
        purpose: "Publication".into(),
        out: bag.path().join("bag"),
        fields: Vec::new(),
        names: Names::Numbers,
        opened: Vec::new(),
        tombstones: false,
    };
    olena.disclose(&ask, &mut |_| {}).unwrap();
    let proposal = waiting(olena.propose(erase(&["A1-2"]), "a letter", false).unwrap());
    drop(olena);
    house.open("Богдан").agree(proposal).unwrap();
    house.open("Олена").check(false, &mut |_| {});
    house.receive("Олена", &[("d.txt", b"four".as_slice())]);
    house.is_sound_for(&["Олена", "Богдан"]);
    house
}

/// The archive's keys, by what they seal.
fn keys(house: &House) -> BTreeMap<&'static str, (KeyId, RowKey)> {
    let archive = house.open("Олена");
    let current = |id: CompartmentId| archive.keyring().compartment(&id).unwrap().current();
    let (register, main) = (current(CompartmentId::register()), current(CompartmentId::main()));
    drop(archive);
    let ids = [
        ("register", register),
        ("main", main),
        ("A1", house.key_of("Олена", &r("A1"))),
        ("A2", house.key_of("Олена", &r("A2"))),
    ];
    ids.map(|(name, id)| (name, (id, RowKey::derive(&house.unwrap("Олена", id))))).into()
}

/// One record of each change under each key.
fn one_of_each(house: &House, id: &str) -> Vec<(&'static str, Row, Record)> {
    let mut known = BTreeSet::new();
    let mut all = Vec::new();
    for (name, (key_id, key)) in keys(house) {
        for row in house.rows_of(key_id).into_iter().filter(|row| row.body.is_some()) {
            let record = rows::record(&row, &key, id).unwrap().unwrap();
            if known.insert((name, record.text("change").unwrap().to_owned())) {
                all.push((name, row, record));
            }
        }
    }
    assert!(all.len() > 15, "{}", all.len());
    all
}

fn archive_id(house: &House) -> String {
    drop(house.open("Олена"));
    SqliteLedger::open(&house.layout().ledger()).unwrap().archive().to_owned()
}

/// Seals this record into its row again.
fn reseal(house: &House, row: &Row, record: &Record, (key_id, key): &(KeyId, RowKey), id: &str) {
    let operation = OperationId::from_bytes(row.op.unwrap());
    let compartment: CompartmentId = row.compartment.parse().unwrap();
    let mut entropy = Entropy::from_seed(&[9; 32]);
    let sealed = rows::seal(record, operation, &compartment, (*key_id, key), id, &mut entropy);
    let db = rusqlite::Connection::open(house.layout().ledger()).unwrap();
    let name = "(SELECT id FROM name WHERE name = ?2)";
    db.execute(&format!("UPDATE row SET key = {name} WHERE seq = ?1"), (row.seq, key_id.to_string()))
        .unwrap();
    let body = "UPDATE body SET sealed = ?2 WHERE place = (SELECT place FROM row WHERE seq = ?1)";
    assert_eq!(db.execute(body, (row.seq, sealed.body.unwrap())).unwrap(), 1);
}

/// Also where the archive does not open any more.
fn checked(house: &House, who: &str) -> Checked {
    match house.try_open(who) {
        Ok(mut archive) => archive.check(false, &mut |_| {}),
        Err(_) => {
            let checker = Checker { member: Some(who), passphrase: &passphrase(who) };
            check_folder(&house.archive(), &house.state(), Some(checker), false, &mut |_| {})
        }
    }
}

/// Which problems the check of a member names this record with.
fn named(house: &House, who: &str, row: &Row) -> Vec<String> {
    let problems = checked(house, who).problems;
    let within = |text: &str| {
        let mut ends = text.split(['-', ' ']).filter_map(|number| number.parse::<u64>().ok());
        ends.next().is_some_and(|first| (first..=ends.next().unwrap_or(first)).contains(&row.seq))
    };
    let of_record = |one: &&crate::Problem| one.reference.starts_with("record") && within(&one.reference);
    problems.iter().filter(of_record).map(|one| one.problem.to_string()).collect()
}

#[test]
fn the_check_names_a_record_without_a_field() {
    let house = lived_in();
    let (id, keys) = (archive_id(&house), keys(&house));
    for (name, row, record) in one_of_each(&house, &id) {
        let text = record.to_sd_jwt();
        let parts: Vec<&str> = text.split_inclusive('~').collect();
        let fields: Vec<&str> = record.disclosures().iter().map(|field| field.name()).collect();
        // What it is a record of, and the last of its own fields: that each is demanded is shown where records are read.
        let of_all = ["change", "at", "day", "by", "by_sig", "op"];
        let own = fields.iter().rposition(|field| !of_all.contains(field));
        for at in fields.iter().position(|field| *field == "change").into_iter().chain(own) {
            let copy = house.copy();
            let fewer = [&parts[..=at], &parts[at + 2..]].concat().concat();
            reseal(&copy, &row, &Record::parse(&fewer).unwrap(), &keys[name], &id);
            let said = named(&copy, "Олена", &row);
            let is_named = said.iter().any(|said| said.starts_with("its fields cannot be understood"));
            assert!(is_named, "{:?} without {}: {said:?}", record.text("change"), fields[at]);
        }
    }
}

#[test]
fn the_check_names_a_record_under_a_key_of_another_kind() {
    let house = lived_in();
    let (id, keys) = (archive_id(&house), keys(&house));
    for (name, row, record) in one_of_each(&house, &id) {
        for (other, key) in keys.iter().filter(|(other, _)| **other != name) {
            let copy = house.copy();
            reseal(&copy, &row, &record, key, &id);
            let change = record.text("change").unwrap();
            let said = named(&copy, "Олена", &row);
            assert!(
                said.iter().any(|said| said.contains("of another kind than its change is sealed by")),
                "{change} of {name} under {other}: {said:?}"
            );
        }
    }
}

/// A tombstone's place: anybody may take a record out of its row and say that it was erased, but nobody can say why.
#[test]
fn the_check_names_what_was_taken_out_as_if_erased_under_a_key_that_is_not_held() {
    let house = lived_in();
    let hers = keys(&house)["A2"].0.to_string();
    let id = archive_id(&house);
    for (_, row, record) in one_of_each(&house, &id).into_iter().filter(|(name, ..)| *name == "main") {
        let copy = house.copy();
        let db = rusqlite::Connection::open(copy.layout().ledger()).unwrap();
        let key = "(SELECT id FROM name WHERE name = ?2)";
        let size = "(SELECT max(size) FROM checkpoint)";
        let sql =
            format!("UPDATE row SET key = {key}, erased = 1, place = NULL, altered = {size} WHERE seq = ?1");
        db.execute(&sql, (row.seq, &hers)).unwrap();
        drop(db);
        if record.text("change") == Some("generation/1") {
            // Without it nothing tells that the compartment is one that he holds, and everything in it is named.
            assert!(!checked(&copy, "Богдан").sound);
            continue;
        }
        assert!(!named(&copy, "Богдан", &row).is_empty(), "{:?}", record.text("change"));
    }
}

/// Who holds `main` seals a record anew under an older key that they alone have, so that it looks like one that never was for the
/// others.
#[test]
fn what_was_read_on_this_computer_is_hidden_under_nobodys_own_key() {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"hers".as_slice())]);
    house.receive("Олена", &[("b.txt", b"one".as_slice()), ("c.txt", b"two")]);
    let mut olena = house.open("Олена");
    olena.release(&r("A2")).unwrap();
    olena.withdraw(&[r("A2-1")], "the wrong one").unwrap();
    let proposal = waiting(olena.propose(erase(&["A2-2"]), "a letter", false).unwrap());
    drop(olena);
    house.open("Богдан").agree(proposal).unwrap();
    house.is_sound_for(&["Олена", "Богдан"]);

    let id = archive_id(&house);
    let own = house.key_of("Олена", &r("A1"));
    let own = (own, RowKey::derive(&house.unwrap("Олена", own)));
    let hidden = ["withdraw/1", "agreement/1"];
    let all = one_of_each(&house, &id);
    let all: Vec<_> =
        all.iter().filter(|(.., record)| hidden.contains(&record.text("change").unwrap())).collect();
    assert_eq!(all.len(), hidden.len());
    for (name, row, record) in all {
        let copy = house.copy();
        reseal(&copy, row, record, &own, &id);
        if *name == "register" {
            let db = rusqlite::Connection::open(copy.layout().ledger()).unwrap();
            let main =
                "UPDATE row SET compartment = (SELECT id FROM name WHERE name = 'main') WHERE seq = ?1";
            assert_eq!(db.execute(main, [row.seq]).unwrap(), 1);
        }
        let _ = std::fs::remove_dir_all(copy.layout().folds());
        // It is not forgotten by being told once.
        for _ in 0..2 {
            let said = named(&copy, "Богдан", row);
            let is_hidden = |said: &String| said.starts_with("it could be read on this computer before");
            assert!(said.iter().any(is_hidden), "{:?} of {name}: {said:?}", record.text("change"));
        }
    }
}
