//! Folds a batch: writes every fact down, then sweeps out what an erasure or a move says is gone.
//!
//! So the order of facts does not matter: whichever comes last, the sweep sees both.

use std::collections::{BTreeSet, HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, params};
use vidimus_model::{Change, NotTaken, Repack, Statement};

use super::examined;
use super::finders::{self, Finders};
use super::item::{Checked, PlaceRow, member_number};
use super::key::Key;
use super::kind::{Kind, kept};
use super::standing::Standing;
use super::tables;
use crate::{Entry, Said, StoreError};

/// Applies the entries within the caller's transaction; says whether anything was destroyed.
pub(super) fn apply(db: &Connection, batch: &[Entry]) -> Result<bool, StoreError> {
    let erasing = note_destroyed(db, batch)?;
    let mut writer = Writer {
        db,
        destroyed: destroyed_among(db, batch)?,
        touched: BTreeSet::new(),
        repacked: BTreeSet::new(),
        finders: Finders::default(),
        tallies: HashMap::new(),
    };
    for entry in batch {
        writer.entry(entry)?;
    }
    writer.finders.write(db)?;
    let swept = writer.sweep()?;
    writer.write_tallies()?;
    Ok(erasing || swept)
}

/// Erasures first: what they destroyed may stand in the same batch, or come again from someone who still remembers it.
fn note_destroyed(db: &Connection, batch: &[Entry]) -> Result<bool, StoreError> {
    let mut any = false;
    for entry in batch {
        if let Said::Statement(Statement { change: Change::Erasure(erasure), .. }) = &entry.said {
            let mut note = db.prepare_cached("INSERT OR IGNORE INTO destroyed VALUES (?1)")?;
            for seq in &erasure.entries {
                // A number beyond i64 names no row of any ledger.
                if let Ok(seq) = i64::try_from(*seq) {
                    note.execute([seq])?;
                }
            }
            any = true;
        }
    }
    if any {
        for table in tables::by_number() {
            db.execute(&format!("DELETE FROM {table} WHERE seq IN (SELECT seq FROM destroyed)"), [])?;
        }
    }
    Ok(any)
}

