//! Bad days: a dead disk, a new laptop, a forgotten passphrase, yesterday's copy.

use std::fs;
use std::path::Path;

use crate::support::House;

/// A house with an archive of one file.
fn house() -> House {
    let house = House::with_archive();
    house.file("disk/note.txt", "a note");
    house.vidimus(["receive", "disk"]).succeeds();
    house
}

#[test]
fn a_forgotten_passphrase_is_replaced_with_the_sheet() {
    let house = house();
    house.private("passphrase", "another one that is long enough");
    house.vidimus(["list"]).refuses(3, "No member has this passphrase");
    let recover = ["recover", "--recovery-sheet", "sheet.txt", "--new-passphrase-file", "passphrase"];
    house.vidimus(recover).succeeds();
    house.vidimus(["list"]).succeeds();

    // A new sheet makes the old one worthless, another passphrase does not.
    house.private("new", "seven geese cross the frozen sea");
    house.vidimus(["passphrase", "--new-passphrase-file", "new"]).succeeds();
    house.vidimus(["list"]).refuses(3, "No member has this passphrase");
    house.vidimus(recover).succeeds();
    house.vidimus(["passphrase", "--new-sheet", "--recovery-sheet", "sheet2.txt"]).succeeds();
    house.vidimus(recover).refuses(3, "No member of this archive has this recovery code");
}

#[test]
fn a_key_file_that_is_gone_is_not_a_forgotten_passphrase() {
    let house = house();
    house.vidimus(["list"]).succeeds();
    let members = house.path("archive/keys/members");
    let file = fs::read_dir(&members).unwrap().next().unwrap().unwrap().path();
    let other = ["member", "add", "Bohdan", "--new-passphrase-file", "theirs", "--recovery-sheet", "b.txt"];
    house.private("theirs", "eleven owls over a quiet river");
    house.vidimus(other).succeeds();
    fs::rename(&file, house.path("elsewhere")).unwrap();
    house.vidimus(["list"]).refuses(3, "Nothing opens with this, and a key file");
    let recover = ["recover", "--recovery-sheet", "sheet.txt", "--new-passphrase-file", "passphrase"];
    let said = house.vidimus(recover).refuses(3, "is not there any more");
    assert!(said.err.contains("copy the file of this name from the newest backup"), "{said:?}");
    fs::rename(house.path("elsewhere"), &file).unwrap();
    house.vidimus(["list"]).succeeds();
}

#[test]
fn a_slip_in_the_code_is_named() {
    let house = house();
    let sheet = fs::read_to_string(house.path("sheet.txt")).unwrap();
    let group = sheet.split(" 4: ").nth(1).unwrap().split_whitespace().next().unwrap();
    let slip = if group.starts_with('0') { "1" } else { "0" };
    house.private("slip", &sheet.replace(&format!(" 4: {group}"), &format!(" 4: {slip}{}", &group[1..])));
    let with = |file: &str| {
        house.vidimus(["recover", "--recovery-sheet", file, "--new-passphrase-file", "passphrase"])
    };
    with("slip").refuses(2, "Group 4 of the code is mistyped");
    with("passphrase").refuses(2, "characters instead of 40");
    house.file("readable", &sheet);
    with("readable").refuses(2, "Others can read");
    house.vidimus(["recover", "--new-passphrase-file", "passphrase"]).refuses(2, "--recovery-sheet FILE");
}

#[test]
fn a_dead_disk_is_replaced_from_the_backup() {
    let house = house();
    let done = house.vidimus(["backup", "copy", "--json"]).succeeds().json();
    assert_eq!((&done["objects"], &done["removed"]), (&1.into(), &0.into()), "{done}");
    let again = house.vidimus(["backup", "copy"]).succeeds();
    assert!(again.out.contains("is up to date"));
    assert!(again.err.contains("lies on the same disk as the archive"), "{again:?}");
    house.vidimus(["backup", "disk"]).refuses(2, "is not empty");
    house.vidimus(["backup", "/proc/nowhere/copy"]).refuses(2, "/proc/nowhere does not exist");
    house.vidimus(["backup", "archive/copy"]).refuses(2, "The backup would lie in the archive");

    fs::remove_dir_all(house.path("archive")).unwrap();
    house.vidimus(["restore", "disk", "archive"]).refuses(2, "There is no backup in disk");
    let said = house.vidimus(["restore", "copy", "archive"]).succeeds();
    assert!(said.out.contains("is in archive again"), "{said:?}");
    assert!(house.vidimus(["list"]).succeeds().out.contains("note.txt"));
    house.vidimus(["check", "--full"]).succeeds();
    house.vidimus(["restore", "copy", "archive"]).refuses(2, "is not empty");
}

