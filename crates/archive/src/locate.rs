//! Where the thing that a reference names is read now, and whose it is.

use vidimus_folds::catalogue::{AccessionRow, Catalogue, State};
use vidimus_model::{CompartmentId, KeyId, Ref};

use crate::{Archive, FoldError};

/// What became of a reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It is read here.
    Here(Located),
    /// It was destroyed.
    Erased,
    /// No compartment that the member holds knows of it, or it is read in another.
    Nowhere,
}

/// Where something is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Located {
    /// In whose rows.
    pub compartment: CompartmentId,
    /// Who reads it.
    pub whose: Whose,
    /// Hidden by the latest mark.
    pub withdrawn: bool,
}

/// Who reads something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Every holder of the compartment.
    Holders,
    /// The acting member alone, under this key.
    Mine(KeyId),
    /// Another member alone, who has not released it; sealed by this key.
    Anothers(KeyId),
}

impl Archive {
    /// Finds where a thing is read. The compartments asked are all that the member holds.
    pub(crate) fn locate(&mut self, reference: &Ref) -> Result<Found, FoldError> {
        let compartments: Vec<CompartmentId> = self
            .keyring
            .compartments()
            .map(|held| held.id.clone())
            .filter(|id| *id != CompartmentId::register())
            .collect();
        let mut found = Found::Nowhere;
        for compartment in compartments {
            let catalogue = self.catalogue(&compartment)?;
            let state = catalogue.state(reference)?.value;
            let whole = catalogue.accession(reference)?.value;
            match state {
                Some(state @ (State::Released | State::Withdrawn)) => {
                    let withdrawn = state == State::Withdrawn;
                    return Ok(Found::Here(Located { compartment, whose: Whose::Holders, withdrawn }));
                }
                Some(State::Erased) => found = Found::Erased,
                Some(State::MovedOut) => {}
                Some(State::Private) | None => {
                    if let Some(located) = self.locate_private(reference, compartment, whole)? {
                        return Ok(located);
                    }
                }
            }
        }
        Ok(found)
    }

    /// Of an accession that is not released its compartment knows the number only.
    fn locate_private(
        &mut self,
        reference: &Ref,
        compartment: CompartmentId,
        whole: Option<AccessionRow>,
    ) -> Result<Option<Found>, FoldError> {
        let Some(whole) = whole.filter(|whole| whole.state == State::Private) else { return Ok(None) };
        let Some(key) = whole.key else { return Ok(None) };
        let wrap = self.layout.wrap(key, &self.keyring.member().to_string());
        if !self.keyring.own_accessions().contains(&key) && wrap.exists() {
            // Begun by another process of this member.
            self.keyring.adopt(key);
        }
        if !self.keyring.own_accessions().contains(&key) {
            let located = Located { compartment, whose: Whose::Anothers(key), withdrawn: false };
            return Ok(Some(Found::Here(located)));
        }
        Ok(self.catalogue_of(key)?.state(reference)?.value.map(|state| match state {
            State::Erased => Found::Erased,
            state => Found::Here(Located {
                compartment,
                whose: Whose::Mine(key),
                withdrawn: state == State::Withdrawn,
            }),
        }))
    }

    /// The catalogue in which something is read; none if it is another member's alone.
    pub(crate) fn catalogue_at(&mut self, located: &Located) -> Result<Option<&mut Catalogue>, FoldError> {
        match located.whose {
            Whose::Holders => self.catalogue(&located.compartment).map(Some),
            Whose::Mine(key) => self.catalogue_of(key).map(Some),
            Whose::Anothers(_) => Ok(None),
        }
    }

    /// The key that seals marks about something: the compartment's once it is released, the accession's before.
    pub(crate) fn marking_key(&self, located: &Located) -> Result<KeyId, FoldError> {
        match located.whose {
            Whose::Mine(key) | Whose::Anothers(key) => Ok(key),
            Whose::Holders => {
                let held = self.keyring.compartment(&located.compartment).ok_or(FoldError::NotHeld)?;
                Ok(held.current())
            }
        }
    }
}
