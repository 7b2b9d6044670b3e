//! The frozen examples in `tests/vectors/changes-v1*/`: every change is read, understood and written as on the day it was made.
//!
//! With `VIDIMUS_WRITE_VECTORS=1` a folder that does not exist is written; one that exists is never touched.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use rand_core::SeedableRng as _;
use serde_json::{Map, Value, json};
use vidimus_proof::bag::manifest::{Algorithm, Digests};
use vidimus_proof::record::{MemberAct, Record, SigningKey};

use vidimus_model::{Change, KNOWN_CHANGES, MemberId, OperationId, Statement};

#[path = "common/examples.rs"]
mod examples;

use examples::SETS;

const ORIGIN: &str = "archive.example/ik-900";
/// How many log entries each member's program had seen.
const BASE: u64 = 41;
/// In the register's compartment, sealed by its key.
const REGISTER: [&str; 15] = [
    "archive/1",
    "archive-key/1",
    "member/1",
    "member-file/1",
    "member-removed/1",
    "keyholders/1",
    "keyholders/2",
    "recovery-test/1",
    "recovery-tested/1",
    "proposal/1",
    "agreement/1",
    "receipt/1",
    "rollback/1",
    "destroyed/1",
    "altered/1",
];
/// Stand in every record, so a change's own row in the document need not name them.
const OF_EVERY_RECORD: [&str; 6] = ["at", "by", "by_sig", "change", "day", "op"];

/// One folder of frozen examples; a change that is added later comes with a folder of its own.
type Set = (&'static str, fn() -> Vec<(&'static str, Change)>);

fn folder(set: &Set) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(set.0)
}

/// Read from `expected.json`, so that a file without a line there, or the other way round, is noticed.
struct Frozen {
    files: BTreeMap<String, String>,
    records: Vec<Value>,
}

fn frozen(set: &Set) -> Frozen {
    let folder = folder(set);
    if std::env::var_os("VIDIMUS_WRITE_VECTORS").is_some() && !folder.exists() {
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in make(set) {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(&folder).expect("the frozen examples are there") {
        let entry = entry.unwrap();
        files.insert(entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap());
    }
    let sums = files.remove("SHA256SUMS").unwrap();
    assert_eq!(sums, sums_of(&files), "a frozen example is never edited");
    let expected: Value = serde_json::from_str(&files["expected.json"]).unwrap();
    assert_eq!(expected["origin"], ORIGIN);
    Frozen { files, records: expected["records"].as_array().unwrap().clone() }
}

fn sums_of(files: &BTreeMap<String, String>) -> String {
    let line = |(name, text): (&String, &String)| {
        format!("{}  {name}\n", Digests::of(text.as_bytes()).hex(Algorithm::Sha256))
    };
    files.iter().map(line).collect()
}

fn keys() -> (SigningKey, SigningKey) {
    (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]))
}

fn fields_of(record: &Record) -> Map<String, Value> {
    record.disclosures().iter().map(|field| (field.name().to_owned(), field.value().clone())).collect()
}

fn statement(number: u8, change: Change) -> Statement {
    Statement {
        at: "2031-02-19T10:00:00Z".parse().unwrap(),
        by: MemberId::from_bytes([1; 8]),
        op: OperationId::from_bytes([number; 16]),
        change,
    }
}

fn make(set: &Set) -> BTreeMap<String, String> {
    let (archive, member) = keys();
    let mut files = BTreeMap::new();
    let mut records = Vec::new();
    for (number, (file, change)) in (1..).zip(set.1()) {
        let statement = statement(number, change);
        let fields = statement.fields();
        let change = fields["change"].as_str().unwrap().to_owned();
        let compartment = if REGISTER.contains(&change.as_str()) { "register" } else { "main" };
        let act =
            MemberAct { compartment: compartment.into(), operation: statement.op.to_string(), base: BASE };
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(number.into());
        let record = Record::issue(ORIGIN, fields, &act, &member, &archive, &mut rng);
        records.push(json!({
            "file": file,
            "change": change,
            "compartment": compartment,
            "entry": hex::encode(record.entry()),
            "fields": fields_of(&record),
        }));
        files.insert(file.to_owned(), record.to_sd_jwt());
    }
    let public = |key: &SigningKey| json!({ "kid": key.public().key_id(), "public_key": hex::encode(key.public().to_bytes()) });
    let expected = json!({
        "origin": ORIGIN,
        "archive": public(&archive),
        "member": public(&member),
        "records": records,
    });
    files.insert("expected.json".into(), serde_json::to_string_pretty(&expected).unwrap() + "\n");
    let sums = sums_of(&files);
    files.insert("SHA256SUMS".into(), sums);
    files
}

#[test]
fn each_says_what_it_said() {
    SETS.iter().for_each(check);
}

fn check(set: &Set) {
    let frozen = frozen(set);
    let (archive, member) = keys();
    let examples = set.1();
    assert_eq!(frozen.records.len(), examples.len());
    assert_eq!(frozen.files.len(), examples.len() + 1, "each file has its line in expected.json");
    for ((expected, number), (file, change)) in frozen.records.iter().zip(1..).zip(examples) {
        assert_eq!(expected["file"], file);
        let record = Record::parse(&frozen.files[file]).unwrap();
        record.verify(ORIGIN, &archive.public()).unwrap();
        assert_eq!(expected["entry"], hex::encode(record.entry()), "{file}");
        let mut fields = fields_of(&record);
        assert_eq!(expected["fields"], Value::Object(fields.clone()), "{file}");
        assert_eq!(expected["change"], fields["change"], "{file}");

        let read = Statement::of(&record).unwrap();
        assert_eq!(read, statement(number, change), "{file}");
        let compartment = expected["compartment"].as_str().unwrap();
        record.verify_member(compartment, &read.op.to_string(), &member.public()).unwrap();
        fields.remove("by_sig");
        assert_eq!(read.fields(), fields, "{file}");
        assert_eq!(record.to_sd_jwt(), frozen.files[file], "{file}");
    }
}

#[test]
fn what_we_write_today_is_what_was_frozen() {
    for set in &SETS {
        let mut today = make(set);
        today.remove("SHA256SUMS");
        assert!(today == frozen(set).files, "{}", set.0);
    }
}

#[test]
fn every_change_has_its_example() {
    let records = SETS.iter().flat_map(|set| frozen(set).records);
    let with: BTreeSet<String> = records.map(|one| one["change"].as_str().unwrap().to_owned()).collect();
    assert_eq!(with, KNOWN_CHANGES.map(String::from).into());
}

#[test]
fn the_document_names_every_field_of_a_change() {
    let document = include_str!("../../../docs/format/changes.md");
    for one in SETS.iter().flat_map(|set| frozen(set).records) {
        let change = one["change"].as_str().unwrap();
        let Some(row) = document.lines().find(|line| line.starts_with(&format!("| `{change}` |"))) else {
            assert!(document.contains(&format!("`{change}`")), "{change} is not in the document");
            continue;
        };
        // `item/1` has a table of its own.
        if row.contains("| below |") {
            continue;
        }
        for field in one["fields"].as_object().unwrap().keys() {
            let named = OF_EVERY_RECORD.contains(&field.as_str()) || row.contains(&format!("`{field}`"));
            assert!(named, "the document does not say that {change} has {field}");
        }
    }
}
