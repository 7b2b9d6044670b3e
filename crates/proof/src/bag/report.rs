//! What a verifier was told to trust, and all that it found.

use jiff::Timestamp;
use serde_json::Value;

use super::{CONTAINED, Problem};
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::note::{KeyName, VerifierKey};
use crate::policy::Policy;
use crate::record::Fields;
use crate::timestamp::{self, StampError};

/// Whom and what the verifier was told to trust; by default nobody and nothing.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Keys of which the archive's must be one; where there are none (here and in the policy), the bag's own is taken.
    pub archive_keys: Vec<VerifierKey>,
    /// A receipt as it was published.
    pub receipt: Option<SignedCheckpoint>,
    /// Time-stamp authorities.
    pub authorities: timestamp::Trust,
    /// Logs (which pin keys like `archive_keys`) and cosigners.
    pub policy: Option<Policy>,
}

/// What was found. Nothing in it is proved unless [`Report::proved`].
#[derive(Debug)]
pub struct Report {
    /// Everything wrong, in the order of the checks; empty where the bag is intact.
    pub problems: Vec<Problem>,
    /// How many further problems were not kept.
    pub more_problems: usize,
    /// The archive's key, where it could be read.
    pub key: Option<BagKey>,
    /// The disclosed files by name. Where the bag is not proved, they have name, size and digest only.
    pub files: Vec<FileReport>,
    /// Time stamps and cosignatures in the order of their checkpoints; none where the bag is not proved.
    pub stamps: Vec<StampReport>,
    /// Fields that the archive opened of the disclosure itself, without `files` and `opened`.
    pub disclosure: Vec<(String, Value)>,
    /// What the receipt says, where one was given and the bag is proved.
    pub receipt: Option<ReceiptAnswer>,
    /// Which of the bag's keys signed the receipt; none where none of them did, or the two contradict each other.
    pub receipt_signer: Option<ReceiptSigner>,
}

/// One of the keys of a bag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptSigner {
    /// The key that signed the bag: whoever made it held the key of whoever made the receipt.
    Newest,
    /// One that signed before it. Whoever had that key could have named any other as the next one.
    Earlier,
}

impl Report {
    /// The bag is as the archive of [`Report::key`] made it, and each of its files is what the archive's log committed to.
    pub fn proved(&self) -> bool {
        self.problems.is_empty() && self.more_problems == 0
    }

    /// Whether the bag is proved and every file was inside the receipt, where one was given.
    pub fn says_yes(&self) -> bool {
        let inside = |file: &FileReport| file.in_receipt == Some(true);
        self.proved() && (self.receipt.is_none() || self.files.iter().all(inside))
    }
}

/// The key that signed the bag, and the earlier keys of the archive that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BagKey {
    /// The key that signed the disclosure; its name is the archive's origin.
    pub vkey: VerifierKey,
    /// The keys that signed before it, the first one first, under the same name; none where the key never changed.
    pub earlier: Vec<VerifierKey>,
    /// Whether the verifier was told to trust it.
    pub pinned: Pinned,
}

/// Whether the verifier was told to trust the key of a bag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pinned {
    /// It was not told of a key: this one came from the bag itself.
    No,
    /// It was told this key.
    Yes,
    /// It was told an earlier key of the archive, whose holders named this one in the log. Whoever had that key could have
    /// named any other, in a log of their own.
    Earlier,
    /// It was told other keys only.
    Other,
}

/// One disclosed file.
#[derive(Debug, Clone, PartialEq)]
pub struct FileReport {
    /// Its name in `data/`.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: [u8; 32],
    /// The fields of its record that the archive opened.
    pub fields: Fields,
    /// Its place in the log, counted from 0.
    pub index: Option<u64>,
    /// The earliest time by which somebody trusted had seen the log with this file in it.
    pub no_later_than: Option<Dated>,
    /// Whether it was inside what the receipt published; `None` where that is unknown or was not asked.
    pub in_receipt: Option<bool>,
}

impl FileReport {
    /// The tool, and its version, that unpacked it from another file: its bytes are what the tool made, not what was received.
    /// Text of others: escape it before showing.
    pub fn unpacked_by(&self) -> Option<(String, Option<String>)> {
        let text = |wanted: &str| {
            let value = self.fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
            value.and_then(|value| value.as_str().map(str::to_owned))
        };
        let is_unpacked = text("change").as_deref() == Some(CONTAINED);
        is_unpacked.then(|| (text("tool").unwrap_or_default(), text("tool_version")))
    }
}

/// A time by somebody whom the verifier trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    /// The time, the authority's own uncertainty added.
    pub at: Timestamp,
    /// Who says so. Text of others: escape it before showing.
    pub authority: String,
    /// How it was said.
    pub by: DatedBy,
    /// Leaves of the log that was seen.
    pub size: u64,
}

/// How a time was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatedBy {
    /// A time stamp (RFC 3161).
    TimeStamp,
    /// The cosignature of one cosigner.
    Cosignature,
    /// Enough cosigners for the quorum of the policy.
    Quorum,
}

/// One time stamp or cosignature.
#[derive(Debug, Clone, PartialEq)]
pub struct StampReport {
    /// Over which checkpoint.
    pub checkpoint: Checkpoint,
    /// The name of its file, or of the file with the cosignature.
    pub file: String,
    /// Whether it counts.
    pub result: Result<Counted, NotCounted>,
}

/// A stamp that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted(pub Dated);

/// Why a stamp does not count.
#[derive(Debug, Clone, PartialEq)]
pub enum NotCounted {
    /// Everything fits, but the verifier was not told to trust the authority. Its words are claims.
    UnknownAuthority {
        /// The name that it gives itself. Text of others: escape it before showing.
        authority: String,
        /// The time that it wrote down.
        at: Timestamp,
    },
    /// A cosigner whom the policy does not name; nothing of its line was checked.
    UnknownCosigner(KeyName),
    /// A cosigner of the policy, whose quorum was not reached or counts as a whole.
    OnlyInQuorum(KeyName),
    /// The stamp breaks a rule.
    Refused(StampError),
}

/// What a receipt says of the bag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptAnswer {
    /// It is one of the bag's checkpoints: see [`FileReport::in_receipt`].
    InBag,
    /// It names another archive.
    OtherArchive,
    /// It is not signed by the bag's key.
    NotSigned,
    /// It is not among the bag's checkpoints, so it says nothing of this bag: ask for a bag that holds it.
    NotInBag,
    /// The bag has a checkpoint of its size with another root: the archive signed two histories.
    Fork,
}
