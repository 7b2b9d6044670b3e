//! Statements that givers were opened: each about the record it names, and signed with the key that was sealed with the giver.

use std::collections::{BTreeMap, BTreeSet};

use vidimus_model::{GiverKeys, GiverOpened, Opening, Ref};

use super::records::Facts;
use super::register::Register;
use super::report::{Report, record, what};
use super::sentence::{Sentence, sentence};
use crate::{epoch, opened};

/// Of an accession: the log entry of its record, and by which keys its giver is known to be opened.
#[derive(Default)]
pub(super) struct Sealed {
    /// Hexadecimal.
    pub entry: Option<String>,
    /// None where an earlier program sealed it.
    pub keys: Option<GiverKeys>,
}

/// Looks at every statement whose accession's records could be read.
pub(super) fn look(facts: &Facts, register: &Register, report: &mut Report) {
    name_keys(facts, report);
    let base = register.epochs.first().map(|(_, base)| base.as_str()).unwrap_or_default();
    let (mut signed, mut told, mut unchecked) = (0_u64, 0_u64, 0_u64);
    for (seq, opening) in &facts.openings {
        match seen(opening, &facts.givers, base) {
            Seen::Wrong(problem) => report.problem(record(*seq, *seq), problem, what::TAMPERED),
            Seen::Signed => signed += 1,
            Seen::Told => told += 1,
            Seen::Unchecked => unchecked += 1,
        }
    }
    if signed > 0 {
        report.sound(sentence!(
            "{} [opening of a giver|openings of givers], signed with the key that was sealed with [it|each]",
            signed
        ));
    }
    if told > 0 {
        report.unknown(sentence!(
            "whether {} [opening of a giver was as somebody told it: nobody signed it|openings of givers were as somebody told them: nobody signed them]",
            told
        ));
    }
    if unchecked > 0 {
        report.unknown(sentence!(
            "whether {} [opening of a giver is signed as it says: the records of its accession|openings of givers are signed as they say: the records of their accessions] cannot be read",
            unchecked
        ));
    }
}

/// By which keys a giver opens is said once, when it is sealed, by whoever receives it: another record could make a statement
/// that nobody could sign look signed.
fn name_keys(facts: &Facts, report: &mut Report) {
    let mut said = BTreeSet::new();
    for (seq, by, about) in &facts.giver_keys {
        let problem = if facts.received.registrar(about).is_some_and(|registrar| registrar != *by) {
            "it names the keys of a giver, and is not by whoever received it"
        } else if !said.insert(about) {
            "it names the keys of a giver that another record had named"
        } else {
            continue;
        };
        report.problem(record(*seq, *seq), problem, what::TAMPERED);
    }
}

/// What a statement turned out to be.
enum Seen {
    Wrong(Sentence),
    /// With the key that was sealed with the giver.
    Signed,
    /// By nobody.
    Told,
    /// What it is to be compared with stands under keys that are not held, or is damaged; that is named elsewhere.
    Unchecked,
}

fn seen(said: &GiverOpened, givers: &BTreeMap<Ref, Sealed>, base: &str) -> Seen {
    let Some(opening) = Opening::read(&said.statement) else {
        return Seen::Wrong("it says that a giver was opened, and its statement cannot be understood".into());
    };
    let Some((entry, giver)) = givers.get(&said.about).and_then(|giver| Some((giver.entry.as_ref()?, giver)))
    else {
        return if said.signature.is_some() { Seen::Unchecked } else { Seen::Told };
    };
    if opening.accession != said.about || opening.entry != *entry || !epoch::is_of(base, &opening.origin) {
        let problem = "it says that a giver was opened, and its statement is about another accession";
        return Seen::Wrong(problem.into());
    }
    let Some(signature) = &said.signature else { return Seen::Told };
    let keys = giver.keys.as_ref().map(|keys| keys.keys.as_slice()).unwrap_or_default();
    if opened::is_signed(&opening, &said.statement, signature, keys) {
        return Seen::Signed;
    }
    let problem = "it says that a giver was opened, and is not signed with the key that was sealed with it";
    Seen::Wrong(problem.into())
}
