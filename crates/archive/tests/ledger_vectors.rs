//! The frozen example in `tests/vectors/ledger-v1/`: a ledger of version 1 opens, and each row says what it said.
//!
//! With `VIDIMUS_WRITE_VECTORS=1` a folder that does not exist is written; one that exists is never touched.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use vidimus_archive::clock::FixedClock;
use vidimus_archive::receive::Receive;
use vidimus_archive::{Archive, Beginning, Outcome};
use vidimus_ledger::{Ledger as _, Row, SqliteLedger, tail};
use vidimus_model::{Action, CompartmentId, Statement};
use vidimus_proof::bag::manifest::{Algorithm, Digests};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::merkle::{Frontier, leaf_hash};
use vidimus_proof::note::VerifierKey;
use vidimus_proof::record::{PublicKey, Record};
use vidimus_seal::age::Identity;
use vidimus_seal::row::{RowAad, RowKey, open_row};

const ORIGIN: &str = "archive.example/ik-900";
const NOW: &str = "2031-02-19T10:00:00Z";
/// What the folder holds, besides the sums.
const FILES: [&str; 4] = ["archive.vkey", "keys.json", "ledger.db", "rows.json"];

fn vectors() -> PathBuf {
    // The tests of this file run beside each other; one of them makes it.
    static MAKING: Mutex<()> = Mutex::new(());
    let _making = MAKING.lock().unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/ledger-v1");
    if std::env::var_os("VIDIMUS_WRITE_VECTORS").is_some() && !folder.exists() {
        make(&folder);
    }
    assert_eq!(
        fs::read_to_string(folder.join("SHA256SUMS")).expect("the frozen example is there"),
        sums(&folder),
        "a frozen example is never edited"
    );
    folder
}

fn sums(folder: &Path) -> String {
    let sum = |name| Digests::of(&fs::read(folder.join(name)).unwrap()).hex(Algorithm::Sha256);
    FILES.iter().map(|name| format!("{}  {name}\n", sum(name))).collect()
}

/// What a row says, as `rows.json` has it.
fn said(row: &Row, keys: &BTreeMap<String, String>, archive: &str) -> Value {
    let says = match (record(row, keys, archive), row.erased) {
        (Some(record), false) => {
            let fields = record.disclosures().iter().map(|it| (it.name().to_owned(), it.value().clone()));
            Value::Object(fields.collect())
        }
        (None, true) => json!("erased"),
        (None, false) => json!("blank"),
        (Some(_), true) => panic!("an erased row has a body"),
    };
    json!({
        "seq": row.seq,
        "compartment": row.compartment,
        "key": row.key,
        "entry": hex::encode(row.entry),
        "op": row.op.map(hex::encode),
        "says": says,
    })
}

fn record(row: &Row, keys: &BTreeMap<String, String>, archive: &str) -> Option<Record> {
    let identity: Identity = keys[&row.key].parse().unwrap();
    let place = RowAad::new(archive, &row.compartment, &row.key, &row.entry).unwrap();
    let text = open_row(&RowKey::derive(&identity), &place, row.body.as_ref()?).unwrap();
    let record = Record::parse(std::str::from_utf8(&text).unwrap()).unwrap();
    assert_eq!(record.entry(), row.entry);
    Some(record)
}

/// One row a line, so that a difference is seen.
fn rows_json(rows: &[Value]) -> String {
    let lines: Vec<String> = rows.iter().map(Value::to_string).collect();
    format!("[\n{}\n]\n", lines.join(",\n"))
}

struct Frozen {
    _folder: tempfile::TempDir,
    ledger: SqliteLedger,
    keys: BTreeMap<String, String>,
    vkey: VerifierKey,
}

fn frozen() -> Frozen {
    let vectors = vectors();
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("ledger.db");
    fs::copy(vectors.join("ledger.db"), &copy).unwrap();
    let read = |name| fs::read_to_string(vectors.join(name)).unwrap();
    Frozen {
        _folder: folder,
        ledger: SqliteLedger::open(&copy).unwrap(),
        keys: serde_json::from_str(&read("keys.json")).unwrap(),
        vkey: read("archive.vkey").trim_end().parse().unwrap(),
    }
}

