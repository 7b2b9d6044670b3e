//! Sealing an object: a header first, then chunks pushed one after the other and sealed where they lie.

use std::io::{self, Write};

use zeroize::Zeroizing;

use super::{
    header::{self, FileKey, HeaderPin, MAX_RECIPIENTS},
    keys::Recipient,
    payload::{CHUNK, NONCE, PayloadKey, SEALED_CHUNK, TAG},
};
use crate::Entropy;

/// Why nothing was sealed. The first two come from [`Encryptor::new`], the others from a caller that cuts chunks wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncryptError {
    /// Nobody could open it.
    #[error("no recipient")]
    NoRecipient,
    /// More than [`MAX_RECIPIENTS`].
    #[error("more than {MAX_RECIPIENTS} recipients")]
    TooManyRecipients,
    /// Only the last chunk may be shorter than [`CHUNK`]; it may be empty only if it is the first.
    #[error("chunk {chunk} has {len} bytes, which no chunk in its place may have")]
    ChunkLength {
        /// Number of the chunk, from 0.
        chunk: u64,
        /// Its plain bytes.
        len: usize,
    },
    /// A chunk after the last one.
    #[error("the last chunk was sealed already")]
    AlreadyEnded,
}

/// What stands at the beginning of an object.
#[derive(Clone, Debug)]
pub struct SealedHeader {
    /// Header and payload nonce, to be written first.
    pub bytes: Vec<u8>,
    /// Names the object in its record.
    pub pin: HeaderPin,
}

/// What a record keeps of an object, to be compared when it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Names the object.
    pub pin: HeaderPin,
    /// Bytes of the whole object.
    pub object_len: u64,
}

/// Seals the chunks of one object in their order. An object whose last chunk was never sealed does not open.
pub struct Encryptor {
    key: PayloadKey,
    chunk: u64,
    ended: bool,
}

impl Encryptor {
    /// Begins an object for any of `recipients`, with a fresh file key.
    ///
    /// # Errors
    /// [`EncryptError::NoRecipient`], [`EncryptError::TooManyRecipients`].
    pub fn new(
        recipients: &[Recipient],
        entropy: &mut Entropy,
    ) -> Result<(SealedHeader, Self), EncryptError> {
        match recipients.len() {
            0 => return Err(EncryptError::NoRecipient),
            1..=MAX_RECIPIENTS => {}
            _ => return Err(EncryptError::TooManyRecipients),
        }
        let file_key: FileKey = entropy.secret();
        let mut bytes = header::write(recipients, &file_key, entropy);
        let pin = HeaderPin::of(&bytes);
        let nonce: [u8; NONCE] = entropy.bytes();
        bytes.extend_from_slice(&nonce);
        Ok((
            SealedHeader { bytes, pin },
            Self { key: PayloadKey::new(&file_key, &nonce), chunk: 0, ended: false },
        ))
    }

    /// Seals the next chunk where it lies and appends its tag; no allocation if `buf` has room for [`TAG`] bytes more.
    ///
    /// # Errors
    /// [`EncryptError::ChunkLength`], [`EncryptError::AlreadyEnded`]; `buf` is unchanged then.
    pub fn seal_chunk(&mut self, buf: &mut Vec<u8>, last: bool) -> Result<(), EncryptError> {
        let tag = self.seal_slice(buf, last)?;
        buf.extend_from_slice(&tag);
        Ok(())
    }

    /// Seals the next chunk where it lies, for buffers that hold several: the tag belongs right behind it.
    ///
    /// # Errors
    /// As [`Encryptor::seal_chunk`].
    pub fn seal_slice(&mut self, chunk: &mut [u8], last: bool) -> Result<[u8; TAG], EncryptError> {
        if self.ended {
            return Err(EncryptError::AlreadyEnded);
        }
        let fits = match chunk.len() {
            CHUNK => true,
            0 => last && self.chunk == 0,
            len => last && len < CHUNK,
        };
        if !fits {
            return Err(EncryptError::ChunkLength { chunk: self.chunk, len: chunk.len() });
        }
        let tag = self.key.seal(self.chunk, last, chunk);
        self.chunk += 1;
        self.ended = last;
        Ok(tag.as_ref().try_into().expect("a Poly1305 tag has 16 bytes"))
    }
}

/// Seals whatever is written to it. Ends with [`EncryptWriter::finish`]; one that is only dropped leaves an object that does not open.
pub struct EncryptWriter<W: Write> {
    to: W,
    encryptor: Encryptor,
    pending: Zeroizing<Vec<u8>>,
    sealed: Sealed,
    /// A sealed chunk was lost in a failed write, so nothing that follows would open.
    broken: bool,
}

impl<W: Write> EncryptWriter<W> {
    /// Writes the header to `to`.
    ///
    /// # Errors
    /// Those of `to`; [`EncryptError`] as [`io::ErrorKind::InvalidInput`].
    pub fn new(mut to: W, recipients: &[Recipient], entropy: &mut Entropy) -> io::Result<Self> {
        let (header, encryptor) = Encryptor::new(recipients, entropy).map_err(invalid)?;
        to.write_all(&header.bytes)?;
        let pending = Zeroizing::new(Vec::with_capacity(SEALED_CHUNK));
        Ok(Self {
            to,
            encryptor,
            pending,
            sealed: Sealed { pin: header.pin, object_len: header.bytes.len() as u64 },
            broken: false,
        })
    }

