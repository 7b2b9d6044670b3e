//! Objects written anew: a pack without what leaves it, or everything under another key.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _, Write as _};

use vidimus_model::{ObjectPlace, Place, Ref};
use vidimus_seal::age::{EncryptWriter, Identity, Recipient};
use vidimus_vault::{ObjectName, ObjectWriter, PutError, Vault as _};
use zeroize::Zeroizing;

use crate::read::open_object;
use crate::{Archive, ReadError};

/// Why an object was not written anew.
#[derive(Debug, thiserror::Error)]
pub enum RepackError {
    /// What is to be copied cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An object ends early or is damaged.
    #[error("the object of {item} cannot be read: {reason}")]
    Object {
        /// An item in it.
        item: Ref,
        /// Why.
        reason: io::Error,
    },
    /// The new object could not be written.
    #[error(transparent)]
    Put(#[from] PutError),
    /// The new object could not be written.
    #[error("the new object could not be written: {0}")]
    Write(io::Error),
}

/// Bytes copied at once.
const BUFFER: usize = 1 << 20;

impl Archive {
    /// Writes the parts of one object that these items need, under `name` and for `to`; says where each now lies.
    ///
    /// The items must all lie in one object. Each part is written once, however many items share it. Durable only after
    /// the vault's barrier.
    pub(crate) fn write_anew(
        &mut self,
        items: &[(Ref, ObjectPlace)],
        from: &Identity,
        name: ObjectName,
        to: &Recipient,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Vec<Place>, RepackError> {
        let part = |place: &ObjectPlace| (place.offset, place.length);
        let parts: BTreeMap<_, _> = items.iter().map(|(item, place)| (part(place), (item, place))).collect();
        let out = Writer(self.vault.put(&name)?);
        let mut sealer = EncryptWriter::new(out, &[*to], &mut self.entropy).map_err(write_error)?;
        let mut buffer = Zeroizing::new(vec![0; BUFFER]);
        let mut new_offsets = BTreeMap::new();
        let mut written = 0;
        for (part, (item, place)) in parts {
            new_offsets.insert(part, written);
            let mut bytes = open_object(&*self.vault, item, place, from)?;
            while bytes.left() > 0 {
                let n = bytes
                    .read(&mut buffer)
                    .map_err(|reason| RepackError::Object { item: item.clone(), reason })?;
                sealer.write_all(&buffer[..n]).map_err(write_error)?;
                written += n as u64;
                progress(n as u64);
            }
        }
        let (out, sealed) = sealer.finish().map_err(write_error)?;
        crate::crash::step();
        out.0.finish()?;
        crate::crash::step();
        let object = ObjectPlace {
            name: name.to_string(),
            size: sealed.object_len,
            header: hex::encode(sealed.pin.header_sha256),
            offset: None,
            length: None,
        };
        let moved = |(item, place): &(Ref, ObjectPlace)| {
            let offset = place.offset.map(|_| new_offsets[&part(place)]);
            Place {
                about: item.clone(),
                object: ObjectPlace { offset, length: place.length, ..object.clone() },
            }
        };
        Ok(items.iter().map(moved).collect())
    }
}

/// Does an object hold bytes that only these items need?
pub(crate) fn holds_alone<'a>(
    going: impl IntoIterator<Item = &'a ObjectPlace>,
    staying: &[(Ref, ObjectPlace)],
) -> bool {
    let needed: BTreeSet<_> = staying.iter().map(|(_, place)| (place.offset, place.length)).collect();
    going.into_iter().any(|place| place.length != Some(0) && !needed.contains(&(place.offset, place.length)))
}

/// An object of the vault, as the cipher writes it.
pub(crate) struct Writer<'a>(pub Box<dyn ObjectWriter + 'a>);

impl io::Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The vault's own answer, if it is one.
fn write_error(error: io::Error) -> RepackError {
    match error.downcast::<PutError>() {
        Ok(put) => RepackError::Put(put),
        Err(error) => RepackError::Write(error),
    }
}
