//! Reads one file: opened without following links, watched for changes while it is read.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;

use jiff::Timestamp;
use vidimus_model::{FileSystemSays, FoundPath, Reading, ReadingSizes, TimeZoneKnown};

use super::walk::{Root, why};

/// A file that is being taken in.
pub struct Source {
    file: File,
    before: Metadata,
    /// Bytes read so far.
    read: u64,
}

/// How a file behaved while it was read.
pub struct Outcome {
    /// Whether it stood still.
    pub reading: Reading,
    /// Its sizes, if it did not.
    pub sizes: Option<ReadingSizes>,
}

impl Source {
    /// Opens a file that the walk found.
    ///
    /// # Errors
    /// Why it is not taken, in words.
    pub fn open(root: &Root, path: &FoundPath) -> Result<Self, String> {
        let file = root.open_file(path).map_err(|e| why(&e))?;
        let before = file.metadata().map_err(|e| why(&e))?;
        if !before.is_file() {
            return Err("it is no longer a regular file".into());
        }
        Ok(Self { file, before, read: 0 })
    }

    /// Its size when it was opened.
    pub fn size(&self) -> u64 {
        self.before.len()
    }

    /// Reads on; 0 at the end. Never beyond the size it had when it was opened, so that a file that keeps growing ends.
    ///
    /// # Errors
    /// The disk's.
    pub fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let rest = self.size() - self.read;
        let most = into.len().min(usize::try_from(rest).unwrap_or(usize::MAX));
        let n = loop {
            match self.file.read(&mut into[..most]) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                answer => break answer?,
            }
        };
        self.read += n as u64;
        Ok(n)
    }

    /// Begins again from the first byte.
    ///
    /// # Errors
    /// The disk's.
    pub fn rewind(&mut self) -> io::Result<()> {
        io::Seek::rewind(&mut self.file)?;
        self.read = 0;
        Ok(())
    }

    /// Compares size and times with those before it was read.
    ///
    /// # Errors
    /// The disk's.
    pub fn outcome(&self) -> io::Result<Outcome> {
        let after = self.file.metadata()?;
        let stamp = |m: &Metadata| (m.len(), m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec());
        let still = stamp(&self.before) == stamp(&after) && self.read == self.before.len();
        Ok(if still {
            Outcome { reading: Reading::Whole, sizes: None }
        } else {
            let sizes = ReadingSizes { size_before: self.before.len(), size_after: after.len() };
            Outcome { reading: Reading::Changed, sizes: Some(sizes) }
        })
    }

    /// What the file system says of it.
    pub fn file_system_says(&self, zone: TimeZoneKnown) -> FileSystemSays {
        let stamp = |seconds, nanoseconds| Timestamp::new(seconds, i32::try_from(nanoseconds).ok()?).ok();
        let meta = &self.before;
        FileSystemSays {
            mode: format!("{:06o}", meta.mode()),
            modified: stamp(meta.mtime(), meta.mtime_nsec()),
            changed: stamp(meta.ctime(), meta.ctime_nsec()),
            accessed: stamp(meta.atime(), meta.atime_nsec()),
            created: meta.created().ok().and_then(|time| Timestamp::try_from(time).ok()),
            zone,
        }
    }
}
