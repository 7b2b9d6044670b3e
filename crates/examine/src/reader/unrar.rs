//! Members of a RAR, also of a locked one.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

use rars::{
    Archive, ArchiveFamily, ArchiveMember, ArchiveReadOptions, ArchiveReader, AttrSource, Error, ErrorKind,
    ExtractionDecision, ExtractionErrorAction,
};
use vidimus_model::{End, NotContainedReason, Reason};

use super::answer::{Answer, Frames, Member, Tag};
use super::{Behind, Given, Output, holds};
use crate::kind::Kind;

/// What decoding may hold at once: the largest dictionary of usual programs, and room beside it.
const WORKSPACE: u64 = 1280 << 20;
/// Members of RAR 5 up to this are decoded whole before they are handed over.
const BUFFERED: u64 = 64 << 20;

/// Hands the members over, with the first password that opens it where it is locked. What cannot be read as a RAR at all is
/// left to libarchive: the answer says [`Reason::NotSupported`] then.
///
/// # Errors
/// Nobody takes them.
pub(super) fn take_out(given: &mut Given, passwords: &[Vec<u8>], answer: &mut Answer) -> io::Result<()> {
    // A program that unpacks itself may have the mark of a RAR in it, which is none.
    let begin = holds::begins_at(&mut given.untrusted, Kind::Rar)?;
    let (archive, password) = match opened(&given.untrusted, begin, passwords) {
        Ok(opened) => opened,
        Err(reason) => {
            *answer = Answer::failed(reason);
            return Ok(());
        }
    };
    let taking = Rc::new(RefCell::new(Taking::into(given.output.clone(), password.is_some())));
    let done = archive.extract_with_control_and_errors(
        options(password),
        |member| {
            taking.borrow_mut().close()?;
            let decision = taking.borrow_mut().begin(member);
            Ok(decision.unwrap_or_else(|| ExtractionDecision::Extract(Box::new(Into(Rc::clone(&taking))))))
        },
        |_, error| {
            taking.borrow_mut().spoil(reason(error))?;
            Ok(ExtractionErrorAction::Continue)
        },
    );
    let mut taking = taking.borrow_mut();
    match done {
        Ok(_) => taking.close()?,
        Err(error) => {
            let reason = reason(&error);
            taking.spoil(reason)?;
            taking.answer.because(reason);
        }
    }
    *answer = std::mem::take(&mut taking.answer);
    if taking.taken == 0 && answer.reason.is_some() {
        answer.end = Some(End::Failed);
    }
    Ok(())
}

/// The archive, and the first password that opens it where it is locked. Old locks let every password pass, and the sum of
/// the first locked member decides.
fn opened<'a>(
    untrusted: &Arc<File>,
    begin: u64,
    passwords: &'a [Vec<u8>],
) -> Result<(Archive, Option<&'a [u8]>), Reason> {
    let read = |password| {
        let file = Behind::new(untrusted, begin).map_err(Error::from)?;
        ArchiveReader::read_reader_with_options(file, options(password))
    };
    let named = match read(None) {
        Ok(archive) if !archive.members().any(|member| member.meta.is_encrypted) => {
            return Ok((archive, None));
        }
        Ok(archive) => Some(archive),
        Err(error) if is_locked(&error) => None,
        Err(_) => return Err(Reason::NotSupported),
    };
    for password in passwords {
        let Ok(archive) = read(Some(password)) else { continue };
        match first_locked(&archive, password) {
            Ok(()) => return Ok((archive, Some(password))),
            // Of newer locks a wrong password is told as one: what else goes wrong is damage, which is told where it is met.
            Err(error) if archive.family() == ArchiveFamily::Rar50Plus && !is_locked(&error) => {
                return Ok((archive, Some(password)));
            }
            Err(_) => {}
        }
    }
    // Some members may lie beside the locked ones.
    let open = named.filter(|archive| archive.members().any(|member| is_open_file(&member)));
    let reason = if passwords.is_empty() { Reason::NeedsPassword } else { Reason::WrongPassword };
    open.map(|archive| (archive, None)).ok_or(reason)
}

fn is_open_file(member: &ArchiveMember) -> bool {
    !member.meta.is_encrypted && !member.meta.is_directory
}

fn options(password: Option<&[u8]>) -> ArchiveReadOptions<'_> {
    ArchiveReadOptions::with_optional_password(password)
        .with_max_reader_workspace_bytes(WORKSPACE)
        .with_rar50_buffered_decode_limit(BUFFERED)
}

/// Reads the first locked member that holds something, to nowhere.
fn first_locked(archive: &Archive, password: &[u8]) -> Result<(), Error> {
    let is_solid = archive.members().any(|member| member.is_solid());
    let mut met = false;
    let done = archive.extract_with_control(options(Some(password)), |member| {
        if met {
            return Ok(ExtractionDecision::Stop);
        }
        met = member.meta.is_encrypted && member.meta.unpacked_size > 0;
        let reads = !member.meta.is_directory && !member.meta.is_redirection && (met || is_solid);
        Ok(if reads { ExtractionDecision::Extract(Box::new(io::sink())) } else { ExtractionDecision::Skip })
    });
    done.map(|_| ())
}

