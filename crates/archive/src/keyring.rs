//! The keys that one unlocked member holds, and what each of them is for.
//!
//! A key's first row in the ledger says what it is: `compartment/1` or `generation/1` for a compartment's,
//! `accession/1` for an accession's.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io;

use vidimus_ledger::Ledger;
use vidimus_model::{Change, CompartmentId, KeyId, MemberId};
use vidimus_proof::record::SigningKey;
use vidimus_seal::age::Identity;
use vidimus_seal::member::MemberKeys;
use vidimus_seal::row::RowKey;
use vidimus_seal::wrap;

use crate::layout::Layout;
use crate::rows::{self, Said};

/// A key's first append holds the row that says what the key is; within an append rows stand in random order.
pub(crate) const FIRST_ROWS: usize = 16;

/// A sealing key in the open: opens objects and, derived from it, rows and folds.
pub struct SealingKey {
    /// Its id.
    pub id: KeyId,
    /// The age identity that opens objects and wraps.
    pub identity: Identity,
    /// What seals rows.
    pub row: RowKey,
}

impl SealingKey {
    pub(crate) fn new(id: KeyId, identity: Identity) -> Self {
        let row = RowKey::derive(&identity);
        Self { id, identity, row }
    }
}

/// A compartment that the member holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldCompartment {
    /// Which.
    pub id: CompartmentId,
    /// Its name, as the record says.
    pub name: String,
    /// The letter of its references, none for `main` and `register`.
    pub letter: Option<char>,
    /// Generations of its key that the member holds, oldest first.
    pub generations: Vec<KeyId>,
}

impl HeldCompartment {
    /// The generation that seals new records.
    pub fn current(&self) -> KeyId {
        *self.generations.last().expect("a held compartment has a generation")
    }
}

/// Why the keys could not be gathered.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The key store cannot be read.
    #[error("the key store cannot be read: {0}")]
    Io(#[from] io::Error),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] vidimus_ledger::StoreError),
    /// A wrap in the key store does not open with the member's key.
    #[error("the key {key} in the key store is damaged")]
    Damaged {
        /// Which key.
        key: String,
    },
}

/// All keys of one unlocked member.
pub struct Keyring {
    layout: Layout,
    member: MemberKeys,
    signing: SigningKey,
    keys: HashMap<KeyId, SealingKey>,
    compartments: BTreeMap<CompartmentId, HeldCompartment>,
    /// Accessions whose key is wrapped for this member: received by them, and not released.
    own: Vec<KeyId>,
    /// Keys wrapped for this member of which no row tells: generations of a later ledger, which took accessions' keys over.
    untold: Vec<KeyId>,
    /// Compartments of which the member lacks a generation of the key.
    incomplete: BTreeSet<CompartmentId>,
}

impl Keyring {
    /// A ring with the member's own keys only.
    pub(crate) fn new(layout: Layout, member: MemberKeys) -> Self {
        let signing = member.signing.key();
        Self {
            layout,
            member,
            signing,
            keys: HashMap::new(),
            compartments: BTreeMap::new(),
            own: Vec::new(),
            untold: Vec::new(),
            incomplete: BTreeSet::new(),
        }
    }

    /// The member's id.
    pub fn member(&self) -> MemberId {
        MemberId::from_bytes(*self.member.id.bytes())
    }

    /// The member's keys.
    pub(crate) fn member_keys(&self) -> &MemberKeys {
        &self.member
    }

    /// The member's signing key.
    pub(crate) fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// Compartments the member holds.
    pub fn compartments(&self) -> impl Iterator<Item = &HeldCompartment> {
        self.compartments.values()
    }

    /// One compartment the member holds.
    pub fn compartment(&self, id: &CompartmentId) -> Option<&HeldCompartment> {
        self.compartments.get(id)
    }

    /// Keys of accessions that are the member's alone.
    pub fn own_accessions(&self) -> &[KeyId] {
        &self.own
    }

    /// Takes note of an accession that the member has begun.
    pub(crate) fn adopt(&mut self, accession: KeyId) {
        self.own.push(accession);
    }

    /// Takes note that an accession is no longer the member's alone.
    pub(crate) fn disown(&mut self, accession: KeyId) {
        self.own.retain(|own| *own != accession);
    }

    /// Takes a key off the ring, because it was destroyed.
    pub(crate) fn forget(&mut self, id: KeyId) {
        self.disown(id);
        self.keys.remove(&id);
    }

    /// Puts a key on the ring that was made or opened just now.
    pub(crate) fn add(&mut self, key: SealingKey) {
        self.keys.insert(key.id, key);
    }

    /// A key that is on the ring already.
    pub fn get(&self, id: KeyId) -> Option<&SealingKey> {
        self.keys.get(&id)
    }

    /// A key the member can open: directly, or through a compartment's generation. None if it is not theirs, or destroyed.
    ///
    /// # Errors
    /// The key store cannot be read, or a wrap in it is damaged.
    pub fn open(&mut self, id: KeyId) -> Result<Option<&SealingKey>, KeyringError> {
        if !self.keys.contains_key(&id)
            && let Some(identity) = self.unwrap(id)?
        {
            self.keys.insert(id, SealingKey::new(id, identity));
        }
        Ok(self.keys.get(&id))
    }

