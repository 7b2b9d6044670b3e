//! Opening an object: its header and length are compared first, then any part is read and is authentic.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    os::unix::fs::FileExt as _,
};

use zeroize::Zeroizing;

use super::{
    header::{Header, HeaderFault, HeaderKey, HeaderPin, MAX_HEADER},
    keys::Identity,
    payload::{CHUNK, Layout, NONCE, PayloadKey, SEALED_CHUNK, TAG},
};

/// Bytes that can be read from any place: a file, a part of a bigger one, an object in a store.
pub trait ReadAt {
    /// Fills `buf` from `offset` on; fewer bytes than asked for are [`io::ErrorKind::UnexpectedEof`].
    ///
    /// # Errors
    /// Those of the store.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()>;

    /// How many bytes there are.
    ///
    /// # Errors
    /// Those of the store.
    fn size(&self) -> io::Result<u64>;
}

/// Why an object was not opened, or not further.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A sound header, sealed for others.
    #[error("not sealed for this key")]
    NotForThisKey,
    /// The header is not the pinned one, or its MAC does not hold: another object, or a changed one.
    #[error("the header is not the one that was sealed")]
    HeaderChanged,
    /// The object has not the length that was recorded.
    #[error("{found} bytes where {expected} were sealed")]
    LengthChanged {
        /// Recorded length in bytes.
        expected: u64,
        /// Length found.
        found: u64,
    },
    /// A chunk is not what was sealed in its place, or the last one was not sealed as the last.
    #[error("chunk {chunk} is not what was sealed")]
    Damaged {
        /// Number of the chunk, from 0; its plain bytes begin at `chunk × CHUNK`.
        chunk: u64,
    },
    /// Not an age v1 file. Only where no header was pinned; a pinned one is [`OpenError::HeaderChanged`].
    #[error("not an age v1 file: {0:?}")]
    Malformed(HeaderFault),
    /// A read behind the end, or of something that is not whole chunks.
    #[error("a read that does not fit the object")]
    OutOfRange,
    /// The store, or the receiver of the plain bytes, failed.
    #[error("reading the object: {0}")]
    Io(#[from] io::Error),
}

/// An object whose header was compared and unwrapped. Reads are authentic; the key is wiped when it is dropped.
pub struct Opened<R> {
    reader: R,
    key: PayloadKey,
    payload_start: u64,
    layout: Layout,
    pin: HeaderPin,
    /// Chunks opened last, each at a multiple of [`SEALED_CHUNK`] and followed by its tag.
    window: Zeroizing<Vec<u8>>,
    held: Range<u64>,
}

/// Opens an object for `identity`.
///
/// With `expected` (from a signed record) the object's length and header are compared before anything is unwrapped, so that an
/// object put in another's place is noticed before the first byte. Without, the last chunk is opened at once and must have been
/// sealed as the last, so that [`Opened::plain_len`] is authentic in both cases.
///
/// # Errors
/// Any [`OpenError`] but [`OpenError::OutOfRange`].
pub fn open<R: ReadAt>(
    reader: R,
    identity: &Identity,
    expected: Option<(HeaderPin, u64)>,
) -> Result<Opened<R>, OpenError> {
    let found = reader.size()?;
    if let Some((_, expected)) = expected.filter(|&(_, expected)| expected != found) {
        return Err(OpenError::LengthChanged { expected, found });
    }
    let untrusted_start = read_start(&reader, found)?;
    let header = match (Header::parse(&untrusted_start), expected) {
        (Ok(header), Some((pin, _))) if HeaderPin::of(header.bytes) != pin => {
            return Err(OpenError::HeaderChanged);
        }
        (Err(_), Some(_)) => return Err(OpenError::HeaderChanged),
        (Err(fault), None) => return Err(OpenError::Malformed(fault)),
        (Ok(header), _) => header,
    };
    let file_key = header.unwrap(identity)?;
    let payload_start = (header.bytes.len() + NONCE) as u64;
    let layout = Layout::new(found - payload_start).map_err(|chunk| OpenError::Damaged { chunk })?;
    let mut opened = Opened {
        reader,
        key: PayloadKey::new(&file_key, header.nonce),
        payload_start,
        layout,
        pin: HeaderPin::of(header.bytes),
        window: Zeroizing::default(),
        held: 0..0,
    };
    if expected.is_none() {
        opened.load(layout.chunks - 1, 1)?;
    }
    Ok(opened)
}

