//! Moving to another compartment: the same records and bytes under a new key, and the old copies destroyed.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use vidimus_ledger::{Reseal, Row};
use vidimus_model::{
    Change, CompartmentId, DerivativePlace, DerivativePlaces, DestroyedObject, KeyId, MovedIn, MovedOut,
    ObjectPlace, Place, Ref, Repack, Withdrawal,
};
use vidimus_seal::age::Identity;
use vidimus_seal::row::{RowAad, seal_row};
use vidimus_vault::{ObjectName, Vault as _};

use crate::destroyed::runs_of;
use crate::door::{Act, Draft};
use crate::drawn::Names;
use crate::erase::plan::{Pack, is_about_only};
use crate::keyring::SealingKey;
use crate::locate::{Found, Located, Whose};
use crate::repack::RepackError;
use crate::unfinished::{UnfinishedError, WorkNote, Workplace};
use crate::{Archive, DoorError, Effect, EraseError, FoldError, ProposeError, rows};

/// Why something was not moved.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The member knows of no such thing.
    #[error("{0} is not known")]
    NotFound(Ref),
    /// It was destroyed.
    #[error("{0} was erased")]
    Erased(Ref),
    /// It is another member's alone.
    #[error("{0} is another member's")]
    Anothers(Ref),
    /// It is still being received.
    #[error("{0} is not finished")]
    NotFinished(Ref),
    /// Part of an accession that only its registrar reads yet: it moves whole, or after its release.
    #[error("{0} is part of an accession that is not released")]
    NotReleased(Ref),
    /// The member does not hold the compartment.
    #[error("the compartment is not held")]
    NotHeld,
    /// Someone changed the accession meanwhile; nothing was moved.
    #[error("{0} was changed meanwhile")]
    Changed(Ref),
    /// An object could not be written anew.
    #[error(transparent)]
    Repack(#[from] RepackError),
    /// What was written or destroyed is not yet as it should be.
    #[error(transparent)]
    Unfinished(#[from] UnfinishedError),
    /// Packs could not be written without what leaves them.
    #[error(transparent)]
    Pack(#[from] EraseError),
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

/// How far a move has come; of several accessions one is moved after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveProgress {
    /// The accession that moves now, whole or in part.
    pub accession: Ref,
    /// Bytes of it sealed anew.
    pub bytes: u64,
    /// Bytes of it to seal anew.
    pub bytes_total: u64,
}

/// New places in one record.
const PLACES: usize = 500;

/// What moves of one accession out of one compartment.
struct Group {
    located: Located,
    accession: Ref,
    about: Vec<Ref>,
    withdrawn: Vec<Ref>,
}

/// What of it stands where.
#[derive(Default, PartialEq)]
struct Contents {
    /// Rows that move, and the key of each.
    rows: Vec<(u64, KeyId)>,
    /// Items that move, and the key of each.
    items: BTreeMap<Ref, KeyId>,
    /// Keys under which nothing is left.
    keys: BTreeSet<KeyId>,
}

/// One object to be written under the new key.
struct Copy {
    /// The key that seals it now.
    key: KeyId,
    /// Its new name.
    name: ObjectName,
    /// The items in it that move, or whose derivatives lie in it.
    items: Vec<(Ref, ObjectPlace)>,
    /// Of derivatives, the digests, in the order of `items`; none where it holds items.
    made: Vec<[u8; 32]>,
}

impl Copy {
    /// Bytes that are written: a part that several items share once, a whole object as long as it lies there sealed.
    fn bytes(&self) -> u64 {
        let parts: BTreeMap<_, _> =
            self.items.iter().map(|(_, it)| (it.offset, it.length.unwrap_or(it.size))).collect();
        parts.values().sum()
    }
}

impl From<ProposeError> for MoveError {
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
    /// Moves accessions and items to a compartment; both must be held. References do not change. What is there already is
    /// passed over. An own accession that is not released is read by the other compartment's holders from then on.
    ///
    /// `progress` is told whenever bytes were sealed anew.
    ///
    /// # Errors
    /// Any [`MoveError`]; of several accessions some may have been moved.
    pub fn move_into(
        &mut self,
        about: &[Ref],
        to: &CompartmentId,
        progress: &mut dyn FnMut(MoveProgress),
    ) -> Result<Effect, MoveError> {
        if *to == CompartmentId::register() || self.keyring.compartment(to).is_none() {
            return Err(MoveError::NotHeld);
        }
        // Nothing is wrapped for a generation that someone who left may have kept.
        self.finish_removals()?;
        let workplace = self.workplace()?;
        self.finish_work(&workplace)?;
        let groups = self.moving(about, to)?;
        for group in &groups {
            self.move_group(group, to, &workplace, progress)?;
        }
        Ok(if groups.is_empty() { Effect::NothingToDo } else { Effect::Done })
    }

    /// What is not yet there, by accession.
    fn moving(&mut self, about: &[Ref], to: &CompartmentId) -> Result<Vec<Group>, MoveError> {
        let mut groups: BTreeMap<(CompartmentId, Ref), Group> = BTreeMap::new();
        let about: BTreeSet<&Ref> = about.iter().collect();
        for reference in about {
            let located = match self.locate(reference)? {
                Found::Here(located) if located.compartment == *to && located.whose == Whose::Holders => {
                    continue;
                }
                Found::Here(located) => located,
                Found::Erased => return Err(MoveError::Erased(reference.clone())),
                Found::Nowhere => return Err(MoveError::NotFound(reference.clone())),
            };
            match located.whose {
                Whose::Anothers(_) => return Err(MoveError::Anothers(reference.clone())),
                Whose::Mine(_) if reference.item.is_some() => {
                    return Err(MoveError::NotReleased(reference.clone()));
                }
                Whose::Mine(key) => {
                    let row = self.catalogue_of(key)?.accession(reference).map_err(FoldError::from)?.value;
                    if row.is_none_or(|row| row.end.is_none()) {
                        return Err(MoveError::NotFinished(reference.clone()));
                    }
                }
                Whose::Holders => {}
            }
            let (accession, withdrawn) = (reference.whole(), located.withdrawn);
            let group = groups
                .entry((located.compartment.clone(), accession.clone()))
                .or_insert_with(|| Group { located, accession, about: Vec::new(), withdrawn: Vec::new() });
            if !group.about.iter().any(|whole| whole.holds(reference)) {
                group.about.push(reference.clone());
                group.withdrawn.extend(withdrawn.then(|| reference.clone()));
            }
        }
        Ok(groups.into_values().collect())
    }

    fn move_group(
        &mut self,
        group: &Group,
        to: &CompartmentId,
        workplace: &Workplace,
        progress: &mut dyn FnMut(MoveProgress),
    ) -> Result<(), MoveError> {
        let contents = self.contents(group)?;
        let Some(&(row, _)) = contents.rows.first() else { return Ok(()) };
        let key =
            SealingKey::new(KeyId::from_bytes(self.entropy.bytes()), Identity::generate(&mut self.entropy));
        let new = key.id;
        self.keyring.add(key);

        let mut names = Names::new(&mut self.entropy);
        let (gone, packs) = self.leave_objects(&group.located, &group.about, &contents.items, &mut names)?;
        let copies = self.copies(group, &contents, &mut names)?;
        let mut note = WorkNote { row, key: Some(new), drawn_from: names.seed(), ..WorkNote::default() };
        note.then.objects = gone;
        let emptied: Vec<KeyId> = contents.keys.iter().copied().collect();
        note.then.objects.extend(self.unrecorded_objects(&emptied)?);
        note.then.keys.clone_from(&contents.keys);
        note.otherwise.objects.extend(packs.iter().map(|pack| pack.name.to_string()));
        note.otherwise.objects.extend(copies.iter().map(|copy| copy.name.to_string()));
        note.otherwise.keys.insert(new);
        let keys = self.keys_of(&group.located, &group.accession)?;
        let destroyed = self.name_destroyed(&note.then.objects, &keys)?;
        let name = hex::encode(self.entropy.bytes::<8>());
        self.note_work(&name, &group.located.compartment, group.about.clone(), note)?;

        let bytes_total = copies.iter().map(Copy::bytes).sum();
        let mut at = MoveProgress { accession: group.accession.clone(), bytes: 0, bytes_total };
        let mut copied = |bytes| {
            at.bytes += bytes;
            progress(at.clone());
        };
        let done = self.copy_and_record(group, to, new, &contents, (&packs, &destroyed), copies, &mut copied);
        // Also after an error: what was written for nothing is taken away.
        let finished = self.finish_work(workplace);
        done?;
        finished?;
        self.refresh()?;
        Ok(())
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "one move of one accession; bundling them would only rename them"
    )]
    fn copy_and_record(
        &mut self,
        group: &Group,
        to: &CompartmentId,
        new: KeyId,
        contents: &Contents,
        (packs, destroyed): (&[Pack], &[DestroyedObject]),
        copies: Vec<Copy>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), MoveError> {
        let recipient = self.keyring.get(new).ok_or(FoldError::NotHeld)?.identity.recipient();
        let mut places: Vec<Place> = Vec::new();
        let mut derivatives: BTreeMap<Ref, Vec<DerivativePlace>> = BTreeMap::new();
        for Copy { key, name, items, made } in copies {
            let old = self.keyring.open(key).map_err(FoldError::from)?.ok_or(FoldError::NotHeld)?;
            let identity = old.identity.clone();
            let new_places = self.write_anew(&items, &identity, name, &recipient, progress)?;
            if made.is_empty() {
                places.extend(new_places);
                continue;
            }
            for (Place { about, object }, sha256) in new_places.into_iter().zip(made) {
                let place = DerivativePlace { sha256: hex::encode(sha256), object };
                derivatives.entry(about).or_default().push(place);
            }
        }
        let stays = self.write_packs(packs)?;
        self.vault.barrier().map_err(UnfinishedError::from)?;
        self.act(|archive| -> Result<Act, MoveError> {
            if archive.contents(group)? != *contents {
                return Err(MoveError::Changed(group.accession.clone()));
            }
            let source = group.located.compartment.clone();
            let (from, into) = (archive.current(&source)?, archive.current(to)?);
            archive.wrap_for_generation(new, into)?;
            let about = group.about.clone();
            let rows: BTreeSet<u64> = contents.rows.iter().map(|(seq, _)| *seq).collect();
            let entries = Some(runs_of(rows.clone()));
            let (key, from_there) = (new, source.clone());
            let moved_in = MovedIn { about: about.clone(), key, from: from_there, entries: entries.clone() };
            let moved_out = MovedOut { about, to: to.clone(), entries };
            let (moved_in, moved_out) = (Change::MovedIn(moved_in), Change::MovedOut(moved_out));
            let mut drafts = vec![
                Draft { compartment: to.clone(), key: into, change: moved_in },
                Draft { compartment: source.clone(), key: from, change: moved_out },
            ];
            drafts.extend(stays.iter().cloned());
            drafts.extend(archive.drafts_of_destroyed(destroyed, rows)?);
            for objects in places.chunks(PLACES) {
                let change =
                    Change::Repack(Repack { about: group.accession.clone(), objects: objects.to_vec() });
                drafts.push(Draft { compartment: to.clone(), key: new, change });
            }
            for (about, objects) in &derivatives {
                let moved = DerivativePlaces { about: about.clone(), objects: objects.clone() };
                let change = Change::DerivativePlaces(moved);
                drafts.push(Draft { compartment: to.clone(), key: new, change });
            }
            if !group.withdrawn.is_empty() {
                // Marks do not travel; what was hidden stays hidden.
                let mark = Withdrawal {
                    about: group.withdrawn.clone(),
                    reason: "withdrawn before it was moved".into(),
                };
                drafts.push(Draft { compartment: to.clone(), key: into, change: Change::Withdraw(mark) });
            }
            let reseal = archive.reseal(&contents.rows, new)?;
            Ok(Act {
                drafts,
                reseal: Some(reseal),
                reads: vec![source, to.clone(), CompartmentId::register()],
                ..Act::default()
            })
        })?;
        Ok(())
    }

    /// What moves, as the ledger has it now.
    fn contents(&mut self, group: &Group) -> Result<Contents, MoveError> {
        let mut contents = Contents::default();
        let whole = group.about == [group.accession.clone()];
        for key in self.keys_of(&group.located, &group.accession)? {
            let (mut going, mut repacks, mut left) = (Vec::new(), Vec::new(), false);
            let items = &mut contents.items;
            self.each_statement(key, &mut |seq, statement| {
                let change = statement.map(|said| said.change);
                let moves =
                    whole || change.as_ref().is_some_and(|change| is_about_only(change, &group.about));
                match change {
                    Some(Change::Repack(_)) => repacks.push(seq),
                    Some(change) if moves && change.as_item().is_some() => {
                        going.push(seq);
                        items.extend(change.as_item().map(|item| (item.about.clone(), key)));
                    }
                    _ if moves => going.push(seq),
                    _ => left = true,
                }
            })?;
            if !left && !going.is_empty() {
                // Nothing else stands under the key, so what says where objects lay goes along.
                going.append(&mut repacks);
                contents.keys.insert(key);
            }
            contents.rows.extend(going.into_iter().map(|seq| (seq, key)));
        }
        Ok(contents)
    }

    /// The objects to be written under the new key.
    fn copies(
        &mut self,
        group: &Group,
        contents: &Contents,
        names: &mut Names,
    ) -> Result<Vec<Copy>, MoveError> {
        let mut copies: BTreeMap<String, Copy> = BTreeMap::new();
        for (item, key) in &contents.items {
            let Some(catalogue) = self.catalogue_at(&group.located)? else { break };
            let Some(row) = catalogue.item(item).map_err(FoldError::from)?.value else { continue };
            let place = row.item.object;
            let copy = copies.entry(place.name.clone()).or_insert_with(|| Copy {
                key: *key,
                name: names.draw(),
                items: Vec::new(),
                made: Vec::new(),
            });
            copy.items.push((item.clone(), place));
        }
        self.copies_of_derivatives(group, contents, &mut copies, names)?;
        Ok(copies.into_values().collect())
    }

    /// What was made from the items that move goes along, of the same bytes the latest.
    fn copies_of_derivatives(
        &mut self,
        group: &Group,
        contents: &Contents,
        copies: &mut BTreeMap<String, Copy>,
        names: &mut Names,
    ) -> Result<(), MoveError> {
        let Some(catalogue) = self.catalogue_at(&group.located)? else { return Ok(()) };
        let mut latest: BTreeMap<(Ref, [u8; 32]), ObjectPlace> = BTreeMap::new();
        for whole in &group.about {
            let visit = |item: Ref, sha256, place| _ = latest.insert((item, sha256), place);
            catalogue.derivatives(Some(whole), visit).map_err(FoldError::from)?;
        }
        for ((item, sha256), place) in latest {
            let Some(key) = contents.items.get(&item) else { continue };
            let copy = copies.entry(place.name.clone()).or_insert_with(|| Copy {
                key: *key,
                name: names.draw(),
                items: Vec::new(),
                made: Vec::new(),
            });
            copy.items.push((item, place));
            copy.made.push(sha256);
        }
        Ok(())
    }

    /// The same records in the same rows, under another key. The row keeps its compartment, which the member's signature covers.
    fn reseal(&mut self, rows: &[(u64, KeyId)], new: KeyId) -> Result<Reseal, MoveError> {
        let keys: BTreeSet<KeyId> = rows.iter().map(|(_, key)| *key).collect();
        let mut old = BTreeMap::new();
        for key in keys {
            let sealing = self.keyring.open(key).map_err(FoldError::from)?.ok_or(FoldError::NotHeld)?;
            old.insert(key.to_string(), sealing.row.clone());
        }
        let sealing = self.keyring.get(new).ok_or(FoldError::NotHeld)?.row.clone();
        let (archive, key) = (self.archive_id.clone(), new.to_string());
        let name = key.clone();
        let entropy = Mutex::new(self.entropy.fork());
        let body = move |row: &Row| {
            let from = old.get(&row.key).ok_or("the row is under another key by now")?;
            let record = rows::record(row, from, &archive)?.ok_or("the row has no record any more")?;
            let aad = RowAad::new(&archive, &row.compartment, &name, &row.entry)
                .expect("identifiers hold no control characters");
            let mut entropy = entropy.lock().unwrap_or_else(PoisonError::into_inner);
            Ok(seal_row(&sealing, &aad, record.to_sd_jwt().as_bytes(), &mut entropy))
        };
        let rows = rows.iter().map(|(seq, _)| *seq).collect();
        Ok(Reseal { rows, key, body: Arc::new(body) })
    }
}
