//! One file of a true bag replaced by any bytes, and all manifests made to fit, as a forger would: whatever is proved then is what the
//! archive committed to.
#![no_main]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use sha2::{Digest as _, Sha256, Sha512};
use vidimus_proof::bag::{self, MemoryBag, Trust};

/// The frozen bag, by path, and the key that signed it.
struct True {
    files: BTreeMap<String, Vec<u8>>,
    trust: Trust,
}

fuzz_target!(|untrusted: &[u8]| {
    static TRUE: OnceLock<True> = OnceLock::new();
    let True { files, trust } = TRUE.get_or_init(read_true);
    // The first byte names the file, the rest is what takes its place.
    let Some((&name, content)) = untrusted.split_first() else { return };
    let path = files.keys().nth(usize::from(name) % files.len()).expect("it is below their number");
    let mut edited = files.clone();
    edited.insert(path.clone(), content.to_vec());
    if !path.contains("manifest-") {
        fit_manifests(&mut edited);
    }
    let payload = |files: &BTreeMap<String, Vec<u8>>| -> Vec<(String, Vec<u8>)> {
        let data = files.iter().filter(|(path, _)| path.starts_with("data/"));
        data.map(|(path, bytes)| (path.clone(), bytes.clone())).collect()
    };
    let unchanged = payload(&edited) == payload(files);
    let report = bag::verify(&MemoryBag(edited), trust);
    assert!(unchanged || !report.proved(), "{path} was replaced, and the bag is proved");
});

fn read_true() -> True {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/bag-v1");
    let mut files = BTreeMap::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(example.join("bag").join(&folder)).expect("the frozen bag is there") {
            let entry = entry.expect("its folder can be read");
            let path = folder.clone() + entry.file_name().to_str().expect("its names are ASCII");
            if entry.path().is_dir() {
                folders.push(path + "/");
            } else {
                files.insert(path, std::fs::read(entry.path()).expect("its files can be read"));
            }
        }
    }
    let key = std::fs::read_to_string(example.join("archive.vkey")).expect("the frozen key is there");
    let trust = Trust { archive_keys: vec![key.trim().parse().expect("it is a key")], ..Trust::default() };
    let report = bag::verify(&MemoryBag(files.clone()), &trust);
    assert!(report.proved(), "the frozen bag is true: {:?}", report.problems);
    True { files, trust }
}

fn fit_manifests(files: &mut BTreeMap<String, Vec<u8>>) {
    for (prefix, is_tag) in [("", false), ("tag", true)] {
        let names = ["sha256", "sha512"].map(|algorithm| format!("{prefix}manifest-{algorithm}.txt"));
        let mut texts = [String::new(), String::new()];
        for (path, bytes) in files.iter() {
            if path.starts_with("data/") != is_tag && !path.starts_with("tagmanifest-") {
                texts[0] += &format!("{}  {path}\n", hexadecimal(&Sha256::digest(bytes)));
                texts[1] += &format!("{}  {path}\n", hexadecimal(&Sha512::digest(bytes)));
            }
        }
        for (name, text) in names.into_iter().zip(texts) {
            files.insert(name, text.into_bytes());
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
