//! New compartments.

use std::collections::BTreeSet;
use std::io;

use vidimus_model::{Change, Compartment, CompartmentId, KeyId, MemberId};
use vidimus_seal::age::Identity;
use vidimus_seal::wrap;

use crate::door::Act;
use crate::init::begin_compartment;
use crate::keyring::SealingKey;
use crate::{Archive, DoorError, FoldError, files};

/// Why no compartment was made.
#[derive(Debug, thiserror::Error)]
pub enum NewCompartmentError {
    /// A compartment needs a name of its own among those that the member holds.
    #[error("a compartment needs a name of its own, without control characters")]
    Name,
    /// Only A to Z.
    #[error("{0:?} is not a letter from A to Z")]
    NotALetter(char),
    /// Another compartment has it, perhaps one that the member does not hold.
    #[error("the letter {0} is given")]
    LetterTaken(char),
    /// All letters are given.
    #[error("all letters are given")]
    NoLetterLeft,
    /// Whoever makes a compartment holds it.
    #[error("whoever makes a compartment must be among its members")]
    NotAmong,
    /// No such member, or no longer, or their record holds no sound key.
    #[error("{0} is not a member")]
    NoSuchMember(MemberId),
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

impl Archive {
    /// Begins a compartment that these members read, under a letter that no other has: the one given, or the first free one.
    ///
    /// # Errors
    /// Any [`NewCompartmentError`].
    pub fn new_compartment(
        &mut self,
        name: &str,
        letter: Option<char>,
        members: &[MemberId],
    ) -> Result<CompartmentId, NewCompartmentError> {
        let name = name.trim();
        if name.is_empty() || name.contains(char::is_control) {
            return Err(NewCompartmentError::Name);
        }
        let members: BTreeSet<MemberId> = members.iter().copied().collect();
        if !members.contains(&self.keyring.member()) {
            return Err(NewCompartmentError::NotAmong);
        }
        let id = CompartmentId::random(&mut self.rng);
        let key = KeyId::from_bytes(self.entropy.bytes());
        self.keyring.add(SealingKey::new(key, Identity::generate(&mut self.entropy)));
        self.act(|archive| -> Result<Act, NewCompartmentError> {
            if archive.keyring.compartments().any(|held| held.name == name) {
                return Err(NewCompartmentError::Name);
            }
            let letter = archive.free_letter(letter)?;
            for member in &members {
                let recipient = archive.recipient_of(*member).flatten();
                let recipient = recipient.ok_or(NewCompartmentError::NoSuchMember(*member))?;
                let identity = &archive.keyring.get(key).expect("it was put there above").identity;
                let wrapped = wrap::wrap_identity(identity, &recipient, &mut archive.entropy);
                files::replace(&archive.layout.wrap(key, &member.to_string()), &wrapped)?;
            }
            let sealing = archive.keyring.get(key).expect("it was put there above");
            let holders = members.iter().copied().collect();
            let mut drafts = begin_compartment(&id, sealing, name, Some(letter), holders).to_vec();
            // Every member must know which letters are given, and only the holders the name.
            drafts.push(archive.in_register(Change::Compartment(Compartment {
                compartment: id.clone(),
                name: String::new(),
                letter: letter.to_string(),
            }))?);
            Ok(Act::of(drafts, vec![CompartmentId::register()]))
        })?;
        self.keyring.gather(&self.ledger, &self.archive_id).map_err(FoldError::from)?;
        self.refresh_register()?;
        self.remember_keys();
        Ok(id)
    }

    fn free_letter(&self, wanted: Option<char>) -> Result<char, NewCompartmentError> {
        let given: BTreeSet<char> = self.register.letters.values().copied().collect();
        match wanted {
            Some(letter) if !letter.is_ascii_uppercase() => Err(NewCompartmentError::NotALetter(letter)),
            Some(letter) if given.contains(&letter) => Err(NewCompartmentError::LetterTaken(letter)),
            Some(letter) => Ok(letter),
            None => {
                ('A'..='Z').find(|letter| !given.contains(letter)).ok_or(NewCompartmentError::NoLetterLeft)
            }
        }
    }
}
