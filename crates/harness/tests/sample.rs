//! A few points of every kind of scenario, drawn from a seed that is printed; `make crash` runs all of them.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use vidimus_harness::place::Programs;
use vidimus_harness::points::{Prepared, make_disks};
use vidimus_harness::scenario::{SCENARIOS, Scenario};
use vidimus_harness::seed::Seed;

/// So many scenarios are drawn, and so many points of each.
const SCENARIOS_DRAWN: usize = 6;
const POINTS_DRAWN: usize = 6;

#[test]
fn a_command_that_is_hit_loses_nothing() {
    let first = first_seed();
    let mut seed = Seed::new(first);
    let mut drawn: Vec<_> = SCENARIOS.iter().filter(|scenario| !scenario.is_slow).collect();
    seed.shuffle(&mut drawn);
    hit_some(&drawn[..SCENARIOS_DRAWN], POINTS_DRAWN, first, seed);
}

/// What makes a passphrase takes a second a point, by intention: so one of each.
#[test]
fn nor_does_one_that_makes_a_passphrase() {
    let first = first_seed();
    let drawn: Vec<_> = SCENARIOS.iter().filter(|scenario| scenario.is_slow).collect();
    assert!(drawn.len() >= 5, "init, passphrase, sheet, recover, a new member");
    hit_some(&drawn, 1, first, Seed::new(first));
}

fn first_seed() -> u64 {
    let given = std::env::var("VIDIMUS_CRASH_SEED").ok().and_then(|seed| seed.parse().ok());
    // The standard library's hash tables begin with a random key.
    let first = given.unwrap_or_else(|| RandomState::new().build_hasher().finish());
    println!("VIDIMUS_CRASH_SEED={first} draws the same points");
    first
}

/// Hits so many points of each scenario; `first` is what power cuts are drawn from.
fn hit_some(drawn: &[&'static Scenario], points: usize, first: u64, mut seed: Seed) {
    let programs = Programs { vidimus: vidimus(), ourselves: env!("CARGO_BIN_EXE_vidimus-crash").into() };
    let scratch = tempfile::tempdir().unwrap();
    let disks = make_disks(&scratch.path().join("disks")).unwrap();
    for scenario in drawn {
        let prepared = match Prepared::new(scenario, &programs, scratch.path(), &disks) {
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                println!("skipped: no process may be traced here");
                return;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Unsupported => continue,
            prepared => prepared.unwrap(),
        };
        let mut all = prepared.all_points(first);
        seed.shuffle(&mut all);
        for at in all.into_iter().take(points) {
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
        cargo.args(["build", "--locked", "--package", "vidimus-cli"]).current_dir(crates);
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