/// Opens a small object in one call and gives all of it.
///
/// # Errors
/// As [`open`].
pub fn decrypt_to_vec(untrusted_object: &[u8], identity: &Identity) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let opened = open(untrusted_object, identity, None)?;
    let mut plain = Zeroizing::new(Vec::with_capacity(opened.plain_len() as usize));
    opened.decrypt_all(|chunk| {
        plain.extend_from_slice(chunk);
        Ok(())
    })?;
    Ok(plain)
}

/// The key of an object's header, for whoever can open it.
///
/// # Errors
/// [`OpenError::Malformed`], [`OpenError::NotForThisKey`], [`OpenError::HeaderChanged`], [`OpenError::Io`].
pub fn header_key<R: ReadAt>(reader: R, identity: &Identity) -> Result<HeaderKey, OpenError> {
    let untrusted_start = read_start(&reader, reader.size()?)?;
    let header = Header::parse(&untrusted_start).map_err(OpenError::Malformed)?;
    Ok(HeaderKey::of(&header.unwrap(identity)?))
}

/// Does this object begin with a header that was sealed by this key?
///
/// # Errors
/// [`OpenError::Malformed`], [`OpenError::Io`].
pub fn has_header_of<R: ReadAt>(reader: R, key: &HeaderKey) -> Result<bool, OpenError> {
    let untrusted_start = read_start(&reader, reader.size()?)?;
    let header = Header::parse(&untrusted_start).map_err(OpenError::Malformed)?;
    Ok(header.is_sealed_by(key))
}

impl<R> Opened<R> {
    /// Bytes of the plain text.
    pub fn plain_len(&self) -> u64 {
        self.layout.plain_len()
    }

    /// Names the object.
    pub fn pin(&self) -> HeaderPin {
        self.pin
    }

    /// How many chunks there are; at least one.
    pub fn chunks(&self) -> u64 {
        self.layout.chunks
    }

    /// Where in the object the given chunks are stored.
    ///
    /// # Errors
    /// [`OpenError::OutOfRange`] if there are no such chunks.
    pub fn stored(&self, chunks: Range<u64>) -> Result<Range<u64>, OpenError> {
        if chunks.start >= chunks.end || chunks.end > self.layout.chunks {
            return Err(OpenError::OutOfRange);
        }
        let start = self.payload_start + chunks.start * SEALED_CHUNK as u64;
        let last = chunks.end - 1;
        let end = self.payload_start + last * SEALED_CHUNK as u64 + self.layout.sealed_len(last) as u64;
        Ok(start..end)
    }

    /// Opens whole chunks where they lie, from chunk `first` on, and hands each plain part to `each`: for several threads with
    /// large buffers of their own (see [`Opened::stored`]).
    ///
    /// # Errors
    /// [`OpenError::Damaged`], [`OpenError::OutOfRange`] if the bytes are not whole chunks, and the errors of `each`.
    pub fn decrypt_chunks(
        &self,
        first: u64,
        untrusted_sealed: &mut [u8],
        mut each: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<(), OpenError> {
        let (mut chunk, mut rest) = (first, untrusted_sealed);
        while !rest.is_empty() {
            if chunk >= self.layout.chunks {
                return Err(OpenError::OutOfRange);
            }
            let (sealed, later) =
                rest.split_at_mut_checked(self.layout.sealed_len(chunk)).ok_or(OpenError::OutOfRange)?;
            let opened = self.key.open(chunk, self.layout.is_last(chunk), sealed);
            each(opened.map_err(|_| OpenError::Damaged { chunk })?)?;
            (chunk, rest) = (chunk + 1, later);
        }
        Ok(())
    }
}

/// Chunks that are fetched at once where all of them will be needed: 1 MiB.
const AT_ONCE: u64 = 16;

impl<R: ReadAt> Opened<R> {
    /// Fills `buf` with plain bytes from `offset` on.
    ///
    /// # Errors
    /// [`OpenError::OutOfRange`] if there are not so many, [`OpenError::Damaged`], [`OpenError::Io`]. On an error `buf` may hold
    /// authentic bytes of earlier chunks.
    pub fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> Result<(), OpenError> {
        let end = offset.checked_add(buf.len() as u64).filter(|&end| end <= self.plain_len());
        let end_chunk = end.ok_or(OpenError::OutOfRange)?.div_ceil(CHUNK as u64);
        let mut done = 0;
        while done < buf.len() {
            let at = offset + done as u64;
            done += self.read_some(at, &mut buf[done..], end_chunk - at / CHUNK as u64)?;
        }
        Ok(())
    }

