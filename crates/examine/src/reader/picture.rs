//! Pictures: their size before anything is decoded, small stills in three looks, and the picture that a file carries of itself.

use std::io::{self, BufReader, Cursor, Read, Seek};

use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder as _, ImageReader};
use vidimus_model::{DerivativeKind, End, Look, Reason};

use super::answer::{Answer, Frames};
use super::{exif, heif, holds, trailing};
use crate::kind::Kind;

/// The longest side of a still, and of a clear one.
const SIDE: u32 = 320;
const CLEAR_SIDE: u32 = 640;
/// How strong a picture is blurred: faces are not known by it.
const BLUR: f32 = 9.0;
const QUALITY: u8 = 72;
/// A file beyond this is not read for what stands in its head.
const HEADS: u64 = 256 << 20;

/// Facts and stills of a picture.
///
/// # Errors
/// The file cannot be read, or nobody takes what was made.
pub(super) fn look<F: Read + Seek>(
    untrusted: &mut F,
    size: u64,
    kind: Kind,
    pixels: u64,
    frames: &mut Frames<'_>,
    answer: &mut Answer,
) -> io::Result<()> {
    let is_heif = matches!(kind, Kind::Heic | Kind::Avif);
    if size <= HEADS {
        untrusted.rewind()?;
        let found = exif::read(&mut BufReader::new(&mut *untrusted), answer);
        if let Some(thumbnail) = found
            && let Some(picture) = decode(Cursor::new(thumbnail), pixels).ok()
        {
            put(frames, DerivativeKind::Thumbnail, &picture)?;
        } else if is_heif && let Some(picture) = heif::thumbnail(&mut *untrusted) {
            put(frames, DerivativeKind::Thumbnail, &picture)?;
        }
        if let Some(bytes) = trailing::behind(&mut *untrusted, kind, size)? {
            answer.fact("trailing.bytes", bytes);
            let holds = holds::of_zip(&mut *untrusted, size)?;
            if holds != Kind::Unknown {
                answer.fact("holds", holds.media_type());
            }
        }
    }
    untrusted.rewind()?;
    let declared = if is_heif {
        trailing::size_in_boxes(&mut *untrusted)?.ok_or(Reason::Damaged)
    } else {
        dimensions(&mut *untrusted)
    };
    match declared {
        Ok((width, height)) => {
            answer.fact("width", width);
            answer.fact("height", height);
        }
        Err(reason) => {
            answer.partly(reason);
            return Ok(());
        }
    }
    untrusted.rewind()?;
    match decode(&mut *untrusted, pixels) {
        Ok(picture) => put(frames, DerivativeKind::Still, &picture)?,
        Err(reason) => answer.partly(reason),
    }
    if is_heif && answer.reason.is_none() && trailing::is_cut_off(untrusted, size)? {
        answer.partly(Reason::EndsEarly);
    }
    Ok(())
}

/// The size that the head declares.
fn dimensions(untrusted: impl Read + Seek) -> Result<(u32, u32), Reason> {
    let reader =
        ImageReader::new(BufReader::new(untrusted)).with_guessed_format().map_err(|_| Reason::Damaged)?;
    reader.into_dimensions().map_err(|error| reason(&error))
}

/// Decodes a picture, turned as its camera says, if it does not declare more pixels than may be.
pub(super) fn decode(mut untrusted: impl Read + Seek, pixels: u64) -> Result<DynamicImage, Reason> {
    if heif::is_one(&mut untrusted).map_err(|_| Reason::Unreadable)? {
        return heif::decode(&mut untrusted, pixels);
    }
    let mut reader =
        ImageReader::new(BufReader::new(untrusted)).with_guessed_format().map_err(|_| Reason::Damaged)?;
    // The sandbox bounds memory too; this says why.
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(pixels.saturating_mul(8));
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| reason(&error))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > pixels {
        return Err(Reason::TooManyPixels);
    }
    if width == 0 || height == 0 {
        return Err(Reason::Damaged);
    }
    let turned = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| reason(&error))?;
    picture.apply_orientation(turned);
    Ok(picture)
}

fn reason(error: &image::ImageError) -> Reason {
    match error {
        image::ImageError::Unsupported(_) => Reason::NotSupported,
        image::ImageError::Limits(_) => Reason::TooManyPixels,
        image::ImageError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            Reason::EndsEarly
        }
        _ => Reason::Damaged,
    }
}

/// Hands a picture over in all three looks.
fn put(frames: &mut Frames<'_>, kind: DerivativeKind, picture: &DynamicImage) -> io::Result<()> {
    let fitted = |side: u32| {
        if picture.width() <= side && picture.height() <= side {
            picture.clone()
        } else {
            picture.thumbnail(side, side)
        }
    };
    let clear = DynamicImage::from(fitted(CLEAR_SIDE).to_rgb8());
    let grey = DynamicImage::from(fitted(SIDE).to_luma8());
    let blurred = grey.fast_blur(BLUR);
    for (look, picture) in [(Look::Blurred, &blurred), (Look::Grey, &grey), (Look::Clear, &clear)] {
        let mut jpeg = Vec::new();
        let encoded = picture.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, QUALITY));
        encoded.map_err(io::Error::other)?;
        frames.picture(kind, look, &jpeg)?;
    }
    Ok(())
}

impl Answer {
    /// Something came of it, but not all.
    pub(super) fn partly(&mut self, reason: Reason) {
        (self.end, self.reason) = (Some(End::Partly), Some(reason));
    }

    /// A name and a value.
    pub(crate) fn fact(&mut self, name: &str, value: impl ToString) {
        self.facts.push((name.to_owned(), value.to_string()));
    }
}
