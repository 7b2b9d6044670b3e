//! The cameras of accessions, and what speaks against their clocks: it is pointed out, and never resolved here.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use jiff::civil::DateTime;
use serde::Serialize;
use vidimus_examine::claims;
use vidimus_model::{Camera, ClaimSource, Precision, Ref};

use super::examined::clock_of;
use super::{AskError, TimeLine};
use crate::Archive;

/// A camera of an accession, for the list of cameras.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CameraOf {
    /// The accession.
    pub accession: Ref,
    /// Its label.
    pub label: String,
    /// Items that claim it.
    pub claimed: u64,
    /// Items that a member gave to it.
    pub given: u64,
    /// What a member says of it.
    pub said: Option<Camera>,
    /// Who.
    pub by_name: Option<String>,
    /// Sentences of other items of the accession that speak of its clock, or of clocks without saying whose.
    pub notes: Vec<NoteLine>,
    /// Recordings of it that lie over each other, at most 100; none where nobody asked for one accession.
    pub overlaps: Option<Vec<OverlapLine>>,
}

/// A sentence that should be read before a clock is corrected.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NoteLine {
    /// The item that it stands in.
    #[serde(rename = "ref")]
    pub reference: Ref,
    /// As hostile as the item.
    pub untrusted_sentence: String,
}

/// Two recordings of one camera that lie over each other: copies of one another, or its clock was set in between.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OverlapLine {
    /// One.
    pub one: Ref,
    /// The other; it does not begin earlier.
    pub other: Ref,
    /// For how many seconds.
    pub seconds: i64,
}

/// Overlaps of one camera: who sees a hundred knows that its clock was set back, or that a folder is there twice.
const OVERLAPS: usize = 100;

impl Archive {
    /// The cameras of an accession, with what speaks against their clocks, or of everything that the member can read.
    ///
    /// # Errors
    /// The reference is not known, or the folds cannot be read.
    pub fn cameras(&mut self, accession: Option<&Ref>) -> Result<Vec<CameraOf>, AskError> {
        if let Some(reference) = accession {
            self.resolve(reference)?;
        }
        let (mut cameras, mut notes) = (Vec::new(), Vec::new());
        for source in self.sources()? {
            let catalogue = self.catalogue_of(source.key)?;
            notes.extend(catalogue.clock_notes(accession)?.value);
            for row in catalogue.cameras(accession)?.value {
                let by_name = row.said.as_ref().map(|(_, by, _)| self.register.name(*by));
                cameras.push(CameraOf {
                    accession: row.accession,
                    label: row.label,
                    claimed: row.items.claimed,
                    given: row.items.given,
                    said: row.said.map(|(_, _, camera)| camera),
                    by_name,
                    notes: Vec::new(),
                    overlaps: None,
                });
            }
        }
        cameras.sort_by(|a, b| (&a.accession, &a.label).cmp(&(&b.accession, &b.label)));
        let mut recordings = accession.map(|whole| self.recordings(whole)).transpose()?;
        let known: BTreeSet<(Ref, String)> =
            cameras.iter().map(|camera| (camera.accession.clone(), camera.label.clone())).collect();
        for camera in &mut cameras {
            camera.notes = notes_of(camera, &notes, &known);
            camera.overlaps =
                recordings.as_mut().map(|all| overlaps(&all.remove(&camera.label).unwrap_or_default()));
        }
        Ok(cameras)
    }

    /// By camera, the recordings of an accession of which beginning and length are known; copies are left out.
    fn recordings(&mut self, accession: &Ref) -> Result<BTreeMap<String, Vec<Recording>>, AskError> {
        let mut recordings: BTreeMap<String, Vec<Recording>> = BTreeMap::new();
        for source in self.sources()? {
            let catalogue = self.catalogue_of(source.key)?;
            let mut said: BTreeMap<String, Option<Camera>> = BTreeMap::new();
            for found in catalogue.recordings(accession)?.value {
                let [label] = found.cameras.as_slice() else { continue };
                if !said.contains_key(label) {
                    said.insert(label.clone(), catalogue.camera(accession, label)?.value);
                }
                let clock = clock_of(&[said[label].as_ref()]);
                let begins: Vec<TimeLine> =
                    found.begins.into_iter().map(|claim| TimeLine::of(claim, clock)).collect();
                let length = SignedDuration::from_millis(i64::try_from(found.length_ms).unwrap_or(i64::MAX));
                let begins = by_its_clock(&begins);
                if let Some((begins, ends)) = begins.and_then(|at| Some((at, at.checked_add(length).ok()?))) {
                    recordings.entry(label.clone()).or_default().push((found.item, begins, ends));
                }
            }
        }
        Ok(recordings)
    }
}

