//! Captures of the web (WARC): each answer of a server as an item with its address as path and its time of capture.

use std::io::{self, BufRead, BufReader, Read, Seek as _};

use brotli_decompressor::Decompressor;
use vidimus_model::Reason;

use super::Given;
use super::answer::{Answer, Frames, Member};

/// The longest line of a head, and how many of them.
const LINE: u64 = 64 << 10;
const LINES: usize = 1000;
/// How much of brotli is taken in at once.
const BROTLI: usize = 16 << 10;

/// Hands over what was captured.
///
/// # Errors
/// Nobody takes it.
pub(super) fn take_out(given: &mut Given, frames: &mut Frames<'_>, answer: &mut Answer) -> io::Result<()> {
    let mut begin = [0; 2];
    given.untrusted.rewind()?;
    let packed = given.untrusted.read_exact(&mut begin).is_ok() && begin == [0x1f, 0x8b];
    given.untrusted.rewind()?;
    let file = BufReader::with_capacity(256 << 10, &mut given.untrusted);
    if packed {
        records(&mut BufReader::new(flate2::bufread::MultiGzDecoder::new(file)), frames, answer)
    } else {
        records(&mut { file }, frames, answer)
    }
}

/// Reads record after record; what ends early keeps what came before.
///
/// # Errors
/// Nobody takes it.
pub(crate) fn records<R: BufRead>(
    untrusted: &mut R,
    frames: &mut Frames<'_>,
    answer: &mut Answer,
) -> io::Result<()> {
    let (mut count, mut first, mut last) = (0u64, None::<String>, None::<String>);
    loop {
        let head = match head(untrusted) {
            Ok(Some(head)) => head,
            Ok(None) => break,
            Err(_) => {
                answer.because(if count == 0 { Reason::Damaged } else { Reason::EndsEarly });
                break;
            }
        };
        let Some(length) = head.value("content-length").and_then(|length| length.parse::<u64>().ok()) else {
            answer.because(Reason::Damaged);
            break;
        };
        count += 1;
        let date = head.value("warc-date").map(str::to_owned);
        if date.is_some() && (first.is_none() || date < first) {
            first.clone_from(&date);
        }
        last = last.max(date.clone());
        let mut block = untrusted.by_ref().take(length);
        let kind = head.value("warc-type").unwrap_or_default();
        let address = head.value("warc-target-uri").unwrap_or_default().trim_matches(['<', '>']).to_owned();
        if matches!(kind, "response" | "resource") && !address.is_empty() {
            let modified =
                date.and_then(|date| date.parse::<jiff::Timestamp>().ok()).map(|time| time.as_second());
            let says = Member { modified, utc: true, mode: 0o644, ..Member::default() };
            let media = head.value("content-type").unwrap_or_default();
            let whole = if kind == "response" && media.starts_with("application/http") {
                response(&mut block, address.as_bytes(), says, frames)?
            } else {
                frames.member(address.as_bytes(), says, &mut Exact { left: length, inner: &mut block })?
            };
            if !whole {
                answer.because(Reason::Damaged);
            }
        }
        if io::copy(&mut block, &mut io::sink()).is_err() || block.limit() > 0 {
            answer.because(Reason::EndsEarly);
            break;
        }
    }
    answer.fact("warc.records", count);
    for (name, time) in [("warc.first", first), ("warc.last", last)] {
        if let Some(time) = time {
            answer.fact(name, time);
        }
    }
    Ok(())
}

/// The body of a server's answer: pieces put together and unpacked, where its head says so.
fn response<R: BufRead>(
    block: &mut io::Take<&mut R>,
    address: &[u8],
    says: Member,
    frames: &mut Frames<'_>,
) -> io::Result<bool> {
    let Ok(Some(head)) = head(block) else {
        return frames.member(address, says, &mut Damaged);
    };
    let has =
        |name: &str, word: &str| head.value(name).is_some_and(|value| value.to_lowercase().contains(word));
    // Many programs keep what they had unpacked already, and leave the head as the server sent it.
    let chunked = has("transfer-encoding", "chunked") && block.fill_buf().is_ok_and(is_size);
    let left = block.limit();
    let body: &mut dyn Read = if chunked {
        &mut Chunks { inner: block, left: 0, state: State::Size }
    } else {
        &mut Exact { left, inner: block }
    };
    let mut body = BufReader::new(body);
    let begin: Vec<u8> =
        body.fill_buf().map(|begin| begin.iter().copied().take(2).collect()).unwrap_or_default();
    match &begin[..] {
        [0x1f, 0x8b] if has("content-encoding", "gzip") => {
            frames.member(address, says, &mut flate2::read::MultiGzDecoder::new(body))
        }
        [0x78, _] if has("content-encoding", "deflate") => {
            frames.member(address, says, &mut flate2::read::ZlibDecoder::new(body))
        }
        _ if has("content-encoding", "br") && body.fill_buf().is_ok_and(is_brotli) => {
            frames.member(address, says, &mut Decompressor::new(body, BROTLI))
        }
        _ => frames.member(address, says, &mut body),
    }
}

