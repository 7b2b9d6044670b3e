//! The catalogue: accessions, items and what became of them, of one compartment or of one accession not yet released.

mod answers;
mod apply;
mod beside;
mod bulk;
mod cameras;
mod compare;
mod dump;
mod examined;
mod examined_answers;
mod examined_query;
mod finders;
mod hidden;
mod history;
mod item;
mod key;
mod kind;
mod objects;
mod query;
mod recordings;
mod role;
mod standing;
mod tables;
mod volumes;

use std::io;
use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::database::{self, Form, forget};
use crate::{ApplyError, Entry, Fold, StoreError, may_apply};

pub use answers::{
    AccessionRow, Answer, Begun, Counts, Given, HistoryRow, ItemQuery, ItemRow, NotTakenRow, ObjectUse,
    State, Totals,
};
pub use beside::Beside;
pub use bulk::RowsPrint;
pub use compare::{Difference, NotTakenPrint, Prints, Told};
pub use hidden::Hidden;
pub(crate) use key::Key;
pub use recordings::Recording;
pub use volumes::Volumes;

pub use examined_answers::{
    Brief, CameraRow, ClaimedBy, ExaminedCounts, FailureRow, MovedDerivative, Run, Unexamined, Wanted, Which,
};

const FORM: Form = Form { version: Catalogue::VERSION, schema: include_str!("schema.sql") };

/// A catalogue in one encrypted file, opened once for each thread that asks; many may read while one writes.
#[derive(Debug)]
pub struct Catalogue {
    db: Connection,
    /// Does the write-ahead log still hold what was destroyed? Then the next batch empties it.
    remembers: bool,
}

/// Why a catalogue was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another key's, another version's, or damaged: delete the file with its `-wal` and `-shm`, and fold again.
    #[error("the catalogue cannot be read with this key")]
    NotReadable,
    /// The file could not be opened or made, or is held by another process for too long.
    #[error("the catalogue's file cannot be read or written: {0}")]
    Medium(#[source] io::Error),
    /// Any other answer of the database.
    #[error(transparent)]
    Database(rusqlite::Error),
}

impl Catalogue {
    /// Opens the catalogue at `path`, or makes an empty one, under the 256-bit `key`.
    ///
    /// # Errors
    /// [`OpenError::NotReadable`] when it must be deleted and folded again.
    pub fn open(path: &Path, key: &[u8; 32]) -> Result<Self, OpenError> {
        Ok(Self { db: database::open(path, key, FORM)?, remembers: false })
    }

    /// Opens a catalogue where nothing can be written, and nobody writes. It must have nothing beside it.
    ///
    /// # Errors
    /// As [`Catalogue::open`]; there must be one.
    pub fn open_to_read(path: &Path, key: &[u8; 32]) -> Result<Self, OpenError> {
        Ok(Self { db: database::open_to_read(path, key, FORM)?, remembers: false })
    }

    /// An empty catalogue in memory, for where none can be kept.
    ///
    /// # Errors
    /// There is no memory.
    pub fn in_memory() -> Result<Self, OpenError> {
        Ok(Self { db: database::in_memory(FORM)?, remembers: false })
    }

    /// Closes it, so that its one file holds everything and is durable: no other handle may stand on it.
    ///
    /// # Errors
    /// The database could not write, or another handle is open; the file must then be deleted.
    pub fn close(self) -> Result<(), StoreError> {
        if !forget(&self.db)? {
            return Err(StoreError::Medium(io::ErrorKind::ResourceBusy.into()));
        }
        self.db.close().map_err(|(_, error)| error.into())
    }
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotReadable => Self::NotReadable,
            StoreError::Medium(error) => Self::Medium(error),
            StoreError::Database(error) => Self::Database(error),
        }
    }
}

impl Fold for Catalogue {
    const VERSION: u32 = 9;

    fn position(&self) -> Result<u64, StoreError> {
        position(&self.db)
    }

    fn apply(&mut self, batch: &[Entry], from: u64, to: u64) -> Result<(), ApplyError> {
        let tx =
            self.db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::from)?;
        may_apply(batch, position(&tx)?, from, to)?;
        let destroyed = apply::apply(&tx, batch)?;
        tx.execute("UPDATE meta SET position = ?1", [to]).map_err(StoreError::from)?;
        tx.commit().map_err(StoreError::from)?;
        if destroyed || self.remembers {
            self.remembers = !forget(&self.db)?;
        }
        Ok(())
    }

    fn reset(&mut self) -> Result<(), StoreError> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for table in tables::all() {
            tx.execute(&format!("DELETE FROM {table}"), [])?;
        }
        tx.execute("UPDATE meta SET position = 0, recent = 0", [])?;
        tx.commit()?;
        self.remembers = !forget(&self.db)?;
        Ok(())
    }
}

fn position(db: &Connection) -> Result<u64, StoreError> {
    Ok(db.prepare_cached("SELECT position FROM meta")?.query_row([], |row| row.get(0))?)
}
