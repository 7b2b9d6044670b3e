//! What an erasure or a move still has to take away: written down before it is recorded, so that a crash leaves nothing over.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use vidimus_ledger::{Ledger as _, SqliteLedger, StoreError};
use vidimus_model::{CompartmentId, DestroyedObject, KeyId, MemberId, ProposalId, Ref};
use vidimus_seal::age::{self, Identity, encrypt_to_vec};
use vidimus_vault::{BarrierError, DeleteError, ObjectName, Vault as _};

use crate::drawn::Names;
use crate::keyring::{HeldCompartment, read_folder};
use crate::{Archive, FoldError, files, watch};

/// Why not everything could be taken away. To repeat the command goes on.
#[derive(Debug, thiserror::Error)]
pub enum UnfinishedError {
    /// The ledger cannot be read, or still keeps a destroyed body.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An object could not be deleted.
    #[error("an object could not be deleted: {0}")]
    Delete(#[from] DeleteError),
    /// What was deleted may come back after a power cut.
    #[error(transparent)]
    Barrier(#[from] BarrierError),
    /// The member's keys could not be asked.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// A file or folder could not be written or removed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// One piece of work; sealed for the compartment's key, so that whoever holds it can finish it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WorkNote {
    /// The proposal that it waits for, if it does.
    pub proposal: Option<ProposalId>,
    /// By which row the ledger tells that it happened.
    pub row: u64,
    /// The row is sealed by this key then; none: it is erased then.
    pub key: Option<KeyId>,
    /// To be taken away when it happened.
    pub then: Remains,
    /// To be taken away when it never did.
    pub otherwise: Remains,
    /// What the names of those objects were drawn from.
    #[serde(default)]
    pub drawn_from: String,
    /// What whoever agrees puts on record of the objects that go, which they cannot open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub destroyed: Vec<DestroyedObject>,
    /// What is erased or moved, by whom, since when: what a check says of it.
    #[serde(default)]
    pub work: Option<Undertaking>,
}

/// What a note is about: things that somebody set out to erase or move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Undertaking {
    /// What is erased or moved.
    pub about: Vec<Ref>,
    /// Who began it.
    pub by: MemberId,
    /// Our clock when it began, to the second.
    pub at: Timestamp,
}

/// Objects and keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Remains {
    /// Names of objects.
    pub objects: BTreeSet<String>,
    /// Sealing keys, with all their wraps and folds.
    pub keys: BTreeSet<KeyId>,
}

/// A note names every object that is to be taken away, in some sixty bytes each: there is room for four million.
const MAX_NOTE: u64 = 256 << 20;

