//! Folds heal themselves: one that cannot be read, or does not say what the records say, is thrown away and folded again.

use std::collections::BTreeSet;

use vidimus_folds::catalogue::{Difference, Told};
use vidimus_folds::{Catalogue, Fold as _};
use vidimus_ledger::{Ledger as _, SqliteLedger};
use vidimus_model::KeyId;
use vidimus_seal::row::fold_key;

use super::files;
use super::keys::Keys;
use super::ledger::{Scan, moved_on};
use super::records::Facts;
use super::report::{Report, record, what};
use super::sentence::sentence;
use crate::keyring::SealingKey;
use crate::layout::Layout;
use crate::runner::FoldError;
use crate::shelf::{self, LOCKS, Shelf, Unreadable};

/// Throws away what is not sound.
pub(super) fn look(
    layout: &Layout,
    ledger: &SqliteLedger,
    keys: &Keys,
    scan: &Scan,
    facts: &Facts,
    report: &mut Report,
) {
    let is_whole = !report.has_named_below("key held/");
    for name in files::names(&layout.folds(), report) {
        let Some(id) = name.to_str().and_then(|name| name.parse::<KeyId>().ok()) else {
            if !LOCKS.iter().any(|lock| *name == **lock) {
                files::stray(&name, "folds/", report);
            }
            continue;
        };
        let within =
            if layout.fold(id).is_dir() { files::names(&layout.fold(id), report) } else { Vec::new() };
        for name in within {
            if !shelf::belongs(&name) && !crate::beside::belongs(&name) {
                files::stray(&name, &format!("folds/{id}/"), report);
            }
        }
        let Some(key) = keys.get(&id.to_string()) else { continue };
        let mut differences = BTreeSet::new();
        let seen = heal(layout, ledger, key, (keys, scan, facts, is_whole), &mut differences);
        if !differences.is_empty() {
            name_differences(id, &differences, report);
        }
        match seen {
            Ok(Seen::Sound) => {}
            Ok(Seen::ThrownAway) => report.sound(sentence!(
                "the catalogue folds/{} was not sound: it was thrown away, and is folded again when it is asked",
                id
            )),
            Ok(Seen::Unknown) => report.unknown(sentence!(
                "whether the catalogue folds/{} says what the records say: it is not up to date, or a key is missing",
                id
            )),
            Err(error) => report.problem(
                format!("fold {id}"),
                sentence!("the catalogue is not sound and cannot be thrown away: {}", error),
                what::REBUILD,
            ),
        }
    }
}

/// What is compared with, and whether no key is missing that the checker should hold.
type Records<'a> = (&'a Keys, &'a Scan, &'a Facts, bool);

/// Differences that are named one by one.
const NAMED: usize = 1000;

/// What a fold turned out to be.
enum Seen {
    Sound,
    ThrownAway,
    /// Folded up to an earlier row, or of records that the checker lacks a key of, so that it was not compared.
    Unknown,
}

/// Names what the catalogue did not say as the records do.
fn name_differences(id: KeyId, differences: &BTreeSet<Difference>, report: &mut Report) {
    let problem = "the catalogue hid it, or said something else of it than the records do";
    for difference in differences.iter().take(NAMED) {
        let reference = match difference {
            Difference::Thing(about) => about.to_string(),
            Difference::Record(seq) => record(*seq, *seq),
            Difference::Tables => format!("fold {id}"),
        };
        report.problem(reference, problem, what::CATALOGUE);
    }
    if differences.len() > NAMED {
        report.problem(format!("fold {id}"), problem, what::CATALOGUE);
    }
}

/// Throws a fold away where it is not sound, or not what the records say.
fn heal(
    layout: &Layout,
    ledger: &SqliteLedger,
    key: &SealingKey,
    records: Records<'_>,
    differences: &mut BTreeSet<Difference>,
) -> Result<Seen, FoldError> {
    let (shelf, secret) = (Shelf::new(layout, key.id), fold_key(&key.identity, "catalogue"));
    let open = match shelf.look(&secret) {
        Ok(None) => return Ok(Seen::Sound),
        Ok(Some(open)) => open,
        Err(Unreadable::Damaged(file)) => {
            shelf.begin(Some(&file), &secret)?;
            return Ok(Seen::ThrownAway);
        }
        // Where it cannot be opened to be written, it is folded again in memory by whoever asks.
        Err(Unreadable::Fold(error)) if error.is_of_the_medium() => return Ok(Seen::Sound),
        Err(Unreadable::Fold(error)) => return Err(error),
    };
    let (_, scan, ..) = records;
    match compare(&open.catalogue, ledger, key.id, records, differences) {
        Some(seen) if differences.is_empty() => Ok(seen),
        // Records that were moved or erased since the scan were read as they are by now; the catalogue stands where they were.
        Some(_) if moved_on(ledger, scan) => {
            differences.clear();
            Ok(Seen::Unknown)
        }
        _ => shelf.throw_away(&open, &secret).map(|()| Seen::ThrownAway),
    }
}

/// Compares a fold with the records; none where it cannot be read, or is ahead of the ledger.
fn compare(
    catalogue: &Catalogue,
    ledger: &SqliteLedger,
    id: KeyId,
    (keys, scan, facts, is_whole): Records<'_>,
    differences: &mut BTreeSet<Difference>,
) -> Option<Seen> {
    let position = catalogue.position().ok()?;
    // Asked after the fold, which another process may have brought to rows that came since the scan.
    if ledger.tip().is_ok_and(|tip| position > tip.size) {
        return None;
    }
    // Nobody asks it any more, and whoever lacks the newer keys may have folded it without what they seal.
    if facts.is_superseded(id) {
        return Some(Seen::Sound);
    }
    if !is_whole {
        return Some(Seen::Unknown);
    }
    let under = facts.folded_under(id, keys);
    let folded = &facts.folded;
    let mut unreadable = folded.unreadable.clone();
    unreadable.extend(&scan.missing);
    let rest = folded.rest(&under);
    let told = Told {
        position: scan.tip.size,
        prints: &folded.prints,
        items: Box::new(facts.items.prints(&under)),
        not_taken: Box::new(folded.not_taken(&under)),
        bulk: folded.bulk(&under),
        rest: &rest,
        unreadable: &unreadable,
    };
    let answer = catalogue.compare(told, &mut |difference| {
        if differences.len() <= NAMED {
            differences.insert(difference);
        }
    });
    let position = answer.ok()?.position;
    Some(if position < scan.tip.size { Seen::Unknown } else { Seen::Sound })
}
