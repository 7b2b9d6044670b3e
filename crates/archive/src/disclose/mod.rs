//! Disclosure: a package for a recipient, with proofs (`docs/format/bag.md`); and the record of who was given what.
//!
//! Files first, the record last: what stands on record was on the disk, but for four small files. Until all of it is durable
//! there is no folder under the name asked for.

mod build;
mod choose;
mod dating;
mod extension;
mod folder;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};
use vidimus_model::{Disclosure, FoundPath, PathEncoding, Ref};
use vidimus_proof::bag::manifest::{Algorithm, Digests};
use vidimus_proof::bag::{self, MAX_FILES, PlanError};

pub use folder::OutError;

use crate::Archive;
use crate::archive::CheckpointSummary;
use crate::door::DoorError;
use crate::query::AskError;
use crate::read::ReadError;
use crate::receipt::ReceiptError;
use crate::tiles::LogError;
use choose::{Chosen, Content};
use folder::Partial;

/// What is to be disclosed.
#[derive(Clone, Debug)]
pub struct Disclose {
    /// Which items; one named twice is given once.
    pub refs: Vec<Ref>,
    /// The recipient; on record here, in the bag only where `opened` names it.
    pub to: String,
    /// What for; on record here, in the bag only where `opened` names it.
    pub purpose: String,
    /// Where the bag will stand: absent, or an empty folder.
    pub out: PathBuf,
    /// Fields of the items' records to open besides `change`, `sha256` and `size`. A `path` takes its encoding along.
    pub fields: Vec<String>,
    /// How the files are named.
    pub names: Names,
    /// Fields of the disclosure's own record to open besides `change`, `files` and `opened`.
    pub opened: Vec<String>,
    /// Of what was erased its tombstone is given; without, that it was erased is an error.
    pub tombstones: bool,
}

/// How the files of a bag are named; never as found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// `01`, `02`, …
    #[default]
    Numbers,
    /// `A7-312`, `V_A3-1`.
    References,
}

/// How far the copying is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Bytes written.
    pub bytes: u64,
    /// Bytes of all items.
    pub of: u64,
}

/// A finished package, in the form of `docs/format/commands.md`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Disclosed {
    /// Its folder.
    #[serde(flatten, serialize_with = "bag_path")]
    pub bag: PathBuf,
    /// Its files, in the order of their names.
    pub files: Vec<DisclosedFile>,
    /// The record of the disclosure.
    pub record: RecordIndex,
    /// The checkpoint that commits to that record.
    pub checkpoint: CheckpointSummary,
}

/// One file of a package.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DisclosedFile {
    /// The item.
    #[serde(rename = "ref")]
    pub reference: Ref,
    /// Its name in `data/`.
    pub name: String,
    /// Hexadecimal.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
    /// The tool that unpacked it from another item: its bytes are what that tool made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpacked_by: Option<String>,
}

/// Where a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RecordIndex {
    /// Its log index.
    pub index: u64,
}

/// Why nothing was disclosed; only [`DiscloseError::OnRecord`] comes after the record.
#[derive(Debug, thiserror::Error)]
pub enum DiscloseError {
    /// No item was named, or more than a bag holds.
    #[error("{0} items; a package holds 1 to {MAX_FILES}")]
    Count(usize),
    /// The recipient is blank.
    #[error("a disclosure needs a recipient")]
    NoRecipient,
    /// The purpose is blank.
    #[error("a disclosure needs a purpose")]
    NoPurpose,
    /// No record of that kind has such a field.
    #[error("there is no field {field:?}; there are {known:?}")]
    UnknownField {
        /// What was asked for.
        field: String,
        /// What there is.
        known: &'static [&'static str],
    },
    /// An accession was named: its items must be named one by one, so that none goes along unseen.
    #[error("{0} is not an item")]
    NotAnItem(Ref),
    /// The reference is not known, or its accession not released.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// It was withdrawn.
    #[error("{0} is withdrawn")]
    Withdrawn(Ref),
    /// It was erased, or moved to a compartment that is not held.
    #[error("{0} is no longer here")]
    Gone(Ref),
    /// The tombstone was asked for of what is still there.
    #[error("{0} was not erased")]
    NotErased(Ref),
    /// A record touches rows of one compartment only.
    #[error("{first} and {other} are of different compartments")]
    SeveralCompartments {
        /// An item.
        first: Ref,
        /// An item of another compartment.
        other: Ref,
    },
    /// The record or the object cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The object is damaged.
    #[error("the object of {item}: {reason}")]
    Damaged {
        /// The item.
        item: Ref,
        /// What is wrong.
        reason: io::Error,
    },
    /// The bytes or the signature are not those of the record.
    #[error("{0} is not what its record says")]
    NotAsRecorded(Ref),
    /// The checkpoint of a receipt, or its time stamps, cannot be read.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// The parts do not make a bag.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The log cannot be read, or contradicts the ledger.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The bag cannot be written.
    #[error(transparent)]
    Out(#[from] OutError),
    /// Nothing could be recorded.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The disclosure stands on record, but its bag could not be finished and is not there: the same command makes a new one.
    #[error("the disclosure is on record at {index}, but its package was not finished: {reason}")]
    OnRecord {
        /// The log index of the record.
        index: u64,
        /// Why the bag is not there.
        reason: Box<DiscloseError>,
    },
}

