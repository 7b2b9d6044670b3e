//! What a check found: problems, each named once, what is still sound, and what could not be known.

use std::collections::BTreeSet;

use serde::Serialize;
use vidimus_model::Ref;

use super::sentence::{Sentence, sentence};

/// The result of a check; `docs/format/commands.md` has it as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Nothing is damaged, missing, extra, swapped or rolled back.
    pub sound: bool,
    /// Every byte of every object was read.
    pub full: bool,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// How much was looked at.
    pub checked: Counted,
    /// What is under way, and no damage: who began it, when, and what to do.
    pub pending: Vec<Sentence>,
    /// What holds.
    pub still_sound: Vec<Sentence>,
    /// What could not be known.
    pub unknown: Vec<Sentence>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What it is about: `A1-5`, `A1-3 to A1-9`, `record 12`, `checkpoint 300`, `log/tile/0/000`, `object …`, `key …`, `file …`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What is wrong, in one sentence.
    pub problem: Sentence,
    /// What to do, in one sentence; one of [`REMEDIES`].
    pub what_to_do: &'static str,
}

/// How much was looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Records that were opened and whose signatures hold.
    pub records: u64,
    /// Entries that the log was computed from.
    pub entries: u64,
    /// Objects that are what their records say.
    pub objects: u64,
    /// Bytes of files that were decrypted and hashed.
    pub bytes: u64,
    /// Records that could not be read, because their keys are not held here, or nobody's keys were opened.
    pub not_read: u64,
}

/// What to do, one sentence for each kind of damage.
pub mod what {
    /// Something that only a copy can bring back.
    pub const BACKUP: &str = "Bring it back from a backup: vidimus restore, or copy the one file.";
    /// Something that a tool made of an item.
    pub const AGAIN: &str =
        "Nothing that was received is lost, and it is made again by: vidimus examine REF --again all.";
    /// A file of the key store.
    pub const KEYS: &str = "Copy the file of this name from the newest backup's keys folder.";
    /// Something that is made again.
    pub const REBUILD: &str = "Run vidimus rebuild: it is made again from the ledger.";
    /// A receipt's file.
    pub const RECEIPT: &str =
        "Run vidimus rebuild: the receipt's files are made again; compare with the printed one.";
    /// The ledger contradicts what was signed.
    pub const TAMPERED: &str =
        "Someone or something changed the ledger: keep this folder as it is and compare it with a backup.";
    /// The archive went back.
    pub const WENT_BACK: &str =
        "Find the newer copy; where there is none, go on with: vidimus recover --accept-rollback REASON.";
    /// The ledger is older than the keys, or the other way round.
    pub const OLDER_LEDGER: &str =
        "Put the newer ledger.db back, or bring ledger and keys back from one backup: vidimus restore.";
    /// Something foreign.
    pub const FOREIGN: &str = "Find out who put it there, then move it out of the archive's folder.";
    /// The mark of a backup where none should be. Moved out of a true backup it would let that one go its own way.
    pub const MARKED: &str = "If this folder is the archive, find out who put it there, then move it out; if it is a backup, begin another in an empty folder.";
    /// Something that was destroyed.
    pub const DESTROYED: &str =
        "Find out who put it back, and delete it: what was erased must not come into backups again.";
    /// A fold says something else than the records.
    pub const CATALOGUE: &str = "Nothing is lost, and the catalogue is made again: ask once more, and find out who had the archive open.";
    /// The medium or the system refuses.
    pub const MEDIUM: &str =
        "This is not damage yet: look at the disk, and at who may read the folder, then check again.";
    /// The high-water mark was changed.
    pub const MARK: &str = "Compare the archive with its newest receipt, then go on with: vidimus recover --accept-rollback REASON.";
}

