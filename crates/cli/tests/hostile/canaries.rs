//! Canaries: what was said, named and typed lies nowhere in clear after a whole story, nor in what other processes can see meanwhile.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use vidimus_seal::{Entropy, Identity};

use crate::scan::scan;
use crate::support::{House, Said};

pub const NAME: &str = "zimorodok-file-name";
pub const CONTENT: &str = "zimorodok content of a letter";
pub const NOTE: &str = "зимородок, as it was said";
pub const GIVER: &str = "Zimorodok the giver";
pub const PASSPHRASE: &str = "zimorodok passphrase of nine herons";
const NEWER: &str = "zimorodok second passphrase";
const OTHERS: &str = "zimorodok passphrase of somebody else";
const RECIPIENT: &str = "zimorodok court";
const PURPOSE: &str = "zimorodok purpose";
pub const REASON: &str = "zimorodok reason";
const MEMBER: &str = "Zimorodok the member";
const OTHER: &str = "Зимородок the second";
const COMPARTMENT: &str = "zimorodok witnesses";
/// What must not lie in clear; an argument may hold the second half, for who types it says it.
const SECRET: [&str; 6] = [CONTENT, NOTE, GIVER, PASSPHRASE, NEWER, OTHERS];
const TYPED: [&str; 7] = [NAME, RECIPIENT, PURPOSE, REASON, MEMBER, OTHER, COMPARTMENT];

/// What people made themselves, and what they asked for in clear: here it may stand.
const PLAIN: [&str; 13] = [
    "disk",
    "killed",
    "passphrase",
    "newer",
    "others",
    "giver",
    "note",
    "sheet",
    "sheet-2",
    "sheet-3",
    "ana",
    "bo",
    "bag",
];

/// Where a program could leave something besides the archive, by the variable that names it.
const ELSEWHERE: [(&str, &str); 7] = [
    ("TMPDIR", "tmp"),
    ("SQLITE_TMPDIR", "tmp"),
    ("HOME", "home"),
    ("XDG_CACHE_HOME", "cache"),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_DATA_HOME", "data"),
    ("XDG_RUNTIME_DIR", "runtime"),
];

/// `vidimus` with all that lies elsewhere in the house.
fn command(house: &House, arguments: &[&str]) -> Command {
    let mut command = house.command();
    command.envs(ELSEWHERE.map(|(variable, folder)| (variable, house.path(folder))));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command, and looks meanwhile at what every other process of the machine can see of it.
pub fn vidimus(house: &House, arguments: &[&str]) -> Said {
    let child = command(house, arguments).spawn().unwrap();
    let first = child.id();
    let over = std::sync::atomic::AtomicBool::new(false);
    let output = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                family(first).iter().for_each(|about| shows_nothing(about, &SECRET));
                std::thread::yield_now();
            }
        });
        let output = child.wait_with_output().unwrap();
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        watcher.join().unwrap();
        output
    });
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
        .succeeds()
}

/// A process and all that it started, the tools that examine among them.
fn family(first: u32) -> Vec<PathBuf> {
    let (mut found, mut next) = (Vec::new(), vec![first.to_string()]);
    while let Some(process) = next.pop() {
        let about = PathBuf::from(format!("/proc/{process}"));
        for thread in fs::read_dir(about.join("task")).into_iter().flatten().flatten() {
            let children = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            next.extend(children.split_whitespace().map(str::to_owned));
        }
        found.push(about);
    }
    found
}

/// Neither arguments, nor surroundings, nor names of threads, nor names of open files tell.
#[track_caller]
pub fn shows_nothing(about: &Path, secrets: &[&str]) {
    let mut seen: Vec<u8> = ["cmdline", "environ", "comm", "maps"]
        .iter()
        .flat_map(|file| fs::read(about.join(file)).unwrap_or_default())
        .collect();
    for (folder, file) in [("task", "comm"), ("fd", "")] {
        for entry in fs::read_dir(about.join(folder)).into_iter().flatten().flatten() {
            seen.extend(fs::read(entry.path().join(file)).unwrap_or_default().iter().take(200));
            seen.extend(
                fs::read_link(entry.path())
                    .map(|to| to.into_os_string().into_encoded_bytes())
                    .unwrap_or_default(),
            );
        }
    }
    let seen = String::from_utf8_lossy(&seen);
    for secret in secrets {
        assert!(!seen.contains(secret), "{secret:?} is seen of {}", about.display());
    }
}

/// A house with an archive of one member and two keyholders, and a disk taken in as A1.
pub fn house() -> House {
    let house = House::new();
    for (_, folder) in ELSEWHERE {
        fs::create_dir_all(house.path(folder)).unwrap();
    }
    house.private("passphrase", PASSPHRASE);
    house.private("giver", GIVER);
    house.private("note", NOTE);
    let init =
        ["init", "--origin", "archive.example/canaries", "--member", MEMBER, "--recovery-sheet", "sheet"];
    let keyholders: Vec<_> = keyholders().iter().map(|who| who.recipient().to_string()).collect();
    let named = ["--keyholder", &keyholders[0], "--keyholder", &keyholders[1], "--threshold", "2"];
    vidimus(&house, &[&init[..], &named].concat());
    for number in 0..3 {
        house.file(&format!("disk/{NAME}-{number}"), format!("{number}: {CONTENT}"));
    }
    house.file(&format!("disk/{NAME}-large"), format!("{CONTENT}\n").repeat(9000));
    house.file(&format!("disk/{NAME}-copy"), format!("{CONTENT}\n").repeat(9000));
    zipped(&house, &format!("disk/{NAME}.zip"));
    vidimus(&house, &["receive", "disk", "--from-file", "giver", "--note-file", "note"]);
    house
}

