//! Links in the place of an archive's or a backup's own folders: none is followed, and no command goes on while there is one.
//!
//! The folder itself may be reached through a link. DANGER: it is asked when a command begins; whoever can write to the folder
//! while a command runs may put a link there afterwards.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

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

/// Refuses a folder of an archive or a backup in which a link stands where one of its own folders belongs.
///
/// # Errors
/// [`Link`], or a folder may not be looked into.
pub(crate) fn refuse(layout: &Layout) -> io::Result<()> {
    match found(layout)?.into_iter().next() {
        Some(path) => Err(refused(&layout.root().join(path))),
        None => Ok(()),
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
    let (mut links, mut folders) = (Vec::new(), Vec::new());
    let own = [layout.keys(), layout.log(), layout.receipts(), layout.folds(), layout.unfinished()];
    for folder in own.into_iter().chain([layout.objects()]) {
        match fs::symlink_metadata(&folder) {
            Ok(there) if there.is_symlink() => links.push(folder),
            // Within its own folder the vault follows none.
            Ok(there) if there.is_dir() && folder != layout.objects() => folders.push(folder),
            _ => {}
        }
    }
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(error),
            // Gone meanwhile; or the disk fails, and what can be read of the archive must be.
            entries => entries.into_iter().flatten().flatten(),
        };
        for entry in entries {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_symlink() && entry.path().is_dir() => links.push(entry.path()),
                _ => {}
            }
        }
    }
    links.sort();
    Ok(links.iter().map(|link| link.strip_prefix(layout.root()).unwrap_or(link).to_owned()).collect())
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
}
