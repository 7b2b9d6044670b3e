//! The index as a fold: it keeps the contract, answers questions, forgets what was erased, and gives damage away.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use tempfile::TempDir;
use vidimus_model::{
    Accession, CameraClaim, Change, ClaimSource, Derivative, DerivativeKind, End, Erasure, Examination,
    FileKind, FileSystemSays, FoundPath, Group, Item, Medium, MemberId, ObjectPlace, OperationId, Precision,
    Reading, Ref, SandboxLevel, Stage, StageEnd, Statement, Text, TextPart, TextPlace, TimeClaim, TimeOf,
    TimeZoneKnown, ToolRun,
};

use super::query::{Ignored, parse};
use super::*;
use crate::{ApplyError, Entry, Fold as _, Said, StoreError};

mod apart;
mod counts;
mod cuts;
mod damage;
mod facts;
mod forgetting;
mod notes;
mod places;
mod small_names;

const KEY: [u8; 32] = [9; 32];

/// Texts by the digest of their derivative.
#[derive(Clone, Debug, Default)]
struct Shelf(HashMap<String, Text>);

impl Texts for Shelf {
    fn text(&mut self, _: u64, _: &Ref, derivative: &Derivative) -> Option<Text> {
        self.0.get(&derivative.sha256).cloned()
    }
}

/// A disk, a shelf, and the entries that were said.
struct Story {
    disk: TempDir,
    shelf: Shelf,
    entries: Vec<Entry>,
}

impl Story {
    fn new() -> Self {
        Self { disk: tempfile::tempdir().unwrap(), shelf: Shelf::default(), entries: Vec::new() }
    }

    fn folder(&self) -> std::path::PathBuf {
        self.disk.path().join("search.v1")
    }

    fn open(&self) -> Search<Shelf> {
        open(&self.folder(), &self.shelf).unwrap()
    }

    fn say(&mut self, change: Change) -> u64 {
        let seq = self.entries.len() as u64;
        self.entries.push(said(seq, change));
        seq
    }

    fn item(&mut self, about: &str, path: &str) -> u64 {
        self.say(item(about, path))
    }

    fn text(&mut self, about: &str, kind: DerivativeKind, parts: &[(TextPlace, &str)]) -> u64 {
        let sha256 = format!("{:064x}", self.entries.len());
        let parts = parts.iter().map(|(place, text)| TextPart {
            place: place.clone(),
            text: (*text).to_owned(),
            confidence: None,
            speaker: None,
        });
        self.shelf.0.insert(sha256.clone(), Text { parts: parts.collect(), ..Text::default() });
        let mut found = examination(about);
        found.derivatives.push(derivative(kind, &sha256));
        self.say(Change::Examination(found.into()))
    }

    /// Folds what was said since `search` was brought up last.
    fn bring_up(&self, search: &mut Search<Shelf>) {
        search.texts_mut().clone_from(&self.shelf);
        let from = search.position().unwrap();
        let to = self.entries.len() as u64;
        search.apply(&self.entries[from as usize..], from, to).unwrap();
    }

    fn folded(&self) -> Search<Shelf> {
        let mut search = self.open();
        self.bring_up(&mut search);
        search
    }

    /// All at once, in another folder.
    fn folded_elsewhere(&self) -> Search<Shelf> {
        let folder = self.disk.path().join("another");
        let mut search = open(&folder, &self.shelf).unwrap();
        self.bring_up(&mut search);
        search
    }
}

fn open(folder: &Path, shelf: &Shelf) -> Result<Search<Shelf>, StoreError> {
    Search::open(folder, &KEY, 1 << 24, shelf.clone())
}

fn said(seq: u64, change: Change) -> Entry {
    let at = Timestamp::from_second(1_800_000_000).unwrap();
    let by = MemberId::from_bytes([7; 8]);
    Entry { seq, said: Said::Statement(Statement { at, by, op: OperationId::from_bytes([0; 16]), change }) }
}

