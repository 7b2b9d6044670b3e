//! Filters by what other entries, and members, say of an item.

use super::*;

pub(super) fn filmed(story: &mut Story, about: &str, label: &str, time: &str) {
    let mut found = examination(about);
    found.kind = Some(FileKind { group: Group::Video, media_type: "video/mp4".into(), ending_fits: None });
    found.cameras.push(CameraClaim {
        source: ClaimSource::Path,
        untrusted_text: label.into(),
        label: label.into(),
        confidence: None,
    });
    found.times.push(TimeClaim {
        source: ClaimSource::BurntIn,
        field: "frame".into(),
        of: TimeOf::Beginning,
        at: None,
        untrusted_text: time.into(),
        time: time.parse().unwrap(),
        precision: Precision::Second,
        zone: None,
        confidence: None,
    });
    story.say(Change::Examination(found.into()));
}

#[test]
fn facts_of_one_entry_filter_the_texts_of_another() {
    let mut story = archive();
    filmed(&mut story, "A1-2", "cam3", "2024-03-01T23:59:58");
    let search = story.folded();
    for (question, expected) in [
        ("kind:video саратов", &["A1-2"][..]),
        ("kind:picture", &[]),
        ("kind:video", &["A1-2", "A1-2"]),
        ("camera:CAM3 -in:name", &["A1-2"]),
        ("camera:cam4", &[]),
        ("date:2024-03-01 саратов", &["A1-2"]),
        ("date:2024-03-02..", &[]),
        ("саратов -date:2024-03", &["A2-1"]),
    ] {
        assert_eq!(found(&search, question), expected, "{question}");
    }
}

#[test]
fn a_corrected_clock_counts_beside_what_it_showed() {
    let mut story = archive();
    filmed(&mut story, "A1-2", "cam3", "2024-03-01T23:59:58");
    let search = story.folded();
    let says = |label: &str, add, items: &[&str]| CameraSays {
        accession: "A1".parse().unwrap(),
        label: label.into(),
        clock: vec![ClockSays { from: i64::MIN, until: i64::MAX, add }],
        items: items.iter().map(|item| item.parse().unwrap()).collect(),
    };
    let asked = |question: &str, cameras: &[CameraSays]| {
        let wanted = Wanted { offset: 0, limit: 20, without: &[], alone: &[], cameras, beside: &[] };
        refs(&search.answer(&parse(question), &wanted).unwrap()).len()
    };
    assert_eq!(asked("date:2024-03-02 in:transcript", &[]), 0);
    assert_eq!(asked("date:2024-03-02 in:transcript", &[says("cam3", 7, &[])]), 1);
    assert_eq!(asked("date:2024-03-01 in:transcript", &[says("cam3", 7, &[])]), 1);
    assert_eq!(asked("date:2024-03-02 in:transcript", &[says("cam4", 7, &[])]), 0);
    // Given to another camera, that one's clock holds, and its label.
    assert_eq!(asked("date:2024-03-02 in:transcript", &[says("cam4", 7, &["A1-2"])]), 1);
    assert_eq!(asked("camera:cam4 in:transcript", &[says("cam4", 0, &["A1-2"])]), 1);
    assert_eq!(asked("camera:cam3 in:transcript", &[says("cam4", 0, &["A1-2"])]), 0);
    let mut later = says("cam3", 7, &[]);
    later.clock[0].from = 1_709_337_600; // 2024-03-02T00:00:00
    assert_eq!(asked("date:2024-03-02 in:transcript", &[later]), 0);
}

#[test]
fn a_correction_is_of_the_camera_and_not_of_the_disk_that_it_was_copied_to() {
    let mut story = archive();
    let mut found = examination("A1-2");
    for (source, time) in
        [(ClaimSource::Path, "2024-03-01T12:00:00"), (ClaimSource::FileSystem, "2024-06-01T12:00:00")]
    {
        found.cameras.push(CameraClaim {
            source: ClaimSource::Path,
            untrusted_text: "cam3".into(),
            label: "cam3".into(),
            confidence: None,
        });
        found.times.push(TimeClaim {
            source,
            field: "mtime".into(),
            of: TimeOf::Beginning,
            at: None,
            untrusted_text: time.into(),
            time: time.parse().unwrap(),
            precision: Precision::Second,
            zone: None,
            confidence: None,
        });
    }
    story.say(Change::Examination(found.into()));
    let search = story.folded();
    let clock = vec![ClockSays { from: i64::MIN, until: i64::MAX, add: 31 * 86_400 }];
    let says =
        [CameraSays { accession: "A1".parse().unwrap(), label: "cam3".into(), clock, items: Vec::new() }];
    let asked = |question: &str| {
        let wanted = Wanted { offset: 0, limit: 20, without: &[], alone: &[], cameras: &says, beside: &[] };
        refs(&search.answer(&parse(question), &wanted).unwrap()).len()
    };
    assert_eq!(asked("date:2024-04-01 in:transcript"), 1);
    assert_eq!(asked("date:2024-06-01 in:transcript"), 1);
    assert_eq!(asked("date:2024-07-02 in:transcript"), 0);
}

#[test]
fn every_kind_of_thing_can_be_asked_for_and_no_other() {
    use super::super::query::KINDS;
    for kind in KINDS {
        let group: Group =
            serde_json::from_value(kind.into()).unwrap_or_else(|error| panic!("{kind}: {error}"));
        let mut story = archive();
        let mut found = examination("A1-2");
        found.kind = Some(FileKind { group, media_type: "x/x".into(), ending_fits: None });
        story.say(Change::Examination(found.into()));
        let search = story.folded();
        assert_eq!(
            self::found(&search, &format!("kind:{}", kind.to_uppercase())),
            ["A1-2", "A1-2"],
            "{kind}"
        );
    }
    let asked = parse("kind:nonsense");
    assert_eq!(asked.ignored, [Ignored::BadValue("kind".into(), "nonsense".into())]);
}
