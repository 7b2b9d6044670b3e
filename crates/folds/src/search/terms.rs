//! Words of a question, looked up in the index once; and the question for texts that hold any of some of them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use tantivy::fieldnorm::FieldNormReader;
use tantivy::index::SegmentId;
use tantivy::postings::{Postings as _, SegmentPostings, TermInfo};
use tantivy::query::{
    Bm25StatisticsProvider, Bm25Weight, EmptyQuery, EmptyScorer, EnableScoring, Explanation, Query, Scorer,
    Weight,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{
    DocId, DocSet, InvertedIndexReader, Score, Searcher, SegmentReader, TERMINATED, TantivyError, Term,
};

/// What was looked up for one question.
pub(super) struct Lookup<'a> {
    pub searcher: &'a Searcher,
    texts: u64,
    known: RefCell<HashMap<Term, Arc<Known>>>,
    fields: RefCell<HashMap<Field, Arc<[Terms]>>>,
    lengths: RefCell<HashMap<Field, u64>>,
}

/// The terms of a field in one segment.
type Terms = (SegmentId, Arc<InvertedIndexReader>);

/// Where a term is in the index.
#[derive(Clone)]
pub(super) struct Known {
    field: Field,
    /// How many texts hold it, with those that were taken out and not swept yet.
    pub texts: u64,
    weight: Bm25Weight,
    infos: Vec<(SegmentId, TermInfo)>,
}

impl<'a> Lookup<'a> {
    pub fn new(searcher: &'a Searcher) -> tantivy::Result<Self> {
        let texts = searcher.total_num_docs()?;
        let (known, fields, lengths) = Default::default();
        Ok(Self { searcher, texts, known, fields, lengths })
    }

    fn field(&self, field: Field) -> tantivy::Result<Arc<[Terms]>> {
        if let Some(known) = self.fields.borrow().get(&field) {
            return Ok(known.clone());
        }
        let segments = self.searcher.segment_readers().iter();
        let terms = segments.map(|segment| Ok((segment.segment_id(), segment.inverted_index(field)?)));
        let terms: Arc<[Terms]> = terms.collect::<tantivy::Result<_>>()?;
        self.fields.borrow_mut().insert(field, terms.clone());
        Ok(terms)
    }

    /// Where the term is.
    pub fn term(&self, term: &Term) -> tantivy::Result<Arc<Known>> {
        if let Some(known) = self.known.borrow().get(term) {
            return Ok(known.clone());
        }
        let field = term.field();
        let (mut texts, mut infos) = (0, Vec::new());
        for (segment, terms) in &*self.field(field)? {
            if let Some(info) = terms.get_term_info(term)? {
                texts += u64::from(info.doc_freq);
                infos.push((*segment, info));
            }
        }
        let length = self.total_num_tokens(field)? as Score / self.texts as Score;
        let weight = Bm25Weight::for_one_term_without_explain(texts, self.texts, length);
        let known = Arc::new(Known { field, texts, weight, infos });
        self.known.borrow_mut().insert(term.clone(), known.clone());
        Ok(known)
    }

    /// Texts that hold any of these.
    pub fn any_of(&self, terms: &[Term]) -> tantivy::Result<Box<dyn Query>> {
        let mut known = Vec::with_capacity(terms.len());
        for term in terms {
            known.push(self.term(term)?);
        }
        known.retain(|term| term.texts > 0);
        if known.is_empty() {
            Ok(Box::new(EmptyQuery))
        } else {
            Ok(Box::new(AnyOf { known, is_scored: true }))
        }
    }
}

impl Bm25StatisticsProvider for Lookup<'_> {
    fn total_num_tokens(&self, field: Field) -> tantivy::Result<u64> {
        if let Some(length) = self.lengths.borrow().get(&field) {
            return Ok(*length);
        }
        let length = self.searcher.total_num_tokens(field)?;
        self.lengths.borrow_mut().insert(field, length);
        Ok(length)
    }

    fn total_num_docs(&self) -> tantivy::Result<u64> {
        Ok(self.texts)
    }

    fn doc_freq(&self, term: &Term) -> tantivy::Result<u64> {
        self.term(term).map(|known| known.texts)
    }
}

/// Texts that hold any of some terms. The library's own union reads thousands of texts ahead wherever it is asked to go, which suits
/// no intersection with a rare word.
#[derive(Clone)]
struct AnyOf {
    known: Vec<Arc<Known>>,
    is_scored: bool,
}

