//! Stories of bad days: a folder put back to yesterday's, a forgotten passphrase, a lost sheet.

mod common;

use std::fs;

use common::beginning::KDF;
use common::{PASSPHRASE, Place, copy, receive};
use vidimus_archive::{DoorError, Entered, OpenError, RollbackError, recover};
use vidimus_model::CompartmentId;

fn place() -> Place {
    let place = Place::new();
    place.write("one/note.txt", "a note");
    place.write("one/camera.mp4", vec![1; 200_000]);
    place.write("two/note.txt", "another note");
    place.write("three/note.txt", "a third note");
    place.receive(&place.disk().join("one"));
    place
}

fn refs(archive: &mut vidimus_archive::Archive, full: bool) -> Vec<String> {
    archive.check(full, &mut |_| {}).problems.into_iter().map(|p| p.reference).collect()
}

/// Yesterday's copy is put back over an archive that went on.
fn put_back(place: &Place) -> u64 {
    copy(&place.archive(), &place.path("yesterday"));
    place.receive(&place.disk().join("two"));
    let lost = place.open().checkpoint().unwrap().checkpoint().size;
    fs::rename(place.archive(), place.path("today")).unwrap();
    copy(&place.path("yesterday"), &place.archive());
    lost
}

#[test]
fn an_archive_that_went_back_says_so_and_goes_on_only_when_that_is_accepted() {
    let place = place();
    let lost = put_back(&place);
    let mut archive = place.open();
    assert!(archive.went_back().is_some());
    assert_eq!(refs(&mut archive, true), [format!("checkpoint {lost}")]);
    let request = vidimus_archive::receive::Receive {
        paths: vec![place.disk().join("three")],
        giver: None,
        note: None,
        new: false,
        into: CompartmentId::main(),
    };
    let refused = archive.receive(&request, &mut |_| {}).unwrap_err();
    assert!(matches!(refused, vidimus_archive::receive::ReceiveError::Door(DoorError::ReadOnly)));

    let began = archive.accept_rollback("the disk died").unwrap();
    assert_eq!(began.origin, "archive.example/ik-900/2");
    drop(archive);
    let mut archive = place.open();
    assert!(archive.went_back().is_none());
    assert_eq!(archive.register().rollbacks.len(), 1);
    assert!(archive.register().rollbacks[0].lost.as_ref().unwrap().contains(&format!("\n{lost}\n")));
    assert_eq!(receive(&mut archive, &place.disk().join("three")).accession.to_string(), "A2");
    assert_eq!(refs(&mut archive, true), [] as [String; 0]);
    assert!(matches!(archive.accept_rollback("again"), Err(RollbackError::NotBack)));
    // Once more, and back before the first acceptance: the number is not given twice.
    drop(archive);
    fs::remove_dir_all(place.archive()).unwrap();
    copy(&place.path("yesterday"), &place.archive());
    assert_eq!(place.open().accept_rollback("again").unwrap().origin, "archive.example/ik-900/3");
    assert_eq!(refs(&mut place.open(), true), [] as [String; 0]);
}

#[test]
fn another_machine_learns_that_the_roll_back_was_accepted() {
    let place = place();
    put_back(&place);
    copy(&place.state(), &place.path("other-state"));
    place.open().accept_rollback("the disk died").unwrap();
    let mut other = place.open_at(&place.archive(), &place.path("other-state"), PASSPHRASE, false).unwrap();
    assert!(other.went_back().is_none());
    assert_eq!(refs(&mut other, false), [] as [String; 0]);
}

#[test]
fn the_ledger_alone_put_back_is_noticed_with_and_without_the_mark() {
    let place = place();
    let ledger = place.archive().join("ledger.db");
    let yesterday = fs::read(&ledger).unwrap();
    place.receive(&place.disk().join("two"));
    let lost = place.open().checkpoint().unwrap().checkpoint().size;
    fs::write(&ledger, &yesterday).unwrap();
    let mut archive = place.open();
    assert!(archive.went_back().is_some());
    let found = refs(&mut archive, false);
    assert!(found.contains(&format!("checkpoint {lost}")), "{found:?}");
    assert!(!found.iter().any(|found| found.starts_with('A') || found.starts_with("record")), "{found:?}");
    drop(archive);

    // Without the mark the published log and the receipts still tell.
    fs::remove_dir_all(place.state()).unwrap();
    assert!(matches!(place.try_open(), Err(OpenError::NeverSeen { .. })));
    let mut archive = place.open_at(&place.archive(), &place.state(), PASSPHRASE, true).unwrap();
    let found = refs(&mut archive, false);
    assert!(found.iter().any(|found| found.starts_with("checkpoint ")), "{found:?}");
}

