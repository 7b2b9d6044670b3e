//! A few points of every kind of scenario, drawn from a seed that is printed; `make crash` runs all of them.
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use vidimus_harness::place::Programs;
use vidimus_harness::points::{Prepared, make_disks};
use vidimus_harness::scenario::SCENARIOS;

/// No more points are begun after this; how many there are is no matter of the test.
const LONG_ENOUGH: Duration = Duration::from_secs(20);

#[test]
fn a_command_that_is_hit_loses_nothing() {
    let seed = std::env::var("VIDIMUS_CRASH_SEED").ok().and_then(|seed| seed.parse().ok());
    let mut seed = Seed(seed.unwrap_or_else(|| {
        // The standard library's hash tables begin with a random key.
        RandomState::new().build_hasher().finish()
    }));
    println!("the seed is {}: VIDIMUS_CRASH_SEED={0} draws the same points", seed.0);
    let programs = Programs { vidimus: vidimus(), ourselves: env!("CARGO_BIN_EXE_vidimus-crash").into() };
    let scratch = tempfile::tempdir().unwrap();
    let disks = make_disks(&scratch.path().join("disks")).unwrap();
    let begun = Instant::now();
    let mut points = 0;
    let mut left: Vec<_> = SCENARIOS.iter().collect();
    while !left.is_empty() && begun.elapsed() < LONG_ENOUGH {
        let scenario = left.swap_remove(seed.below(left.len()));
        let prepared = match Prepared::new(scenario, &programs, scratch.path(), &disks) {
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
                println!("skipped: no process may be traced here");
                return;
            }
            prepared => prepared.unwrap(),
        };
        let all = prepared.all_points();
        for _ in 0..3 {
            let at = all[seed.below(all.len())];
            let point = prepared.hit(at, &programs, &scratch.path().join("hit")).unwrap();
            assert!(point.complaints.is_empty(), "{}: {point:?}", scenario.name);
            points += 1;
        }
    }
    println!("{points} points");
    assert!(points > 0);
}

/// Numbers that follow from a first one: SplitMix64.
struct Seed(u64);

impl Seed {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
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
