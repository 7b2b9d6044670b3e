//! An accession ends once, by whoever received it: another end, by a changed program, hides no item.

use vidimus_ledger::SqliteLedger;
use vidimus_model::{AccessionEnd, Change, CompartmentId, OperationId};
use vidimus_seal::Entropy;
use vidimus_seal::row::RowKey;

use super::house::House;
use super::r;
use crate::door::{Act, Draft};
use crate::rows;

#[test]
fn the_check_names_a_second_end() {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice()), ("b.txt", b"two")]);
    house.open("Олена").release(&r("A1")).unwrap();
    let cases = [
        ("Богдан", 1, "is not by whoever received it"),
        ("Олена", 1, "that another record had ended"),
        ("Богдан", 1 << 53, "is not by whoever received it"),
    ];
    for (who, taken, expected) in cases {
        let copy = house.copy();
        let key = copy.key_of(who, &r("A1"));
        let mut archive = copy.open(who);
        archive.catalogue(&CompartmentId::main()).unwrap();
        let (found, bytes) = (taken, 6);
        let end = AccessionEnd { about: r("A1"), found, taken, copies: 0, not_taken: 0, bytes };
        let draft = Draft { compartment: CompartmentId::main(), key, change: Change::AccessionEnd(end) };
        archive.record(Act::of(vec![draft], Vec::new())).unwrap();
        for reader in ["Олена", "Богдан"] {
            let problems = copy.open(reader).check(false, &mut |_| {}).problems;
            let [problem] = &problems[..] else { panic!("{who}: {problems:#?}") };
            assert!(problem.problem.to_string().contains(expected), "{problem:?}");
        }
    }
}

/// A registrar seals records of what was released again, under the key of what is still hers alone: for the others they vanish.
#[test]
fn the_check_names_what_a_registrar_took_back_under_a_key_of_her_own() {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice()), ("b.txt", b"two")]);
    house.open("Олена").release(&r("A1")).unwrap();
    house.receive("Олена", &[("c.txt", b"three".as_slice())]);
    let (shared, own) = (house.key_of("Олена", &r("A1")), house.key_of("Олена", &r("A2")));
    let [shared_key, own_key] = [shared, own].map(|key| RowKey::derive(&house.unwrap("Олена", key)));
    let archive = house.open("Олена");
    let id = SqliteLedger::open(&house.layout().ledger()).unwrap().archive().to_owned();
    drop(archive);
    let taken_back: Vec<_> = house.rows_of(shared).into_iter().filter(|row| row.body.is_some()).collect();
    assert!(taken_back.len() >= 4, "two files, and the beginning and end of their receipt");
    let db = rusqlite::Connection::open(house.layout().ledger()).unwrap();
    for row in &taken_back {
        let record = rows::record(row, &shared_key, &id).unwrap().unwrap();
        let operation = OperationId::from_bytes(row.op.unwrap());
        let mut entropy = Entropy::from_seed(&[9; 32]);
        let sealed =
            rows::seal(&record, operation, &CompartmentId::main(), (own, &own_key), &id, &mut entropy);
        let key = "(SELECT id FROM name WHERE name = ?2)";
        db.execute(&format!("UPDATE row SET key = {key} WHERE seq = ?1"), (row.seq, own.to_string()))
            .unwrap();
        let place = "(SELECT place FROM row WHERE seq = ?1)";
        let body = format!("UPDATE body SET sealed = ?2 WHERE place = {place}");
        assert_eq!(db.execute(&body, (row.seq, sealed.body.unwrap())).unwrap(), 1);
    }
    drop(db);
    let problems = house.open("Богдан").check(false, &mut |_| {}).problems;
    for row in &taken_back {
        let within = |text: &str| {
            let mut ends = text.split(['-', ' ']).filter_map(|number| number.parse::<u64>().ok());
            ends.next().is_some_and(|first| (first..=ends.next().unwrap_or(first)).contains(&row.seq))
        };
        let named = problems
            .iter()
            .any(|one| within(&one.reference) && one.problem.to_string().contains("that was begun after it"));
        assert!(named, "record {}: {problems:#?}", row.seq);
    }
}
