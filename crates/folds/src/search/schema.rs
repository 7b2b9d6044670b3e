//! The fields of the index, and how a document stands in them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use tantivy::TantivyDocument;
use tantivy::schema::{
    FAST, Field, IndexRecordOption, NumericOptions, STORED, Schema, TextFieldIndexing, TextOptions,
    Value as _,
};
use vidimus_model::Ref;

use super::analysis::{BEFORE, Language, guess, words};
use super::document::{Document, Facts, Kind, Latest, Piece, Place, Span};
use super::query::MOST_CLAUSES;
use crate::state::chain;

/// Under these names the index asks for what takes texts apart.
pub(super) const WORDS: &str = "vidimus-words";
pub(super) const FORMS: &str = "vidimus-forms";
pub(super) const SEAMS: &str = "vidimus-seams";

/// What stands for a kind of text in what is none.
pub(super) const FACTS: &str = "facts";

/// What stands for a time that the camera's clock showed.
pub(super) const BY_CAMERA: &str = "camera";

/// The name of the column of entries.
pub(super) const ENTRY: &str = "entry";

/// The name of the column of item numbers.
pub(super) const ITEM: &str = "item";

/// The name of the column of numbers of texts that were cut in several documents.
pub(super) const WHOLE: &str = "whole";

/// What stands for a document that is a part of a text.
pub(super) const PART: &str = "part";

/// Bytes of text in one document of the index, some fifteen pages. A text is cut into documents of this size at the borders of its
/// pieces: a hit is one of them, and reading it to cite from it takes a millisecond.
const LARGEST: usize = 32 << 10;

/// Words on each side of a cut that may be of one phrase.
const BESIDE: usize = MOST_CLAUSES - 1;

/// Where in the index what stands.
#[derive(Clone, Debug)]
pub(super) struct Fields {
    /// Words as they are spelled, with positions; and the text itself, for citing.
    pub text: Field,
    /// Stems and keys of names.
    pub forms: Field,
    /// Of what follows a cut, its first words, and before them the last words that stand before the cut: for phrases that it cuts.
    pub seam: Field,
    /// The number of the entry, to take its documents out again.
    pub entry: Field,
    /// The item, what it is a member of, and its accession.
    pub about: Field,
    /// [`item_number`] of the item, to bring together what different entries say of it.
    pub item: Field,
    /// [`Kind::word`] of a text, or [`FACTS`].
    pub kind: Field,
    /// The code of the language.
    pub language: Field,
    /// Of facts: what kind of thing, and the labels of cameras.
    pub form: Field,
    pub camera: Field,
    /// Of facts: the first and last second of one span, and whether the camera's clock showed it.
    pub from: Field,
    pub to: Field,
    pub clock: Field,
    /// [`latest_word`] of a text that a later one takes the place of.
    pub latest: Field,
    /// Of the parts of a text that was cut: the text's number, and [`PART`].
    pub whole: Field,
    pub part: Field,
    /// A [`Head`] in JSON.
    head: Field,
}

/// What is known of a document besides its text.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head {
    about: String,
    kind: String,
    /// The language that the letters of the text tell, by which its stems were made.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    letters: Option<Language>,
    /// From which byte of the text on which place is meant.
    places: Vec<(usize, StoredPlace)>,
    /// What stands before it, where it follows a cut.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    lead: Option<Lead>,
}

