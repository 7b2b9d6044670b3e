//! What a stopped thread's call is about, and what it did to the disk: its paths, its memory, the bytes that came into a
//! file.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use nix::unistd::Pid;

use crate::calls::{Call, Kind, Named};

/// What a call that succeeded changed. Files are known by their number on the file system: a name may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// A file was opened that may be made by that; its number, and whether it was emptied.
    Opened {
        /// Its number.
        file: u64,
        /// Its content is gone.
        emptied: bool,
    },
    /// A folder was made.
    Folder,
    /// These bytes stand in the file from there on.
    Bytes {
        /// Its number.
        file: u64,
        /// Where they begin.
        offset: u64,
        /// What was written.
        bytes: Vec<u8>,
    },
    /// The file has this length.
    Length {
        /// Its number.
        file: u64,
        /// In bytes.
        length: u64,
    },
    /// It has another name, and lost the old one.
    Renamed,
    /// It has one name more.
    Linked,
    /// A name is gone.
    Removed,
    /// What was written to a file is promised to stay; its number.
    SyncedFile(u64),
    /// The names in a folder are promised to stay.
    SyncedFolder,
    /// Everything is.
    SyncedAll,
}

/// What the call did that answered `answer`; none where nothing of it outlasts the program.
///
/// # Errors
/// It cannot be seen, or is not known here.
pub fn effect(thread: Pid, call: &Call, arguments: &[u64; 6], answer: i64) -> io::Result<Option<Effect>> {
    if answer < 0 && call.kind != Kind::Sync {
        return Ok(None);
    }
    let opened = |at: usize| -> io::Result<(u64, PathBuf)> {
        let link = PathBuf::from(format!("/proc/{thread}/fd/{}", arguments[at] as u32));
        Ok((fs::metadata(&link)?.ino(), link))
    };
    Ok(match (call.kind, call.file) {
        (Kind::Write | Kind::Copy, Named::Open(at)) if answer > 0 => {
            let (file, link) = opened(at)?;
            let count = answer.cast_unsigned();
            let offset = match call.name {
                "pwrite64" | "pwritev" | "pwritev2" => arguments[3],
                "copy_file_range" if arguments[3] != 0 => {
                    return Err(io::Error::other("an offset in memory"));
                }
                // Asked afterwards, so that it is right for a file that is only added to.
                _ => position(thread, arguments[at])?.saturating_sub(count),
            };
            let mut bytes = vec![0; usize::try_from(count).map_err(io::Error::other)?];
            File::open(link)?.read_exact_at(&mut bytes, offset)?;
            Some(Effect::Bytes { file, offset, bytes })
        }
        (Kind::Resize, Named::Open(at)) => {
            let (file, link) = opened(at)?;
            Some(Effect::Length { file, length: fs::metadata(link)?.len() })
        }
        (Kind::Resize, named) => {
            let path = path_of(thread, named, arguments).ok_or(io::ErrorKind::NotFound)?;
            let found = fs::metadata(path)?;
            Some(Effect::Length { file: found.ino(), length: found.len() })
        }
        (Kind::Create, Named::Path(_) | Named::At(..)) => {
            // By the descriptor that it answered: the name may be another's by now.
            let file = fs::metadata(format!("/proc/{thread}/fd/{answer}"))?.ino();
            let flags = match call.name {
                "open" => arguments[1],
                "openat" => arguments[2],
                _ => TRUNCATE,
            };
            Some(Effect::Opened { file, emptied: flags & TRUNCATE != 0 })
        }
        (Kind::MakeFolder, _) => Some(Effect::Folder),
        (Kind::Rename, _) if call.name == "renameat2" && arguments[4] & EXCHANGE != 0 => {
            return Err(io::Error::other("two names that change places"));
        }
        (Kind::Rename, _) if call.name.starts_with("link") => Some(Effect::Linked),
        (Kind::Rename, _) => Some(Effect::Renamed),
        (Kind::Remove, _) => Some(Effect::Removed),
        (Kind::Sync, Named::Open(_)) if call.name == "syncfs" => Some(Effect::SyncedAll),
        (Kind::Sync, Named::Open(at)) => {
            let (file, link) = opened(at)?;
            Some(if fs::metadata(link)?.is_dir() { Effect::SyncedFolder } else { Effect::SyncedFile(file) })
        }
        _ => None,
    })
}

/// Where the file or folder lies that is named so in a call's arguments; a deleted one says so at its end.
pub fn path_of(thread: Pid, named: Named, arguments: &[u64; 6]) -> Option<PathBuf> {
    let opened = |at: usize| {
        // Descriptors are 32 bits wide, and AT_FDCWD is negative.
        let descriptor = arguments[at] as u32 as i32;
        let link = match descriptor {
            AT_FDCWD => format!("/proc/{thread}/cwd"),
            _ => format!("/proc/{thread}/fd/{descriptor}"),
        };
        fs::read_link(link).ok()
    };
    match named {
        Named::Open(at) => opened(at),
        Named::Path(at) => {
            let here = fs::read_link(format!("/proc/{thread}/cwd")).ok()?;
            Some(plain(&here.join(text(thread, arguments[at])?)))
        }
        Named::At(folder, at) => Some(plain(&opened(folder)?.join(text(thread, arguments[at])?))),
    }
}

const TRUNCATE: u64 = 0o1000;
/// `RENAME_EXCHANGE`.
const EXCHANGE: u64 = 2;
const AT_FDCWD: i32 = -100;
const PAGE: usize = 4096;

/// Without `.` and doubled slashes.
fn plain(path: &Path) -> PathBuf {
    path.components().collect()
}

/// Where the next bytes of an open file are read or written.
fn position(thread: Pid, descriptor: u64) -> io::Result<u64> {
    let said = fs::read_to_string(format!("/proc/{thread}/fdinfo/{}", descriptor as u32))?;
    let position = said.lines().find_map(|line| line.strip_prefix("pos:")?.trim().parse().ok());
    position.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn text(thread: Pid, address: u64) -> Option<PathBuf> {
    let bytes = memory(thread, address, 4096);
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some(OsString::from_vec(bytes[..end].to_vec()).into())
}

/// What lies there, as far as it can be read.
fn memory(thread: Pid, address: u64, length: u64) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    let Ok(file) = File::open(format!("/proc/{thread}/mem")) else { return Vec::new() };
    let mut got = 0;
    // A read stops at the first page that is not there.
    while got < bytes.len() {
        let page = PAGE - (address as usize + got) % PAGE;
        let end = (got + page).min(bytes.len());
        match file.read_at(&mut bytes[got..end], address + got as u64) {
            Ok(count) if count > 0 => got += count,
            _ => break,
        }
    }
    bytes.truncate(got);
    bytes
}