fn place() -> ObjectPlace {
    ObjectPlace { name: "0".repeat(32), size: 1, header: "0".repeat(64), offset: None, length: None }
}

fn item(about: &str, path: &str) -> Change {
    Change::Item(Item {
        about: about.parse().unwrap(),
        path: FoundPath::new(path.as_bytes()),
        source: 0,
        sha256: "0".repeat(64),
        size: 1,
        file_system: FileSystemSays { zone: TimeZoneKnown::Unknown, ..FileSystemSays::default() },
        object: place(),
        copy_of: None,
        reading: Reading::Whole,
        reading_sizes: None,
    })
}

fn examination(about: &str) -> Examination {
    Examination {
        about: about.parse().unwrap(),
        attempt: 1,
        stages: vec![],
        tools: vec![],
        kind: None,
        facts: vec![],
        times: vec![],
        cameras: vec![],
        derivatives: vec![],
        not_taken: vec![],
    }
}

fn derivative(kind: DerivativeKind, sha256: &str) -> Derivative {
    Derivative {
        kind,
        look: None,
        media_type: "application/json".into(),
        sha256: sha256.into(),
        size: 1,
        object: place(),
        tool: 0,
    }
}

fn erasure(about: &str, entries: Vec<u64>) -> Change {
    let by = MemberId::from_bytes([7; 8]);
    let about = vec![about.parse().unwrap()];
    Change::Erasure(Erasure { about, entries, reason: "consent".into(), proposed_by: by, agreed_by: None })
}

fn ask(search: &Search<Shelf>, question: &str) -> Found {
    let wanted = Wanted { offset: 0, limit: 20, without: &[], alone: &[], cameras: &[], beside: &[] };
    search.answer(&parse(question), &wanted).unwrap_or_else(|error| panic!("{question}: {error:?}"))
}

fn refs(found: &Found) -> Vec<String> {
    found.hits.iter().map(|hit| hit.about.to_string()).collect()
}

fn found(search: &Search<Shelf>, question: &str) -> Vec<String> {
    let mut refs = refs(&ask(search, question));
    refs.sort();
    refs
}

/// Three items of an invented prison.
fn archive() -> Story {
    let mut story = Story::new();
    story.item("A1-1", "ИК-900/камера 3/2024-03-01 протокол.pdf");
    story.item("A1-2", "video/cam03_20240301.mp4");
    story.item("A2-1", "notes/записка.txt");
    story.text(
        "A1-1",
        DerivativeKind::Text,
        &[
            (TextPlace::Page(1), "Протокол допиту затриманого. Складено слідчим у присутності лікаря."),
            (TextPlace::Page(2), "Затриманого били руками по голові; п’ять ударів. Це бачив Осечкін."),
        ],
    );
    story.text(
        "A1-2",
        DerivativeKind::Transcript,
        &[
            (TextPlace::Time { from: 4_000, to: 9_000 }, "стой спокойно"),
            (TextPlace::Time { from: 61_500, to: 65_000 }, "его отправили в Саратов, к заключённым"),
        ],
    );
    story.text(
        "A2-1",
        DerivativeKind::Ocr,
        &[(TextPlace::Whole, "Mr Lubinets saw the detainees beaten in Saratov")],
    );
    story
}

crate::conform::fold!(
    || {
        let disk = Box::leak(Box::new(tempfile::tempdir().unwrap()));
        open(&disk.path().join("search.v1"), &Shelf::default()).unwrap()
    },
    |search: &Search<Shelf>| {
        let mut hits = ask(search, "-nothing").hits;
        // What fits equally well comes in any order.
        hits.sort_by(|a, b| (&a.about, a.kind, &a.snippet.text).cmp(&(&b.about, b.kind, &b.snippet.text)));
        format!("{:?} {hits:?}", search.index().state().unwrap())
    }
);