/// The last words before a cut: as many as a phrase may begin with that ends behind it.
#[derive(Debug, Serialize, Deserialize)]
struct Lead {
    text: String,
    places: Vec<(usize, StoredPlace)>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum StoredPlace {
    #[serde(rename = "w")]
    Whole,
    #[serde(rename = "p")]
    Page(u32),
    #[serde(rename = "s")]
    Second(u32),
    #[serde(rename = "l")]
    Line(u32),
}

impl Fields {
    /// The schema, and its fields.
    pub fn schema() -> (Schema, Self) {
        let mut schema = Schema::builder();
        let words = TextFieldIndexing::default()
            .set_tokenizer(WORDS)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let forms =
            TextFieldIndexing::default().set_tokenizer(FORMS).set_index_option(IndexRecordOption::WithFreqs);
        let seams = words.clone().set_tokenizer(SEAMS).set_fieldnorms(false);
        let whole = TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::Basic);
        let whole = TextOptions::default().set_indexing_options(whole);
        let second = NumericOptions::from(FAST);
        let fields = Self {
            text: schema
                .add_text_field("text", TextOptions::default().set_indexing_options(words).set_stored()),
            forms: schema.add_text_field("forms", TextOptions::default().set_indexing_options(forms)),
            seam: schema.add_text_field("seam", TextOptions::default().set_indexing_options(seams)),
            entry: schema.add_u64_field(ENTRY, FAST),
            about: schema.add_text_field("about", whole.clone()),
            item: schema.add_u64_field(ITEM, FAST),
            kind: schema.add_text_field("kind", whole.clone()),
            language: schema.add_text_field("language", whole.clone()),
            form: schema.add_text_field("form", whole.clone()),
            camera: schema.add_text_field("camera", whole.clone()),
            from: schema.add_i64_field("from", second.clone()),
            to: schema.add_i64_field("to", second),
            clock: schema.add_text_field("clock", whole.clone()),
            latest: schema.add_text_field("latest", whole.clone()),
            whole: schema.add_u64_field(WHOLE, FAST),
            part: schema.add_text_field("part", whole),
            head: schema.add_bytes_field("head", STORED),
        };
        (schema.build(), fields)
    }

    /// The documents of the index that `document` becomes.
    pub fn documents<'a>(&'a self, document: &'a Document) -> impl Iterator<Item = TantivyDocument> + 'a {
        let mut parts = parts(&document.pieces).peekable();
        let (mut whole, mut before) = (None, None);
        std::iter::from_fn(move || {
            let (text, places) = parts.next()?;
            let lead: Option<Lead> = before.take();
            if parts.peek().is_some() {
                whole = Some(text_number(document));
                before = Lead::of(&text, &places);
            }
            let mut made = TantivyDocument::default();
            let letters = guess(&text);
            if let Some(lead) = &lead {
                made.add_text(self.seam, format!("{BEFORE}{}", lead.text));
                made.add_text(self.seam, &text[..first_words(&text)]);
            }
            let head = Head {
                about: document.about.to_string(),
                kind: document.kind.word().to_owned(),
                letters,
                places: places.into_iter().map(|(at, place)| (at, place.into())).collect(),
                lead,
            };
            made.add_bytes(self.head, &serde_json::to_vec(&head).expect("plain data becomes JSON"));
            if let Some(language) = document.language.or(letters) {
                made.add_text(self.language, language.code());
            }
            if let Some(latest) = &document.latest {
                made.add_text(self.latest, latest_word(&document.about, latest));
            }
            if let Some(whole) = whole {
                made.add_u64(self.whole, whole);
                made.add_text(self.part, PART);
            }
            // In paths names are often written small: what `Осечкин` finds, it finds in `osechkin_1.avi` too.
            if document.kind == Kind::Name {
                made.add_text(self.forms, capitalised(&text));
            } else {
                made.add_text(self.forms, &text);
            }
            made.add_text(self.text, text);
            made.add_text(self.kind, document.kind.word());
            self.stands_for(&mut made, &document.about, document.entry);
            Some(made)
        })
    }

    /// The documents of the index that `facts` become: one for each span of time, at least one.
    pub fn facts(&self, facts: &Facts) -> impl Iterator<Item = TantivyDocument> {
        let spans = facts.times.iter().copied().map(Some);
        let spans: Vec<_> = if facts.times.is_empty() { vec![None] } else { spans.collect() };
        spans.into_iter().map(move |span| {
            let mut made = TantivyDocument::default();
            self.stands_for(&mut made, &facts.about, facts.entry);
            made.add_text(self.kind, FACTS);
            if let Some(form) = &facts.form {
                made.add_text(self.form, form);
            }
            for camera in &facts.cameras {
                made.add_text(self.camera, camera);
            }
            if let Some(Span { first, last, by_camera }) = span {
                made.add_i64(self.from, first.min(last));
                made.add_i64(self.to, first.max(last));
                if by_camera {
                    made.add_text(self.clock, BY_CAMERA);
                }
            }
            made
        })
    }