    fn unwrap(&self, id: KeyId) -> Result<Option<Identity>, KeyringError> {
        let own = (self.member().to_string(), &self.member.identity);
        let generations = self.compartments.values().flat_map(|c| &c.generations).chain(&self.untold);
        let through = generations.filter_map(|key| Some((key.to_string(), &self.keys.get(key)?.identity)));
        for (holder, identity) in std::iter::once(own).chain(through) {
            match crate::files::read(self.layout.wrap(id, &holder)) {
                Ok(untrusted) => {
                    return wrap::unwrap_unproved_identity(&untrusted, identity)
                        .map(Some)
                        .map_err(|_| KeyringError::Damaged { key: id.to_string() });
                }
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(e.into()),
            }
        }
        Ok(None)
    }

    /// Opens every key that is wrapped for the member, and learns from the ledger what each is for.
    ///
    /// # Errors
    /// The key store or the ledger cannot be read. A damaged wrap is passed over here; `check` names it.
    pub(crate) fn gather(&mut self, ledger: &dyn Ledger, archive_id: &str) -> Result<(), KeyringError> {
        self.compartments.clear();
        self.own.clear();
        self.untold.clear();
        let (mut first_rows, mut not_mine) = (Vec::new(), BTreeSet::new());
        for entry in read_folder(&self.layout.held())? {
            let Some(id) = entry.to_str().and_then(|name| name.parse::<KeyId>().ok()) else { continue };
            if !self.layout.wrap(id, &self.member().to_string()).exists() {
                not_mine.insert(id);
                continue;
            }
            match self.open(id) {
                Ok(_) => {}
                Err(KeyringError::Damaged { .. }) => continue,
                Err(e) => return Err(e),
            }
            let rows = ledger.rows_of_key(&id.to_string(), 0, FIRST_ROWS)?;
            match rows.first() {
                Some(first) => first_rows.push((first.seq, id, rows)),
                None => self.untold.push(id),
            }
        }
        first_rows.sort_by_key(|(seq, ..)| *seq);
        for (_, id, rows) in first_rows {
            let Some(key) = self.keys.get(&id).map(|key| key.row.clone()) else { continue };
            for row in &rows {
                let compartment = &row.compartment;
                match rows::open(row, &key, archive_id) {
                    Ok(Said::Statement(statement)) => match statement.change {
                        Change::Accession(_) => self.own.push(id),
                        // The two come in one append, in either order.
                        Change::Compartment(c) if c.compartment.as_str() == compartment => {
                            let held = self.entry(c.compartment);
                            held.name = c.name;
                            held.letter = c.letter.chars().next();
                        }
                        Change::Generation(g) if g.key == id => {
                            let Ok(compartment) = compartment.parse() else { continue };
                            let held = self.entry(compartment);
                            held.generations.push(id);
                        }
                        _ => {}
                    },
                    _ => continue,
                }
            }
        }
        self.compartments.retain(|_, held| !held.generations.is_empty());
        self.look_for_gaps(ledger, &not_mine)
    }

    /// Does the member lack a generation of the key of a compartment that this key is of? What they fold of it lacks records
    /// that others read, so that nobody else must be given it.
    pub(crate) fn is_incomplete(&self, key: KeyId) -> bool {
        let mut held = self.compartments.values().filter(|held| self.incomplete.contains(&held.id));
        held.any(|held| held.generations.contains(&key))
    }

    /// A key that others are wrapped for is a generation of a compartment's.
    fn look_for_gaps(&mut self, ledger: &dyn Ledger, not_mine: &BTreeSet<KeyId>) -> Result<(), KeyringError> {
        self.incomplete.clear();
        if not_mine.is_empty() {
            return Ok(());
        }
        let mut generations = BTreeSet::new();
        for entry in read_folder(&self.layout.held())? {
            let Some(id) = entry.to_str().and_then(|name| name.parse::<KeyId>().ok()) else { continue };
            let holders = read_folder(&self.layout.held_key(id)).unwrap_or_default();
            let holders = holders.iter().filter_map(|name| name.to_str()?.strip_suffix(".age")?.parse().ok());
            generations.extend(holders.filter(|holder| not_mine.contains(holder)));
        }
        for id in generations {
            let first = ledger.rows_of_key(&id.to_string(), 0, 1)?;
            let of = first.first().and_then(|row| row.compartment.parse::<CompartmentId>().ok());
            self.incomplete.extend(of.filter(|of| self.compartments.contains_key(of)));
        }
        Ok(())
    }

    fn entry(&mut self, id: CompartmentId) -> &mut HeldCompartment {
        self.compartments.entry(id.clone()).or_insert_with(|| HeldCompartment {
            id,
            name: String::new(),
            letter: None,
            generations: Vec::new(),
        })
    }
}

pub(crate) fn read_folder(path: &std::path::Path) -> io::Result<Vec<std::ffi::OsString>> {
    match fs::read_dir(path) {
        Ok(entries) => entries.map(|entry| entry.map(|e| e.file_name())).collect(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(e) => Err(crate::files::in_its_folder(path, e)),
    }
}
