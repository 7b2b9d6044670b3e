//! Members of a 7z, also of a locked one.

use std::io::{self, BufReader};

use sevenz_rust2::{ArchiveReader, Error, Password};
use vidimus_model::{End, NotContainedReason, Reason};

use super::Given;
use super::answer::{Answer, Frames, Member};

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
    let mut tried: Vec<Password> = vec![Password::empty()];
    tried.extend(passwords.iter().filter_map(|word| Some(Password::from(std::str::from_utf8(word).ok()?))));
    let (mut given_up, mut taken) = (Reason::NeedsPassword, 0usize);
    for password in tried {
        let mut unanswered = None;
        let opened = ArchiveReader::new(BufReader::new(&mut given.untrusted), password);
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
                let says =
                    Member { modified: modified.filter(|_| utc), utc, mode: 0o644, ..Member::default() };
                let mut first = [0; 1];
                // A password that is wrong is seen by the first byte that is read, before anything is handed over.
                let got = if entry.size() == 0 { 0 } else { bytes.read(&mut first)? };
                let mut whole = io::Read::chain(first.get(..got).unwrap_or_default(), bytes);
                match frames.member(&path, says, &mut whole) {
                    Ok(true) => taken += 1,
                    Ok(false) => answer.because(Reason::Damaged),
                    Err(error) => {
                        unanswered = Some(error);
                        return Ok(false);
                    }
                }
                Ok(true)
            })
        });
        if let Some(error) = unanswered {
            return Err(error);
        }
        match done {
            Ok(()) => return Ok(()),
            Err(Error::PasswordRequired) => {}
            Err(Error::MaybeBadPassword(_)) => {
                if !passwords.is_empty() {
                    given_up = Reason::WrongPassword;
                }
            }
            Err(Error::UnsupportedCompressionMethod(_) | Error::Unsupported(_)) if taken == 0 => {
                given_up = Reason::NotSupported;
                break;
            }
            Err(_) => {
                given_up = Reason::Damaged;
                break;
            }
        }
        if taken > 0 {
            break;
        }
    }
    answer.reason = answer.reason.or(Some(given_up));
    answer.end = Some(if taken > 0 { End::Partly } else { End::Failed });
    Ok(())
}

/// From the tenths of microseconds since 1601 that Windows counts.
fn seconds(windows: u64) -> Option<i64> {
    let since_1601 = i64::try_from(windows / 10_000_000).ok()?;
    since_1601.checked_sub(11_644_473_600)
}
