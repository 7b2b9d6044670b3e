//! What members say of a camera: where it hangs, how far its clock was off, which items are of it.

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use crate::Ref;

/// The change `camera/1`: what a member says of a camera; the latest about it holds, so a correction is taken back by another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Camera {
    /// The accession whose items carry the label.
    pub about: Ref,
    /// The label of [`crate::CameraClaim::label`].
    pub label: String,
    /// The name by which people know it.
    #[serde(deserialize_with = "Option::deserialize")]
    pub name: Option<String>,
    /// Where it hangs.
    #[serde(deserialize_with = "Option::deserialize")]
    pub place: Option<String>,
    /// Corrections of its clock, each for a span of what the clock showed; none overlaps another.
    pub clock: Vec<ClockCorrection>,
    /// Why.
    pub reason: String,
}

/// How far a camera's clock was off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockCorrection {
    /// From when on, as the clock showed it; none: from the beginning.
    #[serde(deserialize_with = "Option::deserialize")]
    pub from: Option<DateTime>,
    /// Up to when, as the clock showed it, not included; none: to the end.
    #[serde(deserialize_with = "Option::deserialize")]
    pub until: Option<DateTime>,
    /// Seconds to be added to what it showed.
    pub add: i64,
    /// Minutes east of UTC of the corrected time; none where that is not known.
    #[serde(deserialize_with = "Option::deserialize")]
    pub zone: Option<i16>,
}

/// The change `camera-items/1`: a member gives items to a camera, whatever they claim; the latest about an item holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CameraItems {
    /// Items of one accession.
    pub about: Vec<Ref>,
    /// The label; none takes it back, and the claims hold again.
    #[serde(deserialize_with = "Option::deserialize")]
    pub label: Option<String>,
    /// Why.
    pub reason: String,
}

impl ClockCorrection {
    /// Do both hold for some moment?
    pub fn overlaps(&self, other: &Self) -> bool {
        let ends_before =
            |one: &Self, next: &Self| one.until.zip(next.from).is_some_and(|(until, from)| until <= from);
        !ends_before(self, other) && !ends_before(other, self)
    }
}

#[cfg(test)]
mod tests {
    use super::ClockCorrection;

    fn correction(from: Option<&str>, until: Option<&str>, add: i64) -> ClockCorrection {
        let time = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        ClockCorrection { from: time(from), until: time(until), add, zone: None }
    }

    #[test]
    fn corrections_hold_for_spans_and_none_for_a_part_of_another() {
        let march = correction(None, Some("2024-03-31T03:00:00"), -3600);
        let april = correction(Some("2024-03-31T03:00:00"), None, 31 * 86_400);
        assert!(!march.overlaps(&april) && !april.overlaps(&march));
        assert!(march.overlaps(&correction(Some("2024-01-01T00:00:00"), None, 7)));
        assert!(march.overlaps(&correction(None, None, 7)) && april.overlaps(&april));
    }
}
