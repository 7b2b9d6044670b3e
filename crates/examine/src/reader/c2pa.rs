//! Statements of origin that a file carries (C2PA): found in it, and told in their own words. Whether they are true or who
//! signed them is not looked at.
//!
//! Where they lie is said by the C2PA specification 2.1, appendix A: JPEG's APP11, PNG's `caBX`, WebP's `C2PA`, and a box
//! `uuid` of MP4 and its kin.

use std::io::{self, Read, Seek, SeekFrom};

use super::answer::Answer;
use super::jumbf;
use crate::kind::Kind;

/// The longest store of statements that is read.
const STORE: u64 = 16 << 20;
/// More parts of a file than are looked at.
const PARTS: usize = 20_000;
/// The name of the box in MP4.
const BOX: [u8; 16] = *b"\xd8\xfe\xc3\xd6\x1b\x0e\x48\x3c\x92\x97\x58\x28\x87\x7e\xc4\x81";

/// Tells what is stated, if anything is.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn facts<F: Read + Seek>(untrusted: &mut F, kind: Kind, answer: &mut Answer) -> io::Result<()> {
    untrusted.rewind()?;
    let store = match kind {
        Kind::Jpeg => in_jpeg(untrusted),
        Kind::Png => in_chunks(untrusted, 8, &PNG),
        Kind::Webp => in_chunks(untrusted, 12, &RIFF),
        Kind::Mp4 | Kind::QuickTime | Kind::ThreeGp | Kind::M4a | Kind::Heic | Kind::Avif => {
            in_boxes(untrusted)
        }
        _ => return Ok(()),
    };
    let store = match store {
        Ok(store) => store,
        // A file that ends early keeps what came before, which is for others to tell.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
        Err(error) => return Err(error),
    };
    if !store.is_empty() {
        jumbf::facts(&store, answer);
    }
    Ok(())
}

/// Segments of APP11 with the same number belong together, each with the head of the whole before its piece.
fn in_jpeg(untrusted: &mut (impl Read + Seek)) -> io::Result<Vec<u8>> {
    let mut store = Vec::new();
    untrusted.seek(SeekFrom::Start(2))?;
    for _ in 0..PARTS {
        let mut head = [0; 4];
        untrusted.read_exact(&mut head)?;
        let [mark, kind, high, low] = head;
        let length = u64::from(u16::from_be_bytes([high, low])).saturating_sub(2);
        // The pixels begin: what is stated lies before them.
        if mark != 0xff || kind == 0xda || kind == 0xd9 {
            break;
        }
        if kind != 0xeb {
            untrusted.seek(SeekFrom::Current(i64::try_from(length).unwrap_or(0)))?;
            continue;
        }
        let segment = exactly(untrusted, length)?;
        // `JP`, the number of the box, the number of the piece; then the box, whose head each piece repeats.
        let (Some(b"JP"), Some(body)) = (segment.get(..2), segment.get(8..)) else { continue };
        let is_first = segment.get(4..8) == Some(&[0, 0, 0, 1]);
        if !is_first && store.is_empty() || store.len() as u64 > STORE {
            continue;
        }
        let body = if is_first { body } else { body.get(8..).unwrap_or_default() };
        if is_first && body.get(4..8) != Some(b"jumb") {
            continue;
        }
        if is_first {
            store.clear();
        }
        store.extend_from_slice(body);
    }
    Ok(store)
}

/// How chunks are written: length first or name first, which name, and what stands behind the bytes.
struct Chunks {
    length_first: bool,
    name: &'static [u8; 4],
    behind: u64,
    even: bool,
}

const PNG: Chunks = Chunks { length_first: true, name: b"caBX", behind: 4, even: false };
const RIFF: Chunks = Chunks { length_first: false, name: b"C2PA", behind: 0, even: true };

fn in_chunks(untrusted: &mut (impl Read + Seek), from: u64, form: &Chunks) -> io::Result<Vec<u8>> {
    untrusted.seek(SeekFrom::Start(from))?;
    for _ in 0..PARTS {
        let mut head = [0; 8];
        if untrusted.read(&mut head[..1])? == 0 {
            break;
        }
        untrusted.read_exact(&mut head[1..])?;
        let [a, b, c, d, e, f, g, h] = head;
        let (length, name) = if form.length_first {
            (u32::from_be_bytes([a, b, c, d]), [e, f, g, h])
        } else {
            (u32::from_le_bytes([e, f, g, h]), [a, b, c, d])
        };
        let length = u64::from(length);
        if &name == form.name {
            return exactly(untrusted, length);
        }
        let padding = if form.even { length % 2 } else { 0 };
        untrusted
            .seek(SeekFrom::Current(i64::try_from(length + padding + form.behind).unwrap_or(i64::MAX)))?;
    }
    Ok(Vec::new())
}

