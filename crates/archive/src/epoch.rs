//! Epochs: after an accepted roll-back the log goes on under its origin with a number, signed by the same key.

use vidimus_model::Rollback;
use vidimus_proof::checkpoint::{Checkpoint, SignedCheckpoint};

/// The origin of epoch `number` (the first is 1) of the archive that began as `base`.
pub(crate) fn origin(base: &str, number: u64) -> String {
    if number < 2 { base.to_owned() } else { format!("{base}/{number}") }
}

/// Is this an origin of the archive that began as `base`?
pub(crate) fn is_of(base: &str, other: &str) -> bool {
    parse(base, other).is_some()
}

/// The origin that a roll-back begins, given what it kept and what was lost: above both, so that no number is used twice.
pub(crate) fn after(base: &str, rollback: &Rollback) -> String {
    let known = std::iter::once(rollback.kept.as_str()).chain(rollback.lost.as_deref());
    let numbers = known
        .filter_map(|note| number(base, SignedCheckpoint::from_bytes(note.as_bytes()).ok()?.checkpoint()));
    origin(base, numbers.max().unwrap_or(1) + 1)
}

/// Was this checkpoint given up by one of these roll-backs? Then it is no news that the ledger does not have it.
pub(crate) fn is_given_up(base: &str, rollbacks: &[Rollback], lost: &Checkpoint) -> bool {
    rollbacks.iter().any(|rollback| {
        let began = parse(base, &after(base, rollback));
        let kept = SignedCheckpoint::from_bytes(rollback.kept.as_bytes()).map(|kept| kept.checkpoint().size);
        number(base, lost) < began && kept.is_ok_and(|kept| lost.size > kept)
    })
}

fn number(base: &str, checkpoint: &Checkpoint) -> Option<u64> {
    parse(base, checkpoint.origin.as_str())
}

fn parse(base: &str, other: &str) -> Option<u64> {
    let rest = other.strip_prefix(base)?;
    let number = if rest.is_empty() { 1 } else { rest.strip_prefix('/')?.parse().ok()? };
    (origin(base, number) == other && number > 0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::{is_of, origin};

    #[test]
    fn epochs_are_numbered_from_the_second() {
        assert_eq!(origin("archive.example/ik-900", 1), "archive.example/ik-900");
        assert_eq!(origin("archive.example/ik-900", 2), "archive.example/ik-900/2");
        for (other, ours) in [("a", true), ("a/2", true), ("a/17", true), ("a/1", false), ("a/02", false)] {
            assert_eq!(is_of("a", other), ours, "{other}");
        }
        for other in ["b", "a/", "a2", "a/2/3", "a/-2", "a/+2"] {
            assert!(!is_of("a", other), "{other}");
        }
    }
}
