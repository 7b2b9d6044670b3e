//! The ledger's copy follows: first what was destroyed or sealed again, where a member signed for it, then the new rows, from
//! checkpoint to checkpoint.

use std::collections::BTreeMap;

use vidimus_ledger::{Ledger, ReplicateError, Row, SqliteLedger, StoreError, Tip};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::merkle::{Frontier, leaf_hash};

use super::BackupError;
use crate::Archive;
use crate::destroyed::Gone;

/// Rows copied in one transaction, unless one append was larger.
const PAGE: u64 = 2000;

/// Brings `copy` to the end of the archive's ledger. Returns the rows of which the ledger says that they were altered and the
/// register does not: of these the copy keeps what it has.
pub(crate) fn follow(archive: &mut Archive, copy: &mut SqliteLedger) -> Result<Vec<u64>, BackupError> {
    loop {
        refuse_other(&archive.ledger, copy)?;
        let end = archive.ledger.tip()?;
        let ours = copy.tip()?;
        let gone = archive.gone()?;
        let ledger = &archive.ledger;
        let (signed, unsigned) = by_signature(altered(ledger, copy)?, &gone, ledger)?;
        for some in signed.chunks(PAGE as usize) {
            let rows = some.iter().map(|seq| row(ledger, *seq)).collect::<Result<Vec<_>, _>>()?;
            copy.replicate(&rows, &[], &ours)?;
        }
        append(ledger, copy, &end)?;
        // What was erased meanwhile was perhaps read before and perhaps after: once more, to its tombstone. A row that says
        // so without one, in a ledger that stands still, is for the check to name.
        if ledger.tip()? == end || altered(ledger, copy)?.iter().all(|(_, at)| *at < end.size) {
            copy.wipe()?;
            return Ok(unsigned);
        }
    }
}

/// Which of these the register says to have been altered in that append, and which not.
fn by_signature(
    altered: Vec<(u64, u64)>,
    gone: &Gone,
    ledger: &SqliteLedger,
) -> Result<(Vec<u64>, Vec<u64>), StoreError> {
    let mut ends = BTreeMap::new();
    for (_, at) in &altered {
        if !ends.contains_key(at) {
            let next = ledger.checkpoints(at.saturating_add(1), 1)?;
            ends.insert(*at, next.first().map_or(*at, |(size, _)| *size));
        }
    }
    let (signed, unsigned): (Vec<_>, Vec<_>) =
        altered.into_iter().partition(|(seq, at)| gone.has_altered(*seq, *at..ends[at]));
    let seqs = |rows: Vec<(u64, u64)>| rows.into_iter().map(|(seq, _)| seq).collect();
    Ok((seqs(signed), seqs(unsigned)))
}

/// What the ledger says was destroyed or sealed anew, and the copy does not, or not so late: log indices, each with the ledger's
/// size before the append that did it.
pub(super) fn altered(ledger: &SqliteLedger, copy: &SqliteLedger) -> Result<Vec<(u64, u64)>, StoreError> {
    let size = copy.tip()?.size;
    let known: BTreeMap<u64, u64> = copy.altered(size)?.into_iter().collect();
    let mut altered = ledger.altered(size)?;
    altered.retain(|(seq, at)| known.get(seq).is_none_or(|known| known < at));
    Ok(altered)
}

/// The copy must be the ledger's beginning.
pub(super) fn refuse_other(ledger: &SqliteLedger, copy: &SqliteLedger) -> Result<(), BackupError> {
    let ours = copy.tip()?;
    if ours.size > 0 && ledger.checkpoint(ours.size)?.as_ref() != Some(&ours.note) {
        return Err(ReplicateError::Forked { size: ours.size }.into());
    }
    Ok(())
}

fn row(ledger: &SqliteLedger, seq: u64) -> Result<Row, StoreError> {
    let found = ledger.rows(seq, 1)?.pop().filter(|row| row.seq == seq);
    found.ok_or_else(|| StoreError::Damaged(format!("row {seq} is missing")))
}

fn append(ledger: &SqliteLedger, copy: &mut SqliteLedger, end: &Tip) -> Result<(), BackupError> {
    let ours = copy.tip()?;
    if ours.size >= end.size {
        // Nothing new, or a copy of something else: the ledger tells.
        copy.replicate(&[], &[], end)?;
        return Ok(());
    }
    let mut frontier = match ours.size {
        0 => Frontier::new(),
        _ => Frontier::from_bytes(&ours.frontier).map_err(|_| BackupError::Damaged)?,
    };
    let mut at = ours.size;
    while at < end.size {
        let checkpoints = group(ledger, at, end.size)?;
        let Some((size, note)) = checkpoints.last().cloned() else { return Err(BackupError::Damaged) };
        let rows = ledger.rows(at, usize::try_from(size - at).map_err(|_| BackupError::Damaged)?)?;
        rows.iter().for_each(|row| frontier.append(leaf_hash(&row.entry)));
        // What does not add up is not copied over a good copy.
        let signed = SignedCheckpoint::from_bytes(&note).map_err(|_| BackupError::Damaged)?;
        if frontier.size() != size || signed.checkpoint().root != frontier.root() {
            return Err(BackupError::Damaged);
        }
        let tip = Tip { size, frontier: frontier.to_bytes(), note };
        copy.replicate(&rows, &checkpoints, &tip)?;
        at = size;
    }
    Ok(())
}

/// The next checkpoints, up to a page of rows and at least one.
fn group(ledger: &SqliteLedger, at: u64, end: u64) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
    let mut next = ledger.checkpoints(at + 1, PAGE as usize)?;
    next.retain(|(size, _)| *size <= end);
    let count = next.iter().take_while(|(size, _)| *size <= at + PAGE).count().max(1);
    next.truncate(count);
    Ok(next)
}
