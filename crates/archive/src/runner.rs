//! The fold runner: opens new rows with the keys held, and feeds them to the register and the catalogues.

use std::collections::{BTreeMap, HashSet};
use std::thread;

use vidimus_folds::catalogue::{Catalogue, OpenError as CatalogueError, State};
use vidimus_folds::{ApplyError, Entry, Fold as _, Said as Folded};
use vidimus_ledger::{Ledger as _, Row, StoreError};
use vidimus_model::{Change, CompartmentId, KeyId};
use vidimus_seal::row::{RowKey, fold_key};
use zeroize::Zeroizing;

use crate::Archive;
use crate::keyring::{HeldCompartment, Keyring, KeyringError};
use crate::rows::{self, RowError, Said};
use crate::shelf::{Held, Shelf, Shelved};
use crate::watch::Work;

/// Rows that are read, opened and folded at once: a few megabytes.
const PAGE: usize = 2048;

/// Why a fold is not up to date.
#[derive(Debug, thiserror::Error)]
pub enum FoldError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key could not be opened.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A record does not open or is malformed: `check` tells more.
    #[error(transparent)]
    Row(#[from] RowError),
    /// The catalogue could not be written.
    #[error("the catalogue cannot be written: {0}")]
    Apply(#[from] ApplyError),
    /// The catalogue cannot be read.
    #[error("the catalogue cannot be read: {0}")]
    Read(#[from] vidimus_folds::StoreError),
    /// The catalogue could not be opened or made.
    #[error("the catalogue cannot be opened: {0}")]
    Open(#[from] CatalogueError),
    /// The fold's folder cannot be made or cleared.
    #[error("the folder of a fold cannot be written: {0}")]
    Io(#[from] std::io::Error),
    /// The member does not hold the compartment.
    #[error("the compartment is not held")]
    NotHeld,
    /// The archive's signing key is missing in the key store, damaged, or not wrapped for the member.
    #[error("the archive's signing key cannot be opened")]
    NoSigningKey,
}

impl FoldError {
    /// Does the medium refuse the fold (not the ledger)? Another process that holds it for too long is no reason to do without.
    pub(crate) fn is_of_the_medium(&self) -> bool {
        use vidimus_folds::StoreError::Medium;
        match self {
            Self::Apply(ApplyError::Store(Medium(error)))
            | Self::Read(Medium(error))
            | Self::Open(CatalogueError::Medium(error))
            | Self::Io(error) => error.kind() != std::io::ErrorKind::ResourceBusy,
            _ => false,
        }
    }

    pub(crate) fn is_damage_of_the_fold(&self) -> bool {
        use vidimus_folds::StoreError::NotReadable;
        matches!(
            self,
            Self::Apply(ApplyError::Store(NotReadable))
                | Self::Read(NotReadable)
                | Self::Open(CatalogueError::NotReadable)
        )
    }
}

impl Archive {
    /// Brings the register, and every catalogue that is open, up to date; returns the ledger's size to which all of them are.
    pub(crate) fn refresh(&mut self) -> Result<u64, FoldError> {
        // Asked before: what another process appends meanwhile may be in one of them and not in another.
        let size = self.ledger.tip()?.size;
        self.refresh_register()?;
        let open: Vec<KeyId> = self.catalogues.keys().copied().collect();
        for key in open {
            self.refresh_catalogue(key)?;
        }
        Ok(size)
    }

    /// Folds everything that the member can read; returns the ledger's size to which it is folded.
    ///
    /// # Errors
    /// A record does not open, or a fold cannot be written.
    pub fn fold_all(&mut self) -> Result<u64, FoldError> {
        let compartments = self.keyring.compartments().map(|held| held.current()).collect::<Vec<_>>();
        let own = self.keyring.own_accessions().to_vec();
        for key in compartments.into_iter().chain(own) {
            self.catalogue_of(key)?;
        }
        self.refresh()
    }

    /// Brings what is folded on the disk up to date, so that it can be compared with all records. What cannot be stays as it is.
    pub(crate) fn bring_up_folds(&mut self) {
        let compartments = self.keyring.compartments().map(HeldCompartment::current);
        let ours: Vec<KeyId> = compartments.chain(self.keyring.own_accessions().to_vec()).collect();
        for key in ours.into_iter().filter(|key| !self.keyring.is_incomplete(*key)).collect::<Vec<_>>() {
            let Ok(secret) = self.fold_secret(key) else { continue };
            if let Ok(Some(mut open)) = Shelf::new(&self.layout, key).look(&secret) {
                let _ = self.bring_up(&mut open.catalogue, key);
            }
        }
    }

    /// Replays what is new in the register.
    pub(crate) fn refresh_register(&mut self) -> Result<(), FoldError> {
        let size = self.ledger.tip()?.size;
        if self.register.position == size {
            return Ok(());
        }
        let register = CompartmentId::register();
        self.follow_generations(&register)?;
        let generations =
            self.keyring.compartment(&register).map(|c| c.generations.clone()).unwrap_or_default();
        let mut statements = Vec::new();
        for key in generations {
            let rows = self.ledger.rows_of_key(&key.to_string(), self.register.position, usize::MAX >> 1)?;
            let sealing = self.keyring.open(key)?.ok_or(FoldError::NotHeld)?;
            // What came since the size was asked is of the next time; taken in now it would be taken in twice.
            for row in rows.into_iter().filter(|row| row.seq < size) {
                if let Said::Statement(statement) = rows::open(&row, &sealing.row, &self.archive_id)? {
                    statements.push((row.seq, *statement));
                }
            }
        }
        statements.sort_by_key(|(seq, _)| *seq);
        for (seq, statement) in statements {
            self.register.apply(seq, statement);
        }
        self.register.position = size;
        if !self.register.origin.is_empty() {
            self.origin.clone_from(&self.register.origin);
        }
        self.follow_the_key()
    }

    /// Takes up the new generations of keys that follow the removal of a member.
    ///
    /// Every new generation, of whichever compartment, comes with one of the register's, whose records all stand under the newest.
    fn follow_generations(&mut self, register: &CompartmentId) -> Result<(), FoldError> {
        let head = self.ledger.head(register.as_str())?;
        let Some(last) = head.checked_sub(1) else { return Ok(()) };
        let newest = self.ledger.rows(last, 1)?.pop().map(|row| row.key);
        let held = |archive: &Self| {
            let held = archive.keyring.compartment(register);
            held.is_some_and(|held| held.generations.iter().any(|key| Some(key.to_string()) == newest))
        };
        if head <= self.register.position || held(self) {
            return Ok(());
        }
        self.keyring.gather(&self.ledger, &self.archive_id)?;
        if !held(self) {
            return Err(FoldError::NotHeld);
        }
        let keyring = &self.keyring;
        let current: HashSet<KeyId> = keyring.compartments().map(HeldCompartment::current).collect();
        self.catalogues.retain(|key, _| current.contains(key) || keyring.own_accessions().contains(key));
        Ok(())
    }

    /// The catalogue of a compartment the member holds, up to date.
    pub(crate) fn catalogue(&mut self, compartment: &CompartmentId) -> Result<&mut Catalogue, FoldError> {
        let held = self.keyring.compartment(compartment).ok_or(FoldError::NotHeld)?;
        self.catalogue_of(held.current())
    }

    /// The catalogue folded under one key (a compartment's generation, or an own accession), up to date.
    pub(crate) fn catalogue_of(&mut self, key: KeyId) -> Result<&mut Catalogue, FoldError> {
        if !self.catalogues.contains_key(&key) {
            let open = self.open_catalogue(key)?;
            self.catalogues.insert(key, open);
        }
        self.refresh_catalogue(key)?;
        Ok(&mut self.catalogues.get_mut(&key).expect("it was put there above").catalogue)
    }

    /// Opens the catalogue of a key. Whoever lacks a part of what is folded there folds it for themselves alone. Where it cannot be written it is read if it can be, or else folded in memory: who can read
    /// the ledger gets an answer.
    fn open_catalogue(&mut self, key: KeyId) -> Result<Shelved, FoldError> {
        if self.keyring.is_incomplete(key) {
            return Shelved::in_memory();
        }
        let (shelf, secret) = (Shelf::new(&self.layout, key), self.fold_secret(key)?);
        match shelf.open(&secret) {
            Err(error) if error.is_of_the_medium() => {
                shelf.to_read(&secret).map_or_else(Shelved::in_memory, Ok)
            }
            opened => opened,
        }
    }

    fn another(&mut self, old: &Shelved, key: KeyId) -> Result<Shelved, FoldError> {
        let (shelf, secret) = (Shelf::new(&self.layout, key), self.fold_secret(key)?);
        match shelf.throw_away(old, &secret).and_then(|()| shelf.open(&secret)) {
            Err(error) if error.is_of_the_medium() => Shelved::in_memory(),
            opened => opened,
        }
    }

    fn fold_secret(&mut self, key: KeyId) -> Result<Zeroizing<[u8; 32]>, FoldError> {
        let sealing = self.keyring.open(key)?.ok_or(FoldError::NotHeld)?;
        Ok(fold_key(&sealing.identity, "catalogue"))
    }

    fn refresh_catalogue(&mut self, key: KeyId) -> Result<(), FoldError> {
        let Some(mut open) = self.catalogues.remove(&key) else { return Ok(()) };
        if !open.is_current() {
            open = self.open_catalogue(key)?;
        }
        match self.bring_up(&mut open.catalogue, key) {
            Ok(true) => {}
            Err(error) if error.is_of_the_medium() => {
                open = Shelved::in_memory()?;
                self.feed(&mut open.catalogue, key)?;
            }
            Err(error) if !error.is_damage_of_the_fold() => return Err(error),
            // A fold is never mended: it is thrown away and folded again.
            Ok(false) | Err(_) => {
                open = self.another(&open, key)?;
                self.feed(&mut open.catalogue, key)?;
            }
        }
        self.catalogues.insert(key, open);
        Ok(())
    }

    /// Makes the fold of a key anew beside the one that is there, which others go on reading, then swaps them.
    pub(crate) fn fold_anew(&mut self, turn: &Held, key: KeyId) -> Result<(), FoldError> {
        if self.keyring.is_incomplete(key) {
            return Ok(()); // those who hold all of it make it again
        }
        let (shelf, secret) = (Shelf::new(&self.layout, key), self.fold_secret(key)?);
        let mut draft = shelf.draft(turn, &secret)?;
        self.feed(&mut draft.catalogue, key)?;
        self.catalogues.remove(&key);
        shelf.publish(draft)
    }

    /// Feeds what is new; false where it was folded from a later ledger than this one, which went back.
    fn bring_up(&mut self, catalogue: &mut Catalogue, key: KeyId) -> Result<bool, FoldError> {
        // Asked before the ledger, which other processes append to and fold.
        if catalogue.position()? > self.ledger.tip()?.size {
            return Ok(false);
        }
        self.feed(catalogue, key).map(|()| true)
    }

    fn feed(&mut self, catalogue: &mut Catalogue, key: KeyId) -> Result<(), FoldError> {
        loop {
            match self.feed_once(catalogue, key) {
                // Another process folded these rows: go on from where it stopped.
                Err(FoldError::Apply(ApplyError::Elsewhere(_))) => continue,
                answer => return answer,
            }
        }
    }

    fn feed_once(&mut self, catalogue: &mut Catalogue, key: KeyId) -> Result<(), FoldError> {
        let mut position = catalogue.position()?;
        let size = self.ledger.tip()?.size;
        let compartment = self.keyring.compartments().find(|held| held.generations.contains(&key)).cloned();
        let Some(compartment) = compartment else { return self.feed_own(catalogue, key, position, size) };

        let mut read: HashSet<KeyId> = compartment.generations.iter().copied().collect();
        read.extend(catalogue.readable_keys()?.value);
        for id in &read {
            self.keyring.open(*id)?;
        }
        while position < size {
            let rows = self.ledger.rows(position, PAGE)?;
            let Some(end) = rows.last().map(|row| row.seq + 1) else { break };
            let opened = open_all(&rows, &self.keyring, &read, &self.archive_id)?;
            let mut waiting: BTreeMap<u64, Entry> = opened.into_iter().map(|e| (e.seq, e)).collect();
            let mut batch = Vec::with_capacity(waiting.len());
            while let Some((seq, entry)) = waiting.pop_first() {
                let opens = newly_readable(&entry).filter(|key| !read.contains(key));
                if let Some(key) = opens
                    && self.keyring.open(key)?.is_some()
                {
                    read.insert(key);
                    // What stands before this row is fed under its own numbers, whether of this page or older.
                    catalogue.apply(&batch, position, seq)?;
                    position = seq;
                    batch.clear();
                    batch.extend(self.feed_earlier(catalogue, key, seq, &entry)?);
                    let later: Vec<Row> = rows
                        .iter()
                        .filter(|row| row.seq > seq && row.key == key.to_string())
                        .cloned()
                        .collect();
                    let later = open_all(&later, &self.keyring, &read, &self.archive_id)?;
                    waiting.extend(later.into_iter().map(|e| (e.seq, e)));
                }
                batch.push(entry);
            }
            catalogue.apply(&batch, position, end)?;
            position = end;
            self.tell(Work::Folding, position, size);
        }
        Ok(())
    }

    /// Feeds the rows of a key that came to be readable with `opening` at `position`; those that must be applied together
    /// with it are given back.
    fn feed_earlier(
        &mut self,
        catalogue: &mut Catalogue,
        key: KeyId,
        position: u64,
        opening: &Entry,
    ) -> Result<Vec<Entry>, FoldError> {
        // What comes back was swept out and would be again, were it not applied with the record that lets it in.
        let together = comes_back(catalogue, opening)?;
        let mut kept = Vec::new();
        let mut from = 0;
        loop {
            let rows = self.ledger.rows_of_key(&key.to_string(), from, PAGE)?;
            let Some(last) = rows.last().map(|row| row.seq) else { return Ok(kept) };
            let rows: Vec<Row> = rows.into_iter().filter(|row| row.seq < position).collect();
            let over = rows.len() < PAGE;
            let mut batch = open_all(&rows, &self.keyring, &HashSet::from([key]), &self.archive_id)?;
            if together {
                kept.append(&mut batch);
            } else {
                catalogue.apply(&batch, position, position)?;
            }
            if over {
                return Ok(kept);
            }
            from = last + 1;
        }
    }

    /// Feeds an accession that is the member's alone.
    fn feed_own(
        &mut self,
        catalogue: &mut Catalogue,
        key: KeyId,
        mut position: u64,
        size: u64,
    ) -> Result<(), FoldError> {
        self.keyring.open(key)?;
        while position < size {
            let rows: Vec<Row> = self
                .ledger
                .rows_of_key(&key.to_string(), position, PAGE)?
                .into_iter()
                .filter(|row| row.seq < size)
                .collect();
            let end = if rows.len() < PAGE { size } else { rows.last().map_or(size, |row| row.seq + 1) };
            let batch = open_all(&rows, &self.keyring, &HashSet::from([key]), &self.archive_id)?;
            catalogue.apply(&batch, position, end)?;
            position = end;
            self.tell(Work::Folding, position, size);
        }
        Ok(())
    }
}

/// Opens the rows sealed by one of `read`, on both halves of a page at once.
pub(crate) fn open_all(
    rows: &[Row],
    keyring: &Keyring,
    read: &HashSet<KeyId>,
    archive_id: &str,
) -> Result<Vec<Entry>, FoldError> {
    let keys: std::collections::HashMap<String, &RowKey> =
        read.iter().filter_map(|id| Some((id.to_string(), &keyring.get(*id)?.row))).collect();
    let open_part = |part: &[Row]| -> Result<Vec<Entry>, RowError> {
        let mut entries = Vec::with_capacity(part.len());
        for row in part {
            let Some(key) = keys.get(&row.key) else { continue };
            let said = match rows::open(row, key, archive_id)? {
                Said::Statement(statement) => Folded::Statement(*statement),
                Said::Unknown(change) => Folded::Unknown(change),
                Said::Erased => Folded::Erased,
                Said::Blank => continue,
            };
            entries.push(Entry { seq: row.seq, said });
        }
        Ok(entries)
    };
    let (first, second) = rows.split_at(rows.len() / 2);
    let (first, second) = thread::scope(|scope| {
        let other = scope.spawn(|| open_part(second));
        (open_part(first), other.join().expect("opening rows does not panic"))
    });
    let mut entries = first?;
    entries.append(&mut second?);
    Ok(entries)
}

/// The key that a row makes readable in the compartment where it stands.
pub(crate) fn newly_readable(entry: &Entry) -> Option<KeyId> {
    match &entry.said {
        Folded::Statement(statement) => match &statement.change {
            Change::Release(release) => Some(release.key),
            Change::MovedIn(moved) => Some(moved.key),
            _ => None,
        },
        _ => None,
    }
}

/// Does a row bring back something that was moved out?
fn comes_back(catalogue: &Catalogue, opening: &Entry) -> Result<bool, FoldError> {
    let Folded::Statement(statement) = &opening.said else { return Ok(false) };
    let Change::MovedIn(moved) = &statement.change else { return Ok(false) };
    for reference in &moved.about {
        if catalogue.state(reference)?.value == Some(State::MovedOut) {
            return Ok(true);
        }
    }
    Ok(false)
}
