//! What a row says of when its body was destroyed or replaced, against the records that did it: backups follow the row's word.

use std::collections::{BTreeMap, BTreeSet};

use vidimus_ledger::Row;
use vidimus_model::Change;

use super::ledger::Scan;
use super::records::Facts;
use super::report::{Report, record, runs, what};

/// A backup would keep what was destroyed.
const UNTOLD: &str =
    "its row hides when its body was destroyed or replaced, so that backups would keep the old one";
const NOTHING_DID: &str = "its row says that its body was destroyed or replaced then, and no record did that";

/// What rows and records say of it.
#[derive(Default)]
pub(super) struct Altered {
    /// Erased rows, with the ledger size at which they say they were.
    erased: Vec<(u64, u64)>,
    /// Rows with another body than they had, likewise, by compartment and key.
    resealed: BTreeMap<(String, String), Vec<(u64, u64)>>,
    /// Blank rows that say they were altered.
    blank: BTreeSet<u64>,
    /// Erased rows that do not say when.
    untold: BTreeSet<u64>,
    /// The first row with a body that never was altered, by its key.
    plain: BTreeMap<String, u64>,
    /// Where records stand that let things in, by the key that seals them since.
    moved_in: BTreeMap<String, u64>,
    /// Records that let things out, by their compartment.
    moved_out: BTreeMap<String, Vec<Leave>>,
}

/// What a record let out of its compartment.
struct Leave {
    /// Where it stands.
    seq: u64,
    /// The runs of records that left. A record that does not say so excuses nothing.
    entries: Vec<(u64, u64)>,
}

impl Leave {
    fn names(&self, seq: u64) -> bool {
        self.entries.iter().any(|(first, last)| (*first..=*last).contains(&seq))
    }
}

impl Altered {
    /// Takes in what a row says of itself.
    pub fn see(&mut self, row: &Row) {
        match (row.altered, &row.body, row.erased) {
            (Some(at), _, true) => self.erased.push((row.seq, at)),
            (Some(at), Some(_), _) => {
                let under = (row.compartment.clone(), row.key.clone());
                self.resealed.entry(under).or_default().push((row.seq, at));
            }
            (Some(_), None, _) => _ = self.blank.insert(row.seq),
            (None, _, true) => _ = self.untold.insert(row.seq),
            (None, Some(_), _) if !self.plain.contains_key(&row.key) => {
                self.plain.insert(row.key.clone(), row.seq);
            }
            (None, ..) => {}
        }
    }

    /// Does a record let something in under this key?
    pub fn lets_in(&self, key: &str) -> bool {
        self.moved_in.contains_key(key)
    }

    /// Does a record let this one out of this compartment?
    pub fn lets_out(&self, compartment: &str, seq: u64) -> bool {
        self.moved_out.get(compartment).is_some_and(|leaves| leaves.iter().any(|leave| leave.names(seq)))
    }

    /// Does a record let this one out of this compartment, so that its row was altered then? Where it went it may have gone on
    /// from since, and been altered again.
    fn left_by(&self, compartment: &str, seq: u64, at: u64, begin: &impl Fn(u64) -> u64) -> bool {
        let leaves = self.moved_out.get(compartment).into_iter().flatten();
        leaves.filter(|leave| leave.names(seq)).any(|leave| begin(leave.seq) <= at)
    }

    /// Takes in what a record says.
    pub fn learn(&mut self, row: &Row, change: &Change) {
        match change {
            Change::MovedIn(moved) => _ = self.moved_in.insert(moved.key.to_string(), row.seq),
            Change::MovedOut(moved) => {
                let leave = Leave { seq: row.seq, entries: moved.entries.clone().unwrap_or_default() };
                self.moved_out.entry(row.compartment.clone()).or_default().push(leave);
            }
            _ => {}
        }
    }
}

/// Names the rows that say something else than the records.
pub(super) fn look(scan: &Scan, facts: &Facts, report: &mut Report) {
    if scan.sizes.is_empty() || facts.in_use {
        return;
    }
    let altered = &facts.altered;
    // The ledger's size just before the append that holds a record.
    let begin = |seq: u64| scan.sizes.range(..=seq).next_back().copied().unwrap_or(0);
    let is_none = |seq: u64, at: u64| at <= seq || !scan.sizes.contains(&at);
    let (mut untold, mut nothing_did) = (altered.untold.clone(), altered.blank.clone());
    for (seq, at) in &altered.erased {
        let stones = facts.tombstones(*seq);
        if is_none(*seq, *at) {
            nothing_did.insert(*seq);
        } else if !stones.is_empty() && stones.iter().all(|(_, stone)| begin(*stone) != *at) {
            // That there is no tombstone is named elsewhere, where it can be known.
            untold.insert(*seq);
        }
    }
    for ((compartment, key), rows) in &altered.resealed {
        let moved = altered.moved_in.get(key).map(|moved| begin(*moved));
        let is_closed = !facts.opened.contains_key(key);
        for (seq, at) in rows {
            let can_be = match moved {
                Some(moved) => moved == *at,
                // What was moved to where the checker does not read.
                None => {
                    is_closed
                        && (!facts.holds(compartment) || altered.left_by(compartment, *seq, *at, &begin))
                }
            };
            if is_none(*seq, *at) || !can_be && moved.is_none() {
                nothing_did.insert(*seq);
            } else if !can_be {
                untold.insert(*seq);
            }
        }
    }
    for (key, moved) in &altered.moved_in {
        untold.extend(altered.plain.get(key).filter(|first| **first < begin(*moved)));
    }
    for (seqs, problem) in [(untold, UNTOLD), (nothing_did, NOTHING_DID)] {
        for (first, last) in runs(&seqs) {
            report.problem(record(first, last), problem, what::TAMPERED);
        }
    }
}
