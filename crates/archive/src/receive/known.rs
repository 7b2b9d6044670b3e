//! What an accession holds already: by size, by digest, and by where it was found. A few dozen bytes for each file.

use std::collections::{HashMap, HashSet};

use sha2::{Digest as _, Sha256};
use vidimus_model::{FoundPath, ObjectPlace};

/// Half a SHA-256 tells the files of one accession apart; whether two are the same is decided by the record's whole digest.
type Half = [u8; 16];

/// The files of one accession.
#[derive(Default)]
pub struct Known {
    sizes: HashSet<u64>,
    by_digest: HashMap<Half, Kept>,
    objects: Vec<ObjectPlace>,
    paths: HashMap<Half, Option<Look>>,
}

/// How a file looks from outside: its size, and when its content was last modified, in nanoseconds.
pub type Look = (u64, i64);

/// The first item with some bytes, and where they lie.
#[derive(Clone, Copy)]
struct Kept {
    item: u64,
    object: u32,
    offset: u32,
    length: u32,
}

impl Known {
    /// Has a file of this size been taken?
    pub fn has_size(&self, size: u64) -> bool {
        self.sizes.contains(&size)
    }

    /// The number of the item with these bytes, and where they lie.
    pub fn find(&self, sha256: &[u8; 32]) -> Option<(u64, ObjectPlace)> {
        let kept = self.by_digest.get(&half(sha256))?;
        let mut place = self.objects[kept.object as usize].clone();
        if kept.length != NOT_PACKED {
            place.offset = Some(kept.offset.into());
            place.length = Some(kept.length.into());
        }
        Some((kept.item, place))
    }

    /// Takes note of an item whose bytes are new and have an object of their own, or a place in a pack that is sealed.
    pub fn keep(&mut self, item: u64, sha256: &[u8; 32], size: u64, place: &ObjectPlace) {
        let whole = ObjectPlace { offset: None, length: None, ..place.clone() };
        if self.objects.last() != Some(&whole) {
            self.objects.push(whole);
        }
        // A pack is smaller than 2^32 bytes; what is not packed says so in its length.
        let part = |n: Option<u64>, none| n.map_or(none, |n| u32::try_from(n).unwrap_or(none));
        let (offset, length) = (part(place.offset, 0), part(place.length, NOT_PACKED));
        self.insert(item, sha256, size, self.objects.len() - 1, offset, length);
    }

    /// Begins a pack whose object is not sealed yet; until [`Known::name_pack`] its items' places are only half known.
    pub fn begin_pack(&mut self) -> Pack {
        let unnamed =
            ObjectPlace { name: String::new(), size: 0, header: String::new(), offset: None, length: None };
        self.objects.push(unnamed);
        Pack(self.objects.len() - 1)
    }

    /// Takes note of an item whose bytes are new and lie in a pack.
    pub fn keep_packed(&mut self, item: u64, sha256: &[u8; 32], pack: Pack, offset: u32, length: u32) {
        self.insert(item, sha256, length.into(), pack.0, offset, length);
    }

    /// Says what object a pack has become.
    pub fn name_pack(&mut self, pack: Pack, object: ObjectPlace) {
        self.objects[pack.0] = object;
    }

    fn insert(&mut self, item: u64, sha256: &[u8; 32], size: u64, object: usize, offset: u32, length: u32) {
        let object = u32::try_from(object).expect("fewer objects than 2^32");
        self.sizes.insert(size);
        self.by_digest.entry(half(sha256)).or_insert(Kept { item, object, offset, length });
    }

    /// Takes note of a path that an earlier run dealt with, and of how the file looked, where that is known.
    pub fn meet(&mut self, source: u32, path: &FoundPath, look: Option<Look>) {
        self.paths.insert(path_key(source, path), look);
    }

    /// Was this path dealt with by an earlier run?
    pub fn has_met(&self, source: u32, path: &FoundPath) -> bool {
        !self.paths.is_empty() && self.paths.contains_key(&path_key(source, path))
    }

    /// How the file looked that an earlier run dealt with.
    pub fn look(&self, source: u32, path: &FoundPath) -> Option<Look> {
        self.paths.get(&path_key(source, path)).copied().flatten()
    }
}

/// A pack that is being filled.
#[derive(Clone, Copy)]
pub struct Pack(usize);

const NOT_PACKED: u32 = u32::MAX;

fn half(digest: &[u8; 32]) -> Half {
    digest[..16].try_into().expect("16 of 32 bytes")
}

fn path_key(source: u32, path: &FoundPath) -> Half {
    let digest = Sha256::new().chain_update(source.to_be_bytes()).chain_update(path.as_bytes()).finalize();
    half(&digest.into())
}
