//! A catalogue against what the records say: whatever was hidden in it, added to it or changed in it is named.
//!
//! A fold is authenticated, so only somebody who holds its key can have changed it; but every holder of a compartment does. Of
//! items and of what was found in them only fingerprints are compared, because there are millions; all else is folded again,
//! in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::{BuildHasher as _, RandomState};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, Rows};
use vidimus_model::{Change, NotTaken, Ref, Statement};

use super::bulk::{self, RowsPrint, number_of};
use super::item::{COLUMNS, Checked, Columns, damaged, member_number, word};
use super::key::Key;
use super::standing::Standing;
use super::tables::{TABLES, Table};
use super::{Answer, Catalogue, apply};
use crate::{Entry, StoreError};

/// KiB of the catalogue that are kept in memory meanwhile.
const CACHE_KIB: i64 = 32 << 10;

/// Makes fingerprints under a random key, so that nobody can make a row that has another's.
#[derive(Debug, Default)]
pub struct Prints(RandomState);

/// What the records say at one position, as [`Catalogue::compare`] wants it.
pub struct Told<'a> {
    /// The position: a catalogue that stands elsewhere is not compared.
    pub position: u64,
    /// Made all fingerprints here.
    pub prints: &'a Prints,
    /// The latest record of each item whose record is there, in the order of references; also of those that were moved out.
    pub items: Box<dyn Iterator<Item = (Ref, u64)> + 'a>,
    /// What was not taken, in the order of the ledger.
    pub not_taken: Box<dyn Iterator<Item = &'a NotTakenPrint> + 'a>,
    /// What was found in items, in any order.
    pub bulk: Vec<&'a RowsPrint>,
    /// Everything that has no fingerprint, in any order.
    pub rest: &'a [Entry],
    /// Numbers of rows that cannot be read: what the catalogue alone knows of them is not held against it.
    pub unreadable: &'a BTreeSet<u64>,
}

/// What a record says was not taken, in few bytes.
#[derive(Debug)]
pub struct NotTakenPrint {
    /// The number of the record.
    pub seq: u64,
    /// The accession.
    pub about: Ref,
    /// Its fingerprint.
    pub print: u64,
}

/// Something of which the catalogue says something else than the records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Difference {
    /// An item, or an accession: hidden, added, changed, or what became of it.
    Thing(Ref),
    /// What the record with this number says.
    Record(u64),
    /// How the file is laid out, or how it finds things.
    Tables,
}

impl Prints {
    /// The fingerprint of an item's record, or of one that says what was not taken; none of others, and of those whose fields are
    /// not of their form.
    pub fn of(&self, seq: u64, said: &Statement) -> Option<u64> {
        let seq = i64::try_from(seq).ok()?;
        if let Some(item) = said.change.as_item() {
            return Some(Checked::of(item)?.columns(seq, said, |columns| self.0.hash_one(columns)));
        }
        match &said.change {
            Change::NotTaken(NotTaken { about, source, path, kind, reason }) => Some(self.0.hash_one((
                (seq, Key::of(about)?.accession, said.at.as_second(), member_number(said.by)),
                (i64::from(*source), path.as_bytes(), kind.as_str(), reason.as_str()),
            ))),
            _ => None,
        }
    }

    /// The fingerprint of one row of a table.
    pub(super) fn of_row(&self, table: &Table, cells: &[Cell]) -> u64 {
        self.0.hash_one((table.name, cells))
    }

    /// The sum is the same in whatever order.
    fn add(&self, sum: &mut u64, row: (i64, i64, i64)) {
        *sum = sum.wrapping_add(self.0.hash_one(row));
    }
}

