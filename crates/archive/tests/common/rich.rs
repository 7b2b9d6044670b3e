//! A rich archive to be damaged: something of everything in it, as it is and as it was in the middle of its life.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};

use vidimus_archive::clock::SystemClock;
use vidimus_archive::disclose::{Disclose, Names};
use vidimus_archive::{Archive, Checked, Checker, Opening, Outcome, check_folder};
use vidimus_model::{Action, CompartmentId, Ref};
use vidimus_seal::{Entropy, Identity, KeyholderSet};

use crate::common::beginning::KDF;
use crate::common::{PASSPHRASE, Place};

pub fn r(text: &str) -> Ref {
    text.parse().unwrap()
}

/// An archive with something of everything; as it is, and as it was in the middle of its life.
pub struct Rich {
    pub today: tempfile::TempDir,
    pub yesterday: tempfile::TempDir,
}

impl Rich {
    pub fn new() -> Self {
        let place = Place::new();
        let mut archive = place.open();
        let mut entropy = Entropy::from_seed(&[3; 32]);
        let people = (0..3).map(|_| Identity::generate(&mut entropy).recipient()).collect();
        archive.set_keyholders(&KeyholderSet::new(2, people).unwrap(), "begun", false).unwrap();
        drop(archive);
        for number in 0..4 {
            place.write(&format!("note-{number}.txt"), format!("note {number}"));
            place.write(&format!("camera-{number}.mp4"), vec![number; 90_000]);
        }
        place.write("camera-4.mp4", vec![1; 90_000]);
        place.receive(&place.disk());
        let mut archive = place.open();
        archive.release(&r("A1")).unwrap();
        let me = archive.keyring().member();
        let vault = archive.new_compartment("witnesses", None, &[me]).unwrap();
        drop(archive);
        let yesterday = tempfile::tempdir().unwrap();
        copy(place.folder.path(), yesterday.path());

        place.write("more/late.txt", "late");
        place.write("more/camera-9.mp4", vec![9; 100_000]);
        place.receive(&place.disk().join("more"));
        let mut archive = place.open();
        archive.withdraw(&[r("A1-1")], "the wrong one").unwrap();
        archive.move_into(&[r("A1-3"), r("A1-4")], &vault, &mut |_| {}).unwrap();
        let erased = archive.propose(Action::Erase { about: vec![r("A1-2")] }, "a letter", true).unwrap();
        assert_eq!(erased, Outcome::Done);
        archive.release(&r("A2")).unwrap();
        let ask = Disclose {
            refs: vec![r("A1-5"), r("A2-1")],
            to: "Newsroom of nowhere".into(),
            purpose: "Publication".into(),
            out: place.path("bag"),
            fields: Vec::new(),
            names: Names::Numbers,
            opened: Vec::new(),
            tombstones: false,
        };
        archive.disclose(&ask, &mut |_| {}).unwrap();
        archive.add_member(BOHDAN.0, BOHDAN.1, &KDF, &[CompartmentId::main()]).unwrap();
        archive.change_passphrase(PASSPHRASE, PASSPHRASE, &KDF).unwrap();
        archive.issue_receipt().unwrap();
        fs::write(place.archive().join("settings.json"), "{\"authorities\": []}\n").unwrap();
        drop(archive);
        let today = tempfile::tempdir().unwrap();
        assert_eq!(place.open().check(true, &mut |_| {}).problems, []);
        copy(place.folder.path(), today.path());
        Self { today, yesterday }
    }

    /// Every file of the archive by its name within it.
    pub fn files(&self) -> Vec<String> {
        let root = self.today.path().join("archive");
        let name = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        below(&root).iter().map(name).filter(|name| !name.ends_with("-shm")).collect()
    }

    pub fn was(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.yesterday.path().join("archive").join(name)).ok()
    }
}

pub fn below(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

/// A folder in memory where there is one: thousands of copies, none of which must last.
pub fn memory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

pub fn copy(from: &Path, to: &Path) {
    for path in below(from) {
        let to = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&path, &to).unwrap();
    }
}

/// As the members' programs check, one after the other: only its holder can see what became of a wrapped key.
pub fn check(folder: &Path, full: bool) -> Checked {
    let mut all = check_as(folder, ("Олена", PASSPHRASE), full);
    if all.sound {
        let theirs = check_as(folder, BOHDAN, full);
        all.sound &= theirs.sound;
        all.problems.extend(theirs.problems);
    }
    all
}

pub const BOHDAN: (&str, &str) = ("Богдан", "six other words for Bohdan");

/// Where the archive does not open, what can be checked without.
pub fn check_as(folder: &Path, (name, passphrase): (&str, &str), full: bool) -> Checked {
    let (archive, state) = (folder.join("archive"), folder.join("state"));
    let opening = Opening {
        state: &state,
        member: Some(name),
        passphrase,
        first_seen_here: false,
        clock: Box::new(SystemClock),
    };
    match Archive::open(&archive, opening) {
        Ok(mut archive) => archive.check(full, &mut |_| {}),
        Err(_) => {
            let checker = Checker { member: Some(name), passphrase };
            check_folder(&archive, &state, Some(checker), full, &mut |_| {})
        }
    }
}
