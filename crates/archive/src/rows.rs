//! From a sealed row to what it says, and back.

use vidimus_ledger::{NewRow, Row};
use vidimus_model::{CompartmentId, KeyId, OperationId, Statement, StatementError};
use vidimus_proof::record::{Record, RecordError};
use vidimus_seal::Entropy;
use vidimus_seal::row::{RowAad, RowKey, open_row, seal_row};

/// What a row says to someone who holds its key.
#[derive(Debug)]
pub enum Said {
    /// A change.
    Statement(Box<Statement>),
    /// A change that this version does not know.
    Unknown(String),
    /// The body was destroyed.
    Erased,
    /// Nothing: the row only fills the log.
    Blank,
}

/// Why a row that should open does not.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// The body does not open with the key that it names: damaged, moved, or replaced.
    #[error("the record at {0} does not open with its key")]
    Sealed(u64),
    /// The body opens, but is no record.
    #[error("the record at {seq} is malformed: {reason}")]
    Record {
        /// Log index.
        seq: u64,
        /// What is wrong.
        reason: RecordError,
    },
    /// The record's hash is not the entry that the log holds.
    #[error("the record at {0} is not the one that the log holds")]
    OtherEntry(u64),
    /// A known change with fields that are not its own.
    #[error("the record at {seq} is malformed: {reason}")]
    Statement {
        /// Log index.
        seq: u64,
        /// What is wrong.
        reason: StatementError,
    },
}

/// The record in a row; none if the row is blank or erased.
pub(crate) fn record(row: &Row, key: &RowKey, archive_id: &str) -> Result<Option<Record>, RowError> {
    if row.body.is_none() {
        return Ok(None);
    }
    let plain = plain(row, (&row.compartment, &row.key), key, archive_id)?;
    let text = std::str::from_utf8(&plain)
        .map_err(|_| RowError::Record { seq: row.seq, reason: RecordError::NotSdJwt })?;
    let record = Record::parse(text).map_err(|reason| RowError::Record { seq: row.seq, reason })?;
    if record.entry() != row.entry {
        return Err(RowError::OtherEntry(row.seq));
    }
    Ok(Some(record))
}

/// What is sealed in a row that has a body, as a row of this compartment under this key: what it says of itself may be false.
pub(crate) fn plain(
    row: &Row,
    (compartment, key_id): (&str, &str),
    key: &RowKey,
    archive_id: &str,
) -> Result<Vec<u8>, RowError> {
    let sealed = || RowError::Sealed(row.seq);
    let aad = RowAad::new(archive_id, compartment, key_id, &row.entry).map_err(|_| sealed())?;
    open_row(key, &aad, row.body.as_ref().ok_or_else(sealed)?).map_err(|_| sealed())
}

/// What a row says.
pub(crate) fn open(row: &Row, key: &RowKey, archive_id: &str) -> Result<Said, RowError> {
    match record(row, key, archive_id)? {
        Some(record) => match Statement::of(&record) {
            Ok(statement) => Ok(Said::Statement(Box::new(statement))),
            Err(StatementError::Unknown(change)) => Ok(Said::Unknown(change)),
            Err(reason) => Err(RowError::Statement { seq: row.seq, reason }),
        },
        None if row.erased => Ok(Said::Erased),
        None => Ok(Said::Blank),
    }
}

/// Seals a record into a row of this compartment under this key.
pub(crate) fn seal(
    record: &Record,
    operation: OperationId,
    compartment: &CompartmentId,
    key: (KeyId, &RowKey),
    archive_id: &str,
    entropy: &mut Entropy,
) -> NewRow {
    let entry = record.entry();
    let (key_id, key) = (key.0.to_string(), key.1);
    let aad = RowAad::new(archive_id, compartment.as_str(), &key_id, &entry)
        .expect("identifiers hold no control characters");
    let body = seal_row(key, &aad, record.to_sd_jwt().as_bytes(), entropy);
    NewRow {
        compartment: compartment.to_string(),
        key: key_id,
        entry,
        op: Some(*operation.as_bytes()),
        body: Some(body),
    }
}
