//! Writes one sealed file from beginning to end.

use std::fs::File;
use std::io::{self, Write};

use tantivy::directory::{AntiCallToken, TerminatingWrite};

use super::cipher::{CHUNK, FileKey, SALT, TAG};

/// Bytes that go to the system at once, about.
pub(super) const AT_ONCE: usize = 1 << 16;

/// What is written goes out by chunks; the last one with the end of the file, which is durable then.
pub(super) struct SealedWriter {
    file: File,
    key: FileKey,
    /// Sealed chunks that wait, and behind them plain bytes, at most one chunk: only what follows tells whether it is the last.
    waiting: Vec<u8>,
    /// Where the plain ones begin.
    plain: usize,
    number: u64,
}

impl SealedWriter {
    /// Begins a file with its salt.
    pub fn new(mut file: File, salt: &[u8; SALT], key: FileKey) -> io::Result<Self> {
        file.write_all(salt)?;
        Ok(Self { file, key, waiting: Vec::with_capacity(AT_ONCE + CHUNK + TAG), plain: 0, number: 0 })
    }

    fn put(&mut self, last: bool) -> io::Result<()> {
        self.key.seal(self.number, last, &mut self.waiting, self.plain);
        self.number += 1;
        if last || self.waiting.len() >= AT_ONCE {
            self.file.write_all(&self.waiting)?;
            self.waiting.clear();
        }
        self.plain = self.waiting.len();
        Ok(())
    }
}

impl Write for SealedWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.waiting.len() - self.plain == CHUNK && !bytes.is_empty() {
            self.put(false)?;
        }
        let taken = bytes.len().min(CHUNK - (self.waiting.len() - self.plain));
        self.waiting.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl TerminatingWrite for SealedWriter {
    fn terminate_ref(&mut self, _: AntiCallToken) -> io::Result<()> {
        self.put(true)?;
        self.file.sync_all()
    }
}
