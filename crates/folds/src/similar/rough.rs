//! Whether it is worth looking closely at what moves in two shots: the same question, asked of a sixteenth of the cells.
//!
//! Most films of one place share no moment, at no speed; that they do not must cost little.

use super::lay::Lay;
use super::moments;
use super::moves::{ACROSS, CELLS, Moves, Small, taps};

/// Cells that are made one, across and down.
const BLOCK: usize = 4;
/// Cells across, and down.
const GRID: (usize, usize) = (12, 9);
/// All of them, row by row.
pub(super) const ROUGH: usize = 108;
/// Cells of a picture that is rougher still: two by two of these.
pub(super) const FEW: usize = GRID.0 / 2 * GRID.1.div_ceil(2);
/// A change that is grain still.
const GRAIN: f32 = 1.0;
/// How alike the changes must be at some offset: of what is shown in the end they are more so by far.
const PROMISING: f32 = 0.22;

/// A shot in few cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Rough {
    pictures: Vec<[f32; ROUGH]>,
    restless: [bool; ROUGH],
}

/// How the cells of a shot change.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    /// Picture by picture.
    pub changes: Vec<[f32; ROUGH]>,
    /// Cells in which something changes nearly always, as far as that is known.
    restless: [bool; ROUGH],
}

impl Rough {
    /// Of small pictures in equal steps, and of what moves in them: where nothing does, or always, they say nothing.
    pub fn of(pictures: &[Small], moves: &Moves) -> Self {
        let is_restless = |cell: usize| moves.is_long() && moves.restless[cell];
        let says: Vec<bool> = (0..CELLS)
            .map(|cell| !is_restless(cell) && moves.changes.iter().any(|change| change[cell] != 0))
            .collect();
        let block = |cell: usize| cell / ACROSS / BLOCK * GRID.0 + cell % ACROSS / BLOCK;
        let mut counts = [0.0f32; ROUGH];
        (0..CELLS).filter(|cell| says[*cell]).for_each(|cell| counts[block(cell)] += 1.0);
        let rough = |small: &Small| {
            let mut values = [0.0; ROUGH];
            for cell in (0..CELLS).filter(|cell| says[*cell]) {
                values[block(cell)] += f32::from(small[cell]) / counts[block(cell)];
            }
            // A lamp that goes on makes all of it brighter, and says nothing.
            let light = middle(
                values.iter().zip(&counts).filter(|(_, count)| **count > 0.0).map(|(value, _)| *value),
            );
            std::array::from_fn(|cell| (values[cell] - light) * counts[cell] / (BLOCK * BLOCK) as f32)
        };
        let mut restless = [false; ROUGH];
        for cell in (0..CELLS).filter(|cell| is_restless(*cell)) {
            restless[block(cell)] = true;
        }
        Self { pictures: pictures.iter().map(rough).collect(), restless }
    }

    /// Does nothing change but grain?
    pub fn is_still(&self) -> bool {
        self.pictures.windows(3).all(|three| {
            three[0].iter().zip(&three[2]).all(|(before, behind)| (behind - before).abs() < GRAIN)
        })
    }

    /// The shot as another shows it, in whose pictures this one lies as `lay` says.
    #[must_use]
    pub fn laid(&self, lay: &Lay) -> Self {
        let taps: Vec<_> = match lay.back() {
            Some(back) => (0..ROUGH).map(|cell| taps(&back, cell, GRID)).collect(),
            None => vec![None; ROUGH],
        };
        let laid = |picture: &[f32; ROUGH]| {
            std::array::from_fn(|cell| {
                taps[cell].map_or(0.0, |taps| taps.iter().map(|(at, share)| share * picture[*at]).sum())
            })
        };
        let restless = std::array::from_fn(|cell| {
            taps[cell].is_some_and(|taps| taps.iter().any(|(at, share)| *share > 0.1 && self.restless[*at]))
        });
        Self { pictures: self.pictures.iter().map(laid).collect(), restless }
    }

    /// How it changes where it is shown `speed` times as fast.
    pub fn changes(&self, speed: f32) -> Changes {
        let restless = self.restless;
        let Some(last) = self.pictures.len().checked_sub(1) else {
            return Changes { changes: Vec::new(), restless };
        };
        let count = (last as f32 / speed) as usize + 1;
        let at = |number: usize, cell: usize| {
            let at = (number.min(count - 1) as f32 * speed).min(last as f32);
            let (one, share) = (at as usize, at.fract());
            self.pictures[one][cell] * (1.0 - share) + self.pictures[(one + 1).min(last)][cell] * share
        };
        let change = |number: usize| {
            std::array::from_fn(|cell| {
                let change = at(number + 1, cell) - at(number.saturating_sub(1), cell);
                if change.abs() < GRAIN { 0.0 } else { change }
            })
        };
        Changes { changes: (0..count).map(change).collect(), restless }
    }
}

