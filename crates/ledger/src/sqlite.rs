//! The ledger as one SQLite file, shared by the processes of one machine.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Params, Transaction, TransactionBehavior, params};

use crate::rules::{self, RowRef, Store};
use crate::{AppendError, Appended, Batch, Entry, Ledger, Make, OpId, OpenError};
use crate::{ReplicateError, Row, Seal, StoreError, Tip};
use connect::{APPLICATION, Access, PATIENCE, open_database, refuse_journal, refuse_other_files, to_write};

const FORMAT: u32 = 1;
const SCHEMA: &str = include_str!("schema.sql");

/// A ledger in a SQLite file (plain: what is secret in it is sealed). Each handle is one connection.
///
/// DANGER: a disk that lies about fsync can still lose the last appends; the high-water mark outside the folder tells.
pub struct SqliteLedger {
    db: Connection,
    archive: String,
    names: Names,
    access: Access,
}

/// Whether the names in the ledger's folder outlast a power cut: that of the write-ahead log is new.
enum Names {
    /// Not asked yet; the folder.
    Unknown(PathBuf),
    Durable,
    /// A sync failed. Another one that succeeds would prove nothing: the error is told once.
    Lost,
}

impl SqliteLedger {
    /// Makes a new ledger, readable by its owner only; refuses to touch a file that exists.
    pub fn create(path: &Path, archive: &str) -> Result<Self, OpenError> {
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(
            |error| match error.kind() {
                io::ErrorKind::AlreadyExists => OpenError::Exists,
                _ => StoreError::from(error).into(),
            },
        )?;
        let made = refuse_journal(path).and_then(|()| Ok(Self::write_schema(path, archive)?));
        if made.is_err() {
            // What we made ourselves a moment ago and nobody knows of; the first error is the one to tell.
            let _ = std::fs::remove_file(path);
        }
        made?;
        Self::open(path)
    }

