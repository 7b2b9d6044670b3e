//! One worker's thread: takes an item, has it examined in its own sandbox, seals what was made, and tells what was found.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};

use vidimus_examine::{Examiner, Findings, Options, Password};
use vidimus_folds::catalogue::Volumes;
use vidimus_model::{CompartmentId, Item, KeyId, ObjectPlace, Stage};
use vidimus_seal::Entropy;
use vidimus_seal::age::Identity;
use vidimus_vault::Vault;

use super::contents::{Ask, Children, Contents, seal_parts};
use super::lease::Begun;
use super::subject::{Among, Stored};

/// How many containers deep an item may lie.
const DEPTH: usize = 8;

/// An item to be examined.
pub(super) struct Task {
    pub item: Item,
    /// The log index of its record.
    pub seq: u64,
    pub stages: Vec<Stage>,
    /// Which attempt this is, if it is begun.
    pub attempt: u32,
    pub compartment: CompartmentId,
    /// The key whose catalogue holds it.
    pub catalogue: KeyId,
    /// The key that seals it.
    pub key: KeyId,
    pub identity: Identity,
    pub children: Children,
    pub volumes: Option<Volumes>,
    pub lease: Begun,
}

/// What came of it.
pub(super) struct Done {
    pub task: Task,
    pub found: Found,
}

/// What was found in an item.
pub(super) struct Found {
    pub findings: Findings,
    /// Where the derivatives lie, in the order of the findings.
    pub places: Vec<ObjectPlace>,
    /// What was found in it.
    pub contained: Vec<Item>,
    /// What the salts of its commitments are derived from.
    pub seed: [u8; 32],
}

/// What a thread tells.
pub(super) enum Told {
    /// It wants to know something.
    Ask(Ask),
    /// It has examined an item.
    Done(Box<Done>),
    /// It was told to stop, and nothing came of this.
    GivenUp(Box<Task>),
    /// The vault, the key or the lease failed: the run ends.
    Trouble(io::Error),
}

/// What a thread works with.
pub(super) struct Bench<'a> {
    pub examiner: Examiner,
    pub vault: Arc<dyn Vault>,
    pub entropy: Entropy,
    pub passwords: &'a [Password],
    pub tasks: &'a Mutex<Receiver<Task>>,
    pub told: SyncSender<Told>,
    pub stop: &'a AtomicBool,
}

impl Bench<'_> {
    /// Works until there are no more tasks, or nobody listens.
    pub fn work(mut self) {
        loop {
            let task = self.tasks.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(task) = task else { return };
            let told = if self.stop.load(Ordering::Relaxed) {
                Told::GivenUp(Box::new(task))
            } else {
                self.examine(task).unwrap_or_else(Told::Trouble)
            };
            if self.told.send(told).is_err() {
                return;
            }
        }
    }

    fn examine(&mut self, mut task: Task) -> io::Result<Told> {
        task.lease.begin()?;
        let views = self.examiner.facts().is_some_and(|facts| facts.no_views.is_none());
        let stored = self.stored(&task.item, &task.identity, views);
        let stored = match &task.volumes {
            None => stored,
            Some(Volumes::Behind(_)) => stored.behind(),
            Some(Volumes::First(rows)) => {
                let others = rows.iter().map(|row| self.stored(&row.item, &task.identity, views));
                stored.with(others.collect())
            }
        };
        let seed = self.entropy.bytes();
        let mut options =
            Options { passwords: self.passwords.to_vec(), seed: Some(seed), ..Options::default() };
        options.limits.depth =
            u32::try_from(DEPTH.saturating_sub(task.item.about.members.len())).unwrap_or(0);
        let recipient = task.identity.recipient();
        let children = std::mem::take(&mut task.children);
        let Task { item, key, catalogue, .. } = &task;
        let mut contents = Contents::new(
            &self.vault,
            recipient,
            &mut self.entropy,
            (&item.about, &item.path, item.source),
            (*key, *catalogue),
            children,
            &self.told,
        );
        let mut findings = self.examiner.examine(&stored, &task.stages, &options, &mut contents);
        let contained = contents.finish()?;
        // What was stopped in its middle looks like a failure, and is none.
        if self.stop.load(Ordering::Relaxed) {
            return Ok(Told::GivenUp(Box::new(task)));
        }
        let mut places = Vec::with_capacity(findings.made.len());
        if !findings.made.is_empty() {
            let parts = findings.made.iter().map(|made| made.bytes.as_slice());
            let object = seal_parts(&*self.vault, recipient, &mut self.entropy, parts)?;
            let mut offset = 0;
            for made in &mut findings.made {
                let length = made.bytes.len() as u64;
                places.push(ObjectPlace { offset: Some(offset), length: Some(length), ..object.clone() });
                offset += length;
            }
        }
        let found = Found { findings, places, contained, seed };
        Ok(Told::Done(Box::new(Done { task, found })))
    }

    fn stored(&self, item: &Item, identity: &Identity, views: bool) -> Stored {
        Stored {
            vault: Arc::clone(&self.vault),
            about: item.about.clone(),
            path: item.path.clone(),
            size: item.size,
            file_system: item.file_system.clone(),
            place: item.object.clone(),
            identity: identity.clone(),
            views,
            volumes: Among::Only,
        }
    }
}

/// The objects of what was done in vain: no record will name them.
pub(super) fn objects_of(found: &Found) -> Vec<String> {
    let made = found.places.iter().map(|place| place.name.clone());
    let own = |item: &&Item| item.copy_of.as_ref().is_none_or(|of| of.whole() != item.about.whole());
    let inside = found.contained.iter().filter(own).map(|item| item.object.name.clone());
    let mut names: Vec<String> = made.chain(inside).collect();
    names.sort_unstable();
    names.dedup();
    names
}
