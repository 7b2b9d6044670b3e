//! Films and sound: facts, stills, burnt-in clocks, a small copy to look through, packets and speech, by ffmpeg in the sandbox.
//!
//! Each run names the demuxer that the content calls for, so that a playlist in the clothes of a film is no film, and lets
//! it read plain files only: the granted one is the only one there.

mod burnt_in;
mod complaints;
pub(crate) mod envelope;
mod motion;
mod packets;
mod print;
pub(crate) mod probe;
mod proxy;
mod speech;
mod still;
mod strip;
pub(crate) mod timed;

use vidimus_model::{DerivativeKind, Group, Look, Stage};
use vidimus_sandbox::{INPUT, Limits};

use crate::findings::Made;
use crate::kind::Kind;
use crate::work::Work;

pub(crate) use print::{heard, seen};
pub(crate) use probe::{Film, film};

/// What the stage at work does with films and sound; nothing where the item is neither.
pub(crate) fn run(work: &mut Work<'_>) {
    let does: fn(&mut Work<'_>, &Film) = match work.stage() {
        Stage::First => still::run,
        Stage::Ocr => burnt_in::run,
        Stage::Stills => strip::run,
        Stage::Proxy => proxy::run,
        Stage::Commit => packets::run,
        Stage::Speech => speech::run,
        _ => return,
    };
    if !matches!(work.kind().map(Kind::group), Some(Group::Video | Group::Audio)) {
        return;
    }
    if let Some(film) = film(work) {
        if work.stage() != Stage::First {
            work.is_prepared();
        }
        does(work, &film);
    }
}

/// The demuxer that reads this kind; none where it is neither film nor sound, or ffmpeg has none for it.
fn demuxer(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Mp4 | Kind::QuickTime | Kind::ThreeGp | Kind::M4a => "mov",
        Kind::Matroska | Kind::Webm => "matroska",
        Kind::Avi => "avi",
        Kind::Asf => "asf",
        Kind::Flv => "flv",
        Kind::MpegTs => "mpegts",
        // Recorders of that maker write a program stream behind a header of their own, which is passed over.
        Kind::MpegPs | Kind::Hikvision => "mpeg",
        Kind::OggVideo | Kind::Ogg | Kind::Opus => "ogg",
        Kind::Mxf => "mxf",
        Kind::Dav => "dhav",
        Kind::H264 => "h264",
        Kind::Mp3 => "mp3",
        Kind::Wav => "wav",
        Kind::Flac => "flac",
        Kind::Amr => "amr",
        Kind::Aac => "aac",
        Kind::Aiff => "aiff",
        kind if matches!(kind.group(), Group::Video | Group::Audio) => return None,
        _ => return None,
    })
}

/// What stands before every granted file: what it may be, what it may reach, and how large a picture may be.
fn guards(demuxer: &str, pixels: u64) -> Vec<String> {
    let pixels = pixels.min(i32::MAX.unsigned_abs().into()).to_string();
    ["-protocol_whitelist", "file", "-f", demuxer, "-max_pixels", &pixels].map(str::to_owned).to_vec()
}

/// The beginning of every call of ffmpeg: one thread, for there is a worker for each core.
fn ffmpeg() -> Vec<String> {
    [
        "-hide_banner",
        "-nostdin",
        "-v",
        "error",
        "-filter_threads",
        "1",
        "-filter_complex_threads",
        "1",
        "-threads",
        "1",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// The granted file, as an input that may be sought.
fn granted(film: &Film, pixels: u64, before: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = before.iter().map(|word| (*word).to_owned()).collect();
    words.extend(guards(film.demuxer, pixels));
    words.extend(["-i".to_owned(), INPUT.to_owned()]);
    words
}

/// Words of arguments as a task takes them.
fn words(owned: &[String]) -> Vec<&str> {
    owned.iter().map(String::as_str).collect()
}

/// Room for decoding pictures of the largest size that is decoded.
fn limits(seconds: u64) -> Limits {
    let time = std::time::Duration::from_secs(seconds);
    Limits { wall: time * 4, cpu: time, memory: 2 << 30, ..Limits::default() }
}

/// Keeps what was made.
fn keep(work: &mut Work<'_>, tool: u32, kind: DerivativeKind, look: Option<Look>, bytes: Vec<u8>) {
    let media_type = match kind {
        DerivativeKind::Strip => "application/vnd.vidimus.strip",
        DerivativeKind::Proxy => "video/mp4",
        DerivativeKind::Motion => "application/vnd.vidimus.motion",
        DerivativeKind::Still | DerivativeKind::Thumbnail => "image/jpeg",
        _ => "application/vnd.vidimus.text+json",
    };
    work.findings.made.push(Made { kind, look, media_type, bytes, tool });
}
