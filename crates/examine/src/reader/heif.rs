//! HEIC and AVIF, as phones make them.

use std::io::{self, Read, Seek};

use heic::{DecodeOutput, DecoderConfig, HeicError, Limits, PixelLayout};
use image::{DynamicImage, RgbImage};
use vidimus_model::Reason;

/// The largest file that is decoded: it is read whole.
const WHOLE: u64 = 256 << 20;
/// What decoding may hold at once: less than the sandbox allows, so that it is told what was too much.
const MEMORY: u64 = 2560 << 20;

/// Whether it begins as files of this family do.
///
/// # Errors
/// It cannot be read.
pub(super) fn is_one(untrusted: &mut (impl Read + Seek)) -> io::Result<bool> {
    let mut head = Vec::new();
    untrusted.rewind()?;
    untrusted.by_ref().take(8).read_to_end(&mut head)?;
    untrusted.rewind()?;
    Ok(head.ends_with(b"ftyp"))
}

/// Decodes the picture, turned as its container says, if it does not declare more pixels than may be.
///
/// # Errors
/// It is damaged, too large, or packed in a way that is not read here.
pub(super) fn decode(untrusted: &mut (impl Read + Seek), pixels: u64) -> Result<DynamicImage, Reason> {
    let bytes = whole(untrusted)?;
    let mut limits = Limits::default();
    (limits.max_pixels, limits.max_memory_bytes) = (Some(pixels), Some(MEMORY));
    let config = DecoderConfig::new();
    let request = config.decode_request(&bytes).with_output_layout(PixelLayout::Rgb8).with_limits(&limits);
    let output = request.with_max_threads(1).decode().map_err(|error| reason(error.error()))?;
    picture(output).ok_or(Reason::Damaged)
}

/// The small picture that it carries of itself.
pub(super) fn thumbnail(untrusted: &mut (impl Read + Seek)) -> Option<DynamicImage> {
    let bytes = whole(untrusted).ok()?;
    picture(DecoderConfig::new().decode_thumbnail(&bytes, PixelLayout::Rgb8).ok()??)
}

fn whole(untrusted: &mut (impl Read + Seek)) -> Result<Vec<u8>, Reason> {
    let mut bytes = Vec::new();
    untrusted.rewind().map_err(|_| Reason::Unreadable)?;
    untrusted.by_ref().take(WHOLE + 1).read_to_end(&mut bytes).map_err(|_| Reason::Unreadable)?;
    if bytes.len() as u64 > WHOLE { Err(Reason::TooManyBytes) } else { Ok(bytes) }
}

fn picture(output: DecodeOutput) -> Option<DynamicImage> {
    let usual = output.width > 0 && output.height > 0;
    usual.then(|| RgbImage::from_raw(output.width, output.height, output.data).map(DynamicImage::from))?
}

fn reason(error: &HeicError) -> Reason {
    match error {
        HeicError::Unsupported(_) | HeicError::UnsupportedCodec(_) => Reason::NotSupported,
        HeicError::LimitExceeded(_) => Reason::TooManyPixels,
        HeicError::OutOfMemory => Reason::TooMuchMemory,
        _ => Reason::Damaged,
    }
}