#[test]
fn what_cannot_be_read_stops_no_backup_and_no_restore() {
    let house = house();
    // Larger by far than any key: it is not read. A bad sector is named in the same way.
    let held = fs::read_dir(house.path("archive/keys/held")).unwrap().next().unwrap().unwrap().path();
    let large = held.join("0123456789abcdef.age");
    fs::File::create(&large).unwrap().set_len(32 << 20).unwrap();
    let said = house.vidimus(["backup", "copy"]);
    assert!(said.code == 1 && said.out.contains("0123456789abcdef.age"), "{said:?}");
    fs::remove_file(&large).unwrap();
    house.vidimus(["backup", "copy"]).succeeds();

    fs::remove_dir_all(house.path("archive")).unwrap();
    let said = house.vidimus(["restore", "copy", "archive"]).succeeds();
    assert!(said.out.contains("vidimus --archive archive check --full"), "{said:?}");
    house.vidimus(["check", "--full"]).succeeds();
}

#[test]
fn yesterdays_copy_is_read_but_not_written_until_a_person_decides() {
    let house = house();
    copy(&house.path("archive"), &house.path("yesterday"));
    house.vidimus(["withdraw", "A1-1", "--reason", "today"]).succeeds();
    fs::remove_dir_all(house.path("archive")).unwrap();
    fs::rename(house.path("yesterday"), house.path("archive")).unwrap();

    let read = house.vidimus(["list"]).succeeds();
    assert!(read.err.contains("WARNING: this archive went back"), "{read:?}");
    let written = house.vidimus(["receive", "disk"]).refuses(1, "This archive went back: this machine saw");
    assert!(written.err.contains("vidimus recover --accept-rollback REASON"), "{written:?}");
    assert_eq!(house.vidimus(["check"]).code, 1);
    house.vidimus(["recover", "--accept-rollback", " "]).refuses(2, "No reason was given");
    let accepted = house.vidimus(["recover", "--accept-rollback", "the disk died"]).succeeds();
    assert!(accepted.out.contains("goes on as archive.example/stories/2"), "{accepted:?}");
    assert!(
        accepted.out.contains("If the archive's key was changed after this copy was made"),
        "{accepted:?}"
    );
    assert!(!accepted.out.contains("WARNING"), "{accepted:?}");
    house.vidimus(["receive", "disk"]).succeeds();
    house.vidimus(["recover", "--accept-rollback", "again"]).refuses(1, "did not go back");
}

#[test]
fn whoever_goes_back_past_a_change_of_the_key_is_told_that_the_earlier_one_signs_again() {
    for (lang, warning) in [
        ("en", "WARNING: what this machine saw"),
        ("uk", "УВАГА: те, що бачив"),
        ("ru", "ВНИМАНИЕ: то, что видел"),
    ] {
        let house = house();
        let shown = || {
            let shown = house.vidimus(["key", "show", "--json"]).succeeds().json();
            shown["key"].as_str().unwrap().split('+').nth(1).unwrap().to_owned()
        };
        let old = shown();
        copy(&house.path("archive"), &house.path("yesterday"));
        house.vidimus(["key", "change", "--reason", "a laptop was stolen"]).succeeds();
        let new = shown();
        assert_ne!(old, new);
        fs::remove_dir_all(house.path("archive")).unwrap();
        fs::rename(house.path("yesterday"), house.path("archive")).unwrap();
        let said =
            house.vidimus(["recover", "--accept-rollback", "the disk died", "--lang", lang]).succeeds();
        assert!(said.out.contains(warning) && said.out.contains(&new), "{said:?}");
        assert!(said.out.contains("vidimus key change"), "{said:?}");
        house.vidimus(["key", "change", "--reason", "it was stolen"]).succeeds();
        house.vidimus(["check", "--full"]).succeeds();
    }
}

