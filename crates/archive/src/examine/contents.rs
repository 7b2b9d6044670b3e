//! What is found in a container, on its way into the vault: hashed and sealed as it comes, copies once, small ones in packs.

use std::collections::HashMap;
use std::io::{self, Read, Write as _};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use sha2::{Digest as _, Sha256};
use vidimus_examine::Sink;
use vidimus_model::{FileSystemSays, FoundPath, Item, KeyId, ObjectPlace, Reading, Ref};
use vidimus_seal::Entropy;
use vidimus_seal::age::{EncryptWriter, Recipient};
use vidimus_vault::{ObjectName, Vault};

use super::bench::Told;
use crate::receive::SMALL;
use crate::repack::Writer;

/// Plain bytes of one pack.
const PACK: usize = 8 << 20;
/// Bytes that are read and sealed at once.
const BUFFER: usize = 1 << 20;

/// The same bytes in an item that is on record.
pub(super) struct Twin {
    /// That item.
    pub item: Ref,
    /// Where its bytes lie, if the accession's key seals them: then they are stored once.
    pub place: Option<ObjectPlace>,
}

/// A question of a worker's thread: are these bytes known?
pub(super) struct Ask {
    /// The item that is examined.
    pub about: Ref,
    /// The key that seals it.
    pub key: KeyId,
    /// The key whose catalogue holds it.
    pub catalogue: KeyId,
    pub sha256: [u8; 32],
    pub size: u64,
    pub reply: SyncSender<Option<Twin>>,
}

/// What an earlier run found in an item and recorded.
#[derive(Clone, Debug, Default)]
pub(super) struct Children {
    /// How many there are of each path and digest.
    pub known: HashMap<(Vec<u8>, [u8; 32]), u32>,
    /// The greatest number that was given.
    pub last: u64,
}

/// Takes what one examination unpacks.
pub(super) struct Contents<'a> {
    pub vault: &'a Arc<dyn Vault>,
    pub recipient: Recipient,
    pub entropy: &'a mut Entropy,
    /// The container.
    pub about: &'a Ref,
    pub path: &'a FoundPath,
    pub source: u32,
    pub key: KeyId,
    pub catalogue: KeyId,
    pub children: Children,
    pub told: &'a SyncSender<Told>,
    /// What was taken, in order; those in the open pack have no object yet.
    pub items: Vec<Item>,
    /// Indices of `items` that lie in the open pack.
    packed: Vec<usize>,
    pack: Vec<u8>,
    /// By digest, the first of `items` with these bytes.
    own: HashMap<[u8; 32], usize>,
    /// The vault, not the container, failed.
    pub trouble: Option<io::Error>,
}

/// Where the bytes of a new item are.
enum Laid {
    /// In memory.
    Small(Vec<u8>),
    /// Sealed in an object of their own.
    Sealed(ObjectPlace),
}

impl<'a> Contents<'a> {
    /// For a container: its reference, path and source; the key that seals it, and the one whose catalogue holds it.
    pub fn new(
        vault: &'a Arc<dyn Vault>,
        recipient: Recipient,
        entropy: &'a mut Entropy,
        (about, path, source): (&'a Ref, &'a FoundPath, u32),
        (key, catalogue): (KeyId, KeyId),
        children: Children,
        told: &'a SyncSender<Told>,
    ) -> Self {
        Self {
            vault,
            recipient,
            entropy,
            about,
            path,
            source,
            key,
            catalogue,
            children,
            told,
            items: Vec::new(),
            packed: Vec::new(),
            pack: Vec::new(),
            own: HashMap::new(),
            trouble: None,
        }
    }

    /// Seals what is left in the open pack; the items are then complete.
    pub fn finish(mut self) -> io::Result<Vec<Item>> {
        self.close_pack()?;
        match self.trouble {
            Some(trouble) => Err(trouble),
            None => Ok(self.items),
        }
    }

    fn take(&mut self, untrusted_path: &[u8], says: FileSystemSays, bytes: &mut dyn Read) -> io::Result<()> {
        let mut begin = Vec::new();
        let small = SMALL - 1;
        // What breaks off within a file is told by whoever reads the container; nothing of that file is kept.
        if (&mut *bytes).take(small).read_to_end(&mut begin).is_err() {
            return Ok(());
        }
        let (sha256, size, laid) = if (begin.len() as u64) < small {
            (Sha256::digest(&begin).into(), begin.len() as u64, Laid::Small(begin))
        } else {
            match self.seal(&begin, bytes)? {
                Some((sha256, size, place)) => (sha256, size, Laid::Sealed(place)),
                None => return Ok(()),
            }
        };
        let path = [self.path.as_bytes(), b"!/", untrusted_path].concat();
        if let Some(count) = self.children.known.get_mut(&(path.clone(), sha256)).filter(|count| **count > 0)
        {
            *count -= 1;
            self.drop_sealed(&laid);
            return Ok(());
        }
        self.children.last += 1;
        let about = self.about.member(self.children.last);
        let (object, copy_of, in_pack) = self.lay(sha256, size, laid)?;
        let index = self.items.len();
        if in_pack {
            self.packed.push(index);
        }
        self.own.entry(sha256).or_insert(index);
        self.items.push(Item {
            about,
            path: FoundPath::new(path),
            source: self.source,
            sha256: hex::encode(sha256),
            size,
            file_system: says,
            object,
            copy_of,
            reading: Reading::Whole,
            reading_sizes: None,
        });
        if self.pack.len() >= PACK {
            self.close_pack()?;
        }
        Ok(())
    }

