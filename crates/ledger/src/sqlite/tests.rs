//! The SQLite ledger: the suite, and what only files can suffer.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, ErrorKind};
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::*;
use crate::conform::{Fixture, assert_sound, batch, row, seal};
use crate::{NewBody, NewRow, Reseal};

struct Folder(tempfile::TempDir);

impl Fixture for Folder {
    type Handle = SqliteLedger;

    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        SqliteLedger::create(&folder.file(), "archive-1").unwrap();
        folder
    }

    fn handle(&self) -> SqliteLedger {
        SqliteLedger::open(&self.file()).unwrap()
    }
}

impl Folder {
    fn file(&self) -> std::path::PathBuf {
        self.0.path().join("ledger.sqlite")
    }

    /// The marks (`<…>`) that any file of the folder still has.
    fn marks(&self) -> HashSet<Vec<u8>> {
        let mut marks = HashSet::new();
        for file in std::fs::read_dir(self.0.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            let after = bytes.split(|byte| *byte == b'<').skip(1);
            for rest in after {
                let end = rest.iter().take(12).position(|byte| *byte == b'>');
                let readable = |mark: &Vec<u8>| mark.last().is_some_and(u8::is_ascii_digit); // not by chance
                marks.extend(end.map(|end| rest[..end].to_vec()).filter(readable));
            }
        }
        marks
    }
}

crate::conform!(Folder);

#[test]
fn behind_a_row_with_the_last_number_there_is_none() {
    let folder = Folder::new();
    let ledger = folder.handle();
    let db = rusqlite::Connection::open(folder.file()).unwrap();
    let row = "INSERT INTO row VALUES (9223372036854775807, 1, 1, zeroblob(32), NULL, NULL, 0, NULL)";
    db.execute("INSERT INTO name VALUES (1, 'main')", []).unwrap();
    db.execute(row, []).unwrap();
    for from in [1 << 63, u64::MAX] {
        assert!(ledger.rows(from, 9).unwrap().is_empty());
        assert!(ledger.rows_of_key("main", from, 9).unwrap().is_empty());
    }
}

#[test]
fn a_new_ledger_knows_its_archive_and_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    assert_eq!(folder.handle().archive(), "archive-1");
    assert_eq!(std::fs::metadata(folder.file()).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(matches!(SqliteLedger::create(&folder.file(), "other"), Err(OpenError::Exists)));
    let mode: i32 = folder.handle().db.query_row("PRAGMA synchronous", [], |line| line.get(0)).unwrap();
    assert_eq!(mode, 2, "FULL");
}

#[test]
fn all_caches_of_a_process_are_bounded_together() {
    let folder = Folder::new();
    let limit: i64 = folder.handle().db.query_row("PRAGMA soft_heap_limit", [], |line| line.get(0)).unwrap();
    assert_eq!(limit, 160 << 20);
}

#[test]
fn what_is_not_a_sound_ledger_is_refused_by_name() {
    let folder = Folder::new();
    folder.handle().append(&batch(0..2000), &mut seal).unwrap();
    let sound = std::fs::read(folder.file()).unwrap();
    let open = |bytes: &[u8]| {
        std::fs::write(folder.file(), bytes).unwrap();
        SqliteLedger::open(&folder.file()).err()
    };
    assert!(open(&sound).is_none());
    assert!(matches!(open(b""), Some(OpenError::NotALedger)));
    assert!(matches!(open(&[b'x'; 9000]), Some(OpenError::NotALedger)));
    for cut in [sound.len() / 2, sound.len() - 16384] {
        assert!(matches!(open(&sound[..cut]), Some(OpenError::Store(StoreError::Damaged(_)))), "{cut}");
    }
    assert!(open(&sound).is_none());
    std::fs::remove_file(folder.file()).unwrap();
    assert!(matches!(SqliteLedger::open(&folder.file()), Err(OpenError::Missing)));
    Connection::open(folder.file()).unwrap().execute_batch("CREATE TABLE meta (x)").unwrap();
    assert!(matches!(SqliteLedger::open(&folder.file()), Err(OpenError::NotALedger)));
}

