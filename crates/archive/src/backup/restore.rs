//! Restoring: a backup becomes an archive again, and says what the backup did not have.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use vidimus_ledger::{Ledger as _, OpenError, SqliteLedger, StoreError};
use vidimus_seal::Entropy;
use vidimus_vault::{FolderVault, Found, Vault as _};

use super::objects::NotCopied;
use super::{BackedUp, BackupError, BackupProgress, Manifest, objects, small, summary};
use crate::anchor::Settings;
use crate::high_water::{HighWater, Seen};
use crate::layout::Layout;
use crate::tiles::{Log, LogError};
use crate::{CheckpointSummary, files, links};

/// What was restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The newest checkpoint that came back.
    pub checkpoint: CheckpointSummary,
    /// When the backup was last complete, by the clock then; none if it never was.
    pub backed_up_at: Option<String>,
    /// The backup was interrupted: its newest records may name objects that it lacks.
    pub interrupted: bool,
    /// What this machine, or the backup itself, has seen beyond that checkpoint: it is lost unless another copy has it.
    pub lost: Option<CheckpointSummary>,
    /// Objects restored.
    pub objects: u64,
    /// What could not be read in the backup, and did not come back: `object NAME`, or a path.
    pub unreadable: Vec<String>,
}

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// There is no backup in the folder.
    #[error("{0} is not a backup")]
    NotABackup(PathBuf),
    /// Something is there already.
    #[error("{0} is not empty")]
    NotEmpty(PathBuf),
    /// The archive would lie in the backup.
    #[error("the archive would lie in the backup")]
    Inside,
    /// The backup's ledger does not open.
    #[error("the backup's ledger does not open: {0}")]
    Ledger(#[from] OpenError),
    /// The ledger that came back cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An object cannot be copied.
    #[error(transparent)]
    Copy(#[from] BackupError),
    /// The log cannot be published.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The file system failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// Makes an archive in `to`, which must be empty or absent, from the backup in `from`. A machine that has never seen the
/// archive opens it with `first_seen_here`; one that has seen more opens it read-only.
///
/// # Errors
/// See [`RestoreError`]; `to` is then as it was.
pub fn restore(
    from: &Path,
    to: &Path,
    state: &Path,
    progress: &mut dyn FnMut(BackupProgress),
) -> Result<Restored, RestoreError> {
    let manifest = Manifest::read(from).ok_or_else(|| RestoreError::NotABackup(from.to_owned()))?;
    let backup = Layout::new(from);
    if !backup.ledger().is_file() {
        return Err(RestoreError::NotABackup(from.to_owned()));
    }
    links::refuse(&backup)?;
    if to.is_dir() && fs::read_dir(to)?.next().is_some() {
        return Err(RestoreError::NotEmpty(to.to_owned()));
    }
    let (absolute, of_backup) = (std::path::absolute(to)?, from.canonicalize()?);
    let above = absolute.ancestors().find_map(|above| above.canonicalize().ok());
    if above.is_some_and(|above| above.starts_with(&of_backup)) {
        return Err(RestoreError::Inside);
    }
    sweep(to, from);
    let aside =
        Layout::new(beside(to, &hex::encode(Entropy::from_os().map_err(io::Error::other)?.bytes::<8>())));
    let restored = fill(&backup, &aside, &manifest, state, progress);
    let restored = restored.and_then(|restored| {
        fs::rename(aside.root(), to)?;
        files::sync_folder(to.canonicalize()?.parent().unwrap_or(to))?;
        Ok(restored)
    });
    if restored.is_err() {
        let _ = fs::remove_dir_all(aside.root());
    }
    restored
}

/// Where an archive is put together, beside the place where it will be. By its digits it is told from folders that people name.
fn beside(to: &Path, digits: &str) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(format!(".restoring-{digits}"));
    PathBuf::from(name)
}

/// Takes away what interrupted runs of this very command left. What cannot be removed is in nobody's way.
fn sweep(to: &Path, from: &Path) {
    let begin = beside(to, "");
    let (Some(folder), Some(begin), Ok(from)) = (begin.parent(), begin.file_name(), from.canonicalize())
    else {
        return;
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    for name in crate::keyring::read_folder(folder).unwrap_or_default() {
        let digits = name.as_bytes().strip_prefix(begin.as_bytes());
        let is_ours =
            digits.is_some_and(|digits| digits.len() == 16 && digits.iter().all(u8::is_ascii_hexdigit));
        let left = folder.join(&name);
        if is_ours && left.canonicalize().is_ok_and(|left| !from.starts_with(left)) {
            let _ = fs::remove_dir_all(left);
        }
    }
}

fn fill(
    backup: &Layout,
    aside: &Layout,
    manifest: &Manifest,
    state: &Path,
    progress: &mut dyn FnMut(BackupProgress),
) -> Result<Restored, RestoreError> {
    files::make_folder(aside.root())?;
    let (objects, mut unreadable) = copy_objects(backup, aside, progress)?;
    let small = [
        ("keys", small::copy_new(&backup.keys(), &aside.keys())?),
        ("unfinished", small::copy_notes(backup, aside)?),
        ("receipts", small::copy_new(&backup.receipts(), &aside.receipts())?),
    ];
    for (folder, paths) in small {
        unreadable.extend(paths.iter().map(|path| format!("{folder}/{}", path.display())));
    }
    if let Ok(settings) = Settings::bytes(&backup.settings()) {
        for name in crate::check::named_by_settings(&settings) {
            if let Ok(certificates) = crate::files::read(backup.root().join(&name)) {
                files::replace(&aside.root().join(&name), &certificates)?;
            }
        }
        files::replace(&aside.settings(), &settings)?;
    }
    for name in ["ledger.db-wal", "ledger.db"] {
        copy_if_there(&backup.root().join(name), &aside.root().join(name))?;
    }
    let ledger = SqliteLedger::open(&aside.ledger())?;
    Log { layout: aside, ledger: &ledger }.publish()?;
    let tip = ledger.tip()?;
    let checkpoint =
        summary(&tip.note).ok_or_else(|| StoreError::Damaged("the tip has no checkpoint".into()))?;
    let noted = manifest.checkpoint.as_deref().and_then(|note| summary(note.as_bytes()));
    let seen = match HighWater::new(state, ledger.archive()).compare(&ledger)? {
        Seen::WentBack { seen, .. } => summary(seen.as_bytes()),
        Seen::Onward | Seen::Never => None,
    };
    let lost = [noted.clone(), seen].into_iter().flatten().filter(|other| other.size > checkpoint.size);
    Ok(Restored {
        lost: lost.max_by_key(|lost| lost.size),
        interrupted: noted.is_none_or(|noted| noted.size < checkpoint.size),
        checkpoint,
        backed_up_at: manifest.at.clone(),
        objects,
        unreadable,
    })
}

/// Copies a file of the ledger, durably. What SQLite would make of a journal beside it is not asked: it stays where it is.
fn copy_if_there(from: &Path, to: &Path) -> io::Result<()> {
    let mut from = match files::open(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let mut copy = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
    io::copy(&mut from, &mut copy)?;
    copy.sync_all()
}

fn copy_objects(
    backup: &Layout,
    aside: &Layout,
    progress: &mut dyn FnMut(BackupProgress),
) -> Result<(u64, Vec<String>), RestoreError> {
    let from = FolderVault::open(&backup.objects()).map_err(objects::vault)?;
    let to = FolderVault::create(&aside.objects()).map_err(objects::vault)?;
    let names: Vec<_> = from
        .list()
        .filter_map(|found| match found {
            Ok(Found::Object { name, len }) => Some(Ok((name, len))),
            Ok(Found::Foreign { .. }) => None,
            Err(error) => Some(Err(objects::vault(error))),
        })
        .collect::<Result<_, BackupError>>()?;
    let mut done = BackedUp::default();
    let bytes_total = names.iter().map(|(_, len)| len).sum();
    let objects_total = names.len() as u64;
    let mut at = BackupProgress { objects_total, bytes_total, ..BackupProgress::default() };
    let mut unreadable = Vec::new();
    for (name, _) in names {
        let copied = objects::copy(&from, &to, &name, &mut done, &mut |bytes| {
            at.bytes += bytes;
            progress(at);
        });
        match copied {
            // A backup disk fails too: what can be read comes back.
            Err(NotCopied::Unreadable) => unreadable.push(format!("object {name}")),
            Err(NotCopied::Other(error)) => return Err(error.into()),
            Ok(()) => {}
        }
        at.objects += 1;
        progress(at);
    }
    to.barrier().map_err(objects::vault)?;
    Ok((done.copied, unreadable))
}
