//! Every record that the checker can open: sealed as its row says, signed by the archive and by a member who was present.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread;

use vidimus_folds::catalogue::Prints;
use vidimus_ledger::{Ledger as _, Row, SqliteLedger};
use vidimus_model::{Change, Contained, KeyId, MemberId, Ref, Statement, StatementError};
use vidimus_proof::record::{MemberSignatureError, Record};

use super::CheckProgress;
use super::altered::Altered;
use super::clocks::Clocks;
use super::complete::Received;
use super::folded::Folded;
use super::items::Items;
use super::keys::Keys;
use super::kinds::Kinds;
use super::ledger::{KeyUse, PAGE, Scan, moved_on};
use super::made::Made;
use super::once::Once;
use super::openings::Sealed;
use super::register::Register;
use super::relabelled::Relabelled;
use super::report::{Report, record, what};
use super::sentence::{Sentence, sentence};
use super::tombstones;
use crate::once_read::Rows;
use crate::rows;

/// One generation of a compartment's key.
pub(super) struct GenerationFacts {
    /// Its recipient, as recorded.
    pub recipient: String,
    /// Who holds it.
    pub holders: Vec<MemberId>,
    /// A later generation of the compartment exists.
    pub superseded: bool,
    /// Of which compartment.
    pub compartment: String,
}

/// What the records that could be opened say.
#[derive(Default)]
pub(super) struct Facts {
    /// Items, in the order of the log.
    pub items: Items,
    /// What was made from them.
    pub made: Made,
    /// Generations of compartments' keys.
    pub generations: Vec<(KeyId, GenerationFacts)>,
    /// What rows there are for each key.
    pub keys: BTreeMap<String, KeyUse>,
    /// Tombstones, with their log indices.
    pub erasures: Vec<(u64, vidimus_model::Erasure)>,
    /// Of each accession what shows who opened its giver.
    pub givers: BTreeMap<Ref, Sealed>,
    /// Records that say by which keys givers open: where they stand, who made them, of which accession.
    pub giver_keys: Vec<(u64, MemberId, Ref)>,
    /// Statements that givers were opened, with their log indices.
    pub openings: Vec<(u64, vidimus_model::GiverOpened)>,
    /// Members whose records these are.
    pub acted: BTreeSet<MemberId>,
    /// A member checks, with the keys of what every member reads.
    pub reads_common: bool,
    /// Rows with a body that were not opened, for whatever reason.
    pub unread: u64,
    /// Rows that name another key than seals them.
    pub relabelled: u64,
    /// Rows that do not open with the key they name, by key.
    pub failed: BTreeMap<String, BTreeSet<u64>>,
    /// Rows without a record that are not blank ones, by key.
    pub stripped: BTreeMap<String, BTreeSet<u64>>,
    /// How many rows opened with each key, or are known by it for blank.
    pub opened: BTreeMap<String, u64>,
    /// What our clock said in them.
    pub clocks: Clocks,
    /// When bodies were destroyed or replaced.
    pub altered: Altered,
    /// Under which key each stands.
    pub kinds: Kinds,
    /// What stands once, and names keys.
    pub once: Once,
    /// What was received.
    pub received: Received,
    /// What folds keep of them.
    pub folded: Folded,
    /// Records that were opened and are sound.
    pub read: Rows,
    /// Another process appended meanwhile.
    pub in_use: bool,
    /// Rows that were erased, and the compartment of each.
    pub erased: BTreeMap<u64, Arc<str>>,
    /// Rows that tombstones name, and where each of these stands; in order.
    pub buried: Vec<(u64, u64)>,
    moved: Vec<(u64, Arc<str>)>,
    names: BTreeSet<Arc<str>>,
    moved_from: BTreeSet<String>,
    bases: BTreeSet<u64>,
    sound: u64,
    unknown_changes: u64,
}

/// What one row turned out to be.
enum Seen {
    Blank,
    /// It has no record, and its entry is not that of a blank row under the key it names.
    Stripped,
    Erased,
    NotHeld,
    /// It names another key than seals it, and is named already.
    Relabelled,
    /// It does not open, or is not what the log holds.
    Broken,
    /// It opens, and something in it is not right.
    Wrong {
        about: Option<Ref>,
        problem: Sentence,
    },
    Sound {
        /// Or the name of a change that this version does not know.
        said: Result<Box<Statement>, String>,
        /// The statement's, as folds are compared with.
        print: Option<u64>,
        signed_in: Option<String>,
        base: u64,
    },
}

/// What is wrong with a row that lost its record.
pub(super) const STRIPPED: &str = "its record is gone, and it was made to look like a blank row";