#[test]
fn a_changed_row_table_or_version_is_noticed() {
    let spoil = |sql: &str| {
        let folder = Folder::new();
        folder.handle().append(&batch(0..9), &mut seal).unwrap();
        Connection::open(folder.file()).unwrap().execute_batch(sql).unwrap();
        (SqliteLedger::open(&folder.file()).err(), folder)
    };
    assert!(matches!(
        spoil("UPDATE meta SET value = '2' WHERE name = 'format'").0,
        Some(OpenError::Newer { format: 2 })
    ));
    for sql in
        ["DELETE FROM row WHERE seq = 8", "DELETE FROM checkpoint", "DELETE FROM tip", "DELETE FROM meta"]
    {
        assert!(matches!(spoil(sql).0, Some(OpenError::Store(StoreError::Damaged(_)))), "{sql}");
    }
    let (none, folder) =
        spoil("PRAGMA ignore_check_constraints = ON; UPDATE row SET entry = x'00' WHERE seq = 3");
    assert!(none.is_none());
    assert!(matches!(folder.handle().rows(0, 9), Err(StoreError::Damaged(_))));
    assert!(!folder.handle().faults().unwrap().is_empty());
    assert!(Folder::new().handle().faults().unwrap().is_empty());
}

#[test]
fn no_file_keeps_a_destroyed_body() {
    const ROWS: u64 = 200;
    let folder = Folder::new();
    let mut ledger = folder.handle();
    let _reader = folder.handle(); // keeps the write-ahead log alive
    // Of every size from a few bytes to two pages, destroyed out of order, so that SQLite would rebalance.
    let body = |mark: String, n: u64| {
        let long = if n % 50 == 7 { 800 } else { 1 + n * n % 89 };
        format!("<{mark}>{:30}", "").repeat(long as usize).into_bytes()
    };
    let rows = (0..ROWS).map(|n| NewRow { body: Some(body(n.to_string(), n)), ..row(n, "main", "main/1") });
    ledger.append(&Batch { rows: rows.collect(), ..Batch::default() }, &mut seal).unwrap();
    let mut kept: HashSet<Vec<u8>> = (0..ROWS).map(|n| n.to_string().into_bytes()).collect();
    assert_eq!(folder.marks(), kept);
    for step in 0..ROWS {
        let n = step * 73 % ROWS; // with DELETE instead of zeros this order leaves a stale copy at step 87
        let mut change = batch(ROWS + step..ROWS + step + 1);
        kept.remove(n.to_string().as_bytes());
        if n.is_multiple_of(5) {
            let new = body(format!("new {n}"), n + 9);
            let body: Arc<NewBody> = Arc::new(move |_| Ok(new.clone()));
            change.reseal = Some(Reseal { rows: vec![n], key: "V/1".into(), body });
            kept.insert(format!("new {n}").into_bytes());
        } else {
            change.erase.push(n);
        }
        assert!(ledger.append(&change, &mut seal).unwrap().wiped);
        assert_eq!(folder.marks(), kept, "step {step}");
    }
    assert!(ledger.faults().unwrap().is_empty());
}

#[test]
fn a_reader_delays_the_wiping_and_the_answer_says_so() {
    let folder = Folder::new();
    let (mut ledger, reader) = (folder.handle(), folder.handle());
    ledger.append(&batch(0..3), &mut seal).unwrap();
    let reading = reader.db.unchecked_transaction().unwrap();
    assert_eq!(reader.tip().unwrap().size, 3);
    assert!(!ledger.empty_wal(Duration::ZERO).unwrap());
    drop(reading);
    assert!(ledger.wipe().unwrap());
}

#[test]
fn a_full_disk_is_named_and_leaves_nothing() {
    let folder = Folder::new();
    let mut ledger = folder.handle();
    ledger.append(&batch(0..3), &mut seal).unwrap();
    ledger.db.execute_batch("PRAGMA max_page_count = 1").unwrap(); // as many as there are
    let full = ledger.append(&batch(3..2000), &mut seal);
    assert!(
        matches!(full, Err(AppendError::Store(StoreError::Medium(error))) if error.kind() == ErrorKind::StorageFull)
    );
    ledger.db.execute_batch("PRAGMA max_page_count = 1000000").unwrap();
    assert_eq!(ledger.append(&batch(3..2000), &mut seal).unwrap().first, 3);
    assert_sound(&ledger);
}

