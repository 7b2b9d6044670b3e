//! What moves in a film, cell by cell: a still background says nothing of whether two films show the same moments.
//!
//! A film is a row of small pictures, and what counts is how each cell changes within two of them. Cells that change nearly always
//! (a clock, a line of text) are passed over, unless the whole picture does because the camera moves, or the patch of them is taller than
//! a line. That they do shows only over some time: the film that an excerpt was taken from knows better than the excerpt.

use super::lay::Lay;

/// Cells across a small picture.
pub const ACROSS: usize = 48;
/// Cells down.
pub const DOWN: usize = 36;
/// All of them, row by row.
pub const CELLS: usize = ACROSS * DOWN;

/// A small picture, grey.
pub type Small = [u8; CELLS];

/// How each cell of a row of pictures changes; 0 where nothing does.
#[derive(Clone, Debug)]
pub struct Moves {
    /// Picture by picture.
    pub changes: Vec<[i8; CELLS]>,
    /// Cells that are seen: where a picture was laid on another, some lie outside.
    pub seen: Vec<bool>,
    /// Cells that change nearly always, and those around them.
    pub restless: Vec<bool>,
}

/// What a change counts at most: a lamp that goes on is no hundred people.
const MOST: i8 = 60;
/// Below this a change is noise, whatever the film; above the second value it is none.
const NOISE: (f32, f32) = (3.5, 8.0);
/// A cell that changes in more than this share of all seconds is restless.
const RESTLESS: f32 = 0.6;
/// Rows above which a patch of restless cells is no clock.
const TALL: usize = 4;
/// The share of cells that become brighter where a lamp goes on.
const LIGHT: f32 = 0.9;
/// Pictures of a second.
const SECOND: usize = 4;
/// Pictures below which no cell is called so, and from which on it is believed.
const LONG: (usize, usize) = (12, 60);

impl Moves {
    /// Of small pictures in equal steps.
    pub fn of(pictures: &[Small]) -> Self {
        let last = pictures.len().saturating_sub(1);
        let mut changes: Vec<[i8; CELLS]> = (0..pictures.len())
            .map(|at| {
                let (before, behind) = (&pictures[at.saturating_sub(1)], &pictures[(at + 1).min(last)]);
                std::array::from_fn(|cell| {
                    (i16::from(behind[cell]) - i16::from(before[cell])).clamp(-127, 127) as i8
                })
            })
            .collect();
        let noise = noise(&changes);
        for change in changes.iter_mut().flatten() {
            *change = if f32::from(change.abs()) < noise { 0 } else { (*change).clamp(-MOST, MOST) };
        }
        for change in &mut changes {
            if is_light(change) {
                *change = [0; CELLS];
            }
        }
        let restless = restless(&changes);
        Self { changes, seen: vec![true; CELLS], restless }
    }

    /// Is it long enough to tell what always changes from what just does?
    pub fn is_long(&self) -> bool {
        self.pictures() >= LONG.1
    }

    /// How many pictures there are.
    pub fn pictures(&self) -> usize {
        self.changes.len()
    }

    /// The changes as another film shows them, in whose pictures these lie as `lay` says.
    pub fn laid(&self, lay: &Lay) -> Self {
        let Some(back) = lay.back() else {
            let changes = vec![[0; CELLS]; self.pictures()];
            return Self { changes, seen: vec![false; CELLS], restless: vec![false; CELLS] };
        };
        let grid = (ACROSS, DOWN);
        let taps: Vec<Option<[(usize, f32); 4]>> = (0..CELLS).map(|cell| taps(&back, cell, grid)).collect();
        let laid = |change: &[i8; CELLS]| {
            // Most of the time nothing moves.
            if change.iter().all(|value| *value == 0) {
                return [0; CELLS];
            }
            std::array::from_fn(|cell| {
                let value = |taps: [(usize, f32); 4]| {
                    taps.iter().map(|(at, share)| share * f32::from(change[*at])).sum::<f32>()
                };
                // Halves away from zero, as `round` does it, which is slow.
                taps[cell].map_or(0, |taps| {
                    let value = value(taps);
                    (value + 0.5f32.copysign(value)) as i8
                })
            })
        };
        Self {
            changes: self.changes.iter().map(laid).collect(),
            seen: taps.iter().map(Option::is_some).collect(),
            restless: taps
                .iter()
                .map(|taps| taps.is_some_and(|taps| is_any(&taps, &self.restless)))
                .collect(),
        }
    }
}

/// Does nearly all of the picture become brighter, or darker, at once? Then a lamp goes on or off, as it does on other days too.
fn is_light(change: &[i8; CELLS]) -> bool {
    let share = |is: fn(&i8) -> bool| change.iter().filter(|value| is(value)).count() as f32 / CELLS as f32;
    share(|value| *value > 0) > LIGHT || share(|value| *value < 0) > LIGHT
}