/// A container with a file in it that bears the name and says the content.
fn zipped(house: &House, name: &str) {
    let make = "import sys,zipfile\nwith zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as z: z.writestr(sys.argv[2] + '.txt', sys.argv[3])";
    let made =
        Command::new("python3").args(["-c", make]).arg(house.path(name)).args([NAME, CONTENT]).status();
    assert!(made.unwrap().success());
}

fn keyholders() -> [Identity; 2] {
    let mut entropy = Entropy::from_seed(&[5; 32]);
    std::array::from_fn(|_| Identity::generate(&mut entropy))
}

/// The code on a recovery sheet in the forms in which it could be written down.
fn codes(house: &House, sheet: &str) -> Vec<String> {
    let text = fs::read_to_string(house.path(sheet)).unwrap();
    let words: Vec<&str> = text.split_whitespace().collect();
    let behind =
        |number: usize| words.iter().position(|word| *word == format!("{number}:")).map(|at| words[at + 1]);
    let groups: Vec<&str> = (1..=10).filter_map(behind).collect();
    assert_eq!(groups.len(), 10, "the code of {text}");
    let joined = groups.concat();
    vec![groups.join(" "), groups[..3].join("-"), joined.to_lowercase(), joined.to_uppercase(), joined]
}

/// A large disk, of which some is taken in when the program is killed.
fn killed_receive(house: &House) {
    for number in 0..10 {
        house.file(&format!("killed/{NAME}-{number}"), format!("{number} {CONTENT}\n").repeat(2_200));
    }
    let mut child = command(house, &["receive", "killed", "--from-file", "giver", "--note-file", "note"])
        .spawn()
        .unwrap();
    // The first object that appears shows that it is at work.
    let objects = || files_below(&house.path("archive/objects"));
    let before = objects();
    while objects() == before && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

fn files_below(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { files_below(&entry.path()) } else { 1 }).sum()
}

/// Everything found in the house but in what people made themselves.
fn found(house: &House, secrets: &[&str]) -> BTreeSet<(PathBuf, String, String)> {
    let root = house.path("");
    let plain: Vec<PathBuf> = PLAIN.iter().map(|name| root.join(name)).collect();
    let places: Vec<PathBuf> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !plain.contains(path))
        .collect();
    scan(&places, secrets).into_iter().collect()
}

