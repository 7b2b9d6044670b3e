//! The commands that are hit, and what lies there before.

use crate::place::Who;

/// One command.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Who types it.
    pub who: Who,
    /// What is typed. `{disks}` is the folder of what can be received, `{proposal}` the last proposal that a command before
    /// named, `{receipt}` the last receipt, `{keyholder}` and `{successor}` keyholders' public keys; the file `said` holds what the
    /// command before said.
    pub words: &'static [&'static str],
    /// At which counted call it is killed, in parts of a hundred of all its calls: only in preparation.
    pub killed_at: Option<usize>,
}

/// A command in a situation.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// What it is called.
    pub name: &'static str,
    /// Are there two members, so that what destroys must be agreed to?
    pub two_members: bool,
    /// Does it stretch a passphrase as long as in earnest?
    pub is_slow: bool,
    /// Do the settings name a time-stamp authority?
    pub has_authority: bool,
    /// What was done before.
    pub before: &'static [Step],
    /// Folders that are gone before the command.
    pub lost: &'static [&'static str],
    /// The folder that takes the archive's place before the command, where one does.
    pub instead: Option<&'static str>,
    /// What is hit.
    pub hit: Step,
    /// What the same command may answer where it was done already, in part.
    pub done: &'static [&'static str],
    /// What an answer is worth once it is given.
    pub result: Result,
}

/// What a command makes besides its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Result {
    /// Nothing.
    None,
    /// A backup in `out/backup`, from which an archive comes that is sound and holds the same.
    Backup,
    /// A package in `out/bag`, which proves.
    Bag,
    /// A sheet in `out/sheet`, which opens the keys of the member of this name.
    Sheet(&'static str),
    /// A file with which this command succeeds.
    For(&'static [&'static str]),
}

const fn olena(words: &'static [&'static str]) -> Step {
    Step { who: Who::Olena, words, killed_at: None }
}

const fn boris(words: &'static [&'static str]) -> Step {
    Step { who: Who::Boris, words, killed_at: None }
}

const RECEIVED: Step = olena(&["receive", "{disks}/first", "--yes"]);
const RELEASED: Step = olena(&["release", "A1"]);
const RECEIVE: Step = olena(&["receive", "{disks}/second", "--yes", "--json"]);
const EXAMINED: Step = olena(&["examine", "--threads", "1", "--json"]);
const SIMILAR: Step = olena(&["similar", "--json"]);
const SEARCH: Step = olena(&["search", "протоколы", "--json"]);
const BACKED_UP: Step = olena(&["backup", "out/backup", "--json"]);

const NAMED: Step =
    olena(&["keyholder", "set", "--keyholder", "{keyholder}", "--threshold", "1", "--reason", "agreed"]);
const GIVEN: Step = olena(&["receive", "{disks}/first", "--from-file", "giver", "--yes", "--json"]);
const SUCCEEDED: Step =
    olena(&["keyholder", "set", "--keyholder", "{successor}", "--threshold", "1", "--reason", "another"]);
const CHALLENGED: Step = olena(&["keyholder", "challenge", "{proposal}", "--out", "out/challenge"]);
const APPROVED: Step = olena(&[
    "keyholder",
    "sign",
    "out/challenge/approve-{proposal}.txt",
    "out/challenge/approve-{proposal}-1.age",
    "--key",
    "keyholder",
    "--out",
    "out/approval",
]);
const ASKED: Step = olena(&["keyholder", "giver", "A1", "--out", "out/giver"]);
const UNSEALED: Step = olena(&[
    "unseal",
    "out/giver/A1-giver-1.age",
    "--key",
    "keyholder",
    "--about",
    "out/giver/A1-giver.txt",
    "--by",
    "Vira",
    "--purpose-file",
    "purpose",
    "--statement",
    "out/statement",
]);
const TESTED: Step = olena(&["keyholder", "test", "--out", "out/test"]);
const SHEET_FOR_CY: Step =
    olena(&["member", "add", "Cy", "--new-passphrase-file", "cy", "--recovery-sheet", "out/sheet"]);

