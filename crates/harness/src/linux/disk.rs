//! A disk as the calls of a program leave it: what every program sees, and what of it a power cut cannot take away.
//!
//! Stricter than ext4 or xfs: a file that is synced does not keep its name, only a synced folder does. What a sync that
//! failed was to keep is not kept by the next one either, unless it is written again: the kernel has let go of it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use crate::stopped::Effect;
use crate::trace::Seen;

/// The unit in which a kernel writes back.
pub const PAGE: u64 = 4096;

/// A disk below one folder.
#[derive(Clone, Debug)]
pub struct Disk {
    root: PathBuf,
    pub(crate) nodes: Vec<Node>,
    /// The names that cannot be lost.
    pub(crate) firm: BTreeMap<Name, usize>,
    /// What happened to names since, the oldest first.
    pub(crate) moves: Vec<Move>,
    /// The names as programs see them.
    names: BTreeMap<Name, usize>,
    /// Files by their number on the file system, which is given anew when a file is gone.
    numbers: BTreeMap<u64, usize>,
}

/// A name in a folder, which is given by its place among the nodes.
pub type Name = (usize, OsString);

/// A folder, or a file with all that was written to it.
#[derive(Clone, Debug)]
pub enum Node {
    /// Its names are kept beside the nodes.
    Folder,
    /// What was written.
    File(Written),
}

/// What was written to a file. A version is a number of steps, counted from the first.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// What it held before all steps.
    pub before: Vec<u8>,
    /// What was done to it.
    pub steps: Vec<Step>,
    /// The version of its length that is kept.
    pub length_kept: usize,
    /// Pages that were written to.
    pub pages: BTreeMap<u64, Page>,
}

/// One page of a file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page {
    /// The version of it that is kept.
    pub kept: usize,
    /// The newest version that was written to it.
    pub newest: usize,
    /// The version that a sync failed to keep; it is taken for clean since.
    let_go: usize,
}

/// A step in a file's life.
#[derive(Clone, Debug)]
pub enum Step {
    /// Bytes from there on.
    Bytes(u64, Vec<u8>),
    /// Another length.
    Length(u64),
}

/// One call's change of names; it happens whole or not at all.
#[derive(Clone, Debug)]
pub struct Move {
    /// Which name belongs to what then.
    pub names: Vec<(Name, Option<usize>)>,
    /// A sync of its folder kept it.
    pub kept: bool,
}

