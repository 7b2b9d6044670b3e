//! Where a fold lies: its newest generation is opened, and another takes its place while the old one is still read.
//!
//! A generation is one SQLite file of its own name, `folds/<key>/catalogue.v<version>.<number>.<random>`, with SQLite's `-wal` and
//! `-shm` beside it. None is ever emptied or written over, so a handle that is open goes on with what it knows, though the
//! file has lost its name; see [`Shelved::is_current`].

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use vidimus_folds::catalogue::OpenError as CatalogueError;
use vidimus_folds::{Catalogue, Fold as _};
use vidimus_model::KeyId;

use crate::files;
use crate::keyring::read_folder;
use crate::layout::Layout;
use crate::runner::FoldError;

/// The lock files beside the folds' folders; they stay.
pub(crate) const LOCKS: [&str; 2] = [SWAP, REBUILD];

/// Held shared while a generation is opened, until its first read has opened what lies beside it; held alone while one
/// takes another's place. Never held while anything is folded.
const SWAP: &str = "lock";

/// Held by whoever makes all folds again, so that what it has not finished is known to be abandoned where nobody holds it.
const REBUILD: &str = "rebuild.lock";

/// What is being made ends so.
const DRAFT: &str = ".new";

/// How often a fold is looked for that somebody takes away again and again by hand.
const TRIES: usize = 100;

/// The folder of what is folded under one key.
pub(crate) struct Shelf {
    folds: PathBuf,
    folder: PathBuf,
}

/// A fold that is open.
pub(crate) struct Shelved {
    /// Itself.
    pub catalogue: Catalogue,
    /// None: in memory, or where nobody can swap it.
    file: Option<PathBuf>,
}

impl Shelved {
    /// An empty one in memory, for where none can be kept.
    ///
    /// # Errors
    /// There is no memory.
    pub fn in_memory() -> Result<Self, FoldError> {
        Ok(Self { catalogue: Catalogue::in_memory()?, file: None })
    }

    /// Is it still the one that others open? One that is not answers no worse, but what is folded into it is lost with it.
    pub fn is_current(&self) -> bool {
        self.file.as_ref().is_none_or(|file| file.exists())
    }
}

