//! What can be wrong with a bag, as data; the face finds the words.

use std::collections::HashSet;
use std::io;
use std::mem::{Discriminant, discriminant};

use super::manifest::ManifestError;
use crate::checkpoint::{CheckpointError, CheckpointVerifyError};
use crate::consistency::{ConsistencyError, ConsistencyVerifyError};
use crate::keychain::{OutOfOrder, SuccessionError};
use crate::record::{RecordError, VerifyError};
use crate::tlog_proof::{TlogProofError, TlogProofVerifyError};

/// More problems than this are counted and not kept.
pub(super) const MAX_PROBLEMS: usize = 1000;

/// Something wrong with one file of the bag.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {fault}")]
pub struct Problem {
    /// The path in the bag; where it is not text of one, its bytes with others than printable ASCII as `%XX`.
    pub file: String,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a file of a bag. The texts are for logs; a face has its own words.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The folder or file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(io::ErrorKind),
    /// A symbolic link.
    #[error("it is a link")]
    Link,
    /// Neither file, folder nor link.
    #[error("it is not a regular file")]
    Special,
    /// No bag has a file or folder of this name.
    #[error("it does not belong in a bag")]
    Unexpected,
    /// A folder without files.
    #[error("the folder is empty")]
    EmptyFolder,
    /// More files than a bag can have.
    #[error("there are more files than a bag has")]
    TooMany,
    /// Larger than such a file may be.
    #[error("it is larger than such a file can be")]
    TooLarge,
    /// Payload names must be distinct without their extensions, and running numbers equally long.
    #[error("its name does not go with the others")]
    Name,
    /// It should be there.
    #[error("it is missing")]
    Missing,
    /// The manifest is not canonical.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A manifest that should list it does not.
    #[error("it is not listed in {manifest}")]
    NotListed {
        /// Which manifest.
        manifest: String,
    },
    /// Its bytes are not those that the manifests have the digests of.
    #[error("it was altered: the manifests have another digest")]
    Digest,
    /// This manifest has another digest than the file, and the other manifest has the right one.
    #[error("it has a wrong digest of {about}")]
    WrongDigest {
        /// The file that is as the other manifest says.
        about: String,
    },
    /// Its bytes were different when read a second time.
    #[error("it changed while it was being checked")]
    Changed,
    /// `bagit.txt` or `bag-info.txt` does not say what it must.
    #[error("it does not say what it must")]
    Text,

    /// Not an Ed25519 key in vkey form.
    #[error("it is not a key")]
    Key,
    /// Not a key that the verifier was told to trust.
    #[error("it is another key than the one expected")]
    OtherKey,

