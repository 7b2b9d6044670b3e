//! Folds that lie beside the catalogue of a key, and read what was made from items: opened, brought up to date with the records,
//! thrown away where damaged, swept after an erasure.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use vidimus_folds::{ApplyError, Entry, Fold, Said, StoreError};
use vidimus_ledger::{Ledger as _, Row};
use vidimus_model::{Change, KeyId};
use vidimus_seal::row::fold_key;
use vidimus_vault::FolderVault;

use crate::derivatives::{Sealed, SealedDerivatives};
use crate::keyring::read_folder;
use crate::runner::{FoldError, newly_readable, open_all};
use crate::watch::Work;
use crate::{Archive, files, shelf};

/// Entries that are folded in one commit.
const BATCH: usize = 20_000;
/// Rows that are opened at once.
const PAGE: usize = 2048;
/// Entries that could not be read before and are tried again with one question: what is lost for good would else be looked for in
/// vain for minutes.
const TRIED_AGAIN: usize = 256;
/// How often a damaged index is thrown away before its disk is not believed any more.
const TRIES: usize = 3;

/// What such a fold answered.
pub(crate) struct Asked<T> {
    /// None: there is no such fold, and none can be made.
    pub answer: Option<T>,
    /// So many of the newest entries of the ledger it does not know, because it cannot be written.
    pub lacks: u64,
}

/// A fold that lies beside the catalogue of a key.
pub(crate) trait Beside: Fold + Sized {
    /// The name of its folders, and of its key.
    const NAME: &'static str;

    /// Opens the one in this folder, or makes an empty one.
    fn open(folder: &Path, secret: &[u8; 32], vault: Arc<FolderVault>) -> Result<Self, StoreError>;

    /// What opens derivatives.
    fn derivatives(&mut self) -> &mut SealedDerivatives;

    /// Entries of which something could not be read when they were folded.
    fn unread(&self) -> Result<Vec<u64>, StoreError>;

    /// Can all of an entry be read now?
    fn can_read(&mut self, entry: &Entry) -> bool;

    /// Removes whatever still holds what was taken out.
    fn sweep(&mut self) -> Result<(), StoreError>;

    /// Does one step of what follows from the records and takes long; how many are left, none where all is done.
    fn work(&mut self) -> Result<Option<usize>, StoreError> {
        Ok(None)
    }
}

/// Does this name stand for such a fold, of any version?
pub(crate) fn belongs(untrusted_name: &OsStr) -> bool {
    let name = untrusted_name.to_string_lossy();
    [crate::search::Index::NAME, crate::similar::Index::NAME]
        .iter()
        .any(|fold| name.strip_prefix(fold).is_some_and(|rest| rest.starts_with(".v")))
}

impl Archive {
    /// Asks a fold of a key, brought up to date as far as it can be written. One that is damaged is thrown away and folded
    /// again.
    pub(crate) fn ask_beside<F: Beside, T>(
        &mut self,
        key: KeyId,
        ask: impl Fn(&mut F) -> Result<T, StoreError>,
    ) -> Result<Asked<T>, FoldError> {
        let folder = self.beside_folder::<F>(key);
        for _ in 0..TRIES {
            let (mut index, number) = match self.open_to_ask(key, &folder) {
                Ok(Some(opened)) => opened,
                Ok(None) => continue,
                Err(error) if error.is_of_the_medium() => {
                    return Ok(Asked { answer: None, lacks: self.ledger.tip()?.size });
                }
                Err(error) => return Err(error),
            };
            match self.ask_as_far(&mut index, key, &ask) {
                // Unless another process was faster.
                Err(error) if error.is_damage_of_the_fold() => {
                    if inode(&folder) == number {
                        shelf::discard(&folder)?;
                    }
                }
                other => return other,
            }
        }
        Err(StoreError::NotReadable.into())
    }

    fn open_to_ask<F: Beside>(
        &mut self,
        key: KeyId,
        folder: &Path,
    ) -> Result<Option<(F, Option<u64>)>, FoldError> {
        files::make_folder(&self.layout.fold(key))?;
        if !is_whole(folder) {
            shelf::discard(folder)?;
        }
        self.open_beside(key, folder)
    }

