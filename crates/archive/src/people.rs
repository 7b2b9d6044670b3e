//! Members read what they may, and are removed: records, and the keys that follow.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::{fs, io};

use vidimus_ledger::Ledger as _;
use vidimus_model::{Change, CompartmentId, Generation, Holder, KeyId, Member, MemberId, MemberRemoved};
use vidimus_seal::age::{Identity, Recipient};
use vidimus_seal::wrap;

use crate::door::{Act, Draft};
use crate::erase::Mandate;
use crate::keyring::{SealingKey, read_folder};
use crate::proposals::ProposeError;
use crate::register::adds;
use crate::rows::{self, Said};
use crate::{Archive, DoorError, Effect, FoldError, files};

/// Why a compartment was not shared.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// No such member, or no longer.
    #[error("{0} is not a member")]
    NoSuchMember(MemberId),
    /// The record holds no sound key of the member.
    #[error("the member's keys are not sound")]
    BadMember,
    /// Nothing could be recorded.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The compartment is not held, or could not be asked.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The key store failed.
    #[error("the key store failed: {0}")]
    Io(#[from] io::Error),
}

impl Archive {
    /// Lets a member read a compartment that this member holds, from its beginning; says whether they did not already.
    ///
    /// # Errors
    /// Any [`ShareError`].
    pub fn share(&mut self, compartment: &CompartmentId, with: MemberId) -> Result<Effect, ShareError> {
        self.refresh()?;
        if self.holders(compartment)?.contains(&with) {
            return Ok(Effect::NothingToDo);
        }
        self.act(|archive| -> Result<Act, ShareError> {
            let recipient = archive.recipient_of(with).ok_or(ShareError::NoSuchMember(with))?;
            let recipient = recipient.ok_or(ShareError::BadMember)?;
            let drafts = archive.let_hold(compartment, with, &recipient)?;
            Ok(Act::of(drafts, vec![CompartmentId::register(), compartment.clone()]))
        })?;
        Ok(Effect::Done)
    }

    /// Takes away what removals have left: new generations of the keys that a removed member held, another signing key for the
    /// archive, and the wraps of the old ones.
    ///
    /// The rest of a removal is done by whoever holds the compartments that the agreeing member does not.
    ///
    /// # Errors
    /// Any [`ProposeError`].
    pub fn finish_removals(&mut self) -> Result<(), ProposeError> {
        self.refresh()?;
        if !self.held_by_removed()?.is_empty() {
            let mut new = NewKeys::new();
            self.act(|archive| -> Result<Act, ProposeError> {
                let stale = archive.held_by_removed()?;
                let (drafts, mut reads) = archive.new_generations(stale, None, &mut new)?;
                reads.push(CompartmentId::register());
                Ok(Act::of(drafts, reads))
            })?;
            self.refresh()?;
        }
        self.finish_key_changes()?;
        self.take_wraps_away()
    }

    /// Is this a member, or proposed as one?
    pub(crate) fn asks_for(&self, id: MemberId) -> bool {
        self.register.members.contains_key(&id) || self.register.waiting.values().any(|w| adds(w, id))
    }

    /// Is this someone who can be added?
    pub(crate) fn check_new(&self, member: &Member) -> Result<(), ProposeError> {
        if self.register.by_name(&member.name).is_some() {
            return Err(ProposeError::NameTaken(member.name.clone()));
        }
        if self.register.members.contains_key(&member.member) || parse(member).is_none() {
            return Err(ProposeError::BadMember);
        }
        Ok(())
    }

    pub(crate) fn admit(&mut self, member: &Member, mandate: &Mandate) -> Result<(), ProposeError> {
        let recipient = parse(member).ok_or(ProposeError::BadMember)?;
        let common = [CompartmentId::register(), CompartmentId::main()];
        self.act(|archive| -> Result<Act, ProposeError> {
            let mut drafts = archive.agreement(mandate)?;
            archive.check_new(member)?;
            drafts.push(archive.in_register(Change::Member(member.clone()))?);
            for compartment in &common {
                drafts.extend(archive.let_hold(compartment, member.member, &recipient)?);
            }
            archive.let_sign(member.member, &recipient)?;
            Ok(Act::of(drafts, common.to_vec()))
        })?;
        Ok(())
    }

