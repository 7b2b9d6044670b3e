//! Everything known of one thing: the whole record, and what the other records say of it.

use std::path::PathBuf;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use vidimus_folds::catalogue::{Counts, State};
use vidimus_ledger::{Ledger as _, StoreError};
use vidimus_model::{AccessionEnd, CompartmentId, FoundKind, FoundPath, Medium, ObjectPlace, Ref};
use vidimus_proof::checkpoint::{Checkpoint, SignedCheckpoint};
use vidimus_proof::record::Record;

use super::{AskError, GivenLine, Resolved, ShownExamination, state_word};
use crate::Archive;
use crate::archive::CheckpointSummary;
use crate::clock::ClockDoubt;
use crate::opened::OpenedLine;
use crate::read::ReadError;

/// What `show` answers; an object in JSON, whose fields are those of the record and these.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Shown {
    /// A file.
    Item(Box<ShownItem>),
    /// A delivery.
    Accession(Box<ShownAccession>),
    /// Erased, or moved to where this member does not read: what is still known.
    Gone {
        /// Its reference.
        #[serde(rename = "ref")]
        reference: Ref,
        /// Which of the two.
        #[serde(serialize_with = "state_word")]
        state: State,
        /// Where its traces are.
        compartment: CompartmentId,
        /// Who was given it.
        disclosures: Vec<GivenLine>,
    },
}

/// A file as received.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShownItem {
    /// Its reference.
    #[serde(rename = "ref")]
    pub reference: Ref,
    /// The log index of its record.
    pub seq: u64,
    /// Who may see it.
    #[serde(serialize_with = "state_word")]
    pub state: State,
    /// Where it is read.
    pub compartment: CompartmentId,
    /// The name of that compartment.
    pub compartment_name: String,
    /// The name of the member who took it in.
    pub by_name: String,
    /// Every field of the record.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
    /// What speaks against what our clock said in it.
    pub clock_doubts: Vec<ClockDoubt>,
    /// Where its sealed bytes lie now; the field `object` says where they lay when it was taken in.
    pub place: ObjectPlace,
    /// Other items with the same bytes.
    pub copies: Vec<Ref>,
    /// Who was given it.
    pub disclosures: Vec<GivenLine>,
    /// What examination found.
    pub examination: ShownExamination,
}

/// A delivery.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShownAccession {
    /// Its reference.
    #[serde(rename = "ref")]
    pub reference: Ref,
    /// The log index of its record; none where only some of its items are read here.
    pub seq: Option<u64>,
    /// Who may see it.
    #[serde(serialize_with = "state_word")]
    pub state: State,
    /// Where it is read.
    pub compartment: CompartmentId,
    /// The name of that compartment.
    pub compartment_name: String,
    /// The name of the member who took it in.
    pub registrar: Option<String>,
    /// Every field of the record.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
    /// What speaks against what our clock said in it.
    pub clock_doubts: Vec<ClockDoubt>,
    /// Items that are read here now, withdrawn ones included.
    pub items: u64,
    /// Those that can be seen, and were examined.
    pub examined: u64,
    /// The internal receipt; none while it is unfinished.
    pub receipt: Option<InternalReceipt>,
    /// What was found and not taken.
    pub not_taken: Vec<NotTakenLine>,
    /// Who was given something of it.
    pub disclosures: Vec<GivenLine>,
    /// That its giver was opened, as far as that is on record.
    pub openings: Vec<OpenedLine>,
}

/// For the registrar (`docs/format/receipt.md`): computed from records, stored nowhere else.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InternalReceipt {
    /// Everything found: `taken + copies + not_taken`.
    pub found: u64,
    /// Items whose bytes were new.
    pub taken: u64,
    /// Items whose bytes were there before.
    pub copies: u64,
    /// What was not taken.
    pub not_taken: u64,
    /// Bytes of all items.
    pub bytes: u64,
    /// The carrier.
    pub medium: Medium,
    /// The first checkpoint that commits to all of it.
    pub checkpoint: CheckpointSummary,
    /// The folder of the first public receipt that commits to all of it, where one was made: check it against what was
    /// published, and the archive with `vidimus check --full`.
    #[serde(serialize_with = "folder_text")]
    pub public: Option<PathBuf>,
}

/// Something that was found and not taken.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NotTakenLine {
    /// As found.
    #[serde(flatten)]
    pub path: FoundPath,
    /// What it was.
    pub kind: FoundKind,
    /// Why.
    pub reason: String,
}

impl Archive {
    /// Everything known of an item or an accession.
    ///
    /// # Errors
    /// The reference is not known, or what is known cannot be read.
    pub fn show(&mut self, reference: &Ref) -> Result<Shown, AskError> {
        let resolved = self.resolve(reference)?;
        let disclosures = self.disclosures(reference)?;
        if !resolved.is_here() {
            let Resolved { reference, state, compartment, .. } = resolved;
            return Ok(Shown::Gone { reference, state, compartment, disclosures });
        }
        if reference.item.is_some() {
            Ok(Shown::Item(Box::new(self.show_item(resolved, disclosures)?)))
        } else {
            Ok(Shown::Accession(Box::new(self.show_accession(resolved, disclosures)?)))
        }
    }

