//! Clocks and cameras that are burnt into films.

mod common;

use std::path::PathBuf;

use common::film::{Film, made};
use common::{Item, Kept, ended, examine, examiner};
use jiff::civil::DateTime;
use serde::Deserialize;
use vidimus_examine::{Findings, Options};
use vidimus_model::{ClaimSource, DerivativeKind, End, Stage, Text, TextPlace, TimeClaim, TimeOf};

const FONT: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf";

/// A film with a clock that begins at this moment, and a label.
fn film(clock: &str, label: &str, from: &str, seconds: u32, size: &str) -> Vec<u8> {
    let from = from.parse::<jiff::Timestamp>().unwrap().as_second();
    let filters = format!(
        "drawtext=fontfile={FONT}:fontsize=h/22:fontcolor=white:box=1:boxcolor=black@0.5:x=12:y=10:\
         text='%{{pts\\:gmtime\\:{from}\\:{clock}}}',\
         drawtext=fontfile={FONT}:fontsize=h/22:fontcolor=white:box=1:boxcolor=black@0.5:x=12:y=h-th-10:text='{label}'"
    );
    made(&Film { seconds, size, filters: &filters, ..Film::default() })
}

/// What frames say, and the beginning that is derived from them.
fn burnt_in(findings: &Findings) -> (Vec<&TimeClaim>, Option<&TimeClaim>) {
    let all = || findings.times.iter().filter(|one| one.source == ClaimSource::BurntIn);
    (all().filter(|one| one.of == TimeOf::Moment).collect(), all().find(|one| one.of == TimeOf::Beginning))
}

#[test]
fn a_clock_is_read_in_each_frame_and_one_beginning_is_derived() {
    for (clock, label, camera) in [
        ("%d.%m.%Y %H\\\\\\:%M\\\\\\:%S", "ИК-900 КАМЕРА 03", "cam3"),
        ("%Y-%m-%d %H\\\\\\:%M\\\\\\:%S", "CAM 03", "cam3"),
    ] {
        let bytes = film(clock, label, "2024-05-14T23:59:55Z", 12, "704x576");
        let findings = examine(&Item::new("film", bytes), &[Stage::Ocr]);
        assert_eq!(ended(&findings, Stage::Ocr), (End::Done, None), "{:#?}", findings.tools);
        let (moments, beginning) = burnt_in(&findings);
        assert_eq!(moments.len(), 5, "{moments:#?}");
        for one in &moments {
            let at = jiff::SignedDuration::from_millis(one.at.unwrap().try_into().unwrap());
            let should = "2024-05-14T23:59:55".parse::<DateTime>().unwrap() + at;
            assert!(should.duration_since(one.time).as_secs().abs() <= 1, "{one:?}");
            assert!(one.confidence.is_some() && one.zone.is_none() && !one.untrusted_text.is_empty());
        }
        let beginning = beginning.unwrap();
        assert_eq!(beginning.time.to_string(), "2024-05-14T23:59:55");
        assert!(beginning.field.contains("derived"));
        assert!(findings.cameras.iter().any(|one| one.label == camera), "{:?}", findings.cameras);
        let text = findings.made.iter().find(|made| made.kind == DerivativeKind::BurntIn).unwrap();
        let text: Text = serde_json::from_slice(&text.bytes).unwrap();
        assert!(text.parts.iter().all(|part| matches!(part.place, TextPlace::Time { .. })));
        assert!(text.parts.iter().any(|part| part.text.contains("2024")), "{text:?}");
    }
}

#[test]
fn what_shows_no_clock_claims_no_time() {
    let findings = examine(&Item::new("film", made(&Film { seconds: 3, ..Film::default() })), &[Stage::Ocr]);
    assert_eq!(burnt_in(&findings), (vec![], None));
    // Nor does one that stands still, as that of a filmed photograph does: each frame is told, no beginning is derived.
    let bytes = film("14.05.2024 10\\\\\\:00\\\\\\:00", "CAM 03", "2024-05-14T10:00:00Z", 20, "704x576");
    let findings = examine(&Item::new("film", bytes), &[Stage::Ocr]);
    let (moments, beginning) = burnt_in(&findings);
    assert_eq!((moments.len(), beginning), (5, None));
}

/// A line of the generator's ground truth.
#[derive(Deserialize)]
struct Truth {
    path: String,
    role: String,
    operation: Option<String>,
    #[serde(default)]
    parents: Vec<String>,
    burnt_in_start: Option<String>,
    bytes: u64,
}

/// How many films of an archive made by the generator of the optional folder are read right: its date and its time.
#[test]
#[ignore = "needs an archive of the generator in VIDIMUS_FILMS; `make bench-burnt-in` makes one"]
fn the_share_of_films_that_is_read_right() {
    let folder = PathBuf::from(std::env::var_os("VIDIMUS_FILMS").expect("VIDIMUS_FILMS names the archive"));
    let lines = std::fs::read_to_string(folder.join("truth/files.jsonl")).unwrap();
    let all: Vec<Truth> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let begins = |path: &str| {
        let start = all.iter().find(|one| one.path == path)?.burnt_in_start.as_ref()?;
        start.parse::<jiff::Timestamp>().ok()?.as_second().into()
    };
    // What leaves the clock in the picture, the right way round, running as before and from the same moment.
    let kept = [
        "exact",
        "remux",
        "transcode",
        "rescale",
        "fps",
        "mute",
        "grey",
        "blurface",
        "letterbox",
        "trim_copy",
    ];
    let mut examiner = examiner();
    let mut counts = std::collections::BTreeMap::<String, (u32, u32)>::new();
    for truth in &all {
        let operation = truth.operation.as_deref().unwrap_or_default();
        let (kind, begin): (&str, Option<i64>) = match truth.role.as_str() {
            "original" => ("original", begins(&truth.path)),
            "derived" if kept.contains(&operation) => {
                (operation, truth.parents.first().and_then(|one| begins(one)))
            }
            _ => continue,
        };
        let Some(begin) = begin.filter(|_| truth.bytes > 0) else { continue };
        let bytes = std::fs::read(folder.join("archive").join(&truth.path)).unwrap();
        let item = Item::new("film", bytes);
        let findings = examiner.examine(&item, &[Stage::Ocr], &Options::default(), &mut Kept::default());
        let (moments, beginning) = burnt_in(&findings);
        let second = |time: DateTime| jiff::tz::Offset::UTC.to_timestamp(time).unwrap().as_second();
        let right = beginning.is_some_and(|one| (second(one.time) - begin).abs() <= 1);
        let count = counts.entry(kind.to_owned()).or_default();
        (count.0, count.1) = (count.0 + u32::from(right), count.1 + 1);
        if !right {
            let said: Vec<_> = moments.iter().map(|one| (one.at, &one.untrusted_text)).collect();
            println!("{kind}: {} derived {:?}, read {said:?}", truth.path, beginning.map(|one| one.time));
        }
    }
    for (kind, (right, all)) in &counts {
        println!("{kind:>12}: {right} of {all} right");
    }
    let (right, all) = counts["original"];
    assert!(right * 10 >= all * 9, "{right} of {all}");
}
