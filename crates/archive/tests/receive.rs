//! Stories of taking material in: counts that add up, copies, interruptions, another member's eyes.

#[path = "common/beginning.rs"]
mod beginning;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use vidimus_archive::clock::SystemClock;
use vidimus_archive::query::{ListQuery, ListRow};
use vidimus_archive::receive::{Progress, Receive, Received, survey};
use vidimus_archive::{Archive, Beginning, Opening};
use vidimus_model::CompartmentId;

use beginning::beginning;

const PASSPHRASE: &str = "six small words for the test";

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("disk")).unwrap();
        let place = Self { folder };
        Archive::init(&place.archive(), beginning(&place.state(), "Олена", PASSPHRASE)).unwrap();
        place
    }

    fn archive(&self) -> std::path::PathBuf {
        self.folder.path().join("archive")
    }

    fn state(&self) -> std::path::PathBuf {
        self.folder.path().join("state")
    }

    fn disk(&self) -> std::path::PathBuf {
        self.folder.path().join("disk")
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.disk().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    fn open(&self) -> Archive {
        let opening = Opening {
            state: &self.state(),
            member: None,
            passphrase: PASSPHRASE,
            first_seen_here: false,
            clock: Box::new(SystemClock),
        };
        Archive::open(&self.archive(), opening).unwrap()
    }

    fn receive(&self, path: &Path) -> Received {
        let mut archive = self.open();
        let received = archive.receive(&request(path), &mut |_| {}).unwrap();
        archive.answered(&received).unwrap();
        received
    }

    /// Receives until `files` have been dealt with, then dies in the middle of it.
    fn receive_and_die(&self, path: &Path, files: u64) {
        let mut archive = self.open();
        let died = catch_unwind(AssertUnwindSafe(|| {
            archive.receive(&request(path), &mut |at| assert!(at.files < files, "killed"))
        }));
        assert!(died.is_err());
    }

    /// Receives, and sees that what is told on the way is true: it never goes back, and ends with all that was counted
    /// before. What was told last.
    fn receive_told(&self) -> (Received, Progress) {
        let mut archive = self.open();
        let counted = survey(&[self.disk()], &self.archive()).unwrap();
        let mut last = Progress::default();
        let received = archive.receive(&request(&self.disk()), &mut |at| {
            assert!(at.files >= last.files && at.bytes + at.passed >= last.bytes + last.passed, "{at:?}");
            assert!(at.files <= counted.files + counted.others, "{at:?}");
            assert!(at.bytes + at.passed <= counted.bytes, "{at:?} of {counted:?}");
            last = at;
        });
        let received = received.unwrap();
        archive.answered(&received).unwrap();
        let done = (last.files, last.bytes + last.passed);
        assert_eq!(done, (counted.files + counted.others, counted.bytes));
        (received, last)
    }

    /// What stands in the catalogue: reference, path, digest.
    fn list(&self) -> Vec<(String, String, String)> {
        let mut archive = self.open();
        let mut rows = Vec::new();
        let mut visit = |row: ListRow| {
            rows.push((row.reference.to_string(), row.path.to_text(), row.sha256));
            std::ops::ControlFlow::Continue(())
        };
        archive.list(&ListQuery::default(), &mut visit).unwrap();
        rows
    }
}

fn request(path: &Path) -> Receive {
    Receive {
        paths: vec![path.to_owned()],
        giver: Some(zeroize::Zeroizing::new("a person".into())),
        note: None,
        new: false,
        into: CompartmentId::main(),
    }
}

#[test]
fn counts_add_up_and_copies_are_stored_once() {
    let place = Place::new();
    place.write("a.txt", "same");
    place.write("b.txt", "same");
    place.write("large/one", vec![7; 200_000]);
    place.write("large/two", vec![7; 200_000]);
    place.write("large/three", vec![8; 200_000]);
    place.write("empty", "");
    std::os::unix::fs::symlink("/etc/passwd", place.disk().join("link")).unwrap();
    let received = place.receive(&place.disk());
    assert_eq!((received.found, received.taken, received.copies), (7, 4, 2));
    assert_eq!(received.not_taken.len(), 1);
    assert_eq!(received.bytes, 600_008);
    assert_eq!(received.accession.to_string(), "A1");
    assert!(received.checkpoint.size >= 256);
    let again = place.receive(&place.disk());
    assert_eq!(again.accession.to_string(), "A2");
    assert_eq!((again.taken, again.copies), (0, 6));
}

