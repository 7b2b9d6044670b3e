//! Sealed objects under random names: put once, made durable in batches, read by range, deleted.
//!
//! Never here: a key, a plaintext, a record. What an object means is said by the record that names it.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

pub mod conform;
mod faulty;
mod folder;
mod memory;

pub use faulty::{Fault, FaultyVault, Step, When};
pub use folder::{CleanUpError, FolderVault, OpenError};
pub use memory::MemoryVault;

/// The name of an object: 128 random bits, written as 32 lowercase hexadecimal digits.
///
/// The caller draws it; a name that could be computed from the content would tell who holds the same file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName([u8; 16]);

/// A text that is not 32 lowercase hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an object name")]
pub struct NameError;

/// Sealed bytes under names that are given once. Every implementation passes [`conform`].
pub trait Vault: Send + Sync {
    /// Begins an object. Nothing is visible under its name until [`ObjectWriter::finish`].
    ///
    /// [`PutError::AlreadyExists`] when a finished object has the name. Of two writers that race for one name
    /// both may begin, and the second to finish is told so then.
    fn put(&self, name: &ObjectName) -> Result<Box<dyn ObjectWriter + '_>, PutError>;

    /// After `Ok` every object finished and every deletion made before the call survives a power cut.
    ///
    /// An error is fatal for the batch: nothing finished since the last good barrier may be believed, because a
    /// kernel reports a failed write once and then holds the lost page for clean. From then on every `put`,
    /// `finish` and `barrier` of this vault fails; open it again and write the batch from its source, under new names.
    fn barrier(&self) -> Result<(), BarrierError>;

    /// Opens a finished object for reading by range. It stays readable while it is open, also when it is deleted.
    fn open(&self, name: &ObjectName) -> Result<Box<dyn ObjectReader>, GetError>;

    /// Removes an object; `Ok` also when there is none. Durable after the next [`Vault::barrier`].
    fn delete(&self, name: &ObjectName) -> Result<(), DeleteError>;

    /// Everything in the vault, in no order: objects, and what is no object. Unfinished objects are not listed.
    ///
    /// What is put or deleted meanwhile may be listed or not.
    fn list(&self) -> Box<dyn Iterator<Item = Result<Found, ListError>> + '_>;
}

/// An object being written; dropped before `finish` it leaves nothing.
///
/// After any error the writer is spent: `finish` fails too, so that no shortened object becomes visible.
pub trait ObjectWriter: Send {
    /// Says that `len` bytes in all will be written, to learn early that there is [`PutError::NoRoom`] for them.
    /// It is a hint: fewer or more may follow, and a vault that cannot know answers `Ok`.
    fn reserve(&mut self, len: u64) -> Result<(), PutError>;

    /// Appends all of `bytes`.
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), PutError>;

    /// Makes the object visible under its name, whole. Durable only after [`Vault::barrier`].
    fn finish(self: Box<Self>) -> Result<(), PutError>;
}

/// A finished object, open for reading; many threads may read at once.
#[allow(clippy::len_without_is_empty, reason = "an age file is never empty; nobody asks")]
pub trait ObjectReader: Send + Sync + fmt::Debug {
    /// Size in bytes when it was opened.
    fn len(&self) -> u64;

    /// Fills `buf` from `offset` and returns how many bytes there were: fewer than asked only where the object ends,
    /// 0 at its end and behind it.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, GetError>;
}

/// One thing that [`Vault::list`] found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// A finished object and its size in bytes.
    Object {
        /// Its name.
        name: ObjectName,
        /// Its size in bytes.
        len: u64,
    },
    /// Something that this program did not put there: a stray file, a link, an object in the wrong place.
    Foreign {
        /// Where it is, from the vault's own folder; any bytes.
        untrusted_path: PathBuf,
    },
}

/// Why an object was not put.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// An object of this name is finished already.
    #[error("an object of this name exists")]
    AlreadyExists,
    /// The disk or the quota is full, or the file system takes no file of this size.
    #[error("no room for the object")]
    NoRoom,
    /// An earlier call on this writer failed, so that its object is not whole.
    #[error("an earlier write of this object failed")]
    Spent,
    /// An earlier barrier failed: open the vault again.
    #[error("an earlier barrier failed")]
    BarrierFailed,
    /// The storage failed in another way.
    #[error("the object could not be written")]
    Io(#[source] io::Error),
}

/// Why what was put is not known to be durable.
#[derive(Debug, thiserror::Error)]
pub enum BarrierError {
    /// Written bytes found no room on the disk.
    #[error("no room for what was written")]
    NoRoom,
    /// An earlier barrier failed: open the vault again.
    #[error("an earlier barrier failed")]
    BarrierFailed,
    /// The storage failed in another way.
    #[error("what was written could not be made durable")]
    Io(#[source] io::Error),
}

/// Why an object could not be read.
#[derive(Debug, thiserror::Error)]
pub enum GetError {
    /// There is none of this name.
    #[error("no object of this name")]
    NotFound,
    /// A link, a folder or a device stands where the object should be; it was not followed.
    #[error("something that is no object stands under this name")]
    Foreign,
    /// The storage failed.
    #[error("the object could not be read")]
    Io(#[source] io::Error),
}

/// Why an object could not be deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// A link, a folder or a device stands where the object should be; it was left alone.
    #[error("something that is no object stands under this name")]
    Foreign,
    /// The storage failed.
    #[error("the object could not be deleted")]
    Io(#[source] io::Error),
}

/// Why a part of the vault could not be listed.
#[derive(Debug, thiserror::Error)]
#[error("{path} could not be listed", path = path.display())]
pub struct ListError {
    /// The place, from the vault's own folder; empty for that itself.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

impl ObjectName {
    /// The name of 128 bits that the caller drew at random.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its 128 bits.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ObjectName {
    type Err = NameError;

    fn from_str(untrusted_text: &str) -> Result<Self, NameError> {
        let mut bytes = [0; 16];
        hex::decode_to_slice(untrusted_text, &mut bytes).map_err(|_| NameError)?;
        let name = Self(bytes);
        // `hex` reads capitals as well; two spellings of one name would be two files.
        if name.to_string() == untrusted_text { Ok(name) } else { Err(NameError) }
    }
}

impl From<io::Error> for PutError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::AlreadyExists {
            Self::AlreadyExists
        } else if means_no_room(&error) {
            Self::NoRoom
        } else {
            Self::Io(error)
        }
    }
}

impl From<io::Error> for BarrierError {
    fn from(error: io::Error) -> Self {
        if means_no_room(&error) { Self::NoRoom } else { Self::Io(error) }
    }
}

/// ENOSPC, EDQUOT, EFBIG.
fn means_no_room(error: &io::Error) -> bool {
    use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_name_has_one_spelling(bytes: [u8; 16]) {
            let name = ObjectName::from_bytes(bytes);
            let text = name.to_string();
            prop_assert_eq!(text.parse(), Ok(name));
            let capitals = text.to_uppercase();
            prop_assert_eq!(capitals.parse::<ObjectName>().is_ok(), capitals == text);
            prop_assert_eq!(text[1..].parse::<ObjectName>(), Err(NameError));
        }

        #[test]
        fn other_texts_are_no_names(untrusted_text in "\\PC{0,40}") {
            if let Ok(name) = untrusted_text.parse::<ObjectName>() {
                prop_assert_eq!(name.to_string(), untrusted_text);
            }
        }
    }
}