    fn stands_for(&self, made: &mut TantivyDocument, about: &Ref, entry: u64) {
        made.add_u64(self.entry, entry);
        made.add_u64(self.item, item_number(about));
        for part_of in chain(about) {
            made.add_text(self.about, part_of);
        }
    }

    /// The head and text of a document of the index; none where they are not as they were written.
    pub fn read<'a>(&self, document: &'a TantivyDocument) -> Option<(Head, &'a str)> {
        let head = serde_json::from_slice(document.get_first(self.head)?.as_bytes()?).ok()?;
        Some((head, document.get_first(self.text)?.as_str()?))
    }
}

impl Head {
    /// What the text is of, and where it comes from.
    pub fn about(&self) -> Option<(Ref, Kind)> {
        Some((self.about.parse().ok()?, Kind::read(&self.kind)?))
    }

    /// The language that the letters of the text tell.
    pub fn letters(&self) -> Option<Language> {
        self.letters
    }

    /// The text with what stands before it, as far as a phrase may begin there; and the byte where the text itself begins.
    pub fn with_lead<'a>(&self, text: &'a str) -> (Cow<'a, str>, usize) {
        let lead = self.lead.as_ref().map(|lead| format!("{}\n", lead.text));
        lead.map_or((text.into(), 0), |lead| ((lead.clone() + text).into(), lead.len()))
    }

    /// The place of the byte `at` of the `text`, which begins at `begin`: a line is counted on from where its piece begins.
    pub fn place(&self, text: &str, begin: usize, at: usize) -> Place {
        match &self.lead {
            Some(lead) if at < begin => place(&lead.places, &lead.text, at),
            _ => place(&self.places, &text[begin..], at - begin),
        }
    }
}

impl Lead {
    /// The end of such a text; none of one whose words are no language.
    fn of(text: &str, places: &[(usize, Place)]) -> Option<Self> {
        let begins: Vec<usize> = words(text).map(|word| word.bytes.start).collect();
        let begin = *begins.get(begins.len().saturating_sub(BESIDE))?;
        let first = places.partition_point(|(at, _)| *at <= begin).saturating_sub(1);
        let places = places[first..].iter().map(|(at, place)| match begin.checked_sub(*at) {
            Some(_) => (0, place.further(&text[*at..begin]).into()),
            None => (at - begin, (*place).into()),
        });
        let lead = Self { text: text[begin..].to_owned(), places: places.collect() };
        (lead.text.len() <= LARGEST / 4).then_some(lead)
    }
}

/// Where the words end that a phrase may end with which begins before the text.
fn first_words(text: &str) -> usize {
    words(text).take(BESIDE).last().map_or(0, |word| word.bytes.end)
}

fn place(places: &[(usize, StoredPlace)], text: &str, at: usize) -> Place {
    let behind = places.partition_point(|(from, _)| *from <= at);
    let Some((from, place)) = behind.checked_sub(1).map(|number| places[number]) else {
        return Place::Whole;
    };
    Place::from(place).further(text.get(from..at).unwrap_or_default())
}

/// 64-bit FNV-1a of the written reference: numbers of references that are given out one after another do not meet.
pub(super) fn item_number(about: &Ref) -> u64 {
    number(&about.to_string())
}

/// The same of a text, by its entry and its place among the entry's texts.
fn text_number(document: &Document) -> u64 {
    number(&format!("{} {} {}", document.about, document.entry, document.number))
}

