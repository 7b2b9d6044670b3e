//! What was made to harm goes through `receive` and `examine` where there is no way out: nothing leaves, nothing is lost, all is told.
//!
//! A few such things are made here and always go; with `VIDIMUS_HOSTILE=1` (`make hostile`) all that lies beside this repository.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{House, Said};

/// Where things outside of the archive would be written by those who follow the names in these files.
const OUTSIDE: [&str; 5] =
    ["/tmp/vidimus_pwned", "/etc/cron.d/vidimus_pwned", "/tmp/pwned", "/tmp/evil", "/tmp/vidimus_escaped"];

/// Runs `vidimus` in a network of its own that leads nowhere, and looks at what passed there.
fn nowhere(house: &House, arguments: &[&str]) -> Said {
    let mut command = Command::new("unshare");
    house.settle(&mut command);
    // Root may make such a network; others in a space of users, in which they stay who they are.
    match rustix::process::getuid().is_root() {
        true => command.arg("--net"),
        false => command.args(["--net", "--map-current-user"]),
    };
    let shell = "\"$0\" \"$@\"; code=$?; cat /proc/self/net/dev >passed; cat /proc/self/net/route >routes; exit $code";
    command.args(["sh", "-c", shell, env!("CARGO_BIN_EXE_vidimus")]).args(arguments).stdin(Stdio::null());
    let said = Said::of(command);
    let passed = fs::read_to_string(house.path("passed")).expect("unshare makes a network of its own");
    let lines: Vec<&str> = passed.lines().skip(2).collect();
    assert_eq!(lines.len(), 1, "the loop alone is there: {passed}");
    let (name, counters) = lines[0].split_once(':').unwrap();
    assert_eq!(name.trim(), "lo");
    assert!(counters.split_whitespace().all(|counter| counter == "0"), "{arguments:?}: {passed}");
    assert!(fs::read_to_string(house.path("routes")).unwrap().lines().count() <= 1, "at most the heading");
    said
}

/// Everything in the house but the archive, with its length.
fn around(house: &House) -> BTreeMap<PathBuf, u64> {
    let mut found = BTreeMap::new();
    let mut folders = vec![house.path("")];
    while let Some(folder) = folders.pop() {
        // One of them lies deeper than any path can say.
        for entry in fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
            let kind = entry.file_type().unwrap();
            let name = entry.file_name();
            if kind.is_dir() && name != "archive" && name != "state" {
                folders.push(entry.path());
            } else if !["passed", "routes"].iter().any(|own| name == *own) {
                found.insert(entry.path(), entry.metadata().map_or(0, |found| found.len()));
            }
        }
    }
    found
}

/// No process of this archive is left.
fn is_quiet(house: &House) -> bool {
    let archive = house.path("archive");
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let mut environments = processes.filter_map(|process| fs::read(process.path().join("environ")).ok());
    let archive = archive.as_os_str().as_bytes();
    !environments.any(|environment| environment.windows(archive.len()).any(|part| part == archive))
}

