//! Opens a locked document with the passwords that were given, once, for every stage that follows.
//!
//! Our own reader does it: tools of the system take passwords as arguments only, which everybody on the machine can list.

use std::io::Read as _;
use std::time::Duration;

use vidimus_model::{End, Reason};
use vidimus_sandbox::Limits;

use crate::kind::Kind;
use crate::reader::UNLOCK;
use crate::reader::answer::{self, Answer, Pieces, Tag};
use crate::tools::OWN;
use crate::work::{Ran, Task, Work};

/// The largest document that is opened, locked or not: it is held in memory.
pub(crate) const MOST: u64 = 256 << 20;

/// Whether it was locked and is not any more. Why a lock stays closed is told by the stages that it closes.
pub(crate) fn run(work: &mut Work<'_>, kind: Kind) -> bool {
    if !matches!(kind, Kind::Pdf | Kind::LockedOffice) || work.options.passwords.is_empty() {
        return false;
    }
    let passwords = work.options.password_words();
    let secrets: Vec<&str> = passwords.iter().map(String::as_str).collect();
    let arguments = [UNLOCK, kind.media_type()];
    // Each password costs a good part of a second by design.
    let cpu = Duration::from_secs(30 + secrets.len() as u64);
    let limits = Limits { wall: cpu * 4, cpu, memory: 3 << 30, output: MOST * 2, ..Limits::default() };
    let ran = work.run(Task { secrets: &secrets, limits, ..Task::new(OWN, &arguments) });
    let (untrusted, reason) = opened(work, &ran);
    if untrusted.is_none() {
        work.lock = reason;
        work.judge(ran.tool, End::Nothing, None, None);
        return false;
    }
    work.fact(ran.tool, "unlocked", "true");
    work.unlocked = untrusted;
    true
}

/// The open document, or why there is none; neither where nothing was locked.
fn opened(work: &Work<'_>, ran: &Ran) -> (Option<Vec<u8>>, Option<Reason>) {
    let mut untrusted = ran.untrusted_output();
    let mut found = None;
    while let Ok(Some((tag, bytes))) = answer::next(&mut untrusted) {
        match tag {
            Tag::Begin => {
                let mut whole = Vec::new();
                let read = Pieces::new(&mut untrusted).read_to_end(&mut whole);
                found = read.is_ok().then_some(whole);
            }
            Tag::Answer if ran.is_done() => {
                let answer = serde_json::from_slice::<Answer>(&bytes).unwrap_or_default();
                return (found.filter(|_| answer.end.is_none()), answer.reason);
            }
            _ => break,
        }
    }
    (None, ran.reason(work).or(Some(Reason::Crashed)))
}
