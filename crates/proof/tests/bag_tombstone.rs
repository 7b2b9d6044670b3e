//! What was erased is shown to have been: a bag with a tombstone is proved, and no other words stand in its place.

#[path = "common/sample.rs"]
mod sample;

use serde_json::{Value, json};
use vidimus_proof::bag::manifest::Digests;
use vidimus_proof::bag::{self, Fault, MemoryBag, PlanError, Report, Trust};

use sample::{Pieces, Sample, TOMBSTONE_FILE, recompute_manifests};

fn check(bag: &MemoryBag) -> Report {
    let trust = Trust { archive_keys: vec![sample::vkey(&Sample::default())], ..Trust::default() };
    bag::verify(bag, &trust)
}

#[test]
fn a_tombstone_is_proved_beside_files() {
    let bag = sample::bag_with_a_tombstone(&Sample::default());
    let report = check(&bag);
    assert!(report.proved(), "{:?}", report.problems);
    let file = report.files.iter().find(|file| file.name == TOMBSTONE_FILE).unwrap();
    assert_eq!(file.index, Some(700));
    let words = String::from_utf8(bag.0[&format!("data/{TOMBSTONE_FILE}")].clone()).unwrap();
    let lines = [
        r#"about: ["A1-3","A1-4"]"#,
        r#"change: "erasure/1""#,
        r#"day: "2031-02-19""#,
        "entries: [11,12]",
        "reason: \"Свідок попросив: \\\"знищіть\\\".\\nA line\\u0001 more\u{7f}\"",
        "",
    ];
    assert_eq!(words, lines.join("\n"));
    assert_eq!(file.fields.iter().count(), 5, "who proposed it and who agreed stays closed");
}

#[test]
fn other_words_are_not_what_the_archive_said() {
    let path = format!("data/{TOMBSTONE_FILE}");
    for (from, to) in [("A1-4", "A1-5"), ("[11,12]", "[11]"), ("02-19", "02-18"), ("знищіть", "лишіть")]
    {
        let mut bag = sample::bag_with_a_tombstone(&Sample::default());
        let words = String::from_utf8(bag.0[&path].clone()).unwrap();
        assert!(words.contains(from));
        bag.0.insert(path.clone(), words.replace(from, to).into_bytes());
        assert!(!check(&bag).proved());
        recompute_manifests(&mut bag);
        let report = check(&bag);
        assert!(!report.proved());
        let named =
            report.problems.iter().any(|one| one.file == path && matches!(one.fault, Fault::OtherFile));
        assert!(named, "{:?}", report.problems);
    }
}

#[test]
fn no_bag_is_made_of_a_tombstone_with_other_words_or_without_a_field() {
    let sample = Sample::default();
    let mut pieces = Pieces::of(&sample);
    pieces.bury();
    assert!(pieces.plan().is_ok());
    let whole = pieces.files.pop().unwrap();
    let other = Digests::of(b"it was destroyed");
    let refused = |pieces: &mut Pieces<'_>, file| {
        pieces.files.push(file);
        let refused = matches!(pieces.plan(), Err(PlanError::Record(name)) if name == TOMBSTONE_FILE);
        pieces.files.pop();
        refused
    };
    assert!(refused(&mut pieces, bag::PlannedFile { digests: other, ..whole.clone() }));
    for field in bag::TOMBSTONE_FIELDS {
        let fewer: Vec<&str> = bag::TOMBSTONE_FIELDS.into_iter().filter(|name| *name != field).collect();
        let record = whole.record.choose(&fewer);
        assert!(field == "change" || bag::tombstone_text(&record) == Err(field));
        assert!(refused(&mut pieces, bag::PlannedFile { record, ..whole.clone() }), "{field}");
    }
}

#[test]
fn the_words_of_a_tombstone_are_those_of_one_thing_or_more_and_of_any_number_of_records() {
    let sample = Sample::default();
    let mut pieces = Pieces::of(&sample);
    let mut words = |about: Value, entries: Value| {
        let record = pieces.log.issue(vec![
            ("change", json!(bag::TOMBSTONE)),
            ("about", about),
            ("entries", entries),
            ("reason", json!("asked")),
        ]);
        bag::tombstone_text(&record).map(drop)
    };
    let (about, entries) = (json!(["A1-3"]), json!([11]));
    assert_eq!(words(about.clone(), entries.clone()), Ok(()));
    // What was never on record by itself has none to destroy.
    assert_eq!(words(about.clone(), json!([])), Ok(()));
    assert_eq!(words(json!([]), entries.clone()), Err("about"));
    assert_eq!(words(json!(["A1-3", 4]), entries.clone()), Err("about"));
    assert_eq!(words(json!("A1-3"), entries), Err("about"));
    for entries in [json!(["11"]), json!([11, "12"]), json!([-1]), json!(11)] {
        assert_eq!(words(about.clone(), entries), Err("entries"));
    }
}
