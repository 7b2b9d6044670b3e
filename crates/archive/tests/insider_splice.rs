//! An insider with a file manager: keys, objects and whole tables put in each other's places, and those of a second archive.
//!
//! A seeded part of it always runs; `make insider` runs all of it.

#[path = "common/answers.rs"]
mod answers;
mod common;
#[path = "common/rich.rs"]
mod rich;
#[path = "common/surgery.rs"]
mod surgery;

use std::fs;
use std::path::Path;

use answers::answers;
use rich::{Rich, below, check, copy, memory};
use rusqlite::Connection;
use surgery::{q, tables};
use vidimus_archive::Checked;
use vidimus_seal::Entropy;

/// Those of `from` that are to be run, by the seed.
fn chosen<T>(mut from: Vec<T>, share: u8) -> Vec<T> {
    let seed = std::env::var("VIDIMUS_INSIDER_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1_u64);
    let mut entropy = Entropy::from_seed(&{
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes
    });
    let share = if std::env::var_os("VIDIMUS_INSIDER").is_some() { 1 } else { share };
    from.retain(|_| entropy.bytes::<1>()[0].is_multiple_of(share));
    println!("{} of them, seed {seed}", from.len());
    from
}

/// Files below a folder of an archive, by their names in it.
fn names(archive: &Path, folder: &str) -> Vec<String> {
    let files = below(&archive.join(folder)).into_iter();
    let names = files.map(|path| path.strip_prefix(archive).unwrap().to_str().unwrap().to_owned());
    names.filter(|name| !name.ends_with("-shm") && !name.ends_with("-wal")).collect()
}

fn says(checked: &Checked) -> Vec<String> {
    checked.problems.iter().map(|one| format!("{}: {}", one.reference, one.problem)).collect()
}

/// Is the file itself named, or what lies in it?
fn names_it(checked: &Checked, file: &str) -> bool {
    let (folder, name) = file.rsplit_once('/').unwrap();
    let last = folder.rsplit('/').next().unwrap();
    checked.problems.iter().any(|one| match folder.split('/').next() {
        Some("objects") => {
            one.reference.starts_with('A')
                || one.reference.contains(":A")
                || one.reference.starts_with("object")
        }
        _ => one.reference.contains(name.trim_end_matches(".json")) || one.reference.contains(last),
    })
}

#[test]
fn keys_put_in_each_others_places_are_named() {
    let rich = Rich::new();
    let archive = rich.today.path().join("archive");
    let keys = names(&archive, "keys");
    let read = |name: &String| fs::read(archive.join(name)).unwrap();
    let pairs =
        keys.iter().enumerate().flat_map(|(at, one)| keys[at + 1..].iter().map(move |two| (one, two)));
    let pairs: Vec<_> = pairs.filter(|(one, two)| read(one) != read(two)).collect();
    assert!(pairs.len() > 50, "{}", pairs.len());
    let mut faults = Vec::new();
    for (one, two) in chosen(pairs, 4) {
        let folder = memory();
        copy(rich.today.path(), folder.path());
        fs::write(folder.path().join("archive").join(one), read(two)).unwrap();
        fs::write(folder.path().join("archive").join(two), read(one)).unwrap();
        let checked = check(folder.path(), false);
        if checked.sound || !(names_it(&checked, one) || names_it(&checked, two)) {
            faults.push(format!("{one} and {two}: {:?}", says(&checked)));
        }
    }
    assert!(faults.is_empty(), "{}:\n{}", faults.len(), faults.join("\n"));
}

/// A second archive of the same people and the same origin, with the same disk in it.
fn second() -> Rich {
    Rich::new()
}

#[test]
fn a_second_archives_files_are_named() {
    let (rich, other) = (Rich::new(), second());
    let (ours, theirs) = (rich.today.path().join("archive"), other.today.path().join("archive"));
    let mut cells = Vec::new();
    for folder in ["keys", "objects", "log", "receipts"] {
        let theirs = names(&theirs, folder);
        for (at, name) in names(&ours, folder).into_iter().enumerate() {
            // Of the same name where there is one: tiles and receipts are called alike.
            let same = theirs.iter().find(|theirs| **theirs == name);
            let source = same.unwrap_or(&theirs[at % theirs.len()]).clone();
            cells.push((name, source));
        }
    }
    let mut faults = Vec::new();
    for (name, source) in chosen(cells, 4) {
        let spliced = fs::read(theirs.join(&source)).unwrap();
        if spliced == fs::read(ours.join(&name)).unwrap() {
            continue; // the page of a receipt's explanations
        }
        let folder = memory();
        copy(rich.today.path(), folder.path());
        fs::write(folder.path().join("archive").join(&name), spliced).unwrap();
        let checked = check(folder.path(), false);
        // What a wider tile holds too is not asked for.
        let spare = name.contains(".p/");
        // A member's file of another archive opens another archive's member: it is they who lack every key here.
        let is_member = name.starts_with("keys/members/") && names_it(&checked, &source);
        let named = names_it(&checked, &name) || is_member || name == "log/checkpoint" && !checked.sound;
        if !spare && (checked.sound || !named) {
            faults.push(format!("{name} of {source}: {:?}", says(&checked)));
        }
    }
    assert!(faults.is_empty(), "{}:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn a_second_archives_tables_and_tails_are_named() {
    let (rich, other) = (Rich::new(), second());
    let theirs = other.today.path().join("archive/ledger.db");
    let db = Connection::open(rich.today.path().join("archive/ledger.db")).unwrap();
    let size: i64 = db.query_row("SELECT size FROM tip", [], |row| row.get(0)).unwrap();
    let all = tables(&db);
    drop(db);
    let whole = |table: &String| {
        format!("DELETE FROM main.{0}; INSERT INTO main.{0} SELECT * FROM theirs.{0};", q(table))
    };
    let mut cells: Vec<String> = all.iter().map(whole).collect();
    cells.push(all.iter().map(whole).collect());
    cells.push(all.iter().filter(|table| *table != "meta").map(whole).collect());
    cells.push(["tip", "checkpoint"].map(|table| whole(&table.to_owned())).concat());
    cells.push(["row", "body", "name"].map(|table| whole(&table.to_owned())).concat());
    for from in [1, size / 3, size / 2, size - 2] {
        let entries = format!(
            "UPDATE main.row SET entry = (SELECT entry FROM theirs.row AS t WHERE t.seq = main.row.seq)
             WHERE seq >= {from} AND seq IN (SELECT seq FROM theirs.row);"
        );
        cells.push(entries.clone());
        cells.push(entries + &["tip", "checkpoint"].map(|table| whole(&table.to_owned())).concat());
        // A body with its operation: an older record under a new row, and another archive's.
        cells.push(format!(
            "UPDATE main.row SET place = (SELECT place FROM main.row WHERE place IS NOT NULL AND seq < {from} LIMIT 1)
             WHERE seq = (SELECT min(seq) FROM main.row WHERE place IS NOT NULL AND seq > {from});"
        ));
        cells.push(format!(
            "UPDATE main.body SET sealed = (SELECT sealed FROM theirs.body ORDER BY place DESC LIMIT 1)
             WHERE place = (SELECT min(place) FROM main.row WHERE seq >= {from});"
        ));
    }
    let before = answers(rich.today.path());
    let mut faults = Vec::new();
    for sql in chosen(cells, 2) {
        let folder = memory();
        copy(rich.today.path(), folder.path());
        let db = Connection::open(folder.path().join("archive/ledger.db")).unwrap();
        db.execute_batch("DROP INDEX row_by_op").unwrap();
        db.execute_batch(&format!("ATTACH '{}' AS theirs; {sql}", theirs.display())).unwrap();
        // Two rows of one operation cannot be where the file's own rule stands.
        let again = "CREATE UNIQUE INDEX row_by_op ON row (op) WHERE op IS NOT NULL";
        let _ = db.execute_batch(again);
        db.close().unwrap();
        let checked = check(folder.path(), false);
        if checked.sound && answers(folder.path()) != before {
            faults.push(format!("{sql:.120}: nothing was noticed, and answers differ"));
        } else if checked.sound && !sql.contains("main.\"meta\"; INSERT") {
            faults.push(format!("{sql:.120}: nothing was noticed"));
        }
    }
    assert!(faults.is_empty(), "{}:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn an_archive_cut_back_in_everything_is_told_by_a_receipt_alone() {
    let rich = Rich::new();
    // Ledger, log, keys, objects and the mark, all of the same earlier day.
    let folder = memory();
    copy(rich.yesterday.path(), folder.path());
    let mut archive = answers::open(folder.path());
    assert_eq!(archive.check(true, &mut |_| {}).problems, [], "nothing in it tells");
    drop(archive);
    // The mark is what tells on a machine that has seen more.
    let mark = |root: &Path| below(&root.join("state")).into_iter().find(|path| path.ends_with("high-water"));
    fs::copy(mark(rich.today.path()).unwrap(), mark(folder.path()).unwrap()).unwrap();
    let problems = answers::open(folder.path()).check(false, &mut |_| {}).problems;
    assert!(problems.iter().any(|one| one.reference.starts_with("checkpoint")), "{problems:?}");
}
