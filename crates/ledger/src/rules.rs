//! What an append and a replication check and do, written once for every store.

use std::collections::HashSet;

use crate::{
    AppendError, Appended, Batch, Entry, Ledger, NewRow, OpId, ReplicateError, Row, Seal, StoreError, Tip,
};

/// The four strokes that a store adds to its readings; called only inside a transaction, after all checks.
pub(crate) trait Store: Ledger {
    /// Adds a row at the end.
    fn insert(&self, row: &RowRef<'_>) -> Result<(), StoreError>;
    /// Destroys a row's body (if it has one) and writes the new one and the key that seals it; without a body the row is
    /// erased. Notes the ledger size `at` which it happened.
    fn alter(&self, seq: u64, at: u64, key: &str, body: Option<&[u8]>) -> Result<(), StoreError>;
    /// Keeps a checkpoint.
    fn sign(&self, size: u64, note: &[u8]) -> Result<(), StoreError>;
    /// Moves the end; its checkpoint is kept already.
    fn advance(&self, tip: &Tip) -> Result<(), StoreError>;
}

/// A row on its way in.
pub(crate) struct RowRef<'a> {
    pub seq: u64,
    pub entry: &'a Entry,
    pub op: Option<&'a OpId>,
    pub compartment: &'a str,
    pub key: &'a str,
    pub body: Option<&'a [u8]>,
    pub erased: bool,
    pub altered: Option<u64>,
}

pub(crate) fn append(store: &dyn Store, batch: &Batch, seal: &mut Seal<'_>) -> Result<Appended, AppendError> {
    let tip = store.tip()?;
    // First: a repeated batch has itself moved the heads it names.
    refuse_repeated(store, &batch.rows)?;
    refuse_moved(store, &batch.heads, tip.size)?;
    refuse_bodiless(store, batch)?;

    let entries: Vec<Entry> = batch.rows.iter().map(|row| row.entry).collect();
    let sealed = seal(&tip, &entries).map_err(AppendError::Seal)?;

    for (seq, row) in (tip.size..).zip(&batch.rows) {
        store.insert(&RowRef {
            seq,
            entry: &row.entry,
            op: row.op.as_ref(),
            compartment: &row.compartment,
            key: &row.key,
            body: row.body.as_deref(),
            erased: false,
            altered: None,
        })?;
    }
    if let Some(to) = &batch.reseal {
        for seq in to.rows.iter().copied() {
            let was = row(store, seq)?.ok_or(AppendError::NoBody { seq })?;
            let body = (to.body)(&was).map_err(AppendError::Seal)?;
            store.alter(seq, tip.size, &to.key, Some(&body))?;
        }
    }
    for seq in batch.erase.iter().copied() {
        let was = row(store, seq)?.ok_or(AppendError::NoBody { seq })?;
        store.alter(seq, tip.size, &was.key, None)?;
    }
    let size = tip.size + batch.rows.len() as u64;
    let next = Tip { size, frontier: sealed.frontier, note: sealed.note };
    store.sign(size, &next.note)?;
    store.advance(&next)?;
    Ok(Appended { first: tip.size, tip: next, wiped: true })
}

fn refuse_repeated(store: &dyn Store, rows: &[NewRow]) -> Result<(), AppendError> {
    if rows.is_empty() {
        return Err(AppendError::Empty);
    }
    let (mut ops, mut found) = (HashSet::new(), Vec::new());
    for (index, row) in rows.iter().enumerate() {
        let Some(op) = &row.op else { continue };
        if !ops.insert(op) {
            return Err(AppendError::Twice { index });
        }
        found.extend(store.by_op(op)?.map(|seq| (index, seq)));
    }
    if found.is_empty() {
        Ok(())
    } else if found.len() == ops.len() {
        Err(AppendError::Repeated { seqs: found.into_iter().map(|(_, seq)| seq).collect() })
    } else {
        Err(AppendError::PartlyRepeated { found })
    }
}

fn refuse_moved(store: &dyn Store, heads: &[(String, u64)], size: u64) -> Result<(), AppendError> {
    for (compartment, seen) in heads {
        if *seen > size {
            return Err(AppendError::WentBack { size, seen: *seen });
        }
        if store.head(compartment)? > *seen {
            return Err(AppendError::Moved { compartment: compartment.clone() });
        }
    }
    Ok(())
}

