//! A power cut: writes to a real folder what a disk may hold afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::disk::{Disk, Name, Node, PAGE, Step, Written};
use crate::seed::Seed;

/// What of the unsynced is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cut {
    /// All of it.
    All,
    /// Bytes, but no name: files that were put in their place are there, and empty.
    Bytes,
    /// Names, but no byte.
    Names,
    /// Of the names all after some point in time, as a journal does; of the bytes any page, one of them in the middle.
    Late(u64),
    /// Any name and any page, whatever came after them.
    Any(u64),
}

impl Disk {
    /// Writes to `root`, which is made, what a power cut leaves.
    ///
    /// # Errors
    /// Any of the file system's.
    pub fn cut(&self, cut: Cut, root: &Path) -> io::Result<()> {
        let mut seed = Seed::new(match cut {
            Cut::Late(seed) | Cut::Any(seed) => seed,
            Cut::All | Cut::Bytes | Cut::Names => 0,
        });
        let names = self.names_after(cut, &mut seed);
        self.write_folder(0, &names, cut, &mut seed, root)
    }

    fn names_after(&self, cut: Cut, seed: &mut Seed) -> BTreeMap<Name, usize> {
        let mut names = self.firm.clone();
        // A journal that keeps one keeps all before it.
        let kept = self.moves.iter().rposition(|moved| moved.kept).map_or(0, |at| at + 1);
        let until = seed.between(kept, self.moves.len());
        let mut left = BTreeSet::new();
        for (at, moved) in self.moves.iter().enumerate() {
            let stays = moved.kept
                || match cut {
                    Cut::All | Cut::Names => false,
                    Cut::Bytes => true,
                    Cut::Late(_) => at < until,
                    // What happens to a name happens in order.
                    Cut::Any(_) => {
                        seed.below(2) == 0 && moved.names.iter().all(|(name, _)| !left.contains(name))
                    }
                };
            for (name, node) in &moved.names {
                match (stays, node) {
                    (true, Some(node)) => {
                        names.insert(name.clone(), *node);
                    }
                    (true, None) => {
                        names.remove(name);
                    }
                    (false, _) => {
                        left.insert(name.clone());
                    }
                }
            }
        }
        names
    }

    fn write_folder(
        &self,
        folder: usize,
        names: &BTreeMap<Name, usize>,
        cut: Cut,
        seed: &mut Seed,
        path: &Path,
    ) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        for (name, node) in Self::below(names, folder) {
            match &self.nodes[node] {
                Node::Folder => self.write_folder(node, names, cut, seed, &path.join(name))?,
                Node::File(written) => {
                    let mut options = fs::OpenOptions::new();
                    let mut file = options.write(true).create_new(true).mode(0o600).open(path.join(name))?;
                    file.write_all(&written.after(cut, seed))?;
                }
            }
        }
        Ok(())
    }
}

impl Written {
    /// What a power cut leaves of the file.
    fn after(&self, cut: Cut, seed: &mut Seed) -> Vec<u8> {
        let length_version = match cut {
            Cut::All | Cut::Bytes => self.length_kept,
            Cut::Names => self.steps.len(),
            Cut::Late(_) | Cut::Any(_) => seed.between(self.length_kept, self.steps.len()),
        };
        // Room that is not free yet is not written by what follows.
        let shortened = self.steps[length_version..].iter().position(|step| matches!(step, Step::Length(_)));
        let last = shortened.map_or(self.steps.len(), |at| length_version + at);
        let mut versions = BTreeMap::new();
        for (number, page) in &self.pages {
            let version = match cut {
                Cut::All | Cut::Bytes => page.kept,
                Cut::Names => page.newest,
                Cut::Late(_) | Cut::Any(_) => seed.between(page.kept, page.newest),
            };
            let whole = match cut {
                Cut::Late(_) | Cut::Any(_) if seed.below(4) == 0 => seed.below(SECTORS) as u64 * SECTOR,
                _ => PAGE,
            };
            versions.insert(*number, (version.min(last), page.kept.min(last), whole));
        }
        self.content(length_version, &versions)
    }

    /// What it holds with its length in one version and each page in another: one for its beginning, one for the rest, and
    /// where the rest begins.
    fn content(&self, length_version: usize, versions: &BTreeMap<u64, (usize, usize, u64)>) -> Vec<u8> {
        let mut content = self.before.clone();
        let mut length = self.before.len() as u64;
        for (at, step) in self.steps.iter().enumerate() {
            match step {
                Step::Length(to) if at < length_version => {
                    length = *to;
                    let kept = content.len().min(*to as usize);
                    content[kept..].fill(0);
                }
                Step::Length(_) => {}
                Step::Bytes(offset, bytes) => {
                    let end = offset + bytes.len() as u64;
                    if at < length_version {
                        length = length.max(end);
                    }
                    if content.len() < end as usize {
                        content.resize(end as usize, 0);
                    }
                    for (place, byte) in (*offset..).zip(bytes) {
                        let (beginning, rest, whole) = versions[&(place / PAGE)];
                        let version = if place % PAGE < whole { beginning } else { rest };
                        if at < version {
                            content[place as usize] = *byte;
                        }
                    }
                }
            }
        }
        content.resize(length as usize, 0);
        content
    }
}

/// What a disk writes whole.
const SECTOR: u64 = 512;
const SECTORS: usize = (PAGE / SECTOR) as usize;
