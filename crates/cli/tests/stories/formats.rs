//! What `--json` prints has the shape of `docs/format/commands.md`, and of the frozen examples in `tests/vectors/commands-v1/`.
//!
//! In the examples a placeholder such as `<time>` stands for what is another thing in every archive; `<any>` for what depends on
//! the machine. With `VIDIMUS_WRITE_VECTORS=1` a folder that does not exist is written; one that exists is never touched.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::authority::{Authority, Plan, openssl_is_there};
use crate::support::House;
use crate::web::{Answer, Web};

/// Needs `openssl` for its authority; the other examples do not.
const ANCHOR: &str = "anchor";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/commands-v1")
}

#[test]
fn what_is_printed_is_what_was_frozen() {
    let fresh = printed();
    if std::env::var_os("VIDIMUS_WRITE_VECTORS").is_some() && !folder().exists() {
        assert!(fresh.contains_key(ANCHOR), "openssl is needed");
        fs::create_dir(folder()).unwrap();
        for (name, value) in &fresh {
            let text = serde_json::to_string_pretty(value).unwrap() + "\n";
            fs::write(folder().join(format!("{name}.json")), text).unwrap();
        }
    }
    let frozen = frozen();
    for (name, expected) in &frozen {
        match fresh.get(name) {
            Some(found) => compare(name, expected, found),
            None => assert_eq!(name, ANCHOR, "nothing printed {name}"),
        }
    }
    assert!(fresh.keys().all(|name| frozen.contains_key(name)), "an example is missing");
}

#[test]
fn the_documents_name_every_key() {
    let documents = concat!(
        include_str!("../../../../docs/format/commands.md"),
        include_str!("../../../../docs/format/changes.md"),
        include_str!("../../../../docs/format/object.md"),
        include_str!("../../../../docs/format/record.md"),
    );
    for (name, value) in frozen() {
        for key in keys(&value) {
            let named =
                [format!("`{key}`"), format!("\"{key}\"")].iter().any(|word| documents.contains(word));
            assert!(named, "no document names {key:?} of {name}.json");
        }
    }
}

fn frozen() -> BTreeMap<String, Value> {
    let files = fs::read_dir(folder()).expect("the frozen examples are there");
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
    };
    files.map(|entry| read(entry.unwrap().path())).collect()
}

/// The names of a program's keys; a disclosure's `files` is a map whose keys are paths.
fn keys(value: &Value) -> Vec<&String> {
    match value {
        Value::Array(list) => list.iter().flat_map(keys).collect(),
        Value::Object(map) => map.iter().flat_map(|(key, value)| [vec![key], keys(value)].concat()).collect(),
        _ => Vec::new(),
    }
}

/// Every key of the example is there with the same value; others may have been added since.
#[track_caller]
fn compare(at: &str, expected: &Value, found: &Value) {
    match (expected, found) {
        (Value::String(any), _) if any == "<any>" => {}
        (Value::Object(expected), Value::Object(found)) => {
            for (key, value) in expected {
                let found = found.get(key).unwrap_or_else(|| panic!("{at} lacks {key}"));
                compare(&format!("{at}.{key}"), value, found);
            }
        }
        (Value::Array(expected), Value::Array(found)) => {
            assert_eq!(expected.len(), found.len(), "{at}: {found:?}");
            for (index, (expected, found)) in expected.iter().zip(found).enumerate() {
                compare(&format!("{at}[{index}]"), expected, found);
            }
        }
        _ => assert_eq!(expected, found, "{at}"),
    }
}

