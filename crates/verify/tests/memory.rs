//! Bags made to be hard to read: the program gives its answer in little memory, or says what is too much.
//!
//! With `VIDIMUS_LIMITS=1` (`make limits`) the records are as many and as large as a bag may have at all.

#[path = "../../proof/tests/common/sample.rs"]
mod sample;

use std::fs;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;
use vidimus_proof::bag::manifest::{Algorithm, Digests};
use vidimus_proof::bag::{Anchor, MemoryBag, Plan, PlannedFile};

use sample::{Log, Sample};

/// Names in a list of a record, so that the record is nearly as large as one may be: 64 KiB.
const IN_A_RECORD: usize = 22_500;

/// What the program may take, all its memory counted: for 70 MiB of records, and for 256 MiB.
fn at_most() -> (usize, u64) {
    match std::env::var_os("VIDIMUS_LIMITS") {
        Some(_) => (4400, 640 << 20),
        None => (1200, 320 << 20),
    }
}

#[test]
fn lists_of_nothing_take_no_more_memory_than_their_text() {
    let (files, memory) = at_most();
    let bag = written(&hostile(files, zeroes(IN_A_RECORD), json!("Publication")));
    for way in [&["--lang", "en"][..], &["--json"]] {
        let said = verify_within(memory, &bag, way);
        assert_eq!(said.status.code(), Some(0), "{}", String::from_utf8_lossy(&said.stderr));
        assert!(said.stdout.starts_with(if way[0] == "--json" { b"{" } else { b"INTACT" }));
    }
}

#[test]
fn a_disclosure_of_millions_of_values_is_refused_in_words() {
    let bag = written(&hostile(1, json!("name"), zeroes(6_000_000)));
    let said = verify_within(160 << 20, &bag, &["--lang", "en"]);
    let page = String::from_utf8(said.stdout).unwrap();
    assert_eq!(said.status.code(), Some(1), "{}", String::from_utf8_lossy(&said.stderr));
    assert!(page.contains("disclosure.sd-jwt"), "{page}");
}

#[test]
fn manifests_of_invented_names_are_read_one_pair_at_a_time() {
    let mut bag = hostile(1, json!("name"), json!("Publication"));
    for algorithm in Algorithm::ALL {
        let digest = Digests::of(b"").hex(algorithm);
        for path in [algorithm.manifest(), algorithm.tag_manifest()] {
            let lines = (32 << 20) / (digest.len() + 12);
            let text: String = (0..lines).map(|number| format!("{digest}  /{number:07}\n")).collect();
            bag.0.insert(path, text.into_bytes());
        }
    }
    let said = verify_within(256 << 20, &written(&bag), &["--json"]);
    assert_eq!(said.status.code(), Some(1), "{}", String::from_utf8_lossy(&said.stderr));
    let report: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(report["proved"], false);
}

/// Runs the program with a limit on its address space.
fn verify_within(memory: u64, bag: &TempDir, way: &[&str]) -> Output {
    let limited = format!("ulimit -v {} && exec \"$0\" \"$@\"", memory >> 10);
    let mut command = Command::new("sh");
    command.args(["-c", &limited, env!("CARGO_BIN_EXE_vidimus-verify")]).arg(bag.path()).args(way);
    command.stdin(Stdio::null()).env("LC_ALL", "C.UTF-8").output().unwrap()
}

fn zeroes(many: usize) -> Value {
    Value::Array(vec![json!(0); many])
}

/// A bag that holds: so many files, all of them of one record that says `name`; the disclosure says `purpose`.
fn hostile(files: usize, name: Value, purpose: Value) -> MemoryBag {
    let sample = Sample::default();
    let mut log = Log::new(&sample);
    let bytes = b"one file of IK-900, many times\n";
    let digests = Digests::of(bytes);
    let record = log.issue(vec![
        ("change", json!("item/1")),
        ("about", json!("A1-1")),
        ("name", name),
        ("sha256", json!(digests.hex(Algorithm::Sha256))),
        ("size", json!(digests.size)),
    ]);
    let index = log.append(&record);
    let note = log.fill(256);
    let names: Vec<String> = (1..=files).map(|number| format!("{number:05}.bin")).collect();
    let planned: Vec<PlannedFile> = names
        .iter()
        .map(|file| PlannedFile {
            name: file.clone(),
            digests,
            record: record.choose(&["change", "name", "sha256", "size"]),
            proof: log.prove(index, &note),
        })
        .collect();
    let anchors = [Anchor { note, stamps: Vec::new() }];
    let plan = Plan::new(sample::vkey(&sample), &[], &planned, &anchors, &[]).unwrap();
    let opened = ["change", "files", "opened", "purpose"];
    let disclosure = log.issue(vec![
        ("change", json!("disclosure/1")),
        ("about", json!(["A1-1"])),
        ("recipient", json!("Newsroom of nowhere")),
        ("purpose", purpose),
        ("files", json!(plan.files())),
        ("opened", json!(opened)),
    ]);
    let index = log.append(&disclosure);
    let own = log.fill(index + 1);
    let consistency = log.join(256, own.checkpoint().size);
    let shown = disclosure.choose(&opened);
    let mut bag = plan.finish(&shown, log.prove(index, &own), &consistency).unwrap();
    bag.extend(names.iter().map(|file| (format!("data/{file}"), bytes.to_vec())));
    MemoryBag(bag)
}

fn written(bag: &MemoryBag) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in &bag.0 {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}
