//! An archive begins.

use std::fs;

use crate::support::{House, init, mode};

#[test]
fn an_archive_is_made_and_its_sheet_is_written_for_the_owner_alone() {
    let house = House::new();
    let said = house.vidimus(init()).succeeds();
    assert!(said.out.contains("The archive archive.example/stories is in"), "{said:?}");
    assert!(said.out.contains("archive.example/stories+"), "the key to pin is shown: {said:?}");
    assert!(said.err.contains("No keyholders are named"), "{said:?}");

    let sheet = house.path("sheet.txt");
    assert_eq!(mode(&sheet), 0o600);
    let text = fs::read_to_string(&sheet).unwrap();
    for part in ["archive.example/stories", "Olena", " 10: ", "Where to keep it"] {
        assert!(text.contains(part), "{part:?} is missing in {text}");
    }
    assert!(!said.out.contains(text.split("10: ").nth(1).unwrap().split_whitespace().next().unwrap()));
    assert_eq!(mode(&house.path("archive")), 0o700);
    assert_eq!(house.vidimus(["member", "list", "--json"]).succeeds().json()[0]["name"], "Olena");
}

#[test]
fn the_sheet_speaks_the_persons_language() {
    let house = House::new();
    let mut arguments = init();
    arguments.extend(["--lang", "uk"]);
    let said = house.vidimus(arguments).succeeds();
    assert!(said.out.contains("Архів archive.example/stories лежить у"), "{said:?}");
    assert!(fs::read_to_string(house.path("sheet.txt")).unwrap().starts_with("АРКУШ ВІДНОВЛЕННЯ"));
}

#[test]
fn a_folder_that_holds_something_is_left_alone() {
    let house = House::new();
    house.file("archive/letter.txt", "mine");
    house.vidimus(init()).refuses(2, "is not empty");
    assert_eq!(fs::read_to_string(house.path("archive/letter.txt")).unwrap(), "mine");
    assert!(!house.path("sheet.txt").exists());
}

#[test]
fn nothing_is_made_that_nobody_could_open_again() {
    let house = House::new();
    let without_sheet = &init()[..5];
    house.vidimus(without_sheet).refuses(2, "--recovery-sheet FILE");
    house.file("sheet.txt", "an older sheet");
    house.vidimus(init()).refuses(2, "is there already");
    assert_eq!(fs::read_to_string(house.path("sheet.txt")).unwrap(), "an older sheet");
    fs::remove_file(house.path("sheet.txt")).unwrap();
    house.private("passphrase", "short");
    house.vidimus(init()).refuses(2, "too easy to guess");
    assert!(!house.path("archive").exists());
    assert!(!house.path("sheet.txt").exists());
}

#[test]
fn what_a_killed_init_left_is_called_that_and_begun_anew() {
    let house = House::new();
    for (name, bytes) in [("unfinished/init", ""), ("ledger.db", ""), ("ledger.db-journal", "half of a page")]
    {
        house.file(&format!("archive/{name}"), bytes);
    }
    for asked in [&["list"][..], &["check"], &["receive", "passphrase"], &["backup", "copy"], &["recover"]] {
        house.vidimus(asked).refuses(2, "was interrupted, and nothing is recorded there yet");
    }
    house.vidimus(init()).succeeds();
    house.vidimus(["check"]).succeeds();
}

#[test]
fn names_that_cannot_stand_in_a_record_are_refused() {
    let house = House::new();
    let with = |origin, member| {
        vec!["init", "--origin", origin, "--member", member, "--recovery-sheet", "sheet.txt"]
    };
    house.vidimus(with("two words", "Olena")).refuses(2, "cannot be the name of an archive");
    house.vidimus(with("", "Olena")).refuses(2, "cannot be the name of an archive");
    house.vidimus(with("a.example", "")).refuses(2, "cannot be the name of a member");
    house.vidimus(with("a.example", "a\nb")).refuses(2, "cannot be the name of a member");
    assert!(!house.path("archive").exists());
    assert!(!house.path("sheet.txt").exists());
}
