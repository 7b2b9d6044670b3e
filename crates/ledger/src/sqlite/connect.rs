//! Opens the ledger's SQLite file: to write, or to read where nothing can be written; and tells a medium's faults from damage.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use rustix::fs::{AtFlags, CWD, OFlags};
use rustix::io::Errno;

use super::folder_of;
use crate::{OpenError, StoreError};

pub(super) const APPLICATION: i32 = 0x5649_444C; // "VIDL"

/// Longest wait for another process's append. A batch takes milliseconds; a first back-up may hold the lock for seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

const READ_ONLY: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// Less room than SQLite takes for the index of its write-ahead log.
const NO_ROOM: u64 = 128 << 10;

/// Looks at the file's header (SQLite's format 1.3) before SQLite does: it takes an empty file for an empty database, and
/// would wait for a FIFO.
pub(super) fn refuse_other_files(path: &Path) -> Result<(), OpenError> {
    let not_a_file = |path: PathBuf| OpenError::NotAFile { path };
    refuse_journal(path)?;
    for beside in [with(path, "-wal"), with(path, "-shm")] {
        if fs::symlink_metadata(&beside).is_ok_and(|found| !found.is_file()) {
            return Err(not_a_file(beside));
        }
    }
    let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits().cast_signed();
    let mut file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(OpenError::Missing),
        Err(error) if means_no_file(&error) => return Err(not_a_file(path.to_owned())),
        opened => opened.map_err(StoreError::from)?,
    };
    if !file.metadata().map_err(StoreError::from)?.is_file() {
        return Err(not_a_file(path.to_owned()));
    }
    let mut untrusted_header = [0; 72];
    match file.read_exact(&mut untrusted_header) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(OpenError::NotALedger),
        Err(error) => Err(StoreError::from(error).into()),
        Ok(()) => {
            let ours = untrusted_header.starts_with(b"SQLite format 3\0")
                && untrusted_header.ends_with(&APPLICATION.to_be_bytes());
            if ours { Ok(()) } else { Err(OpenError::NotALedger) }
        }
    }
}

/// Refuses whatever stands in the place of a rollback journal. Only a ledger that is being made has one, under SQLite's lock, until
/// its folder is synced; whoever makes it makes it anew if that was interrupted.
pub(super) fn refuse_journal(path: &Path) -> Result<(), OpenError> {
    let journal = with(path, "-journal");
    match fs::symlink_metadata(&journal) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(StoreError::from(error).into()),
        Ok(_) => Err(OpenError::Journal { path: journal }),
    }
}

/// Whether a ledger may be appended to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Write,
    /// Nothing can be written there.
    Read,
    /// Nothing more can be written there.
    ReadForWantOfRoom,
    /// Its tables are not as we made them: what is written may not be kept.
    ReadAsChanged,
}

/// The database, after its first read.
pub(super) fn open_database(path: &Path) -> Result<(Connection, Access), StoreError> {
    if !may_write(path) {
        let db = to_read(path).and_then(first_read).map_err(|error| why(path, error))?;
        return Ok((db, Access::Read));
    }
    match to_write(path).and_then(first_read).map_err(|error| why(path, error)) {
        // No room for the index of the write-ahead log, so that no other process can open it to write either.
        // DANGER: should room be made and a record appended in the moment of reading, that reading may err.
        Err(StoreError::Medium(error)) if error.kind() == io::ErrorKind::StorageFull => {
            Ok((without_index(path).and_then(first_read)?, Access::ReadForWantOfRoom))
        }
        opened => Ok((opened?, Access::Write)),
    }
}

/// A connection that may write.
pub(super) fn to_write(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    settle(Connection::open_with_flags(path, flags)?)
}

/// A connection to a ledger that nothing here can change. What SQLite needs for a write-ahead log it cannot make, so it is
/// told how to do without.
pub(super) fn to_read(path: &Path) -> Result<Connection, StoreError> {
    // Others may be at work; or they left both, and SQLite reads them.
    match with(path, "-wal").exists() && with(path, "-shm").exists() {
        true => settle(Connection::open_with_flags(path, READ_ONLY)?),
        false => without_index(path),
    }
}

fn without_index(path: &Path) -> Result<Connection, StoreError> {
    match fs::metadata(with(path, "-wal")).map(|found| found.len()) {
        // What a killed process left: the log is read, its index made in memory.
        Ok(1..) => settle(alone(Connection::open_with_flags_and_vfs(path, READ_ONLY, "unix-none")?)?),
        // Everything is in the one file.
        _ => settle(Connection::open_with_flags(
            immutable(&fs::canonicalize(path)?),
            READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
        )?),
    }
}

