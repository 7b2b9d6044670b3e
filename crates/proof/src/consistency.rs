//! Consistency proofs as files: shows that one checkpoint's log is the beginning of a later one's (`docs/format/log.md`).

use std::fmt;
use std::str::FromStr;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::checkpoint::{Checkpoint, decimal, hash_from_base64};
use crate::epoch;
use crate::merkle::{Hash, MAX_SIZE, ProofError, verify_consistency};

/// The largest consistency proof that is read, in bytes; 128 hashes of 45 bytes and three short lines are less.
pub const MAX_CONSISTENCY_SIZE: usize = 8 << 10;

const FIRST_LINE: &str = "vidimus/consistency/v1";
/// A proof between two logs of up to 2^63 − 1 leaves has fewer hashes than this.
const MAX_HASHES: usize = 128;

/// The hashes that lead from an older root to a newer one (RFC 6962, section 2.1.2).
///
/// What it displays is what was parsed, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// Leaves of the older log, at least 1.
    pub old_size: u64,
    /// Leaves of the newer log, more than of the older.
    pub new_size: u64,
    /// The hashes in the order of RFC 6962.
    pub hashes: Vec<Hash>,
}

/// Why bytes are not a consistency proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConsistencyError {
    /// Larger than [`MAX_CONSISTENCY_SIZE`], or with more hashes than two logs can need.
    #[error("the consistency proof is too large")]
    TooLarge,
    /// Not UTF-8, not the first line of such a proof, or the last line is not ended.
    #[error("not a proof of the form {FIRST_LINE}")]
    Form,
    /// A size is not a decimal without leading zeroes, or they are not 0 < old < new < 2^63.
    #[error("the sizes of the consistency proof cannot be read")]
    Sizes,
    /// A line is not the canonical base64 of 32 bytes.
    #[error("the hashes of the consistency proof cannot be read")]
    Hashes,
}

/// Why a consistency proof is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConsistencyVerifyError {
    /// It is between logs of other sizes, or the newer one's origin is neither the older one's nor a later epoch of it.
    #[error("the consistency proof is between other checkpoints")]
    OtherCheckpoints,
    /// The hashes do not lead from the one root to the other.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl ConsistencyProof {
    /// Checks that the log of `new` begins with the log of `old`.
    ///
    /// That both are signed, and by one key, is for the caller to have checked.
    ///
    /// # Errors
    /// The proof is about other sizes, or does not hold.
    pub fn verify(&self, old: &Checkpoint, new: &Checkpoint) -> Result<(), ConsistencyVerifyError> {
        if (old.size, new.size) != (self.old_size, self.new_size)
            || !epoch::may_follow(old.origin.as_str(), new.origin.as_str())
        {
            return Err(ConsistencyVerifyError::OtherCheckpoints);
        }
        Ok(verify_consistency(old.size, &old.root, new.size, &new.root, &self.hashes)?)
    }

    /// Reads a proof from bytes of unknown origin.
    ///
    /// # Errors
    /// The bytes are not of the one form that the format gives.
    pub fn from_bytes(untrusted_bytes: &[u8]) -> Result<Self, ConsistencyError> {
        std::str::from_utf8(untrusted_bytes).map_err(|_| ConsistencyError::Form)?.parse()
    }
}

impl FromStr for ConsistencyProof {
    type Err = ConsistencyError;

    fn from_str(untrusted_text: &str) -> Result<Self, ConsistencyError> {
        if untrusted_text.len() > MAX_CONSISTENCY_SIZE {
            return Err(ConsistencyError::TooLarge);
        }
        let mut lines = untrusted_text.strip_suffix('\n').ok_or(ConsistencyError::Form)?.split('\n');
        if lines.next() != Some(FIRST_LINE) {
            return Err(ConsistencyError::Form);
        }
        let mut size = || lines.next().and_then(decimal).ok_or(ConsistencyError::Sizes);
        let (old_size, new_size) = (size()?, size()?);
        if old_size == 0 || old_size >= new_size || new_size > MAX_SIZE {
            return Err(ConsistencyError::Sizes);
        }
        let hashes = lines.map(hash_from_base64).take(MAX_HASHES + 1).collect::<Option<Vec<_>>>();
        let hashes = hashes.ok_or(ConsistencyError::Hashes)?;
        if hashes.len() > MAX_HASHES {
            return Err(ConsistencyError::TooLarge);
        }
        Ok(Self { old_size, new_size, hashes })
    }
}

