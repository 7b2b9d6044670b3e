//! What stands in the place of an archive's or a backup's own folders: a link is never followed, and no command goes on while
//! there is one, or while a FIFO, a socket or a file keeps the place of a folder.
//!
//! The folder itself may be reached through a link. DANGER: it is asked when a command begins; whoever can write to the folder
//! while a command runs may put a link there afterwards.

use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

use crate::files::NotAFile;
use crate::layout::Layout;

/// A link stands in the place of one of the folders of an archive or a backup, so that what lies elsewhere would be written or
/// destroyed. It arrives inside an [`io::Error`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is a link in the place of a folder", path.display())]
pub struct Link {
    /// Where it stands.
    pub path: PathBuf,
}

impl Link {
    /// Is it this what an error of the file system says?
    pub fn within(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

/// One of an archive's or a backup's own folders may not be looked into. It arrives inside an [`io::Error`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} may not be looked into", path.display())]
pub struct Closed {
    /// Which.
    pub path: PathBuf,
}

impl Closed {
    /// Is it this what an error of the file system says?
    pub fn within(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }
}

/// Refuses a folder of an archive or a backup in which a link, or what is no folder, stands where one of its own folders belongs.
///
/// # Errors
/// [`Link`], [`NotAFile`], or a folder may not be looked into.
pub(crate) fn refuse(layout: &Layout) -> io::Result<()> {
    let found = look(layout)?;
    match (found.links.into_iter().next(), found.others.into_iter().next()) {
        (Some(link), _) => Err(refused(&layout.root().join(link))),
        (None, Some(other)) => Err(NotAFile::at(&layout.root().join(other))),
        (None, None) => Ok(()),
    }
}

/// Refuses to destroy what lies behind a link.
///
/// # Errors
/// [`Link`].
pub(crate) fn refuse_at(folder: &Path) -> io::Result<()> {
    match fs::symlink_metadata(folder) {
        Ok(found) if found.is_symlink() => Err(refused(folder)),
        _ => Ok(()),
    }
}

/// All links of a folder that stand where one of its own folders belongs, below it. A link in the place of a file is not among them:
/// whoever reads, replaces or destroys the file does not follow it.
///
/// # Errors
/// A folder may not be looked into: what stands in it is not known.
pub(crate) fn found(layout: &Layout) -> io::Result<Vec<PathBuf>> {
    look(layout).map(|found| found.links)
}

/// What keeps the place of something of ours, in order, below the archive's folder.
#[derive(Default)]
struct Misplaced {
    /// Links where folders belong.
    links: Vec<PathBuf>,
    /// Whatever else is no folder where one belongs, or no file where one belongs that is written and not read.
    others: Vec<PathBuf>,
}

fn look(layout: &Layout) -> io::Result<Misplaced> {
    let mut misplaced = Misplaced::default();
    let mut folders: Vec<PathBuf> =
        ["keys", "log", "receipts", "folds", "unfinished", "objects"].map(PathBuf::from).to_vec();
    let kind =
        |folder: &PathBuf| layout.root().join(folder).symlink_metadata().map(|found| found.file_type());
    folders.retain(|folder| kind(folder).is_ok_and(|kind| misplaced.goes_into(layout, folder, kind)));
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(layout.root().join(&folder)) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                let closed = Closed { path: layout.root().join(&folder) };
                return Err(io::Error::new(io::ErrorKind::PermissionDenied, closed));
            }
            // Gone meanwhile; or the disk fails, and what can be read of the archive must be.
            entries => entries.into_iter().flatten().flatten(),
        };
        for entry in entries {
            let path = folder.join(entry.file_name());
            if entry.file_type().is_ok_and(|kind| misplaced.goes_into(layout, &path, kind)) {
                folders.push(path);
            }
        }
    }
    misplaced.links.sort();
    misplaced.others.sort();
    Ok(misplaced)
}

impl Misplaced {
    /// Is it a folder to look into? What is misplaced is kept.
    fn goes_into(&mut self, layout: &Layout, path: &Path, kind: FileType) -> bool {
        let is_the_vaults = path.starts_with("objects") && path != Path::new("objects");
        match Belongs::at(path) {
            // Within its own folder the vault follows no link.
            _ if is_the_vaults && kind.is_symlink() => {}
            Belongs::Folder | Belongs::Computed if kind.is_symlink() => self.links.push(path.to_owned()),
            Belongs::Unsaid if kind.is_symlink() && layout.root().join(path).is_dir() => {
                self.links.push(path.to_owned());
            }
            Belongs::Folder if !kind.is_dir() => self.others.push(path.to_owned()),
            Belongs::File if !kind.is_file() => self.others.push(path.to_owned()),
            _ => return kind.is_dir() && !is_the_vaults,
        }
        false
    }
}

