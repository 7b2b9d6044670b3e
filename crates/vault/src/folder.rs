//! A vault in a folder of this machine: `xx/<32 hex>` for objects, `tmp/` for what is being written.
//!
//! Folders are 0700, files 0600; no link is followed. Every object's modification time is 1980-01-01, so that copies
//! of the folder do not tell what came when. The file system's own change, birth and access times still do.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use rustix::fs::{AtFlags, FallocateFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::{
    BarrierError, DeleteError, Found, GetError, ListError, ObjectName, ObjectReader, ObjectWriter, PutError,
    Vault,
};
use calls::{existing, make_folder, names, open_folder, rename_new, try_lock};
use write_back::WriteBack;

mod calls;
mod list;
mod write_back;

/// The folder of unfinished objects; no object's folder has a name of three letters.
const TMP: &str = "tmp";

/// 1980-01-01T00:00:00Z in seconds: the earliest time that FAT and ZIP can hold.
const CONSTANT_TIME: i64 = 315_532_800;

/// A vault in a folder.
pub struct FolderVault {
    /// Also the descriptor that barriers ask. It is opened before the first write, because since Linux 5.8 `syncfs`
    /// tells each descriptor of the errors since that was opened (or last asked), whoever's pages they were.
    // DANGER: older kernels and some network file systems report no failed write-back here, and a disk that lies
    // about its cache can lose what a barrier promised.
    root: OwnedFd,
    one_barrier_at_a_time: Mutex<()>,
    barrier_failed: AtomicBool,
    staging: Mutex<Option<Arc<Staging>>>,
    write_back: WriteBack,
}

/// Why a vault's folder was not made or opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Something of this name exists, so no vault was made there.
    #[error("something of this name exists")]
    AlreadyExists,
    /// There is nothing to open, or no parent to make it in.
    #[error("no such folder")]
    NotFound,
    /// A link or a file, not a folder.
    #[error("this is no folder")]
    NotAFolder,
    /// The storage failed.
    #[error("the folder could not be opened")]
    Io(#[source] io::Error),
}

/// Why leftovers were not all removed.
#[derive(Debug, thiserror::Error)]
#[error("what an interrupted process left could not be removed")]
pub struct CleanUpError(#[source] pub io::Error);

/// This vault's own folder in `tmp/`, under a lock that the kernel drops when the process ends, however it ends.
///
/// So whether a temporary file is still being written is asked of the kernel, not guessed from a process id, which
/// another process may have by now, after a restart or in another container.
struct Staging {
    folder: OwnedFd,
    name: String,
    next: AtomicU64,
}

struct Writer<'a> {
    vault: &'a FolderVault,
    staging: Arc<Staging>,
    temporary: String,
    shard: OwnedFd,
    name: ObjectName,
    file: Arc<File>,
    written: u64,
    reserved: u64,
    handed_to_write_back: u64,
    spent: bool,
}

#[derive(Debug)]
struct Reader {
    file: File,
    len: u64,
}

impl FolderVault {
    /// Makes the folder, which must not exist, for an empty vault. The first barrier makes it durable.
    pub fn create(path: &Path) -> Result<Self, OpenError> {
        rustix::fs::mkdir(path, Mode::RWXU)?;
        Self::open(path)
    }

    /// Opens the folder of a vault, which must not be a link. Changes nothing, so also what is read-only.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Ok(Self {
            root: open_folder(rustix::fs::CWD, path)?,
            one_barrier_at_a_time: Mutex::new(()),
            barrier_failed: AtomicBool::new(false),
            staging: Mutex::new(None),
            write_back: WriteBack::default(),
        })
    }

    /// Removes what processes that are no more were writing, and returns how many files that were.
    /// What a living process writes, this one or another, is left alone.
    pub fn clean_up(&self) -> Result<u64, CleanUpError> {
        self.remove_leftovers().map_err(|errno| CleanUpError(errno.into()))
    }

    fn remove_leftovers(&self) -> Result<u64, Errno> {
        let Some(tmp) = existing(open_folder(&self.root, TMP))? else {
            return Ok(0);
        };
        let mut removed = 0;
        for name in names(&tmp)?.iter().filter(|name| parse_name(name).is_some()) {
            let Some(folder) = existing(open_folder(&tmp, name))? else {
                continue;
            };
            if !try_lock(&folder)? {
                continue;
            }
            for file in names(&folder)? {
                rustix::fs::unlinkat(&folder, &file, AtFlags::empty())?;
                removed += 1;
            }
            existing(rustix::fs::unlinkat(&tmp, name, AtFlags::REMOVEDIR))?;
        }
        Ok(removed)
    }

    fn staging(&self) -> Result<Arc<Staging>, Errno> {
        let mut staging = self.staging.lock().expect("nothing panics while it holds this lock");
        if let Some(staging) = &*staging {
            return Ok(staging.clone());
        }
        let new = Arc::new(Staging::new(&self.root)?);
        *staging = Some(new.clone());
        Ok(new)
    }

    fn refuse_after_failed_barrier(&self) -> Result<(), PutError> {
        match self.barrier_failed.load(Ordering::SeqCst) {
            true => Err(PutError::BarrierFailed),
            false => Ok(()),
        }
    }
}

