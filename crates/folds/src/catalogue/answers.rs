//! What the catalogue answers with.

use jiff::Timestamp;
use serde::Deserialize;
use vidimus_model::{
    AccessionEnd, FoundKind, FoundPath, Item, KeyId, Medium, MemberId, ObjectPlace, Ref, Source,
};

/// An answer, and the position of the fold it was given at.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer<T> {
    /// The first sequence number that the answer does not know.
    pub position: u64,
    /// The answer.
    pub value: T,
}

/// Who may see a thing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Its registrar alone.
    Private,
    /// The compartment's holders.
    Released,
    /// Hidden by the latest mark about it or about what it is part of.
    Withdrawn,
    /// Destroyed; a tombstone says why.
    Erased,
    /// Read in another compartment.
    MovedOut,
}

/// Running sums over the items that are read here, withdrawn ones included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Items.
    pub items: u64,
    /// Those of them whose bytes were there before.
    pub copies: u64,
    /// Bytes of all items.
    pub bytes: u64,
    /// What was found and not taken.
    pub not_taken: u64,
}

/// One accession.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessionRow {
    /// Its reference.
    pub reference: Ref,
    /// The number of the first record about it that is known here.
    pub first_seq: Option<u64>,
    /// The key that seals it, by the latest record that says so.
    pub key: Option<KeyId>,
    /// Who took it in.
    pub registrar: Option<MemberId>,
    /// What was said at its beginning; none where only its number is known, or only some of its items are read here.
    pub begun: Option<Begun>,
    /// Its own final counts; none while it is unfinished.
    pub end: Option<AccessionEnd>,
    /// What is read here.
    pub counts: Counts,
    /// Who may see it.
    pub state: State,
}

/// What was said at the beginning of an accession.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Begun {
    /// What was given to be received.
    pub sources: Vec<Source>,
    /// The carrier.
    pub medium: Medium,
    /// What was said about it.
    pub note: Option<String>,
    /// Is a giver's identity sealed with it?
    #[serde(rename = "giver")]
    pub has_giver: bool,
}

/// One item.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemRow {
    /// The number of its record.
    pub seq: u64,
    /// When it was taken in, by our clock.
    pub at: Timestamp,
    /// By whom.
    pub by: MemberId,
    /// Its record; the object's place is the latest.
    pub item: Item,
    /// Who may see it.
    pub state: State,
}

/// Which items.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ItemQuery {
    /// Of this accession only.
    pub accession: Option<Ref>,
    /// Those behind this reference.
    pub after: Option<Ref>,
    /// At most so many.
    pub limit: usize,
    /// Withdrawn ones too.
    pub include_withdrawn: bool,
}

/// Something that was found and not taken.
#[derive(Clone, Debug, PartialEq)]
pub struct NotTakenRow {
    /// The number of its record.
    pub seq: u64,
    /// Which of the accession's sources, from 0.
    pub source: u32,
    /// As found.
    pub path: FoundPath,
    /// What it was.
    pub kind: FoundKind,
    /// Why.
    pub reason: String,
}

/// One record about something.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryRow {
    /// Its number.
    pub seq: u64,
    /// Our clock.
    pub at: Timestamp,
    /// The name of the change.
    pub change: String,
    /// Who acted.
    pub by: MemberId,
    /// Everything it is about, that is not erased.
    pub about: Vec<Ref>,
    /// The reason given; of a move the other compartment, of a disclosure the recipient.
    pub note: Option<String>,
}

/// A disclosure that held the thing asked about.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// The number of its record.
    pub seq: u64,
    /// Our clock.
    pub at: Timestamp,
    /// Who made the package.
    pub by: MemberId,
    /// For whom.
    pub recipient: String,
    /// What for.
    pub purpose: String,
    /// What it is about.
    pub about: Vec<Ref>,
}

/// An item's use of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectUse {
    /// The item.
    pub item: Ref,
    /// Where its bytes lie now.
    pub place: ObjectPlace,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
}

/// Sums over everything here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Accessions that have a number or items here, erased and moved ones included.
    pub accessions: u64,
    /// Over all accessions.
    pub counts: Counts,
    /// Items that are withdrawn.
    pub withdrawn: u64,
    /// Tombstones: records of erasure.
    pub erasures: u64,
    /// Changes that this version does not understand.
    pub unknown: u64,
}
