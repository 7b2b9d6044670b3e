//! Walks what is given to be received: every entry once, no link followed, whatever the names are.
//!
//! One folder's listing is in memory for each level, never the whole tree.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use vidimus_model::{FoundKind, FoundPath};

use super::known::Look;

/// One of the paths that were given: a folder, or a single file in its folder.
#[derive(Debug)]
pub struct Root {
    folder: OwnedFd,
    /// The file's name, where a file was given.
    only: Option<Vec<u8>>,
    /// A folder below that is told of and not entered.
    left_out: Option<Vec<u8>>,
}

/// Why the archive's own folder is not taken, as records say it.
pub(super) const OWN_FOLDER: &str = "the archive's own folder";

/// Something that the walk came upon.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// A regular file.
    File(FoundPath),
    /// Something that is not taken, what it is, and why.
    NotTaken(FoundPath, FoundKind, String),
}

impl Root {
    /// Opens a path that was given. A link that was named by hand is followed: the person meant what it leads to.
    ///
    /// # Errors
    /// The path does not exist or cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        let folder_flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let path = path.canonicalize()?;
        if path.is_dir() {
            let folder = rustix::fs::open(&path, folder_flags, Mode::empty())?;
            return Ok(Self { folder, only: None, left_out: None });
        }
        let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        };
        let folder = rustix::fs::open(above, folder_flags, Mode::empty())?;
        Ok(Self { folder, only: Some(name.as_bytes().to_vec()), left_out: None })
    }

    /// The same, with the archive's own folder below it told of as [`OWN_FOLDER`], and not entered.
    pub fn leaving_out(self, archive: Option<Vec<u8>>) -> Self {
        Self { left_out: archive, ..self }
    }

    /// A handle on what was given, for asking about its file system.
    pub fn handle(&self) -> impl AsFd + '_ {
        self.folder.as_fd()
    }

    /// Opens a regular file below this root without following any link, and without waiting for a FIFO.
    ///
    /// # Errors
    /// The system's; `ELOOP` where a link has taken a folder's or the file's place.
    pub fn open_file(&self, path: &FoundPath) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        Ok(File::from(self.open_below(path.as_bytes(), flags)?))
    }

    /// How many bytes a file holds now; none where it cannot be opened.
    pub fn size(&self, path: &FoundPath) -> u64 {
        self.look(path).map_or(0, |(size, _)| size)
    }

    /// How a file looks now; none where it cannot be opened.
    pub fn look(&self, path: &FoundPath) -> Option<Look> {
        let found = self.open_file(path).and_then(|file| file.metadata()).ok()?;
        let modified = found.mtime().saturating_mul(1_000_000_000).saturating_add(found.mtime_nsec());
        Some((found.len(), modified))
    }

    /// Every entry, in the order of the bytes of names, folder by folder.
    pub fn walk(&self) -> Walk<'_> {
        let mut walk = Walk { root: self, levels: Vec::new(), pending: None };
        match &self.only {
            Some(name) => {
                let mut names = Names::default();
                names.push(name, FileType::Unknown);
                walk.levels.push(Level { path: Vec::new(), names });
            }
            None => walk.enter(Vec::new()),
        }
        walk
    }

    /// `openat2` takes at most `PATH_MAX` bytes, so a deeper path is opened in stretches.
    fn open_below(&self, path: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
        const STRETCH: usize = 3000;
        let folder_flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let mut at: Option<OwnedFd> = None;
        let mut rest = path;
        while rest.len() > STRETCH {
            let Some(cut) = rest[..STRETCH].iter().rposition(|b| *b == b'/') else { break };
            let from = at.as_ref().map_or(self.folder.as_fd(), |fd| fd.as_fd());
            let next =
                rustix::fs::openat2(from, &c_string(&rest[..cut])?, folder_flags, Mode::empty(), resolve)?;
            at = Some(next);
            rest = &rest[cut + 1..];
        }
        let from = at.as_ref().map_or(self.folder.as_fd(), |fd| fd.as_fd());
        let rest = if rest.is_empty() { b"." } else { rest };
        Ok(rustix::fs::openat2(from, &c_string(rest)?, flags, Mode::empty(), resolve)?)
    }
}