impl Vault for FolderVault {
    fn put(&self, name: &ObjectName) -> Result<Box<dyn ObjectWriter + '_>, PutError> {
        self.refuse_after_failed_barrier()?;
        let shard = make_folder(&self.root, &shard_name(name))?;
        let taken = rustix::fs::statat(&shard, name.to_string(), AtFlags::SYMLINK_NOFOLLOW);
        if existing(taken)?.is_some() {
            return Err(PutError::AlreadyExists);
        }
        let staging = self.staging()?;
        let temporary = staging.next.fetch_add(1, Ordering::Relaxed).to_string();
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(&staging.folder, &temporary, flags, Mode::RUSR | Mode::WUSR)?;
        Ok(Box::new(Writer {
            vault: self,
            staging,
            temporary,
            shard,
            name: *name,
            file: Arc::new(File::from(file)),
            written: 0,
            reserved: 0,
            handed_to_write_back: 0,
            spent: false,
        }))
    }

    fn barrier(&self) -> Result<(), BarrierError> {
        // One at a time: an error is told once, and who comes second must not read the silence after it as success.
        let _turn = self.one_barrier_at_a_time.lock().expect("nothing panics while it holds this lock");
        if self.barrier_failed.load(Ordering::SeqCst) {
            return Err(BarrierError::BarrierFailed);
        }
        rustix::fs::syncfs(&self.root).map_err(|errno| {
            self.barrier_failed.store(true, Ordering::SeqCst);
            io::Error::from(errno).into()
        })
    }

    fn open(&self, name: &ObjectName) -> Result<Box<dyn ObjectReader>, GetError> {
        let shard = open_folder(&self.root, shard_name(name))?;
        // Without NONBLOCK a planted FIFO would hold us for ever.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(&shard, name.to_string(), flags, Mode::empty())?);
        let metadata = file.metadata().map_err(GetError::Io)?;
        if !metadata.is_file() {
            return Err(GetError::Foreign);
        }
        Ok(Box::new(Reader { file, len: metadata.len() }))
    }

    fn delete(&self, name: &ObjectName) -> Result<(), DeleteError> {
        let Some(shard) = existing(open_folder(&self.root, shard_name(name)))? else {
            return Ok(());
        };
        let stat = rustix::fs::statat(&shard, name.to_string(), AtFlags::SYMLINK_NOFOLLOW);
        let Some(stat) = existing(stat)? else {
            return Ok(());
        };
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(DeleteError::Foreign);
        }
        existing(rustix::fs::unlinkat(&shard, name.to_string(), AtFlags::empty()))?;
        Ok(())
    }

    fn list(&self) -> Box<dyn Iterator<Item = Result<Found, ListError>> + '_> {
        list::list(&self.root)
    }
}

impl Drop for FolderVault {
    fn drop(&mut self) {
        if let Ok(Some(staging)) = self.staging.get_mut().map(Option::take)
            && let Ok(tmp) = open_folder(&self.root, TMP)
        {
            // Left behind it is only an empty folder for the next clean-up.
            let _ = rustix::fs::unlinkat(&tmp, &staging.name, AtFlags::REMOVEDIR);
        }
    }
}

impl Staging {
    fn new(root: &OwnedFd) -> Result<Self, Errno> {
        let tmp = make_folder(root, TMP)?;
        loop {
            let mut random = [0; 16];
            getrandom::fill(&mut random).map_err(|_| Errno::IO)?;
            let name = hex::encode(random);
            rustix::fs::mkdirat(&tmp, &name, Mode::RWXU)?;
            // Another's clean-up may lock or remove the folder before we have locked it; then we make another.
            let Some(folder) = existing(open_folder(&tmp, &name))? else {
                continue;
            };
            if !try_lock(&folder)? {
                continue;
            }
            let there = rustix::fs::statat(&tmp, &name, AtFlags::SYMLINK_NOFOLLOW);
            if existing(there)?.is_some() {
                return Ok(Self { folder, name, next: AtomicU64::new(0) });
            }
        }
    }
}

