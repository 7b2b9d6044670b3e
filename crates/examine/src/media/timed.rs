//! Pictures with their moments through one pipe: the Matroska in which ffmpeg hands them over.

use std::io::{self, BufReader, Read};

/// What holds other elements is gone into; of it only the beginning counts.
const HOLDS: [u64; 4] = [0x1853_8067, 0x1F43_B675, 0xA0, 0x1A45_DFA3];
/// The milliseconds that those of a cluster's blocks are counted from.
const TIMESTAMP: u64 = 0xE7;
/// A picture: its track, its milliseconds and some signs before it.
const BLOCKS: [u64; 2] = [0xA3, 0xA1];
const BEFORE: usize = 4;
/// No element that is passed over is longer.
const LONGEST: u64 = 1 << 20;

/// Hands over each picture of this length with its milliseconds. Ends where the stream does, or is not what it should be; what has
/// another length is passed over.
pub(crate) fn each(untrusted: &mut dyn Read, length: usize, mut takes: impl FnMut(u32, Vec<u8>)) {
    let mut from = BufReader::with_capacity(64 << 10, untrusted);
    let mut begins = 0u64;
    while let Some((name, size)) = element(&mut from) {
        if HOLDS.contains(&name) {
            continue;
        }
        if name == TIMESTAMP && size <= 8 {
            let Some(time) = number(&mut from, size as usize) else { return };
            begins = time;
        } else if BLOCKS.contains(&name) && size == (BEFORE + length) as u64 {
            let (mut head, mut picture) = ([0; BEFORE], vec![0; length]);
            if from.read_exact(&mut head).is_err() || from.read_exact(&mut picture).is_err() {
                return;
            }
            let behind = i64::from(i16::from_be_bytes([head[1], head[2]]));
            let Some(at) = begins.checked_add_signed(behind).and_then(|at| u32::try_from(at).ok()) else {
                continue;
            };
            takes(at, picture);
        } else if size > LONGEST.max((BEFORE + length) as u64 * 4) || !passed(&mut from, size) {
            return;
        }
    }
}

fn passed(from: &mut dyn Read, size: u64) -> bool {
    io::copy(&mut from.take(size), &mut io::sink()).is_ok_and(|passed| passed == size)
}

/// The name and the size of the element that begins here; none at the end.
fn element(from: &mut dyn Read) -> Option<(u64, u64)> {
    let (name, length) = open_number(from)?;
    let (size, bytes) = open_number(from)?;
    // The bit that says how long a number is belongs to a name, and not to a size.
    (length <= 4).then_some((name, size & !(1 << (7 * bytes))))
}

/// A number as long as its first byte says, with that, and its length.
fn open_number(from: &mut dyn Read) -> Option<(u64, usize)> {
    let first = number(from, 1)?;
    let length = (first as u8).leading_zeros() as usize + 1;
    let rest = (length <= 8).then(|| number(from, length - 1))??;
    Some((first << (8 * (length - 1)) | rest, length))
}

fn number(from: &mut dyn Read, length: usize) -> Option<u64> {
    let mut bytes = [0; 8];
    from.read_exact(bytes.get_mut(8 - length..)?).ok()?;
    Some(u64::from_be_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<(u32, Vec<u8>)> {
        let mut found = Vec::new();
        each(&mut &bytes[..], 3, |at, picture| found.push((at, picture)));
        found
    }

    #[test]
    fn pictures_come_with_their_moments_and_a_cut_ends_them() {
        let mut file =
            b"\x1a\x45\xdf\xa3\x84\x42\x86\x81\x01\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff".to_vec();
        // Something unknown; then two clusters, of a size that is known and of one that is not.
        file.extend(b"\xec\x40\x02xx\x1f\x43\xb6\x75\x90\xe7\x82\x03\xe8\xa3\x87\x81\x00\x05\x80one");
        file.extend(b"\x1f\x43\xb6\x75\xff\xe7\x81\x0a\xa3\x88\x81\x00\x00\x80four\xa0\x89\xa1\x87\x81\xff\xff\x00two");
        file.extend(b"\xa3\x87\x81\x80\x00\x00neg");
        let all = [(1005, b"one".to_vec()), (9, b"two".to_vec())];
        assert_eq!(read(&file), all, "what was before the beginning is none");
        let cut = file.len() - 10;
        assert_eq!(read(&file[..cut]), all[..1], "what is cut off is none");
        for nonsense in [&b""[..], b"\0\0", b"\x1f\x43\xb6\x75", b"\xec\x08\xff\xff\xff\xff", b"\xff\xff\xff"]
        {
            assert!(read(nonsense).is_empty());
        }
    }
}
