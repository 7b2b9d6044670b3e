//! Cameras: which items stand with which, by what they claim or by what a member says.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, OptionalExtension, params};
use vidimus_model::{Camera, Ref};

use super::examined_query::latest;
use super::history::record;
use super::item::damaged;
use super::key::Key;
use super::query::View;
use super::{Answer, CameraRow, Catalogue, ClaimedBy, State};
use crate::StoreError;

impl Catalogue {
    /// The cameras of an accession, or of all, in the order of accessions and labels.
    pub fn cameras(&self, accession: Option<&Ref>) -> Result<Answer<Vec<CameraRow>>, StoreError> {
        self.read(|db| {
            let (first, last) = match accession.map(Key::of) {
                None => (i64::MIN, i64::MAX),
                Some(Some(key)) => (key.accession, key.accession),
                Some(None) => return Ok(Vec::new()),
            };
            let mut found: BTreeMap<(i64, String), ClaimedBy> = BTreeMap::new();
            let mut named = db.prepare_cached(
                "SELECT accession, number, members FROM camera_claim WHERE accession BETWEEN ?1 AND ?2
                 UNION SELECT accession, number, members FROM camera_given WHERE accession BETWEEN ?1 AND ?2",
            )?;
            let mut rows = named.query([first, last])?;
            let mut view = View::new(db);
            while let Some(row) = rows.next()? {
                let key = Key::read(row, 0)?;
                if !view.has(&key)? || view.state(&key)? == State::Withdrawn {
                    continue;
                }
                let is_given = given(db, &key)?.is_some();
                for label in labels(db, &key, &key)? {
                    let counts = found.entry((key.accession, label)).or_default();
                    *(if is_given { &mut counts.given } else { &mut counts.claimed }) += 1;
                }
            }
            let mut labels = db.prepare_cached(
                "SELECT DISTINCT accession, label FROM camera WHERE accession BETWEEN ?1 AND ?2",
            )?;
            let mut rows = labels.query([first, last])?;
            while let Some(row) = rows.next()? {
                found.entry((row.get(0)?, row.get(1)?)).or_default();
            }
            found
                .into_iter()
                .map(|((accession, label), items)| {
                    let whole = Key::whole(accession);
                    let said = statement(db, &whole, &label)?;
                    Ok(CameraRow { accession: whole.reference(), label, items, said })
                })
                .collect()
        })
    }

    /// Sentences found in items of an accession, or of all, that speak of a camera's clock; as hostile as the items.
    pub fn clock_notes(&self, accession: Option<&Ref>) -> Result<Answer<Vec<(Ref, String)>>, StoreError> {
        self.read(|db| {
            let (first, last) = match accession.map(Key::of) {
                None => (i64::MIN, i64::MAX),
                Some(Some(key)) => (key.accession, key.accession),
                Some(None) => return Ok(Vec::new()),
            };
            let mut found = db.prepare_cached(
                "SELECT accession, number, members, seq, sentence FROM clock_note WHERE accession BETWEEN ?1 AND ?2
                 ORDER BY accession, number, members, seq, nth",
            )?;
            let mut rows = found.query([first, last])?;
            let mut view = View::new(db);
            let mut notes = Vec::new();
            while let Some(row) = rows.next()? {
                let key = Key::read(row, 0)?;
                let seq: u64 = row.get(3)?;
                let holds = latest(db, &key)?.into_values().any(|latest| latest == seq);
                if holds && view.has(&key)? && view.state(&key)? != State::Withdrawn {
                    notes.push((key.reference(), row.get(4)?));
                }
            }
            Ok(notes)
        })
    }

    /// The latest that a member said of a camera of the accession that this is, or is part of.
    pub fn camera(&self, reference: &Ref, label: &str) -> Result<Answer<Option<Camera>>, StoreError> {
        self.read(|db| {
            let Some(key) = Key::of(reference) else { return Ok(None) };
            Ok(statement(db, &Key::whole(key.accession), label)?.map(|(_, _, camera)| camera))
        })
    }

