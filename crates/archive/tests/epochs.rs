//! The story of a package from an archive that went back: items of both epochs, and a verifier who knows only the first.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use common::{Place, copy, receive};
use vidimus_archive::disclose::{Disclose, Names};
use vidimus_proof::bag::{MemoryBag, Pinned, Trust, verify};

fn read_bag(folder: &Path) -> MemoryBag {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    MemoryBag(files)
}

#[test]
fn a_package_spans_epochs_and_the_first_receipt_still_dates_what_it_held() {
    let place = Place::new();
    place.write("one/note.txt", "a note");
    place.write("two/note.txt", "another note");
    place.write("three/note.txt", "a third note");
    let first = place.receive(&place.disk().join("one"));
    let known = place.open().verifier_key();
    let paper = fs::read(first.receipt.join("receipt.txt")).unwrap();
    copy(&place.archive(), &place.path("yesterday"));
    let lost = place.receive(&place.disk().join("two"));
    let lost_paper = fs::read(lost.receipt.join("receipt.txt")).unwrap();
    fs::remove_dir_all(place.archive()).unwrap();
    fs::rename(place.path("yesterday"), place.archive()).unwrap();
    let mut archive = place.open();
    archive.accept_rollback("the disk died").unwrap();
    receive(&mut archive, &place.disk().join("three"));
    let request = Disclose {
        refs: ["A1-1", "A2-1"].map(|text| text.parse().unwrap()).into(),
        to: "Newsroom of nowhere".into(),
        purpose: "Publication of a part".into(),
        out: place.path("bag"),
        fields: Vec::new(),
        names: Names::Numbers,
        opened: Vec::new(),
        tombstones: false,
    };
    archive.disclose(&request, &mut |_| {}).unwrap();
    let bag = read_bag(&place.path("bag"));
    assert_eq!(archive.verifier_key().name().as_str(), "archive.example/ik-900/2");
    assert_ne!(archive.verifier_key(), known);

    let told = |receipt: &[u8]| Trust {
        archive_keys: vec![known.clone()],
        receipt: Some(vidimus_proof::receipt::read(receipt).unwrap()),
        ..Trust::default()
    };
    let report = verify(&bag, &told(&paper));
    assert!(report.problems.is_empty(), "{:?}", report.problems);
    assert_eq!(report.key.as_ref().unwrap().pinned, Pinned::Yes);
    let inside: Vec<Option<bool>> = report.files.iter().map(|file| file.in_receipt).collect();
    assert_eq!(inside, [Some(true), Some(false)]);
    // The receipt of what was lost is not in the bag: it says nothing of it.
    let report = verify(&bag, &told(&lost_paper));
    assert!(report.files.iter().all(|file| file.in_receipt != Some(true)));

    // Another archive's key is still refused.
    let other = Place::new().open().verifier_key();
    let report = verify(&bag, &Trust { archive_keys: vec![other], ..Trust::default() });
    assert!(!report.problems.is_empty());
}
