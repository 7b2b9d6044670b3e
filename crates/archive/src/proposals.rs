//! What needs two members: one proposes, another agrees, and the change stands in the same append as the agreement.

use std::collections::BTreeMap;
use std::io;

use vidimus_model::{
    Action, Agreement, Change, CompartmentId, KeyId, Member, MemberId, Proposal, ProposalId,
};

use crate::door::{Act, Draft};
use crate::erase::{EraseError, Mandate};
use crate::receive::giver;
use crate::register::Waiting;
use crate::{Archive, Cause, Caused as _, DoorError, FoldError};

/// What came of a proposal or an agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// It waits: for another member to agree; or, agreed to, for its proposer, who alone can open what is to be erased.
    Waiting(ProposalId),
    /// There is only one member: it will be done when it is confirmed.
    Confirm,
}

/// Why nothing was proposed, agreed to or done.
#[derive(Debug, thiserror::Error)]
pub enum ProposeError {
    /// A reason is required.
    #[error("no reason was given")]
    NoReason,
    /// Nobody proposed this, or it was agreed to already.
    #[error("no proposal {0} waits")]
    NoSuchProposal(ProposalId),
    /// Whoever proposed it, or is to be removed by it, cannot agree to it.
    #[error("another member must agree")]
    NotYours,
    /// Of two members one proposed to remove the other: nobody is left who could agree.
    #[error("there is nobody who could agree")]
    NobodyCanAgree,
    /// Whoever proposed it is no longer a member.
    #[error("the proposer is no longer a member")]
    ProposerGone,
    /// No such member, or no longer.
    #[error("{0} is not a member")]
    NoSuchMember(MemberId),
    /// The last member cannot be removed.
    #[error("the last member cannot be removed")]
    LastMember,
    /// A member of this name is present.
    #[error("there is a member called {0:?}")]
    NameTaken(String),
    /// The record holds no sound keys of the member.
    #[error("the member's keys are not sound")]
    BadMember,
    /// The keyholders who hold now must approve it, and it is theirs to do so.
    #[error("the keyholders have not approved it")]
    NotApproved,
    /// What was given is no approval of this proposal by those keyholders.
    #[error("this is not their approval")]
    BadApproval,
    /// The keyholders cannot be sealed to.
    #[error(transparent)]
    Keyholders(#[from] giver::BadKeyholders),
    /// Nothing was erased.
    #[error(transparent)]
    Erase(#[from] EraseError),
    /// The member is removed, and the archive's key, which they may have kept, was not changed yet.
    #[error(transparent)]
    ArchiveKey(#[from] crate::ArchiveKeyError),
    /// Nothing could be recorded.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// What is there could not be asked.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The key store failed.
    #[error("the key store failed: {0}")]
    Io(#[from] io::Error),
}

impl ProposeError {
    /// The same as an error of the system, whose kind stays: that somebody lacks a permission is still seen.
    pub(crate) fn into_io(self) -> io::Error {
        match self.cause() {
            Cause::System(kind) => io::Error::new(kind, self),
            _ => io::Error::other(self),
        }
    }
}

impl Archive {
    /// Proposes what needs two members. With one member it is done at once: what destroys or replaces only when `confirmed`.
    ///
    /// # Errors
    /// Any [`ProposeError`].
    pub fn propose(
        &mut self,
        action: Action,
        reason: &str,
        confirmed: bool,
    ) -> Result<Outcome, ProposeError> {
        if reason.trim().is_empty() {
            return Err(ProposeError::NoReason);
        }
        self.refresh()?;
        self.check_action(&action)?;
        if let Action::Erase { about } = &action {
            self.check_proposable(about)?;
        }
        let alone = self.register.present().count() == 1;
        let begins = match &action {
            Action::SetKeyholders(_) => alone && self.register.keyholders.is_none(),
            Action::AddMember(_) => alone,
            _ => false,
        };
        let by_keyholders = matches!(action, Action::SetKeyholders(_)) && self.register.approvers.is_some();
        if begins || alone && confirmed && !by_keyholders {
            let me = self.keyring.member();
            self.carry_out(
                &action,
                &Mandate { reason: reason.to_owned(), proposed_by: me, agreement: None },
            )?;
            return Ok(Outcome::Done);
        }
        if alone && !by_keyholders {
            return Ok(Outcome::Confirm);
        }
        let me = self.keyring.member();
        if let Action::RemoveMember { member } = &action
            && self.register.present().all(|present| [me, *member].contains(&present.member))
            && *member != me
        {
            return Err(ProposeError::NobodyCanAgree);
        }
        let mut id = ProposalId::from_bytes(self.entropy.bytes());
        while self.register.proposed.contains(&id) {
            id = ProposalId::from_bytes(self.entropy.bytes());
        }
        if let Action::Erase { about } = &action {
            self.note_for_others(id, about)?;
        }
        let change = Change::Proposal(Proposal { proposal: id, action, reason: reason.to_owned() });
        self.act(|archive| -> Result<Act, ProposeError> {
            Ok(Act::of(vec![archive.in_register(change.clone())?], vec![CompartmentId::register()]))
        })?;
        self.refresh_register()?;
        Ok(Outcome::Waiting(id))
    }

    /// Agrees to what another member proposed, and does it.
    ///
    /// [`Outcome::Waiting`] means that only the proposer can open what is to be erased: it is done by their next command.
    ///
    /// # Errors
    /// Any [`ProposeError`].
    pub fn agree(&mut self, id: ProposalId) -> Result<Outcome, ProposeError> {
        self.refresh()?;
        let exchanges = |waiting: &Waiting| matches!(waiting.proposal.action, Action::SetKeyholders(_));
        if self.register.approvers.is_some() && self.register.waiting.get(&id).is_some_and(exchanges) {
            return Err(ProposeError::NotApproved);
        }
        let Waiting { by, proposal } = self.waiting(id)?;
        self.check_action(&proposal.action)?;
        let mandate = Mandate { reason: proposal.reason, proposed_by: by, agreement: Some(id) };
        if let Action::Erase { about } = &proposal.action
            && !self.can_erase(about, &mandate)?
        {
            self.act(|archive| -> Result<Act, ProposeError> {
                let agreement = archive.agreement(&mandate)?;
                Ok(Act::of(agreement, vec![CompartmentId::register()]))
            })?;
            self.refresh_register()?;
            return Ok(Outcome::Waiting(id));
        }
        self.carry_out(&proposal.action, &mandate)?;
        Ok(Outcome::Done)
    }

    fn carry_out(&mut self, action: &Action, mandate: &Mandate) -> Result<(), ProposeError> {
        match action {
            Action::Erase { about } => self.erase(about, mandate)?,
            Action::AddMember(member) => self.admit(member, mandate)?,
            Action::RemoveMember { member } => self.remove(*member, mandate)?,
            Action::SetKeyholders(set) => self.name_keyholders(set, mandate, None)?,
        }
        Ok(self.refresh_register()?)
    }

    /// A proposal that this member may agree to.
    pub(crate) fn waiting(&self, id: ProposalId) -> Result<Waiting, ProposeError> {
        let waiting = self.register.waiting.get(&id).ok_or(ProposeError::NoSuchProposal(id))?;
        let me = self.keyring.member();
        // Whoever agrees makes the new keys, which must not be known to whom they exclude.
        let excluded = matches!(waiting.proposal.action, Action::RemoveMember { member } if member == me);
        if waiting.by == me || excluded {
            return Err(ProposeError::NotYours);
        }
        if !self.register.present().any(|member| member.member == waiting.by) {
            return Err(ProposeError::ProposerGone);
        }
        Ok(waiting.clone())
    }

    /// The record of this member's agreement, if the mandate is by agreement; checked against the register as it is now.
    pub(crate) fn agreement(&mut self, mandate: &Mandate) -> Result<Vec<Draft>, ProposeError> {
        let Some(id) = mandate.agreement.filter(|id| !self.register.agreed.contains_key(id)) else {
            return Ok(Vec::new());
        };
        self.waiting(id)?;
        Ok(vec![self.in_register(Change::Agreement(Agreement { proposal: id }))?])
    }

    /// A change as a record of the register.
    pub(crate) fn in_register(&self, change: Change) -> Result<Draft, FoldError> {
        let compartment = CompartmentId::register();
        let key = self.current(&compartment)?;
        Ok(Draft { compartment, key, change })
    }

    /// The generation that seals new records of a compartment.
    pub(crate) fn current(&self, compartment: &CompartmentId) -> Result<KeyId, FoldError> {
        Ok(self.keyring.compartment(compartment).ok_or(FoldError::NotHeld)?.current())
    }

    pub(crate) fn check_action(&mut self, action: &Action) -> Result<(), ProposeError> {
        match action {
            Action::Erase { about } => Ok(self.check_erasable(about)?),
            Action::AddMember(member) => self.check_new(member),
            Action::RemoveMember { member } => {
                let present: BTreeMap<MemberId, &Member> =
                    self.register.present().map(|member| (member.member, member)).collect();
                match (present.contains_key(member), present.len()) {
                    (false, _) => Err(ProposeError::NoSuchMember(*member)),
                    (true, 1) => Err(ProposeError::LastMember),
                    (true, _) => Ok(()),
                }
            }
            Action::SetKeyholders(set) => {
                giver::set_of(Some(set))?.ok_or(giver::BadKeyholders)?;
                Ok(())
            }
        }
    }
}
