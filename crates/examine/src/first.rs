//! The stage `first`: what it is, facts, times and camera, one still.

use vidimus_model::{ClaimSource, FileSystemSays, Precision, TimeClaim, TimeOf, TimeZoneKnown};
use vidimus_sandbox::Limits;

use crate::kind::{Kind, ending};
use crate::reader::LOOK;
use crate::tools::OWN;
use crate::work::{Task, Work};
use crate::{outside, pdf, unlock};

/// Looks at it.
pub(crate) fn run(work: &mut Work<'_>) {
    let path = work.subject.untrusted_path().to_vec();
    work.findings.kind = look(work, true).map(|kind| kind.told(&path));
    let said = file_system(work.subject.file_system());
    work.findings.times.extend(said);
    let (times, cameras) = crate::claims::from_path(&path);
    work.findings.times.extend(times);
    work.findings.cameras.extend(cameras);
    if work.kind() == Some(Kind::Pdf) {
        pdf::facts(work);
    }
}

/// Tells the kind, which every stage needs; facts and a still only where they are asked for. What was locked is looked at
/// behind its lock too, and what is there is the kind for the stages that follow.
pub(crate) fn look(work: &mut Work<'_>, facts: bool) -> Option<Kind> {
    work.looks();
    if work.subject.size() == 0 {
        work.set_kind(Kind::Empty);
        return work.kind();
    }
    let kind = by_content(work, facts)?;
    work.set_kind(kind);
    if unlock::run(work, kind)
        && kind == Kind::LockedOffice
        && let Some(behind) = by_content(work, facts)
    {
        work.set_kind(behind);
    }
    Some(kind)
}

fn by_content(work: &mut Work<'_>, facts: bool) -> Option<Kind> {
    let ending = ending(work.subject.untrusted_path()).unwrap_or_default();
    let pixels = work.options.limits.pixels.to_string();
    let arguments = [LOOK, &ending, if facts { "facts" } else { "" }, &pixels];
    let limits = Limits { memory: 3 << 30, ..Limits::default() };
    let ran = work.run(Task { limits, ..Task::new(OWN, &arguments) });
    outside::take(work, &ran).and_then(|answer| answer.kind)
}

/// What the file system, or the container, says of times: claims like any other.
fn file_system(says: &FileSystemSays) -> Vec<TimeClaim> {
    let zone = match says.zone {
        TimeZoneKnown::Utc => Some(0),
        TimeZoneKnown::Unknown => None,
    };
    let claim = |field: &str, of, time: Option<jiff::Timestamp>| {
        let time = time?.to_zoned(jiff::tz::TimeZone::UTC).datetime();
        Some(TimeClaim {
            source: ClaimSource::FileSystem,
            field: field.to_owned(),
            of,
            at: None,
            untrusted_text: format!("{time}{}", if zone.is_some() { "Z" } else { "" }),
            time,
            precision: Precision::Second,
            zone,
            confidence: None,
        })
    };
    let all =
        [claim("modified", TimeOf::Change, says.modified), claim("created", TimeOf::Change, says.created)];
    all.into_iter().flatten().collect()
}
