//! What happened to a thing, and who was given it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Deserialize;
use vidimus_model::{KeyId, MemberId, Ref};

use super::item::{damaged, member_id, second};
use super::key::Key;
use super::kind::Kind;
use super::{Answer, Catalogue, Given, HistoryRow};
use crate::StoreError;

impl Catalogue {
    /// The records about a thing and about what it is part of, oldest first.
    ///
    /// Of an accession neither its items nor what was not taken stand here. Of what was erased only what stays: that its number
    /// was taken, releases, moves, disclosures and the erasure.
    pub fn history(&self, reference: &Ref) -> Result<Answer<Vec<HistoryRow>>, StoreError> {
        self.read(|db| {
            let Some(key) = Key::of(reference) else { return Ok(Vec::new()) };
            let mut history: BTreeMap<u64, HistoryRow> = BTreeMap::new();
            let item = db
                .prepare_cached(
                    "SELECT seq, at, member FROM item WHERE accession = ?1 AND number = ?2 AND members = ?3",
                )?
                .query_row(params![key.accession, key.number, key.members], |row| {
                    Ok(HistoryRow {
                        seq: row.get(0)?,
                        at: second(row, 1)?,
                        change: if reference.members.is_empty() { "item/1" } else { "contained/1" }.into(),
                        by: member_id(row.get(2)?),
                        about: vec![reference.clone()],
                        note: None,
                    })
                })
                .optional()?;
            history.extend(item.map(|row| (row.seq, row)));
            for part in key.chain() {
                for (seq, kind) in about(db, &part)? {
                    let Record { note, at, by, .. } = record(db, seq)?;
                    let change = kind.name().into();
                    history.insert(seq, HistoryRow { seq, at, change, by, about: subjects(db, seq)?, note });
                }
            }
            Ok(history.into_values().collect())
        })
    }

    /// The packages that held a thing, or what it is part of, or a part of it; oldest first. Erasing the thing does not end them.
    pub fn disclosures(&self, reference: &Ref) -> Result<Answer<Vec<Given>>, StoreError> {
        self.read(|db| {
            let Some(key) = Key::of(reference) else { return Ok(Vec::new()) };
            let mut found = db.prepare_cached(
                "SELECT accession, number, members, seq FROM about WHERE accession = ?1 AND kind = ?2 ORDER BY seq",
            )?;
            let mut rows = found.query(params![key.accession, Kind::Disclosed as i64])?;
            let mut given: BTreeMap<u64, Given> = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let held = Key::read(row, 0)?.reference();
                let seq = row.get(3)?;
                if given.contains_key(&seq) || !(held.holds(reference) || reference.holds(&held)) {
                    continue;
                }
                let Record { at, by, recipient, purpose, .. } = record(db, seq)?;
                let (recipient, purpose) = recipient.zip(purpose).ok_or_else(|| damaged(0))?;
                given.insert(seq, Given { seq, at, by, recipient, purpose, about: subjects(db, seq)? });
            }
            Ok(given.into_values().collect())
        })
    }
}

/// What the catalogue keeps of a record's fields.
#[derive(Deserialize)]
struct Body {
    note: Option<String>,
    key: Option<KeyId>,
    recipient: Option<String>,
    purpose: Option<String>,
}

/// A record as far as it is kept.
pub(super) struct Record {
    pub at: Timestamp,
    pub by: MemberId,
    note: Option<String>,
    pub key: Option<KeyId>,
    recipient: Option<String>,
    purpose: Option<String>,
    /// Its own fields as JSON.
    pub body: String,
}

/// The records about exactly this, oldest first.
pub(super) fn about(db: &Connection, key: &Key) -> Result<Vec<(u64, Kind)>, StoreError> {
    let mut found = db.prepare_cached(
        "SELECT seq, kind FROM about WHERE accession = ?1 AND number = ?2 AND members = ?3 ORDER BY seq",
    )?;
    let rows = found.query_map(params![key.accession, key.number, key.members], |row| {
        Ok((row.get(0)?, Kind::of(row.get(1)?).ok_or_else(|| damaged(1))?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Everything that is kept of what a record is about.
fn subjects(db: &Connection, seq: u64) -> Result<Vec<Ref>, StoreError> {
    let mut found = db.prepare_cached(
        "SELECT accession, number, members FROM about WHERE seq = ?1 ORDER BY accession, number, members",
    )?;
    let rows = found.query_map([seq], |row| Key::read(row, 0))?;
    rows.map(|key| Ok(key?.reference())).collect()
}

/// The record with this number.
pub(super) fn record(db: &Connection, seq: u64) -> Result<Record, StoreError> {
    let read = |row: &Row| {
        let body: String = row.get(2)?;
        let Body { note, key, recipient, purpose } = serde_json::from_str(&body).map_err(|_| damaged(2))?;
        Ok(Record { at: second(row, 0)?, by: member_id(row.get(1)?), note, key, recipient, purpose, body })
    };
    Ok(db.prepare_cached("SELECT at, member, body FROM record WHERE seq = ?1")?.query_row([seq], read)?)
}
