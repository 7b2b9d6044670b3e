//! What an erasure has to destroy: which rows, objects and keys, and which packs are written anew.

use std::collections::{BTreeMap, BTreeSet};

use vidimus_folds::catalogue::ItemQuery;
use vidimus_ledger::Ledger as _;
use vidimus_model::{
    Change, Commitment, CompartmentId, Contained, DestroyedObject, Erasure, Item, KeyId, MemberId,
    ObjectPlace, Ref, Repack, Statement,
};
use vidimus_vault::{Found as Stored, ObjectName, Vault as _};

use super::{EraseError, Mandate};
use crate::check::opens;
use crate::door::{Act, Draft};
use crate::drawn::Names;
use crate::locate::{Found, Located, Whose};
use crate::repack::holds_alone;
use crate::rows::{self, Said};
use crate::unfinished::{UnfinishedError, WorkNote};
use crate::watch::Work;
use crate::{Archive, FoldError};

/// Log indices in one tombstone; a record may have 16 MB.
const ENTRIES: usize = 500_000;
/// Rows and items that are read at once.
const PAGE: usize = 1000;

/// Everything that one erasure does.
pub(super) struct Plan {
    drafts: Vec<Draft>,
    erase: Vec<u64>,
    reads: BTreeSet<CompartmentId>,
    packs: Vec<Pack>,
    about: Vec<Ref>,
    destroyed: Vec<DestroyedObject>,
    names: Names,
    pub note: WorkNote,
}

/// A pack that some items leave.
pub(crate) struct Pack {
    /// In whose rows its items stand.
    pub compartment: CompartmentId,
    /// The accession.
    pub accession: Ref,
    /// The key that seals it.
    pub key: KeyId,
    /// Its new name.
    pub name: ObjectName,
    /// The items that stay, and where their bytes lie.
    pub staying: Vec<(Ref, ObjectPlace)>,
}

/// What is to be erased of one accession in one compartment.
struct Group {
    located: Located,
    accession: Ref,
    /// All of it, or these items.
    about: Vec<Ref>,
}

impl Archive {
    /// Decides what goes; none if nothing is left to destroy.
    pub(super) fn plan_erasure(
        &mut self,
        about: &[Ref],
        mandate: &Mandate,
        agreed_by: Option<MemberId>,
    ) -> Result<Option<Plan>, EraseError> {
        let mut plan = Plan {
            drafts: Vec::new(),
            erase: Vec::new(),
            reads: BTreeSet::from([CompartmentId::register()]),
            packs: Vec::new(),
            about: about.to_vec(),
            destroyed: Vec::new(),
            names: Names::new(&mut self.entropy),
            note: WorkNote::default(),
        };
        plan.note.drawn_from = plan.names.seed();
        for group in self.groups(about)? {
            let first = plan.erase.len();
            if group.about == [group.accession.clone()] {
                self.plan_whole(&group, mandate, &mut plan)?;
            } else {
                self.plan_items(&group, &mut plan)?;
            }
            plan.erase[first..].sort_unstable();
            let entries = plan.erase[first..].to_vec();
            let tombstone = Erasure {
                about: group.about.clone(),
                entries: Vec::new(),
                reason: mandate.reason.clone(),
                proposed_by: mandate.proposed_by,
                agreed_by,
            };
            let compartment = &group.located.compartment;
            let mut keys = vec![self.current(compartment)?];
            // What is folded of an unreleased accession sees no other key's records.
            if let Whose::Mine(key) = group.located.whose
                && !plan.note.then.keys.contains(&key)
            {
                keys.push(key);
            }
            for key in keys {
                for entries in entries.chunks(ENTRIES) {
                    let change = Change::Erasure(Erasure { entries: entries.to_vec(), ..tombstone.clone() });
                    plan.drafts.push(Draft { compartment: compartment.clone(), key, change });
                }
            }
            plan.reads.insert(compartment.clone());
        }
        let Some(first) = plan.erase.first() else { return Ok(None) };
        plan.note.row = *first;
        let rows = plan.erase.iter().copied().collect();
        plan.drafts.extend(self.drafts_of_destroyed(&plan.destroyed, rows)?);
        Ok(Some(plan))
    }

