//! Files that were made to break readers: each ends, within its limits, and whatever was not read has a reason.
//!
//! They lie in a folder beside this repository, which is optional (`VIDIMUS_SHARED`).

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::{Item, Kept, examiner};
use vidimus_examine::{Limits, Options};
use vidimus_model::{End, Stage};

fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("VIDIMUS_SHARED").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let found = named.or(Some(beside)).filter(|folder| folder.join("samples").is_dir());
    if found.is_none() {
        println!("skipped: the folder of samples is not here (VIDIMUS_SHARED)");
    }
    found
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files(&entry.path(), found);
        } else if kind.is_file() && entry.metadata().unwrap().len() <= 64 << 20 {
            found.push(entry.path());
        }
    }
}

/// Examines all of them without the stages that only look again at what a decoder already took.
fn survives(folder: &Path) {
    let mut paths = Vec::new();
    files(folder, &mut paths);
    paths.sort();
    assert!(!paths.is_empty(), "{}", folder.display());
    let limits = Limits { unpacked_bytes: 96 << 20, ratio: 200, ocr_pages: 2, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let mut examiner = examiner();
    for path in paths {
        let item = Item::new(&path.to_string_lossy(), std::fs::read(&path).unwrap());
        let mut kept = Kept::default();
        let findings =
            examiner.examine(&item, &[Stage::First, Stage::Members, Stage::Text], &options, &mut kept);
        let bytes: usize = kept.0.iter().filter_map(|kept| kept.2.as_ref()).map(Vec::len).sum();
        assert!(bytes as u64 <= limits.unpacked_bytes, "{}: {bytes} bytes", path.display());
        assert_eq!(findings.stages.len(), 3, "{}", path.display());
        for run in &findings.tools {
            let whole = matches!(run.end, End::Done | End::Nothing);
            assert_eq!(run.reason.is_none(), whole, "{}: {run:?}", path.display());
            assert!(run.untrusted_said.as_ref().is_none_or(|said| said.chars().count() <= 400));
        }
        for fact in &findings.facts {
            assert!(fact.untrusted_value.chars().count() <= 2000, "{}: {}", path.display(), fact.name);
        }
    }
}

#[test]
#[ignore = "takes minutes; run with --ignored"]
fn what_others_found_to_break_readers_ends_with_a_reason() {
    if let Some(shared) = shared() {
        survives(&shared.join("samples/hostile"));
    }
}

#[test]
#[ignore = "takes minutes; run with --ignored"]
fn what_was_made_to_break_this_program_ends_with_a_reason() {
    let Some(shared) = shared() else { return };
    let place = tempfile::tempdir().unwrap();
    let made = Command::new("python3")
        .arg(shared.join("hostile/make_hostile.py"))
        .arg(place.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    for folder in ["archives", "img", "doc"] {
        let below = [place.path().join("hostile").join(folder), place.path().join(folder)];
        survives(below.iter().find(|folder| folder.is_dir()).unwrap());
    }
}