/// A lock that ends when it is dropped; none where nothing can be written, so that nothing is swapped either.
pub(crate) struct Held(#[allow(dead_code, reason = "the lock ends when the file is closed")] Option<File>);

/// Waits until no other process makes all folds again, and is then the one that does.
///
/// # Errors
/// The lock's file cannot be made.
pub(crate) fn only_rebuilder(layout: &Layout) -> io::Result<Held> {
    let file = lock_file(&layout.folds(), REBUILD)?;
    file.lock()?;
    Ok(Held(Some(file)))
}

/// Takes away what killed programs were making, unless somebody makes all folds again just now. What cannot be removed is in
/// nobody's way.
pub(crate) fn sweep_drafts(layout: &Layout) {
    let folds = layout.folds();
    if !is_folder(&folds) {
        return;
    }
    let folders = read_folder(&folds).unwrap_or_default().into_iter().map(|name| folds.join(name));
    let own = folders.filter(|folder| is_folder(folder));
    let left: Vec<PathBuf> = own.flat_map(|folder| drafts(&folder).unwrap_or_default()).collect();
    if left.is_empty() {
        return;
    }
    let Ok(lock) = lock_file(&folds, REBUILD) else { return };
    if lock.try_lock().is_ok() {
        for draft in left {
            let _ = discard(&draft);
        }
    }
}

impl Shelf {
    /// The shelf of a key's fold, which need not exist.
    pub fn new(layout: &Layout, key: KeyId) -> Self {
        Self { folds: layout.folds(), folder: layout.fold(key) }
    }

    /// Opens the newest generation; where there is none, or it cannot be read, an empty one takes its place.
    ///
    /// # Errors
    /// The file system's or the database's. A fold that is damaged is none.
    pub fn open(&self, secret: &[u8; 32]) -> Result<Shelved, FoldError> {
        for _ in 0..TRIES {
            match self.look(secret) {
                Ok(Some(open)) => return Ok(open),
                Ok(None) => self.begin(None, secret)?,
                Err(Unreadable::Damaged(file)) => self.begin(Some(&file), secret)?,
                // Taken away by hand between two looks.
                Err(Unreadable::Fold(_)) if self.newest()?.is_none() => {}
                Err(Unreadable::Fold(error)) => return Err(error),
            }
        }
        Err(io::Error::other("the folder of a fold is taken away again and again").into())
    }

    /// Opens the newest generation, if there is one, and changes nothing.
    ///
    /// # Errors
    /// It is damaged, or the file system or the database refuses.
    pub fn look(&self, secret: &[u8; 32]) -> Result<Option<Shelved>, Unreadable> {
        let _held = self.hold(File::lock_shared)?;
        let Some(file) = self.newest()? else { return Ok(None) };
        if !is_whole(&file) {
            return Err(Unreadable::Damaged(file));
        }
        match Catalogue::open(&file, secret) {
            Ok(catalogue) => Ok(Some(Shelved { catalogue, file: Some(file) })),
            Err(CatalogueError::NotReadable) => Err(Unreadable::Damaged(file)),
            Err(error) => Err(Unreadable::Fold(error.into())),
        }
    }

    /// Opens the newest generation where nothing can be written, if it holds everything in one file.
    pub fn to_read(&self, secret: &[u8; 32]) -> Option<Shelved> {
        let file = self.newest().ok()?.filter(|file| is_whole(file))?;
        let log = fs::metadata(beside(&file, "-wal")).map_or(0, |found| found.len());
        let catalogue = (log == 0).then(|| Catalogue::open_to_read(&file, secret).ok())??;
        Some(Shelved { catalogue, file: None })
    }

    /// Throws away this generation, an empty one taking its place; nothing, where another process was faster.
    ///
    /// # Errors
    /// The file system's or the database's.
    pub fn throw_away(&self, old: &Shelved, secret: &[u8; 32]) -> Result<(), FoldError> {
        self.begin(old.file.as_deref(), secret)
    }

    /// As [`Shelf::throw_away`], of one that could not be opened.
    pub fn begin(&self, old: Option<&Path>, secret: &[u8; 32]) -> Result<(), FoldError> {
        let _held = self.hold(File::lock)?;
        if self.newest()?.as_deref() != old {
            return Ok(());
        }
        self.make_folder()?;
        let file = self.next()?;
        Catalogue::open(&file, secret)?.close()?;
        Ok(self.keep_only(&file)?)
    }

    /// Begins another generation, which nobody sees before it is published.
    ///
    /// # Errors
    /// The file system's or the database's.
    pub fn draft(&self, _: &Held, secret: &[u8; 32]) -> Result<Draft, FoldError> {
        let _held = self.hold(File::lock)?;
        self.make_folder()?;
        for left in drafts(&self.folder)? {
            discard(&left)?;
        }
        let file = self.folder.join(format!("{}.{}{DRAFT}", name(), random()?));
        Ok(Draft { catalogue: Catalogue::open(&file, secret)?, file })
    }

    /// Puts a draft in the place of what was there. Where somebody took it away (its key was destroyed) nothing is put.
    ///
    /// # Errors
    /// The file system's or the database's; the old generation stays.
    pub fn publish(&self, draft: Draft) -> Result<(), FoldError> {
        let Draft { catalogue, file } = draft;
        let _held = self.hold(File::lock)?;
        if let Err(error) = catalogue.close() {
            let _ = discard(&file);
            return Err(error.into());
        }
        let to = self.next()?;
        match fs::rename(&file, &to) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            renamed => renamed?,
        }
        Ok(self.keep_only(&to)?)
    }

    /// Takes the fold away; one that is not there is well.
    ///
    /// # Errors
    /// The file system's.
    pub fn remove(&self) -> io::Result<()> {
        let _held = self.hold(File::lock)?;
        match discard(&self.folder) {
            Ok(()) => files::sync_folder(&self.folds),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(e) => Err(e),
        }
    }

    fn hold(&self, how: impl Fn(&File) -> io::Result<()>) -> io::Result<Held> {
        match lock_file(&self.folds, SWAP) {
            Ok(file) => how(&file).map(|()| Held(Some(file))),
            Err(e) if cannot_be_written(&e) => Ok(Held(None)),
            Err(e) => Err(e),
        }
    }

    /// The file of the newest generation of this version.
    fn newest(&self) -> io::Result<Option<PathBuf>> {
        Ok(self.generations()?.into_iter().max().map(|(_, name)| self.folder.join(name)))
    }

    fn next(&self) -> io::Result<PathBuf> {
        let newest = self.generations()?.into_iter().max().map_or(0, |(number, _)| number);
        Ok(self.folder.join(format!("{}.{}.{}", name(), newest.saturating_add(1), random()?)))
    }

    fn generations(&self) -> io::Result<Vec<(u64, OsString)>> {
        if !is_folder(&self.folds) || !is_folder(&self.folder) {
            return Ok(Vec::new());
        }
        match read_folder(&self.folder) {
            Ok(names) => Ok(names.into_iter().filter_map(|name| Some((generation(&name)?, name))).collect()),
            // A file in its place holds no generation.
            Err(e) if e.kind() == io::ErrorKind::NotADirectory => Ok(Vec::new()),
            Err(e) => Err(e),
        }
    }

    fn make_folder(&self) -> io::Result<()> {
        if !is_folder(&self.folder) {
            let _ = fs::remove_file(&self.folder);
        }
        files::make_folder(&self.folder)
    }

    /// Takes the names from all others, but not from drafts: those who read them notice and open the new one.
    fn keep_only(&self, file: &Path) -> io::Result<()> {
        for name in read_folder(&self.folder)? {
            let path = self.folder.join(&name);
            let of_it = file.file_name().is_some_and(|of| is_beside(&name, of));
            if !of_it && !name.to_string_lossy().contains(DRAFT) {
                discard(&path)?;
            }
        }
        Ok(())
    }
}

