//! Nothing that was received is gone without a record that says why: numbers and counts against the records that are there.
//!
//! A record that was put under another's key looks to everybody else like one that they may not read; what counts it tells.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use vidimus_ledger::Row;
use vidimus_model::{Change, KeyId, Ref};

use super::keys::Keys;
use super::ledger::Scan;
use super::records::{Facts, STRIPPED};
use super::report::{Report, record, runs, what};

/// Rows of one key that are named one by one.
const NAMED: usize = 1000;

/// What records say of what was received, and what became of it.
#[derive(Default)]
pub(super) struct Received {
    /// Accessions whose number was taken, by compartment and key.
    opened: BTreeMap<(String, String), Ref>,
    /// Accessions of which the first record is there.
    begun: BTreeSet<Ref>,
    /// How many items a finished accession had.
    ends: BTreeMap<Ref, u64>,
    released: BTreeSet<Ref>,
    /// What was moved out or erased.
    left: Vec<Ref>,
    /// Rows with a body under keys that are not held, by compartment and key, but those that were altered.
    closed: BTreeMap<(String, String), BTreeSet<u64>>,
    /// Rows without a body that never were erased, by compartment and key.
    blank: BTreeMap<(String, String), BTreeSet<u64>>,
}

impl Received {
    /// Takes in what a record says.
    pub fn learn(&mut self, row: &Row, change: &Change) {
        match change {
            Change::AccessionOpened(opened) => {
                let key = (row.compartment.clone(), opened.key.to_string());
                self.opened.insert(key, opened.about.clone());
            }
            Change::Accession(accession) => _ = self.begun.insert(accession.about.clone()),
            Change::AccessionEnd(end) => _ = self.ends.insert(end.about.clone(), end.taken + end.copies),
            Change::Release(release) => _ = self.released.insert(release.about.clone()),
            Change::MovedOut(moved) => self.left.extend(moved.about.iter().cloned()),
            Change::Erasure(erasure) => self.left.extend(erasure.about.iter().cloned()),
            _ => {}
        }
    }

    /// Takes in a row, and whether its key is held.
    pub fn see(&mut self, row: &Row, is_held: bool) {
        let rows = match (&row.body, row.altered) {
            (Some(_), None) if !is_held => &mut self.closed,
            (None, None) if !row.erased => &mut self.blank,
            _ => return,
        };
        let seqs = rows.entry((row.compartment.clone(), row.key.clone())).or_default();
        if seqs.len() < NAMED {
            seqs.insert(row.seq);
        }
    }
}

/// Names what should be there and is not.
pub(super) fn look(scan: &Scan, keys: &Keys, facts: &Facts, report: &mut Report) {
    let received = &facts.received;
    name_closed(facts, report);
    if !scan.missing.is_empty() || !facts.failed.is_empty() || !facts.stripped.is_empty() || facts.in_use {
        report
            .unknown("whether everything that was received is still on record: not every record can be read");
        return;
    }
    let mut left: HashMap<Ref, Vec<&Ref>> = HashMap::new();
    for gone in &received.left {
        left.entry(gone.whole()).or_default().push(gone);
    }
    let is_left =
        |about: &Ref| left.get(&about.whole()).is_some_and(|gone| gone.iter().any(|one| one.holds(about)));
    for (accession, count) in &received.ends {
        for item in (1..=*count).map(|number| accession.with_item(number)) {
            if facts.items.find(&item).is_none() && !is_left(&item) && !report.has_named(&item.to_string()) {
                let problem = "it was received, and its record is gone";
                report.problem(item.to_string(), problem, what::TAMPERED);
            }
        }
    }
    for ((_, key), accession) in &received.opened {
        let mine = key.parse::<KeyId>().is_ok_and(|key| keys.get(&key.to_string()).is_some());
        let gone = mine && !received.begun.contains(accession)
            || received.released.contains(accession) && !received.ends.contains_key(accession);
        if gone && !is_left(accession) {
            let problem = "it was received, and the records of its receipt are gone";
            report.problem(accession.to_string(), problem, what::TAMPERED);
        }
    }
    name_gaps(received, report);
}

/// In a compartment that is held, what cannot be read is an accession of another member's, whose number was taken here; and
/// blank rows are known by a generation of the compartment's own key.
fn name_closed(facts: &Facts, report: &mut Report) {
    for ((compartment, key), seqs) in &facts.received.blank {
        let of = facts.generations.iter().find(|(id, _)| id.to_string() == *key);
        let is_its = of.is_some_and(|(_, generation)| generation.compartment == *compartment);
        let named = report.has_named_below(&format!("key held/{key}"));
        if facts.holds(compartment) && !is_its && !named {
            for (first, last) in runs(seqs) {
                report.problem(record(first, last), STRIPPED, what::TAMPERED);
            }
        }
    }
    for (at, seqs) in &facts.received.closed {
        // A key that does not open because its file is damaged is named itself.
        let named = facts.received.opened.contains_key(at)
            || facts.altered.lets_in(&at.1)
            || report.has_named_below(&format!("key held/{}", at.1));
        if facts.holds(&at.0) && !named {
            for (first, last) in runs(seqs) {
                let problem = "it stands under a key that no record names for its compartment";
                report.problem(record(first, last), problem, what::TAMPERED);
            }
        }
    }
}

/// Numbers of accessions are given without a gap.
fn name_gaps(received: &Received, report: &mut Report) {
    let mut given: BTreeMap<Option<char>, BTreeSet<u64>> = BTreeMap::new();
    for accession in received.opened.values() {
        given.entry(accession.letter).or_default().insert(accession.accession);
    }
    for (letter, numbers) in given {
        let last = numbers.last().copied().unwrap_or(0);
        if numbers.len() as u64 == last {
            continue;
        }
        for number in (1..last).filter(|number| !numbers.contains(number)).take(NAMED) {
            let accession = Ref::accession(letter, number);
            let problem = "its number was passed over: the record that took it is gone";
            report.problem(accession.to_string(), problem, what::TAMPERED);
        }
    }
}
