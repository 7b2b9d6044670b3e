//! A vault that breaks on purpose: one call of one kind fails, before its effect or after it.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::{
    BarrierError, DeleteError, Found, GetError, ListError, ObjectName, ObjectReader, ObjectWriter, PutError,
    Vault,
};

/// A kind of call that can fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// [`Vault::put`]; after its effect means that a temporary was made.
    Put,
    /// [`ObjectWriter::write_all`].
    Write,
    /// [`ObjectWriter::finish`].
    Finish,
    /// [`Vault::barrier`]; its failure is fatal as in every vault.
    Barrier,
    /// [`Vault::open`]; what it opened reads without fault.
    Open,
    /// [`Vault::delete`].
    Delete,
}

impl Step {
    /// Every kind, for tests that break each.
    pub const ALL: [Self; 6] =
        [Self::Put, Self::Write, Self::Finish, Self::Barrier, Self::Open, Self::Delete];
}

/// Whether the failing call leaves nothing, or everything but the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Nothing was done.
    Before,
    /// All was done, and the answer was lost.
    After,
}

/// Which call fails, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The kind of call.
    pub step: Step,
    /// Which one of its kind, counted from 1.
    pub nth: u64,
    /// Before or after its effect.
    pub when: When,
    /// `StorageFull` becomes `NoRoom`; others, `Io`.
    pub kind: io::ErrorKind,
}

/// Passes every call on to a vault, counts them, and fails where its plan says so.
///
/// Run a story once without a fault and read [`FaultyVault::calls`]; then once for each call and [`When`].
pub struct FaultyVault<V> {
    inner: V,
    fault: Option<Fault>,
    calls: [AtomicU64; Step::ALL.len()],
    barrier_failed: AtomicBool,
}

struct Writer<'a, V> {
    vault: &'a FaultyVault<V>,
    inner: Box<dyn ObjectWriter + 'a>,
    spent: bool,
}

impl<V: Vault> FaultyVault<V> {
    /// The vault `inner` that fails once, as `fault` says, or never.
    pub fn new(inner: V, fault: Option<Fault>) -> Self {
        Self { inner, fault, calls: Default::default(), barrier_failed: AtomicBool::new(false) }
    }

    /// How many calls of this kind were made.
    pub fn calls(&self, step: Step) -> u64 {
        self.calls[step as usize].load(Ordering::SeqCst)
    }

    /// The vault behind, which a process started after the failure would open.
    pub fn into_inner(self) -> V {
        self.inner
    }

    fn attempt<T, E: From<io::Error>>(
        &self,
        step: Step,
        call: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let nth = self.calls[step as usize].fetch_add(1, Ordering::SeqCst) + 1;
        match self.fault.filter(|fault| fault.step == step && fault.nth == nth) {
            None => call(),
            Some(fault) => {
                if fault.when == When::After {
                    call()?;
                }
                Err(io::Error::from(fault.kind).into())
            }
        }
    }

    fn refuse_after_failed_barrier(&self) -> Result<(), PutError> {
        match self.barrier_failed.load(Ordering::SeqCst) {
            true => Err(PutError::BarrierFailed),
            false => Ok(()),
        }
    }
}

impl<V: Vault> Vault for FaultyVault<V> {
    fn put(&self, name: &ObjectName) -> Result<Box<dyn ObjectWriter + '_>, PutError> {
        self.refuse_after_failed_barrier()?;
        let inner = self.attempt(Step::Put, || self.inner.put(name))?;
        Ok(Box::new(Writer { vault: self, inner, spent: false }))
    }

    fn barrier(&self) -> Result<(), BarrierError> {
        if self.barrier_failed.load(Ordering::SeqCst) {
            return Err(BarrierError::BarrierFailed);
        }
        self.attempt(Step::Barrier, || self.inner.barrier())
            .inspect_err(|_| self.barrier_failed.store(true, Ordering::SeqCst))
    }

    fn open(&self, name: &ObjectName) -> Result<Box<dyn ObjectReader>, GetError> {
        self.attempt(Step::Open, || self.inner.open(name))
    }

    fn delete(&self, name: &ObjectName) -> Result<(), DeleteError> {
        self.attempt(Step::Delete, || self.inner.delete(name))
    }

    fn list(&self) -> Box<dyn Iterator<Item = Result<Found, ListError>> + '_> {
        self.inner.list()
    }
}

impl<V: Vault> ObjectWriter for Writer<'_, V> {
    fn reserve(&mut self, len: u64) -> Result<(), PutError> {
        self.inner.reserve(len)
    }

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), PutError> {
        if self.spent {
            return Err(PutError::Spent);
        }
        let inner = &mut self.inner;
        self.vault.attempt(Step::Write, || inner.write_all(bytes)).inspect_err(|_| self.spent = true)
    }

    fn finish(self: Box<Self>) -> Result<(), PutError> {
        if self.spent {
            return Err(PutError::Spent);
        }
        self.vault.refuse_after_failed_barrier()?;
        self.vault.attempt(Step::Finish, || self.inner.finish())
    }
}

impl From<io::Error> for GetError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<io::Error> for DeleteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryVault;

    const NAME: ObjectName = ObjectName::from_bytes([7; 16]);

    crate::conform::vault!(|| {
        let memory = MemoryVault::new();
        let same = memory.clone();
        crate::conform::Subject {
            vault: Box::new(FaultyVault::new(memory, None)),
            plant_foreign: Box::new(move |name| same.plant_foreign(name)),
        }
    });

    /// Puts one object durably and deletes it again.
    fn story(vault: &impl Vault) -> Result<(), Box<dyn std::error::Error>> {
        let mut writer = vault.put(&NAME)?;
        writer.write_all(b"sealed")?;
        writer.finish()?;
        vault.barrier()?;
        vault.open(&NAME)?;
        Ok(vault.delete(&NAME)?)
    }

    #[test]
    fn each_step_fails_once_before_or_after_its_effect() {
        for (step, when) in Step::ALL.into_iter().flat_map(|s| [(s, When::Before), (s, When::After)]) {
            let fault = Fault { step, nth: 1, when, kind: io::ErrorKind::StorageFull };
            let vault = FaultyVault::new(MemoryVault::new(), Some(fault));
            assert!(story(&vault).is_err(), "{fault:?}");
            assert_eq!(vault.calls(step), 1);
            let visible = vault.list().count() == 1;
            let durable = vault.into_inner().after_power_cut().list().count() == 1;
            let (expect_visible, expect_durable) = match (step, when) {
                (Step::Put | Step::Write, _) | (Step::Finish, When::Before) => (false, false),
                (Step::Finish, When::After) | (Step::Barrier, When::Before) => (true, false),
                (Step::Barrier, When::After) | (Step::Open, _) | (Step::Delete, When::Before) => (true, true),
                (Step::Delete, When::After) => (false, true),
            };
            assert_eq!((visible, durable), (expect_visible, expect_durable), "{fault:?}");
        }
    }

    #[test]
    fn a_failed_barrier_is_the_end_of_this_vault() {
        let fault = Fault { step: Step::Barrier, nth: 1, when: When::Before, kind: io::ErrorKind::Other };
        let vault = FaultyVault::new(MemoryVault::new(), Some(fault));
        assert!(matches!(vault.barrier(), Err(BarrierError::Io(_))));
        assert!(matches!(vault.barrier(), Err(BarrierError::BarrierFailed)));
        assert!(matches!(vault.put(&NAME).map(drop), Err(PutError::BarrierFailed)));
    }
}
