//! Backups: a second folder that follows the archive, ciphertext only, while the archive is in use.
//!
//! Objects are copied before the records that name them, so an interrupted backup never names what it lacks. What was
//! erased in the archive is erased in the backup; what the archive merely lost is kept there.

mod ledger;
mod objects;
mod restore;
mod small;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use vidimus_ledger::{Ledger as _, OpenError, ReplicateError, SqliteLedger, StoreError};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_vault::FolderVault;

use crate::cause::Cause;
use crate::layout::Layout;
use crate::{Archive, CheckpointSummary, FoldError, files, links};

#[cfg(test)]
pub(crate) use ledger::follow;
pub use restore::{RestoreError, Restored, restore};

/// The file that makes a folder a backup.
pub(crate) const MANIFEST: &str = "backup.json";

/// How far a backup has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BackupProgress {
    /// Objects dealt with.
    pub objects: u64,
    /// Objects there are.
    pub objects_total: u64,
    /// Bytes copied.
    pub bytes: u64,
    /// Bytes to copy: what is there already is not among them.
    pub bytes_total: u64,
}

/// What a backup did; `docs/format/commands.md` has it as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BackedUp {
    /// Objects in the backup.
    pub objects: u64,
    /// Objects copied now.
    pub copied: u64,
    /// Bytes copied now.
    pub bytes: u64,
    /// Objects and wrapped keys removed, because they were erased in the archive.
    pub removed: u64,
    /// Records in the backup.
    pub size: u64,
    /// What is damaged or missing in the archive, so that the backup kept its own copy.
    pub kept: Vec<String>,
}

/// Why there is no complete backup. What was copied stays; the same call goes on.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder holds something else.
    #[error("{0} is not empty and not a backup of this archive")]
    NotOurs(PathBuf),
    /// Archive and backup must not lie in each other.
    #[error("the backup would lie in the archive, or the archive in the backup")]
    Inside,
    /// The archive is behind what this machine has seen; its backup may be the newer one.
    #[error("the archive went back")]
    WentBack,
    /// The backup holds records that the archive does not have.
    #[error("the backup holds other records than the archive: {0}")]
    Other(ReplicateError),
    /// The archive's entries contradict its checkpoints.
    #[error("the archive's ledger is damaged")]
    Damaged,
    /// A ledger cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The backup's ledger cannot be opened.
    #[error("the backup's ledger does not open: {0}")]
    Ledger(#[from] OpenError),
    /// What is in use cannot be asked.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// Something was destroyed or changed that no member signed for; nothing of the backup was touched but what is new.
    #[error("changed in the archive without a signature: {}", .0.join(", "))]
    Unsigned(Vec<String>),
    /// An object cannot be copied.
    #[error("an object cannot be copied: {reason}")]
    Vault {
        /// What happened.
        reason: String,
        /// What stood in the way.
        cause: Cause,
    },
    /// There is no folder in which the backup's could be made.
    #[error("there is no folder {0}")]
    NoSuchFolder(PathBuf),
    /// Nothing can be made where the backup should lie.
    #[error("nothing can be made in the folder of the backup: {0}")]
    Place(io::Error),
    /// The file system failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl From<ReplicateError> for BackupError {
    fn from(error: ReplicateError) -> Self {
        match error {
            ReplicateError::Store(error) => Self::Store(error),
            other => Self::Other(other),
        }
    }
}

/// Is it the folder of a backup?
pub(crate) fn is_backup(folder: &Path) -> bool {
    Manifest::read(folder).is_some()
}

/// The id of the archive that a folder is marked as a backup of.
pub(crate) fn marked_as_of(folder: &Path) -> Option<String> {
    Manifest::read(folder).map(|manifest| manifest.archive)
}

/// What stands in the backup's own file.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    version: u32,
    /// The archive's id.
    archive: String,
    /// When it was last complete, by our clock.
    at: Option<String>,
    /// The newest checkpoint it held then (note).
    checkpoint: Option<String>,
}

impl Manifest {
    fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&crate::files::read(folder.join(MANIFEST)).ok()?).ok()
    }

    fn write(&self, folder: &Path) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(self).map_err(io::Error::other)?;
        text.push(b'\n');
        files::replace(&folder.join(MANIFEST), &text)
    }
}

