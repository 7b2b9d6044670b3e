//! Reading what was taken in: the record of an item, and its bytes out of the sealed object, authentic as they come.

use std::io::{self, Read};

use vidimus_ledger::{Ledger as _, StoreError};
use vidimus_model::{KeyId, ObjectPlace, Ref};
use vidimus_proof::record::Record;
use vidimus_seal::age::{self, HeaderPin, Identity, PlainReader, ReadAt};
use vidimus_vault::{GetError, ObjectReader, Vault};

use crate::query::AskError;
use crate::rows::{self, RowError};
use crate::{Archive, KeyringError};

/// Why an item, or its record, cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The reference cannot be followed.
    #[error(transparent)]
    Ask(Box<AskError>),
    /// It names no single file.
    #[error("{0} is not an item")]
    NotAnItem(Ref),
    /// It was erased, or is read elsewhere.
    #[error("{0} is no longer here")]
    Gone(Ref),
    /// The ledger cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The record does not open, or is malformed.
    #[error("the record of {item}: {reason}")]
    Record {
        /// Of what.
        item: Ref,
        /// What is wrong.
        reason: RowError,
    },
    /// The key store cannot be read.
    #[error("the key of {item}: {reason}")]
    Keyring {
        /// Of what.
        item: Ref,
        /// What is wrong.
        reason: KeyringError,
    },
    /// The key that seals it is not in the key store, or not for this member.
    #[error("the key of {0} is not there")]
    NoKey(Ref),
    /// The record names a place that no object can be at.
    #[error("the record of {0} names no place for its bytes")]
    BadPlace(Ref),
    /// The vault does not give the object.
    #[error("the object of {item}: {reason}")]
    Vault {
        /// Of what.
        item: Ref,
        /// What the vault said.
        reason: GetError,
    },
    /// The object is not the one that was sealed.
    #[error("the object of {item}: {reason}")]
    Object {
        /// Of what.
        item: Ref,
        /// How it differs.
        reason: age::OpenError,
    },
}

impl From<AskError> for ReadError {
    fn from(error: AskError) -> Self {
        Self::Ask(Box::new(error))
    }
}

/// A record, and where it stands in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordAt {
    /// Its log index.
    pub index: u64,
    /// With all its fields open.
    pub record: Record,
    /// The key that seals it now, and the object that it names.
    pub(crate) key: KeyId,
}

/// An item's bytes as a stream. Every byte it gives is the one that was sealed; a damaged object is an
/// [`io::ErrorKind::InvalidData`]. The digest in the record is for the caller to compare.
pub struct ItemBytes {
    plain: PlainReader<Stored>,
    /// Where they begin in the object's plain text.
    begin: u64,
    /// Bytes still to come.
    left: u64,
}

impl ItemBytes {
    /// How many bytes are still to come.
    pub fn left(&self) -> u64 {
        self.left
    }
}

impl Archive {
    /// The record of an item, opened.
    ///
    /// # Errors
    /// It is not known, no longer here, or cannot be opened.
    pub fn record_of(&mut self, reference: &Ref) -> Result<RecordAt, ReadError> {
        let (seq, _) = self.item_place(reference)?;
        self.record_in_row(reference, seq)
    }

    /// The bytes of an item.
    ///
    /// # Errors
    /// It is not known, no longer here, or its object is missing or not the one that was sealed.
    pub fn read_item(&mut self, reference: &Ref) -> Result<ItemBytes, ReadError> {
        let (seq, place) = self.item_place(reference)?;
        let key = self.record_in_row(reference, seq)?.key;
        self.open_place(reference, &place, key)
    }

    /// Opens the bytes at a place, which the record of `item` (or a later one) names, sealed for `key`.
    pub(crate) fn open_place(
        &mut self,
        item: &Ref,
        place: &ObjectPlace,
        key: KeyId,
    ) -> Result<ItemBytes, ReadError> {
        let opened = self.keyring.open(key);
        let opened = opened.map_err(|reason| ReadError::Keyring { item: item.clone(), reason })?;
        let identity = opened.ok_or_else(|| ReadError::NoKey(item.clone()))?.identity.clone();
        open_object(&*self.vault, item, place, &identity)
    }

