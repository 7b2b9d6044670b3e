//! Small files that must be there after a power cut: written aside, synced, then put in place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Puts `bytes` at `path`, replacing what was there; durable when it returns. Only the owner may read it.
///
/// # Errors
/// Any of the file system's; the old file is then still there.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    crate::crash::step();
    let folder = parent(path)?;
    make_folder(folder)?;
    let aside = aside(path);
    let written = write_aside(&aside, bytes).and_then(|()| fs::rename(&aside, path));
    if written.is_err() {
        let _ = fs::remove_file(&aside);
    }
    written?;
    sync_folder(folder)
}

/// Overwrites a file, removes it and makes that durable; one that is not there is well.
///
/// It loses its name first: what a crash leaves is never taken for a damaged file.
///
/// # Errors
/// Any of the file system's.
pub fn destroy(path: &Path) -> io::Result<()> {
    crate::crash::step();
    let aside = aside(path);
    match fs::rename(path, &aside) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        renamed => renamed?,
    }
    crate::crash::step();
    let length = fs::symlink_metadata(&aside)?.len();
    // DANGER: a journal, a snapshot or a flash disk may keep the old blocks; SECURITY.md says so.
    let mut file = OpenOptions::new().write(true).custom_flags(NO_FOLLOW).open(&aside)?;
    io::copy(&mut io::repeat(0).take(length), &mut file)?;
    file.sync_all()?;
    crate::crash::step();
    fs::remove_file(&aside)?;
    sync_folder(parent(path)?)
}

/// Removes a file; one that is not there is well. A power cut may bring it back.
///
/// # Errors
/// Any of the file system's.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Removes a folder with all that is in it and makes that durable; one that is not there is well.
///
/// # Errors
/// Any of the file system's.
pub fn remove_folder(path: &Path) -> io::Result<()> {
    crate::crash::step();
    match fs::remove_dir_all(path) {
        Ok(()) => sync_folder(parent(path)?),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(e),
    }
}

/// A link in the place of a key is not followed.
const NO_FOLLOW: i32 = rustix::fs::OFlags::NOFOLLOW.bits() as i32;

/// Neither is a link followed, nor does a FIFO hold us until somebody writes to it.
pub const NOT_WAITING: i32 = NO_FOLLOW | rustix::fs::OFlags::NONBLOCK.bits() as i32;

/// Makes a folder and those above it; only the owner may enter.
///
/// # Errors
/// Any of the file system's.
pub fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    match path.parent() {
        Some(above) if !above.as_os_str().is_empty() => sync_folder(above),
        _ => Ok(()),
    }
}

/// Makes the names in a folder durable.
///
/// # Errors
/// Any of the file system's.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn write_aside(aside: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(aside)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn aside(path: &Path) -> std::path::PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    // Two processes may replace one file at once; each writes its own aside and the last rename wins whole.
    name.push(format!(".{}.aside", std::process::id()));
    path.with_file_name(name)
}

fn parent(path: &Path) -> io::Result<&Path> {
    path.parent().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a file needs a folder"))
}

#[cfg(test)]
mod tests {
    use super::replace;

    #[test]
    fn a_file_is_replaced_whole_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/held/x.age");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }
}