/// Why the newest generation is not open.
pub(crate) enum Unreadable {
    /// This file is no fold under this key.
    Damaged(PathBuf),
    /// The file system or the database refuses.
    Fold(FoldError),
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        Self::Fold(error.into())
    }
}

/// A generation that nobody else sees.
pub(crate) struct Draft {
    /// Itself.
    pub catalogue: Catalogue,
    file: PathBuf,
}

/// What was begun: whoever is still at work on it holds the lock of those who rebuild.
fn drafts(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut names = read_folder(folder)?;
    names.retain(|name| name.to_string_lossy().contains(DRAFT));
    Ok(names.into_iter().map(|name| folder.join(name)).collect())
}

/// Does this name stand for a generation of this version, or what SQLite keeps beside one?
pub(crate) fn belongs(untrusted_name: &std::ffi::OsStr) -> bool {
    let text = untrusted_name.to_string_lossy();
    text.starts_with("catalogue.v")
}

fn name() -> String {
    format!("catalogue.v{}", Catalogue::VERSION)
}

fn generation(untrusted_name: &std::ffi::OsStr) -> Option<u64> {
    let rest = untrusted_name.to_str()?.strip_prefix(&name())?.strip_prefix('.')?;
    let (number, random) = rest.split_once('.')?;
    let is_hex = random.len() == 8 && random.bytes().all(|b| b.is_ascii_hexdigit());
    if is_hex { number.parse().ok() } else { None }
}

/// Are the file and what SQLite keeps beside it regular files, and no journal among them? It would wait for a FIFO. What was made whole has no
/// rollback journal any more: it would be played back, and the file that it names as the one above it deleted, whoever's it is.
fn is_whole(file: &Path) -> bool {
    let is_absent = |end| {
        fs::symlink_metadata(beside(file, end)).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    };
    let is_file = |end| fs::symlink_metadata(beside(file, end)).is_ok_and(|found| found.is_file());
    is_absent("-journal") && ["", "-wal", "-shm"].into_iter().all(|end| is_file(end) || is_absent(end))
}

fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Is it the file `of`, or what SQLite keeps beside it?
fn is_beside(untrusted_name: &std::ffi::OsStr, of: &std::ffi::OsStr) -> bool {
    let (name, of) = (untrusted_name.to_string_lossy(), of.to_string_lossy());
    name.strip_prefix(&*of).is_some_and(|rest| ["", "-wal", "-shm"].contains(&rest))
}

/// A generation that follows one that was taken away must not be taken for it.
fn random() -> io::Result<String> {
    let mut bytes = [0; 4];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(hex::encode(bytes))
}

fn lock_file(folds: &Path, name: &str) -> io::Result<File> {
    let path = folds.join(name);
    let open = || {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        options.custom_flags(files::NOT_WAITING).open(&path)
    };
    if !is_folder(folds) {
        let _ = fs::remove_file(folds); // something else in its place; all of it is made again
    }
    files::make_folder(folds)?;
    let file = match open() {
        Err(e) if cannot_be_written(&e) => {
            OpenOptions::new().read(true).custom_flags(files::NOT_WAITING).open(&path)?
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => files::make_folder(folds).and_then(|()| open())?,
        Err(_) if path.is_symlink() || !path.is_file() => discard(&path).and_then(|()| open())?,
        opened => opened?,
    };
    Ok(file)
}

/// A folder, and no link to one: what lies there would be taken for folds that are outdated, and removed.
fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

fn cannot_be_written(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied)
}

/// Takes away whatever has this name; one that is not there is well.
pub(crate) fn discard(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(e) => Err(e),
    };
    match removed {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

#[cfg(test)]
mod tests;
