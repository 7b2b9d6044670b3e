//! Stories of an insider with SQL: every column of every table of the ledger changed, rows deleted, added and revived.

mod common;

use std::collections::BTreeSet;
use std::fs;

use common::beginning::KDF;
use common::{PASSPHRASE, Place, receive};
use rusqlite::Connection;
use vidimus_archive::clock::SystemClock;
use vidimus_archive::query::Shown;
use vidimus_archive::{Archive, Checked, Checker, Opening, check_folder};
use vidimus_model::Action;

fn place() -> Place {
    let place = Place::new();
    for number in 0..5 {
        place.write(&format!("note-{number}.txt"), format!("note {number}"));
    }
    place.write("camera.mp4", vec![1; 200_000]);
    place.receive(&place.disk());
    place
}

fn check(place: &Place) -> Checked {
    match place.try_open() {
        Ok(mut archive) => archive.check(false, &mut |_| {}),
        Err(_) => {
            let checker = Checker { member: None, passphrase: PASSPHRASE };
            check_folder(&place.archive(), &place.state(), Some(checker), false, &mut |_| {})
        }
    }
}

/// What the check says after this SQL; the ledger is put back afterwards.
fn after(place: &Place, sql: &str) -> Checked {
    let path = place.archive().join("ledger.db");
    let was = fs::read(&path).unwrap();
    let db = Connection::open(&path).unwrap();
    db.execute_batch(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    db.close().unwrap();
    let checked = check(place);
    for beside in ["ledger.db-wal", "ledger.db-shm"] {
        let _ = fs::remove_file(place.archive().join(beside));
    }
    fs::write(&path, was).unwrap();
    checked
}

fn refs(checked: &Checked) -> Vec<&str> {
    checked.problems.iter().map(|problem| problem.reference.as_str()).collect()
}

/// The log index of a row that this finds.
fn seq(place: &Place, condition: &str) -> u64 {
    let db = Connection::open(place.archive().join("ledger.db")).unwrap();
    db.query_row(&format!("SELECT seq FROM row WHERE {condition} LIMIT 1"), [], |row| row.get(0)).unwrap()
}

#[test]
fn every_column_of_a_row_is_watched() {
    let place = place();
    let largest_key =
        "key = (SELECT key FROM row WHERE place IS NOT NULL GROUP BY key ORDER BY count(*) DESC LIMIT 1)";
    let sealed = seq(&place, &format!("place IS NOT NULL AND {largest_key}"));
    let blank = seq(&place, "op IS NULL AND seq > 20");
    let another = seq(&place, "place IS NOT NULL AND seq < 5");
    for (sql, row) in [
        (format!("UPDATE row SET entry = randomblob(32) WHERE seq = {sealed}"), sealed),
        (format!("UPDATE row SET entry = randomblob(32) WHERE seq = {blank}"), blank),
        (format!("UPDATE row SET op = randomblob(16) WHERE seq = {sealed}"), sealed),
        (format!("UPDATE row SET op = NULL WHERE seq = {sealed}"), sealed),
        (format!("UPDATE row SET op = randomblob(16) WHERE seq = {blank}"), blank),
        (format!("UPDATE row SET place = NULL WHERE seq = {sealed}"), sealed),
        (format!("UPDATE row SET place = NULL, erased = 1 WHERE seq = {sealed}"), sealed),
        (format!("UPDATE row SET erased = 1 WHERE seq = {sealed}"), sealed),
        (format!("UPDATE row SET erased = 1 WHERE seq = {blank}"), blank),
        // A record made to look like a blank row, under its own key and under another.
        (
            format!(
                "DELETE FROM body WHERE place = (SELECT place FROM row WHERE seq = {sealed}); UPDATE row SET op = NULL, place = NULL WHERE seq = {sealed}"
            ),
            sealed,
        ),
        (
            format!(
                "UPDATE row SET op = NULL, place = NULL, key = (SELECT key FROM row WHERE seq = {blank}) WHERE seq = {sealed}"
            ),
            sealed,
        ),
        (format!("UPDATE row SET op = NULL, place = NULL, key = 999 WHERE seq = {sealed}"), sealed),
        (
            format!(
                "UPDATE row SET place = (SELECT place FROM row WHERE seq = {another}) WHERE seq = {sealed}"
            ),
            sealed,
        ),
        (
            format!("UPDATE row SET key = (SELECT key FROM row WHERE seq = {another}) WHERE seq = {sealed}"),
            sealed,
        ),
        (
            format!(
                "UPDATE row SET compartment = (SELECT id FROM name WHERE name = 'register') WHERE seq = {sealed}"
            ),
            sealed,
        ),
        (format!("UPDATE row SET compartment = 999 WHERE seq = {sealed}"), sealed),
        (format!("UPDATE row SET key = 999 WHERE seq = {sealed}"), sealed),
        (
            format!(
                "UPDATE body SET sealed = randomblob(length(sealed)) WHERE place = (SELECT place FROM row WHERE seq = {sealed})"
            ),
            sealed,
        ),
        (
            format!(
                "UPDATE body SET sealed = x'' WHERE place = (SELECT place FROM row WHERE seq = {sealed})"
            ),
            sealed,
        ),
        (format!("DELETE FROM row WHERE seq = {blank}"), blank),
        (format!("DELETE FROM row WHERE seq = {sealed}"), sealed),
    ] {
        let checked = after(&place, &sql);
        let record = format!("record {row}");
        let named = checked.problems.iter().any(|problem| {
            problem.reference == record || problem.problem.to_string().contains(&format!("record ({row})"))
        });
        assert!(named, "{sql}: {:?}", checked.problems);
        // Besides the row only the file as a whole may be named.
        let others: Vec<&str> = refs(&checked)
            .into_iter()
            .filter(|found| **found != record && ![&"ledger", &"register"].contains(&found))
            .collect();
        assert!(
            others.len() <= 1 && others.iter().all(|other| other.starts_with('A')),
            "{sql}: {:?}",
            checked.problems
        );
    }
    assert_eq!(check(&place).problems, []);
}

#[test]
fn rows_at_the_end_and_checkpoints_and_the_tip_are_watched() {
    let place = place();
    let last = seq(&place, "1 ORDER BY seq DESC");
    let middle: u64 = {
        let db = Connection::open(place.archive().join("ledger.db")).unwrap();
        db.query_row("SELECT size FROM checkpoint ORDER BY size LIMIT 1 OFFSET 1", [], |row| row.get(0))
            .unwrap()
    };
    let end = last + 1;
    for (sql, expected) in [
        (format!("DELETE FROM row WHERE seq = {last}"), vec!["ledger".to_owned(), format!("record {last}")]),
        ("UPDATE tip SET size = size - 1".into(), vec!["ledger tip".into()]),
        ("UPDATE tip SET size = size + 1".into(), vec!["ledger tip".into(), format!("record {end}")]),
        ("UPDATE tip SET frontier = zeroblob(length(frontier))".into(), vec!["ledger tip".into()]),
        ("UPDATE tip SET note = (SELECT note FROM checkpoint LIMIT 1)".into(), vec!["ledger tip".into()]),
        ("DELETE FROM tip".into(), vec!["ledger tip".into()]),
        (
            format!(
                "UPDATE checkpoint SET note = (SELECT note FROM checkpoint LIMIT 1) WHERE size = {middle}"
            ),
            vec![format!("checkpoint {middle}")],
        ),
        (
            format!(
                "UPDATE checkpoint SET note = CAST(replace(note, 'ik-900', 'ik-901') AS BLOB) WHERE size = {middle}"
            ),
            vec![format!("checkpoint {middle}")],
        ),
        (format!("DELETE FROM checkpoint WHERE size = {middle}"), vec![format!("checkpoint {middle}")]),
        (
            format!("UPDATE checkpoint SET size = size + 1 WHERE size = {middle}"),
            vec![format!("checkpoint {middle}"), format!("checkpoint {}", middle + 1)],
        ),
        ("INSERT INTO checkpoint VALUES (2, x'00')".into(), vec!["ledger".into(), "checkpoint 2".into()]),
        ("INSERT INTO meta VALUES ('more', '1')".into(), vec!["ledger".into()]),
        ("UPDATE meta SET value = '0' WHERE name = 'format'".into(), vec!["ledger".into()]),
        ("INSERT INTO body (sealed) VALUES (x'00aa')".into(), vec!["ledger".into()]),
        (
            "CREATE TRIGGER t AFTER INSERT ON row BEGIN DELETE FROM checkpoint; END".into(),
            vec!["ledger".into()],
        ),
        ("CREATE TABLE more (a)".into(), vec!["ledger".into()]),
        ("DROP INDEX row_altered".into(), vec!["ledger".into()]),
        ("UPDATE meta SET value = 'another' WHERE name = 'archive'".into(), vec!["ledger archive id".into()]),
    ] {
        let checked = after(&place, &sql);
        let found = refs(&checked);
        assert!(!checked.sound, "{sql}: nothing was noticed");
        let fits = found.iter().all(|found| expected.iter().any(|e| e == found));
        assert!(fits && !found.is_empty(), "{sql}: {:?}", checked.problems);
    }
    assert_eq!(check(&place).problems, []);
}

#[test]
fn renamed_compartments_and_keys_are_watched() {
    let place = place();
    for sql in [
        "UPDATE name SET name = 'mains' WHERE name = 'main'",
        "UPDATE name SET name = '0011223344556677' WHERE name = 'register'",
        "UPDATE name SET name = '0011223344556677' WHERE id = (SELECT max(key) FROM row)",
        "DELETE FROM name WHERE name = 'main'",
    ] {
        let checked = after(&place, sql);
        assert!(!checked.sound, "{sql}: nothing was noticed");
    }
    assert_eq!(check(&place).problems, []);
}

/// Tables, views and indexes of the ledger, by name and kind.
fn schema(place: &Place) -> Vec<(String, String)> {
    let db = Connection::open(place.archive().join("ledger.db")).unwrap();
    let mut asked = db.prepare("SELECT name, type FROM sqlite_schema WHERE sql IS NOT NULL").unwrap();
    asked.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

#[test]
fn the_schema_and_the_settings_of_the_file_are_watched() {
    let place = place();
    let mut attacks: Vec<String> = vec![
        "PRAGMA user_version = 7".into(),
        "PRAGMA application_id = 7".into(),
        "CREATE VIEW more AS SELECT 1".into(),
        "CREATE INDEX more ON row (erased)".into(),
        "CREATE TRIGGER more INSTEAD OF DELETE ON entry BEGIN SELECT 1; END".into(),
    ];
    for (name, kind) in schema(&place) {
        attacks.push(format!("DROP {kind} {name}"));
        if kind == "table" {
            attacks.push(format!("ALTER TABLE {name} RENAME TO other"));
            attacks.push(format!("ALTER TABLE {name} ADD COLUMN other TEXT"));
        } else {
            // Of the same name, and not the same.
            let sql = if kind == "view" { "AS SELECT 1 AS seq" } else { "ON row (erased)" };
            attacks.push(format!("DROP {kind} {name}; CREATE {kind} {name} {sql}"));
        }
    }
    assert!(attacks.len() > 20, "{attacks:?}");
    for sql in attacks {
        let checked = after(&place, &sql);
        assert!(refs(&checked).contains(&"ledger"), "{sql}: {:?}", checked.problems);
        let accused = refs(&checked).into_iter().filter(|found| found.starts_with('A')).count();
        assert_eq!(accused, 0, "{sql}: {:?}", checked.problems);
    }
    // How the file is written, and the places of its pages, say nothing: the program sets the one and finds the other.
    for harmless in
        ["PRAGMA journal_mode = DELETE", "PRAGMA page_size = 4096; PRAGMA journal_mode = DELETE; VACUUM"]
    {
        assert_eq!(after(&place, harmless).problems, [], "{harmless}");
    }
    assert_eq!(check(&place).problems, []);
}

#[test]
fn a_row_that_claims_a_number_far_away_is_named_and_takes_no_memory() {
    let place = place();
    let last = seq(&place, "1 ORDER BY seq DESC");
    for (far, named) in [(1_i64 << 40, format!("record {}", 1_i64 << 40)), (-3, "ledger".into())] {
        let checked = after(&place, &format!("UPDATE row SET seq = {far} WHERE seq = {last}"));
        for name in [named, format!("record {last}")] {
            assert!(refs(&checked).contains(&name.as_str()), "{far}: {:?}", checked.problems);
        }
    }
    let checked = after(&place, &format!("UPDATE tip SET size = {}", 1_i64 << 40));
    assert!(refs(&checked).contains(&"ledger tip"), "{:?}", checked.problems);
}

#[test]
fn what_was_put_under_a_key_that_nobody_has_is_named() {
    let place = place();
    let item = seq(
        &place,
        "place IS NOT NULL AND key = (SELECT key FROM row GROUP BY key ORDER BY count(place) DESC LIMIT 1)",
    );
    let key = format!("(SELECT key FROM row WHERE seq = {item})");
    for name in ["", "x", "another name", "0011223344556677"] {
        let checked = after(&place, &format!("UPDATE name SET name = '{name}' WHERE id = {key}"));
        let reference = format!("key held/{name}");
        assert!(refs(&checked).contains(&reference.as_str()), "{name:?}: {:?}", checked.problems);
    }
}

#[test]
fn a_record_put_under_the_key_of_something_that_another_member_alone_reads_is_named() {
    let place = place();
    let mut archive = place.open();
    archive.release(&"A1".parse().unwrap()).unwrap();
    archive.add_member("Богдан", "six other words for Bohdan", &KDF, &[]).unwrap();
    drop(archive);
    let opening = Opening {
        state: &place.state(),
        member: Some("Богдан"),
        passphrase: "six other words for Bohdan",
        first_seen_here: false,
        clock: Box::new(SystemClock),
    };
    let mut theirs = Archive::open(&place.archive(), opening).unwrap();
    place.write("theirs/private.txt", "Bohdan's alone");
    receive(&mut theirs, &place.disk().join("theirs"));
    drop(theirs);
    assert_eq!(check(&place).problems, []);

    // What opens for another member alone is nothing that this member could miss, were not every key tried on it.
    let Shown::Item(item) = place.open().show(&"A1-1".parse().unwrap()).unwrap() else { panic!("no item") };
    let sealed: Vec<u64> = {
        let db = Connection::open(place.archive().join("ledger.db")).unwrap();
        let of_first = "place IS NOT NULL AND key = (SELECT key FROM row WHERE seq = ?1)";
        let mut asked = db.prepare(&format!("SELECT seq FROM row WHERE {of_first}")).unwrap();
        asked.query_map([item.seq], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(sealed.len(), 8, "six files, and the two records of their receipt");
    let mut named = BTreeSet::new();
    for row in &sealed {
        // The newest key is that of Bohdan's accession.
        let sql = format!("UPDATE row SET key = (SELECT max(key) FROM row) WHERE seq = {row}");
        let checked = after(&place, &sql);
        let found: Vec<String> = refs(&checked).into_iter().map(String::from).collect();
        let [one] = &found[..] else { panic!("record {row}: {found:?}") };
        assert!(one.starts_with("A1-") || *one == format!("record {row}"), "record {row}: {one}");
        named.insert(one.clone());
    }
    assert_eq!(named.len(), 8, "each by itself: {named:?}");
}

#[test]
fn when_a_body_was_destroyed_cannot_be_hidden_from_backups() {
    let place = place();
    let mut archive = place.open();
    archive.release(&"A1".parse().unwrap()).unwrap();
    let me = archive.keyring().member();
    let vault = archive.new_compartment("witnesses", None, &[me]).unwrap();
    archive.move_into(&["A1-1".parse().unwrap()], &vault, &mut |_| {}).unwrap();
    let erase = Action::Erase { about: vec!["A1-2".parse().unwrap()] };
    archive.propose(erase, "a letter", true).unwrap();
    drop(archive);
    assert_eq!(check(&place).problems, []);
    let erased = seq(&place, "erased");
    let moved = seq(&place, "altered IS NOT NULL AND NOT erased");
    let plain = seq(&place, "altered IS NULL AND place IS NOT NULL");
    let blank = seq(&place, "op IS NULL");
    for (row, altered) in [
        (erased, "NULL"),
        (erased, "altered + 1"),
        (erased, "(SELECT min(size) FROM checkpoint)"),
        (erased, "(SELECT min(size) FROM checkpoint WHERE size > row.altered)"),
        (moved, "NULL"),
        (moved, "(SELECT min(size) FROM checkpoint WHERE size > row.seq)"),
        (plain, "(SELECT max(size) FROM checkpoint)"),
        (blank, "(SELECT max(size) FROM checkpoint)"),
        (plain, "1000000000"),
    ] {
        let checked = after(&place, &format!("UPDATE row SET altered = {altered} WHERE seq = {row}"));
        assert_eq!(refs(&checked), [format!("record {row}")], "{altered}: {:?}", checked.problems);
    }
}

#[test]
fn what_the_register_lost_accuses_nobody_else() {
    let place = place();
    let of_register =
        "place IS NOT NULL AND compartment = (SELECT id FROM name WHERE name = 'register') AND seq < 20";
    let rows: Vec<u64> = {
        let db = Connection::open(place.archive().join("ledger.db")).unwrap();
        let mut asked = db.prepare(&format!("SELECT seq FROM row WHERE {of_register}")).unwrap();
        asked.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert!(rows.len() >= 4);
    let blank = "op = NULL, place = NULL";
    let elsewhere = "compartment = (SELECT id FROM name WHERE name = 'main')";
    for (row, set) in rows.into_iter().flat_map(|row| [(row, blank), (row, elsewhere)]) {
        let sql = format!("UPDATE row SET {set} WHERE seq = {row}");
        let checked = after(&place, &sql);
        let record = format!("record {row}");
        assert!(refs(&checked).contains(&record.as_str()), "{row}: {:?}", checked.problems);
        let accused = refs(&checked).into_iter().filter(|found| found.starts_with("record")).count();
        assert_eq!(accused, 1, "{row}: {:?}", checked.problems);
    }
}
