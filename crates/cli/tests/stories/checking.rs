//! Whether everything is as it was.

use std::fs;
use std::path::{Path, PathBuf};

use crate::receiving::disk;
use crate::support::House;

#[test]
fn a_sound_archive_is_called_sound() {
    let house = House::with_archive();
    disk(&house);
    house.vidimus(["receive", "disk"]);
    let said = house.vidimus(["check"]).succeeds();
    assert!(said.out.contains("--full also reads every object"), "{said:?}");
    let json = house.vidimus(["check", "--full", "--json"]).succeeds().json();
    assert_eq!((&json["sound"], &json["full"]), (&true.into(), &true.into()), "{json}");
    assert_eq!(json["problems"].as_array().unwrap().len(), 0, "{json}");
    assert!(json["checked"]["objects"].as_u64().unwrap() > 0, "{json}");
}

#[test]
fn a_damaged_object_is_named_by_its_item() {
    let house = House::with_archive();
    disk(&house);
    house.vidimus(["receive", "disk"]);
    let object = files(&house.path("archive/objects"))
        .into_iter()
        .max_by_key(|path| fs::metadata(path).unwrap().len());
    let object = object.unwrap();
    let mut bytes = fs::read(&object).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::remove_file(&object).unwrap();
    fs::write(&object, bytes).unwrap();
    let said = house.vidimus(["check", "--full"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains("A1-") && said.out.contains("NOT everything is sound"), "{said:?}");
}

#[test]
fn an_archive_without_its_ledger_is_checked_as_far_as_that_goes() {
    let house = House::with_archive();
    fs::remove_file(house.path("archive/ledger.db")).unwrap();
    let said = house.vidimus(["check", "--json"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert_eq!(said.json()["sound"], false);
    house.vidimus(["list"]).refuses(2, "There is no archive");
    house.private("other", "not the right passphrase");
    let said = house.vidimus(["check", "--passphrase-file", "other", "--archive", "nowhere"]);
    said.refuses(2, "There is no archive");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn what_is_wrong_is_said_in_the_readers_language() {
    let house = House::with_archive();
    house.file("disk/note.txt", "a note");
    house.vidimus(["receive", "disk"]).succeeds();
    std::fs::remove_dir_all(house.path("archive/objects")).unwrap();
    std::fs::create_dir(house.path("archive/objects")).unwrap();
    for (lang, wrong, remedy, not_known) in [
        ("en", "is missing", "Bring it back from a backup", "Not known: whether every byte"),
        ("uk", "його об'єкта", "Поверніть його з резервної копії", "Невідомо: чи кожен байт"),
        ("ru", "её объекта", "Верните его из резервной копии", "Неизвестно: каждый ли байт"),
    ] {
        let said = house.vidimus(["check", "--lang", lang]);
        assert!(
            said.code == 1 && [wrong, remedy, not_known].iter().all(|part| said.out.contains(part)),
            "{said:?}"
        );
        let json = house.vidimus(["check", "--json", "--lang", lang]).json();
        assert_eq!(json["problems"][0]["ref"], "A1-1");
        assert!(json["problems"][0]["problem"].as_str().unwrap().contains(wrong), "{json}");
    }
}

#[test]
fn very_many_problems_are_told_by_their_kinds_first() {
    let house = House::with_archive();
    let name = |number| format!("disk/{number:02}.bin");
    for number in 0..60_u8 {
        // Large enough for an object of its own.
        house.file(&name(number), vec![number; 70_000]);
    }
    house.vidimus(["receive", "disk"]).succeeds();
    fs::remove_dir_all(house.path("archive/objects")).unwrap();
    fs::create_dir(house.path("archive/objects")).unwrap();
    for (lang, more) in [("en", "55 more of this kind"), ("uk", "і ще 55 таких"), ("ru", "и ещё 55 таких")]
    {
        let said = house.vidimus(["check", "--lang", lang]);
        assert_eq!(said.code, 1, "{said:?}");
        let first = said.out.lines().next().unwrap();
        assert!(first.ends_with("60") && said.out.contains("60 ×") && said.out.contains(more), "{said:?}");
        assert_eq!(said.out.matches("A1-").count(), 5, "{said:?}");
    }
    let all = house.vidimus(["check", "--all"]).out;
    for item in 1..=60 {
        assert!(all.contains(&format!("A1-{item}:")), "{item}: {all}");
    }
    let json = house.vidimus(["check", "--json"]).json();
    assert_eq!(json["problems"].as_array().unwrap().len(), 60);
}
