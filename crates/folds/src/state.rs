//! What a fold knows of the records besides what it was made for: what was destroyed, what was moved away, what could not be read.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use vidimus_model::{Change, Ref};

use crate::{Entry, Said};

/// What a fold knows of the records besides what it was made for; changed together with it, in one step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The version of the fold that wrote it; 0 before anything was.
    pub version: u32,
    /// The first entry that is not applied.
    pub position: u64,
    /// Entries whose bodies were destroyed: the first and the last of each span, in order and apart.
    pub gone: Vec<(u64, u64)>,
    /// Entries of which something could not be read when they were folded.
    #[serde(default)]
    pub unread: BTreeSet<u64>,
    /// What was moved last by which entry, out of here or into it.
    pub moved: BTreeMap<String, (u64, bool)>,
}

impl State {
    /// Was the body of this entry destroyed?
    pub fn is_gone(&self, entry: u64) -> bool {
        let behind = self.gone.partition_point(|(first, _)| *first <= entry);
        behind > 0 && entry <= self.gone[behind - 1].1
    }

    /// Notes what is gone and what was moved; gives back what is gone and was not before.
    pub fn note<'a>(&mut self, batch: impl Iterator<Item = &'a Entry>) -> BTreeSet<u64> {
        let mut gone = BTreeSet::new();
        for entry in batch {
            match &entry.said {
                Said::Erased => {
                    gone.insert(entry.seq);
                }
                Said::Unknown(_) => {}
                Said::Statement(said) => match &said.change {
                    Change::Erasure(erasure) => gone.extend(&erasure.entries),
                    Change::MovedOut(moved) => self.moves(&moved.about, entry.seq, true),
                    Change::MovedIn(moved) => self.moves(&moved.about, entry.seq, false),
                    _ => {}
                },
            }
        }
        gone.retain(|seq| !self.is_gone(*seq));
        self.add_gone(&gone);
        gone
    }

    /// Was what an entry says of this moved away after it, and not come back?
    pub fn is_moved(&self, about: &Ref, entry: u64) -> bool {
        if self.moved.is_empty() {
            return false;
        }
        let last = chain(about).iter().filter_map(|part| self.moved.get(part)).max();
        last.is_some_and(|(moved, out)| *out && entry < *moved)
    }

    fn add_gone(&mut self, entries: &BTreeSet<u64>) {
        self.gone.extend(entries.iter().map(|entry| (*entry, *entry)));
        self.gone.sort_unstable();
        self.gone.dedup_by(|next, span| {
            let joins = next.0 <= span.1.saturating_add(1);
            if joins {
                span.1 = span.1.max(next.1);
            }
            joins
        });
    }

    /// A later move counts, whichever is noted first.
    fn moves(&mut self, about: &[Ref], entry: u64, out: bool) {
        for about in about {
            let last = self.moved.entry(about.to_string()).or_insert((entry, out));
            if entry > last.0 {
                *last = (entry, out);
            }
        }
    }
}

/// A reference, and what it is part of: `A7-3.1` is part of `A7-3` and `A7`.
pub fn chain(about: &Ref) -> Vec<String> {
    let mut part = about.clone();
    let mut chain = vec![part.to_string()];
    while part.item.is_some() {
        if part.members.pop().is_none() {
            part.item = None;
        }
        chain.push(part.to_string());
    }
    chain
}