    /// Opens the whole object from its beginning, a MiB at a time.
    ///
    /// # Errors
    /// [`OpenError::Damaged`], [`OpenError::Io`] (also that of `each`).
    pub fn decrypt_all(&self, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> Result<(), OpenError> {
        let mut buf = Zeroizing::new(Vec::new());
        for first in (0..self.chunks()).step_by(AT_ONCE as usize) {
            let stored = self.stored(first..(first + AT_ONCE).min(self.chunks()))?;
            buf.resize((stored.end - stored.start) as usize, 0);
            self.fetch(first, stored.start, &mut buf)?;
            self.decrypt_chunks(first, &mut buf, &mut each)?;
        }
        Ok(())
    }

    /// The plain text as a stream that seeks.
    pub fn into_reader(self) -> PlainReader<R> {
        PlainReader { opened: self, position: 0 }
    }

    /// Copies from the chunk at `offset` (which must exist), after fetching up to `ahead` chunks if it is not held.
    fn read_some(&mut self, offset: u64, buf: &mut [u8], ahead: u64) -> Result<usize, OpenError> {
        let chunk = offset / CHUNK as u64;
        if !self.held.contains(&chunk) {
            self.load(chunk, ahead)?;
        }
        let start = (chunk - self.held.start) as usize * SEALED_CHUNK;
        let plain = &self.window[start..start + self.layout.sealed_len(chunk) - TAG];
        let plain = &plain[(offset % CHUNK as u64) as usize..];
        let n = plain.len().min(buf.len());
        buf[..n].copy_from_slice(&plain[..n]);
        Ok(n)
    }

    /// Opens up to `ahead` chunks into the window.
    fn load(&mut self, first: u64, ahead: u64) -> Result<(), OpenError> {
        let end = (first + ahead.clamp(1, AT_ONCE)).min(self.layout.chunks);
        let stored = self.stored(first..end)?;
        self.held = 0..0;
        let mut window = std::mem::take(&mut self.window);
        window.resize((stored.end - stored.start) as usize, 0);
        self.fetch(first, stored.start, &mut window)?;
        self.decrypt_chunks(first, &mut window, |_| Ok(()))?;
        (self.window, self.held) = (window, first..end);
        Ok(())
    }

    fn fetch(&self, chunk: u64, offset: u64, buf: &mut [u8]) -> Result<(), OpenError> {
        self.reader.read_at(offset, buf).map_err(|error| match error.kind() {
            // It became shorter while it was open.
            io::ErrorKind::UnexpectedEof => OpenError::Damaged { chunk },
            _ => OpenError::Io(error),
        })
    }
}

impl<R> std::fmt::Debug for Opened<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opened").field("plain_len", &self.plain_len()).finish_non_exhaustive()
    }
}

/// The plain text as a stream. An [`OpenError`] comes as [`io::ErrorKind::InvalidData`] with the error inside.
pub struct PlainReader<R> {
    opened: Opened<R>,
    position: u64,
}

impl<R: ReadAt> Read for PlainReader<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() || self.position >= self.opened.plain_len() {
            return Ok(0);
        }
        let n = self.opened.read_some(self.position, buf, AT_ONCE).map_err(|error| match error {
            OpenError::Io(error) => error,
            other => io::Error::new(io::ErrorKind::InvalidData, other),
        })?;
        self.position += n as u64;
        Ok(n)
    }
}

impl<R: ReadAt> Seek for PlainReader<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.opened.plain_len().checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

impl ReadAt for [u8] {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let from = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)?.get(..buf.len()));
        buf.copy_from_slice(from.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.len() as u64)
    }
}

impl ReadAt for File {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.read_exact_at(buf, offset)
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
}

impl<T: ReadAt + ?Sized> ReadAt for &T {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        (**self).read_at(offset, buf)
    }

    fn size(&self) -> io::Result<u64> {
        (**self).size()
    }
}

/// The beginning of an object, as much as its header may take. Ours fit into the first read.
fn read_start<R: ReadAt>(reader: &R, size: u64) -> Result<Vec<u8>, OpenError> {
    let mut untrusted_start = Vec::new();
    for limit in [1024, MAX_HEADER as u64] {
        untrusted_start.resize(size.min(limit) as usize, 0);
        reader.read_at(0, &mut untrusted_start)?;
        if size <= limit || !matches!(Header::parse(&untrusted_start), Err(HeaderFault::Cut)) {
            break;
        }
    }
    Ok(untrusted_start)
}
