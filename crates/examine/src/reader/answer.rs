//! What our own reader writes, and how the outside reads it: frames of bounded length, and one answer at their end.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};
use vidimus_model::{CameraClaim, DerivativeKind, End, Look, NotContained, Reason, Text, TimeClaim};

use crate::kind::Kind;

/// The longest frame.
const LONGEST: usize = 64 << 20;
/// A small picture is no larger.
const PICTURE: usize = 2 << 20;
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
    /// The answer. Of several the last holds: the others say what was known before a decoder came to grief.
    Answer = 1,
    /// A picture: what it is and its look in a byte each, then the JPEG.
    Picture = 2,
    /// A text: what it is in a byte, then JSON.
    Text = 3,
    /// A contained item begins: a [`Member`] as JSON.
    Begin = 4,
    /// Some of its bytes.
    Piece = 5,
    /// It ends: empty where it is whole, one byte where it is damaged.
    End = 6,
    /// Pixels begin: width and height in four bytes each. Their rows follow as pieces, and an end.
    Canvas = 7,
    /// Parts of the file's bytes, as `chunks::written` writes them.
    Chunks = 8,
}

/// A contained item, as the container names it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Member {
    /// Its path, in hexadecimal digits: any bytes.
    pub path: String,
    /// When it was last changed, in seconds.
    pub modified: Option<i64>,
    /// Whether that is counted in UTC.
    pub utc: bool,
    /// Permission bits.
    pub mode: u32,
}

/// What pictures and texts can be, by the byte that stands for it.
const MADE: [DerivativeKind; 4] =
    [DerivativeKind::Still, DerivativeKind::Thumbnail, DerivativeKind::Text, DerivativeKind::Transcript];
const LOOKS: [Look; 3] = [Look::Blurred, Look::Grey, Look::Clear];

impl Tag {
    fn of(byte: u8) -> Option<Tag> {
        [Tag::Answer, Tag::Picture, Tag::Text, Tag::Begin, Tag::Piece, Tag::End, Tag::Canvas, Tag::Chunks]
            .into_iter()
            .find(|tag| *tag as u8 == byte)
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

    /// Writes a picture.
    pub fn picture(&mut self, kind: DerivativeKind, look: Look, jpeg: &[u8]) -> io::Result<()> {
        let head = [index(&MADE, &kind)?, index(&LOOKS, &look)?];
        self.put(Tag::Picture, &[&head, jpeg].concat())
    }

    /// Writes a text.
    pub fn text(&mut self, kind: DerivativeKind, text: &Text) -> io::Result<()> {
        let json = serde_json::to_vec(text).map_err(io::Error::other)?;
        self.put(Tag::Text, &[&[index(&MADE, &kind)?], &json[..]].concat())
    }

    /// Begins a contained item whose pieces, and an end, are written one by one.
    pub fn begin(&mut self, path: &[u8], says: Member) -> io::Result<()> {
        let path = path.iter().map(|byte| format!("{byte:02x}")).collect();
        let begin = serde_json::to_vec(&Member { path, ..says }).map_err(io::Error::other)?;
        self.put(Tag::Begin, &begin)
    }

    /// Writes a contained item as it is read; whether it was whole.
    ///
    /// Damage to the item is told to the other side. An error is one of the other side's.
    pub fn member(&mut self, path: &[u8], says: Member, bytes: &mut dyn Read) -> io::Result<bool> {
        self.begin(path, says)?;
        let mut buffer = vec![0; PIECE];
        loop {
            match bytes.read(&mut buffer) {
                Ok(0) => break,
                Ok(got) => self.put(Tag::Piece, buffer.get(..got).unwrap_or_default())?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.put(Tag::End, &[1])?;
                    return Ok(false);
                }
            }
        }
        self.put(Tag::End, &[])?;
        Ok(true)
    }

    /// Writes the pixels of a picture.
    pub fn canvas(&mut self, (width, height): (u32, u32), mut rows: &[u8]) -> io::Result<()> {
        self.put(Tag::Canvas, &[width.to_le_bytes(), height.to_le_bytes()].concat())?;
        while !rows.is_empty() {
            let (piece, rest) = rows.split_at(rows.len().min(1 << 20));
            self.put(Tag::Piece, piece)?;
            rows = rest;
        }
        self.put(Tag::End, &[])
    }

