//! Bytes that two files share, wherever they lie in them: a damaged, cut or lengthened copy is known by what it kept.

use std::collections::HashSet;

use vidimus_model::print::{Chunks, MOST_CHUNKS};

/// What of two files is the same, as shares of their bytes from 0 to 1; estimated from the parts that were kept of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Kept {
    /// Of the first.
    pub of_a: f32,
    /// Of the second.
    pub of_b: f32,
    /// Seconds that the second is ahead of the first, where that is known.
    pub ahead: Option<f32>,
}

/// Parts that both must have: fewer may be a header that many files share.
const LEAST: usize = 8;

/// What both share; none where that is little.
pub fn kept(a: &Chunks, b: &Chunks) -> Option<Kept> {
    // Up to here all parts of both were kept.
    let whole = |chunks: &Chunks| match chunks.kept.last() {
        Some(last) if chunks.kept.len() >= MOST_CHUNKS => last.digest,
        _ => u64::MAX,
    };
    let bound = whole(a).min(whole(b));
    let below = |chunks: &Chunks| -> HashSet<u64> {
        chunks.kept.iter().map(|chunk| chunk.digest).filter(|digest| *digest <= bound).collect()
    };
    let (one, other) = (below(a), below(b));
    let both = one.intersection(&other).count();
    if both < LEAST.min(one.len()).min(other.len()).max(2) {
        return None;
    }
    let share = |all: usize| both as f32 / all as f32;
    Some(Kept { of_a: share(one.len()), of_b: share(other.len()), ahead: None })
}

#[cfg(test)]
mod tests {
    use vidimus_model::print::Chunk;

    use super::*;

    /// A file of parts with these digests, of which the smallest are kept.
    fn file(digests: impl Iterator<Item = u64>) -> Chunks {
        let mut kept: Vec<Chunk> = digests
            .enumerate()
            // Spread over all numbers, as digests are.
            .map(|(at, part)| Chunk {
                digest: part.wrapping_mul(0x9e37_79b9_7f4a_7c15),
                at: at as u64 * 8192,
                length: 8192,
            })
            .collect();
        kept.sort_by_key(|chunk| chunk.digest);
        kept.truncate(MOST_CHUNKS);
        Chunks { of_bytes: 0, kept }
    }

    #[test]
    fn a_cut_file_is_known_by_what_it_kept() {
        let (whole, cut) = (file(1..4000), file(1..2000));
        let found = kept(&whole, &cut).unwrap();
        assert!((found.of_a - 0.5).abs() < 0.1 && found.of_b > 0.97, "{found:?}");
        assert_eq!(kept(&cut, &whole).map(|kept| (kept.of_b, kept.of_a)), Some((found.of_a, found.of_b)));
    }

    #[test]
    fn a_shared_header_is_not_enough() {
        assert_eq!(kept(&file(1..500), &file((1..4).chain(1000..1500))), None);
        assert_eq!(kept(&file(1..1), &file(1..500)), None);
    }

    #[test]
    fn small_files_are_compared_whole() {
        assert_eq!(kept(&file(1..4), &file(1..4)), Some(Kept { of_a: 1.0, of_b: 1.0, ahead: None }));
        assert_eq!(kept(&file(1..4), &file(3..6)), None);
    }
}
