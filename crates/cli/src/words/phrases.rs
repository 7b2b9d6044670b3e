//! Phrases that are known by their English text, from a file that a translator can edit.

use std::collections::BTreeMap;

use super::Lang;

/// English phrases with their Ukrainian and Russian.
pub struct Phrases(BTreeMap<&'static str, [&'static str; 2]>);

impl Phrases {
    /// Reads a file of three lines for each phrase (English, Ukrainian, Russian), with an empty line between phrases.
    ///
    /// # Panics
    /// If the file has another form or a phrase twice: it is a part of the program, and a test reads it.
    pub fn of(text: &'static str) -> Self {
        let mut phrases = BTreeMap::new();
        for phrase in text.trim_end().split("\n\n") {
            let lines: Vec<&str> = phrase.lines().collect();
            let [english, ukrainian, russian] = lines[..] else { panic!("not three lines: {phrase:?}") };
            let before = phrases.insert(english, [ukrainian, russian]);
            assert!(before.is_none(), "twice: {english:?}");
        }
        Self(phrases)
    }

    /// The phrase in the language; in English where it is not known.
    pub fn say(&self, lang: Lang, english: &'static str) -> &'static str {
        let known = self.0.get(english);
        known.map_or(english, |[ukrainian, russian]| lang.pick(english, ukrainian, russian))
    }

    /// All English phrases.
    pub fn english(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }
}
