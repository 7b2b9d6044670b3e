//! What the check must know of the archive's own affairs: its key, its epochs, who was a member when.

use std::collections::BTreeMap;

use vidimus_model::{Change, Member, MemberId, Rollback};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::note::VerifierKey;
use vidimus_proof::record::PublicKey;

use super::keys::Keys;
use super::ledger::Scan;
use super::report::{Report, what};
use crate::epoch;

/// The register as the check needs it.
pub(super) struct Register {
    /// The key that signs records and checkpoints; proved by the archive's id.
    pub archive_key: Option<PublicKey>,
    /// First log index of each epoch and its origin.
    pub epochs: Vec<(u64, String)>,
    /// Accepted roll-backs.
    pub rollbacks: Vec<Rollback>,
    /// Everyone who ever was a member.
    pub members: BTreeMap<MemberId, Presence>,
    /// Sizes and roots of the receipts on record, with their log index.
    pub receipts: Vec<vidimus_model::Receipt>,
    /// Key files that wait for a second member's agreement.
    pub proposed: Vec<MemberId>,
    /// Some of its records cannot be read: whom it does not name may still be a member.
    pub is_damaged: bool,
}

/// Since when and until when somebody was a member, as log indices of the records that say so.
pub(super) struct Presence {
    /// What the record says.
    pub member: Member,
    /// Their signing key, if it is a sound one.
    pub key: Option<PublicKey>,
    /// Where they were added.
    pub from: u64,
    /// Where they were removed.
    pub until: Option<u64>,
}

/// Replays what the register's records say.
pub(super) fn read(scan: &Scan, keys: &Keys, archive_id: &str, report: &mut Report) -> Register {
    let mut register = Register {
        archive_key: None,
        epochs: Vec::new(),
        rollbacks: Vec::new(),
        members: BTreeMap::new(),
        receipts: Vec::new(),
        proposed: Vec::new(),
        is_damaged: scan.register_is_damaged || !scan.missing.is_empty(),
    };
    let mut rollbacks: Vec<(u64, Rollback)> = Vec::new();
    for (seq, statement) in &scan.register {
        match &statement.change {
            Change::ArchiveBegins(begins) if register.epochs.is_empty() => {
                register.epochs.push((0, begins.origin.clone()));
                register.archive_key = key_of(&begins.vkey).filter(|key| key.key_id() == archive_id);
            }
            Change::Member(member) => {
                let known = crate::register::KnownMember { member: member.clone(), removed: false };
                let key = known.signing_key();
                register
                    .members
                    .insert(member.member, Presence { member: member.clone(), key, from: *seq, until: None });
            }
            Change::MemberRemoved(gone) => {
                if let Some(presence) = register.members.get_mut(&gone.member) {
                    presence.until = Some(*seq);
                }
            }
            Change::Receipt(receipt) => register.receipts.push(receipt.clone()),
            Change::Rollback(rollback) => rollbacks.push((*seq, rollback.clone())),
            Change::Proposal(proposal) => {
                if let vidimus_model::Action::AddMember(member) = &proposal.action {
                    register.proposed.push(member.member);
                }
            }
            _ => {}
        }
    }
    if let Some((_, base)) = register.epochs.first().cloned() {
        for (seq, rollback) in rollbacks {
            register.epochs.push((seq, epoch::after(&base, &rollback)));
            register.rollbacks.push(rollback);
        }
    } else if keys.member.is_some() {
        report.problem("register", "the record that begins the archive cannot be read", what::BACKUP);
    }
    register.archive_key = register.archive_key.or(keys.archive_key(archive_id));
    register
}

fn key_of(vkey: &str) -> Option<PublicKey> {
    PublicKey::from_bytes(vkey.parse::<VerifierKey>().ok()?.public_key()).ok()
}

impl Register {
    /// May a record at this log index, or a checkpoint whose last record is there, bear this origin?
    pub fn bears(&self, origin: &str, seq: u64) -> bool {
        match self.epochs.first() {
            Some((_, base)) if self.is_damaged => epoch::is_of(base, origin),
            Some(_) => {
                self.epochs.iter().rev().find(|(first, _)| *first <= seq).is_some_and(|(_, o)| o == origin)
            }
            None => true,
        }
    }

    /// Is this checkpoint of the ledger signed by the archive's key, in its epoch?
    pub fn signed(&self, signed: &SignedCheckpoint) -> bool {
        let checkpoint = signed.checkpoint();
        self.bears(checkpoint.origin.as_str(), checkpoint.size.saturating_sub(1)) && self.holds(signed)
    }

    /// Did this archive sign it, in whichever epoch (also one that is lost here)?
    pub fn signed_by_us(&self, signed: &SignedCheckpoint) -> bool {
        let origin = signed.checkpoint().origin.as_str();
        self.epochs.first().is_none_or(|(_, base)| epoch::is_of(base, origin)) && self.holds(signed)
    }

    /// Was this checkpoint given up when a roll-back was accepted?
    pub fn has_given_up(&self, signed: &SignedCheckpoint) -> bool {
        let base = self.epochs.first().map(|(_, base)| base.as_str()).unwrap_or_default();
        epoch::is_given_up(base, &self.rollbacks, signed.checkpoint())
    }

    fn holds(&self, signed: &SignedCheckpoint) -> bool {
        let origin = signed.checkpoint().origin.clone();
        let key = self.archive_key.and_then(|key| VerifierKey::ed25519(origin, &key.to_bytes()).ok());
        key.is_some_and(|key| signed.verify(&key).is_ok())
    }

    /// The member's name as others know it.
    pub fn name(&self, id: MemberId) -> String {
        self.members.get(&id).map_or_else(|| id.to_string(), |presence| presence.member.name.clone())
    }
}
