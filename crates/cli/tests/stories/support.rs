//! A house of one's own for each story: a folder with the archive, passphrases and the state of a machine.

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What everyone's passphrase is, unless the story is about passphrases.
pub const PASSPHRASE: &str = "seven herons cross the frozen lake";

/// The folder in which a story plays.
pub struct House {
    folder: tempfile::TempDir,
}

/// How a command went.
#[derive(Debug)]
pub struct Said {
    /// Its exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl House {
    /// An empty house.
    pub fn new() -> Self {
        let house = Self { folder: tempfile::tempdir().unwrap() };
        house.private("passphrase", PASSPHRASE);
        house
    }

    /// A house with an archive, whose first member is Olena.
    pub fn with_archive() -> Self {
        let house = Self::new();
        house.vidimus(init()).succeeds();
        house
    }

    /// Where something lies.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A file as files are.
    pub fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        path
    }

    /// A file that only its owner can read.
    pub fn private(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        let mut file =
            fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path).unwrap();
        writeln!(file, "{text}").unwrap();
        path
    }

    /// Sets the permission bits of a file or folder.
    pub fn set_mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Runs `vidimus` in this house without a terminal; its archive and passphrase file are `archive` and `passphrase`.
    pub fn vidimus<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Said {
        self.vidimus_told(arguments, b"")
    }

    /// The same, with something on standard input.
    pub fn vidimus_told<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>, told: &[u8]) -> Said {
        let mut command = self.command();
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that does not read it is no failure of the story.
        let _ = child.stdin.take().unwrap().write_all(told);
        Said::new(child.wait_with_output().unwrap())
    }

    /// `vidimus` with nothing of this machine's own settings.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vidimus"));
        self.settle(&mut command);
        command
    }

    /// Gives a command the surroundings of this house.
    pub fn settle(&self, command: &mut Command) {
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C")
            // Each sentence on one line; how lines are folded is a story of its own.
            .env("COLUMNS", "1000")
            .env("HOME", self.path("home"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("VIDIMUS_ARCHIVE", self.path("archive"))
            .env("VIDIMUS_PASSPHRASE_FILE", self.path("passphrase"))
            .current_dir(self.folder.path());
    }
}

impl Said {
    /// Runs a command that is told nothing.
    pub fn of(mut command: Command) -> Self {
        let output = command.stdin(Stdio::null()).output().unwrap();
        Self::new(output)
    }

    fn new(output: Output) -> Self {
        Self {
            code: output.status.code().expect("it was not killed"),
            out: String::from_utf8(output.stdout).expect("standard output is text"),
            err: String::from_utf8(output.stderr).expect("standard error is text"),
        }
    }

    /// It was done.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// It was refused in two sentences, of which this is part; nothing is on standard output.
    #[track_caller]
    pub fn refuses(self, code: i32, part: &str) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.contains(part), "{self:?} does not say {part:?}");
        assert_eq!(self.out, "", "{self:?}");
        let lines: Vec<_> = self.err.trim_end().lines().collect();
        let detail = usize::from(lines.last().is_some_and(|line| line.starts_with("Technical detail: ")));
        assert_eq!(lines.len() - detail, 2, "what happened, and what to do: {self:?}");
        for debug in ["Some(", "None", "Err(", "{ ", "Os {", "os error"] {
            assert!(!lines[..2].concat().contains(debug), "{self:?} speaks of {debug}");
        }
        self
    }

    /// The JSON value on standard output.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The arguments that make an archive without asking anything.
pub fn init() -> Vec<&'static str> {
    vec!["init", "--origin", "archive.example/stories", "--member", "Olena", "--recovery-sheet", "sheet.txt"]
}

/// The permission bits of a file.
pub fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
