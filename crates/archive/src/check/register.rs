//! What the check must know of the archive's own affairs: its keys, its epochs, who was a member when.

use std::collections::{BTreeMap, BTreeSet};

use vidimus_model::{ArchiveKey, Change, Member, MemberId, Rollback};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::keychain::{self, KeyChain};
use vidimus_proof::record::{PublicKey, Record};

use super::keys::Keys;
use super::ledger::Scan;
use super::report::{Report, record, what};
use super::sentence::sentence;
use crate::high_water::HighWater;
use crate::layout::Layout;
use crate::{epoch, older_ledger};

/// The register as the check needs it.
pub(super) struct Register {
    /// The keys that sign records and checkpoints; the first one is proved by the archive's id.
    pub keys: Option<KeyChain>,
    /// Keys that the checker can sign with: where records are missing, one of them may be named there.
    held: Vec<PublicKey>,
    /// Records that say that the key was changed, and do not do it.
    pub false_key_changes: Vec<u64>,
    /// First log index of each epoch and its origin.
    pub epochs: Vec<(u64, String)>,
    /// Accepted roll-backs.
    pub rollbacks: Vec<Rollback>,
    /// The compartments that there are; each takes its letter here.
    pub compartments: BTreeSet<String>,
    /// Everyone who ever was a member.
    pub members: BTreeMap<MemberId, Presence>,
    /// Sizes and roots of the receipts on record, with their log index.
    pub receipts: Vec<vidimus_model::Receipt>,
    /// SHA-256 of the newest key file of whoever changed it.
    pub key_files: BTreeMap<MemberId, String>,
    /// Key files that wait for a second member's agreement.
    pub proposed: Vec<MemberId>,
    /// The key that the checker can sign with, where the ledger does not know of it: it followed later.
    newer: Option<PublicKey>,
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
        keys: None,
        held: keys.archive_keys().collect(),
        false_key_changes: Vec::new(),
        epochs: Vec::new(),
        rollbacks: Vec::new(),
        compartments: ["register", "main"].map(String::from).into(),
        members: BTreeMap::new(),
        receipts: Vec::new(),
        key_files: BTreeMap::new(),
        proposed: Vec::new(),
        newer: None,
        is_damaged: scan.register_is_damaged || !scan.missing.is_empty(),
    };
    let mut rollbacks: Vec<(u64, Rollback)> = Vec::new();
    let mut key_changes: Vec<(u64, &ArchiveKey)> = Vec::new();
    for (seq, statement) in &scan.register {
        match &statement.change {
            Change::ArchiveBegins(begins) if register.epochs.is_empty() => {
                register.epochs.push((0, begins.origin.clone()));
                let first = crate::register::first_key(&begins.vkey);
                register.keys = first.filter(|key| key.key_id() == archive_id).map(KeyChain::of);
            }
            Change::Compartment(begun) => _ = register.compartments.insert(begun.compartment.to_string()),
            Change::ArchiveKey(change) => key_changes.push((*seq, change)),
            Change::Member(member) => {
                let known = crate::register::KnownMember { member: member.clone(), removed: false };
                let key = known.signing_key();
                register
                    .members
                    .insert(member.member, Presence { member: member.clone(), key, from: *seq, until: None });
            }
            Change::MemberFile(file) if statement.by == file.member => {
                register.key_files.insert(file.member, file.sha256.clone());
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
    register.keys = register.keys.or(register.held.first().copied().map(KeyChain::of));
    for (seq, change) in key_changes {
        register.follow(seq, change);
    }
    register.newer = register.newer_key().filter(|_| !register.is_damaged);
    register
}

impl Register {
    /// Takes in that the archive's key was followed by another at `seq`, if both keys fit.
    fn follow(&mut self, seq: u64, change: &ArchiveKey) {
        let origin = self.epochs.iter().rev().find(|(first, _)| *first <= seq).map(|(_, origin)| origin);
        let succession = origin.and_then(|origin| crate::register::succession(origin, change));
        let followed = self.keys.as_mut().zip(succession).is_some_and(|(keys, change)| {
            change.from == keys.newest() && keys.followed_by(seq, change.to).is_ok()
        });
        if !followed {
            self.false_key_changes.push(seq);
        }
    }

    fn newer_key(&self) -> Option<PublicKey> {
        let chain = self.keys.as_ref()?;
        if self.held.contains(&chain.newest()) {
            return None;
        }
        self.held.iter().copied().find(|held| older_ledger::is_unknown(chain, *held))
    }

    /// Says that the ledger is older than the key store, where it is: the key that it names last is gone, and another is there.
    pub fn look_at_newer_keys(&self, scan: &Scan, layout: &Layout, mark: &HighWater, report: &mut Report) {
        let (Some(held), Some(chain), Some((_, base))) = (self.newer, &self.keys, self.epochs.first()) else {
            return;
        };
        let Some(origin) = self.epochs.last().and_then(|(_, origin)| origin.parse().ok()) else { return };
        let size = scan.entries.len() as u64;
        let (named, newer) = (keychain::named(&origin, chain.newest()), keychain::named(&origin, held));
        let problem = match older_ledger::newest_signed(layout, mark, base, held, size) {
            Some(seen) => sentence!(
                "it is older than the keys beside it, which nothing is lost by: it ends at {} [record|records], signed with {}, and {} has signed {}",
                size,
                named,
                newer,
                seen.checkpoint().size
            ),
            None => sentence!(
                "the keys beside it are not of its time, which nothing is lost by: it ends at {} [record|records], signed with {}, and the key store holds {}",
                size,
                named,
                newer
            ),
        };
        report.problem("ledger", problem, what::OLDER_LEDGER);
    }

    /// Is the key store newer than the ledger?
    pub fn is_older_than_keys(&self) -> bool {
        self.newer.is_some()
    }

    /// What to do where the ledger lacks what was signed.
    pub fn went_back(&self) -> &'static str {
        if self.is_older_than_keys() { what::OLDER_LEDGER } else { what::WENT_BACK }
    }

    /// Names records that change the key and do not follow its rules (`docs/format/log.md`).
    pub fn look_at_key_changes(&self, scan: &Scan, report: &mut Report) {
        for seq in &self.false_key_changes {
            let problem = "it names another key for the archive, and the keys do not fit";
            report.problem(record(*seq, *seq), problem, what::TAMPERED);
        }
        for seq in self.keys.iter().flat_map(KeyChain::changes) {
            // Else the old key would have signed what stands beside or behind it.
            if !(scan.sizes.contains(&seq) && scan.sizes.contains(&(seq + 1))) {
                let problem = "it changes the archive's key, and was not appended alone";
                report.problem(record(seq, seq), problem, what::TAMPERED);
            }
        }
    }

    /// Did the archive sign this record, with the key that signs at its place, in its epoch?
    pub fn has_signed(&self, record: &Record, seq: u64) -> bool {
        let Some(keys) = &self.keys else { return true };
        let origin = record.issuer();
        let signed = |key: PublicKey| record.verify(origin, &key).is_ok();
        self.bears(origin, seq)
            && (signed(keys.of_record(seq)) || self.is_damaged && self.any_key().any(signed))
    }

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
        let current = self.epochs.last().is_some_and(|(_, current)| current == origin);
        self.epochs.first().is_none_or(|(_, base)| epoch::is_of(base, origin))
            && (self.holds(signed)
                || !current && self.any_key().any(|key| holds(signed, key))
                || self.newer.is_some_and(|key| holds(signed, key)))
    }

    /// Was this checkpoint given up when a roll-back was accepted?
    pub fn has_given_up(&self, signed: &SignedCheckpoint) -> bool {
        let base = self.epochs.first().map(|(_, base)| base.as_str()).unwrap_or_default();
        epoch::is_given_up(base, &self.rollbacks, signed.checkpoint())
    }

    fn holds(&self, signed: &SignedCheckpoint) -> bool {
        let in_force = self.keys.as_ref().map(|keys| keys.of_checkpoint(signed.checkpoint().size));
        in_force.is_some_and(|key| holds(signed, key))
            || self.is_damaged && self.any_key().any(|key| holds(signed, key))
    }

    fn any_key(&self) -> impl Iterator<Item = PublicKey> {
        self.keys.iter().flat_map(KeyChain::keys).chain(self.held.iter().copied())
    }

    /// Was this a member, and not yet removed at this record? Who is admitted and let in stands in one append, in any order.
    pub fn was_member(&self, member: MemberId, seq: u64) -> bool {
        self.members.get(&member).is_some_and(|presence| presence.until.is_none_or(|until| until > seq))
    }

    /// The member's name as others know it.
    pub fn name(&self, id: MemberId) -> String {
        self.members.get(&id).map_or_else(|| id.to_string(), |presence| presence.member.name.clone())
    }
}

fn holds(signed: &SignedCheckpoint, key: PublicKey) -> bool {
    signed.verify(&keychain::named(&signed.checkpoint().origin, key)).is_ok()
}