fn destroyed_among(db: &Connection, batch: &[Entry]) -> Result<HashSet<u64>, StoreError> {
    let (first, last) = (batch.iter().map(|e| e.seq).min(), batch.iter().map(|e| e.seq).max());
    let mut found = db.prepare_cached("SELECT seq FROM destroyed WHERE seq BETWEEN ?1 AND ?2")?;
    let rows = found.query_map(params![first, last], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Items that are swept at a time.
const PIECE: i64 = 10_000;

/// No limit, in SQLite's words.
const ALL: i64 = -1;

struct Writer<'a> {
    db: &'a Connection,
    destroyed: HashSet<u64>,
    /// Accessions that something was said about.
    touched: BTreeSet<i64>,
    /// Those of them of which a record said new places.
    repacked: BTreeSet<i64>,
    finders: Finders,
    /// What changes in the sums of an accession: items, copies, bytes.
    tallies: HashMap<i64, [i64; 3]>,
}

impl Writer<'_> {
    fn entry(&mut self, entry: &Entry) -> Result<(), StoreError> {
        if self.destroyed.contains(&entry.seq) {
            return Ok(());
        }
        let seq = i64::try_from(entry.seq)
            .expect("`may_apply` compared it with a position, which is stored as i64");
        match &entry.said {
            Said::Unknown(change) => self.unknown(seq, change),
            Said::Erased => {
                for table in tables::by_number() {
                    self.db.prepare_cached(&format!("DELETE FROM {table} WHERE seq = ?1"))?.execute([seq])?;
                }
                Ok(())
            }
            Said::Statement(said) => self.statement(seq, said),
        }
    }

    fn statement(&mut self, seq: i64, said: &Statement) -> Result<(), StoreError> {
        if let Some(item) = said.change.as_item() {
            return match Checked::of(item) {
                Some(item) => self.item(seq, said, &item),
                None => self.unknown(seq, item_change(&said.change)),
            };
        }
        match &said.change {
            Change::NotTaken(what) => self.not_taken(seq, said, what),
            other => {
                if let Change::Repack(repack) = other
                    && !self.places(seq, repack)?
                {
                    return Ok(());
                }
                self.record(seq, said)
            }
        }
    }

    fn unknown(&self, seq: i64, change: &str) -> Result<(), StoreError> {
        self.db
            .prepare_cached("INSERT OR IGNORE INTO unknown VALUES (?1, ?2)")?
            .execute(params![seq, change])?;
        Ok(())
    }

    /// The latest record of a reference stands.
    fn item(&mut self, seq: i64, said: &Statement, item: &Checked) -> Result<(), StoreError> {
        self.touched.insert(item.key.accession);
        if !item.insert(self.db, seq, said)? {
            let key = &item.key;
            let old: Option<(i64, i64)> = self
                .db
                .prepare_cached(
                    "SELECT id, seq FROM item WHERE accession = ?1 AND number = ?2 AND members = ?3",
                )?
                .query_row(params![key.accession, key.number, key.members], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()?;
            match old {
                Some((id, earlier)) if earlier < seq => {
                    // Its finders must be on disk to be removed.
                    self.finders.write(self.db)?;
                    self.remove_item(id)?;
                }
                _ => return Ok(()),
            }
            item.insert(self.db, seq, said)?;
        }
        let id = self.db.last_insert_rowid();
        self.finders.add(id, &item.sha256, item.size, &item.place.name);
        let copy = said_is_copy(said);
        self.tally(item.key.accession, [1, copy, item.size]);
        Ok(())
    }

    fn not_taken(&mut self, seq: i64, said: &Statement, what: &NotTaken) -> Result<(), StoreError> {
        let Some(key) = Key::of(&what.about) else { return self.unknown(seq, "not-taken/1") };
        self.touched.insert(key.accession);
        self.db
            .prepare_cached("INSERT OR IGNORE INTO not_taken VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?
            .execute(params![
                seq,
                key.accession,
                said.at.as_second(),
                member_number(said.by),
                what.source,
                what.path.as_bytes(),
                what.kind.as_str(),
                what.reason
            ])?;
        Ok(())
    }

    /// Writes the new places; false where there is none.
    fn places(&mut self, seq: i64, repack: &Repack) -> Result<bool, StoreError> {
        let mut any = false;
        let mut insert = self
            .db
            .prepare_cached("INSERT OR IGNORE INTO place VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")?;
        for new in &repack.objects {
            // Places of another accession's items would escape its sweep, and cannot be: each has its own objects.
            let place = PlaceRow::of(&new.object).filter(|_| repack.about.holds(&new.about));
            match (Key::of(&new.about), place) {
                (Some(key), Some(place)) => {
                    any = true;
                    self.repacked.insert(key.accession);
                    insert.execute(params![
                        key.accession,
                        key.number,
                        key.members,
                        seq,
                        place.name,
                        place.size,
                        place.header,
                        place.offset,
                        place.length
                    ])?;
                }
                _ => self.unknown(seq, Kind::Repacked.name())?,
            }
        }
        Ok(any)
    }

    fn record(&mut self, seq: i64, said: &Statement) -> Result<(), StoreError> {
        let Some((kind, about, body)) = kept(&said.change) else { return Ok(()) };
        let keys: Option<Vec<Key>> = about.into_iter().map(Key::of).collect();
        let Some(keys) = keys else { return self.unknown(seq, kind.name()) };
        if !examined::write(self.db, seq, &keys, &said.change)? {
            return self.unknown(seq, kind.name());
        }
        self.db.prepare_cached("INSERT OR IGNORE INTO record VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(
            params![seq, said.at.as_second(), member_number(said.by), kind as i64, body.to_string()],
        )?;
        let mut insert = self.db.prepare_cached("INSERT OR IGNORE INTO about VALUES (?1, ?2, ?3, ?4, ?5)")?;
        for key in keys {
            insert.execute(params![key.accession, key.number, key.members, seq, kind as i64])?;
            self.touched.insert(key.accession);
        }
        Ok(())
    }

    fn tally(&mut self, accession: i64, change: [i64; 3]) {
        let sums = self.tallies.entry(accession).or_default();
        for (sum, change) in sums.iter_mut().zip(change) {
            *sum += change;
        }
    }

    fn write_tallies(&mut self) -> Result<(), StoreError> {
        let mut add = self.db.prepare_cached(
            "INSERT INTO tally VALUES (?1, ?2, ?3, ?4) ON CONFLICT (accession)
             DO UPDATE SET items = items + ?2, copies = copies + ?3, bytes = bytes + ?4",
        )?;
        for (accession, [items, copies, bytes]) in self.tallies.drain().filter(|(_, sums)| *sums != [0; 3]) {
            add.execute(params![accession, items, copies, bytes])?;
        }
        self.db.prepare_cached("DELETE FROM tally WHERE accession = ?1 AND items = 0").and_then(
            |mut empty| self.touched.iter().try_for_each(|accession| empty.execute([accession]).map(drop)),
        )?;
        Ok(())
    }

    fn sweep(&mut self) -> Result<bool, StoreError> {
        let mut any = false;
        for accession in self.touched.clone() {
            let standing = Standing::load(self.db, accession)?;
            for gone in standing.gone() {
                any |= self.sweep_part(&standing, gone)?;
            }
            let is_outdated = self.repacked.contains(&accession) && self.sweep_places(accession)?;
            if is_outdated || standing.gone().next().is_some() {
                self.sweep_repacks(accession)?;
            }
        }
        Ok(any)
    }

    /// Removes whatever is about `gone` or its parts and, by all that is known, is not to be kept.
    fn sweep_part(&mut self, standing: &Standing, gone: &Key) -> Result<bool, StoreError> {
        let mut any = self.sweep_records(standing, gone)?;
        // What came back by the latest move about it is swept for its parts' own sake only.
        if standing.present(gone) {
            return Ok(any);
        }
        any |= self.sweep_items(standing, gone)?;
        for (seq, key) in self.rows(gone, "place", "seq", None, ALL)? {
            if !standing.present(&key) {
                any = true;
                self.db
                    .prepare_cached(
                        "DELETE FROM place WHERE accession = ?1 AND number = ?2 AND members = ?3 AND seq = ?4",
                    )?
                    .execute(params![key.accession, key.number, key.members, seq])?;
            }
        }
        if gone.number == 0 {
            let mut listed = self.db.prepare_cached("DELETE FROM not_taken WHERE accession = ?1")?;
            any |= listed.execute([gone.accession])? > 0;
        }
        Ok(any)
    }

    /// Of an item's places the latest counts: what it lay in before says nothing, whether or not it was away meanwhile.
    fn sweep_places(&self, accession: i64) -> Result<bool, StoreError> {
        let mut outdated = self.db.prepare_cached(
            "DELETE FROM place AS old WHERE accession = ?1 AND EXISTS (SELECT 1 FROM place AS new WHERE
             new.accession = old.accession AND new.number = old.number AND new.members = old.members AND new.seq > old.seq)",
        )?;
        Ok(outdated.execute([accession])? > 0)
    }

    /// A record of new places is about the accession, and stays as long as one of these places does: its items may have gone their
    /// own ways, and the last one took it along.
    fn sweep_repacks(&self, accession: i64) -> Result<(), StoreError> {
        let emptied = "SELECT seq FROM about WHERE accession = ?1 AND number = 0 AND kind = ?2
             AND seq NOT IN (SELECT seq FROM place WHERE accession = ?1)";
        for table in ["record", "about"] {
            self.db
                .prepare_cached(&format!("DELETE FROM {table} WHERE seq IN ({emptied})"))?
                .execute(params![accession, Kind::Repacked as i64])?;
        }
        Ok(())
    }

    /// In pieces: an accession may hold millions.
    fn sweep_items(&mut self, standing: &Standing, gone: &Key) -> Result<bool, StoreError> {
        let mut any = false;
        let mut piece = self.rows(gone, "item", "id", None, PIECE)?;
        while let Some((_, last)) = piece.last().cloned() {
            for (id, key) in piece {
                if !standing.present(&key) {
                    self.remove_item(id)?;
                    any = true;
                }
            }
            piece = self.rows(gone, "item", "id", Some(&last), PIECE)?;
        }
        Ok(any)
    }

    fn sweep_records(&self, standing: &Standing, gone: &Key) -> Result<bool, StoreError> {
        let mut any = false;
        for (kind_and_seq, key) in self.rows(gone, "about", "seq * 32 + kind", None, ALL)? {
            let (seq, kind) = (kind_and_seq >> 5, Kind::of(kind_and_seq & 31));
            if kind.is_some_and(|kind| standing.keeps(kind, &key, seq)) {
                continue;
            }
            any = true;
            self.db
                .prepare_cached(
                    "DELETE FROM about WHERE accession = ?1 AND number = ?2 AND members = ?3 AND seq = ?4",
                )?
                .execute(params![key.accession, key.number, key.members, seq])?;
            examined::remove(self.db, seq, &key)?;
            self.db
                .prepare_cached(
                    "DELETE FROM record WHERE seq = ?1 AND NOT EXISTS (SELECT 1 FROM about WHERE seq = ?1)",
                )?
                .execute([seq])?;
        }
        Ok(any)
    }

    /// Rows about `whole` and its parts, in the order of references and behind `after`: `column`, and the reference.
    fn rows(
        &self,
        whole: &Key,
        table: &str,
        column: &str,
        after: Option<&Key>,
        limit: i64,
    ) -> Result<Vec<(i64, Key)>, StoreError> {
        let of = if whole.number == 0 {
            "accession = ?1 AND ?2 = 0 AND length(?3) = 0"
        } else {
            // The length is asked first: `substr` of empty bytes is NULL.
            "accession = ?1 AND number = ?2 AND (length(?3) = 0 OR substr(members, 1, length(?3)) = ?3)"
        };
        let mut found = self.db.prepare_cached(&format!(
            "SELECT {column}, accession, number, members FROM {table} WHERE {of} AND (number, members) > (?4, ?5)
             ORDER BY number, members LIMIT ?6"
        ))?;
        // Before every number there is, where nothing is named.
        let (number, members) = after.map_or((-1, &[][..]), |key| (key.number, &key.members));
        let bound = params![whole.accession, whole.number, whole.members, number, members, limit];
        let rows = found.query_map(bound, |row| Ok((row.get(0)?, Key::read(row, 1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn remove_item(&mut self, id: i64) -> Result<(), StoreError> {
        let (accession, sha256, object, size, copy): (i64, [u8; 32], [u8; 16], i64, bool) = self
            .db
            .prepare_cached(
                "SELECT accession, sha256, object, size, copy_of IS NOT NULL FROM item WHERE id = ?1",
            )?
            .query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
        finders::remove(self.db, id, &sha256, &object)?;
        self.db.prepare_cached("DELETE FROM item WHERE id = ?1")?.execute([id])?;
        self.tally(accession, [-1, -i64::from(copy), -size]);
        Ok(())
    }
}

fn item_change(change: &Change) -> &'static str {
    if matches!(change, Change::Contained(_)) { "contained/1" } else { "item/1" }
}

fn said_is_copy(said: &Statement) -> i64 {
    said.change.as_item().is_some_and(|item| item.copy_of.is_some()).into()
}
