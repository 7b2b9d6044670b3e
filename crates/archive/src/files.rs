//! Small files that must be there after a power cut: written aside, synced, then put in place.

mod reading;

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::SeekFrom;
use rustix::io::Errno;

pub use reading::{MAX_BYTES, NotAFile, in_its_folder, open, read, read_at_most};

/// Puts `bytes` at `path`, replacing what was there; durable when it returns. Only the owner may read it.
///
/// # Errors
/// Any of the file system's; the old file is then still there.
pub fn replace(path: &Path, mut bytes: &[u8]) -> io::Result<()> {
    replace_from(path, &mut bytes)
}

/// As [`replace`], with bytes that need not be in memory at once.
///
/// # Errors
/// As [`replace`], and those of reading.
pub fn replace_from(path: &Path, bytes: &mut dyn io::Read) -> io::Result<()> {
    crate::crash::step();
    make_folder(parent(path)?)?;
    for left in left_over(path).unwrap_or_default() {
        // It is in nobody's way.
        let _ = wipe_left(&left);
    }
    put(path, path, bytes, Kept::AtOnce)?;
    keep_name(path)
}

/// As [`replace`], but a power cut may take it, or leave the file without its bytes: [`sync_all`] is to follow. It is written in
/// `staging` first, which is in the same file system.
///
/// # Errors
/// Any of the file system's; the old file is then still there.
pub fn replace_for_now(path: &Path, mut bytes: &[u8], staging: &Path) -> io::Result<()> {
    make_folder(parent(path)?)?;
    put(path, &staging.join(path.file_name().unwrap_or_default()), &mut bytes, Kept::Later)
}

/// Puts `bytes` at `path` unless something is there, and says whether it did; durable.
///
/// # Errors
/// Any of the file system's.
pub fn put_new(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    make_folder(parent(path)?)?;
    let (aside, mut file) = open_aside(path)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    // A link, unlike a rename, does not replace what another process put there meanwhile.
    let linked = written.and_then(|()| fs::hard_link(&aside, path));
    fs::remove_file(&aside)?;
    match linked {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        linked => linked?,
    }
    keep_name(path)?;
    Ok(true)
}

/// Takes away, durably, what killed programs wrote aside in a folder of ours, for whatever file. What cannot be removed is in
/// nobody's way.
pub fn sweep(folder: &Path) {
    let left = asides(folder, None).unwrap_or_default();
    for aside in &left {
        let _ = wipe_left(aside);
    }
    if !left.is_empty() {
        let _ = sync_folder(folder);
    }
}

/// As [`sweep`], of a folder and all below it. Links are not followed.
pub fn sweep_below(folder: &Path) {
    sweep(folder);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            sweep_below(&entry.path());
        }
    }
}

/// Makes all that was written in the file system of this folder durable.
///
/// # Errors
/// Something could not be written: nobody is told of it again, so it is to be written anew.
pub fn sync_all(folder: &Path) -> io::Result<()> {
    Ok(rustix::fs::syncfs(File::open(folder)?)?)
}

/// Overwrites a file, removes it and makes that durable; one that is not there is well. So is done with what killed programs
/// left of it.
///
/// It loses its name first: what a crash leaves is never taken for a damaged file.
///
/// # Errors
/// Any of the file system's; the file is reached through a link.
pub fn destroy(path: &Path) -> io::Result<()> {
    crate::crash::step();
    crate::links::refuse_at(parent(path)?)?;
    let aside = aside(path);
    let there = match fs::rename(path, &aside) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => false,
        renamed => {
            renamed?;
            true
        }
    };
    if there {
        crate::crash::step();
        // Whoever put it in its place a moment ago may hold its lock still; whoever sweeps may be faster.
        match open_to_wipe(&aside) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            file => wipe(&aside, &mut file?)?,
        }
    }
    let left = left_over(path)?;
    for aside in &left {
        crate::crash::step();
        wipe_left(aside)?;
    }
    match there || !left.is_empty() {
        true => sync_folder(parent(path)?),
        false => Ok(()),
    }
}

/// Removes a file; one that is not there is well. A power cut may bring it back.
///
/// # Errors
/// Any of the file system's.
pub fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(_) if path.is_dir() => Err(NotAFile::at(path)),
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

/// Makes a folder and those above it, durably; only the owner may enter.
///
/// # Errors
/// Any of the file system's.
pub fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let above = path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make_folder(above)?;
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        made => made?,
    }
    sync_folder(above)
}

/// Makes a folder and those above it, durably, also where it is there already: a program that was killed, or whose sync failed,
/// may have made it. Only the owner may enter.
///
/// # Errors
/// Any of the file system's.
pub fn settle_folder(path: &Path) -> io::Result<()> {
    make_folder(path)?;
    sync_folder(std::path::absolute(path)?.parent().unwrap_or(Path::new("/")))
}