impl fmt::Display for ConsistencyProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}\n{}\n{}", self.old_size, self.new_size)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{}", STANDARD.encode(hash)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::merkle::{Tree, consistency_proof, leaf_hash};

    fn tree(size: u64) -> (Tree, Checkpoint) {
        let mut tree = Tree::new();
        (0..size).for_each(|number| tree.append(leaf_hash(&number.to_be_bytes())));
        let checkpoint = Checkpoint { origin: "archive.example".parse().unwrap(), size, root: tree.root() };
        (tree, checkpoint)
    }

    proptest! {
        #[test]
        fn a_proof_is_read_back_and_holds_between_its_checkpoints_only(old in 1u64..60, more in 1u64..60) {
            let (_, older) = tree(old);
            let (newer_tree, newer) = tree(old + more);
            let hashes = consistency_proof(old, old + more, &newer_tree).unwrap();
            let proof = ConsistencyProof { old_size: old, new_size: old + more, hashes };
            let read = ConsistencyProof::from_bytes(proof.to_string().as_bytes()).unwrap();
            prop_assert_eq!(&read, &proof);
            prop_assert_eq!(read.verify(&older, &newer), Ok(()));
            let other = Checkpoint { root: [7; 32], ..newer.clone() };
            prop_assert!(read.verify(&older, &other).is_err());
            prop_assert_eq!(read.verify(&newer, &older), Err(ConsistencyVerifyError::OtherCheckpoints));
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = ConsistencyProof::from_bytes(&bytes);
        }
    }

    #[test]
    fn a_proof_has_one_form() {
        let hash = STANDARD.encode([1; 32]);
        let good = format!("{FIRST_LINE}\n3\n7\n{hash}\n");
        assert!(good.parse::<ConsistencyProof>().is_ok());
        let largest = good.replace("\n7\n", &format!("\n{MAX_SIZE}\n"));
        assert!(largest.parse::<ConsistencyProof>().is_ok());
        let longest = format!("{good}{}", format!("{hash}\n").repeat(MAX_HASHES - 1));
        assert_eq!(longest.parse::<ConsistencyProof>().unwrap().hashes.len(), MAX_HASHES);
        for (bad, error) in [
            (good.trim_end().to_owned(), ConsistencyError::Form),
            (good.replace("/v1", "/v2"), ConsistencyError::Form),
            (good.replace('\n', "\r\n"), ConsistencyError::Form),
            (good.replace("\n3\n", "\n03\n"), ConsistencyError::Sizes),
            (good.replace("\n3\n", "\n0\n"), ConsistencyError::Sizes),
            (good.replace("\n3\n", "\n7\n"), ConsistencyError::Sizes),
            (good.replace("\n7\n", &format!("\n{}\n", MAX_SIZE + 1)), ConsistencyError::Sizes),
            (good.replace("\n7\n", &format!("\n{}\n", u64::MAX)), ConsistencyError::Sizes),
            ("x".repeat(8192), ConsistencyError::Form),
            ("x".repeat(8193), ConsistencyError::TooLarge),
            ("x".repeat(8194), ConsistencyError::TooLarge),
            (format!("{good}\n"), ConsistencyError::Hashes),
            (good.replace('=', ""), ConsistencyError::Hashes),
            (format!("{good}{}", format!("{hash}\n").repeat(MAX_HASHES)), ConsistencyError::TooLarge),
        ] {
            assert_eq!(bad.parse::<ConsistencyProof>(), Err(error), "{bad:.80}");
        }
    }
}
