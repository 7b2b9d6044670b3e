//! An insider without any key: rows are made to look as if they were another member's, who alone may read them.
//!
//! A seeded part of it always runs; `make insider` runs all of it.

#[path = "common/answers.rs"]
mod answers;
mod common;
#[path = "common/rich.rs"]
mod rich;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use rich::{BOHDAN, Rich, check_as, copy, memory};
use rusqlite::Connection;
use vidimus_seal::Entropy;

/// An archive with an accession that is Olena's alone, and its key.
fn with_an_unreleased_one() -> (Rich, String) {
    let rich = Rich::new();
    let before = keys(rich.today.path());
    let disk = rich.today.path().join("disk-3");
    fs::create_dir(&disk).unwrap();
    fs::write(disk.join("hers.txt"), "hers alone").unwrap();
    common::receive(&mut answers::open(rich.today.path()), &disk);
    let new: Vec<String> = keys(rich.today.path()).difference(&before).cloned().collect();
    let [key] = &new[..] else { panic!("{new:?}") };
    let key = key.clone();
    (rich, key)
}

fn keys(folder: &Path) -> BTreeSet<String> {
    let held = fs::read_dir(folder.join("archive/keys/held")).unwrap();
    held.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// The keys that this member reaches, by the names of the files.
fn reached(folder: &Path, member: String) -> BTreeSet<String> {
    let mut reached = BTreeSet::from([member]);
    loop {
        let mut new = keys(folder);
        new.retain(|key| {
            let wraps = fs::read_dir(folder.join("archive/keys/held").join(key)).unwrap();
            let holders = wraps.map(|wrap| wrap.unwrap().file_name().into_string().unwrap());
            !reached.contains(key)
                && holders.into_iter().any(|file| reached.contains(file.trim_end_matches(".age")))
        });
        if new.is_empty() {
            return reached;
        }
        reached.extend(new);
    }
}

fn member(folder: &Path, (name, passphrase): (&str, &str)) -> String {
    let opening = vidimus_archive::Opening {
        state: &folder.join("state"),
        member: Some(name),
        passphrase,
        first_seen_here: false,
        clock: Box::new(vidimus_archive::clock::SystemClock),
    };
    let archive = vidimus_archive::Archive::open(&folder.join("archive"), opening).unwrap();
    archive.keyring().member().to_string()
}

/// Key and compartment of each row.
type Rows = BTreeMap<u64, (String, String)>;

/// What is not blank and not erased, with its key and compartment; and blank rows.
fn rows(folder: &Path) -> [Rows; 2] {
    let db = Connection::open(folder.join("archive/ledger.db")).unwrap();
    let read = |blank: bool| {
        let sql =
            format!("SELECT seq, key, compartment FROM entry WHERE erased = 0 AND (body IS NULL) = {blank}");
        let mut rows = db.prepare(&sql).unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?)))).unwrap();
        rows.map(Result::unwrap).collect()
    };
    [read(false), read(true)]
}

#[test]
fn a_row_under_a_key_that_another_member_alone_holds_is_named() {
    let (rich, hers) = with_an_unreleased_one();
    let whole = check_as(rich.today.path(), BOHDAN, false);
    assert_eq!(whole.problems, []);
    assert!(whole.checked.not_read > 0, "what is Olena's alone is not called sound: {whole:?}");
    let held = reached(rich.today.path(), member(rich.today.path(), BOHDAN));
    let [records, blank] = rows(rich.today.path());
    let compartments: BTreeSet<String> =
        records.values().map(|(_, compartment)| compartment.clone()).collect();
    assert_eq!(compartments.len(), 3, "the register, main and one that Bohdan does not hold");
    let items = answers::items(rich.today.path());
    let mut entropy = Entropy::from_seed(&[7; 32]);
    let share = if std::env::var_os("VIDIMUS_INSIDER").is_some() { 1 } else { 3 };
    let blank = blank.into_iter().filter(|(_, (key, _))| held.contains(key)).step_by(97);
    let mut work: Vec<_> =
        records.into_iter().filter(|(_, (key, _))| held.contains(key)).chain(blank).collect();
    assert!(work.len() > 30, "{}", work.len());
    work.retain(|_| entropy.bytes::<1>()[0].is_multiple_of(share));
    let mut faults = Vec::new();
    for (seq, (_, own)) in &work {
        for compartment in &compartments {
            // Where a row keeps its place in a compartment that Bohdan holds, and where it goes to one that he does not.
            if share > 1 && compartment != own && entropy.bytes::<1>()[0].is_multiple_of(2) {
                continue;
            }
            let folder = memory();
            copy(rich.today.path(), folder.path());
            let db = Connection::open(folder.path().join("archive/ledger.db")).unwrap();
            let name = |name: &str| format!("(SELECT id FROM name WHERE name = '{name}')");
            let (key, compartment) = (name(&hers), name(compartment));
            db.execute_batch(&format!(
                "UPDATE row SET key = {key}, compartment = {compartment} WHERE seq = {seq}"
            ))
            .unwrap();
            db.close().unwrap();
            let checked = check_as(folder.path(), BOHDAN, false);
            let item = items.iter().find(|(_, at)| **at == *seq as i64).map(|(item, _)| item.as_str());
            let named = |one: &vidimus_archive::Problem| {
                one.reference == format!("record {seq}") || Some(one.reference.as_str()) == item
            };
            if !checked.problems.iter().any(named) {
                faults.push(format!("record {seq} in {compartment}: {:?}", checked.problems));
            }
        }
    }
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), work.len(), faults.join("\n"));
}

#[test]
fn a_note_that_does_not_open_is_not_said_to_be_an_interruption() {
    let rich = Rich::new();
    let unfinished = rich.today.path().join("archive/unfinished");
    fs::create_dir_all(&unfinished).unwrap();
    fs::write(unfinished.join("zz.age"), "junk").unwrap();
    let checked = check_as(rich.today.path(), BOHDAN, false);
    assert_eq!(checked.pending, []);
    let said = checked.unknown.iter().filter(|text| text.to_string().contains("unfinished/zz.age"));
    assert!(said.into_iter().all(|text| text.to_string().contains("or somebody put the file there")));
    assert_eq!(checked.unknown.iter().filter(|text| text.to_string().contains("zz.age")).count(), 1);
}
