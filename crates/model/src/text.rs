//! The form of a derivative that is text: parts with their places, so that a hit can say where it stands.

use serde::{Deserialize, Serialize};

/// The text of one derivative; `docs/format/derivatives.md`. Everything in it is as hostile as the item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Text {
    /// ISO 639-3 of most of it, such as `rus`, `ukr`, `eng`; none where it cannot be told.
    pub language: Option<String>,
    /// The encoding that was read, such as `windows-1251`; none where the format says it.
    pub charset: Option<String>,
    /// Whether the encoding was guessed.
    pub charset_guessed: bool,
    /// The parts, in reading order.
    pub parts: Vec<TextPart>,
}

/// A piece of text at one place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TextPart {
    /// Where.
    pub place: TextPlace,
    /// What.
    pub text: String,
    /// Certainty of what was guessed from a picture or from sound, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<u8>,
    /// Who speaks, where that is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
}

/// Where a piece of text stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TextPlace {
    /// In all of it.
    Whole,
    /// On a page or slide, from 1.
    Page(u32),
    /// In a sheet, by its name.
    Sheet(String),
    /// From line to line, from 1.
    Line(u64),
    /// In a field of a mail or document, such as `subject`.
    Field(String),
    /// Between two moments of a film or recording, in milliseconds.
    Time {
        /// From.
        from: u64,
        /// To.
        to: u64,
    },
}
