//! What lies in the tables: which bytes items have, what examination found of them, and which are related.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Transaction, params};
use vidimus_model::print::Print;
use vidimus_model::{
    Derivative, DerivativeKind, Examination, Group, Item, Precision, Reason, Ref, Stage, TimeOf,
};

use super::finder::Digest;
use super::fold::Prints;
use super::prepare::known;
use super::relation::Relation;
use crate::StoreError;
use crate::catalogue::Key;
use crate::state::State;

/// Where the prints of some bytes stand.
#[derive(Clone, Debug)]
pub(super) struct Content {
    /// Changes with every new run that made one.
    pub stamp: String,
    pub copies: Key,
    pub motion: Option<Key>,
    pub is_damaged: bool,
}

pub(super) fn position(db: &Connection) -> Result<u64, StoreError> {
    Ok(db.query_row("SELECT position FROM meta", [], |row| row.get(0))?)
}

pub(super) fn state(db: &Connection) -> Result<State, StoreError> {
    let text: String = db.query_row("SELECT state FROM meta", [], |row| row.get(0))?;
    if text.is_empty() {
        Ok(State::default())
    } else {
        serde_json::from_str(&text).map_err(|_| StoreError::NotReadable)
    }
}

pub(super) fn put_state(tx: &Transaction, state: &State) -> Result<(), StoreError> {
    let text = if *state == State::default() {
        String::new()
    } else {
        serde_json::to_string(state).expect("numbers and texts are plain JSON")
    };
    tx.execute("UPDATE meta SET position = ?1, state = ?2", params![state.position, text])?;
    Ok(())
}

/// Bytes of which a print is there, each with where it stands: of copies that of the first.
pub(super) fn contents(db: &Connection) -> Result<BTreeMap<Digest, Content>, StoreError> {
    let mut found = db.prepare_cached(
        "SELECT i.sha256, accession, number, members, r.stage, r.seq, r.print IS NOT NULL, r.damaged
         FROM item i JOIN run r USING (accession, number, members) WHERE i.size > 0
         ORDER BY i.sha256, accession, number, members, r.stage",
    )?;
    let mut rows = found.query([])?;
    let mut all: BTreeMap<Digest, Content> = BTreeMap::new();
    let mut damaged: BTreeMap<Digest, bool> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (digest, key, stage): (Digest, Key, String) = (row.get(0)?, Key::read(row, 1)?, row.get(4)?);
        let (seq, has_print, is_damaged): (u64, bool, bool) = (row.get(5)?, row.get(6)?, row.get(7)?);
        *damaged.entry(digest).or_default() |= is_damaged;
        match (&*stage, has_print) {
            ("copies", true) if !all.contains_key(&digest) => {
                all.insert(
                    digest,
                    Content { stamp: format!("{seq}"), copies: key, motion: None, is_damaged: false },
                );
            }
            // Stages come in the order of their names: this one after the other.
            ("proxy", true) => {
                if let Some(content) = all.get_mut(&digest).filter(|content| content.motion.is_none()) {
                    content.stamp += &format!("+{seq}");
                    content.motion = Some(key);
                }
            }
            _ => {}
        }
    }
    for (digest, content) in &mut all {
        content.is_damaged = damaged.get(digest).copied().unwrap_or(false);
        if content.is_damaged {
            content.stamp += "!";
        }
    }
    Ok(all)
}

