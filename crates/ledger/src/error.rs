//! What can go wrong with a ledger, as data: one error per operation and the store's own faults.

use std::io;
use std::path::PathBuf;

/// Why the store below failed; part of every other error here.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The medium or the system refused, which is no damage: by its kind no room was left (nothing was appended), the file may
    /// not be written or read, another process held the lock longer than we wait (`ResourceBusy`), or the disk failed (EIO; an
    /// append may have been kept or not).
    #[error("the ledger cannot be read or written: {0}")]
    Medium(#[source] io::Error),
    /// The file's structure or a stored value is not what was written.
    #[error("the ledger is damaged: {0}")]
    Damaged(String),
    /// Any other answer of the database.
    #[error("the ledger's database failed: {0}")]
    Other(String),
}

/// A caller's own reason not to append: a check that failed, a signature that could not be made.
pub type SealError = Box<dyn std::error::Error + Send + Sync>;

/// Why nothing was appended (but see [`crate::Ledger::append`] on [`AppendError::Store`]).
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// A compartment has rows that the caller had not read.
    #[error("compartment {compartment} has newer rows")]
    Moved {
        /// The compartment.
        compartment: String,
    },
    /// The caller read more rows than there are: the ledger went back.
    #[error("{seen} rows were read, but the ledger has {size}")]
    WentBack {
        /// Rows there are.
        size: u64,
        /// Rows the caller read.
        seen: u64,
    },
    /// Every operation of the batch was appended before: the answer was lost, this is it.
    #[error("already appended at {seqs:?}")]
    Repeated {
        /// Their positions, in the order of the batch's rows that have an operation id.
        seqs: Vec<u64>,
    },
    /// Some operations of the batch were appended before, others not: this is not a repeated batch.
    #[error("partly appended before: {found:?}")]
    PartlyRepeated {
        /// Index in the batch and position in the ledger of those that were.
        found: Vec<(usize, u64)>,
    },
    /// Two rows of the batch have the same operation id.
    #[error("row {index} of the batch repeats an operation id")]
    Twice {
        /// Index in the batch of the second.
        index: usize,
    },
    /// The batch has no rows.
    #[error("a batch needs a row")]
    Empty,
    /// A row to erase or reseal does not exist or has no body.
    #[error("row {seq} has no body")]
    NoBody {
        /// The row.
        seq: u64,
    },
    /// The caller's `make` or `seal` failed.
    #[error("not sealed: {0}")]
    Seal(#[source] SealError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum ReplicateError {
    /// The source ends before the copy does.
    #[error("the source has {theirs} rows, the copy {ours}")]
    Back {
        /// Rows of the copy.
        ours: u64,
        /// Rows of the source.
        theirs: u64,
    },
    /// Another checkpoint or frontier over the same rows: source or copy was forked.
    #[error("another checkpoint over {size} rows")]
    Forked {
        /// Size both were signed over.
        size: u64,
    },
    /// Another row stands at this position, or its operation id at another.
    #[error("row {seq} differs")]
    Different {
        /// The position.
        seq: u64,
    },
    /// The copy erased this row, the source still has it.
    #[error("row {seq} was erased and would come back")]
    Revived {
        /// The position.
        seq: u64,
    },
    /// The rows do not continue the copy, or end before the tip.
    #[error("row {expected} is missing")]
    Gap {
        /// First position that is missing.
        expected: u64,
    },
    /// There are more rows or checkpoints than the tip counts.
    #[error("more than the tip's {size} rows")]
    Beyond {
        /// Rows the tip counts.
        size: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a ledger was not created or opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No such file.
    #[error("there is no ledger")]
    Missing,
    /// A file is there already.
    #[error("there is a file already")]
    Exists,
    /// A link, a FIFO, a device or a folder, where the ledger or what SQLite keeps beside it should be.
    #[error("{} is not a file", path.display())]
    NotAFile {
        /// Where it stands.
        path: PathBuf,
    },
    /// A rollback journal beside the ledger, which keeps a write-ahead log: SQLite would play it back, and delete the file that it
    /// names as the one above it, whoever's that is.
    #[error("{} is not ours: this database keeps no such journal", path.display())]
    Journal {
        /// Where it stands.
        path: PathBuf,
    },
    /// A file, but not one of ours.
    #[error("not a ledger")]
    NotALedger,
    /// Written by a newer program.
    #[error("format {format} is newer than this program")]
    Newer {
        /// The file's format.
        format: u32,
    },
    /// The store failed; [`StoreError::Damaged`] when the file was cut or changed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
