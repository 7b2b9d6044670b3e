//! Where in a frame the picture lies: borders that were put around it are even.

use vidimus_model::print::Point;

use super::grey::{Edges, Grey};

/// A border leaves at least so many points of the picture on each side of the middle.
const MIDDLE: usize = 8;
/// How far the values of an even line may lie apart, at most, and as a deviation.
const APART: u8 = 24;
const DEVIATION: f32 = 3.0;

/// The edges of the picture in a frame, in points.
pub(crate) fn content(grey: &Grey) -> Edges {
    let (width, height) = (grey.width, grey.height);
    let row = |y: usize| is_even(grey.values[y * width..(y + 1) * width].iter().copied());
    let (top, lower) = within(height, row);
    let column = |x: usize| is_even((top..lower).map(|y| grey.at(x, y)));
    let (left, right) = within(width, column);
    [left, top, right, lower].map(|edge| edge as f32)
}

/// In units of a point's place: 65,535ths of the frame.
pub(crate) fn in_frame(grey: &Grey, edges: Edges) -> [u16; 4] {
    let Point { x, y, .. } = place(grey, edges[0], edges[1]);
    let Point { x: right, y: lower, .. } = place(grey, edges[2], edges[3]);
    [x, y, right, lower]
}

/// A point at this place of a picture.
pub(crate) fn place(grey: &Grey, x: f32, y: f32) -> Point {
    let unit = |at: f32, of: usize| (at / of as f32 * f32::from(u16::MAX)).round() as u16;
    Point { x: unit(x, grey.width), y: unit(y, grey.height), bits: [0; 32] }
}

/// From which line to which there is a picture.
fn within(lines: usize, is_even: impl Fn(usize) -> bool) -> (usize, usize) {
    let first = (0..(lines / 2).saturating_sub(MIDDLE)).find(|line| !is_even(*line));
    let first = first.unwrap_or((lines / 2).saturating_sub(MIDDLE));
    let behind = (lines / 2 + MIDDLE + 1..=lines).rev().find(|line| !is_even(line - 1));
    let behind = behind.unwrap_or((lines / 2 + MIDDLE).min(lines));
    // A picture most of which is even has no border, and neither is a line or two one.
    if first + (lines - behind) > lines * 7 / 10 {
        return (0, lines);
    }
    let narrow = |border: usize| border * 40 < lines;
    let first = if narrow(first) { 0 } else { first };
    (first, if narrow(lines - behind) { lines } else { behind })
}

fn is_even(values: impl Iterator<Item = u8>) -> bool {
    let (mut low, mut high, mut count, mut sum, mut squares) = (u8::MAX, u8::MIN, 0u32, 0u64, 0u64);
    for value in values {
        (low, high, count) = (low.min(value), high.max(value), count + 1);
        if high - low >= APART {
            return false;
        }
        sum += u64::from(value);
        squares += u64::from(value) * u64::from(value);
    }
    let count = count as f32;
    let mean = sum as f32 / count;
    (squares as f32 / count - mean * mean).max(0.0).sqrt() < DEVIATION
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(width: usize, height: usize, [left, top, right, lower]: [usize; 4]) -> Grey {
        let value = |at: usize| {
            let (x, y) = (at % width, at / width);
            let inside = (left..right).contains(&x) && (top..lower).contains(&y);
            if inside { (x * 37 + y * 91) as u8 } else { 16 }
        };
        Grey::new(width, height, (0..width * height).map(value).collect()).unwrap()
    }

    #[test]
    fn even_borders_are_left_out_and_nothing_else() {
        for edges in [[0, 0, 100, 80], [0, 15, 100, 65], [20, 0, 80, 80], [20, 15, 80, 65]] {
            assert_eq!(content(&framed(100, 80, edges)), edges.map(|edge| edge as f32), "{edges:?}");
        }
        // One line, and a picture that is even nearly everywhere, have no border.
        for edges in [[0, 1, 100, 80], [40, 35, 50, 45]] {
            assert_eq!(content(&framed(100, 80, edges)), [0.0, 0.0, 100.0, 80.0], "{edges:?}");
        }
    }

    #[test]
    fn pictures_of_any_size_have_edges() {
        for (width, height) in [(1, 1), (1, 90), (15, 16), (17, 2), (33, 33)] {
            for even in [[0, 0, 0, 0], [0, 0, width, height]] {
                let grey = framed(width, height, even);
                let [left, top, right, lower] = in_frame(&grey, content(&grey));
                assert!(left < right && top < lower, "{width} x {height}");
            }
        }
    }
}