/// Something that happens at a time.
#[derive(Clone, Copy, Debug)]
pub enum Moment<'a> {
    /// A call did something.
    Done(&'a Seen),
    /// A sync begins; it is about what was done until now.
    SyncBegins(&'a Seen),
    /// It ends.
    SyncEnds(&'a Seen),
}

/// What a sync that has begun is about: how many moves, and how many steps of each node.
#[derive(Clone, Debug)]
pub struct Covered {
    moves: usize,
    steps: Vec<usize>,
    folder: Option<usize>,
}

/// What happened in a run, in order, with its times. Of a call in which the program was killed it is not known what it did.
pub fn moments(calls: &[Seen]) -> Vec<(u64, Moment<'_>)> {
    let mut moments = Vec::new();
    for seen in calls.iter().filter(|seen| seen.answer.is_some()) {
        match seen.effect {
            Some(Effect::SyncedAll | Effect::SyncedFile(_) | Effect::SyncedFolder) => {
                moments.push((seen.time.0, Moment::SyncBegins(seen)));
                moments.push((seen.time.1, Moment::SyncEnds(seen)));
            }
            Some(_) => moments.push((seen.time.1, Moment::Done(seen))),
            None => {}
        }
    }
    moments.sort_by_key(|(time, _)| *time);
    moments
}

impl Disk {
    /// What lies below `root`, all of it kept.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(root: &Path, but: &Path) -> io::Result<Self> {
        let mut disk = Self {
            root: root.to_owned(),
            nodes: vec![Node::Folder],
            firm: BTreeMap::new(),
            moves: Vec::new(),
            names: BTreeMap::new(),
            numbers: BTreeMap::new(),
        };
        disk.read_folder(0, root, but)?;
        disk.names = disk.firm.clone();
        Ok(disk)
    }

    fn read_folder(&mut self, folder: usize, path: &Path, but: &Path) -> io::Result<()> {
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            if entry.path() == but {
                continue;
            }
            let found = entry.metadata()?;
            let node = self.nodes.len();
            self.firm.insert((folder, entry.file_name()), node);
            if found.is_dir() {
                self.nodes.push(Node::Folder);
                self.read_folder(node, &entry.path(), but)?;
            } else {
                self.numbers.insert(found.ino(), node);
                self.nodes
                    .push(Node::File(Written { before: fs::read(entry.path())?, ..Written::default() }));
            }
        }
        Ok(())
    }

    /// Lives through all of a run's calls.
    pub fn live_through(&mut self, calls: &[Seen]) {
        let mut begun = Vec::new();
        for (_, moment) in moments(calls) {
            self.live(moment, &mut begun);
        }
    }

    /// Lives through one moment. `begun` are the syncs that have begun and not ended.
    pub fn live(&mut self, moment: Moment<'_>, begun: &mut Vec<(u64, Covered)>) {
        match moment {
            Moment::Done(seen) => self.do_it(seen),
            Moment::SyncBegins(seen) => begun.push((seen.time.0, self.covered(seen))),
            Moment::SyncEnds(seen) => {
                if let Some(at) = begun.iter().position(|(time, _)| *time == seen.time.0) {
                    let (_, covered) = begun.swap_remove(at);
                    self.synced(seen, &covered);
                }
            }
        }
    }

    fn do_it(&mut self, seen: &Seen) {
        let Some(effect) = &seen.effect else { return };
        let name = self.name(&seen.path);
        match (effect, name) {
            (Effect::Opened { file, emptied }, Some(name)) => {
                match self.names.get(&name) {
                    Some(node) => {
                        self.numbers.insert(*file, *node);
                    }
                    None => {
                        let node = self.nodes.len();
                        self.nodes.push(Node::File(Written::default()));
                        self.numbers.insert(*file, node);
                        self.rename(vec![(name, Some(node))]);
                    }
                }
                if *emptied {
                    self.write(*file, Step::Length(0));
                }
            }
            (Effect::Folder, Some(name)) => {
                self.nodes.push(Node::Folder);
                self.rename(vec![(name, Some(self.nodes.len() - 1))]);
            }
            (Effect::Bytes { file, offset, bytes }, _) => {
                self.write(*file, Step::Bytes(*offset, bytes.clone()));
            }
            (Effect::Length { file, length }, _) => self.write(*file, Step::Length(*length)),
            (Effect::Renamed | Effect::Linked, Some(new)) => {
                let old = seen.from.as_ref().and_then(|from| self.name(from));
                let Some((old, node)) = old.and_then(|old| Some((old.clone(), *self.names.get(&old)?)))
                else {
                    return;
                };
                let lost = (*effect == Effect::Renamed).then_some((old, None));
                self.rename(lost.into_iter().chain([(new, Some(node))]).collect());
            }
            (Effect::Removed, Some(name)) => self.rename(vec![(name, None)]),
            _ => {}
        }
    }

    fn rename(&mut self, names: Vec<(Name, Option<usize>)>) {
        for (name, node) in &names {
            match node {
                Some(node) => self.names.insert(name.clone(), *node),
                None => self.names.remove(name),
            };
        }
        self.moves.push(Move { names, kept: false });
    }

    fn write(&mut self, number: u64, step: Step) {
        let Some(Node::File(written)) = self.numbers.get(&number).map(|node| &mut self.nodes[*node]) else {
            return;
        };
        let version = written.steps.len() + 1;
        if let Step::Bytes(offset, bytes) = &step {
            for page in offset / PAGE..=(offset + bytes.len() as u64 - 1) / PAGE {
                written.pages.entry(page).or_default().newest = version;
            }
        }
        written.steps.push(step);
    }

    fn covered(&self, seen: &Seen) -> Covered {
        let steps = self.nodes.iter().map(|node| match node {
            Node::Folder => 0,
            Node::File(written) => written.steps.len(),
        });
        let folder = (seen.effect == Some(Effect::SyncedFolder)).then(|| self.node(&seen.path)).flatten();
        Covered { moves: self.moves.len(), steps: steps.collect(), folder }
    }

    fn synced(&mut self, seen: &Seen, covered: &Covered) {
        let well = seen.answer == Some(0);
        match seen.effect {
            Some(Effect::SyncedFile(number)) => {
                if let Some(node) = self.numbers.get(&number) {
                    self.sync_file(*node, covered, well);
                }
            }
            Some(Effect::SyncedFolder) if well => {
                self.sync_names(covered, |name| Some(name.0) == covered.folder)
            }
            Some(Effect::SyncedAll) => {
                (0..covered.steps.len()).for_each(|node| self.sync_file(node, covered, well));
                if well {
                    self.sync_names(covered, |_| true);
                }
            }
            // A journal that could not be written is not gone on with; the names are as unsure as before.
            _ => {}
        }
    }

    fn sync_file(&mut self, node: usize, covered: &Covered, well: bool) {
        // A file that was made since is not what was asked for.
        let (Some(until), Node::File(written)) = (covered.steps.get(node), &mut self.nodes[node]) else {
            return;
        };
        for (number, page) in &mut written.pages {
            let newest = (written.steps[..*until].iter().rposition(|step| touches(step, *number)))
                .map_or(0, |at| at + 1);
            match well {
                true if newest > page.let_go => page.kept = page.kept.max(newest),
                true => {}
                false => page.let_go = page.let_go.max(newest),
            }
        }
        if well {
            written.length_kept = written.length_kept.max(*until);
        }
    }

    fn sync_names(&mut self, covered: &Covered, asked: impl Fn(&Name) -> bool) {
        for moved in &mut self.moves[..covered.moves] {
            moved.kept |= moved.names.iter().any(|(name, _)| asked(name));
        }
    }

    fn name(&self, path: &Path) -> Option<Name> {
        Some((self.node(path.parent()?)?, path.file_name()?.to_owned()))
    }

    fn node(&self, path: &Path) -> Option<usize> {
        path.strip_prefix(&self.root).ok()?.components().try_fold(0, |folder, part| match part {
            Component::Normal(name) => self.names.get(&(folder, name.to_owned())).copied(),
            _ => None,
        })
    }

    /// Names that two ways of losing leave to different things are told apart here: what each folder holds.
    pub(crate) fn below(names: &BTreeMap<Name, usize>, folder: usize) -> BTreeSet<(OsString, usize)> {
        let held = names.range((folder, OsString::new())..).take_while(|((of, _), _)| *of == folder);
        held.map(|((_, name), node)| (name.clone(), *node)).collect()
    }
}

/// Does the step write to the page?
fn touches(step: &Step, page: u64) -> bool {
    match step {
        Step::Bytes(offset, bytes) => {
            (offset / PAGE..=(offset + bytes.len() as u64 - 1) / PAGE).contains(&page)
        }
        Step::Length(_) => false,
    }
}

#[cfg(test)]
mod tests;
