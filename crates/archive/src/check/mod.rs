//! Checking an archive: every damaged, missing, extra, swapped or rolled-back thing is named, and what is still sound.
//!
//! It does not stop at the first damage, and does what can be done with a ledger, a vault or keys that do not open.
//! Never here: mending. Folds alone are thrown away when they cannot be read, because they are folded again; and an erasure, a
//! move or a removal that was interrupted is finished first, because what it left would be taken for something foreign.

mod accuse;
mod agreements;
mod altered;
mod clocks;
mod complete;
mod files;
mod folded;
mod folds;
mod items;
mod keyholders;
mod keys;
mod kinds;
mod ledger;
mod made;
mod mark;
mod meanwhile;
mod moves;
mod objects;
mod objects_read;
mod once;
mod once_read;
mod openings;
mod own_keys;
mod pending;
mod receipts;
mod records;
mod register;
mod relabelled;
mod report;
mod sentence;
mod tiles;
mod tombstones;

use std::path::Path;

use jiff::Timestamp;
use vidimus_ledger::{OpenError as LedgerError, SqliteLedger, StoreError};
use vidimus_seal::member::MemberKeys;
use vidimus_vault::{FolderVault, Found, Vault as _};

use crate::Archive;
use crate::destroyed::Gone;
use crate::high_water::{self, HighWater};
use crate::layout::Layout;
use crate::links;
use crate::unlock::{self, UnlockError};

pub(crate) use files::named_by_settings;
pub(crate) use objects_read::{Stored, opens};
use sentence::sentence;

pub use report::{Checked, Counted, Problem, REMEDIES};
use report::{Report, what};
pub use sentence::{Sentence, TEMPLATES};
pub(crate) use what::TAMPERED;

/// How far a check has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CheckProgress {
    /// Records looked at.
    pub records: u64,
    /// Records there are.
    pub records_total: u64,
    /// Bytes of objects read.
    pub bytes: u64,
    /// Bytes of objects that will be read.
    pub bytes_total: u64,
}

/// Who checks a folder that does not open as an archive.
pub struct Checker<'a> {
    /// The member's name; none where the passphrase alone tells.
    pub member: Option<&'a str>,
    /// The member's passphrase.
    pub passphrase: &'a str,
}

impl Archive {
    /// Checks everything that this member can check; with `full` also every byte of every object.
    pub fn check(&mut self, full: bool, progress: &mut dyn FnMut(CheckProgress)) -> Checked {
        if self.went_back.is_none() {
            // Where that fails, what is left over is named.
            let _ = self.finish_erasures();
            let _ = self.finish_removals();
        }
        // A fold that is thrown away must not live on in an open handle.
        self.catalogues.clear();
        self.bring_up_folds();
        run(
            &self.layout,
            &self.high_water,
            Some(self.keyring.member_keys()),
            (full, Some(self.clock.now())),
            Report::default(),
            progress,
        )
    }
}

/// Checks the folder of an archive that does not open, as far as that goes: without keys, what needs none.
pub fn check_folder(
    folder: &Path,
    state: &Path,
    checker: Option<Checker<'_>>,
    full: bool,
    progress: &mut dyn FnMut(CheckProgress),
) -> Checked {
    let layout = Layout::new(folder);
    let mut report = Report::default();
    let unlocked = checker.map(|who| unlock::unlock(&layout, who.member, who.passphrase)).transpose();
    let member = unlocked.unwrap_or_else(|error| {
        let text = match error {
            UnlockError::NoMembers => "the key store holds no member's keys",
            UnlockError::NoSuchMember => "no member's keys open with this name and passphrase",
            UnlockError::Damaged => "no member's keys open with this passphrase, and a key file is damaged",
            UnlockError::Io(_) => "the key store cannot be read",
        };
        report.problem("keys/members", text, what::KEYS);
        None
    });
    if member.is_none() {
        report.unknown("what is in records and objects: nobody's keys were opened");
    }
    let archive_id = keys::archive_ids(&layout).into_iter().next().unwrap_or_default();
    run(&layout, &HighWater::new(state, &archive_id), member.as_ref(), (full, None), report, progress)
}

