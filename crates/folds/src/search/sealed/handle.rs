//! Reads one sealed file anywhere, and keeps what it opened.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tantivy::HasLen;
use tantivy::directory::{FileHandle, OwnedBytes};

use super::cache::{Cache, Piece};
use super::cipher::{CHUNK, FileKey, SALT, TAG, damaged};

/// Bytes that are copied faster than they are kept a second time.
const SHORT: usize = 8 << 10;

/// Chunks that are read at once.
const AT_ONCE: usize = 32;

/// An open sealed file. It stays readable when its name is removed.
pub(super) struct SealedFile {
    file: File,
    key: FileKey,
    /// Plain bytes in all.
    len: usize,
    chunks: usize,
    cache: Cache,
    /// Told of every chunk that is not what was written.
    damaged: Arc<AtomicBool>,
}

impl SealedFile {
    /// Takes a file whose salt was read, and opens its last chunk.
    ///
    /// # Errors
    /// It is cut, or its end is not what was written.
    pub fn new(file: File, key: FileKey, cache: Cache, damaged_folder: Arc<AtomicBool>) -> io::Result<Self> {
        let sealed = usize::try_from(file.metadata()?.len()).map_err(|_| damaged())?;
        let sealed = sealed.checked_sub(SALT).filter(|sealed| *sealed >= TAG).ok_or_else(damaged)?;
        let chunks = sealed.div_ceil(CHUNK + TAG);
        let last = sealed - (chunks - 1) * (CHUNK + TAG);
        let last = last.checked_sub(TAG).ok_or_else(damaged)?;
        let len = (chunks - 1) * CHUNK + last;
        let opened = Self { file, key, len, chunks, cache, damaged: damaged_folder };
        opened.chunk_range(chunks - 1)?;
        Ok(opened)
    }

    /// All of it, past the cache.
    ///
    /// # Errors
    /// A chunk is not what was written, or the medium refused.
    pub fn whole(&self) -> io::Result<Vec<u8>> {
        self.read_through(0..self.len)
    }

    /// The piece that holds `range`: its one chunk, or else exactly the range, put together. What is short is put together anew each
    /// time: both its chunks are asked for by others too, and were read and opened for it alone otherwise.
    fn piece(&self, range: &Range<usize>) -> io::Result<(OwnedBytes, usize)> {
        let (first, last) = (range.start / CHUNK, (range.end - 1) / CHUNK);
        if first == last {
            return Ok((self.chunk_range(first)?, first * CHUNK));
        }
        if last == first + 1 && range.len() <= SHORT {
            let (before, behind) = (self.chunk_range(first)?, self.chunk_range(last)?);
            let whole =
                [&before[range.start - first * CHUNK..], &behind[..range.end - last * CHUNK]].concat();
            return Ok((OwnedBytes::new(whole), range.start));
        }
        Ok((self.cached(range.clone())?, range.start))
    }

    fn chunk_range(&self, number: usize) -> io::Result<OwnedBytes> {
        let start = number * CHUNK;
        self.cached(start..(start + CHUNK).min(self.len))
    }

    fn cached(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        let piece = Piece { file: self.key.number, start: range.start, end: range.end };
        let read = self.cache.get_or(piece, || self.read_through(range));
        read.inspect_err(|error| {
            self.damaged.fetch_or(error.kind() == io::ErrorKind::InvalidData, Ordering::Relaxed);
        })
    }

    /// Reads and opens every chunk that `range` touches. An empty file has one empty chunk.
    fn read_through(&self, range: Range<usize>) -> io::Result<Vec<u8>> {
        let mut number = range.start / CHUNK;
        let behind = range.end.saturating_sub(1).max(range.start) / CHUNK + 1;
        let mut plain = Vec::with_capacity(range.len());
        let mut sealed = vec![0; (behind - number).min(AT_ONCE) * (CHUNK + TAG)];
        while number < behind {
            let until = (number + AT_ONCE).min(behind);
            let len = (until * CHUNK).min(self.len) - number * CHUNK + (until - number) * TAG;
            self.file.read_exact_at(&mut sealed[..len], (SALT + number * (CHUNK + TAG)) as u64).map_err(
                // It became shorter since it was opened.
                |error| if error.kind() == io::ErrorKind::UnexpectedEof { damaged() } else { error },
            )?;
            for chunk in sealed[..len].chunks_mut(CHUNK + TAG) {
                let at = number * CHUNK;
                let opened = self.key.open(number as u64, number + 1 == self.chunks, chunk)?;
                let from = range.start.saturating_sub(at).min(opened);
                let to = (range.end - at).min(opened);
                plain.extend_from_slice(&chunk[from..to]);
                number += 1;
            }
        }
        Ok(plain)
    }
}

impl HasLen for SealedFile {
    fn len(&self) -> usize {
        self.len
    }
}

impl FileHandle for SealedFile {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        if range.end > self.len || range.start > range.end {
            return Err(damaged());
        }
        if range.is_empty() {
            return Ok(OwnedBytes::empty());
        }
        let (piece, start) = self.piece(&range)?;
        Ok(piece.slice(range.start - start..range.end - start))
    }
}

impl std::fmt::Debug for SealedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedFile({} bytes)", self.len)
    }
}
