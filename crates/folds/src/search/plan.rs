//! A question as the index answers it: once for the words as they were spelled, once for their forms and names too.

use std::collections::{HashMap, HashSet};
use std::ops::Bound;
use std::sync::Arc;

use tantivy::query::doc_predicate_query::{DocPredicateQuery, FunctionPredicate};
use tantivy::query::{
    BooleanQuery, ConstScoreQuery, EmptyQuery, FuzzyTermQuery, Occur, PhraseQuery, Query, RangeQuery,
    TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, Searcher, SegmentReader, Term};
use vidimus_model::Ref;

use super::analysis::{NAME, STEM, folded, name_keys, query_stems};
use super::answer::Wanted;
use super::document::{CameraSays, Kind};
use super::items::Items;
use super::query::{Clause, Days, Filter, Ignored, Reach, Word};
use super::schema::{BY_CAMERA, Fields, ITEM, item_number};

/// Words that the beginning of one may stand for.
const EXPANSIONS: usize = 256;
/// Words that are looked at for it.
const LOOKED_AT: usize = 50_000;
/// Letters of the longest word that is searched with mistakes: the automaton for it grows with them.
const LONGEST_FUZZY: usize = 40;

/// The two questions to the index.
pub(super) struct Plan {
    /// Finds what is spelled as the question is; none where that is no different.
    pub exact: Option<Box<dyn Query>>,
    /// Finds forms and other spellings of names too, and everything that `exact` does.
    pub wide: Box<dyn Query>,
    /// What could not be done as asked.
    pub ignored: Vec<Ignored>,
}

/// Plans `clause` for an index; what is to be left out, and all that is part of it, is.
pub(super) fn plan(
    clause: &Clause,
    wanted: &Wanted,
    fields: &Fields,
    searcher: &Searcher,
) -> tantivy::Result<Plan> {
    let mut planner =
        Planner { fields, searcher, cameras: wanted.cameras, ignored: Vec::new(), spelling_matters: false };
    let mut exact = planner.query(clause, Tier::Exact)?;
    let spelling_matters = planner.spelling_matters;
    planner.ignored.clear();
    let mut wide = planner.query(clause, Tier::Wide)?;
    if !wanted.without.is_empty() {
        let terms =
            || wanted.without.iter().map(|about| Term::from_field_text(fields.about, &about.to_string()));
        let hide = |query| excluding(query, Box::new(TermSetQuery::new(terms())));
        (exact, wide) = (hide(exact), hide(wide));
    }
    if !wanted.alone.is_empty() {
        let hide = |query| excluding(query, one_of(wanted.alone.iter().map(item_number).collect()));
        (exact, wide) = (hide(exact), hide(wide));
    }
    Ok(Plan { exact: spelling_matters.then_some(exact), wide, ignored: planner.ignored })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tier {
    Exact,
    Wide,
    /// Forms, and no other names: what is excluded.
    Excluded,
}

struct Planner<'a> {
    fields: &'a Fields,
    searcher: &'a Searcher,
    cameras: &'a [CameraSays],
    ignored: Vec<Ignored>,
    /// Is there a word whose forms are searched?
    spelling_matters: bool,
}

