//! Stories of checking and backing up an archive that lives: released, moved, erased, shared, and one that is half gone.

mod common;

use std::fs;
use std::path::Path;

use common::beginning::KDF;
use common::{PASSPHRASE, Place, receive};
use vidimus_archive::clock::SystemClock;
use vidimus_archive::{Archive, Checker, Opening, Outcome, check_folder, restore};
use vidimus_model::{Action, Ref};

const CANARY: &str = "the canary sings in the erased file";

fn place() -> Place {
    let place = Place::new();
    place.write("one/canary.txt", CANARY);
    place.write("one/note.txt", "a note");
    place.write("one/camera.mp4", CANARY.repeat(5000));
    place.write("two/note.txt", "another note");
    place.receive(&place.disk().join("one"));
    place.receive(&place.disk().join("two"));
    place
}

fn reference(text: &str) -> Ref {
    text.parse().unwrap()
}

fn sound(archive: &mut Archive) {
    for full in [false, true] {
        let checked = archive.check(full, &mut |_| {});
        assert_eq!(checked.problems, [], "unknown: {:?}", checked.unknown);
    }
}

fn open_as(place: &Place, member: &str, passphrase: &str) -> Archive {
    let state = place.state();
    let opening = Opening {
        state: &state,
        member: Some(member),
        passphrase,
        first_seen_here: false,
        clock: Box::new(SystemClock),
    };
    Archive::open(&place.archive(), opening).unwrap()
}

fn erase(archive: &mut Archive, about: &[&str]) {
    let action = Action::Erase { about: about.iter().map(|text| reference(text)).collect() };
    assert_eq!(archive.propose(action, "taken in by mistake", true).unwrap(), Outcome::Done);
}

#[test]
fn it_stays_sound_through_release_withdrawal_move_and_erasure() {
    let place = place();
    let mut archive = place.open();
    archive.release(&reference("A1")).unwrap();
    sound(&mut archive);
    archive.withdraw(&[reference("A1-2")], "a witness asked").unwrap();
    archive.reinstate(&[reference("A1-2")], "a mistake").unwrap();
    sound(&mut archive);
    let me = archive.keyring().member();
    let vault = archive.new_compartment("victims", Some('V'), &[me]).unwrap();
    archive.move_into(&[reference("A1-1")], &vault, &mut |_| {}).unwrap();
    sound(&mut archive);
    archive.move_into(&[reference("A1")], &vault, &mut |_| {}).unwrap();
    sound(&mut archive);
    erase(&mut archive, &["A1-2"]);
    sound(&mut archive);
    erase(&mut archive, &["A2"]);
    sound(&mut archive);
    archive.rebuild().unwrap();
    sound(&mut archive);
}

#[test]
fn each_of_two_members_says_what_only_the_other_can_know() {
    let place = place();
    let mut archive = place.open();
    let (outcome, _) = archive.add_member("Богдан", "another passphrase", &KDF, &[]).unwrap();
    assert_eq!(outcome, Outcome::Done);
    archive.release(&reference("A1")).unwrap();
    sound(&mut archive);
    let mut other = open_as(&place, "Богдан", "another passphrase");
    sound(&mut other);
    let checked = other.check(true, &mut |_| {});
    assert!(
        checked.unknown.iter().any(|text| text.to_string().contains("not held")),
        "{:?}",
        checked.unknown
    );
    receive(&mut other, &place.disk().join("two"));
    sound(&mut other);
    sound(&mut archive);
    let id = other.keyring().member();
    let (outcome, _) = archive.add_member("Ганна", "a third passphrase", &KDF, &[]).unwrap();
    let Outcome::Waiting(proposal) = outcome else { panic!("two members: one proposes") };
    sound(&mut archive);
    other.agree(proposal).unwrap();
    drop(other);
    let action = Action::RemoveMember { member: id };
    let Outcome::Waiting(proposal) = archive.propose(action, "left the group", true).unwrap() else {
        panic!("two must agree")
    };
    let mut third = open_as(&place, "Ганна", "a third passphrase");
    third.agree(proposal).unwrap();
    sound(&mut third);
    drop(archive);
    sound(&mut place.open());
}

fn holds_canary(folder: &Path) -> bool {
    let archive = fs::read_dir(folder).unwrap();
    archive.map(|entry| entry.unwrap().path()).any(|path| match path.is_dir() {
        true => holds_canary(&path),
        false => fs::read(&path).unwrap().windows(CANARY.len()).any(|window| window == CANARY.as_bytes()),
    })
}

#[test]
fn what_was_erased_is_gone_from_a_refreshed_backup() {
    let place = place();
    let mut archive = place.open();
    archive.backup(&place.path("backup"), &mut |_| {}).unwrap();
    let objects = |folder: &Path| {
        let shards = fs::read_dir(folder.join("objects")).unwrap().map(|shard| shard.unwrap().path());
        let mut names: Vec<_> = shards
            .filter(|shard| shard.file_name().unwrap() != "tmp")
            .flat_map(|shard| fs::read_dir(shard).unwrap().map(|entry| entry.unwrap().file_name()))
            .collect();
        names.sort();
        names
    };
    erase(&mut archive, &["A1"]);
    let done = archive.backup(&place.path("backup"), &mut |_| {}).unwrap();
    assert!(done.removed >= 3, "{done:?}");
    assert_eq!(objects(&place.archive()), objects(&place.path("backup")));
    assert!(!holds_canary(&place.path("backup")));
    let state = place.path("new-laptop");
    restore(&place.path("backup"), &place.path("there"), &state, &mut |_| {}).unwrap();
    let mut there = place.open_at(&place.path("there"), &state, PASSPHRASE, true).unwrap();
    sound(&mut there);
}

#[test]
fn a_folder_that_is_half_gone_is_checked_as_far_as_it_goes() {
    let place = place();
    let check = |passphrase: &str| {
        let checker = Checker { member: None, passphrase };
        check_folder(&place.archive(), &place.state(), Some(checker), true, &mut |_| {})
    };
    assert_eq!(check(PASSPHRASE).problems, []);
    // A wrong passphrase: the log is checked all the same.
    let checked = check("not it");
    assert_eq!(checked.problems.len(), 1, "{:?}", checked.problems);
    assert!(checked.checked.entries > 500 && !checked.unknown.is_empty());

    let ledger = fs::read(place.archive().join("ledger.db")).unwrap();
    for (from, to) in [(0, 100), (16_384, 20_000), (32_768, 60_000), (ledger.len() - 16_384, ledger.len())] {
        let mut damaged = ledger.clone();
        damaged[from..to].fill(0xa5);
        fs::write(place.archive().join("ledger.db"), &damaged).unwrap();
        assert!(!check(PASSPHRASE).sound, "bytes {from} to {to}");
    }
    for size in [0, 100, 16_384, ledger.len() / 2, ledger.len() - 1] {
        fs::write(place.archive().join("ledger.db"), &ledger[..size]).unwrap();
        assert!(!check(PASSPHRASE).sound, "{size} bytes");
    }
    fs::write(place.archive().join("ledger.db"), &ledger).unwrap();
    for part in ["receipts", "log", "keys", "objects", "ledger.db"] {
        fs::rename(place.archive().join(part), place.path("aside")).unwrap();
        let checked = check(PASSPHRASE);
        assert!(!checked.sound, "{part}");
        fs::rename(place.path("aside"), place.archive().join(part)).unwrap();
    }
    assert_eq!(check(PASSPHRASE).problems, []);
}