fn refuse_bodiless(store: &dyn Store, batch: &Batch) -> Result<(), AppendError> {
    for seq in batch.reseal.iter().flat_map(|to| &to.rows).copied() {
        row(store, seq)?.filter(|row| row.body.is_some()).ok_or(AppendError::NoBody { seq })?;
    }
    for seq in batch.erase.iter().copied() {
        // Two members may ask for the same erasure, so an erased row passes.
        row(store, seq)?.filter(|row| row.erased || row.body.is_some()).ok_or(AppendError::NoBody { seq })?;
    }
    Ok(())
}

fn row(store: &dyn Store, seq: u64) -> Result<Option<Row>, StoreError> {
    Ok(store.rows(seq, 1)?.pop().filter(|row| row.seq == seq))
}

/// Returns whether a body was destroyed.
pub(crate) fn replicate(
    store: &dyn Store,
    rows: &[Row],
    checkpoints: &[(u64, Vec<u8>)],
    tip: &Tip,
) -> Result<bool, ReplicateError> {
    let ours = store.tip()?;
    if tip.size < ours.size {
        return Err(ReplicateError::Back { ours: ours.size, theirs: tip.size });
    }
    if tip.size == ours.size && *tip != ours {
        return Err(ReplicateError::Forked { size: tip.size });
    }
    let (mut next, mut altered, mut ops) = (ours.size, false, HashSet::new());
    for theirs in rows {
        if theirs.seq >= tip.size {
            return Err(ReplicateError::Beyond { size: tip.size });
        }
        if theirs.seq < ours.size {
            altered |= follow(store, theirs, ours.size)?;
            continue;
        }
        if theirs.seq != next {
            return Err(ReplicateError::Gap { expected: next });
        }
        if let Some(op) = &theirs.op
            && (!ops.insert(op) || store.by_op(op)?.is_some())
        {
            return Err(ReplicateError::Different { seq: theirs.seq });
        }
        store.insert(&RowRef {
            seq: theirs.seq,
            entry: &theirs.entry,
            op: theirs.op.as_ref(),
            compartment: &theirs.compartment,
            key: &theirs.key,
            body: theirs.body.as_deref(),
            erased: theirs.erased,
            altered: theirs.altered,
        })?;
        next += 1;
    }
    if next != tip.size {
        return Err(ReplicateError::Gap { expected: next });
    }
    for (size, note) in checkpoints.iter().map(|(size, note)| (*size, note)).chain([(tip.size, &tip.note)]) {
        if size > tip.size {
            return Err(ReplicateError::Beyond { size: tip.size });
        }
        match store.checkpoint(size)? {
            Some(known) if known != *note => return Err(ReplicateError::Forked { size }),
            None if size > 0 => store.sign(size, note)?,
            _ => {}
        }
    }
    store.advance(tip)?;
    Ok(altered)
}

/// Takes over what happened to a row that we have; returns whether something did.
fn follow(store: &dyn Store, theirs: &Row, at: u64) -> Result<bool, ReplicateError> {
    let seq = theirs.seq;
    let ours = row(store, seq)?.ok_or(ReplicateError::Gap { expected: seq })?;
    let blank = |row: &Row| row.body.is_none() && !row.erased;
    let same = |a: &Row, b: &Row| a.compartment == b.compartment && a.entry == b.entry && a.op == b.op;
    if !same(&ours, theirs) || blank(&ours) != blank(theirs) {
        return Err(ReplicateError::Different { seq });
    }
    if ours.erased && !theirs.erased {
        return Err(ReplicateError::Revived { seq });
    }
    if ours == *theirs {
        return Ok(false);
    }
    if blank(theirs) {
        // A blank row has nothing to seal anew, so its key never changes.
        return Err(ReplicateError::Different { seq });
    }
    // The source's own word: a copy of this copy must be told as one of the source would be.
    store.alter(seq, theirs.altered.unwrap_or(at), &theirs.key, theirs.body.as_deref())?;
    Ok(true)
}
