//! What members say of cameras: name, place, how far the clock was off, which items are of it; all of it can be taken back.

use vidimus_model::{Camera, CameraItems, Change, ClockCorrection, CompartmentId, KeyId, Ref};

use crate::door::{Act, Draft};
use crate::locate::{Found, Located, Whose};
use crate::{Archive, DoorError, FoldError};

/// What is to be said of a camera; what is none stays as it was said before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraChange {
    /// The name by which people know it.
    pub name: Option<String>,
    /// Where it hangs.
    pub place: Option<String>,
    /// How far its clock was off.
    pub clock: ClockChange,
    /// Why.
    pub reason: String,
}

/// What becomes of the corrections of a camera's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClockChange {
    /// They stay.
    Keep,
    /// One for all times takes the place of all; one for a span stands beside those for other spans.
    Correct(ClockCorrection),
    /// All are taken back.
    TakeBack,
}

/// Why nothing was recorded of a camera.
#[derive(Debug, thiserror::Error)]
pub enum CameraError {
    /// No reason was given.
    #[error("a reason is needed")]
    NoReason,
    /// Nothing was named, or no label of a camera.
    #[error("nothing is said of a camera")]
    Nothing,
    /// The member knows of no such thing.
    #[error("{0} is not known")]
    NotFound(Ref),
    /// It was destroyed.
    #[error("{0} was erased")]
    Erased(Ref),
    /// It is another member's alone.
    #[error("{0} is another member's")]
    Anothers(Ref),
    /// The span begins after it ends.
    #[error("the span ends before it begins")]
    Backwards,
    /// No clock is off by so much.
    #[error("a correction of more than a hundred years")]
    TooFar,
    /// Another correction holds for a part of the span.
    #[error("another correction holds for a part of the span")]
    Overlaps,
    /// Nothing could be recorded.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// What is there could not be asked.
    #[error(transparent)]
    Fold(#[from] FoldError),
}

/// Seconds of a hundred years: a correction beyond is a slip, of a sign or a unit.
const FARTHEST: u64 = 36_525 * 24 * 3600;

/// The label of a camera as records have it: lower case, without blanks, and without zeros that lead a number.
pub fn label_of(typed: &str) -> String {
    let plain: Vec<char> =
        typed.chars().filter(|letter| !letter.is_whitespace()).flat_map(char::to_lowercase).collect();
    let is_digit = |at: Option<usize>| at.and_then(|at| plain.get(at)).is_some_and(char::is_ascii_digit);
    let mut label = String::new();
    for (at, letter) in plain.iter().enumerate() {
        let leads =
            *letter == '0' && is_digit(Some(at + 1)) && !label.ends_with(|c: char| c.is_ascii_digit());
        if !leads {
            label.push(*letter);
        }
    }
    label
}

impl Archive {
    /// Says something of the camera with this label in an accession; what was said before holds where nothing else is said now.
    ///
    /// # Errors
    /// Any [`CameraError`].
    pub fn set_camera(
        &mut self,
        accession: &Ref,
        label: &str,
        change: &CameraChange,
    ) -> Result<(), CameraError> {
        let (accession, label) = (accession.whole(), label_of(label));
        if change.reason.trim().is_empty() {
            return Err(CameraError::NoReason);
        }
        let says_nothing =
            change.name.is_none() && change.place.is_none() && change.clock == ClockChange::Keep;
        if label.is_empty() || says_nothing {
            return Err(CameraError::Nothing);
        }
        if let ClockChange::Correct(ClockCorrection { from: Some(from), until: Some(until), .. }) =
            &change.clock
            && from >= until
        {
            return Err(CameraError::Backwards);
        }
        if let ClockChange::Correct(correction) = &change.clock
            && correction.add.unsigned_abs() > FARTHEST
        {
            return Err(CameraError::TooFar);
        }
        self.act(|archive| -> Result<Act, CameraError> {
            let (located, key) = archive.marked(&accession)?;
            let before = match archive.catalogue_at(&located)? {
                Some(catalogue) => catalogue.camera(&accession, &label).map_err(FoldError::from)?.value,
                None => None,
            };
            let camera = changed(before, &accession, &label, change)?;
            let draft =
                Draft { compartment: located.compartment.clone(), key, change: Change::Camera(camera) };
            Ok(Act::of(vec![draft], vec![located.compartment]))
        })?;
        Ok(())
    }

