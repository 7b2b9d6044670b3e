//! What came back from a run: as hostile as the file that was read.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;
use std::time::Duration;

use rustix::fs::{Dir, FileType, Mode, OFlags, ResolveFlags, fstat, openat2};
use serde::{Deserialize, Serialize};

use crate::input::InputError;
use crate::level::{Level, Refused};
use crate::tool::FolderLimits;

/// What came back.
#[derive(Debug)]
pub struct Outcome {
    /// How the run ended.
    pub ended: Ended,
    /// Standard output, at most [`crate::Limits::output`] bytes; empty where it went into a sink.
    pub untrusted_output: Vec<u8>,
    /// The first 64 KiB of standard error.
    pub untrusted_complaints: Vec<u8>,
    /// The output folder, where there was one.
    pub folder: Option<OutputFolder>,
    /// Whether a [`crate::View`] failed: then the run says nothing of the file, whatever the tool made of it.
    pub input_unread: bool,
    /// What it ran in.
    pub level: Level,
    /// What it cost.
    pub used: Used,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// By itself, with this exit code.
    Exited(i32),
    /// By a signal: 6 or 11 where it crashed.
    Killed(i32),
    /// After [`crate::Limits::wall`].
    OutOfTime,
    /// After [`crate::Limits::cpu`].
    OutOfProcessorTime,
    /// After [`crate::Limits::output`] bytes.
    TooMuchOutput,
}

/// What a run cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Used {
    /// Time on processors.
    pub cpu: Duration,
    /// The most memory that one process held at a time, in bytes.
    pub memory: u64,
}

/// Why a run gave no outcome. The file may be tried again; what a tool did to itself is an [`Outcome`].
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// No tool of this name was made known at the start.
    #[error("no tool is called {0}")]
    UnknownTool(String),
    /// What the run asks for needs namespaces, and there are none.
    #[error("this needs namespaces")]
    NeedsNamespaces,
    /// A layer could not be put on, and nothing was opened.
    #[error("{0}")]
    Refused(Refused),
    /// The keeper is gone. The next run starts another.
    #[error("the keeper is gone: {0}")]
    Keeper(io::Error),
    /// The sink did not take the output.
    #[error("the output was not taken: {0}")]
    Sink(io::Error),
    /// The file cannot be granted.
    #[error("{0}")]
    Input(#[from] InputError),
}

/// The folder that a tool wrote to, in memory; gone when this is dropped.
#[derive(Debug)]
pub struct OutputFolder {
    root: OwnedFd,
    limits: FolderLimits,
}

/// A file of an output folder, as it was listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UntrustedFile {
    /// Below the folder; any bytes.
    pub path: PathBuf,
    /// Its length in bytes.
    pub length: u64,
}

/// Why an output folder cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// It holds more than was granted.
    #[error("the folder holds more than was granted")]
    TooMuch,
    /// Something in it cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl OutputFolder {
    pub(crate) fn new(root: OwnedFd, limits: FolderLimits) -> OutputFolder {
        OutputFolder { root, limits }
    }

    /// All regular files, in order of their paths; links, pipes and devices are passed over.
    ///
    /// # Errors
    /// There is more than was granted, though the kernel should have refused that; or it cannot be read.
    pub fn untrusted_files(&self) -> Result<Vec<UntrustedFile>, CollectError> {
        let mut files = Vec::new();
        let mut folders = vec![PathBuf::new()];
        let (mut entries, mut bytes) = (0u64, 0u64);
        while let Some(folder) = folders.pop() {
            let opened = self.open_at(&folder, OFlags::DIRECTORY)?;
            for entry in Dir::read_from(&opened).map_err(io::Error::from)? {
                let entry = entry.map_err(io::Error::from)?;
                let name = entry.file_name().to_bytes();
                if name == b"." || name == b".." {
                    continue;
                }
                entries += 1;
                let path = folder.join(OsString::from_vec(name.to_vec()));
                match entry.file_type() {
                    FileType::Directory => folders.push(path),
                    FileType::RegularFile => {
                        let stat = fstat(self.open_at(&path, OFlags::PATH)?).map_err(io::Error::from)?;
                        let length = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
                        bytes = bytes.saturating_add(length);
                        files.push(UntrustedFile { path, length });
                    }
                    _ => {}
                }
                if entries > self.limits.entries || bytes > self.limits.bytes {
                    return Err(CollectError::TooMuch);
                }
            }
        }
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(files)
    }

    /// Opens a file that was listed.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn open(&self, file: &UntrustedFile) -> Result<File, CollectError> {
        Ok(File::from(self.open_at(&file.path, OFlags::NONBLOCK)?))
    }

    fn open_at(&self, path: &std::path::Path, flags: OFlags) -> io::Result<OwnedFd> {
        let path = if path.as_os_str().is_empty() { std::path::Path::new(".") } else { path };
        let within = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_XDEV;
        let flags = flags | OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        Ok(openat2(&self.root, path, flags, Mode::empty(), within)?)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn folder(bytes: u64, entries: u64, fill: impl FnOnce(&std::path::Path)) -> (TempDir, OutputFolder) {
        let place = tempfile::tempdir().unwrap();
        fill(place.path());
        let root = OwnedFd::from(File::open(place.path()).unwrap());
        (place, OutputFolder::new(root, FolderLimits { bytes, entries }))
    }

    #[test]
    fn only_regular_files_are_listed_and_no_link_is_followed() {
        let (_place, folder) = folder(100, 10, |place| {
            std::fs::create_dir(place.join("pages")).unwrap();
            std::fs::write(place.join("pages/1"), b"page").unwrap();
            std::os::unix::fs::symlink("/etc/passwd", place.join("link")).unwrap();
            std::os::unix::fs::symlink("/etc", place.join("pages/up")).unwrap();
        });
        let files = folder.untrusted_files().unwrap();
        assert_eq!(files, [UntrustedFile { path: "pages/1".into(), length: 4 }]);
        for path in ["link", "pages/up/passwd", "../x", "/etc/passwd"] {
            assert!(folder.open(&UntrustedFile { path: path.into(), length: 1 }).is_err(), "{path}");
        }
    }

    #[test]
    fn more_than_was_granted_is_refused_though_the_kernel_let_it_pass() {
        let fill = |place: &std::path::Path| {
            std::fs::write(place.join("a"), b"four").unwrap();
            std::fs::write(place.join("b"), b"four").unwrap();
        };
        assert!(matches!(folder(7, 10, fill).1.untrusted_files(), Err(CollectError::TooMuch)));
        assert!(matches!(folder(100, 1, fill).1.untrusted_files(), Err(CollectError::TooMuch)));
        assert_eq!(folder(8, 2, fill).1.untrusted_files().unwrap().len(), 2);
    }
}
