//! Nonsense by kind: what is typed where a text, a number, a reference, a file or a folder is wanted, and how it is answered.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt as _;

/// What a slot wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It takes no value.
    Flag,
    /// An item or accession.
    Reference,
    /// A number, or one of a few words or letters.
    Few,
    /// A number that may be below zero.
    Signed,
    /// Any words; what is recorded or compared.
    Text,
    /// What is searched for: nothing but an option is refused.
    Question,
    /// The name of somebody or something that has to be there.
    Known,
    /// A file that is read.
    File,
    /// A file of the passphrase: what it holds decides too.
    Secret,
    /// A file that is made.
    NewFile,
    /// A path that is looked at only where it is needed.
    Unused,
    /// A folder that is read, or written into.
    Folder,
    /// What is taken in, of any type.
    Disk,
}

/// How many values of every kind come first that are only texts.
pub const TEXTS: usize = 24;

/// What is no text that anybody would type on purpose.
fn texts() -> Vec<OsString> {
    let texts = [
        "",
        " ",
        "-",
        "--",
        "A0-0",
        "A99999999999999999999-1",
        "A1-",
        "а1-1",
        "Z:A1-1",
        "../../x",
        "red\u{1b}[31m\u{7}",
        "\u{202e}txt.exe",
        "\u{2066}x\u{2069}\u{feff}",
        "one\ntwo",
        "one\r\u{9b}2Jtwo\u{7f}\u{e0041}",
        "--help me",
        "-1",
        "0",
        "18446744073709551616",
        "1e9",
    ];
    let mut all: Vec<OsString> = texts.map(OsString::from).to_vec();
    all.push("x".repeat(5000).into());
    all.push("довга назва ".repeat(60).into());
    all.push(OsString::from_vec(b"not \xff\xfe UTF-8".to_vec()));
    all.push(OsString::from_vec(vec![0xff]));
    assert_eq!(all.len(), TEXTS);
    all
}

/// What lies in every place, and is not what is wanted.
const PATHS: [&str; 11] = [
    ".",
    "folder",
    "file",
    "file/below",
    "fifo",
    "empty",
    "nowhere/at/all",
    "archive/ledger.db",
    "/proc/self/mem",
    "/dev/zero",
    "socket",
];

impl Kind {
    /// What is tried.
    pub fn values(self) -> Vec<OsString> {
        let mut all = texts();
        if matches!(self, Self::File | Self::Secret | Self::NewFile | Self::Folder | Self::Disk) {
            all.extend(PATHS.map(OsString::from));
        }
        all
    }

    /// Which exit codes answer it. 0: it was possible after all; 1: "no"; 2: wrong usage; 3: locked.
    pub fn codes(self, value: &OsStr) -> &'static [i32] {
        let text = value.to_str();
        match (self, text) {
            (Self::Flag, _) => &[2],
            (Self::Question, Some("--" | "--help me")) => &[2],
            (Self::Question, _) => &[0, 1],
            (Self::Text | Self::Known | Self::Reference | Self::Few | Self::Signed, None) => &[2],
            (Self::Reference, Some("Z:A1-1")) => &[1, 2],
            (Self::Reference, Some("--")) => &[0, 2],
            (Self::Signed, Some("-1" | "0")) => &[0],
            (Self::Reference | Self::Few | Self::Signed, _) => &[2],
            (Self::Unused, _) => &[0, 1, 2, 3],
            (Self::Text, _) => &[0, 1, 2, 3],
            (Self::Known, _) => &[1, 2, 3],
            (Self::File | Self::Secret, Some("" | "." | "folder" | "nowhere/at/all" | "fifo" | "socket")) => {
                &[2]
            }
            (Self::File | Self::Secret, Some("file/below" | "../../x" | "/dev/zero")) => &[2],
            (Self::File, _) => &[0, 1, 2, 3],
            (Self::Secret, _) => &[0, 1, 2, 3],
            (
                Self::NewFile,
                Some("" | "." | "folder" | "file" | "fifo" | "file/below" | "nowhere/at/all"),
            ) => &[2],
            (Self::NewFile, _) => &[0, 1, 2],
            (Self::Folder, Some("" | "file" | "fifo" | "file/below" | "archive/ledger.db")) => &[2],
            (Self::Folder | Self::Disk, _) => &[0, 1, 2],
        }
    }
}
