//! Where a bag lies: the door through which a verifier sees its files, without knowing of disks.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::ops::ControlFlow;

/// What a name in the bag's folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, wherever it leads.
    Link,
    /// A FIFO, socket or device.
    Other,
}

/// One name in the bag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path below the bag's folder with `/` between names, in whatever bytes it has.
    pub untrusted_path: Vec<u8>,
    /// What it is, links not followed.
    pub kind: EntryKind,
}

/// A bag that can be looked at.
pub trait BagSource {
    /// Shows every name once, folders too, in any order, until told to stop.
    ///
    /// What lies in a folder within a folder need not be shown: no bag has one, so the inner folder is already wrong.
    ///
    /// # Errors
    /// A folder cannot be listed.
    fn list(&self, visit: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> io::Result<()>;

    /// Opens a regular file that was listed, following no link and never waiting for another program.
    ///
    /// # Errors
    /// It is not there, is no regular file, or cannot be read.
    fn open<'s>(&'s self, path: &str) -> io::Result<Box<dyn Read + 's>>;
}

/// A bag in memory: path → bytes. Folders are those that the paths name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryBag(pub BTreeMap<String, Vec<u8>>);

impl BagSource for MemoryBag {
    fn list(&self, visit: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> io::Result<()> {
        let mut last_folder = "";
        for path in self.0.keys() {
            if let Some((folder, _)) = path.rsplit_once('/')
                && folder != last_folder
            {
                last_folder = folder;
                let entry = Entry { untrusted_path: folder.into(), kind: EntryKind::Folder };
                if visit(entry).is_break() {
                    return Ok(());
                }
            }
            if visit(Entry { untrusted_path: path.clone().into(), kind: EntryKind::File }).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn open<'s>(&'s self, path: &str) -> io::Result<Box<dyn Read + 's>> {
        let bytes = self.0.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(bytes.as_slice()))
    }
}
