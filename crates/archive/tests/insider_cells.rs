//! An insider with SQL and a hex editor: every cell of every table of the ledger changed in every way, one at a time.
//!
//! Tables and columns are asked of the database, so that a new one cannot be forgotten. A seeded part of it always runs;
//! `make insider` runs all of it.

#[path = "common/answers.rs"]
mod answers;
mod common;
#[path = "common/rich.rs"]
mod rich;
#[path = "common/surgery.rs"]
mod surgery;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use answers::answers;
use common::Place;
use rich::{Rich, check, copy, memory};
use rusqlite::Connection;
use rusqlite::types::Value;
use surgery::{columns, content, literal, loosened, one, q, tables};
use vidimus_archive::Checked;
use vidimus_seal::Entropy;

/// What is done, to what, and what of it must be named.
struct Attack {
    table: String,
    /// `*`: to the row as a whole.
    column: String,
    how: String,
    target: Target,
    sql: String,
}

/// What a check has to name.
#[derive(Clone, Debug, PartialEq)]
enum Target {
    /// This record, by its number or by the item that it is of.
    Record(i64),
    Checkpoint(i64),
    /// The ledger's end, or the row behind it.
    End,
    /// The file as a whole, or the key whose name is lost.
    Ledger,
}

/// A row that is attacked.
struct Victim {
    key: Value,
    target: Target,
    /// What stands before the way in which it is attacked, where it matters what row it is.
    kind: &'static str,
}

/// What changes nothing that anybody can ask: table, column, way (`*` stands for every one), and why.
const HARMLESS: [(&str, &str, &str, &str); 4] = [
    ("body", "*", "zeros: *", "zeros in place of a body that was destroyed: no row refers to them"),
    (
        "row",
        "compartment",
        "erased: *",
        "its tombstone says where it was; that it lies in one that exists is checked",
    ),
    ("row", "key", "erased: *", "its record was destroyed, and with it all that the key opened"),
    ("row", "op", "erased: *", "it only keeps an operation from being done twice, and that one was undone"),
];

/// Keys of tables: SQLite takes no second one, no null and no other type, from whichever program.
const KEYS: [(&str, &str); 7] = [
    ("meta", "name"),
    ("name", "id"),
    ("name", "name"),
    ("row", "seq"),
    ("body", "place"),
    ("checkpoint", "size"),
    ("tip", "id"),
];

/// The rows of a table that differ in kind.
fn victims(db: &Connection, table: &str) -> Vec<Victim> {
    const KINDS: &str = "SELECT min(seq) FROM row
        GROUP BY row.compartment, row.key, op IS NULL, place IS NULL, erased, altered";
    let sql = match table {
        "row" => format!(
            "SELECT seq, seq, erased FROM row WHERE seq IN ({KINDS}) OR seq = (SELECT max(seq) FROM row)"
        ),
        "body" => format!(
            "SELECT place, (SELECT seq FROM row WHERE row.place = body.place), 0 FROM body
             WHERE place IN (SELECT place FROM row WHERE seq IN ({KINDS}))
             OR place = (SELECT min(place) FROM body WHERE sealed = zeroblob(length(sealed)))"
        ),
        "checkpoint" => {
            "SELECT size, size, 0 FROM checkpoint WHERE size IN (SELECT min(size) FROM checkpoint)
            OR size IN (SELECT max(size) FROM checkpoint)
            OR size IN (SELECT size FROM checkpoint ORDER BY size LIMIT 1 OFFSET 3)"
                .into()
        }
        _ => format!("SELECT {}, NULL, 0 FROM {}", q(&columns(db, table)[0]), q(table)),
    };
    let mut asked = db.prepare(&sql).unwrap();
    let found = asked.query_map([], |line| {
        let (key, what, erased): (Value, Option<i64>, bool) = (line.get(0)?, line.get(1)?, line.get(2)?);
        let (target, kind) = match (table, what) {
            ("row", Some(seq)) if erased => (Target::Record(seq), "erased: "),
            ("row" | "body", Some(seq)) => (Target::Record(seq), ""),
            ("body", None) => (Target::Ledger, "zeros: "),
            ("checkpoint", Some(size)) => (Target::Checkpoint(size), ""),
            ("tip", _) => (Target::End, ""),
            _ => (Target::Ledger, ""),
        };
        Ok(Victim { key, target, kind })
    });
    found.unwrap().map(Result::unwrap).collect()
}

