//! What the checker could read on this computer before, and cannot any more though nobody signed for it.

use std::collections::{BTreeMap, BTreeSet};

use vidimus_ledger::{Ledger as _, SqliteLedger};
use vidimus_model::MemberId;

use super::altered::append;
use super::ledger::Scan;
use super::own_keys::size_of;
use super::records::Facts;
use super::register::Register;
use super::relabelled::Relabelled;
use super::report::{Report, record, runs, what};
use super::sentence::sentence;
use crate::destroyed::Gone;
use crate::high_water::HighWater;
use crate::once_read::{Memory, OnceRead};

const HIDDEN: &str = "it could be read on this computer before, and now its row names a key that is not held, though no record says that it was sealed anew";

/// Names those, and remembers what can be read now. Nothing is remembered where that cannot be written.
pub(super) fn look(
    ledger: &SqliteLedger,
    (scan, relabelled, register): (&Scan, &Relabelled, &Register),
    (facts, gone): (&Facts, &Gone),
    (mark, member): (&HighWater, MemberId),
    report: &mut Report,
) {
    if facts.in_use || register.is_damaged {
        return;
    }
    let once = OnceRead::of(mark, member);
    let before = once.read().unwrap_or_else(|error| {
        report.problem(
            format!("file {}", once.name()),
            sentence!("cannot be read: {}", error),
            what::FOREIGN,
        );
        Memory::default()
    });
    let kept: Vec<u64> = register.rollbacks.iter().map(|back| size_of(&back.kept)).collect();
    let size = before.size_in_log(&kept).min(scan.tip.size);
    let altered: BTreeMap<u64, u64> = facts.altered.all().collect();
    let is_signed = |seq: u64| {
        let at = altered.get(&seq).filter(|at| **at >= size);
        at.is_some_and(|at| gone.has_altered(seq, append(scan, *at)))
    };
    let lost = before.rows.iter().take_while(|seq| *seq < size);
    let lost: Vec<u64> = lost.filter(|seq| !facts.read.contains(*seq) && !is_signed(*seq)).collect();
    let mut hidden = BTreeSet::new();
    for seq in lost.iter().copied().filter(|seq| scan.closed.contains(*seq) && !relabelled.contains(*seq)) {
        let row = ledger.rows(seq, 1).unwrap_or_default().pop().filter(|row| row.seq == seq);
        // Where the key itself is missing that is named, and brings all of them back.
        if row.is_some_and(|row| !report.has_named_below(&format!("key held/{}", row.key))) {
            hidden.insert(seq);
        }
    }
    for (first, last) in runs(&hidden) {
        report.problem(record(first, last), HIDDEN, what::TAMPERED);
    }
    let mut now =
        Memory { size: scan.tip.size, rollbacks: register.rollbacks.len(), rows: facts.read.clone() };
    // What was lost is asked for again, until it is back.
    lost.into_iter().for_each(|seq| now.rows.insert(seq));
    if now != before {
        let _ = once.write(&now);
    }
}
