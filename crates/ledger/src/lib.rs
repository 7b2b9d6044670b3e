//! All records in order: appended in one durable transaction with the signed checkpoint over them, and tailed.
//!
//! Never here: a key, a hash, a clock. Bodies arrive sealed; the Merkle frontier and the signature come from the caller.

pub mod conform;
mod error;
mod faulty;
mod memory;
mod rules;
mod sqlite;

use std::fmt;
use std::sync::Arc;

pub use error::{AppendError, OpenError, ReplicateError, SealError, StoreError};
pub use faulty::{Fault, FaultyLedger};
pub use memory::MemoryLedger;
pub use sqlite::SqliteLedger;

/// SHA-256 of a record's JWT, or random bytes for a blank row: what the log holds of it.
pub type Entry = [u8; 32];
/// Identifies one change for ever. The first bytes should grow with time (as in UUIDv7), so that their index grows at its end.
pub type OpId = [u8; 16];
/// A batch's checks, made while nobody else can append; see [`Ledger::while_locked`].
pub type Make<'a> = dyn FnMut(&dyn Ledger) -> Result<Batch, SealError> + 'a;
/// The new ciphertext of a row that is sealed anew; see [`Reseal`].
pub type NewBody = dyn Fn(&Row) -> Result<Vec<u8>, SealError> + Send + Sync;
/// Signs the checkpoint over what the log holds (`Tip`) followed by the batch's entries.
pub type Seal<'a> = dyn FnMut(&Tip, &[Entry]) -> Result<Sealed, SealError> + 'a;

/// A row to append. A blank one has neither `op` nor `body`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRow {
    /// Name of the compartment whose head this row moves.
    pub compartment: String,
    /// Name of the key that seals the body: a generation of the compartment's, or an accession's.
    pub key: String,
    /// What the log holds of this row.
    pub entry: Entry,
    /// Unique in the ledger.
    pub op: Option<OpId>,
    /// Ciphertext.
    pub body: Option<Vec<u8>>,
}

/// A row as it stands in the ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Index in the log, from 0.
    pub seq: u64,
    /// Name of the compartment.
    pub compartment: String,
    /// Name of the key that seals the body.
    pub key: String,
    /// What the log holds of this row; survives erasure.
    pub entry: Entry,
    /// Operation id; survives erasure.
    pub op: Option<OpId>,
    /// Ciphertext; `None` when the row is blank or erased.
    pub body: Option<Vec<u8>>,
    /// The body was destroyed.
    pub erased: bool,
    /// Ledger size at which the body was last destroyed or replaced; by it a copy learns what it must do likewise.
    pub altered: Option<u64>,
}

/// The end of the ledger. All empty while nothing was appended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tip {
    /// Number of rows.
    pub size: u64,
    /// State of the Merkle tree over the entries, opaque here.
    pub frontier: Vec<u8>,
    /// The signed checkpoint over `size` entries.
    pub note: Vec<u8>,
}

/// What [`Seal`] answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// State of the Merkle tree after the batch.
    pub frontier: Vec<u8>,
    /// The signed checkpoint after the batch.
    pub note: Vec<u8>,
}

/// What one transaction does.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Appended in this order; at least one, so that nothing is destroyed without a row that says so.
    pub rows: Vec<NewRow>,
    /// Compartments that were read to make the batch, each with the ledger size up to which it was read.
    pub heads: Vec<(String, u64)>,
    /// Rows whose bodies are destroyed.
    pub erase: Vec<u64>,
    /// Rows whose bodies are replaced, the old ones destroyed.
    pub reseal: Option<Reseal>,
}

impl Batch {
    fn destroys(&self) -> bool {
        !self.erase.is_empty() || self.reseal.is_some()
    }
}

/// The same records under another key. Bodies are asked for row by row, so that an append of any size holds one of them.
#[derive(Clone)]
pub struct Reseal {
    /// The rows, which must have bodies. Each keeps its compartment; no head moves by it.
    pub rows: Vec<u64>,
    /// Name of the new key.
    pub key: String,
    /// Called once for each row, after the checkpoint was signed; when it fails nothing changes.
    pub body: Arc<NewBody>,
}

impl fmt::Debug for Reseal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reseal").field("rows", &self.rows).field("key", &self.key).finish_non_exhaustive()
    }
}

