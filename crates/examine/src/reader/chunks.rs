//! Parts of a file's bytes, cut where the bytes themselves say: what a damaged, cut or shifted copy still has is found by them.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::LazyLock;

use sha2::{Digest as _, Sha256};
use vidimus_model::print::{Chunk, Chunks, MOST_CHUNKS};

/// Files below this are not cut.
pub(crate) const LEAST_FILE: u64 = 4 << 10;
/// The shortest chunk but for the last, and the longest.
const LEAST: usize = 2 << 10;
const MOST: usize = 64 << 10;
/// A chunk ends where so many high bits of the sum are zero: after 8 KiB, on average.
const BITS: u32 = 13;
/// Bytes that the sum depends on.
const REACH: usize = 64;
/// Bytes that are held at once.
const HELD: usize = 1 << 20;

/// What each byte adds to the sum: the first eight bytes of its SHA-256.
static GEAR: LazyLock<[u64; 256]> = LazyLock::new(|| std::array::from_fn(|byte| digest(&[byte as u8])));

/// Cuts what is read and keeps what has the smallest digests.
///
/// # Errors
/// It cannot be read.
pub(crate) fn chunks(untrusted: &mut dyn Read) -> io::Result<Chunks> {
    let mut kept: BTreeMap<u64, (u64, u32)> = BTreeMap::new();
    let (mut held, mut filled, mut of_bytes) = (vec![0; HELD + MOST], 0, 0);
    loop {
        let got = fill(untrusted, &mut held[filled..])?;
        let is_last = filled + got < held.len();
        filled += got;
        let mut at = 0;
        // What is cut must be as long as the longest chunk, but at the end of the file.
        while at < filled && (is_last || filled - at >= MOST) {
            let chunk = &held[at..at + length(&held[at..filled])];
            let digest = digest(chunk);
            if kept.len() < MOST_CHUNKS || kept.last_key_value().is_some_and(|(most, _)| digest < *most) {
                kept.entry(digest).or_insert((of_bytes, chunk.len() as u32));
                if kept.len() > MOST_CHUNKS {
                    kept.pop_last();
                }
            }
            of_bytes += chunk.len() as u64;
            at += chunk.len();
        }
        if is_last {
            let chunk = |(digest, (at, length))| Chunk { digest, at, length };
            return Ok(Chunks { of_bytes, kept: kept.into_iter().map(chunk).collect() });
        }
        held.copy_within(at..filled, 0);
        filled -= at;
    }
}

/// As bytes, for the other side of the sandbox.
pub(crate) fn written(chunks: &Chunks) -> Vec<u8> {
    let mut bytes = chunks.of_bytes.to_le_bytes().to_vec();
    for Chunk { digest, at, length } in &chunks.kept {
        bytes.extend(digest.to_le_bytes());
        bytes.extend(at.to_le_bytes());
        bytes.extend(length.to_le_bytes());
    }
    bytes
}

/// What [`written`] wrote; none where it is cut off. What no print may hold is found when it is put into one.
pub(crate) fn read(untrusted: &[u8]) -> Option<Chunks> {
    let (of_bytes, rest) = untrusted.split_first_chunk()?;
    let (all, []) = rest.as_chunks::<20>() else { return None };
    let chunk = |fields: &[u8; 20]| {
        let (digest, rest) = fields.split_first_chunk()?;
        let (at, length) = rest.split_first_chunk()?;
        let (digest, at) = (u64::from_le_bytes(*digest), u64::from_le_bytes(*at));
        Some(Chunk { digest, at, length: u32::from_le_bytes(length.try_into().ok()?) })
    };
    Some(Chunks {
        of_bytes: u64::from_le_bytes(*of_bytes),
        kept: all.iter().map(chunk).collect::<Option<_>>()?,
    })
}

