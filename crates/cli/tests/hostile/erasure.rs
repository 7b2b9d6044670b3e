//! Erasure, from outside: sealed bytes and rows of what was erased are gone from every file, and the last copy's reference decides.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::canaries::{REASON, house, vidimus};
use crate::support::House;

/// Pieces of a sealed object, from behind what all objects begin with.
fn samples(file: &Path) -> Vec<Vec<u8>> {
    fs::read(file).unwrap()[512..].chunks_exact(24).step_by(7).map(<[u8]>::to_vec).collect()
}

fn holds(folder: &Path, samples: &[Vec<u8>]) -> Option<PathBuf> {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let found = match path.is_dir() {
            true => holds(&path, samples),
            false => {
                let bytes = fs::read(&path).unwrap();
                samples.iter().any(|it| bytes.windows(24).any(|window| window == &it[..])).then_some(path)
            }
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

#[test]
fn what_was_erased_is_gone_even_sealed_and_its_copy_goes_last() {
    let house = house();
    vidimus(&house, &["examine"]);
    vidimus(&house, &["backup", "copy"]);
    let listed: serde_json::Value = serde_json::from_str(&vidimus(&house, &["list", "--json"]).out).unwrap();
    let of = |end: &str| {
        let item =
            listed.as_array().unwrap().iter().find(|item| item["path"].as_str().unwrap().ends_with(end));
        item.unwrap()["ref"].as_str().unwrap().to_owned()
    };
    let (large, copy, neighbour) = (of("-large"), of("-copy"), of("-0"));
    let shown: serde_json::Value =
        serde_json::from_str(&vidimus(&house, &["show", &large, "--json"]).out).unwrap();
    let name = shown["place"]["name"].as_str().unwrap();
    let object = find(&house.path("archive/objects"), name).expect("its object is there");
    let sealed = [&samples(&object)[..16], &[row(&house, shown["seq"].as_u64().unwrap())]].concat();
    let made: Vec<&str> = shown["examination"]["derivatives"]
        .as_array()
        .unwrap()
        .iter()
        .map(|made| made["object"]["name"].as_str().unwrap())
        .collect();
    let is_kept =
        |place: &str| made.iter().any(|name| find(&house.path(place).join("objects"), name).is_some());
    assert!(!made.is_empty() && is_kept("archive") && is_kept("copy"), "what was made of it: {made:?}");
    let found = |house: &House| {
        let hits = vidimus(house, &["search", "letter", "--json"]).out;
        [&large, &copy].iter().any(|reference| hits.contains(&format!("\"{reference}\"")))
    };
    assert!(found(&house), "what it says is found while it is there");
    assert!(holds(&house.path("archive"), &sealed[16..]).is_some(), "the row is found while it is there");

    let erase =
        |reference: &str| vidimus(&house, &["erase", reference, "--reason", REASON, "--confirm", reference]);
    erase(&large);
    assert!(object.exists(), "the copy's reference keeps it");
    assert_eq!(holds(&house.path("archive"), &sealed[16..]), None, "but the record is gone");
    erase(&copy);
    vidimus(&house, &["backup", "copy"]);
    for place in ["archive", "copy", "state"] {
        assert_eq!(holds(&house.path(place), &sealed), None);
    }
    assert!(!is_kept("archive") && !is_kept("copy"), "what was made of it goes with it");
    assert!(!found(&house), "and is found no more");
    vidimus(&house, &["check", "--full"]);
    vidimus(&house, &["disclose", &neighbour, "--to", "X", "--purpose", "Y", "--out", "bag"]);
    assert!(vidimus(&house, &["show", &large]).out.contains("erased"));
}

/// 24 bytes of the sealed body of a row.
fn row(house: &House, seq: u64) -> Vec<u8> {
    let ask = "import sqlite3,sys\n\
        db=sqlite3.connect(sys.argv[1])\n\
        sys.stdout.buffer.write(db.execute('SELECT sealed FROM body JOIN row USING (place) WHERE seq=?',(int(sys.argv[2]),)).fetchone()[0][100:124])";
    let ledger = house.path("archive/ledger.db");
    let output = Command::new("python3").args(["-c", ask]).arg(ledger).arg(seq.to_string()).output().unwrap();
    assert!(output.stdout.len() == 24, "{output:?}");
    output.stdout
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).find_map(|path| {
        let named = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() { find(&path, name) } else { (named == name).then_some(path) }
    })
}
