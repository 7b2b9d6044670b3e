//! The log as tiles beside the ledger: a fold of the entries that anyone may read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use vidimus_ledger::{Ledger as _, SqliteLedger, StoreError};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::merkle::{self, BuildError, Hash, Nodes, leaf_hash, node_hash};
use vidimus_proof::tiles::{self, Kind, Tile, TileNodes};

use crate::keyring::read_folder;
use crate::layout::Layout;
use crate::{Archive, files, shelf};

/// Why tiles could not be published or read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A tile cannot be written.
    #[error("a tile of the log cannot be written: {0}")]
    Io(#[from] io::Error),
    /// The entries do not add up to the signed root: ledger and checkpoint contradict each other.
    #[error("the ledger's entries do not add up to its checkpoint")]
    OtherRoot,
    /// A node is missing that should be there.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// A ledger and the folder in which its log is published.
pub(crate) struct Log<'a> {
    /// Where tiles lie.
    pub layout: &'a Layout,
    /// What they are made from.
    pub ledger: &'a SqliteLedger,
}

impl Archive {
    fn log_tiles(&self) -> Log<'_> {
        Log { layout: &self.layout, ledger: &self.ledger }
    }

    /// Writes the tiles that are missing, then the checkpoint over them.
    ///
    /// # Errors
    /// The ledger cannot be read, the folder not be written, or the entries contradict the checkpoint.
    pub fn publish_log(&self) -> Result<(), LogError> {
        self.log_tiles().publish()
    }

    /// Makes the tiles again.
    ///
    /// # Errors
    /// As [`Archive::publish_log`].
    pub fn rebuild_log(&self, signed: &SignedCheckpoint) -> Result<(), LogError> {
        self.log_tiles().rebuild(signed)
    }

    /// The nodes of the tree of this size, from tiles; missing tiles are made first.
    pub(crate) fn nodes(&self, size: u64) -> Result<impl Nodes + use<>, LogError> {
        self.log_tiles().nodes(size)
    }
}

