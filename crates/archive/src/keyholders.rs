//! Naming the keyholders, the people any few of whom can open who gave an accession; and who follows them, which they approve.
//!
//! With a set its approval key is named. Its secret half is sealed to the set like a giver, and forgotten here: what it signed,
//! `threshold` of them had opened.
//! DANGER: a changed program could keep it on the day it names them. Whoever is not trusted on that day is to be watched then.

mod testing;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as B64};
use vidimus_model::{
    Action, Change, CompartmentId, GiverShare, Keyholders, KeyholdersApproval, KeyholdersNamed, ProposalId,
};
use vidimus_proof::record::PublicKey;
use vidimus_seal::approval::{self, Succession};
use vidimus_seal::keyholders::KeyholderSet;
use vidimus_seal::{Entropy, SigningSeed};

use crate::Archive;
use crate::door::Act;
use crate::erase::Mandate;
use crate::init::describe_keyholders;
use crate::proposals::{Outcome, ProposeError};
use crate::receive::giver;
use crate::register::{Register, Waiting};

pub use testing::{RecoveryTestError, TestFile, Tested};
pub(crate) use testing::{digest_of, is_code};

/// What naming keyholders came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyholdersSet {
    /// Whether it is done, waits, or must be confirmed.
    pub outcome: Outcome,
    /// What to compare by eye or telephone with what each keyholder has.
    pub fingerprint: String,
}

/// How keyholders approve who follows them.
#[derive(Clone, Debug, PartialEq)]
pub struct Approvers {
    /// Checks their approval.
    pub key: PublicKey,
    /// The secret half, sealed to them.
    pub shares: Vec<GiverShare>,
}

/// What the keyholders need to approve a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalAsked {
    /// The text to sign.
    pub text: String,
    /// Age files with the key that signs it, each with those who open it, outermost layer first.
    pub shares: Vec<(Vec<u8>, Vec<String>)>,
}

impl Approvers {
    /// Those of a record; none if it holds no sound key.
    pub(crate) fn of(named: &KeyholdersNamed) -> Option<Self> {
        let key = PublicKey::from_bytes(&B64.decode(&named.approval_key).ok()?).ok()?;
        Some(Self { key, shares: named.shares.clone() })
    }

    /// Is this their approval of the set that is to follow `from`?
    pub(crate) fn approved(
        &self,
        archive: &str,
        from: &str,
        to: &Keyholders,
        untrusted: &KeyholdersApproval,
    ) -> bool {
        let Ok(Some(to)) = giver::set_of(Some(to)) else { return false };
        let proposal = untrusted.proposal.to_string();
        let text = Succession { archive, proposal: &proposal, from, to: &to }.text();
        let signature = B64.decode(&untrusted.signature).unwrap_or_default();
        self.key.verify(text.as_bytes(), &signature).is_ok()
    }
}

/// The record that names keyholders, with a fresh approval key.
pub(crate) fn named(
    set: &KeyholderSet,
    approval: Option<KeyholdersApproval>,
    entropy: &mut Entropy,
) -> Change {
    let seed = SigningSeed::generate(entropy);
    Change::KeyholdersNamed(KeyholdersNamed {
        set: describe_keyholders(set),
        approval_key: B64.encode(seed.public().to_bytes()),
        shares: giver::shares(set, approval::to_pem(&seed).as_bytes(), entropy),
        approval,
    })
}

/// Signs a text that asks for approval with the key that keyholders opened; none if the text asks for something else, or what
/// they opened is no such key.
pub fn sign_approval(untrusted_text: &[u8], untrusted_key: &[u8]) -> Option<[u8; 64]> {
    let seed = approval::from_pem(untrusted_key)?;
    approval::is_approval(untrusted_text).then(|| seed.key().sign(untrusted_text))
}

impl Archive {
    /// Names the keyholders. Where some are named already they must approve it ([`Archive::agree_approved`]); where there are
    /// several members another one must agree. Givers that were sealed before stay sealed to those who held then.
    ///
    /// # Errors
    /// As [`Archive::propose`].
    pub fn set_keyholders(
        &mut self,
        set: &KeyholderSet,
        reason: &str,
        confirmed: bool,
    ) -> Result<KeyholdersSet, ProposeError> {
        let outcome = self.propose(Action::SetKeyholders(describe_keyholders(set)), reason, confirmed)?;
        Ok(KeyholdersSet { outcome, fingerprint: set.fingerprint() })
    }

