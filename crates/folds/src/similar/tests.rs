//! The fold of what is related: it keeps the contract, finds what is the same, and forgets what was erased.

use std::collections::HashMap;

use vidimus_model::print::{Chunk, Chunks, Motion, Point, Print, Sound, View};
use vidimus_model::{
    Change, Derivative, DerivativeKind, End, Erasure, Examination, FileKind, FileSystemSays, FoundPath,
    Group, Item, MemberId, MovedOut, ObjectPlace, OperationId, Reading, Ref, SandboxLevel, Stage, StageEnd,
    Statement, TimeZoneKnown, ToolRun,
};

use super::moves::tests::{film, walk};
use super::*;
use crate::{Entry, Fold, Said};

const KEY: [u8; 32] = [9; 32];

/// Prints by the digest of their derivative.
#[derive(Clone, Debug, Default)]
struct Shelf(HashMap<String, Vec<u8>>);

impl Prints for Shelf {
    fn print(&mut self, _: u64, _: &Ref, derivative: &Derivative) -> Option<Vec<u8>> {
        self.0.get(&derivative.sha256).cloned()
    }
}

/// A disk, a shelf, and the entries that were said.
struct Story {
    disk: tempfile::TempDir,
    shelf: Shelf,
    entries: Vec<Entry>,
}

impl Story {
    fn new() -> Self {
        Self { disk: tempfile::tempdir().unwrap(), shelf: Shelf::default(), entries: Vec::new() }
    }

    fn open(&self, name: &str) -> Similar<Shelf> {
        Similar::open(&self.disk.path().join(name), &KEY, self.shelf.clone()).unwrap()
    }

    fn say(&mut self, change: Change) -> u64 {
        let seq = self.entries.len() as u64;
        let at = jiff::Timestamp::from_second(1_800_000_000).unwrap();
        let (by, op) = (MemberId::from_bytes([7; 8]), OperationId::from_bytes([0; 16]));
        self.entries.push(Entry { seq, said: Said::Statement(Statement { at, by, op, change }) });
        seq
    }

    /// An item of these bytes, told by a number.
    fn item(&mut self, about: &str, bytes: u8) -> u64 {
        self.say(Change::Item(Item {
            about: about.parse().unwrap(),
            path: FoundPath::new(about.as_bytes()),
            source: 0,
            sha256: hex::encode([bytes; 32]),
            size: 9,
            file_system: FileSystemSays { zone: TimeZoneKnown::Unknown, ..FileSystemSays::default() },
            object: place(),
            copy_of: None,
            reading: Reading::Whole,
            reading_sizes: None,
        }))
    }

    /// It was looked at, and this was made of it.
    fn looked_at(&mut self, about: &str, print: &Print, motion: Option<&Motion>) -> u64 {
        let mut made = vec![(Stage::Copies, DerivativeKind::Print, print.encode().unwrap())];
        made.extend(motion.map(|motion| (Stage::Proxy, DerivativeKind::Motion, motion.encode().unwrap())));
        let mut found = examination(about);
        for (number, (stage, kind, bytes)) in (0..).zip(made) {
            let sha256 = format!("{:063x}{number}", self.entries.len());
            found.stages.push(StageEnd { stage, end: End::Done });
            found.tools.push(run(stage));
            let media_type = "application/octet-stream".to_owned();
            let size = bytes.len() as u64;
            found.derivatives.push(Derivative {
                kind,
                look: None,
                media_type,
                sha256: sha256.clone(),
                size,
                object: place(),
                tool: number,
            });
            self.shelf.0.insert(sha256, bytes);
        }
        self.say(Change::Examination(found.into()))
    }

    /// Everything that was said, in one fold, in one batch or entry by entry.
    fn folded(&self, name: &str, size: usize) -> Similar<Shelf> {
        let mut similar = self.open(name);
        for (number, batch) in self.entries.chunks(size).enumerate() {
            let from = (number * size) as u64;
            similar.apply(batch, from, from + batch.len() as u64).unwrap();
            if size < 3 {
                compared(&mut similar);
            }
        }
        compared(&mut similar);
        similar
    }
}

fn compared(similar: &mut Similar<Shelf>) {
    while similar.compare_next().unwrap().is_some() {}
}

fn place() -> ObjectPlace {
    ObjectPlace { name: "0".repeat(32), size: 1, header: "0".repeat(64), offset: None, length: None }
}