/// What a cell can be made to hold instead of what it holds.
fn others(
    db: &Connection,
    (table, column): (&str, &str),
    key: &Value,
    entropy: &mut Entropy,
) -> Vec<(&'static str, Value)> {
    let (t, c, primary, at) = (q(table), q(column), q(&columns(db, table)[0]), literal(key));
    let is = one(db, &format!("SELECT {c} FROM {t} WHERE {primary} = {at}"));
    let mut random = |len: usize| (0..len).map(|_| entropy.bytes::<1>()[0]).collect::<Vec<u8>>();
    let mut all = vec![("null", Value::Null)];
    match &is {
        Value::Blob(bytes) => {
            all.push(("empty", Value::Blob(Vec::new())));
            let places = [("first bit", 0), ("a bit", bytes.len() / 2), ("last bit", bytes.len().max(1) - 1)];
            for (how, at) in places {
                let mut flipped = bytes.clone();
                flipped.get_mut(at).into_iter().for_each(|byte| *byte ^= 1);
                all.push((how, Value::Blob(flipped)));
            }
            all.push(("shorter", Value::Blob(bytes[..bytes.len().max(1) - 1].to_vec())));
            all.push(("random", Value::Blob(random(bytes.len()))));
            all.push(("another type", Value::Integer(7)));
        }
        Value::Text(text) => {
            all.push(("empty", Value::Text(String::new())));
            let mut flipped = text.clone().into_bytes();
            let middle = flipped.len() / 2;
            flipped[middle] ^= 1;
            all.push(("a bit", Value::Text(String::from_utf8(flipped).unwrap())));
            all.push(("random", Value::Text(hex::encode(random(text.len()))[..text.len()].to_owned())));
            all.push(("another type", Value::Blob(text.clone().into_bytes())));
        }
        Value::Integer(number) => {
            all.push(("empty", Value::Integer(0)));
            all.push(("a bit", Value::Integer(number ^ 1)));
            all.push(("a high bit", Value::Integer(number ^ (1 << 40))));
            all.push(("negative", Value::Integer(-number - 1)));
            all.push(("another type", Value::Text("x".into())));
        }
        Value::Null => {
            all.push(("set", Value::Integer(1)));
            all.push(("set to bytes", Value::Blob(random(16))));
        }
        Value::Real(_) => all.push(("another type", Value::Integer(1))),
    }
    let from = |order: &str| format!("SELECT {c} FROM {t} WHERE {primary} {order}");
    all.push(("next row's", one(db, &from(&format!("> {at} ORDER BY {primary} LIMIT 1")))));
    all.push(("row's before", one(db, &from(&format!("< {at} ORDER BY {primary} DESC LIMIT 1")))));
    all.push((
        "first other value",
        one(
            db,
            &format!(
                "SELECT {c} FROM {t} WHERE {c} IS NOT (SELECT {c} FROM {t} WHERE {primary} = {at}) LIMIT 1"
            ),
        ),
    ));
    if table == "row" || table == "body" {
        let sql = format!(
            "SELECT {c} FROM row LEFT JOIN body USING (place) WHERE {c} IS NOT NULL
             AND compartment IS NOT (SELECT compartment FROM row WHERE {primary} = {at}) ORDER BY seq DESC LIMIT 1"
        );
        all.push(("another compartment's", one(db, &sql)));
    }
    let mut seen = vec![is];
    all.retain(|(_, value)| {
        let new = !seen.contains(value);
        seen.push(value.clone());
        new
    });
    all
}

