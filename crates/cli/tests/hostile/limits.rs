//! The limits of what goes in: very many files, very long paths, very large files; memory stays flat and the counts are true.
//!
//! Small here; `make limits` (`VIDIMUS_LIMITS=1`) has a million of each, and says what each command took.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::fs::{Mode, OFlags, mkdirat, openat};
use serde_json::Value;
use vidimus_model::FoundPath;

use crate::support::House;

/// No command may take more, however much there is: 300 MB.
const MEMORY: u64 = 300;

/// Runs a program and writes the most memory that it took, in KiB, its seconds and those of processors into a file.
const MEASURE: &str = "
import resource, subprocess, sys, time
begun = time.monotonic()
code = subprocess.call(sys.argv[2:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], 'w') as file:
    file.write(f'{used.ru_maxrss} {time.monotonic() - begun:.1f} {used.ru_utime + used.ru_stime:.1f}')
sys.exit(code)
";

/// How much of everything: in full, or a little of it.
fn full() -> bool {
    std::env::var_os("VIDIMUS_LIMITS").is_some()
}

fn many() -> u64 {
    if full() { 1_000_000 } else { 3000 }
}

#[test]
fn a_million_tiny_files() {
    let house = House::with_archive();
    let disk = house.path("disk");
    for number in 0..many() {
        let folder = disk.join(format!("{:05}", number / 1000));
        if number % 1000 == 0 {
            fs::create_dir_all(&folder).unwrap();
        }
        // Half of them are copies of others.
        fs::write(folder.join(format!("{number:07}.txt")), format!("file {}\n", number - number % 2))
            .unwrap();
    }
    let received = measured(&house, &["receive", "disk", "--json"], 0);
    let [found, taken, copies] = ["found", "taken", "copies"].map(|key| received[key].as_u64().unwrap());
    assert_eq!((found, taken, copies), (many(), many() / 2, many() / 2));
    questions(&house, found);
}

#[test]
fn what_moves_and_is_hidden() {
    let house = House::with_archive();
    let disk = house.path("disk");
    fs::create_dir(&disk).unwrap();
    // A move takes some 3.5 KB for each item: what it says of their new places is one append.
    let items = many() / 20;
    for number in 0..items {
        fs::write(disk.join(format!("{number:06}.txt")), format!("file {number}\n")).unwrap();
    }
    measured(&house, &["receive", "disk", "--json"], 0);
    measured_text(&house, &["release", "A1"], 0);
    measured_text(&house, &["compartment", "new", "V"], 0);
    measured_text(&house, &["move", "A1", "--into", "V"], 0);
    measured_text(&house, &["withdraw", "A1", "--reason", "to be asked again"], 0);
    measured_text(&house, &["reinstate", "A1", "--reason", "asked"], 0);
    questions(&house, items);
}

#[test]
fn a_million_names_in_one_folder() {
    let house = House::with_archive();
    let disk = house.path("disk");
    fs::create_dir(&disk).unwrap();
    for number in 0..many() {
        File::create(disk.join(format!("a name that is neither long nor short {number}"))).unwrap();
    }
    let received = measured(&house, &["receive", "disk", "--json"], 0);
    assert_eq!((&received["found"], &received["taken"]), (&many().into(), &1.into()));
    questions(&house, many());
}

#[test]
fn paths_as_long_and_folders_as_deep_as_can_be() {
    let house = House::with_archive();
    let disk = house.path("disk");
    let deep = if full() { 1000 } else { 300 };
    // 4,000 bytes, and more than the system lets a program name at once.
    let mut expected = vec![nested(&disk, "n", deep), nested(&disk, &"long ".repeat(40), 20)];
    expected.push(nested(&disk, &"ж".repeat(127), 40));
    assert!(expected[1].len() >= 4000 && expected[2].len() > 4096 * 2);
    expected.sort();

    let received = measured(&house, &["receive", "disk", "--json"], 0);
    assert_eq!((&received["found"], &received["not_taken"]), (&3.into(), &Value::Array(Vec::new())));
    let listed = measured(&house, &["list", "--json"], 0);
    let mut names: Vec<Vec<u8>> = listed.as_array().unwrap().iter().map(path).collect();
    names.sort();
    assert!(names == expected, "each comes back byte for byte");
    house.vidimus(["check", "--full"]).succeeds();
    house.vidimus(["release", "A1"]).succeeds();
    let out =
        ["--to", "A newsroom", "--purpose", "Publication", "--fields", "path,path_encoding", "--out", "bag"];
    house.vidimus(["disclose", "A1-1", "A1-2", "A1-3"].iter().chain(&out)).succeeds();
    // A temporary folder's own removal opens every level at once.
    let removed = std::process::Command::new("rm").arg("-rf").arg(&disk).status().unwrap();
    assert!(removed.success());
}

/// A file below so many folders of one name; what is behind the source's path.
fn nested(disk: &Path, name: &str, depth: usize) -> Vec<u8> {
    fs::create_dir_all(disk).unwrap();
    let folder = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at = rustix::fs::open(disk, folder, Mode::empty()).unwrap();
    let mut path = Vec::new();
    for _ in 0..depth {
        mkdirat(&at, name, Mode::RWXU).unwrap();
        at = openat(&at, name, folder, Mode::empty()).unwrap();
        path.extend([name.as_bytes(), b"/"].concat());
    }
    let file: OwnedFd =
        openat(&at, "file", OFlags::WRONLY | OFlags::CREATE | OFlags::CLOEXEC, Mode::RWXU).unwrap();
    File::from(file).write_all(&path).unwrap();
    path.extend(b"file");
    path
}

