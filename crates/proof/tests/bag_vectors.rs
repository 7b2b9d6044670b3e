//! The frozen examples in `tests/vectors/bag-v1/`, `bag-v1-keys/`, `bag-v1-tombstone/` and `record-v1/`: they are read as on the day they were made.
//!
//! With `VIDIMUS_WRITE_VECTORS=1` a folder that does not exist is written; one that exists is never touched.

#[path = "common/authority.rs"]
mod authority;
#[path = "common/sample.rs"]
mod sample;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde_json::{Map, Value, json};
use vidimus_proof::bag::manifest::{Algorithm, Digests};
use vidimus_proof::bag::{self, DatedBy, MemoryBag, ReceiptAnswer, StampFiles, Trust};
use vidimus_proof::record::{MemberAct, Record, SigningKey};
use vidimus_proof::{policy, receipt, timestamp};

use sample::Sample;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(name)
}

/// Every file of a folder, by its path in it.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("the frozen example is there") {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(
                files(&entry.path()).into_iter().map(|(path, bytes)| (format!("{name}/{path}"), bytes)),
            ),
            false => drop(found.insert(name, fs::read(entry.path()).unwrap())),
        }
    }
    found
}

/// The files of a frozen example, after their sums were compared; made first where that was asked for.
fn frozen(name: &str, make: fn() -> BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let folder = folder(name);
    if std::env::var_os("VIDIMUS_WRITE_VECTORS").is_some() && !folder.exists() {
        for (path, bytes) in with_sums(make()) {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
    let mut found = files(&folder);
    // What the verifier says of it is frozen by the test of the program.
    found.retain(|path, _| path != "expected-report.json");
    let mut without_sums = found.clone();
    without_sums.remove("SHA256SUMS");
    assert!(with_sums(without_sums.clone()) == found, "a frozen example is never edited");
    without_sums
}

fn with_sums(mut files: BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<u8>> {
    let line = |(path, bytes): (&String, &Vec<u8>)| {
        format!("{}  {path}\n", Digests::of(bytes).hex(Algorithm::Sha256))
    };
    let sums: String = files.iter().map(line).collect();
    files.insert("SHA256SUMS".into(), sums.into_bytes());
    files
}

fn text(files: &BTreeMap<String, Vec<u8>>, path: &str) -> String {
    String::from_utf8(files[path].clone()).unwrap()
}

fn make_bag() -> BTreeMap<String, Vec<u8>> {
    // Its certificates outlive the example, and the token's own time is the day the example was made.
    let plan = authority::Plan { days: 36500, root_name: "Example Root", ..Default::default() };
    let authority = authority::Authority::new(&plan);
    let note = sample::first_checkpoint(&Sample::default()).to_string();
    let request = timestamp::Request::new(note.as_bytes(), 7);
    let answer = timestamp::Response::from_der(&authority.answer(&request.to_der())).unwrap();
    let token = timestamp::check_answer(&request, &answer).unwrap().to_response_der();
    let stamp = StampFiles { token, certificates: Some(authority.own_pem()) };
    let sample = Sample { stamps: vec![stamp], ..Sample::default() };
    let bag = sample::bag(&sample);
    let receipt = text(&bag.0, "checkpoints/512.txt");
    let cosigner = sample::cosigner().verifier_key().to_string();
    let vkey = sample::vkey(&sample).to_string();
    let page = format!("Receipt of {}.\n\n{}\n{receipt}{}\n", sample.origin, receipt::BEGIN, receipt::END);
    let readme = "The bag in `bag/` is that of docs/format/bag.md. Beside it lies what a reader may trust: the archive's key, a receipt\n\
        as it was published, the certificate of a time-stamp authority (made for this example only), and a policy with a cosigner.\n\
        All names are invented. Nothing here is ever edited; another version gets a folder of its own.\n";
    let beside = [
        ("README.md", readme.to_owned()),
        ("archive.seed", format!("{}\n", hex_of(&sample::archive_seed(sample.seed)))),
        ("archive.vkey", format!("{vkey}\n")),
        ("authority.pem", authority.root_pem()),
        ("policy.txt", format!("log {vkey}\nwitness newsroom {cosigner}\nquorum none\n")),
        ("receipt.txt", page),
    ];
    let beside = beside.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes()));
    let bag = bag.0.into_iter().map(|(path, bytes)| (format!("bag/{path}"), bytes));
    bag.chain(beside).collect()
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_frozen_bag_is_proved() {
    if std::env::var_os("VIDIMUS_WRITE_VECTORS").is_some() {
        assert!(authority::openssl_is_there());
    }
    let files = frozen("bag-v1", make_bag);
    let in_bag =
        |(path, bytes): (&String, &Vec<u8>)| Some((path.strip_prefix("bag/")?.to_owned(), bytes.clone()));
    let bag = MemoryBag(files.iter().filter_map(in_bag).collect());
    let trust = Trust {
        archive_keys: vec![text(&files, "archive.vkey").trim().parse().unwrap()],
        receipt: Some(receipt::read(&files["receipt.txt"]).unwrap()),
        authorities: timestamp::Trust::from_pem(&text(&files, "authority.pem")).unwrap(),
        policy: Some(policy::Policy::from_bytes(&files["policy.txt"]).unwrap()),
    };
    let report = bag::verify(&bag, &trust);
    assert!(report.proved() && report.says_yes(), "{:?}", report.problems);
    assert_eq!(report.receipt, Some(ReceiptAnswer::InBag));
    assert_eq!(report.files.len(), 2);
    for file in &report.files {
        assert_eq!(file.in_receipt, Some(true));
        let dated = file.no_later_than.as_ref().unwrap();
        assert_eq!((dated.by, dated.size), (DatedBy::TimeStamp, 256));
    }

    // The same authority, trusted by nobody.
    let report = bag::verify(&bag, &Trust::default());
    assert!(report.proved());
    assert!(report.files.iter().all(|file| file.no_later_than.is_none()));
    assert!(report.stamps.iter().all(|stamp| stamp.result.is_err()));
}

/// The bag of an archive whose key changed twice; beside it all three keys.
fn make_bag_with_keys() -> BTreeMap<String, Vec<u8>> {
    let sample = Sample::with_keys();
    let bag = sample::bag(&sample);
    let readme = "The bag in `bag/` is that of docs/format/bag.md, of an archive whose key changed twice: `keys/` leads from the first key\n\
        to the one that signs the disclosure. Beside it lie all three keys, the first one first, each in vkey form and as its seed.\n\
        All names are invented. Nothing here is ever edited; another version gets a folder of its own.\n";
    let mut beside = vec![("README.md".to_owned(), readme.to_owned())];
    for (seed, number) in (sample.seed..=sample.newest_seed()).zip(1..) {
        beside.push((format!("key-{number}.vkey"), format!("{}\n", sample::vkey_of(&sample, seed))));
        beside.push((format!("key-{number}.seed"), format!("{}\n", hex_of(&sample::archive_seed(seed)))));
    }
    let bag = bag.0.into_iter().map(|(path, bytes)| (format!("bag/{path}"), bytes));
    bag.chain(beside.into_iter().map(|(path, text)| (path, text.into_bytes()))).collect()
}

fn make_bag_with_a_tombstone() -> BTreeMap<String, Vec<u8>> {
    let sample = Sample::default();
    let readme = "The bag in `bag/` is that of docs/format/bag.md, with two files and, as `data/03.txt`, a tombstone of what was erased.\n\
        All names are invented. Nothing here is ever edited; another version gets a folder of its own.\n";
    let beside = [
        ("README.md", readme.to_owned()),
        ("archive.vkey", format!("{}\n", sample::vkey(&sample))),
        ("archive.seed", format!("{}\n", hex_of(&sample::archive_seed(sample.seed)))),
    ];
    let beside = beside.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes()));
    let bag = sample::bag_with_a_tombstone(&sample).0;
    bag.into_iter().map(|(path, bytes)| (format!("bag/{path}"), bytes)).chain(beside).collect()
}

