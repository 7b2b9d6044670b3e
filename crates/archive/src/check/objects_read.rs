//! Reading one object: its header and length first, then every chunk once, hashed for each item whose bytes it holds.

use super::sentence::{Sentence, sentence};
use std::io;

use sha2::{Digest as _, Sha256};
use vidimus_seal::age::{self, CHUNK, HeaderPin, Identity, OpenError, ReadAt, SEALED_CHUNK};
use vidimus_vault::{FolderVault, ObjectName, ObjectReader, Vault as _};

/// Chunks read at once: 1 MiB.
const AT_ONCE: u64 = 16;

/// What the records say of an object.
pub(super) struct Expected {
    /// Bytes of the whole object.
    pub size: u64,
    /// SHA-256 of its header.
    pub header: [u8; 32],
    /// Where items lie in its plain text.
    pub spans: Vec<Span>,
    /// One file, not a pack: its only span is all of it.
    pub whole: bool,
}

/// Where an item lies in an object's plain text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    /// First byte.
    pub start: u64,
    /// Bytes.
    pub length: u64,
}

/// Why an object is not sound as a whole.
pub(super) enum Trouble {
    /// Not there.
    Missing,
    /// A link, a folder or a device is there.
    Foreign,
    /// Sealed for another key.
    NotForItsKey,
    /// Another object, or its first bytes were changed.
    Header,
    /// Shorter or longer.
    Length { expected: u64, found: u64 },
    /// Its plain text has not the length that was recorded.
    PlainLength,
    /// The disk failed.
    Io(String),
}

impl Trouble {
    /// What is wrong with an item whose bytes lie in this object.
    pub fn of(&self, name: &ObjectName) -> Sentence {
        match self {
            Self::Missing => sentence!("its object {} is missing", name),
            Self::Foreign => sentence!("its object {} was replaced by something that is no file", name),
            Self::NotForItsKey => sentence!("its object {} is not sealed for its key", name),
            Self::Header => sentence!("its object {} is another one, or its beginning was changed", name),
            Self::Length { expected, found } => {
                sentence!("its object {} has {} [byte|bytes] where {} were sealed", name, found, expected)
            }
            Self::PlainLength => {
                sentence!("its object {} does not hold as many bytes as were recorded", name)
            }
            Self::Io(reason) => sentence!("its object {} cannot be read: {}", name, reason),
        }
    }
}

impl From<OpenError> for Trouble {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::NotForThisKey => Self::NotForItsKey,
            OpenError::HeaderChanged | OpenError::Malformed(_) => Self::Header,
            OpenError::LengthChanged { expected, found } => Self::Length { expected, found },
            OpenError::Damaged { .. } | OpenError::OutOfRange => Self::PlainLength,
            OpenError::Io(error) => Self::Io(error.to_string()),
        }
    }
}

/// Compares an object with what is expected; with `full` also the SHA-256 of each span, none where a part is damaged.
pub(super) fn read(
    reader: &dyn ObjectReader,
    identity: &Identity,
    expected: &Expected,
    full: bool,
    buffer: &mut Vec<u8>,
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<Option<[u8; 32]>>, Trouble> {
    let pin = HeaderPin { header_sha256: expected.header };
    let opened = age::open(Stored(reader), identity, Some((pin, expected.size)))?;
    let length = opened.plain_len();
    let fits = |span: &Span| match expected.whole {
        true => span.length == length,
        false => span.start.checked_add(span.length).is_some_and(|end| end <= length),
    };
    if !expected.spans.iter().all(fits) {
        return Err(Trouble::PlainLength);
    }
    if !full {
        return Ok(Vec::new());
    }
    let mut hashes = Hashes::of(&expected.spans);
    for first in (0..opened.chunks()).step_by(AT_ONCE as usize) {
        let stored = opened.stored(first..(first + AT_ONCE).min(opened.chunks()))?;
        buffer.resize((stored.end - stored.start) as usize, 0);
        Stored(reader).read_at(stored.start, buffer).map_err(|error| Trouble::Io(error.to_string()))?;
        for (chunk, sealed) in (first..).zip(buffer.chunks_mut(SEALED_CHUNK)) {
            let at = chunk * CHUNK as u64;
            let opened = opened.decrypt_chunks(chunk, sealed, |plain| {
                hashes.update(at, plain);
                Ok(())
            });
            // Each chunk is authentic by itself: those after a damaged one are still worth reading.
            if opened.is_err() {
                hashes.spoil(at, CHUNK as u64);
            }
        }
        progress(stored.end - stored.start);
    }
    Ok(hashes.finish())
}

/// SHA-256 of the header that an object really has.
pub(super) fn header_of(vault: &FolderVault, name: &ObjectName) -> Option<[u8; 32]> {
    let reader = vault.open(name).ok()?;
    let mut untrusted = vec![0; age::MAX_HEADER.min(reader.len() as usize)];
    let n = reader.read_at(0, &mut untrusted).ok()?;
    let untrusted = &untrusted[..n];
    let mac = untrusted.windows(5).position(|window| window == b"\n--- ")? + 1;
    let end = mac + untrusted[mac..].iter().position(|byte| *byte == b'\n')? + 1;
    Some(Sha256::digest(&untrusted[..end]).into())
}

/// Does the object open for this key?
pub(crate) fn opens(reader: &dyn ObjectReader, identity: &Identity) -> bool {
    age::open(Stored(reader), identity, None).is_ok()
}

/// An object of the vault, as the cipher reads it.
pub(crate) struct Stored<'a>(pub &'a dyn ObjectReader);