#[test]
fn the_mark_alone_put_back_or_damaged() {
    let place = place();
    let mark = fs::read_dir(place.state()).unwrap().next().unwrap().unwrap().path().join("high-water");
    let yesterday = fs::read(&mark).unwrap();
    place.receive(&place.disk().join("two"));
    fs::write(&mark, &yesterday).unwrap();
    let mut archive = place.open();
    assert!(archive.went_back().is_none());
    assert_eq!(refs(&mut archive, false), [] as [String; 0]);
    drop(archive);

    fs::write(&mark, "nonsense").unwrap();
    let mut archive = place.open();
    assert_eq!(refs(&mut archive, false), ["high-water mark"]);
    assert_eq!(archive.accept_rollback("the mark was damaged").unwrap().origin, "archive.example/ik-900/2");
    assert_eq!(archive.register().rollbacks[0].lost, None);
}

#[test]
fn a_receipt_on_paper_tells_what_this_machine_has_not_seen() {
    let place = place();
    let lost = put_back(&place);
    let receipts = place.path("today").join("receipts");
    let newest = fs::read_dir(receipts)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .max_by_key(|path| path.file_name().unwrap().to_str().unwrap().parse::<u64>().unwrap());
    let paper = fs::read(newest.unwrap().join("receipt.txt")).unwrap();
    // A new laptop, which has never seen the archive.
    let state = place.path("new-laptop");
    let mut archive = place.open_at(&place.archive(), &state, PASSPHRASE, true).unwrap();
    assert!(archive.went_back().is_none());
    assert!(matches!(archive.enter_receipt(&paper).unwrap(), Entered::WentBack(_)));
    assert!(archive.went_back().is_some());
    drop(archive);
    let mut archive = place.open_at(&place.archive(), &state, PASSPHRASE, false).unwrap();
    assert!(archive.went_back().is_some());
    archive.accept_rollback("nobody has the rest").unwrap();
    assert_eq!(archive.enter_receipt(&paper).unwrap(), Entered::GivenUp);
    let own = archive.issue_receipt().unwrap();
    let own = fs::read(own.join("receipt.txt")).unwrap();
    assert_eq!(archive.enter_receipt(&own).unwrap(), Entered::Held);
    assert!(archive.enter_receipt(b"words").is_err());
    assert!(lost > 0);
    assert_eq!(refs(&mut archive, true), [] as [String; 0]);
}

#[test]
fn a_forgotten_passphrase_is_replaced_with_the_sheet_and_a_lost_sheet_with_the_passphrase() {
    let place = place();
    let open = |passphrase: &str| place.open_at(&place.archive(), &place.state(), passphrase, false);
    recover(&place.archive(), Some("Олена"), &place.recovery, "a new one", &KDF).unwrap();
    assert!(open(PASSPHRASE).is_err());
    let mut archive = open("a new one").unwrap();
    assert!(archive.change_passphrase("not it", "third", &KDF).is_err());
    archive.change_passphrase("a new one", "third", &KDF).unwrap();
    assert!(open("a new one").is_err());
    assert!(archive.renew_recovery("not it", &KDF).is_err());
    let sheet = archive.renew_recovery("third", &KDF).unwrap();
    drop(archive);
    assert!(recover(&place.archive(), None, &place.recovery, "x", &KDF).is_err());
    recover(&place.archive(), None, &sheet, "fourth", &KDF).unwrap();
    let mut archive = open("fourth").unwrap();
    assert_eq!(refs(&mut archive, false), [] as [String; 0], "the member's note tells of it");
    archive.record_key_file().unwrap();
    assert_eq!(refs(&mut archive, false), [] as [String; 0]);
    let file = fs::read_dir(place.archive().join("keys/members")).unwrap().next().unwrap().unwrap().path();
    let newest = fs::read(&file).unwrap();
    recover(&place.archive(), None, &sheet, "fifth", &KDF).unwrap();
    fs::remove_dir_all(place.archive().join("unfinished")).unwrap();
    let mut archive = open("fifth").unwrap();
    let [named] = &refs(&mut archive, false)[..] else { panic!("without the note it is named") };
    assert!(named.starts_with("key members/"), "{named}");
    fs::write(&file, newest).unwrap();
    assert_eq!(refs(&mut open("fourth").unwrap(), false), [] as [String; 0]);
}

#[test]
fn everything_computed_can_be_made_again() {
    let place = place();
    fs::remove_dir_all(place.archive().join("log")).unwrap();
    fs::write(place.archive().join("folds/stray"), "x").unwrap();
    let mut archive = place.open();
    archive.rebuild().unwrap();
    assert_eq!(refs(&mut archive, true), [] as [String; 0]);
}
