//! The file calls of a vault: relative to an open folder, following no link.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

/// Moves a file to a name that nothing has, in one step.
pub(super) fn rename_new(from: &OwnedFd, temporary: &str, to: &OwnedFd, name: &str) -> Result<(), Errno> {
    match rustix::fs::renameat_with(from, temporary, to, name, RenameFlags::NOREPLACE) {
        // NFS has no such rename but links; FAT the other way round.
        Err(Errno::INVAL | Errno::NOSYS) => link_new(from, temporary, to, name),
        result => result,
    }
}

/// As [`rename_new`]; the temporary name goes when its writer is dropped.
pub(super) fn link_new(from: &OwnedFd, temporary: &str, to: &OwnedFd, name: &str) -> Result<(), Errno> {
    rustix::fs::linkat(from, temporary, to, name, AtFlags::empty())
}

/// Opens a folder, which is made first where there is none.
pub(super) fn make_folder(parent: &OwnedFd, name: &str) -> Result<OwnedFd, Errno> {
    if let Some(folder) = existing(open_folder(parent, name))? {
        return Ok(folder);
    }
    match rustix::fs::mkdirat(parent, name, Mode::RWXU) {
        Ok(()) | Err(Errno::EXIST) => open_folder(parent, name),
        Err(errno) => Err(errno),
    }
}

/// Opens a folder; a link to one is an error.
pub(super) fn open_folder(
    parent: impl rustix::fd::AsFd,
    name: impl rustix::path::Arg,
) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(parent, name, flags, Mode::empty())
}

/// The names in a folder, of any bytes, without `.` and `..`.
pub(super) fn names(folder: &OwnedFd) -> Result<Vec<OsString>, Errno> {
    let entries = rustix::fs::Dir::read_from(folder)?;
    let names = entries.map(|entry| Ok(OsStr::from_bytes(entry?.file_name().to_bytes()).to_owned()));
    names.filter(|name| !matches!(name, Ok(name) if name == "." || name == "..")).collect()
}

/// Takes the folder's lock; `false` when another holds the lock.
pub(super) fn try_lock(folder: &OwnedFd) -> Result<bool, Errno> {
    match rustix::fs::flock(folder, FlockOperation::NonBlockingLockExclusive) {
        Err(Errno::WOULDBLOCK) => Ok(false),
        result => result.map(|()| true),
    }
}

/// `None` where there is nothing of that name.
pub(super) fn existing<T>(result: Result<T, Errno>) -> Result<Option<T>, Errno> {
    match result {
        Err(Errno::NOENT) => Ok(None),
        result => result.map(Some),
    }
}
