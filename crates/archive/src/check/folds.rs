//! Folds heal themselves: one that cannot be read, or says what no record says, is thrown away and folded again.

use vidimus_folds::{Catalogue, Fold as _};
use vidimus_ledger::{Ledger as _, SqliteLedger};
use vidimus_model::KeyId;
use vidimus_seal::row::fold_key;

use super::files;
use super::items::Items;
use super::keys::Keys;
use super::ledger::Scan;
use super::records::Facts;
use super::report::Report;
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
            if !shelf::belongs(&name) {
                files::stray(&name, &format!("folds/{id}/"), report);
            }
        }
        let Some(key) = keys.get(&id.to_string()) else { continue };
        match heal(layout, ledger, key, scan, &facts.items) {
            Ok(false) => {}
            Ok(true) => report.sound(sentence!(
                "the catalogue folds/{} was not sound: it was thrown away, and is folded again when it is asked",
                id
            )),
            Err(error) => report.problem(
                format!("fold {id}"),
                sentence!("the catalogue is not sound and cannot be thrown away: {}", error),
                super::what::REBUILD,
            ),
        }
    }
}

/// Throws a fold away where it is not sound, and says whether it did.
fn heal(
    layout: &Layout,
    ledger: &SqliteLedger,
    key: &SealingKey,
    scan: &Scan,
    items: &Items,
) -> Result<bool, FoldError> {
    let (shelf, secret) = (Shelf::new(layout, key.id), fold_key(&key.identity, "catalogue"));
    let open = match shelf.look(&secret) {
        Ok(None) => return Ok(false),
        Ok(Some(open)) => open,
        Err(Unreadable::Damaged(file)) => {
            shelf.begin(Some(&file), &secret)?;
            return Ok(true);
        }
        // Where it cannot be opened to be written, it is folded again in memory by whoever asks.
        Err(Unreadable::Fold(error)) if error.is_of_the_medium() => return Ok(false),
        Err(Unreadable::Fold(error)) => return Err(error),
    };
    if is_sound(&open.catalogue, ledger, scan, items) {
        return Ok(false);
    }
    shelf.throw_away(&open, &secret)?;
    Ok(true)
}

fn is_sound(catalogue: &Catalogue, ledger: &SqliteLedger, scan: &Scan, items: &Items) -> bool {
    let Ok(position) = catalogue.position() else { return false };
    // Asked after the fold, which another process may have brought to rows that came since the scan.
    if ledger.tip().is_ok_and(|tip| position > tip.size) {
        return false;
    }
    let mut same = true;
    let asked = catalogue.objects(|used| {
        let fact = items.find(&used.item);
        same &= fact.is_some_and(|fact| {
            let sha256 = fact.sha256.map(hex::encode);
            fact.size == used.size && sha256.as_ref() == Some(&used.sha256) && items.is_at(fact, &used.place)
        });
    });
    // An older or a later fold may know what was erased or received since, and a record that is damaged is known to the fold
    // alone.
    asked.is_ok()
        && catalogue.counts().is_ok()
        && (same || position != scan.tip.size || !scan.missing.is_empty())
}
