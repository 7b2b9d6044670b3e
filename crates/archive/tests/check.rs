//! Stories of checking: a sound archive is called sound, and every kind of damage is named and nothing else accused.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::Place;
use vidimus_archive::{Checked, Checker, check_folder};

fn refs(checked: &Checked) -> Vec<&str> {
    checked.problems.iter().map(|problem| problem.reference.as_str()).collect()
}

/// An archive with two accessions: small files in packs, large ones alone, a copy.
fn place() -> Place {
    let place = Place::new();
    place.write("note.txt", "a note");
    place.write("copy.txt", "a note");
    place.write("other.txt", "another note");
    place.write("camera-1.mp4", vec![1; 300_000]);
    place.write("camera-2.mp4", vec![2; 300_000]);
    place.receive(&place.disk());
    place.write("more/camera-3.mp4", vec![3; 200_000]);
    place.receive(&place.disk().join("more"));
    place
}

fn check(place: &Place, full: bool) -> Checked {
    place.open().check(full, &mut |_| {})
}

/// As the program does it: where the archive does not open, what can be checked without.
fn check_anyhow(place: &Place, full: bool) -> Checked {
    match place.try_open() {
        Ok(mut archive) => archive.check(full, &mut |_| {}),
        Err(_) => {
            let checker = Checker { member: None, passphrase: common::PASSPHRASE };
            check_folder(&place.archive(), &place.state(), Some(checker), full, &mut |_| {})
        }
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}

#[test]
fn a_sound_archive_is_called_sound() {
    let place = place();
    for full in [false, true] {
        let checked = check(&place, full);
        assert_eq!(checked.problems, []);
        assert!(checked.sound && checked.full == full);
        assert_eq!(checked.checked.objects, 4);
        assert_eq!(checked.checked.bytes, if full { 800_024 } else { 0 });
        assert!(checked.checked.records > 15 && checked.checked.entries > 512);
    }
    let json = serde_json::to_value(check(&place, false)).unwrap();
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["checked", "full", "pending", "problems", "sound", "still_sound", "unknown"]);
}

/// Every file below, changed in each way; each time something is named, and the items of other files are not.
fn each_file(part: &str, full: bool, expect: impl Fn(&str, &Checked)) {
    let place = place();
    let _ = place.open().check(false, &mut |_| {});
    let part = place.archive().join(part);
    for path in files_below(&part) {
        let was = fs::read(&path).unwrap();
        let mut flipped = was.clone();
        let at = flipped.len() / 2;
        flipped[at] ^= 1;
        let cut = was[..was.len() - was.len().min(7)].to_vec();
        for (how, bytes) in
            [("flipped", Some(flipped)), ("cut", Some(cut)), ("emptied", Some(Vec::new())), ("removed", None)]
        {
            match &bytes {
                Some(bytes) => fs::write(&path, bytes).unwrap(),
                None => fs::remove_file(&path).unwrap(),
            }
            let checked = check_anyhow(&place, full);
            let name = path.strip_prefix(place.archive()).unwrap().display().to_string();
            // Of a partial tile the wider one is enough.
            let spare = name.contains(".p/") && how == "removed";
            assert!(spare || !checked.sound, "{name} {how}: nothing was noticed");
            expect(&name, &checked);
            fs::write(&path, &was).unwrap();
        }
    }
    assert_eq!(check(&place, true).problems, []);
}

#[test]
fn damaged_objects_are_named_by_item() {
    each_file("objects", true, |name, checked| {
        for reference in refs(checked) {
            assert!(reference.starts_with('A'), "{name}: {reference}");
        }
        // A pack holds three items, every other object one.
        assert!([1, 3].contains(&checked.problems.len()), "{name}: {:?}", refs(checked));
    });
}

#[test]
fn damaged_tiles_are_named() {
    each_file("log", false, |name, checked| {
        let reference = match name.strip_prefix("log/tile") {
            Some(tile) => format!("log/tile{tile}"),
            None => "log/checkpoint".into(),
        };
        assert!(checked.sound || refs(checked) == [reference]);
    });
}

