//! Stories of what somebody puts into an archive's folder: the mark of a backup, and things among the notes of work to be done.

mod common;

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use common::{PASSPHRASE, Place, receive};
use vidimus_archive::{Archive, Checked, DoorError, RebuildError, restore};

fn place() -> Place {
    let place = Place::new();
    place.write("one/note.txt", "a note");
    place.write("two/note.txt", "another note");
    place.receive(&place.disk().join("one"));
    place
}

fn check(place: &Place) -> Checked {
    place.open().check(true, &mut |_| {})
}

fn refs(checked: &Checked) -> Vec<&str> {
    checked.problems.iter().map(|problem| problem.reference.as_str()).collect()
}

fn unknown(checked: &Checked, part: &str) -> bool {
    checked.unknown.iter().any(|text| text.to_string().contains(part))
}

#[test]
fn the_mark_of_a_backup_in_an_archive_is_named_and_gone_nothing_is_wrong() {
    let (place, another) = (place(), self::place());
    for place in [&place, &another] {
        place.open().backup(&place.path("backup"), &mut |_| {}).unwrap();
    }
    let mark = place.archive().join("backup.json");
    let [own, anothers] = [&place, &another].map(|place| fs::read(place.path("backup/backup.json")).unwrap());
    let forged: [(&[u8], &str); 3] = [
        (&own, "here lies a published log"),
        (&anothers, "of another archive"),
        (b"{}", "cannot be read as such a mark"),
    ];
    for (bytes, said) in forged {
        fs::write(&mark, bytes).unwrap();
        let checked = check(&place);
        assert_eq!(refs(&checked), ["file backup.json"]);
        assert!(!checked.sound && checked.problems[0].problem.to_string().contains(said), "{checked:?}");
        assert!(checked.problems[0].what_to_do.starts_with("If this folder is the archive"));
    }
    // Without the log its own mark cannot be told from a backup's: that is not known, and what to do is said.
    fs::write(&mark, &own).unwrap();
    fs::remove_dir_all(place.archive().join("log")).unwrap();
    assert!(unknown(&check(&place), "if this folder is the archive itself"));
    fs::write(&mark, &anothers).unwrap();
    assert_eq!(refs(&check(&place)), ["file backup.json"]);
    fs::remove_file(&mark).unwrap();
    place.open().rebuild().unwrap();
    assert!(check(&place).sound);
    receive(&mut place.open(), &place.disk().join("two"));
}

