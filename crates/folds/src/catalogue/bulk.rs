//! What was found in single items, of which there is more than of items: of each record one fingerprint of all its rows.

use std::collections::HashMap;

use vidimus_model::{Change, Ref};

use super::apply;
use super::compare::{Cell, Difference, Prints, next};
use super::key::Key;
use super::tables::{TABLES, Table};
use crate::{Entry, Said, StoreError};

/// What the catalogue keeps of a record, in few bytes.
#[derive(Debug)]
pub struct RowsPrint {
    /// The number of the record.
    pub seq: u64,
    /// The item.
    pub about: Ref,
    /// The sum of the fingerprints of its rows.
    pub print: u64,
}

impl Prints {
    /// Is this a change of which [`Prints::of_rows`] makes a fingerprint: about one item, which goes along with it?
    pub fn is_bulk(change: &Change) -> bool {
        bulk_subject(change).is_some()
    }

    /// The fingerprints of such records; whatever else is among them is passed over.
    ///
    /// # Errors
    /// There is no memory to fold them in.
    pub fn of_rows(&self, entries: &[Entry]) -> Result<Vec<RowsPrint>, StoreError> {
        let made = crate::database::in_memory(super::FORM)?;
        apply::apply(&made, entries)?;
        let mut sums: HashMap<u64, u64> = HashMap::new();
        for table in &TABLES {
            let mut asked = made.prepare(&format!("SELECT {} FROM {}", table.columns, table.name))?;
            let mut rows = asked.query([])?;
            while let Some(cells) = next(&mut rows)? {
                let sum = sums.entry(number_of(&cells, table.seq)).or_default();
                *sum = sum.wrapping_add(self.of_row(table, &cells));
            }
        }
        let of_entry = |entry: &Entry| {
            let Said::Statement(statement) = &entry.said else { return None };
            let about = bulk_subject(&statement.change)?.clone();
            Some(RowsPrint { seq: entry.seq, about, print: sums.get(&entry.seq).copied().unwrap_or(0) })
        };
        Ok(entries.iter().filter_map(of_entry).collect())
    }
}

fn bulk_subject(change: &Change) -> Option<&Ref> {
    match change {
        Change::Examination(found) => Some(&found.about),
        Change::Commitment(made) => Some(&made.about),
        Change::DerivativePlaces(moved) => Some(&moved.about),
        _ => None,
    }
}

/// The sums that the records have, and those that the catalogue's rows have so far.
pub(super) struct Sums<'a> {
    /// In the order of numbers, of each number once.
    told: Vec<&'a RowsPrint>,
    found: Vec<u64>,
}

impl<'a> Sums<'a> {
    /// Of these records.
    pub fn of(told: &[&'a RowsPrint]) -> Self {
        let mut told = told.to_vec();
        told.sort_unstable_by_key(|print| print.seq);
        told.dedup_by_key(|print| print.seq);
        let found = vec![0; told.len()];
        Self { told, found }
    }

    /// Adds a row of the catalogue, where it goes with one of the records.
    pub fn take(&mut self, table: &Table, cells: &[Cell], prints: &Prints) -> bool {
        let number = number_of(cells, table.seq);
        let Ok(at) = self.told.binary_search_by_key(&number, |print| print.seq) else { return false };
        self.found[at] = self.found[at].wrapping_add(prints.of_row(table, cells));
        true
    }

    /// Visits what the catalogue does not have as the records do. What was moved out is not there, and not missed.
    pub fn compare(
        &self,
        is_present: &mut dyn FnMut(&Key) -> Result<bool, StoreError>,
        visit: &mut dyn FnMut(Difference),
    ) -> Result<(), StoreError> {
        for (told, found) in self.told.iter().zip(&self.found) {
            let expected = match Key::of(&told.about) {
                Some(key) if !is_present(&key)? => 0,
                _ => told.print,
            };
            if *found != expected {
                visit(Difference::Thing(told.about.clone()));
            }
        }
        Ok(())
    }
}

/// The number of the record of a row; 0 where there is none.
pub(super) fn number_of(cells: &[Cell], seq: usize) -> u64 {
    match cells.get(seq) {
        Some(Cell::Integer(number)) => number.unsigned_abs(),
        _ => 0,
    }
}
