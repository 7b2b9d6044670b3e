//! What examination found in an item: one record for each item and run, with every tool's outcome, also the failed ones.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::{Item, ObjectPlace, Ref};

/// The change `examination/1`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Examination {
    /// The item.
    pub about: Ref,
    /// Which attempt at it, from 1; a worker that died counts.
    pub attempt: u32,
    /// What was looked at, and whether that came to an end.
    pub stages: Vec<StageEnd>,
    /// Every run of a tool, in their order.
    pub tools: Vec<ToolRun>,
    /// What the item is by its content; none where that stage was not run or did not tell.
    #[serde(deserialize_with = "Option::deserialize")]
    pub kind: Option<FileKind>,
    /// Technical facts, in the tools' own words.
    pub facts: Vec<Fact>,
    /// What it claims of its time; never one time chosen among them.
    pub times: Vec<TimeClaim>,
    /// What it claims of the camera.
    pub cameras: Vec<CameraClaim>,
    /// What was made from it.
    pub derivatives: Vec<Derivative>,
    /// What was found in it and is no item of its own: links, devices, what a limit or damage kept out.
    pub not_taken: Vec<NotContained>,
}

/// A part of the examination that can be asked for and repeated by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Type, technical facts, times and camera, one still: what the first evening shows.
    First,
    /// What is in a container: members of archives, mailboxes and mails.
    Members,
    /// Prints by which copies are found.
    Copies,
    /// Text that is written in it.
    Text,
    /// Text that is seen in it.
    Ocr,
    /// The strip of stills of a film.
    Stills,
    /// Spoken words.
    Speech,
    /// Commitments for later excerpts and redactions.
    Commit,
    /// A small film to look through.
    Proxy,
}

impl Stage {
    /// All, in the order in which they are run.
    pub const ALL: [Self; 9] = [
        Self::First,
        Self::Members,
        Self::Copies,
        Self::Text,
        Self::Ocr,
        Self::Stills,
        Self::Speech,
        Self::Commit,
        Self::Proxy,
    ];

    /// The word in records and commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Members => "members",
            Self::Copies => "copies",
            Self::Text => "text",
            Self::Ocr => "ocr",
            Self::Stills => "stills",
            Self::Speech => "speech",
            Self::Commit => "commit",
            Self::Proxy => "proxy",
        }
    }
}

/// How a stage ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageEnd {
    /// Which.
    pub stage: Stage,
    /// How.
    pub end: End,
}

/// How a stage, or a tool's run, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// There was nothing of the kind to do.
    Nothing,
    /// It was done whole.
    Done,
    /// Some of it was; the reasons say what was not.
    Partly,
    /// Nothing came of it.
    Failed,
}

/// One run of a tool over the item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolRun {
    /// For which stage.
    pub stage: Stage,
    /// Its name; `vidimus` for our own.
    pub tool: String,
    /// What it says of its version; none where it does not say.
    #[serde(deserialize_with = "Option::deserialize")]
    pub version: Option<String>,
    /// Its arguments, with the granted file as `INPUT` and the output folder as `OUTPUT`.
    pub arguments: Vec<String>,
    /// What it ran in.
    pub sandbox: SandboxLevel,
    /// How it ended.
    pub end: End,
    /// Why not whole; none where it is [`End::Done`] or [`End::Nothing`].
    #[serde(deserialize_with = "Option::deserialize")]
    pub reason: Option<Reason>,
    /// The tool's own words about that, cut to 400 characters: as hostile as the file.
    #[serde(deserialize_with = "Option::deserialize")]
    pub untrusted_said: Option<String>,
}

/// What a tool ran in; `docs/decisions/0007`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SandboxLevel {
    /// Namespaces, a root of its own, Landlock, a list of system calls, limits.
    Full,
    /// The same without namespaces and root.
    NoNamespaces,
    /// Nothing hostile was opened: a name was looked at, or nothing was run.
    None,
}

