//! Members of a 7z, also of a locked one.

use std::io::{self, BufReader, Read as _, Seek as _};

use sevenz_rust2::{ArchiveReader, Error, Password};
use vidimus_model::{End, NotContainedReason, Reason};

use super::answer::{Answer, Frames, Member};
use super::{Behind, Given, holds};
use crate::kind::Kind;

/// Hands the members over. What needs a method that is not read here is left to libarchive: the answer says
/// [`Reason::NotSupported`] then.
///
/// # Errors
/// Nobody takes them.
pub(super) fn take_out(
    given: &mut Given,
    passwords: &[Vec<u8>],
    frames: &mut Frames<'_>,
    answer: &mut Answer,
) -> io::Result<()> {
    let begin = holds::begins_at(&mut given.untrusted, Kind::SevenZip)?;
    let mut untrusted = Behind::new(&given.untrusted, begin)?;
    if is_empty(&mut untrusted)? {
        return Ok(());
    }
    let password = match first_that_opens(&mut untrusted, passwords) {
        Ok(password) => password,
        Err(reason) => {
            *answer = Answer::failed(reason);
            return Ok(());
        }
    };
    let (mut unanswered, mut taken) = (None, 0usize);
    let opened = ArchiveReader::new(BufReader::new(&mut untrusted), password);
    let done = opened.and_then(|mut archive| {
        archive.set_thread_count(1);
        archive.for_each_entries(|entry, bytes| {
            let path = entry.name().as_bytes().to_vec();
            if entry.is_directory() {
                return Ok(true);
            }
            // The high half of these attributes is what Unix says of a file.
            let mode = entry.windows_attributes() >> 16;
            if mode & 0o170_000 == 0o120_000 {
                answer.not_taken(&path, NotContainedReason::Link);
                io::copy(bytes, &mut io::sink())?;
                return Ok(true);
            }
            let modified = seconds(u64::from(entry.last_modified_date()));
            let utc = entry.has_last_modified_date;
            let says = Member { modified: modified.filter(|_| utc), utc, mode: 0o644, ..Member::default() };
            match frames.member(&path, says, bytes) {
                Ok(true) => taken += 1,
                Ok(false) => answer.because(Reason::Damaged),
                Err(error) => {
                    unanswered = Some(error);
                    return Err(Error::Other("nobody takes it".into()));
                }
            }
            Ok(true)
        })
    });
    if let Some(error) = unanswered {
        return Err(error);
    }
    if let Err(error) = done {
        answer.reason = answer.reason.or(Some(reason(&error)));
        answer.end = Some(if taken > 0 { End::Partly } else { End::Failed });
    }
    Ok(())
}

/// Whether its head says that it lists nothing.
fn is_empty(untrusted: &mut Behind) -> io::Result<bool> {
    let mut head = Vec::new();
    untrusted.rewind()?;
    untrusted.by_ref().take(32).read_to_end(&mut head)?;
    Ok(head.get(20..28) == Some(&[0; 8]))
}

/// The password with which the first member is read right, before anything is handed over: of some methods a wrong one is
/// seen by nothing but the sum at the end.
fn first_that_opens(untrusted: &mut Behind, passwords: &[Vec<u8>]) -> Result<Password, Reason> {
    match first_member(untrusted, Password::empty(), 1) {
        Err(Error::PasswordRequired | Error::MaybeBadPassword(_)) => {}
        Err(error) if reason(&error) == Reason::NotSupported => return Err(Reason::NotSupported),
        // What is damaged is told where it is met.
        Ok(()) | Err(_) => return Ok(Password::empty()),
    }
    let mut words = passwords.iter().filter_map(|word| std::str::from_utf8(word).ok());
    let opens = |word: &&str| first_member(untrusted, Password::from(*word), u64::MAX).is_ok();
    let none = if passwords.is_empty() { Reason::NeedsPassword } else { Reason::WrongPassword };
    words.find(opens).map(Password::from).ok_or(none)
}

/// Reads the beginning of the first member that holds something.
fn first_member(untrusted: &mut Behind, password: Password, most: u64) -> Result<(), Error> {
    let mut archive = ArchiveReader::new(BufReader::new(untrusted), password)?;
    archive.set_thread_count(1);
    let mut read = false;
    let done = archive.for_each_entries(|entry, bytes| {
        if entry.size() > 0 {
            io::copy(&mut bytes.take(most), &mut io::sink())?;
            read = true;
            // Anything but an error goes on with the next block.
            return Err(Error::Other("enough".into()));
        }
        Ok(true)
    });
    if read { Ok(()) } else { done }
}

fn reason(error: &Error) -> Reason {
    match error {
        Error::PasswordRequired | Error::MaybeBadPassword(_) => Reason::NeedsPassword,
        Error::UnsupportedCompressionMethod(_) | Error::Unsupported(_) => Reason::NotSupported,
        _ => Reason::Damaged,
    }
}

/// From the tenths of microseconds since 1601 that Windows counts.
fn seconds(windows: u64) -> Option<i64> {
    let since_1601 = i64::try_from(windows / 10_000_000).ok()?;
    since_1601.checked_sub(11_644_473_600)
}
