//! Releasing an accession to its compartment, and hiding and bringing back what was taken in.

use std::collections::BTreeMap;
use std::io;

use vidimus_folds::catalogue::{ItemQuery, State};
use vidimus_model::{AboutKey, Change, CompartmentId, KeyId, Ref, Withdrawal};
use vidimus_seal::wrap;

use crate::door::{Act, Draft};
use crate::keyring::KeyringError;
use crate::locate::{Found, Located, Whose};
use crate::shelf::Shelf;
use crate::{Archive, DoorError, FoldError, ProposeError, files};

/// Whether anything had to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It was done, or what was interrupted is finished.
    Done,
    /// All of it was so already: nothing was recorded.
    NothingToDo,
}

/// Items that are looked at together.
const PAGE: usize = 1000;

/// Why an accession was not released.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// Only whole accessions are released.
    #[error("{0} is a part of an accession")]
    NotWhole(Ref),
    /// The member knows of no such accession.
    #[error("{0} is not known")]
    NotFound(Ref),
    /// It was destroyed.
    #[error("{0} was erased")]
    Erased(Ref),
    /// Another member took it in, and only they can release it.
    #[error("{0} is another member's")]
    NotRegistrar(Ref),
    /// It is still being received.
    #[error("{0} is not finished")]
    NotFinished(Ref),
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

/// Why nothing was withdrawn or reinstated.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// A reason is required.
    #[error("no reason was given")]
    NoReason,
    /// The member knows of no such thing.
    #[error("{0} is not known")]
    NotFound(Ref),
    /// It was destroyed.
    #[error("{0} was erased")]
    Erased(Ref),
    /// It is another member's alone.
    #[error("{0} is another member's")]
    Anothers(Ref),
    /// Nothing could be recorded.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// What is there could not be asked.
    #[error(transparent)]
    Fold(#[from] FoldError),
}

impl From<KeyringError> for ReleaseError {
    fn from(error: KeyringError) -> Self {
        FoldError::from(error).into()
    }
}

impl From<ProposeError> for ReleaseError {
    fn from(error: ProposeError) -> Self {
        match error {
            ProposeError::Door(error) => error.into(),
            ProposeError::Fold(error) => error.into(),
            ProposeError::Io(error) => error.into(),
            other => other.into_io().into(),
        }
    }
}

impl Archive {
    /// Lets every holder of its compartment read a finished accession. To repeat it finishes what was interrupted.
    ///
    /// # Errors
    /// Any [`ReleaseError`].
    pub fn release(&mut self, accession: &Ref) -> Result<Effect, ReleaseError> {
        if *accession != accession.whole() {
            return Err(ReleaseError::NotWhole(accession.clone()));
        }
        // Nothing is wrapped for a generation that someone who left may have kept.
        self.finish_removals()?;
        if let Found::Here(Located { compartment, whose: Whose::Holders, .. }) = self.locate(accession)? {
            return self.end_release(accession, &compartment);
        }
        let mut released = None;
        self.act(|archive| -> Result<Act, ReleaseError> {
            let (compartment, key) = archive.releasable(accession)?;
            let generation = archive.keyring.compartment(&compartment).ok_or(FoldError::NotHeld)?.current();
            // Wrapped before it is recorded: whoever reads the record can open the accession.
            archive.wrap_for_generation(key, generation)?;
            released = Some(compartment.clone());
            let change = Change::Release(AboutKey { about: accession.clone(), key });
            let draft = Draft { compartment: compartment.clone(), key: generation, change };
            Ok(Act::of(vec![draft], vec![compartment]))
        })?;
        let compartment = released.expect("the change was decided at least once");
        self.end_release(accession, &compartment)?;
        Ok(Effect::Done)
    }

    /// Hides these from lists and disclosures, for a reason.
    ///
    /// # Errors
    /// Any [`MarkError`].
    pub fn withdraw(&mut self, about: &[Ref], reason: &str) -> Result<Effect, MarkError> {
        self.mark(about, reason, true, Change::Withdraw)
    }

    /// Brings back what was withdrawn, for a reason.
    ///
    /// # Errors
    /// Any [`MarkError`].
    pub fn reinstate(&mut self, about: &[Ref], reason: &str) -> Result<Effect, MarkError> {
        self.mark(about, reason, false, Change::Reinstate)
    }

    /// Where an own accession that can be released would be read, and its key.
    fn releasable(&mut self, accession: &Ref) -> Result<(CompartmentId, KeyId), ReleaseError> {
        let located = match self.locate(accession)? {
            Found::Here(located) => located,
            Found::Erased => return Err(ReleaseError::Erased(accession.clone())),
            Found::Nowhere => return Err(ReleaseError::NotFound(accession.clone())),
        };
        let Whose::Mine(key) = located.whose else {
            return Err(ReleaseError::NotRegistrar(accession.clone()));
        };
        let row = self.catalogue_of(key)?.accession(accession).map_err(FoldError::from)?.value;
        if row.is_none_or(|row| row.end.is_none()) {
            return Err(ReleaseError::NotFinished(accession.clone()));
        }
        Ok((located.compartment, key))
    }

