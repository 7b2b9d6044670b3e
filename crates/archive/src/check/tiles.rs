//! The published tiles against the entries: each file is what the entries make it, none is missing, none is extra.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use vidimus_ledger::SqliteLedger;
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::merkle::{Frontier, Hash, leaf_hash};
use vidimus_proof::tiles::{self, FULL, Kind, Tile};

use super::files;
use super::ledger::{Scan, moved_on};
use super::register::Register;
use super::report::{Report, what};
use super::sentence::sentence;
use crate::backup::is_backup;
use crate::layout::Layout;

/// Names every tile that is not as the entries make it.
pub(super) fn look(
    layout: &Layout,
    ledger: &SqliteLedger,
    scan: &Scan,
    register: &Register,
    report: &mut Report,
) {
    if !layout.log().exists() && is_backup(layout.root()) {
        report.unknown(
            "the published log: a backup has none, and restoring makes it anew; if this folder is the archive itself, find out who put backup.json there, move it out of the folder, and run vidimus rebuild",
        );
        return;
    }
    let published = published_size(layout, ledger, scan, register, report);
    let found = find(layout, report);
    if !scan.missing.is_empty() || scan.entries_are_wrong {
        report.unknown("whether the tiles are right: rows of the ledger are missing or changed");
        return;
    }
    let size = scan.entries.len() as u64;
    let mut compared = Compared { layout, published, sound: 0, wrong: Vec::new() };
    // A tile at a time: of a large log the hashes alone fill much memory.
    let leaves = |entries: &[[u8; 32]]| entries.iter().map(|entry| leaf_hash(entry)).collect::<Vec<_>>();
    compared.compare(&found, Kind::Hashes(0), &scan.entries, &|part| leaves(part).concat());
    let mut below: Vec<Hash> =
        scan.entries.chunks_exact(usize::from(FULL)).map(|full| root_of(&leaves(full))).collect();
    let mut level = 1;
    while !below.is_empty() {
        compared.compare(&found, Kind::Hashes(level), &below, &|part| part.concat());
        below = below.chunks_exact(usize::from(FULL)).map(root_of).collect();
        level += 1;
    }
    let bundle = |part: &[[u8; 32]]| tiles::encode_entries(part).unwrap_or_default();
    compared.compare(&found, Kind::Entries, &scan.entries, &bundle);
    let sound = compared.sound;
    compared.name(report);

    let count = |kind| match kind {
        Kind::Hashes(level) => size.checked_shr(8 * u32::from(level)).unwrap_or(0),
        Kind::Entries => size,
    };
    // Another process may have published more meanwhile.
    for ((kind, index), widths) in found.iter().filter(|_| !moved_on(ledger, scan)) {
        let there = count(*kind).saturating_sub(index.saturating_mul(u64::from(FULL)));
        for tile in widths.values().filter(|tile| u64::from(tile.width()) > there) {
            let problem = "it holds more than the ledger: the ledger went back, or the tile is foreign";
            report.problem(reference(tile), problem, register.went_back());
        }
    }
    for tile in tiles::all(published) {
        let widths = found.get(&(tile.kind(), tile.index()));
        // A partial tile goes when the full one comes, also between two looks.
        let came = || layout.log().join(tile.full().to_string()).exists();
        if widths.is_none_or(|widths| widths.range(tile.width()..).next().is_none()) && !came() {
            report.problem(reference(&tile), "it is missing", what::REBUILD);
        }
    }
    if sound > 0 {
        report.sound(sentence!("{} [tile|tiles] of the published log", sound));
    }
}

/// The size that the published checkpoint promises tiles for.
fn published_size(
    layout: &Layout,
    ledger: &SqliteLedger,
    scan: &Scan,
    register: &Register,
    report: &mut Report,
) -> u64 {
    let reference = "log/checkpoint";
    let Ok(untrusted) = crate::files::read(layout.log().join("checkpoint")) else {
        if !scan.entries.is_empty() {
            report.problem(reference, "the published checkpoint is missing", what::REBUILD);
        }
        return 0;
    };
    let Ok(signed) = SignedCheckpoint::from_bytes(&untrusted) else {
        report.problem(reference, "it is not a checkpoint", what::REBUILD);
        return 0;
    };
    let size = signed.checkpoint().size;
    let ours = register.signed_by_us(&signed);
    if !ours && register.keys.is_some() {
        report.problem(reference, "it is not signed by this archive", what::REBUILD);
        return 0;
    }
    let there = scan.entries.len() as u64;
    if size > there {
        if !moved_on(ledger, scan) {
            let problem = sentence!(
                "the published log has {} [entry|entries], the ledger {}: the ledger went back",
                size,
                there
            );
            report.problem(format!("checkpoint {size}"), problem, register.went_back());
        }
        return 0;
    }
    let root = Frontier::default();
    let root = scan.entries.iter().take(size as usize).fold(root, |mut edge, entry| {
        edge.append(leaf_hash(entry));
        edge
    });
    if root.root() != signed.checkpoint().root && scan.missing.is_empty() && !scan.entries_are_wrong {
        let problem = "the published checkpoint is of another tree than the ledger's: one of them was forked";
        report.problem(reference, problem, what::TAMPERED);
    }
    // Every receipt is published before it is made.
    let receipt = register.receipts.iter().map(|receipt| receipt.size).max().unwrap_or(0);
    if size < receipt && receipt <= there {
        let problem = sentence!(
            "the published log has {} [entry|entries], and a receipt was made of {}: it was put back, or not published since",
            size,
            receipt
        );
        report.problem(reference, problem, what::REBUILD);
    }
    size
}

