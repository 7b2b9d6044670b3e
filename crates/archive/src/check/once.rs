//! Records that stand once, and records that name keys: a second one, or another key, would put itself in the place of the first.
//!
//! The program that is not changed never makes them; here they are named, whoever signed them.

use std::collections::{BTreeMap, BTreeSet};

use vidimus_ledger::Row;
use vidimus_model::{Change, KeyId, Keyholders, MemberId, Ref, Statement};
use vidimus_seal::age::Recipient;

use super::ledger::Scan;
use super::records::Facts;
use super::register::Register;
use super::report::{Report, record, what};
use crate::receive::giver;

/// What there is one of, for all time.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Compartment { said_in: String, of: String },
    Generation(KeyId),
    Number(Ref),
    Accession(Ref),
    Release(Ref),
    Proposal(String),
}

/// What is to be compared when every record was seen.
#[derive(Default)]
pub(super) struct Once {
    seen: BTreeSet<Thing>,
    wrong: BTreeMap<u64, &'static str>,
    /// Of each accession who took its number, and by which key it is sealed.
    opened: BTreeMap<Ref, (MemberId, KeyId)>,
    releases: Vec<(u64, Ref, KeyId)>,
    /// Where somebody is let in: record, compartment, key, whom.
    holders: Vec<(u64, String, KeyId, MemberId)>,
    /// Of each giver for whom it is sealed: record, accession, fingerprint, who opens each share.
    givers: Vec<SealedTo>,
    /// Who lost a compartment with a new generation of its key.
    left_out: Vec<(u64, MemberId)>,
}

struct SealedTo {
    seq: u64,
    about: Ref,
    fingerprint: String,
    shares: Vec<Vec<String>>,
}

impl Once {
    /// Takes in what a record says.
    pub fn learn(&mut self, row: &Row, statement: &Statement) {
        let seq = row.seq;
        // The number is taken in an append of its own, before anything else is recorded of an accession.
        let registrar = of_the_registrar(&statement.change).and_then(|about| self.opened.get(&about));
        if registrar.is_some_and(|(registrar, _)| *registrar != statement.by) {
            self.wrong.insert(seq, "it is about what another member received, and only they record that");
        }
        match &statement.change {
            Change::Compartment(begun) => {
                let (said_in, of) = (row.compartment.clone(), begun.compartment.to_string());
                self.once(seq, Thing::Compartment { said_in, of });
            }
            Change::Generation(generation) => {
                if row.key != generation.key.to_string() {
                    self.wrong.insert(seq, "it names a generation of a key, and stands under another key");
                }
                self.once(seq, Thing::Generation(generation.key));
            }
            Change::AccessionOpened(opened) => {
                self.opened.entry(opened.about.clone()).or_insert((statement.by, opened.key));
                self.once(seq, Thing::Number(opened.about.clone()));
            }
            Change::Accession(begun) => {
                if let Some(giver) = &begun.giver {
                    let shares = giver.shares.iter().map(|share| share.recipients.clone()).collect();
                    let (about, fingerprint) = (begun.about.clone(), giver.fingerprint.clone());
                    self.givers.push(SealedTo { seq, about, fingerprint, shares });
                }
                self.once(seq, Thing::Accession(begun.about.clone()));
            }
            Change::Release(release) => {
                self.releases.push((seq, release.about.clone(), release.key));
                self.once(seq, Thing::Release(release.about.clone()));
            }
            Change::Holder(holder) => {
                self.holders.push((seq, row.compartment.clone(), holder.key, holder.member));
            }
            Change::MemberFile(file) if file.member != statement.by => {
                self.wrong
                    .insert(seq, "it is about the key file of another member than the one who signed it");
            }
            Change::Proposal(proposal) => self.once(seq, Thing::Proposal(proposal.proposal.to_string())),
            _ => {}
        }
    }

    /// Takes in that a generation of a key followed another.
    pub fn learn_followed(&mut self, seq: u64, before: &[MemberId], after: &[MemberId]) {
        let lost = before.iter().filter(|member| !after.contains(member));
        self.left_out.extend(lost.map(|member| (seq, *member)));
    }

    fn once(&mut self, seq: u64, thing: Thing) {
        if !self.seen.insert(thing) {
            self.wrong.insert(seq, "another record had said this before, of the same thing");
        }
    }
}

/// The accession of which only whoever received it records this.
fn of_the_registrar(change: &Change) -> Option<Ref> {
    match change {
        Change::Accession(begun) => Some(begun.about.whole()),
        Change::Item(item) => Some(item.about.whole()),
        Change::NotTaken(passed) => Some(passed.about.whole()),
        Change::Release(release) => Some(release.about.whole()),
        _ => None,
    }
}