#[test]
fn faults_of_the_disk_have_names() {
    let code = |code| StoreError::from(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None));
    use rusqlite::ffi;
    let kind = |answer| match code(answer) {
        StoreError::Medium(error) => error.kind(),
        other => panic!("{other}"),
    };
    assert_eq!(kind(ffi::SQLITE_FULL), ErrorKind::StorageFull);
    assert!(matches!(code(ffi::SQLITE_IOERR_FSYNC), StoreError::Medium(e) if e.raw_os_error() == Some(5)));
    assert_eq!(kind(ffi::SQLITE_BUSY), ErrorKind::ResourceBusy);
    assert_eq!(kind(ffi::SQLITE_READONLY), ErrorKind::ReadOnlyFilesystem);
    assert!(matches!(code(ffi::SQLITE_CORRUPT), StoreError::Damaged(_)));
}

#[test]
fn a_lock_held_too_long_is_named() {
    let folder = Folder::new();
    let (holder, mut ledger) = (folder.handle(), folder.handle());
    ledger.db.busy_timeout(Duration::ZERO).unwrap();
    let _held = Transaction::new_unchecked(&holder.db, TransactionBehavior::Immediate).unwrap();
    assert!(
        matches!(ledger.append(&batch(0..1), &mut seal), Err(AppendError::Store(StoreError::Medium(error))) if error.kind() == ErrorKind::ResourceBusy)
    );
}

#[test]
fn a_panic_while_sealing_leaves_the_ledger_usable() {
    let folder = Folder::new();
    let mut ledger = folder.handle();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        ledger.append(&batch(0..3), &mut |_, _| panic!("on purpose"))
    }));
    assert!(panicked.is_err());
    assert_eq!(ledger.append(&batch(0..3), &mut seal).unwrap().first, 0);
    assert_sound(&folder.handle());
}

const KILLED: &str = "VIDIMUS_TEST_KILLED_LEDGER";

#[test]
fn what_was_acknowledged_survives_a_kill() {
    if let Some(file) = std::env::var_os(KILLED) {
        append_until_killed(Path::new(&file));
    }
    let folder = Folder::new();
    for round in 1..4 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sqlite::tests::what_was_acknowledged_survives_a_kill", "--nocapture"])
            .env(KILLED, folder.file())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let sizes = lines.filter_map(|line| line.strip_prefix("size ")?.parse::<u64>().ok());
        let acknowledged = sizes.take(round * 5).last().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        let ledger = folder.handle();
        assert!(ledger.tip().unwrap().size >= acknowledged);
        assert_sound(&ledger);
        assert!(ledger.faults().unwrap().is_empty());
    }
}

/// Every append erases what the last one wrote, so that the kill also falls between erasing and wiping.
fn append_until_killed(file: &Path) -> ! {
    let mut ledger = SqliteLedger::open(file).unwrap();
    println!(); // the test harness began the line
    loop {
        let size = ledger.tip().unwrap().size;
        let erase = size.checked_sub(1).into_iter().collect();
        ledger.append(&Batch { erase, ..batch(size..size + 40) }, &mut seal).unwrap();
        println!("size {}", size + 40);
    }
}

#[test]
fn what_cannot_be_written_is_read_with_and_without_the_files_beside_it() {
    let folder = Folder::new();
    let mut ledger = folder.handle();
    ledger.append(&batch(0..3), &mut seal).unwrap();
    let there = |end: &str| {
        folder.0.path().join(format!("{}{end}", folder.file().file_name().unwrap().to_str().unwrap()))
    };
    // What a killed process leaves, with and without the index; and what one that ended leaves.
    for ends in [&["", "-wal", "-shm"][..], &["", "-wal"]] {
        let copy = tempfile::tempdir().unwrap();
        for end in ends {
            std::fs::copy(there(end), copy.path().join(format!("copy{end}"))).unwrap();
        }
        assert_eq!(read_only(&copy.path().join("copy")).tip().unwrap().size, 3, "{ends:?}");
        assert_eq!(std::fs::read_dir(copy.path()).unwrap().count(), ends.len(), "nothing is made beside it");
    }
    drop(ledger);
    let copy = tempfile::tempdir().unwrap();
    let odd = copy.path().join("a b%20#?\u{442}");
    std::fs::copy(folder.file(), &odd).unwrap();
    let mut ledger = read_only(&odd);
    assert_eq!(ledger.tip().unwrap().size, 3);
    let refused = ledger.append(&batch(3..4), &mut seal);
    assert!(matches!(
        refused,
        Err(AppendError::Store(StoreError::Medium(error))) if error.kind() == ErrorKind::ReadOnlyFilesystem
    ));
    assert_eq!(std::fs::read_dir(copy.path()).unwrap().count(), 1);
}

