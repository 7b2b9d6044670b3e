//! Objects that were destroyed, named to every member.

use serde::{Deserialize, Serialize};

/// Objects that an erasure or a move destroyed, for every member to know: a back-up follows it, whatever keys are held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Destroyed {
    /// Which.
    pub objects: Vec<DestroyedObject>,
}

/// One object that was destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestroyedObject {
    /// 32 hexadecimal digits.
    pub name: String,
    /// The key of its header's MAC, base64url: whoever says that it was destroyed could open it. It opens nothing.
    pub header_key: String,
}