/// Reads until it is full, or nothing comes any more.
fn fill(untrusted: &mut dyn Read, mut room: &mut [u8]) -> io::Result<usize> {
    let all = room.len();
    while !room.is_empty() {
        match untrusted.read(room) {
            Ok(0) => break,
            Ok(got) => room = &mut room[got..],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(all - room.len())
}

/// The length of the chunk with which these bytes begin.
fn length(bytes: &[u8]) -> usize {
    let bytes = &bytes[..bytes.len().min(MOST)];
    if bytes.len() <= LEAST {
        return bytes.len();
    }
    let mut sum = bytes[LEAST - REACH..LEAST].iter().fold(0u64, |sum, byte| roll(sum, *byte));
    for (at, byte) in bytes.iter().enumerate().skip(LEAST) {
        if sum >> (u64::BITS - BITS) == 0 {
            return at;
        }
        sum = roll(sum, *byte);
    }
    bytes.len()
}

/// The oldest of the bytes falls out at the top.
fn roll(sum: u64, byte: u8) -> u64 {
    (sum << 1).wrapping_add(GEAR[usize::from(byte)])
}

fn digest(bytes: &[u8]) -> u64 {
    let digest = Sha256::digest(bytes);
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(length: usize, mut seed: u64) -> Vec<u8> {
        let mut next = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed >> 32) as u8
        };
        (0..length).map(|_| next()).collect()
    }

    fn of(bytes: &[u8]) -> Chunks {
        chunks(&mut &bytes[..]).unwrap()
    }

    fn share(one: &Chunks, other: &Chunks) -> f64 {
        let same = one.kept.iter().filter(|a| other.kept.iter().any(|b| a.digest == b.digest)).count();
        same as f64 / one.kept.len() as f64
    }

    #[test]
    fn all_of_a_file_is_cut_and_each_chunk_lies_where_it_says() {
        // Longer than what is held at once, so that a chunk lies over its end.
        let bytes = noise(HELD + MOST + 300_000, 1);
        let found = of(&bytes);
        assert_eq!(found.of_bytes, bytes.len() as u64);
        assert!((100..=160).contains(&(bytes.len() / 10_240)) && found.kept.len() > 100);
        let mut whole = 0;
        for chunk in &found.kept {
            let part = &bytes[chunk.at as usize..][..chunk.length as usize];
            assert_eq!(digest(part), chunk.digest);
            whole += part.len();
        }
        assert_eq!(whole, bytes.len(), "fewer than are kept at most, so all of them are");
    }

    #[test]
    fn what_was_cut_lengthened_or_damaged_keeps_most_of_it() {
        let bytes = noise(4 << 20, 7);
        let found = of(&bytes);
        assert_eq!(found.kept.len(), MOST_CHUNKS);
        let mut damaged = bytes.clone();
        damaged[2_000_000..2_050_000].fill(0);
        for other in [&bytes[1000..], &[&noise(333, 9), &bytes[..]].concat(), &damaged] {
            assert!(share(&found, &of(other)) > 0.95, "{}", share(&found, &of(other)));
        }
        let half = share(&found, &of(&bytes[..2 << 20]));
        assert!((0.35..0.65).contains(&half), "{half}");
        assert!(share(&found, &of(&noise(4 << 20, 8))) < 0.01);
    }

    #[test]
    fn what_was_written_is_read_again_and_nothing_that_is_cut_off() {
        let found = of(&noise(100_000, 3));
        let bytes = written(&found);
        assert_eq!(read(&bytes), Some(found));
        assert!([0, 7, bytes.len() - 1].iter().all(|cut| read(&bytes[..*cut]).is_none()));
    }

    #[test]
    fn what_repeats_is_kept_once_and_little_is_one_chunk() {
        let zeros = of(&vec![0; 10 << 20]);
        assert_eq!((zeros.kept.len(), zeros.kept[0].at, zeros.kept[0].length), (1, 0, MOST as u32));
        let little = of(b"little");
        assert_eq!((little.of_bytes, little.kept.len()), (6, 1));
        assert_eq!(of(b""), Chunks { of_bytes: 0, kept: vec![] });
    }
}
