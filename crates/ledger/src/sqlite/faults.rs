//! What is wrong with the ledger's file: its structure, its schema, and what hangs loose in its tables.

use rusqlite::{Connection, Params};

use super::{FORMAT, Got, SCHEMA, SqliteLedger};
use crate::StoreError;

impl SqliteLedger {
    /// Checks the whole file, reading all of it: what is wrong, nothing if it is sound.
    /// It cannot see a changed bit within a body or an entry; the seal and the log do.
    ///
    /// # Errors
    /// The disk failed, or another process holds the file; damage is no error here.
    pub fn faults(&self) -> Result<Vec<String>, StoreError> {
        let mut faults = Vec::new();
        for look in [Self::broken_structure, Self::other_schema, Self::other_meta, Self::loose_ends] {
            match look(self) {
                Ok(found) => faults.extend(found),
                Err(StoreError::Damaged(reason)) => faults.push(reason),
                Err(error) => return Err(error),
            }
        }
        // The whole file went through the cache, and little of it is asked again.
        self.run("PRAGMA shrink_memory", [])?;
        Ok(faults)
    }

    /// More rows than this cannot lie in the file: each takes more than 64 bytes, in its table and its indexes.
    ///
    /// # Errors
    /// As [`SqliteLedger::faults`], and where the file is damaged.
    pub fn most_rows(&self) -> Result<u64, StoreError> {
        let pages =
            self.one("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", [], |line| {
                line.get(0)
            })?;
        Ok(pages.unwrap_or(0_u64) / 64)
    }

    fn broken_structure(&self) -> Got<Vec<String>> {
        let lines = self.texts("PRAGMA integrity_check", [])?;
        Ok(lines.into_iter().filter(|line| line != "ok").collect())
    }

    /// Whoever can write to the file can add a trigger.
    pub(super) fn other_schema(&self) -> Got<Vec<String>> {
        const SQL: &str =
            "SELECT type || ' ' || name || ': ' || sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY 1";
        let fresh = Connection::open_in_memory()?;
        fresh.execute_batch(SCHEMA)?;
        let mut ours = fresh.prepare(SQL)?;
        let ours = ours.query_map([], |line| line.get(0))?.collect::<Result<Vec<String>, _>>()?;
        let found = self.texts(SQL, [])?;
        let name = |text: &String| text.split(':').next().unwrap_or_default().to_owned();
        let added =
            found.iter().filter(|text| !ours.contains(text)).map(|t| format!("{} is not ours", name(t)));
        let gone =
            ours.iter().filter(|text| !found.contains(text)).map(|t| format!("{} is missing", name(t)));
        Ok(added.chain(gone).collect())
    }

    fn other_meta(&self) -> Got<Vec<String>> {
        let found = self.texts("SELECT name FROM meta WHERE name NOT IN ('format', 'archive')", [])?;
        let mut faults: Vec<String> = found.iter().map(|name| format!("meta holds {name:?}")).collect();
        if self.one::<i64>("PRAGMA user_version", [], |line| line.get(0))? != Some(0) {
            faults.push("the user version is set, and none of ours sets it".into());
        }
        let format = self.meta("format").unwrap_or_default();
        if format != FORMAT.to_string() {
            faults.push(format!("meta says format {format:?}"));
        }
        if self.meta("archive").is_err() {
            faults.push("meta lacks the archive's id".into());
        }
        Ok(faults)
    }

    /// Bodies that no row refers to (a destroyed one is all zeros), and rows that refer to no name.
    fn loose_ends(&self) -> Got<Vec<String>> {
        let mut faults = self.texts(
            "SELECT 'row ' || seq || ' names no compartment or key' FROM row
             WHERE compartment NOT IN (SELECT id FROM name) OR key NOT IN (SELECT id FROM name) LIMIT 100",
            [],
        )?;
        faults.extend(self.texts(
            "SELECT 'row ' || seq || ' stands before the first' FROM row WHERE seq < 0
             UNION ALL SELECT 'row ' || seq || ' is neither erased nor not' FROM row WHERE erased NOT IN (0, 1)
             UNION ALL SELECT 'checkpoint ' || size || ' is over less than nothing' FROM checkpoint WHERE size < 0 LIMIT 100",
            [],
        )?);
        // Counting first needs no memory; which ones they are is asked only where the counts differ.
        const COUNTS: &str = "SELECT (SELECT count(*) FROM body WHERE sealed <> zeroblob(length(sealed)))
            - (SELECT count(place) FROM row)";
        if self.one::<i64>(COUNTS, [], |line| line.get(0))? != Some(0) {
            faults.extend(self.texts(
                "SELECT 'body ' || place || ' belongs to no row' FROM body WHERE sealed <> zeroblob(length(sealed))
                 AND place NOT IN (SELECT place FROM row WHERE place IS NOT NULL) LIMIT 100",
                [],
            )?);
            faults.extend(self.texts(
                "SELECT 'row ' || seq || ' names a body that it has not' FROM row WHERE place IS NOT NULL
                 AND (op IS NULL OR erased = 1 OR place NOT IN (SELECT place FROM body)) LIMIT 100",
                [],
            )?);
        }
        Ok(faults)
    }

    fn texts(&self, sql: &str, params: impl Params) -> Got<Vec<String>> {
        self.all(sql, params, |line| line.get(0))
    }
}
