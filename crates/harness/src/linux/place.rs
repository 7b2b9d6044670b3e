//! A place in which one command is run, checked and run again: an archive, a machine's state, passphrases and results.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use vidimus_archive::clock::SystemClock;
use vidimus_archive::{Archive, Beginning};
use vidimus_model::CompartmentId;
use vidimus_seal::{Entropy, Identity, KdfParams};

use crate::cut::Cut;
use crate::disk::Disk;
use crate::trace::{self, Fault, Run, Watch};

/// Cheap to try: every point opens an archive half a dozen times.
const CHEAP: KdfParams = KdfParams { memory_kib: 64, passes: 1, lanes: 1 };

/// What is said of the giver, in every scenario that names one.
pub const GIVER: &str = "she who brought the disk";

/// Of whose key the file `keyholder` holds the secret half, and of those who follow.
pub const KEYHOLDER: u8 = 9;
/// The keyholder who follows.
pub const SUCCESSOR: u8 = 10;

/// A keyholder's key, the same in every run.
pub fn identity(keyholder: u8) -> Identity {
    Identity::generate(&mut Entropy::from_seed(&[keyholder; 32]))
}

/// Where goes what is said.
const SCRATCH: &str = "scratch";

/// Who acts in a scenario; also the name of the file with the passphrase, which is another one for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The first member.
    Olena,
    /// The second, where there is one.
    Boris,
    /// Who is proposed as a member.
    Cy,
    /// The first member with the passphrase that she changes to.
    OlenaAnew,
}

impl Who {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Olena, Self::Boris, Self::Cy, Self::OlenaAnew];

    /// The file with the passphrase.
    pub fn file(self) -> &'static str {
        match self {
            Self::Olena => "olena",
            Self::Boris => "boris",
            Self::Cy => "cy",
            Self::OlenaAnew => "olena-anew",
        }
    }

    /// The passphrase.
    pub fn passphrase(self) -> &'static str {
        match self {
            Self::Olena => "seven herons cross the frozen lake",
            Self::Boris => "boris keeps four small goats",
            Self::Cy => "cy waters three old pear trees",
            Self::OlenaAnew => "seven geese cross the frozen sea",
        }
    }
}

/// The programs that are run.
#[derive(Clone, Debug)]
pub struct Programs {
    /// `vidimus`.
    pub vidimus: PathBuf,
    /// `vidimus-crash`, which lets itself be traced and becomes the other.
    pub ourselves: PathBuf,
}

/// A folder with `archive`, `state`, `out`, passphrases, and `scratch` for what is said.
#[derive(Clone, Debug)]
pub struct Place {
    root: PathBuf,
    /// What is to be received: outside, so that it is the same folder in every place.
    disks: PathBuf,
}

impl Place {
    /// An empty place with a new archive; its second member is Boris, where there is one.
    ///
    /// # Errors
    /// Any of the file system's, or of the archive's.
    pub fn make(root: &Path, disks: &Path, two_members: bool) -> io::Result<Self> {
        let place = Self { root: root.to_owned(), disks: disks.to_owned() };
        for folder in ["out", "state", SCRATCH] {
            fs::create_dir_all(place.path(folder))?;
        }
        for who in Who::ALL {
            place.keep(who.file(), who.passphrase())?;
        }
        place.keep("keyholder", &identity(KEYHOLDER).to_secret_string())?;
        place.keep("giver", GIVER)?;
        place.keep("purpose", "a court asked")?;
        let beginning = Beginning {
            state: &place.machine(),
            origin: "archive.example/crash",
            member: "Olena",
            passphrase: Who::Olena.passphrase(),
            keyholders: None,
            kdf: CHEAP,
            clock: Box::new(SystemClock),
        };
        let (mut archive, _) = Archive::init(&place.path("archive"), beginning).map_err(io::Error::other)?;
        if two_members {
            let main = [CompartmentId::main()];
            let admitted = archive.add_member("Boris", Who::Boris.passphrase(), &CHEAP, &main);
            admitted.map_err(io::Error::other)?;
        }
        Ok(place)
    }

    /// The same place in another folder: everything in it is replaced by a copy.
    ///
    /// # Errors
    /// Any of the file system's.
    pub fn copied_to(&self, root: &Path) -> io::Result<Self> {
        if root.exists() {
            fs::remove_dir_all(root)?;
        }
        copy(&self.root, root)?;
        Ok(Self { root: root.to_owned(), disks: self.disks.clone() })
    }

    /// Puts a line into a file that nobody else can read.
    ///
    /// # Errors
    /// Any of the file system's.
    pub fn keep(&self, name: &str, line: &str) -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(self.path(name))?;
        writeln!(file, "{line}")
    }

    /// Where something lies.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Where this place's machine remembers archives.
    pub fn machine(&self) -> PathBuf {
        self.path("state").join("vidimus")
    }

    /// The disk as it is now, to be followed from here.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn disk(&self) -> io::Result<Disk> {
        Disk::read(&self.root, &self.path(SCRATCH))
    }

    /// The power goes: what a disk keeps is in `root` then.
    ///
    /// # Errors
    /// Any of the file system's.
    pub fn after(&self, disk: &Disk, cut: Cut, root: &Path) -> io::Result<Self> {
        if root.exists() {
            fs::remove_dir_all(root)?;
        }
        disk.cut(cut, root)?;
        fs::create_dir(root.join(SCRATCH))?;
        Ok(Self { root: root.to_owned(), disks: self.disks.clone() })
    }

    /// Runs `vidimus` under watch. In a word, `{disks}` stands for the folder of what is to be received.
    ///
    /// # Errors
    /// Tracing is not permitted, or the program does not start.
    pub fn traced(
        &self,
        programs: &Programs,
        who: Who,
        words: &[String],
        fault: Option<(usize, Fault)>,
        keeps_effects: bool,
    ) -> io::Result<Run> {
        let watch = Watch { below: self.root.clone(), fault, keeps_effects };
        let mut command = Command::new(&programs.ourselves);
        command.arg("traced").arg(&programs.vidimus);
        self.settle(&mut command, who, words);
        trace::run(command, &watch, &self.path(SCRATCH))
    }

    /// Runs `vidimus` as anyone does.
    ///
    /// # Errors
    /// The program does not start.
    pub fn plain(&self, programs: &Programs, who: Who, words: &[String]) -> io::Result<Run> {
        let mut command = Command::new(&programs.vidimus);
        self.settle(&mut command, who, words);
        let output = command.stdin(std::process::Stdio::null()).output()?;
        Ok(Run {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            ..Run::default()
        })
    }

    fn settle(&self, command: &mut Command, who: Who, words: &[String]) {
        let disks = self.disks.to_string_lossy();
        command
            .args(words.iter().map(|word| word.replace("{disks}", &disks)))
            .env_clear()
            .env("LC_ALL", "C")
            .env("HOME", self.path("home"))
            .env("XDG_STATE_HOME", self.path("state"))
            .env("VIDIMUS_ARCHIVE", self.path("archive"))
            .env("VIDIMUS_PASSPHRASE_FILE", self.path(who.file()))
            .current_dir(&self.root);
    }
}

/// Copies a folder with its permissions; there are no links in it.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    fs::set_permissions(to, fs::Permissions::from_mode(fs::metadata(from)?.permissions().mode()))?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
