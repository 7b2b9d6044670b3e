//! An archive in a temporary folder, with a disk to receive and a state folder beside it.
#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod beginning;

use std::path::{Path, PathBuf};

use vidimus_archive::clock::SystemClock;
use vidimus_archive::receive::{Receive, Received};
use vidimus_archive::{Archive, Beginning, OpenError, Opening};
use vidimus_model::CompartmentId;
use vidimus_seal::RecoveryCode;

pub const PASSPHRASE: &str = "six small words for the test";

pub struct Place {
    pub folder: tempfile::TempDir,
    pub recovery: RecoveryCode,
}

impl Place {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("disk")).unwrap();
        let state = folder.path().join("state");
        let beginning = beginning::beginning(&state, "Олена", PASSPHRASE);
        let (_, recovery) = Archive::init(&folder.path().join("archive"), beginning).unwrap();
        Self { folder, recovery }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn archive(&self) -> PathBuf {
        self.path("archive")
    }

    pub fn state(&self) -> PathBuf {
        self.path("state")
    }

    pub fn disk(&self) -> PathBuf {
        self.path("disk")
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.disk().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    pub fn try_open(&self) -> Result<Archive, OpenError> {
        self.open_at(&self.archive(), &self.state(), PASSPHRASE, false)
    }

    pub fn open(&self) -> Archive {
        self.try_open().unwrap()
    }

    pub fn open_at(
        &self,
        archive: &Path,
        state: &Path,
        passphrase: &str,
        first_seen_here: bool,
    ) -> Result<Archive, OpenError> {
        let clock = Box::new(SystemClock);
        Archive::open(archive, Opening { state, member: None, passphrase, first_seen_here, clock })
    }

    pub fn receive(&self, path: &Path) -> Received {
        receive(&mut self.open(), path)
    }
}

pub fn receive(archive: &mut Archive, path: &Path) -> Received {
    let request = Receive {
        paths: vec![path.to_owned()],
        giver: None,
        note: None,
        new: false,
        into: CompartmentId::main(),
    };
    archive.receive(&request, &mut |_| {}).unwrap()
}

/// A copy of a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}