struct Bench<'a> {
    keys: &'a Keys,
    archive_id: &'a str,
    scan: &'a Scan,
    relabelled: &'a Relabelled,
    register: &'a Register,
    prints: &'a Prints,
}

/// Looks at every row, on two threads.
pub(super) fn look(
    ledger: &SqliteLedger,
    keys: &Keys,
    archive_id: &str,
    (scan, relabelled, register): (&Scan, &Relabelled, &Register),
    report: &mut Report,
    progress: &mut dyn FnMut(CheckProgress),
) -> Facts {
    let prints = Prints::default();
    let bench = Bench { keys, archive_id, scan, relabelled, register, prints: &prints };
    // Where one of these is missing, that is named, and what stands under it cannot be told.
    let common = [&scan.first_main_key, &scan.register_key];
    let is_there = |key: &&Option<String>| key.as_ref().is_some_and(|key| keys.get(key).is_some());
    let reads_common = keys.member.is_some() && common.iter().all(is_there);
    let mut facts = Facts { keys: scan.keys.clone(), reads_common, ..Facts::default() };
    let size = scan.entries.len() as u64;
    let mut next = 0;
    while next < size {
        let mut page = ledger.rows(next, PAGE).unwrap_or_else(|_| {
            let alone = |seq| ledger.rows(seq, 1).unwrap_or_default().into_iter().find(|row| row.seq == seq);
            (next..size.min(next + PAGE as u64)).filter_map(alone).collect()
        });
        page.retain(|row| row.seq < size);
        let (first, second) = page.split_at(page.len() / 2);
        let (first, second) = thread::scope(|scope| {
            let other = scope.spawn(|| bench.look_at(second));
            (bench.look_at(first), other.join().expect("looking at rows does not panic"))
        });
        for (row, seen) in page.iter().zip(first.into_iter().chain(second)) {
            facts.take(row, seen, report);
        }
        facts.folded.settle(&prints);
        next = page.last().map_or(next + PAGE as u64, |row| row.seq + 1);
        progress(CheckProgress { records: next.min(size), records_total: size, ..CheckProgress::default() });
    }
    facts.in_use = moved_on(ledger, scan);
    facts.finish(&bench, report);
    facts.folded.prints = prints;
    facts
}

impl Bench<'_> {
    fn look_at(&self, rows: &[Row]) -> Vec<Seen> {
        rows.iter().map(|row| self.look_at_row(row)).collect()
    }

    fn look_at_row(&self, row: &Row) -> Seen {
        let wrong = |problem: &'static str| Seen::Wrong { about: None, problem: problem.into() };
        if self.relabelled.contains(row.seq) {
            return Seen::Relabelled;
        }
        if !self.register.is_damaged && !self.register.compartments.contains(&row.compartment) {
            return wrong("it stands in a compartment that no record names");
        }
        match (&row.body, row.erased, row.op) {
            (None, false, None) => return self.look_at_blank(row),
            (None, true, Some(_)) => return Seen::Erased,
            (None, true, None) => return wrong("it is marked as erased and never was a record"),
            (None, false, Some(_)) => return wrong("its body is gone, and no tombstone says why"),
            (Some(_), true, _) => return wrong("it is marked as erased and still has a body"),
            (Some(_), false, _) => {}
        }
        let Some(key) = self.keys.get(&row.key) else { return Seen::NotHeld };
        match rows::record(row, &key.row, self.archive_id) {
            Ok(Some(record)) => self.look_at_record(row, &record),
            _ => Seen::Broken,
        }
    }

    /// A row without a record: made blank, or somebody took the record out of it.
    fn look_at_blank(&self, row: &Row) -> Seen {
        match self.keys.get(&row.key) {
            Some(key) if key.row.is_blank(&row.entry) => Seen::Blank,
            Some(_) => Seen::Stripped,
            // A key that seals something and is not there is named by itself.
            None if self.scan.keys.get(&row.key).is_some_and(|used| used.live > 0) => Seen::NotHeld,
            None => Seen::Wrong { about: None, problem: STRIPPED.into() },
        }
    }

    fn look_at_record(&self, row: &Row, record: &Record) -> Seen {
        let (said, about) = match Statement::of(record) {
            Ok(statement) => {
                let about = statement.change.as_item().map(|item| item.about.clone());
                (Ok(Box::new(statement)), about)
            }
            Err(StatementError::Unknown(change)) => (Err(change), None),
            Err(error) => {
                return Seen::Wrong {
                    about: None,
                    problem: sentence!("its fields cannot be understood: {}", error),
                };
            }
        };
        let print = said.as_ref().ok().and_then(|statement| self.prints.of(row.seq, statement));
        let wrong = |problem: &'static str| Seen::Wrong { about: about.clone(), problem: problem.into() };
        if !self.register.has_signed(record, row.seq) {
            return wrong("its record is not signed by this archive");
        }
        let operation = row.op.map(hex::encode).unwrap_or_default();
        if record.text("op") != Some(operation.as_str()) {
            return wrong("its record is of another operation than the row says");
        }
        let by = record.text("by").and_then(|by| by.parse::<MemberId>().ok());
        let Some(presence) = by.and_then(|by| self.register.members.get(&by)) else {
            if self.register.is_damaged {
                return Seen::Sound { said, print, signed_in: None, base: 0 };
            }
            return wrong("its record is by somebody who never was a member");
        };
        let Some(member_key) = &presence.key else { return wrong("its member has no sound signing key") };
        // A record that was moved was signed for the compartment where it first stood.
        let elsewhere = self.scan.compartments.iter().filter(|name| **name != row.compartment);
        let mut signed = record.verify_member(&row.compartment, &operation, member_key);
        let mut signed_in = None;
        if signed == Err(MemberSignatureError::DoesNotHold) {
            for name in elsewhere {
                if let Ok(found) = record.verify_member(name, &operation, member_key) {
                    (signed, signed_in) = (Ok(found), Some(name.clone()));
                    break;
                }
            }
        }
        let Ok(signature) = signed else {
            return wrong("the member's own signature in its record does not hold");
        };
        if !self.was_present(presence.from, presence.until, row.seq) {
            return wrong("it was signed by somebody who was not a member then");
        }
        Seen::Sound { said, print, signed_in, base: signature.base }
    }

    /// Within one append rows stand in random order, so presence is a matter of appends.
    fn was_present(&self, from: u64, until: Option<u64>, seq: u64) -> bool {
        let sizes = &self.scan.sizes;
        let begun = sizes.range(..=from).next_back().copied().unwrap_or(0);
        let ended = until.and_then(|until| sizes.range(until + 1..).next().copied());
        seq >= begun && ended.is_none_or(|ended| seq < ended)
    }
}