/// What an append did. It is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Position of the batch's first row; the others follow without a gap.
    pub first: u64,
    /// The ledger's end just after the batch.
    pub tip: Tip,
    /// No file keeps a destroyed body. When false (another process was reading), call [`Ledger::wipe`] later.
    pub wiped: bool,
}

/// The contract of every store of records; [`mod@conform`] tests it.
///
/// Several handles, also of several processes, may stand on one ledger. A reader sees rows only together with the
/// checkpoint over them.
pub trait Ledger {
    /// The ledger's end now.
    fn tip(&self) -> Result<Tip, StoreError>;

    /// Up to `limit` rows from position `from` on; fewer only at the end.
    fn rows(&self, from: u64, limit: usize) -> Result<Vec<Row>, StoreError>;

    /// As [`Ledger::rows`], of the rows whose bodies the named key seals (erased and blank ones too).
    fn rows_of_key(&self, key: &str, from: u64, limit: usize) -> Result<Vec<Row>, StoreError>;

    /// Positions below `below` of rows that say that their body was destroyed or replaced, each with the ledger size at which the
    /// append that did it began. A copy must be told those of which it does not say the same.
    fn altered(&self, below: u64) -> Result<Vec<(u64, u64)>, StoreError>;

    /// Entries of the rows `from..to`; fewer where the ledger ends.
    fn entries(&self, from: u64, to: u64) -> Result<Vec<Entry>, StoreError>;

    /// Ledger size just after the compartment's last row; 0 when it has none.
    fn head(&self, compartment: &str) -> Result<u64, StoreError>;

    /// Position of the row with this operation id.
    fn by_op(&self, op: &OpId) -> Result<Option<u64>, StoreError>;

    /// Up to `limit` of all checkpoints ever signed over at least `from` rows, by size.
    fn checkpoints(&self, from: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, StoreError>;

    /// The checkpoint signed over exactly `size` rows.
    fn checkpoint(&self, size: u64) -> Result<Option<Vec<u8>>, StoreError>;

    /// Appends in one transaction, durable before it returns. `seal` is called once inside it, with the tip that the
    /// batch follows; when it fails nothing changes. What it signed must stay unseen until this returns `Ok`: after an
    /// error the same size may be signed over other rows. After [`AppendError::Store`] the batch may or may not have
    /// been kept; repeating it with the same operation ids tells.
    fn append(&mut self, batch: &Batch, seal: &mut Seal<'_>) -> Result<Appended, AppendError>;

    /// As [`Ledger::append`], of the batch that `make` returns; while `make` reads and checks, nobody else can append.
    fn while_locked(&mut self, make: &mut Make<'_>, seal: &mut Seal<'_>) -> Result<Appended, AppendError>;

    /// Copies rows of another ledger verbatim, in one transaction that ends at `tip`, whose note need not stand among
    /// `checkpoints`. Rows at or beyond our end must continue it up to `tip.size`; rows below it must be ours, and their
    /// erasure or new body is taken over. Nothing is ever brought back. Pass [`Ledger::altered`] rows with the first call.
    /// Returns whether no file keeps a destroyed body, as in [`Appended::wiped`].
    fn replicate(
        &mut self,
        rows: &[Row],
        checkpoints: &[(u64, Vec<u8>)],
        tip: &Tip,
    ) -> Result<bool, ReplicateError>;

    /// Makes sure that no file keeps a destroyed body; false when another process is still reading an older state.
    fn wipe(&mut self) -> Result<bool, StoreError>;
}

/// All rows from `from` to the end, holding one page of them at a time; ends after the first error.
pub fn tail(ledger: &dyn Ledger, from: u64) -> impl Iterator<Item = Result<Row, StoreError>> {
    const PAGE: usize = 512; // about a megabyte of bodies
    let (mut page, mut next, mut over) = (Vec::new().into_iter(), from, false);
    std::iter::from_fn(move || {
        if page.len() == 0 && !over {
            match ledger.rows(next, PAGE) {
                Ok(rows) => {
                    over = rows.len() < PAGE;
                    next = rows.last().map_or(next, |row| row.seq + 1);
                    page = rows.into_iter();
                }
                Err(error) => {
                    over = true;
                    return Some(Err(error));
                }
            }
        }
        page.next().map(Ok)
    })
}
