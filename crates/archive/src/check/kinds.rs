//! Each record under the kind of key that its change is sealed by: under another it would be hidden from who should read it.

use std::collections::{BTreeMap, BTreeSet};

use vidimus_ledger::Row;
use vidimus_model::{Change, Ref};

use super::ledger::Scan;
use super::records::Facts;
use super::report::{Report, record, runs, what};

/// Rows of one key and kind that are named one by one.
const NAMED: usize = 1000;

/// What a change is sealed by; `docs/format/changes.md`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// A generation of the register's key.
    Register,
    /// One of the compartment's in which its row stands.
    Compartment,
    /// The key of this accession, or of what of it was moved.
    Accession(Ref),
}

/// A change that stands under the accession's key until others may read it, and under the compartment's after.
struct Either {
    seq: u64,
    compartment: String,
    key: String,
    about: Vec<Ref>,
    /// Then it stands under the compartment's key too.
    is_tombstone: bool,
}

/// What is known of the kinds of keys, and under which each record stands.
#[derive(Default)]
pub(super) struct Kinds {
    /// Rows by compartment, key, and what their changes are sealed by.
    seen: BTreeMap<(String, String, Kind), BTreeSet<u64>>,
    either: Vec<Either>,
    /// Of which accessions each key is that records name for one.
    accessions: BTreeMap<String, BTreeSet<Ref>>,
    /// Where a record lets others read what such a key seals.
    shared: BTreeMap<String, u64>,
    /// Compartments in which a record was read that only its own keys seal.
    compartments: BTreeSet<String>,
}

impl Kinds {
    /// Takes in what a record says.
    pub fn learn(&mut self, row: &Row, change: &Change) {
        let kind = match change {
            Change::ArchiveBegins(_)
            | Change::ArchiveKey(_)
            | Change::Member(_)
            | Change::MemberFile(_)
            | Change::MemberRemoved(_)
            | Change::Keyholders(_)
            | Change::KeyholdersNamed(_)
            | Change::RecoveryTest(_)
            | Change::RecoveryTested(_)
            | Change::Proposal(_)
            | Change::Agreement(_)
            | Change::Receipt(_)
            | Change::Rollback(_)
            | Change::Destroyed(_)
            | Change::Altered(_) => Kind::Register,
            Change::Compartment(_) | Change::Generation(_) | Change::Holder(_) | Change::Disclosure(_) => {
                Kind::Compartment
            }
            Change::AccessionOpened(opened) => {
                self.names(opened.key.to_string(), [&opened.about]);
                Kind::Compartment
            }
            Change::Release(release) => {
                self.names(release.key.to_string(), [&release.about]);
                self.shared.insert(release.key.to_string(), row.seq);
                Kind::Compartment
            }
            Change::MovedIn(moved) => {
                self.names(moved.key.to_string(), &moved.about);
                self.shared.insert(moved.key.to_string(), row.seq);
                Kind::Compartment
            }
            Change::MovedOut(_) => Kind::Compartment,
            Change::Withdraw(mark) | Change::Reinstate(mark) => return self.either(row, &mark.about, false),
            Change::Camera(camera) => return self.either(row, std::slice::from_ref(&camera.about), false),
            Change::CameraItems(given) => return self.either(row, &given.about, false),
            Change::Erasure(erasure) => return self.either(row, &erasure.about, true),
            Change::Accession(begun) => Kind::Accession(begun.about.whole()),
            Change::GiverKeys(keys) => Kind::Accession(keys.about.whole()),
            Change::GiverOpened(opened) => Kind::Accession(opened.about.whole()),
            Change::Item(item) => Kind::Accession(item.about.whole()),
            Change::Contained(found) => Kind::Accession(found.item.about.whole()),
            Change::Examination(examined) => Kind::Accession(examined.about.whole()),
            Change::DerivativePlaces(moved) => Kind::Accession(moved.about.whole()),
            Change::Commitment(made) => Kind::Accession(made.about.whole()),
            Change::NotTaken(what) => Kind::Accession(what.about.whole()),
            Change::AccessionEnd(end) => Kind::Accession(end.about.whole()),
            Change::Repack(repack) => Kind::Accession(repack.about.whole()),
        };
        if kind == Kind::Compartment && !self.compartments.contains(&row.compartment) {
            self.compartments.insert(row.compartment.clone());
        }
        let seqs = self.seen.entry((row.compartment.clone(), row.key.clone(), kind)).or_default();
        if seqs.len() < NAMED {
            seqs.insert(row.seq);
        }
    }

