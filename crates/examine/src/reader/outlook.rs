//! Messages of Outlook: their properties lie in the streams of a compound file.

use std::io::{self, Cursor, Read, Seek, Write as _};
use std::path::PathBuf;

use cfb::{CompoundFile, Version};
use jiff::Timestamp;
use vidimus_model::{ClaimSource, NotContainedReason, Precision, Reason, TextPlace, TimeClaim, TimeOf};

use super::answer::{Answer, Frames, Member};
use crate::text::parts::Parts;
use crate::text::{charset, markup};

/// The largest property of text.
const TEXT: u64 = 32 << 20;
/// A message in a message is no larger, and has no more parts.
const MESSAGE: u64 = 256 << 20;
const PARTS: usize = 20_000;
/// Where names of properties are kept.
const NAMES: &str = "/__nameid_version1.0";

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

/// What is written in it. Messages attached to it are items of their own.
///
/// # Errors
/// It cannot be read.
pub(crate) fn text<F: Read + Seek>(untrusted: &mut F, parts: &mut Parts) -> Result<(), Reason> {
    let mut folder = open(untrusted).ok_or(Reason::Damaged)?;
    let folder = &mut folder;
    for (field, property) in [("subject", "0037"), ("from", "0C1A"), ("to", "0E04")] {
        let value = property_text(folder, "/", property).unwrap_or_default();
        parts.add(&TextPlace::Field(field.to_owned()), &value);
    }
    if let Some(body) = property_text(folder, "/", "1000").filter(|body| !body.trim().is_empty()) {
        parts.add(&TextPlace::Whole, &body);
    } else if let Some(html) = bytes(folder, "/__substg1.0_10130102", TEXT) {
        parts.add(&TextPlace::Whole, &markup::text(&markup::decode(&html).text));
    }
    Ok(())
}

/// Hands over what is attached. A message in it has no bytes of its own: it is written as a file like its outer one.
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
            Err(_) => match inner_message(&mut folder, &attachment) {
                Some(message) => {
                    let name = if name.ends_with(".msg") { name } else { format!("{name}.msg") };
                    let says = Member { mode: 0o644, ..Member::default() };
                    frames.member(name.as_bytes(), says, &mut &message[..])?;
                }
                None => {
                    answer.because(Reason::NotSupported);
                    answer.not_taken(name.as_bytes(), NotContainedReason::Special);
                }
            },
        }
    }
    Ok(())
}

/// A message within an attachment as a file of its own, [MS-OXMSG] 2.2.2.1; none where there is none, or it is too large.
fn inner_message<F: Read + Seek>(folder: &mut Folder<'_, F>, attachment: &str) -> Option<Vec<u8>> {
    let below = format!("{attachment}__substg1.0_3701000D");
    if !folder.is_storage(&below) {
        return None;
    }
    let mut file = CompoundFile::create_with_version(Version::V3, Cursor::new(Vec::new())).ok()?;
    let mut left = MESSAGE;
    copy(folder, &below, "", &mut file, &mut left)?;
    // Names of properties are kept once, at the outermost message.
    if folder.is_storage(NAMES) {
        file.create_storage(NAMES).ok()?;
        copy(folder, NAMES, NAMES, &mut file, &mut left)?;
    }
    file.flush().ok()?;
    Some(file.into_inner().into_inner())
}

/// Copies all that lies below a storage; none where that is more than may be.
fn copy<F: Read + Seek>(
    from: &mut Folder<'_, F>,
    below: &str,
    to: &str,
    file: &mut CompoundFile<Cursor<Vec<u8>>>,
    left: &mut u64,
) -> Option<()> {
    let entries: Vec<(PathBuf, bool)> = from
        .walk_storage(below)
        .ok()?
        .skip(1)
        .take(PARTS)
        .map(|entry| (entry.path().to_owned(), entry.is_storage()))
        .collect();
    for (path, is_storage) in entries {
        let inner = format!("{to}/{}", path.strip_prefix(below).ok()?.to_str()?);
        if is_storage {
            file.create_storage(&inner).ok()?;
            continue;
        }
        let mut bytes = Vec::new();
        from.open_stream(&path).ok()?.take(*left + 1).read_to_end(&mut bytes).ok()?;
        *left = left.checked_sub(bytes.len() as u64)?;
        // The head of an outermost message is eight bytes longer, [MS-OXMSG] 2.4.1.
        if inner == "/__properties_version1.0" {
            bytes.splice(bytes.len().min(24)..bytes.len().min(24), [0; 8]);
        }
        file.create_stream(&inner).ok()?.write_all(&bytes).ok()?;
    }
    Some(())
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
