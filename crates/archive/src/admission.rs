//! A new member: keys, a sheet in safe hands, and then the record.

use std::io;

use vidimus_model::{Action, CompartmentId, MemberId};
use vidimus_seal::member::{self, MemberKeys};
use vidimus_seal::{KdfParams, RecoveryCode};

use crate::init::describe;
use crate::keyring::read_folder;
use crate::proposals::{Outcome, ProposeError};
use crate::unfinished::UnfinishedError;
use crate::{Archive, ShareError, files};

/// Why a member was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddMemberError {
    /// A member needs a name.
    #[error("a member needs a name without control characters, of at most 400 bytes")]
    Name,
    /// The member's keys cannot be closed.
    #[error("the member's keys cannot be closed: {0}")]
    Lock(#[from] member::LockError),
    /// It could not be proposed or done.
    #[error(transparent)]
    Propose(#[from] ProposeError),
    /// A compartment could not be shared.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// Another process holds the key store.
    #[error(transparent)]
    Unfinished(#[from] UnfinishedError),
    /// The key store failed.
    #[error("the key store failed: {0}")]
    Io(#[from] io::Error),
}

/// A member who is not admitted yet.
pub struct NewMember {
    keys: MemberKeys,
    code: RecoveryCode,
}

impl NewMember {
    /// What their recovery sheet holds.
    pub fn code(&self) -> &RecoveryCode {
        &self.code
    }
}

impl Archive {
    /// Makes a member's keys and admits them: at once where there is one member, else when another agrees.
    ///
    /// They read the register and `main`, and the compartments in `also` where they are admitted at once; later ones are
    /// shared with [`Archive::share`]. The recovery code is given out this once.
    ///
    /// # Errors
    /// Any [`AddMemberError`].
    pub fn add_member(
        &mut self,
        name: &str,
        passphrase: &str,
        kdf: &KdfParams,
        also: &[CompartmentId],
    ) -> Result<(Outcome, RecoveryCode), AddMemberError> {
        let new = self.new_member(name, None)?;
        let outcome = self.admit_new(&new, passphrase, kdf, also)?;
        Ok((outcome, new.code))
    }

    /// Makes the keys of a new member, and nothing else yet: first their sheet has to be in safe hands. `code` is one that is on
    /// a sheet already.
    ///
    /// # Errors
    /// The name is none, or taken.
    pub fn new_member(
        &mut self,
        name: &str,
        code: Option<RecoveryCode>,
    ) -> Result<NewMember, AddMemberError> {
        let keys = MemberKeys::generate(name, &mut self.entropy).map_err(|_| AddMemberError::Name)?;
        self.refresh().map_err(ProposeError::from)?;
        self.check_new(&describe(&keys))?;
        let code = code.unwrap_or_else(|| RecoveryCode::generate(&mut self.entropy));
        Ok(NewMember { keys, code })
    }

    /// Admits a new member: at once where there is one member, else when another agrees.
    ///
    /// # Errors
    /// Any [`AddMemberError`].
    pub fn admit_new(
        &mut self,
        NewMember { keys, code }: &NewMember,
        passphrase: &str,
        kdf: &KdfParams,
        also: &[CompartmentId],
    ) -> Result<Outcome, AddMemberError> {
        let member = describe(keys);
        // One at a time: what another one is about is not taken for what was left over.
        let _workplace = self.workplace()?;
        self.refresh().map_err(ProposeError::from)?;
        self.check_new(&member)?;
        self.drop_what_was_left_of(&member.name, passphrase)?;
        let file = member::lock(keys, passphrase, code, kdf, &mut self.entropy)?;
        let path = self.layout.member(member.member);
        files::replace(&path, &file)?;
        let id = member.member;
        let outcome = match self.propose(Action::AddMember(member), "a new member", false) {
            Ok(outcome) => outcome,
            Err(e) => {
                // Only where it is certain that nothing was recorded: what follows a record can fail too.
                if self.refresh().is_ok() && !self.asks_for(id) {
                    let _ = files::destroy(&path);
                }
                return Err(e.into());
            }
        };
        self.share_at_once(&outcome, id, also)?;
        Ok(outcome)
    }

    /// Is this one a member, or proposed as one? Also where it cannot be known.
    pub fn is_asked_for(&mut self, NewMember { keys, .. }: &NewMember) -> bool {
        self.refresh_register().is_err() || self.asks_for(MemberId::from_bytes(*keys.id.bytes()))
    }

    /// Was someone of this name, with this passphrase and sheet, admitted or proposed already? What is left to do of it is done.
    ///
    /// # Errors
    /// What is left to do cannot be done.
    pub fn admitted_before(
        &mut self,
        name: &str,
        passphrase: &str,
        code: &RecoveryCode,
        also: &[CompartmentId],
    ) -> Result<Option<Outcome>, AddMemberError> {
        self.refresh().map_err(ProposeError::from)?;
        let (mut known, mut outcome) = (self.register.by_name(name), Outcome::Done);
        for (id, waiting) in &self.register.waiting {
            if let Action::AddMember(member) = &waiting.proposal.action
                && member.name == name
            {
                (known, outcome) = (Some(member), Outcome::Waiting(*id));
            }
        }
        let Some(member) = known.map(|member| member.member) else { return Ok(None) };
        let untrusted = crate::files::read(self.layout.member(member))?;
        let theirs = member::unlock_with_recovery(&untrusted, code).is_ok()
            && member::unlock(&untrusted, passphrase).is_ok();
        if !theirs {
            return Ok(None);
        }
        self.share_at_once(&outcome, member, also)?;
        Ok(Some(outcome))
    }

    fn share_at_once(
        &mut self,
        outcome: &Outcome,
        member: MemberId,
        also: &[CompartmentId],
    ) -> Result<(), AddMemberError> {
        if *outcome == Outcome::Done {
            for compartment in also {
                self.share(compartment, member)?;
            }
        }
        Ok(())
    }

    /// Key files of this name and passphrase of which no record tells: they would be taken for the new member's.
    fn drop_what_was_left_of(&self, name: &str, passphrase: &str) -> io::Result<()> {
        for file in read_folder(&self.layout.members())? {
            let id = file.to_str().and_then(|file| file.strip_suffix(".json")?.parse::<MemberId>().ok());
            let Some(id) = id.filter(|id| !self.asks_for(*id)) else { continue };
            let untrusted = crate::files::read(self.layout.member(id))?;
            if !matches!(member::could_be(&untrusted, name), Ok(false))
                && member::unlock(&untrusted, passphrase).is_ok_and(|keys| keys.is_called(name))
            {
                files::destroy(&self.layout.member(id))?;
            }
        }
        Ok(())
    }
}
