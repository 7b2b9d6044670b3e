//! Files that hold secrets: read only where nobody else can read them, made so that nobody else can.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::trouble::Trouble;

/// Longer than any passphrase or code that a person keeps in a file.
const MOST: u64 = 64 * 1024;

/// The text in a file that only its owner, us, can read; without the newline at its end.
///
/// # Errors
/// The file cannot be read, others can read it too, or it holds no text.
pub fn read_private(path: &Path) -> Result<Zeroizing<String>, Trouble> {
    let file = File::open(path).map_err(|error| Trouble::at(path, error))?;
    // Asked of the open file, so that no other can be put in its place in between.
    let metadata = file.metadata().map_err(|error| Trouble::at(path, error))?;
    if metadata.is_dir() {
        return Err(Trouble::at(path, io::ErrorKind::IsADirectory.into()));
    }
    if metadata.mode() & 0o077 != 0 || metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(Trouble::FileNotPrivate(path.to_owned()));
    }
    let bytes = read_all(file.take(MOST)).map_err(|error| Trouble::at(path, error))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Trouble::PassphraseUnreadable(path.to_owned()))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(Trouble::PassphraseUnreadable(path.to_owned()));
    }
    Ok(Zeroizing::new(text.to_owned()))
}

/// Everything in a file that was named, or on standard input for `-`; others may read the file too.
///
/// # Errors
/// It cannot be read.
pub fn read_input(path: &Path) -> Result<Zeroizing<Vec<u8>>, Trouble> {
    if path == Path::new("-") {
        return Ok(read_all(io::stdin().lock())?);
    }
    let file = File::open(path).map_err(|error| Trouble::at(path, error))?;
    read_all(file).map_err(|error| Trouble::at(path, error))
}

/// Everything that `from` holds, in memory that is wiped.
fn read_all(mut from: impl io::Read) -> io::Result<Zeroizing<Vec<u8>>> {
    // Room at once, because a vector that grows leaves its old memory behind unwiped.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST as usize));
    let mut chunk = Zeroizing::new([0; 4096]);
    loop {
        match from.read(&mut chunk[..])? {
            0 => return Ok(bytes),
            count if bytes.len() + count > bytes.capacity() => {
                let mut larger = Zeroizing::new(Vec::with_capacity(bytes.capacity() * 2));
                larger.extend_from_slice(&bytes);
                larger.extend_from_slice(&chunk[..count]);
                bytes = larger;
            }
            count => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}

/// A new file that only we can read. It is made before the secret that it will hold, so that a folder that cannot be
/// written to is noticed in time; what is dropped unwritten is taken away again.
pub struct NewFile {
    path: std::path::PathBuf,
    file: File,
    written: bool,
}

impl NewFile {
    /// Makes the file, or takes one of ours that is empty: a killed command left it.
    ///
    /// # Errors
    /// It is there already and holds something, or cannot be made.
    pub fn create(path: &Path) -> Result<Self, Trouble> {
        if let Some(file) = left_over(path) {
            return Ok(Self { path: path.to_owned(), file, written: false });
        }
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        match made {
            Ok(file) => Ok(Self { path: path.to_owned(), file, written: false }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Trouble::Exists(path.to_owned()))
            }
            Err(error) => Err(Trouble::at(path, error)),
        }
    }

    /// Writes everything and makes it durable.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(mut self, bytes: &[u8]) -> Result<(), Trouble> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_all());
        // Its name has to outlast a power cut too.
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or_else(|| Path::new("."));
        let written = written.and_then(|()| File::open(folder)?.sync_all());
        written.map_err(|error| Trouble::at(&self.path, error))?;
        self.written = true;
        Ok(())
    }
}

/// The file at `path`, where it is one that only we can read, and empty.
fn left_over(path: &Path) -> Option<File> {
    let no_follow = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
    let file = OpenOptions::new().write(true).custom_flags(no_follow).open(path).ok()?;
    let found = file.metadata().ok()?;
    let ours = found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o077 == 0;
    (found.is_file() && ours && found.len() == 0).then_some(file)
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.written {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NewFile, read_all, read_private};
    use crate::trouble::Trouble;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn only_the_newline_at_the_end_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        NewFile::create(&path).unwrap().write(b" two  words \n").unwrap();
        assert_eq!(read_private(&path).unwrap().as_str(), " two  words ");
    }

    #[test]
    fn a_file_that_a_group_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        NewFile::create(&path).unwrap().write(b"secret").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(read_private(&path), Err(Trouble::FileNotPrivate(_))));
    }

    #[test]
    fn a_file_that_was_not_needed_is_not_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheet");
        drop(NewFile::create(&path).unwrap());
        assert!(!path.exists());
    }

    #[test]
    fn an_empty_file_of_ours_is_taken_and_one_that_holds_something_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sheet");
        let killed = NewFile::create(&path).unwrap();
        NewFile::create(&path).unwrap().write(b"the code").unwrap();
        std::mem::forget(killed);
        assert!(matches!(NewFile::create(&path), Err(Trouble::Exists(_))));
        assert_eq!(std::fs::read(&path).unwrap(), b"the code");
    }

    #[test]
    fn long_input_is_read_whole() {
        let long = vec![7; 300_000];
        assert_eq!(*read_all(&long[..]).unwrap(), long);
    }
}