/// A small archive's life, and what each command prints in it.
fn printed() -> BTreeMap<String, Value> {
    let house = House::with_archive();
    let mut all = BTreeMap::new();
    let mut keep = |name: &str, code: i32, arguments: &[&str]| {
        let said = house.vidimus([arguments, &["--json"]].concat());
        assert_eq!(said.code, code, "{name}: {said:?}");
        let value = masked("", &said.json(), house.path("").to_str().unwrap());
        all.insert(name.to_owned(), value);
    };
    house.file("disk/camera 3/clip.mp4", vec![7; 100_000]);
    house.file("disk/copy of clip.mp4", vec![7; 100_000]);
    house.file("disk/letter.txt", "a letter");
    house.file("disk/note.txt", "a note");
    let odd = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"disk/\xe2\xe8\xe4.avi");
    fs::write(house.path("").join(odd), "old code page").unwrap();
    std::os::unix::fs::symlink("note.txt", house.path("disk/link")).unwrap();
    house.file("about.txt", "brought on a black disk\n");

    keep("receive", 0, &["receive", "disk", "--note-file", "about.txt"]);
    house.vidimus(["release", "A1"]).succeeds();
    house.vidimus(["withdraw", "A1-4", "--reason", "a witness asked"]).succeeds();
    house.vidimus(["erase", "A1-3", "--reason", "a private letter", "--confirm", "A1-3"]).succeeds();
    let disclose = ["disclose", "A1-1", "--to", "A newsroom", "--purpose", "Verification", "--out", "bag"];
    keep("disclose", 0, &disclose);
    keep("list", 0, &["list"]);
    keep("list-withdrawn", 0, &["list", "--withdrawn"]);
    keep("show-item", 0, &["show", "A1-1"]);
    keep("show-accession", 0, &["show", "A1"]);
    keep("show-erased", 0, &["show", "A1-3"]);
    keep("log", 0, &["log", "A1-1"]);
    keep("receipt-list", 0, &["receipt", "list"]);
    keep("check", 0, &["check", "--full"]);
    keep("backup", 0, &["backup", "backup"]);

    house.vidimus(["compartment", "new", "witnesses", "--letter", "W"]).succeeds();
    keep("compartment-list", 0, &["compartment", "list"]);
    let recipient = crate::keyholders::people(1)[0].recipient().to_string();
    let set = ["keyholder", "set", "--keyholder", &recipient, "--threshold", "1", "--reason", "agreed"];
    house.vidimus(set).succeeds();
    keep("keyholder-list", 0, &["keyholder", "list"]);
    house.private("boris", "boris keeps four small goats");
    let add = ["member", "add", "Boris", "--new-passphrase-file", "boris", "--recovery-sheet", "boris.txt"];
    house.vidimus(add).succeeds();
    house.vidimus(["erase", "A1-2", "--reason", "asked by the family"]).succeeds();
    keep("proposals", 0, &["proposals"]);
    keep("member-list", 0, &["member", "list"]);

    if openssl_is_there() {
        let authority = Authority::new(&Plan::default());
        house.file("archive/authority.pem", authority.root_pem());
        let web = Web::new(move |request| Answer::ok(authority.answer(request)));
        let one = |name: &str, url: String| json!({ "name": name, "url": url, "ca": "authority.pem" });
        let settings = json!({ "authorities": [one("Example", web.url()), one("Nobody", Web::nobody())] });
        house.file("archive/settings.json", settings.to_string());
        keep(ANCHOR, 1, &["anchor"]);
    }

    fs::write(house.path("archive/log/checkpoint"), "no checkpoint").unwrap();
    let objects = files(&house.path("archive/objects"));
    let clip = objects.iter().max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    fs::remove_file(clip).unwrap();
    keep("check-damaged", 1, &["check"]);
    all
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The value with placeholders for what differs between two archives with the same life, and for words, which may be said better.
fn masked(key: &str, value: &Value, house: &str) -> Value {
    match value {
        Value::Object(map) => {
            let counted = map.contains_key("root") || map.contains_key("removed");
            let each = |(name, value): (&String, &Value)| match name.as_str() {
                // Of the machine on which the material lay.
                _ if ["medium", "file_system"].contains(&key) => (name.clone(), json!("<any>")),
                // Of a checkpoint, not of a file.
                "size" if counted && value.is_number() => (name.clone(), json!("<number>")),
                _ => (name.clone(), masked(name, value, house)),
            };
            map.iter().map(each).collect::<Map<_, _>>().into()
        }
        Value::Array(list) if ["still_sound", "unknown"].contains(&key) => {
            assert!(list.iter().all(Value::is_string), "{list:?}");
            json!(["<text>"])
        }
        Value::Array(list) => {
            let mut list: Vec<Value> = list.iter().map(|value| masked(key, value, house)).collect();
            // What came in one append stands in random order, and so do members.
            if list.iter().all(Value::is_object) {
                list.sort_by_key(Value::to_string);
            }
            list.into()
        }
        Value::Number(_) if NUMBERS.contains(&key) => json!("<number>"),
        Value::String(text) => json!(masked_text(key, text, house)),
        _ => value.clone(),
    }
}

/// Positions in the log, and how much stands in it.
const NUMBERS: [&str; 6] = ["seq", "index", "base", "records", "entries", "receipt"];

fn masked_text(key: &str, text: &str, house: &str) -> String {
    let hexadecimal = text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    match (key, text.len()) {
        ("sha256", _) => text.to_owned(),
        ("day", 10) => "<day>".into(),
        ("root", 44) => "<root>".into(),
        ("sig" | "key", 43..) => format!("<{key}>"),
        ("fingerprint", 1..) => "<fingerprint>".into(),
        ("problem" | "what_to_do" | "reason", _) => "<text>".into(),
        (_, 16) if hexadecimal => "<id>".into(),
        (_, 8 | 32 | 64) if hexadecimal => format!("<{} hexadecimal digits>", text.len()),
        (_, 20..) if text.starts_with("20") && text.contains('T') && text.ends_with('Z') => "<time>".into(),
        _ if text.starts_with("age1") => "<recipient>".into(),
        _ => match text.replace(house, "<folder>/") {
            receipt if receipt.contains("/receipts/") => "<folder>/archive/receipts/<number>".into(),
            other => other,
        },
    }
}
