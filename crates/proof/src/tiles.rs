//! Tiles: where the hashes and entries of a log lie as files (C2SP tlog-tiles).

use std::cell::RefCell;
use std::fmt;
use std::str::FromStr;

use crate::checkpoint::decimal;
use crate::merkle::{BuildError, Hash, Nodes, node_hash};

/// Hashes in a full tile, entries in a full bundle.
pub const FULL: u16 = 256;

/// Levels of the tree in one level of tiles: 2^8 = 256.
const HEIGHT: u8 = 8;
/// Levels of tiles that a log of at most 2^63 − 1 leaves can have.
const LEVELS: u8 = 8;

/// What a tile holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Hashes of complete subtrees of `256^level` leaves each; at level 0, leaf hashes. C2SP allows levels up to 63.
    Hashes(u8),
    /// The entries themselves.
    Entries,
}

/// One file of a tiled log: its place, and how much of it is filled.
///
/// Displayed as a path below the log's folder, such as `tile/0/x001/x234/067.p/8` or `tile/entries/000`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    kind: Kind,
    index: u64,
    width: u16,
}

impl Tile {
    /// What it holds.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Which tile of its kind, counted from zero.
    pub fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes or entries it holds: 1 to 256; below 256 it is partial.
    pub fn width(&self) -> u16 {
        self.width
    }

    /// The full tile in the same place.
    pub fn full(self) -> Self {
        Self { width: FULL, ..self }
    }
}

/// The files to write when a log grows from `old` to `new` leaves: tiles of hashes from the lowest level up, then bundles of entries.
///
/// Partial tiles of the old size are not among them; they may be removed once the longer ones are durable.
pub fn grown(old: u64, new: u64) -> impl Iterator<Item = Tile> {
    let kinds = (0..LEVELS).map(Kind::Hashes).chain([Kind::Entries]);
    kinds.flat_map(move |kind| {
        let (old, new) = (count(kind, old), count(kind, new));
        let first = old / u64::from(FULL);
        let after_last = if old < new { new.div_ceil(u64::from(FULL)) } else { first };
        (first..after_last).filter_map(move |index| tile_of_row(kind, index, new))
    })
}

/// All files of a log of this size.
pub fn all(size: u64) -> impl Iterator<Item = Tile> {
    grown(0, size)
}

/// The tile of this kind and index in a log of `size` leaves; `None` where the log has nothing there.
pub fn tile_at(kind: Kind, index: u64, size: u64) -> Option<Tile> {
    tile_of_row(kind, index, count(kind, size))
}

/// How many hashes or entries of a kind a log of `size` leaves has.
fn count(kind: Kind, size: u64) -> u64 {
    match kind {
        Kind::Hashes(level) => size.checked_shr(u32::from(level) * u32::from(HEIGHT)).unwrap_or(0),
        Kind::Entries => size,
    }
}

fn tile_of_row(kind: Kind, index: u64, count: u64) -> Option<Tile> {
    let before = index.checked_mul(u64::from(FULL))?;
    let width = count.saturating_sub(before).min(u64::from(FULL)) as u16;
    (width > 0).then_some(Tile { kind, index, width })
}

/// The bytes of a tile of hashes, 32 for each.
///
/// A bundle of entries is not made from hashes: see [`encode_entries`].
pub fn content(level: u8, index: u64, width: u16, nodes: &impl Nodes) -> Result<Vec<u8>, BuildError> {
    let mut bytes = Vec::with_capacity(32 * usize::from(width));
    for offset in 0..u64::from(width) {
        let number = index.saturating_mul(u64::from(FULL)).saturating_add(offset);
        let level = level.saturating_mul(HEIGHT);
        let missing = BuildError::Missing { level, index: number };
        bytes.extend(nodes.node(level, number).ok_or(missing)?);
    }
    Ok(bytes)
}

/// The hashes of a tile of this width; `None` where the bytes have another length.
pub fn hashes(width: u16, untrusted_tile: &[u8]) -> Option<&[Hash]> {
    let (hashes, rest) = untrusted_tile.as_chunks::<32>();
    (rest.is_empty() && hashes.len() == usize::from(width)).then_some(hashes)
}

/// Why a path does not name a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a tile")]
pub struct PathError;

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Hashes(level) => write!(f, "tile/{level}/")?,
            Kind::Entries => f.write_str("tile/entries/")?,
        }
        // Three digits a folder, so that no folder holds more than a thousand tiles: 1234067 is x001/x234/067.
        let mut scale = 1;
        while self.index / scale >= 1000 {
            scale *= 1000;
        }
        while scale > 1 {
            write!(f, "x{:03}/", self.index / scale % 1000)?;
            scale /= 1000;
        }
        write!(f, "{:03}", self.index % 1000)?;
        match self.width {
            FULL => Ok(()),
            width => write!(f, ".p/{width}"),
        }
    }
}

impl FromStr for Tile {
    type Err = PathError;