fn run(stage: Stage) -> ToolRun {
    ToolRun {
        stage,
        tool: "vidimus".into(),
        version: None,
        arguments: Vec::new(),
        sandbox: SandboxLevel::Full,
        end: End::Done,
        reason: None,
        untrusted_said: None,
    }
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

/// Numbers from a seed.
fn numbers(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

/// A place under a camera that stands still, filmed for some seconds, with sound from a seed or without.
fn print(place: u64, seconds: f32, sound: Option<u64>) -> Print {
    let mut next = numbers(place);
    let point = |_| Point { x: next() as u16, y: next() as u16, bits: std::array::from_fn(|_| next() as u8) };
    let points = (0..80).map(point).collect();
    let view =
        View { from_ms: 0, to_ms: (seconds * 1000.0) as u32, content: [0, 0, u16::MAX, u16::MAX], points };
    let sound = sound.map(|seed| {
        let mut next = numbers(seed);
        Sound { step_us: 123_810, items: (0..(seconds / 0.12381) as usize).map(|_| next() as u32).collect() }
    });
    Print { frames: Vec::new(), views: vec![view], sound, chunks: None, seconds: Some(seconds), aspect: 1.5 }
}

fn motion(frames: &[super::moves::Small]) -> Motion {
    let even = |small: &super::moves::Small| small.map(|value| value & !1);
    Motion { step_ms: 250, begins_ms: 0, frames: frames.iter().map(even).collect() }
}

fn shown(similar: &Similar<Shelf>) -> Vec<String> {
    let pairs = similar.pairs(&[], &|_| false).unwrap();
    let times = |range: &Option<std::ops::Range<f32>>| {
        range.as_ref().map_or_else(String::new, |range| format!(" {:.0}-{:.0}", range.start, range.end))
    };
    let line = |pair: &Pair| {
        let relation = &pair.relation;
        format!(
            "{}{} {} {}{}",
            pair.a,
            times(&relation.a),
            relation.kind.as_str(),
            pair.b,
            times(&relation.b)
        )
    };
    pairs.iter().map(line).collect()
}

/// A corridor on one day, a copy of that, an excerpt, another day, another place, and a zip with a copy in it.
fn archive() -> Story {
    let mut story = Story::new();
    let day = film(60, walk(1.0));
    for (about, bytes) in
        [("A1-1", 1), ("A1-2", 1), ("A1-3", 3), ("A1-4", 4), ("A1-5", 5), ("A1-6.1", 1), ("A1-7", 7)]
    {
        story.item(about, bytes);
    }
    story.looked_at("A1-1", &print(1, 60.0, Some(1)), Some(&motion(&day)));
    story.looked_at("A1-3", &print(1, 60.0, None), Some(&motion(&day)));
    story.looked_at("A1-4", &print(1, 15.0, None), Some(&motion(&day[80..140])));
    story.looked_at("A1-5", &print(1, 60.0, Some(2)), Some(&motion(&film(60, walk(2.3)))));
    story.looked_at("A1-7", &print(2, 60.0, Some(3)), Some(&motion(&day)));
    story
}

const ALL: [&str; 11] = [
    "A1-1 exact A1-2",
    "A1-1 0-60 reencoded A1-3 0-60",
    "A1-1 20-35 excerpt A1-4 0-15",
    "A1-1 same_view A1-5",
    "A1-1 contained A1-6",
    "A1-1 exact A1-6.1",
    "A1-2 0-60 reencoded A1-3 0-60",
    "A1-2 20-35 excerpt A1-4 0-15",
    "A1-2 same_view A1-5",
    "A1-3 20-35 excerpt A1-4 0-15",
    "A1-3 same_view A1-5",
];

#[test]
fn copies_and_excerpts_are_found_and_another_day_is_a_view_only() {
    let story = archive();
    let shown = shown(&story.folded("one", 100));
    for line in ALL {
        assert!(shown.contains(&line.to_owned()), "{line} is not among {shown:#?}");
    }
    assert!(shown.iter().all(|line| !line.contains("A1-7")), "{shown:#?}");
}

#[test]
fn the_order_in_which_items_came_changes_nothing() {
    let mut story = archive();
    let at_once = shown(&story.folded("at once", 100));
    assert_eq!(shown(&story.folded("one by one", 1)), at_once);
    let (mut items, mut runs): (Vec<Entry>, Vec<Entry>) =
        (story.entries[..7].to_vec(), story.entries[7..].to_vec());
    items.reverse();
    runs.reverse();
    story.entries = items.into_iter().chain(runs).collect();
    let mut similar = story.open("backwards");
    for entry in &story.entries {
        let stands = similar.position().unwrap();
        similar.apply(std::slice::from_ref(entry), stands, 12).unwrap();
        compared(&mut similar);
    }
    assert_eq!(shown(&similar), at_once);
}

#[test]
fn what_was_erased_or_moved_away_is_in_no_pair() {
    let mut story = archive();
    let saw = story.folded("saw", 100);
    let by = MemberId::from_bytes([7; 8]);
    let erased = vec!["A1-1".parse().unwrap(), "A1-3".parse().unwrap()];
    let entries = vec![0, 2, 7, 8];
    story.say(Change::Erasure(Erasure {
        about: erased,
        entries,
        reason: "consent".into(),
        proposed_by: by,
        agreed_by: None,
    }));
    let about = vec!["A1-4".parse().unwrap()];
    story.say(Change::MovedOut(MovedOut { about, to: vidimus_model::CompartmentId::main(), entries: None }));
    let mut saw = saw;
    saw.apply(&story.entries[12..], 12, 14).unwrap();
    compared(&mut saw);
    // The copies were not looked at themselves.
    assert_eq!(shown(&saw), ["A1-2 contained A1-6", "A1-2 exact A1-6.1"]);
    assert_eq!(shown(&story.folded("after", 100)), shown(&saw));
}

#[test]
fn the_likely_original_is_named_and_what_it_holds_is_not_new() {
    let story = archive();
    let similar = story.folded("one", 100);
    let groups = similar.clusters(&|_| false).unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].original.to_string(), "A1-1");
    assert_eq!(groups[0].items.len(), 5);
    let left: Vec<(String, f32)> = similar
        .remaining(&|_| false)
        .unwrap()
        .into_iter()
        .filter_map(|one| Some((one.about.to_string(), one.new?.round())))
        .collect();
    let new = |about: &str| left.iter().find(|(one, _)| one == about).map(|(_, new)| *new);
    assert_eq!(
        [new("A1-1"), new("A1-2"), new("A1-3"), new("A1-4"), new("A1-5")],
        [Some(60.0), Some(0.0), Some(0.0), Some(0.0), Some(60.0)]
    );
    let hidden = |about: &Ref| about.to_string() == "A1-1";
    assert!(similar.pairs(&[], &hidden).unwrap().iter().all(|pair| pair.a.to_string() != "A1-1"));
}

