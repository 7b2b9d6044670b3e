//! The moments that two films share: at which offset the same cells change in the same way, and from when to when.

use std::cell::RefCell;

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;

use super::moves::{ACROSS, CELLS, DOWN, Moves};

/// How two rows of changes fit: picture `n` of the first is picture `n + offset` of the second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shared {
    /// Pictures that the second is ahead of the first.
    pub offset: f32,
    /// From 0, nothing alike, to 1: how alike all changes of the overlap are.
    pub alike: f32,
    /// Pictures of the first between which the changes are alike.
    pub from: usize,
    /// Behind the last of them.
    pub to: usize,
    /// Spells of two seconds in which something moves alike.
    pub for_it: usize,
    /// Spells in which it does not.
    pub against: usize,
    /// How many times more alike they are than at the best other offset, roughly; 0 where no other was tried.
    pub apart: f32,
}

impl Shared {
    /// Whether it is shown that both show the same moments: enough moves, and it moves alike. The shorter that is, the more alike it
    /// must be, and so by what [`chance`] does among all offsets that were tried.
    pub fn is_shown(&self, chance: f32) -> bool {
        self.is_alike(if self.for_it < 3 { 0.75 } else { 0.6 }, chance)
    }

    /// The same, where one is shown faster: of many speeds, too, chance finds one.
    pub fn is_shown_faster(&self, chance: f32) -> bool {
        let least = match self.for_it {
            ..3 => 0.8,
            3 => 0.7,
            _ => 0.6,
        };
        self.is_alike(least, chance)
    }

    fn is_alike(&self, least: f32, chance: f32) -> bool {
        self.alike > least + chance && self.for_it >= spells(chance) && self.against * 4 <= self.for_it
    }
}

/// Pictures of a spell.
pub(super) const SPELL: usize = 8;
/// Pictures that films must overlap by.
const OVERLAP: usize = 8;
/// From here on it is not asked whether pictures fall between each other.
const SURELY: f32 = 0.85;
/// Offsets that are looked at more closely.
const CLOSELY: usize = 4;
/// Cells of the coarse grid: two by two.
const COARSE: usize = CELLS / 4;

/// How much more alike what moves must be where so many offsets are tried: in ten hours many people walk along one corridor.
pub fn chance(offsets: usize) -> f32 {
    (0.03 * (offsets as f32 / 4096.0).log2()).clamp(0.0, 0.15)
}

/// Spells that must be alike then: two, and eight where most offsets were tried.
pub fn spells(chance: f32) -> usize {
    2 + (40.0 * chance).round() as usize
}

/// The best of all offsets; none where nothing moves in both.
pub fn shared(a: &Moves, b: &Moves) -> Option<Shared> {
    let (a, b) = rows(a, b)?;
    let mut best: Option<Shared> = None;
    for (offset, apart) in offsets(&a, &b) {
        if let Some(found) = closely(&a, &b, offset)
            && best.is_none_or(|best| weight(&found) > weight(&best))
        {
            best = Some(Shared { apart, ..found });
        }
    }
    best.map(|best| between(&a, &b, best))
}

/// The same, where pictures of the one fall between those of the other: what moves fast is alike then only halfway.
fn between(a: &Row, b: &Row, best: Shared) -> Shared {
    if best.for_it == 0 || best.alike > SURELY {
        return best;
    }
    let (halfway, around) = (b.halfway(), best.offset.round() as i64);
    let found = [around - 1, around].into_iter().filter_map(|offset| {
        let found = at(a, &halfway, offset)?;
        Some(Shared { offset: found.offset + 0.5, apart: best.apart, ..found })
    });
    found.fold(best, |best, found| if weight(&found) > weight(&best) { found } else { best })
}

/// How they fit at an offset that something else speaks for, or beside it.
pub fn near(a: &Moves, b: &Moves, offset: f32) -> Option<Shared> {
    let (a, b) = rows(a, b)?;
    closely(&a, &b, offset.round() as i64).map(|best| between(&a, &b, best))
}

/// Changes of those cells that say something of both.
struct Row {
    changes: Vec<[i8; CELLS]>,
    /// For each picture the squares of its changes, summed.
    squares: Vec<f32>,
}

/// Both rows; none where they have too few cells in common.
fn rows(a: &Moves, b: &Moves) -> Option<(Row, Row)> {
    // What always changes is known by those that are long; of two short ones each knows what it can.
    let counts = |moves: &Moves| moves.is_long() || !a.is_long() && !b.is_long();
    let (of_a, of_b) = (counts(a), counts(b));
    let says = |cell: usize| {
        a.seen[cell] && b.seen[cell] && !(of_a && a.restless[cell]) && !(of_b && b.restless[cell])
    };
    let cells: Vec<bool> = (0..CELLS).map(says).collect();
    (cells.iter().filter(|says| **says).count() * 5 >= CELLS)
        .then(|| (Row::of(a, &cells), Row::of(b, &cells)))
}