impl ObjectWriter for Writer<'_> {
    fn reserve(&mut self, len: u64) -> Result<(), PutError> {
        if self.spent {
            return Err(PutError::Spent);
        }
        if len == 0 {
            return Ok(());
        }
        if i64::try_from(len).is_err() {
            self.spent = true;
            return Err(PutError::NoRoom);
        }
        // Asked first, because a file system may fill the whole disk before it refuses.
        let room = rustix::fs::fstatvfs(&*self.file)?;
        if len > room.f_bavail.saturating_mul(room.f_frsize) {
            self.spent = true;
            return Err(PutError::NoRoom);
        }
        // Keeping the size: what is not written yet must not be read as zeros by anyone.
        match rustix::fs::fallocate(&*self.file, FallocateFlags::KEEP_SIZE, 0, len) {
            Ok(()) => self.reserved = self.reserved.max(len),
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => {}
            Err(errno) => {
                self.spent = true;
                return Err(errno.into());
            }
        }
        Ok(())
    }

    fn write_all(&mut self, bytes: &[u8]) -> Result<(), PutError> {
        if self.spent {
            return Err(PutError::Spent);
        }
        if let Err(error) = (&*self.file).write_all(bytes) {
            self.spent = true;
            return Err(error.into());
        }
        self.written += bytes.len() as u64;
        self.vault.write_back.offer(&self.file, &mut self.handed_to_write_back, self.written);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), PutError> {
        if self.spent {
            return Err(PutError::Spent);
        }
        self.vault.refuse_after_failed_barrier()?;
        if self.reserved > self.written {
            rustix::fs::ftruncate(&*self.file, self.written)?;
        }
        let time = rustix::fs::Timespec { tv_sec: CONSTANT_TIME, tv_nsec: 0 };
        let times = rustix::fs::Timestamps { last_access: time, last_modification: time };
        rustix::fs::futimens(&*self.file, &times)?;
        rename_new(&self.staging.folder, &self.temporary, &self.shard, &self.name.to_string())?;
        Ok(())
    }
}

impl Drop for Writer<'_> {
    fn drop(&mut self) {
        // Not there when the object was finished; and should it stay, it is for the next clean-up.
        let _ = rustix::fs::unlinkat(&self.staging.folder, &self.temporary, AtFlags::empty());
    }
}

impl ObjectReader for Reader {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize, GetError> {
        let mut count = 0;
        // Objects never grow; and an offset beyond `i64::MAX` would be an error to the kernel.
        while count < buf.len() && offset < self.len {
            match self.file.read_at(&mut buf[count..], offset + count as u64) {
                Ok(0) => break,
                Ok(more) => count += more,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(GetError::Io(error)),
            }
        }
        Ok(count)
    }
}

/// The first byte of the name, so that no folder grows beyond what a file system likes.
fn shard_name(name: &ObjectName) -> String {
    hex::encode(&name.as_bytes()[..1])
}

fn is_shard(untrusted_name: &OsStr) -> bool {
    let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    untrusted_name.len() == 2 && untrusted_name.as_bytes().iter().all(is_hex)
}

fn parse_name(untrusted_name: &OsStr) -> Option<ObjectName> {
    untrusted_name.to_str()?.parse().ok()
}

/// What the kernel says when a link, a file or a socket stands where something of ours should be.
fn means_foreign(errno: Errno) -> bool {
    matches!(errno, Errno::LOOP | Errno::NOTDIR | Errno::NXIO)
}

impl From<Errno> for OpenError {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::EXIST => Self::AlreadyExists,
            Errno::NOENT => Self::NotFound,
            errno if means_foreign(errno) => Self::NotAFolder,
            errno => Self::Io(errno.into()),
        }
    }
}

impl From<Errno> for PutError {
    fn from(errno: Errno) -> Self {
        io::Error::from(errno).into()
    }
}

impl From<Errno> for GetError {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::NOENT => Self::NotFound,
            errno if means_foreign(errno) => Self::Foreign,
            errno => Self::Io(errno.into()),
        }
    }
}

impl From<Errno> for DeleteError {
    fn from(errno: Errno) -> Self {
        if means_foreign(errno) { Self::Foreign } else { Self::Io(errno.into()) }
    }
}

#[cfg(test)]
mod tests;
