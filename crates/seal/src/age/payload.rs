//! The payload of an age file: chunks of 64 KiB, each sealed for its place and the last one for being last.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, Tag, UnboundKey};

use super::header::FileKey;
use crate::kdf::hkdf;

/// Plain bytes in a full chunk.
pub const CHUNK: usize = 64 * 1024;
/// Bytes that sealing adds to a chunk.
pub const TAG: usize = 16;
/// Stored bytes of a full chunk.
pub const SEALED_CHUNK: usize = CHUNK + TAG;
/// Bytes between the header and the first chunk.
pub(super) const NONCE: usize = 16;

/// The key of one file's payload. Wiped by the library when dropped.
pub(super) struct PayloadKey(LessSafeKey);

/// A chunk did not open: its bytes, its place or its being last is not what was sealed.
pub(super) struct ChunkDamaged;

impl PayloadKey {
    pub(super) fn new(file_key: &FileKey, nonce: &[u8; NONCE]) -> Self {
        let key = hkdf(file_key.as_ref(), nonce, &[b"payload"]);
        Self(LessSafeKey::new(
            UnboundKey::new(&CHACHA20_POLY1305, key.as_ref()).expect("the key has 32 bytes"),
        ))
    }

    pub(super) fn seal(&self, chunk: u64, last: bool, plain: &mut [u8]) -> Tag {
        self.0
            .seal_in_place_separate_tag(nonce(chunk, last), Aad::empty(), plain)
            .expect("a chunk is within the cipher's limit")
    }

    /// Opens `sealed` (ciphertext and tag) where it lies and returns the plain part.
    pub(super) fn open<'a>(
        &self,
        chunk: u64,
        last: bool,
        sealed: &'a mut [u8],
    ) -> Result<&'a mut [u8], ChunkDamaged> {
        self.0.open_in_place(nonce(chunk, last), Aad::empty(), sealed).map_err(|_| ChunkDamaged)
    }
}

/// Where the chunks of a payload of known length are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) chunks: u64,
    /// Stored bytes of the last chunk.
    pub(super) last_sealed: usize,
}

impl Layout {
    /// From the stored length of all chunks.
    ///
    /// None if no payload can have this length: without any chunk, or with a last one that lacks its tag, or is empty although
    /// it is not the only one. The number names the chunk at fault.
    pub(super) fn new(stored: u64) -> Result<Self, u64> {
        let chunks = stored.div_ceil(SEALED_CHUNK as u64);
        let before = chunks.saturating_sub(1);
        let last_sealed = (stored - before * SEALED_CHUNK as u64) as usize;
        let least = if chunks > 1 { TAG + 1 } else { TAG };
        if last_sealed < least { Err(before) } else { Ok(Self { chunks, last_sealed }) }
    }

    pub(super) fn plain_len(&self) -> u64 {
        (self.chunks - 1) * CHUNK as u64 + (self.last_sealed - TAG) as u64
    }

    pub(super) fn is_last(&self, chunk: u64) -> bool {
        chunk + 1 == self.chunks
    }

    pub(super) fn sealed_len(&self, chunk: u64) -> usize {
        if self.is_last(chunk) { self.last_sealed } else { SEALED_CHUNK }
    }
}

fn nonce(chunk: u64, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&chunk.to_be_bytes());
    nonce[11] = last.into();
    Nonce::assume_unique_for_key(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_that_no_payload_has_are_refused() {
        let full = SEALED_CHUNK as u64;
        for (stored, chunk) in [(0, 0), (15, 0), (full + 1, 1), (full + 16, 1), (3 * full + 15, 3)] {
            assert_eq!(Layout::new(stored).map(|l| l.chunks), Err(chunk), "{stored}");
        }
        for (stored, plain) in [(16, 0), (17, 1), (full, 65536), (full + 17, 65537), (2 * full, 131_072)] {
            assert_eq!(Layout::new(stored).map(|l| l.plain_len()), Ok(plain), "{stored}");
        }
    }
}