/// Why something was not examined, or not whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It is damaged, or not what it says.
    Damaged,
    /// It ends before it should.
    EndsEarly,
    /// It is closed by a password that is not known.
    NeedsPassword,
    /// The password that was given does not open it.
    WrongPassword,
    /// No tool here reads this kind.
    NotSupported,
    /// The tool that reads it is not installed.
    ToolMissing,
    /// It holds more bytes than may be unpacked.
    TooManyBytes,
    /// It holds more members, pages or parts than may be taken.
    TooManyParts,
    /// Containers in containers, deeper than is followed.
    TooDeep,
    /// A picture of more pixels than may be decoded.
    TooManyPixels,
    /// The tool needed more time than it may have.
    TooSlow,
    /// The tool needed more memory than it may have.
    TooMuchMemory,
    /// The tool crashed.
    Crashed,
    /// The worker died on it three times.
    DiedThrice,
    /// No sandbox holds on this machine, so nothing hostile was opened.
    NoSandbox,
    /// It needs namespaces, which this machine forbids.
    NeedsNamespaces,
    /// Its object cannot be read: `check` tells more.
    Unreadable,
    /// The tool failed and did not say why.
    Unknown,
}

/// What an item is by its content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FileKind {
    /// The group by which items are listed.
    pub group: Group,
    /// Media type, such as `video/mp4`; `application/octet-stream` where unknown.
    pub media_type: String,
    /// Whether the ending of its name is one that such files have; none where it has no ending, or we know of none.
    #[serde(deserialize_with = "Option::deserialize")]
    pub ending_fits: Option<bool>,
}

/// The group by which items are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// Moving pictures.
    Video,
    /// Sound without pictures.
    Audio,
    /// A picture.
    Picture,
    /// Text, with or without form: office documents, PDF, web pages.
    Document,
    /// A table.
    Table,
    /// A mail, or a mailbox.
    Mail,
    /// An archive, or a compressed file.
    Container,
    /// A capture of the web.
    Web,
    /// Subtitles or a transcript.
    Subtitles,
    /// Known, and none of these: a program, a database.
    Other,
    /// No bytes at all.
    Empty,
    /// Not known.
    Unknown,
}

/// The name of a fact whose value is a sentence that speaks of a camera's clock: to be read before the clock is corrected.
pub const CLOCK_NOTE: &str = "clock.note";

/// A technical fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// Its name, such as `width`, `codec.video`, `exif.Make`, `mail.from`, `c2pa.claim_generator`.
    pub name: String,
    /// Its value, cut to 2,000 characters: as hostile as the file.
    pub untrusted_value: String,
    /// Which of `tools` says so, from 0.
    pub tool: u32,
}

/// Where a claim stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClaimSource {
    /// In its path, from a pattern of names.
    Path,
    /// In the file's own metadata.
    Metadata,
    /// In the file system that it was received from, or in the container that it lay in.
    FileSystem,
    /// In the picture.
    BurntIn,
    /// In its text: the date of a mail, of a page.
    Text,
}

/// What an item claims of its time. Claims contradict each other; the program lists that and does not resolve it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeClaim {
    /// Where it stands.
    pub source: ClaimSource,
    /// More exactly: the name of a tag, the pattern of a name.
    pub field: String,
    /// What is claimed for: the beginning, the end, the last change, or the moment `at`.
    pub of: TimeOf,
    /// For a moment of a film or recording: milliseconds from its beginning.
    #[serde(deserialize_with = "Option::deserialize")]
    pub at: Option<u64>,
    /// As it stands there, cut to 100 characters: as hostile as the file.
    pub untrusted_text: String,
    /// As a date and time without zone; as its clock showed it.
    pub time: DateTime,
    /// How exact it is.
    pub precision: Precision,
    /// Minutes east of UTC; none where the zone is unknown. Never converted silently.
    #[serde(deserialize_with = "Option::deserialize")]
    pub zone: Option<i16>,
    /// Certainty of what was read by OCR, 0 to 100; none where nothing was guessed.
    #[serde(deserialize_with = "Option::deserialize")]
    pub confidence: Option<u8>,
}

/// What a claimed time is the time of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeOf {
    /// Its beginning: a recording began, a picture was taken, a mail was sent, a text was written.
    Beginning,
    /// Its end.
    End,
    /// The moment `at` in it.
    Moment,
    /// When the file was last changed, which copying may have set.
    Change,
}

/// How exact a claimed time is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// A day; the time of day is unknown.
    Day,
    /// A minute.
    Minute,
    /// A second, or finer.
    Second,
}

/// What an item claims of the camera that made it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CameraClaim {
    /// Where it stands.
    pub source: ClaimSource,
    /// As it stands there, such as `cam03` or `КАМЕРА 3`, cut to 100 characters.
    pub untrusted_text: String,
    /// The label by which claims are brought together: lower case, without blanks and leading zeros, such as `cam3`.
    pub label: String,
    /// Certainty of what was read by OCR, 0 to 100.
    #[serde(deserialize_with = "Option::deserialize")]
    pub confidence: Option<u8>,
}