    fn ask_as_far<F: Beside, T>(
        &mut self,
        index: &mut F,
        key: KeyId,
        ask: impl Fn(&mut F) -> Result<T, StoreError>,
    ) -> Result<Asked<T>, FoldError> {
        let lacks = match self.bring_up_beside(index, key) {
            Ok(()) => {
                let mut done = 0;
                while let Some(left) = index.work()? {
                    done += 1;
                    self.tell(Work::Comparing, done, done + left as u64);
                }
                0
            }
            Err(error) if error.is_of_the_medium() => {
                self.ledger.tip()?.size.saturating_sub(index.position()?)
            }
            Err(error) => return Err(error),
        };
        Ok(Asked { answer: Some(ask(index)?), lacks })
    }

    /// Takes what was erased or moved out of every fold beside a catalogue: each is brought up to date and swept, or thrown away.
    pub(crate) fn sweep_beside(&mut self) -> Result<(), FoldError> {
        for key in self.folded_keys()? {
            if self.keyring.open(key)?.is_none() {
                continue; // what is destroyed here was never in it
            }
            let mut current = Vec::new();
            current.extend(self.swept::<crate::search::Index>(key)?);
            current.extend(self.swept::<crate::similar::Index>(key)?);
            for name in read_folder(&self.layout.fold(key))?.iter().filter(|name| belongs(name)) {
                let folder = self.layout.fold(key).join(name);
                crate::crash::step();
                if !current.contains(&folder) {
                    shelf::discard(&folder)?;
                }
            }
        }
        Ok(())
    }

    /// The folder of a fold that holds nothing any more that was taken out; none where there is none, or it could not be swept.
    fn swept<F: Beside>(&mut self, key: KeyId) -> Result<Option<PathBuf>, FoldError> {
        let folder = self.beside_folder::<F>(key);
        if !folder.is_dir() || !is_whole(&folder) {
            return Ok(None);
        }
        let Some((mut index, _)) = self.open_beside::<F>(key, &folder)? else { return Ok(None) };
        let swept = self.bring_up_beside(&mut index, key).and_then(|()| Ok(index.sweep()?));
        Ok(swept.is_ok().then_some(folder))
    }

    /// Throws such folds of a key away: they are folded again when they are asked.
    pub(crate) fn discard_beside(&self, key: KeyId) -> std::io::Result<()> {
        shelf::discard(&self.beside_folder::<crate::search::Index>(key))?;
        shelf::discard(&self.beside_folder::<crate::similar::Index>(key))
    }

    /// Beside the catalogue of the key, so that both go together. Who lacks a part of what is folded there has one of their own.
    fn beside_folder<F: Beside>(&self, key: KeyId) -> PathBuf {
        let mut name = format!("{}.v{}", F::NAME, F::VERSION);
        if self.keyring.is_incomplete(key) {
            name += &format!(".{}", self.keyring.member());
        }
        self.layout.fold(key).join(name)
    }