impl Catalogue {
    /// Visits every difference between this catalogue and what the records say; none where it stands at another position, which
    /// the answer tells.
    ///
    /// # Errors
    /// The catalogue cannot be read.
    pub fn compare(
        &self,
        told: Told<'_>,
        visit: &mut dyn FnMut(Difference),
    ) -> Result<Answer<()>, StoreError> {
        let rest = crate::database::in_memory(super::FORM)?;
        // It is gone through once, and who compares holds all records in memory already.
        self.db.pragma_update(None, "cache_size", -CACHE_KIB)?;
        self.read(|db| {
            if super::position(db)? != told.position {
                return Ok(());
            }
            // With a trigger or a view of its own the file would answer as it likes.
            if !is_laid_out_alike(db, &rest)? {
                visit(Difference::Tables);
                return Ok(());
            }
            apply::apply(&rest, told.rest)?;
            let mut bulk = bulk::Sums::of(&told.bulk);
            for table in &TABLES {
                compare_table(table, (db, &rest), (&told, &mut bulk), visit)?;
            }
            let mut present = Present::new(db);
            bulk.compare(&mut |key| present.is(key), visit)?;
            compare_items(db, told, visit)
        })
    }
}

/// A value as SQLite sorts those of one type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Cell {
    Null,
    Integer(i64),
    Text(Vec<u8>),
    Bytes(Vec<u8>),
}

/// Are tables, indexes, views and triggers those that this program makes, and does what they hold agree with itself?
fn is_laid_out_alike(db: &Connection, made: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT name, type, tbl_name, sql FROM sqlite_schema ORDER BY name, type";
    let (mut theirs, mut ours) = (db.prepare(sql)?, made.prepare(sql)?);
    let mut alike = true;
    merge(theirs.query([])?, ours.query([])?, &mut |_| false, &mut |_, _| alike = false)?;
    if !alike {
        return Ok(false);
    }
    let sound: String = db.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    let positions: i64 = db.query_row("SELECT count(*) FROM meta", [], |row| row.get(0))?;
    Ok(sound == "ok" && positions == 1)
}

fn compare_table(
    table: &Table,
    (db, rest): (&Connection, &Connection),
    (told, bulk): (&Told<'_>, &mut bulk::Sums<'_>),
    visit: &mut dyn FnMut(Difference),
) -> Result<(), StoreError> {
    let Table { name, columns, key, seq, reference, .. } = table;
    let sql = format!("SELECT {columns} FROM {name} ORDER BY {key}");
    let (mut theirs, mut ours) = (db.prepare(&sql)?, rest.prepare(&sql)?);
    let unreadable = told.unreadable;
    let of_bulk = &mut |cells: &[Cell]| bulk.take(table, cells, told.prints);
    merge(theirs.query([])?, ours.query([])?, of_bulk, &mut |side, cells| {
        let number = number_of(cells, *seq);
        // A tombstone that cannot be read named what it destroyed.
        let may_be = *name == "destroyed" && !unreadable.is_empty() || unreadable.contains(&number);
        if side == Side::Catalogue && may_be {
            return;
        }
        let about = if *reference { reference_of(cells) } else { None };
        visit(about.map_or(Difference::Record(number), Difference::Thing));
    })
}

/// Where a row stands that has no equal.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Catalogue,
    Records,
}

/// Visits the rows of either side that the other does not have, but those of the catalogue that are dealt with elsewhere; both are
/// sorted by their first columns.
fn merge(
    mut theirs: Rows,
    mut ours: Rows,
    elsewhere: &mut dyn FnMut(&[Cell]) -> bool,
    visit: &mut dyn FnMut(Side, &[Cell]),
) -> Result<(), StoreError> {
    let mut theirs = || {
        loop {
            match next(&mut theirs)? {
                Some(cells) if elsewhere(&cells) => {}
                other => return Ok::<_, StoreError>(other),
            }
        }
    };
    let (mut their, mut our) = (theirs()?, next(&mut ours)?);
    loop {
        match (&their, &our) {
            (None, None) => return Ok(()),
            (Some(a), Some(b)) if a == b => {
                their = theirs()?;
                our = next(&mut ours)?;
            }
            (Some(a), b) if b.as_ref().is_none_or(|b| a < b) => {
                visit(Side::Catalogue, a);
                their = theirs()?;
            }
            (_, Some(b)) => {
                visit(Side::Records, b);
                our = next(&mut ours)?;
            }
            (Some(_), None) => unreachable!("what stands before nothing is less than it"),
        }
    }
}

