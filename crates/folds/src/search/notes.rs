//! What members wrote beside the material: notes of deliveries, names and places of cameras, reasons.

use std::collections::BTreeSet;

use vidimus_model::{Accession, Camera, CameraItems, Change, Ref, Withdrawal};

use super::document::{Document, Kind, Latest, Piece, Place};

/// The texts of such a change. Reasons stay when another follows: each is why something was done. Of what is said of a camera only
/// the latest holds.
pub(super) fn notes(entry: u64, change: &Change) -> Vec<Document> {
    let mut notes = Notes { entry, made: Vec::new() };
    match change {
        Change::Accession(Accession { about, note: Some(note), .. }) => notes.add(about, None, &[note]),
        Change::Withdraw(Withdrawal { about, reason }) | Change::Reinstate(Withdrawal { about, reason }) => {
            about.iter().for_each(|about| notes.add(about, None, &[reason]));
        }
        Change::Camera(Camera { about, label, name, place, reason, .. }) => {
            let said = [Some(label), name.as_ref(), place.as_ref()];
            notes.add(
                about,
                Some(Latest::Camera(label.clone())),
                &said.into_iter().flatten().collect::<Vec<_>>(),
            );
            notes.add(about, None, &[reason]);
        }
        Change::CameraItems(CameraItems { about, reason, .. }) => {
            // One reason for a thousand items is one hit: the delivery's.
            let whole: BTreeSet<Ref> = about.iter().map(Ref::whole).collect();
            let of = if let [only] = &about[..] { BTreeSet::from([only.clone()]) } else { whole };
            of.iter().for_each(|about| notes.add(about, None, &[reason]));
        }
        _ => {}
    }
    notes.made
}

struct Notes {
    entry: u64,
    made: Vec<Document>,
}

impl Notes {
    fn add(&mut self, about: &Ref, latest: Option<Latest>, said: &[&String]) {
        let text = said.iter().map(|text| text.as_str()).collect::<Vec<_>>().join("\n");
        self.made.push(Document {
            about: about.clone(),
            entry: self.entry,
            kind: Kind::Note,
            number: self.made.len(),
            latest,
            language: None,
            pieces: vec![Piece { place: Place::Whole, text }],
        });
    }
}