fn is_locked(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::PasswordRequired | ErrorKind::BadPassword)
}

fn reason(error: &Error) -> Reason {
    match error.kind() {
        ErrorKind::PasswordRequired | ErrorKind::BadPassword => Reason::WrongPassword,
        ErrorKind::UnsupportedFormat | ErrorKind::UnsupportedFeature => Reason::NotSupported,
        ErrorKind::ResourceLimit => Reason::TooMuchMemory,
        _ => Reason::Damaged,
    }
}

/// The members that were handed over, and the one that is.
struct Taking {
    output: Output,
    answer: Answer,
    /// Whether locked members can be opened.
    has_password: bool,
    /// A member of which nothing was written yet.
    named: Option<(Vec<u8>, Member)>,
    /// Whether a member was begun and has no end yet.
    open: bool,
    taken: usize,
}

impl Taking {
    fn into(output: Output, has_password: bool) -> Taking {
        Taking { output, answer: Answer::default(), has_password, named: None, open: false, taken: 0 }
    }

    /// The next member; none where its bytes are to be handed over.
    fn begin(&mut self, member: &ArchiveMember) -> Option<ExtractionDecision> {
        let path = path(member);
        if member.meta.is_directory {
            return Some(ExtractionDecision::Skip);
        }
        if member.meta.is_redirection {
            self.answer.not_taken(&path, NotContainedReason::Link);
            return Some(ExtractionDecision::Skip);
        }
        if mode(member) & 0o170_000 == 0o120_000 {
            // Of a solid archive nothing may be passed over.
            self.answer.not_taken(&path, NotContainedReason::Link);
            return Some(ExtractionDecision::Extract(Box::new(io::sink())));
        }
        if member.meta.is_split_before || member.meta.is_split_after {
            self.answer.because(Reason::NotSupported);
            self.answer.not_taken(&path, NotContainedReason::Damaged);
            return Some(ExtractionDecision::Skip);
        }
        if member.meta.is_encrypted && !self.has_password {
            self.answer.because(Reason::NeedsPassword);
            self.answer.not_taken(&path, NotContainedReason::NeedsPassword);
            return Some(ExtractionDecision::Skip);
        }
        self.named = Some((path, says(member)));
        None
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut frames = Frames::new(&mut self.output);
        if let Some((path, says)) = self.named.take() {
            frames.begin(&path, says)?;
            self.open = true;
        }
        bytes.chunks(1 << 20).try_for_each(|piece| frames.put(Tag::Piece, piece))
    }

    /// The member at work is whole.
    fn close(&mut self) -> io::Result<()> {
        if self.named.is_some() {
            self.write(&[])?;
        }
        if std::mem::take(&mut self.open) {
            self.taken += 1;
            Frames::new(&mut self.output).put(Tag::End, &[])?;
        }
        Ok(())
    }

    /// The member at work is not.
    fn spoil(&mut self, reason: Reason) -> io::Result<()> {
        if let Some((path, _)) = self.named.take() {
            let why = match reason {
                Reason::WrongPassword => NotContainedReason::NeedsPassword,
                _ => NotContainedReason::Damaged,
            };
            self.answer.because(reason);
            self.answer.not_taken(&path, why);
        }
        if std::mem::take(&mut self.open) {
            self.answer.because(reason);
            Frames::new(&mut self.output).put(Tag::End, &[1])?;
        }
        Ok(())
    }
}

/// Where the decoder writes.
struct Into(Rc<RefCell<Taking>>);

impl Write for Into {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Its path, with the slashes of Unix: programs of before RAR 5 wrote those of Windows.
fn path(member: &ArchiveMember) -> Vec<u8> {
    let slash = |byte: &u8| if *byte == b'\\' { b'/' } else { *byte };
    match member.meta.family {
        ArchiveFamily::Rar50Plus => member.meta.name.clone(),
        _ => member.meta.name.iter().map(slash).collect(),
    }
}

/// What Unix says of it; a file's usual mode where it was packed elsewhere.
fn mode(member: &ArchiveMember) -> u32 {
    match member.meta.attr_source() {
        AttrSource::Unix => u32::try_from(member.meta.file_attr).unwrap_or(0o100_644),
        _ => 0o100_644,
    }
}

fn says(member: &ArchiveMember) -> Member {
    let utc = member.meta.family == ArchiveFamily::Rar50Plus;
    let modified = member.meta.file_time.and_then(|time| if utc { Some(i64::from(time)) } else { dos(time) });
    Member { modified, utc: utc && modified.is_some(), mode: mode(member) & 0o7777, ..Member::default() }
}

/// What the clock of the program that packed it showed, as seconds of a day without zone.
fn dos(time: u32) -> Option<i64> {
    let part = |from: u32, bits: u32| i8::try_from(time >> from & ((1 << bits) - 1)).ok();
    let year = i16::try_from(1980 + (time >> 25)).ok()?;
    let (month, day) = (part(21, 4)?, part(16, 5)?);
    let (hour, minute, second) = (part(11, 5)?, part(5, 6)?, part(0, 5)? * 2);
    let time = jiff::civil::DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}
