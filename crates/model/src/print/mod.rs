//! Prints: what an item is compared by when copies of it are looked for; `docs/format/derivatives.md`.

mod body;
mod motion;
mod squeezed;
mod ways;

pub use motion::{Motion, MotionReader, MotionWriter};
pub use ways::Way;

/// Columns of a small frame.
pub const SMALL_WIDTH: usize = 48;
/// Rows of a small frame.
pub const SMALL_HEIGHT: usize = 36;
/// A frame without colour, brought to one size whatever its shape: row by row, 0 black to 255 white.
pub type Small = [u8; SMALL_WIDTH * SMALL_HEIGHT];

/// Frames of one print.
pub const MOST_FRAMES: usize = 1 << 14;
/// Views of one print.
pub const MOST_VIEWS: usize = 1 << 12;
/// Points of one view.
pub const MOST_POINTS: usize = 512;
/// Items of the sound of one print: a hundred hours.
pub const MOST_ITEMS: usize = 3 << 20;
/// Chunks that are kept of one item.
pub const MOST_CHUNKS: usize = 256;

/// What one item is compared by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Print {
    /// What is seen at which moment, in their order; of a picture one.
    pub frames: Vec<Frame>,
    /// What is seen for how long, each described by points; of a picture one.
    pub views: Vec<View>,
    /// What is heard.
    pub sound: Option<Sound>,
    /// Parts of the file's bytes.
    pub chunks: Option<Chunks>,
    /// How long a film or recording is; none for others, and where its container does not say.
    pub seconds: Option<f32>,
    /// Width by height, as it is shown; 0 where nothing is seen.
    pub aspect: f32,
}

/// What is seen at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Milliseconds from the beginning.
    pub at_ms: u32,
    /// PDQ, in the order in which it is written in hexadecimal and exchanged.
    pub hash: [u8; 32],
    /// PDQ's measure of how much there is to see, 0 to 100; below 50 the hash says little.
    pub quality: u8,
    /// The frame itself.
    pub small: Small,
}

/// What is seen for some time: a picture, a shot of a camera that stands still, a moment of one that moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Its beginning, in milliseconds.
    pub from_ms: u32,
    /// Its end; the same for a moment.
    pub to_ms: u32,
    /// The frame without even borders: left, top, right and lower edge in 65,535ths of its width and height.
    pub content: [u16; 4],
    /// What stands out in it.
    pub points: Vec<Point>,
}

/// A point that is found again where a picture was scaled, cut, or laid otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// From the left, in 65,535ths of the whole frame's width.
    pub x: u16,
    /// From above, in 65,535ths of the whole frame's height.
    pub y: u16,
    /// Which of two places around it is darker, for 256 pairs; [`Way`] says what becomes of them.
    pub bits: [u8; 32],
}

/// What is heard: chromaprint, algorithm 1, as its items come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    /// Microseconds from one item to the next.
    pub step_us: u32,
    /// Items, the first at the beginning of the film.
    pub items: Vec<u32>,
}

/// Parts of the file's bytes, chosen by what is in them: a copy that was cut, lengthened or damaged has most of the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunks {
    /// Bytes of the whole file.
    pub of_bytes: u64,
    /// Those with the smallest digests, smallest first, each digest once.
    pub kept: Vec<Chunk>,
}

/// A part of the file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Chunk {
    /// The first eight bytes of its SHA-256, as a number with the first byte highest.
    pub digest: u64,
    /// Where it begins.
    pub at: u64,
    /// Its bytes.
    pub length: u32,
}

/// Why bytes are no print or motion, or something cannot be written as one.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// They do not begin as it does.
    #[error("this is no {0}")]
    Not(&'static str),
    /// Of another version.
    #[error("this {0} is of a version that is not known here")]
    Version(&'static str),
    /// It holds more than any may.
    #[error("it holds more than may be")]
    TooLarge,
    /// It is cut off, goes on behind its end, or holds what none holds.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    /// It cannot be read or written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl Print {
    /// Says what of it no print may hold.
    fn check(&self) -> Result<(), PrintError> {
        let Print { frames, views, sound, chunks, seconds, aspect } = self;
        let items = sound.as_ref().map_or(0, |sound| sound.items.len());
        if frames.len() > MOST_FRAMES || views.len() > MOST_VIEWS || items > MOST_ITEMS {
            return Err(PrintError::TooLarge);
        }
        let is_length = |length: f32| length.is_finite() && length.is_sign_positive();
        let checks = [
            (is_length(*aspect) && seconds.is_none_or(is_length), "a length is none"),
            (frames.iter().all(|frame| frame.quality <= 100), "a quality beyond 100"),
            (frames.is_sorted_by(|a, b| a.at_ms < b.at_ms), "frames that do not follow each other"),
            (views.iter().all(View::is_sound), "a view that is none"),
            (sound.as_ref().is_none_or(|sound| sound.step_us > 0), "a sound without steps"),
            (chunks.as_ref().is_none_or(Chunks::is_sound), "chunks that are none"),
        ];
        checks.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, why)| Err(PrintError::Damaged(why)))
    }
}

impl View {
    fn is_sound(&self) -> bool {
        let [left, top, right, lower] = self.content;
        self.from_ms <= self.to_ms && left < right && top < lower && self.points.len() <= MOST_POINTS
    }
}

impl Chunks {
    /// Whether a print may hold them: in order, within the file, no more than are kept.
    pub fn is_sound(&self) -> bool {
        let is_in = |chunk: &Chunk| {
            let end = chunk.at.checked_add(u64::from(chunk.length));
            chunk.length > 0 && end.is_some_and(|end| end <= self.of_bytes)
        };
        let follow = self.kept.is_sorted_by(|a, b| a.digest < b.digest);
        follow && self.kept.len() <= MOST_CHUNKS && self.kept.iter().all(is_in)
    }
}
