//! Questions about what was taken in, put to everything the member may read and answered as one.

mod cameras;
mod clock;
mod copies;
mod examined;
mod list;
mod log;
mod show;

use std::collections::HashSet;

use serde::Serializer;
use vidimus_folds::catalogue::{Catalogue, State};
use vidimus_ledger::{Ledger as _, StoreError};
use vidimus_model::{CompartmentId, KeyId, Ref};

use crate::Archive;
use crate::read::ReadError;
use crate::runner::FoldError;

pub use cameras::{CameraOf, NoteLine, OverlapLine};
pub use copies::Twin;
pub use examined::{
    CameraLine, ContradictionLine, DerivativeLine, FactLine, FailureLine, ShownExamination, TimeLine,
};
pub use list::{ListQuery, ListRow};
pub use log::{GivenLine, LogLine};
pub use show::{InternalReceipt, NotTakenLine, Shown, ShownAccession, ShownItem};

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nothing that the member may read has this reference.
    #[error("nothing is known of {0}")]
    Unknown(Ref),
    /// The accession is its registrar's alone.
    #[error("{0} is not released by its registrar")]
    NotReleased(Ref),
    /// The folds cannot be brought up to date or read.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] StoreError),
    /// A record cannot be read.
    #[error(transparent)]
    Read(#[from] Box<ReadError>),
}

impl From<vidimus_folds::StoreError> for AskError {
    fn from(error: vidimus_folds::StoreError) -> Self {
        Self::Fold(error.into())
    }
}

impl From<ReadError> for AskError {
    fn from(error: ReadError) -> Self {
        Self::Read(Box::new(error))
    }
}

/// Where a reference is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// What was asked for.
    pub reference: Ref,
    /// In which compartment's rows it stands.
    pub compartment: CompartmentId,
    /// Who may see it. [`State::Erased`] and [`State::MovedOut`]: only its traces are left here.
    pub state: State,
    /// The key whose catalogue holds it: a compartment's generation, or an accession's that is the member's alone.
    pub catalogue: KeyId,
}

impl Resolved {
    /// Can it still be read here, hidden or not?
    pub fn is_here(&self) -> bool {
        !matches!(self.state, State::Erased | State::MovedOut)
    }
}

/// One of the catalogues that together hold what a member may read.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub key: KeyId,
    pub compartment: CompartmentId,
}

impl Archive {
    /// Finds where a reference is read.
    ///
    /// # Errors
    /// [`AskError::Unknown`], [`AskError::NotReleased`], or the folds cannot be read.
    pub fn resolve(&mut self, reference: &Ref) -> Result<Resolved, AskError> {
        let sources = self.sources()?;
        self.resolve_among(&sources, reference)
    }

    /// As [`Archive::resolve`], for many references: `sources` are this moment's [`Archive::sources`].
    pub(crate) fn resolve_among(
        &mut self,
        sources: &[Source],
        reference: &Ref,
    ) -> Result<Resolved, AskError> {
        let whole = reference.whole();
        let (mut gone, mut part, mut numbered, mut read) = (None, None, false, false);
        for source in sources {
            let catalogue = self.catalogue_of(source.key)?;
            let resolved = |state| Resolved {
                reference: reference.clone(),
                compartment: source.compartment.clone(),
                state,
                catalogue: source.key,
            };
            match catalogue.state(reference)?.value {
                Some(State::Erased) => gone = Some(resolved(State::Erased)),
                Some(State::MovedOut) => gone = gone.or_else(|| Some(resolved(State::MovedOut))),
                Some(state) if begins(catalogue, reference)? => return Ok(resolved(state)),
                // Of an accession whose items were moved the compartment that has its beginning says most.
                Some(state) if is_read(catalogue, reference)? => {
                    part = part.or_else(|| Some(resolved(state)))
                }
                _ => {
                    read |= is_read(catalogue, &whole)?;
                    numbered |= catalogue.state(&whole)?.value == Some(State::Private);
                }
            }
        }
        match part.or(gone) {
            // The accession says how many it was: what it never had was not moved.
            Some(found) if found.state == State::MovedOut && self.never_had(sources, reference)? => {
                Err(AskError::Unknown(reference.clone()))
            }
            Some(found) => Ok(found),
            // Its number is taken, and what is in it is someone else's alone.
            None if numbered && !read => Err(AskError::NotReleased(whole)),
            None => Err(AskError::Unknown(reference.clone())),
        }
    }

    /// Is the item's number larger than its accession counted, where that is read?
    fn never_had(&mut self, sources: &[Source], reference: &Ref) -> Result<bool, AskError> {
        let Some(number) = reference.item else { return Ok(false) };
        for source in sources {
            let row = self.catalogue_of(source.key)?.accession(&reference.whole())?.value;
            if let Some(end) = row.and_then(|row| row.end) {
                return Ok(number > end.found);
            }
        }
        Ok(false)
    }

    /// The catalogues of every held compartment, then those of accessions that are the member's alone.
    pub(crate) fn sources(&mut self) -> Result<Vec<Source>, AskError> {
        self.refresh_register()?;
        let register = CompartmentId::register();
        let mut sources: Vec<Source> = self
            .keyring
            .compartments()
            .filter(|held| held.id != register)
            .map(|held| Source { key: held.current(), compartment: held.id.clone() })
            .collect();
        // What was released is read in its compartment, where also later marks about it stand.
        let mut shared = HashSet::new();
        for source in &sources {
            shared.extend(self.catalogue_of(source.key)?.readable_keys()?.value);
        }
        for key in self.keyring.own_accessions().to_vec() {
            if shared.contains(&key) || self.keyring.open(key).map_err(FoldError::from)?.is_none() {
                continue;
            }
            let first = self.ledger.rows_of_key(&key.to_string(), 0, 1)?;
            let compartment = first.first().and_then(|row| row.compartment.parse().ok());
            sources.extend(compartment.map(|compartment| Source { key, compartment }));
        }
        Ok(sources)
    }
}

/// Is the thing itself read in this catalogue, and not only something about it?
fn is_read(catalogue: &Catalogue, reference: &Ref) -> Result<bool, AskError> {
    if reference.item.is_some() {
        return Ok(catalogue.item(reference)?.value.is_some());
    }
    let row = catalogue.accession(reference)?.value;
    Ok(row.is_some_and(|row| row.begun.is_some() || row.end.is_some() || row.counts.items > 0))
}

/// Is the item read in this catalogue, or the beginning of the accession?
fn begins(catalogue: &Catalogue, reference: &Ref) -> Result<bool, AskError> {
    if reference.item.is_some() {
        return is_read(catalogue, reference);
    }
    Ok(catalogue.accession(reference)?.value.is_some_and(|row| row.begun.is_some()))
}

/// The word for a state in JSON (`docs/format/commands.md`).
fn state_word<S: Serializer>(state: &State, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match state {
        State::Private => "private",
        State::Released => "released",
        State::Withdrawn => "withdrawn",
        State::Erased => "erased",
        State::MovedOut => "moved",
    })
}
