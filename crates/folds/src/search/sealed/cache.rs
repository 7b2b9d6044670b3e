//! Opened pieces of sealed files, as many as memory was given for.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use lru::LruCache;
use tantivy::directory::OwnedBytes;

use super::cipher::{CHUNK, NUMBER};

/// Parts that are locked apart, so that threads seldom wait for each other.
const SHARDS: usize = 8;

/// Which bytes of which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Piece {
    pub file: [u8; NUMBER],
    pub start: usize,
    pub end: usize,
}

/// Keeps the pieces that were asked for last; clones are the same cache.
#[derive(Clone)]
pub(super) struct Cache(Arc<[Mutex<Shard>; SHARDS]>);

struct Shard {
    pieces: LruCache<Piece, OwnedBytes>,
    bytes: usize,
    most: usize,
}

impl Cache {
    /// A cache of at most `bytes`, and of none where that is 0.
    pub fn new(bytes: usize) -> Self {
        let most = bytes / SHARDS;
        Self(Arc::new(std::array::from_fn(|_| {
            Mutex::new(Shard { pieces: LruCache::unbounded(), bytes: 0, most })
        })))
    }

    /// The piece, opened by `open` where it is not kept. Two threads may open the same piece at once; one of theirs is kept.
    ///
    /// # Errors
    /// That of `open`.
    pub fn get_or(&self, piece: Piece, open: impl FnOnce() -> io::Result<Vec<u8>>) -> io::Result<OwnedBytes> {
        let shard = &self.0[shard(&piece)];
        // A panic of another thread leaves nothing half done that would matter: at worst less is kept.
        let lock = || shard.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = lock().pieces.get(&piece) {
            return Ok(kept.clone());
        }
        let opened = OwnedBytes::new(open()?);
        lock().keep(piece, &opened);
        Ok(opened)
    }

    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.0.iter().map(|shard| shard.lock().unwrap().bytes).sum()
    }
}

impl Shard {
    fn keep(&mut self, piece: Piece, opened: &OwnedBytes) {
        if opened.len() > self.most {
            return;
        }
        self.bytes += opened.len();
        if let Some(before) = self.pieces.put(piece, opened.clone()) {
            self.bytes -= before.len();
        }
        while self.bytes > self.most
            && let Some((_, dropped)) = self.pieces.pop_lru()
        {
            self.bytes -= dropped.len();
        }
    }
}

/// Numbers of files are as good as random; the place is mixed in so that the pieces of one file spread.
fn shard(piece: &Piece) -> usize {
    (usize::from(piece.file[0]) + piece.start / CHUNK) % SHARDS
}