    pub(crate) fn remove(&mut self, gone: MemberId, mandate: &Mandate) -> Result<(), ProposeError> {
        let mut new = NewKeys::new();
        self.act(|archive| -> Result<Act, ProposeError> {
            let agreement = archive.agreement(mandate)?;
            if !archive.register.present().any(|member| member.member == gone) {
                return Err(ProposeError::NoSuchMember(gone));
            }
            let mut held = Vec::new();
            let all: Vec<CompartmentId> =
                archive.keyring.compartments().map(|held| held.id.clone()).collect();
            for compartment in all {
                if archive.holders(&compartment)?.contains(&gone) {
                    held.push(compartment);
                }
            }
            let (mut drafts, mut reads) = archive.new_generations(held, Some(gone), &mut new)?;
            let removed =
                Change::MemberRemoved(MemberRemoved { member: gone, reason: mandate.reason.clone() });
            let own_affairs = agreement.into_iter().map(|draft| draft.change).chain([removed]);
            // All of the register's rows stand under its newest generation: by that the others notice it.
            let (register, (key, _)) = (CompartmentId::register(), new[&CompartmentId::register()].clone());
            drafts.extend(own_affairs.map(|change| Draft { compartment: register.clone(), key, change }));
            reads.push(register);
            Ok(Act::of(drafts, reads))
        })?;
        self.refresh()?;
        self.finish_key_changes()?;
        self.take_wraps_away()
    }

    /// Who holds the newest generation of a compartment that this member holds, by its records: those for whom it was made,
    /// and those with whom it was shared since.
    ///
    /// # Errors
    /// The compartment is not held, or its rows cannot be read.
    pub fn holders(&mut self, compartment: &CompartmentId) -> Result<BTreeSet<MemberId>, FoldError> {
        let current = self.current(compartment)?;
        let key = self.keyring.open(current)?.ok_or(FoldError::NotHeld)?;
        let mut holders = BTreeSet::new();
        let mut from = 0;
        loop {
            let rows = self.ledger.rows_of_key(&current.to_string(), from, PAGE)?;
            let Some(last) = rows.last().map(|row| row.seq) else { return Ok(holders) };
            from = last + 1;
            for row in &rows {
                match rows::open(row, &key.row, &self.archive_id)? {
                    Said::Statement(statement) => match statement.change {
                        Change::Generation(generation) if generation.key == current => {
                            holders.extend(generation.holders);
                        }
                        Change::Holder(holder) if holder.key == current => {
                            holders.insert(holder.member);
                        }
                        _ => {}
                    },
                    _ => continue,
                }
            }
        }
    }

    /// A member's recipient, as the register has it; the inner none if the record holds no sound one.
    pub(crate) fn recipient_of(&self, member: MemberId) -> Option<Option<Recipient>> {
        self.register.present().find(|present| present.member == member).map(parse)
    }

    /// Wraps every generation of a compartment that this member holds for another; the records that say so.
    fn let_hold(
        &mut self,
        compartment: &CompartmentId,
        member: MemberId,
        recipient: &Recipient,
    ) -> Result<Vec<Draft>, FoldError> {
        let held = self.keyring.compartment(compartment).cloned().ok_or(FoldError::NotHeld)?;
        let mut drafts = Vec::new();
        for key in &held.generations {
            let identity = &self.keyring.open(*key)?.ok_or(FoldError::NotHeld)?.identity;
            let wrapped = wrap::wrap_identity(identity, recipient, &mut self.entropy);
            files::replace(&self.layout.wrap(*key, &member.to_string()), &wrapped)?;
            let change = Change::Holder(Holder { key: *key, member });
            drafts.push(Draft { compartment: compartment.clone(), key: held.current(), change });
        }
        Ok(drafts)
    }

    /// Compartments that this member holds with someone who is no longer a member.
    fn held_by_removed(&mut self) -> Result<Vec<CompartmentId>, FoldError> {
        let removed: BTreeSet<MemberId> =
            self.register.members.iter().filter(|(_, known)| known.removed).map(|(id, _)| *id).collect();
        if removed.is_empty() {
            return Ok(Vec::new());
        }
        let all: Vec<CompartmentId> = self.keyring.compartments().map(|held| held.id.clone()).collect();
        let mut stale = Vec::new();
        for compartment in all {
            if !self.holders(&compartment)?.is_disjoint(&removed) {
                stale.push(compartment);
            }
        }
        Ok(stale)
    }

