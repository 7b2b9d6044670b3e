//! Canaries: what was said, named and typed lies nowhere in clear after a whole story, and what was erased is gone.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::scan::scan;
use crate::support::{House, Said};

const NAME: &str = "zimorodok-file-name";
const CONTENT: &str = "zimorodok content of a letter";
const NOTE: &str = "зимородок, as it was said";
const GIVER: &str = "Zimorodok the giver";
const PASSPHRASE: &str = "zimorodok passphrase of nine herons";
const OTHER: &str = "zimorodok second passphrase";
const RECIPIENT: &str = "zimorodok court";
const PURPOSE: &str = "zimorodok purpose";
const REASON: &str = "zimorodok reason";
const MEMBER: &str = "Zimorodok the member";
const ALL: [&str; 10] = [NAME, CONTENT, NOTE, GIVER, PASSPHRASE, OTHER, RECIPIENT, PURPOSE, REASON, MEMBER];

/// Runs a command whose temporary files, should it make any, lie in the house.
fn vidimus(house: &House, arguments: &[&str]) -> Said {
    let output = house.command().env("TMPDIR", house.path("tmp")).args(arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
        .succeeds()
}

fn house() -> House {
    let house = House::new();
    for folder in ["tmp", "home"] {
        fs::create_dir(house.path(folder)).unwrap();
    }
    house.private("passphrase", PASSPHRASE);
    house.private("giver", GIVER);
    house.private("note", NOTE);
    let init =
        ["init", "--origin", "archive.example/canaries", "--member", MEMBER, "--recovery-sheet", "sheet"];
    vidimus(&house, &init);
    for number in 0..3 {
        house.file(&format!("disk/{NAME}-{number}"), format!("{number}: {CONTENT}"));
    }
    house.file(&format!("disk/{NAME}-large"), format!("{CONTENT}\n").repeat(9000));
    house.file(&format!("disk/{NAME}-copy"), format!("{CONTENT}\n").repeat(9000));
    vidimus(&house, &["receive", "disk", "--from-file", "giver", "--note-file", "note"]);
    house
}

#[test]
fn after_a_whole_story_nothing_lies_in_clear() {
    let house = house();
    vidimus(&house, &["list"]);
    vidimus(&house, &["show", "A1-1"]);
    vidimus(&house, &["release", "A1"]);
    vidimus(&house, &["disclose", "A1-1", "--to", RECIPIENT, "--purpose", PURPOSE, "--out", "bag"]);
    vidimus(&house, &["withdraw", "A1-2", "--reason", REASON]);
    vidimus(&house, &["erase", "A1-3", "--reason", REASON, "--confirm", "A1-3"]);
    vidimus(&house, &["backup", "copy"]);
    house.private("other", OTHER);
    vidimus(&house, &["passphrase", "--new-passphrase-file", "other"]);
    house.private("passphrase", OTHER);
    vidimus(&house, &["rebuild"]);
    vidimus(&house, &["check", "--full"]);
    vidimus(&house, &["backup", "copy"]);
    let places = ["archive", "state", "tmp", "home", "copy"].map(|name| house.path(name));
    assert_eq!(scan(&places, &ALL), []);
    let but_content: Vec<_> = ALL.into_iter().filter(|&secret| secret != CONTENT).collect();
    assert_eq!(scan(&[house.path("bag")], &but_content), []);
    assert!(fs::read_dir(house.path("tmp")).unwrap().next().is_none(), "no temporary file at all");
}

/// A second process shows that this machine would have written one, where it does.
#[test]
fn neither_arguments_nor_a_core_dump_tell() {
    let house = House::with_archive();
    house.file("disk/note.txt", "a note");
    let program = env!("CARGO_BIN_EXE_vidimus");
    let mut command = Command::new("sh");
    house.settle(&mut command);
    command.args(["-c", "ulimit -c unlimited 2>/dev/null; exec \"$@\"", "sh"]);
    command.args([program, "receive", "disk", "--from-file", "-"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let about = PathBuf::from(format!("/proc/{}", child.id()));
    // It waits for the giver on standard input; what it gave up stands in its limits as soon as it runs.
    let hardened = |limits: &str| {
        limits
            .lines()
            .any(|line| line.starts_with("Max core file size") && line.split_whitespace().nth(5) == Some("0"))
    };
    while !fs::read_to_string(about.join("limits")).is_ok_and(|limits| hardened(&limits)) {
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        std::thread::yield_now();
    }
    for secret in [crate::support::PASSPHRASE, "a note"] {
        for file in ["cmdline", "environ"] {
            let bytes = fs::read(about.join(file)).unwrap_or_default();
            assert!(!String::from_utf8_lossy(&bytes).contains(secret), "{file}");
        }
    }
    Command::new("kill").args(["-ABRT", &child.id().to_string()]).status().unwrap();
    let ended = child.wait().unwrap();
    assert_eq!((ended.signal(), ended.core_dumped()), (Some(6), false));
}

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