/// A row deleted, doubled, made up, exchanged with the next one, and put there from another archive.
fn to_whole_row(
    db: &Connection,
    table: &str,
    victim: &Victim,
    foreign: &Path,
) -> Vec<(&'static str, Target, String)> {
    let names: Vec<String> = columns(db, table).iter().map(|name| q(name)).collect();
    let (t, primary, rest, at) = (q(table), &names[0], names[1..].join(", "), literal(&victim.key));
    let (free, below) = match victim.key {
        Value::Text(_) => ("'again'".to_owned(), "'before'".to_owned()),
        _ => {
            (format!("(SELECT max({primary}) + 1 FROM {t})"), format!("(SELECT min({primary}) - 1 FROM {t})"))
        }
    };
    let end = one(db, &format!("SELECT {free}"));
    let beyond = match (table, end) {
        ("row" | "tip", _) => Target::End,
        ("checkpoint", Value::Integer(size)) => Target::Checkpoint(size),
        _ => Target::Ledger,
    };
    let before = match (table, one(db, &format!("SELECT {below}"))) {
        ("checkpoint", Value::Integer(size)) => Target::Checkpoint(size),
        _ => Target::Ledger,
    };
    let random: Vec<String> = names[1..]
        .iter()
        .map(|c| format!("CASE typeof({c}) WHEN 'blob' THEN randomblob(length({c})) ELSE {c} END"))
        .collect();
    let two = format!("{primary} IN ({at}, (SELECT min({primary}) FROM {t} WHERE {primary} > {at}))");
    // Two rows of one name cannot stand in the table for a moment.
    let aside = match table {
        "name" => {
            format!("UPDATE {t} SET name = name || '-' WHERE (SELECT count(*) FROM two) = 2 AND {two};")
        }
        _ => String::new(),
    };
    let attach = format!("ATTACH '{}' AS theirs;", foreign.display());
    let own = victim.target.clone();
    vec![
        ("deleted", own.clone(), format!("DELETE FROM {t} WHERE {primary} = {at}")),
        (
            "doubled",
            beyond.clone(),
            format!("INSERT INTO {t} SELECT {free}, {rest} FROM {t} WHERE {primary} = {at}"),
        ),
        (
            "doubled before all",
            before,
            format!("INSERT INTO {t} SELECT {below}, {rest} FROM {t} WHERE {primary} = {at}"),
        ),
        (
            "made up",
            beyond.clone(),
            format!("INSERT INTO {t} SELECT {free}, {} FROM {t} WHERE {primary} = {at}", random.join(", ")),
        ),
        (
            "exchanged with the next",
            own.clone(),
            format!(
                "CREATE TEMP TABLE two AS SELECT * FROM {t} WHERE {two}; {aside}
                 UPDATE {t} SET ({rest}) = (SELECT {rest} FROM two WHERE two.{primary} <> {t}.{primary})
                 WHERE (SELECT count(*) FROM two) = 2 AND {primary} IN (SELECT {primary} FROM two);
                 DROP TABLE two;"
            ),
        ),
        (
            "another archive's",
            own,
            format!(
                "{attach} UPDATE {t} SET ({rest}) = (SELECT {rest} FROM theirs.{t} AS f WHERE f.{primary} = {at})
                 WHERE {primary} = {at} AND EXISTS (SELECT 1 FROM theirs.{t} AS f WHERE f.{primary} = {at})"
            ),
        ),
        (
            "another archive's at the end",
            beyond,
            format!("{attach} INSERT INTO {t} SELECT {free}, {rest} FROM theirs.{t} LIMIT 1"),
        ),
    ]
}

fn attacks(db: &Connection, foreign: &Path, entropy: &mut Entropy) -> Vec<Attack> {
    let mut all = Vec::new();
    for table in tables(db) {
        let (t, names) = (q(&table), columns(db, &table));
        let victims = victims(db, &table);
        assert!(!victims.is_empty(), "{table} is empty: the archive is not rich enough");
        for victim in &victims {
            let mut add = |column: &str, how: &str, target: &Target, sql: String| {
                let (table, column, target) = (table.clone(), column.to_owned(), target.clone());
                all.push(Attack { table, column, how: format!("{}{how}", victim.kind), target, sql });
            };
            for column in &names {
                for (how, value) in others(db, (&table, column), &victim.key, entropy) {
                    let (c, primary, at) = (q(column), q(&names[0]), literal(&victim.key));
                    let sql = format!("UPDATE {t} SET {c} = {} WHERE {primary} = {at}", literal(&value));
                    add(column, how, &victim.target, sql);
                }
            }
            for (how, target, sql) in to_whole_row(db, &table, victim, foreign) {
                add("*", how, &target, sql);
            }
        }
    }
    all
}

/// The numbers of the records that were named.
fn records(checked: &Checked, items: &BTreeMap<String, i64>) -> BTreeSet<i64> {
    let mut named = BTreeSet::new();
    for problem in &checked.problems {
        let text = problem.problem.to_string();
        let within: Option<i64> =
            text.split_once("record (").and_then(|(_, rest)| rest.split(')').next()?.parse().ok());
        named.extend(within);
        named.extend(items.get(&problem.reference));
        if let Some(number) = problem.reference.strip_prefix("record ") {
            named.extend(number.parse::<i64>());
        }
        if let Some((first, last)) =
            problem.reference.strip_prefix("records ").and_then(|r| r.split_once('-'))
        {
            named.extend(first.parse::<i64>().unwrap()..=last.parse::<i64>().unwrap());
        }
    }
    named
}