    /// Was a record read in this compartment that only its own keys seal?
    pub fn were_read_in(&self, compartment: &str) -> bool {
        self.compartments.contains(compartment)
    }

    fn names<'a>(&mut self, key: String, about: impl IntoIterator<Item = &'a Ref>) {
        self.accessions.entry(key).or_default().extend(about.into_iter().map(Ref::whole));
    }

    fn either(&mut self, row: &Row, about: &[Ref], is_tombstone: bool) {
        let (compartment, key) = (row.compartment.clone(), row.key.clone());
        self.either.push(Either { seq: row.seq, compartment, key, about: about.to_vec(), is_tombstone });
    }

    /// Is the key named for what of these accessions?
    fn is_of(&self, key: &str, about: impl IntoIterator<Item = Ref>) -> bool {
        let named = self.accessions.get(key);
        named.is_some_and(|named| about.into_iter().all(|about| named.contains(&about)))
    }
}

/// Names the records that stand under a key of another kind.
pub(super) fn look(scan: &Scan, facts: &Facts, report: &mut Report) {
    let kinds = &facts.kinds;
    let generations: BTreeMap<String, &str> =
        facts.generations.iter().map(|(key, of)| (key.to_string(), of.compartment.as_str())).collect();
    // Where a record is damaged, or a key is missing that the checker should hold, it may be the one that names the key.
    let lacks = facts.is_damaged() || report.has_named_below("key held/") || !scan.missing.is_empty();
    let is_whole = !lacks && !scan.register_is_damaged && !facts.in_use;
    let is_known = |compartment: &str, key: &str| {
        is_whole && facts.holds(compartment)
            || generations.contains_key(key)
            || kinds.accessions.contains_key(key)
    };
    let mut wrong = BTreeSet::new();
    for ((compartment, key, kind), seqs) in &kinds.seen {
        let generation = generations.get(key).copied();
        let is_right = match kind {
            Kind::Register => compartment == "register" && generation == Some("register"),
            Kind::Compartment => generation == Some(compartment.as_str()),
            Kind::Accession(about) => generation.is_none() && kinds.is_of(key, [about.clone()]),
        };
        if !is_right && is_known(compartment, key) {
            wrong.extend(seqs);
        }
    }
    let of_compartment = |one: &Either| generations.get(&one.key) == Some(&one.compartment.as_str());
    let tombstones: BTreeSet<&[Ref]> = kinds
        .either
        .iter()
        .filter(|one| one.is_tombstone && of_compartment(one))
        .map(|one| one.about.as_slice())
        .collect();
    let begin = |seq: u64| scan.sizes.range(..=seq).next_back().copied().unwrap_or(0);
    for one in kinds.either.iter().filter(|one| !of_compartment(one)) {
        let is_early = kinds.shared.get(&one.key).is_none_or(|shared| one.seq < begin(*shared));
        let is_right = is_early
            && kinds.is_of(&one.key, one.about.iter().map(Ref::whole))
            && (!one.is_tombstone || !is_whole || tombstones.contains(one.about.as_slice()));
        if !is_right && is_known(&one.compartment, &one.key) {
            wrong.insert(one.seq);
        }
    }
    for (first, last) in runs(&wrong) {
        let problem = "it stands under a key of another kind than its change is sealed by";
        report.problem(record(first, last), problem, what::TAMPERED);
    }
}