#[test]
fn forms_of_a_word_are_found_in_three_languages() {
    let story = archive();
    let search = story.folded();
    for (question, expected) in [
        ("протоколи", &["A1-1", "A1-1"][..]),
        ("удар", &["A1-1"]),
        ("рука", &["A1-1"]),
        ("лікарем", &["A1-1"]),
        ("заключенный", &["A1-2"]),
        ("заключённых", &["A1-2"]),
        ("detainee beating", &[]),
        ("detainee", &["A2-1"]),
        ("пять", &["A1-1"]),
        ("п'ять", &["A1-1"]),
        ("вертоліт", &[]),
    ] {
        assert_eq!(found(&search, question), expected, "{question}");
    }
}

#[test]
fn names_are_found_across_alphabets() {
    let story = archive();
    let search = story.folded();
    for (question, expected) in [
        ("Осечкин", &["A1-1"][..]),
        ("Osechkin", &["A1-1"]),
        ("Ossetschkin", &["A1-1"]),
        ("name:osechkin", &["A1-1"]),
        ("osechkin", &["A1-1"]),
        ("осечкин", &["A1-1"]),
        ("osiechkin бачив", &["A1-1"]),
        ("лубінець", &["A2-1"]),
        ("лубинца", &["A2-1"]),
        ("lubinets", &["A2-1"]),
        ("saratov", &["A1-2", "A2-1"]),
        ("Лубінець", &["A2-1"]),
        ("Лубинца", &["A2-1"]),
        ("Саратов", &["A1-2", "A2-1"]),
        ("Saratow", &["A1-2", "A2-1"]),
    ] {
        assert_eq!(found(&search, question), expected, "{question}");
    }
}

#[test]
fn every_part_of_the_language_of_questions_works() {
    let story = archive();
    let search = story.folded();
    for (question, expected) in [
        ("\"били руками\"", &["A1-1"][..]),
        ("\"руками били\"", &[]),
        ("саратов OR протокол", &["A1-1", "A1-1", "A1-2", "A2-1"]),
        ("протокол -слідчий", &["A1-1"]),
        ("слід*", &["A1-1"]),
        ("Саратоф~", &["A1-2"]),
        ("in:transcript", &["A1-2"]),
        ("in:name протокол", &["A1-1"]),
        ("lang:uk", &["A1-1"]),
        ("ref:A1", &["A1-1", "A1-1", "A1-2", "A1-2"]),
        ("ref:A1-2 in:name", &["A1-2"]),
        ("path:записка beaten", &["A2-1"]),
        ("path:записка саратов", &["A2-1"]),
        ("(саратов OR beaten) in:ocr", &["A2-1"]),
        ("NOT ref:A1", &["A2-1", "A2-1"]),
    ] {
        assert_eq!(found(&search, question), expected, "{question}");
    }
    assert_eq!(ask(&search, "сайт:протокол").ignored, [Ignored::UnknownField("сайт".into())]);
    assert_eq!(ask(&search, "").total, 0);
    assert_eq!(ask(&search, "протокол").position, 6);
}

#[test]
fn a_hit_says_where_it_stands_and_shows_its_words() {
    let story = archive();
    let search = story.folded();
    let cited = |question: &str| {
        let answer = ask(&search, question);
        let hit = answer.hits.into_iter().find(|hit| hit.kind != Kind::Name).unwrap();
        let marked: Vec<String> =
            hit.snippet.marks.iter().map(|mark| hit.snippet.text[mark.clone()].to_owned()).collect();
        (hit.place, marked)
    };
    assert_eq!(cited("удар"), (Place::Page(2), vec!["ударів".to_owned()]));
    assert_eq!(cited("слідчого лікар"), (Place::Page(1), vec!["слідчим".to_owned(), "лікаря".to_owned()]));
    assert_eq!(cited("заключенный"), (Place::Second(61), vec!["заключённым".to_owned()]));
    assert_eq!(cited("Osechkin"), (Place::Page(2), vec!["Осечкін".to_owned()]));
    assert_eq!(cited("\"били руками\""), (Place::Page(2), vec!["били".to_owned(), "руками".to_owned()]));
    assert_eq!(cited("лікар*"), (Place::Page(1), vec!["лікаря".to_owned()]));
    assert_eq!(cited("Лубінець").1, ["Lubinets"]);
}

