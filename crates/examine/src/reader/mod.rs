//! Our own reader: one function that runs in the sandbox, and opens there what no program of the system is needed for.
//!
//! It is as hostile as the file as soon as the file has broken it, so what it writes is parsed again outside: [`answer`].

pub(crate) mod answer;
pub(crate) mod c2pa;
pub(crate) mod chunks;
mod copies;
pub(crate) mod detect;
mod document;
mod exif;
mod heif;
pub(crate) mod holds;
mod jumbf;
pub(crate) mod mail;
mod members;
pub(crate) mod outlook;
mod picture;
mod pixels;
pub(crate) mod summary;
pub(crate) mod trailing;
mod unlock;
pub(crate) mod unoffice;
mod unrar;
mod unseven;
mod unzip;
pub(crate) mod warc;

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::rc::Rc;
use std::sync::Arc;

use vidimus_model::Reason;
use vidimus_sandbox::keeper::{Granted, Own};

use crate::kind::Kind;
use crate::tools;
use answer::{Answer, Frames};

/// To be given to `vidimus_sandbox::keeper::main` by every program that starts an [`crate::Examiner`].
pub const OWN: &[(&str, Own)] = &[(tools::OWN, read)];

/// Tells the kind: the ending of its name; `facts` where facts and a still are wanted; how many pixels may be decoded.
pub(crate) const LOOK: &str = "look";
/// Takes out what is contained: its kind; then passwords in hexadecimal digits.
pub(crate) const MEMBERS: &str = "members";
/// Decodes a picture: `grey` or `rgb`; how many pixels may be decoded; the longest side, or 0.
pub(crate) const PIXELS: &str = "pixels";
/// Cuts it, and decodes a picture: how many pixels may be decoded, 0 where it is none.
pub(crate) const COPIES: &str = "copies";
/// Reads its text: its kind; how many bytes of text.
pub(crate) const TEXT: &str = "text";
/// Counts what lies behind the end of a gzip.
pub(crate) const BEHIND: &str = "behind";
/// Opens a locked document: its kind; then passwords in hexadecimal digits.
pub(crate) const UNLOCK: &str = "unlock";

/// What a task is given.
struct Given {
    /// Shared, because some decoders want a file of their own.
    untrusted: Arc<File>,
    size: u64,
    arguments: Vec<String>,
    output: Output,
}

/// Where frames go; shared for the same reason.
#[derive(Clone)]
struct Output(Rc<RefCell<BufWriter<File>>>);

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().flush()
    }
}

impl Given {
    /// The argument behind the task's name.
    fn argument(&self, index: usize) -> &str {
        self.arguments.get(index + 1).map_or("", String::as_str)
    }

    fn number(&self, index: usize) -> u64 {
        self.argument(index).parse().unwrap_or(0)
    }

    fn kind(&self, index: usize) -> Option<Kind> {
        Kind::of_media_type(self.argument(index))
    }

    /// The arguments behind the first, which are passwords.
    fn passwords(&self) -> Vec<Vec<u8>> {
        self.arguments.iter().skip(2).filter_map(|word| hex::decode(word).ok()).collect()
    }
}

/// A file from some place on, as if it began there.
struct Behind {
    file: Arc<File>,
    begin: u64,
}

impl Behind {
    fn new(file: &Arc<File>, begin: u64) -> io::Result<Behind> {
        let mut behind = Behind { file: Arc::clone(file), begin };
        behind.rewind()?;
        Ok(behind)
    }
}

impl Read for Behind {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Seek for Behind {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(at) => SeekFrom::Start(at.saturating_add(self.begin)),
            other => other,
        };
        let at = self.file.seek(to)?;
        at.checked_sub(self.begin).ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }
}

fn read(granted: Granted) -> u8 {
    // Nobody hears what could not be said.
    u8::from(answer_task(granted).is_err())
}

fn answer_task(granted: Granted) -> io::Result<()> {
    let mut untrusted = Arc::new(granted.untrusted_input);
    // Asking for its length by `statx` is not allowed here.
    let size = untrusted.seek(SeekFrom::End(0))?;
    untrusted.rewind()?;
    let mut output = Output(Rc::new(RefCell::new(BufWriter::with_capacity(64 << 10, granted.output))));
    let mut given = Given { untrusted, size, arguments: granted.arguments, output: output.clone() };
    let mut frames = Frames::new(&mut output);
    let answer = match given.arguments.first().map(String::as_str) {
        Some(LOOK) => look(&mut given, &mut frames)?,
        Some(MEMBERS) => members::take_out(&mut given, &mut frames)?,
        Some(PIXELS) => pixels::hand_over(&mut given, &mut frames)?,
        Some(COPIES) => copies::hand_over(&mut given, &mut frames)?,
        Some(TEXT) => document::text(&mut given, &mut frames)?,
        Some(BEHIND) => behind(&mut given)?,
        Some(UNLOCK) => unlock::hand_over(&mut given, &mut frames)?,
        _ => return Err(io::ErrorKind::InvalidInput.into()),
    };
    frames.answer(&answer)?;
    output.flush()
}

/// What it is, and what a picture or document says of itself.
fn look(given: &mut Given, frames: &mut Frames<'_>) -> io::Result<Answer> {
    let ending = given.argument(0).to_owned();
    let Ok(kind) = detect::kind(&mut given.untrusted, given.size, &ending) else {
        return Ok(Answer::failed(Reason::Unreadable));
    };
    let mut answer = Answer { kind: Some(kind), ..Answer::default() };
    if given.argument(1) != "facts" {
        return Ok(answer);
    }
    let pixels = given.number(2);
    c2pa::facts(&mut given.untrusted, kind, &mut answer)?;
    around(given, kind, &mut answer)?;
    match kind {
        Kind::Jpeg
        | Kind::Png
        | Kind::Gif
        | Kind::Bmp
        | Kind::Tiff
        | Kind::Webp
        | Kind::Heic
        | Kind::Avif => {
            // What can be told stays told where the decoder comes to grief: the kind is said first.
            frames.answer(&answer)?;
            picture::look(&mut given.untrusted, given.size, kind, pixels, frames, &mut answer)?;
        }
        _ => document::facts(given, kind, &mut answer)?,
    }
    Ok(answer)
}

/// Bytes before and behind what it is.
fn around(given: &mut Given, kind: Kind, answer: &mut Answer) -> io::Result<()> {
    let (leading, trailing) = match kind {
        Kind::SevenZip | Kind::Rar => (holds::begins_at(&mut given.untrusted, kind)?, 0),
        kind if kind.is_zip() => holds::around_zip(&mut given.untrusted, given.size)?,
        _ => return Ok(()),
    };
    for (name, bytes) in [("leading.bytes", leading), ("trailing.bytes", trailing)] {
        if bytes > 0 {
            answer.fact(name, bytes);
        }
    }
    Ok(())
}

fn behind(given: &mut Given) -> io::Result<Answer> {
    given.untrusted.rewind()?;
    let mut answer = Answer::default();
    match trailing::behind_gzip(BufReader::with_capacity(256 << 10, &mut given.untrusted)) {
        Ok(bytes) if bytes > 0 => answer.fact("trailing.bytes", bytes),
        Ok(_) => {}
        Err(_) => answer = Answer::failed(Reason::Damaged),
    }
    Ok(answer)
}
