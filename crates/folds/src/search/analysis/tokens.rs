//! The terms of a text as the index takes them: at each place the word itself, its stems, and keys of what may be a name.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::folding::fold;
use super::language::{Language, guess};
use super::names::name_keys;
use super::stems::Stemmers;
use super::words::{Word, Words, words};

/// A stem in the index begins with this character, which no word holds.
pub(crate) const STEM: char = '\u{1}';
/// The key of a name begins with this one.
pub(crate) const NAME: char = '\u{2}';

/// Letters and digits of the longest word that is taken; what is longer is data, not language.
const LONGEST: usize = 128;

/// Takes texts apart for the index. Words, stems and keys stand at the same positions in one field: one pass takes a text apart,
/// and a phrase is one of words.
#[derive(Default)]
pub(crate) struct TextTokenizer(Stemmers);

impl Clone for TextTokenizer {
    /// What is remembered stays behind.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Tokenizer for TextTokenizer {
    type TokenStream<'a> = TextTokens<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> TextTokens<'a> {
        TextTokens {
            text,
            words: words(text),
            stemmers: &mut self.0,
            language: guess(text),
            position: 0,
            folded: String::new(),
            ready: Vec::new(),
            spare: Vec::new(),
            token: Token::default(),
        }
    }
}

/// The terms of one text, one after another.
pub(crate) struct TextTokens<'a> {
    text: &'a str,
    words: Words<'a>,
    stemmers: &'a mut Stemmers,
    language: Option<Language>,
    position: usize,
    folded: String,
    /// Terms of the word that was read last, the first one last.
    ready: Vec<Token>,
    /// Tokens to be used again: making a text for each term would cost more than the rest.
    spare: Vec<Token>,
    token: Token,
}

impl TextTokens<'_> {
    fn read(&mut self, word: &Word) {
        match &word.halves {
            None => {
                self.terms(&self.text[word.bytes.clone()], word, 0);
                self.position += 1;
            }
            // The whole word stands where each half does, so that phrases find it; both halves are words too, for it may have been
            // a compound.
            Some((first, second)) => {
                let (first, second) = (&self.text[first.clone()], &self.text[second.clone()]);
                let whole = format!("{first}{second}");
                self.terms(&whole, word, 0);
                self.terms(first, word, 0);
                self.terms(second, word, 1);
                let folded = super::folding::folded(&whole);
                if !folded.is_empty() && folded.len() <= 2 * LONGEST {
                    self.term(None, &folded, word, 1);
                }
                self.position += 2;
            }
        }
        self.ready.reverse();
    }

    fn terms(&mut self, spelled: &str, word: &Word, further: usize) {
        let mut folded = std::mem::take(&mut self.folded);
        fold(spelled, &mut folded);
        if !folded.is_empty() && folded.len() <= 2 * LONGEST {
            self.term(None, &folded, word, further);
            let (ready, spare, position) = (&mut self.ready, &mut self.spare, self.position + further);
            self.stemmers.each(&folded, self.language, |stem| {
                ready.push(token(spare, Some(STEM), stem, word, position));
            });
            if spelled.starts_with(char::is_uppercase) {
                for key in name_keys(spelled) {
                    self.term(Some(NAME), &key, word, further);
                }
            }
        }
        self.folded = folded;
    }

    fn term(&mut self, mark: Option<char>, text: &str, word: &Word, further: usize) {
        let made = token(&mut self.spare, mark, text, word, self.position + further);
        self.ready.push(made);
    }
}

fn token(spare: &mut Vec<Token>, mark: Option<char>, text: &str, word: &Word, position: usize) -> Token {
    let mut token = spare.pop().unwrap_or_default();
    token.text.clear();
    token.text.extend(mark);
    token.text.push_str(text);
    token.position = position;
    (token.offset_from, token.offset_to) = (word.bytes.start, word.bytes.end);
    token
}

impl TokenStream for TextTokens<'_> {
    fn advance(&mut self) -> bool {
        while self.ready.is_empty() {
            let Some(word) = self.words.next() else { return false };
            self.read(&word);
        }
        let next = self.ready.pop().unwrap_or_default();
        self.spare.push(std::mem::replace(&mut self.token, next));
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(text: &str) -> Vec<(usize, String)> {
        let mut tokenizer = TextTokenizer::default();
        let mut stream = tokenizer.token_stream(text);
        let mut terms = Vec::new();
        while stream.advance() {
            terms.push((stream.token().position, stream.token().text.replace(STEM, "~").replace(NAME, "@")));
        }
        terms
    }

    #[test]
    fn a_word_its_stem_and_the_key_of_a_name_stand_at_one_place() {
        let found = terms("Били Осечкина руками.");
        let at = |position: usize| -> Vec<&str> {
            found.iter().filter(|(at, _)| *at == position).map(|(_, term)| term.as_str()).collect()
        };
        assert!(at(1).contains(&"осечкина") && at(1).contains(&"~осечкин"));
        assert!(at(1).iter().any(|term| term.starts_with('@')));
        assert!(at(2).contains(&"руками") && !at(2).iter().any(|term| term.starts_with('@')));
        assert!(found.is_sorted_by_key(|(position, _)| *position));
    }

    #[test]
    fn what_a_line_cuts_is_found_whole_and_in_parts() {
        let found = terms("составлен прото-\nкол допроса");
        for (position, word) in
            [(0, "составлен"), (1, "протокол"), (1, "прото"), (2, "кол"), (2, "протокол"), (3, "допроса")]
        {
            assert!(found.contains(&(position, word.into())), "{word}");
        }
    }
}