    fn write_schema(path: &Path, archive: &str) -> Result<(), StoreError> {
        let db = to_write(path)?;
        // 16 KiB hold seven sealed records of 2.2 KB; 4 KiB would hold one and waste the rest.
        db.execute_batch(&format!("PRAGMA page_size = 16384; PRAGMA application_id = {APPLICATION};"))?;
        let schema = Transaction::new_unchecked(&db, TransactionBehavior::Immediate)?;
        schema.execute_batch(SCHEMA)?;
        schema.execute(
            "INSERT INTO meta VALUES ('format', ?1), ('archive', ?2)",
            params![FORMAT.to_string(), archive],
        )?;
        schema.commit()?;
        db.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(()))?;
        db.close().map_err(|(_, error)| error)?;
        File::open(folder_of(path))?.sync_all()?;
        Ok(())
    }

    /// Opens a ledger that exists: to read, where its folder may not be written, or where somebody changed its tables. A file cut by a
    /// page or more is noticed here, other damage where it is read.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        refuse_other_files(path)?;
        let (db, access) = open_database(path)?;
        let mut ledger =
            Self { db, archive: String::new(), names: Names::Unknown(folder_of(path).to_owned()), access };
        let format = ledger.meta("format")?;
        let format = format.parse().map_err(|_| StoreError::Damaged(format!("format {format:?}")))?;
        if format > FORMAT {
            return Err(OpenError::Newer { format });
        }
        ledger.archive = ledger.meta("archive")?;
        if access == Access::Write {
            ledger.keep_a_log()?;
        }
        ledger.refuse_torn()?;
        if access != Access::Write {
            return Ok(ledger);
        }
        // A trigger takes away what was just said to be kept.
        if !ledger.other_schema()?.is_empty() {
            ledger.access = Access::ReadAsChanged;
        }
        // A process that was killed between an erasure and its wiping left that to us. Not to be waited for, and no
        // reason to refuse reading on a full disk.
        let _ = ledger.empty_wal(Duration::ZERO);
        Ok(ledger)
    }

    /// Opens a ledger to look for damage in it, also where tip, rows and checkpoints contradict each other. Never append
    /// to one that was opened so.
    pub fn open_damaged(path: &Path) -> Result<Self, OpenError> {
        refuse_other_files(path)?;
        let (db, access) = open_database(path)?;
        let mut ledger =
            Self { db, archive: String::new(), names: Names::Unknown(folder_of(path).to_owned()), access };
        ledger.archive = ledger.meta("archive").unwrap_or_default();
        Ok(ledger)
    }

    fn keep_a_log(&self) -> Result<(), StoreError> {
        let mode: String = self.db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        match mode == "wal" {
            true => Ok(()),
            false => Err(StoreError::Other(format!("no write-ahead log here (journal mode {mode})"))),
        }
    }

    fn meta(&self, name: &str) -> Result<String, StoreError> {
        let value = self.db.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0));
        value.optional()?.ok_or_else(|| StoreError::Damaged(format!("meta lacks {name}")))
    }

    /// The archive id given to [`SqliteLedger::create`].
    pub fn archive(&self) -> &str {
        &self.archive
    }

    fn refuse_torn(&self) -> Result<(), StoreError> {
        const SQL: &str = "SELECT (SELECT ifnull(max(seq) + 1, 0) FROM row), size,
            size = 0 OR note = (SELECT note FROM checkpoint WHERE checkpoint.size = tip.size) FROM tip";
        let read = |line: &Line<'_>| Ok((line.get(0)?, line.get(1)?, line.get(2)?));
        match self.one::<(u64, u64, Option<bool>)>(SQL, [], read)? {
            Some((rows, size, Some(true))) if rows == size => Ok(()),
            Some((rows, size, Some(true))) => {
                Err(StoreError::Damaged(format!("the tip counts {size} rows, there are {rows}")))
            }
            Some((_, size, _)) => Err(StoreError::Damaged(format!("no checkpoint over {size} rows"))),
            None => Err(StoreError::Damaged("no tip".into())),
        }
    }

    /// Makes the name of the write-ahead log durable before anything is promised that lies in it. SQLite syncs the folder
    /// too, but passes over the error (`unixSync` in os_unix.c).
    fn sync_names(&mut self) -> Result<(), StoreError> {
        match self.access {
            Access::Write => {}
            Access::Read => return Err(StoreError::Medium(io::ErrorKind::ReadOnlyFilesystem.into())),
            Access::ReadForWantOfRoom => return Err(StoreError::Medium(io::ErrorKind::StorageFull.into())),
            Access::ReadAsChanged => return Err(StoreError::Damaged(self.other_schema()?.join("; "))),
        }
        match std::mem::replace(&mut self.names, Names::Lost) {
            Names::Unknown(folder) => File::open(folder)?.sync_all()?,
            Names::Durable => {}
            Names::Lost => return Err(io::Error::other("the ledger's folder could not be synced").into()),
        }
        self.names = Names::Durable;
        Ok(())
    }

    /// An error or a panic in `work` drops the transaction, which rolls it back.
    fn transact<T, E: From<StoreError>>(&self, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let transaction = Transaction::new_unchecked(&self.db, TransactionBehavior::Immediate);
        let transaction = transaction.map_err(StoreError::from)?;
        let done = work()?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(done)
    }

    /// Wipes after a transaction that destroyed bodies, also a repeated one: the first may have died before it could.
    fn wiping(
        &mut self,
        destroys: bool,
        mut done: Result<Appended, AppendError>,
    ) -> Result<Appended, AppendError> {
        if destroys {
            let wiped = self.wipe().unwrap_or(false); // the append is durable; a failure here must not deny it
            if let Ok(appended) = &mut done {
                appended.wiped = wiped;
            }
        }
        done
    }

    /// Moves all committed pages into the main file and cuts the write-ahead log to nothing; false if a reader needs it.
    fn empty_wal(&self, patience: Duration) -> Result<bool, StoreError> {
        self.db.busy_timeout(patience)?;
        let busy = self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
        self.db.busy_timeout(PATIENCE)?;
        Ok(!busy?)
    }

    fn all<T>(&self, sql: &str, params: impl Params, read: impl FnMut(&Line<'_>) -> Read<T>) -> Got<Vec<T>> {
        Ok(self.db.prepare_cached(sql)?.query_map(params, read)?.collect::<Result<_, _>>()?)
    }

    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Line<'_>) -> Read<T>,
    ) -> Got<Option<T>> {
        Ok(self.db.prepare_cached(sql)?.query_row(params, read).optional()?)
    }

    fn run(&self, sql: &str, params: impl Params) -> Result<(), StoreError> {
        self.db.prepare_cached(sql)?.execute(params)?;
        Ok(())
    }

    fn name_id(&self, name: &str) -> Result<i64, StoreError> {
        if let Some(id) = self.one("SELECT id FROM name WHERE name = ?1", [name], |line| line.get(0))? {
            return Ok(id);
        }
        self.run("INSERT INTO name (name) VALUES (?1)", [name])?;
        Ok(self.db.last_insert_rowid())
    }

    fn new_place(&self, body: Option<&[u8]>) -> Result<Option<i64>, StoreError> {
        let Some(body) = body else { return Ok(None) };
        self.run("INSERT INTO body (sealed) VALUES (?1)", [body])?;
        Ok(Some(self.db.last_insert_rowid()))
    }
}

