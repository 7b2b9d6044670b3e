//! Breaks the frozen bags on purpose, in every way a hand could; it is always noticed, and the right file is named.
//!
//! Bytes are sampled; with `VIDIMUS_ALL_MUTATIONS=1` every byte of every file is changed in turn (minutes).

#[path = "common/sample.rs"]
mod sample;

use std::fs;
use std::path::Path;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use vidimus_proof::bag::layout::Place;
use vidimus_proof::bag::{self, MemoryBag, Pinned, Report, Trust};

use sample::{Sample, recompute_manifests};

/// How many bytes of each file are changed where not all are.
const SAMPLED: usize = 24;

/// The bag of an archive whose key never changed, and that of one whose key changed twice.
fn frozen_bags() -> [MemoryBag; 2] {
    [frozen_bag("bag-v1"), frozen_bag("bag-v1-keys")]
}

fn frozen_bag(name: &str) -> MemoryBag {
    fn read(folder: &Path, below: &str, bag: &mut MemoryBag) {
        for entry in fs::read_dir(folder).expect("the frozen bag is there") {
            let entry = entry.unwrap();
            let path = format!("{below}{}", entry.file_name().to_str().unwrap());
            match entry.file_type().unwrap().is_dir() {
                true => read(&entry.path(), &format!("{path}/"), bag),
                false => drop(bag.0.insert(path, fs::read(entry.path()).unwrap())),
            }
        }
    }
    let mut bag = MemoryBag::default();
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    read(&vectors.join(name).join("bag"), "", &mut bag);
    bag
}

/// Whoever alters a bag can put any key into it, so nothing is pinned here.
fn check(bag: &MemoryBag) -> Report {
    bag::verify(bag, &Trust::default())
}

fn is_tag_manifest(path: &str) -> bool {
    matches!(Place::of(path), Some(Place::TagManifest(_)))
}

fn manifests_made_anew(bag: &MemoryBag) -> MemoryBag {
    let mut anew = bag.clone();
    recompute_manifests(&mut anew);
    anew
}

/// The file that must be named first, where a file was altered and the manifests made again.
fn named_after_all(path: &str) -> &str {
    match Place::of(path) {
        Some(place) if place.is_payload() => "manifest-sha256.txt",
        _ => path,
    }
}

fn assert_named(bag: &MemoryBag, expected: &str, what: &str) {
    let report = check(bag);
    assert!(!report.proved() && !report.says_yes(), "{what} went unnoticed");
    let first = &report.problems[0];
    assert!(first.file == expected, "{what}: {first} was named instead of {expected}");
}

fn assert_noticed(bag: &MemoryBag, what: &str) {
    let report = check(bag);
    assert!(!report.proved() && !report.problems.is_empty(), "{what} went unnoticed");
}

#[test]
fn the_bag_itself_is_proved_whoever_makes_its_manifests() {
    for bag in frozen_bags() {
        assert!(check(&bag).proved());
        assert!(manifests_made_anew(&bag) == bag, "canonical manifests have one form");
    }
}

#[test]
fn every_changed_byte_is_noticed() {
    for bag in frozen_bags() {
        let mut rng = ChaCha20Rng::seed_from_u64(4);
        for (path, bytes) in &bag.0 {
            let positions: Vec<usize> = match std::env::var_os("VIDIMUS_ALL_MUTATIONS") {
                Some(_) => (0..bytes.len()).collect(),
                None => (0..SAMPLED).map(|_| rng.next_u64() as usize % bytes.len()).collect(),
            };
            for position in positions {
                let mut changed = bag.clone();
                let flip = 1u8 << (rng.next_u32() % 8);
                changed.0.get_mut(path).unwrap()[position] ^= flip;
                let what = format!("byte {position} of {path} changed by {flip:#x}");
                match is_tag_manifest(path) {
                    // The other tag manifest stands against it, so what it now says of some file is named.
                    true => assert_noticed(&changed, &what),
                    false => assert_named(&changed, path, &what),
                }
                let anew = manifests_made_anew(&changed);
                // Making the manifests again mends an altered manifest.
                if anew != bag {
                    assert_named(&anew, named_after_all(path), &format!("{what}, manifests made anew"));
                }
            }
        }
    }
}

#[test]
fn a_file_cut_lengthened_emptied_or_removed_is_noticed() {
    for bag in frozen_bags() {
        for (path, bytes) in &bag.0 {
            let variants: [(&str, Option<Vec<u8>>); 5] = [
                ("cut", Some(bytes[..bytes.len() - 1].to_vec())),
                ("lengthened", Some([bytes.as_slice(), b"\n"].concat())),
                ("doubled", Some([bytes.as_slice(), bytes.as_slice()].concat())),
                ("emptied", Some(Vec::new())),
                ("removed", None),
            ];
            for (what, variant) in variants {
                let mut changed = bag.clone();
                match variant {
                    Some(variant) => drop(changed.0.insert(path.clone(), variant)),
                    None => drop(changed.0.remove(path)),
                }
                let what = format!("{path} {what}");
                match is_tag_manifest(path) {
                    true => assert_noticed(&changed, &what),
                    false => assert_named(&changed, path, &what),
                }
                let anew = manifests_made_anew(&changed);
                if anew != bag {
                    assert_noticed(&anew, &format!("{what}, manifests made anew"));
                }
            }
        }
    }
}

