//! What a word becomes in the index, worked out once for each spelling: most words of a text have been there before.

use std::cell::Cell;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::{Deref, DerefMut, Range};
use std::sync::{Arc, Mutex, PoisonError};

use super::folding::{fold, is_cyrillic};
use super::language::{Language, guess, letter};
use super::names::name_keys;
use super::stems::{Stemmers, is_its_own_stem};
use super::tokens::{NAME, STEM, Terms};
use super::words::{Word, words};

/// Spellings that are remembered, some twenty megabytes of them. A power of two.
const REMEMBERED: usize = 1 << 18;
/// Places where a spelling may be looked for; half of them stay free.
const PLACES: usize = 2 * REMEMBERED;

/// Letters and digits of the longest word that is taken; what is longer is data, not language.
const LONGEST: usize = 128;

/// Words that are looked up side by side.
const TOGETHER: usize = 32;

/// Words that were seen, and the text that was taken apart last: it is asked for its words and then for their forms.
///
/// It is looked into for each word of a text, and waits for memory most of the time: so it is a table of our own, in which a word is
/// three short pieces of memory, and many words are looked up side by side: none waits for the one before it.
pub(crate) struct Lexicon {
    stemmers: Stemmers,
    /// A secret of this process: whoever sends texts cannot choose words that meet in one place.
    hasher: RandomState,
    /// The second half of a spelling's hash, and the number of its entry, from 1; 0 where there is none.
    places: Vec<(u32, u32)>,
    entries: Vec<Entry>,
    /// Of every entry the spelling, and the terms that it becomes, one behind the other.
    terms: String,
    /// The text; behind it, put together, the words that a line's end cuts.
    text: String,
    /// Bytes of the text alone.
    len: usize,
    spots: Vec<Spot>,
    /// The words that stand in the text, and their forms.
    stands: [Vec<Stands>; 2],
    folded: String,
}

/// A word of the text that is taken apart.
struct Spot {
    bytes: Range<usize>,
    hash: u64,
    position: usize,
    /// Is it here for phrases alone?
    only_word: bool,
    /// The number of its entry, as far as it is known yet; from 1.
    entry: usize,
}

/// A term of the text, at its position.
struct Stands {
    position: usize,
    term: Range<usize>,
}

/// Where in [`Lexicon::terms`] one spelling begins, and how long the parts are that follow.
struct Entry {
    begin: usize,
    spelled: u16,
    /// 0 where it is spelled as it is folded.
    folded: u16,
    /// In English or Russian, and in Ukrainian where that is another one; 0 where there is none.
    stems: [u16; 2],
    /// All its keys.
    names: u16,
    is_taken: bool,
    is_cyrillic: bool,
    by_letter: Option<Language>,
}

/// Lexicons of threads that ended, for those that begin: a writer begins new ones for each batch.
#[derive(Clone, Default)]
pub(crate) struct Lexicons(Arc<Mutex<Vec<Lexicon>>>);

/// A lexicon in use; dropped, it is laid back.
pub(super) struct Own {
    /// None while it is being dropped.
    lexicon: Option<Lexicon>,
    of: Lexicons,
}

thread_local! {
    /// That of this thread, unless it is in use.
    static OWN: Cell<Option<Own>> = const { Cell::new(None) };
}

impl Lexicons {
    /// This thread's lexicon; one that is of another index is laid back there.
    pub(super) fn take(&self) -> Own {
        let own = OWN.take().filter(|own| Arc::ptr_eq(&own.of.0, &self.0));
        own.unwrap_or_else(|| {
            let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
            Own { lexicon: Some(kept.unwrap_or_default()), of: self.clone() }
        })
    }
}

impl Own {
    /// For the next text of this thread.
    pub fn give_back(self) {
        OWN.set(Some(self));
    }
}

impl Deref for Own {
    type Target = Lexicon;

    fn deref(&self) -> &Lexicon {
        self.lexicon.as_ref().expect("it is there until it is dropped")
    }
}

