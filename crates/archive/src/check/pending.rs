//! What is under way and no damage: erasures that wait for a second member, and work that was interrupted.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use vidimus_ledger::{Ledger as _, SqliteLedger};
use vidimus_model::{Action, Change, KeyId, MemberId, ProposalId, Ref, Statement};

use super::files;
use super::keys::Keys;
use super::ledger::Scan;
use super::records::Facts;
use super::register::Register;
use super::report::{Report, what};
use super::sentence::sentence;
use crate::examine::Marks;
use crate::layout::Layout;
use crate::receive::mark_of;
use crate::unfinished::{WORKPLACE, note_by, open_note};

/// References that are named one by one.
const SHOWN: usize = 10;

/// What goes with work that is under way, or stays.
#[derive(Default)]
pub(super) struct Pending {
    /// Objects.
    pub objects: BTreeSet<String>,
    /// Keys.
    pub keys: BTreeSet<KeyId>,
    /// A note could not be read: there is more.
    pub more: bool,
}

/// Names each with who began it, when, and what to do; returns what goes with it or stays.
pub(super) fn look(
    layout: &Layout,
    keys: &Keys,
    (ledger, scan): (&SqliteLedger, &Scan),
    (register, facts): (&Register, &Facts),
    report: &mut Report,
) -> Pending {
    let proposals = erasures(scan, facts);
    for (id, proposal) in &proposals {
        let (what, by, at) = (list(proposal.about), register.name(proposal.said.by), proposal.said.at);
        report.pending(match proposal.agreed_by {
            None => sentence!(
                "the erasure of {} waits for a second member: {} proposed it on {}; another member agrees with: vidimus agree {}",
                what,
                by,
                at,
                id
            ),
            Some(agreed_by) => sentence!(
                "the erasure of {}, proposed by {} on {}, was agreed to by {} and is not done: the next command of whoever proposed it does it",
                what,
                by,
                at,
                register.name(agreed_by)
            ),
        });
    }
    let mut pending = Pending::default();
    for name in files::names(&layout.unfinished(), report).into_iter().filter(|name| name != WORKPLACE) {
        let shown = files::shown(name.as_ref());
        let note = || crate::files::read(layout.unfinished().join(&name));
        // Of a link, and of what is neither, it is said where the kinds are looked at.
        if layout.unfinished().join(&name).symlink_metadata().is_ok_and(|found| found.is_dir()) {
            stranger(&shown, report);
            continue;
        }
        if !Layout::names_a_note(&shown) {
            files::stray(&name, "unfinished/", report);
            continue;
        }
        if let Some(id) = shown.strip_prefix("received-") {
            let is_in_use = scan.keys.get(id).is_some_and(|rows| rows.live > 0);
            match of_a_reception(id, is_in_use, keys, &note) {
                Whose::Stranger => stranger(&shown, report),
                // The note of an accession that is being received, or was interrupted.
                _ if is_in_use => {}
                _ => report.left_over(format!("unfinished/{shown}")),
            }
            continue;
        }
        if let Some(seq) = shown.strip_prefix("examine-") {
            match of_an_examination(seq, keys, ledger, &note) {
                Whose::Stranger => stranger(&shown, report),
                _ => report.left_over(format!("unfinished/{shown}")),
            }
            continue;
        }
        let Some(stem) = shown.strip_suffix(".age") else {
            report.left_over(format!("unfinished/{shown}"));
            continue;
        };
        let note = open_note(&layout.unfinished().join(&name)).ok().flatten();
        let note = note.and_then(|untrusted| keys.all().find_map(|key| note_by(&untrusted, &key.identity)));
        let remains = note.iter().flat_map(|note| [&note.then, &note.otherwise]);
        for remains in remains {
            pending.objects.extend(remains.objects.iter().cloned());
            pending.keys.extend(&remains.keys);
        }
        if stem.parse().is_ok_and(|id: ProposalId| proposals.contains_key(&id)) {
            pending.more |= note.is_none();
            continue;
        }
        let Some(note) = note else {
            pending.more = true;
            report.unknown(sentence!(
                "what {} is: a note that cannot be opened here; either an erasure or move of another compartment was interrupted, and the next command of whoever holds it takes away what is left of it, or somebody put the file there",
                format!("unfinished/{shown}")
            ));
            continue;
        };
        report.pending(match note.work {
            Some(work) => sentence!(
                "erasing or moving {} was interrupted: {} began it on {}; the next command that records something takes away what is left of it, and whether it happened is shown by vidimus log; where it did not, repeat it",
                list(&work.about),
                register.name(work.by),
                work.at
            ),
            None => sentence!(
                "an erasure or move was interrupted ({}): the next command of whoever holds its compartment takes away what is left of it",
                format!("unfinished/{shown}")
            ),
        });
    }
    pending
}