/// Restless cells and what is around them: figures of a clock stand beside each other.
fn restless(changes: &[[i8; CELLS]]) -> Vec<bool> {
    if changes.len() < LONG.0 {
        return vec![false; CELLS];
    }
    let mut counts = vec![0u32; CELLS];
    for second in changes.chunks_exact(SECOND) {
        for (cell, count) in counts.iter_mut().enumerate() {
            *count += u32::from(second.iter().any(|change| change[cell] != 0));
        }
    }
    let most = RESTLESS * (changes.len() / SECOND) as f32;
    let restless: Vec<bool> = counts.iter().map(|count| *count as f32 > most).collect();
    // The camera moves.
    if restless.iter().filter(|one| **one).count() * 3 > CELLS {
        return vec![false; CELLS];
    }
    let restless = low(restless);
    let around = |cell: usize| {
        let (x, y) = (cell % ACROSS, cell / ACROSS);
        let rows = y.saturating_sub(1)..=(y + 1).min(DOWN - 1);
        rows.into_iter()
            .any(|y| (x.saturating_sub(3)..=(x + 3).min(ACROSS - 1)).any(|x| restless[y * ACROSS + x]))
    };
    (0..CELLS).map(around).collect()
}

/// Of restless cells those that stand in a row or two, as figures of a clock do. What is taller and never rests is somebody who works
/// there or a flag: that moves otherwise on another day.
fn low(mut restless: Vec<bool>) -> Vec<bool> {
    let mut looked_at = vec![false; CELLS];
    for first in 0..CELLS {
        if !restless[first] || looked_at[first] {
            continue;
        }
        let (mut patch, mut next) = (vec![first], 0);
        looked_at[first] = true;
        while let Some(cell) = patch.get(next).copied() {
            next += 1;
            let (x, y) = (cell % ACROSS, cell / ACROSS);
            for y in y.saturating_sub(1)..=(y + 1).min(DOWN - 1) {
                for x in x.saturating_sub(1)..=(x + 1).min(ACROSS - 1) {
                    let beside = y * ACROSS + x;
                    if restless[beside] && !looked_at[beside] {
                        looked_at[beside] = true;
                        patch.push(beside);
                    }
                }
            }
        }
        let rows = patch.iter().map(|cell| cell / ACROSS);
        if rows.clone().max().unwrap_or(0) - rows.min().unwrap_or(0) >= TALL {
            patch.iter().for_each(|cell| restless[*cell] = false);
        }
    }
    restless
}

fn is_any(taps: &[(usize, f32); 4], cells: &[bool]) -> bool {
    taps.iter().any(|(cell, share)| *share > 0.05 && cells[*cell])
}

/// What of the changes is grain: four times what a calm quarter of the cells shows.
fn noise(changes: &[[i8; CELLS]]) -> f32 {
    let step = (changes.len() / 60).max(1);
    let mut some: Vec<f32> = changes
        .iter()
        .step_by(step)
        .flat_map(|change| change.iter().step_by(7).map(|value| f32::from(value.abs())))
        .collect();
    if some.is_empty() {
        return NOISE.0;
    }
    let quarter = some.len() / 4;
    let (_, value, _) = some.select_nth_unstable_by(quarter, f32::total_cmp);
    // A quarter of what is spread evenly around 0 lies within 0.32 deviations.
    (4.0 * *value / 0.32).clamp(NOISE.0, NOISE.1)
}

/// The four cells that a cell's middle lies between there, with their shares; none outside. A picture has `across` cells by `down`.
pub(super) fn taps(back: &Lay, cell: usize, (across, down): (usize, usize)) -> Option<[(usize, f32); 4]> {
    let middle = |at: usize, all: usize| (at as f32 + 0.5) / all as f32;
    let (x, y) = back.of((middle(cell % across, across), middle(cell / across, down)));
    if !(0.0..=1.0).contains(&x) || !(0.0..=1.0).contains(&y) {
        return None;
    }
    let place = |at: f32, all: usize| {
        let at = (at * all as f32 - 0.5).clamp(0.0, (all - 1) as f32);
        let first = at as usize;
        (first, (first + 1).min(all - 1), at - first as f32)
    };
    let ((left, right, x), (top, below, y)) = (place(x, across), place(y, down));
    Some([
        (top * across + left, (1.0 - x) * (1.0 - y)),
        (top * across + right, x * (1.0 - y)),
        (below * across + left, (1.0 - x) * y),
        (below * across + right, x * y),
    ])
}

/// The pictures of a film that is shown `speed` times as fast: as many more or fewer as it then takes.
pub fn at_speed(pictures: &[Small], speed: f32) -> Vec<Small> {
    let Some(last) = pictures.len().checked_sub(1) else { return Vec::new() };
    let count = (last as f32 / speed) as usize + 1;
    let picture = |number: usize| {
        let at = (number as f32 * speed).min(last as f32);
        let (one, share) = (at as usize, at.fract());
        let (one, other) = (&pictures[one], &pictures[(one + 1).min(last)]);
        std::array::from_fn(|cell| {
            (f32::from(one[cell]) * (1.0 - share) + f32::from(other[cell]) * share).round() as u8
        })
    };
    (0..count).map(picture).collect()
}