/// What belongs at a place.
enum Belongs {
    Folder,
    /// A folder of what is computed: what else stands there is thrown away by whoever computes it.
    Computed,
    /// A file that commands write or lock, and none would name what is in its way.
    File,
    /// A file that is named by whoever reads it; or something of which the name does not say what it is.
    Unsaid,
}

impl Belongs {
    fn at(path: &Path) -> Self {
        let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
        let parts: Vec<_> = parts.iter().map(AsRef::as_ref).collect();
        let is_number = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        let is_key = |name: &str| name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        match parts[..] {
            ["keys" | "log" | "receipts" | "unfinished" | "objects"] => Self::Folder,
            ["folds"] => Self::Computed,
            ["keys", "held" | "members" | "signing"] | ["log", "tile"] | ["objects", "tmp"] => Self::Folder,
            ["log", "checkpoint"] | ["unfinished", "lock"] => Self::File,
            ["keys", "held", name] if is_key(name) => Self::Folder,
            ["keys", "signing", name] if name.len() == 43 => Self::Folder,
            ["log", "tile", level] if is_number(level) || level == "entries" => Self::Folder,
            ["log", "tile", .., name] if name.starts_with('x') || name.ends_with(".p") => Self::Folder,
            ["receipts", name] if is_number(name) => Self::Folder,
            ["objects", name] if name.len() == 2 => Self::Folder,
            _ => Self::Unsaid,
        }
    }
}

fn refused(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, Link { path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_to_folders_are_found_wherever_they_stand_and_links_to_files_are_not() {
        let place = tempfile::tempdir().unwrap();
        let (root, other) = (place.path().join("archive"), place.path().join("other"));
        for folder in ["keys/held/a", "log/tile/0", "receipts/3", "folds/b", "objects/00"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::create_dir(&other).unwrap();
        fs::write(other.join("file"), "x").unwrap();
        let through = place.path().join("through");
        symlink(&root, &through).unwrap();
        symlink(other.join("file"), root.join("keys/held/a/x.age")).unwrap();
        symlink(&other, root.join("objects/01")).unwrap();
        let layout = Layout::new(&through);
        refuse(&layout).unwrap();
        for place in ["keys/held/c", "log/tile/0/x001", "receipts/3/more", "folds/b/search.v1", "unfinished"]
        {
            symlink(&other, root.join(place)).unwrap();
            assert_eq!(found(&layout).unwrap(), [PathBuf::from(place)]);
            let refused = refuse(&layout).unwrap_err();
            assert_eq!(Link::within(&refused).unwrap().path, through.join(place));
            fs::remove_file(root.join(place)).unwrap();
        }
        symlink("nowhere", root.join("unfinished")).unwrap();
        assert!(refuse(&layout).is_err(), "what is nowhere now may be somewhere later");
    }

    #[test]
    fn what_is_no_folder_in_the_place_of_one_is_refused_by_its_path() {
        let root = tempfile::tempdir().unwrap();
        let layout = Layout::new(root.path());
        let (key, archive) = ("0123456789abcdef", "a".repeat(43));
        let signing = format!("keys/signing/{archive}");
        let held = format!("keys/held/{key}");
        let places =
            ["keys", "keys/members", "keys/held", "keys/signing", &signing, &held, "log", "log/tile"];
        let more = [
            "log/tile/0",
            "log/tile/entries",
            "log/tile/0/x001",
            "log/tile/0/001.p",
            "receipts",
            "receipts/7",
        ];
        let last = ["unfinished", "objects", "objects/tmp", "objects/ab"];
        for place in places.into_iter().chain(more).chain(last) {
            let path = root.path().join(place);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "x").unwrap();
            assert_eq!(NotAFile::within(&refuse(&layout).unwrap_err()).unwrap().path, path);
            fs::remove_file(&path).unwrap();
            symlink(path.file_name().unwrap(), &path).unwrap();
            let is_the_vaults = place.starts_with("objects/");
            assert_eq!(refuse(&layout).is_ok(), is_the_vaults);
            if !is_the_vaults {
                assert_eq!(Link::within(&refuse(&layout).unwrap_err()).unwrap().path, path);
            }
            fs::remove_file(&path).unwrap();
            fs::create_dir(&path).unwrap();
            refuse(&layout).unwrap();
        }
        for place in ["log/checkpoint", "unfinished/lock"] {
            let path = root.path().join(place);
            fs::create_dir(&path).unwrap();
            assert_eq!(NotAFile::within(&refuse(&layout).unwrap_err()).unwrap().path, path);
            fs::remove_dir(&path).unwrap();
            fs::write(&path, "x").unwrap();
        }
        // What is none of ours keeps no command from its work.
        for place in
            ["keys/held/note.txt", "receipts/note.txt", "log/tile/note.txt", "objects/note.txt", "folds"]
        {
            fs::write(root.path().join(place), "x").unwrap();
        }
        refuse(&layout).unwrap();
    }
}
