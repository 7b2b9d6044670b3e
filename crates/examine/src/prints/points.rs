//! Points that stand out in a picture, each with 256 bits by which it is known again in a copy.
//!
//! What is compared around a point is part of the format (`docs/format/derivatives.md`): another choice needs another version.

use std::sync::LazyLock;

use vidimus_model::print::{Point, View, Way};

use super::content::{content, in_frame, place};
use super::grey::Grey;

/// The longer side of what points are looked for in; copies are brought to the same, whatever their size is.
const SIDE: f32 = 200.0;
/// Each picture is looked at in these sizes, of which each gives so many points in a cell: copies that were cut look larger.
const SIZES: [(f32, usize); 3] = [(1.0, 2), (0.8, 1), (0.64, 1)];
/// A side below this holds no points.
const LEAST: usize = 40;
/// Cells across and down.
const CELLS: (usize, usize) = (10, 8);
/// How far from a point is looked.
const RADIUS: i32 = 13;
/// A corner is darker or brighter than this many of the sixteen points around it, one next to the other, by more than that.
const ARC: u32 = 9;
const BY: i32 = 10;
/// The longest distance at which a second corner beside a stronger one is none.
const APART: i32 = 2;

type Place = (i32, i32);

/// The places that are compared: for each byte a pair, laid in eight ways.
static PAIRS: LazyLock<[[[Place; 2]; 8]; 32]> = LazyLock::new(|| {
    let mut seed = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 40) as f32 / (1u64 << 24) as f32
    };
    // The sum of four is near the middle more often than not.
    let mut one = || ((0..4).map(|_| next() - 0.5).sum::<f32>() * 12.0).round() as i32;
    std::array::from_fn(|_| {
        let pair: [Place; 2] = loop {
            let pair = [(one(), one()), (one(), one())];
            let apart = (pair[0].0 - pair[1].0).pow(2) + (pair[0].1 - pair[1].1).pow(2);
            if pair.iter().all(|place| place.0.abs() <= RADIUS && place.1.abs() <= RADIUS) && apart >= 16 {
                break pair;
            }
        };
        Way::ALL.map(|way| pair.map(|place| way.offset(place)))
    })
});

/// The sixteen points around another, in their order.
const RING: [Place; 16] = [
    (0, -3),
    (1, -3),
    (2, -2),
    (3, -1),
    (3, 0),
    (3, 1),
    (2, 2),
    (1, 3),
    (0, 3),
    (-1, 3),
    (-2, 2),
    (-3, 1),
    (-3, 0),
    (-3, -1),
    (-2, -2),
    (-1, -3),
];

/// What is seen from one moment to another.
pub(crate) fn view(grey: &Grey, from_ms: u32, to_ms: u32) -> View {
    let edges = content(grey);
    let [left, top, right, lower] = edges;
    let mut points = Vec::new();
    for (size, most) in SIZES {
        let scale = SIDE * size / (right - left).max(lower - top);
        let (width, height) = (((right - left) * scale) as usize, ((lower - top) * scale) as usize);
        if width.min(height) < LEAST {
            continue;
        }
        let small = grey.resized(edges, width, height);
        let smooth = smoothed(&small);
        for (x, y) in corners(&small, most) {
            let across = left + (x as f32 + 0.5) / width as f32 * (right - left);
            let down = top + (y as f32 + 0.5) / height as f32 * (lower - top);
            points.push(Point { bits: bits(&smooth, width, x, y), ..place(grey, across, down) });
        }
    }
    View { from_ms, to_ms, content: in_frame(grey, edges), points }
}

fn bits(smooth: &[u16], width: usize, x: usize, y: usize) -> [u8; 32] {
    let middle = (y * width + x) as i32;
    let at = |(right, below): Place| smooth[(middle + below * width as i32 + right) as usize];
    let byte = |pairs: &[[Place; 2]; 8]| {
        let bits = pairs.iter().enumerate().map(|(bit, pair)| u8::from(at(pair[0]) < at(pair[1])) << bit);
        bits.sum::<u8>()
    };
    std::array::from_fn(|group| byte(&PAIRS[group]))
}

