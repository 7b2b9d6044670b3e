//! PDQ, the picture hash of which groups exchange lists: 256 bits of how a picture is light and dark, and how much there is to see.
//!
//! As ThreatExchange's `hashing.pdf` and its C++ define it: box filters, 64 x 64 samples, the low 16 x 16 cosines above their median.

use std::sync::LazyLock;

use super::grey::Grey;

/// Samples along each side.
const SIDE: usize = 64;
/// Cosines kept along each side.
const KEPT: usize = 16;
/// A picture with a smaller side has no hash.
const LEAST: usize = 5;

/// A hash, and how far it can be relied on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pdq {
    /// In the order in which it is written in hexadecimal.
    pub hash: [u8; 32],
    /// 0 to 100; below 50 there is too little to see for a match to mean anything.
    pub quality: u8,
}

impl Pdq {
    /// The hash of a picture; of one that is too small all zeros, of no quality.
    pub fn of(grey: &Grey) -> Pdq {
        if grey.width.min(grey.height) < LEAST {
            return Pdq::default();
        }
        let samples = samples(grey);
        Pdq { hash: hash(&samples), quality: quality(&samples) }
    }
}

type Samples = [[f32; SIDE]; SIDE];

/// Two rounds of box filters, then every 64th part of each side.
fn samples(grey: &Grey) -> Samples {
    let Grey { width, height, .. } = *grey;
    let (across, down) = (window(width), window(height));
    let mut values: Vec<f32> = grey.values.iter().map(|value| f32::from(*value)).collect();
    let mut other = vec![0.0; values.len()];
    for _ in 0..2 {
        for (row, out) in values.chunks_exact(width).zip(other.chunks_exact_mut(width)) {
            box_along(row, out, across);
        }
        box_down(&other, &mut values, width, height, down);
    }
    let mut samples = [[0.0; SIDE]; SIDE];
    for (i, row) in samples.iter_mut().enumerate() {
        let y = (2 * i + 1) * height / (2 * SIDE);
        for (j, sample) in row.iter_mut().enumerate() {
            let x = (2 * j + 1) * width / (2 * SIDE);
            *sample = values[y * width + x];
        }
    }
    samples
}

/// Width of the box for a side of this length.
fn window(length: usize) -> usize {
    length.div_ceil(2 * SIDE).max(1)
}

/// Means over a sliding box, which is smaller at both ends.
fn box_along(values: &[f32], out: &mut [f32], window: usize) {
    let length = values.len();
    let behind = window / 2;
    let ahead = window - behind - 1;
    let first = &values[..ahead.min(length)];
    let (mut sum, mut count) = (first.iter().sum::<f32>(), first.len() as u32);
    for at in 0..length {
        if at + ahead < length {
            sum += values[at + ahead];
            count += 1;
        }
        if at > behind {
            sum -= values[at - behind - 1];
            count -= 1;
        }
        out[at] = sum / count as f32;
    }
}

/// The same along columns, all of them at once.
fn box_down(values: &[f32], out: &mut [f32], width: usize, height: usize, window: usize) {
    let behind = window / 2;
    let ahead = window - behind - 1;
    let mut sums = vec![0.0f32; width];
    let row = |at: usize| &values[at * width..(at + 1) * width];
    let mut count = 0u32;
    for at in 0..ahead.min(height) {
        sums.iter_mut().zip(row(at)).for_each(|(sum, value)| *sum += value);
        count += 1;
    }
    for at in 0..height {
        if at + ahead < height {
            sums.iter_mut().zip(row(at + ahead)).for_each(|(sum, value)| *sum += value);
            count += 1;
        }
        if at > behind {
            sums.iter_mut().zip(row(at - behind - 1)).for_each(|(sum, value)| *sum -= value);
            count -= 1;
        }
        let scale = 1.0 / count as f32;
        out[at * width..(at + 1) * width].iter_mut().zip(&sums).for_each(|(out, sum)| *out = sum * scale);
    }
}

/// How much brightness changes from sample to sample.
fn quality(samples: &Samples) -> u8 {
    let step = |a: f32, b: f32| (((a - b) * 100.0 / 255.0) as i32).unsigned_abs();
    let across = samples.iter().flat_map(|row| row.windows(2)).map(|pair| step(pair[0], pair[1]));
    let down = samples.windows(2).flat_map(|rows| rows[0].iter().zip(&rows[1])).map(|(a, b)| step(*a, *b));
    (across.chain(down).sum::<u32>() / 90).min(100) as u8
}

static COSINES: LazyLock<[[f32; SIDE]; KEPT]> = LazyLock::new(|| {
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let angle = std::f64::consts::PI / (2 * SIDE) as f64 * ((i + 1) * (2 * j + 1)) as f64;
            ((2.0 / SIDE as f64).sqrt() * angle.cos()) as f32
        })
    })
});

fn hash(samples: &Samples) -> [u8; 32] {
    let mut half = [[0.0f32; SIDE]; KEPT];
    for (row, cosines) in half.iter_mut().zip(COSINES.iter()) {
        for (sample, cosine) in samples.iter().zip(cosines) {
            row.iter_mut().zip(sample).for_each(|(sum, value)| *sum += cosine * value);
        }
    }
    let mut all = [0.0f32; KEPT * KEPT];
    for (i, row) in half.iter().enumerate() {
        for (j, cosines) in COSINES.iter().enumerate() {
            all[i * KEPT + j] = row.iter().zip(cosines).map(|(a, b)| a * b).sum();
        }
    }
    let mut sorted = all;
    let (_, median, _) = sorted.select_nth_unstable_by(KEPT * KEPT / 2 - 1, f32::total_cmp);
    let mut hash = [0; 32];
    for (k, value) in all.iter().enumerate() {
        if value > median {
            hash[31 - k / 8] |= 1 << (k % 8);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_bits_are_set_and_what_is_even_or_tiny_has_no_quality() {
        let steep = |at: usize| ((at % 90) * 3 / 2 + (at / 90) * (at % 7) / 3) as u8;
        let grey = Grey::new(90, 70, (0..90 * 70).map(steep).collect()).unwrap();
        let Pdq { hash, quality } = Pdq::of(&grey);
        assert_eq!(hash.iter().map(|byte| byte.count_ones()).sum::<u32>(), 128);
        assert!(quality > 0);
        assert_eq!(Pdq::of(&Grey::new(64, 64, vec![99; 64 * 64]).unwrap()).quality, 0);
        assert_eq!(Pdq::of(&Grey::new(4, 900, vec![99; 3600]).unwrap()), Pdq::default());
    }
}
