//! Which changes the catalogue keeps as records, in what words, and what becomes of them when their subject goes.

use serde_json::{Value, json};
use vidimus_model::{Change, Opening, Ref};

/// A change about something; the numbers are stored and never change their meaning within a version of the fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i64)]
pub(super) enum Kind {
    Opened = 1,
    Begun = 2,
    Ended = 3,
    Released = 4,
    Withdrawn = 5,
    Reinstated = 6,
    MovedIn = 7,
    MovedOut = 8,
    Repacked = 9,
    Erased = 10,
    Disclosed = 11,
    GiverKeys = 12,
    GiverOpened = 13,
    Examined = 14,
    Committed = 15,
    Camera = 16,
    CameraItems = 17,
    DerivativesMoved = 18,
}

/// What becomes of a record when what it is about is erased or moved out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays: that something was, was let in, moved, given to someone, destroyed.
    Stays,
    /// It goes with its subject, and comes back with it.
    GoesAlong,
    /// It goes, and what comes back is not marked: whoever lets it in states the mark again.
    IsForgotten,
}

const ALL: [(Kind, &str, Fate); 18] = [
    (Kind::Opened, "accession-opened/1", Fate::Stays),
    (Kind::Begun, "accession/1", Fate::GoesAlong),
    (Kind::Ended, "accession-end/1", Fate::GoesAlong),
    (Kind::Released, "release/1", Fate::Stays),
    (Kind::Withdrawn, "withdraw/1", Fate::IsForgotten),
    (Kind::Reinstated, "reinstate/1", Fate::IsForgotten),
    (Kind::MovedIn, "moved-in/1", Fate::Stays),
    (Kind::MovedOut, "moved-out/1", Fate::Stays),
    (Kind::Repacked, "repack/1", Fate::GoesAlong),
    (Kind::Erased, "erasure/1", Fate::Stays),
    (Kind::Disclosed, "disclosure/1", Fate::Stays),
    (Kind::GiverKeys, "giver-keys/1", Fate::GoesAlong),
    (Kind::GiverOpened, "giver-opened/1", Fate::GoesAlong),
    (Kind::Examined, "examination/1", Fate::GoesAlong),
    (Kind::Committed, "commitment/1", Fate::GoesAlong),
    (Kind::Camera, "camera/1", Fate::IsForgotten),
    (Kind::CameraItems, "camera-items/1", Fate::IsForgotten),
    (Kind::DerivativesMoved, "derivative-places/1", Fate::GoesAlong),
];

impl Kind {
    /// The kind with this number.
    pub fn of(number: i64) -> Option<Self> {
        ALL.iter().map(|(kind, ..)| *kind).find(|kind| *kind as i64 == number)
    }

    /// The field `change`.
    pub fn name(self) -> &'static str {
        ALL.iter().find(|(kind, ..)| *kind == self).expect("every kind is in the table").1
    }

    /// What becomes of it.
    pub fn fate(self) -> Fate {
        ALL.iter().find(|(kind, ..)| *kind == self).expect("every kind is in the table").2
    }
}

/// What is kept of a change: its kind, what it is about, and its own fields.
///
/// Never kept: digests of a disclosure's files, which would outlive the files, and the giver, who is only counted as known.
/// None for items and what was not taken, which have tables of their own, and for the register's affairs, which are not here.
pub(super) fn kept(change: &Change) -> Option<(Kind, Vec<&Ref>, Value)> {
    let nothing = json!({});
    Some(match change {
        Change::AccessionOpened(c) => (Kind::Opened, vec![&c.about], json!({"key": c.key})),
        Change::Accession(c) => (
            Kind::Begun,
            vec![&c.about],
            json!({"sources": c.sources, "medium": c.medium, "note": c.note, "giver": c.giver.is_some()}),
        ),
        Change::AccessionEnd(c) => {
            let counts = json!({"about": c.about, "found": c.found, "taken": c.taken, "copies": c.copies,
                "not_taken": c.not_taken, "bytes": c.bytes});
            (Kind::Ended, vec![&c.about], counts)
        }
        Change::Release(c) => (Kind::Released, vec![&c.about], json!({"key": c.key})),
        Change::Withdraw(c) => (Kind::Withdrawn, c.about.iter().collect(), json!({"note": c.reason})),
        Change::Reinstate(c) => (Kind::Reinstated, c.about.iter().collect(), json!({"note": c.reason})),
        Change::MovedIn(c) => {
            (Kind::MovedIn, c.about.iter().collect(), json!({"key": c.key, "note": c.from}))
        }
        Change::MovedOut(c) => (Kind::MovedOut, c.about.iter().collect(), json!({"note": c.to})),
        Change::Repack(c) => (Kind::Repacked, vec![&c.about], nothing),
        Change::Erasure(c) => {
            let by = json!({"note": c.reason, "proposed_by": c.proposed_by, "agreed_by": c.agreed_by,
                "entries": c.entries.len()});
            (Kind::Erased, c.about.iter().collect(), by)
        }
        Change::Disclosure(c) => {
            let given = json!({"recipient": c.recipient, "purpose": c.purpose, "files": c.files.len(),
                "note": c.recipient});
            (Kind::Disclosed, c.about.iter().collect(), given)
        }
        Change::GiverKeys(c) => (Kind::GiverKeys, vec![&c.about], nothing),
        Change::GiverOpened(c) => {
            let by = Opening::read(&c.statement).map(|opening| opening.by);
            (Kind::GiverOpened, vec![&c.about], json!({"note": by}))
        }
        Change::Examination(c) => (Kind::Examined, vec![&c.about], own_fields(change)),
        Change::Commitment(c) => {
            let public = json!({"over": c.over, "root": c.root, "leaves": c.leaves});
            (Kind::Committed, vec![&c.about], public)
        }
        Change::DerivativePlaces(c) => (Kind::DerivativesMoved, vec![&c.about], nothing),
        Change::Camera(c) => (Kind::Camera, vec![&c.about], with_note(own_fields(change), &c.reason)),
        Change::CameraItems(c) => {
            (Kind::CameraItems, c.about.iter().collect(), with_note(own_fields(change), &c.reason))
        }
        Change::Item(_)
        | Change::Contained(_)
        | Change::NotTaken(_)
        | Change::ArchiveBegins(_)
        | Change::ArchiveKey(_)
        | Change::Member(_)
        | Change::MemberFile(_)
        | Change::MemberRemoved(_)
        | Change::Keyholders(_)
        | Change::KeyholdersNamed(_)
        | Change::RecoveryTest(_)
        | Change::RecoveryTested(_)
        | Change::Proposal(_)
        | Change::Agreement(_)
        | Change::Receipt(_)
        | Change::Rollback(_)
        | Change::Destroyed(_)
        | Change::Altered(_)
        | Change::Compartment(_)
        | Change::Generation(_)
        | Change::Holder(_) => return None,
    })
}

/// All fields of a change but what stands in columns.
fn own_fields(change: &Change) -> Value {
    let mut fields = serde_json::to_value(change).expect("a change is JSON");
    if let Some(fields) = fields.as_object_mut() {
        fields.remove("change");
        fields.remove("about");
    }
    fields
}

/// A reason stands where history looks for it.
fn with_note(mut fields: Value, reason: &str) -> Value {
    fields["note"] = reason.into();
    fields
}
