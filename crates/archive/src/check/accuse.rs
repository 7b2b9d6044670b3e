//! Naming the records that do not open: by key where nothing of it opens, by item where a fold knows which it was.

use std::collections::{BTreeMap, BTreeSet};

use vidimus_folds::catalogue::ItemQuery;
use vidimus_model::Ref;
use vidimus_seal::row::fold_key;

use super::keys::Keys;
use super::records::{Facts, STRIPPED};
use super::report::{Report, record, runs, what};
use super::sentence::sentence;
use crate::layout::Layout;
use crate::shelf::{Shelf, Shelved};

/// Names them.
pub(super) fn look(layout: &Layout, keys: &Keys, facts: &Facts, report: &mut Report) {
    let mut broken = BTreeSet::new();
    for (key, seqs) in &facts.failed {
        if facts.opened.contains_key(key) {
            broken.extend(seqs);
        } else {
            let problem = sentence!(
                "none of its {} [record|records] opens with it: it is another key than sealed them",
                seqs.len()
            );
            report.problem(format!("key held/{key}"), problem, what::KEYS);
        }
    }
    for (key, seqs) in &facts.stripped {
        if facts.opened.contains_key(key) {
            for (first, last) in runs(seqs) {
                report.problem(record(first, last), STRIPPED, what::TAMPERED);
            }
        } else if !facts.failed.contains_key(key) {
            let problem = sentence!(
                "none of its {} [record|records] opens with it: it is another key than sealed them",
                seqs.len()
            );
            report.problem(format!("key held/{key}"), problem, what::KEYS);
        }
    }
    if broken.is_empty() {
        return;
    }
    let items = items_of(layout, keys, &broken);
    for (seq, about) in &items {
        if !report.has_named(&record(*seq, *seq)) {
            let problem = sentence!("its record ({}) is damaged: it is not what was sealed there", seq);
            report.problem(about.to_string(), problem, what::BACKUP);
        }
        broken.remove(seq);
    }
    for (first, last) in runs(&broken) {
        report.problem(record(first, last), "it is damaged: it is not what was sealed there", what::BACKUP);
    }
}

fn items_of(layout: &Layout, keys: &Keys, seqs: &BTreeSet<u64>) -> BTreeMap<u64, Ref> {
    let mut found = BTreeMap::new();
    for key in keys.all() {
        let secret = fold_key(&key.identity, "catalogue");
        let Ok(Some(Shelved { catalogue, .. })) = Shelf::new(layout, key.id).look(&secret) else { continue };
        let mut query = ItemQuery { limit: 1000, include_withdrawn: true, ..ItemQuery::default() };
        while let Ok(answer) = catalogue.items(&query) {
            query.after = answer.value.last().map(|row| row.item.about.clone());
            let hits = answer.value.iter().filter(|row| seqs.contains(&row.seq));
            found.extend(hits.map(|row| (row.seq, row.item.about.clone())));
            if answer.value.len() < query.limit {
                break;
            }
        }
    }
    found
}
