//! Asks an index and cites what it found: exact spellings first, then forms and names.

use std::collections::HashSet;

use tantivy::collector::{Count, TopDocs};
use tantivy::query::Query;
use tantivy::{DocAddress, Searcher, TantivyDocument, TantivyError};
use vidimus_model::Ref;

use super::document::{CameraSays, Kind, Place};
use super::index::{TextIndex, store_error};
use super::plan::plan;
use super::query::{Ignored, Question};
use super::snippet::{Finder, Snippet};
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
    /// The words, cited.
    pub snippet: Snippet,
    /// How well it fits; only hits of one answer and of equal `exact` can be compared.
    pub score: f32,
    /// Are all words there as they were spelled?
    pub exact: bool,
}

impl TextIndex {
    /// Answers a question from the newest commit of any process.
    ///
    /// # Errors
    /// The index is damaged or cannot be read.
    pub fn answer(&self, question: &Question, wanted: &Wanted) -> Result<Found, StoreError> {
        let (searcher, position) = self.searcher()?;
        let mut found = Found { total: 0, hits: Vec::new(), ignored: question.ignored.clone(), position };
        let Some(clause) = &question.clause else { return Ok(found) };
        let planned = plan(clause, wanted, &self.fields, &searcher).map_err(store_error)?;
        found.ignored.extend(planned.ignored);
        found.total = searcher.search(&*planned.wide, &Count).map_err(store_error)? as u64;
        let best = best(&searcher, planned.exact.as_deref(), &*planned.wide, wanted).map_err(store_error)?;
        let mut finder = Finder::new(clause);
        for (score, address, exact) in best {
            let document: TantivyDocument = searcher.doc(address).map_err(store_error)?;
            let (head, text) = self.fields.read(&document).ok_or(StoreError::NotReadable)?;
            let (about, kind) = head.about().ok_or(StoreError::NotReadable)?;
            let (snippet, at) = finder.cite(&text);
            found.hits.push(Hit { about, kind, place: head.place(at), snippet, score, exact });
        }
        self.unharmed()?;
        Ok(found)
    }
}

/// The wanted hits. What is spelled as asked comes first, whatever its score among the forms.
fn best(
    searcher: &Searcher,
    exact: Option<&dyn Query>,
    wide: &dyn Query,
    wanted: &Wanted,
) -> Result<Vec<(f32, DocAddress, bool)>, TantivyError> {
    let end = wanted.offset.saturating_add(wanted.limit).min(MOST_HITS);
    let top = |query: &dyn Query, limit: usize| {
        // The library takes no limit of none.
        searcher.search(query, &TopDocs::with_limit(limit.max(1)).order_by_score())
    };
    let mut hits: Vec<(f32, DocAddress, bool)> = Vec::new();
    if let Some(exact) = exact {
        hits.extend(top(exact, end)?.into_iter().map(|(score, at)| (score, at, true)));
    }
    if hits.len() < end {
        let seen: HashSet<DocAddress> = hits.iter().map(|(_, at, _)| *at).collect();
        let others = top(wide, end + seen.len())?.into_iter().filter(|(_, at)| !seen.contains(at));
        hits.extend(others.map(|(score, at)| (score, at, exact.is_none())));
    }
    hits.truncate(end);
    Ok(hits.split_off(wanted.offset.min(hits.len())))
}
