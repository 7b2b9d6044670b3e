//! Notes that anybody can leave in the folder: what others wrote counts for nothing and is named, and what was cut off is put away.

use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::Path;

use vidimus_ledger::{Ledger as _, SqliteLedger};

use super::house::{files, passphrase};
use super::*;
use crate::check::{Checked, Checker, check_folder};
use crate::crash;
use crate::receive::{Receive, Received};

fn disk(files: &[(&str, &str)]) -> tempfile::TempDir {
    let disk = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, text)| fs::write(disk.path().join(name), text).unwrap());
    disk
}

fn receive(archive: &mut Archive, disk: &Path) -> Received {
    let into = CompartmentId::main();
    let request = Receive { paths: vec![disk.to_owned()], giver: None, note: None, new: false, into };
    archive.receive(&request, &mut |_| {}).unwrap()
}

/// The folder as it lies, before anybody opens the archive.
fn look(house: &House) -> Checked {
    let passphrase = passphrase("Олена");
    let checker = Checker { member: Some("Олена"), passphrase: &passphrase };
    check_folder(&house.archive(), &house.state(), Some(checker), true, &mut |_| {})
}

fn left_over(checked: &Checked) -> String {
    let said = checked.still_sound.iter().map(ToString::to_string);
    said.filter(|text| text.starts_with("left over")).collect()
}

fn foreign(checked: &Checked) -> Vec<&str> {
    checked.problems.iter().map(|problem| problem.reference.as_str()).collect()
}

/// Keys that no record is sealed by.
fn idle_keys(house: &House) -> usize {
    let ledger = SqliteLedger::open(&house.layout().ledger()).unwrap();
    let keys = crate::keyring::read_folder(&house.layout().held()).unwrap();
    let is_idle = |key: &str| ledger.rows_of_key(key, 0, 1).unwrap().is_empty();
    keys.iter().filter(|key| is_idle(key.to_str().unwrap())).count()
}

#[test]
fn a_key_of_which_nothing_came_goes_with_the_next_delivery() {
    let house = House::of_two();
    house.receive("Олена", &[("0", b"before".as_slice())]);
    let (first, second) = (disk(&[("1", "first")]), disk(&[("2", "second")]));
    let mut left = 0;
    for step in 0.. {
        let copy = house.copy();
        let mut archive = copy.open("Олена");
        let ended = crash::killed_at(step, AssertUnwindSafe(|| drop(receive(&mut archive, first.path()))));
        drop(archive);
        let idle = idle_keys(&copy);
        let checked = look(&copy);
        assert!(checked.sound, "killed at {step}: {:#?}", checked.problems);
        assert_eq!(left_over(&checked).contains("keys/held/"), idle > 0, "{step}: {}", left_over(&checked));
        left += idle;
        receive(&mut copy.open("Олена"), second.path());
        assert_eq!(idle_keys(&copy), 0, "killed at {step}");
        receive(&mut copy.open("Олена"), first.path());
        copy.is_sound_for(&["Олена", "Богдан"]);
        if ended {
            break;
        }
    }
    assert!(left > 0, "some kill comes between the key and its first record");
}

#[test]
fn a_key_that_was_cut_off_before_its_wrap_goes_with_the_next_delivery() {
    let house = House::of_one();
    let [empty, aside, anothers] = [6, 7, 8].map(|byte| vidimus_model::KeyId::from_bytes([byte; 8]));
    for (key, left) in [(empty, None), (aside, Some("1.age.22138-0.aside")), (anothers, Some("1.age"))] {
        fs::create_dir_all(house.layout().held_key(key)).unwrap();
        if let Some(left) = left {
            fs::write(house.layout().held_key(key).join(left), "age").unwrap();
        }
        fs::write(house.layout().unanswered(key), [7; 32]).unwrap();
    }
    house.receive("Олена", &[("1", b"first".as_slice())]);
    for (key, stays) in [(empty, false), (aside, false), (anothers, true)] {
        assert_eq!(house.layout().held_key(key).exists(), stays, "{key}");
        assert_eq!(house.layout().unanswered(key).exists(), stays, "{key}");
    }
}

#[test]
fn a_strangers_note_takes_no_key_away() {
    let house = House::of_two();
    house.receive("Олена", &[("1", b"first".as_slice())]);
    let mut olena = house.open("Олена");
    let (me, own) = (olena.keyring().member().to_string(), olena.keyring().own_accessions()[0]);
    let before = files(&house.layout().held());
    // As if a newer ledger than the one that lies here knew what this key seals.
    let [unused, none] = [7, 8].map(|byte| vidimus_model::KeyId::from_bytes([byte; 8]));
    let mine = house.layout().wrap(unused, &me);
    fs::create_dir_all(house.layout().held_key(unused)).unwrap();
    fs::copy(house.layout().wrap(own, &me), &mine).unwrap();
    fs::write(house.layout().unanswered(unused), [7; 32]).unwrap();
    fs::write(house.layout().unanswered(none), "").unwrap();
    olena.drop_unbegun().unwrap();
    assert!(mine.exists(), "its note has not its mark");
    assert!(before.iter().all(|path| path.exists()));
    assert!(
        !house.layout().unanswered(vidimus_model::KeyId::from_bytes([8; 8])).exists(),
        "of no key at all"
    );
}