    fn show_item(&mut self, resolved: Resolved, disclosures: Vec<GivenLine>) -> Result<ShownItem, AskError> {
        let Resolved { reference, compartment, state, catalogue } = resolved;
        let row = self.catalogue_of(catalogue)?.item(&reference)?.value;
        let row = row.ok_or_else(|| AskError::Unknown(reference.clone()))?;
        let record = self.record_at(&reference, row.seq)?;
        let examination = self.examination(&reference)?;
        let mut copies = Vec::new();
        let mut sha256 = [0; 32];
        hex::decode_to_slice(&row.item.sha256, &mut sha256).expect("the catalogue keeps digests as 32 bytes");
        for source in self.sources()? {
            copies.extend(self.catalogue_of(source.key)?.find(&sha256, row.item.size)?.value);
        }
        copies.retain(|copy| *copy != reference);
        copies.sort_unstable();
        copies.dedup();
        Ok(ShownItem {
            seq: row.seq,
            state,
            compartment_name: self.compartment_name(&compartment),
            compartment,
            by_name: self.register.name(row.by),
            fields: fields(&record),
            clock_doubts: self.clock_doubts(row.seq, &mut self.receipt_stamps())?,
            place: row.item.object,
            copies,
            disclosures,
            examination,
            reference,
        })
    }

    fn show_accession(
        &mut self,
        resolved: Resolved,
        disclosures: Vec<GivenLine>,
    ) -> Result<ShownAccession, AskError> {
        let Resolved { reference, compartment, state, catalogue } = resolved;
        let opened = self.catalogue_of(catalogue)?;
        let row = opened.accession(&reference)?.value.ok_or_else(|| AskError::Unknown(reference.clone()))?;
        let history = opened.history(&reference)?.value;
        let not_taken = opened.not_taken(&reference)?.value;
        let seq_of = |change: &str| history.iter().find(|line| line.change == change).map(|line| line.seq);
        let seq = seq_of("accession/1");
        let fields = match seq {
            Some(seq) => fields(&self.record_at(&reference, seq)?),
            None => Map::new(),
        };
        let clock_doubts = seq
            .map(|seq| self.clock_doubts(seq, &mut self.receipt_stamps()))
            .transpose()?
            .unwrap_or_default();
        let openings = self.openings(&reference)?;
        let medium = row.begun.map(|begun| begun.medium).unwrap_or_default();
        let receipt = match row.end.zip(seq_of("accession-end/1")) {
            Some((end, at)) => Some(self.internal_receipt(end, at, medium)?),
            None => None,
        };
        let Counts { items, .. } = row.counts;
        let examined = self.examined(Some(&reference))?.examined;
        let line = |row: vidimus_folds::catalogue::NotTakenRow| NotTakenLine {
            path: row.path,
            kind: row.kind,
            reason: row.reason,
        };
        Ok(ShownAccession {
            reference,
            seq,
            state,
            compartment_name: self.compartment_name(&compartment),
            compartment,
            registrar: row.registrar.map(|registrar| self.register.name(registrar)),
            fields,
            clock_doubts,
            items,
            examined,
            receipt,
            not_taken: not_taken.into_iter().map(line).collect(),
            disclosures,
            openings,
        })
    }

    fn internal_receipt(
        &self,
        end: AccessionEnd,
        at: u64,
        medium: Medium,
    ) -> Result<InternalReceipt, AskError> {
        let first = self.ledger.checkpoints(at + 1, 1)?.into_iter().next();
        let checkpoint = first.map(|(_, note)| read_checkpoint(&note)).transpose()?;
        let checkpoint =
            checkpoint.ok_or_else(|| StoreError::Damaged("no checkpoint over the record".into()))?;
        let sizes = self.register.receipts.iter().map(|receipt| receipt.size);
        let public = sizes.filter(|size| *size > at).min().map(|size| self.layout.receipt(size));
        let AccessionEnd { found, taken, copies, not_taken, bytes, .. } = end;
        let checkpoint = CheckpointSummary::from(&checkpoint);
        Ok(InternalReceipt { found, taken, copies, not_taken, bytes, medium, checkpoint, public })
    }

    /// What its record calls a compartment that this member holds; its id where the record has no name.
    fn compartment_name(&self, id: &CompartmentId) -> String {
        let held = self.keyring.compartment(id).filter(|held| !held.name.is_empty());
        held.map_or_else(|| id.to_string(), |held| held.name.clone())
    }

    /// The record at a log index, which is about `reference`.
    fn record_at(&mut self, reference: &Ref, seq: u64) -> Result<Record, ReadError> {
        Ok(self.record_in_row(reference, seq)?.record)
    }
}

/// A folder of the archive, as far as it is text.
fn folder_text<S: Serializer>(folder: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    folder.as_ref().map(|folder| folder.to_string_lossy()).serialize(serializer)
}

fn fields(record: &Record) -> Map<String, Value> {
    record.disclosures().iter().map(|field| (field.name().to_owned(), field.value().clone())).collect()
}

fn read_checkpoint(note: &[u8]) -> Result<Checkpoint, StoreError> {
    let signed = SignedCheckpoint::from_bytes(note).map_err(|e| StoreError::Damaged(e.to_string()))?;
    Ok(signed.checkpoint().clone())
}
