//! The commands that are broken, each with the house it is run in and what must be true when it was repeated.

use crate::house::{House, Said};

/// One command of a person's day.
pub struct Scenario {
    /// Its name on the command line.
    pub name: &'static str,
    /// What is done beforehand.
    pub prepare: fn(&House<'_>),
    /// The command that is broken.
    pub command: &'static [&'static str],
    /// Repeats it after the fault, until it is done; what is wrong then.
    pub finish: fn(&House<'_>) -> Result<(), String>,
}

/// All of them.
pub const ALL: [Scenario; 15] = [
    Scenario { name: "receive", prepare: |_| {}, command: RECEIVE, finish: received },
    Scenario { name: "receive-again", prepare: half_received, command: RECEIVE, finish: received },
    Scenario {
        name: "release",
        prepare: with_material,
        command: &["release", "A1"],
        finish: |house| succeeds(house, &["release", "A1"]),
    },
    Scenario {
        name: "withdraw",
        prepare: with_material,
        command: WITHDRAW,
        finish: |house| succeeds(house, WITHDRAW),
    },
    Scenario { name: "disclose", prepare: with_material, command: DISCLOSE, finish: disclosed },
    Scenario { name: "erase", prepare: with_material, command: ERASE, finish: erased },
    Scenario { name: "erase-all", prepare: with_material, command: ERASE_ALL, finish: erased_all },
    Scenario { name: "move", prepare: with_compartment, command: MOVE, finish: moved },
    Scenario { name: "backup", prepare: with_material, command: &["backup", "BACKUP"], finish: backed_up },
    Scenario {
        name: "backup-again",
        prepare: with_backup,
        command: &["backup", "BACKUP"],
        finish: backed_up,
    },
    Scenario { name: "passphrase", prepare: with_material, command: PASSPHRASE, finish: passphrase },
    Scenario {
        name: "rebuild",
        prepare: with_material,
        command: &["rebuild"],
        finish: |house| succeeds(house, &["rebuild"]),
    },
    Scenario { name: "member-add", prepare: with_material, command: ADD, finish: member_added },
    Scenario {
        name: "member-remove",
        prepare: with_leaver,
        command: &["agree", "PROPOSAL"],
        finish: member_removed,
    },
    Scenario {
        name: "key",
        prepare: with_material,
        command: &["key", "change", "--reason", "a stolen laptop"],
        finish: key_changed,
    },
];

const RECEIVE: &[&str] = &["receive", "DISK", "--yes"];
const WITHDRAW: &[&str] = &["withdraw", "A1-1", "--reason", "a witness asked"];
const DISCLOSE: &[&str] =
    &["disclose", "A1-1", "A1-5", "--to", "A newsroom", "--purpose", "Verification", "--out", "BAG"];
const ERASE: &[&str] = &["erase", "A1-3", "--reason", "a private letter", "--confirm", "A1-3"];
const ERASE_ALL: &[&str] = &["erase", "A1", "--reason", "the wrong disk", "--confirm", "A1"];
const MOVE: &[&str] = &["move", "A1", "--into", "witnesses"];
const PASSPHRASE: &[&str] = &["passphrase", "--new-passphrase-file", "new"];
const ADD: &[&str] =
    &["member", "add", "Boris", "--new-passphrase-file", "boris", "--recovery-sheet", "BORIS"];
/// Items of the disk that every house takes in.
const ITEMS: usize = 9;

fn with_material(house: &House<'_>) {
    house.does(RECEIVE);
}

fn half_received(house: &House<'_>) {
    use crate::trace::{Fault, Point};
    let reference = house.copy().expect("a house can be copied");
    let calls = reference.breaks(RECEIVE, None).expect("it can be traced").calls.len();
    let point = Point { call: calls / 2, fault: Fault::KilledBefore };
    house.breaks(RECEIVE, Some(point)).expect("it can be traced");
}

fn with_compartment(house: &House<'_>) {
    house.does(RECEIVE);
    house.does(&["release", "A1"]);
    house.does(&["compartment", "new", "witnesses", "--letter", "W"]);
}

fn with_backup(house: &House<'_>) {
    house.does(RECEIVE);
    house.does(&["backup", "BACKUP"]);
    house.does(ERASE);
    house.does(&["receive", "DISK", "--yes"]);
}

fn with_leaver(house: &House<'_>) {
    house.does(RECEIVE);
    house.does(&["release", "A1"]);
    house.does(ADD);
    let proposed =
        house.does(&["member", "remove", "Boris", "--reason", "he left", "--passphrase-file", "boris"]);
    let id = proposed.out.trim().rsplit(' ').next().unwrap_or_default().to_owned();
    std::fs::write(house.path("PROPOSAL"), id).expect("the house can be written");
}

fn succeeds(house: &House<'_>, words: &[&str]) -> Result<(), String> {
    expect(&house.says(words), &[0])
}

fn expect(said: &Said, codes: &[i32]) -> Result<(), String> {
    if codes.contains(&said.code) { Ok(()) } else { Err(format!("repeated, it says {said:?}")) }
}

/// Items of an accession, or of all.
fn items(house: &House<'_>, reference: &[&str]) -> usize {
    let listed = house.json(&[&["list", "--json"], reference].concat());
    listed.as_array().map_or(0, Vec::len)
}

fn count(found: usize, expected: usize, of: &str) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{of}: {found} items instead of {expected}")) }
}

