//! Tells formats that are containers themselves by the names of what they hold: a zip's list, a compound file's folder.

use std::io::{self, Read, Seek, SeekFrom};

use crate::kind::Kind;

/// How much of a zip's end and of its list is read.
const ZIP_END: u64 = (64 << 10) + 22;
const ZIP_LIST: u64 = 1 << 20;
/// Programs that unpack themselves are no longer than this.
const UNPACKER: u64 = 2 << 20;

/// What a zip is by the names in its list; [`Kind::Unknown`] where it has no list at its end and does not begin like one.
///
/// # Errors
/// The file cannot be read.
pub(super) fn of_zip(untrusted: &mut (impl Read + Seek), size: u64) -> io::Result<Kind> {
    let from = size.saturating_sub(ZIP_END);
    let end = piece(untrusted, from, ZIP_END)?;
    let head = piece(untrusted, 0, 4 << 10)?;
    let begins = head.starts_with(b"PK\x03\x04");
    let Some(at) = end.windows(4).rposition(|mark| mark == b"PK\x05\x06") else {
        // Cut off: its first name must do.
        let kind = named(&[name_of_local(&head)], &head);
        return Ok(if begins { kind } else { Kind::Unknown });
    };
    let word = |at: usize| end.get(at..at + 4).map_or(0, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    let (length, offset) = (u64::from(word(at + 12)), u64::from(word(at + 16)));
    if offset > size || length == 0 {
        return Ok(if begins || at == 0 && end.len() == 22 { named(&[], &head) } else { Kind::Unknown });
    }
    // Behind a program that unpacks itself, all places are further behind.
    let list_end = from + at as u64;
    let begin = list_end.saturating_sub(length);
    let list = piece(untrusted, if begin < offset { offset } else { begin }, length.min(ZIP_LIST))?;
    if !list.starts_with(b"PK\x01\x02") && !begins {
        return Ok(Kind::Unknown);
    }
    Ok(named(&names(&list), &head))
}

/// How many bytes lie before the first member of a zip and behind its end.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn around_zip(untrusted: &mut (impl Read + Seek), size: u64) -> io::Result<(u64, u64)> {
    let from = size.saturating_sub(ZIP_END);
    let end = piece(untrusted, from, ZIP_END)?;
    let half = |at: usize| end.get(at..at + 2).map_or(0, |b| u64::from(u16::from_le_bytes([b[0], b[1]])));
    let Some(at) = end.windows(4).rposition(|mark| mark == b"PK\x05\x06") else { return Ok((0, 0)) };
    let place = from + at as u64;
    let behind = size.saturating_sub(place + 22 + half(at + 20));
    let (length, offset) = (number(&end, at + 12), number(&end, at + 16));
    // The large form has its numbers elsewhere.
    let is_large = at >= 20 && end.get(at - 20..).is_some_and(|mark| mark.starts_with(b"PK\x06\x07"));
    let Some(shift) =
        place.checked_sub(length).and_then(|list| list.checked_sub(offset)).filter(|_| !is_large)
    else {
        return Ok((0, behind));
    };
    let list = piece(untrusted, place - length, length.min(ZIP_LIST))?;
    let first = entries(&list).map(|entry| number(entry, 42)).min().unwrap_or(0);
    Ok((shift + first, behind))
}

/// Where a 7z or RAR begins: behind a program that unpacks it, or at the beginning.
///
/// # Errors
/// The file cannot be read.
pub(super) fn begins_at(untrusted: &mut (impl Read + Seek), kind: Kind) -> io::Result<u64> {
    let begin = piece(untrusted, 0, UNPACKER)?;
    let is_one = |at: &usize| begin.get(*at..).is_some_and(|rest| packed(rest) == Some(kind));
    Ok((0..begin.len()).find(is_one).unwrap_or(0) as u64)
}

/// What a program that unpacks itself holds, if it is a 7z or RAR.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn of_unpacker(untrusted: &mut (impl Read + Seek)) -> io::Result<Option<Kind>> {
    let begin = piece(untrusted, 0, UNPACKER)?;
    Ok((0..begin.len()).find_map(|at| packed(begin.get(at..)?)))
}

/// Which of the two begins here. A program that packs has their marks in it too, and no sound head behind them.
fn packed(begin: &[u8]) -> Option<Kind> {
    let sum = |from: usize, length: usize| {
        let mut sum = flate2::Crc::new();
        sum.update(begin.get(from..from + length)?);
        Some(sum.sum())
    };
    let said = |at: usize| begin.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    if begin.starts_with(b"7z\xbc\xaf\x27\x1c") {
        return (sum(12, 20)? == said(8)?).then_some(Kind::SevenZip);
    }
    if begin.starts_with(b"Rar!\x1a\x07\0") {
        // The sum of the archive's head is the lower half of that of its bytes behind it.
        let stated = u16::from_le_bytes([*begin.get(7)?, *begin.get(8)?]);
        return (begin.get(9) == Some(&0x73) && sum(9, 11)? & 0xffff == u32::from(stated))
            .then_some(Kind::Rar);
    }
    if begin.starts_with(b"Rar!\x1a\x07\x01\0") {
        // Its length is a number of one byte here: the head of an archive is short.
        let length = usize::from(*begin.get(12)?);
        return (length < 0x80 && sum(12, length + 1)? == said(8)?).then_some(Kind::Rar);
    }
    None
}

