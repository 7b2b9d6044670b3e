//! The search index of one compartment: texts, names and notes by word, stem, name and time, in sealed files.

pub mod sealed;
