//! Finding copies: `cargo bench -p vidimus-folds --bench similar [-- HASHES [FILMS]]`; milliseconds of CPU time.
//!
//! Hashes of 256 bits drawn evenly, of which each question differs in 31 bits from one, are found exactly. Films are invented: a
//! minute of a still camera with somebody who walks, a hundred of each of many places; one more is compared with all of them.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};
use vidimus_folds::similar::near::{FARTHEST, Near};
use vidimus_folds::similar::{Prints, Similar};
use vidimus_folds::{Entry, Fold as _, Said};
use vidimus_model::print::{Frame, Motion, Point, Print, Small, View};
use vidimus_model::{
    Change, Derivative, DerivativeKind, End, Examination, FileSystemSays, FoundPath, Item, MemberId,
    ObjectPlace, OperationId, Reading, Ref, SandboxLevel, Stage, StageEnd, Statement, TimeZoneKnown, ToolRun,
};

/// Films of one place.
const OF_A_PLACE: u64 = 100;
/// Different things that happen: whoever walks in one film walks so in some others, of other places.
const WALKS: u64 = 64;
/// Entries that are folded at once.
const BATCH: usize = 2_000;
/// Films that come after the others, one by one.
const NEW: u64 = 9;
const KEY: [u8; 32] = [5; 32];

fn main() {
    let given: Vec<u64> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let [hashes, films] =
        [given.first().copied().unwrap_or(10_000_000), given.get(1).copied().unwrap_or(100_000)];
    find_hashes(hashes);
    compare_films(films);
}

fn find_hashes(count: u64) {
    let mut next = numbers(1);
    let mut hash = || -> [u8; 32] {
        let words: [u64; 4] = std::array::from_fn(|_| next());
        std::array::from_fn(|at| words[at / 8].to_le_bytes()[at % 8])
    };
    let all: Vec<[u8; 32]> = (0..count).map(|_| hash()).collect();
    let mut near = Near::default();
    let began = Instant::now();
    all.iter().for_each(|hash| near.push(hash));
    near.table();
    let built = began.elapsed();
    let mut draw = numbers(2);
    let mut times = Vec::new();
    for _ in 0..400 {
        let at = (draw() % count) as usize;
        let mut asked = all[at];
        let mut flipped = std::collections::BTreeSet::new();
        while flipped.len() < FARTHEST as usize {
            flipped.insert(draw() as usize % 256);
        }
        flipped.iter().for_each(|bit| asked[bit / 8] ^= 1 << (bit % 8));
        let mut found = Vec::new();
        let before = cpu();
        near.find(black_box(&asked), FARTHEST, |number, _| found.push(number));
        times.push(cpu() - before);
        assert!(found.contains(&at), "nothing is missed");
    }
    println!(
        "{count} hashes, distance {FARTHEST}, exact: p50 {:.2} ms, p99 {:.2} ms; built in {:.1} s; memory of the process {} MB",
        part(&mut times, 50),
        part(&mut times, 99),
        built.as_secs_f64(),
        memory(),
    );
}

fn compare_films(count: u64) {
    let disk = tempfile::tempdir().expect("a folder");
    let began = Instant::now();
    let mut similar = Similar::open(disk.path(), &KEY, Made::new(count)).expect("an index");
    let mut entries = Vec::new();
    let mut at = 0;
    for film in 0..count {
        say(film, &mut entries);
        if entries.len() >= BATCH || film + 1 == count {
            let batch = std::mem::take(&mut entries);
            similar.apply(&batch, at, at + batch.len() as u64).expect("folded");
            at += batch.len() as u64;
        }
    }
    println!("{count} films folded in {:.0} s", began.elapsed().as_secs_f64());
    believe_compared(disk.path());
    let mut times = Vec::new();
    for film in count..count + NEW {
        let mut batch = Vec::new();
        say(film, &mut batch);
        // The entries go on from where the others ended.
        similar.apply(&batch, at, at + batch.len() as u64).expect("folded");
        at += batch.len() as u64;
        let (before, began) = (cpu(), Instant::now());
        while similar.compare_next().expect("compared").is_some_and(|left| left > 0) {}
        // The first one reads what all the others are found by.
        if times.is_empty() {
            let seconds = began.elapsed().as_secs_f64();
            println!("the first new film, with what is read at the start: {seconds:.1} s");
        }
        times.push(cpu() - before);
    }
    let mut later = times.split_off(1);
    let hours = count as f64 / 60.0;
    println!(
        "one more film against {count}, {OF_A_PLACE} of its place: p50 {:.0} ms, most {:.0} ms; {:.1} MB on the disk and {:.1} MB of memory for an hour of footage",
        part(&mut later, 50),
        part(&mut later, 100),
        size(disk.path()) as f64 / 1e6 / hours,
        memory() as f64 / hours,
    );
}

/// Marks all as compared, as they were in an archive that has long had them: that would take days here.
fn believe_compared(folder: &Path) {
    let db = rusqlite::Connection::open(folder.join("similar.db")).expect("the index");
    db.execute_batch(&format!(
        "PRAGMA key = \"x'{}'\"; PRAGMA cipher_page_size = 4096; PRAGMA cipher_hmac_algorithm = HMAC_SHA256;
         PRAGMA cipher_kdf_algorithm = PBKDF2_HMAC_SHA512;
         INSERT INTO compared SELECT i.sha256, c.seq || '+' || p.seq FROM item i
             JOIN run c ON (c.accession, c.number, c.members, c.stage) = (i.accession, i.number, i.members, 'copies')
             JOIN run p ON (p.accession, p.number, p.members, p.stage) = (i.accession, i.number, i.members, 'proxy');",
        hex::encode(KEY)
    ))
    .expect("marked");
}

