//! Step 4: every checkpoint is the archive's, and each one's log is the beginning of the next one's.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::contents::Contents;
use super::disclosure::Disclosure;
use super::key::Keys;
use crate::bag::Fault;
use crate::bag::layout::{DISCLOSURE_PROOF, Place};
use crate::bag::problem::Problems;
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::consistency::ConsistencyProof;
use crate::note::VerifyError;
use crate::policy::{Policy, Quorum};

/// One of `checkpoints/`.
pub(super) struct Known {
    /// Its file.
    pub(super) path: String,
    /// What it says.
    pub(super) checkpoint: Checkpoint,
    /// SHA-256 of the whole note, to compare with the notes of proofs.
    pub(super) note_sha256: [u8; 32],
    /// Whether fewer cosigned it than the policy demands.
    pub(super) lacks_quorum: bool,
}

/// Checks `checkpoints/` and `consistency/`; those that are sound, by size.
pub(super) fn check(
    contents: &Contents<'_>,
    keys: &Keys,
    disclosure: Option<&Disclosure>,
    policy: Option<&Policy>,
    problems: &mut Problems,
) -> BTreeMap<u64, Known> {
    let mut known = BTreeMap::new();
    for (path, place, _) in contents.files() {
        match *place {
            Place::Checkpoint { size } => {
                if let Some(checkpoint) = read(contents, path, size, keys, policy, problems) {
                    known.insert(size, checkpoint);
                }
            }
            // A token needs its checkpoint, and certificates their token.
            Place::Token { size, .. } if contents.digests(&checkpoint_path(size)).is_none() => {
                problems.add(path, Fault::Unexpected);
            }
            Place::Certificates { size, number }
                if contents.digests(&format!("checkpoints/{size}.token-{number}.tsr")).is_none() =>
            {
                problems.add(path, Fault::Unexpected);
            }
            _ => {}
        }
    }
    if known.is_empty() {
        problems.add("checkpoints", Fault::Missing);
    }
    check_consistency(contents, &known, disclosure, problems);
    known
}

fn checkpoint_path(size: u64) -> String {
    format!("checkpoints/{size}.txt")
}

fn read(
    contents: &Contents<'_>,
    path: &str,
    size: u64,
    keys: &Keys,
    policy: Option<&Policy>,
    problems: &mut Problems,
) -> Option<Known> {
    let bytes = contents.read(path, problems)?;
    let signed = problems.keep(path, SignedCheckpoint::from_bytes(&bytes))?;
    let checkpoint = problems.keep(path, signed.verify(&keys.for_checkpoint(&signed)).cloned())?;
    if checkpoint.size != size {
        problems.add(path, Fault::Size);
        return None;
    }
    let judgement = policy.map(|policy| policy.judge(&signed));
    let cosigners = judgement.iter().flat_map(|judgement| &judgement.cosigners);
    if cosigners.into_iter().any(|cosigner| cosigner.result == Err(VerifyError::FalseSignature)) {
        problems.add(path, Fault::FalseCosignature);
    }
    Some(Known {
        path: path.to_owned(),
        checkpoint,
        note_sha256: Sha256::digest(&bytes).into(),
        lacks_quorum: judgement.is_some_and(|judgement| judgement.quorum == Quorum::NotReached),
    })
}

/// Each consecutive pair has its proof, the last and the disclosure's own too, and there are no other proofs.
fn check_consistency(
    contents: &Contents<'_>,
    known: &BTreeMap<u64, Known>,
    disclosure: Option<&Disclosure>,
    problems: &mut Problems,
) {
    // By the names of the files, so that a checkpoint that does not hold is not named twice.
    let size_of = |place: &Place| match place {
        Place::Checkpoint { size } => Some(*size),
        _ => None,
    };
    let sizes: BTreeSet<u64> = contents.files().filter_map(|(_, place, _)| size_of(place)).collect();
    let sizes: Vec<u64> = sizes.into_iter().collect();
    let pairs: BTreeSet<(u64, u64)> = sizes.windows(2).map(|pair| (pair[0], pair[1])).collect();
    for (old, new) in &pairs {
        let path = format!("consistency/{old}-{new}.txt");
        if let Some(bytes) = contents.read(&path, problems)
            && let Some(proof) = problems.keep(&path, ConsistencyProof::from_bytes(&bytes))
            && let (Some(old), Some(new)) = (known.get(old), known.get(new))
        {
            problems.keep(&path, proof.verify(&old.checkpoint, &new.checkpoint));
        }
    }
    for (path, place, _) in contents.files() {
        if let Place::Consistency { old, new } = *place
            && !pairs.contains(&(old, new))
        {
            problems.add(path, Fault::Unexpected);
        }
    }
    if let (Some((_, last)), Some(disclosure)) = (known.last_key_value(), disclosure) {
        problems
            .keep(DISCLOSURE_PROOF, disclosure.consistency.verify(&last.checkpoint, &disclosure.checkpoint));
    }
}
