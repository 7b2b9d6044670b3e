//! Everything the catalogue holds, in one order, without the numbers that only this file gives: for comparing two folds.

use rusqlite::types::ValueRef;

use super::Catalogue;
use super::tables::{NOT_TAKEN, TABLES, Table};
use crate::StoreError;

/// What is computed from several records, with what stands instead of an item's row number, and what was not taken.
const DUMPS: [(&str, &str); 6] = [
    ("meta", "SELECT position FROM meta"),
    ("item", "SELECT accession, number, members, seq, at, member, source, path, sha256, size, file_system, object, object_size,
        header, \"offset\", length, copy_of, changed, size_before, size_after, stem, role FROM item ORDER BY 1, 2, 3"),
    ("find_bytes", "SELECT word, size, accession, number, members FROM (SELECT f.word, f.size, i.accession, i.number, i.members
        FROM find_bytes f LEFT JOIN item i ON i.id = f.item) ORDER BY 1, 2, 3, 4, 5"),
    ("find_object", "SELECT f.word, i.accession, i.number, i.members FROM find_object f LEFT JOIN item i ON i.id = f.item
        ORDER BY 1, 2, 3, 4"),
    ("tally", "SELECT * FROM tally ORDER BY 1"),
    (NOT_TAKEN, "SELECT * FROM not_taken ORDER BY 1"),
];

impl Catalogue {
    /// One line for each row of each table; equal for equal catalogues. It is plaintext: for tests.
    pub fn dump(&self) -> Result<Vec<String>, StoreError> {
        let answer = self.read(|db| {
            let mut lines = Vec::new();
            let of_records = TABLES.iter().map(|Table { name, columns, key, .. }| {
                (*name, format!("SELECT {columns} FROM {name} ORDER BY {key}"))
            });
            for (table, sql) in
                DUMPS.map(|(table, sql)| (table, sql.to_owned())).into_iter().chain(of_records)
            {
                let mut found = db.prepare(&sql)?;
                let columns = found.column_count();
                let mut rows = found.query([])?;
                while let Some(row) = rows.next()? {
                    let mut line = table.to_owned();
                    for column in 0..columns {
                        line.push('|');
                        line.push_str(&shown(row.get_ref(column)?));
                    }
                    lines.push(line);
                }
            }
            Ok(lines)
        })?;
        Ok(answer.value)
    }
}

fn shown(value: ValueRef) -> String {
    match value {
        ValueRef::Null => "null".into(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => format!("{:?}", String::from_utf8_lossy(text)),
        ValueRef::Blob(bytes) => hex::encode(bytes),
    }
}
