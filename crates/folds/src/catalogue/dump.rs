//! Everything the catalogue holds, in one order, without the numbers that only this file gives: for comparing two folds.

use rusqlite::types::ValueRef;

use super::Catalogue;
use crate::StoreError;

/// The tables that facts are kept in.
pub(super) const TABLES: [&str; 22] = [
    "stage",
    "kind",
    "failure",
    "derivative",
    "camera_claim",
    "beginning",
    "clock_note",
    "derivative_place",
    "camera",
    "camera_given",
    "old_bytes",
    "recent_bytes",
    "old_object",
    "recent_object",
    "item",
    "tally",
    "place",
    "not_taken",
    "about",
    "record",
    "destroyed",
    "unknown",
];

/// In what order, and with what instead of an item's row number.
const DUMPS: [(&str, &str); 21] = [
    ("meta", "SELECT position FROM meta"),
    ("item", "SELECT accession, number, members, seq, at, member, source, path, sha256, size, file_system, object, object_size,
        header, \"offset\", length, copy_of, changed, size_before, size_after, stem, spoken FROM item ORDER BY 1, 2, 3"),
    ("find_bytes", "SELECT word, size, accession, number, members FROM (SELECT f.word, f.size, i.accession, i.number, i.members
        FROM find_bytes f LEFT JOIN item i ON i.id = f.item) ORDER BY 1, 2, 3, 4, 5"),
    ("find_object", "SELECT f.word, i.accession, i.number, i.members FROM find_object f LEFT JOIN item i ON i.id = f.item
        ORDER BY 1, 2, 3, 4"),
    ("tally", "SELECT * FROM tally ORDER BY 1"),
    ("place", "SELECT * FROM place ORDER BY 1, 2, 3, 4"),
    ("stage", "SELECT * FROM stage ORDER BY 1, 2"),
    ("kind", "SELECT * FROM kind ORDER BY 1"),
    ("failure", "SELECT * FROM failure ORDER BY 1, 2"),
    ("derivative", "SELECT * FROM derivative ORDER BY 1, 2"),
    ("camera_claim", "SELECT * FROM camera_claim ORDER BY 1, 2"),
    ("beginning", "SELECT * FROM beginning ORDER BY 1, 2"),
    ("clock_note", "SELECT * FROM clock_note ORDER BY 1, 2"),
    ("derivative_place", "SELECT * FROM derivative_place ORDER BY 1, 2"),
    ("camera", "SELECT * FROM camera ORDER BY 1"),
    ("camera_given", "SELECT * FROM camera_given ORDER BY 1, 2, 3, 4"),
    ("not_taken", "SELECT * FROM not_taken ORDER BY 1"),
    ("record", "SELECT * FROM record ORDER BY 1"),
    ("about", "SELECT * FROM about ORDER BY 1, 2, 3, 4"),
    ("destroyed", "SELECT * FROM destroyed ORDER BY 1"),
    ("unknown", "SELECT * FROM unknown ORDER BY 1"),
];

impl Catalogue {
    /// One line for each row of each table; equal for equal catalogues. It is plaintext: for tests.
    pub fn dump(&self) -> Result<Vec<String>, StoreError> {
        let answer = self.read(|db| {
            let mut lines = Vec::new();
            for (table, sql) in DUMPS {
                let mut found = db.prepare(sql)?;
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
