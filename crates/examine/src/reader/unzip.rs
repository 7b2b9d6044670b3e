//! Members of a zip: places that overlap are told, sums that do not fit are damage, locked ones are tried with passwords.

use std::collections::BTreeSet;
use std::io::{self, BufReader, Read, Seek};

use vidimus_model::{NotContainedReason, Reason};
use zip::ZipArchive;
use zip::read::ZipFile;
use zip::result::ZipError;

use super::Given;
use super::answer::{Answer, Frames, Member};

/// Hands the members over. What names something twice is left to libarchive, and the answer says [`Reason::NotSupported`]
/// then; so is what has lost its list, and the answer says [`Reason::EndsEarly`].
///
/// # Errors
/// Nobody takes them.
pub(super) fn take_out(
    given: &mut Given,
    passwords: &[Vec<u8>],
    frames: &mut Frames<'_>,
    answer: &mut Answer,
) -> io::Result<()> {
    let mut zip = match ZipArchive::new(BufReader::new(&mut given.untrusted)) {
        Ok(zip) if !zip.has_duplicate_names() => zip,
        Ok(_) => {
            *answer = Answer::failed(Reason::NotSupported);
            return Ok(());
        }
        Err(_) => {
            *answer = Answer::failed(Reason::EndsEarly);
            return Ok(());
        }
    };
    let mut places = BTreeSet::new();
    for index in 0..zip.len() {
        match open(&mut zip, index, passwords) {
            Ok(mut file) => {
                let path = file.name_raw().to_vec();
                if file.is_dir() {
                    continue;
                }
                let mode = file.unix_mode().unwrap_or(0o100_644);
                // Members that share their bytes unpack to any size.
                if !places.insert(file.header_start()) {
                    answer.because(Reason::TooManyBytes);
                    answer.not_taken(&path, NotContainedReason::Limit);
                } else if mode & 0o170_000 == 0o120_000 {
                    answer.not_taken(&path, NotContainedReason::Link);
                } else if matches!(mode & 0o170_000, 0o010_000 | 0o020_000 | 0o060_000 | 0o140_000) {
                    answer.not_taken(&path, NotContainedReason::Special);
                } else {
                    let says = Member { modified: modified(&file), mode: mode & 0o7777, ..Member::default() };
                    if !frames.member(&path, says, &mut file)? {
                        answer.because(Reason::Damaged);
                    }
                }
            }
            Err((path, reason)) => {
                answer.because(reason);
                let why = match reason {
                    Reason::NeedsPassword | Reason::WrongPassword => NotContainedReason::NeedsPassword,
                    _ => NotContainedReason::Damaged,
                };
                answer.not_taken(&path, why);
            }
        }
    }
    Ok(())
}

/// Opens a member, with the first password that opens it where it is locked.
fn open<'a, F: Read + Seek>(
    zip: &'a mut ZipArchive<F>,
    index: usize,
    passwords: &[Vec<u8>],
) -> Result<ZipFile<'a, F>, (Vec<u8>, Reason)> {
    let (path, locked) = match zip.by_index_raw(index) {
        Ok(file) => (file.name_raw().to_vec(), file.encrypted()),
        Err(_) => return Err((Vec::new(), Reason::Damaged)),
    };
    if locked {
        // Old locks let one password in 256 pass, so the sum at the end decides.
        let fits = |zip: &mut ZipArchive<F>, password: &&Vec<u8>| {
            let file = zip.by_index_decrypt(index, password.as_slice());
            file.is_ok_and(|mut file| io::copy(&mut file, &mut io::sink()).is_ok())
        };
        let Some(password) = passwords.iter().find(|password| fits(zip, password)) else {
            let reason = if passwords.is_empty() { Reason::NeedsPassword } else { Reason::WrongPassword };
            return Err((path, reason));
        };
        return zip.by_index_decrypt(index, password).map_err(|_| (path, Reason::WrongPassword));
    }
    zip.by_index(index).map_err(|error| match error {
        ZipError::UnsupportedArchive(_) => (path, Reason::NotSupported),
        _ => (path, Reason::Damaged),
    })
}

/// What the clock of the program that packed it showed, as seconds of a day without zone.
fn modified<F: Read>(file: &ZipFile<'_, F>) -> Option<i64> {
    let said = file.last_modified()?;
    let small = |number: u8| i8::try_from(number).ok();
    let time = jiff::civil::DateTime::new(
        i16::try_from(said.year()).ok()?,
        small(said.month())?,
        small(said.day())?,
        small(said.hour())?,
        small(said.minute())?,
        small(said.second())?,
        0,
    );
    Some(time.ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}
