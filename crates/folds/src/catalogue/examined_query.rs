//! Questions about examinations: what is left to do, what failed, what is known of an item.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, params};
use serde::de::DeserializeOwned;
use vidimus_model::{Derivative, Examination, FileKind, ObjectPlace, Ref, Stage, TimeClaim};

use super::examined::{stage_number, stage_of};
use super::history::record;
use super::item::{COLUMNS, PlaceRow, Stored, damaged};
use super::key::Key;
use super::kind::Kind;
use super::query::View;
use super::standing::Standing;
use super::{
    Answer, Brief, Catalogue, ExaminedCounts, FailureRow, ItemRow, MovedDerivative, Run, State, Unexamined,
    Wanted, Which,
};
use crate::StoreError;

impl Catalogue {
    /// Items that are to be examined, in the order of their references. A copy of an item of its own accession that can be seen
    /// is passed over: its bytes are looked at there. What is withdrawn is not opened.
    pub fn unexamined(&self, wanted: &Wanted<'_>) -> Result<Answer<Vec<Unexamined>>, StoreError> {
        self.read(|db| {
            let Some(scope) = Scope::of(wanted.within, wanted.after) else { return Ok(Vec::new()) };
            let list = stage_list(wanted.stages);
            let condition = match wanted.which {
                Which::All => String::new(),
                Which::Unexamined => format!(
                    "AND (SELECT count(DISTINCT s.stage) FROM stage s WHERE s.accession = item.accession
                          AND s.number = item.number AND s.members = item.members AND s.stage IN ({list})) < {}",
                    wanted.stages.len()
                ),
                Which::Failed => format!(
                    "AND EXISTS (SELECT 1 FROM failure f WHERE f.accession = item.accession
                          AND f.number = item.number AND f.members = item.members AND f.stage IN ({list}))"
                ),
            };
            let mut found = db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM item WHERE accession BETWEEN ?1 AND ?2 AND number BETWEEN ?3 AND ?4
                 AND (accession, number, members) > (?5, ?6, ?7) {condition} ORDER BY accession, number, members"
            ))?;
            let mut rows = found.query(scope.params())?;
            let mut view = View::new(db);
            let mut items = Vec::new();
            while items.len() < wanted.limit {
                let Some(row) = rows.next()? else { break };
                let stored = Stored::read(row)?;
                let key = stored.key.clone();
                let row = view.item(stored)?;
                let named = wanted.within.is_none_or(|whole| whole.holds(&row.item.about));
                if !named || row.state == State::Withdrawn || stands_in(&mut view, &row)?.is_some() {
                    continue;
                }
                let stages = match wanted.which {
                    Which::All => wanted.stages.to_vec(),
                    Which::Unexamined => {
                        let ended = latest(db, &key)?;
                        wanted.stages.iter().copied().filter(|stage| !ended.contains_key(stage)).collect()
                    }
                    Which::Failed => {
                        let failed: BTreeSet<Stage> = failures_of(db, &key)?.iter().map(|f| f.stage).collect();
                        wanted.stages.iter().copied().filter(|stage| failed.contains(stage)).collect()
                    }
                };
                if !stages.is_empty() {
                    items.push(Unexamined { row, stages, attempts: attempts(db, &key)? });
                }
            }
            Ok(items)
        })
    }

    /// The item whose bytes are looked at for this one: the one of its own accession that it is a copy of, or itself.
    pub fn looked_at_for(&self, reference: &Ref) -> Result<Answer<Ref>, StoreError> {
        self.read(|db| {
            let original = match item_row(db, reference)? {
                Some(row) => stands_in(&mut View::new(db), &row)?,
                None => None,
            };
            Ok(original.unwrap_or_else(|| reference.clone()))
        })
    }

    /// What could not be examined, of the thing named and everything in it; at most `limit`, those behind `after`.
    pub fn failures(
        &self,
        within: Option<&Ref>,
        after: Option<&Ref>,
        limit: usize,
    ) -> Result<Answer<Vec<FailureRow>>, StoreError> {
        self.read(|db| {
            let Some(scope) = Scope::of(within, after) else { return Ok(Vec::new()) };
            let mut found = db.prepare_cached(
                "SELECT DISTINCT accession, number, members FROM failure WHERE accession BETWEEN ?1 AND ?2
                 AND number BETWEEN ?3 AND ?4 AND (accession, number, members) > (?5, ?6, ?7)
                 ORDER BY accession, number, members",
            )?;
            let mut rows = found.query(scope.params())?;
            let mut view = View::new(db);
            let mut failures = Vec::new();
            while failures.len() < limit {
                let Some(row) = rows.next()? else { break };
                let key = Key::read(row, 0)?;
                let reference = key.reference();
                let named = within.is_none_or(|whole| whole.holds(&reference));
                if named && view.state(&key)? != State::Withdrawn {
                    failures.extend(failures_of(db, &key)?);
                }
            }
            Ok(failures)
        })
    }

    /// How many of the items that can be seen were looked at, of one accession or of all.
    pub fn examined_counts(&self, accession: Option<&Ref>) -> Result<Answer<ExaminedCounts>, StoreError> {
        self.read(|db| {
            let Some(scope) = Scope::of(accession, None) else { return Ok(ExaminedCounts::default()) };
            let mut found =
                db.prepare_cached("SELECT accession, items FROM tally WHERE accession BETWEEN ?1 AND ?2")?;
            let tallies = found.query_map(params![scope.accessions.0, scope.accessions.1], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
            let mut counts = ExaminedCounts::default();
            for (accession, items) in tallies.collect::<Result<Vec<(i64, u64)>, _>>()? {
                let (examined, hidden) = count_examined(db, accession)?;
                counts.of += items - hidden.min(items);
                counts.examined += examined;
            }
            Ok(counts)
        })
    }

    /// Every run on an item of which something holds still, oldest first. A copy has no runs of its own.
    pub fn runs(&self, reference: &Ref) -> Result<Answer<Vec<Run>>, StoreError> {
        self.read(|db| {
            let Some(key) = Key::of(reference) else { return Ok(Vec::new()) };
            let mut holding: BTreeMap<u64, Vec<Stage>> = BTreeMap::new();
            for (stage, seq) in latest(db, &key)? {
                holding.entry(seq).or_default().push(stage);
            }
            holding.into_iter().map(|(seq, holds)| run(db, &key, seq, holds)).collect()
        })
    }

    /// Roots over parts of an item, oldest first: what is kept of each `commitment/1`.
    pub fn commitments(&self, reference: &Ref) -> Result<Answer<Vec<serde_json::Value>>, StoreError> {
        self.read(|db| {
            let Some(key) = Key::of(reference) else { return Ok(Vec::new()) };
            let records = super::history::about(db, &key)?;
            let made = records.into_iter().filter(|(_, kind)| *kind == Kind::Committed);
            made.map(|(seq, _)| serde_json::from_str(&record(db, seq)?.body).map_err(|_| damaged(0).into()))
                .collect()
        })
    }

    /// What a list says of an item; of a copy what is known of its original.
    pub fn brief(&self, reference: &Ref) -> Result<Answer<Brief>, StoreError> {
        self.read(|db| {
            let looked_at = match item_row(db, reference)? {
                Some(row) if row.item.copy_of.is_some() => stands_in(&mut View::new(db), &row)?,
                _ => None,
            };
            let Some(key) = Key::of(looked_at.as_ref().unwrap_or(reference)) else {
                return Ok(Brief::default());
            };
            let own = Key::of(reference).unwrap_or_else(|| key.clone());
            Ok(Brief {
                kind: kind_of(db, &key)?,
                cameras: super::cameras::labels(db, &own, &key)?,
                begins: begins(db, &key)?,
                is_examined: latest(db, &key)?.contains_key(&Stage::First),
            })
        })
    }

    /// What was found in an item and is an item of its own: of one step, in the order of the references.
    pub fn contained(&self, reference: &Ref) -> Result<Answer<Vec<Ref>>, StoreError> {
        self.read(|db| {
            let Some(key) = Key::of(reference) else { return Ok(Vec::new()) };
            let mut found = db.prepare_cached(
                "SELECT accession, number, members FROM item WHERE accession = ?1 AND number = ?2
                 AND length(members) = length(?3) + 8 AND (length(?3) = 0 OR substr(members, 1, length(?3)) = ?3)
                 ORDER BY members",
            )?;
            let rows = found.query_map(params![key.accession, key.number, key.members], |row| Key::read(row, 0))?;
            rows.map(|key| Ok(key?.reference())).collect()
        })
    }

    /// Visits every derivative on record of a thing and of everything in it, with where it lies now.
    pub fn derivatives(
        &self,
        within: Option<&Ref>,
        mut visit: impl FnMut(Ref, [u8; 32], ObjectPlace),
    ) -> Result<Answer<()>, StoreError> {
        self.read(|db| {
            let Some(scope) = Scope::of(within, None) else { return Ok(()) };
            let mut found = db.prepare_cached(
                "SELECT accession, number, members, seq, sha256, object, object_size, header, \"offset\", length
                 FROM derivative WHERE accession BETWEEN ?1 AND ?2 AND number BETWEEN ?3 AND ?4
                 AND (accession, number, members) > (?5, ?6, ?7) ORDER BY accession, number, members, seq, nth",
            )?;
            let mut rows = found.query(scope.params())?;
            while let Some(row) = rows.next()? {
                let key = Key::read(row, 0)?;
                let reference = key.reference();
                if within.is_some_and(|whole| !whole.holds(&reference)) {
                    continue;
                }
                let sha256 = row.get(4)?;
                let moved = place_after(db, &key, &sha256, row.get(3)?)?;
                visit(reference, sha256, moved.map_or_else(|| PlaceRow::read(row, 5), Ok)?);
            }
            Ok(())
        })
    }

    /// Where derivatives of an item lie since a later record than the one that names them, oldest first.
    pub fn moved_derivatives(&self, reference: &Ref) -> Result<Answer<Vec<MovedDerivative>>, StoreError> {
        self.read(|db| {
            let Some(key) = Key::of(reference) else { return Ok(Vec::new()) };
            let mut found = db.prepare_cached(
                "SELECT seq, sha256, object, object_size, header, \"offset\", length FROM derivative_place
                 WHERE accession = ?1 AND number = ?2 AND members = ?3 ORDER BY seq",
            )?;
            let mut rows = found.query(params![key.accession, key.number, key.members])?;
            let mut moved = Vec::new();
            while let Some(row) = rows.next()? {
                let (seq, sha256) = (row.get(0)?, row.get(1)?);
                moved.push(MovedDerivative { seq, sha256, place: PlaceRow::read(row, 2)? });
            }
            Ok(moved)
        })
    }

    /// Does a derivative lie in this object now?
    pub fn has_derivative_in(&self, name: &[u8; 16]) -> Result<Answer<bool>, StoreError> {
        self.read(|db| {
            let text = hex::encode(name);
            let mut found = db.prepare_cached(
                "SELECT d.accession, d.number, d.members, d.seq, d.sha256, d.object, d.object_size, d.header, d.\"offset\",
                 d.length FROM derivative d WHERE d.object = ?1
                 UNION SELECT d.accession, d.number, d.members, d.seq, d.sha256, d.object, d.object_size, d.header,
                 d.\"offset\", d.length FROM derivative_place p JOIN derivative d USING (accession, number, members, sha256)
                 WHERE p.object = ?1",
            )?;
            let mut rows = found.query([name])?;
            while let Some(row) = rows.next()? {
                let moved = place_after(db, &Key::read(row, 0)?, &row.get(4)?, row.get(3)?)?;
                if moved.map_or_else(|| PlaceRow::read(row, 5), Ok)?.name == text {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }
}

/// Which rows a question is about, in the order of references.
struct Scope {
    accessions: (i64, i64),
    numbers: (i64, i64),
    after: Key,
}

impl Scope {
    /// None for a reference that names nothing here.
    fn of(within: Option<&Ref>, after: Option<&Ref>) -> Option<Self> {
        let (accessions, numbers) = match within {
            None => ((i64::MIN, i64::MAX), (0, i64::MAX)),
            Some(whole) => {
                let key = Key::of(whole)?;
                let numbers = if key.number == 0 { (0, i64::MAX) } else { (key.number, key.number) };
                ((key.accession, key.accession), numbers)
            }
        };
        let after = match after {
            None => Key { accession: accessions.0, number: -1, members: Vec::new() },
            Some(after) => Key::of(after)?,
        };
        Some(Self { accessions, numbers, after })
    }

    fn params(&self) -> (i64, i64, i64, i64, i64, i64, &[u8]) {
        let Self { accessions, numbers, after } = self;
        (
            accessions.0,
            accessions.1,
            numbers.0,
            numbers.1,
            after.accession,
            after.number,
            after.members.as_slice(),
        )
    }
}

fn stage_list(stages: &[Stage]) -> String {
    stages.iter().map(|stage| stage_number(*stage).to_string()).collect::<Vec<_>>().join(", ")
}

/// The item of its own accession whose bytes are looked at for this one, where that can be seen.
fn stands_in(view: &mut View, row: &ItemRow) -> Result<Option<Ref>, StoreError> {
    let Some(original) = row.item.copy_of.as_ref().filter(|of| of.whole() == row.item.about.whole()) else {
        return Ok(None);
    };
    let Some(key) = Key::of(original) else { return Ok(None) };
    let is_there = view.has(&key)? && view.state(&key)? != State::Withdrawn;
    Ok(is_there.then(|| original.clone()))
}

fn item_row(db: &Connection, reference: &Ref) -> Result<Option<ItemRow>, StoreError> {
    let Some(key) = Key::of(reference) else { return Ok(None) };
    let sql = format!("SELECT {COLUMNS} FROM item WHERE accession = ?1 AND number = ?2 AND members = ?3");
    let stored = db
        .prepare_cached(&sql)?
        .query_row(params![key.accession, key.number, key.members], Stored::read)
        .optional()?;
    stored.map(|stored| View::new(db).item(stored)).transpose()
}

/// The latest run of each stage of an item.
pub(super) fn latest(db: &Connection, key: &Key) -> Result<BTreeMap<Stage, u64>, StoreError> {
    let mut found = db.prepare_cached(
        "SELECT stage, max(seq) FROM stage WHERE accession = ?1 AND number = ?2 AND members = ?3 GROUP BY stage",
    )?;
    let rows = found.query_map(params![key.accession, key.number, key.members], |row| {
        Ok((stage_of(row.get(0)?).ok_or_else(|| damaged(0))?, row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn attempts(db: &Connection, key: &Key) -> Result<u32, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT coalesce(max(attempt), 0) FROM stage WHERE accession = ?1 AND number = ?2 AND members = ?3",
        )?
        .query_row(params![key.accession, key.number, key.members], |row| row.get(0))?)
}

/// Of the latest run of each stage.
fn failures_of(db: &Connection, key: &Key) -> Result<Vec<FailureRow>, StoreError> {
    let latest = latest(db, key)?;
    let mut found = db.prepare_cached(
        "SELECT seq, stage, tool, ended, reason FROM failure WHERE accession = ?1 AND number = ?2 AND members = ?3
         ORDER BY stage, nth",
    )?;
    let mut rows = found.query(params![key.accession, key.number, key.members])?;
    let mut failures = Vec::new();
    while let Some(row) = rows.next()? {
        let stage = stage_of(row.get(1)?).ok_or_else(|| damaged(1))?;
        if latest.get(&stage) == Some(&row.get(0)?) {
            failures.push(FailureRow {
                item: key.reference(),
                stage,
                tool: row.get(2)?,
                end: from_word(&row.get::<_, String>(3)?).ok_or_else(|| damaged(3))?,
                reason: from_word(&row.get::<_, String>(4)?).ok_or_else(|| damaged(4))?,
            });
        }
    }
    Ok(failures)
}

/// How many items of an accession that are not hidden were looked at, and how many are hidden.
fn count_examined(db: &Connection, accession: i64) -> Result<(u64, u64), StoreError> {
    let standing = Standing::load(db, accession)?;
    let first = stage_number(Stage::First);
    let (mut examined, mut hidden) = (0, 0);
    if standing.hides_something() {
        let mut items =
            db.prepare_cached("SELECT accession, number, members FROM item WHERE accession = ?1")?;
        let mut rows = items.query([accession])?;
        while let Some(row) = rows.next()? {
            hidden += u64::from(standing.hidden(&Key::read(row, 0)?));
        }
    }
    let mut found = db.prepare_cached(
        "SELECT DISTINCT accession, number, members FROM stage WHERE accession = ?1 AND stage = ?2",
    )?;
    let mut rows = found.query(params![accession, first])?;
    while let Some(row) = rows.next()? {
        examined += u64::from(!standing.hidden(&Key::read(row, 0)?));
    }
    let mut copies = db.prepare_cached(
        "SELECT accession, number, members, copy_of FROM item WHERE accession = ?1 AND copy_of IS NOT NULL",
    )?;
    let mut rows = copies.query([accession])?;
    let has_ended = |key: &Key| Ok::<_, StoreError>(latest(db, key)?.contains_key(&Stage::First));
    while let Some(row) = rows.next()? {
        let key = Key::read(row, 0)?;
        let of: Ref = row.get::<_, String>(3)?.parse().map_err(|_| damaged(3))?;
        let Some(original) = Key::of(&of).filter(|original| original.accession == accession) else {
            continue;
        };
        let counts = !standing.hidden(&key) && !standing.hidden(&original);
        examined += u64::from(counts && !has_ended(&key)? && has_ended(&original)?);
    }
    Ok((examined, hidden))
}

pub(super) fn kind_of(db: &Connection, key: &Key) -> Result<Option<FileKind>, StoreError> {
    let found = db
        .prepare_cached(
            "SELECT \"group\", media_type, ending_fits FROM kind WHERE accession = ?1 AND number = ?2 AND members = ?3
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row(params![key.accession, key.number, key.members], |row| {
            Ok(FileKind {
                group: from_word(&row.get::<_, String>(0)?).ok_or_else(|| damaged(0))?,
                media_type: row.get(1)?,
                ending_fits: row.get(2)?,
            })
        })
        .optional()?;
    Ok(found)
}

/// What runs that hold still claim of when it began, each once.
fn begins(db: &Connection, key: &Key) -> Result<Vec<TimeClaim>, StoreError> {
    let holding: BTreeSet<u64> = latest(db, key)?.into_values().collect();
    let mut found = db.prepare_cached(
        "SELECT seq, claim FROM beginning WHERE accession = ?1 AND number = ?2 AND members = ?3 ORDER BY seq, nth",
    )?;
    let mut rows = found.query(params![key.accession, key.number, key.members])?;
    let mut claims: Vec<TimeClaim> = Vec::new();
    while let Some(row) = rows.next()? {
        let claim = serde_json::from_str(&row.get::<_, String>(1)?).map_err(|_| damaged(1))?;
        if holding.contains(&row.get(0)?) && !claims.contains(&claim) {
            claims.push(claim);
        }
    }
    Ok(claims)
}

fn run(db: &Connection, key: &Key, seq: u64, holds: Vec<Stage>) -> Result<Run, StoreError> {
    let record = record(db, seq)?;
    let mut body: serde_json::Value = serde_json::from_str(&record.body).map_err(|_| damaged(0))?;
    // It stands in columns of its own, for all records alike.
    body["about"] = key.reference().to_string().into();
    let mut found: Examination = serde_json::from_value(body).map_err(|_| damaged(0))?;
    for Derivative { sha256, object, .. } in &mut found.derivatives {
        let mut digest = [0; 32];
        hex::decode_to_slice(sha256, &mut digest).map_err(|_| damaged(0))?;
        let seq = i64::try_from(seq).map_err(|_| damaged(0))?;
        if let Some(moved) = place_after(db, key, &digest, seq)? {
            *object = moved;
        }
    }
    Ok(Run { seq, at: record.at, by: record.by, holds, found })
}

/// Where a derivative lies, if that was said after its record.
fn place_after(
    db: &Connection,
    key: &Key,
    sha256: &[u8; 32],
    seq: i64,
) -> Result<Option<ObjectPlace>, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT object, object_size, header, \"offset\", length FROM derivative_place WHERE accession = ?1
             AND number = ?2 AND members = ?3 AND sha256 = ?4 AND seq > ?5 ORDER BY seq DESC LIMIT 1",
        )?
        .query_row(params![key.accession, key.number, key.members, sha256, seq], |row| PlaceRow::read(row, 0))
        .optional()?)
}

/// A word of the records as the type whose word it is.
pub(super) fn from_word<T: DeserializeOwned>(word: &str) -> Option<T> {
    serde_json::from_value(word.into()).ok()
}
