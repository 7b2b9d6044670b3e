//! Erasing: bodies, objects and keys are destroyed, the entries in the log and a tombstone that says why remain.
//!
//! What is decided stands in one append: tombstone, agreement, and the destruction of the bodies. Objects and keys go after it;
//! a note written before it (`unfinished.rs`) lets any holder of the compartment finish what a crash interrupted.

pub(crate) mod plan;

use vidimus_ledger::Ledger as _;
use vidimus_model::{Action, CompartmentId, MemberId, ProposalId, Ref};

use crate::door::Act;
use crate::locate::{Found, Located, Whose};
use crate::proposals::ProposeError;
use crate::receive::Turn;
use crate::repack::RepackError;
use crate::unfinished::{Remains, UnfinishedError, WorkNote};
use crate::{Archive, DoorError, FoldError};

/// Why nothing was erased, or not everything taken away.
#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    /// Nothing was named.
    #[error("nothing to erase")]
    Nothing,
    /// The member knows of no such thing.
    #[error("{0} is not known")]
    NotFound(Ref),
    /// It is another member's alone, and only they can propose this.
    #[error("{0} is another member's")]
    Anothers(Ref),
    /// Another process is receiving it.
    #[error("{0} is being received")]
    UnderWay(Ref),
    /// A pack could not be written without what leaves it.
    #[error(transparent)]
    Repack(#[from] RepackError),
    /// What was written or destroyed is not yet as it should be.
    #[error(transparent)]
    Unfinished(#[from] UnfinishedError),
    /// Nothing could be recorded.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// What is there could not be asked.
    #[error(transparent)]
    Fold(#[from] FoldError),
}

/// On whose word something is done.
#[derive(Clone, Debug)]
pub(crate) struct Mandate {
    /// Why.
    pub reason: String,
    /// Who proposed it.
    pub proposed_by: MemberId,
    /// Which proposal was agreed to; none where there is only one member.
    pub agreement: Option<ProposalId>,
}

impl Archive {
    /// Destroys what these name. What is destroyed already is passed over.
    pub(crate) fn erase(&mut self, about: &[Ref], mandate: &Mandate) -> Result<(), ProposeError> {
        self.refuse_received(about)?;
        let workplace = self.workplace().map_err(EraseError::from)?;
        self.finish_work(&workplace).map_err(EraseError::from)?;
        if mandate.agreement.is_none() && !self.is_left(about)? {
            return Ok(());
        }
        let name = hex::encode(self.entropy.bytes::<8>());
        let mut fresh = Remains::default();
        let done = self.act(|archive| -> Result<Act, ProposeError> {
            // What an earlier try wrote is not what this one names.
            archive.take_away(&std::mem::take(&mut fresh)).map_err(EraseError::from)?;
            let agreement = archive.agreement(mandate)?;
            let agreed_by = archive.agreed_by(mandate);
            let Some(plan) = archive.plan_erasure(about, mandate, agreed_by)? else {
                return Ok(Act::of(agreement, vec![CompartmentId::register()]));
            };
            fresh = plan.note.otherwise.clone();
            let mut act = archive.prepare_erasure(&name, plan)?;
            act.drafts.extend(agreement);
            Ok(act)
        });
        // Also after an error: what was written for nothing is taken away.
        let finished = self.finish_work(&workplace).map_err(EraseError::from);
        done?;
        finished?;
        self.refresh()?;
        Ok(())
    }

    /// What another process is receiving would go on to be recorded under a key that is destroyed.
    fn refuse_received(&mut self, about: &[Ref]) -> Result<(), EraseError> {
        for reference in about {
            let Found::Here(located) = self.locate(reference)? else { continue };
            if let Whose::Mine(key) | Whose::Anothers(key) = located.whose
                && Turn::is_taken(&self.layout.unanswered(key))
            {
                return Err(EraseError::UnderWay(reference.whole()));
            }
        }
        Ok(())
    }

    /// Are these things that this member may propose to erase?
    pub(crate) fn check_erasable(&mut self, about: &[Ref]) -> Result<(), EraseError> {
        if about.is_empty() {
            return Err(EraseError::Nothing);
        }
        self.refuse_received(about)?;
        for reference in about {
            if self.locate(reference)? == Found::Nowhere {
                return Err(EraseError::NotFound(reference.clone()));
            }
        }
        Ok(())
    }

    /// May this member propose it: is it not another's alone who could?
    pub(crate) fn check_proposable(&mut self, about: &[Ref]) -> Result<(), EraseError> {
        for reference in about {
            if let Found::Here(located) = self.locate(reference)?
                && matches!(located.whose, Whose::Anothers(_))
                && !self.is_orphaned(reference, &located)?
            {
                return Err(EraseError::Anothers(reference.clone()));
            }
        }
        Ok(())
    }

    /// Can this member open, or has the proposer noted, all that is to be destroyed?
    pub(crate) fn can_erase(&mut self, about: &[Ref], mandate: &Mandate) -> Result<bool, EraseError> {
        for reference in about {
            let Found::Here(located) = self.locate(reference)? else { continue };
            let noted = match mandate.agreement {
                Some(id) => self.work_noted(&id.to_string())?.is_some(),
                None => false,
            };
            if matches!(located.whose, Whose::Anothers(_))
                && !(reference.item.is_none() && noted || self.is_orphaned(reference, &located)?)
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Notes, for the member who will agree, which objects belong to accessions that this member alone can open.
    pub(crate) fn note_for_others(&mut self, id: ProposalId, about: &[Ref]) -> Result<(), EraseError> {
        let mut note = WorkNote { proposal: Some(id), ..WorkNote::default() };
        let mut home = None;
        for reference in about.iter().filter(|reference| reference.item.is_none()) {
            let Found::Here(located) = self.locate(reference)? else { continue };
            let Whose::Mine(key) = located.whose else { continue };
            let first = self.ledger.rows_of_key(&key.to_string(), 0, 1).map_err(FoldError::from)?;
            let Some(first) = first.first() else { continue };
            note.row = first.seq;
            note.then.keys.insert(key);
            let mut objects = self.objects_of(reference, &located)?;
            objects.extend(self.unrecorded_objects(&[key])?);
            note.destroyed.extend(self.name_destroyed(&objects, &[key])?);
            note.then.objects.extend(objects);
            home = Some(located.compartment);
        }
        if let Some(home) = home {
            self.note_work(&id.to_string(), &home, about.to_vec(), note)?;
        }
        Ok(())
    }

    /// Does the erasures that another member agreed to and only this one, who proposed them, can do.
    pub(crate) fn do_agreed(&mut self) -> Result<usize, ProposeError> {
        let me = self.keyring.member();
        let agreed: Vec<_> = self
            .register
            .agreed
            .iter()
            .filter(|(_, agreed)| agreed.waiting.by == me)
            .map(|(id, a)| (*id, a.clone()))
            .collect();
        let mut done = 0;
        for (id, agreed) in agreed {
            let Action::Erase { about } = &agreed.waiting.proposal.action else { continue };
            if self.is_left(about)? {
                let reason = agreed.waiting.proposal.reason.clone();
                self.erase(about, &Mandate { reason, proposed_by: me, agreement: Some(id) })?;
                done += 1;
            }
        }
        Ok(done)
    }

    /// Is anything of these not destroyed yet?
    fn is_left(&mut self, about: &[Ref]) -> Result<bool, FoldError> {
        let mut left = false;
        for reference in about {
            left |= matches!(self.locate(reference)?, Found::Here(_));
        }
        Ok(left)
    }

    /// Who agreed; none where there is only one member.
    fn agreed_by(&self, mandate: &Mandate) -> Option<MemberId> {
        let id = mandate.agreement?;
        Some(self.register.agreed.get(&id).map_or(self.keyring.member(), |agreed| agreed.by))
    }

    /// Is it a whole accession that nobody who is still a member can open?
    fn is_orphaned(&mut self, reference: &Ref, located: &Located) -> Result<bool, FoldError> {
        let row = self.catalogue(&located.compartment)?.accession(reference)?.value;
        let registrar = row.and_then(|row| row.registrar);
        let present = self.register.present().any(|member| Some(member.member) == registrar);
        Ok(reference.item.is_none() && !present)
    }
}
