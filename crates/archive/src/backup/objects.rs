//! The objects of a backup: copied when they are new, removed when they were erased, kept when they were only lost.

use std::collections::{BTreeSet, HashMap};
use std::mem::take;

use vidimus_ledger::{Ledger as _, SqliteLedger};
use vidimus_model::KeyId;
use vidimus_vault::{FolderVault, Found, GetError, ObjectName, PutError, Vault};

use super::{BackedUp, BackupError, BackupProgress};
use crate::cause::Caused;
use crate::rows::{self, Said};
use crate::{Archive, FoldError};

/// Bytes copied at once.
const BUFFER: usize = 1 << 20;
/// Rows read at once.
const ROWS: usize = 2000;
/// Bytes that are copied before they are made durable: so much is copied again where that fails.
const BATCH: u64 = 4 << 30;

impl Archive {
    /// Copies every object that the backup lacks; durable when it returns.
    pub(super) fn copy_objects(
        &mut self,
        to: &FolderVault,
        done: &mut BackedUp,
        progress: &mut dyn FnMut(BackupProgress),
    ) -> Result<(), BackupError> {
        let expected = self.objects_in_use()?.0;
        let gone = self.gone()?;
        crate::crash::step();
        let theirs = list(to)?;
        let mut ours = list(&self.vault)?;
        // What was destroyed and put back is named by `check`.
        let is_back = |name: &ObjectName| {
            !expected.contains_key(name) && self.vault.open(name).is_ok_and(|it| gone.holds(name, &*it))
        };
        ours.retain(|name, _| !(gone.names(name) && is_back(name)));
        let is_damaged = |name, len| expected.get(name).is_some_and(|size| *size != len);
        let missing =
            ours.iter().filter(|(name, len)| !theirs.contains_key(name) && !is_damaged(name, **len));
        let bytes_total = done.bytes + missing.map(|(_, len)| len).sum::<u64>();
        // A second look, for what came meanwhile, goes on from where the first one ended.
        let mut at =
            BackupProgress { objects: 0, objects_total: ours.len() as u64, bytes: done.bytes, bytes_total };
        let mut suspects = Vec::new();
        let mut batch = Batch::default();
        for (name, len) in &ours {
            let damaged = is_damaged(name, *len);
            match theirs.get(name) {
                Some(known) if known == len => {}
                _ if damaged => suspects.push(*name),
                // Of two lengths the recorded one is right; where none is recorded, the copy is left as it is.
                Some(known) if expected.get(name).is_none_or(|size| size == known) => suspects.push(*name),
                known => {
                    if known.is_some() {
                        to.delete(name).map_err(vault)?;
                    }
                    batch.names.push(*name);
                    let copied = copy(&*self.vault, to, name, done, &mut |bytes| {
                        at.bytes += bytes;
                        batch.bytes += bytes;
                        progress(at);
                    });
                    match copied {
                        Err(NotCopied::Unreadable) => suspects.push(*name),
                        Err(NotCopied::Other(error)) => return Err(error),
                        Ok(()) => {}
                    }
                    if batch.bytes >= BATCH {
                        batch.settle(to)?;
                    }
                }
            }
            at.objects += 1;
            progress(at);
        }
        self.keep_damaged(suspects, done)?;
        batch.settle(to)?;
        done.objects = list(to)?.len() as u64;
        Ok(())
    }

    /// Names those that are still damaged; another command may have erased or moved what they held since they were listed.
    fn keep_damaged(&mut self, suspects: Vec<ObjectName>, done: &mut BackedUp) -> Result<(), BackupError> {
        if suspects.is_empty() {
            return Ok(());
        }
        let (in_use, all_known) = self.objects_in_use()?;
        for name in suspects {
            let is_there = !matches!(self.vault.open(&name), Err(GetError::NotFound));
            if in_use.contains_key(&name) || !all_known && is_there {
                keep(done, format!("object {name}"));
            }
        }
        Ok(())
    }

    /// Does the backup have objects that the archive does not?
    pub(super) fn lacks_objects_of(&self, theirs: &FolderVault) -> Result<bool, BackupError> {
        let ours = list(&self.vault)?;
        Ok(list(theirs)?.keys().any(|name| !ours.contains_key(name)))
    }

