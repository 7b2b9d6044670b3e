//! Locked documents, written out without their lock.

use std::io;

use lopdf::{Document, LoadOptions};
use vidimus_model::{End, Reason};

use super::answer::{Answer, Frames, Member};
use super::{Given, document, unoffice};
use crate::kind::Kind;
use crate::unlock::MOST;

/// Hands the open document over, as a member without a name; ends as nothing where it is not locked.
///
/// # Errors
/// Nobody takes it.
pub(super) fn hand_over(given: &mut Given, frames: &mut Frames<'_>) -> io::Result<Answer> {
    if given.size > MOST {
        return Ok(Answer::failed(Reason::TooManyBytes));
    }
    let passwords = given.passwords();
    let words: Vec<&str> = passwords.iter().filter_map(|word| std::str::from_utf8(word).ok()).collect();
    let opened = match given.kind(0) {
        Some(Kind::Pdf) => pdf(&document::whole(given)?, &words),
        Some(Kind::LockedOffice) => unoffice::open(&mut given.untrusted, &words).map(Some),
        _ => return Err(io::ErrorKind::InvalidInput.into()),
    };
    match opened {
        Ok(None) => Ok(Answer { end: Some(End::Nothing), ..Answer::default() }),
        Ok(Some(open)) => {
            frames.member(b"", Member::default(), &mut &open[..])?;
            Ok(Answer::default())
        }
        Err(reason) => Ok(Answer::failed(reason)),
    }
}

/// A PDF written anew; none where it is not locked, or only against being changed.
fn pdf(untrusted: &[u8], words: &[&str]) -> Result<Option<Vec<u8>>, Reason> {
    if !untrusted.windows(8).any(|name| name == b"/Encrypt") {
        return Ok(None);
    }
    let locked = Document::load_mem(untrusted).map_err(|_| Reason::Damaged)?;
    if !locked.is_encrypted() {
        return Ok(None);
    }
    let opens = |word: &&&str| locked.authenticate_password(word).is_ok();
    let word = words.iter().find(opens).ok_or(Reason::WrongPassword)?;
    let open = Document::load_mem_with_options(untrusted, LoadOptions::with_password(word));
    let mut open = open.map_err(|_| Reason::Damaged)?;
    let mut written = Vec::new();
    open.save_to(&mut written).map_err(|_| Reason::Damaged)?;
    Ok(Some(written))
}