    /// Where the bytes of a new item lie, of what it is a copy, and whether the object is the open pack.
    fn lay(
        &mut self,
        sha256: [u8; 32],
        size: u64,
        laid: Laid,
    ) -> io::Result<(ObjectPlace, Option<Ref>, bool)> {
        if let Some(&index) = self.own.get(&sha256) {
            self.drop_sealed(&laid);
            let first = &self.items[index];
            let of = first.copy_of.as_ref().filter(|of| of.whole() == self.about.whole());
            let of = of.unwrap_or(&first.about).clone();
            return Ok((first.object.clone(), Some(of), self.packed.contains(&index)));
        }
        let twin = self.ask(sha256, size)?;
        if let Some(Twin { item, place: Some(place) }) = twin {
            self.drop_sealed(&laid);
            return Ok((place, Some(item), false));
        }
        let copy_of = twin.map(|twin| twin.item);
        match laid {
            Laid::Sealed(place) => Ok((place, copy_of, false)),
            Laid::Small(bytes) => {
                let offset = self.pack.len() as u64;
                self.pack.extend_from_slice(&bytes);
                let (offset, length) = (Some(offset), Some(size));
                let unnamed =
                    ObjectPlace { name: String::new(), size: 0, header: String::new(), offset, length };
                Ok((unnamed, copy_of, true))
            }
        }
    }

    fn ask(&mut self, sha256: [u8; 32], size: u64) -> io::Result<Option<Twin>> {
        let gone = || io::Error::from(io::ErrorKind::BrokenPipe);
        let (reply, answer) = sync_channel(1);
        let ask =
            Ask { about: self.about.clone(), key: self.key, catalogue: self.catalogue, sha256, size, reply };
        self.told.send(Told::Ask(ask)).map_err(|_| gone())?;
        answer.recv().map_err(|_| gone())
    }

    fn close_pack(&mut self) -> io::Result<()> {
        if self.packed.is_empty() {
            return Ok(());
        }
        let pack = std::mem::take(&mut self.pack);
        let place = seal_parts(&**self.vault, self.recipient, self.entropy, [pack.as_slice()])?;
        for index in self.packed.drain(..) {
            let object = &mut self.items[index].object;
            *object = ObjectPlace { offset: object.offset, length: object.length, ..place.clone() };
        }
        Ok(())
    }

    /// Hashes and seals what does not fit into a pack; none where it breaks off.
    fn seal(
        &mut self,
        begin: &[u8],
        rest: &mut dyn Read,
    ) -> io::Result<Option<([u8; 32], u64, ObjectPlace)>> {
        let name = ObjectName::from_bytes(self.entropy.bytes());
        let out = Writer(self.vault.put(&name).map_err(io::Error::other)?);
        let mut sealer = EncryptWriter::new(out, &[self.recipient], self.entropy)?;
        let (mut hasher, mut size) = (Sha256::new_with_prefix(begin), begin.len() as u64);
        sealer.write_all(begin)?;
        let mut buffer = vec![0; BUFFER];
        loop {
            let read = match rest.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => &buffer[..read],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // Dropped unfinished, the object is not there.
                Err(_) => return Ok(None),
            };
            hasher.update(read);
            size += read.len() as u64;
            sealer.write_all(read)?;
        }
        let (out, sealed) = sealer.finish()?;
        out.0.finish().map_err(io::Error::other)?;
        let place = ObjectPlace {
            name: name.to_string(),
            size: sealed.object_len,
            header: hex::encode(sealed.pin.header_sha256),
            offset: None,
            length: None,
        };
        Ok(Some((hasher.finalize().into(), size, place)))
    }

    /// An object that no record names; if it cannot be removed, `check` will name it as left over.
    fn drop_sealed(&self, laid: &Laid) {
        if let Laid::Sealed(place) = laid
            && let Ok(name) = place.name.parse()
        {
            let _ = self.vault.delete(&name);
        }
    }
}

impl Sink for Contents<'_> {
    fn contained(
        &mut self,
        untrusted_path: &[u8],
        says: FileSystemSays,
        bytes: &mut dyn Read,
    ) -> io::Result<()> {
        let taken = self.take(untrusted_path, says, bytes);
        if let Err(trouble) = &taken {
            self.trouble = Some(io::Error::new(trouble.kind(), trouble.to_string()));
        }
        taken
    }
}

/// Seals bytes, one part behind the other, as an object of their own; durable only after the vault's barrier.
pub(super) fn seal_parts<'a>(
    vault: &dyn Vault,
    recipient: Recipient,
    entropy: &mut Entropy,
    parts: impl IntoIterator<Item = &'a [u8]>,
) -> io::Result<ObjectPlace> {
    let name = ObjectName::from_bytes(entropy.bytes());
    let out = Writer(vault.put(&name).map_err(io::Error::other)?);
    let mut sealer = EncryptWriter::new(out, &[recipient], entropy)?;
    parts.into_iter().try_for_each(|part| sealer.write_all(part))?;
    let (out, sealed) = sealer.finish()?;
    out.0.finish().map_err(io::Error::other)?;
    Ok(ObjectPlace {
        name: name.to_string(),
        size: sealed.object_len,
        header: hex::encode(sealed.pin.header_sha256),
        offset: None,
        length: None,
    })
}