    /// Seals what is left as the last chunk and gives back the destination (not flushed).
    ///
    /// # Errors
    /// Those of the destination.
    pub fn finish(mut self) -> io::Result<(W, Sealed)> {
        self.seal_pending(true)?;
        Ok((self.to, self.sealed))
    }

    fn seal_pending(&mut self, last: bool) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier write of this object failed"));
        }
        self.encryptor.seal_chunk(&mut self.pending, last).map_err(invalid)?;
        let written = self.to.write_all(&self.pending);
        self.broken = written.is_err();
        self.sealed.object_len += self.pending.len() as u64;
        // Once broken it stays full, so that each further write comes here again.
        self.pending.truncate(if self.broken { CHUNK } else { 0 });
        written
    }
}

impl<W: Write> Write for EncryptWriter<W> {
    fn write(&mut self, plain: &[u8]) -> io::Result<usize> {
        // A full chunk waits until more follows: only then is it known not to be the last.
        if self.pending.len() == CHUNK && !plain.is_empty() {
            self.seal_pending(false)?;
        }
        let n = plain.len().min(CHUNK - self.pending.len());
        self.pending.extend_from_slice(&plain[..n]);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Seals a small thing in one call.
///
/// # Errors
/// [`EncryptError::NoRecipient`], [`EncryptError::TooManyRecipients`].
pub fn encrypt_to_vec(
    recipients: &[Recipient],
    plaintext: &[u8],
    entropy: &mut Entropy,
) -> Result<(Vec<u8>, HeaderPin), EncryptError> {
    let (SealedHeader { bytes: mut object, pin }, mut encryptor) = Encryptor::new(recipients, entropy)?;
    object.reserve_exact(plaintext.len() + (plaintext.len() / CHUNK + 1) * TAG);
    let mut rest = plaintext;
    loop {
        let (chunk, later) = rest.split_at(rest.len().min(CHUNK));
        rest = later;
        let start = object.len();
        object.extend_from_slice(chunk);
        let tag = encryptor.seal_slice(&mut object[start..], rest.is_empty())?;
        object.extend_from_slice(&tag);
        if rest.is_empty() {
            return Ok((object, pin));
        }
    }
}

fn invalid(error: EncryptError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Identity, age::decrypt_to_vec};

    fn keys() -> (Identity, Entropy) {
        let mut entropy = Entropy::from_seed(&[3; 32]);
        (Identity::generate(&mut entropy), entropy)
    }

    #[test]
    fn chunks_that_the_format_does_not_know_are_refused() {
        let (identity, mut entropy) = keys();
        let to = [identity.recipient()];
        assert_eq!(Encryptor::new(&[], &mut entropy).err(), Some(EncryptError::NoRecipient));
        assert_eq!(Encryptor::new(&[to[0]; 257], &mut entropy).err(), Some(EncryptError::TooManyRecipients));
        let (_, mut encryptor) = Encryptor::new(&to, &mut entropy).unwrap();
        let wrong = |chunk, len| Err(EncryptError::ChunkLength { chunk, len });
        assert_eq!(encryptor.seal_chunk(&mut vec![0; 10], false), wrong(0, 10));
        assert_eq!(encryptor.seal_chunk(&mut vec![0; CHUNK + 1], true), wrong(0, CHUNK + 1));
        encryptor.seal_chunk(&mut vec![0; CHUNK], false).unwrap();
        assert_eq!(encryptor.seal_chunk(&mut Vec::new(), true), wrong(1, 0));
        encryptor.seal_chunk(&mut vec![0; 1], true).unwrap();
        assert_eq!(encryptor.seal_chunk(&mut vec![0; 1], true), Err(EncryptError::AlreadyEnded));
    }

    #[test]
    fn a_writer_whose_destination_failed_stays_failed() {
        /// Takes so many bytes and then says that the disk is full, once.
        struct FullOnce(Option<usize>);
        impl Write for FullOnce {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                match self.0 {
                    Some(0) => {
                        Err(self.0.take().map_or(io::ErrorKind::Other, |_| io::ErrorKind::StorageFull).into())
                    }
                    Some(room) => {
                        self.0 = Some(room.saturating_sub(bytes.len()));
                        Ok(room.min(bytes.len()))
                    }
                    None => Ok(bytes.len()),
                }
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (identity, mut entropy) = keys();
        let to = FullOnce(Some(1000));
        let mut writer = EncryptWriter::new(to, &[identity.recipient()], &mut entropy).unwrap();
        let plain = vec![0; 2 * CHUNK];
        assert_eq!(writer.write_all(&plain).unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert!(writer.write_all(&plain).is_err());
        assert!(writer.write_all(b"x").is_err());
        assert!(writer.finish().is_err());
    }

    #[test]
    fn the_writer_and_the_short_way_make_objects_that_open() {
        let (identity, mut entropy) = keys();
        for len in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7] {
            let plain: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            let mut writer = EncryptWriter::new(Vec::new(), &[identity.recipient()], &mut entropy).unwrap();
            for part in plain.chunks(10_007) {
                writer.write_all(part).unwrap();
            }
            let (written, sealed) = writer.finish().unwrap();
            let (short, _) = encrypt_to_vec(&[identity.recipient()], &plain, &mut entropy).unwrap();
            assert_eq!(written.len() as u64, sealed.object_len);
            assert_eq!(written.len(), short.len());
            for object in [written, short] {
                assert!(*decrypt_to_vec(&object, &identity).unwrap() == plain, "{len} bytes");
            }
        }
    }
}
