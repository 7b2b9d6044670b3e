//! Everything that can be asked, computed from the records and thrown away at will.
//!
//! Never here: a ledger, a vault, a signature, the network. Whoever runs a fold opens the rows and feeds [`Entry`]s; a fold that
//! is lost is fed from the beginning and gives the same answers.

use std::io;

pub mod catalogue;
pub mod conform;
mod database;
mod memory;
pub mod search;
pub mod similar;
mod state;

pub use catalogue::Catalogue;
pub use memory::MemoryFold;

/// One row of the ledger, opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its log index, from 0.
    pub seq: u64,
    /// What its body said.
    pub said: Said,
}

/// What an opened row says.
#[derive(Clone, Debug, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "nearly every entry is a statement: a box would be paid millions of times"
)]
pub enum Said {
    /// A change that this version knows.
    Statement(vidimus_model::Statement),
    /// A change of another version, by its name: counted, not understood. What it is about is not known either, so only a
    /// tombstone that names its number takes it out of the count, not a `moved-out/1`.
    Unknown(String),
    /// The body was destroyed; a tombstone elsewhere says why.
    Erased,
}

/// State computed from entries. Every implementation passes [`conform`].
///
/// State and position change together or not at all. Entries are facts with their own sequence numbers: the order in which they
/// are fed does not matter, with one exception: a `moved-out/1` takes away what came before it, so whoever feeds a `moved-in/1`
/// feeds the older entries of that accession with it or after it, also when everything is folded again from the beginning.
pub trait Fold {
    /// Another version is folded beside this one and then swapped.
    const VERSION: u32;

    /// The first sequence number that is not applied; 0 at first.
    fn position(&self) -> Result<u64, StoreError>;

    /// Applies the entries and moves from position `from` to `to`, in one transaction.
    ///
    /// Entries may be older than `from` (what is released or moved in is fed then, under its own numbers; `to` may equal `from`).
    /// To apply an entry twice changes nothing.
    ///
    /// # Errors
    /// [`ApplyError::Elsewhere`] when the fold stands elsewhere than at `from`, and [`ApplyError::Ahead`] for an entry that is
    /// not before `to`. After any error nothing of the batch is applied.
    fn apply(&mut self, batch: &[Entry], from: u64, to: u64) -> Result<(), ApplyError>;

    /// Back to nothing, at position 0.
    fn reset(&mut self) -> Result<(), StoreError>;
}

/// Why a batch was not applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Another process was faster: go on from here.
    #[error("the fold stands at {0}")]
    Elsewhere(u64),
    /// An entry stands at or behind the position that the batch moves to.
    #[error("the entry {seq} is not before {to}")]
    Ahead {
        /// The entry's number.
        seq: u64,
        /// The position asked for.
        to: u64,
    },
    /// The position would go back; only [`Fold::reset`] does.
    #[error("{to} is before {from}")]
    Backwards {
        /// Where it stands.
        from: u64,
        /// The position asked for.
        to: u64,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a stored fold could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Its bytes are damaged: delete it and fold again.
    #[error("the fold is damaged")]
    NotReadable,
    /// The medium or the system refused: full, not to be written, failing; or another process held it for too long
    /// (`ResourceBusy`). No damage.
    #[error("the fold cannot be read or written: {0}")]
    Medium(#[source] io::Error),
    /// Any other answer of the database.
    #[error(transparent)]
    Database(rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        let text = error.to_string();
        let kind = |kind: io::ErrorKind| Self::Medium(kind.into());
        match error.sqlite_error_code() {
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => return kind(io::ErrorKind::ResourceBusy),
            Some(Code::DiskFull) => return kind(io::ErrorKind::StorageFull),
            Some(Code::ReadOnly) => return kind(io::ErrorKind::ReadOnlyFilesystem),
            Some(Code::PermissionDenied) => return kind(io::ErrorKind::PermissionDenied),
            Some(Code::OutOfMemory) => return kind(io::ErrorKind::OutOfMemory),
            Some(Code::SystemIoFailure | Code::CannotOpen) => {
                return Self::Medium(io::Error::new(io::ErrorKind::Unsupported, text));
            }
            _ => {}
        }
        match error {
            rusqlite::Error::SqliteFailure(code, _)
                if matches!(code.code, Code::DatabaseCorrupt | Code::NotADatabase) =>
            {
                Self::NotReadable
            }
            // A value that is not of the type we wrote is damage too; a full disk or a lock is not.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..) => Self::NotReadable,
            other => Self::Database(other),
        }
    }
}

/// What every implementation refuses alike; `stands` is the stored position.
fn may_apply(batch: &[Entry], stands: u64, from: u64, to: u64) -> Result<(), ApplyError> {
    if stands != from {
        return Err(ApplyError::Elsewhere(stands));
    }
    if to < from {
        return Err(ApplyError::Backwards { from, to });
    }
    match batch.iter().find(|entry| entry.seq >= to) {
        Some(entry) => Err(ApplyError::Ahead { seq: entry.seq, to }),
        None => Ok(()),
    }
}
