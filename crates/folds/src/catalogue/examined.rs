//! What examination found, and what members say of cameras, as rows that go with their record.

use rusqlite::{Connection, params};
use serde::Serialize;
use vidimus_model::{
    CLOCK_NOTE, CameraItems, Change, Derivative, DerivativePlaces, Examination, ObjectPlace, Stage, TimeOf,
};

use super::item::PlaceRow;
use super::key::Key;
use crate::StoreError;

/// A stage as it is stored.
pub(super) fn stage_number(stage: Stage) -> i64 {
    let place = Stage::ALL.iter().position(|other| *other == stage);
    place.map_or(0, |place| place as i64 + 1)
}

/// A stored number as a stage.
pub(super) fn stage_of(number: i64) -> Option<Stage> {
    Stage::ALL.into_iter().find(|stage| stage_number(*stage) == number)
}

/// The word of a type whose words are those of the records.
pub(super) fn word_of(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => unreachable!("such types are written as one word"),
    }
}

/// Writes the rows that go with a record; false where a digest or name in it is not of its form, and nothing was written.
pub(super) fn write(db: &Connection, seq: i64, about: &[Key], change: &Change) -> Result<bool, StoreError> {
    match (change, about) {
        (Change::Examination(found), [key]) => write_examination(db, seq, key, found),
        (Change::DerivativePlaces(moved), [key]) => write_places(db, seq, key, moved),
        (Change::Camera(camera), [key]) => {
            db.prepare_cached("INSERT OR IGNORE INTO camera VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![seq, key.accession, key.number, key.members, camera.label])?;
            Ok(true)
        }
        (Change::CameraItems(CameraItems { label, .. }), keys) => {
            let mut insert =
                db.prepare_cached("INSERT OR IGNORE INTO camera_given VALUES (?1, ?2, ?3, ?4, ?5)")?;
            for key in keys {
                insert.execute(params![seq, key.accession, key.number, key.members, label])?;
            }
            Ok(true)
        }
        _ => Ok(true),
    }
}

/// Removes the rows of a record that is no longer about this.
pub(super) fn remove(db: &Connection, seq: i64, key: &Key) -> Result<(), StoreError> {
    for table in super::tables::of_things() {
        db.prepare_cached(&format!(
            "DELETE FROM {table} WHERE seq = ?1 AND accession = ?2 AND number = ?3 AND members = ?4"
        ))?
        .execute(params![seq, key.accession, key.number, key.members])?;
    }
    Ok(())
}

/// How long a film or recording is, where it was told.
fn length_ms(found: &Examination) -> Option<i64> {
    let fact = found.facts.iter().find(|fact| fact.name == "duration_ms")?;
    fact.untrusted_value.parse().ok().filter(|length| *length >= 0)
}

fn write_examination(db: &Connection, seq: i64, key: &Key, found: &Examination) -> Result<bool, StoreError> {
    let made: Option<Vec<_>> =
        found.derivatives.iter().map(|Derivative { sha256, object, .. }| place(sha256, object)).collect();
    let Some(made) = made else { return Ok(false) };
    let (accession, number, members) = (key.accession, key.number, &key.members);
    let mut insert = db.prepare_cached("INSERT OR IGNORE INTO stage VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    for end in &found.stages {
        let (stage, ended) = (stage_number(end.stage), word_of(end.end));
        insert.execute(params![seq, stage, accession, number, members, ended, found.attempt])?;
    }
    if let Some(kind) = &found.kind {
        db.prepare_cached("INSERT OR IGNORE INTO kind VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?.execute(
            params![
                seq,
                accession,
                number,
                members,
                word_of(kind.group),
                kind.media_type,
                kind.ending_fits,
                length_ms(found),
            ],
        )?;
    }
    let mut insert =
        db.prepare_cached("INSERT OR IGNORE INTO failure VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?;
    for (nth, run) in (0i64..).zip(&found.tools) {
        let Some(reason) = run.reason else { continue };
        let (stage, ended, reason) = (stage_number(run.stage), word_of(run.end), word_of(reason));
        insert.execute(params![seq, nth, accession, number, members, stage, run.tool, ended, reason])?;
    }
    for (nth, (sha256, place)) in (0i64..).zip(made) {
        insert_place(db, "derivative", (seq, nth), key, sha256, &place)?;
    }
    let mut insert =
        db.prepare_cached("INSERT OR IGNORE INTO camera_claim VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (nth, claim) in (0i64..).zip(&found.cameras) {
        insert.execute(params![seq, nth, accession, number, members, claim.label])?;
    }
    let mut insert = db.prepare_cached("INSERT OR IGNORE INTO beginning VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    let notes = found.facts.iter().filter(|fact| fact.name == CLOCK_NOTE);
    for (nth, note) in (0i64..).zip(notes) {
        db.prepare_cached("INSERT OR IGNORE INTO clock_note VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?
            .execute(params![seq, nth, accession, number, members, note.untrusted_value])?;
    }
    let begins = found.times.iter().filter(|claim| claim.of == TimeOf::Beginning);
    for (nth, claim) in (0i64..).zip(begins) {
        let claim = serde_json::to_string(claim).expect("a claim is written as JSON");
        insert.execute(params![seq, nth, accession, number, members, claim])?;
    }
    Ok(true)
}

fn write_places(db: &Connection, seq: i64, key: &Key, moved: &DerivativePlaces) -> Result<bool, StoreError> {
    let places: Option<Vec<_>> = moved.objects.iter().map(|new| place(&new.sha256, &new.object)).collect();
    let Some(places) = places else { return Ok(false) };
    for (nth, (sha256, place)) in (0i64..).zip(places) {
        insert_place(db, "derivative_place", (seq, nth), key, sha256, &place)?;
    }
    Ok(true)
}

fn place(sha256: &str, object: &ObjectPlace) -> Option<([u8; 32], PlaceRow)> {
    let mut digest = [0; 32];
    hex::decode_to_slice(sha256, &mut digest).ok()?;
    Some((digest, PlaceRow::of(object)?))
}

fn insert_place(
    db: &Connection,
    table: &str,
    (seq, nth): (i64, i64),
    key: &Key,
    sha256: [u8; 32],
    place: &PlaceRow,
) -> Result<(), StoreError> {
    let sql = format!("INSERT OR IGNORE INTO {table} VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)");
    db.prepare_cached(&sql)?.execute(params![
        seq,
        nth,
        key.accession,
        key.number,
        key.members,
        sha256,
        place.name,
        place.size,
        place.header,
        place.offset,
        place.length
    ])?;
    Ok(())
}
