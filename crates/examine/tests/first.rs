//! The stage `first`: kinds by content, wrong endings, and what is said where nothing may be opened.

mod common;

use common::{Item, Kept, ended, examine, examiner};
use vidimus_examine::{Examiner, Options};
use vidimus_model::{ClaimSource, End, Group, Reason, SandboxLevel, Stage, TimeZoneKnown};

#[test]
fn the_kind_is_told_by_content_and_a_wrong_ending_is_told() {
    for (path, bytes, group, media, fits) in [
        ("a.jpg", &b"\xff\xd8\xff\xe0\0\x10JFIF\0"[..], Group::Picture, "image/jpeg", Some(true)),
        (
            "film.mp4",
            b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n",
            Group::Other,
            "application/vnd.apple.mpegurl",
            Some(false),
        ),
        ("note", b"a short note", Group::Document, "text/plain", None),
        ("film.mp4", b"", Group::Empty, "application/x-empty", None),
        (
            "film.mp4",
            b"\x07\x01\x80\x90\0\x03\0\x11\xfe\x02\0\x99",
            Group::Unknown,
            "application/octet-stream",
            Some(false),
        ),
    ] {
        let findings = examine(&Item::new(path, bytes), &[Stage::First]);
        let kind = findings.kind.unwrap();
        assert_eq!((kind.group, kind.media_type.as_str(), kind.ending_fits), (group, media, fits), "{path}");
    }
}

#[test]
fn times_of_the_file_system_are_claims_with_their_zone_or_none() {
    let mut item = Item::new("a.txt", "text");
    item.says.modified = Some("2024-05-14T08:00:00Z".parse().unwrap());
    for (zone, minutes) in [(TimeZoneKnown::Utc, Some(0)), (TimeZoneKnown::Unknown, None)] {
        item.says.zone = zone;
        let findings = examine(&item, &[Stage::First]);
        let claim = &findings.times[0];
        assert_eq!((claim.source, claim.zone), (ClaimSource::FileSystem, minutes));
        assert_eq!(claim.time.to_string(), "2024-05-14T08:00:00");
    }
}

#[test]
fn without_a_sandbox_nothing_is_opened_and_each_stage_says_so() {
    let mut examiner = Examiner::without_sandbox();
    let item = Item::new("a.jpg", &b"\xff\xd8\xff"[..]);
    let stages = [Stage::Text, Stage::First];
    let findings = examiner.examine(&item, &stages, &Options::default(), &mut Kept::default());
    assert_eq!(findings.stages.iter().map(|one| one.stage).collect::<Vec<_>>(), [Stage::First, Stage::Text]);
    for stage in stages {
        assert_eq!(ended(&findings, stage), (End::Failed, Some(Reason::NoSandbox)));
    }
    assert!(findings.tools.iter().all(|run| run.sandbox == SandboxLevel::None));
    assert_eq!(findings.kind, None);
    assert!(examiner.facts().is_none());
}

#[test]
fn each_run_is_written_down_with_tool_version_arguments_and_level() {
    let mut examiner = examiner();
    let item = Item::new("a.txt", "text");
    let findings = examiner.examine(&item, &[Stage::First], &Options::default(), &mut Kept::default());
    let run = &findings.tools[0];
    assert_eq!((run.tool.as_str(), run.end, run.reason), ("vidimus", End::Done, None));
    assert_eq!(run.version.as_deref(), Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(run.arguments, ["look", "txt", "facts", "120000000"]);
    assert_ne!(run.sandbox, SandboxLevel::None);
}