    /// What the keyholders who hold now need to approve a proposal; none where they have no key to approve with.
    ///
    /// # Errors
    /// No such proposal waits, or it is about something else.
    pub fn approval_asked(&mut self, id: ProposalId) -> Result<Option<ApprovalAsked>, ProposeError> {
        self.refresh_register()?;
        let none = || ProposeError::NoSuchProposal(id);
        let waiting = self.register.waiting.get(&id).ok_or_else(none)?;
        let Action::SetKeyholders(to) = &waiting.proposal.action else { return Err(none()) };
        let to = giver::set_of(Some(to))?.ok_or(giver::BadKeyholders)?;
        let (Some(from), Some(approvers)) = (&self.register.keyholders, &self.register.approvers) else {
            return Ok(None);
        };
        let proposal = id.to_string();
        let succession = Succession {
            archive: &self.register.archive,
            proposal: &proposal,
            from: &from.fingerprint,
            to: &to,
        };
        let mut shares = Vec::new();
        for share in &approvers.shares {
            let age = STANDARD.decode(&share.age).map_err(|_| giver::BadKeyholders)?;
            shares.push((age, share.recipients.clone()));
        }
        Ok(Some(ApprovalAsked { text: succession.text(), shares }))
    }

    /// Agrees to a proposal of other keyholders that those who hold now approved, and names them. The only member brings the
    /// approval of a proposal of their own.
    ///
    /// # Errors
    /// It is not theirs, no such proposal waits, or nothing could be recorded.
    pub fn agree_approved(
        &mut self,
        id: ProposalId,
        untrusted_signature: &[u8],
    ) -> Result<Outcome, ProposeError> {
        self.refresh()?;
        let alone = self.register.present().count() == 1;
        let waiting = match alone {
            true => self.register.waiting.get(&id).cloned().ok_or(ProposeError::NoSuchProposal(id))?,
            false => self.waiting(id)?,
        };
        let Waiting { by, proposal } = waiting;
        let Action::SetKeyholders(set) = &proposal.action else { return Err(ProposeError::BadApproval) };
        self.check_action(&proposal.action)?;
        let agreement = (by != self.keyring.member()).then_some(id);
        let mandate = Mandate { reason: proposal.reason.clone(), proposed_by: by, agreement };
        let approval = KeyholdersApproval { proposal: id, signature: B64.encode(untrusted_signature) };
        self.name_keyholders(set, &mandate, Some(approval))?;
        self.refresh_register()?;
        Ok(Outcome::Done)
    }

    /// Records who holds from now on; asks for the approval of those who hold.
    pub(crate) fn name_keyholders(
        &mut self,
        set: &Keyholders,
        mandate: &Mandate,
        approval: Option<KeyholdersApproval>,
    ) -> Result<(), ProposeError> {
        let to = giver::set_of(Some(set))?.ok_or(giver::BadKeyholders)?;
        self.act(|archive| -> Result<Act, ProposeError> {
            if !is_approved(&archive.register, set, approval.as_ref()) {
                return Err(match approval {
                    Some(_) => ProposeError::BadApproval,
                    None => ProposeError::NotApproved,
                });
            }
            let mut drafts = archive.agreement(mandate)?;
            let change = named(&to, approval.clone(), &mut archive.entropy);
            drafts.push(archive.in_register(change)?);
            Ok(Act::of(drafts, vec![CompartmentId::register()]))
        })?;
        Ok(())
    }
}

/// Did those who hold now approve it, or is there nobody who could?
pub(crate) fn is_approved(
    register: &Register,
    to: &Keyholders,
    approval: Option<&KeyholdersApproval>,
) -> bool {
    let (Some(from), Some(approvers)) = (&register.keyholders, &register.approvers) else {
        return approval.is_none();
    };
    approval.is_some_and(|approval| approvers.approved(&register.archive, &from.fingerprint, to, approval))
}
