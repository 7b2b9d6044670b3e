//! The ledger in memory, for the tests of those who use one.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::rules::{self, RowRef, Store};
use crate::{
    AppendError, Appended, Batch, Entry, Ledger, Make, OpId, ReplicateError, Row, Seal, StoreError, Tip,
};

/// A ledger that ends with the process; a clone is another handle on the same one.
#[derive(Clone, Default)]
pub struct MemoryLedger {
    append_lock: Arc<Mutex<()>>,
    state: Arc<RwLock<State>>,
}

#[derive(Clone, Default)]
struct State {
    rows: Vec<Row>,
    checkpoints: BTreeMap<u64, Vec<u8>>,
    tip: Tip,
}

impl State {
    /// The rows that have their checkpoint: all but those of an append in progress.
    fn signed(&self) -> &[Row] {
        &self.rows[..self.tip.size as usize]
    }
}

impl MemoryLedger {
    /// An empty ledger.
    pub fn new() -> Self {
        Self::default()
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> Result<T, StoreError> {
        Ok(read(&self.state.read().unwrap_or_else(PoisonError::into_inner)))
    }

    fn write(&self, write: impl FnOnce(&mut State)) -> Result<(), StoreError> {
        write(&mut self.state.write().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    /// An error in `work` leaves everything as it was.
    fn undoing<T, E: From<StoreError>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let before = self.read(State::clone)?;
        let done = work();
        if done.is_err() {
            self.write(|state| *state = before)?;
        }
        done
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        // A caller's callback that panicked had written nothing yet.
        self.append_lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger for MemoryLedger {
    fn tip(&self) -> Result<Tip, StoreError> {
        self.read(|state| state.tip.clone())
    }

    fn rows(&self, from: u64, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.read(|state| state.signed().iter().filter(|row| row.seq >= from).take(limit).cloned().collect())
    }

    fn rows_of_key(&self, key: &str, from: u64, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.read(|state| {
            let rows = state.signed().iter().filter(|row| row.seq >= from && row.key == key);
            rows.take(limit).cloned().collect()
        })
    }

    fn altered(&self, below: u64) -> Result<Vec<(u64, u64)>, StoreError> {
        self.read(|state| {
            let rows = state.rows.iter().filter(|row| row.seq < below);
            rows.filter_map(|row| Some((row.seq, row.altered?))).collect()
        })
    }

    fn entries(&self, from: u64, to: u64) -> Result<Vec<Entry>, StoreError> {
        self.read(|state| {
            let rows = state.signed().iter().filter(|row| (from..to).contains(&row.seq));
            rows.map(|row| row.entry).collect()
        })
    }

    fn head(&self, compartment: &str) -> Result<u64, StoreError> {
        self.read(|state| {
            let last = state.signed().iter().rfind(|row| row.compartment == compartment);
            last.map_or(0, |row| row.seq + 1)
        })
    }

    fn by_op(&self, op: &OpId) -> Result<Option<u64>, StoreError> {
        self.read(|state| state.signed().iter().find(|row| row.op.as_ref() == Some(op)).map(|row| row.seq))
    }

    fn checkpoints(&self, from: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.read(|state| {
            let notes = state.checkpoints.range(from..).take(limit);
            notes.map(|(size, note)| (*size, note.clone())).collect()
        })
    }

    fn checkpoint(&self, size: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|state| state.checkpoints.get(&size).cloned())
    }

    fn append(&mut self, batch: &Batch, seal: &mut Seal<'_>) -> Result<Appended, AppendError> {
        let _alone = self.lock();
        self.undoing(|| rules::append(self, batch, seal))
    }

    fn while_locked(&mut self, make: &mut Make<'_>, seal: &mut Seal<'_>) -> Result<Appended, AppendError> {
        let _alone = self.lock();
        let batch = make(self).map_err(AppendError::Seal)?;
        self.undoing(|| rules::append(self, &batch, seal))
    }

    fn replicate(
        &mut self,
        rows: &[Row],
        checkpoints: &[(u64, Vec<u8>)],
        tip: &Tip,
    ) -> Result<bool, ReplicateError> {
        let _alone = self.lock();
        self.undoing(|| rules::replicate(self, rows, checkpoints, tip)).map(|_| true)
    }

    fn wipe(&mut self) -> Result<bool, StoreError> {
        Ok(true)
    }
}

impl Store for MemoryLedger {
    fn insert(&self, row: &RowRef<'_>) -> Result<(), StoreError> {
        let row = Row {
            seq: row.seq,
            compartment: row.compartment.into(),
            key: row.key.into(),
            entry: *row.entry,
            op: row.op.copied(),
            body: row.body.map(Into::into),
            erased: row.erased,
            altered: row.altered,
        };
        self.write(|state| state.rows.push(row))
    }

    fn alter(&self, seq: u64, at: u64, key: &str, body: Option<&[u8]>) -> Result<(), StoreError> {
        self.write(|state| {
            let row = &mut state.rows[seq as usize];
            row.key = key.into();
            row.body = body.map(Into::into);
            row.erased = row.body.is_none();
            row.altered = Some(at);
        })
    }

    fn sign(&self, size: u64, note: &[u8]) -> Result<(), StoreError> {
        self.write(|state| drop(state.checkpoints.insert(size, note.into())))
    }

    fn advance(&self, tip: &Tip) -> Result<(), StoreError> {
        self.write(|state| state.tip = tip.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Shared(MemoryLedger);

    impl crate::conform::Fixture for Shared {
        type Handle = MemoryLedger;

        fn new() -> Self {
            Self(MemoryLedger::new())
        }

        fn handle(&self) -> MemoryLedger {
            self.0.clone()
        }
    }

    crate::conform!(Shared);
}
