//! Cites the words of a text that a question asked for.

use std::collections::HashSet;
use std::ops::Range;

use super::analysis::{Language, Stemmers, TextWord, folded, name_keys, plain_begin, query_stems, words};
use super::document::Kind;
use super::query::{Clause, Reach, Word};

/// Bytes of text that are cited, about.
const CITED: usize = 320;
/// Bytes before the first cited word, about.
const BEFORE: usize = 80;

/// A part of a text, and which of its bytes are what was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snippet {
    /// In one line: whatever is white or unprintable in the text is a space here.
    pub text: String,
    /// In order, and apart from each other; at the borders of characters.
    pub marks: Vec<Range<usize>>,
    /// Does the text go on before it?
    pub more_before: bool,
    /// And behind it?
    pub more_after: bool,
}

/// What to cite of a text.
pub(super) struct Cited {
    /// The words that stand nearest each other.
    pub snippet: Snippet,
    /// The byte where they begin, or where the text does.
    pub at: usize,
    /// Bytes where as many of the asked words stand as near each other, in order.
    pub others: Vec<usize>,
}

/// Finds the words of one question in texts.
pub(super) struct Finder {
    /// At most [`super::query::MOST_CLAUSES`].
    asked: Vec<Asked>,
    /// Whether any of them is a phrase.
    phrases: bool,
    /// Letters, levelled, that what is asked for begins with; none where that does not tell.
    begin: Option<Vec<char>>,
    stemmers: Stemmers,
    folded: String,
}

enum Asked {
    Word(AskedWord),
    /// Folded words, side by side.
    Phrase(Vec<String>),
}

struct AskedWord {
    plain: String,
    reach: Reach,
    stems: HashSet<String>,
    /// Letters one of which a form of it has second; none where that does not tell.
    second: Option<Vec<char>>,
    names: HashSet<String>,
}

/// A word of a text at its position, folded, for phrases.
type Spot = (usize, String, Range<usize>);

impl Finder {
    /// Everything that the question wants to be there; of these words in small letters, other spellings as names too.
    pub fn new(clause: &Clause, names: &HashSet<String>) -> Self {
        let mut asked = Vec::new();
        gather(clause, names, &mut asked);
        let phrases = asked.iter().any(|asked| matches!(asked, Asked::Phrase(_)));
        let begin = asked.iter().map(Asked::begin).collect::<Option<Vec<_>>>().map(|begin| begin.concat());
        Self { asked, phrases, begin, stemmers: Stemmers::default(), folded: String::new() }
    }

    /// Is any phrase asked for?
    pub fn asks_phrases(&self) -> bool {
        self.phrases
    }

    /// What to cite of `text`, whose letters tell that language. It begins at `begin`: what stands before that is cited only of
    /// phrases that end behind it.
    pub fn cite(&mut self, text: &str, begin: usize, kind: Kind, letters: Option<Language>) -> Cited {
        let found = self.find(text, begin, kind, letters);
        let mut places = best_starts(&found).into_iter();
        let at = places.next().unwrap_or(begin);
        let start = if at <= BEFORE { 0 } else { word_start(text, at - BEFORE, at) };
        let end = word_end(text, (start + CITED).min(text.len()));
        let mut marks: Vec<Range<usize>> = Vec::new();
        for (_, bytes) in found.into_iter().filter(|(_, bytes)| bytes.start >= start && bytes.end <= end) {
            // A word may be asked for by itself and in a phrase.
            if marks.last().is_none_or(|last| last.end <= bytes.start) {
                marks.push(bytes);
            }
        }
        Cited { snippet: one_line(text, start..end, marks.iter()), at, others: places.collect() }
    }

    /// Which asked word or phrase stands where, in order.
    fn find(
        &mut self,
        text: &str,
        begin: usize,
        kind: Kind,
        letters: Option<Language>,
    ) -> Vec<(usize, Range<usize>)> {
        let mut found: Vec<(usize, Range<usize>)> = Vec::new();
        let (mut spots, mut position): (Vec<Spot>, usize) = (Vec::new(), 0);
        for word in words(text) {
            // Nearly all words of a text begin otherwise: folding them all would cost more than finding the text.
            if let (None, Some(begin)) = (&word.halves, &self.begin)
                && plain_begin(&text[word.bytes.clone()])
                    .is_some_and(|first| !begin.contains(&levelled(first)))
            {
                position += 1;
                continue;
            }
            let spelled: std::borrow::Cow<str> = match &word.halves {
                None => text[word.bytes.clone()].into(),
                Some((first, second)) => [&text[first.clone()], &text[second.clone()]].concat().into(),
            };
            let mut plain = std::mem::take(&mut self.folded);
            super::analysis::fold(&spelled, &mut plain);
            // Paths are searched as if all their words were names.
            let may_be_name = kind == Kind::Name || spelled.starts_with(char::is_uppercase);
            let fits = self.asked.iter().position(|asked| match asked {
                Asked::Word(asked) => asked.fits(&plain, &spelled, may_be_name, &mut self.stemmers, letters),
                Asked::Phrase(_) => false,
            });
            if let Some(number) = fits
                && word.bytes.end > begin
            {
                found.push((number, word.bytes.clone()));
            }
            if self.phrases {
                self.note_spots(text, &word, &plain, &mut position, &mut spots);
            }
            self.folded = plain;
        }
        self.find_phrases(&spots, begin, &mut found);
        found
    }

