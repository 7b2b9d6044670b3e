//! A move between compartments, as the records of both sides state it.

use serde::{Deserialize, Serialize};

use crate::{CompartmentId, KeyId, Ref};

/// What `about` names is now read in this compartment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MovedIn {
    /// What.
    pub about: Vec<Ref>,
    /// The key that seals it now.
    pub key: KeyId,
    /// Where it was read before.
    pub from: CompartmentId,
    /// Log indices of the records that came, of each run the first and the last: they stand under this key until they move again.
    /// None in records of before this was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<(u64, u64)>>,
}

/// What `about` names is no longer read in this compartment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MovedOut {
    /// What.
    pub about: Vec<Ref>,
    /// Where it is read now.
    pub to: CompartmentId,
    /// Log indices of the records that left, of each run the first and the last: no others of this compartment may be closed to
    /// its holders. None in records of before this was said, which excuse nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<Vec<(u64, u64)>>,
}
