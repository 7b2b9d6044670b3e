//! What a check says, in Ukrainian and Russian, by the English sentences of `vidimus_archive`.

use std::sync::LazyLock;

use vidimus_archive::Sentence;

use super::Lang;
use super::phrases::Phrases;

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(include_str!("check.txt")));

/// A sentence of a check in the language. Values in it may be text of others: escape it before showing.
pub fn sentence(lang: Lang, sentence: &Sentence) -> String {
    sentence.by(PHRASES.say(lang, sentence.template()))
}

/// The sentence without its values: what problems of one kind have in common.
pub fn kind_of(lang: Lang, sentence: &Sentence) -> String {
    sentence.kind_by(PHRASES.say(lang, sentence.template()))
}

/// What to do, in the language.
pub fn remedy(lang: Lang, english: &'static str) -> &'static str {
    PHRASES.say(lang, english)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_sentence_of_a_check_has_its_words() {
        let theirs = vidimus_archive::TEMPLATES.iter().chain(&vidimus_archive::REMEDIES).copied();
        assert_eq!(PHRASES.english().collect::<BTreeSet<_>>(), theirs.collect::<BTreeSet<_>>());
        for english in PHRASES.english() {
            let values = |lang| PHRASES.say(lang, english).matches("{}").count();
            assert!(
                values(Lang::Uk) == values(Lang::En) && values(Lang::Ru) == values(Lang::En),
                "{english}"
            );
        }
    }
}
