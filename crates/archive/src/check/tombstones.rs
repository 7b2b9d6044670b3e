//! Tombstones and what was erased, compared: neither stands without the other.

use std::collections::BTreeSet;

use super::ledger::Scan;
use super::moves::Stands;
use super::records::Facts;
use super::register::Register;
use super::report::{Report, record, runs, what};
use super::sentence::sentence;

/// Names what was erased without a tombstone, and what a tombstone says is gone and is there.
pub(super) fn compare(facts: &Facts, (scan, register): (&Scan, &Register), report: &mut Report) {
    let stands = |seq: u64| facts.altered.stands(seq, scan, facts);
    let without: BTreeSet<u64> = facts
        .erased
        .iter()
        .filter(|(seq, compartment)| {
            let is_read = facts.holds(compartment) || matches!(stands(**seq), Stands::Under { .. });
            facts.tombstones(**seq).is_empty() && is_read
        })
        .map(|(seq, _)| *seq)
        .collect();
    // A tombstone that cannot be read may be the one that is looked for: a damaged one, or one of where it was moved to. What is
    // only another member's is none, for a tombstone stands under the compartment's key.
    let lacks = facts.is_damaged() || report.has_named_below("key held/") || !scan.missing.is_empty();
    let is_whole = !lacks && !register.is_damaged;
    let (certain, without): (BTreeSet<u64>, BTreeSet<u64>) = without
        .into_iter()
        .partition(|seq| facts.unread == 0 || is_whole && !matches!(stands(*seq), Stands::Away { .. }));
    if !certain.is_empty() {
        for (first, last) in runs(&certain) {
            report.problem(record(first, last), "it was erased, and no tombstone says why", what::TAMPERED);
        }
    }
    if !without.is_empty() {
        report.unknown(sentence!(
            "why {} [record was|records were] erased: not every record can be read",
            without.len()
        ));
    }
    let size = scan.entries.len() as u64;
    let back = |seq: &&u64| **seq < size && !facts.erased.contains_key(*seq) && !scan.missing.contains(*seq);
    for (first, last) in runs(&facts.buried.iter().map(|(seq, _)| seq).filter(back).copied().collect()) {
        let problem = "a tombstone says that it was erased, and it is there";
        report.problem(record(first, last), problem, what::TAMPERED);
    }
}
