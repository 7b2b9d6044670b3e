//! Bit rot and scissors: every file of a rich archive flipped, cut, emptied, removed, swapped and replaced by yesterday's.
//!
//! A seeded eighth of it always runs; `make rot` runs all of it.

mod common;
#[path = "common/rich.rs"]
mod rich;
#[path = "common/surgery.rs"]
mod surgery;

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rich::{Rich, check, copy, memory};
use surgery::content;
use vidimus_seal::Entropy;

/// What is done to one file, and to a neighbour of it.
type Damage = (String, Vec<(String, Option<Vec<u8>>)>);

/// Everything that happens to one file.
fn damages(rich: &Rich, name: &str, next: Option<&String>, entropy: &mut Entropy) -> Vec<Damage> {
    let today = |name: &str| fs::read(rich.today.path().join("archive").join(name)).unwrap();
    let is = today(name);
    let one = |bytes: Option<Vec<u8>>| vec![(name.to_owned(), bytes)];
    let mut all: Vec<Damage> = Vec::new();
    for at in places(name, &is, entropy) {
        let mut flipped = is.clone();
        flipped[at] ^= 1 << (entropy.bytes::<1>()[0] % 8);
        all.push((format!("bit at {at}"), one(Some(flipped))));
    }
    for (how, len) in
        [("without its last byte", is.len().saturating_sub(1)), ("half", is.len() / 2), ("empty", 0)]
    {
        all.push((how.into(), one(Some(is[..len].to_vec()))));
    }
    all.push(("removed".into(), one(None)));
    if let Some(next) = next {
        let both = vec![(name.to_owned(), Some(today(next))), (next.clone(), Some(is.clone()))];
        all.push((format!("swapped with {next}"), both));
    }
    if let Some(was) = rich.was(name) {
        all.push(("yesterday's".into(), one(Some(was))));
    }
    all.retain(|(_, files)| files.iter().any(|(name, bytes)| bytes.as_ref() != Some(&today(name))));
    all
}

/// Where bits flip: first and last byte, places of chance; of a database each page's head, its cell pointers and its payload.
fn places(name: &str, bytes: &[u8], entropy: &mut Entropy) -> Vec<usize> {
    let mut chance = |below: usize| u32::from_le_bytes(entropy.bytes::<4>()) as usize % below;
    if bytes.is_empty() {
        return Vec::new();
    }
    let mut places = vec![0, bytes.len() - 1, chance(bytes.len()), chance(bytes.len())];
    if name.ends_with(".db") && bytes.len() > 4096 {
        for page in 0..bytes.len() / 4096 {
            let head = page * 4096 + if page == 0 { 100 } else { 0 };
            places.extend([head, head + 3, head + 6, head + 9, head + 13, page * 4096 + 4000]);
            places.push(page * 4096 + chance(4096));
        }
    }
    places
}

type Content = BTreeMap<String, Vec<Vec<String>>>;

/// In which rows of which table two ledgers differ, for whoever has to find out why.
fn changed(both: &[Option<Content>; 2]) -> String {
    let [Some(is), Some(was)] = both else { return String::new() };
    let tables = is.iter().filter(|(name, rows)| was.get(*name) != Some(rows));
    let named = tables.map(|(name, rows)| {
        let others = was.get(name).map_or(&[][..], Vec::as_slice);
        let at = rows.iter().zip(others).position(|(row, other)| row != other);
        let pair = at.map(|at| (&rows[at], &others[at]));
        format!("; {name} of {} rows, {pair:?}", rows.len())
    });
    named.collect()
}

