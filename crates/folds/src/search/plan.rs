//! A question as the index answers it: for the words as they were spelled, for their forms, for names, and for words that stand apart.

use std::collections::{HashMap, HashSet};
use std::ops::Bound;
use std::sync::Arc;

use tantivy::columnar::Column;
use tantivy::query::doc_predicate_query::{DocPredicateQuery, FunctionPredicate};
use tantivy::query::{
    BooleanQuery, ConstScoreQuery, EmptyQuery, FuzzyTermQuery, Occur, Query, RangeQuery, TermQuery,
    TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocId, Searcher, SegmentReader, Term};
use vidimus_model::Ref;

use super::analysis::{NAME, STEM, folded, name_keys, query_stems, stands_as_word};
use super::answer::Wanted;
use super::document::{CameraSays, Kind};
use super::gather::Numbers;
use super::phrase::phrase;
use super::query::{Clause, Days, Filter, Ignored, Reach, Word};
use super::schema::{BY_CAMERA, Fields, ITEM, PART, WHOLE, item_number};
use super::terms::Lookup;

/// Words that the beginning of one may stand for.
const EXPANSIONS: usize = 256;
/// Words that are looked at for it.
const LOOKED_AT: usize = 50_000;
/// Letters of the longest word that is searched with mistakes: the automaton for it grows with them.
const LONGEST_FUZZY: usize = 40;
/// Sounds of the shortest key by which a word in small letters is searched as a name.
const SHORTEST_SMALL: usize = 4;

/// The questions to the index, each of which finds all that the one before it does, but for the last.
pub(super) struct Plan {
    /// Finds what is spelled as the question is; none where that is no different.
    pub exact: Option<Box<dyn Query>>,
    /// Finds forms and other spellings of names too.
    pub wide: Box<dyn Query>,
    /// Finds other spellings of words in small letters that may be names too; none where none may be.
    pub named: Option<Box<dyn Query>>,
    /// Finds parts of texts whose words stand in different parts, and that nothing before finds; none where there are none.
    pub apart: Option<Box<dyn Query>>,
    /// The words in small letters that may be names.
    pub names: HashSet<String>,
    /// What could not be done as asked.
    pub ignored: Vec<Ignored>,
}

/// Plans `clause` for an index; what is to be left out, and all that is part of it, is.
pub(super) fn plan(
    clause: &Clause,
    wanted: &Wanted,
    fields: &Fields,
    lookup: &Lookup,
) -> tantivy::Result<Plan> {
    let searcher = lookup.searcher;
    let mut planner = Planner {
        fields,
        lookup,
        searcher,
        wanted,
        ignored: Vec::new(),
        spelling_matters: false,
        names: HashSet::new(),
        stems: HashMap::new(),
        are_texts_cut: searcher.doc_freq(&Term::from_field_text(fields.part, PART))? > 0,
    };
    let exact = planner.query(clause, Tier::Exact)?;
    let exact = planner.spelling_matters.then_some(exact);
    planner.ignored.clear();
    let wide = planner.query(clause, Tier::Wide)?;
    let ignored = std::mem::take(&mut planner.ignored);
    planner.find_names(clause)?;
    let widest = if planner.names.is_empty() { Tier::Wide } else { Tier::Named };
    let named = (widest == Tier::Named).then(|| planner.query(clause, widest)).transpose()?;
    let apart = planner.apart(clause, widest, named.as_deref().unwrap_or(&*wide))?;
    let hide = |mut query| {
        if !wanted.without.is_empty() {
            let about = wanted.without.iter().map(Ref::to_string);
            let terms = about.map(|about| Term::from_field_text(fields.about, &about));
            query = excluding(query, Box::new(TermSetQuery::new(terms.collect::<Vec<_>>())));
        }
        if !wanted.alone.is_empty() {
            query = excluding(query, one_of(ITEM, wanted.alone.iter().map(item_number).collect()));
        }
        query
    };
    let (exact, named, apart) = (exact.map(hide), named.map(hide), apart.map(hide));
    Ok(Plan { exact, wide: hide(wide), named, apart, names: planner.names, ignored })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Tier {
    Exact,
    Wide,
    /// Words in small letters as names too.
    Named,
    /// Forms, and no other names: what is excluded.
    Excluded,
}

struct Planner<'a> {
    fields: &'a Fields,
    lookup: &'a Lookup<'a>,
    searcher: &'a Searcher,
    wanted: &'a Wanted<'a>,
    ignored: Vec<Ignored>,
    /// Is there a word whose forms are searched?
    spelling_matters: bool,
    /// Words in small letters that may be names.
    names: HashSet<String>,
    /// What stands in texts for the forms of folded words.
    stems: HashMap<String, Vec<Term>>,
    /// Is there any text that was cut in parts?
    are_texts_cut: bool,
}