impl DerefMut for Own {
    fn deref_mut(&mut self) -> &mut Lexicon {
        self.lexicon.as_mut().expect("it is there until it is dropped")
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        // A panic of another thread leaves nothing half done here.
        self.of.0.lock().unwrap_or_else(PoisonError::into_inner).extend(self.lexicon.take());
    }
}

impl Default for Lexicon {
    fn default() -> Self {
        Self {
            stemmers: Stemmers::default(),
            hasher: RandomState::new(),
            places: vec![(0, 0); PLACES],
            entries: Vec::new(),
            terms: String::new(),
            text: String::new(),
            len: 0,
            spots: Vec::new(),
            stands: [Vec::new(), Vec::new()],
            folded: String::new(),
        }
    }
}

impl Lexicon {
    /// Takes a text apart, unless it was the last one.
    pub fn read(&mut self, text: &str) {
        if self.text.get(..self.len) == Some(text) {
            return;
        }
        if self.entries.len() >= REMEMBERED {
            self.places.fill((0, 0));
            self.entries.clear();
            self.terms.clear();
        }
        text.clone_into(&mut self.text);
        self.len = text.len();
        let mut position = 0;
        for word in words(text) {
            position += self.note_spots(&word, position);
        }
        self.stands.iter_mut().for_each(Vec::clear);
        let language = guess(text);
        let (text, mut spots) = (std::mem::take(&mut self.text), std::mem::take(&mut self.spots));
        for together in spots.chunks_mut(TOGETHER) {
            self.look_up(&text, together);
            for spot in together {
                self.note_terms(spot, language);
            }
        }
        spots.clear();
        (self.text, self.spots) = (text, spots);
    }

    /// Notes a word; how many positions it takes.
    fn note_spots(&mut self, word: &Word, position: usize) -> usize {
        let Some((first, second)) = &word.halves else {
            self.note_spot(word.bytes.clone(), position, false);
            return 1;
        };
        // The whole word stands where each half does, so that phrases find it; both halves are words too, for it may have been a
        // compound.
        let begin = self.text.len();
        self.text.extend_from_within(first.clone());
        self.text.extend_from_within(second.clone());
        let whole = begin..self.text.len();
        for (bytes, further, only_word) in [
            (whole.clone(), 0, false),
            (first.clone(), 0, false),
            (second.clone(), 1, false),
            (whole, 1, true),
        ] {
            self.note_spot(bytes, position + further, only_word);
        }
        2
    }

    fn note_spot(&mut self, bytes: Range<usize>, position: usize, only_word: bool) {
        let hash = self.hasher.hash_one(&self.text[bytes.clone()]);
        self.spots.push(Spot { bytes, hash, position, only_word, entry: 0 });
    }

    /// Finds the entries of a few words; those that are not known yet are worked out.
    fn look_up(&mut self, text: &str, spots: &mut [Spot]) {
        for spot in &mut *spots {
            let (mut at, tag) = (spot.hash as usize % PLACES, tag(spot.hash));
            while self.places[at].1 != 0 && self.places[at].0 != tag {
                at = (at + 1) % PLACES;
            }
            spot.entry = self.places[at].1 as usize;
        }
        for spot in spots {
            let spelled = &text[spot.bytes.clone()];
            if spot.entry == 0 || self.spelled(spot.entry - 1) != spelled {
                spot.entry = 1 + self.entry(spelled, spot.hash);
            }
        }
    }

    fn entry(&mut self, spelled: &str, hash: u64) -> usize {
        let (mut at, tag) = (hash as usize % PLACES, tag(hash));
        loop {
            match self.places[at] {
                (_, 0) => break,
                (known, number) if known == tag && self.spelled(number as usize - 1) == spelled => {
                    return number as usize - 1;
                }
                _ => at = (at + 1) % PLACES,
            }
        }
        self.work_out(spelled);
        // Only in one text that is longer than any is cut could there be so many.
        if self.entries.len() < PLACES / 4 * 3 {
            self.places[at] = (tag, self.entries.len() as u32);
        }
        self.entries.len() - 1
    }

