//! Objects that were destroyed and records that were altered, named to every member.

use serde::{Deserialize, Serialize};

/// Objects that an erasure or a move destroyed, for every member to know: a back-up follows it, whatever keys are held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Destroyed {
    /// Which.
    pub objects: Vec<DestroyedObject>,
}

/// Records that an erasure or a move destroyed or sealed anew, likewise: what a row says of itself anybody can change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Altered {
    /// Runs of log indices, the first and the last of each.
    pub entries: Vec<(u64, u64)>,
}

/// One object that was destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestroyedObject {
    /// 32 hexadecimal digits.
    pub name: String,
    /// The key of its header's MAC, base64url: whoever says that it was destroyed could open it. It opens nothing. Empty where the
    /// object was damaged or gone by then, and shows nothing.
    pub header_key: String,
}