    /// Notes what stands at the next positions and is a word of a phrase; positions are those of the index.
    fn note_spots(
        &self,
        text: &str,
        word: &TextWord,
        plain: &str,
        position: &mut usize,
        spots: &mut Vec<Spot>,
    ) {
        let mut note = |further: usize, plain: &str| {
            let is_asked = |asked: &Asked| matches!(asked, Asked::Phrase(words) if words.iter().any(|word| word == plain));
            if self.asked.iter().any(is_asked) {
                spots.push((*position + further, plain.to_owned(), word.bytes.clone()));
            }
        };
        note(0, plain);
        let mut taken = 1;
        if let Some((first, second)) = &word.halves {
            note(0, &folded(&text[first.clone()]));
            note(1, &folded(&text[second.clone()]));
            note(1, plain);
            taken = 2;
        }
        *position += taken;
    }

    fn find_phrases(&self, spots: &[Spot], cut: usize, found: &mut Vec<(usize, Range<usize>)>) {
        if spots.is_empty() {
            return;
        }
        for (number, asked) in self.asked.iter().enumerate() {
            let Asked::Phrase(words) = asked else { continue };
            for (at, (begin, ..)) in spots.iter().enumerate().filter(|(_, spot)| spot.1 == words[0]) {
                let stands = |(further, word): (usize, &String)| {
                    let near = spots[at..].iter().take_while(|spot| spot.0 <= begin + further);
                    near.filter(|spot| spot.0 == begin + further && spot.1 == *word)
                        .map(|spot| &spot.2)
                        .next()
                };
                let stand: Option<Vec<&Range<usize>>> = words.iter().enumerate().map(stands).collect();
                let stand = stand.filter(|stand| stand.last().is_some_and(|last| last.end > cut));
                found.extend(stand.into_iter().flatten().map(|bytes| (number, bytes.clone())));
            }
        }
        found.sort_by_key(|(_, bytes)| (bytes.start, bytes.end));
    }
}

impl Asked {
    /// The letters, levelled, that a word begins with which is this one.
    fn begin(&self) -> Option<Vec<char>> {
        match self {
            Self::Phrase(words) => Some(words.iter().filter_map(|word| first_letter(word)).collect()),
            // Of names the sounds are asked for, and a mistake may be in the first letter.
            Self::Word(word) if !word.names.is_empty() || matches!(word.reach, Reach::Letters(_)) => None,
            Self::Word(word) => Some(first_letter(&word.plain).into_iter().collect()),
        }
    }
}

impl AskedWord {
    fn new(word: &Word, may_be_name: bool) -> Self {
        let plain = folded(&word.text);
        let (mut stems, mut names) = (HashSet::new(), HashSet::new());
        if word.reach == Reach::Forms {
            stems.extend(query_stems(&plain));
        }
        if word.reach == Reach::Name || (word.reach == Reach::Forms && may_be_name) {
            names.extend(name_keys(&word.text));
        }
        let second = stems.iter().map(|stem| second_letter(stem)).collect();
        Self { plain, reach: word.reach, stems, second, names }
    }

    fn fits(
        &self,
        plain: &str,
        spelled: &str,
        may_be_name: bool,
        stemmers: &mut Stemmers,
        language: Option<Language>,
    ) -> bool {
        if plain == self.plain {
            return true;
        }
        let same_first = first_letter(plain) == first_letter(&self.plain);
        match self.reach {
            Reach::Prefix => plain.starts_with(&self.plain),
            Reach::Letters(letters) => near(plain, &self.plain, usize::from(letters)),
            Reach::Forms | Reach::Name => {
                let mut fits = false;
                // No form of a word begins otherwise: stems of all others need not be made.
                let may_be = |second| self.second.as_ref().is_none_or(|asked| asked.contains(&second));
                if same_first && !self.stems.is_empty() && second_letter(plain).is_none_or(may_be) {
                    stemmers.each(plain, language, |stem| fits |= self.stems.contains(stem));
                }
                fits || (!self.names.is_empty()
                    && may_be_name
                    && name_keys(spelled).iter().any(|key| self.names.contains(key)))
            }
        }
    }
}

/// The letter, or where a stem may have another in its place than its word, the one that it may have: ніч, ночі; оці, око; dying, die.
fn levelled(letter: char) -> char {
    match letter {
        'і' => 'о',
        'ц' => 'к',
        'з' => 'г',
        'y' => 'i',
        other => other,
    }
}