    /// Gives items to the camera with this label, whatever they claim; with none what they claim holds again.
    ///
    /// # Errors
    /// Any [`CameraError`].
    pub fn give_to_camera(
        &mut self,
        items: &[Ref],
        label: Option<&str>,
        reason: &str,
    ) -> Result<(), CameraError> {
        let label = label.map(label_of);
        if reason.trim().is_empty() {
            return Err(CameraError::NoReason);
        }
        if items.is_empty() || label.as_ref().is_some_and(String::is_empty) {
            return Err(CameraError::Nothing);
        }
        self.act(|archive| -> Result<Act, CameraError> {
            let mut groups: std::collections::BTreeMap<(CompartmentId, KeyId, Ref), Vec<Ref>> =
                Default::default();
            for item in items {
                if item.item.is_none() {
                    return Err(CameraError::NotFound(item.clone()));
                }
                let (located, key) = archive.marked(item)?;
                groups.entry((located.compartment, key, item.whole())).or_default().push(item.clone());
            }
            let mut act = Act::default();
            for ((compartment, key, _), about) in groups {
                let given = CameraItems { about, label: label.clone(), reason: reason.to_owned() };
                act.drafts.push(Draft {
                    compartment: compartment.clone(),
                    key,
                    change: Change::CameraItems(given),
                });
                act.reads.push(compartment);
            }
            Ok(act)
        })?;
        Ok(())
    }

    /// Where a thing is read, and the key that seals what is said of it.
    fn marked(&mut self, reference: &Ref) -> Result<(Located, KeyId), CameraError> {
        let located = match self.locate(reference)? {
            Found::Here(Located { whose: Whose::Anothers(_), .. }) => {
                return Err(CameraError::Anothers(reference.clone()));
            }
            Found::Here(located) => located,
            Found::Erased => return Err(CameraError::Erased(reference.clone())),
            Found::Nowhere => return Err(CameraError::NotFound(reference.clone())),
        };
        let key = self.marking_key(&located)?;
        Ok((located, key))
    }
}

fn changed(
    before: Option<Camera>,
    accession: &Ref,
    label: &str,
    change: &CameraChange,
) -> Result<Camera, CameraError> {
    let (name, place, mut clock) =
        before.map_or_else(Default::default, |before| (before.name, before.place, before.clock));
    match &change.clock {
        ClockChange::Keep => {}
        ClockChange::TakeBack => clock.clear(),
        ClockChange::Correct(whole) if whole.from.is_none() && whole.until.is_none() => {
            clock = vec![whole.clone()];
        }
        ClockChange::Correct(new) => {
            clock.retain(|old| (old.from, old.until) != (new.from, new.until));
            if clock.iter().any(|old| old.overlaps(new)) {
                return Err(CameraError::Overlaps);
            }
            clock.push(new.clone());
            clock.sort_by_key(|one| one.from);
        }
    }
    Ok(Camera {
        about: accession.clone(),
        label: label.to_owned(),
        name: change.name.clone().or(name),
        place: change.place.clone().or(place),
        clock,
        reason: change.reason.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::label_of;

    #[test]
    fn labels_are_typed_in_many_ways() {
        for (typed, label) in [
            ("CAM 03", "cam3"),
            ("cam3", "cam3"),
            ("КАМЕРА 10", "камера10"),
            ("ch000", "ch0"),
            ("cam105", "cam105"),
            ("2-04", "2-4"),
        ] {
            assert_eq!(label_of(typed), label, "{typed}");
        }
    }
}
