//! Which items may leave the house, and the record that says they did.

use std::collections::BTreeSet;

use vidimus_folds::catalogue::State;
use vidimus_model::{Change, CompartmentId, Disclosure, KeyId, ObjectPlace, Ref};
use vidimus_proof::bag::manifest::{Algorithm, Digests};
use vidimus_proof::record::Record;
use vidimus_proof::{bag, epoch};

use super::DiscloseError;
use crate::Archive;
use crate::door::{Act, Draft};
use crate::query::{AskError, Resolved, Source};
use crate::read::RecordAt;

/// An item that may be disclosed.
pub(super) struct Chosen {
    pub reference: Ref,
    pub index: u64,
    /// With the chosen fields open.
    pub record: Record,
    pub sha256: String,
    pub size: u64,
    pub content: Content,
    /// The tool that made it of another item.
    pub unpacked_by: Option<String>,
}

/// Where the bytes of its file come from.
pub(super) enum Content {
    /// From an object, opened with this key.
    Object(ObjectPlace, KeyId),
    /// They are what its tombstone says.
    Tombstone(String),
}

/// Where a thing is read that may be disclosed.
struct Disclosable {
    catalogue: KeyId,
    compartment: CompartmentId,
    /// Only its tombstone is left.
    is_erased: bool,
}

impl Archive {
    /// The items with their records, checked, and the compartment they are all of.
    pub(super) fn choose(
        &mut self,
        refs: &[Ref],
        fields: &BTreeSet<&str>,
        tombstones: bool,
    ) -> Result<(Vec<Chosen>, CompartmentId), DiscloseError> {
        let sources = self.sources()?;
        let (mut seen, mut items) = (BTreeSet::new(), Vec::<Chosen>::new());
        let mut compartment = None;
        let fields: Vec<&str> = fields.iter().copied().collect();
        for reference in refs.iter().filter(|reference| seen.insert(*reference)) {
            let (found, of) = self.choose_one(reference, &sources, &fields, tombstones)?;
            if *compartment.get_or_insert(of.clone()) != of {
                let first = items[0].reference.clone();
                return Err(DiscloseError::SeveralCompartments { first, other: reference.clone() });
            }
            items.push(found);
        }
        // A slip in the reference must not hand out the file itself.
        let is_tombstone = |item: &Chosen| matches!(item.content, Content::Tombstone(_));
        if tombstones && !items.iter().any(is_tombstone) && !items.is_empty() {
            return Err(DiscloseError::NotErased(items[0].reference.clone()));
        }
        Ok((items, compartment.ok_or(DiscloseError::Count(0))?))
    }

    fn choose_one(
        &mut self,
        reference: &Ref,
        sources: &[Source],
        fields: &[&str],
        tombstones: bool,
    ) -> Result<(Chosen, CompartmentId), DiscloseError> {
        let Disclosable { catalogue, compartment, is_erased } =
            self.may_be_disclosed(reference, sources, tombstones)?;
        if is_erased {
            return Ok((self.choose_tombstone(reference, catalogue, fields)?, compartment));
        }
        let row = self.catalogue_of(catalogue).map_err(AskError::from)?.item(reference);
        let row = row.map_err(AskError::from)?.value.ok_or_else(|| DiscloseError::Gone(reference.clone()))?;
        let found = self.record_in_row(reference, row.seq)?;
        let record = &found.record;
        let size = record.field("size").and_then(serde_json::Value::as_u64);
        let (Some(sha256), Some(size), true) = (record.text("sha256"), size, self.is_signed_here(&found))
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
            content: Content::Object(row.item.object, found.key),
            record: record.choose(&open),
            unpacked_by,
        };
        Ok((chosen, compartment))
    }

    /// The tombstone of what was erased, by its latest erasure.
    fn choose_tombstone(
        &mut self,
        reference: &Ref,
        catalogue: KeyId,
        fields: &[&str],
    ) -> Result<Chosen, DiscloseError> {
        let history = self.catalogue_of(catalogue).map_err(AskError::from)?.history(reference);
        let history = history.map_err(AskError::from)?.value;
        let tombstone = history.iter().rev().find(|row| row.change == bag::TOMBSTONE);
        let seq = tombstone.ok_or_else(|| DiscloseError::Gone(reference.clone()))?.seq;
        let found = self.record_in_row(reference, seq)?;
        let wanted: Vec<&str> = fields.iter().chain(&bag::TOMBSTONE_FIELDS).copied().collect();
        let record = found.record.choose(&wanted);
        let text = bag::tombstone_text(&record).ok().filter(|_| self.is_signed_here(&found));
        let text = text.ok_or_else(|| DiscloseError::NotAsRecorded(reference.clone()))?;
        let digests = Digests::of(text.as_bytes());
        Ok(Chosen {
            reference: reference.clone(),
            index: found.index,
            sha256: digests.hex(Algorithm::Sha256),
            size: digests.size,
            content: Content::Tombstone(text),
            record,
            unpacked_by: None,
        })
    }

    /// Did this archive sign the record, in this epoch or an earlier one?
    fn is_signed_here(&self, found: &RecordAt) -> bool {
        let issuer = found.record.issuer();
        let origin = if epoch::may_follow(issuer, &self.origin) { issuer } else { &self.origin };
        found.record.verify(origin, &self.keys().of_record(found.index)).is_ok()
    }

    /// Where an item is read that may leave the house; and with `tombstones` what is left of one that was erased.
    fn may_be_disclosed(
        &mut self,
        reference: &Ref,
        sources: &[Source],
        tombstones: bool,
    ) -> Result<Disclosable, DiscloseError> {
        if reference.item.is_none() && !tombstones {
            return Err(DiscloseError::NotAnItem(reference.clone()));
        }
        let resolved = self.resolve_among(sources, reference)?;
        let is_erased = resolved.state == State::Erased;
        match resolved.state {
            State::Erased if tombstones => {}
            _ if reference.item.is_none() => return Err(DiscloseError::NotAnItem(reference.clone())),
            // Private: the accession is this member's own, or it would not have been found.
            State::Private | State::Released => {}
            State::Withdrawn => return Err(DiscloseError::Withdrawn(reference.clone())),
            State::Erased | State::MovedOut => return Err(DiscloseError::Gone(reference.clone())),
        }
        let Resolved { catalogue, compartment, .. } = resolved;
        Ok(Disclosable { catalogue, compartment, is_erased })
    }

    /// What is recorded, if every item may still leave the house.
    pub(super) fn decide_disclosure(
        &mut self,
        change: &Disclosure,
        compartment: &CompartmentId,
        erased: &BTreeSet<Ref>,
    ) -> Result<Act, DiscloseError> {
        let sources = self.sources()?;
        for reference in &change.about {
            let now = self.may_be_disclosed(reference, &sources, !erased.is_empty())?;
            // An item that was erased since it was copied would lie in the package.
            if now.compartment != *compartment || now.is_erased != erased.contains(reference) {
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
