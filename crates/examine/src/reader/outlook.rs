//! Messages of Outlook: their properties lie in the streams of a compound file.

use std::io::{self, Read, Seek};

use cfb::CompoundFile;
use jiff::Timestamp;
use vidimus_model::{ClaimSource, NotContainedReason, Precision, Reason, TextPlace, TimeClaim, TimeOf};

use super::answer::{Answer, Frames, Member};
use crate::text::parts::Parts;
use crate::text::{charset, markup};

/// The largest property of text.
const TEXT: u64 = 32 << 20;
/// Messages in messages.
const DEPTH: u32 = 8;

type Folder<'a, F> = CompoundFile<&'a mut F>;

/// Who wrote to whom, when, about what.
pub(crate) fn facts<F: Read + Seek>(untrusted: &mut F, answer: &mut Answer) {
    let Some(mut folder) = open(untrusted) else { return };
    for (name, property) in [
        ("mail.subject", "0037"),
        ("mail.from", "0C1A"),
        ("mail.from-address", "0C1F"),
        ("mail.to", "0E04"),
        ("mail.cc", "0E03"),
        ("mail.message-id", "1035"),
    ] {
        if let Some(value) = property_text(&mut folder, "/", property) {
            answer.fact(name, value.chars().take(2000).collect::<String>());
        }
    }
    let Some(fixed) = bytes(&mut folder, "/__properties_version1.0", 1 << 20) else { return };
    for entry in fixed.get(32..).unwrap_or_default().chunks_exact(16) {
        let (field, of) = match u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]) {
            0x0039_0040 => ("mail.date", TimeOf::Beginning),
            0x0e06_0040 => ("mail.received", TimeOf::Change),
            _ => continue,
        };
        let value = u64::from_le_bytes([
            entry[8], entry[9], entry[10], entry[11], entry[12], entry[13], entry[14], entry[15],
        ]);
        let seconds = i64::try_from(value / 10_000_000).ok().and_then(|s| s.checked_sub(11_644_473_600));
        let Some(time) = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()) else { continue };
        answer.times.push(TimeClaim {
            source: ClaimSource::Text,
            field: field.to_owned(),
            of,
            at: None,
            untrusted_text: time.to_string(),
            time: time.to_zoned(jiff::tz::TimeZone::UTC).datetime(),
            precision: Precision::Second,
            zone: Some(0),
            confidence: None,
        });
    }
}

/// What is written in it, and in the messages attached to it.
///
/// # Errors
/// It cannot be read.
pub(crate) fn text<F: Read + Seek>(untrusted: &mut F, parts: &mut Parts) -> Result<(), Reason> {
    let mut folder = open(untrusted).ok_or(Reason::Damaged)?;
    written(&mut folder, "/", parts, DEPTH);
    Ok(())
}

fn written<F: Read + Seek>(folder: &mut Folder<'_, F>, below: &str, parts: &mut Parts, depth: u32) {
    for (field, property) in [("subject", "0037"), ("from", "0C1A"), ("to", "0E04")] {
        let value = property_text(folder, below, property).unwrap_or_default();
        parts.add(&TextPlace::Field(field.to_owned()), &value);
    }
    if let Some(body) = property_text(folder, below, "1000").filter(|body| !body.trim().is_empty()) {
        parts.add(&TextPlace::Whole, &body);
    } else if let Some(html) = bytes(folder, &format!("{below}__substg1.0_10130102"), TEXT) {
        parts.add(&TextPlace::Whole, &markup::text(&markup::decode(&html).text));
    }
    if depth > 0 {
        for attachment in attachments(folder, below) {
            let inner = format!("{attachment}__substg1.0_3701000D/");
            if folder.is_storage(&inner) {
                written(folder, &inner, parts, depth - 1);
            }
        }
    }
}

/// Hands over what is attached. A message in it has no bytes of its own: its text is told, and it is told that it is there.
///
/// # Errors
/// Nobody takes it.
pub(crate) fn take_out<F: Read + Seek>(
    untrusted: &mut F,
    frames: &mut Frames<'_>,
    answer: &mut Answer,
) -> io::Result<()> {
    let Some(mut folder) = open(untrusted) else {
        *answer = Answer::failed(Reason::Damaged);
        return Ok(());
    };
    for (number, attachment) in (1..).zip(attachments(&folder, "/")) {
        let name = ["3707", "3704", "3001"]
            .iter()
            .find_map(|property| property_text(&mut folder, &attachment, property));
        let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| format!("{number}.bin"));
        match folder.open_stream(format!("{attachment}__substg1.0_37010102")) {
            Ok(mut data) => {
                let whole =
                    frames.member(name.as_bytes(), Member { mode: 0o644, ..Member::default() }, &mut data)?;
                if !whole {
                    answer.because(Reason::Damaged);
                }
            }
            Err(_) => {
                answer.because(Reason::NotSupported);
                answer.not_taken(name.as_bytes(), NotContainedReason::Special);
            }
        }
    }
    Ok(())
}

fn open<F: Read + Seek>(untrusted: &mut F) -> Option<Folder<'_, F>> {
    untrusted.rewind().ok()?;
    CompoundFile::open(untrusted).ok()
}

/// The storages of what is attached, as paths that end with a slash.
fn attachments<F: Read + Seek>(folder: &Folder<'_, F>, below: &str) -> Vec<String> {
    let Ok(entries) = folder.read_storage(below) else { return Vec::new() };
    let named =
        entries.filter(|entry| entry.is_storage() && entry.name().starts_with("__attach_version1.0_#"));
    named.take(10_000).map(|entry| format!("{below}{}/", entry.name())).collect()
}

/// A property of text: in UTF-16, or in a byte for each letter.
fn property_text<F: Read + Seek>(folder: &mut Folder<'_, F>, below: &str, property: &str) -> Option<String> {
    if let Some(wide) = bytes(folder, &format!("{below}__substg1.0_{property}001F"), TEXT) {
        let units: Vec<u16> =
            wide.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        return Some(String::from_utf16_lossy(&units));
    }
    bytes(folder, &format!("{below}__substg1.0_{property}001E"), TEXT)
        .map(|narrow| charset::decode(&narrow).text)
}

fn bytes<F: Read + Seek>(folder: &mut Folder<'_, F>, path: &str, most: u64) -> Option<Vec<u8>> {
    let stream = folder.open_stream(path).ok()?;
    let mut bytes = Vec::new();
    stream.take(most).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
