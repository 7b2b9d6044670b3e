//! The folder in which a bag grows: beside the place where it will stand, and put there whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, OFlags, flock, syncfs};

/// Why a bag cannot be put where it was wanted.
#[derive(Debug, thiserror::Error)]
pub enum OutError {
    /// Something is there already.
    #[error("{0} is there and not an empty folder")]
    NotEmpty(PathBuf),
    /// It lies in the archive's own folder, where no plain bytes are to be; or it is the top of a disk, which has no folder above.
    #[error("{0} is inside the archive")]
    InArchive(PathBuf),
    /// It is where a disk begins, so nothing can be put there at once: name a folder in it.
    #[error("{0} is the top of a disk")]
    DiskTop(PathBuf),
    /// Another disclosure is being written there.
    #[error("another disclosure is being written to {0}")]
    Busy(PathBuf),
    /// The disk is full.
    #[error("no room for the package")]
    NoRoom,
    /// The file system refused.
    #[error("{path} cannot be written: {reason}")]
    Io {
        /// What.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
}

/// A folder `.partial-<name>` beside the bag's place; dropped before [`Partial::finish`] it is removed.
///
/// A killed run leaves it, under a name that nobody takes for a bag; the next run to the same place clears it.
#[derive(Debug)]
pub(super) struct Partial {
    path: PathBuf,
    out: PathBuf,
    /// Opened before the first write, so that it hears of every write that fails; also holds the lock.
    handle: File,
    finished: bool,
}

impl Partial {
    /// Begins where the bag is to stand at `out`, which must be absent or an empty folder, outside the archive at `archive`.
    pub fn begin(out: &Path, archive: &Path) -> Result<Self, OutError> {
        let failed = |reason| OutError::Io { path: out.to_owned(), reason };
        let name = out.file_name().ok_or_else(|| OutError::InArchive(out.to_owned()))?.to_owned();
        let above = match out.parent() {
            Some(above) if !above.as_os_str().is_empty() => above,
            _ => Path::new("."),
        };
        let above = above.canonicalize().map_err(failed)?;
        let out = above.join(&name);
        if archive.canonicalize().is_ok_and(|archive| out.starts_with(archive)) {
            return Err(OutError::InArchive(out));
        }
        check_place(&out, &above)?;
        let mut aside = OsString::from(".partial-");
        aside.push(&name);
        let path = above.join(aside);
        let failed = |reason| OutError::Io { path: path.clone(), reason };
        let handle = lock(&path).map_err(failed)?.ok_or_else(|| OutError::Busy(out.clone()))?;
        clear(&path).map_err(failed)?;
        Ok(Self { path, out, handle, finished: false })
    }

    /// Where the bag will stand.
    pub fn out(&self) -> &Path {
        &self.out
    }

    /// Makes a file for writing; its folder too where it is missing.
    pub fn create(&self, relative: &str) -> Result<File, OutError> {
        let path = self.path.join(relative);
        let made = path.parent().map_or(Ok(()), |folder| match folder.is_dir() {
            true => Ok(()),
            false => fs::DirBuilder::new().mode(0o700).create(folder),
        });
        let options = OpenOptions::new().write(true).create_new(true).mode(0o600).clone();
        made.and_then(|()| options.open(&path)).map_err(|reason| out_error(&path, reason))
    }

    /// Writes a small file.
    pub fn write(&self, relative: &str, bytes: &[u8]) -> Result<(), OutError> {
        let written = self.create(relative)?.write_all(bytes);
        written.map_err(|reason| out_error(&self.path.join(relative), reason))
    }

    /// Makes everything written so far durable, and learns whether a write failed after it was taken.
    pub fn sync(&self) -> Result<(), OutError> {
        syncfs(&self.handle).map_err(|reason| out_error(&self.path, reason.into()))
    }

    /// Puts the bag in its place; durable when it returns.
    pub fn finish(mut self) -> Result<PathBuf, OutError> {
        self.sync()?;
        fs::rename(&self.path, &self.out).map_err(|reason| out_error(&self.out, reason))?;
        self.finished = true;
        crate::files::sync_folder(self.out.parent().unwrap_or(&self.out))
            .map_err(|reason| out_error(&self.out, reason))?;
        Ok(self.out.clone())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be removed is cleared by the next run.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// What the file system said, in our words.
pub(super) fn out_error(path: &Path, reason: io::Error) -> OutError {
    match reason.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => OutError::NoRoom,
        _ => OutError::Io { path: path.to_owned(), reason },
    }
}

/// The place must be free, and on the disk of the folder above it, or a rename cannot fill it.
fn check_place(out: &Path, above: &Path) -> Result<(), OutError> {
    let failed = |reason| OutError::Io { path: out.to_owned(), reason };
    let found = match fs::symlink_metadata(out) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        found => found.map_err(failed)?,
    };
    if !found.is_dir() || fs::read_dir(out).map_err(failed)?.next().is_some() {
        return Err(OutError::NotEmpty(out.to_owned()));
    }
    if found.dev() != fs::metadata(above).map_err(failed)?.dev() {
        return Err(OutError::DiskTop(out.to_owned()));
    }
    Ok(())
}

/// The folder, held for this process alone; none while another one holds it.
fn lock(path: &Path) -> io::Result<Option<File>> {
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(e) if e.kind() != ErrorKind::AlreadyExists => return Err(e),
        _ => {}
    }
    let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW;
    let handle = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path)?;
    match flock(&handle, FlockOperation::NonBlockingLockExclusive) {
        Err(rustix::io::Errno::WOULDBLOCK) => return Ok(None),
        held => held?,
    }
    // Who held it until just now may have put it in its place or removed it.
    let (held, named) = (handle.metadata()?, fs::symlink_metadata(path));
    let same = named.is_ok_and(|named| (named.dev(), named.ino()) == (held.dev(), held.ino()));
    Ok(same.then_some(handle))
}

fn clear(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path())?,
            false => fs::remove_file(entry.path())?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bag_is_there_whole_or_not_at_all() {
        let place = tempfile::tempdir().unwrap();
        let (out, archive) = (place.path().join("bag"), place.path().join("archive"));
        let names = || fs::read_dir(place.path()).unwrap().count();
        let partial = Partial::begin(&out, &archive).unwrap();
        partial.write("data/01.txt", b"x").unwrap();
        assert!(!out.exists());
        assert!(matches!(Partial::begin(&out, &archive), Err(OutError::Busy(_))));
        drop(partial);
        assert_eq!(names(), 0);

        // What a killed run left is not taken into the next bag.
        fs::create_dir_all(place.path().join(".partial-bag/data")).unwrap();
        fs::write(place.path().join(".partial-bag/data/07.txt"), "old").unwrap();
        fs::create_dir(&out).unwrap();
        let partial = Partial::begin(&out, &archive).unwrap();
        partial.write("data/01.txt", b"x").unwrap();
        assert_eq!(partial.finish().unwrap(), out.canonicalize().unwrap());
        assert_eq!(names(), 1);
        assert_eq!(fs::read_dir(out.join("data")).unwrap().count(), 1);
        assert!(matches!(Partial::begin(&out, &archive), Err(OutError::NotEmpty(_))));
    }

    #[test]
    fn no_plain_bytes_go_into_the_archive() {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir(place.path().join("objects")).unwrap();
        let begun = Partial::begin(&place.path().join("objects/bag"), place.path());
        assert!(matches!(begun, Err(OutError::InArchive(_))));
    }
}