    /// Wraps a sealing key for a generation of a compartment's key.
    pub(crate) fn wrap_for_generation(&mut self, key: KeyId, generation: KeyId) -> Result<(), FoldError> {
        let holder = self.keyring.open(generation)?.ok_or(FoldError::NotHeld)?.identity.recipient();
        let identity = &self.keyring.open(key)?.ok_or(FoldError::NotHeld)?.identity;
        let wrapped = wrap::wrap_identity(identity, &holder, &mut self.entropy);
        Ok(files::replace(&self.layout.wrap(key, &generation.to_string()), &wrapped)?)
    }

    /// Takes away the registrar's own wrap and fold once the compartment has them.
    fn end_release(&mut self, accession: &Ref, compartment: &CompartmentId) -> Result<Effect, ReleaseError> {
        let row = self.catalogue(compartment)?.accession(accession).map_err(FoldError::from)?.value;
        let key = row.and_then(|row| row.key).filter(|key| self.keyring.own_accessions().contains(key));
        let Some(key) = key else { return Ok(Effect::NothingToDo) };
        files::destroy(&self.layout.wrap(key, &self.keyring.member().to_string()))?;
        self.keyring.disown(key);
        self.drop_fold(key)?;
        Ok(Effect::Done)
    }

    /// Closes and removes what was folded under a key.
    pub(crate) fn drop_fold(&mut self, key: KeyId) -> io::Result<()> {
        self.catalogues.remove(&key);
        crate::crash::step();
        Shelf::new(&self.layout, key).remove()
    }

    fn mark(
        &mut self,
        about: &[Ref],
        reason: &str,
        hide: bool,
        change: impl Fn(Withdrawal) -> Change,
    ) -> Result<Effect, MarkError> {
        if reason.trim().is_empty() {
            return Err(MarkError::NoReason);
        }
        self.refresh()?;
        if self.unmarked(about, hide)?.is_empty() {
            return Ok(Effect::NothingToDo);
        }
        self.act(|archive| -> Result<Act, MarkError> {
            let mut act = Act::default();
            for ((compartment, key), about) in archive.unmarked(about, hide)? {
                let change = change(Withdrawal { about, reason: reason.to_owned() });
                act.drafts.push(Draft { compartment: compartment.clone(), key, change });
                act.reads.push(compartment);
            }
            Ok(act)
        })?;
        Ok(Effect::Done)
    }

    /// What is not yet as it should be, by the key that seals its mark.
    fn unmarked(
        &mut self,
        about: &[Ref],
        hide: bool,
    ) -> Result<BTreeMap<(CompartmentId, KeyId), Vec<Ref>>, MarkError> {
        let mut marks: BTreeMap<(CompartmentId, KeyId), Vec<Ref>> = BTreeMap::new();
        for reference in about {
            let located = match self.locate(reference)? {
                Found::Here(Located { whose: Whose::Anothers(_), .. }) => {
                    return Err(MarkError::Anothers(reference.clone()));
                }
                Found::Here(located) => located,
                Found::Erased => return Err(MarkError::Erased(reference.clone())),
                Found::Nowhere => return Err(MarkError::NotFound(reference.clone())),
            };
            if located.withdrawn == hide && !self.holds_otherwise(reference, &located, hide)? {
                continue;
            }
            let key = self.marking_key(&located)?;
            marks.entry((located.compartment, key)).or_default().push(reference.clone());
        }
        Ok(marks)
    }

    /// Is an item of this accession marked otherwise than the accession itself?
    fn holds_otherwise(&mut self, whole: &Ref, located: &Located, hide: bool) -> Result<bool, FoldError> {
        if whole.item.is_some() {
            return Ok(false);
        }
        let catalogue = match located.whose {
            Whose::Mine(key) | Whose::Anothers(key) => self.catalogue_of(key)?,
            Whose::Holders => self.catalogue(&located.compartment)?,
        };
        let accession = Some(whole.clone());
        let mut query =
            ItemQuery { accession, limit: PAGE, include_withdrawn: !hide, ..ItemQuery::default() };
        loop {
            let items = catalogue.items(&query)?.value;
            if items.iter().any(|item| (item.state == State::Withdrawn) != hide) {
                return Ok(true);
            }
            let Some(last) = items.last() else { return Ok(false) };
            query.after = Some(last.item.about.clone());
        }
    }
}