pub(super) fn next(rows: &mut Rows) -> Result<Option<Vec<Cell>>, StoreError> {
    let Some(row) = rows.next()? else { return Ok(None) };
    let columns = row.as_ref().column_count();
    Ok(Some((0..columns).map(|column| cell(row, column)).collect::<rusqlite::Result<_>>()?))
}

fn cell(row: &Row, column: usize) -> rusqlite::Result<Cell> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        // No column of ours holds one.
        ValueRef::Real(_) => return Err(damaged(column)),
        ValueRef::Text(text) => Cell::Text(text.to_vec()),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
    })
}

fn reference_of(cells: &[Cell]) -> Option<Ref> {
    match cells {
        [Cell::Integer(accession), Cell::Integer(number), Cell::Bytes(members), ..] => {
            Some(Key { accession: *accession, number: *number, members: members.clone() }.reference())
        }
        _ => None,
    }
}

/// The next fingerprint of a side, with the name by which both sides are sorted.
type Next<'a, K> = &'a mut dyn FnMut() -> Result<Option<(K, u64)>, StoreError>;

/// Visits what only one side has, or what is not alike; what only the catalogue has may pass.
fn merge_prints<K: Ord>(
    theirs: Next<'_, K>,
    ours: Next<'_, K>,
    more_may_be: bool,
    visit: &mut dyn FnMut(&K),
) -> Result<(), StoreError> {
    let (mut their, mut our) = (theirs()?, ours()?);
    while let Some((key, print)) = &their {
        while let Some((hidden, _)) = our.take_if(|(our, _)| *our < *key) {
            visit(&hidden);
            our = ours()?;
        }
        match our.take_if(|(our, _)| *our == *key) {
            Some((_, told)) => {
                if told != *print {
                    visit(key);
                }
                our = ours()?;
            }
            None if more_may_be => {}
            None => visit(key),
        }
        their = theirs()?;
    }
    while let Some((hidden, _)) = our {
        visit(&hidden);
        our = ours()?;
    }
    Ok(())
}

/// What was neither moved out nor erased, by the marks that the catalogue holds; these are compared before.
struct Present<'a> {
    db: &'a Connection,
    standings: HashMap<i64, Standing>,
}

impl<'a> Present<'a> {
    fn new(db: &'a Connection) -> Self {
        Self { db, standings: HashMap::new() }
    }

    fn is(&mut self, key: &Key) -> Result<bool, StoreError> {
        use std::collections::hash_map::Entry::{Occupied, Vacant};
        let standing = match self.standings.entry(key.accession) {
            Occupied(known) => known.into_mut(),
            Vacant(unknown) => unknown.insert(Standing::load(self.db, key.accession)?),
        };
        Ok(standing.present(key))
    }
}

