//! The stage `members`: what is in containers, mailboxes, mails and captures of the web, one after another.

mod kept;
mod libarchive;
mod post;
pub(crate) mod tar;

use std::time::Duration;

use vidimus_model::{End, Reason};
use vidimus_sandbox::Limits;

use crate::kind::Kind;
use crate::outside;
use crate::reader::MEMBERS;
use crate::reader::answer::Answer;
use crate::subject::Volume;
use crate::tools::OWN;
use crate::work::{Task, Work};
use kept::Keeps;

/// Takes out what is contained.
pub(crate) fn run(work: &mut Work<'_>) {
    let Some(kind) = work.kind() else { return };
    match work.subject.volume() {
        Volume::Only => alone(work, kind),
        Volume::First(all) => {
            let first = std::mem::replace(&mut work.subject, all);
            joined(work, kind);
            work.subject = first;
        }
        Volume::Behind => {}
    }
}

/// Takes out what all volumes together contain; what is no container comes out as the file that was cut in pieces.
fn joined(work: &mut Work<'_>, kind: Kind) {
    if kind == Kind::Unknown {
        return;
    }
    if work.options.limits.depth == 0 {
        work.not_done(OWN, Reason::TooDeep);
    } else if kind == Kind::Rar {
        // Each volume has a head of its own, and libarchive knows where one goes on in the next.
        libarchive::run(work, kind);
    } else if is_container(kind) {
        alone(work, kind);
    } else {
        libarchive::one(work);
    }
}

fn alone(work: &mut Work<'_>, kind: Kind) {
    if !is_container(kind) {
        return;
    }
    if work.options.limits.depth == 0 {
        work.not_done(OWN, Reason::TooDeep);
    } else if kind == Kind::Pst {
        post::mailbox(work);
    } else if has_own_reader(kind) {
        by_own_reader(work, kind);
    } else {
        libarchive::run(work, kind);
    }
}

fn is_container(kind: Kind) -> bool {
    has_own_reader(kind) || libarchive::reads(kind) || kind == Kind::Pst
}

fn has_own_reader(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Zip
            | Kind::Wacz
            | Kind::SevenZip
            | Kind::Rar
            | Kind::Mail
            | Kind::Mhtml
            | Kind::Msg
            | Kind::Mbox
            | Kind::Warc
    )
}

/// How long unpacking may take, by how much it may give: a large container holds hours of film, and a small one that goes
/// round in circles is left soon.
pub(crate) fn limits(work: &Work<'_>) -> Limits {
    let bytes = kept::most_bytes(work);
    let cpu = Duration::from_secs(20 + bytes / (20 << 20));
    // Behind it a disk may be slow, and the sink seals what it is given.
    let output = bytes.saturating_add(bytes / 8 + (64 << 20));
    Limits { wall: cpu * 4, cpu, memory: 2 << 30, output, ..Limits::default() }
}

fn by_own_reader(work: &mut Work<'_>, kind: Kind) {
    let passwords = work.options.password_words();
    let secrets: Vec<&str> = passwords.iter().map(String::as_str).collect();
    let arguments = [MEMBERS, kind.media_type()];
    let limits = limits(work);
    let task = Task { secrets: &secrets, limits, ..Task::new(OWN, &arguments) };
    let (ran, (mut keeps, answer)) = work.run_through(task, |work, mut through| {
        let mut keeps = Keeps::new(work);
        let answer = keeps.frames(work, &mut through);
        (keeps, answer)
    });
    // What it names and cannot read, such as members that go on in another volume, nobody else reads either.
    let nothing =
        |answer: &&Answer| keeps.is_untouched() && (kind != Kind::Rar || answer.not_taken.is_empty());
    let reason = answer.as_ref().filter(nothing).and_then(|answer| answer.reason);
    if matches!(kind, Kind::Zip | Kind::Wacz | Kind::SevenZip | Kind::Rar) {
        match reason {
            Some(Reason::NotSupported) => {
                work.judge(ran.tool, End::Nothing, None, None);
                return libarchive::run(work, kind);
            }
            Some(Reason::EndsEarly) => {
                // What went wrong stays told, whatever can still be taken out without the list.
                work.judge(ran.tool, End::Failed, reason, None);
                return libarchive::run(work, kind);
            }
            _ => {}
        }
    }
    if let Some(answer) = &answer {
        outside::note(work, ran.tool, answer, ran.is_done());
        keeps.not_taken(work, &answer.not_taken);
    } else if ran.is_done() {
        work.judge(ran.tool, End::Failed, Some(Reason::Crashed), None);
    }
    keeps.judge(work, &ran);
}