    /// Removes what no record refers to and one names as destroyed, and what none ever named: a command wrote it and was stopped. The
    /// rest is kept, because it was lost and not erased. What the backup's own ledger says is asked, for the archive's may have been
    /// changed.
    ///
    /// What is there is listed before and after the records are asked: whoever moves or erases at this moment appends first and
    /// deletes then, so that only what was missing before they were asked is lost.
    pub(super) fn drop_erased_objects(
        &mut self,
        to: &FolderVault,
        copy: &SqliteLedger,
        done: &mut BackedUp,
    ) -> Result<(), BackupError> {
        let before = list(&self.vault)?;
        crate::crash::step();
        let (in_use, _) = self.objects_in_use()?;
        let gone = self.gone()?;
        crate::crash::step();
        let after = list(&self.vault)?;
        let mut theirs: BTreeSet<ObjectName> = list(to)?.into_keys().collect();
        theirs.retain(|name| !after.contains_key(name) || gone.names(name));
        let was_destroyed = |name: &ObjectName| to.open(name).is_ok_and(|copy| gone.holds(name, &*copy));
        let mut unnamed = theirs.clone();
        unnamed.retain(|name| !in_use.contains_key(name) && !was_destroyed(name));
        self.retain_never_named(copy, &mut unnamed)?;
        for name in &theirs {
            if !in_use.contains_key(name) && (was_destroyed(name) || unnamed.contains(name)) {
                to.delete(name).map_err(vault)?;
                done.removed += 1;
                done.objects -= 1;
            } else if !before.contains_key(name) {
                keep(done, format!("object {name}"));
            }
        }
        to.barrier().map_err(vault)
    }

    /// Leaves those that no record of the copy ever named; none where one cannot be read, for it may.
    fn retain_never_named(
        &mut self,
        copy: &SqliteLedger,
        names: &mut BTreeSet<ObjectName>,
    ) -> Result<(), BackupError> {
        let mut from = 0;
        while !names.is_empty() {
            let rows = copy.rows(from, ROWS)?;
            let Some(last) = rows.last() else { return Ok(()) };
            from = last.seq + 1;
            for row in rows.iter().filter(|row| row.body.is_some() || row.altered.is_some()) {
                let is_held = self.keyring.compartments().any(|held| held.id.as_str() == row.compartment);
                let key = row.key.parse().ok().and_then(|id| self.keyring.open(id).ok().flatten());
                match key.and_then(|key| rows::open(row, &key.row, &self.archive_id).ok()) {
                    Some(Said::Statement(said)) => {
                        let text = serde_json::to_string(&said.change).unwrap_or_default();
                        names.retain(|name| !text.contains(&name.to_string()));
                    }
                    // What was destroyed in a compartment that is held was looked at: somebody signed for it.
                    _ if row.body.is_none() && is_held => {}
                    _ => names.clear(),
                }
            }
        }
        Ok(())
    }

    /// Objects that records refer to, with their sizes; and whether every record could be asked.
    fn objects_in_use(&mut self) -> Result<(HashMap<ObjectName, u64>, bool), BackupError> {
        let mut keys: Vec<KeyId> = self.keyring.compartments().map(|held| held.current()).collect();
        keys.extend(self.keyring.own_accessions());
        let mut in_use = HashMap::new();
        for key in keys {
            let catalogue = self.catalogue_of(key)?;
            let visited = catalogue.objects(|used| {
                if let Ok(name) = used.place.name.parse() {
                    in_use.insert(name, used.place.size);
                }
            });
            visited.map_err(FoldError::from)?;
        }
        let mut all_known = true;
        for name in crate::keyring::read_folder(&self.layout.held())? {
            let Some(id) = name.to_str().and_then(|name| name.parse::<KeyId>().ok()) else { continue };
            let used = !self.ledger.rows_of_key(&id.to_string(), 0, 1)?.is_empty();
            all_known &= !used || self.keyring.open(id).ok().flatten().is_some();
        }
        Ok((in_use, all_known))
    }
}

/// Objects that were copied and may still be lost.
#[derive(Default)]
struct Batch {
    names: Vec<ObjectName>,
    bytes: u64,
}

impl Batch {
    /// Makes them durable. What a sync fails to keep looks whole until the power goes, and no later sync keeps it: so it is taken away
    /// again, and the next back-up copies it.
    fn settle(&mut self, to: &FolderVault) -> Result<(), BackupError> {
        let kept = to.barrier();
        for name in take(&mut self.names).iter().filter(|_| kept.is_err()) {
            let _ = to.delete(name);
        }
        self.bytes = 0;
        kept.map_err(vault)
    }
}

