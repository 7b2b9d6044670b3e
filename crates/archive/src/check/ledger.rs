//! The ledger against the log: no gap in the rows, entries that add up to every signed root, one tip.

use std::collections::{BTreeMap, BTreeSet};

use vidimus_ledger::{Ledger as _, Row, SqliteLedger, StoreError, Tip};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::merkle::{Frontier, leaf_hash};
use vidimus_proof::tiles::{self, Kind};

use super::keys::Keys;
use super::register::Register;
use super::relabelled::Closed;
use super::report::{Report, record, runs, what};
use super::sentence::sentence;
use crate::high_water::{HighWater, Seen};
use crate::layout::Layout;
use crate::rows::{self, Said};

/// Rows read at once.
pub(super) const PAGE: usize = 512;

/// What the first reading of all rows found.
#[derive(Default)]
pub(super) struct Scan {
    /// Entries in order; all zeros where a row is missing, and the published one where the row's own was changed.
    pub entries: Vec<[u8; 32]>,
    /// Some of them are not what the checkpoints were signed over, and which is not known.
    pub entries_are_wrong: bool,
    /// Rows that are missing or cannot be read.
    pub missing: BTreeSet<u64>,
    /// What rows there are for each key.
    pub keys: BTreeMap<String, KeyUse>,
    /// Rows with a body, and blank ones, under keys that are not held, where any is held.
    pub closed: Closed,
    /// Every name of a compartment that a row has.
    pub compartments: BTreeSet<String>,
    /// The register's records.
    pub register: Vec<(u64, vidimus_model::Statement)>,
    /// The key that seals the register's newest record.
    pub register_key: Option<String>,
    /// The key of the first row of `main`.
    pub first_main_key: Option<String>,
    /// The keys of all its rows with a body.
    pub main_keys: BTreeSet<String>,
    /// The keys that seal records of the register, and those that seal others.
    register_keys: BTreeSet<String>,
    other_keys: BTreeSet<String>,
    /// A record of the register cannot be read, so that what it says is not known.
    pub register_is_damaged: bool,
    /// The tip.
    pub tip: Tip,
    /// Sizes of all checkpoints.
    pub sizes: BTreeSet<u64>,
}

/// The rows of one key.
#[derive(Clone, Copy, Default)]
pub(super) struct KeyUse {
    /// Rows with a body.
    pub live: u64,
    /// Rows whose body was destroyed.
    pub erased: u64,
}

/// The file's own soundness.
pub(super) fn faults(ledger: &SqliteLedger, keys: &Keys, report: &mut Report) {
    match ledger.faults() {
        Ok(faults) if faults.is_empty() => report.sound("the ledger's file"),
        Ok(faults) => {
            let more = if faults.len() > 3 { "; …" } else { "" };
            let some = faults.iter().take(3).cloned().collect::<Vec<_>>().join("; ") + more;
            report.problem("ledger", sentence!("the ledger's file is damaged: {}", some), what::BACKUP);
        }
        Err(error) => {
            report.problem("ledger", sentence!("the ledger's file cannot be read: {}", error), what::BACKUP);
        }
    }
    if !keys.archive_ids.is_empty() && !keys.archive_ids.iter().any(|id| id == ledger.archive()) {
        report.problem(
            "ledger archive id",
            "the ledger names another archive than the key store",
            what::TAMPERED,
        );
    }
}

/// The ledger's end.
pub(super) fn tip(ledger: &SqliteLedger, report: &mut Report) -> Tip {
    ledger.tip().unwrap_or_else(|error| {
        report.problem("ledger tip", sentence!("cannot be read: {}", error), what::BACKUP);
        Tip::default()
    })
}