impl Row {
    fn of(moves: &Moves, cells: &[bool]) -> Self {
        let mut changes = moves.changes.clone();
        for change in &mut changes {
            change.iter_mut().zip(cells).for_each(|(value, says)| *value = if *says { *value } else { 0 });
        }
        let squares = changes.iter().map(|change| product(change, change)).collect();
        Self { changes, squares }
    }

    fn pictures(&self) -> usize {
        self.changes.len()
    }

    /// The changes halfway from each picture to the next.
    fn halfway(&self) -> Self {
        let mean = |(one, next): (&i8, &i8)| ((i16::from(*one) + i16::from(*next)) / 2) as i8;
        let changes: Vec<[i8; CELLS]> = self
            .changes
            .windows(2)
            .map(|two| {
                let mut all = two[0].iter().zip(&two[1]).map(mean);
                std::array::from_fn(|_| all.next().unwrap_or(0))
            })
            .collect();
        let squares = changes.iter().map(|change| product(change, change)).collect();
        Self { changes, squares }
    }
}

/// The products of the same cells, summed.
fn product(a: &[i8; CELLS], b: &[i8; CELLS]) -> f32 {
    a.iter().zip(b).map(|(a, b)| i32::from(i16::from(*a) * i16::from(*b))).sum::<i32>() as f32
}

/// What is alike for long says more than what is very alike for a moment.
fn weight(shared: &Shared) -> f32 {
    shared.alike * (shared.for_it.min(10) as f32 + 0.5)
        / (1.0 + shared.against as f32 / (shared.for_it as f32 + 1.0))
}

/// How they fit at an offset, and from when to when; none where they do not overlap, or nothing moves.
fn at(a: &Row, b: &Row, offset: i64) -> Option<Shared> {
    let (first, behind) = overlap(a.pictures(), b.pictures(), offset)?;
    let sums: Vec<Sums> =
        (first..behind).map(|at| Sums::of((a, at), (b, (at as i64 + offset) as usize))).collect();
    let whole = Sums::all(&sums);
    if whole.a <= 0.0 || whole.b <= 0.0 {
        return None;
    }
    let usual = (whole.a * whole.b).sqrt() / sums.len() as f32;
    let (mut for_it, mut against, mut range) = (0, 0, None);
    for (number, spell) in sums.chunks(SPELL).enumerate() {
        let sum = Sums::all(spell);
        let much = sum.a.max(sum.b);
        if much < 0.1 * usual * spell.len() as f32 || much < 25.0 * spell.len() as f32 {
            continue;
        }
        let begin = first + number * SPELL;
        match sum.both / much {
            alike if alike > 0.4 => {
                for_it += 1;
                range = Some((range.map_or(begin, |(from, _)| from), begin + spell.len()));
            }
            alike if alike < 0.2 => against += 1,
            _ => {}
        }
    }
    let (from, to) = range.unwrap_or((first, first));
    let alike = whole.both / (whole.a * whole.b).sqrt();
    Some(Shared { offset: offset as f32, alike, from, to, for_it, against, apart: 0.0 })
}

/// Pictures of the first between which both are there.
fn overlap(a: usize, b: usize, offset: i64) -> Option<(usize, usize)> {
    let first = usize::try_from((-offset).max(0)).ok()?;
    let behind = usize::try_from((a as i64).min(b as i64 - offset)).ok()?;
    (behind >= first + OVERLAP).then_some((first, behind))
}

/// Products of changes: of both, of the first with itself, of the second with itself.
#[derive(Clone, Copy, Default)]
struct Sums {
    both: f32,
    a: f32,
    b: f32,
}

impl Sums {
    fn of((a, one): (&Row, usize), (b, other): (&Row, usize)) -> Self {
        let squares = Self { both: 0.0, a: a.squares[one], b: b.squares[other] };
        // Most of the time nothing moves.
        if squares.a == 0.0 || squares.b == 0.0 {
            return squares;
        }
        Self { both: product(&a.changes[one], &b.changes[other]), ..squares }
    }

    fn all(some: &[Self]) -> Self {
        some.iter().fold(Self::default(), |sum, one| Self {
            both: sum.both + one.both,
            a: sum.a + one.a,
            b: sum.b + one.b,
        })
    }
}

