//! Epochs: a log that went on after an accepted roll-back, under its origin with a number, signed by the same key.

use crate::note::{Algorithm, KeyName, VerifierKey};

/// The origin of epoch `number` (the first is 1) of the log that began as `base` (`docs/format/log.md`).
pub fn origin(base: &str, number: u64) -> String {
    if number < 2 { base.to_owned() } else { format!("{base}/{number}") }
}

/// Which epoch of the log that began as `base` has this origin; `None`: another log's.
pub fn number(base: &str, untrusted_origin: &str) -> Option<u64> {
    let rest = untrusted_origin.strip_prefix(base)?;
    let number = if rest.is_empty() { 1 } else { rest.strip_prefix('/')?.parse().ok()? };
    // Each epoch is written in one way; `/0` and `/1` are none of them.
    (origin(base, number) == untrusted_origin).then_some(number)
}

/// May the log of origin `later` be that of origin `earlier` in the same or a later epoch?
///
/// By the names alone: that one key signed both is for the caller to check.
pub fn may_follow(untrusted_earlier: &str, untrusted_later: &str) -> bool {
    if number(untrusted_earlier, untrusted_later).is_some() {
        return true;
    }
    // Both are numbered: `<base>/2` and `<base>/3`.
    let base = untrusted_later.rsplit_once('/').map(|(base, _)| base);
    base.is_some_and(|base| {
        let (earlier, later) = (number(base, untrusted_earlier), number(base, untrusted_later));
        earlier.is_some() && later.is_some() && earlier <= later
    })
}

/// The same key under the name of this epoch, where it is an epoch of the key's own log that is not later than the key's.
pub fn earlier_name(key: &VerifierKey, untrusted_origin: &KeyName) -> Option<VerifierKey> {
    let public: &[u8; 32] = key.public_key().try_into().ok()?;
    let fits =
        key.algorithm() == Algorithm::Ed25519 && may_follow(untrusted_origin.as_str(), key.name().as_str());
    if fits { VerifierKey::ed25519(untrusted_origin.clone(), public).ok() } else { None }
}

/// Is one of these keys the other under the name of an earlier or later epoch?
pub fn same_log(one: &VerifierKey, other: &VerifierKey) -> bool {
    let named = |key: &VerifierKey, name: &VerifierKey| earlier_name(key, name.name()).as_ref() == Some(name);
    one == other || named(one, other) || named(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::Signer;

    #[test]
    fn epochs_are_numbered_from_the_second() {
        assert_eq!(
            (origin("a.example", 1), origin("a.example", 2)),
            ("a.example".into(), "a.example/2".into())
        );
        for (other, found) in
            [("a", Some(1)), ("a/2", Some(2)), ("a/17", Some(17)), ("a/1", None), ("a/02", None)]
        {
            assert_eq!(number("a", other), found, "{other}");
        }
        for other in ["b", "a/", "a2", "a/2/3", "a/-2", "a/+2", "a/0"] {
            assert_eq!(number("a", other), None, "{other}");
        }
    }

    #[test]
    fn an_epoch_is_followed_by_itself_and_later_ones_only() {
        for (earlier, later, may) in [
            ("a", "a", true),
            ("a", "a/2", true),
            ("a/2", "a/3", true),
            ("a/2", "a/2", true),
            ("a/2", "a", false),
            ("a/3", "a/2", false),
            ("a/2", "a/2/2", true),
            ("a/b", "a/c", false),
            ("a", "b", false),
            ("a/2", "b/3", false),
        ] {
            assert_eq!(may_follow(earlier, later), may, "{earlier} {later}");
        }
    }

    #[test]
    fn only_the_same_key_is_the_same_log() {
        let key = |name: &str, seed| Signer::new(name.parse().unwrap(), &[seed; 32]).verifier_key().clone();
        assert!(same_log(&key("a", 1), &key("a/3", 1)) && same_log(&key("a/3", 1), &key("a", 1)));
        assert!(!same_log(&key("a", 1), &key("a/3", 2)) && !same_log(&key("a", 1), &key("b", 1)));
        assert!(earlier_name(&key("a", 1), key("a/2", 1).name()).is_none());
    }
}