#[test]
fn a_file_larger_than_the_disk_is_named_and_all_else_is_taken() {
    let house = House::with_archive();
    house.file("disk/before", "before it");
    let large = File::create(house.path("disk/large")).unwrap();
    // As large as the file system takes it, but larger than all of it.
    let whole = whole(&house.path(""));
    large.set_len((whole + (200 << 30)).min((1 << 44) - (1 << 20))).unwrap();
    house.file("disk/thereafter", "behind it");
    let received = measured(&house, &["receive", "disk", "--json"], 1);
    assert_eq!((&received["found"], &received["taken"]), (&3.into(), &2.into()));
    let missed = &received["not_taken"].as_array().unwrap()[..];
    assert_eq!((missed.len(), &missed[0]["reason"]), (1, &"no room in the archive".into()));
    house.vidimus(["check", "--full"]).succeeds();
}

#[test]
fn one_large_file() {
    let house = House::with_archive();
    let wanted: u64 = match std::env::var("VIDIMUS_LIMITS_GB") {
        Ok(gigabytes) => gigabytes.parse::<u64>().expect("VIDIMUS_LIMITS_GB is a number") << 30,
        Err(_) if full() => 30 << 30,
        Err(_) => 96 << 20,
    };
    let free = free(&house.path(""));
    let size = if wanted + (4 << 30) < free { wanted } else { free / 4 };
    if size < wanted {
        println!("{} MB instead of {}: there is no room for more", size >> 20, wanted >> 20);
    }
    fs::create_dir(house.path("disk")).unwrap();
    let mut file = File::create(house.path("disk/large.bin")).unwrap();
    file.write_all(b"the only bytes that are not zero").unwrap();
    file.set_len(size).unwrap();
    let received = measured(&house, &["receive", "disk", "--json"], 0);
    assert_eq!((&received["taken"], &received["bytes"]), (&1.into(), &size.into()));
    let checked = measured(&house, &["check", "--full", "--json"], 0);
    assert_eq!((&checked["sound"], &checked["checked"]["bytes"]), (&true.into(), &size.into()));
}

/// Lists and checks so many items.
fn questions(house: &House, items: u64) {
    let table = measured_text(house, &["list"], 0);
    // A heading, the items, their number, how many were examined.
    assert_eq!(lines(&table), items + 3);
    let listed = measured_text(house, &["list", "--json"], 0);
    let of_items = |line: &&[u8]| line.starts_with(b"{");
    let text = fs::read(&listed).unwrap();
    assert_eq!(text.split(|byte| *byte == b'\n').filter(of_items).count() as u64, items);
    let checked = measured(house, &["check", "--full", "--json"], 0);
    assert_eq!(checked["sound"], true, "{checked}");
    // Of each item its record, besides those of the accession and the archive.
    assert!(checked["checked"]["records"].as_u64().unwrap() > items);
}

/// Runs `vidimus`, prints what it took, and refuses more than [`MEMORY`]; the file that has its standard output.
fn measured_text(house: &House, arguments: &[&str], code: i32) -> PathBuf {
    let (out, took) = (house.path("out"), house.path("took"));
    let vidimus = house.command();
    let mut command = std::process::Command::new("python3");
    house.settle(&mut command);
    command.args([OsStr::new("-c"), OsStr::new(MEASURE), took.as_os_str(), vidimus.get_program()]);
    command.args(arguments).stdin(Stdio::null()).stdout(File::create(&out).unwrap());
    let said = command.stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
    assert_eq!(said.status.code(), Some(code), "{arguments:?}: {}", String::from_utf8_lossy(&said.stderr));
    let took = fs::read_to_string(took).unwrap();
    let [peak, seconds, processors] = took.split(' ').collect::<Vec<_>>()[..] else { panic!("{took}") };
    let peak = peak.parse::<u64>().unwrap() / 1024;
    println!("{peak:>5} MB {seconds:>8} s, {processors:>8} s of processors  vidimus {}", arguments.join(" "));
    assert!(peak < MEMORY, "{arguments:?} took {peak} MB");
    out
}

fn measured(house: &House, arguments: &[&str], code: i32) -> Value {
    serde_json::from_slice(&fs::read(measured_text(house, arguments, code)).unwrap()).unwrap()
}

fn lines(file: &Path) -> u64 {
    fs::read(file).unwrap().iter().filter(|byte| **byte == b'\n').count() as u64
}

/// The bytes of an item's path.
fn path(item: &Value) -> Vec<u8> {
    serde_json::from_value::<FoundPath>(item.clone()).unwrap().as_bytes().to_vec()
}

/// Bytes that are free where this lies.
fn free(folder: &Path) -> u64 {
    let room = rustix::fs::statvfs(folder).unwrap();
    room.f_bavail * room.f_frsize
}

/// Bytes of the file system in which this lies, used or free.
fn whole(folder: &Path) -> u64 {
    let room = rustix::fs::statvfs(folder).unwrap();
    room.f_blocks * room.f_frsize
}
