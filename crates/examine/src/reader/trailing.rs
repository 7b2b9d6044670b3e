//! Where a picture ends by its own structure: what lies behind is not part of it, and is told.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use crate::kind::Kind;

/// How many bytes lie behind the end of a picture; none where it ends with the file, early, or where that cannot be told.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn behind(untrusted: &mut (impl Read + Seek), kind: Kind, size: u64) -> io::Result<Option<u64>> {
    untrusted.rewind()?;
    let mut reader = BufReader::new(untrusted);
    let end = match kind {
        Kind::Jpeg => jpeg(&mut reader),
        Kind::Png => png(&mut reader),
        Kind::Webp => riff(&mut reader),
        _ => return Ok(None),
    };
    match end {
        Ok(end) => Ok(end.filter(|end| *end < size).map(|end| size - end)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// The largest size that the boxes of a HEIC or AVIF declare.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn size_in_boxes(untrusted: &mut impl Read) -> io::Result<Option<(u32, u32)>> {
    let mut head = Vec::new();
    untrusted.take(1 << 20).read_to_end(&mut head)?;
    let word = |at: usize| head.get(at..at + 4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    let found = head.windows(4).enumerate().filter(|(_, name)| *name == b"ispe");
    let sizes = found.filter_map(|(at, _)| Some((word(at + 8)?, word(at + 12)?)));
    Ok(sizes.max_by_key(|(width, height)| u64::from(*width) * u64::from(*height)))
}

/// How many bytes lie behind the last part of a gzip.
///
/// # Errors
/// It is damaged, or the file cannot be read.
pub(crate) fn behind_gzip(mut untrusted: impl BufRead) -> io::Result<u64> {
    while untrusted.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        io::copy(&mut flate2::bufread::GzDecoder::new(&mut untrusted), &mut io::sink())?;
    }
    io::copy(&mut untrusted, &mut io::sink())
}

/// Whether the outermost boxes of a HEIC or AVIF say that they are longer than the file: a decoder fills up what is missing.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn is_cut_off(untrusted: &mut (impl Read + Seek), size: u64) -> io::Result<bool> {
    let mut at = 0u64;
    while at < size {
        let mut head = Vec::new();
        untrusted.seek(SeekFrom::Start(at))?;
        untrusted.by_ref().take(16).read_to_end(&mut head)?;
        let Some(short) = head.first_chunk::<4>() else { return Ok(true) };
        let length = match (u32::from_be_bytes(*short), head.get(8..16)) {
            // To the end of the file.
            (0, _) => return Ok(false),
            (1, Some(&[a, b, c, d, e, f, g, h])) => u64::from_be_bytes([a, b, c, d, e, f, g, h]),
            (short, _) => u64::from(short),
        };
        // What is no box lies behind the last.
        if length < 8 {
            return Ok(false);
        }
        at = at.saturating_add(length);
    }
    Ok(at > size)
}

/// The place behind the mark of a JPEG's end.
fn jpeg(reader: &mut (impl Read + Seek)) -> io::Result<Option<u64>> {
    let mut mark = [0; 2];
    reader.read_exact(&mut mark)?;
    let mut at = 2u64;
    loop {
        reader.read_exact(&mut mark)?;
        at += 2;
        if mark[0] != 0xff {
            return Ok(None);
        }
        while mark[1] == 0xff {
            reader.read_exact(&mut mark[1..])?;
            at += 1;
        }
        match mark[1] {
            0xd9 => return Ok(Some(at)),
            0x01 | 0xd0..=0xd7 => continue,
            _ => {}
        }
        let mut length = [0; 2];
        reader.read_exact(&mut length)?;
        let length = u64::from(u16::from_be_bytes(length)).max(2);
        at += length;
        io::copy(&mut reader.by_ref().take(length - 2), &mut io::sink())?;
        if mark[1] != 0xda {
            continue;
        }
        // The scan: up to a mark that is neither a stuffed byte nor a restart.
        let (mut before, mut byte) = (0u8, [0; 1]);
        loop {
            reader.read_exact(&mut byte)?;
            at += 1;
            if before == 0xff && !matches!(byte[0], 0 | 0xff | 0xd0..=0xd7) {
                break;
            }
            before = byte[0];
        }
        if byte[0] == 0xd9 {
            return Ok(Some(at));
        }
        at -= 2;
        reader.seek(SeekFrom::Start(at))?;
    }
}

/// The place behind a PNG's last chunk.
fn png(reader: &mut (impl Read + Seek)) -> io::Result<Option<u64>> {
    let mut at = 8u64;
    reader.seek(SeekFrom::Start(at))?;
    loop {
        let mut head = [0; 8];
        reader.read_exact(&mut head)?;
        let [a, b, c, d, name @ ..] = head;
        at += 12 + u64::from(u32::from_be_bytes([a, b, c, d]));
        if &name == b"IEND" {
            return Ok(Some(at));
        }
        reader.seek(SeekFrom::Start(at))?;
    }
}

fn riff(reader: &mut impl Read) -> io::Result<Option<u64>> {
    let mut head = [0; 8];
    reader.read_exact(&mut head)?;
    let [.., a, b, c, d] = head;
    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
    Ok(Some(8 + length + length % 2))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn boxes_that_end_behind_the_file_are_seen() {
        let whole = b"\0\0\0\x0cftypheic\0\0\0\x01mdat\0\0\0\0\0\0\0\x12xx".to_vec();
        let cut = |bytes: &[u8]| is_cut_off(&mut Cursor::new(bytes), bytes.len() as u64).unwrap();
        assert!(!cut(&whole) && !cut(&[&whole[..], &[0; 9]].concat()) && !cut(b""));
        for length in [1, 11, 14, 29] {
            assert!(cut(&whole[..length]), "{length}");
        }
    }

    #[test]
    fn what_lies_behind_the_end_is_counted() {
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xda\0\x02\x01\xff\0\x02\xff\xd0\x03\xff\xd9".to_vec();
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x01IHDRx1234\0\0\0\0IEND1234".to_vec();
        let webp = b"RIFF\x05\0\0\0WEBPx\0".to_vec();
        for (kind, whole) in [(Kind::Jpeg, jpeg), (Kind::Png, png), (Kind::Webp, webp)] {
            let told = |bytes: &[u8]| behind(&mut Cursor::new(bytes), kind, bytes.len() as u64).unwrap();
            assert_eq!(told(&whole), None, "{kind:?}");
            assert_eq!(told(&[&whole[..], b"PK\x03\x04"].concat()), Some(4), "{kind:?}");
            assert_eq!(told(&whole[..whole.len() - 3]), None, "{kind:?}");
        }
    }
}
