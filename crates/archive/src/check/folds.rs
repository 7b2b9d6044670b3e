//! Folds heal themselves: one that cannot be read, or says what no record says, is thrown away and folded again.

use std::fs;
use std::path::PathBuf;

use vidimus_folds::{Catalogue, Fold as _};
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

/// Where the catalogue of a key lies.
pub(super) fn catalogue_path(layout: &Layout, key: KeyId) -> PathBuf {
    layout.fold(key).join(format!("catalogue.v{}", Catalogue::VERSION))
}

/// Throws away what is not sound.
pub(super) fn look(layout: &Layout, keys: &Keys, scan: &Scan, facts: &Facts, report: &mut Report) {
    for name in files::names(&layout.folds(), report) {
        let Some(id) = name.to_str().and_then(|name| name.parse::<KeyId>().ok()) else {
            files::stray(&name, "folds/", report);
            continue;
        };
        for name in files::names(&layout.fold(id), report) {
            if !name.to_string_lossy().starts_with("catalogue.v") {
                files::stray(&name, &format!("folds/{id}/"), report);
            }
        }
        let Some(key) = keys.get(&id.to_string()) else { continue };
        if !catalogue_path(layout, id).exists() || is_sound(layout, key, scan, &facts.items) {
            continue;
        }
        // DANGER: another process may have it open; what it folds meanwhile is lost with it and folded again.
        match fs::remove_dir_all(layout.fold(id)) {
            Ok(()) => report.sound(sentence!(
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

fn is_sound(layout: &Layout, key: &SealingKey, scan: &Scan, items: &Items) -> bool {
    let Ok(catalogue) =
        Catalogue::open(&catalogue_path(layout, key.id), &fold_key(&key.identity, "catalogue"))
    else {
        return false;
    };
    let Ok(position) = catalogue.position() else { return false };
    if position > scan.tip.size {
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
    // An older fold may know what was erased since, and a record that is damaged is known to the fold alone.
    asked.is_ok()
        && catalogue.counts().is_ok()
        && (same || position < scan.tip.size || !scan.missing.is_empty())
}
