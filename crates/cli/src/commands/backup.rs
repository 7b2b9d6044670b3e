//! `vidimus backup` and `vidimus restore`: a copy that holds ciphertext only, and the way back from it.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use clap::Args;
use vidimus_archive::{BackupError, BackupProgress, RestoreError, restore};

use super::Answer;
use crate::context::Context;
use crate::progress::Bar;
use crate::trouble::Trouble;
use crate::words::bad_days;

/// Bring a backup up to date, or begin one in an empty folder; the archive may be in use
#[derive(Args)]
pub struct Backup {
    /// The folder of the backup, on another disk
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Make an archive again from a backup
#[derive(Args)]
pub struct Restore {
    /// The folder of the backup
    backup: PathBuf,
    /// A new folder for the archive
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Copies what is new.
///
/// # Errors
/// The folder is something else, or something cannot be read or written.
pub fn backup(arguments: Backup, context: &mut Context) -> Result<Answer, Trouble> {
    let mut archive = context.open_to_record()?;
    let mut bar = Bar::new(context.lang);
    let mut show = |at: BackupProgress| {
        bar.at(at.bytes, at.bytes_total, || bad_days::copied(context.lang, &at));
    };
    let done = archive
        .backup(&arguments.folder, &mut show)
        .map_err(|error| not_backed_up(&arguments.folder, error))?;
    drop(bar);
    if arguments.json {
        context.say_json(&done)?;
    } else {
        context.say(&bad_days::backed_up(context.lang, &done, &arguments.folder))?;
    }
    if is_on_one_disk(context.folder()?, &arguments.folder) {
        context.note(&bad_days::on_one_disk(context.lang, &arguments.folder));
    }
    Ok(if done.kept.is_empty() { Answer::Yes } else { Answer::No })
}

/// Copies everything back.
///
/// # Errors
/// There is no backup, or the folder is not empty.
pub fn back(arguments: Restore, context: &mut Context) -> Result<Answer, Trouble> {
    // Nothing can be put in the place of a link.
    if arguments.folder.is_symlink() {
        return Err(Trouble::at(&arguments.folder, io::ErrorKind::AlreadyExists.into()));
    }
    let mut bar = Bar::new(context.lang);
    let mut show = |at: BackupProgress| {
        bar.at(at.bytes, at.bytes_total, || bad_days::copied(context.lang, &at));
    };
    let restored = restore(&arguments.backup, &arguments.folder, &context.state(), &mut show);
    drop(bar);
    let restored = restored.map_err(|error| not_restored(&arguments, error))?;
    context.say(&bad_days::restored(context.lang, &restored, &arguments.folder))?;
    let is_whole = !restored.interrupted && restored.lost.is_none() && restored.unreadable.is_empty();
    Ok(if is_whole { Answer::Yes } else { Answer::No })
}

fn not_backed_up(folder: &Path, error: BackupError) -> Trouble {
    match error {
        _ if is_no_folder(folder) => Trouble::at(folder, io::ErrorKind::NotADirectory.into()),
        BackupError::NotOurs(folder) => Trouble::NotEmpty(folder),
        BackupError::Inside => Trouble::BackupInside,
        BackupError::NoSuchFolder(parent) => Trouble::at(&parent, io::ErrorKind::NotFound.into()),
        BackupError::Place(error) => Trouble::at(folder, error),
        other => Trouble::inside(&other),
    }
}

fn not_restored(typed: &Restore, error: RestoreError) -> Trouble {
    match error {
        _ if is_no_folder(&typed.folder) => Trouble::at(&typed.folder, io::ErrorKind::NotADirectory.into()),
        RestoreError::NotABackup(folder) if is_no_folder(&folder) => {
            Trouble::at(&folder, io::ErrorKind::NotADirectory.into())
        }
        RestoreError::NotABackup(folder) if !folder.exists() => {
            Trouble::at(&folder, io::ErrorKind::NotFound.into())
        }
        RestoreError::NotABackup(folder) => Trouble::NotABackup(folder),
        RestoreError::NotEmpty(folder) => Trouble::NotEmpty(folder),
        RestoreError::Inside => Trouble::BackupInside,
        other => Trouble::inside(&other),
    }
}

/// Is it one file system? So is a folder on which a disk was to be mounted, and none is.
fn is_on_one_disk(archive: &Path, backup: &Path) -> bool {
    let disk = |folder: &Path| folder.metadata().ok().map(|found| found.dev());
    disk(archive).is_some_and(|one| disk(backup) == Some(one))
}

/// It, or what it should lie in, is something else.
pub fn is_no_folder(path: &Path) -> bool {
    path.ancestors().find_map(|one| one.metadata().ok()).is_some_and(|found| !found.is_dir())
}