#[test]
fn a_film_of_unknown_length_is_left_to_be_watched() {
    let mut story = archive();
    for about in ["A1-8", "A1-9"] {
        story.item(about, 8);
    }
    let mut found = examination("A1-8");
    found.kind = Some(FileKind { group: Group::Video, media_type: "video/mp4".into(), ending_fits: None });
    found.stages.push(StageEnd { stage: Stage::First, end: End::Failed });
    story.say(Change::Examination(found.into()));
    let left = story.folded("one", 100).remaining(&|_| false).unwrap();
    let of = |about: &str| left.iter().find(|one| one.about.to_string() == about).unwrap();
    assert_eq!((of("A1-8").seconds, of("A1-8").new), (None, None));
    // Of its copy it is known that it is nothing new.
    assert_eq!((of("A1-9").seconds, of("A1-9").new), (None, Some(0.0)));
    assert_eq!(of("A1-1").new.map(f32::round), Some(60.0));
}

#[test]
fn what_is_left_of_a_broken_file_is_told_by_its_bytes() {
    let mut story = Story::new();
    let chunks = |count: u64| {
        let mut kept: Vec<Chunk> = (1..=count)
            .map(|part| Chunk {
                digest: part.wrapping_mul(0x9e37_79b9_7f4a_7c15),
                at: (part - 1) * 8192,
                length: 8192,
            })
            .collect();
        kept.sort_by_key(|chunk| chunk.digest);
        Some(Chunks { of_bytes: count * 8192, kept })
    };
    for (about, bytes, count) in [("A1-1", 1, 100), ("A1-2", 2, 60)] {
        story.item(about, bytes);
        story.looked_at(about, &Print { chunks: chunks(count), ..Print::default() }, None);
    }
    assert_eq!(shown(&story.folded("sound", 100)), ["A1-1 overlap A1-2"]);
    let mut broken = examination("A1-2");
    broken.stages.push(StageEnd { stage: Stage::First, end: End::Failed });
    broken.tools.push(ToolRun {
        reason: Some(vidimus_model::Reason::Damaged),
        end: End::Failed,
        ..run(Stage::First)
    });
    story.say(Change::Examination(broken.into()));
    assert_eq!(shown(&story.folded("broken", 100)), ["A1-1 damaged A1-2"]);
}

struct Kept {
    similar: Similar<Shelf>,
    _disk: tempfile::TempDir,
}

impl Fold for Kept {
    const VERSION: u32 = Similar::<Shelf>::VERSION;

    fn position(&self) -> Result<u64, crate::StoreError> {
        self.similar.position()
    }

    fn apply(&mut self, batch: &[Entry], from: u64, to: u64) -> Result<(), crate::ApplyError> {
        self.similar.apply(batch, from, to)
    }

    fn reset(&mut self) -> Result<(), crate::StoreError> {
        self.similar.reset()
    }
}

fn empty() -> Kept {
    let disk = tempfile::tempdir().unwrap();
    let similar = Similar::open(&disk.path().join("similar.v1"), &KEY, Shelf::default()).unwrap();
    Kept { similar, _disk: disk }
}

crate::conform::fold!(empty, |kept: &Kept| kept.similar.dump().unwrap());
