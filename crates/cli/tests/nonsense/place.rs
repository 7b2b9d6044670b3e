//! A folder with a small archive, quick to open, and all that nonsense can point at.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use vidimus_archive::clock::SystemClock;
use vidimus_archive::{Archive, Beginning};
use vidimus_seal::{Entropy, Identity, KdfParams, KeyholderSet};

use crate::support::{House, PASSPHRASE};

/// Deep enough that `../../x` stays inside.
const HERE: &str = "a/b/c/here";
/// What a command makes has a name that begins so, and is taken away before the next.
const MADE: &str = "new-";

/// How a command went.
pub struct Ran {
    pub code: Option<i32>,
    pub out: Vec<u8>,
    pub err: Vec<u8>,
    pub lang: &'static str,
}

pub struct Place(House);

impl Place {
    /// An archive of one member and one keyholder, with two items and a copy, a proposal that waits, and files of all kinds.
    pub fn furnished() -> Self {
        let place = Self(House::new());
        let at = |name: &str| place.path(name);
        let mut entropy = Entropy::from_seed(&[7; 32]);
        let [keyholder, other] = [0, 1].map(|_| Identity::generate(&mut entropy));
        let beginning = Beginning {
            state: &at("state/vidimus"),
            origin: "archive.example/nonsense",
            member: "Olena",
            passphrase: PASSPHRASE,
            keyholders: Some(KeyholderSet::new(1, vec![keyholder.recipient()]).unwrap()),
            // As cheap as Argon2 allows: the archive is opened a thousand times.
            kdf: KdfParams { memory_kib: 64, passes: 1, lanes: 1 },
            clock: Box::new(SystemClock),
        };
        fs::create_dir_all(at("")).unwrap();
        drop(Archive::init(&at("archive"), beginning).unwrap());
        let private = |name: &str, text: &str| place.0.private(&format!("{HERE}/{name}"), text);
        let file = |name: &str, text: &[u8]| place.0.file(&format!("{HERE}/{name}"), text);
        private("passphrase", PASSPHRASE);
        private("key", keyholder.to_secret_string().as_str());
        private("other", "boris keeps four small goats");
        private("empty", "");
        fs::write(at("empty"), "").unwrap();
        for name in ["disk/a.txt", "disk/b.txt", "folder/file", "file"] {
            file(name, b"a note");
        }
        file("disk/c.txt", b"another note");
        file("giver", b"N. N., an invented street");
        place.pipes();
        let does = |line: &str| {
            let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
            let ran = place.runs(&words, "en");
            assert_eq!(ran.code, Some(0), "{line}: {}", String::from_utf8_lossy(&ran.err));
            String::from_utf8(ran.out).unwrap()
        };
        does("receive disk --from-file giver");
        does("compartment new med");
        does("keyholder giver A1 --out shares");
        does("backup copy");
        let set = format!("keyholder set --keyholder {} --threshold 1 --reason one-died", other.recipient());
        let proposed = does(&set);
        let id = proposed.split_once("Proposed as ").unwrap().1[..8].to_owned();
        does(&format!("keyholder challenge {id} --out challenge"));
        let lies = |name: &str| format!("challenge/approve-{id}{name}");
        fs::rename(at(&lies(".txt")), at("approve.txt")).unwrap();
        fs::rename(at(&lies("-1.age")), at("approve.age")).unwrap();
        fs::write(at("id"), id).unwrap();
        place
    }

    /// The same place once more.
    pub fn copy(&self) -> Self {
        let place = Self(House::new());
        copy_folder(&self.path(""), &place.path(""));
        place.pipes();
        place
    }

    fn pipes(&self) {
        assert!(Command::new("mkfifo").arg(self.path("fifo")).status().unwrap().success());
        drop(UnixListener::bind(self.path("socket")).unwrap());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path(HERE).join(name)
    }

    /// Takes away what the last command made.
    pub fn clear(&self) {
        for entry in fs::read_dir(self.path("")).unwrap().flatten() {
            if entry.file_name().to_string_lossy().starts_with(MADE) {
                let path = entry.path();
                if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
            }
        }
        let _ = fs::remove_dir_all(self.path("../../x")).or_else(|_| fs::remove_file(self.path("../../x")));
    }

    /// Runs it at 80 columns; `{id}` stands for the proposal. One that hangs ends with 124.
    pub fn runs(&self, words: &[OsString], lang: &'static str) -> Ran {
        let id = fs::read_to_string(self.path("id")).unwrap_or_default();
        let words = words.iter().map(|word| if word == "{id}" { id.clone().into() } else { word.clone() });
        let mut command = Command::new("timeout");
        self.0.settle(&mut command);
        command.args(["--kill-after=5", "20", env!("CARGO_BIN_EXE_vidimus")]).args(words);
        command
            .env_remove("COLUMNS")
            .env("VIDIMUS_LANG", lang)
            .env("VIDIMUS_ARCHIVE", "archive")
            .env("VIDIMUS_PASSPHRASE_FILE", "passphrase")
            .env("XDG_STATE_HOME", self.path("state"))
            .current_dir(self.path(""))
            .stdin(Stdio::null());
        let output = command.output().unwrap();
        Ran { code: output.status.code(), out: output.stdout, err: output.stderr, lang }
    }

    /// Every item there is.
    pub fn references(&self) -> BTreeSet<String> {
        let ran = self.runs(&["list", "--withdrawn", "--json"].map(OsString::from), "en");
        let list: serde_json::Value = serde_json::from_slice(&ran.out).unwrap_or_default();
        list.as_array().into_iter().flatten().map(|one| one["ref"].to_string()).collect()
    }

    /// What `check --full` finds; nothing, where the archive is sound.
    pub fn damaged(&self) -> Option<String> {
        let ran = self.runs(&["check", "--full", "--json"].map(OsString::from), "en");
        let said = String::from_utf8_lossy(&ran.out).into_owned() + &String::from_utf8_lossy(&ran.err);
        (ran.code != Some(0)).then_some(said)
    }
}

/// Without what is neither file nor folder.
fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (kind, to) = (entry.file_type().unwrap(), to.join(entry.file_name()));
        if kind.is_dir() {
            copy_folder(&entry.path(), &to);
        } else if kind.is_file() {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
