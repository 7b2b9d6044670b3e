//! Where writing stands in a frame: bright (or dark) thin strokes in a row, near the upper or the lower edge.

use super::grey::Grey;

/// A line of writing that was cut out of a frame, dark on white.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Its upper edge and left edge in the frame.
    pub top: usize,
    pub left: usize,
    /// What is to be read.
    pub picture: Grey,
}

/// The lines of a frame, at most [`MOST`], those with the most letters.
pub(super) fn lines(frame: &Grey) -> Vec<Line> {
    let (top, bottom) = frame.content();
    let height = bottom - top;
    let band = height / 5;
    let mut found: Vec<(usize, Line)> = Vec::new();
    for (from, to) in [(top, top + band), (bottom - band, bottom)] {
        let part = frame.rows(from, to);
        // White on dark is the rule of recorders; dark on white is looked for where there is none.
        let mut here = written(&part, from);
        if here.is_empty() {
            here = written(&part.inverted(), from);
        }
        found.extend(here);
    }
    found.sort_by_key(|(letters, line)| (std::cmp::Reverse(*letters), line.top, line.left));
    found.truncate(MOST);
    found.into_iter().map(|(_, line)| line).collect()
}

/// Lines of one frame that are read.
const MOST: usize = 4;
/// Half the width of what is still a stroke. Letters are 25 to 60 points high here, their strokes 3 to 9 wide.
const STROKE: usize = 6;
/// How much brighter a stroke is than what lies around it.
const BRIGHTER: u8 = 48;
/// Heights of letters.
const LETTER: std::ops::RangeInclusive<usize> = 11..=72;
/// Letters of a line; a clock has more.
const LETTERS: usize = 5;
/// How high letters are made for reading.
const READ: usize = 36;

/// A letter, or what looks like one.
#[derive(Debug, Clone, Copy)]
struct Spot {
    left: usize,
    right: usize,
    top: usize,
    bottom: usize,
}

impl Spot {
    fn height(&self) -> usize {
        self.bottom - self.top
    }
}

/// Lines of bright strokes, with how many letters each has; `above` is where the part begins in the frame.
fn written(part: &Grey, above: usize) -> Vec<(usize, Line)> {
    let strokes = part.strokes(STROKE);
    let mut spots = spots(&strokes);
    spots.sort_by_key(|spot| spot.left);
    let mut rows: Vec<Vec<Spot>> = Vec::new();
    for spot in spots {
        let near = rows.iter_mut().find(|row| row.last().is_some_and(|last| follows(last, &spot)));
        match near {
            Some(row) => row.push(spot),
            None => rows.push(vec![spot]),
        }
    }
    rows.retain(|row| row.len() >= LETTERS);
    rows.iter().map(|row| (row.len(), cut(&strokes, row, above))).collect()
}

/// Whether a letter stands in a row with the one before it: at the same height, as high, and not far behind.
fn follows(last: &Spot, next: &Spot) -> bool {
    let overlap = last.bottom.min(next.bottom).saturating_sub(last.top.max(next.top));
    let (low, high) = (last.height().min(next.height()), last.height().max(next.height()));
    let gap = next.left.saturating_sub(last.right);
    overlap * 2 > low && high < low * 2 + 4 && gap < high * 2
}

/// Cuts a row out, with the points and commas around it, and makes its letters as high as they are best read.
fn cut(strokes: &Grey, row: &[Spot], above: usize) -> Line {
    let mut heights: Vec<usize> = row.iter().map(Spot::height).collect();
    heights.sort_unstable();
    let height = heights[heights.len() / 2];
    let margin = height / 2;
    let left = row.iter().map(|spot| spot.left).min().unwrap_or(0).saturating_sub(margin);
    let right = row.iter().map(|spot| spot.right).max().unwrap_or(0) + margin;
    let top = row.iter().map(|spot| spot.top).min().unwrap_or(0).saturating_sub(margin);
    let bottom = row.iter().map(|spot| spot.bottom).max().unwrap_or(0) + margin;
    let cut = strokes.rows(top, bottom.min(strokes.height())).columns(left, right.min(strokes.width()));
    Line { top: top + above, left, picture: cut.scaled(READ, height.max(1)).contrasted().inverted() }
}

/// What is connected and has the size of a letter.
fn spots(strokes: &Grey) -> Vec<Spot> {
    let (width, height) = (strokes.width(), strokes.height());
    let mut seen: Vec<bool> = strokes.points().iter().map(|point| *point < BRIGHTER).collect();
    let mut found = Vec::new();
    let mut waiting = Vec::new();
    for start in 0..seen.len() {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        waiting.push(start);
        let mut spot = Spot { left: width, right: 0, top: height, bottom: 0 };
        while let Some(at) = waiting.pop() {
            let (x, y) = (at % width, at / width);
            spot.left = spot.left.min(x);
            spot.right = spot.right.max(x + 1);
            spot.top = spot.top.min(y);
            spot.bottom = spot.bottom.max(y + 1);
            for (is_there, next) in [
                (x > 0, at.wrapping_sub(1)),
                (x + 1 < width, at + 1),
                (y > 0, at.wrapping_sub(width)),
                (y + 1 < height, at + width),
            ] {
                if is_there && !seen[next] {
                    seen[next] = true;
                    waiting.push(next);
                }
            }
        }
        // Letters of a low resolution touch each other; a line of them is still no wider than a few.
        if LETTER.contains(&spot.height()) && spot.right - spot.left <= spot.height() * 6 {
            found.push(spot);
        }
    }
    found
}
