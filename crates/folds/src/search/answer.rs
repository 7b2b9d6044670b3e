//! Asks an index and cites what it found: exact spellings first, then forms, names, and words that stand apart.

use std::collections::HashSet;

use tantivy::collector::{Count, TopDocs};
use tantivy::{DocAddress, TantivyDocument, TantivyError};
use vidimus_model::Ref;

use super::document::{CameraSays, Kind, Place};
use super::gather::BestOfEach;
use super::index::{TextIndex, store_error};
use super::plan::{Plan, plan};
use super::query::{Ignored, Question};
use super::schema::WHOLE;
use super::snippet::{Finder, Snippet};
use super::terms::Lookup;
use crate::StoreError;

/// How much of the answer is wanted, and what is to be left out of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted<'a> {
    /// Hits that are passed over.
    pub offset: usize,
    /// Hits after those; at most [`MOST_HITS`].
    pub limit: usize,
    /// What is withdrawn, or hidden for another reason; with all that is part of it.
    pub without: &'a [Ref],
    /// The same, but for what is part of it.
    pub alone: &'a [Ref],
    /// What members say of cameras: corrected times count as well as claimed ones.
    pub cameras: &'a [CameraSays],
    /// Items that hold what is said in others, and those others: what is asked of these (their camera, their time) fits the text in
    /// those. They are looked at where [`Question::asks_of_items`](super::query::Question::asks_of_items) only.
    pub beside: &'a [(Ref, Ref)],
}

/// Hits that one question may get, with those it passes over.
pub const MOST_HITS: usize = 10_000;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Texts that fit, also those that were not wanted yet.
    pub total: u64,
    /// The best of them, the best first.
    pub hits: Vec<Hit>,
    /// What of the question was passed over.
    pub ignored: Vec<Ignored>,
    /// The first entry of the ledger that the index does not know.
    pub position: u64,
}

/// One text that fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The item.
    pub about: Ref,
    /// Where the text comes from.
    pub kind: Kind,
    /// Where in the item the cited words stand.
    pub place: Place,
    /// Where else in the same text as many of the words stand near each other, in order; at most [`MOST_PLACES`].
    pub others: Vec<Place>,
    /// The words, cited.
    pub snippet: Snippet,
    /// How well it fits; only hits of one answer and of equal `fit` can be compared.
    pub score: f32,
    /// In which way it fits.
    pub fit: Fit,
}

/// In which way a text fits a question, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// All words are there as they were spelled, or no spelling was asked for.
    Spelled,
    /// Forms of the words are there, or other spellings of names that were asked for as such.
    Forms,
    /// Other spellings are there of words that may be names, though they were asked for in small letters.
    Names,
    /// All words are there, but pages apart.
    Apart,
}

/// Places that are told beside the first of a hit.
pub const MOST_PLACES: usize = 20;

impl TextIndex {
    /// Answers a question from the newest commit of any process.
    ///
    /// # Errors
    /// The index is damaged or cannot be read.
    pub fn answer(&self, question: &Question, wanted: &Wanted) -> Result<Found, StoreError> {
        let (searcher, position) = self.searcher()?;
        let mut found = Found { total: 0, hits: Vec::new(), ignored: question.ignored.clone(), position };
        let Some(clause) = &question.clause else { return Ok(found) };
        let lookup = Lookup::new(&searcher).map_err(store_error)?;
        let mut planned = plan(clause, wanted, &self.fields, &lookup).map_err(store_error)?;
        found.ignored.append(&mut planned.ignored);
        let (total, best) = best(&lookup, &planned, wanted).map_err(store_error)?;
        found.total = total;
        let mut finder = Finder::new(clause, &planned.names);
        for (score, address, fit) in best {
            let document: TantivyDocument = searcher.doc(address).map_err(store_error)?;
            let (head, text) = self.fields.read(&document).ok_or(StoreError::NotReadable)?;
            let (about, kind) = head.about().ok_or(StoreError::NotReadable)?;
            let (text, begin) = if finder.asks_phrases() { head.with_lead(text) } else { (text.into(), 0) };
            let cited = finder.cite(&text, begin, kind, head.letters());
            let place = head.place(&text, begin, cited.at);
            let mut others: Vec<Place> = Vec::new();
            for at in cited.others {
                let other = head.place(&text, begin, at);
                if other != place && !others.contains(&other) && others.len() < MOST_PLACES {
                    others.push(other);
                }
            }
            found.hits.push(Hit { about, kind, place, others, snippet: cited.snippet, score, fit });
        }
        self.unharmed()?;
        Ok(found)
    }
}

/// A document that fits: how well, and in which way.
type Fitting = (f32, DocAddress, Fit);

/// How many fit, and the wanted ones of them: what fits better in its way comes first, whatever its score.
fn best(lookup: &Lookup, plan: &Plan, wanted: &Wanted) -> Result<(u64, Vec<Fitting>), TantivyError> {
    let searcher = lookup.searcher;
    let end = wanted.offset.saturating_add(wanted.limit).min(MOST_HITS);
    let mut total = 0;
    let mut hits: Vec<Fitting> = Vec::new();
    let forms = if plan.exact.is_some() { Fit::Forms } else { Fit::Spelled };
    let exact = plan.exact.as_deref().map(|exact| (exact, Fit::Spelled));
    let named = plan.named.as_deref().map(|named| (named, Fit::Names));
    let ways: Vec<_> = exact.into_iter().chain([(&*plan.wide, forms)]).chain(named).collect();
    for (number, (query, fit)) in ways.iter().enumerate() {
        let is_widest = number + 1 == ways.len();
        if hits.len() >= end {
            total += if is_widest { query.count(searcher)? as u64 } else { 0 };
            continue;
        }
        let seen: HashSet<DocAddress> = hits.iter().map(|(_, at, _)| *at).collect();
        let most = TopDocs::with_limit(end + seen.len()).order_by_score();
        let found = if is_widest {
            // Whoever must count all of them may as well score them.
            let (count, found) = searcher.search_with_statistics_provider(*query, &(Count, most), lookup)?;
            total += count as u64;
            found
        } else {
            searcher.search_with_statistics_provider(*query, &most, lookup)?
        };
        let new = found.into_iter().filter(|(_, at)| !seen.contains(at));
        hits.extend(new.map(|(score, at)| (score, at, *fit)));
    }
    if let Some(apart) = &plan.apart {
        let found = searcher.search(&**apart, &BestOfEach(WHOLE))?;
        total += found.len() as u64;
        hits.truncate(end);
        hits.extend(found.into_iter().map(|(score, at)| (score, at, Fit::Apart)));
    }
    hits.truncate(end);
    Ok((total, hits.split_off(wanted.offset.min(hits.len()))))
}
