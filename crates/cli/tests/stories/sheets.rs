//! A command that was killed while it handed out a sheet is finished when it is typed again.

use std::fs;

use crate::support::{House, init};

/// Whoever's sheet this is gets in with it.
fn opens(house: &House, member: &str, sheet: &str) {
    house.private("anew", "nine geese cross the frozen sea");
    let recover = ["--member", member, "recover", "--recovery-sheet", sheet, "--new-passphrase-file", "anew"];
    house.vidimus(recover).succeeds();
}

#[test]
fn a_sheet_without_a_note_is_never_taken_for_one_of_a_killed_command() {
    let house = House::with_archive();
    let anew = ["passphrase", "--new-sheet", "--recovery-sheet", "sheet.txt"];
    house.vidimus(anew).refuses(2, "sheet.txt is there already");
    house.vidimus(init()).refuses(2, "is not empty");
    let add =
        ["member", "add", "Bohdan", "--new-passphrase-file", "passphrase", "--recovery-sheet", "sheet.txt"];
    house.vidimus(add).refuses(2, "sheet.txt is there already");
    opens(&house, "Olena", "sheet.txt");
}

#[test]
fn an_archive_of_which_only_the_answer_is_missing_is_finished() {
    let house = House::with_archive();
    fs::write(house.path("archive/unfinished/init"), "").unwrap();
    house.vidimus(init()).refuses(2, "is not empty");
    // As it is after a kill: with the note of the sheet.
    let sheet = fs::read_to_string(house.path("sheet.txt")).unwrap();
    let groups = sheet.split_whitespace().collect::<Vec<_>>();
    let numbered = groups
        .windows(2)
        .filter(|pair| pair[0].strip_suffix(':').is_some_and(|number| number.parse::<u8>().is_ok()));
    let code: vidimus_seal::RecoveryCode =
        numbered.map(|pair| pair[1]).collect::<Vec<_>>().join(" ").parse().unwrap();
    vidimus_archive::sheet::begin(&house.path("archive"), &code).unwrap();
    let said = house.vidimus(init()).succeeds();
    assert!(said.out.contains("The archive archive.example/stories is in"), "{said:?}");
    assert_eq!(fs::read_to_string(house.path("sheet.txt")).unwrap(), sheet);
    house.vidimus(["check"]).succeeds();
    house.vidimus(init()).refuses(2, "is not empty");
    let other =
        ["init", "--origin", "archive.example/other", "--member", "Olena", "--recovery-sheet", "sheet.txt"];
    house.vidimus(other).refuses(2, "is not empty");
    opens(&house, "Olena", "sheet.txt");
}

#[test]
fn what_a_killed_beginning_left_is_begun_anew() {
    let house = House::new();
    fs::create_dir_all(house.path("archive/unfinished")).unwrap();
    fs::write(house.path("archive/unfinished/init"), "").unwrap();
    fs::create_dir(house.path("archive/objects")).unwrap();
    fs::write(house.path("archive/ledger.db"), "").unwrap();
    house.vidimus(init()).succeeds();
    house.vidimus(["check", "--full"]).succeeds();
    opens(&house, "Olena", "sheet.txt");
}

#[test]
fn a_passphrase_that_is_changed_already_is_no_failure_when_it_is_changed_again() {
    let house = House::with_archive();
    house.private("new", "seven geese cross the frozen sea");
    let change = ["passphrase", "--new-passphrase-file", "new"];
    house.vidimus(change).succeeds();
    assert!(house.vidimus(change).succeeds().out.contains("The new passphrase holds"));
    house.private("other", "another one that is long enough");
    house
        .vidimus(["passphrase", "--new-passphrase-file", "other"])
        .refuses(3, "No member has this passphrase");
}

#[test]
fn what_another_process_is_making_is_left_alone() {
    let house = House::new();
    fs::create_dir_all(house.path("archive/unfinished")).unwrap();
    let note = fs::File::create(house.path("archive/unfinished/init")).unwrap();
    note.lock().unwrap();
    fs::create_dir(house.path("archive/objects")).unwrap();
    fs::write(house.path("archive/ledger.db"), "").unwrap();
    house.vidimus(init()).refuses(2, "Another command is making an archive");
    assert!(house.path("archive/ledger.db").exists() && house.path("archive/objects").exists());
    assert!(!house.path("sheet.txt").exists());
    drop(note);
    house.vidimus(init()).succeeds();
    opens(&house, "Olena", "sheet.txt");
}
