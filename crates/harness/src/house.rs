//! A house with an archive, a disk to take in, and the real programs; it can be copied as it stands.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::trace::{self, Point, Traced};

/// The programs, and a disk that every copy of a house takes in from the same place.
pub struct Surroundings {
    /// The folder of `vidimus` and `vidimus-verify`.
    programs: PathBuf,
    disk: TempDir,
}

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// Its exit code; -1 where it was killed.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Surroundings {
    /// Makes the disk: small files, a large one, copies, a link, awkward names.
    ///
    /// # Errors
    /// The programs are not there, or the disk cannot be made.
    pub fn new(programs: &Path) -> io::Result<Self> {
        for program in ["vidimus", "vidimus-verify"] {
            if !programs.join(program).is_file() {
                let text = format!(
                    "{program} is not in {}: cargo build -p vidimus-cli -p vidimus-verify",
                    programs.display()
                );
                return Err(io::Error::new(io::ErrorKind::NotFound, text));
            }
        }
        let disk = TempDir::new()?;
        let at = |path: &str| disk.path().join(path);
        fs::create_dir_all(at("камера 3"))?;
        fs::write(at("камера 3/01.mp4"), vec![7; 300_000])?;
        fs::write(at("камера 3/copy of 01.mp4"), vec![7; 300_000])?;
        fs::write(at("camera\n4.mp4"), vec![9; 100_000])?;
        for number in 0..6 {
            fs::write(at(&format!("note {number}.txt")), format!("note {number} of ИК-900"))?;
        }
        std::os::unix::fs::symlink("note 1.txt", at("link"))?;
        Ok(Self { programs: programs.to_owned(), disk })
    }

    /// The disk.
    pub fn disk(&self) -> &Path {
        self.disk.path()
    }
}

/// An archive with what belongs to it, in one folder.
pub struct House<'a> {
    surroundings: &'a Surroundings,
    folder: TempDir,
}

impl<'a> House<'a> {
    /// A house with a new archive of one member.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new(surroundings: &'a Surroundings) -> io::Result<Self> {
        let house = Self { surroundings, folder: TempDir::new()? };
        for (name, text) in [
            ("passphrase", "six small words for a house"),
            ("new", "seven other small words of the house"),
            ("boris", "boris has eight words of his own here"),
        ] {
            fs::write(house.path(name), text)?;
            fs::set_permissions(house.path(name), fs::Permissions::from_mode(0o600))?;
        }
        house.does(&[
            "init",
            "--origin",
            "archive.example/ik-900",
            "--member",
            "Olena",
            "--recovery-sheet",
            "SHEET",
        ]);
        Ok(house)
    }

    /// The same house once more, as it stands on the disk.
    ///
    /// # Errors
    /// It cannot be copied.
    pub fn copy(&self) -> io::Result<Self> {
        let copy = Self { surroundings: self.surroundings, folder: TempDir::new()? };
        let source = self.folder.path().join(".");
        let status = Command::new("cp").arg("-a").arg(source).arg(copy.folder.path()).status()?;
        if status.success() { Ok(copy) } else { Err(io::Error::other("cp -a failed")) }
    }

    /// A place in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command: `DISK` stands for the disk, a word in capitals for a place in the house.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.surroundings.programs.join("vidimus"));
        command
            .args(words.iter().map(|word| self.word(word)))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C")
            .env("HOME", self.path("home"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("VIDIMUS_ARCHIVE", self.path("archive"))
            .env("VIDIMUS_PASSPHRASE_FILE", self.path("passphrase"))
            .current_dir(self.folder.path());
        command
    }

    fn word(&self, word: &str) -> OsString {
        match word {
            "DISK" => self.surroundings.disk().into(),
            _ if word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                self.path(word).into()
            }
            _ => word.into(),
        }
    }

    /// Runs a command untouched.
    pub fn says(&self, words: &[&str]) -> Said {
        said(self.command(words))
    }

    /// Runs a command that must succeed: the house would not be the one that is meant.
    ///
    /// # Panics
    /// It did not succeed.
    pub fn does(&self, words: &[&str]) -> Said {
        let said = self.says(words);
        assert_eq!(said.code, 0, "{words:?}: {said:?}");
        said
    }

    /// Runs a command whose answer is JSON; null where it is none.
    pub fn json(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.says(words).out).unwrap_or_default()
    }

    /// Runs a command with a fault.
    ///
    /// # Errors
    /// It cannot be traced.
    pub fn breaks(&self, words: &[&str], point: Option<Point>) -> io::Result<Traced> {
        trace::run(&self.command(words), self.folder.path(), point)
    }

    /// Does the package hold?
    pub fn verifies(&self, bag: &str) -> bool {
        let program = self.surroundings.programs.join("vidimus-verify");
        let mut command = Command::new(program);
        command.arg(self.path(bag));
        said(command).code == 0
    }
}

fn said(mut command: Command) -> Said {
    let output =
        command.stdin(Stdio::null()).output().expect("the program was found when the house was made");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

/// The folder of the programs that were built beside this one.
pub fn programs() -> Option<PathBuf> {
    let mut folder = std::env::current_exe().ok()?;
    folder.pop();
    // A test lies one folder deeper.
    if folder.file_name() == Some(OsStr::new("deps")) {
        folder.pop();
    }
    Some(folder)
}
