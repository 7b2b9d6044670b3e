//! The terms of a text as the index takes them: its words, and beside them their stems and keys of what may be names.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::lexicon::{Lexicons, Own};

/// A stem in the index begins with this character, which no word holds.
pub(crate) const STEM: char = '\u{1}';
/// The key of a name begins with this one.
pub(crate) const NAME: char = '\u{2}';
/// A text that stands before a cut begins with this one, and so does each of its words in the index.
pub(crate) const BEFORE: char = '\u{3}';

/// Which terms of a text stand in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Terms {
    /// Its words as they are spelled, each at its position.
    Words,
    /// Their stems and keys of names. A short word that is its own stem is not among them.
    Forms,
    /// Its words beside a cut, each at its position.
    Seams,
}

/// Takes texts apart for a field of the index.
#[derive(Clone)]
pub(crate) struct TextTokenizer {
    /// For which field.
    pub terms: Terms,
    /// The same for all fields of an index.
    pub lexicons: Lexicons,
}

impl Tokenizer for TextTokenizer {
    type TokenStream<'a> = TextTokens;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> TextTokens {
        let mut lexicon = self.lexicons.take();
        lexicon.read(text);
        let mark = Some(BEFORE).filter(|mark| self.terms == Terms::Seams && text.starts_with(*mark));
        TextTokens { terms: self.terms, mark, lexicon: Some(lexicon), next: 0, token: Token::default() }
    }
}

/// The terms of one text, one after another.
pub(crate) struct TextTokens {
    terms: Terms,
    /// What each of them begins with.
    mark: Option<char>,
    /// None once it was given back.
    lexicon: Option<Own>,
    /// Terms that were given.
    next: usize,
    token: Token,
}

impl TokenStream for TextTokens {
    fn advance(&mut self) -> bool {
        let term = self.lexicon.as_ref().and_then(|lexicon| lexicon.term(self.terms, self.next));
        let Some((position, term)) = term else { return false };
        self.token.position = position;
        self.token.text.clear();
        self.token.text.extend(self.mark);
        self.token.text.push_str(term);
        self.next += 1;
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

impl Drop for TextTokens {
    fn drop(&mut self) {
        if let Some(lexicon) = self.lexicon.take() {
            lexicon.give_back();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn terms(text: &str) -> Vec<(usize, String)> {
        terms_by(text, &Lexicons::default())
    }

    fn terms_by(text: &str, lexicons: &Lexicons) -> Vec<(usize, String)> {
        let mut terms = Vec::new();
        for kind in [Terms::Words, Terms::Forms] {
            let mut tokenizer = TextTokenizer { terms: kind, lexicons: lexicons.clone() };
            let mut stream = tokenizer.token_stream(text);
            let before: usize = terms.len();
            while stream.advance() {
                terms.push((
                    stream.token().position,
                    stream.token().text.replace(STEM, "~").replace(NAME, "@"),
                ));
            }
            assert!(terms[before..].is_sorted_by_key(|(position, _)| *position));
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

    proptest! {
        #[test]
        fn what_is_remembered_changes_nothing(
            texts in prop::collection::vec("(([А-Яа-яії]{1,4}|[A-Za-z]{1,3}|б-\nа|що|это)[ ,]){0,12}", 1..12),
        ) {
            let lexicons = Lexicons::default();
            for text in texts.iter().chain(&texts) {
                prop_assert_eq!(terms_by(text, &lexicons), terms(text));
            }
        }
    }
}
