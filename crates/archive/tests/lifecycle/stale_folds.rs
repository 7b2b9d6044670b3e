//! What is erased stays in no fold: not under older generations of a key, nor under an accession's own, whoever left it there.

use std::fs;
use std::path::{Path, PathBuf};

use vidimus_model::{Action, CompartmentId};

use super::erased::{CANARY, Eyes, holds};
use super::house::{House, files};
use super::{erase, r, waiting};
use crate::Archive;

/// An accession's own, and those of the generations before of `main` and of the register.
const LEFT: usize = 3;

/// The folders of folds, by their keys.
fn folders(house: &House) -> Vec<PathBuf> {
    let entries = fs::read_dir(house.layout().folds()).unwrap();
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

/// Sets the folds aside, as a program that is killed then leaves them, or one that has them open makes them again.
fn kept(house: &House, aside: &Path) -> Vec<(PathBuf, PathBuf)> {
    let mut kept = Vec::new();
    for file in folders(house).iter().flat_map(|folder| files(folder)) {
        let copy = aside.join(kept.len().to_string());
        fs::copy(&file, &copy).unwrap();
        kept.push((file, copy));
    }
    kept
}

/// Puts back what is gone by now, under keys of which nothing else lies there.
fn put_back(house: &House, kept: &[(PathBuf, PathBuf)]) -> usize {
    let there = folders(house);
    let gone = |file: &Path| !there.iter().any(|folder| file.starts_with(folder));
    let mut folders_put = std::collections::BTreeSet::new();
    for (file, copy) in kept.iter().filter(|(file, _)| gone(file)) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::copy(copy, file).unwrap();
        folders_put.insert(file.parent().unwrap().to_owned());
    }
    folders_put.len()
}

/// Three members; what will be erased is folded under its accession's key, then under each of two generations of `main`.
fn lived(aside: &tempfile::TempDir) -> (House, Vec<(PathBuf, PathBuf)>, Eyes) {
    let house = House::of_two();
    house.admit("Віра", ["Олена", "Богдан"]);
    let name = String::from_utf8(CANARY.to_vec()).unwrap();
    house.receive("Олена", &[(&name, CANARY), ("neighbour.txt", b"it stays".as_slice())]);
    let folded = |who: &str| house.open(who).fold_all().unwrap();
    folded("Олена");
    let place = |name: &str| {
        let place = aside.path().join(name);
        fs::create_dir(&place).unwrap();
        place
    };
    let mut all = kept(&house, &place("private"));
    house.open("Олена").release(&r("A1")).unwrap();
    folded("Богдан");
    all.extend(kept(&house, &place("released")));
    let mut olena = house.open("Олена");
    let gone = house.open("Віра").keyring().member();
    let id = waiting(olena.propose(Action::RemoveMember { member: gone }, "left", false).unwrap());
    house.open("Богдан").agree(id).unwrap();
    drop(olena);
    folded("Олена");
    let eyes = Eyes::of(&mut [&mut house.open("Олена"), &mut house.open("Богдан")]);
    (house, all, eyes)
}

fn canary_is_folded(eyes: &Eyes, house: &House) -> bool {
    holds(&eyes.open_all(&[&house.layout().folds()]), "folds", CANARY)
}

fn erase_it(house: &House, olena: &mut Archive, bohdan: &mut Archive) {
    let canary = super::erased::references_of(olena, "CANARY").remove(0);
    let id = waiting(olena.propose(erase(&[&canary]), "a witness withdrew", false).unwrap());
    bohdan.agree(id).unwrap();
    assert_eq!(house.unfinished(), 0);
}

#[test]
fn what_is_erased_is_in_no_fold_that_others_left() {
    let aside = tempfile::tempdir().unwrap();
    let (house, kept, eyes) = lived(&aside);
    let current = folders(&house);
    let (mut olena, mut bohdan) = (house.open("Олена"), house.open("Богдан"));
    assert_eq!(put_back(&house, &kept), LEFT);
    let left = folders(&house).into_iter().filter(|folder| !current.contains(folder));
    let tells = left.filter(|folder| holds(&eyes.open_all(&[folder]), "folds", CANARY)).count();
    assert_eq!(tells, 2, "it is seen in the accession's own and in that of the generation before");
    // Both have been open since before these lay there.
    erase_it(&house, &mut olena, &mut bohdan);
    olena.fold_all().unwrap();
    assert_eq!(folders(&house), current);
    assert!(!canary_is_folded(&eyes, &house));
    house.is_sound_for(&["Олена", "Богдан"]);
}

#[test]
fn whoever_opens_the_archive_takes_stale_folds_away() {
    let aside = tempfile::tempdir().unwrap();
    let (house, kept, _) = lived(&aside);
    let current = folders(&house);
    for who in ["Олена", "Богдан"] {
        assert_eq!(put_back(&house, &kept), LEFT);
        drop(house.open(who));
        assert_eq!(folders(&house), current, "{who}");
    }
    // What is another's alone, and what is folded in a compartment that is not held, is theirs to keep.
    house.receive("Олена", &[("hers.txt", b"hers".as_slice())]);
    let mut olena = house.open("Олена");
    let me = olena.keyring().member();
    olena.new_compartment("victims", None, &[me]).unwrap();
    olena.fold_all().unwrap();
    drop(olena);
    let more = folders(&house);
    assert_eq!(more.len(), current.len() + 2);
    for who in ["Богдан", "Олена"] {
        drop(house.open(who));
        assert_eq!(folders(&house), more, "{who}");
    }
}

#[test]
fn an_erasure_killed_anywhere_leaves_no_fold_of_it_once_it_is_finished() {
    let aside = tempfile::tempdir().unwrap();
    let (house, kept, eyes) = lived(&aside);
    let canary = super::erased::references_of(&mut house.open("Олена"), "CANARY").remove(0);
    house.open("Олена").propose(erase(&[&canary]), "a witness withdrew", false).unwrap();
    // Opened before the stale folds are there, so that it is the erasure that must take them away.
    let relative: Vec<_> = kept
        .iter()
        .map(|(file, copy)| (file.strip_prefix(house.archive()).unwrap().to_owned(), copy.clone()))
        .collect();
    for step in 0.. {
        let copy = house.copy();
        let here: Vec<_> =
            relative.iter().map(|(file, aside)| (copy.archive().join(file), aside.clone())).collect();
        let agree = |archive: &mut Archive| {
            archive.finish_erasures().unwrap();
            if let Some(id) = archive.register().waiting.keys().next().copied() {
                archive.agree(id).unwrap();
            }
        };
        let mut bohdan = copy.open("Богдан");
        assert_eq!(put_back(&copy, &here), LEFT);
        let ended = crate::crash::killed_at(step, std::panic::AssertUnwindSafe(|| agree(&mut bohdan)));
        drop(bohdan);
        // The command that finishes it was begun before the folds were left, too.
        let mut again = copy.open("Богдан");
        put_back(&copy, &here);
        agree(&mut again);
        if !ended && !is_erased_by(&mut again, &canary) {
            panic!("killed at {step}: it is not finished");
        }
        drop(again);
        copy.open("Олена").fold_all().unwrap();
        assert!(!canary_is_folded(&eyes, &copy), "killed at {step}");
        assert_eq!(copy.unfinished(), 0, "killed at {step}");
        if ended {
            assert!(step > 5, "the erasure takes steps");
            return;
        }
    }
}

fn is_erased_by(archive: &mut Archive, item: &str) -> bool {
    archive.catalogue(&CompartmentId::main()).unwrap();
    matches!(archive.locate(&r(item)).unwrap(), crate::locate::Found::Erased)
}