impl Facts {
    /// The tombstones that name this row, each after the row.
    pub fn tombstones(&self, seq: u64) -> &[(u64, u64)] {
        let from = self.buried.partition_point(|(buried, _)| *buried < seq);
        let to = self.buried.partition_point(|(buried, _)| *buried <= seq);
        &self.buried[from..to]
    }

    /// Is a record damaged, or taken away, so that what it said is not known?
    pub fn is_damaged(&self) -> bool {
        !self.failed.is_empty() || !self.stripped.is_empty() || self.relabelled > 0
    }

    /// Can the checker read this compartment? Every member can read the register and `main`; and the record that begins a
    /// compartment may be the one that somebody hides.
    pub fn holds(&self, compartment: &str) -> bool {
        let is_common = self.reads_common && ["main", "register"].contains(&compartment);
        let begins = || self.generations.iter().any(|(_, facts)| facts.compartment == compartment);
        is_common || self.kinds.were_read_in(compartment) || begins()
    }

    fn take(&mut self, row: &Row, seen: Seen, report: &mut Report) {
        if matches!(seen, Seen::Relabelled) {
            // What its row says besides is as little to be believed.
            self.unread += 1;
            self.relabelled += 1;
            self.folded.unreadable.insert(row.seq);
            return;
        }
        self.altered.see(row);
        self.received.see(row, !matches!(seen, Seen::NotHeld));
        if matches!(seen, Seen::Stripped | Seen::Broken | Seen::Wrong { .. }) {
            self.folded.unreadable.insert(row.seq);
        }
        match seen {
            Seen::Blank => *self.opened.entry(row.key.clone()).or_default() += 1,
            Seen::Stripped => {
                self.stripped.entry(row.key.clone()).or_default().insert(row.seq);
            }
            Seen::Erased => {
                let compartment = self.name(&row.compartment);
                self.erased.insert(row.seq, compartment);
            }
            Seen::NotHeld => self.unread += 1,
            Seen::Relabelled => {}
            Seen::Broken => {
                self.unread += 1;
                self.failed.entry(row.key.clone()).or_default().insert(row.seq);
            }
            Seen::Wrong { about, problem } => {
                let reference = about.map_or_else(|| record(row.seq, row.seq), |about| about.to_string());
                report.problem(reference, problem, what::TAMPERED);
            }
            Seen::Sound { said, print, signed_in, base } => {
                *self.opened.entry(row.key.clone()).or_default() += 1;
                self.sound += 1;
                self.read.insert(row.seq);
                self.bases.insert(base);
                if let Some(from) = signed_in {
                    let from = self.name(&from);
                    self.moved.push((row.seq, from));
                }
                match said {
                    Ok(statement) => {
                        self.acted.insert(statement.by);
                        self.clocks.take(row.seq, base, statement.at);
                        self.learn(row, *statement, print);
                    }
                    Err(change) => {
                        self.folded.learn_unknown(row, change);
                        self.unknown_changes += 1;
                    }
                }
            }
        }
    }

