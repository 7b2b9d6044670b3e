//! Finders: from the first bits of a digest or of an object's name to the items that have it.

use rusqlite::{Connection, params};

use super::item::word;
use crate::StoreError;

/// So many rows of the recent finders are poured into the old ones at a time: at three million items each page of these then
/// takes a dozen rows, where one by one each row would cost a page to decipher, seal and write.
const FULL: i64 = 250_000;

/// What a batch adds.
#[derive(Default)]
pub(super) struct Finders {
    bytes: Vec<(i64, i64, i64)>,
    objects: Vec<(i64, i64)>,
}

impl Finders {
    /// Notes an item that was inserted.
    pub fn add(&mut self, item: i64, sha256: &[u8; 32], size: i64, object: &[u8; 16]) {
        self.bytes.push((word(sha256), item, size));
        self.objects.push((word(object), item));
    }

    /// Writes what was noted, sorted, so that each page is visited once.
    pub fn write(&mut self, db: &Connection) -> Result<(), StoreError> {
        let added = i64::try_from(self.bytes.len()).expect("a batch fits into memory");
        if added == 0 {
            return Ok(());
        }
        self.bytes.sort_unstable();
        self.objects.sort_unstable();
        let mut bytes = db.prepare_cached("INSERT INTO recent_bytes VALUES (?1, ?2, ?3)")?;
        for row in self.bytes.drain(..) {
            bytes.execute(row)?;
        }
        let mut objects = db.prepare_cached("INSERT INTO recent_object VALUES (?1, ?2)")?;
        for row in self.objects.drain(..) {
            objects.execute(row)?;
        }
        let recent: i64 = db
            .prepare_cached("UPDATE meta SET recent = recent + ?1 RETURNING recent")?
            .query_row([added], |row| row.get(0))?;
        if recent > FULL {
            db.execute_batch(
                "INSERT INTO old_bytes SELECT * FROM recent_bytes ORDER BY word, item; DELETE FROM recent_bytes;
                 INSERT INTO old_object SELECT * FROM recent_object ORDER BY word, item; DELETE FROM recent_object;
                 UPDATE meta SET recent = 0;",
            )?;
        }
        Ok(())
    }
}

/// Forgets an item that is removed; it must have been written.
pub(super) fn remove(
    db: &Connection,
    item: i64,
    sha256: &[u8; 32],
    object: &[u8; 16],
) -> Result<(), StoreError> {
    for (word, tables) in
        [(word(sha256), ["old_bytes", "recent_bytes"]), (word(object), ["old_object", "recent_object"])]
    {
        for table in tables {
            db.prepare_cached(&format!("DELETE FROM {table} WHERE word = ?1 AND item = ?2"))?
                .execute(params![word, item])?;
        }
    }
    Ok(())
}