type Line<'a> = rusqlite::Row<'a>;
type Read<T> = rusqlite::Result<T>;
type Got<T> = Result<T, StoreError>;

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A [`Row`]: the columns of the view `entry`, and what only copies need. CROSS JOIN keeps SQLite from reordering.
const ROW: &str = "SELECT seq, c.name, k.name, entry, op, sealed, erased, altered
    FROM row CROSS JOIN name AS c ON c.id = row.compartment CROSS JOIN name AS k ON k.id = row.key
    LEFT JOIN body ON body.place = row.place";

fn read_row(line: &Line<'_>) -> Read<Row> {
    Ok(Row {
        seq: line.get(0)?,
        compartment: line.get(1)?,
        key: line.get(2)?,
        entry: line.get(3)?,
        op: line.get(4)?,
        body: line.get(5)?,
        erased: line.get(6)?,
        altered: line.get(7)?,
    })
}

/// SQLite counts with signs.
fn signed(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}

impl Ledger for SqliteLedger {
    fn tip(&self) -> Result<Tip, StoreError> {
        let read =
            |line: &Line<'_>| Ok(Tip { size: line.get(0)?, frontier: line.get(1)?, note: line.get(2)? });
        let tip = self.one("SELECT size, frontier, note FROM tip", [], read)?;
        tip.ok_or_else(|| StoreError::Damaged("no tip".into()))
    }

    fn rows(&self, from: u64, limit: usize) -> Result<Vec<Row>, StoreError> {
        // Behind the last number that a row can have there is none: it would be read again and again.
        if i64::try_from(from).is_err() {
            return Ok(Vec::new());
        }
        let sql = format!("{ROW} WHERE seq >= ?1 ORDER BY seq LIMIT ?2");
        self.all(&sql, [signed(from), signed(limit)], read_row)
    }