#[test]
fn what_is_spelled_as_asked_comes_first() {
    let mut story = Story::new();
    // More of the form, and nothing else: by frequency alone the forms would win.
    for n in 1..=9 {
        story.item(&format!("A1-{n}"), "протоколами протоколами протоколами");
    }
    story.item("A1-10", "довгий шлях до файлу, у назві якого серед багатьох слів стоїть протокол");
    let search = story.folded();
    let answer = ask(&search, "протокол");
    assert_eq!(answer.total, 10);
    assert_eq!(answer.hits[0].about.to_string(), "A1-10");
    assert_eq!(answer.hits[0].fit, Fit::Spelled);
    assert!(answer.hits[1..].iter().all(|hit| hit.fit == Fit::Forms));
}

#[test]
fn pages_of_an_answer_join_without_gap_or_repetition() {
    let mut story = Story::new();
    for n in 1..=30 {
        story.item(&format!("A1-{n}"), if n % 3 == 0 { "камера" } else { "камери" });
    }
    let search = story.folded();
    let part = |offset, limit| {
        let wanted = Wanted { offset, limit, without: &[], alone: &[], cameras: &[], beside: &[] };
        refs(&search.answer(&parse("камера"), &wanted).unwrap())
    };
    let whole = part(0, 30);
    assert_eq!(whole.len(), 30);
    let joined: Vec<String> = [part(0, 7), part(7, 7), part(14, 7), part(21, 100)].concat();
    assert_eq!(joined, whole);
    assert!(part(30, 5).is_empty() && part(usize::MAX, usize::MAX).is_empty() && part(0, 0).is_empty());
}

#[test]
fn what_is_to_be_left_out_is() {
    let story = archive();
    let search = story.folded();
    let hidden: Vec<Ref> = vec!["A1-2".parse().unwrap(), "A2".parse().unwrap()];
    let wanted = Wanted { offset: 0, limit: 20, without: &hidden, alone: &[], cameras: &[], beside: &[] };
    let answer = search.answer(&parse("Саратов OR протокол"), &wanted).unwrap();
    assert_eq!((answer.total, refs(&answer)), (2, vec!["A1-1".to_owned(), "A1-1".to_owned()]));
}

#[test]
fn fresh_and_gradual_folds_answer_alike() {
    let mut story = archive();
    facts::filmed(&mut story, "A1-2", "cam3", "2024-03-01T23:59:58");
    story.say(erasure("A2-1", vec![2, 5]));
    let fresh = story.folded();
    let disk = tempfile::tempdir().unwrap();
    let mut gradual = open(&disk.path().join("search.v1"), &story.shelf).unwrap();
    for (seq, entry) in story.entries.iter().enumerate() {
        gradual.apply(std::slice::from_ref(entry), seq as u64, seq as u64 + 1).unwrap();
    }
    for question in ["-x", "саратов", "протокол", "kind:video", "слідчий"] {
        let [a, b] = [&fresh, &gradual].map(|search| {
            let mut hits = ask(search, question).hits;
            hits.sort_by_key(|hit| (hit.about.clone(), hit.kind));
            hits.into_iter().map(|hit| (hit.about, hit.kind, hit.snippet, hit.place)).collect::<Vec<_>>()
        });
        assert_eq!(a, b, "{question}");
    }
}

