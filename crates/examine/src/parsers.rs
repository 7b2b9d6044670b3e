//! Every parser of hostile bytes in this crate, one function for each: what `fuzz/` reaches of them.
//!
//! Examination itself goes through [`crate::Examiner`] only, in the sandbox; here the same code runs on bytes in memory.

use std::io::{self, Cursor, Read as _};

use vidimus_model::TextPart;

use crate::containers::tar::{self, Entry};
use crate::kind::Kind;
use crate::reader::answer::{self, Answer, Frames, Member, Pieces, Tag};
use crate::text::parts::Parts;
use crate::text::{charset, markup, office, rtf, subtitles};
use crate::{media, ocr, reader};

/// The most bytes of text that [`letters`] gives.
pub const TEXT: u64 = 1 << 16;

/// Which kind a file is: its media type.
pub fn kind(untrusted: &[u8], ending: &str) -> &'static str {
    let kind = reader::detect::kind(&mut Cursor::new(untrusted), untrusted.len() as u64, ending);
    kind.unwrap_or(Kind::Unknown).media_type()
}

/// The files in a stream of tar: paths and contents; at most so many bytes in all.
pub fn tar(untrusted: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let (mut rest, mut found) = (untrusted, Vec::new());
    while let Ok(Some(head)) = tar::next(&mut rest) {
        let Entry::File(size) = head.entry else { continue };
        let mut bytes = Vec::new();
        let _ = (&mut rest).take(tar::padded(size)).read_to_end(&mut bytes);
        bytes.truncate(usize::try_from(size).unwrap_or(usize::MAX));
        found.push((head.untrusted_path, bytes));
    }
    found
}

/// What our own reader may have written: how many frames of it are whole.
pub fn frames(untrusted: &[u8]) -> usize {
    let (mut rest, mut whole) = (untrusted, 0);
    while let Ok(Some((tag, bytes))) = answer::next(&mut rest) {
        match tag {
            Tag::Answer => drop(serde_json::from_slice::<Answer>(&bytes)),
            Tag::Picture => drop(answer::picture(&bytes)),
            Tag::Text => drop(answer::text(&bytes)),
            Tag::Begin => {
                let _ = serde_json::from_slice::<Member>(&bytes);
                let _ = io::copy(&mut Pieces::new(&mut rest), &mut io::sink());
            }
            Tag::Piece | Tag::End => {}
            Tag::Canvas => drop(answer::canvas(&bytes)),
            Tag::Chunks => drop(reader::chunks::read(&bytes)),
        }
        whole += 1;
    }
    whole
}

/// A text of the kind that the number chooses, as parts within [`TEXT`].
pub fn letters(of: u8, untrusted: &[u8]) -> Vec<TextPart> {
    let mut parts = Parts::bounded(TEXT);
    let text = match of % 5 {
        0 => charset::decode(untrusted).text,
        1 => rtf::text(untrusted),
        2 => markup::text(&markup::decode(untrusted).text),
        3 => office::flow(&charset::decode(untrusted).text),
        _ => {
            let read = charset::decode(untrusted).text;
            office::leaves(&read).into_iter().map(|(name, value)| format!("{name} {value}\n")).collect()
        }
    };
    parts.lines(&text);
    parts.into_text(None, false).parts
}

/// Subtitles, and the JSON of recognisers of speech.
pub fn said(untrusted: &[u8]) -> Vec<TextPart> {
    let mut parts = subtitles::cues(&String::from_utf8_lossy(untrusted));
    parts.extend(subtitles::speech(untrusted).unwrap_or_default());
    parts
}

/// What a mailbox, a mail, a message of Outlook or a capture of the web contains: contents, as they are handed over.
pub fn contained(of: u8, untrusted: &[u8]) -> Vec<Vec<u8>> {
    let mut written = Vec::new();
    let mut frames = Frames::new(&mut written);
    let mut answer = Answer::default();
    // What is written goes into memory, where nothing can be refused.
    let _ = match of % 4 {
        0 => reader::mail::split(&mut &untrusted[..], &mut frames),
        1 => {
            reader::mail::facts(untrusted, &mut answer);
            reader::mail::take_out(untrusted, &mut frames)
        }
        2 => {
            let mut file = Cursor::new(untrusted);
            reader::outlook::facts(&mut file, &mut answer);
            let _ = reader::outlook::text(&mut file, &mut Parts::bounded(TEXT));
            reader::outlook::take_out(&mut file, &mut frames, &mut answer)
        }
        _ => reader::warc::records(&mut &untrusted[..], &mut frames, &mut answer),
    };
    let (mut rest, mut found) = (&written[..], Vec::new());
    while let Ok(Some((Tag::Begin, _))) = answer::next(&mut rest) {
        let mut bytes = Vec::new();
        // One that ends early keeps what came before.
        let _ = Pieces::new(&mut rest).read_to_end(&mut bytes);
        found.push(bytes);
    }
    found
}

/// What is behind the lock of an office document that is locked as a whole; none where this word does not open it.
pub fn unlocked(untrusted: &[u8], word: &str) -> Option<Vec<u8>> {
    reader::unoffice::open(&mut Cursor::new(untrusted), &[word]).ok()
}

/// The facts that a picture or film of this kind tells besides what its decoder does: statements of origin, what lies
/// before and behind it, its size in boxes, the summary of an old document.
pub fn told(of: u8, untrusted: &[u8]) -> Vec<(String, String)> {
    let kinds = [Kind::Jpeg, Kind::Png, Kind::Webp, Kind::Mp4, Kind::Heic];
    let kind = *kinds.get(usize::from(of) % kinds.len()).unwrap_or(&Kind::Jpeg);
    let mut answer = Answer::default();
    let mut file = Cursor::new(untrusted);
    let _ = reader::c2pa::facts(&mut file, kind, &mut answer);
    if let Ok(Some(behind)) = reader::trailing::behind(&mut file, kind, untrusted.len() as u64) {
        answer.fact("trailing.bytes", behind);
    }
    let _ = reader::trailing::size_in_boxes(&mut &untrusted[..]);
    let _ = reader::trailing::is_cut_off(&mut file, untrusted.len() as u64);
    let _ = reader::trailing::behind_gzip(untrusted);
    let _ = reader::holds::around_zip(&mut file, untrusted.len() as u64);
    let _ = reader::holds::of_unpacker(&mut file);
    reader::summary::facts(&mut file, &mut answer);
    answer.facts
}

/// The facts in what ffprobe may have written.
pub fn probed(untrusted: &[u8]) -> Vec<(String, String)> {
    let told = serde_json::from_slice::<media::probe::Told>(untrusted).unwrap_or_default();
    told.times();
    told.facts()
}

/// How many bytes of frames are in what ffmpeg may have written.
pub fn enveloped(untrusted: &[u8]) -> usize {
    media::envelope::pieces(untrusted).map(|(_, bytes)| bytes.len()).sum()
}

/// How many bytes of pictures of 48 points are in what ffmpeg may have written with their moments.
pub fn timed(untrusted: &[u8]) -> usize {
    let mut found = 0;
    media::timed::each(&mut &untrusted[..], 48, |_, picture| found += picture.len());
    found
}

/// Paragraphs and their certainty, in what tesseract may have written.
pub fn recognised(untrusted: &[u8]) -> Vec<(String, u8)> {
    ocr::paragraphs(&String::from_utf8_lossy(untrusted))
}

/// The picture that poppler may have drawn; none where it is not whole.
pub fn drawn(untrusted: &[u8]) -> Option<Vec<u8>> {
    ocr::checked(untrusted)
}
