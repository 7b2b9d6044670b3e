//! Offline proofs that an entry is in a log (C2SP tlog-proof).

use std::fmt;
use std::str::FromStr;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::checkpoint::{
    Checkpoint, CheckpointError, CheckpointVerifyError, SignedCheckpoint, decimal, hash_from_base64,
};
use crate::merkle::{Hash, ProofError, verify_inclusion};
use crate::note::{MAX_NOTE_SIZE, VerifierKey};

/// The largest proof that is read, in bytes: the largest note, and as much again for the rest.
pub const MAX_PROOF_SIZE: usize = 2 * MAX_NOTE_SIZE;

/// The most hashes that an inclusion proof can have, in a log of 2^63 − 1 leaves.
const MAX_HASHES: usize = 63;
const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// All that is needed, besides the entry and the key of the log, to show that the entry is in the log.
///
/// What it displays is what was parsed, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// Bytes that nothing vouches for; their meaning is the application's.
    pub extra: Option<Vec<u8>>,
    /// Which entry of the log, counted from zero.
    pub index: u64,
    /// The inclusion proof, from the leaf's sibling up to the root's child.
    pub hashes: Vec<Hash>,
    /// The checkpoint that the proof leads to.
    pub checkpoint: SignedCheckpoint,
}

/// Why bytes are not a proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// Larger than [`MAX_PROOF_SIZE`].
    #[error("a proof of {0} bytes is too large")]
    TooLarge(usize),
    /// Not UTF-8, or not the first line of such a proof, or no empty line before the checkpoint.
    #[error("not a proof of the form {FIRST_LINE}")]
    Form,
    /// The extra data are not canonical base64.
    #[error("the extra data cannot be read")]
    Extra,
    /// There is no line `index`, or its number is not a decimal without leading zeroes.
    #[error("the index cannot be read")]
    Index,
    /// A line of the inclusion proof is not the canonical base64 of 32 bytes, or there are more than a log can need.
    #[error("the hashes cannot be read")]
    Hashes,
    /// What follows the empty line is not a checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// Why a proof is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofVerifyError {
    /// The checkpoint is not of this log, or not signed by its key.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointVerifyError),
    /// The hashes do not lead from the leaf to the root of the checkpoint.
    #[error(transparent)]
    Inclusion(#[from] ProofError),
}

impl TlogProof {
    /// Checks that the log whose key this is signed the checkpoint, and that the entry with this leaf hash is in it at
    /// [`TlogProof::index`] (C2SP tlog-proof, "Verifying", steps 2 and 4).
    ///
    /// Cosignatures (step 3) are for [`crate::policy`]; extra data are not looked at.
    pub fn verify(&self, leaf: &Hash, key: &VerifierKey) -> Result<&Checkpoint, TlogProofVerifyError> {
        let checkpoint = self.checkpoint.verify(key)?;
        verify_inclusion(leaf, self.index, checkpoint.size, &self.hashes, &checkpoint.root)?;
        Ok(checkpoint)
    }

    /// Reads a proof from bytes of unknown origin.
    pub fn from_bytes(untrusted_bytes: &[u8]) -> Result<Self, TlogProofError> {
        std::str::from_utf8(untrusted_bytes).map_err(|_| TlogProofError::Form)?.parse()
    }
}

impl FromStr for TlogProof {
    type Err = TlogProofError;

