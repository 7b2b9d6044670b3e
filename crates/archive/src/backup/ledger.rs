//! The ledger's copy follows: first what was destroyed or sealed again, then the new rows, from checkpoint to checkpoint.

use vidimus_ledger::{Ledger, ReplicateError, Row, SqliteLedger, StoreError, Tip};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::merkle::{Frontier, leaf_hash};

use super::BackupError;

/// Rows copied in one transaction, unless one append was larger.
const PAGE: u64 = 2000;

/// Brings `copy` to the end of `ledger`.
pub(super) fn follow(ledger: &SqliteLedger, copy: &mut SqliteLedger) -> Result<(), BackupError> {
    loop {
        refuse_other(ledger, copy)?;
        let end = ledger.tip()?;
        let ours = copy.tip()?;
        let altered = ledger.altered(ours.size)?;
        for some in altered.chunks(PAGE as usize) {
            let rows = some.iter().map(|seq| row(ledger, *seq)).collect::<Result<Vec<_>, _>>()?;
            copy.replicate(&rows, &[], &ours)?;
        }
        append(ledger, copy, &end)?;
        // What was erased meanwhile was perhaps read before and perhaps after: once more, to its tombstone. A row that says
        // so without one, in a ledger that stands still, is for the check to name.
        if ledger.altered(end.size)?.is_empty() || ledger.tip()? == end {
            break;
        }
    }
    copy.wipe()?;
    Ok(())
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
