//! What a power cut leaves, of histories of a few calls.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::Disk;
use crate::calls::{Call, Kind, Named};
use crate::cut::Cut;
use crate::stopped::Effect;
use crate::trace::Seen;

/// A disk with one file, and what happens to it, one call after the other.
struct Story {
    folder: tempfile::TempDir,
    calls: Vec<Seen>,
}

impl Story {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("disk")).unwrap();
        fs::write(folder.path().join("disk/old"), b"old").unwrap();
        Self { folder, calls: Vec::new() }
    }

    fn then(mut self, kind: Kind, name: &str, from: Option<&str>, effect: Effect, answer: i64) -> Self {
        let at = |name: &str| self.folder.path().join("disk").join(name);
        let call = Call { name: "a call", kind, file: Named::Open(0), from: None };
        let time = self.calls.len() as u64 * 2;
        let (path, from) = (at(name), from.map(at));
        let seen =
            Seen { call, path, from, answer: Some(answer), effect: Some(effect), time: (time, time + 1) };
        self.calls.push(seen);
        self
    }

    fn opens(self, name: &str, file: u64) -> Self {
        self.then(Kind::Create, name, None, Effect::Opened { file, emptied: false }, 3)
    }

    fn writes(self, file: u64, offset: u64, bytes: &[u8]) -> Self {
        let effect = Effect::Bytes { file, offset, bytes: bytes.to_vec() };
        self.then(Kind::Write, "x", None, effect, bytes.len() as i64)
    }

    fn syncs(self, file: u64, answer: i64) -> Self {
        self.then(Kind::Sync, "x", None, Effect::SyncedFile(file), answer)
    }

    fn syncs_folder(self) -> Self {
        self.then(Kind::Sync, "", None, Effect::SyncedFolder, 0)
    }

    fn renames(self, from: &str, to: &str) -> Self {
        self.then(Kind::Rename, to, Some(from), Effect::Renamed, 0)
    }

    /// What is on the disk after a power cut.
    fn cut(&self, cut: Cut) -> BTreeMap<String, Vec<u8>> {
        let mut disk = Disk::read(&self.folder.path().join("disk"), Path::new("")).unwrap();
        disk.live_through(&self.calls);
        let after = tempfile::tempdir_in(self.folder.path()).unwrap();
        disk.cut(cut, after.path()).unwrap();
        let files = fs::read_dir(after.path()).unwrap().map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap())
        });
        files.collect()
    }
}

fn files<const N: usize>(files: [(&str, &[u8]); N]) -> BTreeMap<String, Vec<u8>> {
    files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect()
}

#[test]
fn what_was_not_synced_is_lost() {
    let story = Story::new().opens("new", 9).writes(9, 0, b"bytes");
    assert_eq!(story.cut(Cut::All), files([("old", b"old")]));
    assert_eq!(story.cut(Cut::Bytes), files([("old", b"old"), ("new", b"")]));
}

#[test]
fn a_synced_file_keeps_its_bytes_and_a_synced_folder_its_name() {
    let story = Story::new().opens("new", 9).writes(9, 0, b"bytes").syncs(9, 0);
    assert_eq!(story.cut(Cut::All), files([("old", b"old")]));
    assert_eq!(story.cut(Cut::Bytes), files([("old", b"old"), ("new", b"bytes")]));
    let story = story.syncs_folder();
    assert_eq!(story.cut(Cut::All), files([("old", b"old"), ("new", b"bytes")]));
}

#[test]
fn a_rename_is_whole_or_not_at_all() {
    let story = Story::new().opens("new", 9).writes(9, 0, b"bytes").syncs(9, 0).renames("new", "old");
    assert_eq!(story.cut(Cut::All), files([("old", b"old")]));
    assert_eq!(story.cut(Cut::Bytes), files([("old", b"bytes")]));
    for seed in 0..50 {
        let after = story.cut(Cut::Any(seed));
        assert!([&b"old"[..], b"bytes"].contains(&&after["old"][..]), "{after:?}");
    }
}

#[test]
fn what_a_failed_sync_let_go_of_is_not_kept_by_the_next_unless_it_is_written_again() {
    let story = Story::new().opens("new", 9).syncs_folder().writes(9, 0, b"bytes").syncs(9, -5).syncs(9, 0);
    assert_eq!(story.cut(Cut::All), files([("old", b"old"), ("new", b"\0\0\0\0\0")]));
    let story = story.writes(9, 0, b"b").syncs(9, 0);
    assert_eq!(story.cut(Cut::All), files([("old", b"old"), ("new", b"bytes")]));
}

#[test]
fn a_sync_is_not_about_what_comes_while_it_lasts() {
    let mut story = Story::new().opens("new", 9).syncs_folder().syncs(9, 0).writes(9, 0, b"late");
    // The sync began before the write was done, and ended after it.
    story.calls[2].time.1 = 100;
    assert_eq!(story.cut(Cut::All), files([("old", b"old"), ("new", b"")]));
}

#[test]
fn pages_are_lost_one_by_one_and_some_in_the_middle() {
    let story = Story::new().opens("new", 9).syncs_folder();
    let story = story.writes(9, 0, &[1; 9000]).syncs(9, 0).writes(9, 0, &[2; 9000]);
    let mut mixed = 0;
    for seed in 0..100 {
        let after = story.cut(Cut::Any(seed))["new"].clone();
        assert_eq!(after.len(), 9000);
        assert!(after.chunks(512).all(|sector| sector.iter().all(|byte| *byte == sector[0])));
        mixed += usize::from(after.contains(&1) && after.contains(&2));
    }
    assert!(mixed > 20, "{mixed}");
}
