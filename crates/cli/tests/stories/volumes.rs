//! A container that was cut in volumes is read as one; a volume that is missing is missed, and numbered files stay files.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::examining::{by_path, has_sandbox, zip};
use super::support::House;

/// The paths of what is listed, in the order of the references.
fn paths(house: &House) -> Vec<String> {
    let listed = house.vidimus(["list", "--json"]).json();
    let rows = listed.as_array().unwrap().iter();
    rows.map(|row| row["path"].as_str().unwrap().to_owned()).collect()
}

/// What cannot be compressed, so that the container is longer than its list of names.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 1u64;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

/// Cuts a file in three, as `name.001` to `.003`, and removes it.
fn cut(house: &House, name: &str) {
    let whole = std::fs::read(house.path(name)).unwrap();
    std::fs::remove_file(house.path(name)).unwrap();
    for (number, piece) in whole.chunks(whole.len().div_ceil(3)).enumerate() {
        house.file(&format!("{name}.00{}", number + 1), piece);
    }
}

/// A picture of 100 × 100 points, as it lies in memory.
fn bitmap() -> Vec<u8> {
    let sizes = [30_054u32, 0, 54, 40, 100, 100, 1 | 24 << 16, 0, 30_000, 2835, 2835, 0, 0];
    let head = sizes.into_iter().flat_map(u32::to_le_bytes);
    b"BM".iter().copied().chain(head).chain(noise(30_000)).collect()
}

#[test]
fn volumes_are_read_as_one_and_what_they_hold_is_found_in_the_first() {
    let house = House::with_archive();
    if !has_sandbox(&house) {
        return;
    }
    house.file("letter.txt", "The keys of the punishment cell of ИК-900 hang in the duty room.\n");
    for (name, bytes) in [("Архив", 100_000), ("gap", 90_000)] {
        house.file("noise.bin", noise(bytes));
        let name = format!("disk/{name}.zip");
        house.file(&name, "");
        zip(&house, &name, &["noise.bin", "letter.txt"]);
        cut(&house, &name);
    }
    std::fs::remove_file(house.path("disk/gap.zip.002")).unwrap();
    // What is met first of the same bytes is what copies are copies of, also where it is not gone on with.
    house.file("disk/Begun.zip.001", std::fs::read(house.path("disk/Архив.zip.001")).unwrap());
    // A picture that was cut, and notes that were only numbered.
    house.file("disk/yard.bmp", bitmap());
    cut(&house, "disk/yard.bmp");
    for number in 1..=2 {
        house.file(
            &format!("disk/note.00{number}"),
            format!("Note {number} of the duty officer.\n").repeat(20),
        );
    }
    house.vidimus(["receive", "disk", "--yes"]).succeeds();
    house.vidimus(["examine"]);
    let found: Vec<String> = paths(&house).into_iter().filter(|path| path.contains("!/")).collect();
    assert_eq!(found, ["Begun.zip.001!/noise.bin", "Begun.zip.001!/letter.txt", "yard.bmp.001!/yard.bmp"]);
    let hits = house.vidimus(["search", "punishment", "--json"]).json();
    assert_eq!(hits[0]["ref"], by_path(&house, "!/letter.txt"), "{hits}");
    let failures = house.vidimus(["failures", "--json"]).json();
    let failed: BTreeSet<&str> =
        failures.as_array().unwrap().iter().map(|row| row["ref"].as_str().unwrap()).collect();
    // A piece of a picture is not whole by itself, and says so; nothing is missing of the whole.
    let expected = [by_path(&house, "gap.zip.001"), by_path(&house, "yard.bmp.001")];
    assert_eq!(failed, expected.iter().map(String::as_str).collect(), "{failures}");
    // A second look finds nothing that is not there.
    house.vidimus(["examine", "--again", "A1"]);
    assert_eq!(paths(&house).iter().filter(|path| path.contains("!/")).count(), 3);
    house.vidimus(["check", "--full"]).succeeds();
}

/// No free program makes them.
#[test]
fn volumes_of_rar_are_read_as_one() {
    let shared = std::env::var_os("VIDIMUS_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let samples = shared.join("samples/archive");
    if !samples.is_dir() {
        eprintln!("skipped: the folder of samples is not here (VIDIMUS_SHARED)");
        return;
    }
    let house = House::with_archive();
    if !has_sandbox(&house) {
        return;
    }
    for entry in std::fs::read_dir(&samples).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.contains(".part")
            && ["rar_multivolume_multiple_files", "rar5_multiarchive."].iter().any(|set| name.contains(set))
        {
            house.file(&format!("disk/{name}"), std::fs::read(samples.join(&name)).unwrap());
        }
    }
    house.vidimus(["receive", "disk", "--yes"]).succeeds();
    house.vidimus(["examine"]);
    let mut found: Vec<String> = paths(&house)
        .into_iter()
        .filter_map(|path| {
            path.split_once("!/").map(|(_, inner)| inner.rsplit('/').next().unwrap().to_owned())
        })
        .collect();
    found.sort();
    assert_eq!(
        found,
        ["LibarchiveAddingTest.html", "LibarchiveAddingTest2.html", "bsdcat_test", "bsdtar_test"]
    );
    let failures = house.vidimus(["failures", "--json"]).json();
    assert_eq!(failures.as_array().unwrap().len(), 0, "{failures}");
}