    /// The number of an item's record, and the latest place of its bytes.
    pub(crate) fn item_place(&mut self, reference: &Ref) -> Result<(u64, ObjectPlace), ReadError> {
        if reference.item.is_none() {
            return Err(ReadError::NotAnItem(reference.clone()));
        }
        let resolved = self.resolve(reference)?;
        if !resolved.is_here() {
            return Err(ReadError::Gone(reference.clone()));
        }
        let catalogue = self.catalogue_of(resolved.catalogue).map_err(AskError::from)?;
        let row = catalogue.item(reference).map_err(AskError::from)?.value;
        let row = row.ok_or_else(|| ReadError::Gone(reference.clone()))?;
        Ok((row.seq, row.item.object))
    }

    /// The record in the row with this number, which is about `about`.
    pub(crate) fn record_in_row(&mut self, about: &Ref, seq: u64) -> Result<RecordAt, ReadError> {
        let gone = || ReadError::Gone(about.clone());
        let row = self.ledger.rows(seq, 1)?.into_iter().find(|row| row.seq == seq).ok_or_else(gone)?;
        let key: KeyId = row.key.parse().map_err(|_| ReadError::NoKey(about.clone()))?;
        let sealing = self.keyring.open(key);
        let sealing = sealing.map_err(|reason| ReadError::Keyring { item: about.clone(), reason })?;
        let sealing = sealing.ok_or_else(|| ReadError::NoKey(about.clone()))?;
        let record = rows::record(&row, &sealing.row, &self.archive_id)
            .map_err(|reason| ReadError::Record { item: about.clone(), reason })?;
        Ok(RecordAt { index: seq, record: record.ok_or_else(gone)?, key })
    }
}

/// Opens the object at `place`: its header and size are compared before the first byte is believed.
pub(crate) fn open_object(
    vault: &dyn Vault,
    item: &Ref,
    place: &ObjectPlace,
    identity: &Identity,
) -> Result<ItemBytes, ReadError> {
    let bad_place = || ReadError::BadPlace(item.clone());
    let name = place.name.parse().map_err(|_| bad_place())?;
    let mut header_sha256 = [0; 32];
    hex::decode_to_slice(&place.header, &mut header_sha256).map_err(|_| bad_place())?;
    let stored = vault.open(&name).map_err(|reason| ReadError::Vault { item: item.clone(), reason })?;
    let opened = age::open(Stored(stored), identity, Some((HeaderPin { header_sha256 }, place.size)))
        .map_err(|reason| ReadError::Object { item: item.clone(), reason })?;
    let whole = opened.plain_len();
    let (offset, left) = match (place.offset, place.length) {
        (None, None) => (0, whole),
        (Some(offset), Some(length)) if offset.checked_add(length).is_some_and(|end| end <= whole) => {
            (offset, length)
        }
        _ => return Err(bad_place()),
    };
    let mut plain = opened.into_reader();
    io::Seek::seek(&mut plain, io::SeekFrom::Start(offset)).map_err(|_| bad_place())?;
    Ok(ItemBytes { plain, begin: offset, left })
}

impl Read for ItemBytes {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buf.len());
        let n = self.plain.read(&mut buf[..most])?;
        if n == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= n as u64;
        Ok(n)
    }
}

impl ItemBytes {
    /// Fills the buffer from this byte of the item on, wherever was read before; what is asked for ends within the item.
    pub(crate) fn read_exact_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        io::Seek::seek(&mut self.plain, io::SeekFrom::Start(self.begin + offset))?;
        self.plain.read_exact(buffer)
    }
}

/// An object of the vault, as the codec reads it.
struct Stored(Box<dyn ObjectReader>);

impl ReadAt for Stored {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let mut done = 0;
        while done < buf.len() {
            let read = self.0.read_at(offset + done as u64, &mut buf[done..]);
            match read.map_err(|reason| match reason {
                GetError::Io(error) => error,
                other => io::Error::other(other),
            })? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                n => done += n,
            }
        }
        Ok(())
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.0.len())
    }
}
