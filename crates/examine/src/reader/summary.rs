//! What documents of the nineties say of themselves ([MS-OLEPS]), and whether they are locked.

use std::io::{Read, Seek};

use cfb::CompoundFile;
use jiff::Timestamp;
use vidimus_model::{ClaimSource, Precision, TimeClaim, TimeOf};

use super::answer::Answer;
use crate::text::charset;

/// A property set is no longer.
const SET: u64 = 1 << 20;
/// Properties of a set.
const PROPERTIES: u32 = 200;

/// Facts and times.
pub(crate) fn facts<F: Read + Seek>(untrusted: &mut F, answer: &mut Answer) {
    let Some(set) = stream(untrusted, "/\u{5}SummaryInformation", SET) else { return };
    let Some(begin) = word(&set, 44).map(|begin| begin as usize) else { return };
    let count = word(&set, begin.saturating_add(4)).unwrap_or(0).min(PROPERTIES);
    for at in (0..count as usize).map(|number| begin.saturating_add(8 + number * 8)) {
        let (Some(id), Some(place)) = (word(&set, at), word(&set, at.saturating_add(4))) else { return };
        let value = set.get(begin.saturating_add(place as usize)..).unwrap_or_default();
        let name = match id {
            2 => "title",
            3 => "subject",
            4 => "creator",
            5 => "keywords",
            6 => "description",
            8 => "last-modified-by",
            9 => "revision",
            11 => "last-printed",
            12 => "created",
            13 => "modified",
            18 => "application",
            _ => continue,
        };
        match word(value, 0).map(|kind| kind & 0xffff) {
            Some(0x1e | 0x1f) => {
                let text = text(value);
                if !text.is_empty() {
                    answer.fact(&format!("office.{name}"), text);
                }
            }
            Some(0x40) => {
                let Some(time) = time(value) else { continue };
                answer.fact(&format!("office.{name}"), time);
                let of = match id {
                    12 => TimeOf::Beginning,
                    13 => TimeOf::Change,
                    _ => continue,
                };
                answer.times.push(claim(name, of, time));
            }
            _ => {}
        }
    }
}

/// Whether a document of Word, or slides, of before 2007 are locked: [MS-DOC] 2.5.2, [MS-PPT] 2.3.2.
pub(crate) fn is_locked<F: Read + Seek>(untrusted: &mut F) -> bool {
    stream(untrusted, "/WordDocument", 12)
        .is_some_and(|head| head.get(11).is_some_and(|flags| flags & 1 == 1))
        || stream(untrusted, "/Current User", 16).is_some_and(|head| word(&head, 12) == Some(0xf3d1_c4df))
}

fn stream<F: Read + Seek>(untrusted: &mut F, name: &str, most: u64) -> Option<Vec<u8>> {
    untrusted.rewind().ok()?;
    let mut folder = CompoundFile::open(untrusted).ok()?;
    let mut bytes = Vec::new();
    folder.open_stream(name).ok()?.take(most).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// A text: a byte for each letter, in whichever encoding, or UTF-16.
fn text(value: &[u8]) -> String {
    let length = word(value, 4).unwrap_or(0) as usize;
    let is_wide = word(value, 0).is_some_and(|kind| kind & 0xffff == 0x1f);
    let rest = value.get(8..).unwrap_or_default();
    let bytes = rest.get(..if is_wide { length.saturating_mul(2) } else { length }).unwrap_or(rest);
    let text = if is_wide {
        let units: Vec<u16> =
            bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    } else {
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        charset::decode(bytes.get(..end).unwrap_or_default()).text
    };
    text.trim_matches(['\0', ' ', '\n', '\r', '\t']).chars().take(2000).collect()
}

/// A moment, which is counted in UTC; none where it was never set, or is a span of time.
fn time(value: &[u8]) -> Option<Timestamp> {
    let (low, high) = (u64::from(word(value, 4)?), u64::from(word(value, 8)?));
    let since_1601 = i64::try_from((high << 32 | low) / 10_000_000).ok()?;
    let seconds = since_1601.checked_sub(11_644_473_600)?;
    // Programs that never set it write nothing, or the beginning of their own count.
    (seconds > 0).then(|| Timestamp::from_second(seconds).ok())?
}

fn claim(name: &str, of: TimeOf, time: Timestamp) -> TimeClaim {
    TimeClaim {
        source: ClaimSource::Metadata,
        field: format!("office.{name}"),
        of,
        at: None,
        untrusted_text: time.to_string(),
        time: time.to_zoned(jiff::tz::TimeZone::UTC).datetime(),
        precision: Precision::Second,
        zone: Some(0),
        confidence: None,
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at.checked_add(4)?).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
}
