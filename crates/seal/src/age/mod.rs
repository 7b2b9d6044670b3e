//! Standard age v1 files for X25519 recipients: written in a pipeline, opened anywhere, pinned by the hash of their header.
//!
//! The bytes are those of <https://c2sp.org/age>: stock `age -d` opens what is sealed here. This is a codec of our own because
//! the cipher behind the usual one is slower than SHA-256; here chunks are sealed and opened where they lie.
//!
//! Never here: passphrase (scrypt), hybrid and plugin recipients, and ASCII armor. Their stanzas are passed over, armor is refused.

mod encrypt;
mod header;
mod keys;
mod open;
mod payload;
#[cfg(test)]
mod tests;

pub use encrypt::{EncryptError, EncryptWriter, Encryptor, Sealed, SealedHeader, encrypt_to_vec};
pub use header::{HeaderFault, HeaderKey, HeaderPin, MAX_HEADER, MAX_RECIPIENTS};
pub use keys::{Identity, KeyParseError, Recipient};
pub use open::{OpenError, Opened, PlainReader, ReadAt, decrypt_to_vec, has_header_of, header_key, open};
pub use payload::{CHUNK, SEALED_CHUNK, TAG};
