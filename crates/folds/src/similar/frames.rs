//! How far one film is ahead of another where its packets were copied: key frames that are the very same picture say so.
//!
//! Pictures of a still room may be the very same at any time: only where the bytes show that it is a copy, this says from when.

use std::collections::HashMap;

use super::known::Known;
use super::moves::Small;

/// A picture that stands so often in a film is of no moment.
const OFTEN: usize = 4;
/// Seconds by which the same two pictures may be farther apart in another container.
const ONE: f32 = 0.1;

/// Seconds that the second is ahead of the first; none where no key frame says so, or several say otherwise.
pub(super) fn ahead(a: &Known, b: &Known) -> Option<f32> {
    let mut places: HashMap<&Small, Vec<f32>> = HashMap::new();
    for (at, small) in &b.stills {
        places.entry(small).or_default().push(*at);
    }
    let mut found: Vec<f32> = Vec::new();
    for (at, small) in &a.stills {
        let there = places.get(small).filter(|places| places.len() <= OFTEN);
        found.extend(there.into_iter().flatten().map(|there| there - at));
    }
    found.sort_by(f32::total_cmp);
    let votes = |ahead: f32| {
        let (from, to) = (ahead - ONE, ahead + ONE);
        found.partition_point(|other| *other < to) - found.partition_point(|other| *other <= from)
    };
    let best = *found.iter().max_by_key(|ahead| votes(**ahead))?;
    let is_other = |ahead: &&f32| (**ahead - best).abs() >= ONE;
    let others = found.iter().filter(is_other).map(|ahead| votes(*ahead)).max().unwrap_or(0);
    let same: Vec<f32> = found.iter().copied().filter(|ahead| (ahead - best).abs() < ONE).collect();
    (same.len() > others).then(|| same.iter().sum::<f32>() / same.len() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::similar::moves::CELLS;

    fn film(key_frames: &[(f32, u8)]) -> Known {
        Known {
            stills: key_frames.iter().map(|(at, value)| (*at, [*value; CELLS])).collect(),
            ..Known::default()
        }
    }

    #[test]
    fn the_same_key_frames_say_how_far_it_is_ahead() {
        let whole = film(&[(0.0, 1), (2.0, 2), (4.0, 3), (6.0, 4)]);
        assert!((ahead(&film(&[(0.0, 3), (2.04, 4)]), &whole).unwrap() - 3.98).abs() < 0.01);
        assert_eq!(ahead(&whole, &film(&[(0.0, 9)])), None);
    }

    #[test]
    fn a_still_room_says_nothing() {
        let room = film(&[(0.0, 1), (2.0, 1), (4.0, 1)]);
        assert_eq!(ahead(&film(&[(0.0, 1)]), &room), None);
    }
}
