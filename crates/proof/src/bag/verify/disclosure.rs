//! Step 3: the archive signed this bag as a whole, and that record is in its log.

use serde_json::Value;

use super::contents::Contents;
use super::key::Keys;
use crate::bag::layout::{DISCLOSURE_PROOF, DISCLOSURE_RECORD, Place};
use crate::bag::manifest::Algorithm;
use crate::bag::problem::Problems;
use crate::bag::{DISCLOSURE, Fault};
use crate::checkpoint::Checkpoint;
use crate::consistency::ConsistencyProof;
use crate::keychain::named;
use crate::merkle::leaf_hash;
use crate::record::Record;
use crate::tlog_proof::TlogProof;

/// What is known of the disclosure once its record and proof hold.
pub(super) struct Disclosure {
    /// The fields that the archive opened, without those of which every bag's are checked here.
    pub(super) fields: Vec<(String, Value)>,
    /// The checkpoint under which the record was proved.
    pub(super) checkpoint: Checkpoint,
    /// From the largest of `checkpoints/` to that one; not yet checked.
    pub(super) consistency: ConsistencyProof,
}

/// Checks record and proof; nothing where there is no telling what the archive disclosed.
pub(super) fn check(contents: &Contents<'_>, keys: &Keys, problems: &mut Problems) -> Option<Disclosure> {
    let record = read_record(contents, keys, problems)?;
    check_opened(&record, problems);
    check_files(contents, &record, problems);
    let (checkpoint, consistency) = check_proof(contents, &record, keys, problems)?;
    let told = |name: &str| !["change", "files", "opened"].contains(&name);
    let fields = record.disclosures().iter().filter(|field| told(field.name()));
    let fields = fields.map(|field| (field.name().to_owned(), field.value().clone())).collect();
    Some(Disclosure { fields, checkpoint, consistency })
}

fn read_record(contents: &Contents<'_>, keys: &Keys, problems: &mut Problems) -> Option<Record> {
    let text =
        contents.read_text(DISCLOSURE_RECORD, crate::record::RecordError::NotSdJwt.into(), problems)?;
    let record = problems.keep(DISCLOSURE_RECORD, Record::parse(&text))?;
    problems.keep(DISCLOSURE_RECORD, record.verify(keys.name.as_str(), &keys.chain.newest()))?;
    if record.text("change") != Some(DISCLOSURE) {
        problems.add(DISCLOSURE_RECORD, Fault::OtherChange(DISCLOSURE));
        return None;
    }
    Some(record)
}

/// The open fields are exactly those that the signed `opened` lists, so none can be taken away on the way.
fn check_opened(record: &Record, problems: &mut Problems) {
    let Some(opened) = record.field("opened").and_then(Value::as_array) else {
        return problems.add(DISCLOSURE_RECORD, Fault::Field("opened"));
    };
    // A record's fields stand in ascending order, and so must the list.
    if !record.disclosures().iter().map(|field| Some(field.name())).eq(opened.iter().map(Value::as_str)) {
        problems.add(DISCLOSURE_RECORD, Fault::Opened);
    }
}

/// `files` names exactly the files that it must, with their digests.
fn check_files(contents: &Contents<'_>, record: &Record, problems: &mut Problems) {
    let Some(named) = record.field("files").and_then(Value::as_object) else {
        return problems.add(DISCLOSURE_RECORD, Fault::Field("files"));
    };
    for (path, _, digests) in contents.files().filter(|(_, place, _)| place.is_signed()) {
        match named.get(path) {
            None => problems.add(path, Fault::NotInDisclosure),
            Some(digest) if digest.as_str() != Some(&digests.hex(Algorithm::Sha256)) => {
                problems.add(path, Fault::NotAsDisclosed);
            }
            Some(_) => {}
        }
    }
    for path in named.keys() {
        if !Place::of(path).is_some_and(|place| place.is_signed()) {
            problems.add(DISCLOSURE_RECORD, Fault::Field("files"));
        } else if contents.digests(path).is_none() {
            problems.add(path, Fault::Missing);
        }
    }
}

fn check_proof(
    contents: &Contents<'_>,
    record: &Record,
    keys: &Keys,
    problems: &mut Problems,
) -> Option<(Checkpoint, ConsistencyProof)> {
    let bytes = contents.read(DISCLOSURE_PROOF, problems)?;
    let proof = problems.keep(DISCLOSURE_PROOF, TlogProof::from_bytes(&bytes))?;
    let key = named(&keys.name, keys.chain.newest());
    let checkpoint =
        problems.keep(DISCLOSURE_PROOF, proof.verify(&leaf_hash(&record.entry()), &key).cloned())?;
    problems.keep(DISCLOSURE_RECORD, keys.verify_place(record, proof.index))?;
    // Nothing signs this file but the archive's own line in it, so nothing else may stand there.
    if proof.checkpoint.note().signatures().len() != 1 {
        problems.add(DISCLOSURE_PROOF, Fault::Signatures);
    }
    // A later checkpoint holds the record too, and would make another proof of it: the one over the record alone is meant.
    if checkpoint.size != proof.index + 1 {
        problems.add(DISCLOSURE_PROOF, Fault::OwnCheckpoint);
    }
    let extra = problems.keep(DISCLOSURE_PROOF, proof.extra.as_deref().ok_or(Fault::Extra))?;
    let consistency = problems.keep(DISCLOSURE_PROOF, ConsistencyProof::from_bytes(extra))?;
    Some((checkpoint, consistency))
}
