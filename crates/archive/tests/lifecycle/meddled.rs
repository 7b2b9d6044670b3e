//! Somebody has nothing but the folder, or types a number that no record holds: what is good elsewhere stays good.

use std::fs;

use rusqlite::Connection;
use vidimus_model::{AccessionEnd, Change, CompartmentId};

use super::house::{House, files};
use super::r;
use crate::DoorError;
use crate::backup::BackupError;
use crate::door::{Act, Draft};

#[test]
fn a_number_that_no_reader_takes_is_not_recorded() {
    let house = House::of_one();
    let mut olena = house.open("Олена");
    let main = CompartmentId::main();
    let key = olena.current(&main).unwrap();
    let before = olena.checkpoint().unwrap().checkpoint().size;
    let end =
        AccessionEnd { about: r("A1"), found: 0, taken: 0, copies: 0, not_taken: 0, bytes: (1 << 53) + 1 };
    let draft = Draft { compartment: main, key, change: Change::AccessionEnd(end) };
    let refused = olena.record(Act::of(vec![draft], Vec::new()));
    assert!(matches!(&refused, Err(DoorError::Unreadable(field)) if field == "bytes"), "{refused:?}");
    assert_eq!(olena.checkpoint().unwrap().checkpoint().size, before);
    house.is_sound_for(&["Олена"]);
}

#[test]
fn a_backup_follows_no_destruction_that_nobody_signed_for() {
    let house = House::of_one();
    house.receive("Олена", &[("1", [1; 70_000].as_slice()), ("2", &[2; 80_000])]);
    let backup = tempfile::tempdir().unwrap();
    let folder = backup.path().join("backup");
    house.open("Олена").backup(&folder, &mut |_| {}).unwrap();
    let copied = files(&folder.join("objects"));

    let key = house.open("Олена").keyring().own_accessions()[0].to_string();
    let db = Connection::open(house.archive().join("ledger.db")).unwrap();
    let seqs: Vec<i64> = db
        .prepare("SELECT seq FROM entry WHERE body IS NOT NULL AND key = ?1")
        .and_then(|mut asked| asked.query_map([key], |row| row.get(0))?.collect())
        .unwrap();
    assert!(seqs.len() > 2, "the records of the accession");
    for seq in &seqs {
        db.execute("DELETE FROM body WHERE place = (SELECT place FROM row WHERE seq = ?1)", [seq]).unwrap();
        let erased =
            "UPDATE row SET erased = 1, place = NULL, altered = (SELECT size FROM tip) WHERE seq = ?1";
        db.execute(erased, [seq]).unwrap();
    }
    drop(db);
    files(&house.archive().join("objects")).iter().for_each(|object| fs::remove_file(object).unwrap());
    fs::remove_dir_all(house.archive().join("folds")).unwrap();

    let refused = house.open("Олена").backup(&folder, &mut |_| {});
    assert!(matches!(&refused, Err(BackupError::Unsigned(named)) if !named.is_empty()), "{refused:?}");
    assert_eq!(files(&folder.join("objects")), copied, "the good copy stays");
    let db = Connection::open(folder.join("ledger.db")).unwrap();
    let left: i64 = db.query_row("SELECT count(*) FROM row WHERE erased = 1", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

#[test]
fn a_backup_keeps_what_got_lost_with_the_records_that_name_it() {
    let house = House::of_two();
    house.receive("Олена", &[("1", [1; 70_000].as_slice()), ("2", &[2; 80_000])]);
    house.open("Олена").release(&r("A1")).unwrap();
    house.receive("Богдан", &[("3", [3; 90_000].as_slice())]);
    for name in ["Олена", "Богдан"] {
        let backup = tempfile::tempdir().unwrap();
        let folder = backup.path().join("backup");
        house.open(name).backup(&folder, &mut |_| {}).unwrap();
        let kept = |folder: &std::path::Path| [files(&folder.join("objects")), files(&folder.join("keys"))];
        let copied = kept(&folder);
        for wipes in [
            "DELETE FROM row WHERE seq = 1 + (SELECT min(seq) FROM entry WHERE key = ?1)",
            "DELETE FROM row WHERE key = (SELECT id FROM name WHERE name = ?1)",
        ] {
            let copy = house.copy();
            let key = house.key_of("Олена", &r("A1")).to_string();
            let db = Connection::open(copy.layout().ledger()).unwrap();
            assert!(db.execute(wipes, [&key]).unwrap() > 0);
            files(&copy.layout().objects()).iter().for_each(|object| fs::remove_file(object).unwrap());
            fs::remove_dir_all(copy.layout().held_key(key.parse().unwrap())).unwrap();
            let _ = fs::remove_dir_all(copy.layout().folds());
            let done = copy.open(name).backup(&folder, &mut |_| {});
            assert!(
                done.as_ref().map_or(true, |done| done.removed == 0 && !done.kept.is_empty()),
                "{done:?}"
            );
            assert_eq!(kept(&folder), copied, "{name}: {wipes}");
        }
    }
}

#[test]
fn a_backup_keeps_what_a_receipt_was_made_of() {
    let house = House::of_one();
    house.receive("Олена", &[("1", b"first".as_slice())]);
    let backup = tempfile::tempdir().unwrap();
    let folder = backup.path().join("backup");
    house.open("Олена").backup(&folder, &mut |_| {}).unwrap();
    let checkpoint = |root: &std::path::Path| {
        let all = files(&root.join("receipts"));
        all.into_iter().find(|path| path.ends_with("checkpoint.txt")).expect("a receipt was issued")
    };
    let (ours, theirs) = (checkpoint(&house.archive()), checkpoint(&folder));
    let good = fs::read(&theirs).unwrap();

    fs::write(&ours, "spoilt").unwrap();
    let done = house.open("Олена").backup(&folder, &mut |_| {}).unwrap();
    assert!(done.kept.iter().any(|name| name.ends_with("checkpoint.txt")), "{:?}", done.kept);
    assert_eq!(fs::read(&theirs).unwrap(), good);

    fs::write(&ours, &good).unwrap();
    fs::write(&theirs, "spoilt there").unwrap();
    assert_eq!(house.open("Олена").backup(&folder, &mut |_| {}).unwrap().kept, Vec::<String>::new());
    assert_eq!(fs::read(&theirs).unwrap(), good, "a damaged copy is made good");
}
