//! A picture without colour, and what is done to it before letters are looked for.

/// Points in rows, 0 black to 255 white.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grey {
    width: usize,
    points: Vec<u8>,
}

impl Grey {
    /// Whole rows of this width; none where the width is nothing or a row is not whole.
    pub fn new(width: usize, points: Vec<u8>) -> Option<Grey> {
        (width > 0 && !points.is_empty() && points.len().is_multiple_of(width))
            .then_some(Grey { width, points })
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn height(&self) -> usize {
        self.points.len() / self.width
    }

    pub fn points(&self) -> &[u8] {
        &self.points
    }

    /// From which row to which row there is a picture: films that are shown in another shape have black bars.
    pub fn content(&self) -> (usize, usize) {
        let is_black =
            |row: &[u8]| row.iter().map(|point| u32::from(*point)).sum::<u32>() < 20 * self.width as u32;
        let rows = || self.points.chunks_exact(self.width);
        let top = rows().take_while(|row| is_black(row)).count();
        let below = rows().rev().take_while(|row| is_black(row)).count();
        // What is black as a whole has no bars.
        if top + below + 64 > self.height() { (0, self.height()) } else { (top, self.height() - below) }
    }

    /// Rows from, and up to but not including.
    pub fn rows(&self, from: usize, to: usize) -> Grey {
        Grey { width: self.width, points: self.points[from * self.width..to * self.width].to_vec() }
    }

    /// Columns from, and up to but not including.
    pub fn columns(&self, from: usize, to: usize) -> Grey {
        let points = self.points.chunks_exact(self.width).flat_map(|row| &row[from..to]).copied().collect();
        Grey { width: to - from, points }
    }

    pub fn inverted(&self) -> Grey {
        Grey { width: self.width, points: self.points.iter().map(|point| 255 - point).collect() }
    }

    /// What is brighter than everything within `radius` allows, and so is thin: strokes of letters, whatever lies behind.
    pub fn strokes(&self, radius: usize) -> Grey {
        let opened = self.spread(radius, u8::min).spread(radius, u8::max);
        let points =
            self.points.iter().zip(&opened.points).map(|(point, around)| point - around.min(point)).collect();
        Grey { width: self.width, points }
    }

    /// With a white margin, which readers of lines want.
    pub fn padded(&self, by: usize) -> Grey {
        let width = self.width + 2 * by;
        let mut points = vec![255; width * by];
        for row in self.points.chunks_exact(self.width) {
            points.extend(
                std::iter::repeat_n(255, by).chain(row.iter().copied()).chain(std::iter::repeat_n(255, by)),
            );
        }
        points.extend(std::iter::repeat_n(255, width * by));
        Grey { width, points }
    }

    /// The brightest point white, the rest in proportion.
    pub fn contrasted(&self) -> Grey {
        let most = self.points.iter().copied().max().unwrap_or(255).max(1);
        let points =
            self.points.iter().map(|point| (u16::from(*point) * 255 / u16::from(most)) as u8).collect();
        Grey { width: self.width, points }
    }

    /// `to` / `from` times as large, by straight lines between points.
    pub fn scaled(&self, to: usize, from: usize) -> Grey {
        let (width, height) = ((self.width * to / from).max(1), (self.height() * to / from).max(1));
        let mut points = Vec::with_capacity(width * height);
        // Places are counted in 256ths of a point.
        let place = |at: usize, most: usize| {
            let place = at * from * 256 / to;
            let first = (place / 256).min(most - 1);
            (first, (first + 1).min(most - 1), (place % 256) as u32)
        };
        for y in 0..height {
            let (above, below, down) = place(y, self.height());
            for x in 0..width {
                let (left, right, over) = place(x, self.width);
                let at = |row: usize, column: usize| u32::from(self.points[row * self.width + column]);
                let upper = at(above, left) * (256 - over) + at(above, right) * over;
                let lower = at(below, left) * (256 - over) + at(below, right) * over;
                points.push(((upper * (256 - down) + lower * down) >> 16) as u8);
            }
        }
        Grey { width, points }
    }

    /// Each point becomes the least, or the most, of those within `radius` of it to each side and up and down.
    fn spread(&self, radius: usize, choose: impl Fn(u8, u8) -> u8) -> Grey {
        let mut across = self.points.clone();
        for (from, to) in self.points.chunks_exact(self.width).zip(across.chunks_exact_mut(self.width)) {
            for by in 1..=radius.min(self.width - 1) {
                // Two passes over whole rows, which the processor does many points at a time.
                to.iter_mut().zip(&from[by..]).for_each(|(to, from)| *to = choose(*to, *from));
                to[by..].iter_mut().zip(from).for_each(|(to, from)| *to = choose(*to, *from));
            }
        }
        let mut points = across.clone();
        for by in 1..=radius.min(self.height() - 1) {
            let shift = by * self.width;
            points.iter_mut().zip(&across[shift..]).for_each(|(to, from)| *to = choose(*to, *from));
            points[shift..].iter_mut().zip(&across).for_each(|(to, from)| *to = choose(*to, *from));
        }
        Grey { width: self.width, points }
    }
}

/// Pictures as pages of one TIFF, which tesseract reads in one run: its start costs more than a line does.
pub(super) fn tiff(pages: &[Grey]) -> Vec<u8> {
    let mut file = b"II*\0".to_vec();
    // Where the place of the next page's directory is to be written.
    let mut link = file.len();
    file.extend([0; 4]);
    for page in pages {
        let data = file.len();
        file.extend(page.points());
        if !file.len().is_multiple_of(2) {
            file.push(0);
        }
        let directory = number(file.len());
        file[link..link + 4].copy_from_slice(&directory);
        let (width, height) = (page.width(), page.height());
        let entries: [(u16, usize); 9] = [
            (256, width),
            (257, height),
            (258, 8),
            (259, 1),
            // Zero is black.
            (262, 1),
            (273, data),
            (277, 1),
            (278, height),
            (279, page.points().len()),
        ];
        file.extend(9u16.to_le_bytes());
        for (tag, value) in entries {
            file.extend(tag.to_le_bytes());
            // One number of 32 bits.
            file.extend(4u16.to_le_bytes());
            file.extend(1u32.to_le_bytes());
            file.extend(number(value));
        }
        link = file.len();
        file.extend([0; 4]);
    }
    file
}

fn number(value: usize) -> [u8; 4] {
    u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strokes_stay_and_what_is_wide_goes() {
        let mut points = vec![40; 100 * 40];
        for y in 10..30 {
            for x in 0..50 {
                points[y * 100 + x] = 200;
            }
            points[y * 100 + 80] = 250;
        }
        let strokes = Grey::new(100, points).unwrap().strokes(6);
        assert_eq!((strokes.points()[20 * 100 + 20], strokes.points()[20 * 100 + 80]), (0, 210));
    }

    #[test]
    fn bars_are_found_and_a_dark_picture_has_none() {
        let mut points = vec![5; 100 * 200];
        points[100 * 50..100 * 150].fill(90);
        assert_eq!(Grey::new(100, points).unwrap().content(), (50, 150));
        assert_eq!(Grey::new(100, vec![5; 100 * 200]).unwrap().content(), (0, 200));
    }

    #[test]
    fn sizes_follow_the_proportion() {
        let grey = Grey::new(4, vec![0, 100, 200, 250, 0, 100, 200, 250]).unwrap();
        let twice = grey.scaled(2, 1);
        assert_eq!((twice.width(), twice.height()), (8, 4));
        assert_eq!(&twice.points()[..3], [0, 50, 100]);
        assert!(Grey::new(3, vec![0; 4]).is_none());
    }
}