/// The file of a note; none if there is none, or if it is larger than any that we write.
pub(crate) fn open_note(path: &Path) -> io::Result<Option<File>> {
    match files::open(path) {
        Ok(file) => Ok((file.metadata()?.len() <= MAX_NOTE).then_some(file)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// What was noted for whoever has this key. It is read piece by piece as far as it is authentic: anybody may have put it there.
pub(crate) fn note_by(untrusted: &File, key: &Identity) -> Option<WorkNote> {
    let text = age::open(untrusted, key, None).ok()?.into_reader();
    serde_json::from_reader(BufReader::new(text)).ok()
}

/// Rows that are read at once.
const PAGE: usize = 1000;

/// The file whose lock is the [`Workplace`]; it stays.
pub(crate) const WORKPLACE: &str = "lock";

/// Held by whoever erases or moves: whatever did not happen then is not under way either.
pub(crate) struct Workplace(#[allow(dead_code, reason = "the lock ends when the file is closed")] File);

impl Archive {
    /// Takes away what interrupted erasures and moves left over, of the compartments that this member holds, and does the
    /// erasures that another member agreed to and only this member can do. Returns how many were finished.
    ///
    /// # Errors
    /// Any [`crate::ProposeError`].
    pub fn finish_erasures(&mut self) -> Result<usize, crate::ProposeError> {
        self.refresh()?;
        let done = self.do_agreed()?;
        let workplace = self.workplace().map_err(crate::EraseError::from)?;
        Ok(done + self.finish_work(&workplace).map_err(crate::EraseError::from)?)
    }

    /// Waits until no other process erases or moves.
    pub(crate) fn workplace(&self) -> Result<Workplace, UnfinishedError> {
        files::make_folder(&self.layout.unfinished())?;
        let path = self.layout.unfinished().join(WORKPLACE);
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .custom_flags(files::NOT_WAITING)
            .open(path)?;
        file.lock()?;
        Ok(Workplace(file))
    }

    /// Writes a note of work to be done on these things under `name`.
    pub(crate) fn note_work(
        &mut self,
        name: &str,
        compartment: &CompartmentId,
        about: Vec<Ref>,
        mut note: WorkNote,
    ) -> Result<(), UnfinishedError> {
        let at = Timestamp::from_second(self.clock.now().as_second()).expect("a second of a time is a time");
        note.work = Some(Undertaking { about, by: self.keyring.member(), at });
        let generation = self.current(compartment)?;
        let holder = self.keyring.open(generation).map_err(FoldError::from)?.ok_or(FoldError::NotHeld)?;
        let recipient = holder.identity.recipient();
        let text = serde_json::to_vec(&note).map_err(io::Error::other)?;
        if text.len() as u64 > MAX_NOTE - MAX_NOTE / 256 {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge).into());
        }
        let (sealed, _) = encrypt_to_vec(&[recipient], &text, &mut self.entropy)
            .expect("one recipient is neither none nor too many");
        Ok(files::replace(&self.note_path(name), &sealed)?)
    }

    /// The note of this name; none if there is none or another compartment's holders wrote it.
    pub(crate) fn work_noted(&mut self, name: &str) -> Result<Option<WorkNote>, UnfinishedError> {
        let Some(untrusted) = open_note(&self.note_path(name))? else { return Ok(None) };
        let generations: Vec<KeyId> =
            self.keyring.compartments().flat_map(|held| held.generations.clone()).collect();
        for generation in generations {
            let Some(key) = self.keyring.open(generation).map_err(FoldError::from)? else { continue };
            if let Some(note) = note_by(&untrusted, &key.identity) {
                return Ok(Some(note));
            }
        }
        Ok(None)
    }

    /// Finishes or undoes all work that is noted, but for what waits for an agreement; how much was finished.
    pub(crate) fn finish_work(&mut self, _: &Workplace) -> Result<usize, UnfinishedError> {
        self.refresh()?;
        let mut finished = 0;
        for file in read_folder(&self.layout.unfinished())? {
            let Some(name) = file.to_str().and_then(|file| file.strip_suffix(".age")) else { continue };
            let Some(note) = self.work_noted(name)? else { continue };
            let happened = self.happened(&note)?;
            let waits = note.proposal.is_some_and(|id| {
                self.register.waiting.contains_key(&id) || self.register.agreed.contains_key(&id)
            });
            if !happened && waits {
                continue;
            }
            let remains = self.proven(note, happened)?;
            self.take_away(&remains)?;
            if happened {
                self.drop_folds_of_destroyed()?;
                self.sweep_beside()?;
            }
            if happened && !self.ledger.wipe()? {
                // Another process still reads an older state; the note stays, so that it is tried again.
                continue;
            }
            crate::crash::step();
            fs::remove_file(self.note_path(name))?;
            files::sync_folder(&self.layout.unfinished())?;
            finished += usize::from(happened);
        }
        Ok(finished)
    }

    fn happened(&self, note: &WorkNote) -> Result<bool, UnfinishedError> {
        let row = self.ledger.rows(note.row, 1)?.pop().filter(|row| row.seq == note.row);
        Ok(row.is_some_and(|row| match note.key {
            Some(key) => row.key == key.to_string(),
            None => row.erased,
        }))
    }

    /// What a note names, and a record of the register names as destroyed, or was drawn for it. Whoever knows a compartment's
    /// recipient can leave a note, so of an object that its reader cannot read it alone says nothing.
    fn proven(&mut self, note: WorkNote, happened: bool) -> Result<Remains, FoldError> {
        if !happened {
            let objects = Names::drawn_from(&note.drawn_from, &note.otherwise.objects);
            return Ok(Remains { objects, keys: note.otherwise.keys });
        }
        let mut remains = note.then;
        if !remains.objects.is_empty() {
            let gone = self.gone()?;
            remains.objects.retain(|name| name.parse().is_ok_and(|name| gone.names(&name)));
        }
        Ok(remains)
    }

    /// Destroys these, but nothing that the records still need.
    pub(crate) fn take_away(&mut self, remains: &Remains) -> Result<(), UnfinishedError> {
        // Keys first: with them all copies of the objects are dead, wherever they are.
        for key in &remains.keys {
            if self.seals_something(*key)? {
                continue;
            }
            for wrap in read_folder(&self.layout.held_key(*key))? {
                files::destroy(&self.layout.held_key(*key).join(wrap))?;
            }
            files::remove_folder(&self.layout.held_key(*key))?;
            self.keyring.forget(*key);
            self.drop_fold(*key)?;
        }
        for (done, name) in (1..).zip(&remains.objects) {
            self.tell(watch::Work::Destroying, done, remains.objects.len() as u64);
            let Ok(name) = name.parse::<ObjectName>() else { continue };
            if !self.is_in_use(&name)? {
                crate::crash::step();
                self.vault.delete(&name)?;
            }
        }
        if !remains.objects.is_empty() {
            crate::crash::step();
            self.vault.barrier()?;
        }
        Ok(())
    }

    /// Is there a body under this key?
    pub(crate) fn seals_something(&self, key: KeyId) -> Result<bool, StoreError> {
        seals_something(&self.ledger, key)
    }

    /// Does an item that this member can read, or something that was made from one, lie in it?
    pub(crate) fn is_in_use(&mut self, name: &ObjectName) -> Result<bool, FoldError> {
        let compartments = self.keyring.compartments().filter(|held| held.id != CompartmentId::register());
        let mut keys: Vec<KeyId> = compartments.map(HeldCompartment::current).collect();
        keys.extend(self.keyring.own_accessions());
        for key in keys {
            let catalogue = self.catalogue_of(key)?;
            if !catalogue.references_of_object(name.as_bytes())?.value.is_empty()
                || catalogue.has_derivative_in(name.as_bytes())?.value
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn note_path(&self, name: &str) -> PathBuf {
        self.layout.unfinished().join(format!("{name}.age"))
    }
}

/// Is there a body under this key in that ledger?
pub(crate) fn seals_something(ledger: &SqliteLedger, key: KeyId) -> Result<bool, StoreError> {
    let mut from = 0;
    loop {
        let rows = ledger.rows_of_key(&key.to_string(), from, PAGE)?;
        let Some(last) = rows.last() else { return Ok(false) };
        from = last.seq + 1;
        if rows.iter().any(|row| row.body.is_some()) {
            return Ok(true);
        }
    }
}
