//! Nothing that was received is gone without a record that says why: numbers and counts against the records that are there.
//!
//! A record that was put under another's key looks to everybody else like one that they may not read; what counts it tells.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use vidimus_ledger::Row;
use vidimus_model::{Change, KeyId, MemberId, Ref, Statement};

use super::keys::Keys;
use super::ledger::Scan;
use super::records::{Facts, STRIPPED};
use super::report::{Report, record, runs, what};
use super::sentence::sentence;

/// Rows of one key that are named one by one.
const NAMED: usize = 1000;

/// What records say of what was received, and what became of it.
#[derive(Default)]
pub(super) struct Received {
    /// Accessions whose number was taken, by compartment and key, and where that is said.
    opened: BTreeMap<(String, String), (Ref, u64)>,
    /// Accessions of which the first record is there.
    begun: BTreeSet<Ref>,
    /// Who took the number of an accession; of several the first.
    registrars: BTreeMap<Ref, MemberId>,
    /// What was said of finished accessions, in the order of the log.
    ends: Vec<End>,
    released: BTreeSet<Ref>,
    /// What was erased.
    erased: Vec<Ref>,
    /// What was moved out.
    moved_out: Vec<Out>,
    /// What was moved in, and where that is said.
    moved_in: Vec<(u64, Ref)>,
    /// Keys that somebody made for what they let in, and who, in the order of the log.
    let_in: Vec<(MemberId, String)>,
    /// Rows with a body under keys that are not held, by compartment and key, but those that were altered.
    closed: BTreeMap<(String, String), BTreeSet<u64>>,
    /// Rows without a body that never were erased, by compartment and key.
    blank: BTreeMap<(String, String), BTreeSet<u64>>,
}

/// That something was moved to another compartment.
struct Out {
    seq: u64,
    by: MemberId,
    to: String,
    about: Vec<Ref>,
}

/// That an accession is finished.
struct End {
    seq: u64,
    by: MemberId,
    about: Ref,
    /// How many items it had.
    count: u64,
}

impl Received {
    /// Takes in what a record says.
    pub fn learn(&mut self, row: &Row, statement: &Statement) {
        match &statement.change {
            Change::AccessionOpened(opened) => {
                self.registrars.entry(opened.about.clone()).or_insert(statement.by);
                let key = (row.compartment.clone(), opened.key.to_string());
                self.opened.insert(key, (opened.about.clone(), row.seq));
            }
            Change::Accession(accession) => _ = self.begun.insert(accession.about.clone()),
            Change::AccessionEnd(end) => {
                let (about, count) = (end.about.clone(), end.taken.saturating_add(end.copies));
                self.ends.push(End { seq: row.seq, by: statement.by, about, count });
            }
            Change::Release(release) => _ = self.released.insert(release.about.clone()),
            Change::MovedOut(moved) => {
                let (to, about) = (moved.to.to_string(), moved.about.clone());
                self.moved_out.push(Out { seq: row.seq, by: statement.by, to, about });
            }
            Change::MovedIn(moved) => {
                self.let_in.push((statement.by, moved.key.to_string()));
                self.moved_in.extend(moved.about.iter().map(|about| (row.seq, about.clone())));
            }
            Change::Erasure(erasure) => self.erased.extend(erasure.about.iter().cloned()),
            _ => {}
        }
    }

    /// What was erased, or moved to where the checker does not read and did not come back as a whole.
    fn left(&self, facts: &Facts) -> Vec<&Ref> {
        let is_back = |seq: u64, about: &Ref| {
            self.moved_in.iter().any(|(back, whole)| *back > seq && whole.holds(about))
        };
        let away = self.moved_out.iter().filter(|out| !facts.holds(&out.to));
        let away = away.flat_map(|out| out.about.iter().filter(|about| !is_back(out.seq, about)));
        self.erased.iter().chain(away).collect()
    }

    /// Keys that this member made by records that can be read, each with the accession that it was begun for, if for one that did not
    /// leave its key since.
    pub fn keys_of(&self, member: MemberId) -> impl Iterator<Item = (&String, Option<&Ref>)> {
        let went = |about: &Ref| {
            let mut gone = self.erased.iter().chain(self.moved_out.iter().flat_map(|out| &out.about));
            gone.any(|gone| gone.holds(about))
        };
        let is_own = move |about: &Ref| self.registrars.get(about) == Some(&member);
        let opened = self.opened.iter().filter(move |(_, (about, _))| is_own(about));
        let begun = opened.map(move |((_, key), (about, _))| (key, (!went(about)).then_some(about)));
        let let_in = self.let_in.iter().filter(move |(by, _)| *by == member).map(|(_, key)| (key, None));
        begun.chain(let_in)
    }

    /// Where this member says that they moved something, and to which compartment: they held it then.
    pub fn moved_by(&self, member: MemberId) -> impl Iterator<Item = (u64, &str)> {
        self.moved_out.iter().filter(move |out| out.by == member).map(|out| (out.seq, out.to.as_str()))
    }