/// Where shots begin, and behind the last picture: most of the picture changes at once, and more than before and after.
pub fn cuts(pictures: &[Small]) -> Vec<usize> {
    let differs = |pair: &[Small]| {
        let count = pair[0].iter().zip(&pair[1]).filter(|(a, b)| a.abs_diff(**b) > 9).count();
        count as f32 / CELLS as f32
    };
    let differences: Vec<f32> = pictures.windows(2).map(differs).collect();
    let mut cuts = vec![0];
    for (at, difference) in differences.iter().enumerate() {
        let around = at.saturating_sub(8)..(at + 9).min(differences.len());
        let mut others: Vec<f32> =
            around.filter(|other| *other != at).map(|other| differences[other]).collect();
        others.sort_by(f32::total_cmp);
        let usual = others.get(others.len() / 2).copied().unwrap_or(0.0);
        let is_apart = cuts.last().is_some_and(|last| at + 1 - last >= 2);
        if *difference > 0.5 && *difference > 2.0 * usual && is_apart {
            cuts.push(at + 1);
        }
    }
    cuts.push(pictures.len());
    cuts
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A film of a still room, in which a bright figure walks as `place` says; a clock changes twice a second.
    pub fn film(seconds: usize, place: impl Fn(f32) -> (f32, f32)) -> Vec<Small> {
        let picture = |at: usize| {
            let (x, y) = place(at as f32 / 4.0);
            std::array::from_fn(|cell| {
                let (across, down) = ((cell % ACROSS) as f32, (cell / ACROSS) as f32);
                let room = 40 + (cell % ACROSS / 6 * 17 + cell / ACROSS / 5 * 23) % 90;
                let is_figure = (across - x).abs() < 2.5 && (down - y).abs() < 5.0;
                let clock = if down == 1.0 && (2.0..6.0).contains(&across) { at / 2 % 2 * 80 } else { 0 };
                if is_figure { 220 } else { (room + clock) as u8 }
            })
        };
        (0..seconds * 4).map(picture).collect()
    }

    /// To and fro, at the pace of a seed.
    pub fn walk(seed: f32) -> impl Fn(f32) -> (f32, f32) {
        move |t| (24.0 + 18.0 * (t * (0.2 + 0.13 * seed) + seed).sin(), 18.0 + 4.0 * (t * 0.9 * seed).cos())
    }

    #[test]
    fn a_clock_and_a_still_room_say_nothing() {
        let still = Moves::of(&film(20, |_| (-9.0, -9.0)));
        let says = |moves: &Moves, cell: usize| {
            moves.changes.iter().any(|change| change[cell] != 0) && !moves.restless[cell]
        };
        assert!((0..CELLS).all(|cell| !says(&still, cell)));
        let walked = Moves::of(&film(20, walk(1.0)));
        assert!((0..CELLS).any(|cell| says(&walked, cell)) && !says(&walked, ACROSS + 3));
    }

    #[test]
    fn whoever_never_rests_is_no_clock() {
        let sways = |t: f32| (30.0, 18.0 + 3.0 * (t * 2.3 + (t * 0.7).sin()).sin());
        let moves = Moves::of(&film(40, sways));
        assert!(moves.restless[ACROSS + 3], "a clock is one");
        assert!((10..DOWN).all(|row| (20..ACROSS).all(|column| !moves.restless[row * ACROSS + column])));
    }

    #[test]
    fn a_lamp_says_nothing() {
        let mut room = film(20, |_| (-9.0, -9.0));
        room[40..].iter_mut().flatten().for_each(|value| *value = value.saturating_add(30));
        assert!(Moves::of(&room).changes[39..41].iter().flatten().all(|change| *change == 0));
    }

    #[test]
    fn changes_are_laid_where_the_picture_lies() {
        let walked = Moves::of(&film(10, walk(1.0)));
        assert_eq!(walked.laid(&Lay::SAME).changes, walked.changes);
        let mirrored = walked.laid(&Lay([-1.0, 0.0, 1.0, 0.0, 1.0, 0.0]));
        let at = 17;
        assert_eq!(mirrored.changes[at][18 * ACROSS], walked.changes[at][18 * ACROSS + ACROSS - 1]);
        let half = walked.laid(&Lay([0.5, 0.0, 0.25, 0.0, 0.5, 0.25]));
        assert_eq!(half.seen.iter().filter(|seen| **seen).count(), CELLS / 4);
    }

    #[test]
    fn shots_begin_where_the_picture_changes_and_not_where_somebody_walks() {
        let mut film = film(10, walk(1.0));
        assert_eq!(cuts(&film), [0, 40]);
        let other: Vec<Small> =
            film.iter().map(|small| std::array::from_fn(|cell| 255 - small[CELLS - 1 - cell])).collect();
        film.extend(other);
        assert_eq!(cuts(&film), [0, 40, 80]);
        assert_eq!(cuts(&[]), [0, 0]);
    }

    #[test]
    fn twice_as_fast_is_half_as_many() {
        let film = film(10, walk(1.0));
        let fast = at_speed(&film, 2.0);
        assert_eq!((fast.len(), fast[7]), (20, film[14]));
        assert_eq!(at_speed(&film, 1.0), film);
        assert!(at_speed(&[], 1.0).is_empty());
    }
}
