//! What is recorded of keyholders: who they are, who approved them, and tests of what they can open.

use serde::{Deserialize, Serialize};

use crate::{GiverShare, ProposalId};

/// Any `threshold` of these open a giver's identity.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keyholders {
    /// How many of them it takes; 0 with no recipients: none are named.
    pub threshold: u8,
    /// Their age recipients.
    pub recipients: Vec<String>,
    /// Short digest of the set, for reading out.
    pub fingerprint: String,
}

/// Keyholders are named, and with them a key with which any `threshold` of them approve who follows them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyholdersNamed {
    /// Who.
    #[serde(flatten)]
    pub set: Keyholders,
    /// Ed25519 public key, base64url, that checks the approval of the set that follows.
    pub approval_key: String,
    /// Its secret half, sealed to these keyholders.
    pub shares: Vec<GiverShare>,
    /// What the keyholders before them signed; none where there were none, or they had no such key.
    #[serde(deserialize_with = "Option::deserialize")]
    pub approval: Option<KeyholdersApproval>,
}

/// Keyholders approved, with their key, a proposal of whom to name after them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KeyholdersApproval {
    /// Which proposal.
    pub proposal: ProposalId,
    /// Their key's signature, base64url (`docs/format/keys.md`).
    pub signature: String,
}

/// A test of whether keyholders can still open what is sealed to them is begun.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecoveryTest {
    /// Of their set.
    pub fingerprint: String,
    /// One for each `threshold` of them.
    pub shares: Vec<TestShare>,
}

/// What only these keyholders together can read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestShare {
    /// Who.
    pub recipients: Vec<String>,
    /// SHA-256 of the code that was sealed to them.
    pub sha256: String,
}

/// Keyholders opened a share of a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecoveryTested {
    /// Of their set.
    pub fingerprint: String,
    /// The code that they read.
    pub code: String,
}