impl std::fmt::Debug for AnyOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AnyOf({} terms)", self.known.len())
    }
}

impl Query for AnyOf {
    fn weight(&self, scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(Self { is_scored: scoring.is_scoring_enabled(), ..self.clone() }))
    }
}

impl AnyOf {
    fn lists(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Vec<List>> {
        let mut lists = Vec::with_capacity(self.known.len());
        for known in &self.known {
            let Some((_, info)) = known.infos.iter().find(|(id, _)| *id == reader.segment_id()) else {
                continue;
            };
            let option = if self.is_scored { IndexRecordOption::WithFreqs } else { IndexRecordOption::Basic };
            let postings = reader.inverted_index(known.field)?.read_postings_from_terminfo(info, option)?;
            let norms = self.is_scored.then(|| reader.get_fieldnorms_reader(known.field)).transpose()?;
            lists.push(List { doc: postings.doc(), postings, norms, weight: known.weight.boost_by(boost) });
        }
        Ok(lists)
    }
}

impl Weight for AnyOf {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let mut lists = self.lists(reader, boost)?;
        Ok(match lists.len() {
            0 => Box::new(EmptyScorer),
            1 => Box::new(lists.swap_remove(0)),
            _ => Box::new(Union::new(lists)),
        })
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Err(TantivyError::InvalidArgument("nobody asks how a score came about".into()))
    }

    fn count(&self, reader: &SegmentReader) -> tantivy::Result<u32> {
        if let Some(alive) = reader.alive_bitset() {
            return Ok(self.scorer(reader, 1.0)?.count(alive));
        }
        let mut lists = self.lists(reader, 1.0)?;
        lists.sort_by_key(List::size_hint);
        Ok(match &mut lists[..] {
            [] => 0,
            [one] => one.size_hint(),
            [small, large] => small.size_hint() + large.size_hint() - common(small, large),
            _ => Union::new(lists).count_including_deleted(),
        })
    }
}

/// How many texts stand in both lists.
fn common(small: &mut List, large: &mut List) -> u32 {
    let mut both = 0;
    while small.doc < TERMINATED && large.seek(small.doc) < TERMINATED {
        both += u32::from(large.doc == small.doc);
        small.advance();
    }
    both
}

/// The texts that hold one term.
struct List {
    postings: SegmentPostings,
    /// None where nobody asks for scores.
    norms: Option<FieldNormReader>,
    weight: Bm25Weight,
    doc: DocId,
}

impl DocSet for List {
    #[inline]
    fn advance(&mut self) -> DocId {
        self.doc = self.postings.advance();
        self.doc
    }

    #[inline]
    fn seek(&mut self, target: DocId) -> DocId {
        if self.doc < target {
            self.doc = self.postings.seek(target);
        }
        self.doc
    }

    #[inline]
    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.postings.size_hint()
    }
}

impl Scorer for List {
    #[inline]
    fn score(&mut self) -> Score {
        let length = self.norms.as_ref().map_or(0, |norms| norms.fieldnorm_id(self.doc));
        self.weight.score(length, self.postings.term_freq())
    }
}

/// The texts that stand in any of a few lists.
struct Union {
    lists: Vec<List>,
    doc: DocId,
}

impl Union {
    fn new(lists: Vec<List>) -> Self {
        let mut union = Self { lists, doc: 0 };
        union.settle();
        union
    }

    #[inline]
    fn settle(&mut self) -> DocId {
        self.doc = self.lists.iter().map(|list| list.doc).min().unwrap_or(TERMINATED);
        self.doc
    }
}

impl DocSet for Union {
    #[inline]
    fn advance(&mut self) -> DocId {
        for list in &mut self.lists {
            if list.doc == self.doc {
                list.advance();
            }
        }
        self.settle()
    }

    #[inline]
    fn seek(&mut self, target: DocId) -> DocId {
        for list in &mut self.lists {
            list.seek(target);
        }
        self.settle()
    }

    #[inline]
    fn doc(&self) -> DocId {
        self.doc
    }

    fn size_hint(&self) -> u32 {
        self.lists.iter().fold(0, |all, list| all.saturating_add(list.size_hint()))
    }
}

impl Scorer for Union {
    #[inline]
    fn score(&mut self) -> Score {
        let at = self.doc;
        self.lists.iter_mut().filter(|list| list.doc == at).map(List::score).sum()
    }
}
