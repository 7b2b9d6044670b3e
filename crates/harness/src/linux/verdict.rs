//! What must be true after a command was hit, and after the same command was run again.
//!
//! - `check --full` is clean, or names only what the scenario says that an interrupted command may leave.
//! - The same command finishes, or answers that it is done already. Then the archive is sound, and holds every item
//!   once, with the bytes that were taken in.
//! - Every receipt that was there or printed is of a tree that the ledger still begins with.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use vidimus_archive::clock::SystemClock;
use vidimus_archive::query::ListQuery;
use vidimus_archive::{Archive, OpenError, Opening};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::merkle::{Frontier, leaf_hash};

use crate::place::{GIVER, Place, Programs, Who};
use crate::points::{Prepared, words};
use crate::scenario::Result as Made;
use crate::trace::Run;

/// What an archive holds: of each reference its line in a list, and the digest of the bytes that come out of its object.
pub type Facts = BTreeMap<String, (String, String)>;

/// A checkpoint that somebody may have on paper: size and root.
type Promise = (u64, Vec<u8>);

/// Reads every item, past the program under test.
///
/// # Errors
/// The archive does not open, or an item cannot be read.
pub fn facts(place: &Place) -> io::Result<Facts> {
    let mut archive = open(place)?;
    let mut rows = Vec::new();
    let query = ListQuery { include_withdrawn: true, ..ListQuery::default() };
    let mut keep = |row| {
        rows.push(row);
        ControlFlow::Continue(())
    };
    archive.list(&query, &mut keep).map_err(io::Error::other)?;
    let mut facts = Facts::new();
    for row in rows {
        let mut bytes = Vec::new();
        archive.read_item(&row.reference).map_err(io::Error::other)?.read_to_end(&mut bytes)?;
        let line = serde_json::to_string(&row).map_err(io::Error::other)?;
        facts.insert(row.reference.to_string(), (line, hex::encode(Sha256::digest(bytes))));
    }
    Ok(facts)
}

/// What must not be, after `run` in `place`.
///
/// # Errors
/// A program does not start, or the file system fails.
pub fn complaints(
    prepared: &Prepared,
    place: &Place,
    programs: &Programs,
    run: &Run,
) -> io::Result<Vec<String>> {
    let mut complaints = Vec::new();
    let scenario = prepared.scenario;
    if let Some(code @ (101 | 134)) = run.code {
        complaints.push(format!("it panicked ({code}): {}", run.err));
    }
    let promises = promises(place, run)?;
    // Where the archive comes from the command, there may be none yet.
    if was_told(run) || !scenario.lost.contains(&"archive") {
        let named = problems(place, programs, scenario.hit.who)?;
        // What was lost before the command may still be.
        for new in named.iter().filter(|named| !prepared.named_before.contains(named)) {
            complaints.push(format!("check after it: {new}"));
        }
    }
    let not_taken = not_taken(run);
    // Who was told the answer does not ask again; asked twice, a receiving is another delivery.
    if !was_told(run) {
        let again = place.plain(programs, scenario.hit.who, &prepared.words)?;
        let said = format!("{}{}", again.out, again.err);
        if again.code != Some(0) && !scenario.done.iter().any(|done| said.contains(done)) {
            complaints.push(format!("again: {:?} {said} (first: {:?} {})", again.code, run.code, run.err));
        }
    }
    let checked = check(place, programs, scenario.hit.who)?;
    complaints.extend(named(&checked).into_iter().map(|named| format!("check at the end: {named}")));
    if scenario.name.starts_with("receive") {
        let said = checked["still_sound"].as_array().map(Vec::as_slice).unwrap_or_default();
        let keys = said.iter().map(Value::to_string).filter(|text| text.contains("keys/held/"));
        complaints.extend(keys.map(|text| format!("a key that seals nothing stayed: {text}")));
    }
    match facts(place) {
        Ok(facts) if facts == prepared.holds_then => {}
        Ok(facts) if all_but(&facts, &prepared.holds_then, &not_taken.unwrap_or_default()) => {}
        Ok(facts) => complaints.push(differences(&facts, &prepared.holds_then)),
        Err(error) => complaints.push(format!("its items cannot be read: {error}")),
    }
    complaints.extend(broken(&promises, place)?);
    complaints.extend(names(place)?.difference(&prepared.names).map(|name| format!("left over: {name}")));
    complaints.extend(readable(place)?);
    complaints.extend(unusable(prepared, place, programs)?);
    Ok(complaints)
}

/// Does somebody know that it is done? A receipt says so too, before the command ends.
pub fn was_told(run: &Run) -> bool {
    run.code == Some(0) || not_taken(run).is_some()
}

/// What the files of a place are called, without numbers and what is drawn by chance.
///
/// # Errors
/// The file system fails.
pub fn names(place: &Place) -> io::Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    for folder in folders(place, &["state", "out"])? {
        every_file(&folder, &mut |path| {
            let below = path.strip_prefix(place.path("")).unwrap_or(path).to_string_lossy().into_owned();
            // SQLite's own, which the next one to open removes; and notes of what was not answered yet, which the same command
            // takes away, but not durably.
            if below.ends_with("-wal") || below.ends_with("-shm") || is_note(&below) {
                return Ok(());
            }
            let parts = below.split_inclusive(divides);
            names.insert(parts.map(nameless).collect());
            Ok(())
        })?;
    }
    Ok(names)
}