type FoundTiles = BTreeMap<(Kind, u64), BTreeMap<u16, Tile>>;

/// All files below `log/`, read as tiles; others are named.
fn find(layout: &Layout, report: &mut Report) -> FoundTiles {
    let mut found = FoundTiles::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        for name in files::names(&layout.log().join(&folder), report) {
            let path = folder.join(&name);
            let text = path.to_string_lossy().into_owned();
            let kind = fs::symlink_metadata(layout.log().join(&path)).map(|m| m.file_type());
            let in_tiles = path.starts_with("tile");
            match kind {
                Ok(kind) if kind.is_dir() && in_tiles => folders.push(path),
                Ok(kind) if kind.is_file() && text == "checkpoint" => {}
                Ok(kind) if kind.is_file() && text.parse::<Tile>().is_ok() => {
                    let tile: Tile = text.parse().expect("it was parsed just above");
                    found.entry((tile.kind(), tile.index())).or_default().insert(tile.width(), tile);
                }
                // Partial tiles go when the full one comes, also between the list and this look.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                _ => files::stray(path.as_os_str(), "log/", report),
            }
        }
    }
    found
}

/// Tiles against the entries.
struct Compared<'a> {
    layout: &'a Layout,
    /// The size that the published checkpoint is of.
    published: u64,
    /// Tiles that it promises and that are right.
    sound: u64,
    /// Tiles that are not what the entries make them.
    wrong: Vec<Tile>,
}

impl Compared<'_> {
    /// Compares what was found of one kind with what `encode` makes of its part of all. Partial tiles of older sizes may stay (C2SP
    /// tlog-tiles), so each width is compared on its own.
    fn compare(
        &mut self,
        found: &FoundTiles,
        kind: Kind,
        all: &[[u8; 32]],
        encode: &dyn Fn(&[[u8; 32]]) -> Vec<u8>,
    ) {
        for ((_, index), widths) in found.range((kind, 0)..=(kind, u64::MAX)) {
            let start = usize::try_from(*index).unwrap_or(usize::MAX).saturating_mul(usize::from(FULL));
            for tile in widths.values() {
                let end = start.saturating_add(usize::from(tile.width()));
                let Some(part) = all.get(start..end) else { continue };
                let path = self.layout.log().join(tile.to_string());
                match is(&path, &encode(part)) {
                    true => self.sound += u64::from(self.promises(tile)),
                    // A partial tile goes when the full one comes.
                    false if !path.exists() => {}
                    false => self.wrong.push(*tile),
                }
            }
        }
    }

    /// Does the published checkpoint promise it? A power cut may leave others without their bytes, and they are written again before they
    /// are promised.
    fn promises(&self, tile: &Tile) -> bool {
        let there = tiles::tile_at(tile.kind(), tile.index(), self.published);
        there.is_some_and(|there| tile.width() <= there.width())
    }

    /// Names what is wrong.
    fn name(self, report: &mut Report) {
        let (promised, others): (Vec<Tile>, Vec<Tile>) =
            self.wrong.iter().copied().partition(|tile| self.promises(tile));
        for tile in promised {
            report.problem(reference(&tile), "it is not what the ledger's entries make it", what::REBUILD);
        }
        if let Some(first) = others.first() {
            report.pending(sentence!(
                "{} [tile behind the published checkpoint is not what the ledger's entries make it|tiles behind the published checkpoint are not what the ledger's entries make them], {} first: nobody was promised them, and they are made again",
                others.len(),
                format!("log/{first}")
            ));
        }
    }
}

/// Its file.
fn reference(tile: &Tile) -> String {
    format!("log/{tile}")
}

fn is(path: &Path, expected: &[u8]) -> bool {
    let length = fs::metadata(path).map(|m| m.len());
    length.is_ok_and(|length| length == expected.len() as u64)
        && crate::files::read(path).is_ok_and(|b| b == expected)
}

fn root_of(full: &[Hash]) -> Hash {
    let mut edge = Frontier::new();
    full.iter().for_each(|hash| edge.append(*hash));
    edge.root()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn partial_tiles_that_go_while_they_are_looked_for_are_nobodys_fault() {
        let folder = tempfile::tempdir().unwrap();
        let layout = Layout::new(folder.path());
        let tiles = layout.log().join("tile/0");
        fs::create_dir_all(&tiles).unwrap();
        // Many of them, so that some time passes between the list and the look at the last.
        (0..200).for_each(|number| fs::write(tiles.join(format!("{number:03}")), "x").unwrap());
        let enough = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !enough.load(Ordering::Relaxed) {
                    fs::create_dir(tiles.join("900.p")).unwrap();
                    fs::remove_dir(tiles.join("900.p")).unwrap();
                }
            });
            let mut report = Report::default();
            (0..500).for_each(|_| drop(find(&layout, &mut report)));
            enough.store(true, Ordering::Relaxed);
            assert_eq!(report.done(false).problems, []);
        });
    }
}
