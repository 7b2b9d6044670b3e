//! Stories of taking material in: counts that add up, copies, interruptions, another member's eyes.

use std::path::Path;

use vidimus_archive::clock::SystemClock;
use vidimus_archive::receive::{Receive, Received};
use vidimus_archive::{Archive, Beginning, Opening};
use vidimus_model::CompartmentId;
use vidimus_seal::KdfParams;

const PASSPHRASE: &str = "six small words for the test";

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("disk")).unwrap();
        let place = Self { folder };
        let beginning = Beginning {
            state: &place.state(),
            origin: "archive.example/ik-900",
            member: "Олена",
            passphrase: PASSPHRASE,
            keyholders: None,
            kdf: KdfParams { memory_kib: 64, passes: 1, lanes: 1 },
            clock: Box::new(SystemClock),
        };
        Archive::init(&place.archive(), beginning).unwrap();
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
        let request = Receive {
            paths: vec![path.to_owned()],
            giver: Some(zeroize::Zeroizing::new("a person".into())),
            note: None,
            new: false,
            into: CompartmentId::main(),
        };
        self.open().receive(&request, &mut |_| {}).unwrap()
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