#[test]
fn a_ledger_beside_newer_keys_is_read_and_nothing_is_recorded_on_it() {
    let house = house();
    let shown = |house: &House| house.vidimus(["key", "show", "--json"]).succeeds().json()["key"].to_string();
    let old_key = shown(&house);
    fs::copy(house.path("archive/ledger.db"), house.path("old.db")).unwrap();
    house.vidimus(["key", "change", "--reason", "a laptop was stolen"]).succeeds();
    let new_key = shown(&house);
    fs::copy(house.path("archive/ledger.db"), house.path("new.db")).unwrap();
    fs::copy(house.path("old.db"), house.path("archive/ledger.db")).unwrap();

    let digits = |vkey: &str| vkey.split('+').nth(1).unwrap().to_owned();
    let read = house.vidimus(["list"]).succeeds();
    assert!(read.out.contains("note.txt"), "{read:?}");
    assert!(read.err.contains("WARNING: This ledger is older than the keys beside it"), "{read:?}");
    assert!(read.err.contains(&digits(&old_key)) && read.err.contains(&digits(&new_key)), "{read:?}");
    let refused = house.vidimus(["receive", "disk"]).refuses(1, "nothing is lost");
    assert!(refused.err.contains("one backup: vidimus restore"), "{refused:?}");
    house.vidimus(["recover", "--accept-rollback", "x"]).refuses(1, "older than the keys beside it");
    let checked = house.vidimus(["check", "--full", "--json"]);
    assert_eq!(checked.code, 1, "{checked:?}");
    let problems = checked.json()["problems"].clone();
    let of_ledger = problems.as_array().unwrap().iter().find(|one| one["ref"] == "ledger").unwrap().clone();
    assert!(of_ledger["problem"].as_str().unwrap().contains("nothing is lost"), "{of_ledger}");
    assert!(of_ledger["problem"].as_str().unwrap().contains(new_key.trim_matches('"')), "{of_ledger}");

    fs::copy(house.path("new.db"), house.path("archive/ledger.db")).unwrap();
    house.vidimus(["check", "--full"]).succeeds();
    house.vidimus(["receive", "disk"]).succeeds();
}

#[test]
fn a_printed_receipt_tells_a_new_machine_that_it_has_yesterdays_copy() {
    let house = house();
    copy(&house.path("archive"), &house.path("yesterday"));
    let receipt = |house: &House| {
        let listed = house.vidimus(["receipt", "list", "--json"]).json();
        let newest = listed.as_array().unwrap().last().unwrap()["folder"].as_str().unwrap().to_owned();
        Path::new(&newest).join("receipt.txt")
    };
    let old = receipt(&house);
    house.vidimus(["receive", "disk"]).succeeds();
    fs::copy(receipt(&house), house.path("printed.txt")).unwrap();
    let compare = |archive: &str, file: &Path| {
        let mut command = house.command();
        command.env("XDG_STATE_HOME", house.path("a new laptop")).args([
            "--archive",
            archive,
            "--first-seen-here",
        ]);
        let output = command.args(["receipt", "compare"]).arg(file).output().unwrap();
        (output.status.code().unwrap(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    let (code, said) = compare("yesterday", &old);
    assert!(code == 0 && said.contains("holds everything"), "{said}");
    let (code, said) = compare("yesterday", &house.path("printed.txt"));
    assert!(code == 1 && said.contains("This archive went back"), "{said}");
    let (code, said) = compare("archive", &house.path("disk/note.txt"));
    assert!(code == 2 && said.contains("There is no receipt in"), "{said}");
}

#[test]
fn what_is_computed_is_made_again() {
    let house = house();
    let before = house.vidimus(["list", "--json"]).succeeds().out;
    fs::remove_dir_all(house.path("archive/folds")).unwrap();
    fs::remove_dir_all(house.path("archive/log")).unwrap();
    house.vidimus(["rebuild"]).succeeds();
    assert_eq!(house.vidimus(["list", "--json"]).succeeds().out, before);
    house.vidimus(["check", "--full"]).succeeds();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
