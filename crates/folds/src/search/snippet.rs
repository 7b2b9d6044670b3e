//! Cites the words of a text that a question asked for.

use std::collections::HashSet;
use std::ops::Range;

use super::analysis::{Stemmers, folded, guess, name_keys, query_stems, words};
use super::query::{Clause, Reach, Word};

/// Bytes of text that are cited, about.
const CITED: usize = 320;
/// Bytes before the first cited word, about.
const BEFORE: usize = 80;
/// Words found in one text after which no more are looked for.
const ENOUGH: usize = 200;

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

/// Finds the words of one question in texts.
pub(super) struct Finder {
    asked: Vec<Asked>,
    stemmers: Stemmers,
    folded: String,
}

struct Asked {
    plain: String,
    reach: Reach,
    stems: HashSet<String>,
    names: HashSet<String>,
}

impl Finder {
    /// Everything that the question wants to be there.
    pub fn new(clause: &Clause) -> Self {
        let mut asked = Vec::new();
        gather(clause, &mut asked);
        Self { asked, stemmers: Stemmers::default(), folded: String::new() }
    }

    /// What to cite of `text`, and the byte of it that stands for its place: its first found word, or its beginning.
    pub fn cite(&mut self, text: &str) -> (Snippet, usize) {
        let found = self.find(text);
        let first = best_start(&found);
        let at = found.get(first).map_or(0, |(_, bytes)| bytes.start);
        let start = if at <= BEFORE { 0 } else { word_start(text, at - BEFORE, at) };
        let end = word_end(text, (start + CITED).min(text.len()));
        let shown =
            found.iter().map(|(_, bytes)| bytes).filter(|bytes| bytes.start >= start && bytes.end <= end);
        (one_line(text, start..end, shown), at)
    }

    /// Which asked word stands where.
    fn find(&mut self, text: &str) -> Vec<(usize, Range<usize>)> {
        let language = guess(text);
        let mut found: Vec<(usize, Range<usize>)> = Vec::new();
        for word in words(text) {
            let spelled: std::borrow::Cow<str> = match &word.halves {
                None => text[word.bytes.clone()].into(),
                Some((first, second)) => [&text[first.clone()], &text[second.clone()]].concat().into(),
            };
            let mut plain = std::mem::take(&mut self.folded);
            super::analysis::fold(&spelled, &mut plain);
            let fits = self
                .asked
                .iter()
                .position(|asked| asked.fits(&plain, &spelled, &mut self.stemmers, language));
            self.folded = plain;
            if let Some(number) = fits {
                found.push((number, word.bytes));
                if found.len() == ENOUGH {
                    break;
                }
            }
        }
        found
    }
}

impl Asked {
    fn new(word: &Word) -> Self {
        let plain = folded(&word.text);
        let (mut stems, mut names) = (HashSet::new(), HashSet::new());
        if word.reach == Reach::Forms {
            stems.extend(query_stems(&plain));
        }
        if word.reach == Reach::Name
            || (word.reach == Reach::Forms && word.text.starts_with(char::is_uppercase))
        {
            names.extend(name_keys(&word.text));
        }
        Self { plain, reach: word.reach, stems, names }
    }

    fn fits(
        &self,
        plain: &str,
        spelled: &str,
        stemmers: &mut Stemmers,
        language: Option<super::analysis::Language>,
    ) -> bool {
        if plain == self.plain {
            return true;
        }
        let same_first = plain.chars().next() == self.plain.chars().next();
        match self.reach {
            Reach::Prefix => plain.starts_with(&self.plain),
            Reach::Letters(letters) => near(plain, &self.plain, usize::from(letters)),
            Reach::Forms | Reach::Name => {
                let mut fits = false;
                // No form of a word has another first letter: stems of all others need not be made.
                if same_first && !self.stems.is_empty() {
                    stemmers.each(plain, language, |stem| fits |= self.stems.contains(stem));
                }
                fits || (!self.names.is_empty()
                    && spelled.starts_with(char::is_uppercase)
                    && name_keys(spelled).iter().any(|key| self.names.contains(key)))
            }
        }
    }
}

fn gather(clause: &Clause, asked: &mut Vec<Asked>) {
    match clause {
        Clause::Word(word) => asked.push(Asked::new(word)),
        Clause::Phrase(words) => asked.extend(words.iter().map(|word| Asked {
            plain: folded(word),
            reach: Reach::Forms,
            stems: HashSet::new(),
            names: HashSet::new(),
        })),
        Clause::All(parts) | Clause::Any(parts) => parts.iter().for_each(|part| gather(part, asked)),
        Clause::Not(_) | Clause::Only(_) => {}
    }
}

/// The found word from which the most different asked words stand near.
fn best_start(found: &[(usize, Range<usize>)]) -> usize {
    let mut best = (0, 0);
    for (first, (_, bytes)) in found.iter().enumerate() {
        let near = found[first..].iter().take_while(|(_, other)| other.end <= bytes.start + CITED - BEFORE);
        let different: HashSet<usize> = near.map(|(number, _)| *number).collect();
        if different.len() > best.0 {
            best = (different.len(), first);
        }
    }
    best.1
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
        ..Snippet::default()
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