/// Who left a note that only the holder of a key can mark.
enum Whose {
    Holder,
    /// Its key is not held here, or it went; whoever reads the note counts it for nothing without its mark.
    Unknown,
    Stranger,
}

fn of_a_reception(id: &str, is_in_use: bool, keys: &Keys, note: &dyn Fn() -> io::Result<Vec<u8>>) -> Whose {
    let Ok(key) = id.parse::<KeyId>() else { return Whose::Stranger };
    let Some(sealing) = keys.get(id) else { return Whose::Unknown };
    let mark = mark_of(key, &sealing.identity);
    match note() {
        Ok(untrusted) if untrusted == mark => Whose::Holder,
        // Whoever is killed while they write leaves the beginning, before anything is on record.
        Ok(untrusted) if !is_in_use && mark.starts_with(&untrusted) => Whose::Holder,
        Err(gone) if gone.kind() == io::ErrorKind::NotFound => Whose::Unknown,
        _ => Whose::Stranger,
    }
}

fn of_an_examination(
    seq: &str,
    keys: &Keys,
    ledger: &SqliteLedger,
    note: &dyn Fn() -> io::Result<Vec<u8>>,
) -> Whose {
    let Ok(seq) = seq.parse::<u64>() else { return Whose::Stranger };
    let row = ledger.rows(seq, 1).unwrap_or_default().pop().filter(|row| row.seq == seq);
    let Some(row) = row.filter(|row| row.body.is_some()) else { return Whose::Unknown };
    let Some(sealing) = keys.get(&row.key) else { return Whose::Unknown };
    match note() {
        Ok(untrusted) if Marks::new(&sealing.identity, seq).wrote(&untrusted) => Whose::Holder,
        Err(gone) if gone.kind() == io::ErrorKind::NotFound => Whose::Unknown,
        _ => Whose::Stranger,
    }
}

fn stranger(shown: &str, report: &mut Report) {
    report.problem(format!("file unfinished/{shown}"), "this program did not put it there", what::FOREIGN);
}

/// An erasure that is not done.
struct Erasure<'a> {
    about: &'a [Ref],
    said: &'a Statement,
    agreed_by: Option<MemberId>,
}

/// Those that were proposed and that no tombstone is of.
fn erasures<'a>(scan: &'a Scan, facts: &Facts) -> BTreeMap<ProposalId, Erasure<'a>> {
    let mut waiting = BTreeMap::new();
    for (_, said) in &scan.register {
        if let Change::Proposal(proposal) = &said.change
            && let Action::Erase { about } = &proposal.action
        {
            waiting.insert(proposal.proposal, Erasure { about, said, agreed_by: None });
        }
    }
    for (_, said) in &scan.register {
        if let Change::Agreement(agreement) = &said.change
            && let Some(erasure) = waiting.get_mut(&agreement.proposal)
        {
            erasure.agreed_by = Some(said.by);
        }
    }
    let is_gone = |about: &Ref| {
        facts.erasures.iter().any(|(_, gone)| gone.about.iter().any(|whole| whole.holds(about)))
    };
    waiting.retain(|_, erasure| !erasure.about.iter().all(is_gone));
    waiting
}

fn list(about: &[Ref]) -> String {
    let first: Vec<String> = about.iter().take(SHOWN).map(Ref::to_string).collect();
    first.join(", ") + if about.len() > SHOWN { ", …" } else { "" }
}
