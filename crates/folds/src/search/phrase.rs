//! The question for a phrase: where it stands in a text, and where the cut of a long text goes through it.

use tantivy::query::{BooleanQuery, EmptyQuery, PhraseQuery, Query, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{TantivyError, Term};

use super::analysis::{BEFORE, folded};
use super::schema::Fields;
use super::terms::Lookup;

/// Finds these words side by side, as they are spelled.
pub(super) fn phrase(
    words: &[String],
    fields: &Fields,
    lookup: &Lookup,
    are_texts_cut: bool,
) -> tantivy::Result<Box<dyn Query>> {
    let words: Vec<String> = words.iter().map(|word| folded(word)).collect();
    let mut terms: Vec<Term> = words.iter().map(|word| Term::from_field_text(fields.text, word)).collect();
    if terms.len() < 2 {
        return Ok(terms.pop().map_or(Box::new(EmptyQuery), |term| -> Box<dyn Query> {
            Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
        }));
    }
    let phrase: Box<dyn Query> = Box::new(PhraseQuery::new(terms));
    let mut anywhere = if are_texts_cut { across_cuts(&words, fields, lookup)? } else { Vec::new() };
    if anywhere.is_empty() {
        return Ok(phrase);
    }
    anywhere.push(phrase);
    Ok(Box::new(BooleanQuery::union(anywhere)))
}

/// Finds the phrase of these words where a cut goes through it.
fn across_cuts(words: &[String], fields: &Fields, lookup: &Lookup) -> tantivy::Result<Vec<Box<dyn Query>>> {
    let term = |text: &str| Term::from_field_text(fields.seam, text);
    let before: Vec<Term> = words.iter().map(|word| term(&format!("{BEFORE}{word}"))).collect();
    let behind: Vec<Term> = words.iter().map(|word| term(word)).collect();
    let mut found: Vec<Box<dyn Query>> = Vec::new();
    for cut in 1..words.len() {
        let mut all = before[..cut].iter().chain(&behind[cut..]);
        // Most phrases stand at no cut, and looking further for them would be in vain.
        let stand = |are, term| Ok::<_, TantivyError>(are && lookup.term(term)?.texts > 0);
        if all.clone().try_fold(true, stand)? {
            // Between both sides of a cut the index leaves one position out.
            let terms =
                all.by_ref().enumerate().map(|(at, term)| (at + usize::from(at >= cut), term.clone()));
            found.push(Box::new(PhraseQuery::new_with_offset(terms.collect())));
        }
    }
    Ok(found)
}
