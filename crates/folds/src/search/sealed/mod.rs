//! A folder of sealed files in which the index lies: what tantivy writes there nobody reads without the key.
//!
//! Names of files are tantivy's own (random numbers) and stay in the clear; so do their sizes. A file is
//! `salt (16 bytes) ‖ chunk ‖ … ‖ chunk`; a chunk is up to 8 KiB of AES-256-GCM with its tag, under a key that the folder's
//! key, the salt and the file's name decide, with its number and "is it the last?" as nonce. So whatever was flipped, cut,
//! lengthened, exchanged between places, names or keys opens nowhere.

mod cache;
mod cipher;
mod handle;
mod writer;

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tantivy::directory::error::{DeleteError, LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{
    Directory, DirectoryLock, FileHandle, Lock, META_LOCK, TerminatingWrite as _, WatchCallback, WatchHandle,
    WritePtr,
};

use cache::Cache;
use cipher::FolderKey;
use handle::SealedFile;
use writer::SealedWriter;

/// Ending of what is being written and has not taken its place yet.
const UNFINISHED: &str = ".new";

/// A folder of sealed files; clones share the key and the cache.
#[derive(Clone)]
pub struct SealedFolder(Arc<Inner>);

/// Tells a file from the one that an atomic write puts in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp([u64; 4]);

struct Inner {
    folder: PathBuf,
    key: FolderKey,
    cache: Cache,
    /// Makes names of unfinished files differ within this process.
    written: AtomicU64,
    /// Was something not what was written, or not there? The library goes on without some files, and would answer wrongly.
    damaged: Arc<AtomicBool>,
}

impl SealedFolder {
    /// The folder at `folder`, which is made where it is missing; at most `cache_bytes` of opened pieces are kept in memory.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn open(folder: &Path, key: &[u8; 32], cache_bytes: usize) -> io::Result<Self> {
        match fs::create_dir(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        Ok(Self(Arc::new(Inner {
            folder: folder.to_owned(),
            key: FolderKey::new(key),
            cache: Cache::new(cache_bytes),
            written: AtomicU64::new(0),
            damaged: Arc::default(),
        })))
    }

    /// Was any file that was read since it was opened damaged or missing?
    pub fn is_damaged(&self) -> bool {
        self.0.damaged.load(Ordering::Relaxed)
    }

    /// Which file stands under this name now.
    ///
    /// # Errors
    /// There is none, or the system refuses.
    pub fn stamp(&self, name: &str) -> io::Result<Stamp> {
        let found = fs::metadata(self.0.folder.join(name))?;
        Ok(Stamp([
            found.ino(),
            found.len(),
            found.mtime().cast_unsigned(),
            found.mtime_nsec().cast_unsigned(),
        ]))
    }

    /// Removes what writers that were killed had not finished. Only for who holds the writer's lock.
    ///
    /// # Errors
    /// The folder cannot be read, or a file not be removed.
    pub fn tidy(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.0.folder)? {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().ends_with(UNFINISHED.as_bytes()) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn place(&self, name: &Path) -> PathBuf {
        self.0.folder.join(name)
    }

    fn salt() -> io::Result<[u8; cipher::SALT]> {
        let mut salt = [0; cipher::SALT];
        getrandom::fill(&mut salt).map_err(io::Error::other)?;
        Ok(salt)
    }

    /// Opens and verifies the end of a file, so that a cut one is noticed here.
    fn opened(&self, name: &Path) -> io::Result<SealedFile> {
        let mut file = File::open(self.place(name))?;
        let mut salt = [0; cipher::SALT];
        file.read_exact(&mut salt).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => cipher::damaged(),
            _ => error,
        })?;
        let key = self.0.key.file(&salt, name);
        SealedFile::new(file, key, self.0.cache.clone(), self.0.damaged.clone())
    }
}

impl std::fmt::Debug for SealedFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SealedFolder").field(&self.0.folder).finish()
    }
}

impl Directory for SealedFolder {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        let opened = self.opened(path).inspect_err(|error| {
            let damage = matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::NotFound);
            self.0.damaged.fetch_or(damage, Ordering::Relaxed);
        });
        Ok(Arc::new(opened.map_err(|error| unread(error, path))?))
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        fs::remove_file(self.place(path)).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => DeleteError::FileDoesNotExist(path.to_owned()),
            _ => DeleteError::IoError { io_error: Arc::new(error), filepath: path.to_owned() },
        })
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.place(path).try_exists().map_err(|error| OpenReadError::wrap_io_error(error, path.to_owned()))
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        let unwritten = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => OpenWriteError::FileAlreadyExists(path.to_owned()),
            _ => OpenWriteError::wrap_io_error(error, path.to_owned()),
        };
        let salt = Self::salt().map_err(unwritten)?;
        let file = File::create_new(self.place(path)).map_err(unwritten)?;
        let writer = SealedWriter::new(file, &salt, self.0.key.file(&salt, path)).map_err(unwritten)?;
        Ok(BufWriter::with_capacity(writer::AT_ONCE, Box::new(writer)))
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        let file = self.opened(path).map_err(|error| unread(error, path))?;
        file.whole().map_err(|error| unread(error, path))
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        let salt = Self::salt()?;
        let mut name = OsString::from(path);
        let number = self.0.written.fetch_add(1, Ordering::Relaxed);
        name.push(format!(".{}.{number}{UNFINISHED}", std::process::id()));
        let beside = self.place(Path::new(&name));
        // What an earlier process of the same number left behind is in nobody's way.
        let file = File::create(&beside)?;
        let mut writer = SealedWriter::new(file, &salt, self.0.key.file(&salt, path))?;
        writer.write_all(data)?;
        writer.terminate()?;
        fs::rename(&beside, self.place(path))?;
        self.sync_directory()
    }

    fn sync_directory(&self) -> io::Result<()> {
        File::open(&self.0.folder)?.sync_all()
    }

    /// The kernel drops a lock with its process: none is left over. Only the writer's is refused where it is held.
    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        let path = self.place(&lock.filepath);
        let file = match File::options().create(true).truncate(false).write(true).open(path) {
            Ok(file) => file,
            // Where nothing can be written, nobody removes what is being opened.
            Err(error) if lock.filepath == META_LOCK.filepath && unwritable(error.kind()) => {
                return Ok(DirectoryLock::from(Box::new(())));
            }
            Err(error) => return Err(LockError::wrap_io_error(error)),
        };
        if lock.is_blocking {
            file.lock().map_err(LockError::wrap_io_error)?;
        } else {
            file.try_lock().map_err(|error| match error {
                fs::TryLockError::WouldBlock => LockError::LockBusy,
                fs::TryLockError::Error(error) => LockError::wrap_io_error(error),
            })?;
        }
        Ok(DirectoryLock::from(Box::new(file)))
    }

    /// Nobody is told of new commits: whoever asks reloads first.
    fn watch(&self, _: WatchCallback) -> tantivy::Result<WatchHandle> {
        Ok(WatchHandle::empty())
    }
}

fn unread(error: io::Error, path: &Path) -> OpenReadError {
    match error.kind() {
        io::ErrorKind::NotFound => OpenReadError::FileDoesNotExist(path.to_owned()),
        _ => OpenReadError::wrap_io_error(error, path.to_owned()),
    }
}

fn unwritable(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied)
}

#[cfg(test)]
mod tests;
