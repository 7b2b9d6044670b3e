//! Serves one file's bytes where they are asked for: the few answers that the kernel's FUSE wants of a file that is
//! only read (`include/uapi/linux/fuse.h`, version 7.31 of the protocol).
//!
//! The mount's root is the file itself, so there are no names and no folders. The questions come from the kernel,
//! but a hostile process chose what is asked.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;

use crate::input::View;

/// The kernel writes one question at a time, and no question here is longer: it refuses smaller buffers.
const QUESTION: usize = 8192 + HEADER;
const HEADER: usize = 40;
/// The most that is read at once: 256 pages.
const PIECE: u32 = 256 * 4096;
/// The file, which is the root of its mount.
const NODE: u64 = 1;

const FORGET: u32 = 2;
const GETATTR: u32 = 3;
const OPEN: u32 = 14;
const READ: u32 = 15;
const STATFS: u32 = 17;
const RELEASE: u32 = 18;
const FLUSH: u32 = 25;
const INIT: u32 = 26;
const INTERRUPT: u32 = 36;
const DESTROY: u32 = 38;
const BATCH_FORGET: u32 = 42;

/// `FUSE_ASYNC_READ` and `FUSE_MAX_PAGES`: several questions at once, each for up to [`PIECE`] bytes.
const FLAGS: u32 = 1 | 1 << 22;
/// `FOPEN_KEEP_CACHE`: it never changes.
const KEEP: u32 = 2;
const DAY: u64 = 86400;

/// The kernel's end of a mount, and the file that is served there.
pub(crate) struct Served {
    device: OwnedFd,
    view: Watched,
    question: Vec<u8>,
    answer: Vec<u8>,
}

impl Served {
    pub fn new(device: OwnedFd, view: Box<dyn View + Send>) -> Served {
        let view = Watched { view, failed: false };
        Served { device, view, question: vec![0; QUESTION], answer: Vec::new() }
    }

    /// Whether the file could not be read somewhere: what the tool made of that is not the file's fault.
    pub fn failed(&self) -> bool {
        self.view.failed
    }

