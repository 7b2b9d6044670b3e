//! A few points of every kind of scenario, drawn from a seed that is printed; `make crash` runs all of them.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use vidimus_harness::place::Programs;
use vidimus_harness::points::{Hit, Prepared, make_disks};
use vidimus_harness::scenario::{SCENARIOS, Scenario};
use vidimus_harness::seed::Seed;
use vidimus_harness::trace::Fault;

/// So many scenarios are drawn, and so many points of each.
const SCENARIOS_DRAWN: usize = 6;
const POINTS_DRAWN: usize = 6;

/// Where something was wrong once: the scenario, the fault, and what stands in the name of the file whose first call it hits.
const MENDED: [(&str, Fault, &str); 6] = [
    // The sheet was taken back, though what was recorded had made it the first member's.
    ("init", Fault::Broken, "archive/log/"),
    // The same command changed the key once more, and nobody made the receipt of the first change.
    ("key-change", Fault::KilledThenCut, "receipt.html"),
    // The same command took the objects that the first sync had lost for copied.
    ("backup-refreshed", Fault::Unkept, "out/backup/objects"),
    // The same command found the new key file in its place, and did not know that its name was not kept.
    ("passphrase", Fault::Unkept, "archive/keys/members"),
    // So it was with the checkpoint that is published,
    ("init", Fault::Unkept, "archive/log"),
    // and with a tile, beside which the next, longer log puts another.
    ("key-change", Fault::Unkept, "archive/log"),
];

#[test]
fn a_command_that_is_hit_loses_nothing() {
    let first = first_seed();
    let mut seed = Seed::new(first);
    let mut drawn: Vec<_> = SCENARIOS.iter().filter(|scenario| !scenario.is_slow).collect();
    seed.shuffle(&mut drawn);
    hit_some(&drawn[..SCENARIOS_DRAWN], first, |prepared| drawn_of(prepared, POINTS_DRAWN, first, &mut seed));
}

/// What makes a passphrase takes a second a point, by intention: so one of each, and where something was wrong.
#[test]
fn nor_does_one_that_makes_a_passphrase() {
    let first = first_seed();
    let mut seed = Seed::new(first);
    let drawn: Vec<_> = SCENARIOS.iter().filter(|scenario| scenario.is_slow).collect();
    assert!(drawn.len() >= 5, "init, passphrase, sheet, recover, a new member");
    hit_some(&drawn, first, |prepared| {
        let mut points = drawn_of(prepared, 1, first, &mut seed);
        points.extend(mended_of(prepared));
        points
    });
}

#[test]
fn what_was_wrong_once_is_not_again() {
    let was_wrong = |scenario: &&Scenario| MENDED.iter().any(|(name, ..)| *name == scenario.name);
    let quick: Vec<_> = SCENARIOS.iter().filter(|scenario| !scenario.is_slow).filter(was_wrong).collect();
    hit_some(&quick, 0, mended_of);
}

fn first_seed() -> u64 {
    let given = std::env::var("VIDIMUS_CRASH_SEED").ok().and_then(|seed| seed.parse().ok());
    // The standard library's hash tables begin with a random key.
    let first = given.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    println!("VIDIMUS_CRASH_SEED={first} draws the same points");
    first
}

/// So many points; `first` is what power cuts are drawn from.
fn drawn_of(prepared: &Prepared, points: usize, first: u64, seed: &mut Seed) -> Vec<Hit> {
    let mut all = prepared.all_points(first);
    seed.shuffle(&mut all);
    all.truncate(points);
    all
}

fn mended_of(prepared: &Prepared) -> Vec<Hit> {
    let of = MENDED.iter().filter(|(name, ..)| *name == prepared.scenario.name);
    let hits = |(_, fault, part): &(&str, Fault, &str)| {
        let is_it = |path: &Path| match fault {
            // Every sync of the folder itself.
            Fault::Unkept => path.ends_with(part),
            _ => path.to_string_lossy().contains(part),
        };
        let calls = prepared.whole.calls.iter().enumerate();
        let found: Vec<Hit> = calls
            .filter(|(_, seen)| is_it(&seen.path) && fault.can_hit(seen.call.kind))
            .take(if *fault == Fault::Unkept { usize::MAX } else { 1 })
            .map(|(nth, _)| Hit::Call(*fault, nth))
            .collect();
        assert!(!found.is_empty(), "{} comes by {part}", prepared.scenario.name);
        found
    };
    of.flat_map(hits).collect()
}

/// Hits the points that are chosen of each scenario; `first` is said where something is wrong.
fn hit_some(scenarios: &[&'static Scenario], first: u64, mut choose: impl FnMut(&Prepared) -> Vec<Hit>) {
    let programs = Programs { vidimus: vidimus(), ourselves: env!("CARGO_BIN_EXE_vidimus-crash").into() };
    let scratch = tempfile::tempdir().unwrap();
    let disks = make_disks(&scratch.path().join("disks")).unwrap();
    for scenario in scenarios {
        let prepared = match Prepared::new(scenario, &programs, scratch.path(), &disks) {
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                println!("skipped: no process may be traced here");
                return;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Unsupported => continue,
            prepared => prepared.unwrap(),
        };
        for at in choose(&prepared) {
            let point = prepared.hit(at, &programs, &scratch.path().join("hit")).unwrap();
            assert!(point.complaints.is_empty(), "seed {first}, {}: {point:?}", scenario.name);
        }
    }
}

/// The program beside our own, built where it is older than its sources: Cargo builds only the programs of the package
/// under test.
fn vidimus() -> PathBuf {
    let ours = Path::new(env!("CARGO_BIN_EXE_vidimus-crash"));
    let program = ours.with_file_name("vidimus");
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let built = program.metadata().and_then(|found| found.modified()).ok();
    if built.is_none_or(|built| newest(crates) > built) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--locked", "--workspace", "--bin", "vidimus"]).current_dir(crates);
        assert!(cargo.status().unwrap().success());
    }
    program
}

/// When a source of the workspace's crates was last written.
fn newest(folder: &Path) -> SystemTime {
    let mut newest = SystemTime::UNIX_EPOCH;
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        if entry.file_type().unwrap().is_dir() && name != "tests" && name != "harness" {
            newest = newest.max(self::newest(&entry.path()));
        } else if name.to_string_lossy().ends_with(".rs") {
            newest = newest.max(entry.metadata().unwrap().modified().unwrap());
        }
    }
    newest
}