/// The entries of one root.
pub struct Walk<'a> {
    root: &'a Root,
    levels: Vec<Level>,
    pending: Option<Step>,
}

/// A folder that is being gone through: its path, and the names that remain, last first.
struct Level {
    path: Vec<u8>,
    names: Names,
}

/// The names in a folder; a million of them take little more than their bytes.
#[derive(Default)]
struct Names {
    bytes: Vec<u8>,
    names: Vec<Name>,
}

/// Where a name stands, and its kind where the file system told it with the name.
struct Name {
    start: usize,
    length: u16,
    kind: FileType,
}

impl Names {
    fn push(&mut self, name: &[u8], kind: FileType) {
        let length = u16::try_from(name.len()).expect("an entry of a folder is smaller than 64 KiB");
        self.names.push(Name { start: self.bytes.len(), length, kind });
        self.bytes.extend_from_slice(name);
    }

    /// The first of the rest is last.
    fn sort(&mut self) {
        let bytes = |name: &Name| &self.bytes[name.start..][..usize::from(name.length)];
        self.names.sort_unstable_by(|a, b| bytes(b).cmp(bytes(a)));
    }

    fn pop(&mut self) -> Option<(&[u8], FileType)> {
        let Name { start, length, kind } = self.names.pop()?;
        Some((&self.bytes[start..][..usize::from(length)], kind))
    }
}

impl Iterator for Walk<'_> {
    type Item = Step;

    fn next(&mut self) -> Option<Step> {
        loop {
            if let Some(step) = self.pending.take() {
                return Some(step);
            }
            let level = self.levels.last_mut()?;
            let Some((name, kind)) = level.names.pop() else {
                self.levels.pop();
                continue;
            };
            let mut path = level.path.clone();
            path.extend_from_slice(name);
            let kind = match kind {
                FileType::Unknown => self.root.kind(&path),
                told => Ok(told),
            };
            match kind {
                Ok(FileType::RegularFile) => return Some(Step::File(FoundPath::new(path))),
                Ok(FileType::Directory) if self.root.left_out.as_ref() == Some(&path) => {
                    let path = FoundPath::new(path);
                    return Some(Step::NotTaken(path, FoundKind::Folder, OWN_FOLDER.to_owned()));
                }
                Ok(FileType::Directory) => self.enter(path),
                Ok(kind) => {
                    let (kind, reason) = self.root.describe(kind, &path);
                    return Some(Step::NotTaken(FoundPath::new(path), kind, reason));
                }
                Err(e) => return Some(Step::NotTaken(FoundPath::new(path), FoundKind::Unknown, why(&e))),
            }
        }
    }
}

impl Walk<'_> {
    fn enter(&mut self, folder: Vec<u8>) {
        match self.root.list(&folder) {
            Ok(mut names) => {
                names.sort();
                let mut path = folder;
                if !path.is_empty() {
                    path.push(b'/');
                }
                self.levels.push(Level { path, names });
            }
            Err(e) => {
                let reason = format!("the folder cannot be read: {}", why(&e));
                self.pending = Some(Step::NotTaken(FoundPath::new(folder), FoundKind::Folder, reason));
            }
        }
    }
}

impl Root {
    fn list(&self, folder: &[u8]) -> io::Result<Names> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let fd = self.open_below(folder, flags)?;
        let mut names = Names::default();
        for entry in rustix::fs::Dir::new(fd)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(name, entry.file_type());
            }
        }
        Ok(names)
    }

    fn kind(&self, path: &[u8]) -> io::Result<FileType> {
        let fd = self.open_below(path, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC);
        match fd {
            Ok(fd) => Ok(FileType::from_raw_mode(rustix::fs::fstat(fd)?.st_mode)),
            // With NO_SYMLINKS a link is refused even as the last part: then it is one.
            Err(e) if e.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => Ok(FileType::Symlink),
            Err(e) => Err(e),
        }
    }

    fn describe(&self, kind: FileType, path: &[u8]) -> (FoundKind, String) {
        match kind {
            FileType::Symlink => match self.link_target(path) {
                Some(target) => (FoundKind::Link, format!("a symbolic link to {target}")),
                None => (FoundKind::Link, "a symbolic link".to_owned()),
            },
            FileType::Fifo => (FoundKind::Special, "a FIFO".to_owned()),
            FileType::Socket => (FoundKind::Special, "a socket".to_owned()),
            FileType::CharacterDevice | FileType::BlockDevice => (FoundKind::Special, "a device".to_owned()),
            _ => (FoundKind::Unknown, "neither file nor folder".to_owned()),
        }
    }

    fn link_target(&self, path: &[u8]) -> Option<FoundPath> {
        let (folder, name) = match path.iter().rposition(|b| *b == b'/') {
            Some(cut) => (&path[..cut], &path[cut + 1..]),
            None => (&b""[..], path),
        };
        let folder = self.open_below(folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC).ok()?;
        let target = rustix::fs::readlinkat(folder, OsStr::from_bytes(name), Vec::new()).ok()?;
        Some(FoundPath::new(target.into_bytes()))
    }

    /// The device and inode numbers of a folder below this root.
    pub fn identity(&self) -> io::Result<(u64, u64)> {
        let stat = rustix::fs::statat(self.folder.as_fd(), c".", AtFlags::empty())?;
        Ok((stat.st_dev, stat.st_ino))
    }
}

