//! Files that hold secrets: read only where nobody else can read them, made so that nobody else can.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::io::Errno;
use vidimus_archive::replace_file;
use zeroize::Zeroizing;

use crate::trouble::Trouble;

/// Longer than any passphrase, or code, or words about a giver or a purpose. Words about a giver are sealed up to 70 times
/// in one record, which `vidimus_proof::record` reads to 16 MiB.
pub const WORDS: usize = 64 * 1024;
/// Longer than any note on a delivery.
pub const NOTE: usize = 1 << 20;
/// Longer than any file that this program writes for people to hand on.
pub const MADE: usize = 32 << 20;

/// The text in a file that only its owner, us, can read; without the newline at its end.
///
/// # Errors
/// The file cannot be read, others can read it too, or it holds no text.
pub fn read_private(path: &Path) -> Result<Zeroizing<String>, Trouble> {
    let bytes = read_private_bytes(path, WORDS)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| Trouble::PassphraseUnreadable(path.to_owned()))?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.is_empty() {
        return Err(Trouble::PassphraseUnreadable(path.to_owned()));
    }
    Ok(Zeroizing::new(text.to_owned()))
}

/// Everything in a file that only this user may read, up to `most` bytes.
///
/// # Errors
/// Others may read it, or it cannot be read.
pub fn read_private_bytes(path: &Path, most: usize) -> Result<Zeroizing<Vec<u8>>, Trouble> {
    let file = open(path)?;
    // Asked of the open file, so that no other can be put in its place in between.
    let metadata = file.metadata().map_err(|error| Trouble::at(path, error))?;
    if metadata.mode() & 0o077 != 0 || metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(Trouble::FileNotPrivate(path.to_owned()));
    }
    read_all(file, most).map_err(|error| Trouble::at(path, error))
}

/// Everything in a file that was named, or on standard input for `-`, up to `most` bytes; others may read the file too.
///
/// # Errors
/// It cannot be read, is longer, or is a pipe from which nothing comes.
pub fn read_input(path: &Path, most: usize) -> Result<Zeroizing<Vec<u8>>, Trouble> {
    let at = |error| Trouble::at(path, error);
    if path == Path::new("-") {
        return read_all(io::stdin().lock(), most).map_err(at);
    }
    let file = open(path)?;
    let pipe = file.metadata().map_err(at)?.file_type().is_fifo();
    let bytes = read_all(file, most).map_err(at)?;
    if pipe && bytes.is_empty() {
        return Err(Trouble::PassphraseUnreadable(path.to_owned()));
    }
    Ok(bytes)
}

/// Opens to read. A pipe to which nobody writes is at its end at once, and whoever writes to one is waited for.
fn open(path: &Path) -> Result<File, Trouble> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let opened = OpenOptions::new().read(true).custom_flags(flags).open(path).and_then(|file| {
        if file.metadata()?.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        rustix::fs::fcntl_setfl(&file, OFlags::empty())?;
        Ok(file)
    });
    opened.map_err(|error| match Errno::from_io_error(&error) {
        // A socket.
        Some(Errno::NXIO) => Trouble::at(path, io::ErrorKind::InvalidData.into()),
        _ => Trouble::at(path, error),
    })
}

/// Everything that `from` holds, in memory that is wiped; an error where it is more than `most` bytes.
fn read_all(mut from: impl io::Read, most: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    // Room at once, because a vector that grows leaves its old memory behind unwiped.
    let mut bytes = Zeroizing::new(Vec::with_capacity(WORDS));
    let mut chunk = Zeroizing::new([0; 4096]);
    loop {
        match from.read(&mut chunk[..])? {
            0 => return Ok(bytes),
            count if bytes.len() + count > most => return Err(io::ErrorKind::FileTooLarge.into()),
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

/// A new file that only we can read. It is made, empty, before the secret that it will hold, so that a folder that cannot be
/// written to is noticed in time; what is dropped unwritten is taken away again.
pub struct NewFile {
    path: std::path::PathBuf,
    written: bool,
}

impl NewFile {
    /// Makes the file, or takes one of ours that is empty: a killed command left it.
    ///
    /// # Errors
    /// It is there already and holds something, or cannot be made.
    pub fn create(path: &Path) -> Result<Self, Trouble> {
        if is_left_over(path) {
            return Ok(Self { path: path.to_owned(), written: false });
        }
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        match made {
            Ok(_) => Ok(Self { path: path.to_owned(), written: false }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(Trouble::Exists(path.to_owned()))
            }
            Err(error) => Err(Trouble::at(path, error)),
        }
    }

    /// Writes everything, whole or not at all, and makes it durable.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(mut self, bytes: &[u8]) -> Result<(), Trouble> {
        let written = std::path::absolute(&self.path).and_then(|path| replace_file(&path, bytes));
        written.map_err(|error| Trouble::at(&self.path, error))?;
        self.written = true;
        Ok(())
    }
}

/// Puts into a new file what the same command makes again, byte for byte: where one that was killed wrote just that, all is
/// well.
///
/// # Errors
/// It is there already and holds something else, or cannot be written.
pub fn put_once(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    match NewFile::create(path) {
        Err(Trouble::Exists(_)) if holds(path, bytes) => {
            // Its name has to outlast a power cut too.
            let synced = std::path::absolute(path).and_then(|path| {
                let folder = path.parent().unwrap_or(Path::new("/"));
                File::open(folder)?.sync_all()
            });
            synced.map_err(|error| Trouble::at(path, error))
        }
        new => new?.write(bytes),
    }
}

fn holds(path: &Path, bytes: &[u8]) -> bool {
    let is_file = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    is_file && read_input(path, MADE).is_ok_and(|found| *found == bytes)
}

/// Is what lies there a file that only we can read, and empty?
fn is_left_over(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|found| {
        let ours = found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o077 == 0;
        found.is_file() && ours && found.len() == 0
    })
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
    use super::{NewFile, WORDS, put_once, read_all, read_input, read_private};
    use crate::trouble::Trouble;
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;

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
    fn nobody_waits_for_a_pipe_but_for_whoever_writes_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert!(matches!(read_input(&path, WORDS), Err(Trouble::PassphraseUnreadable(_))));
        assert!(matches!(NewFile::create(&path), Err(Trouble::Exists(_))));
        // As `--note-file <(program)` in a shell: the pipe has no name, and its writer is slow.
        let (reader, mut writer) = std::io::pipe().unwrap();
        let name = format!("/proc/self/fd/{}", std::os::fd::AsRawFd::as_raw_fd(&reader));
        let waiting = std::thread::spawn(move || read_input(Path::new(&name), WORDS).unwrap());
        writer.write_all(b"a note").unwrap();
        drop(writer);
        assert_eq!(*waiting.join().unwrap(), b"a note");
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
    fn what_the_same_command_wrote_is_well_and_anything_else_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("approval");
        put_once(&path, b"a signature").unwrap();
        put_once(&path, b"a signature").unwrap();
        assert!(matches!(put_once(&path, b"another"), Err(Trouble::Exists(_))));
        assert_eq!(std::fs::read(&path).unwrap(), b"a signature");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn long_input_is_read_whole() {
        let long = vec![7; 300_000];
        assert_eq!(*read_all(&long[..], 300_000).unwrap(), long);
        let too_long = read_all(&long[..], 299_999).unwrap_err();
        assert_eq!(too_long.kind(), std::io::ErrorKind::FileTooLarge);
    }
}