#[test]
fn each_row_says_what_it_said() {
    let Frozen { ledger, keys, vkey, .. } = frozen();
    let rows: Vec<Row> = tail(&ledger, 0).collect::<Result<_, _>>().unwrap();
    let says: Vec<Value> = rows.iter().map(|row| said(row, &keys, ledger.archive())).collect();
    let expected = fs::read_to_string(vectors().join("rows.json")).unwrap();
    assert_eq!(rows_json(&says), expected);
    for says in ["blank", "erased"] {
        assert!(expected.contains(&format!("\"says\":\"{says}\"")), "there is no {says} row");
    }

    let archive = PublicKey::from_bytes(vkey.public_key()).unwrap();
    assert_eq!(archive.key_id(), ledger.archive());
    let mut members = HashMap::new();
    let records: Vec<(&Row, Record)> =
        rows.iter().filter_map(|row| Some((row, record(row, &keys, ledger.archive())?))).collect();
    for (_, record) in &records {
        if let Some(key) = record.text("signing_key") {
            members.insert(record.text("member").unwrap().to_owned(), key.to_owned());
        }
    }
    for (row, record) in &records {
        record.verify(ORIGIN, &archive).unwrap();
        let statement = Statement::of(record).unwrap();
        assert_eq!(Some(*statement.op.as_bytes()), row.op);
        let member = base64url(&members[&statement.by.to_string()]);
        let member = PublicKey::from_bytes(&member).unwrap();
        record.verify_member(&row.compartment, &statement.op.to_string(), &member).unwrap();
    }
}

#[test]
fn frontier_and_checkpoints_hold() {
    let Frozen { ledger, vkey, .. } = frozen();
    let tip = ledger.tip().unwrap();
    let signed: BTreeMap<u64, Vec<u8>> = ledger.checkpoints(0, usize::MAX).unwrap().into_iter().collect();
    assert_eq!(signed.get(&tip.size), Some(&tip.note));
    let mut frontier = Frontier::new();
    let mut held = 0;
    for entry in ledger.entries(0, tip.size).unwrap() {
        frontier.append(leaf_hash(&entry));
        if let Some(note) = signed.get(&frontier.size()) {
            let checkpoint = SignedCheckpoint::from_bytes(note).unwrap();
            let checkpoint = checkpoint.verify(&vkey).unwrap();
            assert_eq!((checkpoint.size, checkpoint.root), (frontier.size(), frontier.root()));
            held += 1;
        }
    }
    assert_eq!(held, signed.len());
    assert_eq!(Frontier::from_bytes(&tip.frontier).unwrap(), frontier);
    assert_eq!(frontier.to_bytes(), tip.frontier);
}

fn base64url(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn make(folder: &Path) {
    // Its name stands in the example, so it is the same wherever that is made.
    let place = tempfile::Builder::new().prefix("ik-900").rand_bytes(0).tempdir().unwrap();
    let disk = place.path().join("disk");
    fs::create_dir(&disk).unwrap();
    for (name, text) in [("камера 03.txt", "a note"), ("copy.txt", "a note"), ("letter.txt", "a letter")]
    {
        fs::write(disk.join(name), text).unwrap();
        let file = fs::File::options().write(true).open(disk.join(name)).unwrap();
        // 2031-02-17T08:00:00Z
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_929_081_600)).unwrap();
    }
    std::os::unix::fs::symlink("copy.txt", disk.join("link")).unwrap();
    let beginning = Beginning {
        state: &place.path().join("state"),
        origin: ORIGIN,
        member: "Олена",
        passphrase: "six small words for the test",
        keyholders: None,
        kdf: vidimus_seal::KdfParams { memory_kib: 64, passes: 1, lanes: 1 },
        clock: Box::new(FixedClock(NOW.parse().unwrap())),
    };
    let (mut archive, _) = Archive::init(&place.path().join("archive"), beginning).unwrap();
    let request = Receive {
        paths: vec![disk],
        giver: None,
        note: Some("a disk from ИК-900".into()),
        new: false,
        into: CompartmentId::main(),
    };
    archive.receive(&request, &mut |_| {}).unwrap();
    let erase = Action::Erase { about: vec!["A1-2".parse().unwrap()] };
    assert_eq!(archive.propose(erase, "a private letter", true).unwrap(), Outcome::Done);
    let vkey = archive.verifier_key().to_string();
    let path = archive.layout().ledger();

    let ledger = SqliteLedger::open(&path).unwrap();
    let rows: Vec<Row> = tail(&ledger, 0).collect::<Result<_, _>>().unwrap();
    let secret = |row: &Row| {
        let key = archive.keyring().get(row.key.parse().unwrap()).unwrap();
        (row.key.clone(), key.identity.to_secret_string().to_string())
    };
    let keys: BTreeMap<String, String> = rows.iter().map(secret).collect();
    let says: Vec<Value> = rows.iter().map(|row| said(row, &keys, ledger.archive())).collect();
    // The last handle to close moves everything into the one file.
    drop((ledger, archive));
    assert!(!path.with_extension("db-wal").exists());
    fs::create_dir_all(folder).unwrap();
    fs::copy(&path, folder.join("ledger.db")).unwrap();
    fs::write(folder.join("archive.vkey"), vkey + "\n").unwrap();
    fs::write(folder.join("keys.json"), serde_json::to_string_pretty(&keys).unwrap() + "\n").unwrap();
    fs::write(folder.join("rows.json"), rows_json(&says)).unwrap();
    fs::write(folder.join("SHA256SUMS"), sums(folder)).unwrap();
}
