//! What was found, until it is recorded: in batches, under the lock of those who erase and move, and checked once more.

use std::collections::HashSet;

use vidimus_ledger::Ledger as _;
use vidimus_model::{Change, CompartmentId, End, KeyId, ObjectPlace, Ref};
use vidimus_vault::Vault as _;

use super::bench::{Done, Task, objects_of};
use super::{ExamineError, Rows, Run, records};
use crate::door::{Act, Blanks, Draft};
use crate::receive::padded;
use crate::{Archive, FoldError};

/// Records of one append.
const RECORDS: usize = 1000;
/// Items of which the findings wait.
const WAITING: usize = 200;

/// What was found and is not recorded yet.
#[derive(Default)]
pub(super) struct Appender {
    found: Vec<Done>,
    /// How many records were made of each compartment.
    rows: Rows,
    /// What workers died of was recorded.
    pub buried: bool,
}

impl Appender {
    pub fn take(&mut self, done: Done) {
        self.found.push(done);
    }

    pub fn is_full(&self) -> bool {
        self.found.len() >= WAITING
            || self.found.iter().map(|done| done.found.contained.len()).sum::<usize>() >= RECORDS
    }

    /// An item that waits to be recorded, with these bytes under this key.
    pub fn find(&self, key: KeyId, sha256: &[u8; 32]) -> Option<(Ref, ObjectPlace)> {
        let digest = hex::encode(sha256);
        let of_key = self.found.iter().filter(|done| done.task.key == key);
        let mut items = of_key.flat_map(|done| &done.found.contained);
        items
            .find(|item| item.sha256 == digest && item.copy_of.is_none())
            .map(|item| (item.about.clone(), item.object.clone()))
    }

    fn count(&mut self, compartment: &CompartmentId, rows: u64) {
        *self.rows.entry(compartment.clone()).or_default() += rows;
    }
}

impl Run {
    /// Takes note that an item was given up, because workers died of it.
    pub(super) fn buried(&mut self, compartment: &CompartmentId, about: Ref) {
        self.appender.count(compartment, 1);
        self.appender.buried = true;
        self.looked_at.insert(about, true);
    }
}

impl Archive {
    /// Records what was found until now. What was erased or moved meanwhile is given up, with all that was made of it.
    pub(super) fn append_found(&mut self, run: &mut Run) -> Result<(), ExamineError> {
        let found = std::mem::take(&mut run.appender.found);
        if found.is_empty() {
            return Ok(());
        }
        // Nobody erases or moves until it is recorded: else a record could name what is destroyed.
        let _workplace = self.workplace()?;
        self.refresh()?;
        self.vault.barrier()?;
        crate::crash::step();
        let (mut inside, mut last, mut leases) = (Vec::new(), Vec::new(), Vec::new());
        let mut accepted: HashSet<Ref> = HashSet::new();
        for done in found {
            if !self.still_holds(&done, &accepted)? {
                for name in objects_of(&done.found).iter().filter_map(|name| name.parse().ok()) {
                    // What cannot be removed, `check` names as left over.
                    let _ = self.vault.delete(&name);
                }
                done.task.lease.end()?;
                continue;
            }
            let Done { task: Task { item, attempt, compartment, key, lease, .. }, found } = done;
            accepted.extend(found.contained.iter().map(|item| item.about.clone()));
            run.done.contained += found.contained.len() as u64;
            let failed = found.findings.stages.iter().any(|end| matches!(end.end, End::Partly | End::Failed));
            *run.looked_at.entry(item.about.clone()).or_insert(false) |= failed;
            let draft = |change: Change| Draft { compartment: compartment.clone(), key, change };
            let (contained, examined) = records::changes(item.about, attempt, found);
            run.appender.count(&compartment, (contained.len() + examined.len()) as u64);
            inside.extend(contained.into_iter().map(draft));
            last.extend(examined.into_iter().map(draft));
            leases.push(lease);
        }
        // What was found in a container stands before the container's own record, or in the same append.
        inside.append(&mut last);
        while !inside.is_empty() {
            let rest = inside.split_off(inside.len().min(RECORDS));
            let drafts = std::mem::replace(&mut inside, rest);
            self.record(Act::of(drafts, Vec::new()))?;
        }
        leases.into_iter().try_for_each(super::lease::Begun::end)?;
        Ok(())
    }

    /// Is the item where it was, and whatever was found to be a copy of something too?
    fn still_holds(&mut self, done: &Done, accepted: &HashSet<Ref>) -> Result<bool, ExamineError> {
        let task = &done.task;
        let row = self.ledger.rows(task.seq, 1).map_err(FoldError::from)?.pop();
        let is_there =
            row.is_some_and(|row| row.seq == task.seq && !row.erased && row.key == task.key.to_string());
        if !is_there {
            return Ok(false);
        }
        let whole = task.item.about.whole();
        let own: HashSet<&Ref> = done.found.contained.iter().map(|item| &item.about).collect();
        for item in &done.found.contained {
            let Some(of) = item.copy_of.as_ref().filter(|of| of.whole() == whole) else { continue };
            if own.contains(of) || accepted.contains(of) {
                continue;
            }
            let catalogue = self.catalogue_of(task.catalogue)?;
            let row = catalogue.item(of).map_err(FoldError::from)?.value;
            if row.is_none_or(|row| row.item.object != item.object) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Adds blank rows, so that the log does not count what was examined.
    pub(super) fn pad(&mut self, rows: &Appender) -> Result<(), ExamineError> {
        for (compartment, rows) in &rows.rows {
            let key = self.current(compartment)?;
            self.keyring.open(key).map_err(FoldError::from)?;
            let count = padded(*rows) - rows;
            let blanks = Some(Blanks { count, key, compartment: compartment.clone() });
            self.record(Act { blanks, ..Act::default() })?;
        }
        Ok(())
    }
}