    fn from_str(untrusted_path: &str) -> Result<Self, PathError> {
        let tile = parse_path(untrusted_path).ok_or(PathError)?;
        // One tile has one path: leading zeroes and other spellings are found by writing it again.
        if tile.to_string() == untrusted_path { Ok(tile) } else { Err(PathError) }
    }
}

/// The tile that a path means, if it is the path of one: other spellings of the same numbers are read too.
fn parse_path(untrusted_path: &str) -> Option<Tile> {
    let (kind, place) = untrusted_path.strip_prefix("tile/")?.split_once('/')?;
    let kind = match kind {
        "entries" => Kind::Entries,
        level => Kind::Hashes(decimal(level).filter(|&level| level <= 63)? as u8),
    };
    let (number, width) = match place.split_once(".p/") {
        None => (place, FULL),
        Some((number, width)) => {
            (number, decimal(width).filter(|width| (1..u64::from(FULL)).contains(width))? as u16)
        }
    };
    let mut index = 0_u64;
    for element in number.split('/') {
        let digits: u64 = element.trim_start_matches('x').parse().ok()?;
        index = index.checked_mul(1000)?.checked_add(digits)?;
    }
    Some(Tile { kind, index, width })
}

/// An entry of more than 65,535 bytes does not fit into a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an entry of {0} bytes does not fit into a bundle")]
pub struct EntryTooLong(pub usize);