    fn spelled(&self, entry: usize) -> &str {
        let entry = &self.entries[entry];
        &self.terms[entry.begin..entry.begin + usize::from(entry.spelled)]
    }

    fn work_out(&mut self, spelled: &str) {
        let mut folded = std::mem::take(&mut self.folded);
        fold(spelled, &mut folded);
        let begin = self.terms.len();
        let mut entry = Entry {
            begin,
            spelled: self.note(None, spelled),
            folded: 0,
            stems: [0; 2],
            names: 0,
            is_taken: !folded.is_empty() && folded.len() <= 2 * LONGEST,
            is_cyrillic: folded.chars().any(is_cyrillic),
            by_letter: folded.chars().find_map(letter),
        };
        if entry.is_taken {
            if folded != spelled {
                entry.folded = self.note(None, &folded);
            }
            let stems = self.stemmers.all(&folded);
            // It is found as a word, and a third of all words are such.
            if !is_its_own_stem(&folded, &stems) {
                let [english, russian, ukrainian] = stems;
                let other = ukrainian.filter(|stem| russian.as_ref() != Some(stem));
                entry.stems =
                    [english.or(russian), other].map(|stem| self.note_marked(STEM, stem.as_deref()));
            }
            if spelled.starts_with(char::is_uppercase) {
                entry.names = name_keys(spelled).iter().map(|key| self.note_marked(NAME, Some(key))).sum();
            }
        }
        self.entries.push(entry);
        self.folded = folded;
    }

    fn note_marked(&mut self, mark: char, term: Option<&str>) -> u16 {
        term.map_or(0, |term| self.note(Some(mark), term))
    }

    /// Writes a term down; its length.
    fn note(&mut self, mark: Option<char>, term: &str) -> u16 {
        let begin = self.terms.len();
        self.terms.extend(mark);
        // What is longer than any text is cut here, and not taken.
        self.terms.push_str(&term[..term.floor_char_boundary(usize::from(u16::MAX) - 1)]);
        (self.terms.len() - begin) as u16
    }

    /// Notes the terms that a word becomes in a text of this language.
    fn note_terms(&mut self, spot: &Spot, language: Option<Language>) {
        let (entry, position) = (&self.entries[spot.entry - 1], spot.position);
        let [words, forms] = &mut self.stands;
        let behind = entry.begin + usize::from(entry.spelled);
        if entry.is_taken {
            let folded = behind..behind + usize::from(entry.folded);
            let term = if entry.folded == 0 { entry.begin..behind } else { folded };
            words.push(Stands { position, term });
        }
        if spot.only_word {
            return;
        }
        let mut end = behind + usize::from(entry.folded);
        let [first, other, names] = [entry.stems[0], entry.stems[1], entry.names].map(|len| {
            let begin = end;
            end += usize::from(len);
            begin..end
        });
        let language = entry.by_letter.or(language).filter(|_| entry.is_cyrillic && !other.is_empty());
        if language != Some(Language::Ukrainian) && !first.is_empty() {
            forms.push(Stands { position, term: first });
        }
        if language != Some(Language::Russian) && !other.is_empty() {
            forms.push(Stands { position, term: other });
        }
        let mut at = names.start;
        for key in self.terms[names].split_inclusive(NAME).skip(1) {
            // The mark of the next one stands at its end.
            let len = key.trim_end_matches(NAME).len();
            forms.push(Stands { position, term: at..at + 1 + len });
            at += 1 + len;
        }
    }

    /// The term of the text with this number in a field, and its position.
    pub fn term(&self, terms: Terms, number: usize) -> Option<(usize, &str)> {
        let [words, forms] = &self.stands;
        let stands = if terms == Terms::Forms { forms } else { words }.get(number)?;
        Some((stands.position, &self.terms[stands.term.clone()]))
    }
}

/// What tells most spellings that meet in one place apart.
fn tag(hash: u64) -> u32 {
    (hash >> 32) as u32
}
