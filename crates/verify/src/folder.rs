//! A bag that lies in a folder: listed and read without following links, whatever its names are made of.

use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, fstat, openat, statat};
use vidimus_proof::bag::{BagSource, Entry, EntryKind};

/// An open folder. Everything is looked up below its descriptor, so renaming a parent changes nothing.
pub struct Folder {
    descriptor: OwnedFd,
}

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// A FIFO in the bag must not make us wait, nor a link lead us away.
const INSIDE: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

impl Folder {
    /// Opens the folder; the way to it may lead through links, what is in it may not.
    ///
    /// # Errors
    /// It is not there, is no folder, or cannot be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { descriptor: openat(CWD, path, FOLDER, Mode::empty())? })
    }

    fn list_one(
        descriptor: &OwnedFd,
        below: Option<&CStr>,
        visit: &mut dyn FnMut(&CStr, Entry) -> ControlFlow<()>,
    ) -> io::Result<ControlFlow<()>> {
        for entry in Dir::read_from(descriptor)? {
            let entry = entry?;
            let name = entry.file_name();
            if name == c"." || name == c".." {
                continue;
            }
            let kind =
                match FileType::from_raw_mode(statat(descriptor, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode) {
                    FileType::RegularFile => EntryKind::File,
                    FileType::Directory => EntryKind::Folder,
                    FileType::Symlink => EntryKind::Link,
                    _ => EntryKind::Other,
                };
            let mut untrusted_path = below.map_or(Vec::new(), |folder| folder.to_bytes().to_vec());
            if below.is_some() {
                untrusted_path.push(b'/');
            }
            untrusted_path.extend_from_slice(name.to_bytes());
            if visit(name, Entry { untrusted_path, kind }).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

impl BagSource for Folder {
    fn list(&self, visit: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> io::Result<()> {
        let mut folders = Vec::new();
        let listed = Self::list_one(&self.descriptor, None, &mut |name, entry| {
            if entry.kind == EntryKind::Folder {
                folders.push(name.to_owned());
            }
            visit(entry)
        })?;
        if listed.is_break() {
            return Ok(());
        }
        for folder in folders {
            let inner = openat(&self.descriptor, &folder, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
            if Self::list_one(&inner, Some(&folder), &mut |_, entry| visit(entry))?.is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn open<'s>(&'s self, path: &str) -> io::Result<Box<dyn Read + 's>> {
        let file = match path.split_once('/') {
            None => openat(&self.descriptor, path, INSIDE, Mode::empty())?,
            Some((folder, name)) => {
                let inner = openat(&self.descriptor, folder, FOLDER | OFlags::NOFOLLOW, Mode::empty())?;
                openat(&inner, name, INSIDE, Mode::empty())?
            }
        };
        if FileType::from_raw_mode(fstat(&file)?.st_mode) != FileType::RegularFile {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(Box::new(File::from(file)))
    }
}
