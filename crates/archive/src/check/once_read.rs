//! What the checker could read on this computer before, and cannot any more though nobody signed for it.

use std::collections::BTreeMap;

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
    (scan, relabelled, register): (&Scan, &Relabelled, &Register),
    (facts, gone): (&Facts, &Gone),
    (mark, member): (&HighWater, MemberId),
    report: &mut Report,
) {
    if facts.in_use || register.is_damaged {
        return;
    }
    let once = OnceRead::of(mark, member);
    let before = match once.read() {
        Ok(before) => before,
        // What is remembered there is not written over.
        Err(error) => {
            let problem = sentence!("cannot be read: {}", error);
            return report.problem(format!("file {}", once.name()), problem, what::FOREIGN);
        }
    };
    let kept: Vec<u64> = register.rollbacks.iter().map(|back| size_of(&back.kept)).collect();
    let size = before.size_in_log(&kept).min(scan.tip.size);
    let altered: BTreeMap<u64, u64> = facts.altered.all().collect();
    let is_signed = |seq: u64| {
        let at = altered.get(&seq).filter(|at| **at >= size);
        at.is_some_and(|at| gone.has_altered(seq, append(scan, *at)))
    };
    let lost = before.rows.iter().take_while(|seq| *seq < size);
    let lost: Vec<u64> = lost.filter(|seq| !facts.read.contains(*seq) && !is_signed(*seq)).collect();
    // Where a key is named as missing, that may be why; it brings them back, or they are named then.
    if !report.has_named_below("key held/") {
        let is_hidden = |seq: &u64| scan.closed.contains(*seq) && !relabelled.contains(*seq);
        for (first, last) in runs(&lost.iter().copied().filter(is_hidden).collect()) {
            report.problem(record(first, last), HIDDEN, what::TAMPERED);
        }
    }
    let mut now =
        Memory { size: scan.tip.size, rollbacks: register.rollbacks.len(), rows: facts.read.clone() };
    // What was lost is asked for again, until it is back.
    lost.into_iter().for_each(|seq| now.rows.insert(seq));
    if now != before {
        let _ = once.write(&now);
    }
}