/// A recording, its beginning and its end, both with corrections.
type Recording = (Ref, DateTime, DateTime);

/// When it began by the camera's own clock. Recorders differ in which zone their metadata is, so the picture and the name come first.
fn by_its_clock(begins: &[TimeLine]) -> Option<DateTime> {
    let is_exact = |line: &&TimeLine| line.claim.precision != Precision::Day;
    let of = |source| begins.iter().filter(is_exact).find(|line| line.claim.source == source);
    let line =
        of(ClaimSource::BurntIn).or_else(|| of(ClaimSource::Path)).or_else(|| of(ClaimSource::Metadata))?;
    Some(line.corrected.unwrap_or(line.claim.time))
}

fn overlaps(recordings: &[Recording]) -> Vec<OverlapLine> {
    let spans: Vec<(DateTime, DateTime)> =
        recordings.iter().map(|(_, begins, ends)| (*begins, *ends)).collect();
    let line = |found: claims::Overlap| OverlapLine {
        one: recordings[found.one].0.clone(),
        other: recordings[found.other].0.clone(),
        seconds: found.seconds,
    };
    claims::overlaps(&spans, OVERLAPS).into_iter().map(line).collect()
}

/// Words by which a sentence speaks of all clocks, though it names one camera too.
const OF_ALL: [&str; 9] =
    ["регистратор", "реєстратор", "recorder", "всех", "усіх", "всіх", "на всі", "на все", " all "];

/// A sentence that names cameras is theirs, unless it speaks of all clocks, or of one that nothing here claims: somebody should read
/// it all the same.
fn notes_of(camera: &CameraOf, notes: &[(Ref, String)], known: &BTreeSet<(Ref, String)>) -> Vec<NoteLine> {
    let speaks_of_it = |sentence: &str| {
        let named = claims::cameras(sentence);
        let is_known = |label: &str| known.contains(&(camera.accession.clone(), label.to_owned()));
        let low = sentence.to_lowercase();
        named.iter().any(|named| named.label == camera.label)
            || !named.iter().any(|named| is_known(&named.label))
            || OF_ALL.iter().any(|word| low.contains(word))
    };
    notes
        .iter()
        .filter(|(item, sentence)| item.whole() == camera.accession && speaks_of_it(sentence))
        .map(|(item, sentence)| NoteLine { reference: item.clone(), untrusted_sentence: sentence.clone() })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_speaks_against_a_clock_is_pointed_out_with_its_camera() {
        let reference = |text: &str| text.parse::<Ref>().unwrap();
        let at = |text: &str| format!("2024-05-14T{text}").parse::<DateTime>().unwrap();
        let recordings = [
            (reference("A1-7"), at("09:30:00"), at("09:40:00")),
            (reference("A1-2"), at("09:00:00"), at("10:00:00")),
            (reference("A1-3"), at("10:00:05"), at("11:00:00")),
        ];
        let line = OverlapLine { one: reference("A1-2"), other: reference("A1-7"), seconds: 600 };
        assert_eq!(overlaps(&recordings), [line]);

        let camera = CameraOf {
            accession: reference("A1"),
            label: "cam3".to_owned(),
            claimed: 1,
            given: 0,
            said: None,
            by_name: None,
            notes: Vec::new(),
            overlaps: None,
        };
        let note = |item: &str, text: &str| (reference(item), text.to_owned());
        let notes = [
            note("A1-9", "На камере 3 часы спешат на 1 час"),
            note("A1-9", "На камере 4 часы отстают"),
            note("A1-10", "Часы сбиты"),
            note("A1-11", "Часы регистраторов сбиты, на камере 4 на месяц"),
            note("A1-12", "На камере 77 часы спешат"),
            note("A2-1", "На камере 3 часы спешат"),
        ];
        let known = ["cam3", "cam4"].map(|label| (reference("A1"), label.to_owned())).into();
        let found: Vec<String> =
            notes_of(&camera, &notes, &known).iter().map(|note| note.reference.to_string()).collect();
        assert_eq!(
            found,
            ["A1-9", "A1-10", "A1-11", "A1-12"],
            "its own, and what is said of no camera, of all, or of one that is not here; never another delivery's"
        );
    }
}