pub(super) fn compared(db: &Connection) -> Result<BTreeMap<Digest, String>, StoreError> {
    let mut found = db.prepare_cached("SELECT sha256, stamp FROM compared")?;
    let rows = found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

pub(super) fn bytes(db: &Connection, key: &Key, stage: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let mut found = db.prepare_cached(
        "SELECT print FROM run WHERE (accession, number, members) = (?1, ?2, ?3) AND stage = ?4",
    )?;
    let row = found.query_row(params![key.accession, key.number, key.members, stage], |row| row.get(0));
    Ok(row.optional()?.flatten())
}

pub(super) fn print(db: &Connection, key: &Key) -> Result<Option<Print>, StoreError> {
    // Whoever wrote it bounded it; what cannot be read is as hostile as the file, and compared with nothing.
    Ok(bytes(db, key, "copies")?.and_then(|bytes| Print::decode(&bytes).ok()))
}

pub(super) fn put_item(tx: &Transaction, item: &Item, seq: u64) -> Result<(), StoreError> {
    let (Some(key), Ok(digest)) = (Key::of(&item.about), hex::decode(&item.sha256)) else { return Ok(()) };
    tx.prepare_cached(
        "INSERT INTO item VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET
             seq = excluded.seq, sha256 = excluded.sha256, size = excluded.size WHERE excluded.seq > item.seq",
    )?
    .execute(params![key.accession, key.number, key.members, seq, digest, item.size])?;
    Ok(())
}

/// Takes in each stage of a run, unless a later one has looked at the item again; whether all prints could be read.
pub(super) fn put_runs(
    tx: &Transaction,
    prints: &mut impl Prints,
    found: &Examination,
    seq: u64,
) -> Result<bool, StoreError> {
    let Some(key) = Key::of(&found.about) else { return Ok(true) };
    let mut all = true;
    for stage in found.stages.iter().map(|end| end.stage) {
        let last: Option<u64> = tx
            .prepare_cached(
                "SELECT seq FROM run WHERE (accession, number, members) = (?1, ?2, ?3) AND stage = ?4",
            )?
            .query_row(params![key.accession, key.number, key.members, stage.as_str()], |row| row.get(0))
            .optional()?;
        if last.is_some_and(|last| last > seq) {
            continue;
        }
        let of_stage = |tool: u32| found.tools.get(tool as usize).is_some_and(|run| run.stage == stage);
        let mut print = None;
        for derivative in found.derivatives.iter().filter(|one| is_print(one) && of_stage(one.tool)) {
            print = prints.print(seq, &found.about, derivative);
            all &= print.is_some();
        }
        let broken = |reason| matches!(reason, Some(Reason::Damaged | Reason::EndsEarly));
        let is_first = stage == Stage::First;
        let damaged = found.tools.iter().any(|run| run.stage == stage && broken(run.reason))
            || is_first && found.kind.as_ref().is_some_and(|kind| kind.group == Group::Unknown);
        let decoded =
            print.as_ref().filter(|_| stage == Stage::Copies).and_then(|bytes| Print::decode(bytes).ok());
        let seconds = decoded.and_then(|print| known(&print, None).length);
        let (pixels, claimed) = if is_first { (pixels(found), claimed(found)) } else { (None, None) };
        let group = found.kind.as_ref().filter(|_| is_first).map(|kind| kind.group);
        let is_recording = matches!(group, Some(Group::Video | Group::Audio));
        tx.prepare_cached(
            "INSERT OR REPLACE INTO run VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            key.accession,
            key.number,
            key.members,
            stage.as_str(),
            seq,
            damaged,
            print,
            seconds,
            pixels,
            claimed,
            is_recording,
        ])?;
    }
    Ok(all)
}

pub(super) fn is_print(derivative: &Derivative) -> bool {
    matches!(derivative.kind, DerivativeKind::Print | DerivativeKind::Motion)
}

/// How large its picture is.
fn pixels(found: &Examination) -> Option<u64> {
    let side = |name: &str| {
        found
            .facts
            .iter()
            .find(|fact| fact.name == name)
            .and_then(|fact| fact.untrusted_value.parse::<u32>().ok())
    };
    Some(u64::from(side("width")?) * u64::from(side("height")?))
}

/// The earliest second that it claims as its beginning, as a clock showed it.
fn claimed(found: &Examination) -> Option<i64> {
    let begins =
        found.times.iter().filter(|claim| claim.of == TimeOf::Beginning && claim.precision != Precision::Day);
    begins
        .filter_map(|claim| Some(claim.time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second()))
        .min()
}

pub(super) fn put_pair(tx: &Transaction, a: &Digest, b: &Digest, found: &Relation) -> Result<(), StoreError> {
    let reasons = serde_json::to_string(&found.reasons).expect("reasons are plain JSON");
    let [a_from, b_from] = [&found.a, &found.b].map(|range| range.as_ref().map(|range| range.start));
    let [a_to, b_to] = [&found.a, &found.b].map(|range| range.as_ref().map(|range| range.end));
    tx.prepare_cached("INSERT INTO pair VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?.execute(params![
        a,
        b,
        found.kind.as_str(),
        a_from,
        a_to,
        b_from,
        b_to,
        found.score,
        reasons
    ])?;
    Ok(())
}

/// Takes out what was found of a content; it is compared again where it is still there.
pub(super) fn forget_content(tx: &Transaction, digest: &Digest) -> Result<(), StoreError> {
    tx.prepare_cached("DELETE FROM pair WHERE a = ?1 OR b = ?1")?.execute([digest])?;
    tx.prepare_cached("DELETE FROM compared WHERE sha256 = ?1")?.execute([digest])?;
    Ok(())
}

/// Takes out what an entry said; whether anything was there.
pub(super) fn forget_entry(tx: &Transaction, seq: u64) -> Result<bool, StoreError> {
    let items = tx.prepare_cached("DELETE FROM item WHERE seq = ?1")?.execute([seq])?;
    let runs = tx.prepare_cached("DELETE FROM run WHERE seq = ?1")?.execute([seq])?;
    Ok(items + runs > 0)
}

/// Takes out what entries before this one said of an item with its members, or of an accession; whether anything was there.
pub(super) fn forget_about(tx: &Transaction, about: &Ref, before: u64) -> Result<bool, StoreError> {
    let Some(key) = Key::of(about) else { return Ok(false) };
    let mut count = 0;
    // The length is asked first: `substr` of empty bytes is NULL.
    for table in ["item", "run"] {
        count += tx
            .prepare_cached(&format!(
                "DELETE FROM {table} WHERE accession = ?1 AND seq < ?4
                     AND (?2 = 0 OR number = ?2 AND (length(?3) = 0 OR substr(members, 1, length(?3)) = ?3))"
            ))?
            .execute(params![key.accession, key.number, key.members, before])?;
    }
    Ok(count > 0)
}
