//! Takes out what is contained in zips, 7z, RARs, mails, mailboxes and captures of the web.

use std::io::{self, BufReader, Seek as _};

use vidimus_model::{End, FoundPath, NotContained, NotContainedReason, Reason};

use super::answer::{Answer, Frames};
use super::{Given, mail, outlook, unrar, unseven, unzip, warc};
use crate::kind::Kind;

/// Hands the members over, one after another.
///
/// # Errors
/// Nobody takes them.
pub(super) fn take_out(given: &mut Given, frames: &mut Frames<'_>) -> io::Result<Answer> {
    let passwords = given.passwords();
    let mut answer = Answer::default();
    match given.kind(0) {
        Some(Kind::Zip | Kind::Wacz) => unzip::take_out(given, &passwords, frames, &mut answer)?,
        Some(Kind::SevenZip) => unseven::take_out(given, &passwords, frames, &mut answer)?,
        Some(Kind::Rar) => unrar::take_out(given, &passwords, &mut answer)?,
        Some(Kind::Mail | Kind::Mhtml) => mail::take_out(&super::document::whole(given)?, frames)?,
        Some(Kind::Mbox) => {
            given.untrusted.rewind()?;
            mail::split(&mut BufReader::with_capacity(256 << 10, &mut given.untrusted), frames)?;
        }
        Some(Kind::Msg) => outlook::take_out(&mut given.untrusted, frames, &mut answer)?,
        Some(Kind::Warc) => warc::take_out(given, frames, &mut answer)?,
        _ => return Err(io::ErrorKind::InvalidInput.into()),
    }
    Ok(answer)
}

impl Answer {
    /// Something in it is no item, and why.
    pub(super) fn not_taken(&mut self, path: &[u8], reason: NotContainedReason) {
        if self.not_taken.len() < 2000 {
            let untrusted_path = FoundPath::new(path).to_text().chars().take(400).collect();
            self.not_taken.push(NotContained { untrusted_path, reason });
        }
    }

    /// Why not all came out of it; the first reason stays.
    pub(super) fn because(&mut self, reason: Reason) {
        self.end = Some(End::Partly);
        self.reason = self.reason.or(Some(reason));
    }
}