impl Archive {
    /// Brings the backup in `folder` up to date, or begins one in an empty folder.
    ///
    /// # Errors
    /// The folder is something else, the backup holds what the archive lost, or something cannot be read or written.
    pub fn backup(
        &mut self,
        folder: &Path,
        progress: &mut dyn FnMut(BackupProgress),
    ) -> Result<BackedUp, BackupError> {
        if self.went_back.is_some() {
            return Err(BackupError::WentBack);
        }
        let (theirs, _turn) = self.begin_backup(folder)?;
        let mut copy = open_ledger(&theirs, &self.archive_id)?;
        ledger::refuse_other(&self.ledger, &copy)?;
        let vault = open_vault(&theirs)?;
        let mut done = BackedUp::default();
        // First what is there now; then the records; then what these name and came meanwhile.
        self.copy_objects(&vault, &mut done, progress)?;
        self.refuse_unsigned(&theirs, &copy, &vault)?;
        let unsigned = ledger::follow(self, &mut copy)?;
        done.kept.extend(unsigned.iter().map(|seq| format!("record {seq}")));
        self.copy_objects(&vault, &mut done, progress)?;
        self.drop_erased_objects(&vault, &copy, &mut done)?;
        self.mirror_keys(&theirs, &copy, &mut done)?;
        let tip = copy.tip()?;
        self.mirror_others(&theirs, tip.size, &mut done)?;
        done.size = tip.size;
        Manifest {
            version: 1,
            archive: self.archive_id.clone(),
            at: Some(self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            checkpoint: Some(String::from_utf8_lossy(&tip.note).into_owned()),
        }
        .write(folder)?;
        Ok(done)
    }

    /// What is destroyed in the archive is destroyed in the backup, so it is looked at first: whoever has nothing but the
    /// folder must not reach the backup through it.
    fn refuse_unsigned(
        &mut self,
        theirs: &Layout,
        copy: &SqliteLedger,
        vault: &FolderVault,
    ) -> Result<(), BackupError> {
        let size = copy.tip()?.size;
        let destroys = size > 0
            && (!ledger::altered(&self.ledger, copy)?.is_empty()
                || self.lacks_objects_of(vault)?
                || small::lacks_keys_of(&self.layout, theirs)?);
        if !destroys {
            return Ok(());
        }
        let checked = self.check(false, &mut |_| {});
        let unsigned: Vec<String> = checked
            .problems
            .into_iter()
            .filter(|problem| problem.what_to_do == crate::check::TAMPERED)
            .map(|problem| problem.reference)
            .collect();
        if unsigned.is_empty() { Ok(()) } else { Err(BackupError::Unsigned(unsigned)) }
    }

    /// Where the copies go, and the lock under which they do: whoever backs up into the same folder waits.
    fn begin_backup(&self, folder: &Path) -> Result<(Layout, File), BackupError> {
        let ours = self.layout.root().canonicalize()?;
        // Asked before the folder is made, too: what is made in the archive is a stranger's to its check.
        let absolute = std::path::absolute(folder)?;
        let above = absolute.ancestors().find_map(|above| above.canonicalize().ok());
        if above.is_some_and(|above| above.starts_with(&ours)) {
            return Err(BackupError::Inside);
        }
        // A mistyped name, or a disk that is not mounted: a copy beside the archive would be taken for one on another disk.
        if let Some(parent) = absolute.parent().filter(|parent| !parent.exists()) {
            return Err(BackupError::NoSuchFolder(parent.to_owned()));
        }
        files::settle_folder(folder).map_err(BackupError::Place)?;
        if ours.starts_with(folder.canonicalize().map_err(BackupError::Place)?) {
            return Err(BackupError::Inside);
        }
        links::refuse(&Layout::new(folder))?;
        let turn = File::open(folder).map_err(BackupError::Place)?;
        // Where there are no locks nobody waits.
        let _ = turn.lock();
        match Manifest::read(folder) {
            Some(manifest) if manifest.archive == self.archive_id => {}
            Some(_) => return Err(BackupError::NotOurs(folder.to_owned())),
            None if !holds_only_a_beginning(folder)? => {
                return Err(BackupError::NotOurs(folder.to_owned()));
            }
            None => {
                Manifest { version: 1, archive: self.archive_id.clone(), at: None, checkpoint: None }
                    .write(folder)
                    .map_err(BackupError::Place)?;
            }
        }
        Ok((Layout::new(folder), turn))
    }
}

/// Is there nothing but what a back-up left that was killed while it wrote its first file?
fn holds_only_a_beginning(folder: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let begun = name.to_string_lossy();
        if !(begun.starts_with(MANIFEST) && begun.ends_with(".aside")) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn open_vault(layout: &Layout) -> Result<FolderVault, BackupError> {
    let vault = match layout.objects().is_dir() {
        true => FolderVault::open(&layout.objects()),
        false => FolderVault::create(&layout.objects()),
    };
    let vault = vault.map_err(objects::vault)?;
    vault.clean_up().map_err(objects::vault)?;
    Ok(vault)
}

fn open_ledger(layout: &Layout, archive_id: &str) -> Result<SqliteLedger, BackupError> {
    let path = layout.ledger();
    if !path.exists() {
        begin_ledger(layout, archive_id)?;
    }
    let ledger = SqliteLedger::open(&path)?;
    if ledger.archive() != archive_id {
        return Err(BackupError::NotOurs(layout.root().to_owned()));
    }
    Ok(ledger)
}

/// Made aside, so that a killed back-up leaves a whole ledger or none.
fn begin_ledger(layout: &Layout, archive_id: &str) -> Result<(), BackupError> {
    let aside = layout.root().join("ledger.db.begun");
    for left_over in ["", "-journal", "-wal", "-shm"] {
        let mut name = aside.clone().into_os_string();
        name.push(left_over);
        match fs::remove_file(name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    drop(SqliteLedger::create(&aside, archive_id)?);
    fs::rename(aside, layout.ledger())?;
    Ok(files::sync_folder(layout.root())?)
}

fn summary(note: &[u8]) -> Option<CheckpointSummary> {
    SignedCheckpoint::from_bytes(note).ok().map(|signed| CheckpointSummary::from(signed.checkpoint()))
}
