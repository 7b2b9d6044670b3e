//! A FIFO, a link to a device or a folder in the place of each file of an archive, and what is no folder in the place of each of its
//! folders: nothing waits for it, reads it without end, or keeps from the reader where it stands.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::{House, Said};

/// Far more than either command takes, and far less than reading a device to its end: a guard, no measure.
const DEADLINE: &str = "120";

/// Address space in KiB that reading a device to its end would soon fill.
const MEMORY: &str = "8000000";

#[test]
fn whatever_stands_in_the_place_of_a_file_is_named_and_holds_nobody() {
    let house = House::with_archive();
    for name in ["a", "b", "c"] {
        house.file(&format!("disk/{name}"), name.repeat(40_000));
    }
    house.file("archive/settings.json", r#"{"authorities":[]}"#);
    house.vidimus(["receive", "disk"]).succeeds();
    house.vidimus(["erase", "A1-2", "--reason", "a slip", "--json"]);
    house.vidimus(["list"]).succeeds();
    house.vidimus(["check"]).succeeds();

    let mut files = Vec::new();
    below(&house.path("archive"), &mut files);
    below(&house.path("state"), &mut files);
    assert!(files.len() > 15, "{files:?}");
    let put: [(&str, Put); 3] = [("a FIFO", fifo), ("a device", device), ("a folder", folder)];
    for (number, path) in files.iter().enumerate() {
        // A folder neither holds a reader nor has an end to be read to: some of them are enough.
        let kinds = if number % 3 == 0 { 3 } else { 2 };
        for (kind, put) in &put[..kinds] {
            let aside = house.path("aside");
            fs::rename(path, &aside).unwrap();
            put(path);
            look(&house, path, kind);
            let _ = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
            // What is computed may have been made again, under another name.
            if path.parent().unwrap().is_dir() {
                fs::rename(&aside, path).unwrap();
            }
        }
    }
    house.vidimus(["rebuild"]).succeeds();
    house.vidimus(["check", "--full"]).succeeds();
}

#[test]
fn whatever_stands_in_the_place_of_a_folder_is_named_by_every_command() {
    let house = House::with_archive();
    for name in ["a", "b", "c"] {
        house.file(&format!("disk/{name}"), name.repeat(40_000));
    }
    house.vidimus(["receive", "disk"]).succeeds();
    house.file("more/d", "d");
    let mut folders = Vec::new();
    folders_below(&house.path("archive"), &mut folders);
    folders.retain(|folder| !folder.starts_with(house.path("archive/folds/")));
    assert!(folders.len() > 15, "{folders:?}");
    let put: [(&str, Put); 3] = [("a FIFO", fifo), ("a file", file), ("a link to itself", link_to_itself)];
    let commands: [&[&str]; 6] = [
        &["list"],
        &["check"],
        &["receive", "more"],
        &["erase", "A1-1", "--reason", "x", "--confirm", "A1-1"],
        &["rebuild"],
        &["backup", "backup"],
    ];
    for (number, path) in folders.iter().enumerate() {
        let aside = house.path("aside");
        fs::rename(path, &aside).unwrap();
        // Links within it the vault does not follow.
        let kinds =
            if path.starts_with(house.path("archive/objects")) && !path.ends_with("objects") { 2 } else { 3 };
        let (kind, put) = put[number % kinds];
        put(path);
        // Folds are computed again.
        let is_computed = path.ends_with("folds") && kind != "a link to itself";
        for command in if is_computed { &commands[..2] } else { &commands[..] } {
            let said = guarded(&house, command);
            let below = path.strip_prefix(house.path("archive")).unwrap().to_str().unwrap();
            let named = said.code != 0 && format!("{}{}", said.out, said.err).contains(below);
            assert!(named || is_computed, "{command:?} with {kind} as {below}: {said:?}");
        }
        let _ = fs::remove_file(path).or_else(|_| fs::remove_dir_all(path));
        fs::rename(&aside, path).unwrap();
    }
    house.vidimus(["check", "--full"]).succeeds();
    house.vidimus(["receive", "more"]).succeeds();
}

type Put = fn(&Path);

fn look(house: &House, path: &Path, kind: &str) {
    let listed = guarded(house, &["list"]);
    let checked = guarded(house, &["check"]);
    for said in [&listed, &checked] {
        assert!([0, 1, 3].contains(&said.code), "{kind} as {path:?}: {said:?}");
    }
    // Locks are no content; folds are thrown away and folded again.
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    if path.to_string_lossy().contains("/folds/") {
        assert_eq!((listed.code, checked.code), (0, 0), "{kind} as {path:?}: {listed:?} {checked:?}");
        return;
    }
    let said = format!("{}{}", checked.out, checked.err);
    let named = said.contains(&name) || (name == "ledger.db" && said.contains("ledger"));
    assert!(checked.code == 1 && named, "{kind} as {path:?}: {checked:?}");
    assert!(listed.code == 0 || listed.err.contains(&name), "{kind} as {path:?}: {listed:?}");
}

/// A command that is killed when it waits for ever, and fails when it eats the machine's memory.
fn guarded(house: &House, command: &[&str]) -> Said {
    let mut limited = Command::new("sh");
    house.settle(&mut limited);
    let script = format!("ulimit -v {MEMORY}; exec timeout -s KILL {DEADLINE} \"$0\" \"$@\"");
    limited.args(["-c", &script, env!("CARGO_BIN_EXE_vidimus")]).args(command).stdin(Stdio::null());
    let output = limited.output().unwrap();
    Said {
        code: output.status.code().unwrap_or(137),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn device(path: &Path) {
    symlink("/dev/zero", path).unwrap();
}

fn folder(path: &Path) {
    fs::create_dir(path).unwrap();
}

fn file(path: &Path) {
    fs::write(path, "x").unwrap();
}

fn link_to_itself(path: &Path) {
    symlink(path.file_name().unwrap(), path).unwrap();
}

fn folders_below(folder: &Path, folders: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            folders_below(&path, folders);
            folders.push(path);
        }
    }
    folders.sort();
}

fn below(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { below(&path, files) } else { files.push(path) }
    }
}
