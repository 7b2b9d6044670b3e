//! The stage `first`: what it is, facts, times and camera, one still.

use vidimus_model::{ClaimSource, End, FileSystemSays, Precision, Reason, TimeClaim, TimeOf, TimeZoneKnown};

use crate::kind::{Kind, ending};
use crate::reader::LOOK;
use crate::reader::answer::{self, Answer, Tag};
use crate::tools::OWN;
use crate::work::{Ran, Task, Work};

/// Looks at it.
pub(crate) fn run(work: &mut Work<'_>) {
    look(work);
    let path = work.subject.untrusted_path().to_vec();
    work.findings.kind = work.kind().map(|kind| kind.told(&path));
    let said = file_system(work.subject.file_system());
    work.findings.times.extend(said);
    let (times, cameras) = crate::claims::from_path(&path);
    work.findings.times.extend(times);
    work.findings.cameras.extend(cameras);
}

/// Tells the kind, which every stage needs, with a run that belongs to the stage at work.
pub(crate) fn look(work: &mut Work<'_>) {
    if work.subject.size() == 0 {
        work.set_kind(Kind::Empty);
        return;
    }
    let ending = ending(work.subject.untrusted_path()).unwrap_or_default();
    let ran = work.run(Task::new(OWN, &[LOOK, &ending]));
    if let Some(kind) = take(work, &ran).and_then(|answer| answer.kind) {
        work.set_kind(kind);
    }
}

/// Takes the reader's answer in; none where it gave none that can be read.
fn take(work: &mut Work<'_>, ran: &Ran) -> Option<Answer> {
    let mut untrusted = ran.untrusted_output();
    let mut found = None;
    while let Ok(Some((tag, bytes))) = answer::next(&mut untrusted) {
        match tag {
            Tag::Answer => found = serde_json::from_slice::<Answer>(&bytes).ok(),
        }
    }
    let Some(answer) = found else {
        if ran.is_done() {
            work.judge(ran.tool, End::Failed, Some(Reason::Crashed), None);
        }
        return None;
    };
    if let Some(end) = answer.end {
        work.judge(ran.tool, end, answer.reason, answer.said.as_deref());
    }
    for (name, value) in &answer.facts {
        work.fact(ran.tool, name, value);
    }
    Some(answer)
}

/// What the file system, or the container, says of times: claims like any other.
fn file_system(says: &FileSystemSays) -> Vec<TimeClaim> {
    let zone = match says.zone {
        TimeZoneKnown::Utc => Some(0),
        TimeZoneKnown::Unknown => None,
    };
    let claim = |field: &str, of, time: Option<jiff::Timestamp>| {
        let time = time?;
        Some(TimeClaim {
            source: ClaimSource::FileSystem,
            field: field.to_owned(),
            of,
            at: None,
            untrusted_text: time.to_string(),
            time: time.to_zoned(jiff::tz::TimeZone::UTC).datetime(),
            precision: Precision::Second,
            zone,
            confidence: None,
        })
    };
    let all =
        [claim("modified", TimeOf::Change, says.modified), claim("created", TimeOf::Change, says.created)];
    all.into_iter().flatten().collect()
}