/// Whether this may begin a stream of brotli, which has no mark: as far as it goes, nothing in it is amiss.
fn is_brotli(begin: &[u8]) -> bool {
    let mut rest = Rest { bytes: begin, is_over: false };
    let read = io::copy(&mut Decompressor::new(&mut rest, BROTLI), &mut io::sink());
    !begin.is_empty() && (read.is_ok() || rest.is_over)
}

/// Bytes, and whether more than them was asked for: only then a decoder missed what follows.
struct Rest<'a> {
    bytes: &'a [u8],
    is_over: bool,
}

impl Read for Rest<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.is_over |= self.bytes.is_empty();
        self.bytes.read(buffer)
    }
}

/// Whether the length of a piece stands here: hexadecimal digits, and the end of the line or a remark.
fn is_size(begin: &[u8]) -> bool {
    let digits = begin.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    (1..=16).contains(&digits) && matches!(begin.get(digits), Some(b'\r' | b'\n' | b';' | b' '))
}

/// Lines of `name: value`, up to an empty one.
struct Head(Vec<(String, String)>);

impl Head {
    fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }
}

/// The next head; none at the end.
fn head(untrusted: &mut dyn BufRead) -> io::Result<Option<Head>> {
    let mut found = Head(Vec::new());
    let mut begun = false;
    for _ in 0..LINES {
        let mut line = Vec::new();
        (&mut *untrusted).take(LINE).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return if begun { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(None) };
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        match (text.is_empty(), begun) {
            // Empty lines stand between records.
            (true, false) => {}
            (true, true) => return Ok(Some(found)),
            (false, false) if text.starts_with("WARC/") || text.starts_with("HTTP/") => begun = true,
            (false, false) => return Err(io::ErrorKind::InvalidData.into()),
            (false, true) => {
                if let Some((name, value)) = text.split_once(':') {
                    found.0.push((name.trim().to_lowercase(), value.trim().to_owned()));
                }
            }
        }
    }
    Err(io::ErrorKind::InvalidData.into())
}

/// Bytes of known length: an early end is an error.
struct Exact<'a> {
    left: u64,
    inner: &'a mut dyn Read,
}

impl Read for Exact<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let got = self.inner.read(buffer.get_mut(..most).unwrap_or_default())?;
        if got == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= got as u64;
        Ok(got)
    }
}

enum State {
    Size,
    Data,
    Over,
}

/// A body in pieces, each behind its length in hexadecimal digits (RFC 9112, 7.1).
struct Chunks<'a> {
    inner: &'a mut dyn BufRead,
    left: u64,
    state: State,
}

impl Read for Chunks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.state {
                State::Over => return Ok(0),
                State::Size => {
                    let mut line = Vec::new();
                    (&mut *self.inner).take(LINE).read_until(b'\n', &mut line)?;
                    let text = String::from_utf8_lossy(&line);
                    let digits = text.trim().split(';').next().unwrap_or_default().trim();
                    self.left = u64::from_str_radix(digits, 16).map_err(|_| io::ErrorKind::InvalidData)?;
                    self.state = if self.left == 0 { State::Over } else { State::Data };
                }
                State::Data if self.left == 0 => {
                    let mut line = Vec::new();
                    (&mut *self.inner).take(2).read_until(b'\n', &mut line)?;
                    self.state = State::Size;
                }
                State::Data => {
                    let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
                    let got = self.inner.read(buffer.get_mut(..most).unwrap_or_default())?;
                    if got == 0 && most > 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    self.left -= got as u64;
                    return Ok(got);
                }
            }
        }
    }
}

/// Cannot be read.
struct Damaged;

impl Read for Damaged {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::InvalidData.into())
    }
}
