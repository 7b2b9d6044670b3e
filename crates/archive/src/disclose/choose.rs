//! Which items may leave the house, and the record that says they did.

use std::collections::BTreeSet;

use vidimus_folds::catalogue::State;
use vidimus_model::{Change, CompartmentId, Disclosure, KeyId, ObjectPlace, Ref};
use vidimus_proof::record::Record;
use vidimus_proof::{bag, epoch};

use super::DiscloseError;
use crate::Archive;
use crate::door::{Act, Draft};
use crate::query::{AskError, Source};

/// An item that may be disclosed.
pub(super) struct Chosen {
    pub reference: Ref,
    pub index: u64,
    /// With the chosen fields open.
    pub record: Record,
    pub sha256: String,
    pub size: u64,
    pub place: ObjectPlace,
    pub key: KeyId,
    /// The tool that made it of another item.
    pub unpacked_by: Option<String>,
}

impl Archive {
    /// The items with their records, checked, and the compartment they are all of.
    pub(super) fn choose(
        &mut self,
        refs: &[Ref],
        fields: &BTreeSet<&str>,
    ) -> Result<(Vec<Chosen>, CompartmentId), DiscloseError> {
        let sources = self.sources()?;
        let (mut seen, mut items) = (BTreeSet::new(), Vec::<Chosen>::new());
        let mut compartment = None;
        let fields: Vec<&str> = fields.iter().copied().collect();
        for reference in refs.iter().filter(|reference| seen.insert(*reference)) {
            let (found, of) = self.choose_one(reference, &sources, &fields)?;
            if *compartment.get_or_insert(of.clone()) != of {
                let first = items[0].reference.clone();
                return Err(DiscloseError::SeveralCompartments { first, other: reference.clone() });
            }
            items.push(found);
        }
        Ok((items, compartment.ok_or(DiscloseError::Count(0))?))
    }

    fn choose_one(
        &mut self,
        reference: &Ref,
        sources: &[Source],
        fields: &[&str],
    ) -> Result<(Chosen, CompartmentId), DiscloseError> {
        let (catalogue, compartment) = self.may_be_disclosed(reference, sources)?;
        let row = self.catalogue_of(catalogue).map_err(AskError::from)?.item(reference);
        let row = row.map_err(AskError::from)?.value.ok_or_else(|| DiscloseError::Gone(reference.clone()))?;
        let found = self.record_in_row(reference, row.seq)?;
        let record = &found.record;
        let size = record.field("size").and_then(serde_json::Value::as_u64);
        let issuer = record.issuer();
        let origin = if epoch::may_follow(issuer, &self.origin) { issuer } else { &self.origin };
        let (Some(sha256), Some(size), Ok(())) =
            (record.text("sha256"), size, record.verify(origin, &self.keys().of_record(found.index)))
        else {
            return Err(DiscloseError::NotAsRecorded(reference.clone()));
        };
        let mut open = fields.to_vec();
        let unpacked_by = (record.text("change") == Some(bag::CONTAINED)).then(|| {
            open.extend(bag::CONTAINED_FIELDS);
            record.text("tool").unwrap_or_default().to_owned()
        });
        let chosen = Chosen {
            reference: reference.clone(),
            index: found.index,
            sha256: sha256.to_owned(),
            size,
            place: row.item.object,
            key: found.key,
            record: record.choose(&open),
            unpacked_by,
        };
        Ok((chosen, compartment))
    }

    /// Where an item is read that may leave the house.
    fn may_be_disclosed(
        &mut self,
        reference: &Ref,
        sources: &[Source],
    ) -> Result<(KeyId, CompartmentId), DiscloseError> {
        if reference.item.is_none() {
            return Err(DiscloseError::NotAnItem(reference.clone()));
        }
        let resolved = self.resolve_among(sources, reference)?;
        match resolved.state {
            // Private: the accession is this member's own, or it would not have been found.
            State::Private | State::Released => Ok((resolved.catalogue, resolved.compartment)),
            State::Withdrawn => Err(DiscloseError::Withdrawn(reference.clone())),
            State::Erased | State::MovedOut => Err(DiscloseError::Gone(reference.clone())),
        }
    }

    /// What is recorded, if every item may still leave the house.
    pub(super) fn decide_disclosure(
        &mut self,
        change: &Disclosure,
        compartment: &CompartmentId,
    ) -> Result<Act, DiscloseError> {
        let sources = self.sources()?;
        for reference in &change.about {
            let (_, now) = self.may_be_disclosed(reference, &sources)?;
            if now != *compartment {
                return Err(DiscloseError::Gone(reference.clone()));
            }
        }
        let held = self
            .keyring
            .compartment(compartment)
            .ok_or_else(|| DiscloseError::Ask(AskError::Fold(crate::FoldError::NotHeld)))?;
        // Never by an accession's key: who was given what outlives the erasure of what was given.
        let draft = Draft {
            compartment: compartment.clone(),
            key: held.current(),
            change: Change::Disclosure(change.clone()),
        };
        Ok(Act::of(vec![draft], vec![compartment.clone()]))
    }
}
