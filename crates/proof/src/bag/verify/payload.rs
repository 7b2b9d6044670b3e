//! Step 5: every disclosed file is the one of its record, and that record is in the log.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::checkpoints::Known;
use super::contents::Contents;
use super::key::Keys;
use crate::bag::layout::Place;
use crate::bag::manifest::{Algorithm, Digests};
use crate::bag::problem::Problems;
use crate::bag::{CONTAINED, CONTAINED_FIELDS, Fault, ITEM, TOMBSTONE, tombstone_text};
use crate::merkle::leaf_hash;
use crate::record::{Fields, Record, RecordError};
use crate::tlog_proof::TlogProof;

/// A disclosed file whose record and proof hold.
pub(super) struct Item {
    /// Its name in `data/`.
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) sha256: [u8; 32],
    /// The opened fields of its record.
    pub(super) fields: Fields,
    /// The place of its record in the log.
    pub(super) index: u64,
    /// The size of the checkpoint that its proof names.
    pub(super) under: u64,
}

/// Checks every file of `data/`, and that no record or proof is of another.
pub(super) fn check(
    contents: &Contents<'_>,
    keys: &Keys,
    checkpoints: &BTreeMap<u64, Known>,
    problems: &mut Problems,
) -> Vec<Item> {
    let mut items = Vec::new();
    if !contents.records_can_be_kept() {
        return items; // named already; to go on would take whatever memory the bag's maker wants
    }
    let mut stems = BTreeSet::new();
    for (stem, name, digests) in contents.payload() {
        stems.insert(stem);
        let record = check_record(contents, stem, name, digests, keys, problems);
        let proof = record.as_ref().and_then(|record| check_proof(contents, stem, record, keys, problems));
        if let (Some(record), Some(proof)) = (record, proof) {
            let note_sha256: [u8; 32] = Sha256::digest(proof.checkpoint.to_string()).into();
            let under = proof.checkpoint.checkpoint().size;
            if checkpoints.get(&under).is_none_or(|known| known.note_sha256 != note_sha256) {
                problems.add(proof_path(stem), Fault::NoteNotInBag);
                continue;
            }
            items.push(Item {
                name: name.to_owned(),
                size: digests.size,
                sha256: digests.sha256,
                fields: record.fields(),
                index: proof.index,
                under,
            });
        }
    }
    for (path, place, _) in contents.files() {
        if let Place::Record { stem } | Place::Proof { stem } = place
            && !stems.contains(stem.as_str())
        {
            problems.add(path, Fault::Unexpected);
        }
    }
    items
}

fn proof_path(stem: &str) -> String {
    format!("proofs/{stem}.tlog-proof")
}

fn check_record(
    contents: &Contents<'_>,
    stem: &str,
    name: &str,
    digests: &Digests,
    keys: &Keys,
    problems: &mut Problems,
) -> Option<Record> {
    let path = format!("records/{stem}.sd-jwt");
    if contents.digests(&path).is_none() {
        problems.add(format!("data/{name}"), Fault::NoRecord);
        return None;
    }
    let text = contents.read_text(&path, RecordError::NotSdJwt.into(), problems)?;
    let record = problems.keep(&path, Record::parse(&text))?;
    problems.keep(&path, keys.verify(&record))?;
    let is_its = problems.keep(&path, is_of(&record, digests))?;
    if !is_its {
        problems.add(format!("data/{name}"), Fault::OtherFile);
        return None;
    }
    Some(record)
}

/// Is it the file of this record: the one that was received, the one that a tool unpacked, or the words of a tombstone?
fn is_of(record: &Record, digests: &Digests) -> Result<bool, Fault> {
    match record.text("change") {
        Some(ITEM) => is_recorded(record, digests),
        Some(CONTAINED) => {
            let [tool, version] = CONTAINED_FIELDS;
            record.field(tool).filter(|value| value.is_string()).ok_or(Fault::Field(tool))?;
            let known = record.field(version).filter(|value| value.is_string() || value.is_null());
            known.ok_or(Fault::Field(version))?;
            is_recorded(record, digests)
        }
        Some(TOMBSTONE) => {
            let text = tombstone_text(record).map_err(Fault::Field)?;
            Ok(Digests::of(text.as_bytes()) == *digests)
        }
        _ => Err(Fault::OtherChange(ITEM)),
    }
}

fn is_recorded(record: &Record, digests: &Digests) -> Result<bool, Fault> {
    let sha256 = record.text("sha256").ok_or(Fault::Field("sha256"))?;
    let size = record.field("size").and_then(Value::as_u64).ok_or(Fault::Field("size"))?;
    Ok(sha256 == digests.hex(Algorithm::Sha256) && size == digests.size)
}

fn check_proof(
    contents: &Contents<'_>,
    stem: &str,
    record: &Record,
    keys: &Keys,
    problems: &mut Problems,
) -> Option<TlogProof> {
    let path = proof_path(stem);
    let bytes = contents.read(&path, problems)?;
    let proof = problems.keep(&path, TlogProof::from_bytes(&bytes))?;
    let key = keys.for_checkpoint(&proof.checkpoint);
    problems.keep(&path, proof.verify(&leaf_hash(&record.entry()), &key).map(|_| ()))?;
    problems.keep(&format!("records/{stem}.sd-jwt"), keys.verify_place(record, proof.index))?;
    if proof.extra.is_some() {
        problems.add(&path, Fault::Extra);
        return None;
    }
    Some(proof)
}
