//! The system calls by which a program changes what is on a disk.

use std::fs;
use std::io::Read as _;
use std::io::{Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use nix::libc::{self, c_long, user_regs_struct};
use nix::unistd::Pid;

/// What a watched call does, as far as a fault may happen in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Bytes go into a file, or its length changes.
    Write,
    /// What was written is to be made durable.
    Sync,
    /// A name is made, changed or removed.
    Name,
}

/// One watched call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Its name in the manual.
    pub name: &'static str,
    /// What it does.
    pub kind: Kind,
    /// Which file or folder.
    pub path: PathBuf,
}

/// How a call names what it works on.
#[derive(Clone, Copy)]
enum Names {
    /// By an open file: which argument.
    Open(usize),
    /// By a folder and a path below it: which arguments.
    Below(usize, usize),
    /// By a path: which argument.
    Path(usize),
}

const WATCHED: [(c_long, &str, Kind, Names); 27] = [
    (libc::SYS_write, "write", Kind::Write, Names::Open(0)),
    (libc::SYS_pwrite64, "pwrite", Kind::Write, Names::Open(0)),
    (libc::SYS_writev, "writev", Kind::Write, Names::Open(0)),
    (libc::SYS_pwritev, "pwritev", Kind::Write, Names::Open(0)),
    (libc::SYS_copy_file_range, "copy_file_range", Kind::Write, Names::Open(2)),
    (libc::SYS_sendfile, "sendfile", Kind::Write, Names::Open(0)),
    (libc::SYS_ftruncate, "ftruncate", Kind::Write, Names::Open(0)),
    (libc::SYS_truncate, "truncate", Kind::Write, Names::Path(0)),
    (libc::SYS_fallocate, "fallocate", Kind::Write, Names::Open(0)),
    (libc::SYS_fsync, "fsync", Kind::Sync, Names::Open(0)),
    (libc::SYS_fdatasync, "fdatasync", Kind::Sync, Names::Open(0)),
    (libc::SYS_syncfs, "syncfs", Kind::Sync, Names::Open(0)),
    (libc::SYS_sync_file_range, "sync_file_range", Kind::Sync, Names::Open(0)),
    (libc::SYS_rename, "rename", Kind::Name, Names::Path(0)),
    (libc::SYS_renameat, "renameat", Kind::Name, Names::Below(0, 1)),
    (libc::SYS_renameat2, "renameat2", Kind::Name, Names::Below(0, 1)),
    (libc::SYS_link, "link", Kind::Name, Names::Path(1)),
    (libc::SYS_linkat, "linkat", Kind::Name, Names::Below(2, 3)),
    (libc::SYS_symlink, "symlink", Kind::Name, Names::Path(1)),
    (libc::SYS_symlinkat, "symlinkat", Kind::Name, Names::Below(1, 2)),
    (libc::SYS_unlink, "unlink", Kind::Name, Names::Path(0)),
    (libc::SYS_unlinkat, "unlinkat", Kind::Name, Names::Below(0, 1)),
    (libc::SYS_rmdir, "rmdir", Kind::Name, Names::Path(0)),
    (libc::SYS_mkdir, "mkdir", Kind::Name, Names::Path(0)),
    (libc::SYS_mkdirat, "mkdirat", Kind::Name, Names::Below(0, 1)),
    (libc::SYS_open, "open", Kind::Name, Names::Path(0)),
    (libc::SYS_openat, "openat", Kind::Name, Names::Below(0, 1)),
];

/// The call that this thread is about to make, if it is watched and works below `root`.
pub fn watched(thread: Pid, registers: &user_regs_struct, root: &Path) -> Option<Call> {
    let number = c_long::try_from(registers.orig_rax).ok()?;
    let (_, name, kind, names) = WATCHED.iter().find(|(watched, ..)| *watched == number)?;
    let r = registers;
    let arguments = [r.rdi, r.rsi, r.rdx, r.r10, r.r8, r.r9];
    // To open is a change only where a file is made.
    let flags = match number {
        libc::SYS_open => arguments[1],
        libc::SYS_openat => arguments[2],
        _ => libc::O_CREAT as u64,
    };
    if flags & libc::O_CREAT as u64 == 0 {
        return None;
    }
    let path = match *names {
        Names::Open(at) => opened(thread, arguments[at])?,
        Names::Path(at) => below(thread, libc::AT_FDCWD as u64, &text(thread, arguments[at])?)?,
        Names::Below(folder, at) => below(thread, arguments[folder], &text(thread, arguments[at])?)?,
    };
    // What SQLite's processes share in memory is made again from the write-ahead log.
    let lasting = path.extension().is_none_or(|extension| extension != "db-shm");
    (path.starts_with(root) && lasting).then_some(Call { name, kind: *kind, path })
}

/// The file behind a descriptor.
fn opened(thread: Pid, descriptor: u64) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{thread}/fd/{}", descriptor as i32)).ok()
}

fn below(thread: Pid, folder: u64, path: &Path) -> Option<PathBuf> {
    if path.is_absolute() {
        return Some(path.to_owned());
    }
    let folder = match folder as i32 {
        libc::AT_FDCWD => fs::read_link(format!("/proc/{thread}/cwd")).ok()?,
        _ => opened(thread, folder)?,
    };
    Some(folder.join(path))
}

/// The smallest page of memory, and the longest path.
const PAGE: usize = 4096;

/// A path in the memory of the traced program.
fn text(thread: Pid, address: u64) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt as _;
    let mut memory = fs::File::open(format!("/proc/{thread}/mem")).ok()?;
    memory.seek(SeekFrom::Start(address)).ok()?;
    let (mut bytes, mut page) = (Vec::new(), [0; PAGE]);
    while !bytes.contains(&0) && bytes.len() < PAGE {
        // Not beyond this page: the next one need not be there.
        let within = PAGE - (address as usize + bytes.len()) % PAGE;
        memory.read_exact(&mut page[..within]).ok()?;
        bytes.extend_from_slice(&page[..within]);
    }
    let end = bytes.iter().position(|byte| *byte == 0)?;
    bytes.truncate(end);
    Some(PathBuf::from(std::ffi::OsString::from_vec(bytes)))
}
