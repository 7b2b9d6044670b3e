//! Epochs of this archive: which origin a roll-back begins, and which checkpoints were given up.

use vidimus_model::Rollback;
use vidimus_proof::checkpoint::{Checkpoint, SignedCheckpoint};
use vidimus_proof::epoch;

/// Is this an origin of the archive that began as `base`?
pub(crate) fn is_of(base: &str, other: &str) -> bool {
    epoch::number(base, other).is_some()
}

/// The origin that a roll-back begins, given what it kept and what was lost: above both, so that no number is used twice.
pub(crate) fn after(base: &str, rollback: &Rollback) -> String {
    let known = std::iter::once(rollback.kept.as_str()).chain(rollback.lost.as_deref());
    let numbers = known
        .filter_map(|note| number(base, SignedCheckpoint::from_bytes(note.as_bytes()).ok()?.checkpoint()));
    epoch::origin(base, numbers.max().unwrap_or(1) + 1)
}

/// Was this checkpoint given up by one of these roll-backs? Then it is no news that the ledger does not have it.
pub(crate) fn is_given_up(base: &str, rollbacks: &[Rollback], lost: &Checkpoint) -> bool {
    rollbacks.iter().any(|rollback| {
        let began = epoch::number(base, &after(base, rollback));
        let kept = SignedCheckpoint::from_bytes(rollback.kept.as_bytes()).map(|kept| kept.checkpoint().size);
        number(base, lost) < began && kept.is_ok_and(|kept| lost.size > kept)
    })
}

fn number(base: &str, checkpoint: &Checkpoint) -> Option<u64> {
    epoch::number(base, checkpoint.origin.as_str())
}