/// Makes the names in a folder durable.
///
/// # Errors
/// Any of the file system's.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Makes the name of a file durable that was just put in its place. Of a name that a failed sync let go of nobody is told again,
/// and whoever repeats the command finds the file there: so it is put in its place anew, once.
fn keep_name(path: &Path) -> io::Result<()> {
    let folder = parent(path)?;
    sync_folder(folder).or_else(|_| {
        put(path, path, &mut File::open(path)?, Kept::AtOnce)?;
        sync_folder(folder)
    })
}

/// When what is put in place is durable.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    AtOnce,
    Later,
}

fn put(path: &Path, beside: &Path, bytes: &mut dyn io::Read, kept: Kept) -> io::Result<()> {
    let (aside, mut file) = open_aside(beside)?;
    let written = io::copy(bytes, &mut file).and_then(|_| match kept {
        Kept::AtOnce => file.sync_all(),
        Kept::Later => Ok(()),
    });
    let written = written.and_then(|()| fs::rename(&aside, path));
    if written.is_err() {
        let _ = fs::remove_file(&aside);
    }
    written
}

/// A new file beside `path`, under a lock that the kernel drops when the process ends, however it ends: so it is asked of the
/// kernel whether somebody still writes it.
fn open_aside(path: &Path) -> io::Result<(PathBuf, File)> {
    loop {
        let aside = aside(path);
        let mut options = OpenOptions::new();
        let file = match options.write(true).create_new(true).mode(0o600).open(&aside) {
            // Left by a dead process of this number, or in use by one that numbers its processes apart from us.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
            file => file?,
        };
        match file.try_lock() {
            Err(fs::TryLockError::WouldBlock) => continue,
            // Where there are no locks nobody removes it either.
            Err(fs::TryLockError::Error(_)) => return Ok((aside, file)),
            Ok(()) => {}
        }
        if is_at(&file, &aside) {
            return Ok((aside, file));
        }
    }
}

/// Two processes, or threads, may replace one file at once; each writes its own aside and the last rename wins whole.
fn aside(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{}.aside", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    path.with_file_name(name)
}

/// Is nothing in this folder but what was written aside? Also where there is no folder.
pub fn holds_only_asides(folder: &Path) -> bool {
    let is_aside = |entry: io::Result<fs::DirEntry>| {
        entry.is_ok_and(|entry| set_aside(entry.file_name().as_bytes()).is_some())
    };
    match fs::read_dir(folder) {
        Ok(mut entries) => entries.all(is_aside),
        Err(e) => e.kind() == io::ErrorKind::NotFound,
    }
}

/// What was written aside for this file, or set aside to be destroyed, and still lies there.
fn left_over(path: &Path) -> io::Result<Vec<PathBuf>> {
    asides(parent(path)?, path.file_name())
}

/// What lies aside in a folder, for one file or for any.
fn asides(folder: &Path, of: Option<&OsStr>) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if set_aside(entry.file_name().as_bytes()).is_some_and(|own| of.is_none_or(|of| of.as_bytes() == own))
        {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// The name for which something was written aside under this one.
fn set_aside(name: &[u8]) -> Option<&[u8]> {
    let rest = name.strip_suffix(b".aside")?;
    let dot = rest.iter().rposition(|byte| *byte == b'.')?;
    let number = &rest[dot + 1..];
    (!number.is_empty() && number.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-'))
        .then_some(&rest[..dot])
}

/// Overwrites and removes what a killed program left, unless somebody is at it. What is not a file has nothing to overwrite and
/// stays.
fn wipe_left(aside: &Path) -> io::Result<()> {
    let mut file = match open_to_wipe(aside) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file?,
    };
    crate::crash::step();
    // Where there are no locks, nobody can tell whether it is in use.
    if !file.metadata()?.is_file() || file.try_lock().is_err() || !is_at(&file, aside) {
        return Ok(());
    }
    wipe(aside, &mut file)
}

fn open_to_wipe(aside: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).custom_flags(NOT_WAITING).open(aside)
}

/// Is this file what lies there under the name? Until it was locked, another process may have put it in its place, or have taken
/// it away.
pub(crate) fn is_at(file: &File, path: &Path) -> bool {
    let found = (fs::symlink_metadata(path), file.metadata());
    matches!(found, (Ok(there), Ok(own)) if (there.dev(), there.ino()) == (own.dev(), own.ino()))
}

