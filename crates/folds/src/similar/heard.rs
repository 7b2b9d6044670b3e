//! What sounds alike in two recordings, held against what moves in them at the same offset: a song is played on many days.

use super::compare::{Fitting, Moments, lays};
use super::known::Known;
use super::lay::Lay;
use super::moments;
use super::sounds::{self, Sounds};

/// Points of a place that must stand alike where less sound than usual is enough.
const PLACE: usize = 20;
/// The share of the shorter recording that must sound alike then.
const NEARLY_ALL: f32 = 0.75;
/// How alike what moves must be where the sound speaks for the same offset.
const ALIKE: f32 = 0.4;

/// What sounds alike.
pub(super) struct Heard {
    found: Sounds,
    /// Seconds of a number.
    step: f32,
    /// The share of the shorter one that was found.
    share: f32,
}

/// The offset at which two recordings sound most alike; none where they do nowhere.
pub(super) fn heard(a: &Known, b: &Known) -> Option<Heard> {
    let (one, other) = (a.sound.as_ref()?, b.sound.as_ref()?);
    let found = sounds::sounds(&one.numbers, &other.numbers)?;
    let shorter = one.numbers.len().min(other.numbers.len());
    Some(Heard { found, step: one.step, share: (found.to - found.from) as f32 / shorter as f32 })
}

impl Heard {
    /// Whether the sound alone shows that both hold the same.
    pub fn is_shown(&self) -> bool {
        self.found.is_shown()
    }

    /// Seconds that the second is ahead of the first.
    fn ahead(&self) -> f32 {
        self.found.offset as f32 * self.step
    }

    /// The moments that sound alike; where nothing speaks against it, all that overlaps: what is silent says nothing.
    pub fn moments(&self, a: &Known, b: &Known) -> Moments {
        let (found, ahead) = (&self.found, self.ahead());
        let (from, to) = if found.against == 0 {
            ((-ahead).max(0.0), a.seconds().min(b.seconds() - ahead))
        } else {
            (found.from as f32 * self.step, found.to as f32 * self.step)
        };
        let spells = found.for_it as f32;
        Moments {
            a: from..to,
            b: from + ahead..to + ahead,
            speed: 1.0,
            moves: 0.0,
            sounds: spells * 8.0 * self.step,
            lay: None,
            alike: spells / (spells + found.against as f32),
        }
    }
}

/// What is shown by sound, and by what moves then: much sound unless what moves differs; less where something moves alike, or where
/// nearly all of an excerpt of the same place sounds alike.
pub(super) fn shown(a: &Known, b: &Known, fitting: &[Fitting], heard: &Heard) -> Option<Moments> {
    let moved = moved(a, b, fitting, heard.ahead());
    let Sounds { for_it, against, .. } = heard.found;
    let is_moving_alike = moved.for_it > 0 && moved.against * 4 <= moved.for_it && moved.alike > ALIKE;
    let is_of_one_place = fitting.first().is_some_and(|one| one.fit.points >= PLACE);
    let is_shown = if heard.is_shown() {
        // The same song on two days: what moves says that it is another.
        moved.for_it > 0 || moved.against < 3
    } else if is_moving_alike {
        for_it >= 4 && against * 6 <= for_it
    } else {
        is_of_one_place
            && for_it >= 5
            && against == 0
            && heard.share >= NEARLY_ALL
            && moved.against <= moved.for_it
    };
    let lay = moved.lay.or(fitting.first().map(|one| one.fit.lay));
    let seconds = if is_moving_alike { moved.seconds } else { 0.0 };
    is_shown.then(|| Moments { lay, moves: seconds, ..heard.moments(a, b) })
}

/// What moves at an offset.
#[derive(Default)]
struct Moved {
    /// Spells in which something moves alike, and in which it does not.
    for_it: usize,
    against: usize,
    seconds: f32,
    /// How alike the best shot is.
    alike: f32,
    lay: Option<Lay>,
}

