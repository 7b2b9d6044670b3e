//! Which stems a word has: by its letters, or else by the language of the text around it.

use std::collections::HashMap;

use frostem::{Algorithm, Stemmer};

use super::folding::is_cyrillic;
use super::language::{Language, letter};
use super::ukrainian;

/// Words whose stems are remembered: most words of a text have been there before.
const REMEMBERED: usize = 1 << 16;

/// Makes stems, and remembers them; one for each thread.
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
        let [english, russian, ukrainian] = &self.known[word];
        let by = word.chars().find_map(letter).or(text);
        if let Some(english) = english {
            each(english);
        }
        if let Some(russian) = russian.as_ref().filter(|_| by != Some(Language::Ukrainian)) {
            each(russian);
        }
        if let Some(ukrainian) = ukrainian.as_ref().filter(|_| by != Some(Language::Russian))
            && (by == Some(Language::Ukrainian) || russian.as_ref() != Some(ukrainian))
        {
            each(ukrainian);
        }
    }

    /// The stems in English (also of what is in no alphabet of ours), Russian and Ukrainian.
    fn all(&self, word: &str) -> [Option<Box<str>>; 3] {
        if word.chars().any(is_cyrillic) {
            let russian = self.russian.stem(word);
            [None, Some(Box::from(&*russian)), Some(ukrainian::stem(word).into())]
        } else {
            [Some(Box::from(&*self.english.stem(word))), None, None]
        }
    }
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
