//! The moments that two recordings share by their sound: at which offset they sound alike where sound as such would not.
//!
//! A print of sound is a row of numbers of 32 bits (Chromaprint), of which those of the same sound differ in few bits. Noise and
//! silence sound alike wherever they are laid, so each number counts by how much nearer it is than to the other recording at large.

use std::collections::HashMap;

/// How two rows of numbers fit: number `n` of the first is number `n + offset` of the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sounds {
    /// Numbers that the second is ahead of the first.
    pub offset: i64,
    /// Numbers of the first between which they sound alike.
    pub from: usize,
    /// Behind the last of them.
    pub to: usize,
    /// Spells of about a second that sound alike.
    pub for_it: usize,
    /// Spells that do not.
    pub against: usize,
}

impl Sounds {
    /// Whether it is shown that both hold the same sound. The same sentence said twice, or the same jingle, is not enough.
    pub fn is_shown(&self) -> bool {
        self.for_it >= 8 && self.against * 6 <= self.for_it
    }
}

/// Numbers of a spell.
const SPELL: usize = 8;
/// Numbers that recordings must overlap by.
const OVERLAP: usize = 5 * SPELL;
/// A number that stands so often in a recording is silence or a hum.
const OFTEN: usize = 24;
/// Offsets that are looked at more closely.
const CLOSELY: usize = 6;
/// Numbers of the other recording that each is held against, to learn how near chance comes.
const AT_LARGE: usize = 40;
/// Below this share of bits everything sounds alike: silence.
const SILENCE: f32 = 0.2;

/// The best of all offsets; none where hardly a number is the same.
pub fn sounds(a: &[u32], b: &[u32]) -> Option<Sounds> {
    let usual = usual(a, b);
    offsets(a, b)
        .into_iter()
        .filter_map(|offset| Some((near(a, b, &usual, offset)?, offset)))
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .and_then(|(_, offset)| at(a, b, &usual, offset))
}

/// How far each number of the first is from the second at large, in bits.
fn usual(a: &[u32], b: &[u32]) -> Vec<f32> {
    let some: Vec<u32> = b.iter().step_by((b.len() / AT_LARGE).max(1)).copied().collect();
    let mean = |one: &u32| {
        some.iter().map(|other| (one ^ other).count_ones()).sum::<u32>() as f32 / some.len().max(1) as f32
    };
    a.iter().map(mean).collect()
}

/// Offsets at which most numbers are the very same.
fn offsets(a: &[u32], b: &[u32]) -> Vec<i64> {
    let mut places: HashMap<u32, Vec<usize>> = HashMap::new();
    for (at, number) in b.iter().enumerate() {
        places.entry(*number).or_default().push(at);
    }
    let mut counts: HashMap<i64, usize> = HashMap::new();
    for (at, number) in a.iter().enumerate() {
        for there in places.get(number).filter(|places| places.len() <= OFTEN).into_iter().flatten() {
            *counts.entry(*there as i64 - at as i64).or_default() += 1;
        }
    }
    let mut counts: Vec<(usize, i64)> = counts.into_iter().map(|(offset, count)| (count, offset)).collect();
    counts.sort_by_key(|(count, offset)| (std::cmp::Reverse(*count), *offset));
    counts.into_iter().take(CLOSELY).map(|(_, offset)| offset).collect()
}

/// Numbers of the first between which both are there.
fn overlap(a: &[u32], b: &[u32], offset: i64) -> Option<(usize, usize)> {
    let first = usize::try_from((-offset).max(0)).ok()?;
    let behind = usize::try_from((a.len() as i64).min(b.len() as i64 - offset)).ok()?;
    (behind >= first + OVERLAP).then_some((first, behind))
}

fn off(a: &[u32], b: &[u32], at: usize, offset: i64) -> f32 {
    (a[at] ^ b[(at as i64 + offset) as usize]).count_ones() as f32
}

/// How much nearer they are at an offset than at large, by what chance spreads.
fn near(a: &[u32], b: &[u32], usual: &[f32], offset: i64) -> Option<f32> {
    let (first, behind) = overlap(a, b, offset)?;
    let gain: f32 = (first..behind).map(|at| usual[at] - off(a, b, at, offset)).sum();
    Some(gain / ((behind - first) as f32).sqrt())
}

fn at(a: &[u32], b: &[u32], usual: &[f32], offset: i64) -> Option<Sounds> {
    let (first, behind) = overlap(a, b, offset)?;
    let (mut for_it, mut against, mut range) = (0, 0, None);
    for begin in (first..=behind - SPELL).step_by(SPELL) {
        let bits = 32.0 * SPELL as f32;
        let share = (begin..begin + SPELL).map(|at| off(a, b, at, offset)).sum::<f32>() / bits;
        let chance = usual[begin..begin + SPELL].iter().sum::<f32>() / bits;
        if chance < SILENCE {
            continue;
        }
        if share < 0.5 * chance {
            for_it += 1;
            range = Some((range.map_or(begin, |(from, _)| from), begin + SPELL));
        } else if share > 0.75 * chance {
            against += 1;
        }
    }
    let (from, to) = range?;
    Some(Sounds { offset, from, to, for_it, against })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers as of a sound that changes slowly, from a seed.
    fn row(seed: u32, count: usize) -> Vec<u32> {
        let mut state = seed;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state
        };
        (0..count).map(|_| next()).collect()
    }

    /// As it comes out of another encoder: one bit in sixteen is another.
    fn encoded(row: &[u32]) -> Vec<u32> {
        row.iter()
            .zip(0u32..)
            .map(|(number, at)| number ^ 1 << (at * 7 % 32) ^ u32::from(at % 3 == 0) << 9)
            .zip(row.iter().enumerate())
            .map(|(changed, (at, same))| if at % 4 == 0 { *same } else { changed })
            .collect()
    }

    #[test]
    fn an_excerpt_is_found_where_it_was_taken_from() {
        let whole = row(1, 500);
        let found = sounds(&encoded(&whole[120..320]), &whole).unwrap();
        assert_eq!((found.offset, found.for_it, found.against), (120, 25, 0));
        assert!(found.is_shown());
    }

    #[test]
    fn a_sentence_said_twice_is_no_copy() {
        let (mut one, mut other) = (row(2, 400), row(3, 400));
        other[50..82].copy_from_slice(&one[200..232]);
        let found = sounds(&one, &other).unwrap();
        assert!(found.for_it >= 3 && !found.is_shown(), "{found:?}");
        one.truncate(30);
        assert_eq!(sounds(&one, &other), None);
    }

    #[test]
    fn silence_and_hum_say_nothing() {
        let hum = vec![627_964_279; 400];
        assert_eq!(sounds(&hum, &hum), None);
        assert_eq!(sounds(&[], &hum), None);
    }
}
