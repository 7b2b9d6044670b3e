//! A database opened by somebody who does not keep to its rules: no constraint of its schema holds them.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension as _};

/// A name as SQL writes it.
pub fn q(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A value as SQL writes it.
pub fn literal(value: &Value) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Blob(bytes) => format!("x'{}'", hex::encode(bytes)),
    }
}

/// All tables of a database.
pub fn tables(db: &Connection) -> Vec<String> {
    let mut asked = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1").unwrap();
    asked.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// The columns of a table, its key first.
pub fn columns(db: &Connection, table: &str) -> Vec<String> {
    let mut asked = db.prepare("SELECT name FROM pragma_table_info(?1)").unwrap();
    asked.query_map([table], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// The one value that a query finds; null where it finds none.
pub fn one(db: &Connection, sql: &str) -> Value {
    db.query_row(sql, [], |line| line.get(0)).optional().unwrap().unwrap_or(Value::Null)
}

/// Does something to the database with its constraints taken away, and puts them back.
pub fn loosened(path: &Path, work: impl FnOnce(&Connection) -> rusqlite::Result<()>) -> rusqlite::Result<()> {
    let db = Connection::open(path).unwrap();
    db.execute_batch("PRAGMA ignore_check_constraints = ON; PRAGMA writable_schema = ON;").unwrap();
    let mut asked = db.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL").unwrap();
    let kept: Vec<(String, String)> =
        asked.query_map([], |line| Ok((line.get(0)?, line.get(1)?))).unwrap().map(Result::unwrap).collect();
    drop(asked);
    for (name, sql) in &kept {
        let loose = match sql.starts_with("CREATE TABLE") {
            true => sql
                .replace(" STRICT, WITHOUT ROWID", " WITHOUT ROWID")
                .replace(") STRICT", ")")
                .replace(" NOT NULL", ""),
            false => sql.replace("UNIQUE INDEX", "INDEX"),
        };
        write(&db, name, &loose);
    }
    db.execute_batch("PRAGMA writable_schema = RESET; PRAGMA writable_schema = ON;").unwrap();
    let done = work(&db);
    for (name, sql) in &kept {
        write(&db, name, sql);
    }
    db.execute_batch("PRAGMA writable_schema = RESET").unwrap();
    db.close().unwrap();
    done
}

fn write(db: &Connection, name: &str, sql: &str) {
    db.execute("UPDATE sqlite_schema SET sql = ?2 WHERE name = ?1 AND sql IS NOT ?2", [name, sql]).unwrap();
}

fn shown(value: ValueRef<'_>) -> String {
    format!("{value:?}")
}

/// All that a ledger file holds, table by table, with or without the zeros in place of what was erased; none if it cannot be read.
pub fn content(path: &Path, zeros: bool) -> Option<BTreeMap<String, Vec<Vec<String>>>> {
    let db = Connection::open(path).ok()?;
    let mut tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").ok()?;
    let names: Vec<String> =
        tables.query_map([], |row| row.get::<_, String>(0)).ok()?.collect::<Result<_, _>>().ok()?;
    let mut all = BTreeMap::new();
    for name in names {
        let erased = if name == "body" && !zeros { "WHERE sealed <> zeroblob(length(sealed))" } else { "" };
        let mut statement = db.prepare(&format!("SELECT * FROM \"{name}\" {erased} ORDER BY 1")).ok()?;
        let columns = statement.column_count();
        let rows = statement
            .query_map([], |row| (0..columns).map(|column| row.get_ref(column).map(shown)).collect())
            .ok()?
            .collect::<Result<Vec<Vec<String>>, _>>()
            .ok()?;
        all.insert(name, rows);
    }
    Some(all)
}
