//! Statements that givers were opened: each about the record it names, and signed with the key that was sealed with the giver.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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
    let base = register.epochs.first().map(|(_, base)| base.as_str()).unwrap_or_default();
    let (mut signed, mut told) = (0_u64, 0_u64);
    for (seq, opening) in &facts.openings {
        match problem(opening, &facts.givers, base) {
            Some(problem) => report.problem(record(*seq, *seq), problem, what::TAMPERED),
            None if opening.signature.is_some() => signed += 1,
            None => told += 1,
        }
    }
    if signed > 0 {
        report
            .sound(sentence!("{} openings of givers, signed with the key that was sealed with each", signed));
    }
    if told > 0 {
        report.unknown(sentence!(
            "whether {} openings of givers were as somebody told them: nobody signed them",
            told
        ));
    }
}

fn problem(said: &GiverOpened, givers: &BTreeMap<Ref, Sealed>, base: &str) -> Option<Sentence> {
    let Some(opening) = Opening::read(&said.statement) else {
        return Some("it says that a giver was opened, and its statement cannot be understood".into());
    };
    // What stands under keys that are not held, or is damaged, is named elsewhere.
    let giver = givers.get(&said.about)?;
    let entry = giver.entry.as_ref()?;
    if opening.accession != said.about || opening.entry != *entry || !epoch::is_of(base, &opening.origin) {
        return Some("it says that a giver was opened, and its statement is about another accession".into());
    }
    let signature = said.signature.as_ref()?;
    let share = opening.share.as_deref().unwrap_or_default();
    let keys = giver.keys.iter().flat_map(|keys| &keys.keys);
    let openers = keys.filter(|known| known.key == share).map(|known| &known.recipients).next();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
    let good = openers == Some(&opening.keyholders) && opened::holds(share, &said.statement, &signature);
    (!good).then(|| {
        "it says that a giver was opened, and is not signed with the key that was sealed with it".into()
    })
}