/// The fields of `item/1` (`docs/format/changes.md`), any of which may be opened.
pub const ITEM_FIELDS: &[&str] = &[
    "about",
    "at",
    "by",
    "by_sig",
    "change",
    "copy_of",
    "day",
    "file_system",
    "object",
    "op",
    "path",
    "path_encoding",
    "reading",
    "reading_sizes",
    "sha256",
    "size",
    "source",
];

/// The fields of `disclosure/1`, any of which may be opened.
pub const DISCLOSURE_FIELDS: &[&str] =
    &["about", "at", "by", "by_sig", "change", "day", "files", "op", "opened", "purpose", "recipient"];

impl Archive {
    /// Makes a package and records it.
    ///
    /// # Errors
    /// Says what stands in the way; see [`DiscloseError`]. No folder is left that could be taken for a bag.
    pub fn disclose(
        &mut self,
        request: &Disclose,
        progress: &mut dyn FnMut(Copied),
    ) -> Result<Disclosed, DiscloseError> {
        let (fields, opened) = check(request)?;
        self.may_record()?;
        let (items, compartment) = self.choose(&request.refs, &fields, request.tombstones)?;
        let checkpoints = self.checkpoints()?;
        let partial = Partial::begin(&request.out, self.layout.root())?;

        let mut copied = Copied { bytes: 0, of: items.iter().map(|item| item.size).sum() };
        let width = items.len().to_string().len().max(2);
        let mut planned = Vec::with_capacity(items.len());
        for (number, item) in (1..).zip(&items) {
            let stem = match request.names {
                Names::References if item.reference.item.is_some() => {
                    item.reference.to_string().replace(':', "_")
                }
                Names::Numbers | Names::References => format!("{number:0width$}"),
            };
            let (name, digests) = self.copy(item, &stem, &partial, &mut copied, progress)?;
            planned.push((name, digests, item));
        }
        let files: Vec<DisclosedFile> = planned.iter().map(DisclosedFile::of).collect();
        let plan = self.plan(planned, checkpoints)?;
        for (path, bytes) in plan.tags() {
            partial.write(path, bytes)?;
        }
        partial.sync()?;

        let erased = items.iter().filter(|item| matches!(item.content, Content::Tombstone(_)));
        let erased = erased.map(|item| item.reference.clone()).collect();
        let change = Disclosure {
            about: items.iter().map(|item| item.reference.clone()).collect(),
            recipient: request.to.clone(),
            purpose: request.purpose.clone(),
            files: plan.files(),
            opened: opened.iter().map(|field| (*field).to_owned()).collect(),
        };
        let appended = self.act(|archive| archive.decide_disclosure(&change, &compartment, &erased))?;
        let index = appended.first;
        let finished = self.finish(plan, partial, &appended, &change.about[0], &opened);
        let (bag, checkpoint) =
            finished.map_err(|reason| DiscloseError::OnRecord { index, reason: Box::new(reason) })?;
        Ok(Disclosed { bag, files, record: RecordIndex { index }, checkpoint })
    }
}

impl DisclosedFile {
    fn of((name, digests, item): &(String, Digests, &Chosen)) -> Self {
        Self {
            reference: item.reference.clone(),
            name: name.clone(),
            sha256: digests.hex(Algorithm::Sha256),
            size: digests.size,
            unpacked_by: item.unpacked_by.clone(),
        }
    }
}

/// The fields to open, of the items and of the disclosure.
fn check(request: &Disclose) -> Result<(BTreeSet<&str>, BTreeSet<&str>), DiscloseError> {
    if request.refs.is_empty() || request.refs.len() > MAX_FILES {
        return Err(DiscloseError::Count(request.refs.len()));
    }
    if request.to.trim().is_empty() {
        return Err(DiscloseError::NoRecipient);
    }
    if request.purpose.trim().is_empty() {
        return Err(DiscloseError::NoPurpose);
    }
    let mut fields = choice(&request.fields, &bag::ITEM_FIELDS, ITEM_FIELDS)?;
    if fields.contains("path") {
        fields.insert("path_encoding");
    }
    let opened = choice(&request.opened, &bag::DISCLOSURE_FIELDS, DISCLOSURE_FIELDS)?;
    Ok((fields, opened))
}

fn choice<'a>(
    asked: &'a [String],
    always: &[&'static str],
    known: &'static [&'static str],
) -> Result<BTreeSet<&'a str>, DiscloseError> {
    if let Some(field) = asked.iter().find(|field| !known.contains(&field.as_str())) {
        return Err(DiscloseError::UnknownField { field: field.clone(), known });
    }
    Ok(asked.iter().map(String::as_str).chain(always.iter().copied()).collect())
}

/// `bag` and how it is written (`docs/format/commands.md`, "Paths").
fn bag_path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    use std::os::unix::ffi::OsStrExt as _;
    #[derive(Serialize)]
    struct Written {
        bag: String,
        path_encoding: PathEncoding,
    }
    let path = FoundPath::new(path.as_os_str().as_bytes());
    Written { bag: path.to_text(), path_encoding: path.encoding() }.serialize(serializer)
}
