//! What our own reader writes, and how the outside reads it: frames of bounded length, and one answer at their end.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};
use vidimus_model::{CameraClaim, End, NotContained, Reason, TimeClaim};

use crate::kind::Kind;

/// The longest frame.
const LONGEST: usize = 64 << 20;
/// How much of bytes that are passed through stands in one frame.
const PIECE: usize = 64 << 10;

/// What the reader says at its end. Everything in it is as hostile as the file.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// The kind, where that was asked.
    pub kind: Option<Kind>,
    /// Names and values.
    pub facts: Vec<(String, String)>,
    /// Claims of time.
    pub times: Vec<TimeClaim>,
    /// Claims of the camera.
    pub cameras: Vec<CameraClaim>,
    /// What is in it and no item.
    pub not_taken: Vec<NotContained>,
    /// How it ended; none: whole.
    pub end: Option<End>,
    /// Why not whole.
    pub reason: Option<Reason>,
    /// More about that.
    pub said: Option<String>,
}

impl Answer {
    /// Nothing came of it.
    pub fn failed(reason: Reason) -> Answer {
        Answer { end: Some(End::Failed), reason: Some(reason), ..Answer::default() }
    }
}

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    /// The answer, the last of all.
    Answer = 1,
}

impl Tag {
    fn of(byte: u8) -> Option<Tag> {
        [Tag::Answer].into_iter().find(|tag| *tag as u8 == byte)
    }
}

/// Writes frames: a byte that says what it is, the length in four bytes, the bytes.
pub(crate) struct Frames<'a> {
    output: &'a mut dyn Write,
}

impl<'a> Frames<'a> {
    pub fn new(output: &'a mut dyn Write) -> Frames<'a> {
        Frames { output }
    }

    /// Writes one.
    pub fn put(&mut self, tag: Tag, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        self.output.write_all(&[tag as u8])?;
        self.output.write_all(&length.to_le_bytes())?;
        self.output.write_all(bytes)
    }

    /// Writes the last.
    pub fn answer(&mut self, answer: &Answer) -> io::Result<()> {
        let bytes = serde_json::to_vec(answer).map_err(io::Error::other)?;
        self.put(Tag::Answer, &bytes)
    }
}

/// The next frame; none at the end.
///
/// # Errors
/// It is cut off, longer than any may be, or of no known kind.
pub(crate) fn next(untrusted: &mut dyn Read) -> io::Result<Option<(Tag, Vec<u8>)>> {
    let mut head = [0; 5];
    let got = untrusted.read(&mut head[..1])?;
    if got == 0 {
        return Ok(None);
    }
    untrusted.read_exact(&mut head[1..])?;
    let tag = Tag::of(head[0]).ok_or(io::ErrorKind::InvalidData)?;
    let [_, length @ ..] = head;
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = Vec::with_capacity(length.min(PIECE));
    untrusted.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some((tag, bytes)))
}
