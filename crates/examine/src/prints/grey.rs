//! A picture without colour, and what smaller pictures of it look like.

use vidimus_model::print::{SMALL_HEIGHT, SMALL_WIDTH, Small};

/// Points in rows, 0 black to 255 white.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grey {
    pub width: usize,
    pub height: usize,
    pub values: Vec<u8>,
}

/// Edges of a part, in points: left, top, right, lower.
pub(crate) type Edges = [f32; 4];

impl Grey {
    /// A picture of this size; none where that is nothing, or there are not so many values.
    pub fn new(width: usize, height: usize, values: Vec<u8>) -> Option<Grey> {
        let fits = width > 0 && height > 0 && width.checked_mul(height) == Some(values.len());
        fits.then_some(Grey { width, height, values })
    }

    pub fn at(&self, x: usize, y: usize) -> u8 {
        self.values[y * self.width + x]
    }

    /// The edges of all of it.
    pub fn edges(&self) -> Edges {
        [0.0, 0.0, self.width as f32, self.height as f32]
    }

    /// Brought to the size of all small frames.
    pub fn small(&self) -> Small {
        let small = self.resized(self.edges(), SMALL_WIDTH, SMALL_HEIGHT);
        std::array::from_fn(|at| small.values[at])
    }

    /// A part in another size, neither of which is nothing: the mean of areas, and of neighbours where it becomes larger.
    pub fn resized(&self, [left, top, right, lower]: Edges, width: usize, height: usize) -> Grey {
        let columns: Vec<Taps> = (0..width).map(|at| taps(left, right, at, width, self.width)).collect();
        let rows: Vec<Taps> = (0..height).map(|at| taps(top, lower, at, height, self.height)).collect();
        let from = rows.first().map_or(0, |taps| taps.first);
        let to = rows.last().map_or(0, |taps| taps.first + taps.weights.len());
        let mut across = Vec::with_capacity((to - from) * width);
        for row in self.values.chunks_exact(self.width).take(to).skip(from) {
            across.extend(columns.iter().map(|taps| {
                let under = row[taps.first..].iter().zip(&taps.weights);
                under.map(|(value, weight)| f32::from(*value) * weight).sum::<f32>()
            }));
        }
        let mut values = Vec::with_capacity(width * height);
        let mut sums = vec![0.0; width];
        for taps in &rows {
            sums.fill(0.5);
            let under = across.chunks_exact(width).skip(taps.first - from);
            for (row, weight) in under.zip(&taps.weights) {
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value * weight);
            }
            values.extend(sums.iter().map(|sum| *sum as u8));
        }
        Grey { width, height, values }
    }
}

/// The points that one point of another size is the mean of, and the share of each.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

/// Point `at` of `count` between these edges, in a row of `length`.
fn taps(begin: f32, end: f32, at: usize, count: usize, length: usize) -> Taps {
    let step = (end - begin) / count as f32;
    let (middle, reach) = (begin + (at as f32 + 0.5) * step, step.max(1.0) / 2.0);
    let last = length - 1;
    let first = ((middle - reach).max(0.0) as usize).min(last);
    let behind = ((middle + reach).ceil().max(0.0) as usize).clamp(first + 1, length);
    let share = |point: usize| {
        let (from, to) = ((middle - reach).max(point as f32), (middle + reach).min(point as f32 + 1.0));
        (to - from).max(0.0)
    };
    let weights: Vec<f32> = (first..behind).map(share).collect();
    let all: f32 = weights.iter().sum();
    if all > 0.0 {
        Taps { first, weights: weights.iter().map(|weight| weight / all).collect() }
    } else {
        Taps { first, weights: vec![1.0] }
    }
}

/// The points of several pictures of one size, each the middle one of theirs; there is at least one.
pub(crate) fn median(all: &[&Grey]) -> Grey {
    let mut values = Vec::with_capacity(all[0].values.len());
    let mut column = vec![0; all.len()];
    for at in 0..all[0].values.len() {
        column.iter_mut().zip(all).for_each(|(value, grey)| *value = grey.values[at]);
        let middle = column.len() / 2;
        values.push(*column.select_nth_unstable(middle).1);
    }
    Grey { values, ..*all[0] }
}

/// The share of points, 0 to 1, that differ by more than this; all of them where the sizes do.
pub(crate) fn differs(one: &Grey, other: &Grey, more_than: u8) -> f32 {
    if (one.width, one.height) != (other.width, other.height) {
        return 1.0;
    }
    let pairs = one.values.iter().zip(&other.values);
    pairs.filter(|(a, b)| a.abs_diff(**b) > more_than).count() as f32 / one.values.len() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(width: usize, values: &[u8]) -> Grey {
        Grey::new(width, values.len() / width, values.to_vec()).unwrap()
    }

    #[test]
    fn smaller_is_the_mean_of_areas_and_larger_keeps_what_is_even() {
        let two = grey(4, &[0, 10, 100, 110, 20, 30, 120, 130]);
        assert_eq!(two.resized(two.edges(), 2, 1), grey(2, &[15, 115]));
        let even = grey(3, &[77; 9]);
        assert!(even.resized(even.edges(), 50, 20).values.iter().all(|value| *value == 77));
        assert!(even.small().iter().all(|value| *value == 77));
        let part = two.resized([2.0, 0.0, 4.0, 1.0], 2, 1);
        assert_eq!(part, grey(2, &[100, 110]));
    }

    #[test]
    fn a_size_of_nothing_and_missing_values_are_no_picture() {
        for (width, height, values) in [(0, 0, 0), (2, 2, 3), (usize::MAX, 2, 2)] {
            assert!(Grey::new(width, height, vec![0; values]).is_none());
        }
    }

    #[test]
    fn the_median_leaves_out_what_passes_by() {
        let [a, b, c] = [[5, 5, 200], [5, 200, 5], [6, 5, 5]].map(|values| grey(3, &values));
        assert_eq!(median(&[&a, &b, &c]), grey(3, &[5, 5, 5]));
        assert!((differs(&a, &b, 20) - 2.0 / 3.0).abs() < 1e-6);
        assert!((differs(&a, &grey(1, &[5, 5, 200]), 20) - 1.0).abs() < 1e-6);
    }
}
