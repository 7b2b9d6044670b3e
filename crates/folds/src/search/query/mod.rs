//! What was asked for, understood as far as it can be: nonsense is searched as words, and it is said what was passed over.

mod date;
mod lexer;
mod parse;

use vidimus_model::Ref;

use super::analysis::Language;
use super::document::Kind;

pub use date::Days;
pub use parse::parse;

/// Bytes of a question that are read.
pub const LONGEST: usize = 4096;
/// Words, phrases and filters of a question that are taken.
pub const MOST_CLAUSES: usize = 64;
/// How deep brackets are followed.
pub const DEEPEST: usize = 16;
/// Letters of the shortest beginning of a word that is searched as one.
pub const SHORTEST_PREFIX: usize = 2;

/// What `kind:` takes: the kinds of things that examination tells apart.
pub const KINDS: [&str; 12] = [
    "video",
    "audio",
    "picture",
    "document",
    "table",
    "mail",
    "container",
    "web",
    "subtitles",
    "other",
    "empty",
    "unknown",
];

/// A question, understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// What is searched; nothing where the question held nothing to search for.
    pub clause: Option<Clause>,
    /// What was not understood, or not done, in the order of the question.
    pub ignored: Vec<Ignored>,
}

impl Question {
    /// Does it ask of items, besides what their texts say?
    pub fn asks_of_items(&self) -> bool {
        self.clause.as_ref().is_some_and(asks_of_items)
    }
}

fn asks_of_items(clause: &Clause) -> bool {
    match clause {
        Clause::All(parts) | Clause::Any(parts) => parts.iter().any(asks_of_items),
        Clause::Not(inner) => asks_of_items(inner),
        Clause::Only(Filter::In(_) | Filter::Language(_)) | Clause::Word(_) | Clause::Phrase(_) => false,
        Clause::Only(_) => true,
    }
}

/// A part of a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Clause {
    /// One word as it was typed. What tokens make several of it stands as a phrase.
    Word(Word),
    /// Words that stand side by side, as they are spelled.
    Phrase(Vec<String>),
    /// All of these.
    All(Vec<Clause>),
    /// At least one of these.
    Any(Vec<Clause>),
    /// Everything else.
    Not(Box<Clause>),
    /// Only what is like this.
    Only(Filter),
}

/// One word of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// As it was typed.
    pub text: String,
    /// How far what is found may differ from it.
    pub reach: Reach,
}

/// How far a found word may differ from the asked one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Its forms; and other spellings of it as a name where it begins with a capital letter.
    Forms,
    /// Other spellings of it as a name, whatever its first letter.
    Name,
    /// Whatever begins with it.
    Prefix,
    /// Whatever differs from it in at most so many letters, 1 or 2.
    Letters(u8),
}

/// What a found text must be like.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Where the text comes from.
    In(Kind),
    /// What kind of thing the item is, in small letters.
    Form(String),
    /// The language that was recognised.
    Language(Language),
    /// Which camera took it, in small letters.
    Camera(String),
    /// The item, its members, or all items of an accession.
    Reference(Ref),
    /// A time that it claims, or its corrected time, lies in these days.
    Days(Days),
    /// The item's path holds these words.
    Path(Vec<String>),
}

/// What of a question was passed over, and why. The faces find the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// There was nothing to search for.
    Nothing,
    /// No such field: searched as words.
    UnknownField(String),
    /// The field takes no such value: the field's name and the value, searched as words.
    BadValue(String, String),
    /// A quotation mark without its second.
    OpenQuote,
    /// A bracket without its second.
    OpenBracket,
    /// AND, OR, NOT, a field or a bracket with nothing to it.
    Lonely(String),
    /// Too short for the beginning of a word: searched as a word.
    ShortPrefix(String),
    /// What follows the first [`LONGEST`] bytes.
    TooLong,
    /// What follows the first [`MOST_CLAUSES`] words.
    TooMany,
    /// Brackets deeper than [`DEEPEST`].
    TooDeep,
    /// Signs that mean nothing where they stand: the word, searched without them.
    Signs(String),
    /// A word too long to be searched with mistakes: the word, searched as it is spelled.
    TooLongForMistakes(String),
    /// A word so vague that only the most frequent words that it could be were searched: the word.
    TooVague(String),
}
