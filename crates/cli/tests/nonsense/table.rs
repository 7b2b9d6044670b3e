//! The table: for every command a sensible call, and for each of its slots what kind of nonsense is tried there.

use crate::values::Kind::{
    self, Disk, Few, File, Flag, Folder, Known, NewFile, Question, Reference, Secret, Signed, Text, Unused,
};

/// A slot as the help names it, its kind, and what stands there in a sensible call; nothing where it is left out.
pub type Slot = (&'static str, Kind, &'static str);

/// One sensible call of a command.
pub struct Scene {
    pub command: &'static str,
    pub slots: &'static [Slot],
    /// It refuses to do anything where there is no archive.
    pub needs_archive: bool,
}

/// What every command understands.
pub const GLOBALS: &[Slot] = &[
    ("--archive", Folder, ""),
    ("--member", Known, ""),
    ("--passphrase-file", Secret, ""),
    ("--first-seen-here", Flag, ""),
    ("--lang", Few, ""),
];

const fn of(command: &'static str, slots: &'static [Slot]) -> Scene {
    Scene { command, slots, needs_archive: true }
}

const fn without_archive(command: &'static str, slots: &'static [Slot]) -> Scene {
    Scene { command, slots, needs_archive: false }
}

/// A public age key of nobody.
const AGE: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";
const JSON: Slot = ("--json", Flag, "");
const YES: Slot = ("--yes", Flag, "");

pub const SCENES: &[Scene] = &[
    without_archive(
        "init",
        &[
            ("--archive", Folder, "new-archive"),
            ("--origin", Text, "a.example/new"),
            ("--member", Text, "Nova"),
            ("--recovery-sheet", NewFile, "new-sheet"),
            ("--keyholder", Few, ""),
            ("--threshold", Few, ""),
        ],
    ),
    without_archive(
        "init",
        &[
            ("--archive", Folder, "new-archive"),
            ("--origin", Text, "a.example/new"),
            ("--member", Text, "Nova"),
            ("--recovery-sheet", NewFile, "new-sheet"),
            ("--passphrase-file", Secret, "passphrase"),
            ("--keyholder", Few, AGE),
            ("--threshold", Few, "1"),
        ],
    ),
    of(
        "receive",
        &[
            ("<PATH>...", Disk, "disk"),
            ("--from-file", File, ""),
            ("--note-file", File, ""),
            ("--into", Known, ""),
            ("--new", Flag, ""),
            YES,
            JSON,
        ],
    ),
    of("release", &[("<REF>", Reference, "A1")]),
    of("withdraw", &[("<REF>...", Reference, "A1-1"), ("--reason", Text, "because"), YES, JSON]),
    of("reinstate", &[("<REF>...", Reference, "A1-1"), ("--reason", Text, "because")]),
    of("move", &[("<REF>...", Reference, "A1-3"), ("--into", Known, "med"), YES, JSON]),
    of(
        "erase",
        &[
            ("<REF>...", Reference, "A1-3"),
            ("--reason", Text, "because"),
            ("--confirm", Text, "A1-2"),
            YES,
            JSON,
        ],
    ),
    of("agree", &[("<ID>", Text, "{id}"), ("--approval", File, "approve.txt")]),
    of(
        "examine",
        &[
            ("[REF]...", Reference, "A1-1"),
            ("--stage", Few, "first"),
            ("--again", Few, ""),
            ("--password-file", Secret, ""),
            ("--threads", Few, "1"),
            JSON,
        ],
    ),
    of("failures", &[("[REF]", Reference, ""), JSON]),
    of(
        "list",
        &[
            ("[REF]", Reference, ""),
            ("--withdrawn", Flag, ""),
            ("--kind", Few, ""),
            ("--camera", Text, ""),
            JSON,
        ],
    ),
    of(
        "show",
        &[
            ("<REF>", Reference, "A1"),
            ("--still", NewFile, ""),
            ("--look", Few, ""),
            ("--text", NewFile, ""),
            JSON,
        ],
    ),
    of("cameras", &[("[REF]", Reference, ""), JSON]),
    of(
        "camera set",
        &[
            ("<CAMERA>", Known, "A1/cam3"),
            ("--name", Text, "Corridor"),
            ("--place", Text, ""),
            ("--clock-add", Signed, "-1h30m"),
            ("--from", Few, ""),
            ("--until", Few, ""),
            ("--zone", Signed, ""),
            ("--clock-none", Flag, ""),
            ("--reason", Text, "because"),
        ],
    ),
    of(
        "camera give",
        &[("<REF>...", Reference, "A1-1"), ("--camera", Text, "cam3"), ("--reason", Text, "because")],
    ),
    of(
        "search",
        &[
            ("<WORDS>...", Question, "film"),
            ("--limit", Few, ""),
            ("--offset", Few, ""),
            ("--withdrawn", Flag, ""),
            JSON,
        ],
    ),
    of(
        "similar",
        &[
            ("[REF]...", Reference, ""),
            ("--groups", Flag, ""),
            ("--remaining", Flag, ""),
            ("--withdrawn", Flag, ""),
            JSON,
        ],
    ),
    of("log", &[("<REF>", Reference, "A1"), JSON]),
    of("proposals", &[JSON]),
    of(
        "member add",
        &[
            ("<NAME>", Text, "Borys"),
            ("--new-passphrase-file", Secret, "other"),
            ("--recovery-sheet", NewFile, "new-sheet"),
            ("--compartment", Known, ""),
        ],
    ),
    of(
        "member remove",
        &[("<NAME>", Known, "Olena"), ("--reason", Text, "because"), ("--confirm", Text, "")],
    ),
    of("member list", &[JSON]),
    of("compartment new", &[("<NAME>", Text, "new"), ("--letter", Few, ""), ("--with", Known, "")]),
    of("compartment share", &[("<COMPARTMENT>", Known, "med"), ("--with", Known, "Olena")]),
    of("compartment list", &[JSON]),
    of(
        "keyholder set",
        &[
            ("--keyholder", Few, AGE),
            ("--threshold", Few, "1"),
            ("--reason", Text, ""),
            ("--confirm", Text, ""),
        ],
    ),
    of("keyholder challenge", &[("<ID>", Text, "{id}"), ("--out", Folder, "new-folder")]),
    without_archive(
        "keyholder sign",
        &[
            ("<TEXT>", File, "approve.txt"),
            ("<FILE>...", File, "approve.age"),
            ("--key", Secret, "key"),
            ("--out", NewFile, "new-signed"),
        ],
    ),
    of("keyholder test", &[("--out", Folder, "new-folder")]),
    of("keyholder tested", &[("<FILE>", File, "file")]),
    of("keyholder list", &[JSON]),
    of("keyholder giver", &[("<REF>", Reference, "A1"), ("--out", Folder, "new-folder")]),
    of("keyholder giver", &[("<REF>", Reference, "A1"), ("--purpose-file", File, "")]),
    of("keyholder opened", &[("[FILE]", File, "file")]),
    of(
        "keyholder opened",
        &[
            ("--told", Reference, "A1"),
            ("--by", Text, "Ana"),
            ("--at", Text, ""),
            ("--purpose-file", File, "file"),
        ],
    ),
    of("key show", &[JSON]),
    of("key change", &[("--reason", Text, "because")]),
    of("receipt list", &[JSON]),
    of("receipt compare", &[("<FILE>", File, "file")]),
    of(
        "disclose",
        &[
            ("<REF>...", Reference, "A1-1"),
            ("--to", Text, "a court"),
            ("--purpose", Text, "a case"),
            ("--out", NewFile, "new-bag"),
            ("--fields", Few, ""),
            ("--show", Few, ""),
            ("--names", Few, ""),
            ("--tombstone", Flag, ""),
            JSON,
        ],
    ),
    of("check", &[("--full", Flag, ""), ("--all", Flag, ""), JSON]),
    of("rebuild", &[]),
    of("passphrase", &[("--new-passphrase-file", Secret, "passphrase")]),
    of("passphrase", &[("--new-sheet", Flag, ""), ("--recovery-sheet", NewFile, "")]),
    of("recover", &[("--recovery-sheet", Secret, "sheet"), ("--new-passphrase-file", Secret, "passphrase")]),
    of("recover", &[("--accept-rollback", Text, "because")]),
    of("backup", &[("<DIR>", Folder, "new-backup"), JSON]),
    without_archive("restore", &[("<BACKUP>", Folder, "copy"), ("<DIR>", Folder, "new-archive")]),
    of("anchor", &[JSON]),
    without_archive(
        "unseal",
        &[
            ("<FILE>...", File, "shares/A1-giver-1.age"),
            ("--key", Secret, "key"),
            // Not needed where the keys that are here open everything.
            ("--out", Unused, ""),
            ("--statement", NewFile, "new-statement"),
            ("--about", File, "shares/A1-giver.txt"),
            ("--by", Text, "Ana"),
            ("--purpose-file", File, "file"),
        ],
    ),
    without_archive("doctor", &[("[PATH]...", Disk, ""), JSON]),
];

