//! The cipher of one sealed file: which key, which nonce, how long what is.

use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;

/// Plain bytes in each chunk but the last. A hit is cited from one text, and all chunks that it touches must be opened for it.
pub(super) const CHUNK: usize = 1 << 13;
/// Bytes at the beginning of each file, from which its key is made.
pub(super) const SALT: usize = 16;
/// Bytes that sealing adds to a chunk.
pub(super) const TAG: usize = 16;

/// Bytes of a file's number.
pub(super) const NUMBER: usize = 16;

const INFO: &[u8] = b"vidimus/search-file/v2\n";
const NUMBER_INFO: &[u8] = b"vidimus/search-number/v2\n";

/// From which the key of each file is made.
pub(super) struct FolderKey(hmac::Key);

impl FolderKey {
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// HMAC-SHA256(key, "vidimus/search-file/v2\n" ‖ salt ‖ name). Every file written has another salt, so that the nonces of
    /// its chunks may simply count.
    pub fn file(&self, salt: &[u8; SALT], name: &Path) -> FileKey {
        let message = [INFO, salt, name.as_os_str().as_bytes()].concat();
        let key = hmac::sign(&self.0, &message);
        let key = UnboundKey::new(&AES_256_GCM, key.as_ref()).expect("HMAC-SHA256 gives 32 bytes");
        let message = [NUMBER_INFO, salt, name.as_os_str().as_bytes()].concat();
        let number =
            *hmac::sign(&self.0, &message).as_ref().first_chunk().expect("HMAC-SHA256 gives 32 bytes");
        FileKey { key: LessSafeKey::new(key), number }
    }
}

/// Seals and opens the chunks of one file.
pub(super) struct FileKey {
    key: LessSafeKey,
    /// Which file it is, by salt and name: a file under another's name is another.
    pub number: [u8; NUMBER],
}

impl FileKey {
    /// Seals in place the chunk that stands in `bytes` from `begin` on, and adds its tag.
    pub fn seal(&self, number: u64, last: bool, bytes: &mut Vec<u8>, begin: usize) {
        let tag = self
            .key
            .seal_in_place_separate_tag(nonce(number, last), Aad::empty(), &mut bytes[begin..])
            .expect("8 KiB are within the cipher's limit");
        bytes.extend_from_slice(tag.as_ref());
    }

    /// Opens `untrusted_chunk` (with its tag) in place.
    ///
    /// # Errors
    /// [`damaged`] where it is not what was sealed in this place.
    pub fn open(&self, number: u64, last: bool, untrusted_chunk: &mut [u8]) -> io::Result<usize> {
        let opened = self.key.open_in_place(nonce(number, last), Aad::empty(), untrusted_chunk);
        opened.map(|plain| plain.len()).map_err(|_| damaged())
    }
}

/// The number in 11 bytes and whether it is the last, as in the STREAM construction of age.
fn nonce(number: u64, last: bool) -> Nonce {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = last.into();
    Nonce::assume_unique_for_key(nonce)
}

/// What a sealed file that is not as it was written answers: the fold is thrown away then, and folded again.
pub(super) fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a sealed file of the index is not what was written")
}