    /// Answers one question, if there is one. `false` where the mount is gone.
    ///
    /// # Errors
    /// The device fails.
    pub fn answer(&mut self) -> io::Result<bool> {
        let asked = match rustix::io::read(&self.device, &mut self.question[..]) {
            Ok(asked) => asked,
            Err(Errno::NODEV) => return Ok(false),
            // Its asker was ended meanwhile, or nothing is asked yet.
            Err(Errno::NOENT | Errno::INTR | Errno::AGAIN) => return Ok(true),
            Err(error) => return Err(error.into()),
        };
        let Some(untrusted) = self.question.get(..asked) else { return Ok(true) };
        if !answer(untrusted, &mut self.view, &mut self.answer) {
            return Ok(true);
        }
        match rustix::io::write(&self.device, &self.answer) {
            // Nobody waits for it any more.
            Ok(_) | Err(Errno::NOENT) => Ok(true),
            Err(Errno::NODEV) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Remembers that it failed.
struct Watched {
    view: Box<dyn View + Send>,
    failed: bool,
}

impl View for Watched {
    fn length(&self) -> u64 {
        self.view.length()
    }

    fn read_exact_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.view.read_exact_at(offset, buffer).inspect_err(|_| self.failed = true)
    }
}

impl AsFd for Served {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.device.as_fd()
    }
}

/// Puts the answer together; `false` where none is wanted.
fn answer(untrusted: &[u8], view: &mut dyn View, answer: &mut Vec<u8>) -> bool {
    answer.clear();
    let (Some(operation), Some(unique), Some(node)) =
        (number(untrusted, 4, 4), number(untrusted, 8, 8), number(untrusted, 16, 8))
    else {
        return false;
    };
    // A header whose length and error are known at the end.
    answer.extend([0; 8]);
    answer.extend(unique.to_le_bytes());
    let body = untrusted.get(HEADER..).unwrap_or_default();
    let done = match u32::try_from(operation).unwrap_or(u32::MAX) {
        FORGET | BATCH_FORGET | INTERRUPT => return false,
        INIT => begin(body, answer),
        _ if node != NODE => Err(Errno::NOENT),
        GETATTR => attributes(view.length(), answer),
        OPEN => open(body, answer),
        READ => read(body, view, answer),
        STATFS => space(answer),
        RELEASE | FLUSH | DESTROY => Ok(()),
        _ => Err(Errno::NOSYS),
    };
    if let Err(errno) = done {
        answer.truncate(16);
        set(answer, 4, &errno.raw_os_error().wrapping_neg().to_le_bytes());
    }
    let length = u32::try_from(answer.len()).expect("a piece and a header are far below four gigabytes");
    set(answer, 0, &length.to_le_bytes());
    true
}

type Done = Result<(), Errno>;

/// `fuse_init_out`
fn begin(body: &[u8], answer: &mut Vec<u8>) -> Done {
    let (Some(major), Some(ahead)) = (number(body, 0, 4), number(body, 8, 4)) else {
        return Err(Errno::PROTO);
    };
    if major != 7 {
        return Err(Errno::PROTO);
    }
    for value in [7, 31, u32::try_from(ahead).unwrap_or(0).min(PIECE), FLAGS] {
        answer.extend(value.to_le_bytes());
    }
    // How many questions may wait, and when that is called crowded.
    answer.extend(16u16.to_le_bytes());
    answer.extend(12u16.to_le_bytes());
    // Nothing larger than a page would ever be written; times are exact to the nanosecond.
    answer.extend(4096u32.to_le_bytes());
    answer.extend(1u32.to_le_bytes());
    answer.extend(256u16.to_le_bytes());
    answer.resize(16 + 64, 0);
    Ok(())
}

/// `fuse_attr_out`: a regular file that everybody may read, from 1970.
fn attributes(length: u64, answer: &mut Vec<u8>) -> Done {
    answer.extend(DAY.to_le_bytes());
    answer.extend([0; 8]);
    for value in [NODE, length, length.div_ceil(512), 0, 0, 0] {
        answer.extend(value.to_le_bytes());
    }
    answer.extend([0; 12]);
    for value in [0o100_444u32, 1, 0, 0, 0, 4096, 0] {
        answer.extend(value.to_le_bytes());
    }
    Ok(())
}

/// `fuse_open_out`
fn open(body: &[u8], answer: &mut Vec<u8>) -> Done {
    let how = number(body, 0, 4).ok_or(Errno::PROTO)?;
    // O_ACCMODE: only for reading.
    if how & 3 != 0 {
        return Err(Errno::ROFS);
    }
    answer.extend(0u64.to_le_bytes());
    answer.extend(KEEP.to_le_bytes());
    answer.extend([0; 4]);
    Ok(())
}

fn read(body: &[u8], view: &mut dyn View, answer: &mut Vec<u8>) -> Done {
    let (Some(offset), Some(size)) = (number(body, 8, 8), number(body, 16, 4)) else {
        return Err(Errno::PROTO);
    };
    let left = view.length().saturating_sub(offset);
    let size = usize::try_from(size.min(u64::from(PIECE)).min(left)).expect("a piece is a mebibyte");
    if size == 0 {
        return Ok(());
    }
    answer.resize(16 + size, 0);
    let room = answer.get_mut(16..).unwrap_or_default();
    view.read_exact_at(offset, room).map_err(|_| Errno::IO)
}

/// `fuse_statfs_out`: nothing is free.
fn space(answer: &mut Vec<u8>) -> Done {
    answer.extend([0; 40]);
    for value in [4096u32, 255, 4096] {
        answer.extend(value.to_le_bytes());
    }
    answer.resize(16 + 80, 0);
    Ok(())
}

/// A little-endian number of up to eight bytes; the machines that this runs on are little-endian.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<u64> {
    let found = bytes.get(at..at.checked_add(length)?)?;
    Some(found.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn set(bytes: &mut [u8], at: usize, value: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + value.len()) {
        place.copy_from_slice(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting;

    impl View for Counting {
        fn length(&self) -> u64 {
            1000
        }

        fn read_exact_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
            assert!(offset + buffer.len() as u64 <= 1000, "what is asked for ends before the end");
            for (place, byte) in (offset..).zip(buffer) {
                *byte = u8::try_from(place % 251).unwrap();
            }
            Ok(())
        }
    }

    /// What is answered to this operation on this node: the error, and the bytes behind the header.
    fn ask(operation: u32, node: u64, body: &[u8]) -> (i32, Vec<u8>) {
        let mut question = vec![0; 4];
        question.extend(operation.to_le_bytes());
        question.extend(77u64.to_le_bytes());
        question.extend(node.to_le_bytes());
        question.resize(HEADER, 0);
        question.extend(body);
        let mut answered = Vec::new();
        assert!(answer(&question, &mut Counting, &mut answered));
        assert_eq!(number(&answered, 0, 4), Some(answered.len() as u64));
        assert_eq!(number(&answered, 8, 8), Some(77));
        let error = i32::from_le_bytes(answered[4..8].try_into().unwrap());
        (error, answered.split_off(16))
    }

    fn piece(offset: u64, size: u32) -> (i32, Vec<u8>) {
        let mut body = vec![0; 8];
        body.extend(offset.to_le_bytes());
        body.extend(size.to_le_bytes());
        body.resize(40, 0);
        ask(READ, NODE, &body)
    }

    #[test]
    fn pieces_end_with_the_file_wherever_they_are_asked_for() {
        assert_eq!(piece(990, 100).1, (990u64..1000).map(|n| (n % 251) as u8).collect::<Vec<_>>());
        for (offset, size) in [(1000, 1), (u64::MAX, u32::MAX), (u64::MAX - 3, 8), (5000, 0)] {
            assert_eq!(piece(offset, size), (0, Vec::new()), "{offset} {size}");
        }
        assert_eq!(piece(0, u32::MAX).1.len(), 1000);
    }

    #[test]
    fn it_is_opened_for_reading_only_and_nothing_else_is_there() {
        assert_eq!(ask(OPEN, NODE, &0u32.to_le_bytes()).0, 0);
        for how in [1u32, 2, 0o1002] {
            assert_eq!(ask(OPEN, NODE, &how.to_le_bytes()).0, -Errno::ROFS.raw_os_error());
        }
        assert_eq!(ask(GETATTR, 2, &[]).0, -Errno::NOENT.raw_os_error());
        // LOOKUP, SETATTR, WRITE, IOCTL.
        for operation in [1, 4, 16, 39, 9999] {
            assert_eq!(ask(operation, NODE, &[0; 64]).0, -Errno::NOSYS.raw_os_error());
        }
    }

    #[test]
    fn answers_have_the_sizes_of_the_protocol() {
        let mut first = 7u32.to_le_bytes().to_vec();
        first.extend([44, 0, 0, 0, 0, 0, 2, 0]);
        first.resize(64, 0);
        assert_eq!(ask(INIT, 0, &first).1.len(), 64);
        assert_eq!(ask(GETATTR, NODE, &[]).1.len(), 104);
        assert_eq!(number(&ask(GETATTR, NODE, &[]).1, 24, 8), Some(1000));
        assert_eq!(ask(OPEN, NODE, &[0; 8]).1.len(), 16);
        assert_eq!(ask(STATFS, NODE, &[]).1.len(), 80);
    }

    #[test]
    fn a_question_that_is_cut_off_is_an_error_or_nothing() {
        let mut answered = Vec::new();
        for length in 0..24 {
            assert!(!answer(&vec![3; length], &mut Counting, &mut answered));
        }
        assert_eq!(ask(READ, NODE, &[0; 11]).0, -Errno::PROTO.raw_os_error());
        assert_eq!(ask(INIT, 0, &[7]).0, -Errno::PROTO.raw_os_error());
    }
}