#[test]
fn a_key_under_whose_name_nothing_stands_any_more_stays_while_a_record_opens_with_it() {
    let house = House::of_one();
    let disk = disk(&[("1", "first")]);
    let mut olena = house.open("Олена");
    receive(&mut olena, disk.path());
    let (key, me) = (olena.keyring().own_accessions()[0], olena.keyring().member().to_string());
    drop(olena);
    let rename = |from: &str, to: &str| {
        let db = rusqlite::Connection::open(house.layout().ledger()).unwrap();
        assert_eq!(db.execute("UPDATE name SET name = ?2 WHERE name = ?1", [from, to]).unwrap(), 1);
    };
    // The note of the delivery is genuine: nobody has read the answer yet.
    assert!(house.layout().unanswered(key).exists());
    rename(&key.to_string(), "aaaaaaaaaaaaaaaa");
    house.open("Олена").drop_unbegun().unwrap();
    assert!(house.layout().wrap(key, &me).exists(), "records open with it, whatever their rows name");
    rename("aaaaaaaaaaaaaaaa", &key.to_string());
    house.is_sound_for(&["Олена"]);
}

#[test]
fn a_strangers_note_makes_no_delivery_pass_for_one_that_was_taken() {
    let house = House::of_one();
    let disk = disk(&[("1", "first")]);
    let mut olena = house.open("Олена");
    let received = receive(&mut olena, disk.path());
    let note = house.layout().unanswered(olena.keyring().own_accessions()[0]);
    assert!(receive(&mut olena, disk.path()).resumed, "nobody has read the answer");
    olena.answered(&received).unwrap();
    assert!(!note.exists());

    for forged in [&b""[..], b"...", &[0; 32]] {
        fs::write(&note, forged).unwrap();
        let named = look(&house);
        assert_eq!(foreign(&named).len(), 1, "{named:#?}");
        let again = receive(&mut olena, disk.path());
        assert!(!again.resumed, "{forged:?}");
        olena.answered(&again).unwrap();
        fs::remove_file(&note).unwrap();
    }
    fs::create_dir(&note).unwrap();
    assert!(foreign(&look(&house))[0].starts_with("file unfinished/received-"));
    assert!(!receive(&mut olena, disk.path()).resumed);
    fs::remove_dir(&note).unwrap();
    house.is_sound_for(&["Олена"]);
}

#[test]
fn tiles_that_nobody_was_promised_are_named_and_made_again() {
    let house = House::of_one();
    let checkpoint = house.layout().log().join("checkpoint");
    let before = fs::read(&checkpoint).unwrap();
    house.receive("Олена", &[("1", b"first".as_slice())]);
    let after = files(&house.layout().log());
    let newest = after.iter().filter(|path| path.to_string_lossy().contains("/tile/"));
    let newest = newest.max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap().clone();
    let good = fs::read(&newest).unwrap();
    fs::write(&checkpoint, before).unwrap();
    fs::write(&newest, vec![0; good.len()]).unwrap();

    let checked = look(&house);
    // It lags behind the receipt, too, which is named.
    assert!(checked.problems.iter().all(|one| one.reference == "log/checkpoint"), "{:#?}", checked.problems);
    let pending: Vec<String> = checked.pending.iter().map(ToString::to_string).collect();
    let name = newest.strip_prefix(house.archive()).unwrap().to_string_lossy().into_owned();
    assert!(pending.iter().any(|text| text.contains("made again") && text.contains(&name)), "{pending:?}");
    house.receive("Олена", &[("2", b"second".as_slice())]);
    assert_eq!(look(&house).pending, []);
    house.is_sound_for(&["Олена"]);
}

/// Whoever knows the recipient of `main` leaves a note that names what its reader cannot read.
#[test]
fn a_note_of_work_alone_destroys_no_object() {
    let house = House::of_two();
    house.receive("Богдан", &[("1", b"his alone".as_slice())]);
    let objects = house.objects();
    assert_eq!(objects.len(), 1);
    let mut olena = house.open("Олена");
    let first = olena.ledger.rows(0, 1).unwrap().remove(0);
    for key in [None, Some(first.key.parse().unwrap())] {
        // Recorded by its row's word, or never.
        let mut note = WorkNote { row: 0, key, drawn_from: "07".repeat(16), ..WorkNote::default() };
        note.then.objects.extend(objects.clone());
        note.otherwise.objects.extend(objects.clone());
        olena.note_work("forged", &CompartmentId::main(), Vec::new(), note).unwrap();
        olena.finish_erasures().unwrap();
        assert_eq!(house.objects(), objects, "{key:?}");
        assert!(!house.layout().unfinished().join("forged.age").exists());
    }
    house.is_sound_for(&["Олена", "Богдан"]);
}