/// The archive, what `restore` puts together beside it, and these.
fn folders(place: &Place, others: &[&str]) -> io::Result<Vec<PathBuf>> {
    let mut all: Vec<PathBuf> = others.iter().map(|folder| place.path(folder)).collect();
    for entry in fs::read_dir(place.path(""))? {
        let entry = entry?;
        let name = entry.file_name();
        if name == "archive" || name.to_string_lossy().starts_with("archive.restoring-") {
            all.push(entry.path());
        }
    }
    Ok(all)
}

fn is_note(path: &str) -> bool {
    let notes = ["received-", "examine-", "sheet-", "key-file-", "init"];
    let name = path.strip_prefix("archive/unfinished/").unwrap_or_default();
    !name.contains('.') && notes.iter().any(|note| name.starts_with(note))
}

/// A part of a name with what divides it from the next, unless it is a number.
fn nameless(part: &str) -> String {
    let word = part.trim_end_matches(divides);
    let hexadecimal =
        (word.len() == 2 || word.len() >= 8) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let random = hexadecimal || word.len() > 20 || word.bytes().any(|byte| byte.is_ascii_digit());
    if random { format!("#{}", &part[word.len()..]) } else { part.to_owned() }
}

/// Dashes and underlines stand in the names of keys.
fn divides(letter: char) -> bool {
    !letter.is_alphanumeric() && letter != '-' && letter != '_'
}

fn every_file(folder: &Path, look: &mut dyn FnMut(&Path) -> io::Result<()>) -> io::Result<()> {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => every_file(&entry.path(), look)?,
            false => look(&entry.path())?,
        }
    }
    Ok(())
}

/// Files in which something stands that only those who hold a key may read.
fn readable(place: &Place) -> io::Result<Vec<String>> {
    let mut readable = Vec::new();
    for folder in folders(place, &["state", "out/backup"])? {
        every_file(&folder, &mut |path| {
            let bytes = fs::read(path)?;
            for secret in SECRETS {
                if bytes.windows(secret.len()).any(|window| window == secret.as_bytes()) {
                    readable.push(format!("{secret:?} can be read in {}", path.display()));
                }
            }
            Ok(())
        })?;
    }
    Ok(readable)
}

/// Of what is received and from whom, and of passphrases.
const SECRETS: [&str; 5] = ["note on the", "list on the", "допрос", "herons cross", GIVER];

/// The paths that the receipt on standard output says were not taken; none where no receipt was printed.
fn not_taken(run: &Run) -> Option<Vec<String>> {
    let said: Value = serde_json::from_str(&run.out).ok()?;
    let paths = said["not_taken"].as_array()?.iter();
    Some(paths.filter_map(|passed_over| Some(passed_over["path"].as_str()?.to_owned())).collect())
}

/// Is everything there but what a receipt says was not taken? The numbers of the others differ then.
fn all_but(found: &Facts, expected: &Facts, not_taken: &[String]) -> bool {
    let named = |facts: &Facts| -> Vec<(String, String, String)> {
        let rows = facts.values().filter_map(|(line, digest)| {
            let row: Value = serde_json::from_str(line).ok()?;
            let word = |name: &str| Some(row[name].as_str()?.to_owned());
            Some((word("accession")?, word("path")?, digest.clone()))
        });
        let mut rows: Vec<_> = rows.collect();
        rows.sort();
        rows
    };
    let mut expected = named(expected);
    // What the command received is the newest accession.
    let newest = expected.iter().map(|(accession, ..)| accession.clone()).max().unwrap_or_default();
    expected.retain(|(accession, path, _)| *accession != newest || !not_taken.contains(path));
    !not_taken.is_empty() && named(found) == expected && without_gap(found, &newest)
}

/// Are the numbers of an accession's items those from 1 on?
fn without_gap(found: &Facts, accession: &str) -> bool {
    let number = |name: &String| name.strip_prefix(accession)?.strip_prefix('-')?.parse::<usize>().ok();
    let mut numbers: Vec<usize> = found.keys().filter_map(number).collect();
    numbers.sort_unstable();
    numbers.into_iter().eq(1..=found.keys().filter_map(number).count())
}

/// What two archives do not have in common.
fn differences(found: &Facts, expected: &Facts) -> String {
    let of = |these: &Facts, others: &Facts| -> Vec<String> {
        let own = these.iter().filter(|(name, fact)| others.get(*name) != Some(fact));
        own.map(|(_, (line, digest))| format!("{line} {digest:.8}")).collect()
    };
    format!("it holds {:?} instead of {:?}", of(found, expected), of(expected, found))
}