/// Items, and what follows from them: sums, and by what they are found.
fn compare_items(
    db: &Connection,
    told: Told<'_>,
    visit: &mut dyn FnMut(Difference),
) -> Result<(), StoreError> {
    let Told { prints, mut items, mut not_taken, unreadable, .. } = told;
    // A record that lets in what only the catalogue knows may be among those that cannot be read.
    let more_may_be = !unreadable.is_empty();
    let mut present = Present::new(db);
    let mut tallies: BTreeMap<i64, [i64; 3]> = BTreeMap::new();
    let (mut by_bytes, mut by_object) = (0, 0);

    let mut asked = db.prepare(&format!(
        "SELECT id, {COLUMNS}, stem, role FROM item ORDER BY accession, number, members"
    ))?;
    let mut rows = asked.query([])?;
    let mut theirs = || {
        let Some(row) = rows.next()? else { return Ok(None) };
        let (id, columns) = (row.get(0)?, Columns::read(row, 1)?);
        let sums = tallies.entry(columns.accession).or_default();
        for (sum, own) in sums.iter_mut().zip([1, i64::from(columns.is_copy()), columns.size]) {
            *sum = sum.wrapping_add(own);
        }
        prints.add(&mut by_bytes, (word(columns.sha256), id, columns.size));
        prints.add(&mut by_object, (word(columns.object), id, 0));
        Ok(Some((columns.key(), prints.0.hash_one(&columns))))
    };
    let mut ours = || {
        for (about, print) in items.by_ref() {
            if let Some(key) = Key::of(&about)
                && present.is(&key)?
            {
                return Ok(Some((key, print)));
            }
        }
        Ok(None)
    };
    merge_prints(&mut theirs, &mut ours, more_may_be, &mut |key| visit(Difference::Thing(key.reference())))?;
    compare_tallies(db, &tallies, visit)?;
    for (sql, expected) in [
        ("SELECT word, item, size FROM find_bytes", by_bytes),
        ("SELECT word, item, 0 FROM find_object", by_object),
    ] {
        if sum_of(db, sql, prints)? != expected {
            visit(Difference::Tables);
        }
    }

    let mut asked = db.prepare(
        "SELECT seq, accession, at, member, source, path, kind, reason FROM not_taken ORDER BY seq",
    )?;
    let mut rows = asked.query([])?;
    let mut theirs = || {
        let Some(row) = rows.next()? else { return Ok(None) };
        let number = |column: usize| row.get::<_, i64>(column);
        let bytes = |column: usize| row.get_ref(column)?.as_blob().map_err(|_| damaged(column));
        let text = |column: usize| row.get_ref(column)?.as_str().map_err(|_| damaged(column));
        let print = prints.0.hash_one((
            (number(0)?, number(1)?, number(2)?, number(3)?),
            (number(4)?, bytes(5)?, text(6)?, text(7)?),
        ));
        Ok(Some((number(0)?.unsigned_abs(), print)))
    };
    let mut ours = || {
        for NotTakenPrint { seq, about, print } in not_taken.by_ref() {
            if let Some(key) = Key::of(about)
                && present.is(&Key::whole(key.accession))?
            {
                return Ok(Some((*seq, *print)));
            }
        }
        Ok(None)
    };
    merge_prints(&mut theirs, &mut ours, more_may_be, &mut |seq| visit(Difference::Record(*seq)))
}

fn sum_of(db: &Connection, sql: &str, prints: &Prints) -> Result<u64, StoreError> {
    let mut sum = 0;
    let mut asked = db.prepare(sql)?;
    let mut rows = asked.query([])?;
    while let Some(row) = rows.next()? {
        prints.add(&mut sum, (row.get(0)?, row.get(1)?, row.get(2)?));
    }
    Ok(sum)
}

fn compare_tallies(
    db: &Connection,
    tallies: &BTreeMap<i64, [i64; 3]>,
    visit: &mut dyn FnMut(Difference),
) -> Result<(), StoreError> {
    let mut asked = db.prepare("SELECT accession, items, copies, bytes FROM tally")?;
    let rows = asked.query_map([], |row| Ok((row.get(0)?, [row.get(1)?, row.get(2)?, row.get(3)?])))?;
    let kept = rows.collect::<Result<BTreeMap<i64, [i64; 3]>, _>>()?;
    let both: BTreeSet<&i64> = kept.keys().chain(tallies.keys()).collect();
    for accession in both.into_iter().filter(|accession| kept.get(accession) != tallies.get(accession)) {
        visit(Difference::Thing(Key::whole(*accession).reference()));
    }
    Ok(())
}
