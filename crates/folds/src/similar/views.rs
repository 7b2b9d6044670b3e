//! Do two pictures show the same place, and how does the one lie in the other? Points that look alike must stand alike.

use vidimus_model::print::{Point, Way};

use super::lay::Lay;

/// What a picture shows, as points that are found again: as a print has it, in numbers that are reckoned with.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// Width by height.
    pub aspect: f32,
    /// The points.
    pub points: Vec<Point>,
}

/// How one scene lies in another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// From the first to the second.
    pub lay: Lay,
    /// Points that say so.
    pub points: usize,
}

/// Points that must say so: below, chance does.
const LEAST: usize = 9;
/// Bits in which points may differ that look alike.
const ALIKE: u32 = 60;
/// Of the first 64 bits so many may differ.
const QUARTER: u32 = 24;
/// From so many points on no other way is tried.
const ENOUGH: usize = 24;
/// How far from its place a point may stand, as a share of the height.
const OFF: f32 = 0.018;
/// Pairs of points that are tried at most.
const TRIES: usize = 400;
/// How seldom the best lay may be missed because no more were tried.
const MISSED: f32 = 1e-4;

/// The lay in which most points of `a` stand in `b` where they should; none where too few do.
pub fn fit(a: &Scene, b: &Scene, ways: &[Way]) -> Option<Fit> {
    let mut best: Option<Fit> = None;
    for way in ways {
        if let Some(found) = fit_laid(a, b, *way, None).or_else(|| stretched(a, b, *way))
            && best.is_none_or(|best| found.points > best.points)
        {
            best = Some(found);
        }
        if best.is_some_and(|best| best.points >= ENOUGH) {
            break;
        }
    }
    best
}

/// A point of the one and a point of the other that look alike, where a height is 1.
#[derive(Clone, Copy)]
struct Alike {
    from: (f32, f32),
    to: (f32, f32),
}

/// The one may fill the shape of the other.
fn stretched(a: &Scene, b: &Scene, way: Way) -> Option<Fit> {
    let aspect = if way.is_on_its_side() { 1.0 / a.aspect } else { a.aspect };
    let is_other_shape = !(0.95..1.05).contains(&(aspect / b.aspect));
    if is_other_shape { fit_laid(a, b, way, Some(b.aspect)) } else { None }
}

fn fit_laid(a: &Scene, b: &Scene, way: Way, shape: Option<f32>) -> Option<Fit> {
    let aspect = shape.unwrap_or(if way.is_on_its_side() { 1.0 / a.aspect } else { a.aspect });
    let laid: Vec<Point> = a.points.iter().map(|point| way.point(point)).collect();
    let alike = alike(&laid, &b.points, aspect, b.aspect);
    let mut lay = by_two(&alike)?;
    let mut fitting = Vec::new();
    for off in [OFF * 1.4, OFF, OFF] {
        fitting = alike.iter().filter(|pair| is_in_place(&lay, pair, off)).copied().collect();
        if fitting.len() < LEAST {
            return None;
        }
        lay = least_squares(&fitting).unwrap_or(lay);
    }
    if spread(&fitting) / aspect < 0.08 || !(0.08..12.0).contains(&lay.area()) || lay.is_mirrored() {
        return None;
    }
    let [x, y, left, across, down, top] = lay.0;
    let by_height = b.aspect;
    let unit = Lay([x * aspect / by_height, y / by_height, left / by_height, across * aspect, down, top]);
    Some(Fit { lay: unit.after(way), points: fitting.len() })
}

