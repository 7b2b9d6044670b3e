//! Documents, tables, mails and notes: what they say of themselves, and their text.

use std::io::{self, BufReader, Read as _, Seek as _};

use vidimus_model::{DerivativeKind, End, Reason, TextPlace, TimeOf};

use super::answer::{Answer, Frames};
use super::{Given, holds, mail, outlook, summary};
use crate::iso;
use crate::kind::Kind;
use crate::text::parts::Parts;
use crate::text::{charset, markup, office, rtf, subtitles};

/// The largest file that is read whole for its text.
const WHOLE: u64 = 256 << 20;
/// A PDF beyond this is not searched for earlier versions of itself.
const REVISIONS: u64 = 256 << 20;

/// Facts and times.
///
/// # Errors
/// The file cannot be read.
pub(super) fn facts(given: &mut Given, kind: Kind, answer: &mut Answer) -> io::Result<()> {
    match kind {
        Kind::Docx | Kind::Xlsx | Kind::Pptx | Kind::Odt | Kind::Odp | Kind::Ods => {
            given.untrusted.rewind()?;
            for (name, value) in office::properties(BufReader::new(&mut given.untrusted)) {
                let of = match name.as_str() {
                    "office.created" | "office.creation-date" => Some(TimeOf::Beginning),
                    "office.modified" | "office.date" => Some(TimeOf::Change),
                    _ => None,
                };
                if let Some(claim) = of.and_then(|of| iso::claim(&name, of, &value)) {
                    answer.times.push(claim);
                }
                answer.facts.push((name, value));
            }
        }
        Kind::Pdf => {
            if holds::of_zip(&mut given.untrusted, given.size)? != Kind::Unknown {
                answer.fact("holds", "application/zip");
            }
            if given.size <= REVISIONS {
                let revisions = revisions(given)?;
                answer.fact("pdf.revisions", revisions);
            }
        }
        Kind::Mail | Kind::Mhtml => mail::facts(&whole(given)?, answer),
        Kind::Msg => outlook::facts(&mut given.untrusted, answer),
        Kind::Doc | Kind::Xls | Kind::Ppt => {
            summary::facts(&mut given.untrusted, answer);
            if summary::is_locked(&mut given.untrusted) {
                answer.fact("locked", "true");
            }
        }
        Kind::LockedOffice => answer.fact("locked", "true"),
        _ => {}
    }
    Ok(())
}

/// The text, as a frame of its own.
///
/// # Errors
/// Nobody takes it.
pub(super) fn text(given: &mut Given, frames: &mut Frames<'_>) -> io::Result<Answer> {
    let Some(kind) = given.kind(0) else { return Err(io::ErrorKind::InvalidInput.into()) };
    let mut parts = Parts::bounded(given.number(1));
    let read = match kind {
        Kind::Docx | Kind::Pptx | Kind::Odt | Kind::Odp | Kind::Epub => {
            office::text(kind, BufReader::new(&mut given.untrusted), &mut parts).map(|()| None)
        }
        Kind::Xlsx | Kind::Xls | Kind::Ods => {
            office::table(kind, BufReader::new(&mut given.untrusted), &mut parts).map(|()| None)
        }
        Kind::Mail | Kind::Mhtml => whole(given)
            .map_err(|_| Reason::Unreadable)
            .and_then(|bytes| mail::text(&bytes, &mut parts).map(|()| None)),
        Kind::Msg => outlook::text(&mut given.untrusted, &mut parts).map(|()| None),
        Kind::LockedOffice => Err(Reason::NeedsPassword),
        // Programs of the system read these, and make letters of what is locked.
        Kind::Doc | Kind::Ppt if summary::is_locked(&mut given.untrusted) => Err(Reason::NeedsPassword),
        Kind::Doc | Kind::Ppt => Ok(None),
        _ => plain(given, kind, &mut parts),
    };
    let full = parts.full;
    let encoding = match read {
        Ok(encoding) => encoding,
        Err(reason) if parts.is_empty() => return Ok(Answer::failed(reason)),
        Err(reason) => {
            put(frames, kind, parts, None)?;
            return Ok(Answer { end: Some(End::Partly), reason: Some(reason), ..Answer::default() });
        }
    };
    if parts.is_empty() {
        return Ok(Answer { end: Some(End::Nothing), ..Answer::default() });
    }
    put(frames, kind, parts, encoding)?;
    let mut answer = Answer::default();
    if full {
        answer.partly(Reason::TooManyBytes);
    }
    Ok(answer)
}

/// An encoding, and whether it was guessed.
type Encoding = Option<(&'static str, bool)>;

fn put(frames: &mut Frames<'_>, kind: Kind, parts: Parts, encoding: Encoding) -> io::Result<()> {
    let of = match kind {
        Kind::Srt | Kind::Vtt | Kind::SpeechJson => DerivativeKind::Transcript,
        _ => DerivativeKind::Text,
    };
    frames.text(
        of,
        &parts.into_text(encoding.map(|(name, _)| name), encoding.is_some_and(|(_, guessed)| guessed)),
    )
}

fn plain(given: &mut Given, kind: Kind, parts: &mut Parts) -> Result<Encoding, Reason> {
    let mut bytes = Vec::new();
    given.untrusted.by_ref().take(WHOLE).read_to_end(&mut bytes).map_err(|_| Reason::Unreadable)?;
    if given.size > WHOLE {
        parts.full = true;
    }
    if kind == Kind::Rtf {
        parts.add(&TextPlace::Whole, &rtf::text(&bytes));
        return Ok(None);
    }
    if kind == Kind::SpeechJson {
        let said = subtitles::speech(&bytes).ok_or(Reason::Damaged)?;
        said.into_iter().for_each(|part| parts.push(part));
        return Ok(None);
    }
    let decoded =
        if matches!(kind, Kind::Html | Kind::Svg) { markup::decode(&bytes) } else { charset::decode(&bytes) };
    match kind {
        Kind::Html | Kind::Svg => parts.add(&TextPlace::Whole, &markup::text(&decoded.text)),
        Kind::Srt | Kind::Vtt => subtitles::cues(&decoded.text).into_iter().for_each(|part| parts.push(part)),
        _ => parts.lines(&decoded.text),
    }
    Ok(Some((decoded.charset, decoded.guessed)))
}

/// All of a mail: a large one up to a bound.
pub(super) fn whole(given: &mut Given) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    given.untrusted.rewind()?;
    given.untrusted.by_ref().take(WHOLE).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// How often a PDF was saved anew behind itself.
fn revisions(given: &mut Given) -> io::Result<usize> {
    given.untrusted.rewind()?;
    let mut bytes = Vec::new();
    given.untrusted.by_ref().take(REVISIONS).read_to_end(&mut bytes)?;
    Ok(bytes.windows(5).filter(|mark| *mark == b"%%EOF").count().max(1))
}
