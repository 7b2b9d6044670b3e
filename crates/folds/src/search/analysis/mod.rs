//! From text to terms: words as they stand, their stems in three languages, and keys of names that no alphabet changes.

mod folding;
mod language;
mod names;
mod stems;
mod tokens;
mod ukrainian;
mod words;

pub(super) use folding::{fold, folded};
pub use language::{Language, guess};
pub use names::name_keys;
pub(super) use stems::{Stemmers, query_stems};
pub(super) use tokens::{NAME, STEM, TextTokenizer};
pub(super) use words::{Word as TextWord, words};