/// The entries of a zip's list.
fn entries(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = list;
    std::iter::from_fn(move || {
        let half =
            |at: usize| rest.get(at..at + 2).map_or(0, |b| usize::from(u16::from_le_bytes([b[0], b[1]])));
        let length = 46 + half(28) + half(30) + half(32);
        let entry = rest.get(..length).filter(|entry| entry.starts_with(b"PK\x01\x02"))?;
        rest = rest.get(length..)?;
        Some(entry)
    })
}

fn number(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..at + 4).map_or(0, |b| u64::from(u32::from_le_bytes([b[0], b[1], b[2], b[3]])))
}

/// The names in a zip's list.
fn names(list: &[u8]) -> Vec<&[u8]> {
    let name = |entry: &'_ [u8]| usize::from(u16::from_le_bytes([entry[28], entry[29]]));
    entries(list).take(10_000).filter_map(|entry| entry.get(46..46 + name(entry))).collect()
}

fn name_of_local(head: &[u8]) -> &[u8] {
    let length = head.get(26..28).map_or(0, |b| usize::from(u16::from_le_bytes([b[0], b[1]])));
    head.get(30..30 + length).unwrap_or_default()
}

fn named(names: &[&[u8]], head: &[u8]) -> Kind {
    let has = |wanted: &[u8]| names.contains(&wanted);
    let under = |wanted: &[u8]| names.iter().any(|name| name.starts_with(wanted));
    // OpenDocument and EPUB say first, uncompressed, what they are.
    if name_of_local(head) == b"mimetype" {
        let said = head.get(38..).unwrap_or_default();
        for (media, kind) in [
            (&b"application/vnd.oasis.opendocument.text"[..], Kind::Odt),
            (b"application/vnd.oasis.opendocument.spreadsheet", Kind::Ods),
            (b"application/vnd.oasis.opendocument.presentation", Kind::Odp),
            (b"application/epub+zip", Kind::Epub),
        ] {
            if said.starts_with(media) {
                return kind;
            }
        }
    }
    if has(b"[Content_Types].xml") {
        for (folder, kind) in [(&b"word/"[..], Kind::Docx), (b"xl/", Kind::Xlsx), (b"ppt/", Kind::Pptx)] {
            if under(folder) {
                return kind;
            }
        }
    }
    if has(b"datapackage.json") && under(b"archive/") {
        return Kind::Wacz;
    }
    Kind::Zip
}

/// What a compound file of the nineties is by the names in its folder.
///
/// # Errors
/// The file cannot be read.
pub(super) fn of_compound(untrusted: &mut (impl Read + Seek)) -> io::Result<Kind> {
    let head = piece(untrusted, 0, 512)?;
    let word = |bytes: &[u8], at: usize| {
        bytes.get(at..at + 4).map_or(u32::MAX, |b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]))
    };
    let shift = head.get(30).copied().unwrap_or(9).clamp(7, 12);
    let sector = 1u64 << shift;
    let place = |number: u32| (u64::from(number) + 1) << shift;
    let mut number = word(&head, 48);
    let mut found = Kind::Cfb;
    // A folder is short; a circle in the table ends here too.
    for _ in 0..256 {
        if number >= 0xffff_fffa {
            break;
        }
        let folder = piece(untrusted, place(number), sector)?;
        for entry in folder.chunks_exact(128) {
            let length = usize::from(u16::from_le_bytes([entry[64], entry[65]])).clamp(2, 64) - 2;
            let name: Vec<u16> =
                entry[..length].chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect();
            match String::from_utf16_lossy(&name).as_str() {
                "WordDocument" => return Ok(Kind::Doc),
                "Workbook" | "Book" => return Ok(Kind::Xls),
                "PowerPoint Document" => return Ok(Kind::Ppt),
                "EncryptedPackage" => return Ok(Kind::LockedOffice),
                "__properties_version1.0" | "__nameid_version1.0" => found = Kind::Msg,
                _ => {}
            }
        }
        let per_sector = sector / 4;
        let table =
            word(&head, 76 + 4 * usize::try_from(u64::from(number) / per_sector).unwrap_or(0).min(108));
        let entry = piece(untrusted, place(table) + u64::from(number) % per_sector * 4, 4)?;
        number = word(&entry, 0);
    }
    Ok(found)
}

fn piece(untrusted: &mut (impl Read + Seek), from: u64, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    untrusted.seek(SeekFrom::Start(from))?;
    untrusted.by_ref().take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