fn read_only(path: &Path) -> SqliteLedger {
    let db = connect::to_read(path).unwrap();
    SqliteLedger { db, archive: String::new(), names: Names::Durable, access: connect::Access::Read }
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let folder = Folder::new();
    let aside = folder.0.path().join("aside");
    for end in ["", "-wal", "-shm"] {
        let mut path = folder.file().into_os_string();
        path.push(end);
        let path = PathBuf::from(path);
        let _ = std::fs::rename(&path, &aside);
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        let refused = SqliteLedger::open(&folder.file());
        assert!(matches!(refused, Err(OpenError::NotAFile { path: named }) if named == path), "{end}");
        std::fs::remove_file(&path).unwrap();
        let _ = std::fs::rename(&aside, &path);
    }
    assert_eq!(folder.handle().tip().unwrap().size, 0);
}

#[test]
fn whatever_stands_in_the_place_of_a_journal_is_refused_and_left() {
    let folder = Folder::new();
    let journal = folder.0.path().join("ledger.sqlite-journal");
    let refused = |opened: Result<SqliteLedger, OpenError>| {
        assert!(matches!(opened, Err(OpenError::Journal { path }) if path == journal));
        journal.symlink_metadata().unwrap();
    };
    let kinds: [fn(&Path) -> std::io::Result<()>; 3] = [
        |path| std::fs::write(path, ""),
        |path| std::os::unix::fs::symlink("/nowhere", path),
        |path| Command::new("mkfifo").arg(path).status().map(drop),
    ];
    for put in kinds {
        put(&journal).unwrap();
        refused(SqliteLedger::open(&folder.file()));
        refused(SqliteLedger::open_damaged(&folder.file()));
        std::fs::rename(folder.file(), folder.0.path().join("aside")).unwrap();
        refused(SqliteLedger::create(&folder.file(), "archive-1"));
        assert!(!folder.file().exists());
        std::fs::rename(folder.0.path().join("aside"), folder.file()).unwrap();
        std::fs::remove_file(&journal).unwrap();
        assert_sound(&folder.handle());
    }
}

#[test]
fn a_ledger_with_another_schema_is_read_and_takes_nothing() {
    for more in [
        "CREATE TRIGGER more AFTER INSERT ON body BEGIN DELETE FROM body WHERE place = NEW.place; END",
        "CREATE VIEW more AS SELECT 1",
        "CREATE TABLE more (x)",
        "CREATE INDEX more ON row (erased)",
        "DROP VIEW entry",
    ] {
        let folder = Folder::new();
        folder.handle().append(&batch(0..3), &mut seal).unwrap();
        Connection::open(folder.file()).unwrap().execute_batch(more).unwrap();
        let mut ledger = folder.handle();
        let refused = ledger.append(&batch(3..4), &mut seal);
        let named = if more.starts_with("DROP") { "view entry is missing" } else { " more is not ours" };
        let names = |reason: &String| reason.contains(named);
        assert!(
            matches!(refused, Err(AppendError::Store(StoreError::Damaged(reason))) if names(&reason)),
            "{more}"
        );
        assert!(matches!(ledger.replicate(&[], &[], &ledger.tip().unwrap()), Err(ReplicateError::Store(_))));
        assert_eq!((ledger.tip().unwrap().size, ledger.rows(0, 9).unwrap().len()), (3, 3), "{more}");
    }
}