impl Planner<'_> {
    fn query(&mut self, clause: &Clause, tier: Tier) -> tantivy::Result<Box<dyn Query>> {
        Ok(match clause {
            Clause::Word(word) => self.word(word, tier)?,
            Clause::Phrase(words) => self.phrase(words),
            Clause::Any(parts) => {
                let parts = parts.iter().map(|part| Ok((Occur::Should, self.query(part, tier)?)));
                Box::new(BooleanQuery::new(parts.collect::<tantivy::Result<_>>()?))
            }
            Clause::All(parts) => self.all(parts, tier)?,
            Clause::Not(inner) => excluding(self.every_text(), self.query(inner, Tier::Excluded)?),
            Clause::Only(filter) => Box::new(ConstScoreQuery::new(self.filter(filter)?, 0.0)),
        })
    }

    /// Words first, exclusions beside them: all but `b` is not made where `a` is asked for.
    fn all(&mut self, parts: &[Clause], tier: Tier) -> tantivy::Result<Box<dyn Query>> {
        let mut occurs = Vec::with_capacity(parts.len());
        for part in parts {
            occurs.push(match part {
                Clause::Not(inner) => (Occur::MustNot, self.query(inner, Tier::Excluded)?),
                other => (Occur::Must, self.query(other, tier)?),
            });
        }
        if occurs.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            occurs.push((Occur::Must, self.every_text()));
        }
        Ok(Box::new(BooleanQuery::new(occurs)))
    }

    fn word(&mut self, word: &Word, tier: Tier) -> tantivy::Result<Box<dyn Query>> {
        let plain = folded(&word.text);
        let exact = self.term(&plain);
        match word.reach {
            Reach::Letters(_) if plain.chars().count() > LONGEST_FUZZY => {
                self.ignored.push(Ignored::TooVague(word.text.clone()));
                Ok(Box::new(TermQuery::new(exact, IndexRecordOption::WithFreqs)))
            }
            _ if tier == Tier::Exact => {
                self.spelling_matters = true;
                Ok(Box::new(TermQuery::new(exact, IndexRecordOption::WithFreqs)))
            }
            Reach::Letters(letters) => Ok(Box::new(FuzzyTermQuery::new(exact, letters, true))),
            Reach::Prefix => self.prefix(word, &plain),
            Reach::Name => {
                let mut names = self.names(word);
                names.push(exact);
                self.any_term(names)
            }
            Reach::Forms => {
                let mut terms: Vec<Term> =
                    query_stems(&plain).iter().map(|stem| self.marked(STEM, stem)).collect();
                if tier == Tier::Wide && word.text.starts_with(char::is_uppercase) {
                    terms.extend(self.names(word));
                }
                self.any_term(terms)
            }
        }
    }

    fn names(&self, word: &Word) -> Vec<Term> {
        name_keys(&word.text).iter().map(|key| self.marked(NAME, key)).collect()
    }

    /// Those of the terms that are in the index: one is found faster than a choice.
    fn any_term(&self, terms: Vec<Term>) -> tantivy::Result<Box<dyn Query>> {
        let mut there: Vec<Box<dyn Query>> = Vec::with_capacity(terms.len());
        for term in terms {
            if self.searcher.doc_freq(&term)? > 0 {
                there.push(Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs)));
            }
        }
        Ok(match there.len() {
            0 => Box::new(EmptyQuery),
            1 => there.swap_remove(0),
            _ => Box::new(BooleanQuery::union(there)),
        })
    }

    /// The most frequent words of the index that begin so.
    fn prefix(&mut self, word: &Word, plain: &str) -> tantivy::Result<Box<dyn Query>> {
        let mut found: HashMap<Vec<u8>, u64> = HashMap::new();
        let mut looked_at = 0;
        for segment in self.searcher.segment_readers() {
            let inverted = segment.inverted_index(self.fields.text)?;
            let mut stream = inverted.terms().range().ge(plain.as_bytes()).into_stream()?;
            while looked_at < LOOKED_AT && stream.advance() && stream.key().starts_with(plain.as_bytes()) {
                looked_at += 1;
                *found.entry(stream.key().to_vec()).or_default() += u64::from(stream.value().doc_freq);
            }
        }
        let mut found: Vec<(Vec<u8>, u64)> = found.into_iter().collect();
        if looked_at == LOOKED_AT || found.len() > EXPANSIONS {
            self.ignored.push(Ignored::TooVague(word.text.clone()));
            found.sort_unstable_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
            found.truncate(EXPANSIONS);
        }
        let words = found.iter().filter_map(|(word, _)| str::from_utf8(word).ok());
        Ok(Box::new(TermSetQuery::new(words.map(|word| self.term(word)).collect::<Vec<_>>())))
    }

    fn phrase(&self, words: &[String]) -> Box<dyn Query> {
        let mut terms: Vec<Term> = words.iter().map(|word| self.term(&folded(word))).collect();
        match terms.len() {
            0 => Box::new(EmptyQuery),
            1 => Box::new(TermQuery::new(terms.swap_remove(0), IndexRecordOption::WithFreqs)),
            _ => Box::new(PhraseQuery::new(terms)),
        }
    }

    /// Everything but facts, which are no hits.
    fn every_text(&self) -> Box<dyn Query> {
        let kinds = Kind::ALL.map(|kind| Term::from_field_text(self.fields.kind, kind.word()));
        Box::new(ConstScoreQuery::new(Box::new(TermSetQuery::new(kinds)), 0.0))
    }

    fn filter(&mut self, filter: &Filter) -> tantivy::Result<Box<dyn Query>> {
        let fields = self.fields;
        let fits = match filter {
            Filter::In(kind) => return Ok(is(fields.kind, kind.word())),
            Filter::Language(language) => return Ok(is(fields.language, language.code())),
            Filter::Reference(about) => is(fields.about, &about.to_string()),
            Filter::Form(form) => one_of(self.items(&*is(fields.form, form))?),
            Filter::Camera(camera) => one_of(self.of_camera(camera, None)?),
            Filter::Days(days) => one_of(self.of_days(*days)?),
            Filter::Path(words) => {
                let words = words.iter().map(|word| Word { text: word.clone(), reach: Reach::Forms });
                let mut parts: Vec<Clause> = words.map(Clause::Word).collect();
                parts.push(Clause::Only(Filter::In(Kind::Name)));
                let named = self.all(&parts, Tier::Excluded)?;
                one_of(self.items(&*named)?)
            }
        };
        Ok(Box::new(BooleanQuery::intersection(vec![self.every_text(), fits])))
    }

    /// Items that claim a time in these days, or whose time lies in them once their camera's clock is corrected.
    fn of_days(&self, days: Days) -> tantivy::Result<HashSet<u64>> {
        let mut items = self.claiming(days, false)?;
        for camera in self.cameras {
            if camera.clock.is_empty() {
                continue;
            }
            let of_it = self.of_camera(&camera.label, Some(&camera.accession))?;
            for clock in &camera.clock {
                let shown = Days {
                    from: days.from.saturating_sub(clock.add).max(clock.from),
                    to: days.to.saturating_sub(clock.add).min(clock.until.saturating_sub(1)),
                };
                if shown.from <= shown.to {
                    items.extend(self.claiming(shown, true)?.intersection(&of_it));
                }
            }
        }
        Ok(items)
    }

    /// Items that claim a time in these days, or only those that do by their camera's clock.
    fn claiming(&self, days: Days, by_camera: bool) -> tantivy::Result<HashSet<u64>> {
        let (from, to) = (self.fields.from, self.fields.to);
        let begins = RangeQuery::new(Bound::Unbounded, Bound::Included(Term::from_field_i64(from, days.to)));
        let ends = RangeQuery::new(Bound::Included(Term::from_field_i64(to, days.from)), Bound::Unbounded);
        let mut parts: Vec<Box<dyn Query>> = vec![Box::new(begins), Box::new(ends)];
        if by_camera {
            parts.push(is(self.fields.clock, BY_CAMERA));
        }
        self.items(&BooleanQuery::intersection(parts))
    }

    /// Items that claim this camera, but for those that a member gave to another, and those given to it.
    fn of_camera(&self, label: &str, accession: Option<&Ref>) -> tantivy::Result<HashSet<u64>> {
        let mut parts = vec![is(self.fields.camera, label)];
        parts.extend(accession.map(|accession| is(self.fields.about, &accession.to_string())));
        let mut items = self.items(&BooleanQuery::intersection(parts))?;
        let asked = |camera: &&CameraSays| accession.is_none_or(|accession| camera.accession == *accession);
        for camera in self.cameras.iter().filter(asked) {
            for item in camera.items.iter().map(item_number) {
                if camera.label == label {
                    items.insert(item);
                } else {
                    items.remove(&item);
                }
            }
        }
        Ok(items)
    }

    fn items(&self, query: &dyn Query) -> tantivy::Result<HashSet<u64>> {
        self.searcher.search(query, &Items)
    }

    fn term(&self, word: &str) -> Term {
        Term::from_field_text(self.fields.text, word)
    }

    fn marked(&self, mark: char, text: &str) -> Term {
        self.term(&format!("{mark}{text}"))
    }
}

fn excluding(query: Box<dyn Query>, excluded: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(BooleanQuery::new(vec![(Occur::Must, query), (Occur::MustNot, excluded)]))
}

fn is(field: Field, value: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, value), IndexRecordOption::Basic))
}

/// Documents of these items.
fn one_of(items: HashSet<u64>) -> Box<dyn Query> {
    if items.is_empty() {
        return Box::new(EmptyQuery);
    }
    let items = Arc::new(items);
    let predicate = FunctionPredicate::from(move |segment: &SegmentReader| {
        let (column, items) = (segment.fast_fields().u64(ITEM)?, items.clone());
        Ok(move |document: DocId| column.first(document).is_some_and(|item| items.contains(&item)))
    });
    Box::new(DocPredicateQuery::from(predicate))
}
