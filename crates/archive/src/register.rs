//! The archive's own affairs, replayed from the register's records: members, keyholders, proposals, receipts.

use std::collections::{BTreeMap, BTreeSet};

use vidimus_model::{
    ArchiveKey, Change, CompartmentId, Keyholders, Member, MemberId, Proposal, ProposalId, Receipt, Rollback,
    Statement,
};
use vidimus_proof::keychain::{self, KeyChain, Succession};
use vidimus_proof::record::PublicKey;

use crate::epoch;
use crate::keyholders::{self, Approvers, Tested};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;

/// A member as the register knows them.
#[derive(Clone, Debug, PartialEq)]
pub struct KnownMember {
    /// What the record says.
    pub member: Member,
    /// Whether they were removed since.
    pub removed: bool,
}

impl KnownMember {
    /// The key that checks their signatures; none if the record holds no sound key.
    pub fn signing_key(&self) -> Option<PublicKey> {
        PublicKey::from_bytes(&B64.decode(&self.member.signing_key).ok()?).ok()
    }
}

/// Something that waits for a second member.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// Who proposed it.
    pub by: MemberId,
    /// What.
    pub proposal: Proposal,
}

/// A proposal that a second member agreed to.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreed {
    /// What was proposed, and by whom.
    pub waiting: Waiting,
    /// Who agreed.
    pub by: MemberId,
}

/// What the register's records add up to.
#[derive(Clone, Debug, Default)]
pub struct Register {
    /// The origin that the archive began with.
    pub base: String,
    /// The origin of the epoch that goes on.
    pub origin: String,
    /// The archive's id.
    pub archive: String,
    /// The archive's keys; none before the first record is read.
    pub keys: Option<KeyChain>,
    /// A member was removed who may have kept a copy of the archive's key, and no other followed it since.
    pub key_is_due: bool,
    /// Everyone who ever was a member.
    pub members: BTreeMap<MemberId, KnownMember>,
    /// SHA-256 of the newest key file of whoever changed theirs.
    pub key_files: BTreeMap<MemberId, String>,
    /// The keyholders who hold now.
    pub keyholders: Option<Keyholders>,
    /// How they approve who follows them; none where a program that knew of no approval named them.
    pub approvers: Option<Approvers>,
    /// When they were named, and when keyholders among them last showed that they can open what is sealed to them.
    pub keyholders_tested: Tested,
    /// Numbers of all proposals that there ever were.
    pub proposed: BTreeSet<ProposalId>,
    /// Proposals that nobody has agreed to yet.
    pub waiting: BTreeMap<ProposalId, Waiting>,
    /// Proposals that were agreed to. An erasure of what is its registrar's alone is done by the registrar, later.
    pub agreed: BTreeMap<ProposalId, Agreed>,
    /// Letters that are given, of compartments that may not be held by whoever reads this.
    pub letters: BTreeMap<CompartmentId, char>,
    /// Public receipts, in the order they were made.
    pub receipts: Vec<Receipt>,
    /// Accepted roll-backs.
    pub rollbacks: Vec<Rollback>,
    /// How many rows it was replayed to.
    pub position: u64,
}

impl Register {
    /// Takes one record in, with its log index.
    pub(crate) fn apply(&mut self, seq: u64, statement: Statement) {
        let Statement { at, by, change, .. } = statement;
        match change {
            Change::ArchiveBegins(begins) => {
                self.archive = begins.archive;
                self.base.clone_from(&begins.origin);
                self.origin = begins.origin;
                self.keys = first_key(&begins.vkey).map(KeyChain::of);
            }
            Change::ArchiveKey(change) => {
                let succession = succession(&self.origin, &change);
                let followed = self.keys.as_mut().zip(succession).is_some_and(|(keys, change)| {
                    change.from == keys.newest() && keys.followed_by(seq, change.to).is_ok()
                });
                self.key_is_due &= !followed;
            }
            Change::Compartment(compartment) => {
                let letter = compartment.letter.chars().next();
                self.letters.extend(letter.map(|letter| (compartment.compartment, letter)));
            }
            Change::Member(member) => {
                self.waiting.retain(|_, w| !adds(w, member.member));
                self.members.insert(member.member, KnownMember { member, removed: false });
            }
            Change::MemberFile(file) if by == file.member => {
                self.key_files.insert(file.member, file.sha256);
            }
            Change::MemberRemoved(gone) => {
                if let Some(known) = self.members.get_mut(&gone.member) {
                    known.removed = true;
                    self.key_is_due = true;
                }
            }
            // Whoever holds approves who follows; a record that says otherwise changes nothing, and the check names it.
            Change::Keyholders(set) if self.approvers.is_none() => {
                self.keyholders_tested = Tested::since(at);
                self.keyholders = Some(set);
                self.approvers = None;
            }
            Change::KeyholdersNamed(named)
                if keyholders::is_approved(self, &named.set, named.approval.as_ref()) =>
            {
                if let Some(approval) = &named.approval {
                    self.waiting.remove(&approval.proposal);
                }
                self.keyholders_tested = Tested::since(at);
                self.approvers = Approvers::of(&named);
                self.keyholders = Some(named.set);
            }
            Change::RecoveryTest(test)
                if self.keyholders.as_ref().is_some_and(|set| set.fingerprint == test.fingerprint) =>
            {
                self.keyholders_tested.begun.extend(test.shares);
            }
            Change::RecoveryTested(tested) => self.keyholders_tested.take(at, &tested.code),
            // A second one of the same number would change what others are about to agree to.
            Change::Proposal(proposal) if self.proposed.insert(proposal.proposal) => {
                self.waiting.insert(proposal.proposal, Waiting { by, proposal });
            }
            Change::Agreement(agreement) => {
                if let Some(waiting) = self.waiting.remove(&agreement.proposal) {
                    self.agreed.insert(agreement.proposal, Agreed { waiting, by });
                }
            }
            Change::Receipt(receipt) => self.receipts.push(receipt),
            Change::Rollback(rollback) => {
                self.origin = epoch::after(&self.base, &rollback);
                self.rollbacks.push(rollback);
            }
            _ => {}
        }
    }

    /// Members who were not removed.
    pub fn present(&self) -> impl Iterator<Item = &Member> {
        self.members.values().filter(|known| !known.removed).map(|known| &known.member)
    }

    /// A present member by the name others know them by.
    pub fn by_name(&self, name: &str) -> Option<&Member> {
        self.present().find(|member| member.name == name)
    }

    /// The name of a member, or their id where the register does not know them.
    pub fn name(&self, id: MemberId) -> String {
        self.members.get(&id).map_or_else(|| id.to_string(), |known| known.member.name.clone())
    }
}

/// The key in the record that begins the archive.
pub(crate) fn first_key(vkey: &str) -> Option<PublicKey> {
    keychain::public_key(&vkey.parse().ok()?)
}

/// What the record of a change of the archive's key says, if the new key signed it.
pub(crate) fn succession(origin: &str, change: &ArchiveKey) -> Option<Succession> {
    Succession::read(origin, &change.from, &change.key, &change.by_new).ok()
}

/// Does this wait to admit that member?
pub(crate) fn adds(waiting: &Waiting, member: MemberId) -> bool {
    matches!(&waiting.proposal.action, vidimus_model::Action::AddMember(m) if m.member == member)
}
