//! A statement: a change with who made it, when, and in which operation; what a record's fields spell.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};
use vidimus_proof::record::Record;

use crate::{Change, MemberId, OperationId, Reading};

/// What the fields of one record say together.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Our clock, to the second.
    pub at: Timestamp,
    /// Who acted.
    pub by: MemberId,
    /// In which operation.
    pub op: OperationId,
    /// What changed.
    pub change: Change,
}

/// Why a record's fields are no statement that this program knows.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// No field says what changed: it was taken out, for every record has it.
    #[error("it does not say what changed")]
    NoChange,
    /// A change of a later version, or of another program: kept and counted, not understood.
    #[error("the change {0:?} is not known to this version")]
    Unknown(String),
    /// A known change whose fields are not those of its version.
    #[error("the fields of {change:?} are not as its version has them: {reason}")]
    Malformed {
        /// The name of the change.
        change: String,
        /// What is wrong.
        reason: String,
    },
}

/// What every record has, of whichever version: whoever seals a record anew could leave a field out, and what is hidden looks
/// like a decoy.
#[derive(Deserialize)]
struct Common {
    at: Timestamp,
    #[serde(rename = "day")]
    _day: String,
    by: MemberId,
    op: OperationId,
}

impl Statement {
    /// The fields of the record that states this, but `by_sig`.
    pub fn fields(&self) -> Map<String, Value> {
        let Value::Object(mut fields) = serde_json::to_value(&self.change).expect("a change is JSON") else {
            unreachable!("a change is an object")
        };
        let at = Timestamp::from_second(self.at.as_second()).expect("whole seconds are in range");
        fields.insert("at".into(), at.to_string().into());
        fields.insert("day".into(), at.to_string()[..10].into());
        fields.insert("by".into(), self.by.to_string().into());
        fields.insert("op".into(), self.op.to_string().into());
        fields
    }

    /// Reads what a record with all its fields open says.
    ///
    /// # Errors
    /// [`StatementError::Unknown`] for a change of another version, [`StatementError::NoChange`] where none is named,
    /// [`StatementError::Malformed`] for a field that is missing (also one that may be null) or not of its form.
    pub fn of(record: &Record) -> Result<Self, StatementError> {
        let fields: Map<String, Value> =
            record.disclosures().iter().map(|d| (d.name().to_owned(), d.value().clone())).collect();
        let change = record.text("change").ok_or(StatementError::NoChange)?.to_owned();
        let malformed = |e: serde_json::Error| StatementError::Malformed {
            change: change.clone(),
            reason: e.to_string(),
        };
        let value = Value::Object(fields);
        let Common { at, by, op, .. } = Common::deserialize(&value).map_err(malformed)?;
        if !KNOWN_CHANGES.contains(&change.as_str()) {
            return Err(StatementError::Unknown(change));
        }
        let change = Change::deserialize(value).map_err(malformed)?;
        if let Some(item) = change.as_item()
            && (item.reading == Reading::Changed) != item.reading_sizes.is_some()
        {
            return Err(StatementError::Malformed {
                change: "item/1".into(),
                reason: "`reading_sizes` stands beside `reading` = `changed`, and nowhere else".into(),
            });
        }
        Ok(Self { at, by, op, change })
    }
}

/// The names of the changes that this version reads.
pub const KNOWN_CHANGES: [&str; 39] = [
    "archive/1",
    "archive-key/1",
    "member/1",
    "member-file/1",
    "member-removed/1",
    "keyholders/1",
    "keyholders/2",
    "recovery-test/1",
    "recovery-tested/1",
    "proposal/1",
    "agreement/1",
    "receipt/1",
    "rollback/1",
    "destroyed/1",
    "altered/1",
    "compartment/1",
    "generation/1",
    "holder/1",
    "accession-opened/1",
    "accession/1",
    "giver-keys/1",
    "giver-opened/1",
    "item/1",
    "not-taken/1",
    "accession-end/1",
    "release/1",
    "withdraw/1",
    "reinstate/1",
    "moved-in/1",
    "moved-out/1",
    "repack/1",
    "erasure/1",
    "disclosure/1",
    "examination/1",
    "contained/1",
    "derivative-places/1",
    "commitment/1",
    "camera/1",
    "camera-items/1",
];

#[cfg(test)]
mod tests;