/// Reads every row once.
pub(super) fn scan(
    ledger: &SqliteLedger,
    tip: Tip,
    keys: &Keys,
    archive_id: &str,
    report: &mut Report,
) -> Scan {
    let mut scan = Scan { tip, ..Scan::default() };
    let mut next = 0;
    // A row may claim any number; what is missing before it must not take more memory than a ledger can have rows.
    let most = ledger.most_rows().unwrap_or(scan.tip.size);
    let mut beyond = BTreeSet::new();
    loop {
        let mut page = match ledger.rows(next, PAGE) {
            Ok(page) => page,
            Err(StoreError::Damaged(_) | StoreError::Other(_)) => {
                one_by_one(ledger, next, scan.tip.size.min(most))
            }
            Err(error) => {
                report.problem("ledger", sentence!("cannot be read: {}", error), what::BACKUP);
                break;
            }
        };
        if page.last().is_some_and(|row| row.seq >= scan.tip.size) && moved_on(ledger, &scan) {
            // What others append meanwhile belongs to the next check.
            page.retain(|row| row.seq < scan.tip.size);
        }
        let Some(last) = page.last().map(|row| row.seq) else { break };
        beyond.extend(page.extract_if(.., |row| row.seq > most).map(|row| row.seq));
        page.into_iter().for_each(|row| scan.take(row, keys, archive_id));
        next = last + 1;
    }
    while (scan.entries.len() as u64) < scan.tip.size.min(next + PAGE as u64) {
        scan.missing.insert(scan.entries.len() as u64);
        scan.entries.push([0; 32]);
    }
    for (first, last) in runs(&scan.missing) {
        report.problem(record(first, last), "the row is missing, or cannot be read", what::BACKUP);
    }
    for (first, last) in runs(&beyond) {
        report.problem(record(first, last), "it stands far behind the ledger's end", what::TAMPERED);
    }
    // A record of the register that was put elsewhere does not open there, and what it said is not known.
    scan.register_is_damaged |= !scan.register_keys.is_disjoint(&scan.other_keys);
    report.counted().entries = scan.entries.len() as u64;
    scan
}

/// Did another process append since the tip was read?
pub(super) fn moved_on(ledger: &SqliteLedger, scan: &Scan) -> bool {
    ledger.tip().is_ok_and(|tip| tip.size > scan.tip.size)
}

impl Scan {
    fn take(&mut self, row: Row, keys: &Keys, archive_id: &str) {
        while (self.entries.len() as u64) < row.seq {
            self.missing.insert(self.entries.len() as u64);
            self.entries.push([0; 32]);
        }
        self.entries.push(row.entry);
        let used = self.keys.entry(row.key.clone()).or_default();
        used.live += u64::from(row.body.is_some());
        used.erased += u64::from(row.erased);
        let is_blank = row.op.is_none() && !row.erased;
        if (row.body.is_some() || is_blank) && keys.get(&row.key).is_none() && keys.all().next().is_some() {
            self.closed.push(row.seq);
        }
        if row.compartment == "register" && row.body.is_some() {
            self.register_key = Some(row.key.clone());
            match keys.get(&row.key).map(|key| rows::open(&row, &key.row, archive_id)) {
                Some(Ok(Said::Statement(statement))) => self.register.push((row.seq, *statement)),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => self.register_is_damaged = true,
            }
        }
        // The register has no blank rows: one without a record had one, and what it said is not known.
        self.register_is_damaged |= row.compartment == "register" && row.body.is_none() && !row.erased;
        if row.body.is_some() {
            let keys =
                if row.compartment == "register" { &mut self.register_keys } else { &mut self.other_keys };
            if !keys.contains(&row.key) {
                keys.insert(row.key.clone());
            }
        }
        if row.compartment == "main" && row.body.is_some() {
            self.first_main_key.get_or_insert_with(|| row.key.clone());
            self.main_keys.insert(row.key);
        }
        self.compartments.insert(row.compartment);
    }
}

/// The rows of a page that cannot be read as a whole, as far as each can be read alone.
fn one_by_one(ledger: &SqliteLedger, from: u64, size: u64) -> Vec<Row> {
    // Past damaged pages, however many: the next rows that can be read.
    let mut found = Vec::new();
    for seq in from..size {
        if found.len() >= PAGE {
            break;
        }
        found.extend(ledger.rows(seq, 1).unwrap_or_default().into_iter().filter(|row| row.seq == seq));
    }
    found
}