#[test]
fn what_we_write_today_is_what_was_frozen() {
    let files = frozen("bag-v1", make_bag);
    let stamp = StampFiles {
        token: files["bag/checkpoints/256.token-1.tsr"].clone(),
        certificates: Some(text(&files, "bag/checkpoints/256.token-1.pem")),
    };
    assert_written(&files, &sample::bag(&Sample { stamps: vec![stamp], ..Sample::default() }));
    assert_written(&frozen("bag-v1-keys", make_bag_with_keys), &sample::bag(&Sample::with_keys()));
    let buried = frozen("bag-v1-tombstone", make_bag_with_a_tombstone);
    assert_written(&buried, &sample::bag_with_a_tombstone(&Sample::default()));
}

#[test]
fn the_frozen_tombstone_is_proved() {
    let files = frozen("bag-v1-tombstone", make_bag_with_a_tombstone);
    let in_bag =
        |(path, bytes): (&String, &Vec<u8>)| Some((path.strip_prefix("bag/")?.to_owned(), bytes.clone()));
    let bag = MemoryBag(files.iter().filter_map(in_bag).collect());
    let archive_keys = vec![text(&files, "archive.vkey").trim().parse().unwrap()];
    let report = bag::verify(&bag, &Trust { archive_keys, ..Trust::default() });
    assert!(report.proved(), "{:?}", report.problems);
    let file = report.files.iter().find(|file| file.name == sample::TOMBSTONE_FILE).unwrap();
    assert!(file.fields.iter().any(|(name, value)| name == "change" && value == bag::TOMBSTONE));
}