fn in_boxes(untrusted: &mut (impl Read + Seek)) -> io::Result<Vec<u8>> {
    let mut at = 0u64;
    for _ in 0..PARTS {
        untrusted.seek(SeekFrom::Start(at))?;
        let mut head = [0; 8];
        if untrusted.read(&mut head[..1])? == 0 {
            break;
        }
        untrusted.read_exact(&mut head[1..])?;
        let [a, b, c, d, name @ ..] = head;
        let (mut length, mut before) = (u64::from(u32::from_be_bytes([a, b, c, d])), 8);
        if length == 1 {
            let mut long = [0; 8];
            untrusted.read_exact(&mut long)?;
            (length, before) = (u64::from_be_bytes(long), 16);
        }
        if &name == b"uuid" && length > before + 16 {
            let mut which = [0; 16];
            untrusted.read_exact(&mut which)?;
            if which == BOX {
                let body = exactly(untrusted, length - before - 16)?;
                return Ok(behind_purpose(&body).to_vec());
            }
        }
        // A length of none means up to the end of the file.
        let Some(next) = at.checked_add(length).filter(|_| length >= before) else { break };
        at = next;
    }
    Ok(Vec::new())
}

/// Behind version and flags stands what the box is for; behind the word `manifest` and a place of 8 bytes, the statements.
fn behind_purpose(body: &[u8]) -> &[u8] {
    let purpose = body.get(4..).unwrap_or_default();
    let manifest = purpose.strip_prefix(b"manifest\0").and_then(|rest| rest.get(8..));
    manifest.unwrap_or_default()
}

fn exactly(untrusted: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    untrusted.take(length.min(STORE)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn segment(number: u8, body: &[u8]) -> Vec<u8> {
        let length = u16::try_from(body.len() + 10).unwrap().to_be_bytes();
        [&[0xff, 0xeb][..], &length, b"JP\0\x01\0\0\0", &[number], body].concat()
    }

    fn framed(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&u32::try_from(body.len() + 8).unwrap().to_be_bytes()[..], name, body].concat()
    }

    #[test]
    fn the_store_is_found_where_each_format_keeps_it() {
        let store = framed(b"jumb", b"what is stated, in several pieces");
        let (one, two) = store.split_at(20);
        let pieces = [segment(1, one), segment(2, &[&store[..8], two].concat())].concat();
        let jpeg = [&b"\xff\xd8\xff\xe0\0\x04ab"[..], &pieces, b"\xff\xda\0\x02\xff\xd9"].concat();
        let length = u32::try_from(store.len()).unwrap();
        let png =
            [&b"\x89PNG\r\n\x1a\n\0\0\0\x01IHDRx1234"[..], &length.to_be_bytes(), b"caBX", &store, b"1234"]
                .concat();
        let webp = [&b"RIFF\0\0\0\0WEBPVP8 \x01\0\0\0x\0C2PA"[..], &length.to_le_bytes(), &store].concat();
        let boxed = [&BOX[..], b"\0\0\0\0manifest\0", &[0; 8], &store].concat();
        let mp4 = [framed(b"ftyp", b"isom"), framed(b"uuid", &[9; 30]), framed(b"uuid", &boxed)].concat();
        assert_eq!(in_jpeg(&mut Cursor::new(jpeg)).unwrap(), store);
        assert_eq!(in_chunks(&mut Cursor::new(png), 8, &PNG).unwrap(), store);
        assert_eq!(in_chunks(&mut Cursor::new(webp), 12, &RIFF).unwrap(), store);
        assert_eq!(in_boxes(&mut Cursor::new(mp4)).unwrap(), store);
    }

    #[test]
    fn a_file_that_ends_early_or_says_nothing_gives_no_facts() {
        for kind in [Kind::Jpeg, Kind::Png, Kind::Webp, Kind::Mp4] {
            for bytes in
                [&b""[..], b"\xff\xd8\xff\xeb\xff\xff", b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", &[0xff; 64]]
            {
                let mut answer = Answer::default();
                facts(&mut Cursor::new(bytes), kind, &mut answer).unwrap();
                assert!(answer.facts.is_empty(), "{kind:?}");
            }
        }
    }
}
