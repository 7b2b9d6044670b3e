//! What the records say of what folds keep, by the keys that seal them: so that a fold can be compared with them.

use std::collections::BTreeSet;

use vidimus_folds::catalogue::{NotTakenPrint, Prints, RowsPrint};
use vidimus_folds::{Entry, Said};
use vidimus_ledger::Row;
use vidimus_model::{Change, KeyId, Statement};

use super::keys::Keys;
use super::records::Facts;

/// Of items, and of what was found in them, only fingerprints are kept, and those of items are kept with the items.
#[derive(Default)]
pub(super) struct Folded {
    /// What made the fingerprints.
    pub prints: Prints,
    /// Rows that do not open, or are not what they should be: a fold may know what they said.
    pub unreadable: BTreeSet<u64>,
    /// Keys, each once; all else has an index.
    keys: Vec<String>,
    not_taken: Vec<(usize, NotTakenPrint)>,
    bulk: Vec<(usize, RowsPrint)>,
    /// What waits for its fingerprint.
    waiting: Vec<(usize, Entry)>,
    /// All else, few beside the items.
    rest: Vec<(usize, Entry)>,
}

impl Folded {
    /// Takes in what a record says, and its fingerprint.
    pub fn learn(&mut self, row: &Row, statement: &Statement, print: Option<u64>) {
        match (&statement.change, print) {
            (Change::Item(_) | Change::Contained(_), Some(_)) => {}
            (Change::NotTaken(what), Some(print)) => {
                let (key, about) = (self.key_index(&row.key), what.about.clone());
                self.not_taken.push((key, NotTakenPrint { seq: row.seq, about, print }));
            }
            (change, _) if Prints::is_bulk(change) => {
                let key = self.key_index(&row.key);
                let said = Said::Statement(statement.clone());
                self.waiting.push((key, Entry { seq: row.seq, said }));
            }
            _ => self.keep(row, Said::Statement(statement.clone())),
        }
    }

    /// Takes in that a record is of a newer version.
    pub fn learn_unknown(&mut self, row: &Row, change: String) {
        self.keep(row, Said::Unknown(change));
    }

    /// Makes fingerprints of what was found in items; after each page of rows.
    pub fn settle(&mut self, prints: &Prints) {
        let (keys, entries): (Vec<usize>, Vec<Entry>) = std::mem::take(&mut self.waiting).into_iter().unzip();
        if entries.is_empty() {
            return;
        }
        match prints.of_rows(&entries) {
            Ok(made) => self.bulk.extend(keys.into_iter().zip(made)),
            // Then it is not known what a fold should say of them.
            Err(_) => self.unreadable.extend(entries.iter().map(|entry| entry.seq)),
        }
    }

    /// What was not taken, under these keys.
    pub fn not_taken(&self, keys: &BTreeSet<String>) -> impl Iterator<Item = &NotTakenPrint> {
        self.under(&self.not_taken, keys)
    }

    /// What was found in items, under these keys.
    pub fn bulk(&self, keys: &BTreeSet<String>) -> Vec<&RowsPrint> {
        self.under(&self.bulk, keys).collect()
    }

    /// All else under these keys.
    pub fn rest(&self, keys: &BTreeSet<String>) -> Vec<Entry> {
        self.under(&self.rest, keys).cloned().collect()
    }

    fn under<'a, T>(&self, all: &'a [(usize, T)], keys: &BTreeSet<String>) -> impl Iterator<Item = &'a T> {
        let of_these: Vec<bool> = self.keys.iter().map(|key| keys.contains(key)).collect();
        all.iter().filter(move |(key, _)| of_these[*key]).map(|(_, one)| one)
    }

    fn keep(&mut self, row: &Row, said: Said) {
        let key = self.key_index(&row.key);
        self.rest.push((key, Entry { seq: row.seq, said }));
    }

    fn key_index(&mut self, key: &str) -> usize {
        // Rows of one key follow one another.
        self.keys.iter().rposition(|known| known == key).unwrap_or_else(|| {
            self.keys.push(key.to_owned());
            self.keys.len() - 1
        })
    }
}

impl Facts {
    /// Is this an earlier generation of a compartment's key, whose fold nobody asks?
    pub fn is_superseded(&self, id: KeyId) -> bool {
        self.generations.iter().any(|(key, of)| *key == id && of.superseded)
    }

    /// The keys whose records are folded under this one: of a compartment's key all its generations, and what records under
    /// them let in; of an accession's its own.
    pub fn folded_under(&self, id: KeyId, keys: &Keys) -> BTreeSet<String> {
        let compartment = self.generations.iter().find(|(key, _)| *key == id).map(|(_, of)| &of.compartment);
        let Some(compartment) = compartment else { return BTreeSet::from([id.to_string()]) };
        let generations = self.generations.iter().filter(|(_, of)| of.compartment == *compartment);
        let mut read: BTreeSet<String> = generations.map(|(key, _)| key.to_string()).collect();
        loop {
            let let_in = self.folded.under(&self.folded.rest, &read);
            let opened: BTreeSet<String> = let_in
                .filter_map(|entry| opens(&entry.said))
                .filter(|key| keys.get(key).is_some() && !read.contains(key))
                .collect();
            if opened.is_empty() {
                return read;
            }
            read.extend(opened);
        }
    }
}

/// The key that a record lets in.
fn opens(said: &Said) -> Option<String> {
    let Said::Statement(statement) = said else { return None };
    match &statement.change {
        Change::Release(release) => Some(release.key.to_string()),
        Change::MovedIn(moved) => Some(moved.key.to_string()),
        _ => None,
    }
}