/// The bytes of a bundle: for each entry its length (u16, big-endian) and itself.
pub fn encode_entries<E: AsRef<[u8]>>(entries: impl IntoIterator<Item = E>) -> Result<Vec<u8>, EntryTooLong> {
    let mut bytes = Vec::new();
    for entry in entries {
        let entry = entry.as_ref();
        let length = u16::try_from(entry.len()).map_err(|_| EntryTooLong(entry.len()))?;
        bytes.extend(length.to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    Ok(bytes)
}

/// The entries of a bundle of this width; `None` where the bytes hold more, fewer, or part of one.
pub fn entries(width: u16, untrusted_bundle: &[u8]) -> Option<Vec<&[u8]>> {
    let mut entries = Vec::with_capacity(usize::from(width));
    let mut rest = untrusted_bundle;
    for _ in 0..width {
        let (length, after) = rest.split_first_chunk::<2>()?;
        let (entry, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry);
        rest = after;
    }
    rest.is_empty().then_some(entries)
}

/// The nodes of a log of a given size, read from its tiles of hashes.
///
/// The last tile of each level is kept, so that a walk along the leaves reads each tile once.
/// Nothing is checked but lengths: compare [`crate::merkle::root`] with a checkpoint, or verify the proofs that are made.
pub struct TileNodes<R> {
    size: u64,
    read: R,
    kept: RefCell<[Option<KeptTile>; LEVELS as usize]>,
}

struct KeptTile {
    index: u64,
    bytes: Vec<u8>,
}

impl<R: Fn(Tile) -> Option<Vec<u8>>> TileNodes<R> {
    /// `read` gives the bytes of a tile of hashes exactly as wide as asked for; other lengths count as missing.
    pub fn new(size: u64, read: R) -> Self {
        Self { size, read, kept: RefCell::default() }
    }

    /// The hashes `first .. first + count`, which lie in one tile.
    fn with_hashes<T>(
        &self,
        level: u8,
        first: u64,
        count: u64,
        answer: impl FnOnce(&[Hash]) -> T,
    ) -> Option<T> {
        let index = first / u64::from(FULL);
        let tile = tile_at(Kind::Hashes(level), index, self.size)?;
        let mut kept = self.kept.borrow_mut();
        let kept = kept.get_mut(usize::from(level))?;
        if kept.as_ref().is_none_or(|kept| kept.index != index) {
            *kept = Some(KeptTile { index, bytes: (self.read)(tile)? });
        }
        let bytes = &kept.as_ref()?.bytes;
        let start = (first % u64::from(FULL)) as usize;
        hashes(tile.width, bytes)?.get(start..start + count as usize).map(answer)
    }
}

impl<R: Fn(Tile) -> Option<Vec<u8>>> Nodes for TileNodes<R> {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        // A tile holds every eighth level; those between are hashed again from the hashes below.
        let (tile_level, height) = (level / HEIGHT, level % HEIGHT);
        let first = index.checked_mul(1 << height)?;
        self.with_hashes(tile_level, first, 1 << height, subtree)
    }
}

/// The root of a complete subtree whose leaves these are; their number is a power of two.
fn subtree(hashes: &[Hash]) -> Hash {
    match hashes {
        [hash] => *hash,
        hashes => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            node_hash(&subtree(left), &subtree(right))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(tiles: impl Iterator<Item = Tile>) -> Vec<String> {
        tiles.map(|tile| tile.to_string()).collect()
    }

    #[test]
    fn the_examples_of_the_specification() {
        let tile = Tile { kind: Kind::Hashes(0), index: 1_234_067, width: FULL };
        assert_eq!(tile.to_string(), "tile/0/x001/x234/067");
        assert_eq!("tile/0/x001/x234/067".parse(), Ok(tile));

        // "a tree of size 70,000 will be represented by 273 full level 0 tiles, one partial level 0 tile of width 112,
        // one full level 1 tile, one partial level 1 tile of width 17, and one partial level 2 tile of width 1"
        let paths_of_70_000 = paths(all(70_000));
        let hashes = |level| {
            let start = format!("tile/{level}/");
            paths_of_70_000.iter().filter(move |path| path.starts_with(&start))
        };
        assert_eq!(hashes(0).count(), 274);
        assert_eq!(hashes(0).next_back().unwrap(), "tile/0/273.p/112");
        assert_eq!(hashes(1).collect::<Vec<_>>(), ["tile/1/000", "tile/1/001.p/17"]);
        assert_eq!(hashes(2).collect::<Vec<_>>(), ["tile/2/000.p/1"]);
        assert_eq!(paths_of_70_000.iter().filter(|path| path.starts_with("tile/entries/")).count(), 274);
        assert_eq!(paths_of_70_000.len(), 274 + 2 + 1 + 274);

        // "a tree of size 256 will be represented by a full level 0 tile and a partial level 1 tile of width 1"
        assert_eq!(paths(all(256)), ["tile/0/000", "tile/1/000.p/1", "tile/entries/000"]);
    }

    #[test]
    fn growth_touches_only_what_became_longer() {
        assert_eq!(paths(grown(0, 0)), [""; 0]);
        assert_eq!(paths(grown(300, 300)), [""; 0]);
        assert_eq!(paths(grown(300, 200)), [""; 0]);
        assert_eq!(paths(grown(300, 301)), ["tile/0/001.p/45", "tile/entries/001.p/45"]);
        assert_eq!(
            paths(grown(511, 513)),
            ["tile/0/001", "tile/0/002.p/1", "tile/1/000.p/2", "tile/entries/001", "tile/entries/002.p/1"]
        );
        let mut largest = grown(crate::merkle::MAX_SIZE - 1, crate::merkle::MAX_SIZE);
        assert_eq!(largest.next().unwrap().to_string(), "tile/0/x036/x028/x797/x018/x963/967.p/255");
    }

    #[test]
    fn nothing_lies_behind_the_last_tile() {
        for (kind, last, width) in [(Kind::Entries, 1, 44), (Kind::Hashes(0), 1, 44), (Kind::Hashes(1), 0, 1)]
        {
            assert_eq!(tile_at(kind, last, 300).unwrap().width(), width);
            assert_eq!(tile_at(kind, last + 1, 300), None);
        }
        assert_eq!(tile_at(Kind::Entries, 1, 256), None);
        assert_eq!(tile_at(Kind::Hashes(2), 0, 300), None);
        assert_eq!(tile_at(Kind::Hashes(0), u64::MAX, u64::MAX), None);
        let last = tile_at(Kind::Entries, 1, 300).unwrap();
        assert_eq!((last.full().width(), last.full().index(), last.full().kind()), (256, 1, Kind::Entries));
    }

    #[test]
    fn a_tile_has_one_path() {
        for bad in [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "tile/0/0",
            "tile/0/00",
            "tile/0/0000",
            "tile/00/000",
            "tile/64/000",
            "tile/-1/000",
            "tile/0/x000/000",
            "tile/0/x000/001",
            "tile/0/001/001",
            "tile/0/x001/x001",
            "tile/0/xx001/001",
            "tile/0/+01",
            "tile/0/x+01/001",
            "tile/0/1001",
            "tile/0/001/",
            "tile/0/000.p/0",
            "tile/0/000.p/00",
            "tile/0/000.p/256",
            "tile/0/000.p/",
            "tile/0/000.p",
            "tile/0/000.p/1.p/1",
            "tile/entries/000/",
            "tile/0/../000",
            "/tile/0/000",
            "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(bad.parse::<Tile>(), Err(PathError), "{bad}");
        }
        for good in ["tile/63/000.p/255", "tile/entries/x001/000", "tile/7/999.p/1"] {
            assert_eq!(good.parse::<Tile>().unwrap().to_string(), good);
        }
    }

    #[test]
    fn a_bundle_holds_exactly_its_entries() {
        let bundle = encode_entries([&b"one"[..], b"", b"three"]).unwrap();
        assert_eq!(bundle, b"\x00\x03one\x00\x00\x00\x05three");
        assert_eq!(entries(3, &bundle).unwrap(), [&b"one"[..], b"", b"three"]);
        assert_eq!(entries(2, &bundle), None);
        assert_eq!(entries(4, &bundle), None);
        assert_eq!(entries(3, &bundle[..bundle.len() - 1]), None);
        assert_eq!(encode_entries([vec![0; 65_536]]), Err(EntryTooLong(65_536)));
    }
}