/// What is wrong with how the check answered; none if it named what was done.
fn fault(rich: &Rich, name: &str, done: &Damage) -> Option<String> {
    let folder = memory();
    copy(rich.today.path(), folder.path());
    for (name, bytes) in &done.1 {
        let path = folder.path().join("archive").join(name);
        match bytes {
            Some(bytes) => fs::write(path, bytes).unwrap(),
            None => fs::remove_file(path).unwrap(),
        }
    }
    let damaged = folder.path().join("archive/ledger.db");
    let both = [damaged, rich.today.path().join("archive/ledger.db")].map(|path| {
        let beside = folder.path().join("compared.db");
        fs::copy(path, &beside).ok().and_then(|_| content(&beside, false))
    });
    let unchanged = name == "ledger.db" && both[0].is_some() && both[0] == both[1];
    let full = name.starts_with("objects/");
    let Ok(checked) = catch_unwind(AssertUnwindSafe(|| check(folder.path(), full))) else {
        return Some("it panicked".into());
    };
    let refs: Vec<&str> = checked.problems.iter().map(|problem| problem.reference.as_str()).collect();
    if name.starts_with("folds/") {
        let again = check(folder.path(), false);
        return (!again.problems.is_empty()).then(|| format!("folds did not heal: {refs:?}"));
    }
    if checked.sound {
        // No loss: a byte that SQLite does not use; a tile that a wider one holds too; a checkpoint that is published again by
        // the next command; a lock that nobody holds; a file that is the members' own to edit; a note by which a repeated command says that it is
        // done already (without it the disk would be taken in again).
        let is_older = name == "log/checkpoint" && done.0 == "yesterday's";
        let spare = unchanged || name.contains(".p/") || is_older;
        let is_note = name.starts_with("unfinished/received-") && done.0 == "removed";
        let spare = spare || is_note || ["settings.json", "unfinished/lock"].contains(&name);
        return (!spare).then(|| format!("nothing was noticed{}", changed(&both)));
    }
    let names = |reference: &str| match name.split('/').next().unwrap() {
        "ledger.db" => true,
        "objects" => {
            reference.starts_with('A') || reference.contains(":A") || reference.starts_with("object")
        }
        "settings.json" => reference.contains("settings"),
        "log" => reference.contains(name.trim_start_matches("log/").trim_start_matches("tile/")),
        _ => done.1.iter().any(|(name, _)| {
            let file = name.rsplit('/').next().unwrap();
            let folder = name.rsplit('/').nth(1).unwrap_or_default();
            reference.contains(file.trim_end_matches(".json")) || reference.contains(folder)
        }),
    };
    let named = refs.iter().any(|reference| names(reference));
    let accused: Vec<&&str> = match name.starts_with("ledger.db") {
        true => Vec::new(),
        false => refs.iter().filter(|reference| reference.starts_with("record")).collect(),
    };
    if !named {
        return Some(format!("it is not named: {refs:?}"));
    }
    if !accused.is_empty() {
        return Some(format!("records are accused of it: {accused:?}"));
    }
    (checked.still_sound.is_empty()).then(|| "it does not say what is sound".into())
}

#[test]
fn every_damage_is_named_and_what_is_sound_is_said() {
    let rich = Rich::new();
    let all = std::env::var_os("VIDIMUS_ROT").is_some();
    let seed = std::env::var("VIDIMUS_ROT_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(900_u64);
    let mut entropy = Entropy::from_seed(&{
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes
    });
    let files = rich.files();
    let mut work = Vec::new();
    for (place, name) in files.iter().enumerate() {
        let kind = |name: &String| {
            name.rsplit_once('/').map(|(folder, _)| folder.split('/').next().map(String::from))
        };
        let next = files.get(place + 1).filter(|next| kind(next) == kind(name) && kind(name).is_some());
        work.extend(damages(&rich, name, next, &mut entropy).into_iter().map(|one| (name, one)));
    }
    let share = if all { 1 } else { 8 };
    work.retain(|_| entropy.bytes::<1>()[0].is_multiple_of(share));
    let faults: Vec<String> = work
        .iter()
        .filter_map(|(name, done)| Some(format!("{name}, {}: {}", done.0, fault(&rich, name, done)?)))
        .collect();
    println!("{} damages, seed {seed}", work.len());
    assert!(faults.is_empty(), "seed {seed}, {} of {}:\n{}", faults.len(), work.len(), faults.join("\n"));
    assert!(work.len() > 50, "{}", work.len());
}
