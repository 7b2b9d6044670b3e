//! The log as tiles beside the ledger: a fold of the entries that anyone may read.

use std::fs;
use std::io;
use std::path::PathBuf;

use vidimus_ledger::{Ledger as _, SqliteLedger, StoreError};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::merkle::{self, BuildError, Hash, Nodes, leaf_hash, node_hash};
use vidimus_proof::tiles::{self, Kind, Tile, TileNodes};

use crate::layout::Layout;
use crate::{Archive, files};

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

    /// Throws the tiles away and makes them again.
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
        let signed = SignedCheckpoint::from_bytes(&self.ledger.tip()?.note)
            .map_err(|error| StoreError::Damaged(error.to_string()))?;
        let size = signed.checkpoint().size;
        let nodes = self.nodes(size)?;
        if merkle::root(size, &nodes)? != signed.checkpoint().root {
            // A tile that was damaged is made again from the entries, once.
            self.rebuild(&signed)?;
        }
        let text = signed.note().to_string();
        let path = self.layout.log().join("checkpoint");
        if fs::read(&path).ok().as_deref() != Some(text.as_bytes()) {
            files::replace(&path, text.as_bytes())?;
        }
        Ok(())
    }

    /// Throws the tiles away and makes them again.
    ///
    /// # Errors
    /// As [`Log::publish`].
    pub fn rebuild(&self, signed: &SignedCheckpoint) -> Result<(), LogError> {
        match fs::remove_dir_all(self.layout.log()) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e.into()),
            _ => {}
        }
        let nodes = self.nodes(signed.checkpoint().size)?;
        if merkle::root(signed.checkpoint().size, &nodes)? != signed.checkpoint().root {
            return Err(LogError::OtherRoot);
        }
        Ok(())
    }

    /// The nodes of the tree of this size, from tiles; missing tiles are made first.
    pub fn nodes(&self, size: u64) -> Result<impl Nodes + use<>, LogError> {
        for tile in tiles::all(size) {
            let path = self.tile_path(&tile);
            if path.exists() {
                continue;
            }
            let content = self.tile_content(&tile, size)?;
            write_tile(&path, &content)?;
            self.drop_partials(&tile);
        }
        let folder = self.layout.log();
        Ok(TileNodes::new(size, move |tile: Tile| fs::read(folder.join(tile.to_string())).ok()))
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
                let read = move |tile: Tile| fs::read(folder.join(tile.to_string())).ok();
                let below = OneBelow(TileNodes::new(size, read));
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

    fn tile_path(&self, tile: &Tile) -> PathBuf {
        self.layout.log().join(tile.to_string())
    }
}

/// Nodes as the level below hashes to: a tile that is not there yet is made of them.
struct OneBelow<N>(N);

impl<N: Nodes> Nodes for OneBelow<N> {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        let (below, left) = (level.checked_sub(1)?, index.checked_mul(2)?);
        Some(node_hash(&self.0.node(below, left)?, &self.0.node(below, left + 1)?))
    }
}

/// Written aside and renamed, but not synced: a tile that a power cut takes is made again.
fn write_tile(path: &std::path::Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let aside = path.with_extension(format!("{}.aside", std::process::id()));
    fs::write(&aside, content)?;
    fs::rename(&aside, path)
}