    /// The fold in this folder, and the folder's number; none where it was damaged and is thrown away.
    fn open_beside<F: Beside>(
        &mut self,
        key: KeyId,
        folder: &Path,
    ) -> Result<Option<(F, Option<u64>)>, FoldError> {
        let sealing = self.keyring.open(key)?.ok_or(FoldError::NotHeld)?;
        let secret = fold_key(&sealing.identity, F::NAME);
        match F::open(folder, &secret, self.vault.clone()) {
            Ok(index) => Ok(Some((index, inode(folder)))),
            Err(StoreError::NotReadable) => {
                shelf::discard(folder)?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn bring_up_beside<F: Beside>(&mut self, index: &mut F, key: KeyId) -> Result<(), FoldError> {
        loop {
            match self.feed_beside(index, key) {
                // Another process folded these rows: go on from where it stopped.
                Err(FoldError::Apply(ApplyError::Elsewhere(_))) => {}
                fed => return fed,
            }
        }
    }

    /// Feeds what is new. What stands before the position and came to be readable is fed under its own numbers, with what opens it.
    fn feed_beside<F: Beside>(&mut self, index: &mut F, key: KeyId) -> Result<(), FoldError> {
        let (mut position, size) = (index.position()?, self.ledger.tip()?.size);
        if position > size {
            return Err(StoreError::NotReadable.into()); // folded from a later ledger than this one, which went back
        }
        let held = self.keyring.compartments().find(|held| held.generations.contains(&key));
        let own = held.is_none().then_some(key);
        let mut read: HashSet<KeyId> =
            held.map_or_else(|| HashSet::from([key]), |held| held.generations.iter().copied().collect());
        // The catalogue is as new as the size above, or newer: it knows every key that these rows are sealed by.
        read.extend(self.catalogue_of(key)?.readable_keys()?.value);
        for id in &read {
            self.keyring.open(*id)?;
        }
        let mut again = self.readable_again(index, key, &read)?;
        while position < size || !again.is_empty() {
            let from = position;
            let mut batch = std::mem::take(&mut again);
            while position < size && batch.len() < BATCH {
                let (rows, end) = self.page(own, position, size)?;
                let opened = self.open_rows(index, key, &rows, &read)?;
                let came: Vec<KeyId> = opened.iter().filter_map(newly_readable).collect();
                batch.extend(opened.into_iter().map(|entry| (entry.seq, entry)));
                for came in came {
                    self.keyring.open(came)?;
                    let earlier = self.rows_before(came, from)?;
                    let opened = self.open_rows(index, key, &earlier, &HashSet::from([came]))?;
                    batch.extend(opened.into_iter().map(|entry| (entry.seq, entry)));
                }
                position = end;
            }
            let entries: Vec<Entry> = batch.into_values().collect();
            index.apply(&entries, from, position)?;
            index.derivatives().forget();
            self.tell(Work::Folding, position, size);
        }
        Ok(())
    }

    /// Entries of which something could not be read before, and can be now.
    fn readable_again<F: Beside>(
        &mut self,
        index: &mut F,
        key: KeyId,
        read: &HashSet<KeyId>,
    ) -> Result<BTreeMap<u64, Entry>, FoldError> {
        let mut again = BTreeMap::new();
        for seq in index.unread()?.into_iter().take(TRIED_AGAIN) {
            let rows = self.ledger.rows(seq, 1)?;
            let opened = self.open_rows(index, key, &rows, read)?;
            again.extend(
                opened.into_iter().filter(|entry| index.can_read(entry)).map(|entry| (entry.seq, entry)),
            );
        }
        Ok(again)
    }

    /// The next rows below `size`, all or those under one key, and where those behind them begin.
    fn page(&self, own: Option<KeyId>, position: u64, size: u64) -> Result<(Vec<Row>, u64), FoldError> {
        let mut rows = match own {
            Some(key) => self.ledger.rows_of_key(&key.to_string(), position, PAGE)?,
            None => self.ledger.rows(position, PAGE)?,
        };
        let is_last = rows.len() < PAGE;
        rows.retain(|row| row.seq < size);
        let end = rows.last().filter(|_| !is_last).map_or(size, |last| last.seq + 1);
        Ok((rows, end))
    }

    fn rows_before(&self, key: KeyId, position: u64) -> Result<Vec<Row>, FoldError> {
        let rows = self.ledger.rows_of_key(&key.to_string(), 0, usize::MAX >> 1)?;
        Ok(rows.into_iter().filter(|row| row.seq < position).collect())
    }

    /// Opens rows, and tells the fold how the derivatives that they name are sealed.
    fn open_rows<F: Beside>(
        &mut self,
        index: &mut F,
        fold: KeyId,
        rows: &[Row],
        read: &HashSet<KeyId>,
    ) -> Result<Vec<Entry>, FoldError> {
        let opened = open_all(rows, &self.keyring, read, &self.archive_id)?;
        let keys: BTreeMap<u64, &str> = rows.iter().map(|row| (row.seq, &*row.key)).collect();
        for entry in &opened {
            let Said::Statement(said) = &entry.said else { continue };
            let Change::Examination(found) = &said.change else { continue };
            if found.derivatives.is_empty() {
                continue;
            }
            let moved = self.catalogue_of(fold)?.moved_derivatives(&found.about)?.value;
            let moved = moved.into_iter().filter(|moved| moved.seq > entry.seq).collect();
            let key: Option<KeyId> = keys.get(&entry.seq).and_then(|key| key.parse().ok());
            if let Some(key) = key
                && let Some(sealing) = self.keyring.get(key)
            {
                index.derivatives().hand(entry.seq, Sealed { key, moved }, &sealing.identity);
            }
        }
        Ok(opened)
    }
}

/// Tells a folder from another that took its place.
fn inode(folder: &Path) -> Option<u64> {
    fs::symlink_metadata(folder).ok().map(|found| found.ino())
}

/// Nothing, or a folder (and no link to one) of regular files alone? A FIFO would be waited for.
fn is_whole(folder: &Path) -> bool {
    let Ok(found) = fs::symlink_metadata(folder) else { return true };
    let files = || fs::read_dir(folder).into_iter().flatten();
    let is_file = |entry: fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_file());
    found.is_dir() && files().all(|entry| entry.is_ok_and(is_file))
}