    /// Notes the work, writes the packs that lose something, and makes them durable.
    pub(super) fn prepare_erasure(&mut self, name: &str, plan: Plan) -> Result<Act, EraseError> {
        let Plan { mut drafts, erase, reads, packs, note, about, .. } = plan;
        let home = reads.iter().find(|id| **id != CompartmentId::register()).cloned();
        self.note_work(name, &home.unwrap_or_else(CompartmentId::register), about, note)?;
        drafts.extend(self.write_packs(&packs)?);
        Ok(Act { drafts, erase, reads: reads.into_iter().collect(), ..Act::default() })
    }

    /// Writes packs without what left them; durable when it returns the records of the new places.
    pub(crate) fn write_packs(&mut self, packs: &[Pack]) -> Result<Vec<Draft>, EraseError> {
        let mut drafts = Vec::new();
        for Pack { compartment, accession, key, name, staying } in packs {
            let sealing = self.keyring.open(*key).map_err(FoldError::from)?.ok_or(FoldError::NotHeld)?;
            let identity = sealing.identity.clone();
            let objects = self.write_anew(staying, &identity, *name, &identity.recipient(), &mut |_| {})?;
            let change = Change::Repack(Repack { about: accession.clone(), objects });
            drafts.push(Draft { compartment: compartment.clone(), key: *key, change });
        }
        if !packs.is_empty() {
            self.vault.barrier().map_err(UnfinishedError::from)?;
        }
        Ok(drafts)
    }

    /// What is still there of these, by accession; parts of what is erased whole are not named again.
    fn groups(&mut self, about: &[Ref]) -> Result<Vec<Group>, EraseError> {
        let mut groups: BTreeMap<(CompartmentId, Ref), Group> = BTreeMap::new();
        let about: BTreeSet<&Ref> = about.iter().collect();
        for reference in about {
            let located = match self.locate(reference)? {
                Found::Here(located) => located,
                Found::Erased => continue,
                Found::Nowhere => return Err(EraseError::NotFound(reference.clone())),
            };
            let accession = reference.whole();
            let group = groups
                .entry((located.compartment.clone(), accession.clone()))
                .or_insert_with(|| Group { located, accession, about: Vec::new() });
            // In their order a whole comes before its parts.
            if !group.about.iter().any(|whole| whole.holds(reference)) {
                group.about.push(reference.clone());
            }
        }
        Ok(groups.into_values().collect())
    }

    fn plan_whole(&mut self, group: &Group, mandate: &Mandate, plan: &mut Plan) -> Result<(), EraseError> {
        for key in self.keys_of(&group.located, &group.accession)? {
            let mut from = 0;
            loop {
                let rows = self.ledger.rows_of_key(&key.to_string(), from, PAGE).map_err(FoldError::from)?;
                let Some(last) = rows.last() else { break };
                from = last.seq + 1;
                plan.erase.extend(rows.iter().filter(|row| row.body.is_some()).map(|row| row.seq));
            }
            plan.note.then.keys.insert(key);
        }
        self.plan_marks(group, plan)?;
        let (objects, destroyed) = match group.located.whose {
            Whose::Anothers(_) => {
                let noted = match mandate.agreement {
                    Some(id) => self.work_noted(&id.to_string())?.unwrap_or_default(),
                    None => WorkNote::default(),
                };
                // What the note alone says of objects that nobody here can open is no reason to destroy them.
                let believed = self.believed(noted.destroyed);
                (believed.iter().map(|one| one.name.clone()).collect(), believed)
            }
            _ => {
                let mut objects = self.objects_of(&group.accession, &group.located)?;
                let keys = self.keys_of(&group.located, &group.accession)?;
                objects.extend(self.unrecorded_objects(&keys)?);
                let destroyed = self.name_destroyed(&objects, &keys)?;
                (objects, destroyed)
            }
        };
        plan.note.then.objects.extend(objects);
        plan.destroyed.extend(destroyed);
        Ok(())
    }