#[test]
fn an_interrupted_accession_is_gone_on_with() {
    let place = Place::new();
    for n in 0..2500 {
        place.write(&format!("{:02}/{n}", n % 40), format!("file {}", n / 2));
    }
    for n in 0..4u8 {
        place.write(&format!("99/large-{n}"), vec![n / 2; 150_000]);
    }
    place.receive_and_die(&place.disk(), 700);
    place.receive_and_die(&place.disk(), 1700);
    place.receive_and_die(&place.disk(), 2503);
    let received = place.receive(&place.disk());
    assert!(received.resumed);
    assert_eq!(received.accession.to_string(), "A1");
    assert_eq!((received.found, received.taken, received.copies), (2504, 1252, 1252));
    let rows = place.list();
    let paths: std::collections::BTreeSet<&String> = rows.iter().map(|(_, path, _)| path).collect();
    assert_eq!((rows.len(), paths.len()), (2504, 2504));
    assert_eq!(place.receive(&place.disk()).accession.to_string(), "A2");
}

#[test]
fn another_disk_in_the_same_place_is_another_delivery() {
    let place = Place::new();
    let fill =
        |what: &str| (0..1500).for_each(|n| place.write(&format!("{n:04}.jpg"), format!("{what} {n}")));
    fill("first");
    place.receive_and_die(&place.disk(), 1200);
    // The same names, and other pictures.
    std::fs::remove_dir_all(place.disk()).unwrap();
    fill("other");
    let received = place.receive(&place.disk());
    assert_eq!((received.accession.to_string().as_str(), received.resumed), ("A2", false));
    assert_eq!((received.found, received.taken), (1500, 1500));
}

#[test]
fn what_is_told_of_how_far_it_has_come_is_true() {
    let place = Place::new();
    for n in 0..1500 {
        place.write(&format!("{n:04}"), format!("file {}", n / 2));
    }
    // Copies, and others of the same size; the last are larger than what is read at once.
    for n in 0..4u8 {
        place.write(&format!("large-{n}"), vec![n / 2; 150_000]);
        place.write(&format!("larger-{n}"), vec![n / 3; 9 << 20]);
    }
    // A file for which there is no room, and what is no file.
    let huge = std::fs::File::create(place.disk().join("huge")).unwrap();
    huge.set_len(1 << 43).unwrap();
    std::os::unix::fs::symlink("0001", place.disk().join("link")).unwrap();
    place.receive_and_die(&place.disk(), 1200);
    let (received, last) = place.receive_told();
    assert!(received.resumed && last.bytes < received.bytes, "an earlier run read the beginning: {last:?}");
    let (received, last) = place.receive_told();
    assert_eq!((last.bytes, last.passed), (received.bytes, 1 << 43));
    assert_eq!(received.not_taken.len(), 2);
}

#[test]
fn what_changes_while_it_is_read_is_kept_and_flagged() {
    let place = Place::new();
    place.write("growing", vec![1; 3 << 20]);
    let mut archive = place.open();
    let path = place.disk().join("growing");
    let mut grown = false;
    let received = archive.receive(&request(&place.disk()), &mut |at| {
        if at.bytes > 0 && !grown {
            grown = true;
            std::fs::write(&path, vec![2; 5 << 20]).unwrap();
        }
    });
    assert_eq!(received.unwrap().taken, 1);
    let shown = archive.show(&"A1-1".parse().unwrap()).unwrap();
    let fields = serde_json::to_value(&shown).unwrap();
    assert_eq!(fields["reading"], "changed");
    assert_eq!(fields["reading_sizes"]["size_before"], 3 << 20);
    assert_eq!(fields["reading_sizes"]["size_after"], 5 << 20);
    assert_eq!(fields["size"], 3 << 20);
}