/// What moves where the second is so many seconds ahead of the first.
fn moved(a: &Known, b: &Known, fitting: &[Fitting], ahead: f32) -> Moved {
    let mut moved = Moved::default();
    let (Some(film_a), Some(film_b)) = (&a.film, &b.film) else { return moved };
    for shot_a in &film_a.shots {
        let seconds_a = film_a.seconds(&shot_a.pictures);
        for shot_b in &film_b.shots {
            let seconds_b = film_b.seconds(&shot_b.pictures);
            if seconds_a.end + ahead <= seconds_b.start || seconds_b.end <= seconds_a.start + ahead {
                continue;
            }
            let offset = (seconds_a.start + ahead - seconds_b.start) / film_b.step;
            let lays = lays(a, b, fitting, &seconds_a, &seconds_b);
            let of_lay = |lay: &Lay| {
                Some((moments::near(&shot_a.moves, &shot_b.moves.laid(&lay.back()?), offset)?, *lay))
            };
            let found = lays
                .iter()
                .filter_map(of_lay)
                .max_by(|(one, _), (other, _)| one.alike.total_cmp(&other.alike));
            let Some((found, lay)) = found else { continue };
            moved.for_it += found.for_it;
            moved.against += found.against;
            moved.seconds += found.for_it as f32 * 8.0 * film_a.step;
            if found.alike > moved.alike {
                (moved.alike, moved.lay) = (found.alike, Some(lay));
            }
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use vidimus_model::print::Point;

    use super::super::compare::{Common, common};
    use super::super::known::{Film, Sound};
    use super::super::moves::tests::{film, walk};
    use super::super::views::Scene;
    use super::*;

    fn numbers(mut seed: u64) -> impl FnMut() -> u64 {
        move || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        }
    }

    /// Some seconds of one place, with what moves in it and what is heard.
    fn known(seconds: usize, place: impl Fn(f32) -> (f32, f32), sound: Vec<u32>) -> Known {
        let mut next = numbers(9);
        let point =
            |_| Point { x: next() as u16, y: next() as u16, bits: std::array::from_fn(|_| next() as u8) };
        let scene = Scene { aspect: 1.5, points: (0..80).map(point).collect() };
        let length = seconds as f32;
        Known {
            length: Some(length),
            scenes: vec![(0.0..length, scene)],
            film: Some(Film::of(0.25, film(seconds, place))),
            sound: Some(Sound { step: 0.125, numbers: sound }),
            ..Known::default()
        }
    }

    fn song(seed: u64, count: usize) -> Vec<u32> {
        let mut next = numbers(seed);
        (0..count).map(|_| (next() >> 16) as u32).collect()
    }

    fn is_shown(a: &Known, b: &Known) -> bool {
        matches!(common(a, b), Some(Common::Moments(_)))
    }

    const STILL: fn(f32) -> (f32, f32) = |_| (-9.0, 0.0);

    #[test]
    fn nearly_all_of_a_short_excerpt_of_the_same_place_is_enough() {
        let whole = known(60, STILL, song(3, 480));
        assert!(is_shown(&known(6, STILL, song(3, 480)[160..208].to_vec()), &whole));
        // Not where it is as long as half a sentence, and not in another place.
        let mut sentence = song(4, 240);
        sentence[40..88].copy_from_slice(&song(3, 480)[160..208]);
        assert!(!is_shown(&known(30, STILL, sentence), &whole));
        let elsewhere = Known { scenes: Vec::new(), ..known(6, STILL, song(3, 480)[160..208].to_vec()) };
        assert!(!is_shown(&elsewhere, &whole));
    }

    #[test]
    fn the_same_song_on_another_day_is_none() {
        let one = known(60, walk(1.0), song(3, 480));
        assert!(is_shown(&one, &known(60, walk(1.0), song(3, 480))));
        assert!(!is_shown(&one, &known(60, walk(2.3), song(3, 480))));
    }
}
