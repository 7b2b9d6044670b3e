//! Small files of the archive's own are read: nothing that is no file, and nothing that no memory holds.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::NOT_WAITING;

/// No file that is read whole is nearly as large.
pub const MAX_BYTES: u64 = 16 << 20;

/// Something else stands in the place of one of the archive's own files or folders: a link, a FIFO, a device; or a file that is too
/// large by far. It arrives inside an [`io::Error`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is not the file or folder that belongs there", path.display())]
pub struct NotAFile {
    /// Where it stands.
    pub path: PathBuf,
}

impl NotAFile {
    pub(crate) fn at(path: &Path) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, Self { path: path.to_owned() })
    }

    /// Is it this what an error of the file system says?
    pub fn within(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

/// Reads one of the archive's own files whole: at most [`MAX_BYTES`], and nothing but a regular file.
///
/// # Errors
/// [`NotAFile`], or any of the file system's.
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    read_at_most(path.as_ref(), MAX_BYTES)
}

/// As [`read`], of a file that is smaller still. What is too large is not read at all.
///
/// # Errors
/// As [`read`].
pub fn read_at_most(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let (file, mut untrusted) = (open(path)?, Vec::new());
    let size = file.metadata()?.len();
    // It may grow while it is read.
    if size > most || file.take(most + 1).read_to_end(&mut untrusted)? as u64 > most {
        return Err(NotAFile::at(path));
    }
    Ok(untrusted)
}

/// Opens one of the archive's own files to read it; what is no regular file neither holds us nor is read.
///
/// # Errors
/// As [`read`].
pub fn open(path: &Path) -> io::Result<File> {
    let opened = OpenOptions::new().read(true).custom_flags(NOT_WAITING).open(path);
    let file = opened.map_err(|error| match error.raw_os_error().map(Errno::from_raw_os_error) {
        // A link, and a socket or a device that nobody serves.
        Some(Errno::LOOP | Errno::NXIO | Errno::NODEV) => NotAFile::at(path),
        _ => in_its_folder(path, error),
    })?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(NotAFile::at(path)) }
}

/// Names what stands in the place of a folder, where that is why something in it cannot be read.
pub fn in_its_folder(path: &Path, error: io::Error) -> io::Error {
    let is_none = |path: &&Path| path.symlink_metadata().is_ok_and(|there| !there.is_dir());
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOTDIR | Errno::LOOP) => path.ancestors().find(is_none).map_or(error, NotAFile::at),
        _ => error,
    }
}