/// One member, who took a disk in and released it.
const ALONE: Scenario = Scenario {
    name: "",
    two_members: false,
    is_slow: false,
    has_authority: false,
    before: &[RECEIVED, RELEASED],
    lost: &[],
    instead: None,
    hit: RECEIVE,
    done: &[],
    result: Result::None,
};

/// Two members, of whom the first took a disk in and released it.
const TOGETHER: Scenario = Scenario { two_members: true, ..ALONE };

/// Every scenario, the plain ones first.
pub const SCENARIOS: &[Scenario] = &[
    Scenario { name: "receive", ..ALONE },
    Scenario {
        name: "receive-continued",
        before: &[RECEIVED, RELEASED, Step { killed_at: Some(45), ..RECEIVE }],
        ..ALONE
    },
    Scenario {
        name: "receive-copies",
        before: &[RECEIVED, RELEASED, RECEIVE],
        hit: olena(&["receive", "{disks}/copies", "--yes", "--json"]),
        ..ALONE
    },
    Scenario {
        name: "receive-two",
        hit: olena(&["receive", "{disks}/second", "{disks}/copies", "--yes", "--json"]),
        ..ALONE
    },
    Scenario { name: "release", before: &[RECEIVED], hit: RELEASED, ..ALONE },
    Scenario {
        name: "disclose",
        hit: olena(&[
            "disclose",
            "A1-1",
            "A1-2",
            "--to",
            "A court",
            "--purpose",
            "A case",
            "--out",
            "out/bag",
            "--json",
        ]),
        // The package is put in its place whole.
        done: &["is not empty"],
        result: Result::Bag,
        ..ALONE
    },
    Scenario { name: "withdraw", hit: olena(&["withdraw", "A1-1", "--reason", "the wrong folder"]), ..ALONE },
    Scenario {
        name: "reinstate",
        before: &[RECEIVED, RELEASED, olena(&["withdraw", "A1-1", "--reason", "the wrong folder"])],
        hit: olena(&["reinstate", "A1-1", "--reason", "the right one"]),
        ..ALONE
    },
    Scenario {
        name: "erase-item",
        hit: olena(&["erase", "A1-1", "--reason", "a private letter", "--confirm", "A1-1"]),
        done: &["no longer here"],
        ..ALONE
    },
    Scenario {
        name: "erase-accession",
        before: &[RECEIVED, RELEASED, RECEIVE],
        hit: olena(&["erase", "A1", "--reason", "asked by the family", "--confirm", "A1"]),
        done: &["no longer here"],
        ..ALONE
    },
    Scenario {
        name: "erase-proposed",
        hit: olena(&["erase", "A1-1", "--reason", "a private letter"]),
        ..TOGETHER
    },
    Scenario {
        name: "erase-agreed",
        before: &[RECEIVED, RELEASED, olena(&["erase", "A1-1", "--reason", "a private letter"])],
        hit: boris(&["agree", "{proposal}"]),
        done: &["waits for agreement"],
        ..TOGETHER
    },
    Scenario { name: "examine", hit: EXAMINED, ..ALONE },
    Scenario {
        name: "examine-container",
        before: &[RECEIVED, RELEASED, EXAMINED, olena(&["receive", "{disks}/held", "--yes"])],
        hit: EXAMINED,
        ..ALONE
    },
    Scenario { name: "similar", before: &[RECEIVED, RELEASED, EXAMINED], hit: SIMILAR, ..ALONE },
    Scenario { name: "search", before: &[RECEIVED, RELEASED, EXAMINED], hit: SEARCH, ..ALONE },
    Scenario {
        name: "search-erased",
        before: &[
            RECEIVED,
            RELEASED,
            EXAMINED,
            SEARCH,
            olena(&["erase", "A1-1", "--reason", "a private letter", "--confirm", "A1-1"]),
        ],
        hit: SEARCH,
        ..ALONE
    },
    Scenario {
        name: "erase-examined",
        before: &[RECEIVED, RELEASED, EXAMINED],
        hit: olena(&["erase", "A1-1", "--reason", "a private letter", "--confirm", "A1-1"]),
        done: &["no longer here"],
        ..ALONE
    },
    Scenario {
        name: "move",
        before: &[RECEIVED, RELEASED, olena(&["compartment", "new", "witnesses", "--letter", "W"])],
        hit: olena(&["move", "A1", "--into", "witnesses"]),
        done: &["no longer here"],
        ..ALONE
    },
    Scenario {
        name: "move-examined",
        before: &[RECEIVED, RELEASED, EXAMINED, olena(&["compartment", "new", "witnesses", "--letter", "W"])],
        hit: olena(&["move", "A1", "--into", "witnesses"]),
        done: &["no longer here"],
        ..ALONE
    },
    Scenario { name: "backup", hit: BACKED_UP, result: Result::Backup, ..ALONE },
    Scenario {
        name: "backup-refreshed",
        before: &[
            RECEIVED,
            RELEASED,
            BACKED_UP,
            RECEIVE,
            olena(&["erase", "A1-1", "--reason", "a private letter", "--confirm", "A1-1"]),
        ],
        hit: BACKED_UP,
        result: Result::Backup,
        ..ALONE
    },
    Scenario {
        name: "restore",
        before: &[RECEIVED, RELEASED, BACKED_UP],
        lost: &["archive"],
        hit: olena(&["restore", "out/backup", "archive"]),
        done: &["is not empty"],
        ..ALONE
    },
    Scenario {
        name: "passphrase",
        is_slow: true,
        hit: olena(&["passphrase", "--new-passphrase-file", "olena-anew"]),
        ..ALONE
    },
    Scenario {
        name: "passphrase-sheet",
        is_slow: true,
        hit: olena(&["passphrase", "--new-sheet", "--recovery-sheet", "out/sheet"]),
        // Killed when all was done, and before it ended.
        done: &["is there already"],
        result: Result::Sheet("Olena"),
        ..ALONE
    },
    Scenario {
        name: "recover",
        is_slow: true,
        before: &[RECEIVED, RELEASED, olena(&["passphrase", "--new-sheet", "--recovery-sheet", "out/sheet"])],
        hit: olena(&["recover", "--recovery-sheet", "out/sheet", "--new-passphrase-file", "olena-anew"]),
        ..ALONE
    },
    Scenario {
        name: "init",
        is_slow: true,
        before: &[],
        lost: &["archive", "state/vidimus"],
        hit: olena(&[
            "init",
            "--origin",
            "archive.example/new",
            "--member",
            "Olena",
            "--recovery-sheet",
            "out/sheet",
        ]),
        done: &["is not empty"],
        result: Result::Sheet("Olena"),
        ..ALONE
    },
    Scenario { name: "anchor", has_authority: true, hit: olena(&["anchor", "--json"]), ..ALONE },
    Scenario { name: "rebuild", lost: &["archive/folds", "archive/log"], hit: olena(&["rebuild"]), ..ALONE },
    Scenario {
        name: "member-add",
        is_slow: true,
        hit: SHEET_FOR_CY,
        done: &["There is a member called Cy", "is there already"],
        result: Result::Sheet("Cy"),
        ..ALONE
    },
    Scenario {
        name: "member-remove",
        before: &[
            RECEIVED,
            RELEASED,
            boris(&["member", "remove", "Boris", "--reason", "he left", "--confirm", "Boris"]),
        ],
        hit: olena(&["agree", "{proposal}"]),
        done: &["waits for agreement"],
        ..TOGETHER
    },
    Scenario {
        name: "keyholder-set",
        hit: NAMED,
        done: &["nothing was done without your confirmation"],
        ..ALONE
    },
    Scenario {
        name: "compartment-new",
        hit: olena(&["compartment", "new", "witnesses", "--letter", "W"]),
        done: &["the name of a new compartment", "is taken"],
        ..ALONE
    },
    Scenario {
        name: "key-change",
        hit: olena(&["key", "change", "--reason", "it may have been copied"]),
        ..ALONE
    },
    Scenario { name: "receive-given", before: &[NAMED], hit: GIVEN, ..ALONE },
    Scenario {
        name: "keyholder-giver",
        before: &[NAMED, GIVEN],
        hit: ASKED,
        result: Result::For(UNSEALED.words),
        ..ALONE
    },
    Scenario {
        name: "keyholder-giver-own",
        before: &[GIVEN],
        hit: olena(&["keyholder", "giver", "A1", "--purpose-file", "purpose"]),
        ..ALONE
    },
    Scenario {
        name: "unseal",
        before: &[NAMED, GIVEN, ASKED],
        hit: UNSEALED,
        result: Result::For(&["keyholder", "opened", "out/statement"]),
        ..ALONE
    },
    Scenario {
        name: "keyholder-opened",
        before: &[NAMED, GIVEN, ASKED, UNSEALED],
        hit: olena(&["keyholder", "opened", "out/statement"]),
        ..ALONE
    },
    Scenario { name: "keyholder-test", before: &[NAMED], hit: TESTED, ..ALONE },
    Scenario {
        name: "keyholder-tested",
        before: &[NAMED, TESTED, olena(&["unseal", "out/test/recovery-test-1.age", "--key", "keyholder"])],
        hit: olena(&["keyholder", "tested", "said"]),
        ..ALONE
    },
    Scenario {
        name: "keyholder-challenge",
        before: &[NAMED, SUCCEEDED],
        hit: CHALLENGED,
        result: Result::For(APPROVED.words),
        ..ALONE
    },
    Scenario {
        name: "keyholder-sign",
        before: &[NAMED, SUCCEEDED, CHALLENGED],
        hit: APPROVED,
        result: Result::For(&["agree", "{proposal}", "--approval", "out/approval"]),
        ..ALONE
    },
    Scenario {
        name: "keyholder-replaced",
        before: &[NAMED, SUCCEEDED, CHALLENGED, APPROVED],
        hit: olena(&["agree", "{proposal}", "--approval", "out/approval"]),
        done: &["waits for agreement"],
        ..ALONE
    },
    Scenario {
        name: "compartment-share",
        before: &[RECEIVED, olena(&["compartment", "new", "witnesses", "--letter", "W"])],
        hit: olena(&["compartment", "share", "witnesses", "--with", "Boris"]),
        ..TOGETHER
    },
    Scenario {
        name: "member-remove-proposed",
        hit: boris(&["member", "remove", "Boris", "--reason", "he left", "--confirm", "Boris"]),
        ..TOGETHER
    },
    Scenario {
        name: "member-add-agreed",
        before: &[RECEIVED, RELEASED, SHEET_FOR_CY],
        hit: boris(&["agree", "{proposal}"]),
        done: &["waits for agreement"],
        ..TOGETHER
    },
    Scenario {
        name: "recover-rollback",
        before: &[RECEIVED, RELEASED, BACKED_UP, olena(&["restore", "out/backup", "older"]), RECEIVE],
        lost: &["archive"],
        instead: Some("older"),
        hit: olena(&["recover", "--accept-rollback", "the newer copy is lost"]),
        done: &["did not go back"],
        ..ALONE
    },
    Scenario {
        name: "receipt-compare",
        hit: olena(&["receipt", "compare", "archive/receipts/{receipt}/receipt.txt"]),
        ..ALONE
    },
    Scenario { name: "list", lost: &["archive/folds"], hit: olena(&["list", "--json"]), ..ALONE },
    Scenario { name: "check", lost: &["archive/folds"], hit: olena(&["check", "--full", "--json"]), ..ALONE },
];