/// Points that are each other's most alike.
fn alike(a: &[Point], b: &[Point], aspect_a: f32, aspect_b: f32) -> Vec<Alike> {
    let (words_a, words_b) = (words(a), words(b));
    let mut best_a = vec![(ALIKE + 1, 0); a.len()];
    let mut best_b = vec![ALIKE + 1; b.len()];
    for (one, best) in words_a.iter().zip(&mut best_a) {
        for (number, (other, back)) in words_b.iter().zip(&mut best_b).enumerate() {
            // A quarter of the bits tells nearly always that it is another.
            if (one[0] ^ other[0]).count_ones() > QUARTER {
                continue;
            }
            let off = one.iter().zip(other).map(|(one, other)| (one ^ other).count_ones()).sum();
            *best = (*best).min((off, number));
            *back = off.min(*back);
        }
    }
    let place = |point: &Point, aspect: f32| {
        let unit = |at: u16| f32::from(at) / f32::from(u16::MAX);
        (unit(point.x) * aspect, unit(point.y))
    };
    let mut pairs: Vec<(u32, Alike)> = Vec::new();
    for (point, (off, number)) in a.iter().zip(best_a) {
        if off <= ALIKE && best_b[number] == off {
            pairs.push((off, Alike { from: place(point, aspect_a), to: place(&b[number], aspect_b) }));
        }
    }
    pairs.sort_by_key(|(off, _)| *off);
    pairs.into_iter().map(|(_, pair)| pair).collect()
}

fn words(points: &[Point]) -> Vec<[u64; 4]> {
    let word =
        |bits: &[u8; 32], at: usize| u64::from_le_bytes(std::array::from_fn(|byte| bits[at * 8 + byte]));
    points.iter().map(|point| std::array::from_fn(|at| word(&point.bits, at))).collect()
}

/// The lay with the same scale across and down, and hardly turned, that most pairs agree with, of those that two of them make.
fn by_two(alike: &[Alike]) -> Option<Lay> {
    if alike.len() < LEAST {
        return None;
    }
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut best: Option<(usize, Lay)> = None;
    let mut tries = enough(LEAST, alike.len()).min(TRIES);
    for tried in 0..TRIES {
        if tried >= tries {
            break;
        }
        let (one, other) = (&alike[chance.below(alike.len())], &alike[chance.below(alike.len())]);
        let Some(lay) = through_two(one, other) else { continue };
        let count = alike.iter().filter(|pair| is_in_place(&lay, pair, OFF)).count();
        if best.is_none_or(|(most, _)| count > most) {
            best = Some((count, lay));
            tries = enough(count, alike.len());
        }
    }
    best.filter(|(count, _)| *count >= LEAST).map(|(_, lay)| lay)
}

/// Tries after which, where so many of all pairs say the same, two of them were nearly surely met.
fn enough(count: usize, all: usize) -> usize {
    let share = count as f32 / all as f32;
    let missed = 1.0 - share * share;
    if missed <= 0.0 { 1 } else { (MISSED.ln() / missed.ln()).ceil() as usize }
}

fn through_two(one: &Alike, other: &Alike) -> Option<Lay> {
    let (dx, dy) = (other.from.0 - one.from.0, other.from.1 - one.from.1);
    let (ex, ey) = (other.to.0 - one.to.0, other.to.1 - one.to.1);
    let apart = dx * dx + dy * dy;
    if apart < 0.02 {
        return None;
    }
    let (along, aside) = ((dx * ex + dy * ey) / apart, (dx * ey - dy * ex) / apart);
    let scale = along.hypot(aside);
    if !(0.3..3.3).contains(&scale) || aside.abs() > 0.2 * along {
        return None;
    }
    let left = one.to.0 - along * one.from.0 + aside * one.from.1;
    let top = one.to.1 - aside * one.from.0 - along * one.from.1;
    Some(Lay([along, -aside, left, aside, along, top]))
}

fn is_in_place(lay: &Lay, pair: &Alike, off: f32) -> bool {
    let (x, y) = lay.of(pair.from);
    (x - pair.to.0).abs() < off && (y - pair.to.1).abs() < off
}

