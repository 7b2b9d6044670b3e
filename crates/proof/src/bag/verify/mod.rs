//! Checks a bag in the order of `docs/format/bag.md`, each step in a file of its own; the first problem is the one to name.
//!
//! A later step runs where an earlier one failed, so that more of what is wrong is named; but then nothing is proved.
//! Memory is bounded: payload is streamed, and every other file has a size limit.

mod checkpoints;
mod contents;
mod dating;
mod disclosure;
mod key;
mod payload;

use super::problem::Problems;
use super::{BagKey, BagSource, FileReport, Report, Trust};
use crate::record::Fields;
use contents::Contents;
use payload::Item;

/// Checks a bag with what the verifier was told to trust.
pub fn verify(source: &dyn BagSource, trust: &Trust) -> Report {
    let mut problems = Problems::default();
    let contents = contents::read(source, &mut problems);
    let Some((key, keys)) = key::read(&contents, trust, &mut problems) else {
        return altered(problems, &contents, None);
    };
    let disclosure = disclosure::check(&contents, &keys, &mut problems);
    contents::check_info(&contents, &mut problems);
    let checkpoints =
        checkpoints::check(&contents, &keys, disclosure.as_ref(), trust.policy.as_ref(), &mut problems);
    keys.check_notes(&checkpoints, &mut problems);
    let items = payload::check(&contents, &keys, &checkpoints, &mut problems);
    if trust.policy.is_some() {
        dating::check_quorum(&items, &checkpoints, &mut problems);
    }
    let Some(disclosure) = disclosure.filter(|_| problems.is_empty()) else {
        return altered(problems, &contents, Some(key));
    };

    let stamps = dating::stamps(&contents, &checkpoints, trust, &mut problems);
    if !problems.is_empty() {
        return altered(problems, &contents, Some(key));
    }
    let times = dating::Times::of(&stamps);
    let receipt = trust.receipt.as_ref().map(|receipt| dating::answer(receipt, &keys, &checkpoints));
    let signer =
        trust.receipt.as_ref().zip(receipt).and_then(|(it, answer)| dating::signer(it, answer, &keys));
    let published = dating::published(trust.receipt.as_ref(), receipt);
    let report_of = |item: Item| FileReport {
        no_later_than: times.of_index(item.index),
        in_receipt: published.map(|size| item.index < size),
        name: item.name,
        size: item.size,
        sha256: item.sha256,
        fields: item.fields,
        index: Some(item.index),
    };
    Report {
        problems: Vec::new(),
        more_problems: 0,
        key: Some(key),
        files: items.into_iter().map(report_of).collect(),
        stamps,
        disclosure: disclosure.fields,
        receipt,
        receipt_signer: signer,
    }
}

/// The report of a bag of which something is wrong: what there is, and no word of what it proves.
fn altered(problems: Problems, contents: &Contents<'_>, key: Option<BagKey>) -> Report {
    let file = |(name, digests): (&str, &super::manifest::Digests)| FileReport {
        name: name.to_owned(),
        size: digests.size,
        sha256: digests.sha256,
        fields: Fields::default(),
        index: None,
        no_later_than: None,
        in_receipt: None,
    };
    Report {
        problems: problems.found,
        more_problems: problems.not_kept,
        key,
        files: contents.payload().map(|(_, name, digests)| file((name, digests))).collect(),
        stamps: Vec::new(),
        disclosure: Vec::new(),
        receipt: None,
        receipt_signer: None,
    }
}