#[test]
fn after_a_whole_story_nothing_lies_in_clear() {
    let house = house();
    let first_codes = codes(&house, "sheet");
    killed_receive(&house);
    let all: Vec<&str> =
        SECRET.iter().chain(&TYPED).copied().chain(first_codes.iter().map(String::as_str)).collect();
    assert_eq!(found(&house, &all), BTreeSet::new(), "after a killed receive");
    vidimus(&house, &["receive", "killed", "--from-file", "giver", "--note-file", "note"]);

    for asked in [&["list"][..], &["show", "A1-1"], &["show", "A1"], &["log", "A1-1"]] {
        vidimus(&house, asked);
    }
    vidimus(&house, &["release", "A1"]);
    vidimus(&house, &["release", "A2"]);
    // What is unpacked, read and found is secret too.
    vidimus(&house, &["examine"]);
    let asked: Value = serde_json::from_str(&vidimus(&house, &["search", "letter", "--json"]).out).unwrap();
    let found_in = |whole: &str| {
        let refs = asked.as_array().unwrap().iter().map(|hit| hit["ref"].as_str().unwrap());
        refs.filter(|found| found.starts_with(whole)).count()
    };
    assert!(found_in("A1-") > 4 && found_in("A2-") > 4, "what is looked for was read, and is found: {asked}");
    for asked in [&["show", "A1-1"][..], &["failures"], &["cameras"], &["list"]] {
        vidimus(&house, asked);
    }
    vidimus(&house, &["compartment", "new", COMPARTMENT, "--letter", "W"]);
    vidimus(&house, &["move", "A2", "--into", COMPARTMENT]);
    vidimus(&house, &["disclose", "A1-1", "--to", RECIPIENT, "--purpose", PURPOSE, "--out", "bag"]);
    vidimus(&house, &["withdraw", "A1-2", "--reason", REASON]);
    vidimus(&house, &["reinstate", "A1-2", "--reason", REASON]);

    house.private("others", OTHERS);
    let add = ["member", "add", OTHER, "--new-passphrase-file", "others", "--recovery-sheet", "sheet-2"];
    vidimus(&house, &add);
    let proposed = vidimus(&house, &["erase", "A1-3", "--reason", REASON]);
    let id = proposed.out.trim().rsplit(' ').next().unwrap().to_owned();
    vidimus(&house, &["agree", &id, "--passphrase-file", "others"]);
    vidimus(&house, &["keyholder", "giver", "A1", "--out", "for keyholders"]);
    for (name, person) in ["ana", "bo"].iter().zip(keyholders()) {
        house.private(name, person.to_secret_string().as_str());
    }
    let share = "for keyholders/A1-giver-1.age";
    assert_eq!(vidimus(&house, &["unseal", share, "--key", "ana", "--key", "bo"]).out.trim_end(), GIVER);

    vidimus(&house, &["backup", "copy"]);
    house.private("newer", NEWER);
    vidimus(&house, &["passphrase", "--new-passphrase-file", "newer"]);
    vidimus(&house, &["recover", "--recovery-sheet", "sheet", "--new-passphrase-file", "passphrase"]);
    vidimus(&house, &["passphrase", "--new-sheet", "--recovery-sheet", "sheet-3"]);
    vidimus(&house, &["rebuild"]);
    vidimus(&house, &["search", "letter"]);
    vidimus(&house, &["check", "--full"]);
    vidimus(&house, &["backup", "copy"]);
    vidimus(&house, &["restore", "copy", "again"]);
    vidimus(&house, &["--archive", "again", "list"]);

    let codes: Vec<String> =
        ["sheet", "sheet-2", "sheet-3"].iter().flat_map(|sheet| codes(&house, sheet)).collect();
    let keys: Vec<String> =
        ["ana", "bo"].iter().map(|name| fs::read_to_string(house.path(name)).unwrap()).collect();
    let all: Vec<&str> = SECRET
        .iter()
        .chain(&TYPED)
        .copied()
        .chain(codes.iter().map(String::as_str))
        .chain(keys.iter().map(|key| key.trim_end()))
        .collect();
    assert_eq!(found(&house, &all), BTreeSet::new());
    let but_content: Vec<_> = all.into_iter().filter(|&secret| secret != CONTENT).collect();
    assert_eq!(
        scan(&[house.path("bag")], &but_content),
        [],
        "the name and who took it in stay closed in a bag"
    );
    for (_, folder) in ELSEWHERE {
        assert!(fs::read_dir(house.path(folder)).unwrap().next().is_none(), "{folder} is left empty");
    }
}

/// What a program writes and deletes at once no later scan finds: so each name that is opened for writing is looked at.
#[test]
fn nothing_is_written_but_into_the_archive_its_copies_and_its_mark() {
    if Command::new("strace").arg("-V").output().is_err() {
        println!("skipped: this machine has no `strace`");
        return;
    }
    let house = house();
    // What examines cannot be traced: a sandbox under a tracer is none, and refuses.
    let commands: [(&[&str], &[&str]); 7] = [
        (&["receive", "disk", "--new"], &[]),
        (&["list"], &[]),
        (&["search", "zimorodok"], &[]),
        (&["disclose", "A1-1", "--to", "X", "--purpose", "Y", "--out", "bag"], &["bag", ".partial-bag"]),
        (&["rebuild"], &[]),
        (&["check", "--full"], &[]),
        (&["backup", "copy"], &["copy"]),
    ];
    for (arguments, asked_for) in commands {
        let plain = command(&house, arguments);
        let mut traced = Command::new("strace");
        traced.args(["-f", "-qq", "-y", "-s", "4096", "-e", "trace=open,openat,creat,memfd_create", "-o"]);
        traced.arg(house.path("trace")).arg(plain.get_program()).args(plain.get_args());
        traced.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = traced.current_dir(house.path("")).output().unwrap();
        if !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("ptrace") {
            println!("skipped: no process may be traced here");
            return;
        }
        assert!(output.status.success(), "{output:?}");
        let trace = fs::read_to_string(house.path("trace")).unwrap();
        fs::remove_file(house.path("trace")).unwrap();
        let writes = trace.lines().filter(|line| {
            ["O_WRONLY", "O_RDWR", "O_CREAT", "creat(", "memfd_create(", "O_TMPFILE"]
                .iter()
                .any(|how| line.contains(how))
        });
        let within: Vec<PathBuf> =
            ["archive", "state"].iter().chain(asked_for).map(|name| house.path(name)).collect();
        let mut counted = 0;
        for line in writes.filter(|line| !line.contains(") = -1 ")) {
            // With -y the answer names the file that was opened: `= 7</path>`.
            let opened =
                line.rsplit_once("= ").and_then(|(_, fd)| fd.split_once('<')).map_or("", |(_, path)| path);
            let opened = Path::new(opened.trim_end().trim_end_matches('>').trim_end_matches(" (deleted)"));
            let ours = within.iter().any(|place| opened.starts_with(place)) || opened.starts_with("/dev");
            assert!(ours, "{arguments:?} wrote elsewhere: {line}");
            counted += 1;
        }
        assert!(counted > 0, "{arguments:?} opens its ledger for writing, so the trace shows something");
    }
}
