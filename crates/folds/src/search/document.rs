//! What the index takes in: one text of one item, with its places.

use vidimus_model::{Ref, Stage};

use super::analysis::Language;

/// One text of one item: a name, what a page says, what was heard, what somebody noted.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The item that it is of.
    pub about: Ref,
    /// The number of the ledger's entry that it comes from. All documents and facts of one entry come and go together.
    pub entry: u64,
    /// Where the text comes from.
    pub kind: Kind,
    /// Which of its entry's texts it is, from 0.
    pub number: usize,
    /// What a later text takes the place of it as.
    pub latest: Option<Latest>,
    /// The language that was recognised; where none is given, what the letters say.
    pub language: Option<Language>,
    /// The text, in order.
    pub pieces: Vec<Piece>,
}

/// Of the texts of an item that are the same of these, only those of the latest entry hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Latest {
    /// What a stage of examination made.
    Stage(Stage),
    /// What members say of the camera with this label.
    Camera(String),
}

/// What an entry says of an item besides texts, for filters: whatever entry of an item says so, all its texts are like that.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// The item.
    pub about: Ref,
    /// The number of the ledger's entry.
    pub entry: u64,
    /// What kind of thing it is, such as `video`, in small letters; compared whole.
    pub form: Option<String>,
    /// Labels of cameras that it claims, in small letters; compared whole.
    pub cameras: Vec<String>,
    /// Spans that it claims of its time.
    pub times: Vec<Span>,
}

/// A span of time that an item claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first second since 1970, as a clock showed it, without a zone.
    pub first: i64,
    /// The last second.
    pub last: i64,
    /// Was the clock the camera's? Then what members say of the camera corrects it.
    pub by_camera: bool,
}

/// What members say of a camera, for filters.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraSays {
    /// In which accession.
    pub accession: Ref,
    /// Its label, in small letters.
    pub label: String,
    /// Corrections of its clock.
    pub clock: Vec<ClockSays>,
    /// Items that were given to it, whatever they claim.
    pub items: Vec<Ref>,
}

/// How far a clock was off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSays {
    /// From this second on, as the clock showed it.
    pub from: i64,
    /// Up to this second, not included.
    pub until: i64,
    /// Seconds to be added to what it showed.
    pub add: i64,
}

/// A part of a text that has a place of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Where it stands.
    pub place: Place,
    /// What it says.
    pub text: String,
}

/// Where in an item something stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// Anywhere: the text has no places.
    #[default]
    Whole,
    /// A page, from 1.
    Page(u32),
    /// A time from the beginning, in whole seconds.
    Second(u32),
    /// A line, from 1.
    Line(u32),
}

impl Place {
    /// The place behind this text, where it began at this one.
    pub(super) fn further(self, text: &str) -> Self {
        let Self::Line(first) = self else { return self };
        let lines = text.bytes().filter(|byte| *byte == b'\n').count();
        Self::Line(first.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX)))
    }
}

/// Where a text comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// The item's path.
    Name,
    /// What the file itself says.
    Text,
    /// What was read from a picture.
    Ocr,
    /// What was heard, or stands in subtitles.
    Transcript,
    /// What a member noted.
    Note,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Name, Self::Text, Self::Ocr, Self::Transcript, Self::Note];

    /// Its word in questions and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Text => "text",
            Self::Ocr => "ocr",
            Self::Transcript => "transcript",
            Self::Note => "note",
        }
    }

    /// The kind of such a word.
    pub fn read(untrusted_word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == untrusted_word)
    }
}