/// What does not go together, or is said twice, and how it is answered.
pub const CONTRADICTIONS: &[(&str, &[i32])] = &[
    ("", &[2]),
    ("list list", &[2]),
    ("check check", &[2]),
    ("init init", &[2]),
    ("help list list", &[2]),
    ("member member list", &[2]),
    ("receive disk --from-file - --note-file -", &[2]),
    ("keyholder opened file --told A1 --by x --purpose-file file", &[2]),
    ("keyholder opened - --purpose-file -", &[1, 2]),
    ("keyholder giver A1 --out new-x --purpose-file file", &[2]),
    ("keyholder sign - - --key key --out new-x", &[2]),
    ("keyholder set --threshold 1", &[2]),
    ("keyholder set", &[2]),
    ("unseal - - --key key", &[2]),
    ("unseal shares/A1-giver-1.age --key key --statement new-x", &[2]),
    ("unseal shares/A1-giver-1.age --key key --by x", &[2]),
    ("unseal shares/A1-giver-1.age --key key --statement new-x --by x --about - --purpose-file -", &[2]),
    ("passphrase --new-passphrase-file passphrase --new-sheet", &[2]),
    ("passphrase --recovery-sheet new-x", &[2]),
    ("recover --accept-rollback why --recovery-sheet new-x", &[2]),
    ("recover --accept-rollback why --new-passphrase-file passphrase", &[2]),
    ("restore copy copy", &[2]),
    ("restore archive archive", &[2]),
    ("backup .", &[2]),
    ("backup archive/keys", &[2]),
    ("receive archive disk", &[2]),
    ("disclose A1-1 --to x --purpose y --out archive/new-x", &[2]),
    ("init --origin a.example --member x --archive archive --recovery-sheet new-x", &[2]),
    ("init --origin a.example --archive new-x --recovery-sheet new-y", &[2]),
    ("init --origin a.example --member x --archive new-x --recovery-sheet new-x/sheet", &[2]),
];
