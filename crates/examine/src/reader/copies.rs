//! What prints are made of: parts of the file's bytes, and of a picture its brightness, small.

use std::io::{self, Seek as _};

use image::{DynamicImage, GrayImage};
use vidimus_model::Reason;

use super::answer::{Answer, Frames, Tag};
use super::{Given, chunks, picture};

/// The longer side of a picture is at least this after it was made smaller, and less than twice that.
const SIDE: usize = 768;
/// No more points than this lie on a side of the squares of which the mean is taken.
const SQUARE: usize = 256;

/// Cuts the file; decodes the picture within a bound of pixels, where that is not 0.
///
/// # Errors
/// The file cannot be read, or nobody takes what was made.
pub(super) fn hand_over(given: &mut Given, frames: &mut Frames<'_>) -> io::Result<Answer> {
    let pixels = given.number(0);
    let mut answer = Answer::default();
    let is_cut = given.size >= chunks::LEAST_FILE;
    if is_cut {
        given.untrusted.rewind()?;
        let found = chunks::chunks(&mut given.untrusted)?;
        frames.put(Tag::Chunks, &chunks::written(&found))?;
        // What was cut stays told where the decoder comes to grief.
        frames.answer(&answer)?;
    }
    if pixels > 0 {
        match decoded(given, pixels) {
            Ok(grey) => frames.canvas((grey.width(), grey.height()), grey.as_raw())?,
            Err(reason) if is_cut => answer.partly(reason),
            Err(reason) => answer = Answer::failed(reason),
        }
    }
    Ok(answer)
}

/// The picture's brightness, upright and small.
fn decoded(given: &mut Given, pixels: u64) -> Result<GrayImage, Reason> {
    given.untrusted.rewind().map_err(|_| Reason::Unreadable)?;
    picture::decode(&mut given.untrusted, pixels).map(|picture| brightness(&picture))
}

/// The brightness of a picture in colour, weighed as JPEG weighs it.
fn brightness(picture: &DynamicImage) -> GrayImage {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let weigh = |rgb: &[u8]| {
        let [red, green, blue] = [rgb[0], rgb[1], rgb[2]].map(u32::from);
        ((299 * red + 587 * green + 114 * blue + 500) / 1000) as u8
    };
    let values: Vec<u8> = match picture {
        DynamicImage::ImageLuma8(grey) => grey.as_raw().clone(),
        DynamicImage::ImageRgb8(rgb) => rgb.as_raw().chunks_exact(3).map(weigh).collect(),
        other => other.to_rgb8().as_raw().chunks_exact(3).map(weigh).collect(),
    };
    smaller(width, height, &values).unwrap_or_default()
}

/// The mean of squares of points; none where there are not so many values.
fn smaller(width: usize, height: usize, values: &[u8]) -> Option<GrayImage> {
    let by = (width.max(height) / SIDE).clamp(1, width.min(height).clamp(1, SQUARE));
    let (across, down) = (width / by, height / by);
    if values.len() != width * height || values.is_empty() {
        return None;
    }
    let all = (by * by) as u32;
    let mut sums = vec![0u16; width];
    let mut small = Vec::with_capacity(across * down);
    for rows in values.chunks_exact(width * by) {
        sums.fill(0);
        for row in rows.chunks_exact(width) {
            sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += u16::from(*value));
        }
        let mean = |columns: &[u16]| {
            let sum: u32 = columns.iter().map(|sum| u32::from(*sum)).sum();
            ((sum + all / 2) / all) as u8
        };
        small.extend(sums.chunks_exact(by).map(mean));
    }
    GrayImage::from_raw(across as u32, down as u32, small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smaller_is_the_mean_of_squares_whatever_the_shape() {
        let (width, height) = (2305, 1540);
        let values: Vec<u8> =
            (0..width * height).map(|at| if at % width / 3 % 2 == 0 { 10 } else { 201 }).collect();
        let small = smaller(width, height, &values).unwrap();
        assert_eq!((small.width(), small.height()), (768, 513));
        assert!(small.rows().all(|row| row.enumerate().all(|(x, value)| value.0[0] == [10, 201][x % 2])));
        for (width, height) in [(1, 1), (5000, 2), (3, 9000), (511, 511)] {
            let small = smaller(width, height, &vec![77; width * height]).unwrap();
            assert!(small.as_raw().iter().all(|value| *value == 77) && !small.as_raw().is_empty());
        }
        assert!(smaller(2, 2, &[0; 3]).is_none() && smaller(0, 0, &[]).is_none());
    }
}
