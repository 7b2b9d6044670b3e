//! A vault in memory, for tests: it also tells what a power cut would leave.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::{
    BarrierError, DeleteError, Found, GetError, ListError, ObjectName, ObjectReader, ObjectWriter, PutError,
    Vault,
};

/// A vault in memory. A clone is the same vault, as a second process would see it.
#[derive(Clone, Default)]
pub struct MemoryVault(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    visible: BTreeMap<ObjectName, Arc<Vec<u8>>>,
    durable: BTreeMap<ObjectName, Arc<Vec<u8>>>,
    foreign: Vec<PathBuf>,
}

struct Writer<'a> {
    vault: &'a MemoryVault,
    name: ObjectName,
    bytes: Vec<u8>,
}

#[derive(Debug)]
struct Reader(Arc<Vec<u8>>);

impl MemoryVault {
    /// An empty vault.
    pub fn new() -> Self {
        Self::default()
    }

    /// What is left when the power goes now and nothing reached the disk that no barrier forced there.
    pub fn after_power_cut(&self) -> Self {
        let state = self.state();
        Self(Arc::new(Mutex::new(State {
            visible: state.durable.clone(),
            durable: state.durable.clone(),
            foreign: state.foreign.clone(),
        })))
    }

    /// Puts something that is no object into the vault.
    pub fn plant_foreign(&self, path: impl Into<PathBuf>) {
        self.state().foreign.push(path.into());
    }

    /// Replaces an object's bytes behind the vault's back, as a rotten disk or its owner would.
    pub fn overwrite(&self, name: &ObjectName, bytes: Vec<u8>) {
        self.state().visible.insert(*name, Arc::new(bytes));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics while it holds this lock")
    }
}

impl Vault for MemoryVault {
    fn put(&self, name: &ObjectName) -> Result<Box<dyn ObjectWriter + '_>, PutError> {
        if self.state().visible.contains_key(name) {
            return Err(PutError::AlreadyExists);
        }
        Ok(Box::new(Writer { vault: self, name: *name, bytes: Vec::new() }))
    }

    fn barrier(&self) -> Result<(), BarrierError> {
        let mut state = self.state();
        state.durable = state.visible.clone();
        Ok(())
    }

    fn open(&self, name: &ObjectName) -> Result<Box<dyn ObjectReader>, GetError> {
        let bytes = self.state().visible.get(name).cloned().ok_or(GetError::NotFound)?;
        Ok(Box::new(Reader(bytes)))
    }

    fn delete(&self, name: &ObjectName) -> Result<(), DeleteError> {
        self.state().visible.remove(name);
        Ok(())
    }

    fn list(&self) -> Box<dyn Iterator<Item = Result<Found, ListError>> + '_> {
        let state = self.state();
        let objects = state.visible.iter();
        let objects = objects.map(|(&name, bytes)| Found::Object { name, len: bytes.len() as u64 });
        let foreign = state.foreign.iter().cloned();
        let foreign = foreign.map(|untrusted_path| Found::Foreign { untrusted_path });
        let all: Vec<Found> = objects.chain(foreign).collect();
        Box::new(all.into_iter().map(Ok))
    }
}

impl ObjectWriter for Writer<'_> {
    fn reserve(&mut self, _len: u64) -> Result<(), PutError> {
        Ok(())
    }

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), PutError> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), PutError> {
        let mut state = self.vault.state();
        if state.visible.contains_key(&self.name) {
            return Err(PutError::AlreadyExists);
        }
        state.visible.insert(self.name, Arc::new(self.bytes));
        Ok(())
    }
}

impl ObjectReader for Reader {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, GetError> {
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
        let rest = &self.0[from..];
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::conform::vault!(|| {
        let vault = MemoryVault::new();
        let same = vault.clone();
        crate::conform::Subject {
            vault: Box::new(vault),
            plant_foreign: Box::new(move |name| same.plant_foreign(name)),
        }
    });

    #[test]
    fn a_power_cut_takes_what_no_barrier_kept() {
        let (kept, lost) = (ObjectName::from_bytes([1; 16]), ObjectName::from_bytes([2; 16]));
        let vault = MemoryVault::new();
        vault.put(&kept).unwrap().finish().unwrap();
        vault.barrier().unwrap();
        vault.put(&lost).unwrap().finish().unwrap();
        vault.delete(&kept).unwrap();
        let after = vault.after_power_cut();
        assert!(after.open(&kept).is_ok());
        assert!(matches!(after.open(&lost), Err(GetError::NotFound)));
    }
}