    fn from_str(untrusted_proof: &str) -> Result<Self, TlogProofError> {
        if untrusted_proof.len() > MAX_PROOF_SIZE {
            return Err(TlogProofError::TooLarge(untrusted_proof.len()));
        }
        let (head, checkpoint) = untrusted_proof.split_once("\n\n").ok_or(TlogProofError::Form)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(FIRST_LINE) {
            return Err(TlogProofError::Form);
        }
        let extra = match lines.peek().and_then(|line| line.strip_prefix("extra ")) {
            None => None,
            Some(extra) => {
                lines.next();
                Some(STANDARD.decode(extra).map_err(|_| TlogProofError::Extra)?)
            }
        };
        let index = lines.next().and_then(|line| line.strip_prefix("index "));
        let index = index.and_then(decimal).ok_or(TlogProofError::Index)?;
        let hashes = lines.map(hash_from_base64).take(MAX_HASHES + 1).collect::<Option<Vec<_>>>();
        let hashes = hashes.filter(|hashes| hashes.len() <= MAX_HASHES).ok_or(TlogProofError::Hashes)?;
        Ok(Self { extra, index, hashes, checkpoint: checkpoint.parse()? })
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{}", STANDARD.encode(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{Tree, inclusion_proof, leaf_hash};
    use crate::note::{Signer, VerifyError};

    fn signer() -> Signer {
        Signer::new("archive.example".parse().unwrap(), &[1; 32])
    }

    fn proof(index: u64, extra: Option<&[u8]>) -> TlogProof {
        let mut tree = Tree::new();
        tree.extend((0..7_u8).map(|number| leaf_hash(&[number])));
        let origin = "archive.example".parse().unwrap();
        let checkpoint = Checkpoint { origin, size: tree.size(), root: tree.root() };
        TlogProof {
            extra: extra.map(<[u8]>::to_vec),
            index,
            hashes: inclusion_proof(index, tree.size(), &tree).unwrap(),
            checkpoint: SignedCheckpoint::sign(checkpoint, &signer()).unwrap(),
        }
    }

    #[test]
    fn a_proof_is_of_one_entry_at_one_place_in_one_log() {
        let signer = signer();
        let key = signer.verifier_key();
        for extra in [None, Some(&b""[..]), Some(b"not vouched for")] {
            let proof = proof(5, extra);
            assert_eq!(proof.to_string().parse(), Ok(proof.clone()));
            assert!(proof.verify(&leaf_hash(&[5]), key).is_ok());
            assert_eq!(
                proof.verify(&leaf_hash(&[4]), key),
                Err(TlogProofVerifyError::Inclusion(ProofError::Root))
            );
            let elsewhere = TlogProof { index: 4, ..proof.clone() };
            assert!(elsewhere.verify(&leaf_hash(&[5]), key).is_err());
            let stranger = Signer::new("archive.example".parse().unwrap(), &[2; 32]);
            assert_eq!(
                proof.verify(&leaf_hash(&[5]), stranger.verifier_key()),
                Err(TlogProofVerifyError::Checkpoint(VerifyError::NotSigned.into()))
            );
        }
    }

    #[test]
    fn a_changed_size_breaks_the_signature() {
        // An inclusion proof alone may fit several sizes; only the signed checkpoint says which.
        let changed = proof(0, None).to_string().replace("\n7\n", "\n8\n");
        assert_eq!(
            changed.parse::<TlogProof>().unwrap().verify(&leaf_hash(&[0]), signer().verifier_key()),
            Err(TlogProofVerifyError::Checkpoint(VerifyError::FalseSignature.into()))
        );
    }

    #[test]
    fn a_proof_has_one_form() {
        let text = proof(5, Some(b"x")).to_string();
        for (bad, error) in [
            ("x".repeat(2 << 20), TlogProofError::Form),
            ("x".repeat((2 << 20) + 1), TlogProofError::TooLarge((2 << 20) + 1)),
            ("x".repeat((2 << 20) + 2), TlogProofError::TooLarge((2 << 20) + 2)),
            (text.replace("@v1", "@v2"), TlogProofError::Form),
            (text.replace("\n\n", "\n"), TlogProofError::Form),
            (text.replace("extra eA==", "extra eA"), TlogProofError::Extra),
            (text.replace("extra", "Extra"), TlogProofError::Index),
            (text.replace("index 5", "index 05"), TlogProofError::Index),
            (text.replace("index 5\n", ""), TlogProofError::Index),
            (text.replace("index 5\n", "index 5\nAAAA\n"), TlogProofError::Hashes),
            (text.replace("index 5\n", "index 5\nindex 5\n"), TlogProofError::Hashes),
            (
                text.replace(
                    "index 5\n",
                    &format!("index 5\n{}", format!("{}=\n", "A".repeat(43)).repeat(64)),
                ),
                TlogProofError::Hashes,
            ),
            (text.replacen("\n\n", "\n\n\n", 1), TlogProofError::Checkpoint(CheckpointError::Lines)),
        ] {
            assert!(bad != text);
            match (bad.parse::<TlogProof>().unwrap_err(), error) {
                (TlogProofError::Checkpoint(_), TlogProofError::Checkpoint(_)) => {}
                (found, error) => assert_eq!(found, error, "{bad:.200}"),
            }
        }
    }
}