    fn learn(&mut self, row: &Row, statement: Statement, print: Option<u64>) {
        self.folded.learn(row, &statement, print);
        self.altered.learn(row, &statement.change);
        self.kinds.learn(row, &statement.change);
        self.once.learn(row, &statement);
        self.received.learn(row, &statement);
        match statement.change {
            Change::Item(item) | Change::Contained(Contained { item, .. }) => {
                self.items.learn(row.seq, &row.key, item, print);
            }
            Change::Repack(repack) => self.items.learn_places(row.seq, repack),
            Change::Examination(run) => self.made.learn(row.seq, &row.key, *run),
            Change::DerivativePlaces(moved) => self.made.learn_places(row.seq, moved),
            Change::Accession(begun) => {
                self.givers.entry(begun.about).or_default().entry = Some(hex::encode(row.entry));
            }
            Change::GiverKeys(keys) => {
                let about = keys.about.clone();
                self.giver_keys.push((row.seq, statement.by, about.clone()));
                // The first counts, as for whoever records an opening: a later one is not of the receiving.
                self.givers.entry(about).or_default().keys.get_or_insert(keys);
            }
            Change::GiverOpened(opened) => self.openings.push((row.seq, opened)),
            Change::Erasure(mut erasure) => {
                let entries = std::mem::take(&mut erasure.entries);
                self.buried.extend(entries.into_iter().map(|entry| (entry, row.seq)));
                self.erasures.push((row.seq, erasure));
            }
            Change::MovedIn(moved) => {
                self.moved_from.insert(moved.from.to_string());
            }
            Change::Generation(generation) => {
                let compartment = row.compartment.clone();
                let before =
                    self.generations.iter().rev().find(|(_, older)| older.compartment == compartment);
                if let Some((_, before)) = before {
                    self.once.learn_followed(row.seq, &before.holders, &generation.holders);
                }
                for (_, older) in &mut self.generations {
                    older.superseded |= older.compartment == compartment;
                }
                let facts = GenerationFacts {
                    recipient: generation.recipient,
                    holders: generation.holders,
                    superseded: false,
                    compartment,
                };
                // As it says: that it stands under this key itself is looked at with the kinds of keys.
                self.generations.push((generation.key, facts));
            }
            Change::Holder(holder) => {
                if let Some((_, facts)) = self.generations.iter_mut().find(|(key, _)| *key == holder.key) {
                    facts.holders.push(holder.member);
                }
            }
            _ => {}
        }
    }

    fn finish(&mut self, bench: &Bench<'_>, report: &mut Report) {
        self.items.settle(report);
        self.made.settle();
        self.buried.sort_unstable();
        report.counted().records = self.sound;
        if self.sound > 0 {
            report.sound(sentence!("{} [record|records]: sealed, signed, and in the log", self.sound));
        }
        let not_held =
            self.unread - self.relabelled - self.failed.values().map(|seqs| seqs.len() as u64).sum::<u64>();
        report.counted().not_read = not_held;
        if not_held > 0 {
            report.unknown(sentence!(
                "{} [record under a key that is not held here, and what it names|records under keys that are not held here, and what they name]",
                not_held
            ));
        }
        if self.unknown_changes > 0 {
            report.unknown(sentence!(
                "what {} [record of a newer version says (its signature holds)|records of a newer version say (their signatures hold)]",
                self.unknown_changes
            ));
        }
        for base in &self.bases {
            if *base > 0 && !bench.scan.sizes.is_empty() && !bench.scan.sizes.contains(base) {
                let problem = "records were signed after it, and the ledger does not have it";
                report.problem(format!("checkpoint {base}"), problem, what::TAMPERED);
            }
        }
        if bench.register.is_damaged {
            report.unknown("by whom every record was made: records of the register cannot be read");
        }
        if self.in_use {
            report.unknown("what was appended while the check ran");
            return;
        }
        tombstones::compare(self, (bench.scan, bench.register), report);
        for (seq, from) in &self.moved {
            if !self.moved_from.contains(&**from) {
                let problem = "it stands in another compartment than its member signed for, and no record says that it was moved";
                report.problem(record(*seq, *seq), problem, what::TAMPERED);
            }
        }
    }

    /// The name of a compartment, kept once for all rows that have it.
    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let new = Arc::<str>::from(name);
        self.names.insert(Arc::clone(&new));
        new
    }
}