/// Entries against every checkpoint ever signed, and against the tip.
pub(super) fn compare(
    ledger: &SqliteLedger,
    scan: &mut Scan,
    register: &Register,
    layout: &Layout,
    report: &mut Report,
) {
    let mut notes = match ledger.checkpoints(0, usize::MAX >> 1) {
        Ok(notes) => notes,
        Err(_) => checkpoints_one_by_one(ledger, scan.tip.size, report),
    };
    if moved_on(ledger, scan) {
        notes.retain(|(size, _)| *size <= scan.tip.size);
    }
    scan.sizes = notes.iter().map(|(size, _)| *size).collect();
    let tree = Tree::grow(&scan.entries, &scan.sizes);
    let (mut wrong_roots, mut signed_ones, mut good) = (Vec::new(), BTreeSet::new(), 0_u64);
    for (size, note) in &notes {
        let reference = format!("checkpoint {size}");
        let Ok(signed) = SignedCheckpoint::from_bytes(note) else {
            report.problem(reference, "it is not a checkpoint", what::BACKUP);
            continue;
        };
        if signed.checkpoint().size != *size {
            report.problem(reference, "it is the checkpoint of another size", what::TAMPERED);
            continue;
        }
        if register.keys.is_some() && !register.signed(&signed) {
            let problem = "it is not signed by the archive's key under its origin";
            report.problem(reference, problem, what::TAMPERED);
            continue;
        }
        signed_ones.insert(*size);
        match tree.roots.get(size) {
            Some(root) if *root == signed.checkpoint().root => good += 1,
            Some(_) => wrong_roots.push(*size),
            None => {
                report.problem(reference, "the ledger has fewer rows than it counts", register.went_back())
            }
        }
    }
    name_wrong_roots(&wrong_roots, scan, layout, report);
    // What was never signed says nothing of which rows came together.
    scan.sizes = signed_ones;
    compare_tip(ledger, scan, &tree, report);
    if register.keys.is_some() && good > 0 {
        report.sound(sentence!("{} of {} signed checkpoints over the ledger's entries", good, notes.len()));
    } else if register.keys.is_none() {
        report.unknown("whose signatures the checkpoints bear: the archive's key was not found");
    }
}

/// As far as each can be read alone.
fn checkpoints_one_by_one(ledger: &SqliteLedger, size: u64, report: &mut Report) -> Vec<(u64, Vec<u8>)> {
    let mut notes = Vec::new();
    for size in 1..=size.min(ledger.most_rows().unwrap_or(size)) {
        match ledger.checkpoint(size) {
            Ok(note) => notes.extend(note.map(|note| (size, note))),
            Err(error) => {
                let problem = sentence!("cannot be read: {}", error);
                report.problem(format!("checkpoint {size}"), problem, what::BACKUP);
            }
        }
    }
    notes
}

struct Tree {
    roots: BTreeMap<u64, [u8; 32]>,
    frontier: Frontier,
}

impl Tree {
    fn grow(entries: &[[u8; 32]], sizes: &BTreeSet<u64>) -> Self {
        let (mut roots, mut frontier) = (BTreeMap::new(), Frontier::new());
        for entry in entries {
            frontier.append(leaf_hash(entry));
            if sizes.contains(&frontier.size()) {
                roots.insert(frontier.size(), frontier.root());
            }
        }
        Self { roots, frontier }
    }
}

/// One checkpoint that differs was changed or signed for another tree; all from one on differ because a row was changed.
fn name_wrong_roots(wrong: &[u64], scan: &mut Scan, layout: &Layout, report: &mut Report) {
    let (Some(first), Some(newest)) = (wrong.first(), scan.sizes.last()) else { return };
    let all_after = scan.sizes.range(first..).count() == wrong.len();
    if !all_after || (wrong.len() == 1 && scan.sizes.len() > 1 && tip_agrees(scan)) || first > newest {
        for size in wrong {
            let problem = "it is signed for another tree than the ledger's: a forged or forked log";
            report.problem(format!("checkpoint {size}"), problem, what::TAMPERED);
        }
        return;
    }
    if !scan.missing.is_empty() {
        return; // the missing rows are named already
    }
    let after = scan.sizes.range(..first).next_back().copied().unwrap_or(0);
    let (changed, mended) = changed_entries(scan, layout, after);
    scan.entries_are_wrong = changed.is_empty();
    if !changed.is_empty() {
        scan.entries = mended;
    }
    for (from, to) in runs(&changed) {
        report.problem(
            record(from, to),
            "its entry is not the one that the checkpoints were signed over",
            what::TAMPERED,
        );
    }
    if changed.is_empty() {
        let reference = record(after, first.saturating_sub(1).max(after));
        let problem = "among these rows are some that the checkpoints were not signed over";
        report.problem(reference, problem, what::TAMPERED);
    }
}

fn tip_agrees(scan: &Scan) -> bool {
    let frontier = Frontier::from_bytes(&scan.tip.frontier);
    let tree = Tree::grow(&scan.entries, &BTreeSet::new());
    frontier.is_ok_and(|frontier| frontier == tree.frontier)
}

