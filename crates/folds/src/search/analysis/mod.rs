//! From text to terms: words as they stand, their stems in three languages, and keys of names that no alphabet changes.

mod folding;
mod language;
mod lexicon;
mod names;
mod stems;
mod tokens;
mod ukrainian;
mod words;

pub(super) use folding::{fold, folded, plain_begin};
pub use language::{Language, guess};
pub(super) use lexicon::Lexicons;
pub use names::name_keys;
pub(super) use stems::{Stemmers, query_stems, stands_as_word};
pub(super) use tokens::{BEFORE, NAME, STEM, Terms, TextTokenizer};
pub(super) use words::{Word as TextWord, words};
