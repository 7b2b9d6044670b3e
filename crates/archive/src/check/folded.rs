//! What the records say of what folds keep, by the keys that seal them: so that a fold can be compared with them.

use std::collections::BTreeSet;

use vidimus_folds::catalogue::{NotTakenPrint, Prints};
use vidimus_folds::{Entry, Said};
use vidimus_ledger::Row;
use vidimus_model::{Change, KeyId, Statement};

use super::keys::Keys;
use super::records::Facts;

/// Of items only fingerprints are kept, and they are kept with the items.
#[derive(Default)]
pub(super) struct Folded {
    /// What made the fingerprints.
    pub prints: Prints,
    /// Rows that do not open, or are not what they should be: a fold may know what they said.
    pub unreadable: BTreeSet<u64>,
    not_taken: Vec<(String, NotTakenPrint)>,
    /// All else, few beside the items.
    rest: Vec<(String, Entry)>,
}

impl Folded {
    /// Takes in what a record says, and its fingerprint.
    pub fn learn(&mut self, row: &Row, statement: &Statement, print: Option<u64>) {
        match (&statement.change, print) {
            (Change::Item(_) | Change::Contained(_), Some(_)) => {}
            (Change::NotTaken(what), Some(print)) => {
                let about = what.about.clone();
                self.not_taken.push((row.key.clone(), NotTakenPrint { seq: row.seq, about, print }));
            }
            _ => self.keep(row, Said::Statement(statement.clone())),
        }
    }

    /// Takes in that a record is of a newer version.
    pub fn learn_unknown(&mut self, row: &Row, change: String) {
        self.keep(row, Said::Unknown(change));
    }

    /// What was not taken, under these keys.
    pub fn not_taken(&self, keys: &BTreeSet<String>) -> impl Iterator<Item = &NotTakenPrint> {
        self.not_taken.iter().filter(|(key, _)| keys.contains(key)).map(|(_, print)| print)
    }

    /// All else under these keys.
    pub fn rest(&self, keys: &BTreeSet<String>) -> Vec<Entry> {
        self.rest.iter().filter(|(key, _)| keys.contains(key)).map(|(_, entry)| entry.clone()).collect()
    }

    fn keep(&mut self, row: &Row, said: Said) {
        self.rest.push((row.key.clone(), Entry { seq: row.seq, said }));
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
            let let_in = self.folded.rest.iter().filter(|(key, _)| read.contains(key));
            let opened: BTreeSet<String> = let_in
                .filter_map(|(_, entry)| opens(&entry.said))
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