/// The lay that is off by least.
fn least_squares(pairs: &[Alike]) -> Option<Lay> {
    let (mut square, mut across, mut down) = ([[0f64; 3]; 3], [0f64; 3], [0f64; 3]);
    for pair in pairs {
        let row = [f64::from(pair.from.0), f64::from(pair.from.1), 1.0];
        for i in 0..3 {
            for j in 0..3 {
                square[i][j] += row[i] * row[j];
            }
            across[i] += row[i] * f64::from(pair.to.0);
            down[i] += row[i] * f64::from(pair.to.1);
        }
    }
    let whole = determinant(&square);
    if whole.abs() < 1e-9 {
        return None;
    }
    // Cramer's rule.
    let solve = |right: [f64; 3]| -> [f32; 3] {
        std::array::from_fn(|column| {
            let mut with = square;
            with.iter_mut().zip(right).for_each(|(row, value)| row[column] = value);
            (determinant(&with) / whole) as f32
        })
    };
    let ([a, b, c], [d, e, f]) = (solve(across), solve(down));
    Some(Lay([a, b, c, d, e, f]))
}

fn determinant(m: &[[f64; 3]; 3]) -> f64 {
    m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
        + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
}

/// The area that points stand in, where a height is 1.
fn spread(pairs: &[Alike]) -> f32 {
    let range = |of: fn(&Alike) -> f32| {
        let (least, most) = pairs.iter().map(of).fold((f32::MAX, f32::MIN), |(a, b), v| (a.min(v), b.max(v)));
        most - least
    };
    range(|pair| pair.from.0) * range(|pair| pair.from.1)
}

/// In how many bits two hashes differ.
pub fn distance(a: &[u8; 32], b: &[u8; 32]) -> u32 {
    let word = |of: &[u8; 32], at: usize| u64::from_le_bytes(std::array::from_fn(|byte| of[at * 8 + byte]));
    (0..4).map(|at| (word(a, at) ^ word(b, at)).count_ones()).sum()
}

/// The same chances each time: what is found does not change from one run to the next.
struct Chance(u64);

impl Chance {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % count as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use super::super::lay::laid;

    /// Points all over, with what is around them from a seed.
    fn scene(seed: u64, aspect: f32) -> Scene {
        let mut chance = Chance(seed);
        let point = |_| Point {
            x: chance.below(65_536) as u16,
            y: chance.below(65_536) as u16,
            bits: std::array::from_fn(|_| chance.below(256) as u8),
        };
        Scene { aspect, points: (0..80).map(point).collect() }
    }

    /// The scene as another picture shows it: laid in a way, cut and scaled, some of its bits wrong.
    fn seen(scene: &Scene, way: Way, lay: &Lay) -> Scene {
        let mut chance = Chance(7);
        let points = scene.points.iter().filter_map(|point| {
            let mut point = way.point(point);
            (0..20).map(|_| chance.below(256)).for_each(|bit| point.bits[bit / 8] ^= 1 << (bit % 8));
            let unit = |at: u16| f32::from(at) / 65_535.0;
            let (x, y) = lay.of((unit(point.x), unit(point.y)));
            let is_inside = (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y);
            is_inside.then_some(Point { x: (x * 65_535.0) as u16, y: (y * 65_535.0) as u16, ..point })
        });
        let aspect = if way.is_on_its_side() { 1.0 / scene.aspect } else { scene.aspect };
        Scene { aspect, points: points.collect() }
    }

    #[test]
    fn a_scene_is_found_however_it_is_laid() {
        let whole = scene(3, 1.5);
        let cut = Lay([1.25, 0.0, -0.125, 0.0, 1.25, -0.125]);
        for way in Way::ALL {
            let found = fit(&whole, &seen(&whole, way, &cut), &Way::ALL).unwrap();
            assert!(found.points > 30, "{way:?} {found:?}");
            for point in [(0.2, 0.3), (0.8, 0.6)] {
                let ((x, y), (there_x, there_y)) = (found.lay.of(point), cut.of(laid(way, point)));
                assert!((x - there_x).abs() < 0.01 && (y - there_y).abs() < 0.01, "{way:?}");
            }
        }
    }

    #[test]
    fn another_scene_is_not_found() {
        assert_eq!(fit(&scene(3, 1.5), &scene(4, 1.5), &Way::ALL), None);
        assert_eq!(fit(&Scene::default(), &scene(4, 1.5), &Way::ALL), None);
    }
}