fn open(place: &Place) -> io::Result<Archive> {
    let machine = place.machine();
    for who in [Who::OlenaAnew, Who::Olena] {
        let opening = Opening {
            state: &machine,
            member: None,
            passphrase: who.passphrase(),
            first_seen_here: false,
            clock: Box::new(SystemClock),
        };
        match Archive::open(&place.path("archive"), opening) {
            Err(OpenError::Unlock(_)) if who == Who::OlenaAnew => {}
            opened => return opened.map_err(io::Error::other),
        }
    }
    Err(io::ErrorKind::PermissionDenied.into())
}

/// What a check names.
///
/// # Errors
/// The program does not start.
pub fn problems(place: &Place, programs: &Programs, who: Who) -> io::Result<Vec<String>> {
    Ok(named(&check(place, programs, who)?))
}

/// What `check` says, or where it says nothing, what came instead.
fn check(place: &Place, programs: &Programs, who: Who) -> io::Result<Value> {
    let words = ["check", "--full", "--json"].map(str::to_owned);
    let mut checked = place.plain(programs, who, &words)?;
    if checked.code == Some(3) {
        checked = place.plain(programs, Who::OlenaAnew, &words)?;
    }
    let text = || format!("{:?} {}{}", checked.code, checked.out, checked.err);
    Ok(serde_json::from_str(&checked.out).unwrap_or_else(|_| Value::String(text())))
}

fn named(checked: &Value) -> Vec<String> {
    if let Value::String(text) = checked {
        return vec![text.clone()];
    }
    let named = checked["problems"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut named: Vec<String> = named.iter().map(Value::to_string).collect();
    if named.is_empty() && checked["sound"] != true {
        named.push("it is not sound, and nothing is named".to_owned());
    }
    named
}

/// Every checkpoint that was given out until now.
fn promises(place: &Place, run: &Run) -> io::Result<Vec<Promise>> {
    let mut promises = Vec::new();
    for folder in fs::read_dir(place.path("archive/receipts")).into_iter().flatten() {
        // A receipt that is being written has no name yet, or after a power cut no bytes.
        let Ok(note) = fs::read(folder?.path().join("checkpoint.txt")) else { continue };
        let Ok(signed) = SignedCheckpoint::from_bytes(&note) else { continue };
        promises.push((signed.checkpoint().size, signed.checkpoint().root.to_vec()));
    }
    if let Ok(said) = serde_json::from_str::<Value>(&run.out)
        && let Some(size) = said["checkpoint"]["size"].as_u64()
        && let Some(root) = said["checkpoint"]["root"].as_str()
    {
        promises.push((size, STANDARD.decode(root).map_err(io::Error::other)?));
    }
    Ok(promises)
}

/// Promises that the ledger does not keep: its tree is computed here from nothing but its entries.
fn broken(promises: &[Promise], place: &Place) -> io::Result<Vec<String>> {
    let entries = match entries(&place.path("archive/ledger.db")) {
        Ok(entries) => entries,
        Err(error) => return Ok(vec![format!("the ledger's entries cannot be read: {error}")]),
    };
    let mut roots = BTreeMap::new();
    let mut tree = Frontier::new();
    for entry in &entries {
        tree.append(leaf_hash(entry));
        roots.insert(tree.size(), tree.root().to_vec());
    }
    let broken = promises.iter().filter(|(size, root)| roots.get(size) != Some(root));
    Ok(broken.map(|(size, _)| format!("the receipt of {size} does not hold")).collect())
}

fn entries(ledger: &Path) -> rusqlite::Result<Vec<Vec<u8>>> {
    let ledger = rusqlite::Connection::open(ledger)?;
    let mut statement = ledger.prepare("SELECT entry FROM row ORDER BY seq")?;
    let entries = statement.query_map([], |row| row.get(0))?;
    entries.collect()
}

/// Is what the command made besides its records of use?
fn unusable(prepared: &Prepared, place: &Place, programs: &Programs) -> io::Result<Vec<String>> {
    let fails = |words: &[&str]| -> io::Result<Vec<String>> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let run = place.plain(programs, prepared.scenario.hit.who, &words)?;
        Ok(match run.code {
            Some(0) => Vec::new(),
            code => vec![format!("{words:?}: {code:?} {}{}", run.out, run.err)],
        })
    };
    match prepared.scenario.result {
        Made::None => Ok(Vec::new()),
        Made::Backup => {
            let mut complaints = fails(&["restore", "out/backup", "again"])?;
            complaints.extend(fails(&["--archive", "again", "check", "--full"])?);
            Ok(complaints)
        }
        Made::Sheet(name) => fails(&[
            "--member",
            name,
            "recover",
            "--recovery-sheet",
            "out/sheet",
            "--new-passphrase-file",
            "olena-anew",
        ]),
        Made::For(command) => {
            let typed = words(command, &prepared.said);
            fails(&typed.iter().map(String::as_str).collect::<Vec<_>>())
        }
        Made::Bag => {
            let file = place.path("out/bag/data");
            let complete = fs::read_dir(&file).is_ok_and(|files| files.count() == 2);
            Ok(if complete { Vec::new() } else { vec![format!("{} is not complete", file.display())] })
        }
    }
}
