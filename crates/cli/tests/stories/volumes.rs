//! A container that was cut in volumes is read as one; a volume that is missing is missed, and numbered files stay files.

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

#[test]
fn volumes_are_read_as_one_and_what_they_hold_is_found_in_the_first() {
    let house = House::with_archive();
    if !has_sandbox(&house) {
        return;
    }
    house.file("letter.txt", "The keys of the punishment cell of ИК-900 hang in the duty room.\n");
    house.file("noise.bin", noise(100_000));
    for name in ["disk/Архив.zip", "disk/gap.zip"] {
        house.file(name, "");
        zip(&house, name, &["noise.bin", "letter.txt"]);
        cut(&house, name);
    }
    std::fs::remove_file(house.path("disk/gap.zip.002")).unwrap();
    // A document that was cut, and notes that were only numbered.
    house.file("disk/report.rtf", format!("{{\\rtf1 {}}}", "A report. ".repeat(900)));
    cut(&house, "disk/report.rtf");
    for number in 1..=2 {
        house.file(
            &format!("disk/note.00{number}"),
            format!("Note {number} of the duty officer.\n").repeat(20),
        );
    }
    house.vidimus(["receive", "disk", "--yes"]).succeeds();
    house.vidimus(["examine"]);
    let found: Vec<String> = paths(&house).into_iter().filter(|path| path.contains("!/")).collect();
    assert_eq!(
        found,
        ["Архив.zip.001!/noise.bin", "Архив.zip.001!/letter.txt", "report.rtf.001!/report.rtf"]
            .map(|path| format!("disk/{path}"))
    );
    let hits = house.vidimus(["search", "punishment", "--json"]).json();
    assert_eq!(hits[0]["ref"], by_path(&house, "!/letter.txt"), "{hits}");
    let failures = house.vidimus(["failures", "--json"]).json();
    let failed: Vec<&str> =
        failures.as_array().unwrap().iter().map(|row| row["ref"].as_str().unwrap()).collect();
    assert_eq!(failed, [by_path(&house, "gap.zip.001")], "{failures}");
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