#[test]
fn damaged_receipts_are_named() {
    each_file("receipts", false, |name, checked| {
        let reference = name.replace("receipts/", "receipt ").replace('/', " ");
        assert_eq!(refs(checked), [reference]);
    });
}

#[test]
fn damaged_keys_are_named() {
    each_file("keys", false, |name, checked| {
        let reference = name.replacen("keys/", "key ", 1);
        let by_folder = reference.rsplit_once('/').unwrap().0.to_owned();
        let found = refs(checked);
        let named = found.iter().any(|found| **found == reference || **found == by_folder);
        assert!(named || name.contains("members"), "{name}: {found:?}");
        assert!(
            found.iter().all(|found| !found.starts_with("record") && !found.starts_with("tile")),
            "{name}: {found:?}"
        );
    });
}

#[test]
fn folds_heal_themselves() {
    let place = place();
    let mut number = 0;
    let damage: [fn(Vec<u8>) -> Vec<u8>; 4] = [
        |was| was[..was.len() / 2].to_vec(),
        |was| vec![7; was.len()],
        |_| Vec::new(),
        |mut was| {
            was[3 * 4096 + 100] ^= 1;
            was
        },
    ];
    for damage in damage {
        number += 1;
        place.write(&format!("again-{number}/one.txt"), format!("again {number}"));
        place.receive(&place.disk().join(format!("again-{number}")));
        for path in files_below(&place.archive().join("folds")) {
            if !path.exists() {
                continue; // thrown away with its neighbour
            }
            let was = fs::read(&path).unwrap();
            if was.is_empty() {
                continue; // a lock
            }
            fs::write(&path, damage(was)).unwrap();
            assert_eq!(check(&place, false).problems, [], "{}", path.display());
        }
    }
    place.write("late/one.txt", "late");
    assert_eq!(place.receive(&place.disk().join("late")).taken, 1);
    assert_eq!(check(&place, true).problems, []);
}

#[test]
fn swapped_objects_are_both_named() {
    let place = place();
    let mut large: Vec<PathBuf> = files_below(&place.archive().join("objects"));
    large.retain(|path| fs::metadata(path).unwrap().len() > 300_000);
    let [one, other] = large.try_into().unwrap();
    let aside = place.archive().with_extension("aside");
    fs::rename(&one, &aside).unwrap();
    fs::rename(&other, &one).unwrap();
    fs::rename(&aside, &other).unwrap();
    for full in [false, true] {
        let checked = check(&place, full);
        assert_eq!(checked.problems.len(), 2, "{:?}", checked.problems);
        assert!(
            checked.problems.iter().all(|p| p.problem.to_string().contains("swapped")),
            "{:?}",
            checked.problems
        );
    }
}

#[test]
fn foreign_files_and_objects_are_named() {
    let place = place();
    let object = files_below(&place.archive().join("objects")).remove(0);
    let copy = place.archive().join("objects/00/00000000000000000000000000000000");
    fs::create_dir_all(copy.parent().unwrap()).unwrap();
    fs::copy(&object, &copy).unwrap();
    for path in
        ["x", "objects/x", "keys/x", "keys/members/x", "keys/held/x", "log/x", "receipts/x", "folds/x"]
    {
        fs::write(place.archive().join(path), "x").unwrap();
    }
    let checked = check(&place, false);
    let mut found = refs(&checked);
    found.sort_unstable();
    let mut expected: Vec<String> =
        ["x", "objects/x", "keys/x", "keys/members/x", "keys/held/x", "log/x", "receipts/x", "folds/x"]
            .iter()
            .map(|path| format!("file {path}"))
            .collect();
    expected.push("object 00000000000000000000000000000000".into());
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn what_interrupted_work_leaves_is_no_damage() {
    let place = place();
    fs::write(place.archive().join("receipts/1.99.aside"), "x").unwrap();
    let checked = check(&place, false);
    assert_eq!(checked.problems, []);
    assert!(
        checked.still_sound.iter().any(|text| text.to_string().contains("interrupted")),
        "{:?}",
        checked.still_sound
    );
}
