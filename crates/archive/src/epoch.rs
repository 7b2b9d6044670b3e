//! Epochs: after an accepted roll-back the log goes on under its origin with a number, signed by the same key.

/// The origin of epoch `number` (the first is 1) of the archive that began as `base`.
pub(crate) fn origin(base: &str, number: u64) -> String {
    if number < 2 { base.to_owned() } else { format!("{base}/{number}") }
}

/// Is this an origin of the archive that began as `base`?
pub(crate) fn is_of(base: &str, other: &str) -> bool {
    let Some(rest) = other.strip_prefix(base) else { return false };
    let number = rest.strip_prefix('/').and_then(|digits| digits.parse::<u64>().ok());
    rest.is_empty() || number.is_some_and(|number| number >= 2 && origin(base, number) == other)
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