    /// Writes what is known.
    pub fn answer(&mut self, answer: &Answer) -> io::Result<()> {
        let bytes = serde_json::to_vec(answer).map_err(io::Error::other)?;
        self.put(Tag::Answer, &bytes)?;
        self.output.flush()
    }
}

fn index<T: PartialEq>(all: &[T], one: &T) -> io::Result<u8> {
    let found = all.iter().position(|other| other == one).and_then(|at| u8::try_from(at).ok());
    found.ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

/// What a frame of a picture holds; none where it is none, or no JPEG.
pub(crate) fn picture(untrusted: &[u8]) -> Option<(DerivativeKind, Look, &[u8])> {
    let (&[kind, look], jpeg) = untrusted.split_first_chunk::<2>()?;
    let is_jpeg = jpeg.starts_with(b"\xff\xd8\xff") && jpeg.len() <= PICTURE;
    Some((*MADE.get(usize::from(kind))?, *LOOKS.get(usize::from(look))?, is_jpeg.then_some(jpeg)?))
}

/// The size that a frame of pixels begins with; none where it is none.
pub(crate) fn canvas(untrusted: &[u8]) -> Option<(u32, u32)> {
    let (width, height) = untrusted.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*width), u32::from_le_bytes(height.try_into().ok()?)))
}

/// What a frame of a text holds; none where it is none.
pub(crate) fn text(untrusted: &[u8]) -> Option<(DerivativeKind, Text)> {
    let (&kind, json) = untrusted.split_first()?;
    Some((*MADE.get(usize::from(kind))?, serde_json::from_slice(json).ok()?))
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

/// The bytes of one contained item, from its beginning to its end.
pub(crate) struct Pieces<'a> {
    untrusted: &'a mut dyn Read,
    piece: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<'a> Pieces<'a> {
    /// To be made behind the frame that begins the item.
    pub fn new(untrusted: &'a mut dyn Read) -> Pieces<'a> {
        Pieces { untrusted, piece: Vec::new(), at: 0, ended: false }
    }

    /// Whether the frame that ends it was met: else nothing can be read behind it.
    pub fn is_ended(&self) -> bool {
        self.ended
    }
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.piece.len() {
            if self.ended {
                return Ok(0);
            }
            match next(self.untrusted)? {
                Some((Tag::Piece, piece)) => (self.piece, self.at) = (piece, 0),
                Some((Tag::End, said)) => {
                    self.ended = true;
                    if !said.is_empty() {
                        return Err(io::ErrorKind::InvalidData.into());
                    }
                }
                _ => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        let got = self.piece.get(self.at..).unwrap_or_default().read(buffer)?;
        self.at += got;
        Ok(got)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again_and_damage_is_told() {
        let mut written = Vec::new();
        let mut frames = Frames::new(&mut written);
        assert!(frames.member(b"a", Member::default(), &mut &b"bytes"[..]).unwrap());
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::ErrorKind::InvalidData.into())
            }
        }
        assert!(!frames.member(b"b", Member::default(), &mut Broken).unwrap());
        frames.answer(&Answer::default()).unwrap();
        let mut read = &written[..];
        for whole in [true, false] {
            assert_eq!(next(&mut read).unwrap().unwrap().0, Tag::Begin);
            let mut pieces = Pieces::new(&mut read);
            assert_eq!(io::read_to_string(&mut pieces).is_ok(), whole);
            assert!(pieces.is_ended());
        }
        assert_eq!(next(&mut read).unwrap().unwrap().0, Tag::Answer);
        assert!(next(&mut read).unwrap().is_none());
    }

    #[test]
    fn nonsense_is_an_error_and_reserves_nothing() {
        for nonsense in [&b"\0"[..], b"\x01\xff\xff\xff\xff", b"\x01\x05\0\0\0abc", b"\x63\0\0\0\0"] {
            assert!(next(&mut &nonsense[..]).is_err());
        }
        assert!(picture(b"\0").is_none() && picture(b"\0\0no jpeg").is_none() && text(b"\x02{").is_none());
    }
}