/// Takes a disk in and examines it; gives back what failed, by the paths of the items.
fn goes_through(house: &House) -> BTreeMap<String, BTreeSet<String>> {
    let before = around(house);
    let outside = || OUTSIDE.map(|path| Path::new(path).symlink_metadata().is_ok());
    let outside_before = outside();
    let taken = nowhere(house, &["receive", "disk", "--yes", "--json"]);
    let code = taken.code;
    let taken = taken.json();
    let number = |name: &str| taken[name].as_u64().unwrap();
    let not_taken = taken["not_taken"].as_array().unwrap();
    // A file that is larger than the disk is told as one that should have been taken.
    assert_eq!(code, i32::from(not_taken.iter().any(|what| what["kind"] == "file")), "{taken}");
    assert_eq!(number("found"), number("taken") + number("copies") + not_taken.len() as u64, "{taken}");
    assert!(not_taken.iter().all(|what| what["reason"].as_str().is_some_and(|reason| !reason.is_empty())));
    let examined = nowhere(house, &["examine", "--json"]);
    let run = examined.json();
    assert_eq!((&run["stopped"], &run["examined"]), (&false.into(), &run["of"]), "{run}");
    assert!(is_quiet(house), "every tool ended with its run");
    let listed = nowhere(house, &["list", "--json"]).json();
    let items = listed.as_array().unwrap();
    assert_eq!(items.len() as u64, run["of"].as_u64().unwrap(), "each item is listed once");
    assert_eq!(
        items.len() as u64,
        number("taken") + number("copies") + run["contained"].as_u64().unwrap(),
        "what was received, and what was found in it: {run}"
    );
    let paths: BTreeMap<&str, &str> =
        items.iter().map(|item| (item["ref"].as_str().unwrap(), item["path"].as_str().unwrap())).collect();
    assert!(paths.keys().all(|reference| reference.split('.').count() <= 9), "eight containers deep at most");

    // Whatever was not examined has its reason, and what failed stands in the list of failures.
    let failures = nowhere(house, &["failures", "--json"]).json();
    let mut reasons: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for failure in failures.as_array().unwrap() {
        let reason = failure["reason"].as_str().expect("a reason");
        assert!(failure["tool"].as_str().is_some_and(|tool| !tool.is_empty()), "{failure}");
        let path = paths[failure["ref"].as_str().unwrap()];
        reasons.entry(path.to_owned()).or_default().insert(reason.to_owned());
    }
    assert_eq!(run["failed"].as_u64().unwrap() as usize, reasons.len(), "each that failed is named: {run}");
    let words = nowhere(house, &["failures", "--lang", "uk"]);
    assert!(!words.out.contains('\u{1b}'), "no name moves the cursor");
    let checked = nowhere(house, &["check", "--full"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    assert_eq!(around(house), before, "nothing is written beside the archive, and the disk is as it was");
    assert_eq!(outside(), outside_before, "nothing is written outside");
    reasons
}

fn has_sandbox(house: &House) -> bool {
    let level = &house.vidimus(["doctor", "--json"]).json()["sandbox"]["level"];
    if level.is_null() {
        eprintln!("skipped: no sandbox holds on this machine");
    }
    !level.is_null()
}

/// May a network of its own be made here?
fn has_nowhere() -> bool {
    let mut command = Command::new("unshare");
    match rustix::process::getuid().is_root() {
        true => command.arg("--net"),
        false => command.args(["--net", "--map-current-user"]),
    };
    let may = command.arg("true").status().is_ok_and(|status| status.success());
    if !may {
        eprintln!("skipped: no network of its own may be made here");
    }
    may
}

/// A tar of these names and bytes, whatever the names are.
fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut whole = Vec::new();
    for (name, bytes) in members {
        let mut header = [0u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..107].copy_from_slice(b"0000644");
        header[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
        header[136..147].copy_from_slice(b"00000000000");
        header[156] = b'0';
        header[148..156].copy_from_slice(b"        ");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        whole.extend(header);
        whole.extend(*bytes);
        whole.resize(whole.len().next_multiple_of(512), 0);
    }
    whole.resize(whole.len() + 1024, 0);
    whole
}

#[test]
fn what_was_made_to_harm_goes_through_and_nothing_leaves() {
    let house = House::with_archive();
    if !has_sandbox(&house) || !has_nowhere() {
        return;
    }
    let canary = house.path("escaped").to_str().unwrap().to_owned();
    let up = "../".repeat(30) + &canary[1..];
    let inner = tar(&[("inner.txt", b"text of the innermost")]);
    let deep = (0..12).fold(inner, |inner, level| tar(&[(&format!("{level}.tar"), &inner)]));
    let outward = "http://127.0.0.1:18099/x";
    let files: [(&str, Vec<u8>); 12] = [
        ("a\nb\u{1b}[2J.txt", b"a name that moves the cursor".to_vec()),
        ("-rf", b"a name that is an option".to_vec()),
        ("$(touch escaped).txt", b"a name that is a command".to_vec()),
        ("up.tar", tar(&[(&up, b"escaped"), (&canary, b"escaped"), ("good.txt", b"good")])),
        ("deep.tar", deep),
        ("list.mp4", format!("#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{outward}.ts\n").into_bytes()),
        ("files.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n".to_vec()),
        ("entity.svg", format!("<!DOCTYPE s [<!ENTITY x SYSTEM \"file:///etc/passwd\"><!ENTITY y SYSTEM \"{outward}\">]><svg xmlns=\"http://www.w3.org/2000/svg\"><text>&x;&y;</text></svg>").into_bytes()),
        ("page.html", format!("<img src=\"{outward}\"><script src=\"{outward}\"></script><p>seen</p>").into_bytes()),
        ("broken.pdf", b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 1 0 R /OpenAction << /S /URI /URI (http://127.0.0.1:18099/) >> >>".to_vec()),
        ("broken.mp4", b"\0\0\0\x18ftypisom\0\0\0\0isomavc1\0\0\0\x01moov\xff\xff\xff\xff\xff\xff\xff\xff".to_vec()),
        ("empty", Vec::new()),
    ];
    for (name, bytes) in &files {
        house.file(&format!("disk/{name}"), bytes);
    }
    symlink("/etc/passwd", house.path("disk/link")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        house.path("disk/pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    let failed = goes_through(&house);
    for (path, reason) in [("broken.mp4", "ends-early"), ("broken.pdf", "damaged")] {
        assert!(failed.get(path).is_some_and(|reasons| reasons.contains(reason)), "{path}: {failed:?}");
    }
    // A container that is too deep says so, where it is cut off.
    assert!(failed.values().any(|reasons| reasons.contains("too-deep")), "{failed:?}");
    let passwd = fs::read_to_string("/etc/passwd").unwrap();
    let root = passwd.lines().next().unwrap();
    assert_eq!(house.vidimus(["search", &format!("\"{root}\""), "--json"]).json(), Value::Array(Vec::new()));
}

/// A folder of `VIDIMUS_SHARED`, or of that beside this repository.
fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("VIDIMUS_SHARED").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    named.or(Some(beside)).filter(|folder| folder.join("hostile").is_dir())
}

#[test]
fn all_that_lies_beside_this_repository_goes_through() {
    if std::env::var_os("VIDIMUS_HOSTILE").is_none() {
        eprintln!("skipped: make hostile");
        return;
    }
    let house = House::with_archive();
    let Some(shared) = shared().filter(|_| has_sandbox(&house) && has_nowhere()) else {
        eprintln!("skipped: the folder of hostile files is not here (VIDIMUS_SHARED)");
        return;
    };
    fs::create_dir(house.path("disk")).unwrap();
    let mut make = Command::new("python3");
    house.settle(&mut make);
    make.arg(shared.join("hostile/make_hostile.py")).arg(house.path("disk/made"));
    assert_eq!(Said::of(make).code, 0);
    let mut copy = Command::new("cp");
    copy.arg("-r").arg(shared.join("samples/hostile")).arg(house.path("disk/samples"));
    assert!(copy.status().unwrap().success());
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for reason in goes_through(&house).into_values().flatten() {
        *counts.entry(reason).or_default() += 1;
    }
    println!("failed, by reason: {counts:?}");
}