/// The median; 0 of nothing.
fn middle(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    let at = values.len() / 2;
    if values.is_empty() { 0.0 } else { *values.select_nth_unstable_by(at, f32::total_cmp).1 }
}

impl Changes {
    /// May both be of the same moments?
    pub fn may_share(&self, other: &Self) -> bool {
        let may = |one: &[[f32; ROUGH]], another: &[[f32; ROUGH]]| {
            moments::ranked(one, another).first().is_some_and(|(alike, _)| *alike >= PROMISING)
        };
        // What moves may do so beside a clock, in the same cell.
        may(&self.without(&other.restless), &other.without(&self.restless))
            || self.restless != other.restless && may(&self.changes, &other.changes)
    }

    /// How alike they are at the best offset, asked of a quarter of the cells.
    pub fn promise(&self, other: &Self) -> f32 {
        let few = |all: Vec<[f32; ROUGH]>| all.iter().map(few).collect::<Vec<_>>();
        let (ours, theirs) = (few(self.without(&other.restless)), few(other.without(&self.restless)));
        moments::ranked(&ours, &theirs).first().map_or(0.0, |(alike, _)| *alike)
    }

    /// Without the cells that are restless in the other.
    fn without(&self, restless: &[bool; ROUGH]) -> Vec<[f32; ROUGH]> {
        let calm = |change: &[f32; ROUGH]| {
            std::array::from_fn(|cell| if restless[cell] { 0.0 } else { change[cell] })
        };
        self.changes.iter().map(calm).collect()
    }
}

/// Changes of two by two cells.
pub(super) fn few(change: &[f32; ROUGH]) -> [f32; FEW] {
    let mut sums = [0.0; FEW];
    for (cell, value) in change.iter().enumerate() {
        sums[cell / GRID.0 / 2 * (GRID.0 / 2) + cell % GRID.0 / 2] += value;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::super::moves::at_speed;
    use super::super::moves::tests::{film, walk};
    use super::*;

    fn rough(pictures: &[Small]) -> Rough {
        Rough::of(pictures, &Moves::of(pictures))
    }

    #[test]
    fn what_is_of_the_same_moments_is_never_passed_over() {
        for seed in [0.7, 1.0, 1.9] {
            let whole = film(60, walk(seed));
            let ours = rough(&whole).changes(1.0);
            assert!(ours.may_share(&rough(&whole[70..130]).changes(1.0)));
            for speed in [0.75, 24.0 / 25.0, 1.25, 2.0] {
                let slower = at_speed(&whole, 1.0 / speed);
                assert!(ours.may_share(&rough(&slower).changes(speed)), "{speed}");
            }
            let lay = Lay([-1.25, 0.0, 1.125, 0.0, 1.25, -0.125]);
            let copy = rough(&whole).laid(&lay);
            assert!(ours.may_share(&copy.laid(&lay.back().unwrap()).changes(1.0)));
        }
    }

    #[test]
    fn an_empty_room_and_a_clock_promise_nothing() {
        let empty = rough(&film(30, |_| (-9.0, 0.0))).changes(1.0);
        assert!(!empty.may_share(&empty));
        let none = Changes { changes: Vec::new(), restless: [false; ROUGH] };
        assert!(!none.may_share(&empty));
    }

    #[test]
    fn an_empty_room_is_still_though_a_lamp_goes_on() {
        let mut empty = film(30, |_| (-9.0, 0.0));
        empty[50..].iter_mut().flatten().for_each(|value| *value += 6);
        assert!(rough(&empty).is_still());
        assert!(!rough(&film(30, walk(1.0))).is_still());
    }

    #[test]
    fn most_other_days_promise_nothing() {
        let ours = rough(&film(60, walk(1.0))).changes(1.0);
        let days = (0..20).map(|day| rough(&film(60, walk(1.3 + 0.37 * day as f32))));
        let passed = days.filter(|day| !ours.may_share(&day.changes(1.0))).count();
        assert!(passed >= 10, "{passed} of 20 passed over");
    }
}