/// Keeps the index of the write-ahead log in memory, and others out. To be said before anything is read.
fn alone(db: Connection) -> Result<Connection, StoreError> {
    db.query_row("PRAGMA locking_mode = EXCLUSIVE", [], |_| Ok(()))?;
    Ok(db)
}

fn settle(db: Connection) -> Result<Connection, StoreError> {
    db.busy_timeout(PATIENCE)?;
    db.set_prepared_statement_cache_capacity(64);
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // The page cache takes 32 MB. The write-ahead log is moved home at 128 MB: bulk appends ran a third faster than at
    // 32 MB, and the last handle to close removes it. All caches of a process together take 160 MB, those of folds too:
    // SQLite, as it is built here, counts pages over all of them whatever their size, so that one that grows takes the
    // place of others and has no bound of its own (`pcache1FetchStage2`; a fold of a million items took 700 MB).
    db.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON;
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 8192;
         PRAGMA soft_heap_limit = 167772160;",
    )?;
    Ok(db)
}

/// Opens what lies beside the database, which opening alone does not. Damage is told where it is met.
fn first_read(db: Connection) -> Result<Connection, StoreError> {
    match db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(StoreError::from) {
        Err(error @ StoreError::Medium(_)) => Err(error),
        _ => Ok(db),
    }
}

fn may_write(path: &Path) -> bool {
    let refused = |path: &Path| {
        let asked = rustix::fs::accessat(CWD, path, rustix::fs::Access::WRITE_OK, AtFlags::EACCESS);
        matches!(asked, Err(Errno::ROFS | Errno::ACCESS | Errno::PERM))
    };
    !refused(path) && !refused(folder_of(path))
}

/// SQLite's URI (https://www.sqlite.org/uri.html) of a file that nobody changes.
fn immutable(absolute: &Path) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(byte);
    let path: String = absolute
        .as_os_str()
        .as_bytes()
        .iter()
        .map(|byte| if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    format!("file:{path}?immutable=1")
}

/// SQLite keeps to itself what the system answered, so it is asked again.
fn why(path: &Path, error: StoreError) -> StoreError {
    let StoreError::Medium(told) = error else { return error };
    let vague =
        told.kind() == io::ErrorKind::Unsupported || told.raw_os_error() == Some(Errno::IO.raw_os_error());
    if !vague {
        return StoreError::Medium(told);
    }
    // As many handles as SQLite takes.
    let handles: io::Result<Vec<File>> = (0..4).map(|_| File::open(path)).collect();
    let asked = handles.and_then(|_| Ok(rustix::fs::statvfs(folder_of(path))?));
    StoreError::Medium(match asked {
        Err(answer) => answer,
        Ok(room) if room.f_bavail.saturating_mul(room.f_frsize) < NO_ROOM => {
            io::ErrorKind::StorageFull.into()
        }
        Ok(_) => told,
    })
}

fn means_no_file(error: &io::Error) -> bool {
    let errno = error.raw_os_error().map(Errno::from_raw_os_error);
    matches!(errno, Some(Errno::LOOP | Errno::NXIO | Errno::NODEV))
}

fn with(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        let text = error.to_string();
        let kind = |kind: io::ErrorKind| Self::Medium(kind.into());
        match (error.sqlite_error_code(), error) {
            (Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked), _) => {
                kind(io::ErrorKind::ResourceBusy)
            }
            (Some(ErrorCode::DiskFull), _) => kind(io::ErrorKind::StorageFull),
            (Some(ErrorCode::ReadOnly), _) => kind(io::ErrorKind::ReadOnlyFilesystem),
            (Some(ErrorCode::PermissionDenied), _) => kind(io::ErrorKind::PermissionDenied),
            (Some(ErrorCode::OutOfMemory), _) => kind(io::ErrorKind::OutOfMemory),
            (Some(ErrorCode::SystemIoFailure), _) => Self::Medium(Errno::IO.into()),
            (Some(ErrorCode::CannotOpen), _) => {
                Self::Medium(io::Error::new(io::ErrorKind::Unsupported, text))
            }
            (Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase), _) => Self::Damaged(text),
            // A stored value of another type, size or range than we write.
            (
                None,
                E::FromSqlConversionFailure(..) | E::IntegralValueOutOfRange(..) | E::InvalidColumnType(..),
            ) => Self::Damaged(text),
            _ => Self::Other(text),
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        Self::Medium(error)
    }
}