    /// The record does not show that one key of the archive follows another.
    #[error(transparent)]
    Succession(#[from] SuccessionError),
    /// It follows a key that is not the one before.
    #[error("it is not about the key before it")]
    OtherPredecessor,
    /// The changes of the key do not stand in the log in their order.
    #[error(transparent)]
    KeyOrder(#[from] OutOfOrder),
    /// The key is not the one that the changes lead to.
    #[error("it is not the key that the changes of the archive's key lead to")]
    NotLedTo,

    /// Not a record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The record is not the archive's.
    #[error(transparent)]
    RecordNotSigned(#[from] VerifyError),
    /// The record does not say the change that it must.
    #[error("it is not the record of {0}")]
    OtherChange(&'static str),
    /// A field is not open, or not of the kind it must be.
    #[error("its field {0} is missing or malformed")]
    Field(&'static str),
    /// The open fields are not exactly those that the archive opened.
    #[error("its open fields are not those that the archive opened")]
    Opened,
    /// The record of the disclosure does not name this file.
    #[error("the archive did not put it into this bag")]
    NotInDisclosure,
    /// The record of the disclosure names this file with another digest.
    #[error("it is not the file that the archive put into this bag")]
    NotAsDisclosed,

    /// Not a tlog-proof.
    #[error(transparent)]
    Proof(#[from] TlogProofError),
    /// The proof does not hold for the record.
    #[error(transparent)]
    ProofFails(#[from] TlogProofVerifyError),
    /// The proof has an `extra` line where none belongs, or none where one belongs.
    #[error("its extra line does not belong there or is missing")]
    Extra,
    /// Its note has other signatures than the archive's one.
    #[error("its note must have exactly one signature")]
    Signatures,
    /// Its note is a later checkpoint than the one that was signed when the record was appended.
    #[error("its checkpoint is not the one over the record it proves")]
    OwnCheckpoint,
    /// Its note is not one of `checkpoints/`.
    #[error("its checkpoint is not in the bag")]
    NoteNotInBag,

    /// Not a checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint is not the archive's.
    #[error(transparent)]
    CheckpointNotSigned(#[from] CheckpointVerifyError),
    /// The checkpoint has another size than its name says.
    #[error("it has another size than its name says")]
    Size,
    /// A cosignature by one of the policy's cosigners is false.
    #[error("a cosignature on it is false")]
    FalseCosignature,
    /// Fewer cosigners than the policy demands.
    #[error("too few cosigners of the policy cosigned it")]
    Quorum,
    /// Not a consistency proof.
    #[error(transparent)]
    Consistency(#[from] ConsistencyError),
    /// The consistency proof does not hold.
    #[error(transparent)]
    ConsistencyFails(#[from] ConsistencyVerifyError),

    /// No record of it is in the bag.
    #[error("there is no record of it")]
    NoRecord,
    /// The file is not the one that its record names.
    #[error("it is not the file that its record names")]
    OtherFile,
}

impl Fault {
    /// One word for programs; never changes its meaning.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "unreadable",
            Self::Link => "link",
            Self::Special => "special-file",
            Self::Unexpected => "unexpected",
            Self::EmptyFolder => "empty-folder",
            Self::TooMany => "too-many",
            Self::TooLarge => "too-large",
            Self::Name => "name",
            Self::Missing => "missing",
            Self::Manifest(_) => "manifest-malformed",
            Self::NotListed { .. } => "not-listed",
            Self::Digest => "altered",
            Self::WrongDigest { .. } => "wrong-digest",
            Self::Changed => "changed-while-read",
            Self::Text => "text",
            Self::Key => "key-malformed",
            Self::OtherKey => "other-key",
            Self::Succession(_) => "key-change",
            Self::OtherPredecessor => "key-change-of-another-key",
            Self::KeyOrder(_) => "key-change-order",
            Self::NotLedTo => "key-not-led-to",
            Self::Record(RecordError::Forged(_)) => "record-forged-field",
            Self::Record(RecordError::Repeated(_)) => "record-repeated-field",
            Self::Record(_) => "record-malformed",
            Self::RecordNotSigned(_) => "record-not-signed",
            Self::OtherChange(_) => "record-other-change",
            Self::Field(_) => "record-field",
            Self::Opened => "record-opened-fields",
            Self::NotInDisclosure => "not-in-disclosure",
            Self::NotAsDisclosed => "not-as-disclosed",
            Self::Proof(_) => "proof-malformed",
            Self::ProofFails(_) => "proof-fails",
            Self::Extra => "proof-extra-line",
            Self::Signatures => "proof-signatures",
            Self::OwnCheckpoint => "proof-checkpoint",
            Self::NoteNotInBag => "proof-checkpoint-not-in-bag",
            Self::Checkpoint(_) => "checkpoint-malformed",
            Self::CheckpointNotSigned(_) => "checkpoint-not-signed",
            Self::Size => "checkpoint-size",
            Self::FalseCosignature => "cosignature-false",
            Self::Quorum => "quorum-not-reached",
            Self::Consistency(_) => "consistency-malformed",
            Self::ConsistencyFails(_) => "consistency-fails",
            Self::NoRecord => "no-record",
            Self::OtherFile => "not-the-recorded-file",
        }
    }
}

/// The problems found so far, in the order of the checks.
#[derive(Default)]
pub(super) struct Problems {
    pub(super) found: Vec<Problem>,
    pub(super) not_kept: usize,
    seen: HashSet<(String, Discriminant<Fault>)>,
    files: HashSet<String>,
}

impl Problems {
    /// Notes a problem, unless the same was noted of this file, or the file is "missing" only because of an earlier one.
    pub(super) fn add(&mut self, file: impl Into<String>, fault: impl Into<Fault>) {
        if self.found.len() == MAX_PROBLEMS {
            self.not_kept += 1;
            return;
        }
        let (file, fault) = (file.into(), fault.into());
        if matches!(fault, Fault::Missing) && !self.files.insert(file.clone()) {
            return;
        }
        self.files.insert(file.clone());
        if self.seen.insert((file.clone(), discriminant(&fault))) {
            self.found.push(Problem { file, fault });
        }
    }

    /// The value, or nothing and a note of why not.
    pub(super) fn keep<T>(&mut self, file: &str, result: Result<T, impl Into<Fault>>) -> Option<T> {
        result.map_err(|fault| self.add(file, fault)).ok()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }
}
