//! A disk arrives.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::support::{House, PASSPHRASE};

/// Two files, a copy, a link, and a name that is no text.
pub fn disk(house: &House) {
    house.file("disk/camera 3/clip.mp4", vec![7; 100_000]);
    house.file("disk/copy of clip.mp4", vec![7; 100_000]);
    house.file("disk/note.txt", "a note");
    let name = std::ffi::OsStr::from_bytes(b"disk/\xe2\xe8\xe4\xe5\xee\x1b[2J.avi");
    std::fs::write(house.path("").join(name), "old code page").unwrap();
    std::os::unix::fs::symlink("note.txt", house.path("disk/link")).unwrap();
}

#[test]
fn what_was_found_adds_up() {
    let house = House::with_archive();
    disk(&house);
    house.private("giver", "the giver's name");
    house.file("about.txt", "brought on a black disk\n");
    let said =
        house.vidimus(["receive", "disk", "--from-file", "giver", "--note-file", "about.txt", "--json"]);
    assert_eq!(said.code, 0, "a link has no content of its own that could be missed: {said:?}");
    assert_eq!(said.err, "");
    let json = said.json();
    assert_eq!(json["accession"], "A1");
    let number = |key: &str| json[key].as_u64().unwrap();
    assert_eq!((number("found"), number("taken"), number("copies")), (5, 3, 1));
    assert_eq!(number("bytes"), 200_000 + 6 + 13);
    assert_eq!(json["not_taken"][0]["path"], "link");
    assert_eq!(json["not_taken"][0]["path_encoding"], "utf-8");
    assert_eq!(json["checkpoint"]["origin"], "archive.example/stories");
    assert!(number("found") == number("taken") + number("copies") + 1);
    assert!(Path::new(json["receipt"].as_str().unwrap()).is_dir());

    // Nothing that was said or found lies anywhere in clear.
    for secret in ["the giver's name", "black disk", "camera 3", "note.txt", PASSPHRASE] {
        assert!(!holds(&house.path("archive"), secret), "{secret:?} lies in the archive's folder");
        assert!(!holds(&house.path("state"), secret), "{secret:?} lies in the state folder");
    }
}

#[test]
fn the_archives_own_folder_is_told_of_and_not_received_into_itself() {
    let house = House::new();
    house.file("drive/note.txt", "a note");
    let archive = [&["--archive", "drive/kept/archive"][..], &crate::support::init()].concat();
    std::fs::create_dir(house.path("drive/kept")).unwrap();
    house.vidimus(archive).succeeds();
    let receive = ["--archive", "drive/kept/archive", "receive", "drive"];
    let said = house.vidimus([&receive[..], &["--json"]].concat()).succeeds().json();
    let number = |key: &str| said[key].as_u64().unwrap();
    assert_eq!((number("found"), number("taken"), number("copies")), (2, 1, 0), "{said}");
    let own = serde_json::json!([{
        "path": "kept/archive", "path_encoding": "utf-8", "kind": "folder", "reason": "the archive's own folder",
    }]);
    assert_eq!(said["not_taken"], own);
    for (lang, line) in [
        ("en", "kept/archive: the archive's own folder"),
        ("uk", "kept/archive: власна тека архіву"),
        ("ru", "kept/archive: собственная папка архива"),
    ] {
        let said = house.vidimus([&receive[..], &["--lang", lang]].concat()).succeeds();
        assert!(said.out.contains(line), "{said:?}");
    }
    let shown = house.vidimus(["--archive", "drive/kept/archive", "show", "A1", "--json"]).succeeds().json();
    assert_eq!(shown["not_taken"].as_array().unwrap().len(), 1, "{shown}");
    house.vidimus(["--archive", "drive/kept/archive", "check", "--full"]).succeeds();
}

#[test]
fn the_receipt_is_for_people() {
    let house = House::with_archive();
    disk(&house);
    let said = house.vidimus_told(["receive", "disk", "--from-file", "-"], b"the giver's name");
    assert_eq!(said.code, 0, "{said:?}");
    let lines: Vec<_> = said.out.lines().map(str::trim).collect();
    for line in
        ["Accession A1", "found              5", "not taken          1", "link: a symbolic link to note.txt"]
    {
        assert!(lines.contains(&line), "{line:?} is missing in {said:?}");
    }
    assert!(said.out.contains("sealed to your own key alone"), "{said:?}");
    assert!(said.out.contains("Public receipt: "), "{said:?}");
    assert!(!said.out.contains("the giver's name") && !said.out.contains('\x1b'), "{said:?}");
    let again = house.vidimus(["receive", "disk/note.txt", "--lang", "ru"]).succeeds();
    assert!(again.out.starts_with("Поступление A2"), "{again:?}");
}

#[test]
fn what_cannot_be_received_is_named() {
    let house = House::with_archive();
    house.file("disk/note.txt", "a note");
    house.vidimus(["receive", "nowhere"]).refuses(2, "nowhere does not exist");
    house.vidimus(["receive", "disk", "--from-file", "nowhere"]).refuses(2, "nowhere does not exist");
    house.vidimus(["receive", "disk", "--from-file", "-", "--note-file", "-"]).refuses(2, "standard input");
    house
        .vidimus(["receive", "disk", "--into", "Nobody's"])
        .refuses(2, "You hold no compartment called Nobody's");
    house.file("binary", [0xff, 0xfe]);
    house.vidimus(["receive", "disk", "--note-file", "binary"]).refuses(2, "no readable text");
}

/// Whether any file below `folder` holds this text, or is called so.
pub fn holds(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        let named = path.file_name().unwrap().as_bytes();
        let held =
            if path.is_dir() { return has(named, text) || holds(&path, text) } else { std::fs::read(&path) };
        has(named, text) || has(&held.unwrap(), text)
    })
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn a_file_that_cannot_fit_is_named_and_the_code_says_so() {
    let house = House::with_archive();
    disk(&house);
    let huge = std::fs::File::create(house.path("disk/huge")).unwrap();
    // Fifteen terabytes of nothing; a file system that refuses to pretend cannot tell this story.
    if huge.set_len(15 << 40).is_err() {
        println!("skipped: this file system has no sparse files of that size");
        return;
    }
    let said = house.vidimus(["receive", "disk", "--json"]);
    assert_eq!(said.code, 1, "{said:?}");
    let json = said.json();
    assert_eq!((json["taken"].as_u64(), json["copies"].as_u64()), (Some(3), Some(1)));
    let missed = json["not_taken"].as_array().unwrap().iter().find(|it| it["path"] == "huge").unwrap();
    assert_eq!(missed["reason"], "no room in the archive");
    house.vidimus(["check", "--full"]).succeeds();
}