/// Overwrites and removes it. A link, a FIFO or a device has nothing to overwrite.
fn wipe(aside: &Path, file: &mut File) -> io::Result<()> {
    // First, or a power cut could bring the old name back, of a file that is overwritten.
    sync_folder(parent(aside)?)?;
    let found = file.metadata()?;
    // DANGER: a journal, a snapshot or a flash disk may keep the old blocks; SECURITY.md says so.
    // Put in place under another name too, it is what that name stands for.
    if found.is_file() && found.nlink() == 1 {
        overwrite(file)?;
        file.sync_all()?;
    }
    crate::crash::step();
    match fs::remove_file(aside) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Puts zeros over what has a place on the disk; a hole has none, and is not given one.
fn overwrite(file: &mut File) -> io::Result<()> {
    let mut from = 0;
    loop {
        let start = match rustix::fs::seek(&*file, SeekFrom::Data(from)) {
            Err(Errno::NXIO) => return Ok(()),
            start => start?,
        };
        let end = rustix::fs::seek(&*file, SeekFrom::Hole(start))?;
        file.seek(io::SeekFrom::Start(start))?;
        io::copy(&mut io::repeat(0).take(end - start), file)?;
        from = end;
    }
}

fn parent(path: &Path) -> io::Result<&Path> {
    path.parent().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "a file needs a folder"))
}

#[cfg(test)]
mod tests {
    use super::{destroy, open_aside, replace};
    use std::fs::{self, OpenOptions};
    use std::io::Write as _;
    use std::os::unix::fs::{FileExt as _, MetadataExt as _};
    use std::process::Command;

    #[test]
    fn nothing_behind_a_link_is_destroyed() {
        let folder = tempfile::tempdir().unwrap();
        let (theirs, link) = (folder.path().join("theirs"), folder.path().join("held"));
        fs::create_dir(&theirs).unwrap();
        fs::write(theirs.join("letter.txt"), "to my sister").unwrap();
        std::os::unix::fs::symlink(&theirs, &link).unwrap();
        let refused = destroy(&link.join("letter.txt")).unwrap_err();
        assert_eq!(crate::Link::within(&refused).unwrap().path, link);
        super::remove_folder(&link).unwrap();
        assert_eq!(fs::read(theirs.join("letter.txt")).unwrap(), b"to my sister");
    }

    #[test]
    fn what_a_killed_program_wrote_aside_is_taken_away_and_what_a_living_one_writes_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let names = || fs::read_dir(folder.path()).unwrap().count();
        let path = folder.path().join("x.age");
        for (left, other) in [("x.age.7-0.aside", "x.age.old.aside"), ("x.age.77.aside", "y.age.7-1.aside")] {
            fs::write(folder.path().join(left), b"a wrap").unwrap();
            fs::write(folder.path().join(other), b"somebody's own").unwrap();
        }
        let (_, living) = open_aside(&path).unwrap();
        replace(&path, b"one").unwrap();
        assert_eq!(names(), 4);
        drop(living);
        destroy(&path).unwrap();
        assert_eq!(names(), 2);
        fs::write(folder.path().join("x.age.7-0.aside"), b"a wrap").unwrap();
        destroy(&path).unwrap();
        assert_eq!(names(), 2);
    }

    #[test]
    fn what_is_put_in_its_place_while_somebody_sweeps_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.age");
        let (aside, mut file) = open_aside(&path).unwrap();
        file.write_all(b"a wrap").unwrap();
        let to = path.clone();
        crate::crash::meanwhile(move || {
            fs::rename(aside, to).unwrap();
            drop(file);
        });
        super::sweep(folder.path());
        assert_eq!(fs::read(&path).unwrap(), b"a wrap");
    }

    #[test]
    fn what_is_destroyed_is_gone_though_its_writer_still_holds_its_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.age");
        let (aside, mut file) = open_aside(&path).unwrap();
        file.write_all(b"a wrap").unwrap();
        fs::rename(aside, &path).unwrap();
        let read = fs::File::open(&path).unwrap();
        destroy(&path).unwrap();
        let mut wrap = [1; 6];
        read.read_exact_at(&mut wrap, 0).unwrap();
        assert_eq!((wrap, fs::read_dir(folder.path()).unwrap().count()), ([0; 6], 0));
    }

    #[test]
    fn what_somebody_else_put_there_under_such_a_name_neither_holds_us_nor_fills_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.age");
        let made = Command::new("mkfifo").arg(folder.path().join("x.age.1.aside")).status().unwrap();
        assert!(made.success());
        let mut options = OpenOptions::new();
        let options = options.read(true).write(true).create_new(true);
        let holes = options.open(folder.path().join("x.age.2.aside")).unwrap();
        holes.set_len(1 << 43).unwrap();
        holes.write_all_at(b"a wrap", 1 << 42).unwrap();
        replace(&path, b"one").unwrap();
        assert!(holes.metadata().unwrap().blocks() < 100);
        let mut wrap = [1; 6];
        holes.read_exact_at(&mut wrap, 1 << 42).unwrap();
        assert_eq!(wrap, [0; 6]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn what_has_another_name_already_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let (path, aside) = (folder.path().join("token"), folder.path().join("token.7-0.aside"));
        assert!(super::put_new(&path, b"a stamp").unwrap());
        assert!(!super::put_new(&path, b"another").unwrap());
        fs::hard_link(&path, &aside).unwrap();
        super::sweep(folder.path());
        assert!(!aside.exists());
        assert_eq!(fs::read(&path).unwrap(), b"a stamp");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

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