/// Each point as the mean around it, twice over five by five, in sixteenths.
fn smoothed(grey: &Grey) -> Vec<u16> {
    let (width, height) = (grey.width, grey.height);
    let mut sums: Vec<u32> = grey.values.iter().map(|value| u32::from(*value)).collect();
    let mut other = vec![0; sums.len()];
    for _ in 0..2 {
        for (row, out) in sums.chunks_exact(width).zip(other.chunks_exact_mut(width)) {
            let at = |x: usize, by: i32| row[(x as i32 + by).clamp(0, width as i32 - 1) as usize];
            for x in [0, 1, width - 2, width - 1] {
                out[x] = (-2..=2).map(|by| at(x, by)).sum();
            }
            for (out, five) in out[2..].iter_mut().zip(row.windows(5)) {
                *out = five.iter().sum();
            }
        }
        for (y, out) in sums.chunks_exact_mut(width).enumerate() {
            let row = |by: i32| {
                let y = (y as i32 + by).clamp(0, height as i32 - 1) as usize;
                &other[y * width..(y + 1) * width]
            };
            let five = [-2, -1, 0, 1, 2].map(row);
            for (x, out) in out.iter_mut().enumerate() {
                *out = five[0][x] + five[1][x] + five[2][x] + five[3][x] + five[4][x];
            }
        }
    }
    sums.iter().map(|sum| (sum * 16 / 625) as u16).collect()
}

/// The strongest corners of each cell.
fn corners(grey: &Grey, most: usize) -> Vec<(usize, usize)> {
    let (width, height) = (grey.width, grey.height);
    let margin = RADIUS as usize + 1;
    if width.min(height) <= 2 * margin {
        return Vec::new();
    }
    let ring = RING.map(|(right, below)| below as isize * width as isize + right as isize);
    let mut scores = vec![0; width * height];
    for (y, row) in scores.chunks_exact_mut(width).enumerate().take(height - margin).skip(margin) {
        for (x, out) in row.iter_mut().enumerate().take(width - margin).skip(margin) {
            *out = score(&grey.values, y * width + x, &ring);
        }
    }
    let mut cells: Vec<Vec<(i32, usize, usize)>> = vec![Vec::new(); CELLS.0 * CELLS.1];
    for y in margin..height - margin {
        for x in margin..width - margin {
            let score = scores[y * width + x];
            if score > 0 && is_strongest(&scores, width, x, y) {
                cells[y * CELLS.1 / height * CELLS.0 + x * CELLS.0 / width].push((score, x, y));
            }
        }
    }
    let strongest = |mut cell: Vec<(i32, usize, usize)>| {
        cell.sort_by_key(|corner| -corner.0);
        cell.truncate(most);
        cell
    };
    cells.into_iter().flat_map(strongest).map(|(_, x, y)| (x, y)).collect()
}

/// How much of a corner it is (FAST: Rosten and Drummond, 2006); 0 where it is none.
fn score(values: &[u8], at: usize, ring: &[isize; 16]) -> i32 {
    let middle = i32::from(values[at]);
    let around = |step: &isize| i32::from(values[at.wrapping_add_signed(*step)]) - middle;
    // Nine in a row hold at least two of these four.
    let four = [around(&ring[0]), around(&ring[4]), around(&ring[8]), around(&ring[12])];
    let above = four.iter().filter(|by| **by > BY).count();
    let below = four.iter().filter(|by| **by < -BY).count();
    if above < 2 && below < 2 {
        return 0;
    }
    let ring: [i32; 16] = std::array::from_fn(|step| around(&ring[step]));
    let of_sign = |sign: i32| {
        let more = ring.map(|by| (by * sign - BY).max(0));
        let mask = more.iter().enumerate().fold(0u32, |mask, (step, by)| mask | u32::from(*by > 0) << step);
        if has_arc(mask) { more.iter().sum() } else { 0 }
    };
    of_sign(1).max(of_sign(-1))
}

/// Whether so many of sixteen bits stand one next to the other, the last next to the first.
fn has_arc(mask: u32) -> bool {
    let mask = mask | mask << 16;
    (1..ARC).fold(mask, |run, by| run & mask >> by) != 0
}

/// Of two that are as strong the first counts.
fn is_strongest(scores: &[i32], width: usize, x: usize, y: usize) -> bool {
    let own = scores[y * width + x];
    let span = -APART..=APART;
    span.clone().all(|down| {
        span.clone().all(|right| {
            let other = scores[(y as i32 + down) as usize * width + (x as i32 + right) as usize];
            other < own || (other == own && (down, right) >= (0, 0))
        })
    })
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    #[test]
    fn the_pairs_are_those_of_version_1() {
        let bytes: Vec<u8> =
            PAIRS.iter().flatten().flatten().flat_map(|(x, y)| [*x as u8, *y as u8]).collect();
        assert_eq!(bytes.len(), 32 * 8 * 2 * 2);
        assert_eq!(hex::encode(&Sha256::digest(bytes)[..8]), "1ed89f9c0ff5519f");
    }

    #[test]
    fn nine_in_a_row_are_an_arc_also_around_the_end() {
        for (mask, is_arc) in [
            (0b1_1111_1111, true),
            (0b1111_1111, false),
            (0xf01f, true),
            (0xf00f, false),
            (0x5555, false),
            (0xffff, true),
        ] {
            assert_eq!(has_arc(mask), is_arc, "{mask:b}");
        }
    }
}