    fn rows_of_key(&self, key: &str, from: u64, limit: usize) -> Result<Vec<Row>, StoreError> {
        if i64::try_from(from).is_err() {
            return Ok(Vec::new());
        }
        let sql = format!(
            "{ROW} WHERE seq IN (
                SELECT seq FROM row INDEXED BY row_of_key
                WHERE key = (SELECT id FROM name WHERE name = ?3) AND seq >= ?1 ORDER BY seq LIMIT ?2)
            ORDER BY seq"
        );
        self.all(&sql, params![signed(from), signed(limit), key], read_row)
    }

    fn altered(&self, below: u64) -> Result<Vec<(u64, u64)>, StoreError> {
        const SQL: &str = "SELECT seq, altered FROM row INDEXED BY row_altered
            WHERE altered IS NOT NULL AND seq < ?1 ORDER BY seq";
        self.all(SQL, [signed(below)], |line| Ok((line.get(0)?, line.get(1)?)))
    }

    fn entries(&self, from: u64, to: u64) -> Result<Vec<Entry>, StoreError> {
        const SQL: &str = "SELECT entry FROM row WHERE seq >= ?1 AND seq < ?2 ORDER BY seq";
        self.all(SQL, [signed(from), signed(to)], |line| line.get(0))
    }

    fn head(&self, compartment: &str) -> Result<u64, StoreError> {
        const SQL: &str = "SELECT seq + 1 FROM row INDEXED BY row_of_compartment
            WHERE compartment = (SELECT id FROM name WHERE name = ?1) ORDER BY seq DESC LIMIT 1";
        Ok(self.one(SQL, [compartment], |line| line.get(0))?.unwrap_or(0))
    }

    fn by_op(&self, op: &OpId) -> Result<Option<u64>, StoreError> {
        self.one("SELECT seq FROM row WHERE op = ?1", [op], |line| line.get(0))
    }

    fn checkpoints(&self, from: u64, limit: usize) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        const SQL: &str = "SELECT size, note FROM checkpoint WHERE size >= ?1 ORDER BY size LIMIT ?2";
        self.all(SQL, [signed(from), signed(limit)], |line| Ok((line.get(0)?, line.get(1)?)))
    }

    fn checkpoint(&self, size: u64) -> Result<Option<Vec<u8>>, StoreError> {
        self.one("SELECT note FROM checkpoint WHERE size = ?1", [signed(size)], |line| line.get(0))
    }

    fn append(&mut self, batch: &Batch, seal: &mut Seal<'_>) -> Result<Appended, AppendError> {
        self.sync_names()?;
        let done = self.transact(|| rules::append(self, batch, seal));
        self.wiping(batch.destroys(), done)
    }

    fn while_locked(&mut self, make: &mut Make<'_>, seal: &mut Seal<'_>) -> Result<Appended, AppendError> {
        self.sync_names()?;
        let mut destroys = false;
        let done = self.transact(|| {
            let batch = make(self).map_err(AppendError::Seal)?;
            destroys = batch.destroys();
            rules::append(self, &batch, seal)
        });
        self.wiping(destroys, done)
    }

    fn replicate(
        &mut self,
        rows: &[Row],
        checkpoints: &[(u64, Vec<u8>)],
        tip: &Tip,
    ) -> Result<bool, ReplicateError> {
        self.sync_names()?;
        let destroyed = self.transact(|| rules::replicate(self, rows, checkpoints, tip))?;
        Ok(!destroyed || self.wipe().unwrap_or(false)) // the copy is durable; a failure here must not deny it
    }

    fn wipe(&mut self) -> Result<bool, StoreError> {
        self.empty_wal(PATIENCE)
    }
}

impl Store for SqliteLedger {
    fn insert(&self, row: &RowRef<'_>) -> Result<(), StoreError> {
        let compartment = self.name_id(row.compartment)?;
        let key = self.name_id(row.key)?;
        let place = self.new_place(row.body)?;
        self.run(
            "INSERT INTO row VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![row.seq, compartment, key, row.entry, row.op, place, row.erased, row.altered],
        )
    }

    fn alter(&self, seq: u64, at: u64, key: &str, body: Option<&[u8]>) -> Result<(), StoreError> {
        self.run(
            "UPDATE body SET sealed = zeroblob(length(sealed)) WHERE place = (SELECT place FROM row WHERE seq = ?1)",
            [seq],
        )?;
        let (key, place) = (self.name_id(key)?, self.new_place(body)?);
        self.run(
            "UPDATE row SET key = ?2, place = ?3, erased = ?3 IS NULL, altered = ?4 WHERE seq = ?1",
            params![seq, key, place, at],
        )
    }

    fn sign(&self, size: u64, note: &[u8]) -> Result<(), StoreError> {
        self.run("INSERT INTO checkpoint VALUES (?1, ?2)", params![size, note])
    }

    fn advance(&self, tip: &Tip) -> Result<(), StoreError> {
        self.run(
            "UPDATE tip SET size = ?1, frontier = ?2, note = ?3",
            params![tip.size, tip.frontier, tip.note],
        )
    }
}

mod connect;
mod faults;
#[cfg(test)]
mod tests;
