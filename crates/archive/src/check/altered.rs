//! What a row says of when its body was destroyed or replaced, against the records that did it: backups follow the row's word.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use vidimus_ledger::Row;
use vidimus_model::Change;

use super::ledger::Scan;
use super::moves::{Log, Moves, Stands};
use super::records::Facts;
use super::report::{Report, record, runs, what};
use crate::destroyed::Gone;

/// A backup would keep what was destroyed.
const UNTOLD: &str =
    "its row hides when its body was destroyed or replaced, so that backups would keep the old one";
const NOTHING_DID: &str = "its row says that its body was destroyed or replaced then, and no record did that";

const UNSAID: &str = "a record says that it was destroyed or sealed anew, and its row does not say so";

const ASTRAY: &str = "it was moved, and stands under another key than the move says";

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
    /// What moved where.
    moves: Moves,
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

    /// Where it stands after all that moved it.
    pub fn stands(&self, seq: u64, scan: &Scan, facts: &Facts) -> Stands<'_> {
        let (begin, holds) = (|seq: u64| begin(scan, seq), |name: &str| facts.holds(name));
        self.moves.stands(seq, &Log { begin: &begin, holds: &holds })
    }

    /// Every row that says when it was altered, with when.
    pub fn all(&self) -> impl Iterator<Item = (u64, u64)> {
        self.erased.iter().chain(self.resealed.values().flatten()).copied()
    }

    /// Rows that a record of the register says to have been altered, and that do not say so, or say an earlier time.
    fn unsaid(&self, scan: &Scan, gone: &Gone) -> BTreeSet<u64> {
        let said: BTreeMap<u64, u64> = self.all().collect();
        let mut unsaid = BTreeSet::new();
        for (record, runs) in gone.rows() {
            let began = begin(scan, record);
            let rows =
                runs.iter().flat_map(|(first, last)| *first..scan.tip.size.min(last.saturating_add(1)));
            unsaid.extend(rows.filter(|seq| said.get(seq).is_none_or(|at| *at < began)));
        }
        unsaid
    }

    /// Takes in what a record says.
    pub fn learn(&mut self, row: &Row, change: &Change) {
        if let Change::MovedIn(moved) = change {
            self.moved_in.insert(moved.key.to_string(), row.seq);
        }
        self.moves.learn(row, change);
    }
}

/// The ledger's size just before the append that holds a record.
fn begin(scan: &Scan, seq: u64) -> u64 {
    scan.sizes.range(..=seq).next_back().copied().unwrap_or(0)
}

/// The append that began when the ledger had this size.
pub(super) fn append(scan: &Scan, at: u64) -> Range<u64> {
    at..at.checked_add(1).and_then(|next| scan.sizes.range(next..).next().copied()).unwrap_or(at)
}

/// Names the rows that say something else than the records.
pub(super) fn look(scan: &Scan, facts: &Facts, gone: &Gone, report: &mut Report) {
    if scan.sizes.is_empty() || facts.in_use {
        return;
    }
    let altered = &facts.altered;
    let (begin, holds) = (|seq: u64| begin(scan, seq), |name: &str| facts.holds(name));
    let log = Log { begin: &begin, holds: &holds };
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
    let mut astray = BTreeSet::new();
    let mut told: BTreeSet<u64> = altered.erased.iter().map(|(seq, _)| *seq).collect();
    told.extend(altered.untold.iter().chain(&altered.blank).chain(&scan.missing));
    for ((compartment, key), rows) in &altered.resealed {
        let moved = altered.moved_in.get(key).map(|moved| begin(*moved));
        let is_closed = !facts.opened.contains_key(key);
        for (seq, at) in rows {
            told.insert(*seq);
            let stands = altered.moves.stands(*seq, &log);
            let is_its_place = match (&stands, moved) {
                (Stands::Unmoved, _) => true,
                (Stands::Under { key: last, since }, moved) => {
                    *last == key.as_str() || moved.is_some_and(|moved| moved > *since)
                }
                (Stands::Away { since }, moved) => moved.is_none_or(|moved| moved > *since),
                (Stands::Nowhere, _) => false,
            };
            let can_be = match (&stands, moved) {
                (_, Some(moved)) => moved == *at,
                // What was moved to where the checker does not read, and may have gone on from there and been altered again.
                (Stands::Away { since }, None) => is_closed && since <= at,
                (_, None) => is_closed && !facts.holds(compartment),
            };
            if !is_its_place {
                astray.insert(*seq);
            } else if is_none(*seq, *at) || !can_be && moved.is_none() {
                nothing_did.insert(*seq);
            } else if !can_be {
                untold.insert(*seq);
            }
        }
    }
    // What moved was sealed anew, and its row says so.
    untold.extend(altered.moves.named(scan.tip.size).difference(&told));
    for (key, moved) in &altered.moved_in {
        untold.extend(altered.plain.get(key).filter(|first| **first < begin(*moved)));
    }
    let mut unsaid = BTreeSet::new();
    if scan.register_is_damaged {
        if altered.all().next().is_some() {
            report.unknown(
                "whether somebody signed for all that was destroyed: records of the register cannot be read",
            );
        }
    } else {
        // Every member reads this, whichever compartment the record stands in.
        let unsigned = |(seq, at): &(u64, u64)| !gone.has_altered(*seq, append(scan, *at));
        nothing_did.extend(altered.all().filter(unsigned).map(|(seq, _)| seq));
        unsaid = altered.unsaid(scan, gone);
        unsaid.retain(|seq| {
            [&untold, &nothing_did, &astray, &scan.missing].iter().all(|named| !named.contains(seq))
        });
    }
    let named = [(untold, UNTOLD), (nothing_did, NOTHING_DID), (astray, ASTRAY), (unsaid, UNSAID)];
    for (seqs, problem) in named {
        for (first, last) in runs(&seqs) {
            report.problem(record(first, last), problem, what::TAMPERED);
        }
    }
}