#[test]
fn a_backup_is_not_rebuilt_and_what_is_brought_back_from_it_is() {
    let place = place();
    place.open().backup(&place.path("backup"), &mut |_| {}).unwrap();
    let names = |folder: &str| {
        let mut names: Vec<_> =
            fs::read_dir(place.path(folder)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let mut backup = place.open_at(&place.path("backup"), &place.state(), PASSPHRASE, false).unwrap();
    let before = names("backup");
    let refused = backup.rebuild().unwrap_err();
    assert!(matches!(refused, RebuildError::Door(DoorError::IsBackup)), "{refused:?}");
    assert_eq!(names("backup"), before);
    assert!(!place.path("backup/log").exists());
    let checked = backup.check(true, &mut |_| {});
    assert!(checked.sound, "{checked:?}");
    restore(&place.path("backup"), &place.path("again"), &place.state(), &mut |_| {}).unwrap();
    place.open_at(&place.path("again"), &place.state(), PASSPHRASE, false).unwrap().rebuild().unwrap();
}

#[test]
fn what_is_no_note_among_the_notes_is_named_and_no_backup_takes_it() {
    let place = place();
    let notes = place.archive().join("unfinished");
    let digest = "ab".repeat(32);
    for (name, bytes) in [("stranger.txt", "x"), ("sheet-7", "x"), ("key-file-", "x"), (".hidden", "x")] {
        fs::write(notes.join(name), bytes).unwrap();
    }
    for name in ["folder", "folder.aside", "sheet-folder", "init"] {
        fs::create_dir_all(notes.join(name).join("deeper")).unwrap();
    }
    fs::write(notes.join("folder/deeper/file"), "x").unwrap();
    // What the program leaves when it is killed is harmless.
    fs::write(notes.join(format!("sheet-{digest}")), "").unwrap();
    fs::write(notes.join("0123456789abcdef.age.7-0.aside"), "x").unwrap();
    chain(&notes.join("chain"));
    let mut archive = place.open();
    let checked = archive.check(true, &mut |_| {});
    let mut named = refs(&checked);
    named.sort_unstable();
    let strange =
        [".hidden", "chain", "folder", "folder.aside", "init", "key-file-", "sheet-7", "sheet-folder"];
    let mut strange: Vec<String> =
        strange.into_iter().chain(["stranger.txt"]).map(|name| format!("file unfinished/{name}")).collect();
    strange.sort_unstable();
    assert_eq!(named, strange);
    assert!(unknown_or_sound(&checked, &digest), "{checked:?}");

    for _ in 0..2 {
        let done = archive.backup(&place.path("backup"), &mut |_| {}).unwrap();
        assert_eq!(done.removed, 0);
    }
    let mut copied: Vec<String> = fs::read_dir(place.path("backup/unfinished"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    copied.retain(|name| !["lock", "init"].contains(&name.as_str()) && !name.starts_with("received-"));
    assert_eq!(copied, [format!("sheet-{digest}")]);
    // What somebody puts into the backup is theirs, too; and a note that is done is done there.
    fs::write(place.path("backup/unfinished/stranger.txt"), "x").unwrap();
    chain(&place.path("backup/unfinished/chain"));
    fs::remove_file(notes.join(format!("sheet-{digest}"))).unwrap();
    archive.backup(&place.path("backup"), &mut |_| {}).unwrap();
    assert!(place.path("backup/unfinished/stranger.txt").exists());
    assert!(!place.path(&format!("backup/unfinished/sheet-{digest}")).exists());
    restore(&place.path("backup"), &place.path("again"), &place.state(), &mut |_| {}).unwrap();
    let mut again = place.open_at(&place.path("again"), &place.state(), PASSPHRASE, false).unwrap();
    assert!(again.check(true, &mut |_| {}).sound);
}

/// Folders in folders anywhere below an archive, deeper than any path reaches: they stop no backup.
#[test]
fn no_chain_of_folders_stops_a_backup() {
    let place = place();
    for within in ["keys", "keys/held", "keys/signing", "receipts", "unfinished", "log", "objects", "folds"] {
        chain(&place.archive().join(within).join("chain"));
    }
    fs::write(place.archive().join("receipts/note.txt"), "x").unwrap();
    let mut archive: Archive = place.open();
    archive.backup(&place.path("backup"), &mut |_| {}).unwrap();
    restore(&place.path("backup"), &place.path("again"), &place.state(), &mut |_| {}).unwrap();
    assert!(!archive.check(true, &mut |_| {}).sound);
}

fn unknown_or_sound(checked: &Checked, name: &str) -> bool {
    checked.still_sound.iter().chain(&checked.unknown).chain(&checked.pending).any(|text| {
        let text = text.to_string();
        text.contains(name) && text.contains("harmless")
    })
}

/// Six hundred folders in one another, with a path that is longer than the system takes.
fn chain(top: &Path) {
    fs::DirBuilder::new().mode(0o700).create(top).unwrap();
    let mut within = rustix::fs::open(top, rustix::fs::OFlags::DIRECTORY, rustix::fs::Mode::empty()).unwrap();
    for _ in 0..600 {
        rustix::fs::mkdirat(&within, "chain-of-folders", rustix::fs::Mode::RWXU).unwrap();
        within = rustix::fs::openat(
            &within,
            "chain-of-folders",
            rustix::fs::OFlags::DIRECTORY,
            rustix::fs::Mode::empty(),
        )
        .unwrap();
    }
}