    fn plan_items(&mut self, group: &Group, plan: &mut Plan) -> Result<(), EraseError> {
        let mut key_of_item = BTreeMap::new();
        for key in self.keys_of(&group.located, &group.accession)? {
            let (mut going, mut repacks, mut others) = (Vec::new(), Vec::new(), false);
            self.each_statement(key, &mut |seq, statement| match statement.map(|said| said.change) {
                Some(change) if is_about_only(&change, &group.about) => {
                    going.push(seq);
                    if let Some(item) = change.as_item() {
                        key_of_item.insert(item.about.clone(), key);
                    }
                }
                Some(Change::Repack(_)) => repacks.push(seq),
                _ => others = true,
            })?;
            if !going.is_empty() && !others {
                // The key of items that had been moved here: nothing is left under it.
                going.extend(repacks);
                plan.note.then.keys.insert(key);
            }
            plan.erase.extend(going);
        }
        self.plan_marks(group, plan)?;
        let (gone, packs) =
            self.leave_objects(&group.located, &group.about, &key_of_item, &mut plan.names)?;
        let keys = self.keys_of(&group.located, &group.accession)?;
        plan.destroyed.extend(self.name_destroyed(&gone, &keys)?);
        plan.note.then.objects.extend(gone);
        plan.note.otherwise.objects.extend(packs.iter().map(|pack| pack.name.to_string()));
        plan.packs.extend(packs);
        Ok(())
    }

    /// The objects that nobody needs when these items go, and the packs to be written without them.
    pub(crate) fn leave_objects(
        &mut self,
        located: &Located,
        going: &[Ref],
        keys: &BTreeMap<Ref, KeyId>,
        names: &mut Names,
    ) -> Result<(BTreeSet<String>, Vec<Pack>), EraseError> {
        let is_going = |item: &Ref| going.iter().any(|whole| whole.holds(item));
        let mut leaving: BTreeMap<String, (KeyId, Vec<ObjectPlace>)> = BTreeMap::new();
        let Some(catalogue) = self.catalogue_at(located)? else { return Ok(Default::default()) };
        for (item, key) in keys.iter().filter(|(item, _)| is_going(item)) {
            if let Some(row) = catalogue.item(item).map_err(FoldError::from)?.value {
                let place = row.item.object;
                leaving.entry(place.name.clone()).or_insert_with(|| (*key, Vec::new())).1.push(place);
            }
        }
        let (mut gone, mut packs) = (BTreeSet::new(), Vec::new());
        // Derivatives of one run, and of nothing else, share an object.
        for whole in going {
            let made = catalogue.derivatives(Some(whole), |_, _, place| _ = gone.insert(place.name));
            made.map_err(FoldError::from)?;
        }
        for (name, (key, places)) in leaving {
            let mut bytes = [0; 16];
            if hex::decode_to_slice(&name, &mut bytes).is_err() {
                continue;
            }
            let mut staying = Vec::new();
            for item in catalogue.references_of_object(&bytes).map_err(FoldError::from)?.value {
                if !is_going(&item)
                    && let Some(row) = catalogue.item(&item).map_err(FoldError::from)?.value
                {
                    staying.push((item, row.item.object));
                }
            }
            if staying.is_empty() {
                gone.insert(name);
            } else if holds_alone(&places, &staying) {
                gone.insert(name);
                packs.push((key, staying));
            }
        }
        let packs = packs.into_iter().map(|(key, staying)| Pack {
            compartment: located.compartment.clone(),
            accession: staying[0].0.whole(),
            key,
            name: names.draw(),
            staying,
        });
        Ok((gone, packs.collect()))
    }

    /// Marks that stand under the compartment's own key; their reasons go with what they are about.
    fn plan_marks(&mut self, group: &Group, plan: &mut Plan) -> Result<(), EraseError> {
        if group.located.whose != Whose::Holders {
            return Ok(());
        }
        let held = self.keyring.compartment(&group.located.compartment).cloned().ok_or(FoldError::NotHeld)?;
        for generation in held.generations {
            self.each_statement(generation, &mut |seq, statement| {
                if statement.is_some_and(|said| is_about_only(&said.change, &group.about)) {
                    plan.erase.push(seq);
                }
            })?;
        }
        Ok(())
    }