fn received(house: &House<'_>) -> Result<(), String> {
    succeeds(house, RECEIVE)?;
    // Where it was finished already, the same command takes the disk in once more.
    let all = items(house, &[]);
    count(items(house, &["A1"]), ITEMS, "the first accession")?;
    if all == ITEMS { Ok(()) } else { count(all, 2 * ITEMS, "both accessions") }
}

fn disclosed(house: &House<'_>) -> Result<(), String> {
    // A package that is there is whole; else the same command makes it.
    if !house.path("BAG").exists() {
        succeeds(house, DISCLOSE)?;
    }
    if house.verifies("BAG") { Ok(()) } else { Err("the package does not hold".into()) }
}

fn erased(house: &House<'_>) -> Result<(), String> {
    succeeds(house, ERASE)?;
    count(items(house, &["A1"]), ITEMS - 1, "what is left")
}

fn erased_all(house: &House<'_>) -> Result<(), String> {
    succeeds(house, ERASE_ALL)?;
    count(items(house, &[]), 0, "what is left")
}

fn moved(house: &House<'_>) -> Result<(), String> {
    succeeds(house, MOVE)?;
    count(items(house, &["A1"]), ITEMS, "what was moved")?;
    let shown = house.json(&["show", "A1-1", "--json"]);
    if shown["compartment_name"] == "witnesses" { Ok(()) } else { Err(format!("it is not there: {shown}")) }
}

fn backed_up(house: &House<'_>) -> Result<(), String> {
    succeeds(house, &["backup", "BACKUP"])?;
    succeeds(house, &["restore", "BACKUP", "RESTORED"])?;
    let here = items(house, &[]);
    let listed = house.json(&["--archive", "RESTORED", "--first-seen-here", "list", "--json"]);
    count(listed.as_array().map_or(0, Vec::len), here, "the restored archive")?;
    succeeds(house, &["--archive", "RESTORED", "check", "--full"])
}

fn passphrase(house: &House<'_>) -> Result<(), String> {
    if house.says(&["list"]).code == 0 {
        succeeds(house, PASSPHRASE)?;
    }
    expect(&house.says(&["list"]), &[3])?;
    std::fs::rename(house.path("new"), house.path("passphrase")).map_err(|error| error.to_string())?;
    succeeds(house, &["list"])
}

fn member_added(house: &House<'_>) -> Result<(), String> {
    let there = || {
        let members = house.json(&["member", "list", "--json"]);
        members.as_array().is_some_and(|all| all.iter().any(|one| one["name"] == "Boris"))
    };
    if !there() {
        // The sheet of the first try, if it came so far, opens nothing.
        let _ = std::fs::remove_file(house.path("BORIS"));
        succeeds(house, ADD)?;
    }
    succeeds(house, &["list", "--passphrase-file", "boris"])
}

fn member_removed(house: &House<'_>) -> Result<(), String> {
    // Repeated, it is done now, or was done before.
    expect(&house.says(&["agree", "PROPOSAL"]), &[0, 1])?;
    expect(&house.says(&["list", "--passphrase-file", "boris"]), &[3])?;
    count(items(house, &["A1"]), ITEMS, "what he could read")?;
    let keys = house.json(&["key", "show", "--json"]);
    match keys["earlier"].as_array().map_or(0, Vec::len) {
        1 => Ok(()),
        changes => Err(format!("the archive's key changed {changes} times")),
    }
}

fn key_changed(house: &House<'_>) -> Result<(), String> {
    let changes = || house.json(&["key", "show", "--json"])["earlier"].as_array().map_or(0, Vec::len);
    if changes() == 0 {
        succeeds(house, &["key", "change", "--reason", "a stolen laptop"])?;
    }
    // The next command takes away what is left of the old key.
    succeeds(house, WITHDRAW)?;
    if changes() == 1 { Ok(()) } else { Err(format!("the archive's key changed {} times", changes())) }
}
