//! A ledger that fails on purpose, so that those who append can show that they survive it.

use crate::{
    AppendError, Appended, Batch, Entry, Ledger, Make, OpId, ReplicateError, Row, Seal, StoreError, Tip,
};

/// How the next change fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// After the checkpoint was signed, before anything is kept.
    BeforeWrite,
    /// All is kept, but the answer is lost.
    AfterWrite,
}

/// Passes everything on, and fails once when told to.
pub struct FaultyLedger<L> {
    inner: L,
    next: Option<Fault>,
}

impl<L: Ledger> FaultyLedger<L> {
    /// A ledger that does not fail yet.
    pub fn new(inner: L) -> Self {
        Self { inner, next: None }
    }

    /// The next append or replication fails like this.
    pub fn fail_next(&mut self, fault: Fault) {
        self.next = Some(fault);
    }

    /// Runs an append with a seal that, where it is to leave nothing, fails after signing.
    fn appending(
        &mut self,
        seal: &mut Seal<'_>,
        append: impl FnOnce(&mut L, &mut Seal<'_>) -> Result<Appended, AppendError>,
    ) -> Result<Appended, AppendError> {
        let fault = self.next.take();
        let mut signed = false;
        let done = append(&mut self.inner, &mut |tip, entries| {
            let sealed = seal(tip, entries)?;
            signed = true;
            if fault == Some(Fault::BeforeWrite) { Err("failing on purpose".into()) } else { Ok(sealed) }
        });
        match fault {
            Some(_) if signed => Err(injected().into()),
            _ => done,
        }
    }
}

fn injected() -> StoreError {
    StoreError::Medium(std::io::Error::other("failing on purpose"))
}

impl<L: Ledger> Ledger for FaultyLedger<L> {
    fn tip(&self) -> Result<Tip, StoreError> {
        self.inner.tip()
    }

    fn rows(&self, from: u64, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.inner.rows(from, limit)
    }

    fn rows_of_key(&self, key: &str, from: u64, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.inner.rows_of_key(key, from, limit)
    }

    fn altered(&self, below: u64) -> Result<Vec<(u64, u64)>, StoreError> {
        self.inner.altered(below)
    }

    fn entries(&self, from: u64, to: u64) -> Result<Vec<Entry>, StoreError> {
        self.inner.entries(from, to)
    }

    fn head(&self, compartment: &str) -> Result<u64, StoreError> {
        self.inner.head(compartment)
    }

    fn by_op(&self, op: &OpId) -> Result<Option<u64>, StoreError> {
        self.inner.by_op(op)
    }

    fn checkpoints(&self, from: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        self.inner.checkpoints(from, limit)
    }

    fn checkpoint(&self, size: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.checkpoint(size)
    }

    fn append(&mut self, batch: &Batch, seal: &mut Seal<'_>) -> Result<Appended, AppendError> {
        self.appending(seal, |inner, seal| inner.append(batch, seal))
    }

    fn while_locked(&mut self, make: &mut Make<'_>, seal: &mut Seal<'_>) -> Result<Appended, AppendError> {
        self.appending(seal, |inner, seal| inner.while_locked(make, seal))
    }

    fn replicate(
        &mut self,
        rows: &[Row],
        checkpoints: &[(u64, Vec<u8>)],
        tip: &Tip,
    ) -> Result<bool, ReplicateError> {
        match self.next.take() {
            Some(Fault::BeforeWrite) => Err(injected().into()),
            Some(Fault::AfterWrite) => {
                self.inner.replicate(rows, checkpoints, tip)?;
                Err(injected().into())
            }
            None => self.inner.replicate(rows, checkpoints, tip),
        }
    }

    fn wipe(&mut self) -> Result<bool, StoreError> {
        self.inner.wipe()
    }
}
