//! A folder with an archive of the invented prison ИК-900 in it, and a disk to be received.
#![allow(dead_code)] // Each test program uses a part of it.

#[path = "beginning.rs"]
mod beginning;

use std::path::{Path, PathBuf};

use vidimus_archive::clock::SystemClock;
use vidimus_archive::receive::{Receive, Received};
use vidimus_archive::{Archive, Beginning, Opening};
use vidimus_model::{CompartmentId, Ref};
use vidimus_seal::keyholders::KeyholderSet;

pub const ORIGIN: &str = "archive.example/ik-900";
pub const MEMBER: &str = "Олена";
pub const GIVER: &str = "та, що принесла диск";
const PASSPHRASE: &str = "six small words for the test";

pub struct Place {
    pub folder: tempfile::TempDir,
    pub archive: Archive,
}

impl Place {
    pub fn new() -> Self {
        Self::with_keyholders(None)
    }

    pub fn with_keyholders(keyholders: Option<KeyholderSet>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("disk")).unwrap();
        let state = folder.path().join("state");
        let usual = beginning::beginning(&state, MEMBER, PASSPHRASE);
        let beginning = Beginning { origin: ORIGIN, keyholders, ..usual };
        let (archive, _) = Archive::init(&folder.path().join("archive"), beginning).unwrap();
        Self { folder, archive }
    }

    pub fn open_again(&mut self) {
        self.archive = open(self.folder.path());
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path("disk").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Takes the disk in and empties it.
    pub fn receive(&mut self) -> Received {
        let request = Receive {
            paths: vec![self.path("disk")],
            giver: Some(zeroize::Zeroizing::new(GIVER.into())),
            note: Some("a disk from ИК-900".into()),
            new: true,
            into: CompartmentId::main(),
        };
        let received = self.archive.receive(&request, &mut |_| {}).unwrap();
        std::fs::remove_dir_all(self.path("disk")).unwrap();
        std::fs::create_dir(self.path("disk")).unwrap();
        received
    }

    /// The reference of the item that was found under this path.
    pub fn item(&mut self, path: &str) -> Ref {
        let mut found = None;
        let mut visit = |row: vidimus_archive::query::ListRow| {
            if row.path.to_text() == path {
                found = Some(row.reference);
            }
            std::ops::ControlFlow::Continue(())
        };
        self.archive.list(&Default::default(), &mut visit).unwrap();
        found.unwrap_or_else(|| panic!("no item was found as {path}"))
    }
}

/// Opens the archive of a place that another process may have open too.
pub fn open(folder: &Path) -> Archive {
    let opening = Opening {
        state: &folder.join("state"),
        member: None,
        passphrase: PASSPHRASE,
        first_seen_here: false,
        clock: Box::new(SystemClock),
    };
    Archive::open(&folder.join("archive"), opening).unwrap()
}

pub fn reference(text: &str) -> Ref {
    text.parse().unwrap()
}