fn run(
    layout: &Layout,
    mark: &HighWater,
    member: Option<&MemberKeys>,
    (full, now): (bool, Option<Timestamp>),
    mut report: Report,
    progress: &mut dyn FnMut(CheckProgress),
) -> Checked {
    files::look(layout, &mut report);
    // Before the ledger: an object that is put meanwhile is then not taken for one that nobody refers to.
    let vault = FolderVault::open(&layout.objects());
    let stored = match &vault {
        Ok(vault) => list(vault, &mut report),
        Err(error) => {
            report.problem("objects", sentence!("the vault does not open: {}", error), what::BACKUP);
            Vec::new()
        }
    };
    let ledger = SqliteLedger::open_damaged(&layout.ledger()).map_err(|error| {
        let remedy = match error {
            LedgerError::Store(StoreError::Medium(_)) => what::MEDIUM,
            LedgerError::Journal { .. } => what::FOREIGN,
            _ => what::BACKUP,
        };
        report.problem("ledger", sentence!("the ledger does not open: {}", error), remedy);
        report.unknown("every record, and which object belongs to what: the ledger does not open");
    });
    mark::look(layout, ledger.as_ref().ok(), &mut report);
    // The end that is checked up to comes before the keys, so that no key of a checked row is missing here.
    let tip = ledger.as_ref().ok().map(|ledger| ledger::tip(ledger, &mut report)).unwrap_or_default();
    let mut keys = keys::open(layout, member, &mut report);
    let Ok(ledger) = ledger else { return report.done(full) };
    crate::crash::step();

    ledger::faults(&ledger, &keys, &mut report);
    let archive_id = keys.archive_id(&ledger);
    let mut scan = ledger::scan(&ledger, tip, &keys, &archive_id, &mut report);
    let relabelled = relabelled::look(&ledger, &keys, &archive_id, full, &mut scan, &mut report);
    let register = register::read(&scan, &keys, &archive_id, &mut report);
    ledger::compare(&ledger, &mut scan, &register, layout, &mut report);
    register.look_at_newer_keys(&scan, layout, mark, &mut report);
    register.look_at_key_changes(&scan, &mut report);
    ledger::compare_mark(mark, &ledger, &register, &mut report);
    tiles::look(layout, &ledger, &scan, &register, &mut report);
    let stamps = receipts::look(layout, &ledger, &register, &mut report);

    let is_onward = matches!(mark.compare(&ledger), Ok(high_water::Seen::Onward));
    own_keys::look(&keys, (&scan, &register), (mark, is_onward), &mut report);
    let read = (&scan, &relabelled, &register);
    let facts = records::look(&ledger, &keys, &archive_id, read, &mut report, progress);
    own_keys::look_at_made(&keys, (&scan, &register), &facts, &mut report);
    let mut gone = Gone::default();
    scan.register.iter().for_each(|(seq, said)| gone.learn(*seq, said));
    altered::look(&scan, &facts, &gone, &mut report);
    kinds::look(&scan, &facts, &mut report);
    once::look(&scan, &register, &facts, &mut report);
    complete::look(&scan, &keys, &facts, &mut report);
    agreements::look(&scan, &archive_id, &register, &facts, &mut report);
    keyholders::look(&scan, now, &mut report);
    clocks::look(&facts.clocks, &stamps, now, &mut report);
    openings::look(&facts, &register, &mut report);
    keys::look(layout, &mut keys, &facts, &register, member, &mut report);
    let pending = pending::look(layout, &keys, (&ledger, &scan), (&register, &facts), &mut report);
    keys::look_for_destroyed(&keys, &facts, &pending, &mut report);
    if let Ok(vault) = &vault {
        let bench = objects::Bench { vault, keys: &keys, full, pending: &pending, gone: &gone };
        crate::crash::step();
        let since = meanwhile::Since::new(&ledger, &scan, (&keys, &archive_id), &stored);
        objects::look(&bench, &facts, &since, &mut report, progress);
    }
    // Those are mended, and nothing is mended through a link.
    if links::refuse(layout).is_ok() {
        folds::look(layout, &ledger, &keys, &scan, &facts, &mut report);
    }
    accuse::look(layout, &keys, &facts, &mut report);
    if let Some(member) = keys.member.filter(|_| is_onward) {
        once_read::look(read, (&facts, &gone), (mark, member), &mut report);
    }
    report.done(full)
}

fn list(vault: &FolderVault, report: &mut Report) -> Vec<(vidimus_vault::ObjectName, u64)> {
    let mut stored = Vec::new();
    for found in vault.list() {
        match found {
            Ok(Found::Object { name, len }) => stored.push((name, len)),
            Ok(Found::Foreign { untrusted_path }) => {
                let path = files::shown(&Path::new("objects").join(untrusted_path));
                report.problem(format!("file {path}"), "this program did not put it there", what::FOREIGN);
            }
            Err(error) => report.problem(
                format!("objects/{}", files::shown(&error.path)),
                sentence!("cannot be listed: {}", error.source),
                what::BACKUP,
            ),
        }
    }
    stored
}