    /// A new generation of each compartment's key and of the register's, for all holders but the removed and `gone`. What was
    /// released under the old one is wrapped for the new. `new` keeps the keys over several tries, unless one of those for whom
    /// they were wrapped no longer holds.
    fn new_generations(
        &mut self,
        mut compartments: Vec<CompartmentId>,
        gone: Option<MemberId>,
        new: &mut NewKeys,
    ) -> Result<(Vec<Draft>, Vec<CompartmentId>), ProposeError> {
        if !compartments.contains(&CompartmentId::register()) {
            compartments.push(CompartmentId::register());
        }
        let mut drafts = Vec::new();
        for compartment in &compartments {
            let mut holders: BTreeMap<MemberId, Recipient> = BTreeMap::new();
            for member in self.holders(compartment)? {
                if Some(member) != gone
                    && let Some(recipient) = self.recipient_of(member)
                {
                    holders.insert(member, recipient.ok_or(ProposeError::BadMember)?);
                }
            }
            let still_hold =
                |wrapped: &BTreeSet<MemberId>| wrapped.iter().all(|one| holders.contains_key(one));
            let key = match new.get(compartment).filter(|(_, wrapped)| still_hold(wrapped)) {
                Some((key, _)) => *key,
                None => {
                    let identity = Identity::generate(&mut self.entropy);
                    let key = SealingKey::new(KeyId::from_bytes(self.entropy.bytes()), identity);
                    let id = key.id;
                    self.keyring.add(key);
                    id
                }
            };
            new.insert(compartment.clone(), (key, holders.keys().copied().collect()));
            let identity = &self.keyring.get(key).expect("it was put there just now").identity;
            let recipient = identity.recipient().to_string();
            for (member, holder) in &holders {
                let wrapped = wrap::wrap_identity(identity, holder, &mut self.entropy);
                files::replace(&self.layout.wrap(key, &member.to_string()), &wrapped)?;
            }
            if *compartment != CompartmentId::register() {
                let readable = self.catalogue(compartment)?.readable_keys().map_err(FoldError::from)?.value;
                for sealing in readable {
                    if self.keyring.open(sealing).map_err(FoldError::from)?.is_some() {
                        self.wrap_for_generation(sealing, key)?;
                    }
                }
            }
            let holders = holders.into_keys().collect();
            let change = Change::Generation(Generation { key, recipient, holders });
            drafts.push(Draft { compartment: compartment.clone(), key, change });
        }
        Ok((drafts, compartments))
    }

    /// Removes the wraps of removed members, except of keys that nobody else can open: an accession that they did not release
    /// is not destroyed by their leaving. Then what led from an old generation to accessions, and folds under it.
    fn take_wraps_away(&mut self) -> Result<(), ProposeError> {
        let removed: Vec<MemberId> =
            self.register.members.iter().filter(|(_, known)| known.removed).map(|(id, _)| *id).collect();
        if removed.is_empty() {
            return Ok(());
        }
        let mut only_theirs: BTreeSet<MemberId> = BTreeSet::new();
        for entry in read_folder(&self.layout.held())? {
            let Some(key) = entry.to_str().and_then(|name| name.parse::<KeyId>().ok()) else { continue };
            let mut wraps = read_folder(&self.layout.held_key(key))?;
            wraps.retain(|wrap| wrap.to_string_lossy().ends_with(".age"));
            let of_removed = |wrap: &std::ffi::OsString| {
                removed.iter().copied().find(|member| *wrap == *format!("{member}.age"))
            };
            let others = wraps.iter().any(|wrap| of_removed(wrap).is_none());
            for member in wraps.iter().filter_map(of_removed) {
                if others {
                    files::destroy(&self.layout.wrap(key, &member.to_string()))?;
                } else {
                    only_theirs.insert(member);
                }
            }
        }
        for member in removed {
            let (file, aside) = (self.layout.member(member), self.layout.removed_member(member));
            if !only_theirs.contains(&member) {
                files::destroy(&file)?;
                files::destroy(&aside)?;
            } else if file.exists() {
                // Another of the same name and passphrase must not be taken for them.
                fs::rename(&file, &aside)?;
                files::sync_folder(&self.layout.members())?;
            }
        }
        let held: Vec<_> = self.keyring.compartments().cloned().collect();
        for compartment in held.iter().filter(|held| held.generations.len() > 1) {
            let (current, old) = compartment.generations.split_last().expect("more than one");
            let mut readable = Vec::new();
            if compartment.id != CompartmentId::register() {
                readable = self.catalogue(&compartment.id)?.readable_keys().map_err(FoldError::from)?.value;
            }
            for generation in old {
                for key in
                    readable.iter().filter(|key| self.layout.wrap(**key, &current.to_string()).exists())
                {
                    files::destroy(&self.layout.wrap(*key, &generation.to_string()))?;
                }
                self.drop_fold(*generation)?;
            }
        }
        Ok(())
    }
}

/// The key of each compartment's new generation, and for whom it is wrapped.
type NewKeys = HashMap<CompartmentId, (KeyId, BTreeSet<MemberId>)>;

/// Rows that are read at once.
const PAGE: usize = 2048;

/// The recipient that a member's record names, if all its keys are sound.
fn parse(member: &Member) -> Option<Recipient> {
    let known = crate::KnownMember { member: member.clone(), removed: false };
    known.signing_key()?;
    member.recipient.parse().ok()
}
