//! What is there, and who did what to it.

use crate::receiving::disk;
use crate::support::House;

#[test]
fn what_was_taken_in_is_listed_shown_and_remembered() {
    let house = House::with_archive();
    assert_eq!(house.vidimus(["list"]).succeeds().out, "0 items\n");
    assert_eq!(house.vidimus(["list", "--json"]).succeeds().out, "[]\n");
    disk(&house);
    house.file("about.txt", "brought on a black disk\nlate at night\n");
    assert_eq!(house.vidimus(["receive", "disk", "--note-file", "about.txt"]).code, 0);

    let table = house.vidimus(["list"]).succeeds();
    assert!(table.out.starts_with("ref "), "{table:?}");
    assert!(table.out.ends_with("4 items\nExamined: 0 of 4.\n"), "{table:?}");
    assert!(table.out.contains(r"\xe2\xe8\xe4\xe5\xee\u{1b}[2J.avi"), "{table:?}");
    let rows = house.vidimus(["list", "A1", "--json"]).succeeds().json();
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), 4);
    let odd = rows.iter().find(|row| row["path_encoding"] == "percent").unwrap();
    assert_eq!(odd["path"], "%E2%E8%E4%E5%EE\u{1b}[2J.avi");
    assert_eq!(rows.iter().filter(|row| row["copy_of"].is_string()).count(), 1);
    assert!(rows.iter().all(|row| row["state"] == "private" && row["accession"] == "A1"));

    let note = rows.iter().find(|row| row["path"] == "note.txt").unwrap()["ref"].as_str().unwrap();
    let shown = house.vidimus(["show", note]).succeeds();
    for part in ["note.txt", "6 bytes (6 B)", rows[0]["sha256"].as_str().unwrap_or_default()].iter().take(2) {
        assert!(shown.out.contains(part), "{part:?} is missing in {shown:?}");
    }
    assert_eq!(house.vidimus(["show", note, "--json"]).succeeds().json()["path"], "note.txt");
    let accession = house.vidimus(["show", "A1"]).succeeds();
    assert!(accession.out.contains("late at night") && accession.out.contains("Olena"), "{accession:?}");
    let history = house.vidimus(["log", note, "--json"]).succeeds().json();
    assert!(history.as_array().unwrap().iter().any(|line| line["change"] == "item/1"), "{history}");
    house.vidimus(["log", "A1"]).succeeds();
}

#[test]
fn what_is_not_there_is_not_found() {
    let house = House::with_archive();
    for command in ["list", "show", "log"] {
        house.vidimus([command, "A1"]).refuses(1, "Nothing that you may read is called A1");
        house.vidimus([command, "A0"]).refuses(2, "A0 is not a reference");
        house.vidimus([command, "\u{202e}A1\n"]).refuses(2, "is not a reference");
    }
}

#[test]
fn whoever_stops_reading_still_learns_the_answer_and_a_full_disk_is_not_called_the_archives() {
    let house = House::with_archive();
    house.file("disk/note.txt", "a note");
    house.vidimus(["receive", "disk"]).succeeds();
    let unread = |arguments: &[&str]| {
        let mut command = house.command();
        let mut child = command.args(arguments).stdout(std::process::Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        child.wait().unwrap().code()
    };
    assert_eq!(unread(&["check"]), Some(0));
    let mut full = house.command();
    full.arg("list").stdout(std::fs::File::options().write(true).open("/dev/full").unwrap());
    let said = full.stderr(std::process::Stdio::piped()).output().unwrap();
    let said = (said.status.code(), String::from_utf8(said.stderr).unwrap());
    assert!(said.0 == Some(1) && said.1.contains("The answer cannot be written"), "{said:?}");
    std::fs::remove_dir_all(house.path("archive/objects")).unwrap();
    for arguments in [&["check"][..], &["check", "--full", "--json"]] {
        assert_eq!(unread(arguments), Some(1), "{arguments:?}");
    }
}