/// Every sentence that says what to do.
pub const REMEDIES: [&str; 14] = [
    what::MARKED,
    what::DESTROYED,
    what::AGAIN,
    what::CATALOGUE,
    what::MEDIUM,
    what::BACKUP,
    what::KEYS,
    what::REBUILD,
    what::RECEIPT,
    what::TAMPERED,
    what::WENT_BACK,
    what::OLDER_LEDGER,
    what::FOREIGN,
    what::MARK,
];

/// Collects what is found.
#[derive(Default)]
pub(super) struct Report {
    checked: Checked,
    named: BTreeSet<String>,
    left_over: Vec<String>,
}

impl Report {
    /// Names a problem; of each thing the first is told.
    pub fn problem(
        &mut self,
        reference: impl Into<String>,
        problem: impl Into<Sentence>,
        what_to_do: &'static str,
    ) {
        let reference = reference.into();
        if self.named.insert(reference.clone()) {
            self.checked.problems.push(Problem { reference, problem: problem.into(), what_to_do });
        }
    }

    /// Is something wrong with this?
    pub fn has_named(&self, reference: &str) -> bool {
        self.named.contains(reference)
    }

    /// Says what is under way.
    pub fn pending(&mut self, text: impl Into<Sentence>) {
        self.checked.pending.push(text.into());
    }

    /// Is something wrong with a part of this?
    pub fn has_named_below(&self, prefix: &str) -> bool {
        let mut from = self.named.range(prefix.to_owned()..);
        from.next().is_some_and(|reference| reference.starts_with(prefix))
    }

    /// Numbers of this accession's items with which something is wrong.
    pub fn named_items(&self, accession: &Ref) -> Vec<u64> {
        let prefix = format!("{accession}-");
        let named = self.named.range(prefix.clone()..).take_while(|reference| reference.starts_with(&prefix));
        let items = named.filter_map(|reference| reference.parse::<Ref>().ok());
        items.filter(|item| item.members.is_empty()).filter_map(|item| item.item).collect()
    }

    /// Says what holds.
    pub fn sound(&mut self, text: impl Into<Sentence>) {
        self.checked.still_sound.push(text.into());
    }

    /// Says what cannot be known.
    pub fn unknown(&mut self, text: impl Into<Sentence>) {
        self.checked.unknown.push(text.into());
    }

    /// Takes note of what interrupted work left: harmless.
    pub fn left_over(&mut self, text: impl Into<String>) {
        self.left_over.push(text.into());
    }

    /// What is counted.
    pub fn counted(&mut self) -> &mut Counted {
        &mut self.checked.checked
    }

    /// The result.
    pub fn done(mut self, full: bool) -> Checked {
        if !self.left_over.is_empty() {
            let some: Vec<&str> = self.left_over.iter().take(SHOWN).map(String::as_str).collect();
            let more = if self.left_over.len() > SHOWN { ", …" } else { "" };
            let (count, some) = (self.left_over.len(), some.join(", "));
            let is_older = |what: &str| [what::WENT_BACK, what::OLDER_LEDGER].contains(&what);
            if self.checked.problems.iter().any(|problem| is_older(problem.what_to_do)) {
                self.unknown(sentence!(
                    "left over by interrupted work, or needed by what the ledger lacks: {} ({}{})",
                    count,
                    some,
                    more
                ));
            } else {
                self.sound(sentence!(
                    "left over by interrupted work, and harmless: {} ({}{})",
                    count,
                    some,
                    more
                ));
            }
        }
        self.checked.full = full;
        self.checked.sound = self.checked.problems.is_empty();
        self.checked
    }
}

/// Left-overs that are named one by one.
const SHOWN: usize = 10;

/// Log indices as text, with runs drawn together: `3, 7-9`.
pub(super) fn runs(seqs: &BTreeSet<u64>) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for seq in seqs {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *seq => *last = *seq,
            _ => runs.push((*seq, *seq)),
        }
    }
    runs
}

/// One record, or several that follow each other.
pub(super) fn record(first: u64, last: u64) -> String {
    if first == last { format!("record {first}") } else { format!("records {first}-{last}") }
}