fn keep(done: &mut BackedUp, what: String) {
    if !done.kept.contains(&what) {
        done.kept.push(what);
    }
}

fn list(vault: &FolderVault) -> Result<HashMap<ObjectName, u64>, BackupError> {
    let mut found = HashMap::new();
    for one in vault.list() {
        if let Found::Object { name, len } = one.map_err(self::vault)? {
            found.insert(name, len);
        }
    }
    Ok(found)
}

/// Why an object was not copied.
pub(super) enum NotCopied {
    /// It cannot be read: a bad sector, or a file that somebody locked. The others still can.
    Unreadable,
    /// Nothing can be copied to there.
    Other(BackupError),
}

/// Copies one object; what was deleted meanwhile is passed over.
pub(super) fn copy(
    from: &impl Vault,
    to: &FolderVault,
    name: &ObjectName,
    done: &mut BackedUp,
    progress: &mut dyn FnMut(u64),
) -> Result<(), NotCopied> {
    let write = |error| NotCopied::Other(vault(error));
    let reader = match from.open(name) {
        Err(GetError::NotFound) => return Ok(()),
        reader => reader.map_err(|_| NotCopied::Unreadable)?,
    };
    let mut writer = match to.put(name) {
        Err(PutError::AlreadyExists) => return Ok(()), // another backup to the same folder was faster
        writer => writer.map_err(write)?,
    };
    let mut buffer = vec![0; BUFFER.min(reader.len().try_into().unwrap_or(BUFFER)).max(1)];
    let mut at = 0;
    loop {
        let n = reader.read_at(at, &mut buffer).map_err(|_| NotCopied::Unreadable)?;
        if n == 0 {
            break;
        }
        writer.write_all(&buffer[..n]).map_err(write)?;
        at += n as u64;
        progress(n as u64);
    }
    match writer.finish() {
        Err(PutError::AlreadyExists) => return Ok(()),
        finished => finished.map_err(write)?,
    }
    done.copied += 1;
    done.bytes += at;
    Ok(())
}

pub(super) fn vault(error: impl std::error::Error + Caused) -> BackupError {
    let source = error.source().map_or_else(String::new, |source| format!(": {source}"));
    BackupError::Vault { reason: format!("{error}{source}"), cause: Caused::cause(&error) }
}

#[cfg(test)]
mod tests {
    use std::io;

    use vidimus_vault::{
        CleanUpError, Fault, FaultyVault, FolderVault, GetError, ObjectName, PutError, Step, Vault as _, When,
    };

    use super::{BackedUp, NotCopied, copy, vault};
    use crate::cause::{Cause, Caused as _};

    #[test]
    fn an_object_that_cannot_be_read_is_told_from_a_backup_that_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let ours = FolderVault::create(&folder.path().join("ours")).unwrap();
        let theirs = FolderVault::create(&folder.path().join("theirs")).unwrap();
        let name = ObjectName::from_bytes([7; 16]);
        let mut writer = ours.put(&name).unwrap();
        writer.write_all(b"sealed").unwrap();
        writer.finish().unwrap();
        let fault = Fault { step: Step::Open, nth: 1, when: When::Before, kind: io::ErrorKind::Other };
        let failing = FaultyVault::new(ours, Some(fault));
        let mut done = BackedUp::default();
        let mut copied = || copy(&failing, &theirs, &name, &mut done, &mut |_| {});
        assert!(matches!(copied(), Err(NotCopied::Unreadable)));
        assert!(matches!(theirs.open(&name), Err(GetError::NotFound)), "nothing half is left");
        assert!(copied().is_ok() && theirs.open(&name).is_ok());
    }

    #[test]
    fn a_full_disk_does_not_accuse_an_object() {
        assert_eq!(vault(PutError::NoRoom).cause(), Cause::System(io::ErrorKind::StorageFull));
        let refused = io::Error::from(io::ErrorKind::PermissionDenied);
        assert_eq!(vault(CleanUpError(refused)).cause(), Cause::System(io::ErrorKind::PermissionDenied));
        assert_eq!(vault(GetError::Foreign).cause(), Cause::Object);
    }
}
