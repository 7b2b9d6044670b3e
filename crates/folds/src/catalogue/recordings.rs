//! Recordings: what is known of when those of an accession began and how long they are, in one look.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, Row};
use vidimus_model::{Ref, TimeClaim};

use super::item::damaged;
use super::key::Key;
use super::query::View;
use super::{Answer, Catalogue, State};
use crate::StoreError;

/// A film or recording whose length is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// The item.
    pub item: Ref,
    /// The camera that a member gave it to, or those that it claims.
    pub cameras: Vec<String>,
    /// What it claims of when it began.
    pub begins: Vec<TimeClaim>,
    /// How long it is.
    pub length_ms: u64,
}

impl Catalogue {
    /// The films and recordings of an accession that are not withdrawn, in the order of their references; copies are left out.
    pub fn recordings(&self, accession: &Ref) -> Result<Answer<Vec<Recording>>, StoreError> {
        self.read(|db| {
            let Some(whole) = Key::of(accession) else { return Ok(Vec::new()) };
            let mut runs: HashSet<(Key, i64)> = HashSet::new();
            let sql = "SELECT accession, number, members, max(seq) FROM stage WHERE accession = ?1
                       GROUP BY number, members, stage";
            each(db, sql, &whole, |key, row| {
                runs.insert((key, row.get(3)?));
                Ok(())
            })?;
            let holds = |key: &Key, row: &Row| Ok::<_, StoreError>(runs.contains(&(key.clone(), row.get(3)?)));
            // The latest that tells a kind holds, as it does for a single item.
            let mut lengths: HashMap<Key, Option<u64>> = HashMap::new();
            let sql = "SELECT accession, number, members, seq, length_ms FROM kind WHERE accession = ?1 ORDER BY seq";
            each(db, sql, &whole, |key, row| {
                lengths.insert(key, row.get(4)?);
                Ok(())
            })?;
            let mut labels: HashMap<Key, Vec<String>> = HashMap::new();
            let sql = "SELECT accession, number, members, seq, label FROM camera_claim WHERE accession = ?1
                       ORDER BY seq, nth";
            each(db, sql, &whole, |key, row| {
                let (holds, label) = (holds(&key, row)?, row.get(4)?);
                let labels = labels.entry(key).or_default();
                if holds && !labels.contains(&label) {
                    labels.push(label);
                }
                Ok(())
            })?;
            let mut given: HashMap<Key, Option<String>> = HashMap::new();
            let sql = "SELECT accession, number, members, seq, label FROM camera_given WHERE accession = ?1
                       ORDER BY seq";
            each(db, sql, &whole, |key, row| {
                given.insert(key, row.get(4)?);
                Ok(())
            })?;
            labels.extend(given.into_iter().filter_map(|(key, label)| Some((key, vec![label?]))));
            let mut begins: HashMap<Key, Vec<TimeClaim>> = HashMap::new();
            let sql = "SELECT accession, number, members, seq, claim FROM beginning WHERE accession = ?1
                       ORDER BY seq, nth";
            each(db, sql, &whole, |key, row| {
                let claim = serde_json::from_str(&row.get::<_, String>(4)?).map_err(|_| damaged(4))?;
                let holds = holds(&key, row)?;
                let begins = begins.entry(key).or_default();
                if holds && !begins.contains(&claim) {
                    begins.push(claim);
                }
                Ok(())
            })?;
            let mut view = View::new(db);
            let mut recordings = Vec::new();
            let sql = "SELECT accession, number, members FROM item WHERE accession = ?1 AND copy_of IS NULL
                       ORDER BY number, members";
            each(db, sql, &whole, |key, _| {
                let Some(length_ms) = lengths.get(&key).copied().flatten() else { return Ok(()) };
                if view.state(&key)? != State::Withdrawn {
                    recordings.push(Recording {
                        item: key.reference(),
                        cameras: labels.remove(&key).unwrap_or_default(),
                        begins: begins.remove(&key).unwrap_or_default(),
                        length_ms,
                    });
                }
                Ok(())
            })?;
            Ok(recordings)
        })
    }
}

fn each(
    db: &Connection,
    sql: &str,
    whole: &Key,
    mut visit: impl FnMut(Key, &Row) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut found = db.prepare_cached(sql)?;
    let mut rows = found.query([whole.accession])?;
    while let Some(row) = rows.next()? {
        visit(Key::read(row, 0)?, row)?;
    }
    Ok(())
}
