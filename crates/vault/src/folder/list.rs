//! What is in a vault's folder: objects, and whatever else was put there.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType};
use rustix::io::Errno;

use super::calls::{existing, names, open_folder};
use super::{TMP, is_shard, parse_name, shard_name};
use crate::{Found, ListError};

/// Lists one folder after the other, so that memory holds one folder's names.
pub(super) fn list(root: &OwnedFd) -> Box<dyn Iterator<Item = Result<Found, ListError>> + '_> {
    match names(root) {
        Ok(names) => Box::new(names.into_iter().flat_map(|name| list_folder(root, &name))),
        Err(errno) => {
            Box::new(std::iter::once(Err(ListError { path: PathBuf::new(), source: errno.into() })))
        }
    }
}

/// What one entry of the root holds, or the entry itself where it is none of ours. What cannot be read is an error of
/// its own, so that one damaged place does not hide the others.
fn list_folder(root: &OwnedFd, name: &OsStr) -> Vec<Result<Found, ListError>> {
    let path = PathBuf::from(name);
    let ours = name == TMP || is_shard(name);
    let opened = if ours { open_folder(root, name) } else { Err(Errno::NOTDIR) };
    match opened.and_then(|folder| Ok((names(&folder)?, folder))) {
        Ok((children, folder)) => {
            let listed = children.into_iter().map(|child| list_child(&folder, &path, &child));
            listed.filter_map(Result::transpose).collect()
        }
        Err(Errno::NOENT) => Vec::new(),
        Err(Errno::NOTDIR | Errno::LOOP) => vec![Ok(Found::Foreign { untrusted_path: path })],
        Err(errno) => vec![Err(ListError { path, source: errno.into() })],
    }
}

/// `None` for a folder of unfinished objects, and for what was deleted meanwhile.
fn list_child(folder: &OwnedFd, folder_path: &Path, child: &OsStr) -> Result<Option<Found>, ListError> {
    let path = folder_path.join(child);
    let stat = match existing(rustix::fs::statat(folder, child, AtFlags::SYMLINK_NOFOLLOW)) {
        Ok(Some(stat)) => stat,
        Ok(None) => return Ok(None),
        Err(errno) => return Err(ListError { path, source: errno.into() }),
    };
    Ok(match (parse_name(child), FileType::from_raw_mode(stat.st_mode)) {
        (Some(_), FileType::Directory) if folder_path == Path::new(TMP) => None,
        (Some(name), FileType::RegularFile) if folder_path == Path::new(&shard_name(&name)) => {
            Some(Found::Object { name, len: stat.st_size as u64 })
        }
        _ => Some(Found::Foreign { untrusted_path: path }),
    })
}