    /// The latest that members said of cameras, one for each.
    pub fn said_of_cameras(&self) -> Result<Answer<Vec<Camera>>, StoreError> {
        self.read(|db| {
            let mut labels = db.prepare_cached("SELECT DISTINCT accession, label FROM camera")?;
            let mut rows = labels.query([])?;
            let mut cameras = Vec::new();
            while let Some(row) = rows.next()? {
                let said = statement(db, &Key::whole(row.get(0)?), &row.get::<_, String>(1)?)?;
                cameras.extend(said.map(|(_, _, camera)| camera));
            }
            Ok(cameras)
        })
    }

    /// The items that members gave to cameras, and the label of each.
    pub fn given_to_cameras(&self) -> Result<Answer<Vec<(Ref, String)>>, StoreError> {
        self.read(|db| {
            // SQLite takes the label from the row that has the greatest number.
            let mut found = db.prepare_cached(
                "SELECT accession, number, members, label, max(seq) FROM camera_given
                 GROUP BY accession, number, members",
            )?;
            let mut rows = found.query([])?;
            let mut given = Vec::new();
            while let Some(row) = rows.next()? {
                let label: Option<String> = row.get(3)?;
                let item = Key::read(row, 0)?.reference();
                given.extend(label.map(|label| (item, label)));
            }
            Ok(given)
        })
    }

    /// The label that a member gave an item; none where what it claims holds.
    pub fn camera_given(&self, reference: &Ref) -> Result<Answer<Option<String>>, StoreError> {
        self.read(|db| Key::of(reference).map_or(Ok(None), |key| given(db, &key)))
    }
}

/// The camera that a member gave an item to, else those that `looked_at`, the item or its original, claims.
pub(super) fn labels(db: &Connection, item: &Key, looked_at: &Key) -> Result<Vec<String>, StoreError> {
    if let Some(label) = given(db, item)? {
        return Ok(vec![label]);
    }
    let holding: BTreeSet<u64> = latest(db, looked_at)?.into_values().collect();
    let mut found = db.prepare_cached(
        "SELECT seq, label FROM camera_claim WHERE accession = ?1 AND number = ?2 AND members = ?3 ORDER BY seq, nth",
    )?;
    let mut rows = found.query(params![looked_at.accession, looked_at.number, looked_at.members])?;
    let mut labels: Vec<String> = Vec::new();
    while let Some(row) = rows.next()? {
        let label: String = row.get(1)?;
        if holding.contains(&row.get(0)?) && !labels.contains(&label) {
            labels.push(label);
        }
    }
    Ok(labels)
}

fn given(db: &Connection, key: &Key) -> Result<Option<String>, StoreError> {
    let found = db
        .prepare_cached(
            "SELECT label FROM camera_given WHERE accession = ?1 AND number = ?2 AND members = ?3
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row(params![key.accession, key.number, key.members], |row| row.get::<_, Option<String>>(0))
        .optional()?;
    Ok(found.flatten())
}

type Said = (jiff::Timestamp, vidimus_model::MemberId, Camera);

fn statement(db: &Connection, whole: &Key, label: &str) -> Result<Option<Said>, StoreError> {
    let seq: Option<u64> = db
        .prepare_cached("SELECT max(seq) FROM camera WHERE accession = ?1 AND label = ?2")?
        .query_row(params![whole.accession, label], |row| row.get(0))?;
    let Some(seq) = seq else { return Ok(None) };
    let record = record(db, seq)?;
    let mut body: serde_json::Value = serde_json::from_str(&record.body).map_err(|_| damaged(0))?;
    // It stands in columns of its own, for all records alike.
    body["about"] = whole.reference().to_string().into();
    let camera = serde_json::from_value(body).map_err(|_| damaged(0))?;
    Ok(Some((record.at, record.by, camera)))
}