fn number(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The item, and what of it only the latest holds.
pub(super) fn latest_word(about: &Ref, latest: &Latest) -> String {
    match latest {
        Latest::Stage(stage) => format!("{about} {stage:?}"),
        Latest::Camera(label) => format!("{about} camera {label}"),
    }
}

/// The text with every word's first letter large; words stand where they stood.
fn capitalised(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for word in words(text) {
        out.push_str(&text[at..word.bytes.start]);
        let first = text[word.bytes.clone()].chars().next();
        out.extend(first.into_iter().flat_map(char::to_uppercase));
        at = word.bytes.start + first.map_or(0, char::len_utf8);
    }
    out.push_str(&text[at..]);
    out
}

/// Texts of at most [`LARGEST`] bytes, each with the places of its parts.
fn parts(pieces: &[Piece]) -> impl Iterator<Item = (String, Vec<(usize, Place)>)> + '_ {
    let mut cut = pieces.iter().flat_map(|piece| cuts(&piece.text, piece.place)).peekable();
    std::iter::from_fn(move || {
        let (first, place) = cut.next()?;
        let mut text = first.to_owned();
        let mut places = vec![(0, place)];
        while let Some((next, place)) = cut.next_if(|(next, _)| text.len() + 1 + next.len() <= LARGEST) {
            text.push('\n');
            // Lines are counted from the beginning of their piece.
            if matches!(place, Place::Line(_)) || places.last().is_some_and(|(_, last)| *last != place) {
                places.push((text.len(), place));
            }
            text.push_str(next);
        }
        Some((text, places))
    })
}

/// A text in pieces of at most [`LARGEST`] bytes, cut where something white stands in the last quarter, else anywhere; with the
/// place of each.
fn cuts(text: &str, place: Place) -> impl Iterator<Item = (&str, Place)> {
    let mut rest = Some((text, place));
    std::iter::from_fn(move || {
        let (now, place) = rest.take()?;
        if now.len() <= LARGEST {
            return Some((now, place));
        }
        let most = now.floor_char_boundary(LARGEST);
        let least = now.floor_char_boundary(LARGEST / 4 * 3);
        let end = now[least..most].rfind(char::is_whitespace).map_or(most, |white| least + white);
        rest = Some((&now[end..], place.further(&now[..end])));
        Some((&now[..end], place))
    })
}

impl From<Place> for StoredPlace {
    fn from(place: Place) -> Self {
        match place {
            Place::Whole => Self::Whole,
            Place::Page(n) => Self::Page(n),
            Place::Second(n) => Self::Second(n),
            Place::Line(n) => Self::Line(n),
        }
    }
}

impl From<StoredPlace> for Place {
    fn from(place: StoredPlace) -> Self {
        match place {
            StoredPlace::Whole => Self::Whole,
            StoredPlace::Page(n) => Self::Page(n),
            StoredPlace::Second(n) => Self::Second(n),
            StoredPlace::Line(n) => Self::Line(n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_part_of_its_container_its_item_and_its_accession() {
        assert_eq!(chain(&"A7-3.1.2".parse().unwrap()), ["A7-3.1.2", "A7-3.1", "A7-3", "A7"]);
        assert_eq!(chain(&"V:A7".parse().unwrap()), ["V:A7"]);
    }

    #[test]
    fn a_long_text_is_cut_and_every_part_knows_its_places() {
        let pieces: Vec<Piece> = (1..=100)
            .map(|n| Piece { place: Place::Page(n), text: format!("сторінка{n} ").repeat(60) })
            .collect();
        let all: Vec<_> = parts(&pieces).collect();
        assert!(all.len() > 1 && all.iter().all(|(text, _)| text.len() <= LARGEST));
        for (text, places) in &all {
            for (at, place) in places {
                let Place::Page(n) = place else { panic!("{place:?}") };
                assert!(text[*at..].starts_with(&format!("сторінка{n} ")), "{n}");
            }
        }
        let huge = [Piece { place: Place::Line(1), text: "я".repeat(100_000) }];
        assert_eq!(parts(&huge).map(|(text, _)| text).collect::<String>(), huge[0].text);
        assert_eq!(parts(&[]).count(), 0);
    }
}