    /// The keys under which an accession is read where it is.
    pub(crate) fn keys_of(&mut self, located: &Located, accession: &Ref) -> Result<Vec<KeyId>, FoldError> {
        if let Whose::Anothers(key) = located.whose {
            return Ok(vec![key]);
        }
        let mut keys = self.catalogue(&located.compartment)?.keys_within(accession)?.value;
        keys.dedup();
        let mut open = Vec::new();
        for key in keys {
            if self.keyring.open(key)?.is_some() {
                open.push(key);
            }
        }
        Ok(open)
    }

    /// The names of all objects of an accession that this member can open.
    pub(crate) fn objects_of(
        &mut self,
        accession: &Ref,
        located: &Located,
    ) -> Result<BTreeSet<String>, FoldError> {
        let mut names = BTreeSet::new();
        let Some(catalogue) = self.catalogue_at(located)? else { return Ok(names) };
        catalogue.derivatives(Some(accession), |_, _, place| _ = names.insert(place.name))?;
        let mut query = ItemQuery {
            accession: Some(accession.clone()),
            limit: PAGE,
            include_withdrawn: true,
            ..ItemQuery::default()
        };
        loop {
            let page = catalogue.items(&query)?.value;
            let Some(last) = page.last() else { return Ok(names) };
            query.after = Some(last.item.about.clone());
            names.extend(page.into_iter().map(|row| row.item.object.name));
        }
    }

    /// The objects that an interrupted receiving sealed under these keys and never recorded. Without the keys nobody could
    /// tell them from what a stranger put into the folder.
    pub(crate) fn unrecorded_objects(&mut self, keys: &[KeyId]) -> Result<BTreeSet<String>, EraseError> {
        let mut unrecorded = BTreeSet::new();
        let mut identities = Vec::new();
        for key in keys {
            identities
                .extend(self.keyring.open(*key).map_err(FoldError::from)?.map(|key| key.identity.clone()));
        }
        let stored = self.vault.list().collect::<Result<Vec<_>, _>>().map_err(|error| error.source);
        let stored = stored.map_err(UnfinishedError::from)?;
        let of = stored.len() as u64;
        for (done, found) in (1..).zip(stored) {
            self.tell(Work::Looking, done, of);
            let Stored::Object { name, .. } = found else { continue };
            if self.is_in_use(&name)? {
                continue;
            }
            let Ok(reader) = self.vault.open(&name) else { continue }; // deleted meanwhile
            if identities.iter().any(|identity| opens(&*reader, identity)) {
                unrecorded.insert(name.to_string());
            }
        }
        Ok(unrecorded)
    }

    /// Shows every change under a key to `each`, with its log index; none for a change that this version does not know.
    pub(crate) fn each_statement(
        &mut self,
        key: KeyId,
        each: &mut dyn FnMut(u64, Option<Statement>),
    ) -> Result<(), FoldError> {
        let mut from = 0;
        loop {
            let rows = self.ledger.rows_of_key(&key.to_string(), from, PAGE)?;
            let Some(last) = rows.last().map(|row| row.seq) else { return Ok(()) };
            from = last + 1;
            let sealing = self.keyring.open(key)?.ok_or(FoldError::NotHeld)?;
            for row in &rows {
                match rows::open(row, &sealing.row, &self.archive_id)? {
                    Said::Statement(statement) => each(row.seq, Some(*statement)),
                    Said::Unknown(_) => each(row.seq, None),
                    Said::Erased | Said::Blank => {}
                }
            }
        }
    }
}

/// Is this a record of, or a mark on, nothing but these and their parts?
pub(crate) fn is_about_only(change: &Change, wholes: &[Ref]) -> bool {
    let held = |reference: &Ref| wholes.iter().any(|whole| whole.holds(reference));
    match change {
        Change::Item(Item { about, .. })
        | Change::Contained(Contained { item: Item { about, .. }, .. })
        | Change::Commitment(Commitment { about, .. }) => held(about),
        Change::Examination(examined) => held(&examined.about),
        Change::DerivativePlaces(moved) => held(&moved.about),
        Change::CameraItems(given) => given.about.iter().all(held),
        Change::Withdraw(mark) | Change::Reinstate(mark) => mark.about.iter().all(held),
        _ => false,
    }
}