impl Planner<'_> {
    fn query(&mut self, clause: &Clause, tier: Tier) -> tantivy::Result<Box<dyn Query>> {
        Ok(match clause {
            Clause::Word(word) => self.word(word, tier)?,
            Clause::Phrase(words) => phrase(words, self.fields, self.lookup, self.are_texts_cut)?,
            Clause::Any(parts) => {
                let parts = parts.iter().map(|part| Ok((Occur::Should, self.query(part, tier)?)));
                Box::new(BooleanQuery::new(parts.collect::<tantivy::Result<_>>()?))
            }
            Clause::All(parts) => self.all(parts, tier)?,
            Clause::Not(inner) => excluding(self.every_text(), self.excluded(inner)?),
            Clause::Only(filter) => Box::new(ConstScoreQuery::new(self.filter(filter)?, 0.0)),
        })
    }

    /// Words first, exclusions beside them: all but `b` is not made where `a` is asked for.
    fn all(&mut self, parts: &[Clause], tier: Tier) -> tantivy::Result<Box<dyn Query>> {
        let mut occurs = Vec::with_capacity(parts.len());
        for part in parts {
            occurs.push(match part {
                Clause::Not(inner) => (Occur::MustNot, self.excluded(inner)?),
                other => (Occur::Must, self.query(other, tier)?),
            });
        }
        if occurs.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            occurs.push((Occur::Must, self.every_text()));
        }
        Ok(Box::new(BooleanQuery::new(occurs)))
    }

    /// What is excluded: also parts of texts that hold it in another part.
    fn excluded(&mut self, inner: &Clause) -> tantivy::Result<Box<dyn Query>> {
        let excluded = self.query(inner, Tier::Excluded)?;
        // What a text is like, every part of it is.
        if !self.are_texts_cut || matches!(inner, Clause::Only(_)) {
            return Ok(excluded);
        }
        let parts = one_of(WHOLE, self.texts(inner, Tier::Excluded)?);
        Ok(Box::new(BooleanQuery::union(vec![excluded, parts])))
    }

    /// Parts of texts that hold all that is asked for, but in different parts, and of which `found` finds none.
    fn apart(
        &mut self,
        clause: &Clause,
        tier: Tier,
        found: &dyn Query,
    ) -> tantivy::Result<Option<Box<dyn Query>>> {
        if !self.are_texts_cut || !may_stand_apart(clause) {
            return Ok(None);
        }
        let mut texts = self.texts(clause, tier)?;
        for found in self.searcher.search(found, &Numbers(WHOLE))? {
            texts.remove(&found);
        }
        if texts.is_empty() {
            return Ok(None);
        }
        let mut asked = Vec::new();
        self.leaves(clause, tier, &mut asked)?;
        let any: Box<dyn Query> = Box::new(BooleanQuery::union(asked));
        Ok(Some(Box::new(BooleanQuery::intersection(vec![any, one_of(WHOLE, texts)]))))
    }

    /// Texts that were cut and fit as a whole.
    fn texts(&mut self, clause: &Clause, tier: Tier) -> tantivy::Result<HashSet<u64>> {
        if !self.are_texts_cut {
            return Ok(HashSet::new());
        }
        Ok(match clause {
            Clause::Word(_) | Clause::Phrase(_) | Clause::Only(_) => {
                let of_parts = vec![is(self.fields.part, PART), self.query(clause, tier)?];
                self.searcher.search(&BooleanQuery::intersection(of_parts), &Numbers(WHOLE))?
            }
            Clause::Any(parts) => {
                let mut texts = HashSet::new();
                for part in parts {
                    texts.extend(self.texts(part, tier)?);
                }
                texts
            }
            Clause::All(parts) => {
                let mut texts: Option<HashSet<u64>> = None;
                for part in parts {
                    let fits = self.texts(part, tier)?;
                    texts = Some(match texts {
                        None => fits,
                        Some(texts) => texts.intersection(&fits).copied().collect(),
                    });
                }
                texts.unwrap_or_default()
            }
            Clause::Not(inner) => {
                let all = self.searcher.search(&*is(self.fields.part, PART), &Numbers(WHOLE))?;
                let not = self.texts(inner, Tier::Excluded)?;
                all.difference(&not).copied().collect()
            }
        })
    }

    /// The words and phrases that are asked for, each by itself.
    fn leaves(
        &mut self,
        clause: &Clause,
        tier: Tier,
        found: &mut Vec<Box<dyn Query>>,
    ) -> tantivy::Result<()> {
        match clause {
            Clause::Word(_) | Clause::Phrase(_) => found.push(self.query(clause, tier)?),
            Clause::All(parts) | Clause::Any(parts) => {
                for part in parts {
                    self.leaves(part, tier, found)?;
                }
            }
            Clause::Not(_) | Clause::Only(_) => {}
        }
        Ok(())
    }

    fn word(&mut self, word: &Word, tier: Tier) -> tantivy::Result<Box<dyn Query>> {
        let plain = folded(&word.text);
        let exact = self.term(&plain);
        match word.reach {
            Reach::Letters(_) if plain.chars().count() > LONGEST_FUZZY => {
                self.ignored.push(Ignored::TooLongForMistakes(word.text.clone()));
                Ok(Box::new(TermQuery::new(exact, IndexRecordOption::WithFreqs)))
            }
            _ if tier == Tier::Exact => {
                self.spelling_matters = true;
                // What is nowhere need not be looked for again.
                if self.lookup.term(&exact)?.texts == 0 {
                    return Ok(Box::new(EmptyQuery));
                }
                Ok(Box::new(TermQuery::new(exact, IndexRecordOption::WithFreqs)))
            }
            Reach::Letters(letters) => Ok(Box::new(FuzzyTermQuery::new(exact, letters, true))),
            Reach::Prefix => self.prefix(word, &plain),
            Reach::Name => {
                let mut names = self.names(word);
                names.push(exact);
                self.lookup.any_of(&names)
            }
            Reach::Forms => {
                let mut terms = self.stems(&plain);
                if matches!(tier, Tier::Wide | Tier::Named) && word.text.starts_with(char::is_uppercase) {
                    terms.extend(self.names(word));
                } else if tier == Tier::Named && self.names.contains(&word.text) {
                    terms.extend(self.small_names(word));
                }
                self.lookup.any_of(&terms)
            }
        }
    }

    /// What stands in texts for the forms of a folded word.
    fn stems(&mut self, plain: &str) -> Vec<Term> {
        if let Some(known) = self.stems.get(plain) {
            return known.clone();
        }
        let stems = query_stems(plain);
        let words = stems.iter().filter(|stem| stands_as_word(stem)).map(|stem| self.term(stem));
        let found: Vec<Term> = words.chain(stems.iter().map(|stem| self.marked(STEM, stem))).collect();
        self.stems.insert(plain.to_owned(), found.clone());
        found
    }

    fn names(&self, word: &Word) -> Vec<Term> {
        name_keys(&word.text).iter().map(|key| self.marked(NAME, key)).collect()
    }

    /// Notes which words in small letters may be names: those that no more texts hold, in any form, than hold a word of the same
    /// key with a capital letter.
    fn find_names(&mut self, clause: &Clause) -> tantivy::Result<()> {
        match clause {
            Clause::Word(word)
                if word.reach == Reach::Forms && !word.text.starts_with(char::is_uppercase) =>
            {
                let large = self.most_texts(&self.small_names(word))?;
                let forms = self.stems(&folded(&word.text));
                if large > 0 && self.most_texts(&forms)? <= large {
                    self.names.insert(word.text.clone());
                }
            }
            Clause::All(parts) | Clause::Any(parts) => {
                for part in parts {
                    self.find_names(part)?;
                }
            }
            Clause::Word(_) | Clause::Phrase(_) | Clause::Not(_) | Clause::Only(_) => {}
        }
        Ok(())
    }

    fn small_names(&self, word: &Word) -> Vec<Term> {
        let keys = name_keys(&word.text).into_iter().filter(|key| key.len() >= SHORTEST_SMALL);
        keys.map(|key| self.marked(NAME, &key)).collect()
    }

    /// How many texts hold the most frequent of these.
    fn most_texts(&self, terms: &[Term]) -> tantivy::Result<u64> {
        terms.iter().try_fold(0, |most, term| Ok(self.lookup.term(term)?.texts.max(most)))
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
            Filter::Reference(about) => self.part_of(about),
            Filter::Form(form) => one_of(ITEM, self.with_beside(self.items(&*is(fields.form, form))?)),
            Filter::Camera(camera) => one_of(ITEM, self.with_beside(self.of_camera(camera, None)?)),
            Filter::Days(days) => one_of(ITEM, self.with_beside(self.of_days(*days)?)),
            Filter::Path(words) => {
                let words = words.iter().map(|word| Word { text: word.clone(), reach: Reach::Forms });
                let mut parts: Vec<Clause> = words.map(Clause::Word).collect();
                parts.push(Clause::Only(Filter::In(Kind::Name)));
                let named = self.all(&parts, Tier::Excluded)?;
                one_of(ITEM, self.with_beside(self.items(&*named)?))
            }
        };
        Ok(Box::new(BooleanQuery::intersection(vec![self.every_text(), fits])))
    }

    /// The thing and all that is part of it, with what is said in it and stands beside it.
    fn part_of(&self, about: &Ref) -> Box<dyn Query> {
        let part = is(self.fields.about, &about.to_string());
        let beside = self.wanted.beside.iter().filter(|(_, film)| about.holds(film));
        let beside: HashSet<u64> = beside.map(|(spoken, _)| item_number(spoken)).collect();
        if beside.is_empty() { part } else { Box::new(BooleanQuery::union(vec![part, one_of(ITEM, beside)])) }
    }

    /// With the items that hold what is said in them.
    fn with_beside(&self, mut items: HashSet<u64>) -> HashSet<u64> {
        let beside = self.wanted.beside.iter();
        let beside = beside.filter(|(_, film)| items.contains(&item_number(film)));
        let beside: Vec<u64> = beside.map(|(spoken, _)| item_number(spoken)).collect();
        items.extend(beside);
        items
    }

    /// Items that claim a time in these days, or whose time lies in them once their camera's clock is corrected.
    fn of_days(&self, days: Days) -> tantivy::Result<HashSet<u64>> {
        let mut items = self.claiming(days, false)?;
        for camera in self.wanted.cameras {
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
        for camera in self.wanted.cameras.iter().filter(asked) {
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
        self.searcher.search(query, &Numbers(ITEM))
    }

    fn term(&self, word: &str) -> Term {
        Term::from_field_text(self.fields.text, word)
    }

    fn marked(&self, mark: char, text: &str) -> Term {
        Term::from_field_text(self.fields.forms, &format!("{mark}{text}"))
    }
}

/// Are several words asked for at once?
fn may_stand_apart(clause: &Clause) -> bool {
    match clause {
        Clause::All(parts) => {
            let words = parts.iter().filter(|part| !matches!(part, Clause::Not(_) | Clause::Only(_)));
            words.count() > 1 || parts.iter().any(may_stand_apart)
        }
        Clause::Any(parts) => parts.iter().any(may_stand_apart),
        Clause::Word(_) | Clause::Phrase(_) | Clause::Only(_) | Clause::Not(_) => false,
    }
}

fn excluding(query: Box<dyn Query>, excluded: Box<dyn Query>) -> Box<dyn Query> {
    Box::new(BooleanQuery::new(vec![(Occur::Must, query), (Occur::MustNot, excluded)]))
}

fn is(field: Field, value: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, value), IndexRecordOption::Basic))
}

/// Documents with one of these numbers in a column.
pub(super) fn one_of(column: &'static str, numbers: HashSet<u64>) -> Box<dyn Query> {
    if numbers.is_empty() {
        return Box::new(EmptyQuery);
    }
    let numbers = Arc::new(numbers);
    let predicate = FunctionPredicate::from(move |segment: &SegmentReader| {
        // None where no document of the segment has a number there.
        let column: Option<Column<u64>> = segment.fast_fields().column_opt(column)?;
        let numbers = numbers.clone();
        Ok(move |document: DocId| {
            let number = column.as_ref().and_then(|column| column.first(document));
            number.is_some_and(|number| numbers.contains(&number))
        })
    });
    Box::new(DocPredicateQuery::from(predicate))
}