    /// Who took the number of an accession.
    pub fn registrar(&self, accession: &Ref) -> Option<MemberId> {
        self.registrars.get(accession).copied()
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
    name_closed(scan, facts, report);
    let ends = name_ends(received, report);
    if !scan.missing.is_empty() || facts.is_damaged() || facts.in_use {
        report
            .unknown("whether everything that was received is still on record: not every record can be read");
        return;
    }
    let mut left: HashMap<Ref, Vec<&Ref>> = HashMap::new();
    for gone in received.left(facts) {
        left.entry(gone.whole()).or_default().push(gone);
    }
    let is_left =
        |about: &Ref| left.get(&about.whole()).is_some_and(|gone| gone.iter().any(|one| one.holds(about)));
    for (accession, count) in &ends {
        if !is_left(accession) {
            let gone = left.get(*accession).into_iter().flatten().filter(|one| one.members.is_empty());
            name_items(accession, *count, gone.filter_map(|one| one.item).collect(), facts, report);
        }
    }
    for accession in received.begun.iter().filter(|begun| !ends.contains_key(begun) && !is_left(begun)) {
        report.unknown(sentence!(
            "how many items {} had: no record ends it, so that it is still being received, was interrupted, or lost its end",
            accession
        ));
    }
    for ((_, key), (accession, _)) in &received.opened {
        let mine = key.parse::<KeyId>().is_ok_and(|key| keys.get(&key.to_string()).is_some());
        let gone = mine && !received.begun.contains(accession)
            || received.released.contains(accession) && !ends.contains_key(accession);
        if gone && !is_left(accession) {
            let problem = "it was received, and the records of its receipt are gone";
            report.problem(accession.to_string(), problem, what::TAMPERED);
        }
    }
    name_gaps(received, report);
}

/// An accession ends once, by whoever received it: another end could hide that an item is gone. How many items each had.
fn name_ends<'a>(received: &'a Received, report: &mut Report) -> BTreeMap<&'a Ref, u64> {
    let mut ends = BTreeMap::new();
    for End { seq, by, about, count } in &received.ends {
        if received.registrars.get(about).is_some_and(|registrar| registrar != by) {
            let problem = "it ends an accession, and is not by whoever received it";
            report.problem(record(*seq, *seq), problem, what::TAMPERED);
        } else if ends.contains_key(about) {
            let problem = "it ends an accession that another record had ended";
            report.problem(record(*seq, *seq), problem, what::TAMPERED);
        } else {
            ends.insert(about, *count);
        }
    }
    ends
}

/// Items are numbered from 1 to their count; `gone` are those that left. The count is what a member said, so nothing here takes
/// longer where it is greater.
fn name_items(accession: &Ref, count: u64, gone: BTreeSet<u64>, facts: &Facts, report: &mut Report) {
    let mut known = gone;
    for number in facts.items.numbers(accession) {
        if number > count {
            let problem = "its number is above the number of items that were received";
            report.problem(accession.with_item(number).to_string(), problem, what::TAMPERED);
        }
        known.insert(number);
    }
    known.extend(report.named_items(accession));
    let mut next = Some(1);
    let mut missing = Vec::new();
    for number in known.iter().filter(|number| (1..=count).contains(*number)) {
        missing.extend(next.filter(|first| first < number).map(|first| (first, number - 1)));
        next = number.checked_add(1);
    }
    missing.extend(next.filter(|first| *first <= count).map(|first| (first, count)));
    for (first, last) in missing {
        let (from, to) = (accession.with_item(first), accession.with_item(last));
        let reference = if first == last { from.to_string() } else { format!("{from} to {to}") };
        report.problem(reference, "it was received, and its record is gone", what::TAMPERED);
    }
}

/// In a compartment that is held, what cannot be read is an accession of another member's, whose number was taken here; and
/// blank rows are known by a generation of the compartment's own key.
fn name_closed(scan: &Scan, facts: &Facts, report: &mut Report) {
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
        // What was sealed again by rights says so, and is not among these.
        if let Some((_, opened)) = facts.received.opened.get(at) {
            let made = scan.sizes.range(..=*opened).next_back().copied().unwrap_or(0);
            let older = seqs.iter().filter(|seq| **seq < made && !scan.sizes.is_empty()).copied().collect();
            for (first, last) in runs(&older) {
                let problem = "it stands under the key of an accession that was begun after it";
                report.problem(record(first, last), problem, what::TAMPERED);
            }
        }
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
    for (accession, _) in received.opened.values() {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use vidimus_model::Ref;

    use super::name_items;
    use crate::check::items::tests::{item, place};
    use crate::check::records::Facts;
    use crate::check::report::Report;

    fn named(count: u64, there: &[u64], gone: &[u64]) -> Vec<String> {
        let whole = Ref::accession(None, 1);
        let (mut facts, mut report) = (Facts::default(), Report::default());
        for number in there {
            facts.items.learn(*number, "key", item(&whole.with_item(*number), place(1, None)), None);
        }
        facts.items.settle(&mut report);
        name_items(&whole, count, gone.iter().copied().collect::<BTreeSet<_>>(), &facts, &mut report);
        report.done(true).problems.into_iter().map(|problem| problem.reference).collect()
    }

    #[test]
    fn missing_numbers_are_named_in_runs_however_many_there_are() {
        assert_eq!(named(3, &[1, 2, 3], &[]), [""; 0]);
        assert_eq!(named(0, &[], &[]), [""; 0]);
        assert_eq!(named(5, &[1, 4], &[2]), ["A1-3", "A1-5"]);
        assert_eq!(named(1 << 53, &[2], &[]), ["A1-1", "A1-3 to A1-9007199254740992"]);
        assert_eq!(named(u64::MAX, &[1, u64::MAX], &[]), ["A1-2 to A1-18446744073709551614"]);
        assert_eq!(named(1, &[1, 2], &[]), ["A1-2"], "it is above the count");
    }
}
