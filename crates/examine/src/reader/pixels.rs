//! The pixels of a picture, for what is done with them outside: reading by OCR, and commitments to tiles.

use std::io::{self, Seek as _};

use image::imageops::FilterType;

use super::answer::{Answer, Frames};
use super::{Given, picture};

/// Decodes within a bound of pixels and hands the rows over: `grey` or `rgb`; the bound; the longest side, or 0.
///
/// # Errors
/// Nobody takes them.
pub(super) fn hand_over(given: &mut Given, frames: &mut Frames<'_>) -> io::Result<Answer> {
    let (grey, pixels) = (given.argument(0) == "grey", given.number(1));
    let side = u32::try_from(given.number(2)).unwrap_or(0);
    given.untrusted.rewind()?;
    let picture = match picture::decode(&mut given.untrusted, pixels) {
        Ok(picture) => picture,
        Err(reason) => return Ok(Answer::failed(reason)),
    };
    let too_long = side > 0 && picture.width().max(picture.height()) > side;
    let picture = if too_long { picture.resize(side, side, FilterType::Triangle) } else { picture };
    let size = (picture.width(), picture.height());
    let rows = if grey { picture.into_luma8().into_raw() } else { picture.into_rgb8().into_raw() };
    frames.canvas(size, &rows)?;
    Ok(Answer::default())
}