/// Something that was made from an item; `docs/format/derivatives.md`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Derivative {
    /// What it is.
    pub kind: DerivativeKind,
    /// How it is shown: pictures are small, grey and blurred until asked for, as files of their own.
    #[serde(deserialize_with = "Option::deserialize")]
    pub look: Option<Look>,
    /// Media type.
    pub media_type: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// Its bytes.
    pub size: u64,
    /// Where they lie, sealed under the accession's key; an object holds derivatives of one run, so of one item, only.
    pub object: ObjectPlace,
    /// Which of `tools` made it, from 0.
    pub tool: u32,
}

/// What a derivative is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DerivativeKind {
    /// One still of a film, or a small picture of a picture or page.
    Still,
    /// Stills of a film with the moment of each.
    Strip,
    /// The picture that a file carries of itself.
    Thumbnail,
    /// Text that is written in the item.
    Text,
    /// Text that was read by OCR.
    Ocr,
    /// Text that was burnt into the frames of a film.
    BurntIn,
    /// Spoken words, with times.
    Transcript,
    /// A small film.
    Proxy,
    /// What copies are found by.
    Print,
    /// What moves in a film.
    Motion,
}

/// How a picture is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Look {
    /// Without colour, and blurred.
    Blurred,
    /// Without colour.
    Grey,
    /// As it is.
    Clear,
}

/// Something found in a container that is no item.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NotContained {
    /// Its path in the container, cut to 400 characters: as hostile as the file.
    pub untrusted_path: String,
    /// Why.
    pub reason: NotContainedReason,
}

/// Why something in a container is no item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotContainedReason {
    /// A link; links are never followed.
    Link,
    /// A FIFO, socket or device.
    Special,
    /// Closed by a password.
    NeedsPassword,
    /// Damaged.
    Damaged,
    /// Beyond a limit.
    Limit,
}

/// The change `contained/1`: an item that was found in another, as a file of its own. Its bytes are what a tool made of the
/// container's, and not what was received.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contained {
    /// The item; its `path` is `outer!/inner`, and `file_system` is what the container claims of it.
    #[serde(flatten)]
    pub item: Item,
    /// The tool that unpacked it.
    pub tool: String,
    /// What the tool says of its version.
    #[serde(deserialize_with = "Option::deserialize")]
    pub tool_version: Option<String>,
}

/// The change `derivative-places/1`: new places of an item's derivatives, because it moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DerivativePlaces {
    /// The item: what is erased takes this record along.
    pub about: Ref,
    /// Where each derivative lies now.
    pub objects: Vec<DerivativePlace>,
}

/// Where one derivative lies now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DerivativePlace {
    /// Which of its derivatives: SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
    /// Where.
    pub object: ObjectPlace,
}

/// The change `commitment/1`: a root over parts of an item, made before anyone knew which of them would be published;
/// `docs/format/commitments.md`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Commitment {
    /// The item.
    pub about: Ref,
    /// Over what.
    pub over: CommitmentOver,
    /// The root of the tree over the salted leaves, hexadecimal.
    pub root: String,
    /// How many leaves.
    pub leaves: u64,
    /// What the salts are derived from, 32 bytes, hexadecimal: never disclosed.
    pub seed: String,
    /// What parted the item: tool, version, and for pixels the form that they were decoded to.
    pub tool: String,
    /// What the tool says of its version.
    #[serde(deserialize_with = "Option::deserialize")]
    pub tool_version: Option<String>,
    /// Numbers that parting it again needs, such as the side of a tile.
    pub parameters: std::collections::BTreeMap<String, u64>,
}

/// Over what a commitment is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CommitmentOver {
    /// Packets of sound and film, as they stand in the file.
    Packets,
    /// Tiles of pixels of a picture or page.
    Tiles,
    /// Spans of a text.
    Spans,
}

impl std::str::FromStr for Stage {
    type Err = crate::BadId;

    fn from_str(text: &str) -> Result<Self, crate::BadId> {
        Self::ALL
            .into_iter()
            .find(|stage| stage.as_str() == text)
            .ok_or_else(|| crate::BadId(text.to_owned()))
    }
}