/// Names them.
pub(super) fn look(scan: &Scan, register: &Register, facts: &Facts, report: &mut Report) {
    let once = &facts.once;
    let mut wrong = once.wrong.clone();
    for (seq, about, key) in &once.releases {
        if once.opened.get(about).is_some_and(|(_, opened)| opened != key) {
            wrong.insert(*seq, "it releases an accession under another key than the one it was opened with");
        }
    }
    for (seq, compartment, key, member) in &once.holders {
        let of = facts.generations.iter().find(|(generation, _)| generation == key);
        if of.is_none_or(|(_, generation)| generation.compartment != *compartment) && facts.holds(compartment)
        {
            wrong.insert(*seq, "it lets somebody in by a key that is none of its compartment's");
        } else if !register.is_damaged && !register.was_member(*member, *seq) {
            wrong.insert(*seq, "it lets somebody in who was not a member then");
        }
    }
    if !register.is_damaged {
        let end = |seq: u64| scan.sizes.range(seq + 1..).next().copied().unwrap_or(u64::MAX);
        for (seq, member) in &once.left_out {
            // Whoever is removed goes in the append that brings the new key, or went before.
            if register.was_member(*member, end(*seq)) {
                wrong.insert(
                    *seq,
                    "it takes a compartment away from a member who held it and was not removed",
                );
            }
        }
        look_at_sealed(scan, &once.givers, &mut wrong);
    }
    for (seq, _, about) in &facts.giver_keys {
        let sealed = once.givers.iter().find(|sealed| sealed.about == *about);
        let keys = facts.givers.get(about).and_then(|known| known.keys.as_ref());
        if let Some((sealed, keys)) = sealed.zip(keys)
            && !keys.keys.iter().map(|key| &key.recipients).eq(&sealed.shares)
        {
            wrong.insert(*seq, "it names the keys of a giver for others than it is sealed to");
        }
    }
    for (seq, problem) in wrong {
        report.problem(record(seq, seq), problem, what::TAMPERED);
    }
}

/// What is sealed to keyholders is sealed to those who were named, so many of them to each share.
fn look_at_sealed(scan: &Scan, givers: &[SealedTo], wrong: &mut BTreeMap<u64, &'static str>) {
    let mut sets: BTreeMap<&str, &Keyholders> = BTreeMap::new();
    let mut begun: BTreeSet<(&str, &str)> = BTreeSet::new();
    for (seq, statement) in &scan.register {
        match &statement.change {
            Change::Keyholders(set) => _ = sets.insert(&set.fingerprint, set),
            Change::KeyholdersNamed(named) => {
                if !are_of(Some(&&named.set), named.shares.iter().map(|share| &share.recipients)) {
                    let problem =
                        "the key with which these keyholders approve others is sealed to others than them";
                    wrong.insert(*seq, problem);
                }
                sets.insert(&named.set.fingerprint, &named.set);
            }
            Change::RecoveryTest(test) => {
                if !are_of(sets.get(&*test.fingerprint), test.shares.iter().map(|share| &share.recipients)) {
                    wrong.insert(*seq, "it tests others than the keyholders whom it names");
                }
                begun.extend(test.shares.iter().map(|share| (&*test.fingerprint, &*share.sha256)));
            }
            _ => {}
        }
    }
    for (seq, statement) in &scan.register {
        if let Change::RecoveryTested(tested) = &statement.change {
            let digest = crate::keyholders::digest_of(&tested.code);
            if !begun.contains(&(&*tested.fingerprint, &*digest)) {
                wrong.insert(*seq, "it tells of a test of keyholders that nobody began");
            }
        }
    }
    // Where nobody was named it is sealed to whoever received it, without a fingerprint.
    for sealed in givers.iter().filter(|sealed| !sealed.fingerprint.is_empty()) {
        if !are_of(sets.get(&*sealed.fingerprint), sealed.shares.iter()) {
            wrong.insert(sealed.seq, "its giver is sealed to others than keyholders who were named");
        }
    }
}

/// Are these the shares of all who open together, of a sound set?
fn are_of<'a>(set: Option<&&Keyholders>, shares: impl Iterator<Item = &'a Vec<String>>) -> bool {
    let Some(Ok(Some(set))) = set.map(|set| giver::set_of(Some(set))) else { return false };
    let named = |choice: Vec<Recipient>| choice.iter().map(ToString::to_string).collect::<Vec<_>>();
    shares.cloned().eq(set.choices().into_iter().map(named))
}
