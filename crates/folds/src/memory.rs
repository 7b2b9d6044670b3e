//! A fold that keeps the entries themselves: the least that fulfils the contract.

use std::collections::BTreeMap;

use crate::{ApplyError, Entry, Fold, Said, StoreError, may_apply};

/// Entries by number, in memory; what an erasure names is dropped.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MemoryFold {
    position: u64,
    said: BTreeMap<u64, Said>,
}

impl MemoryFold {
    /// What is known, in the order of the ledger.
    pub fn entries(&self) -> impl Iterator<Item = (u64, &Said)> {
        self.said.iter().map(|(seq, said)| (*seq, said))
    }
}

impl Fold for MemoryFold {
    const VERSION: u32 = 1;

    fn position(&self) -> Result<u64, StoreError> {
        Ok(self.position)
    }

    fn apply(&mut self, batch: &[Entry], from: u64, to: u64) -> Result<(), ApplyError> {
        may_apply(batch, self.position, from, to)?;
        for entry in batch {
            // What was destroyed stays so, whoever still remembers it.
            if self.said.get(&entry.seq) != Some(&Said::Erased) {
                self.said.insert(entry.seq, entry.said.clone());
            }
        }
        for entry in batch {
            if let Said::Statement(statement) = &entry.said
                && let vidimus_model::Change::Erasure(erasure) = &statement.change
            {
                self.said.extend(erasure.entries.iter().map(|seq| (*seq, Said::Erased)));
            }
        }
        self.position = to;
        Ok(())
    }

    fn reset(&mut self) -> Result<(), StoreError> {
        *self = Self::default();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::MemoryFold;

    crate::conform::fold!(MemoryFold::default, |fold: &MemoryFold| format!("{fold:?}"));
}
