//! Opens the encrypted database: cipher settings pinned, nothing readable beside it.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use zeroize::Zeroizing;

use crate::StoreError;

// SQLCipher 4's own values stand here by name, so that another build of it reads the same file. HMAC-SHA256 instead of
// SHA-512: processors have instructions for it. secure_delete: an erased path must not lie in a free page.
const CIPHER: &str = "
    PRAGMA cipher_page_size = 4096;
    PRAGMA cipher_plaintext_header_size = 0;
    PRAGMA cipher_hmac_algorithm = HMAC_SHA256;
    PRAGMA cipher_kdf_algorithm = PBKDF2_HMAC_SHA512;
    PRAGMA cipher_use_hmac = ON;";

// synchronous NORMAL: a power cut may lose the last batches, never mix them; they are folded again.
// The cache holds the random leaves of the finders for some three million items.
const SETTINGS: &str = "
    PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
    PRAGMA secure_delete = ON;
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = 8192;
    PRAGMA cache_size = -98304;
    PRAGMA foreign_keys = OFF;";

/// How long a writer waits for another process's batch.
pub const WAIT: Duration = Duration::from_secs(30);

/// What a fold's database is made of.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// The version of the fold.
    pub version: u32,
    /// What makes its tables; `meta` is one of them, with the column `position`.
    pub schema: &'static str,
}

/// Opens or makes the database.
///
/// # Errors
/// [`StoreError::NotReadable`] for a wrong key, a damaged file, or one of another version.
pub fn open(path: &Path, key: &[u8; 32], form: Form) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_PRIVATE_CACHE;
    let mut db = Connection::open_with_flags(path, flags)?;
    unlock(&db, key)?;
    db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
    settle(&db)?;
    make(&mut db, form)?;
    Ok(db)
}

/// Opens a database in one file that nobody changes, or could.
///
/// # Errors
/// As [`open`].
pub fn open_to_read(path: &Path, key: &[u8; 32], form: Form) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_PRIVATE_CACHE
        | OpenFlags::SQLITE_OPEN_URI;
    let absolute = std::fs::canonicalize(path).map_err(StoreError::Medium)?;
    let db = Connection::open_with_flags(immutable(&absolute), flags)?;
    unlock(&db, key)?;
    settle(&db)?;
    if version_of(&db)? == form.version { Ok(db) } else { Err(StoreError::NotReadable) }
}

/// Makes an empty database that no disk ever sees, and that needs no key therefore.
///
/// # Errors
/// There is no memory.
pub fn in_memory(form: Form) -> Result<Connection, StoreError> {
    let mut db = Connection::open_in_memory()?;
    settle(&db)?;
    make(&mut db, form)?;
    Ok(db)
}

fn unlock(db: &Connection, key: &[u8; 32]) -> Result<(), StoreError> {
    db.busy_timeout(WAIT)?;
    let digits = Zeroizing::new(hex::encode(key));
    // The library prints a wrong key to standard error; the caller is told by the error alone.
    db.execute_batch("PRAGMA cipher_log_level = NONE;")?;
    db.execute_batch(&Zeroizing::new(format!("PRAGMA key = \"x'{}'\";", *digits)))?;
    db.execute_batch(CIPHER)?;
    // `open` and `key` succeed with any key: only a read tells.
    Ok(db.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?)
}

fn settle(db: &Connection) -> Result<(), StoreError> {
    db.execute_batch(SETTINGS)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// SQLite's URI (https://www.sqlite.org/uri.html) of a file that nobody changes.
fn immutable(absolute: &Path) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(byte);
    let bytes = absolute.as_os_str().as_bytes().iter();
    let path: String = bytes
        .map(|byte| if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    format!("file:{path}?immutable=1")
}

fn make(db: &mut Connection, form: Form) -> Result<(), StoreError> {
    if version_of(db)? == form.version {
        return Ok(());
    }
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    match version_of(&tx)? {
        // Another process made it while this one waited.
        found if found == form.version => return Ok(()),
        0 => {}
        _ => return Err(StoreError::NotReadable),
    }
    tx.execute_batch(form.schema)?;
    tx.pragma_update(None, "user_version", form.version)?;
    Ok(tx.commit()?)
}

fn version_of(db: &Connection) -> Result<u32, StoreError> {
    Ok(db.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Empties the write-ahead log, where pages from before an erasure still stand (encrypted); says whether it could. It cannot
/// while others read.
///
/// # Errors
/// The database failed.
pub fn forget(db: &Connection) -> Result<bool, StoreError> {
    db.busy_timeout(Duration::ZERO)?;
    let busy = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
    db.busy_timeout(WAIT)?;
    match busy {
        Ok(busy) => Ok(!busy),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
