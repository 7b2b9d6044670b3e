//! The search index of one compartment: texts, names and notes by word, stem, name and time, in sealed files.

mod analysis;
mod answer;
mod document;
mod fold;
mod gather;
mod index;
mod notes;
mod phrase;
mod plan;
pub mod query;
mod schema;
pub mod sealed;
mod snippet;
mod terms;

pub use analysis::{Language, guess, name_keys};
pub use answer::{Fit, Found, Hit, MOST_HITS, MOST_PLACES, Wanted};
pub use document::{CameraSays, ClockSays, Document, Facts, Kind, Latest, Piece, Place, Span};
pub use fold::{NoTexts, Search, Texts};
pub use index::TextIndex;
pub use snippet::Snippet;

#[cfg(test)]
mod tests;