/// What was said of a film: that it came, and that it was looked at.
fn say(film: u64, entries: &mut Vec<Entry>) {
    let about: Ref = format!("A1-{}", film + 1).parse().expect("a reference");
    let seq = film * 2;
    let sha256 = format!("{:064x}", film + 1);
    let item = Item {
        about: about.clone(),
        path: FoundPath::new(about.to_string().as_bytes()),
        source: 0,
        sha256,
        size: 9,
        file_system: FileSystemSays { zone: TimeZoneKnown::Unknown, ..FileSystemSays::default() },
        object: place(),
        copy_of: None,
        reading: Reading::Whole,
        reading_sizes: None,
    };
    let made = [(Stage::Copies, DerivativeKind::Print), (Stage::Proxy, DerivativeKind::Motion)];
    let found = Examination {
        about,
        attempt: 1,
        stages: made.map(|(stage, _)| StageEnd { stage, end: End::Done }).into(),
        tools: made.map(|(stage, _)| run(stage)).into(),
        kind: None,
        facts: vec![],
        times: vec![],
        cameras: vec![],
        derivatives: (0..)
            .zip(made)
            .map(|(tool, (_, kind))| Derivative {
                kind,
                look: None,
                media_type: "application/octet-stream".to_owned(),
                sha256: format!("{:063x}{tool}", film),
                size: 1,
                object: place(),
                tool,
            })
            .collect(),
        not_taken: vec![],
    };
    for (seq, change) in [(seq, Change::Item(item)), (seq + 1, Change::Examination(found.into()))] {
        let at = jiff::Timestamp::from_second(1_800_000_000).expect("a time");
        let (by, op) = (MemberId::from_bytes([7; 8]), OperationId::from_bytes([0; 16]));
        entries.push(Entry { seq, said: Said::Statement(Statement { at, by, op, change }) });
    }
}

/// Prints, made when they are asked for.
struct Made {
    places: u64,
    motions: BTreeMap<u64, Vec<u8>>,
}

impl Made {
    fn new(films: u64) -> Self {
        let motions = (0..WALKS).map(|walk| (walk, motion(walk).encode().expect("a motion"))).collect();
        Self { places: films.div_ceil(OF_A_PLACE), motions }
    }
}

impl Prints for Made {
    fn print(&mut self, _: u64, _: &Ref, derivative: &Derivative) -> Option<Vec<u8>> {
        let film = u64::from_str_radix(&derivative.sha256[..63], 16).ok()?;
        match derivative.kind {
            DerivativeKind::Motion => self.motions.get(&(film * 7 % WALKS)).cloned(),
            _ => Some(print(film % self.places, film).encode().expect("a print")),
        }
    }
}

/// A place, as one of its films shows it: most bits of most points are as in the others.
fn print(place: u64, film: u64) -> Print {
    let (mut next, mut grain) = (numbers(place + 1), numbers(film + 1_000_000_007));
    let mut point = |_| {
        let (x, y) = (next() as u16, next() as u16);
        let words: [u64; 4] =
            std::array::from_fn(|_| next() ^ (grain() & grain() & grain() & grain() & grain()));
        Point { x, y, bits: std::array::from_fn(|at| words[at / 8].to_le_bytes()[at % 8]) }
    };
    let points = (0..80).map(&mut point).collect();
    let view = View { from_ms: 0, to_ms: 60_000, content: [0, 0, u16::MAX, u16::MAX], points };
    let frame = |at_ms| Frame { at_ms, hash: [0; 32], quality: 0, small: [90; SMALL] };
    let frames = (0..6).map(|number| frame(number * 10_000)).collect();
    Print { frames, views: vec![view], sound: None, chunks: None, seconds: Some(60.0), aspect: 1.5 }
}

/// Cells of a small picture.
const SMALL: usize = 48 * 36;

/// A minute of a still room in which somebody walks to and fro, on a way of their own.
fn motion(walk: u64) -> Motion {
    let seed = walk as f32 * 0.37 + 0.5;
    let frame = |at: usize| -> Small {
        let t = at as f32 / 4.0;
        let (x, y) =
            (24.0 + 18.0 * (t * (0.2 + 0.13 * seed) + seed).sin(), 18.0 + 4.0 * (t * 0.9 * seed).cos());
        std::array::from_fn(|cell| {
            let (across, down) = ((cell % 48) as f32, (cell / 48) as f32);
            let room = 40 + (cell % 48 / 6 * 17 + cell / 48 / 5 * 23) % 90;
            if (across - x).abs() < 2.5 && (down - y).abs() < 5.0 { 220 } else { room as u8 & !1 }
        })
    };
    Motion { step_ms: 250, begins_ms: 0, frames: (0..240).map(frame).collect() }
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

fn place() -> ObjectPlace {
    ObjectPlace { name: "0".repeat(32), size: 1, header: "0".repeat(64), offset: None, length: None }
}

fn numbers(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

/// Milliseconds of CPU time of this process.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

fn part(times: &mut [f64], percent: usize) -> f64 {
    times.sort_by(f64::total_cmp);
    times[(times.len() - 1) * percent / 100]
}

/// Megabytes that the process holds.
fn memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1000
}

fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.metadata().ok()).map(|found| found.len()).sum()
}
