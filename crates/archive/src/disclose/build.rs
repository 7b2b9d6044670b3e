//! Fills a bag: the files with their digests, the proofs of each, and last the record of the disclosure itself.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use vidimus_ledger::{Appended, Ledger as _, StoreError};
use vidimus_model::Ref;
use vidimus_proof::bag::manifest::{Algorithm, Digests, Hasher};
use vidimus_proof::bag::{Anchor, Plan, PlannedFile, PlannedKey};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::keychain::ARCHIVE_KEY_FIELDS;
use vidimus_proof::record::Record;

use super::choose::{Chosen, Content};
use super::dating::Checkpoints;
use super::folder::{Partial, out_error};
use super::{Copied, DiscloseError, extension};
use crate::archive::CheckpointSummary;
use crate::query::AskError;
use crate::{Archive, FoldError, rows};

/// Bytes copied at once.
const BUFFER: usize = 256 << 10;

impl Archive {
    /// Copies an item's bytes into the bag, and believes them only if they are the recorded ones.
    pub(super) fn copy(
        &mut self,
        item: &Chosen,
        stem: &str,
        partial: &Partial,
        copied: &mut Copied,
        progress: &mut dyn FnMut(Copied),
    ) -> Result<(String, Digests), DiscloseError> {
        let (place, key) = match &item.content {
            Content::Object(place, key) => (place, *key),
            Content::Tombstone(text) => {
                let name = format!("{stem}.txt");
                partial.write(&format!("data/{name}"), text.as_bytes())?;
                copied.bytes += item.size;
                return Ok((name, Digests::of(text.as_bytes())));
            }
        };
        let mut bytes = self.open_place(&item.reference, place, key)?;
        let mut buffer = vec![0; BUFFER];
        let mut hasher = Hasher::default();
        let mut open = None;
        loop {
            let mut len = 0;
            while len < buffer.len() {
                match bytes.read(&mut buffer[len..]) {
                    Ok(0) => break,
                    Ok(n) => len += n,
                    Err(reason) => {
                        return Err(DiscloseError::Damaged { item: item.reference.clone(), reason });
                    }
                }
            }
            let (name, file) = match &mut open {
                Some(open) => open,
                none => {
                    let name = format!("{stem}.{}", extension::of(&buffer[..len], len < buffer.len()));
                    let file = partial.create(&format!("data/{name}"))?;
                    none.insert((name, file))
                }
            };
            file.write_all(&buffer[..len]).map_err(|reason| out_error(partial.out(), reason))?;
            hasher.update(&buffer[..len]);
            copied.bytes += len as u64;
            progress(*copied);
            if len < buffer.len() {
                file.sync_all().map_err(|reason| out_error(partial.out(), reason))?;
                let (name, digests) = (std::mem::take(name), hasher.finish());
                if digests.size != item.size || digests.hex(Algorithm::Sha256) != item.sha256 {
                    return Err(DiscloseError::NotAsRecorded(item.reference.clone()));
                }
                return Ok((name, digests));
            }
        }
    }

    /// Proves each file under the checkpoint that dates it, and joins the checkpoints.
    pub(super) fn plan(
        &mut self,
        copied: Vec<(String, Digests, &Chosen)>,
        checkpoints: Checkpoints,
    ) -> Result<Plan, DiscloseError> {
        let planned = self.prove(|prover| {
            let plan_file = |(name, digests, item): &(String, Digests, &Chosen)| {
                let under = checkpoints.dating(item.index);
                let proof = prover.inclusion(item.index, &item.record.entry(), under)?;
                Ok(PlannedFile { name: name.clone(), digests: *digests, record: item.record.clone(), proof })
            };
            copied.iter().map(plan_file).collect::<Result<Vec<_>, _>>()
        })?;
        let changes: Vec<_> = checkpoints
            .of_key_changes()
            .map(|(index, note)| Ok((self.key_record(index)?, index, note.clone())))
            .collect::<Result<_, FoldError>>()
            .map_err(AskError::from)?;
        let keys = self.prove(|prover| {
            let plan_key = |(record, index, note): &(Record, u64, SignedCheckpoint)| {
                let proof = prover.inclusion(*index, &record.entry(), note)?;
                Ok(PlannedKey { record: record.clone(), proof })
            };
            changes.iter().map(plan_key).collect::<Result<Vec<_>, _>>()
        })?;
        let mut anchors = checkpoints.anchors(copied.iter().map(|(.., item)| item.index));
        anchors.sort_by_key(|anchor| anchor.note.checkpoint().size);
        let joined = self.prove(|prover| {
            let pairs = anchors.windows(2);
            let join =
                |pair: &[Anchor]| prover.consistency(pair[0].note.checkpoint(), pair[1].note.checkpoint());
            pairs.map(join).collect::<Result<Vec<_>, _>>()
        })?;
        Ok(Plan::new(self.verifier_key(), &keys, &planned, &anchors, &joined)?)
    }

    /// The record of a change of the archive's key, as a stranger may see it.
    fn key_record(&mut self, index: u64) -> Result<Record, FoldError> {
        let row = self.ledger.rows(index, 1)?.pop().filter(|row| row.seq == index);
        let damaged =
            || StoreError::Damaged(format!("row {index} is not that of a change of the archive's key"));
        let row = row.ok_or_else(damaged)?;
        let key = row.key.parse().map_err(|_| damaged())?;
        let sealing = self.keyring.open(key)?.ok_or(FoldError::NotHeld)?;
        let record = rows::record(&row, &sealing.row, &self.archive_id)?.ok_or_else(damaged)?;
        Ok(record.choose(&ARCHIVE_KEY_FIELDS))
    }

    /// The last files: the record of the disclosure, its proof, and the tag manifests over them.
    pub(super) fn finish(
        &mut self,
        plan: Plan,
        partial: Partial,
        appended: &Appended,
        about: &Ref,
        opened: &BTreeSet<&str>,
    ) -> Result<(PathBuf, CheckpointSummary), DiscloseError> {
        // The checkpoint over this record alone, also where a lost answer was found again behind others' appends.
        let own = self.checkpoint_at(appended.first + 1)?;
        let opened: Vec<&str> = opened.iter().copied().collect();
        let record = self.record_in_row(about, appended.first)?.record.choose(&opened);
        let (proof, joined) = self.prove(|prover| {
            let proof = prover.inclusion(appended.first, &record.entry(), &own)?;
            Ok((proof, prover.consistency(plan.last_checkpoint(), own.checkpoint())?))
        })?;
        let written = plan.files();
        for (path, bytes) in plan.finish(&record, proof, &joined)? {
            if !written.contains_key(&path) {
                partial.write(&path, &bytes)?;
            }
        }
        Ok((partial.finish()?, CheckpointSummary::from(own.checkpoint())))
    }
}