/// The best offset around one, between pictures too.
fn closely(a: &Row, b: &Row, around: i64) -> Option<Shared> {
    let near: Vec<Shared> = (around - 2..=around + 2).filter_map(|offset| at(a, b, offset)).collect();
    let (number, best) =
        near.iter().enumerate().max_by(|(_, one), (_, other)| one.alike.total_cmp(&other.alike))?;
    let mut best = *best;
    if let (Some(before), Some(behind)) =
        (number.checked_sub(1).and_then(|at| near.get(at)), near.get(number + 1))
    {
        // The top of a parabola through three.
        let bend = before.alike - 2.0 * best.alike + behind.alike;
        if bend < -1e-6 {
            best.offset += (0.5 * (before.alike - behind.alike) / bend).clamp(-0.5, 0.5);
        }
    }
    Some(best)
}

/// Offsets at which much changes alike, the most promising first, each with how many times more so than at any other.
fn offsets(a: &Row, b: &Row) -> Vec<(i64, f32)> {
    let mut best: Vec<(f32, i64)> = Vec::new();
    for (alike, offset) in ranked(&coarse(a), &coarse(b)) {
        if best.iter().all(|(_, other)| (other - offset).abs() > 2) {
            best.push((alike, offset));
        }
        if best.len() == CLOSELY {
            break;
        }
    }
    let other = |at: usize| best.get(usize::from(at == 0)).map_or(0.0, |(alike, _)| *alike);
    (0..best.len()).map(|at| (best[at].1, best[at].0 / other(at).max(0.05))).collect()
}

/// Every offset at which both change, with how alike they do, the most promising first: all of them are tried at once, by Fourier
/// transforms.
pub(super) fn ranked<const N: usize>(one: &[[f32; N]], other: &[[f32; N]]) -> Vec<(f32, i64)> {
    let (count_a, count_b) = (one.len() as i64, other.len() as i64);
    let together = together(one, other);
    let (sums_a, sums_b) = (running(one), running(other));
    let least = 0.1 * sums_a.last().copied().unwrap_or(0.0).min(sums_b.last().copied().unwrap_or(0.0));
    let mut found: Vec<(f32, i64)> = Vec::new();
    for offset in OVERLAP as i64 - count_a..=count_b - OVERLAP as i64 {
        let Some((first, behind)) = overlap(one.len(), other.len(), offset) else { continue };
        let there = |at: usize| (at as i64 + offset) as usize;
        let much_a = sums_a[behind] - sums_a[first];
        let much_b = sums_b[there(behind)] - sums_b[there(first)];
        if much_a <= least || much_b <= least {
            continue;
        }
        let both = together[offset.rem_euclid(together.len() as i64) as usize];
        let share = (behind - first) as f32 / one.len().min(other.len()) as f32;
        found.push((both / (much_a * much_b).sqrt() * (share + 0.6).min(1.0), offset));
    }
    found.sort_by(|one, other| other.0.total_cmp(&one.0));
    found
}

/// Changes of two by two cells.
fn coarse(row: &Row) -> Vec<[f32; COARSE]> {
    let coarse = |change: &[i8; CELLS]| {
        let mut sums = [0.0; COARSE];
        for (cell, value) in change.iter().enumerate() {
            sums[cell / ACROSS / 2 * (ACROSS / 2) + cell % ACROSS / 2] += f32::from(*value);
        }
        sums
    };
    debug_assert_eq!(ACROSS / 2 * (DOWN / 2), COARSE);
    row.changes.iter().map(coarse).collect()
}

/// Squares summed up to each picture.
fn running<const N: usize>(changes: &[[f32; N]]) -> Vec<f32> {
    let mut sums = vec![0.0];
    let mut sum = 0.0;
    for change in changes {
        sum += change.iter().map(|value| value * value).sum::<f32>();
        sums.push(sum);
    }
    sums
}

thread_local! {
    /// Keeps what it has reckoned of a size.
    static PLANNER: RefCell<FftPlanner<f32>> = RefCell::new(FftPlanner::new());
}