#[test]
fn a_file_added_or_renamed_is_noticed() {
    for bag in frozen_bags() {
        let names = [
            "data/03.mp4",
            "data/01.txt",
            "data/001.mp4",
            "data/A1-1.mp4",
            "records/03.sd-jwt",
            "proofs/03.tlog-proof",
            "checkpoints/256.token-2.tsr",
            "checkpoints/256.token-2.pem",
            "checkpoints/800.txt",
            "checkpoints/800.token-1.tsr",
            "consistency/256-700.txt",
            "keys/1.sd-jwt",
            "keys/3.sd-jwt",
            "keys/3.tlog-proof",
            "fetch.txt",
            "manifest-md5.txt",
            "notes.txt",
            "data/01.mp4/x",
        ];
        for (path, bytes) in &bag.0 {
            for name in names {
                for rename in [false, true] {
                    let mut changed = bag.clone();
                    changed.0.insert(name.into(), bytes.clone());
                    if rename {
                        changed.0.remove(path);
                    }
                    if changed == bag {
                        continue; // it has this name already
                    }
                    let what = format!("{path} as {name}, renamed: {rename}");
                    assert_noticed(&changed, &what);
                    assert_noticed(&manifests_made_anew(&changed), &format!("{what}, manifests made anew"));
                }
            }
        }
    }
}

#[test]
fn two_files_swapped_are_noticed() {
    for bag in frozen_bags() {
        let paths: Vec<&String> = bag.0.keys().collect();
        for (number, one) in paths.iter().enumerate() {
            for other in &paths[number + 1..] {
                let mut changed = bag.clone();
                changed.0.insert((*one).clone(), bag.0[*other].clone());
                changed.0.insert((*other).clone(), bag.0[*one].clone());
                let what = format!("{one} and {other} swapped");
                assert_noticed(&changed, &what);
                let anew = manifests_made_anew(&changed);
                if anew != bag {
                    assert_noticed(&anew, &format!("{what}, manifests made anew"));
                }
            }
        }
    }
}

#[test]
fn every_file_of_another_bag_of_the_same_archive_is_noticed() {
    // The same archive and key; another disclosure of it, with its own files, record and proof.
    let files = vec![("01.mp4", b"another video".to_vec()), ("02.txt", b"another note".to_vec())];
    let other = sample::bag(&Sample { files, ..Sample::default() });
    assert!(check(&other).proved());
    let bag = frozen_bag("bag-v1");
    for (path, bytes) in other.0.iter().filter(|(path, bytes)| bag.0.get(*path) != Some(bytes)) {
        let mut changed = bag.clone();
        changed.0.insert(path.clone(), bytes.clone());
        assert_noticed(&changed, path);
        let anew = manifests_made_anew(&changed);
        match path.as_str() {
            // A true disclosure of this archive, but of other files: which of the two is false, nobody can tell.
            "disclosure.sd-jwt" => assert_noticed(&anew, path),
            _ if anew == bag => {}
            _ => assert_named(&anew, named_after_all(path), &format!("{path} of another bag")),
        }
    }
    // Its whole disclosure beside these files: signed, in the log, and of other files.
    let mut changed = bag.clone();
    for path in ["disclosure.sd-jwt", "disclosure.tlog-proof"] {
        changed.0.insert(path.into(), other.0[path].clone());
    }
    assert_noticed(&manifests_made_anew(&changed), "the disclosure of another bag");
}

#[test]
fn all_signed_again_by_another_key_is_another_archive() {
    let forged = sample::bag(&Sample { seed: 2, ..Sample::default() });
    // Intact in itself: only a key from elsewhere tells, and the report says that there was none.
    let report = check(&forged);
    assert!(report.proved() && report.key.unwrap().pinned == Pinned::No);
    let vkey = sample::vkey(&Sample::default());
    let report = bag::verify(&forged, &Trust { archive_keys: vec![vkey.clone()], ..Trust::default() });
    assert!(!report.proved() && report.problems[0].file == "archive.vkey");
    // With the true key in it, nothing else holds.
    let mut forged = forged;
    forged.0.insert("archive.vkey".into(), format!("{vkey}\n").into_bytes());
    assert_noticed(&manifests_made_anew(&forged), "a forged bag under the true key");
}