impl Log<'_> {
    /// Writes the tiles that are missing, then the checkpoint over them.
    ///
    /// # Errors
    /// The ledger cannot be read, the folder not be written, or the entries contradict the checkpoint.
    pub fn publish(&self) -> Result<(), LogError> {
        // Asked first: another process may publish more meanwhile.
        let published = self.published();
        let signed = SignedCheckpoint::from_bytes(&self.ledger.tip()?.note)
            .map_err(|error| StoreError::Damaged(error.to_string()))?;
        let size = signed.checkpoint().size;
        let written = self.complete(published, size)?;
        if merkle::root(size, &self.nodes_of(size)).ok() != Some(signed.checkpoint().root) {
            // A tile that was damaged is made again from the entries, once.
            self.rebuild(&signed)?;
        } else if !written.is_empty() {
            // The checkpoint promises tiles: it comes when they outlast a power cut.
            self.keep(&written)?;
        }
        let text = signed.note().to_string();
        let path = self.layout.log().join("checkpoint");
        if crate::files::read(&path).ok().as_deref() != Some(text.as_bytes()) {
            files::replace(&path, text.as_bytes())?;
        }
        written.iter().for_each(|tile| self.drop_partials(tile));
        Ok(())
    }

    /// Makes every tile again that is not what the entries make it, and takes away what holds more than the ledger does. Each
    /// file is replaced whole, so that whoever reads meanwhile finds the old one or the new.
    ///
    /// # Errors
    /// As [`Log::publish`].
    pub fn rebuild(&self, signed: &SignedCheckpoint) -> Result<(), LogError> {
        let size = signed.checkpoint().size;
        let mut written = Vec::new();
        for tile in tiles::all(size) {
            let content = self.tile_content(&tile, size)?;
            if self.read(&tile).as_deref() != Some(&content) {
                self.write(&tile, &content)?;
                written.push(tile);
            }
        }
        self.look_through(PathBuf::new(), size, &mut written)?;
        if merkle::root(size, &self.nodes_of(size))? != signed.checkpoint().root {
            return Err(LogError::OtherRoot);
        }
        Ok(self.keep(&written)?)
    }

    /// Makes these tiles durable. What a failed sync let go of nobody is told again, and a longer log leaves what is there as it is:
    /// so they are written anew, once, and taken away if they are not kept then either.
    fn keep(&self, written: &[Tile]) -> io::Result<()> {
        let sync = || files::sync_all(&self.layout.log());
        sync().or_else(|_| {
            for tile in written {
                // Another process may have made the full one meanwhile.
                if let Some(content) = self.read(tile) {
                    self.write(tile, &content)?;
                }
            }
            sync().inspect_err(|_| {
                for tile in written {
                    let _ = files::remove(&self.tile_path(tile));
                }
            })
        })
    }

    /// The nodes of the tree of this size, from tiles; missing tiles are made first.
    pub fn nodes(&self, size: u64) -> Result<impl Nodes + use<>, LogError> {
        self.complete(self.published(), size)?;
        Ok(self.nodes_of(size))
    }

    fn nodes_of(&self, size: u64) -> impl Nodes + use<> {
        let folder = self.layout.log();
        TileNodes::new(size, move |tile: Tile| read_tile(&folder, &tile))
    }

    /// How many entries the published checkpoint promises tiles for; 0 where there is none.
    fn published(&self) -> u64 {
        let untrusted = crate::files::read(self.layout.log().join("checkpoint")).unwrap_or_default();
        SignedCheckpoint::from_bytes(&untrusted).map_or(0, |signed| signed.checkpoint().size)
    }

    /// Writes the tiles that are missing, and those that no checkpoint promises: a killed program left them, and a power cut
    /// may have left them without their bytes. Returns what was written; it is not durable yet.
    fn complete(&self, published: u64, size: u64) -> Result<Vec<Tile>, LogError> {
        let promised = |tile: &Tile| {
            let there = tiles::tile_at(tile.kind(), tile.index(), published);
            there.is_some_and(|there| there.width() >= tile.width())
        };
        let is_there = |tile: &Tile| self.tile_path(tile).is_file() || self.tile_path(&tile.full()).is_file();
        let mut written = Vec::new();
        for tile in tiles::all(size) {
            if promised(&tile) && is_there(&tile) {
                continue;
            }
            let content = self.tile_content(&tile, size)?;
            self.write(&tile, &content)?;
            written.push(tile);
        }
        Ok(written)
    }

    fn tile_content(&self, tile: &Tile, size: u64) -> Result<Vec<u8>, LogError> {
        let (index, width) = (tile.index(), tile.width());
        match tile.kind() {
            Kind::Entries => {
                let first = index * u64::from(tiles::FULL);
                let entries = self.ledger.entries(first, first + u64::from(width))?;
                Ok(tiles::encode_entries(entries).map_err(io::Error::other)?)
            }
            Kind::Hashes(0) => {
                let first = index * u64::from(tiles::FULL);
                let entries = self.ledger.entries(first, first + u64::from(width))?;
                Ok(entries.iter().flat_map(|entry| leaf_hash(entry)).collect())
            }
            // Tiles of a lower level come first in the list, so they are there.
            Kind::Hashes(level) => {
                let folder = self.layout.log();
                let below = OneBelow(TileNodes::new(size, move |tile: Tile| read_tile(&folder, &tile)));
                Ok(tiles::content(level, index, width, &below)?)
            }
        }
    }

    /// Partial tiles are no longer of use once the full one is there (C2SP tlog-tiles, "Partial Tiles").
    fn drop_partials(&self, tile: &Tile) {
        if tile.width() == tiles::FULL {
            let mut partials = self.tile_path(tile).into_os_string();
            partials.push(".p");
            let _ = fs::remove_dir_all(partials);
        }
    }

    /// Mends the partial tiles of smaller sizes that still lie there, and takes away those of a longer log than the ledger's:
    /// it went back, or somebody put them there.
    fn look_through(&self, below: PathBuf, size: u64, written: &mut Vec<Tile>) -> Result<(), LogError> {
        for name in read_folder(&self.layout.log().join(&below))? {
            let path = below.join(name);
            if self.layout.log().join(&path).is_dir() {
                self.look_through(path, size, written)?;
                continue;
            }
            let Some(tile) = path.to_str().and_then(|text| text.parse::<Tile>().ok()) else { continue };
            let place =
                |size| tiles::tile_at(tile.kind(), tile.index(), size).map_or(0, |there| there.width());
            if place(size) == tile.width() {
                continue; // made above
            }
            // Asked after the name was seen: another process may have published more meanwhile.
            let now = self.ledger.tip()?.size;
            if place(now) < tile.width() {
                files::remove(&self.layout.log().join(path))?;
                continue;
            }
            let content = self.tile_content(&tile, now)?;
            if self.read(&tile).is_some_and(|there| there != content) {
                self.write(&tile, &content)?;
                written.push(tile);
            }
        }
        Ok(())
    }

    fn read(&self, tile: &Tile) -> Option<Vec<u8>> {
        crate::files::read(self.tile_path(tile)).ok()
    }

    /// Not durable yet.
    fn write(&self, tile: &Tile, content: &[u8]) -> io::Result<()> {
        let path = self.tile_path(tile);
        let write = || {
            if path.is_dir() {
                shelf::discard(&path)?;
            }
            files::replace_for_now(&path, content, &self.layout.log())
        };
        match write() {
            // Another process made the full tile, with which the folder of the partial ones goes.
            Err(e) if e.kind() == io::ErrorKind::NotFound => write(),
            written => written,
        }
    }

    fn tile_path(&self, tile: &Tile) -> PathBuf {
        self.layout.log().join(tile.to_string())
    }
}

/// A tile's bytes. Those of a partial one also stand at the beginning of the full one, which takes its place.
fn read_tile(log: &Path, tile: &Tile) -> Option<Vec<u8>> {
    let asked = crate::files::read(log.join(tile.to_string()));
    asked.ok().or_else(|| {
        let mut full = crate::files::read(log.join(tile.full().to_string())).ok()?;
        full.truncate(full.len() / usize::from(tiles::FULL) * usize::from(tile.width()));
        Some(full)
    })
}

/// Nodes as the level below hashes to: a tile that is not there yet is made of them.
struct OneBelow<N>(N);

impl<N: Nodes> Nodes for OneBelow<N> {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        let (below, left) = (level.checked_sub(1)?, index.checked_mul(2)?);
        Some(node_hash(&self.0.node(below, left)?, &self.0.node(below, left + 1)?))
    }
}
