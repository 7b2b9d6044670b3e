//! Which stems a word has: by its letters, or else by the language of the text around it.

use std::collections::HashMap;

use frostem::{Algorithm, Stemmer};

use super::folding::is_cyrillic;
use super::language::{Language, letter};
use super::ukrainian;

/// Words whose stems are remembered: most words of a text have been there before.
const REMEMBERED: usize = 1 << 16;

/// Makes stems, and remembers them.
pub(crate) struct Stemmers {
    russian: Stemmer,
    english: Stemmer,
    known: HashMap<String, [Option<Box<str>>; 3]>,
}

impl Default for Stemmers {
    fn default() -> Self {
        Self {
            russian: Stemmer::new(Algorithm::Russian),
            english: Stemmer::new(Algorithm::English),
            known: HashMap::new(),
        }
    }
}

impl Stemmers {
    /// Calls `each` with every stem of the folded `word` in a text of this language, once; of a word in Cyrillic letters that no
    /// language has alone, in a text of no clear language, with those of both.
    pub fn each(&mut self, word: &str, text: Option<Language>, mut each: impl FnMut(&str)) {
        if !self.known.contains_key(word) {
            if self.known.len() >= REMEMBERED {
                self.known.clear();
            }
            self.known.insert(word.to_owned(), self.all(word));
        }
        let stems = &self.known[word];
        let chosen = of_languages(stems, word.chars().find_map(letter).or(text));
        stems
            .iter()
            .zip(chosen)
            .filter(|(_, is)| *is)
            .filter_map(|(stem, _)| stem.as_deref())
            .for_each(&mut each);
    }

    /// The stems in English (also of what is in no alphabet of ours), Russian and Ukrainian.
    pub fn all(&self, word: &str) -> [Option<Box<str>>; 3] {
        if word.chars().any(is_cyrillic) {
            let russian = self.russian.stem(word);
            [None, Some(Box::from(&*russian)), Some(ukrainian::stem(word).into())]
        } else {
            [Some(Box::from(&*self.english.stem(word))), None, None]
        }
    }
}

/// Which stems count where the language is this one, each once.
fn of_languages<S: PartialEq>(
    [english, russian, ukrainian]: &[Option<S>; 3],
    language: Option<Language>,
) -> [bool; 3] {
    let is_russian = russian.is_some() && language != Some(Language::Ukrainian);
    let is_new = !is_russian || russian != ukrainian;
    [english.is_some(), is_russian, ukrainian.is_some() && is_new && language != Some(Language::Russian)]
}

/// Letters of the longest word that is not indexed again as its own stem.
const LONGEST_OWN: usize = 3;

/// Is it short, and its own stem in whatever language? Then the index holds it as a word alone.
pub(super) fn is_its_own_stem(word: &str, stems: &[Option<Box<str>>; 3]) -> bool {
    let language = word.chars().find_map(letter);
    let mut chosen = stems.iter().zip(of_languages(stems, language)).filter(|(_, is)| *is);
    may_be_own(word) && chosen.all(|(stem, _)| stem.as_deref() == Some(word))
}

/// The same of the stem of a word of a question.
pub(crate) fn stands_as_word(stem: &str) -> bool {
    may_be_own(stem) && is_its_own_stem(stem, &Stemmers::default().all(stem))
}

fn may_be_own(word: &str) -> bool {
    word.chars().count() <= LONGEST_OWN
}

/// Every stem that the folded `word` of a question may have in a text, whatever the text's language.
pub(crate) fn query_stems(word: &str) -> Vec<String> {
    let mut stems = Vec::new();
    Stemmers::default().each(word, None, |stem| stems.push(stem.to_owned()));
    stems
}

#[cfg(test)]
mod tests {
    use super::{Language, Stemmers, query_stems};

    fn stems(word: &str, text: Option<Language>) -> Vec<String> {
        let mut stems = Vec::new();
        Stemmers::default().each(word, text, |stem| stems.push(stem.to_owned()));
        stems
    }

    #[test]
    fn every_stem_in_a_text_is_one_that_a_question_asks_for() {
        for word in ["камерою", "протоколів", "заключенных", "вікно", "beatings", "900", "протоколы", "ик900"]
        {
            let asked = query_stems(word);
            for text in [None, Some(Language::Ukrainian), Some(Language::Russian), Some(Language::English)] {
                let stems = stems(word, text);
                assert!(
                    !stems.is_empty() && stems.iter().all(|stem| asked.contains(stem)),
                    "{word} {text:?}"
                );
            }
        }
    }

    #[test]
    fn letters_decide_before_the_text_does() {
        assert_eq!(
            stems("протоколів", Some(Language::Russian)),
            stems("протоколів", Some(Language::Ukrainian))
        );
        assert_eq!(stems("допросы", Some(Language::Ukrainian)), ["допрос"]);
        assert_eq!(stems("beatings", Some(Language::Russian)), ["beat"]);
    }
}
