//! Names and objects of a hostile disk: every one is counted, shown harmlessly, and comes back byte for byte.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use vidimus_model::{FoundPath, is_unsafe_to_show};
use vidimus_proof::bag::manifest::{Algorithm, Digests};
use vidimus_proof::record::Record;

use crate::support::{House, Said};

/// Names that a careless program would print, open, or break on.
const NAMES: [&[u8]; 58] = [
    b"line\nfeed.txt",
    b"two\r\nlines: forged",
    b"tab\there",
    b"\x1b[2J\x1b[31mred",
    b"bell\x07\x08\x08",
    b"delete\x7f",
    "c1 control \u{9b}2J".as_bytes(),
    "photo\u{202e}gpj.exe".as_bytes(),
    "isolate\u{2067}d".as_bytes(),
    "zero\u{200b}width".as_bytes(),
    "\u{feff}mark first".as_bytes(),
    "tag\u{e0041}".as_bytes(),
    "line\u{2028}separator".as_bytes(),
    b"\xff\xfe\x80 no text",
    b"\xc0\xaf..\xc0\xaf overlong",
    b"\xed\xa0\x80 surrogate",
    b"\xe2\xe8\xe4\xe5\xee.avi",
    b"100%2F%00.txt",
    b"-rf",
    b"--output=x",
    b"$(touch pwned)",
    b"..\\..\\win.ini",
    b"\"><script>alert(1)",
    b"bag-info.txt",
    b" ",
    b"\\x1b already escaped \\u{202e}",
    // What a log, a header or another program's line would take for its own.
    b"x\n2026-11-20T10:00:00Z INFO custody verified by=admin ok",
    b"a\r\nSet-Cookie: admin=1",
    b"a\"; filename=\"evil.html",
    b"a;id;",
    b"a|b&c",
    b"`id`",
    b"*",
    b"~root",
    b"-i",
    b"%2e%2e%2fetc%2fpasswd",
    b"%s%n%x",
    b"C:evil",
    b"file:alternate",
    b"CON",
    b"trailing. ",
    b"...",
    b".hidden",
    b".htaccess",
    // Twins to a reader, or to another file system.
    "e\u{301}".as_bytes(),
    "\u{e9}".as_bytes(),
    b"TWIN",
    b"twin",
    "payp\u{430}l".as_bytes(),
    "\u{1f469}\u{200d}\u{1f467}".as_bytes(),
    "Z\u{336}\u{322}\u{321}a\u{337}lgo".as_bytes(),
    b"\xa2\xa8\xa4\xa5\xae.avi",
    // What a page, a query or a spreadsheet would obey.
    b"{{7*7}}${7*7}<%=7*7%>",
    b"'; DROP TABLE items;--",
    b"=HYPERLINK(\"http:evil\",\"x\")",
    b"@SUM(1)",
    b"checkpoint",
    b"manifest.json",
];

#[test]
fn every_name_is_counted_shown_harmlessly_and_comes_back() {
    let house = House::with_archive();
    let disk = house.path("disk");
    fs::create_dir_all(disk.join("deep/er")).unwrap();
    for (number, name) in NAMES.iter().enumerate() {
        fs::write(disk.join(OsStr::from_bytes(name)), format!("content {number}")).unwrap();
    }
    fs::write(disk.join("n".repeat(255)), "the longest name").unwrap();
    fs::write(disk.join("deep/er/copy"), "content 3").unwrap();
    fs::write(disk.join("empty"), "").unwrap();
    fs::hard_link(disk.join("empty"), disk.join("hard link")).unwrap();
    contents(disk.as_path());
    objects(&house, &disk);
    comes_back(&house, &disk, "disk");
}