fn c_string(path: &[u8]) -> io::Result<CString> {
    CString::new(path).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))
}

/// Words for the errors that a person meets when files are taken in.
pub fn why(error: &io::Error) -> String {
    match error.raw_os_error().map(Errno::from_raw_os_error) {
        Some(Errno::NOENT) => "it vanished".into(),
        Some(Errno::ACCESS | Errno::PERM) => "no permission to read it".into(),
        Some(Errno::LOOP) => "a link took its place".into(),
        Some(Errno::IO) => "the disk cannot read it".into(),
        Some(Errno::NXIO | Errno::NODEV) => "neither file nor folder".into(),
        // Without the number that the system has for it.
        _ => error.to_string().split(" (os error").next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Root, Step};
    use std::os::unix::fs::symlink;

    fn walk(path: &std::path::Path) -> Vec<Step> {
        Root::open(path).unwrap().walk().collect()
    }

    #[test]
    fn everything_is_met_once_in_order_and_no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("b/c")).unwrap();
        std::fs::write(root.join("b/c/2"), "").unwrap();
        std::fs::write(root.join("b/1"), "").unwrap();
        std::fs::write(root.join("a\nb"), "").unwrap();
        symlink("/etc/passwd", root.join("z")).unwrap();
        symlink(".", root.join("b/loop")).unwrap();
        let shown: Vec<String> = walk(root)
            .into_iter()
            .map(|step| match step {
                Step::File(path) => path.to_text(),
                Step::NotTaken(path, _, reason) => format!("{} ({reason})", path.to_text()),
            })
            .collect();
        let want =
            ["a\nb", "b/1", "b/c/2", "b/loop (a symbolic link to .)", "z (a symbolic link to /etc/passwd)"];
        assert_eq!(shown, want);
    }

    #[test]
    fn one_file_can_be_given() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("x"), "1").unwrap();
        std::fs::write(folder.path().join("y"), "2").unwrap();
        assert_eq!(walk(&folder.path().join("y")).len(), 1);
    }

    #[test]
    fn a_path_longer_than_the_system_takes_at_once_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let mut at = rustix::fs::open(
            folder.path(),
            rustix::fs::OFlags::PATH | rustix::fs::OFlags::DIRECTORY,
            rustix::fs::Mode::empty(),
        )
        .unwrap();
        let name = "x".repeat(200);
        for _ in 0..40 {
            rustix::fs::mkdirat(&at, name.as_str(), 0o700.into()).unwrap();
            let flags = rustix::fs::OFlags::PATH | rustix::fs::OFlags::DIRECTORY;
            at = rustix::fs::openat(&at, name.as_str(), flags, rustix::fs::Mode::empty()).unwrap();
        }
        let flags = rustix::fs::OFlags::CREATE | rustix::fs::OFlags::WRONLY;
        rustix::fs::openat(&at, "deep", flags, 0o600.into()).unwrap();
        let root = Root::open(folder.path()).unwrap();
        let steps: Vec<Step> = root.walk().collect();
        let [Step::File(path)] = steps.as_slice() else { panic!("{steps:?}") };
        assert!(path.as_bytes().len() > 8000);
        root.open_file(path).unwrap();
    }
}