fn assert_written(files: &BTreeMap<String, Vec<u8>>, today: &MemoryBag) {
    // Words for people may be said better one day; the disclosure, which names their digest, then differs too.
    let words = ["README.txt", "bag-info.txt", "disclosure.sd-jwt", "disclosure.tlog-proof"];
    for (path, bytes) in &today.0 {
        if !words.contains(&path.as_str()) && !path.starts_with("tagmanifest-") {
            assert!(files[&format!("bag/{path}")] == *bytes, "{path}");
        }
    }
    assert_eq!(today.0.len(), files.keys().filter(|path| path.starts_with("bag/")).count());
}

const OPERATION: &str = "000102030405060708090a0b0c0d0e0f";

fn make_record() -> BTreeMap<String, Vec<u8>> {
    let (archive, member) = ([1; 32], [2; 32]);
    let (archive_key, member_key) = (SigningKey::from_seed(&archive), SigningKey::from_seed(&member));
    let act = MemberAct { compartment: "main".into(), operation: OPERATION.into(), base: 41 };
    let fields = [
        ("change", json!("item/1")),
        ("at", json!("2031-02-19T10:00:00Z")),
        ("day", json!("2031-02-19")),
        ("by", json!("0101010101010101")),
        ("op", json!(OPERATION)),
        ("about", json!("A7-312")),
        ("path", json!("камера 03/\"утро\"\u{1}.mp4")),
        ("path_encoding", json!("utf-8")),
        ("sha256", json!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")),
        ("size", json!(0)),
        ("copy_of", json!(null)),
        ("file_system", json!({ "mode": "100644", "zone": "unknown" })),
    ];
    let rng = &mut ChaCha20Rng::seed_from_u64(900);
    let record = Record::issue(sample::ORIGIN, fields, &act, &member_key, &archive_key, rng);
    let shown = record.choose(&["change", "sha256", "size"]);
    let named: Map<String, Value> =
        record.disclosures().iter().map(|it| (it.name().to_owned(), it.value().clone())).collect();
    let expected = json!({
        "origin": sample::ORIGIN,
        "compartment": "main",
        "operation": OPERATION,
        "entry": hex_of(&record.entry()),
        "archive": { "kid": archive_key.public().key_id(), "public_key": hex_of(&archive_key.public().to_bytes()) },
        "member": { "kid": member_key.public().key_id(), "public_key": hex_of(&member_key.public().to_bytes()) },
        "fields": named,
        "shown": ["change", "sha256", "size"],
    });
    let expected = serde_json::to_string_pretty(&expected).unwrap() + "\n";
    [
        ("archive.seed", hex_of(&archive) + "\n"),
        ("member.seed", hex_of(&member) + "\n"),
        ("record.sd-jwt", record.to_sd_jwt()),
        ("shown.sd-jwt", shown.to_sd_jwt()),
        ("expected.json", expected),
    ]
    .into_iter()
    .map(|(path, text)| (path.to_owned(), text.into_bytes()))
    .collect()
}

#[test]
fn the_frozen_record_is_read_and_written_as_ever() {
    let files = frozen("record-v1", make_record);
    assert!(make_record() == files);
    let expected: Value = serde_json::from_slice(&files["expected.json"]).unwrap();
    let record = Record::parse(&text(&files, "record.sd-jwt")).unwrap();
    let shown = Record::parse(&text(&files, "shown.sd-jwt")).unwrap();
    let (archive, member) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
    for record in [&record, &shown] {
        record.verify(sample::ORIGIN, &archive.public()).unwrap();
        assert_eq!(json!(hex_of(&record.entry())), expected["entry"]);
        assert_eq!(json!(record.key_id()), expected["archive"]["kid"]);
    }
    record.verify_member("main", OPERATION, &member.public()).unwrap();
    let names: Vec<_> = shown.disclosures().iter().map(|field| field.name()).collect();
    assert_eq!(json!(names), expected["shown"]);
}
