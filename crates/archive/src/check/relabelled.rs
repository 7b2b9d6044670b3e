//! Rows that name a key which is not held, though one that is held seals them: what a row says of itself anybody can change.
//!
//! Else whoever writes to the file could make any record look like another member's that the checker may not read.

use std::collections::{BTreeMap, BTreeSet};
use std::thread;

use vidimus_ledger::{Ledger as _, Row, SqliteLedger};
use vidimus_model::{Change, Ref, Statement};
use vidimus_proof::record::Record;
use vidimus_seal::row::RowKey;

use super::keys::Keys;
use super::ledger::{PAGE, Scan};
use super::report::{Report, record, runs, what};
use super::sentence::sentence;
use crate::rows;

/// So many openings are tried by a check that is not full: some minutes on one core.
const TRIALS: u64 = 100_000_000;

/// What was found: log indices, with the item whose record it is, where it is one's.
#[derive(Default)]
pub(super) struct Relabelled {
    rows: BTreeMap<u64, Option<Ref>>,
}

impl Relabelled {
    /// Is this row one of them?
    pub fn contains(&self, seq: u64) -> bool {
        self.rows.contains_key(&seq)
    }
}

/// Rows under keys that are not held, few bytes each: an archive may have ten million.
#[derive(Default)]
pub(super) struct Closed {
    /// How many there are.
    pub count: u64,
    /// First and last of those that follow one another.
    runs: Vec<(u64, u64)>,
}

impl Closed {
    /// Takes in the next one.
    pub fn push(&mut self, seq: u64) {
        self.count += 1;
        match self.runs.last_mut() {
            Some((_, last)) if *last + 1 == seq => *last = seq,
            _ => self.runs.push((seq, seq)),
        }
    }

    /// Is this row one of them?
    pub fn contains(&self, seq: u64) -> bool {
        self.next(seq) == Some(seq)
    }

    /// The first one from here on.
    fn next(&self, from: u64) -> Option<u64> {
        let run = self.runs.partition_point(|(_, last)| *last < from);
        self.runs.get(run).map(|(first, _)| from.max(*first))
    }
}

/// What opened a row.
struct Opened {
    of_register: bool,
    about: Option<Ref>,
}

/// Tries every key that is held on every row that names another, and names each that opens.
pub(super) fn look(
    ledger: &SqliteLedger,
    keys: &Keys,
    archive_id: &str,
    full: bool,
    scan: &mut Scan,
    report: &mut Report,
) -> Relabelled {
    let mut found = Relabelled::default();
    let mut bench = Bench::new(keys, archive_id, scan);
    let room = if full { u64::MAX } else { TRIALS / scan.closed.count.max(1) };
    let all = bench.places.len();
    bench.places.truncate(usize::try_from(room).unwrap_or(usize::MAX));
    if bench.places.len() < all {
        report.unknown(sentence!(
            "whether {} [record stands under the key that seals it|records stand under the keys that seal them]: so many are tried by check --full alone",
            scan.closed.count
        ));
    }
    let (mut blank, mut is_register) = (BTreeSet::new(), false);
    let mut next = 0;
    while let Some(first) = scan.closed.next(next).filter(|_| !bench.places.is_empty()) {
        let page = ledger.rows(first, PAGE).or_else(|_| ledger.rows(first, 1)).unwrap_or_default();
        next = page.last().map_or(first, |row| row.seq) + 1;
        let closed: Vec<&Row> = page.iter().filter(|row| scan.closed.contains(row.seq)).collect();
        for (row, opened) in bench.try_all(&closed) {
            match opened {
                None => _ = blank.insert(row),
                Some(Opened { of_register, about }) => {
                    is_register |= of_register;
                    found.rows.insert(row, about);
                }
            }
        }
    }
    drop(bench);
    // What it says is read by its place, as of every other damaged one.
    scan.register_is_damaged |= is_register;
    found.name(&blank, report);
    found.rows.extend(blank.into_iter().map(|seq| (seq, None)));
    found
}

impl Relabelled {
    fn name(&self, blank: &BTreeSet<u64>, report: &mut Report) {
        let mut others = BTreeSet::new();
        for (seq, about) in &self.rows {
            let Some(about) = about else {
                others.insert(*seq);
                continue;
            };
            let problem = sentence!(
                "its record ({}) is sealed by another key than its row names: the row was changed",
                seq
            );
            report.problem(about.to_string(), problem, what::TAMPERED);
        }
        for (first, last) in runs(&others) {
            let problem = "it is sealed by another key than its row names: the row was changed";
            report.problem(record(first, last), problem, what::TAMPERED);
        }
        for (first, last) in runs(blank) {
            let problem = "it is a blank row of another key than it names: the row was changed";
            report.problem(record(first, last), problem, what::TAMPERED);
        }
    }
}

/// A key that is held, and a compartment whose rows it may seal.
struct Place<'a> {
    compartment: &'a str,
    id: String,
    key: &'a RowKey,
}

struct Bench<'a> {
    archive_id: &'a str,
    /// The likeliest first.
    places: Vec<Place<'a>>,
}

impl<'a> Bench<'a> {
    fn new(keys: &'a Keys, archive_id: &'a str, scan: &'a Scan) -> Self {
        let said = scan.register.iter().filter_map(|(_, statement)| match &statement.change {
            Change::Compartment(begun) => Some(begun.compartment.as_str()),
            _ => None,
        });
        let mut compartments: BTreeSet<&str> = said.chain(["register", "main"]).collect();
        if scan.register_is_damaged {
            compartments.extend(scan.compartments.iter().map(String::as_str));
        }
        let generations = keys.generations();
        // A generation seals the rows of its compartment; what was moved, and an accession's, stands in any.
        let mut held: Vec<(bool, String, &RowKey)> = keys
            .all()
            .map(|key| (key.id.to_string(), &key.row))
            .map(|(id, key)| (!generations.contains(&id), id, key))
            .collect();
        held.sort_by(|(first, one, _), (second, other, _)| (first, one).cmp(&(second, other)));
        let places = held.into_iter().flat_map(|(_, id, key)| {
            compartments.iter().map(move |compartment| Place { compartment, id: id.clone(), key })
        });
        Self { archive_id, places: places.collect() }
    }

    /// Those that open; none where a row is a blank one.
    fn try_all(&self, closed: &[&Row]) -> Vec<(u64, Option<Opened>)> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let share = closed.len().div_ceil(cores).max(1);
        thread::scope(|scope| {
            let others = closed.chunks(share).map(|rows| scope.spawn(|| self.try_some(rows)));
            let others: Vec<_> = others.collect();
            others.into_iter().flat_map(|one| one.join().expect("trying keys does not panic")).collect()
        })
    }

    fn try_some(&self, rows: &[&Row]) -> Vec<(u64, Option<Opened>)> {
        rows.iter().filter_map(|row| self.try_row(row).map(|opened| (row.seq, opened))).collect()
    }

    fn try_row(&self, row: &Row) -> Option<Option<Opened>> {
        if row.body.is_none() {
            return self.places.iter().any(|place| place.key.is_blank(&row.entry)).then_some(None);
        }
        self.places.iter().find_map(|place| {
            let plain = rows::plain(row, (place.compartment, &place.id), place.key, self.archive_id).ok()?;
            let record = std::str::from_utf8(&plain).ok().and_then(|text| Record::parse(text).ok());
            let about = match record.and_then(|record| Statement::of(&record).ok()).map(|said| said.change) {
                Some(change) => change.as_item().map(|item| item.about.clone()),
                None => None,
            };
            Some(Some(Opened { of_register: place.compartment == "register", about }))
        })
    }
}