/// Files that another program would open, run, unpack, or refuse: here they are bytes.
fn contents(disk: &Path) {
    // A member that would be written above the folder it is unpacked in, and one that says less of its size than it has.
    let member = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\x0a\0\0\0\xff\xff\xff\x7f\x0c\0\0\0../../escaped";
    fs::write(disk.join("slip.zip"), member).unwrap();
    fs::write(disk.join("fake.7z"), b"7z\xbc\xaf\x27\x1c broken").unwrap();
    fs::write(disk.join("page.html"), "<script>fetch('http://evil.example')</script>").unwrap();
    fs::write(disk.join("picture.svg"), "<svg onload='alert(1)'><image href='file:///etc/passwd'/></svg>")
        .unwrap();
    fs::write(disk.join("list.mp4"), "#EXTM3U\nfile:///etc/passwd\n").unwrap();
    fs::write(disk.join("nothing but \0"), "x").unwrap_err();
    let holes = fs::File::create(disk.join("holes")).unwrap();
    holes.set_len(3 << 20).unwrap();
    for (name, mode) in [("no permission", 0o000), ("runs as its owner", 0o6755)] {
        fs::write(disk.join(name), name).unwrap();
        fs::set_permissions(disk.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    for (name, seconds) in [("before the clock began", -1_900_000_000), ("of another age", 13_500_000_000)] {
        fs::write(disk.join(name), name).unwrap();
        let time = rustix::fs::Timespec { tv_sec: seconds, tv_nsec: 0 };
        let times = rustix::fs::Timestamps { last_access: time, last_modification: time };
        rustix::fs::utimensat(rustix::fs::CWD, disk.join(name), &times, rustix::fs::AtFlags::empty())
            .unwrap();
    }
}

/// What is no file, or leads elsewhere.
fn objects(house: &House, disk: &Path) {
    fs::write(house.path("outside"), "OUTSIDE THE DISK").unwrap();
    symlink(house.path("outside"), disk.join("to outside")).unwrap();
    symlink("/proc/self/environ", disk.join("to \x1b[2Jsecrets\n")).unwrap();
    symlink("..", disk.join("deep/up")).unwrap();
    symlink("b", disk.join("a loop")).unwrap();
    symlink("a loop", disk.join("b")).unwrap();
    let pipe = Command::new("mkfifo").arg(disk.join("a pipe\u{202e}")).status().unwrap();
    assert!(pipe.success());
    std::os::unix::net::UnixListener::bind(disk.join("socket")).unwrap();
}

#[test]
fn the_shared_hostile_disk_is_taken_in_and_comes_back() {
    let shared = std::env::var_os("VIDIMUS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let maker = shared.join("hostile/make_hostile.py");
    if !maker.exists() {
        println!("skipped: there is no {}", maker.display());
        return;
    }
    let house = House::with_archive();
    let disk = house.path("disk");
    let made = Command::new("python3").arg(&maker).arg(&disk).arg("--devices").output().unwrap();
    assert!(made.status.success(), "{made:?}");
    // Five gigabytes of nothing cost a minute; `make limits` takes them in too.
    if std::env::var_os("VIDIMUS_LIMITS").is_none() {
        fs::remove_file(disk.join("fs/sparse_5g.bin")).unwrap();
    }
    let (listed, missed) = comes_back(&house, &disk, "disk/names");
    let made = fs::read(house.path("hostile_manifest.json")).unwrap();
    every_case(&disk, &serde_json::from_slice(&made).unwrap(), &listed, &missed);
}

/// Each of the 207 cases that could be made here was taken in with its digest, or named as what it is.
fn every_case(disk: &Path, made: &Value, listed: &Value, missed: &BTreeSet<Vec<u8>>) {
    let taken: BTreeMap<Vec<u8>, &str> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (bytes(item), item["sha256"].as_str().unwrap()))
        .collect();
    let (cases, skipped) = (made["cases"].as_array().unwrap(), made["skipped"].as_array().unwrap());
    println!("{} cases, {} that this machine cannot make", cases.len(), skipped.len());
    assert!(cases.len() + skipped.len() >= 207);
    for case in cases {
        let path = STANDARD.decode(case["path_b64"].as_str().unwrap()).unwrap();
        // Of a folder full of files, or one that a path could not name, what is in it counts.
        if disk.join(OsStr::from_bytes(&path)).symlink_metadata().is_ok_and(|found| found.is_dir()) {
            let below = [&path[..], b"/"].concat();
            assert!(taken.keys().any(|path| path.starts_with(&below)), "{case}");
        } else if case["sha256"].is_string() {
            assert_eq!(taken.get(&path), case["sha256"].as_str().as_ref(), "{case}");
        } else if disk.join(OsStr::from_bytes(&path)).symlink_metadata().is_ok() {
            assert!(taken.contains_key(&path) || missed.contains(&path), "{case}");
        }
    }
}

/// Receives a disk, asks every command that names things about it, and receives a part once more to read the receipt as a person.
fn comes_back(house: &House, disk: &Path, again: &str) -> (Value, BTreeSet<Vec<u8>>) {
    let before = everything(&house.path(""), &["disk", "archive", "state"]);
    let said = house.vidimus(["receive", "disk", "--json"]);
    assert!(said.code <= 1, "{said:?}");
    harmless(&said);
    let received = said.json();
    let not_taken = received["not_taken"].as_array().unwrap();
    let number = |key: &str| received[key].as_u64().unwrap();
    assert_eq!(number("found"), number("taken") + number("copies") + not_taken.len() as u64, "{received}");
    let missed: BTreeSet<_> = not_taken.iter().map(bytes).collect();
    let there = everything(disk, &[]);
    let listed = house.vidimus(["list", "--json"]).succeeds();
    harmless(&listed);
    let names = paths(&listed);
    assert_eq!(names.len() as u64, number("taken") + number("copies"));
    assert_eq!(
        names.union(&missed).cloned().collect::<BTreeSet<_>>(),
        there,
        "each name is there, byte for byte"
    );
    assert!(names.is_disjoint(&missed));
    same_bytes(disk, &listed.json());
    for way in [&["list"][..], &["show", "A1"], &["log", "A1"], &["show", "A1", "--json"], &["check"]] {
        harmless(&house.vidimus(way));
    }
    // Some of the first, which are in the order of the walk, and what a refusal says about them.
    for item in listed.json().as_array().unwrap().iter().take(8) {
        let reference = item["ref"].as_str().unwrap();
        harmless(&house.vidimus(["show", reference]).succeeds());
        harmless(&house.vidimus(["log", reference, "--json"]).succeeds());
    }
    harmless(&house.vidimus(["show", "A1-1\x1b[2J\u{202e}"]));
    harmless(&house.vidimus(["receive", "no such \x1b[2J\u{202e}\n"]));
    let human = house.vidimus(["receive", again, "--new"]);
    assert!(human.code <= 1, "{human:?}");
    harmless(&human);

    in_a_bag(house, &listed.json());
    house.vidimus(["backup", "copy"]).succeeds();
    house.vidimus(["restore", "copy", "again"]).succeeds();
    let restored = house.vidimus(["--archive", "again", "list", "A1", "--json"]).succeeds();
    assert_eq!(restored.out, house.vidimus(["list", "A1", "--json"]).succeeds().out);
    house.vidimus(["--archive", "again", "check", "--full"]).succeeds();

    let after = everything(&house.path(""), &["disk", "archive", "state", "bag", "copy", "again"]);
    assert_eq!(after, before, "nothing was written elsewhere");
    assert!(everything(disk, &[]) == there, "nothing was written on the disk");
    (listed.json(), missed)
}

/// Each item has the digest of the file that lies on the disk under its name.
fn same_bytes(disk: &Path, listed: &Value) {
    let mut compared = 0;
    for item in listed.as_array().unwrap() {
        // A path may be longer than the system lets a program name, and a file larger than a test should read.
        let Ok(content) = fs::read(disk.join(OsStr::from_bytes(&bytes(item)))) else { continue };
        assert_eq!(item["sha256"], Digests::of(&content).hex(Algorithm::Sha256), "{item}");
        compared += 1;
    }
    assert!(compared > 60, "{compared}");
}

/// All items with open paths: the names stand in the records alone, and in the bytes they had.
fn in_a_bag(house: &House, listed: &Value) {
    // Not the thousands of small files of one folder: names are what is tried here.
    let chosen =
        listed.as_array().unwrap().iter().filter(|item| !item["path"].as_str().unwrap().contains("many/"));
    let chosen: Vec<_> = chosen.collect();
    let references = chosen.iter().map(|item| item["ref"].as_str().unwrap());
    let how = [
        "--to",
        "A \u{202e}reader\x1b[2J",
        "--purpose",
        "p\nq",
        "--out",
        "bag",
        "--fields",
        "path,path_encoding",
        "--json",
    ];
    let said = house.vidimus(["disclose"].into_iter().chain(references).chain(how)).succeeds();
    harmless(&said);
    let mut opened = BTreeSet::new();
    for entry in fs::read_dir(house.path("bag/records")).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let record = Record::parse(text.trim_end()).unwrap();
        let fields: serde_json::Map<_, _> = record
            .disclosures()
            .iter()
            .map(|field| (field.name().to_owned(), field.value().clone()))
            .collect();
        opened.insert(bytes(&Value::Object(fields)));
    }
    assert_eq!(opened, chosen.iter().map(|item| bytes(item)).collect());
    for file in everything(&house.path("bag"), &[]) {
        let text = String::from_utf8(file).expect("a bag's own names are plain");
        assert!(text.chars().all(|c| c.is_ascii_graphic()), "{text:?}");
        if !text.starts_with("data/") {
            shows_nothing_hidden(&fs::read_to_string(house.path("bag").join(text)).unwrap());
        }
    }
}

/// Nothing moves a cursor, turns a line around, or speaks of the program's insides.
#[track_caller]
fn harmless(said: &Said) {
    shows_nothing_hidden(&said.out);
    shows_nothing_hidden(&said.err);
    assert!(!said.err.contains("panicked"), "{said:?}");
}

#[track_caller]
fn shows_nothing_hidden(text: &str) {
    let found = text.chars().find(|&c| c != '\n' && is_unsafe_to_show(c));
    assert_eq!(found, None, "in {text:?}");
}

/// The bytes of a path as it stands in JSON.
fn bytes(value: &Value) -> Vec<u8> {
    let path: FoundPath =
        serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"));
    path.as_bytes().to_vec()
}

fn paths(listed: &Said) -> BTreeSet<Vec<u8>> {
    listed.json().as_array().unwrap().iter().map(bytes).collect()
}

/// Everything below a folder that is no folder, links not followed; `but` names what is passed over at the top.
fn everything(folder: &Path, but: &[&str]) -> BTreeSet<Vec<u8>> {
    let mut command = Command::new("find");
    command.arg(".").current_dir(folder);
    for name in but {
        command.args(["-path", &format!("./{name}"), "-prune", "-o"]);
    }
    // `find` walks paths that are longer than the system lets a program name.
    let output = command.args(["!", "-type", "d", "-print0"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let found = output.stdout.split(|&byte| byte == 0).filter(|path| !path.is_empty());
    found.map(|path| path[2..].to_vec()).collect()
}