/// For each offset, counted round, the products of all cells summed.
pub(super) fn together<const N: usize>(a: &[[f32; N]], b: &[[f32; N]]) -> Vec<f32> {
    let size = (a.len() + b.len()).next_power_of_two();
    let (there, back) = PLANNER.with_borrow_mut(|p| (p.plan_fft_forward(size), p.plan_fft_inverse(size)));
    let mut sum = vec![Complex::new(0.0, 0.0); size];
    let mut both = vec![Complex::new(0.0, 0.0); size];
    for cell in 0..N {
        let moves = |changes: &[[f32; N]]| changes.iter().any(|change| change[cell] != 0.0);
        if !moves(a) || !moves(b) {
            continue;
        }
        // Two rows of real numbers are one of complex ones.
        both.fill(Complex::new(0.0, 0.0));
        both.iter_mut().zip(a).for_each(|(value, change)| value.re = change[cell]);
        both.iter_mut().zip(b).for_each(|(value, change)| value.im = change[cell]);
        there.process(&mut both);
        for at in 0..size {
            let (value, other) = (both[at], both[(size - at) % size].conj());
            let one = (value + other) * 0.5;
            let two = (value - other) * Complex::new(0.0, -0.5);
            sum[at] += one.conj() * two;
        }
    }
    back.process(&mut sum);
    sum.iter().map(|value| value.re / size as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::super::lay::Lay;
    use super::super::moves::at_speed;
    use super::super::moves::tests::{film, walk};
    use super::*;

    #[test]
    fn an_excerpt_is_found_where_it_was_taken_from() {
        let whole = film(60, walk(1.0));
        let excerpt = Moves::of(&whole[70..130]);
        let found = shared(&excerpt, &Moves::of(&whole)).unwrap();
        assert!(found.is_shown(0.0) && (found.offset - 70.0).abs() < 0.5, "{found:?}");
        assert!(found.to - found.from > 40, "{found:?}");
    }

    #[test]
    fn a_mirrored_cut_copy_is_found_through_its_lay() {
        let whole = film(40, walk(1.0));
        // Of the copy a cell shows what a mirrored one shows of the original, a tenth cut from each side.
        let lay = Lay([-1.25, 0.0, 1.125, 0.0, 1.25, -0.125]);
        let copy = Moves::of(&whole).laid(&lay);
        let back = copy.laid(&lay.back().unwrap());
        let found = shared(&Moves::of(&whole), &back).unwrap();
        assert!(found.is_shown(0.0) && found.offset.abs() < 0.3, "{found:?}");
    }

    #[test]
    fn an_excerpt_in_which_somebody_stands_and_sways_is_found() {
        // Goes there, stands there for twelve seconds, swaying, and goes on.
        let place = |t: f32| {
            let along = if t < 20.0 { t } else { (t - 12.0).max(20.0) };
            (4.0 + along, 18.0 + 3.0 * (t * 2.3 + (t * 0.7).sin()).sin())
        };
        let whole = film(50, place);
        let excerpt = Moves::of(&whole[84..124]);
        let found = shared(&excerpt, &Moves::of(&whole)).unwrap();
        assert!(found.is_shown(0.0) && (found.offset - 84.0).abs() < 0.6, "{found:?}");
    }

    #[test]
    fn pictures_that_fall_between_each_other_are_found() {
        let fast =
            |t: f32| (24.0 + 20.0 * (t * 1.1 + (t * 0.3).sin() * 3.0).sin(), 18.0 + 8.0 * (t * 1.3).cos());
        let whole = Moves::of(&film(40, fast));
        let later = Moves::of(&film(10, |t| fast(t + 8.125)));
        let found = shared(&later, &whole).unwrap();
        assert!(found.is_shown(0.0) && (found.offset - 32.5).abs() < 0.6, "{found:?}");
    }

    #[test]
    fn another_day_under_the_same_camera_is_not_shown() {
        for seed in [0.7, 1.9, 2.6] {
            let found = shared(&Moves::of(&film(50, walk(1.0))), &Moves::of(&film(50, walk(seed))));
            assert!(!found.is_some_and(|found| found.is_shown(0.0)), "{found:?}");
        }
        assert_eq!(
            shared(&Moves::of(&film(50, |_| (-9.0, 0.0))), &Moves::of(&film(50, |_| (-9.0, 0.0)))),
            None
        );
    }

    #[test]
    fn a_faster_copy_is_found_at_its_speed() {
        let whole = film(60, walk(1.0));
        let fast = at_speed(&whole, 1.5);
        let slow = |speed: f32| shared(&Moves::of(&fast), &Moves::of(&at_speed(&whole, speed)));
        assert!(slow(1.5).unwrap().is_shown(0.0));
        assert!(!slow(1.0).is_some_and(|found| found.is_shown(0.0)));
    }

    #[test]
    fn short_films_are_no_trouble() {
        for count in 0..10 {
            let short = Moves::of(&film(10, walk(1.0))[..count]);
            assert!(shared(&short, &short).is_none_or(|found| found.from <= found.to));
        }
    }
}
