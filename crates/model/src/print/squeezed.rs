//! A line that says what follows, and a raw stream of deflate behind it, read up to its very end and no further.

use std::io::{self, BufRead, Read, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Decompress, FlushDecompress, Status};

use super::PrintError;

/// Writes the line, and gives what squeezes all that is written behind it.
pub(super) fn squeezing<W: Write>(mut to: W, name: &'static str) -> Result<DeflateEncoder<W>, PrintError> {
    to.write_all(format!("vidimus {name} 1\n").as_bytes())?;
    Ok(DeflateEncoder::new(to, Compression::default()))
}

/// What a stream of deflate holds, up to so many bytes.
pub(super) struct Unsqueezed<R> {
    from: R,
    state: Decompress,
    is_over: bool,
    left: u64,
}

impl<R: BufRead> Unsqueezed<R> {
    /// Reads the line, which must name this.
    pub fn new(mut from: R, name: &'static str, most: u64) -> Result<Self, PrintError> {
        let expected = format!("vidimus {name} 1\n");
        let mut line = vec![0; expected.len()];
        let known = expected.len() - "1\n".len();
        from.read_exact(&mut line).map_err(|_| PrintError::Not(name))?;
        if line[..known] != expected.as_bytes()[..known] {
            return Err(PrintError::Not(name));
        }
        if line != expected.as_bytes() {
            return Err(PrintError::Version(name));
        }
        Ok(Unsqueezed { from, state: Decompress::new(false), is_over: false, left: most })
    }

    /// The next bytes, which must be there.
    pub fn exactly(&mut self, bytes: &mut [u8]) -> Result<(), PrintError> {
        self.read_exact(bytes).map_err(damage)
    }

    /// The next bytes, all or none of them: whether they are there.
    pub fn all_or_none(&mut self, bytes: &mut [u8]) -> Result<bool, PrintError> {
        let (first, rest) = bytes.split_at_mut(1);
        if self.read(first).map_err(damage)? == 0 {
            return Ok(false);
        }
        self.exactly(rest)?;
        Ok(true)
    }

    /// Whether nothing is left, neither in the stream nor behind it.
    pub fn ends_here(&mut self) -> Result<(), PrintError> {
        if self.read(&mut [0]).map_err(damage)? > 0 || !self.from.fill_buf()?.is_empty() {
            return Err(PrintError::Damaged("something stands behind its end"));
        }
        Ok(())
    }
}

fn damage(error: io::Error) -> PrintError {
    match error.kind() {
        io::ErrorKind::FileTooLarge => PrintError::TooLarge,
        io::ErrorKind::UnexpectedEof => PrintError::Damaged("it ends early"),
        io::ErrorKind::InvalidData => PrintError::Damaged("its deflate is none"),
        _ => PrintError::Io(error),
    }
}

impl<R: BufRead> Read for Unsqueezed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while !self.is_over {
            let from = self.from.fill_buf()?;
            let (read, made) = (self.state.total_in(), self.state.total_out());
            let ended = self.state.decompress(from, buffer, FlushDecompress::None);
            let ended = ended.map_err(|_| io::ErrorKind::InvalidData)?;
            let (read, made) = (self.state.total_in() - read, self.state.total_out() - made);
            self.from.consume(read as usize);
            self.is_over = ended == Status::StreamEnd;
            if made > 0 {
                self.left = self.left.checked_sub(made).ok_or(io::ErrorKind::FileTooLarge)?;
                return Ok(made as usize);
            }
            // Deflate says itself where it ends.
            if read == 0 && !self.is_over {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(0)
    }
}
