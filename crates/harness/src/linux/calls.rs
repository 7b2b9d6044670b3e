//! Which system calls change what outlasts a program, and which files they name.

/// What a system call does to storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Bytes into an open file.
    Write,
    /// Bytes of one open file into another.
    Copy,
    /// An open file made shorter, longer, or given room.
    Resize,
    /// Another time or permission.
    Attributes,
    /// A file made by opening it.
    Create,
    /// A folder made.
    MakeFolder,
    /// Another name, in place of or beside the first.
    Rename,
    /// A name taken away.
    Remove,
    /// Write-back begun, without a promise.
    WriteBack,
    /// A promise that what was written stays: `fsync`, `fdatasync`, `syncfs`.
    Sync,
}

/// How to find the file that a call is about in its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// An open file: the number of the argument.
    Open(usize),
    /// A path below the current folder: the number of the argument.
    Path(usize),
    /// A path below an open folder: the numbers of the arguments.
    At(usize, usize),
}

/// A system call that changes what outlasts a program.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// Its name, as in its manual page.
    pub name: &'static str,
    /// What it does.
    pub kind: Kind,
    /// The file that it is about; of a rename, the new name.
    pub file: Named,
    /// Of a rename or link, the old name.
    pub from: Option<Named>,
}

/// The call with this number on x86-64 and these arguments; none where nothing outlasts it.
pub fn known(number: u64, arguments: &[u64; 6]) -> Option<Call> {
    use Kind::{Attributes, Copy, Create, MakeFolder, Remove, Rename, Resize, Sync, Write, WriteBack};
    use Named::{At, Open, Path};
    let call = |name, kind, file| Some(Call { name, kind, file, from: None });
    let named_anew = |name, from, file| Some(Call { name, kind: Rename, file, from: Some(from) });
    match number {
        1 => call("write", Write, Open(0)),
        18 => call("pwrite64", Write, Open(0)),
        20 => call("writev", Write, Open(0)),
        296 => call("pwritev", Write, Open(0)),
        328 => call("pwritev2", Write, Open(0)),
        40 => call("sendfile", Copy, Open(0)),
        326 => call("copy_file_range", Copy, Open(2)),
        74 => call("fsync", Sync, Open(0)),
        75 => call("fdatasync", Sync, Open(0)),
        306 => call("syncfs", Sync, Open(0)),
        277 => call("sync_file_range", WriteBack, Open(0)),
        76 => call("truncate", Resize, Path(0)),
        77 => call("ftruncate", Resize, Open(0)),
        285 => call("fallocate", Resize, Open(0)),
        2 if creates(arguments[1]) => call("open", Create, Path(0)),
        257 if creates(arguments[2]) => call("openat", Create, At(0, 1)),
        // Opening empties it, without a write.
        2 if arguments[1] & TRUNCATE != 0 => call("open", Resize, Path(0)),
        257 if arguments[2] & TRUNCATE != 0 => call("openat", Resize, At(0, 1)),
        85 => call("creat", Create, Path(0)),
        83 => call("mkdir", MakeFolder, Path(0)),
        258 => call("mkdirat", MakeFolder, At(0, 1)),
        82 => named_anew("rename", Path(0), Path(1)),
        264 => named_anew("renameat", At(0, 1), At(2, 3)),
        316 => named_anew("renameat2", At(0, 1), At(2, 3)),
        86 => named_anew("link", Path(0), Path(1)),
        265 => named_anew("linkat", At(0, 1), At(2, 3)),
        84 => call("rmdir", Remove, Path(0)),
        87 => call("unlink", Remove, Path(0)),
        263 => call("unlinkat", Remove, At(0, 1)),
        90 => call("chmod", Attributes, Path(0)),
        91 => call("fchmod", Attributes, Open(0)),
        268 => call("fchmodat", Attributes, At(0, 1)),
        // Without a path it is about the open file; the kernel then takes no second argument.
        280 if arguments[1] == 0 => call("utimensat", Attributes, Open(0)),
        280 => call("utimensat", Attributes, At(0, 1)),
        _ => None,
    }
}

/// `O_CREAT`.
fn creates(flags: u64) -> bool {
    flags & 0o100 != 0
}

/// `O_TRUNC`.
const TRUNCATE: u64 = 0o1000;