/// Entries that differ from the published tiles, where the tiles add up to the signed root; and all as they were signed.
fn changed_entries(scan: &Scan, layout: &Layout, after: u64) -> (BTreeSet<u64>, Vec<[u8; 32]>) {
    let published = published(layout, scan);
    let Ok(signed) = SignedCheckpoint::from_bytes(&scan.tip.note) else { return Default::default() };
    let mut mended = scan.entries.clone();
    let mut changed = BTreeSet::new();
    for (seq, entry) in published {
        if seq >= after
            && let Some(ours) = mended.get_mut(seq as usize).filter(|ours| **ours != entry)
        {
            *ours = entry;
            changed.insert(seq);
        }
    }
    let tree = Tree::grow(&mended, &BTreeSet::new());
    if tree.frontier.root() == signed.checkpoint().root { (changed, mended) } else { Default::default() }
}

fn published(layout: &Layout, scan: &Scan) -> BTreeMap<u64, [u8; 32]> {
    let mut published = BTreeMap::new();
    let size = scan.entries.len() as u64;
    for tile in tiles::all(size).filter(|tile| tile.kind() == Kind::Entries) {
        let Ok(untrusted) = crate::files::read(layout.log().join(tile.to_string())) else { continue };
        let Some(entries) = tiles::entries(tile.width(), &untrusted) else { continue };
        for (seq, entry) in (tile.index() * u64::from(tiles::FULL)..).zip(entries) {
            if let Ok(entry) = entry.try_into() {
                published.insert(seq, entry);
            }
        }
    }
    published
}

fn compare_tip(ledger: &SqliteLedger, scan: &Scan, tree: &Tree, report: &mut Report) {
    let tip = &scan.tip;
    let reference = "ledger tip";
    if tip.size != scan.entries.len() as u64 {
        let problem =
            sentence!("it counts {} [row|rows], and {} [is|are] there", tip.size, scan.entries.len());
        report.problem(reference, problem, what::TAMPERED);
    } else if tip.size > 0 && ledger.checkpoint(tip.size).ok().flatten().as_ref() != Some(&tip.note) {
        report.problem(reference, "its checkpoint is not the one that was kept for its size", what::TAMPERED);
    } else if tip.size > 0 && tip.frontier != tree.frontier.to_bytes() && scan.missing.is_empty() {
        let rooted = Frontier::from_bytes(&tip.frontier).map(|frontier| frontier.root());
        let signed = SignedCheckpoint::from_bytes(&tip.note).map(|signed| signed.checkpoint().root);
        // Where frontier and signature agree, it is an entry that was changed; that is named elsewhere.
        if rooted.ok() != signed.ok() {
            report.problem(reference, "its frontier is not that of the entries", what::TAMPERED);
        }
    }
}

/// The ledger against what this machine has seen.
pub(super) fn compare_mark(
    mark: &HighWater,
    ledger: &SqliteLedger,
    register: &Register,
    report: &mut Report,
) {
    let reference = "high-water mark";
    match mark.compare(ledger) {
        Ok(Seen::Onward) => report.sound("nothing that this machine has seen before is missing"),
        Ok(Seen::Never) => {
            report.unknown(
                "whether the archive went back: this machine has never seen it (compare with a receipt)",
            );
        }
        Ok(Seen::WentBack { seen, now }) => {
            let signed = SignedCheckpoint::from_bytes(seen.as_bytes()).ok();
            let ours = signed.as_ref().filter(|signed| register.signed_by_us(signed));
            let kept = ours.and_then(|signed| ledger.checkpoint(signed.checkpoint().size).ok().flatten());
            // Then it is the tip that is wrong, and named; or the roll-back was accepted on another machine.
            let known = ours.is_some_and(|signed| register.has_given_up(signed));
            if known || kept.is_some_and(|kept| kept == seen.as_bytes()) {
                return;
            }
            match (ours, signed.is_some() && register.keys.is_none()) {
                (Some(seen), _) => {
                    let size = seen.checkpoint().size;
                    let now = SignedCheckpoint::from_bytes(now.as_bytes());
                    let now = now.map_or_else(|_| "nothing".into(), |now| now.checkpoint().size.to_string());
                    let problem = sentence!(
                        "the archive went back: this machine has seen {} [record|records], the ledger's checkpoint is over {}",
                        size,
                        now
                    );
                    report.problem(format!("checkpoint {size}"), problem, register.went_back());
                }
                (None, true) => {
                    report.problem(reference, "the archive is not where this machine saw it", what::WENT_BACK)
                }
                (None, false) => report.problem(
                    reference,
                    "what this machine remembers is not a checkpoint of this archive: the mark was changed",
                    what::MARK,
                ),
            }
        }
        Err(_) if report.has_named("ledger tip") => {
            report.unknown("whether the archive went back: its tip is damaged")
        }
        Err(error) => report.problem(reference, sentence!("cannot be read: {}", error), what::WENT_BACK),
    }
}