fn first_letter(word: &str) -> Option<char> {
    word.chars().next().map(levelled)
}

fn second_letter(word: &str) -> Option<char> {
    word.chars().nth(1).map(levelled)
}

fn gather(clause: &Clause, names: &HashSet<String>, asked: &mut Vec<Asked>) {
    match clause {
        Clause::Word(word) => {
            let may_be_name = word.text.starts_with(char::is_uppercase) || names.contains(&word.text);
            asked.push(Asked::Word(AskedWord::new(word, may_be_name)));
        }
        Clause::Phrase(words) if words.is_empty() => {}
        Clause::Phrase(words) => asked.push(Asked::Phrase(words.iter().map(|word| folded(word)).collect())),
        Clause::All(parts) | Clause::Any(parts) => parts.iter().for_each(|part| gather(part, names, asked)),
        Clause::Not(_) | Clause::Only(_) => {}
    }
}

/// Where the most different asked words stand near each other, in order.
fn best_starts(found: &[(usize, Range<usize>)]) -> Vec<usize> {
    let (mut most, mut starts) = (0, Vec::new());
    for (first, (number, bytes)) in found.iter().enumerate() {
        let near = found[first..].iter().take_while(|(_, other)| other.end <= bytes.start + CITED - BEFORE);
        // Numbers are below 64, so that each has a bit.
        let (mut bits, mut comes_again) = (0_u64, false);
        for (place, (other, _)) in near.enumerate() {
            bits |= 1 << (other % 64);
            comes_again |= place > 0 && other == number;
        }
        let different = bits.count_ones();
        // They stand nearer each other from where it comes again.
        if different > 1 && comes_again {
            continue;
        }
        if different > most {
            (most, starts) = (different, Vec::new());
        }
        if different == most {
            starts.push(bytes.start);
        }
    }
    starts
}

/// The beginning of the first word at or behind `from` and before `at`.
fn word_start(text: &str, from: usize, at: usize) -> usize {
    let from = text.floor_char_boundary(from);
    text[from..at].find(char::is_whitespace).map_or(from, |white| {
        let behind = from + white;
        behind + text[behind..at].len() - text[behind..at].trim_start().len()
    })
}

/// The end of the last word that ends at or before `end`, where that is not far; else anywhere.
fn word_end(text: &str, end: usize) -> usize {
    let end = text.floor_char_boundary(end);
    if end == text.len() {
        return end;
    }
    let least = text.floor_char_boundary(end.saturating_sub(BEFORE));
    text[least..end].rfind(char::is_whitespace).map_or(end, |white| least + white)
}

fn one_line<'a>(text: &str, shown: Range<usize>, marks: impl Iterator<Item = &'a Range<usize>>) -> Snippet {
    let mut snippet = Snippet {
        more_before: !text[..shown.start].trim().is_empty(),
        more_after: !text[shown.end..].trim().is_empty(),
        text: String::with_capacity(shown.len()),
        marks: Vec::new(),
    };
    let mut marks = marks.peekable();
    let mut begun = None;
    for (at, c) in text[shown.clone()].char_indices() {
        let at = shown.start + at;
        if let Some(start) = begun
            && marks.peek().is_some_and(|mark| mark.end <= at)
        {
            snippet.marks.push(start..snippet.text.len());
            (begun, _) = (None, marks.next());
        }
        if marks.peek().is_some_and(|mark| mark.start == at) {
            begun = Some(snippet.text.len());
        }
        snippet.text.push(if c.is_whitespace() || c.is_control() { ' ' } else { c });
    }
    snippet.marks.extend(begun.map(|start| start..snippet.text.len()));
    snippet
}

/// Do the words differ in at most `most` letters put in, left out, exchanged, or taken for another?
fn near(a: &str, b: &str, most: usize) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most {
        return false;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, one) in a.iter().enumerate() {
        let mut now = vec![i + 1];
        for (j, other) in b.iter().enumerate() {
            let mut least = (last[j] + usize::from(one != other)).min(last[j + 1] + 1).min(now[j] + 1);
            if i > 0 && j > 0 && *one == b[j - 1] && a[i - 1] == *other {
                least = least.min(before[j - 1] + 1);
            }
            now.push(least);
        }
        before = std::mem::replace(&mut last, now);
    }
    last[b.len()] <= most
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{first_letter, folded, query_stems, second_letter};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn a_stem_begins_as_its_word_does(word in prop_oneof!["[а-яіїє]{1,9}", "[a-z]{1,9}"]) {
            let plain = folded(&word);
            for stem in query_stems(&plain) {
                for letter in [first_letter, second_letter] {
                    prop_assert!(letter(&stem).is_none() || letter(&stem) == letter(&plain), "{plain}: {stem}");
                }
            }
        }
    }
}