#[test]
fn a_second_writer_is_told_and_a_reader_sees_the_newest_commit() {
    let mut story = archive();
    let mut first = story.folded();
    let second = story.open();
    assert_eq!(found(&second, "протокол").len(), 2);
    story.item("A4-1", "новий протокол");
    story.bring_up(&mut first);
    assert_eq!(found(&second, "протокол").len(), 3);
    let mut second = second;
    assert!(matches!(second.apply(&[], 6, 7), Err(ApplyError::Elsewhere(7))));
    let held = first.index().writer(1).unwrap();
    let busy = second.apply(&[], 7, 8).unwrap_err();
    let ApplyError::Store(StoreError::Medium(error)) = busy else { panic!("{busy:?}") };
    assert_eq!(error.kind(), std::io::ErrorKind::ResourceBusy);
    drop(held);
    second.apply(&[], 7, 8).unwrap();
}

/// A run of the stage of texts, as the worker records it.
fn text_run(story: &mut Story, about: &str, attempt: u32, text: &str) -> u64 {
    let seq = story.text(about, DerivativeKind::Text, &[(TextPlace::Whole, text)]);
    let Said::Statement(said) = &mut story.entries[seq as usize].said else { panic!() };
    let Change::Examination(found) = &mut said.change else { panic!() };
    found.attempt = attempt;
    found.stages = vec![StageEnd { stage: Stage::Text, end: End::Done }];
    found.tools = vec![ToolRun {
        stage: Stage::Text,
        tool: "pdftotext".into(),
        version: None,
        arguments: vec![],
        sandbox: SandboxLevel::Full,
        end: End::Done,
        reason: None,
        untrusted_said: None,
    }];
    seq
}

#[test]
fn of_a_stage_that_was_run_again_the_latest_run_holds() {
    let mut story = archive();
    let old = text_run(&mut story, "A2-1", 1, "старий переклад листа");
    let mut search = story.folded();
    assert_eq!(found(&search, "лист"), ["A2-1"]);
    text_run(&mut story, "A2-1", 2, "новий переклад листа");
    let new = text_run(&mut story, "A2-1", 3, "найновіший переклад листа");
    story.bring_up(&mut search);
    let once = |search: &Search<Shelf>, what: &str| {
        assert_eq!(found(search, "лист"), ["A2-1"], "{what}");
        assert_eq!(found(search, "найновіший"), ["A2-1"], "{what}");
        assert!(found(search, "старий").is_empty() && found(search, "новий").is_empty(), "{what}");
        assert_eq!(found(search, "in:ocr"), ["A2-1"], "what another stage made stays: {what}");
    };
    once(&search, "one after another");
    once(&story.folded_elsewhere(), "all at once");
    // An older run that comes to be readable later does not bring its text back.
    let to = search.position().unwrap();
    search.apply(&story.entries[old as usize..new as usize], to, to).unwrap();
    once(&search, "come back late");
}

#[test]
fn a_text_that_could_not_be_read_is_remembered_until_it_can_be() {
    let mut story = archive();
    let seq = story.text("A1-2", DerivativeKind::Ocr, &[(TextPlace::Page(1), "вивіска біля воріт")]);
    let lost = story.shelf.clone();
    story.shelf.0.clear();
    let mut search = story.folded();
    assert!(found(&search, "вивіска").is_empty());
    assert_eq!(search.unread().unwrap(), [3, 4, 5, seq]);
    let entry = story.entries[seq as usize].clone();
    assert!(!search.can_read(&entry));
    search.texts_mut().clone_from(&lost);
    assert!(search.can_read(&entry));
    let to = search.position().unwrap();
    search.apply(&[entry], to, to).unwrap();
    assert_eq!(found(&search, "вивіска"), ["A1-2"]);
    assert_eq!(search.unread().unwrap(), [3, 4, 5]);
    story.say(erasure("A1-1", vec![0, 3]));
    search.apply(&story.entries[to as usize..], to, to + 1).unwrap();
    assert_eq!(search.unread().unwrap(), [4, 5], "what was destroyed is not looked for");
}