impl ReadAt for Stored<'_> {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        match self.0.read_at(offset, buf) {
            Ok(n) if n == buf.len() => Ok(()),
            Ok(_) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) => Err(io::Error::other(error)),
        }
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.0.len())
    }
}

/// The hashes of spans of a stream, of which several may cover one byte.
struct Hashes {
    /// By start; with the place of each in the caller's order.
    spans: Vec<(Span, usize)>,
    hashers: Vec<Option<Sha256>>,
    /// Spans before this one are over.
    open: usize,
}

impl Hashes {
    fn of(spans: &[Span]) -> Self {
        let mut sorted: Vec<(Span, usize)> = spans.iter().copied().zip(0..).collect();
        sorted.sort();
        Self { spans: sorted, hashers: vec![Some(Sha256::new()); spans.len()], open: 0 }
    }

    fn update(&mut self, at: u64, plain: &[u8]) {
        let end = at + plain.len() as u64;
        self.each(at, end, |hasher, from, to| {
            if let Some(hasher) = hasher {
                hasher.update(&plain[(from - at) as usize..(to - at) as usize]);
            }
        });
    }

    fn spoil(&mut self, at: u64, length: u64) {
        self.each(at, at + length, |hasher, _, _| *hasher = None);
    }

    /// Calls for every span that has bytes in `at..end`.
    fn each(&mut self, at: u64, end: u64, mut visit: impl FnMut(&mut Option<Sha256>, u64, u64)) {
        while self.spans.get(self.open).is_some_and(|(span, _)| span.start + span.length <= at) {
            self.open += 1;
        }
        for (span, place) in &self.spans[self.open..] {
            if span.start >= end {
                break;
            }
            let (from, to) = (span.start.max(at), (span.start + span.length).min(end));
            if from < to {
                visit(&mut self.hashers[*place], from, to);
            }
        }
    }

    fn finish(self) -> Vec<Option<[u8; 32]>> {
        self.hashers.into_iter().map(|hasher| hasher.map(|hasher| hasher.finalize().into())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Hashes, Span};
    use sha2::{Digest as _, Sha256};

    #[test]
    fn spans_that_overlap_or_are_empty_are_hashed_and_damage_stays_where_it_is() {
        let spans: Vec<Span> =
            [(4, 3), (0, 4), (2, 4), (9, 0)].map(|(start, length)| Span { start, length }).into();
        let mut hashes = Hashes::of(&spans);
        for (at, part) in [(0, "abc"), (3, "def"), (6, "ghi")] {
            hashes.update(at, part.as_bytes());
        }
        let expected = ["efg", "abcd", "cdef", ""].map(|text| Some(Sha256::digest(text).into()));
        assert_eq!(hashes.finish(), expected);

        let mut hashes = Hashes::of(&spans);
        hashes.update(0, b"abc");
        hashes.spoil(3, 1);
        hashes.update(4, b"efghi");
        let found: Vec<bool> = hashes.finish().iter().map(Option::is_some).collect();
        assert_eq!(found, [true, false, false, true]);
    }
}