fn is_named(attack: &Attack, checked: &Checked, items: &BTreeMap<String, i64>) -> bool {
    let has = |reference: &str| checked.problems.iter().any(|problem| problem.reference == reference);
    // Where the file contradicts its own schema, it is SQLite that names the row, the column or the table.
    let file = checked.problems.iter().find(|problem| problem.reference == "ledger");
    let said = file.map(|problem| problem.problem.to_string()).unwrap_or_default();
    let by_sqlite = |name: &str| said.contains(name);
    match attack.target {
        Target::Record(seq) => {
            // A row under a key that is none is named with all rows of that key.
            let by_key = checked.problems.iter().any(|problem| problem.reference.starts_with("key held/"));
            records(checked, items).contains(&seq)
                || attack.column == "key" && by_key
                || by_sqlite(&format!("row {seq} "))
                || by_sqlite(&format!("{}.{}", attack.table, attack.column))
        }
        Target::Checkpoint(size) => has(&format!("checkpoint {size}")),
        Target::End => has("ledger tip") || by_sqlite("in tip"),
        Target::Ledger => checked.problems.iter().any(|problem| {
            let starts = |with| problem.reference.starts_with(with);
            starts("ledger") || starts("key held/") || starts("record")
        }),
    }
}

/// What went wrong; a long run says it at once.
#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn push(&mut self, fault: String) {
        println!("{fault}");
        self.0.push(fault);
    }
}

#[test]
fn every_cell_of_the_ledger_is_watched() {
    let rich = Rich::new();
    let other = Place::new();
    other.write("theirs.txt", "another archive's");
    other.receive(&other.disk());
    let ledger = |folder: &Path| folder.join("archive/ledger.db");
    let seed = std::env::var("VIDIMUS_INSIDER_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1_u64);
    let mut entropy = Entropy::from_seed(&{
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes
    });
    let db = Connection::open(ledger(rich.today.path())).unwrap();
    let mut work = attacks(&db, &ledger(other.folder.path()), &mut entropy);
    drop(db);
    assert!(work.len() > 1000, "{}", work.len());
    let share = if std::env::var_os("VIDIMUS_INSIDER").is_some() { 1 } else { 16 };
    work.retain(|_| entropy.bytes::<1>()[0].is_multiple_of(share));
    println!("{} attacks, seed {seed}", work.len());
    let items = answers::items(rich.today.path());
    let before = answers(rich.today.path());
    let (mut faults, mut refused, mut harmless) = (Faults::default(), 0, 0);
    for attack in &work {
        let folder = memory();
        copy(rich.today.path(), folder.path());
        let was = content(&ledger(folder.path()), true);
        let done = loosened(&ledger(folder.path()), |db| db.execute_batch(&attack.sql));
        let shown = format!("{}.{} {}: {:.120}", attack.table, attack.column, attack.how, attack.sql);
        if let Err(error) = done {
            let column = if attack.table == "name" { "name" } else { attack.column.as_str() };
            if !KEYS.contains(&(attack.table.as_str(), column)) {
                faults.push(format!("{shown}: SQLite refused it: {error}"));
            }
            refused += 1;
            continue;
        }
        if content(&ledger(folder.path()), true) == was {
            continue; // there was nothing to do it to
        }
        let checked = check(folder.path(), false);
        let why = HARMLESS.iter().find(|(table, column, how, _)| {
            let fits =
                how.strip_suffix('*').map_or(*how == attack.how, |start| attack.how.starts_with(start));
            *table == attack.table && (*column == "*" || *column == attack.column) && fits
        });
        match (checked.sound, why) {
            (true, Some(_)) if answers(folder.path()) == before => harmless += 1,
            (true, Some(_)) => faults.push(format!("{shown}: it is called harmless, and answers differ")),
            (true, None) => faults.push(format!("{shown}: nothing was noticed")),
            (false, None) if !is_named(attack, &checked, &items) => {
                let said: Vec<_> =
                    checked.problems.iter().map(|p| format!("{}: {}", p.reference, p.problem)).collect();
                faults.push(format!("{shown}: {:?} is not named: {said:?}", attack.target));
            }
            _ => {}
        }
    }
    println!("{} attacks, {refused} refused by SQLite, {harmless} harmless, seed {seed}", work.len());
    assert!(
        faults.0.is_empty(),
        "seed {seed}, {} of {}:\n{}",
        faults.0.len(),
        work.len(),
        faults.0.join("\n")
    );
}
