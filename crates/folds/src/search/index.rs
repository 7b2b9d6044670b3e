//! The index on the disk: opened, changed in one step together with its position, and swept clean of what must be gone.

use std::collections::HashSet;
use std::io;
use std::ops::Bound;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use tantivy::collector::Count;
use tantivy::directory::error::{LockError, OpenReadError, OpenWriteError};
use tantivy::directory::{Directory as _, DirectoryLock, Lock};
use tantivy::indexer::{LogMergePolicy, NoMergePolicy};
use tantivy::query::{BooleanQuery, Query, RangeQuery, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, Searcher, TantivyError, Term};
use vidimus_model::Ref;

use super::analysis::{Lexicons, Terms, TextTokenizer};
use super::document::{Document, Facts, Latest};
use super::plan::one_of;
use super::schema::{ENTRY, FORMS, Fields, SEAMS, WORDS, latest_word};
use super::sealed::{SealedFolder, Stamp};
use crate::StoreError;
use crate::state::State;

/// The file that names the segments of the newest commit.
const COMMIT: &str = "meta.json";

/// Bytes that a thread gathers before it writes a segment.
const GATHERED: usize = 64 << 20;

/// Bytes of texts that are packed together, about: a hit is cited from one text, and all of its block must be unpacked for it.
const BLOCK: usize = 4 << 10;

/// Which documents go.
#[derive(Clone, Debug, PartialEq)]
pub enum Forget {
    /// Those of these entries of the ledger.
    Entries(HashSet<u64>),
    /// Those of an item with its members, or of a whole accession, as far as their entries stand before this one.
    About(Ref, u64),
    /// What of an item only the latest holds, as far as their entries stand before this one.
    Older(Ref, Latest, u64),
}

/// A full-text index in a sealed folder.
pub struct TextIndex {
    folder: SealedFolder,
    index: Index,
    reader: IndexReader,
    pub(super) fields: Fields,
    /// The commit that the reader has open, and what it says.
    open: Mutex<Option<(Stamp, State)>>,
}

impl TextIndex {
    /// Opens the index at `path`, or makes an empty one, under the 256-bit `key`; at most `cache_bytes` of it are kept open in
    /// memory.
    ///
    /// # Errors
    /// [`StoreError::NotReadable`] where it must be deleted and folded again.
    pub fn open(path: &Path, key: &[u8; 32], cache_bytes: usize) -> Result<Self, StoreError> {
        let folder = SealedFolder::open(path, key, cache_bytes).map_err(StoreError::Medium)?;
        let (schema, fields) = Fields::schema();
        // Two processes that make it at once would take each other's beginning away.
        let making = Lock { filepath: ".making.lock".into(), is_blocking: true };
        let made = Index::exists(&folder).map_err(|error| store_error(error.into()))?;
        let _making = if made { None } else { Some(folder.acquire_lock(&making).map_err(lock_error)?) };
        // Blocks so small are packed sooner than handed to a thread.
        let settings = IndexSettings {
            docstore_blocksize: BLOCK,
            docstore_compress_dedicated_thread: false,
            ..IndexSettings::default()
        };
        let builder = Index::builder().schema(schema).settings(settings);
        let index = builder.open_or_create(folder.clone()).map_err(store_error)?;
        let lexicons = Lexicons::default();
        for (name, terms) in [(WORDS, Terms::Words), (FORMS, Terms::Forms), (SEAMS, Terms::Seams)] {
            index.tokenizers().register(name, TextTokenizer { terms, lexicons: lexicons.clone() });
        }
        let reader =
            index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(store_error)?;
        let opened = Self { folder, index, reader, fields, open: Mutex::new(None) };
        opened.unharmed()?;
        Ok(opened)
    }

    /// An error where anything that was read is damaged: the library does without some files that it cannot open.
    pub(super) fn unharmed(&self) -> Result<(), StoreError> {
        if self.folder.is_damaged() { Err(StoreError::NotReadable) } else { Ok(()) }
    }

    /// What the newest commit says.
    pub(super) fn state(&self) -> Result<State, StoreError> {
        let payload = self.index.load_metas().map_err(store_error)?.payload;
        payload.map_or(Ok(State::default()), |payload| {
            serde_json::from_str(&payload).map_err(|_| StoreError::NotReadable)
        })
    }

    /// What can be asked, as of the newest commit of any process, and that commit's position.
    pub(super) fn searcher(&self) -> Result<(Searcher, u64), StoreError> {
        // A panic of another thread leaves nothing half done: it is set in one step.
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        // Asked before the commit is read: one that comes in between is read twice, and none is missed.
        let stamp = self.folder.stamp(COMMIT).map_err(|error| store_error(error.into()))?;
        let position = match &*open {
            Some((known, state)) if *known == stamp => state.position,
            _ => {
                let state = self.state()?;
                self.reader.reload().map_err(store_error)?;
                let position = state.position;
                *open = Some((stamp, state));
                position
            }
        };
        Ok((self.reader.searcher(), position))
    }

    /// Waits until no other process folds.
    ///
    /// # Errors
    /// The lock's file cannot be made.
    pub(super) fn turn(&self) -> Result<DirectoryLock, StoreError> {
        let turn = Lock { filepath: ".turn.lock".into(), is_blocking: true };
        self.folder.acquire_lock(&turn).map_err(lock_error)
    }

    /// Holds the one writer's place until it is dropped.
    ///
    /// # Errors
    /// `ResourceBusy` where another process writes.
    pub(super) fn writer(&self, threads: usize) -> Result<Writing<'_>, StoreError> {
        let writer = self.index.writer_with_num_threads(threads, threads * GATHERED).map_err(store_error)?;
        self.folder.tidy().map_err(StoreError::Medium)?;
        Ok(Writing { index: self, writer, destroyed: false })
    }

    /// Is there anything that could be taken out?
    pub(super) fn holds_entries(&self) -> Result<bool, StoreError> {
        Ok(!self.index.searchable_segment_ids().map_err(store_error)?.is_empty())
    }

    /// Is such a text of the item, from an entry behind this one, in the newest commit?
    pub(super) fn holds(
        &self,
        about: &Ref,
        latest: &Latest,
        behind: Option<u64>,
    ) -> Result<bool, StoreError> {
        let (searcher, _) = self.searcher()?;
        let term = Term::from_field_text(self.fields.latest, &latest_word(about, latest));
        let holds = match behind {
            None => searcher.doc_freq(&term).map_err(store_error)? > 0,
            Some(entry) => {
                let is: Box<dyn Query> = Box::new(TermQuery::new(term, IndexRecordOption::Basic));
                let behind = Bound::Excluded(Term::from_field_u64(self.fields.entry, entry));
                let later: Box<dyn Query> = Box::new(RangeQuery::new(behind, Bound::Unbounded));
                let both = BooleanQuery::intersection(vec![is, later]);
                searcher.search(&both, &Count).map_err(store_error)? > 0
            }
        };
        self.unharmed()?;
        Ok(holds)
    }

    /// Number of segments and of documents, for those who measure.
    ///
    /// # Errors
    /// The index is damaged or cannot be read.
    pub fn measure(&self) -> Result<(usize, u64), StoreError> {
        let (searcher, _) = self.searcher()?;
        Ok((searcher.segment_readers().len(), searcher.num_docs()))
    }

    /// Files of all segments, opened, and all their words: what an attacker with the key would see.
    #[cfg(test)]
    pub(super) fn everything(&self) -> Vec<Vec<u8>> {
        let files = self.index.directory().list_managed_files();
        let there = files.iter().filter(|file| self.folder.exists(file).expect("a folder to look into"));
        let mut seen: Vec<Vec<u8>> =
            there.map(|file| self.folder.open_read(file).unwrap().read_bytes().unwrap().to_vec()).collect();
        for segment in self.searcher().unwrap().0.segment_readers() {
            for field in [self.fields.text, self.fields.forms, self.fields.seam, self.fields.about] {
                let inverted = segment.inverted_index(field).unwrap();
                let mut words = inverted.terms().stream().unwrap();
                while words.advance() {
                    seen.push(words.key().to_vec());
                }
            }
        }
        seen
    }
}

impl std::fmt::Debug for TextIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("TextIndex").field(&self.folder).finish()
    }
}

/// A change of the index that is not committed yet; dropped, it never was.
pub(super) struct Writing<'a> {
    index: &'a TextIndex,
    writer: IndexWriter,
    destroyed: bool,
}

impl Writing<'_> {
    /// Takes documents out, also those added before it.
    pub fn forget(&mut self, forget: &Forget) -> Result<(), StoreError> {
        let fields = &self.index.fields;
        self.destroyed = true;
        match forget {
            Forget::Entries(entries) => {
                self.writer.delete_query(one_of(ENTRY, entries.clone())).map_err(store_error)?;
            }
            Forget::About(about, before) => {
                self.forget_older(Term::from_field_text(fields.about, &about.to_string()), *before)?;
            }
            Forget::Older(about, latest, before) => {
                self.forget_older(
                    Term::from_field_text(fields.latest, &latest_word(about, latest)),
                    *before,
                )?;
            }
        }
        Ok(())
    }

    fn forget_older(&self, term: Term, before: u64) -> Result<(), StoreError> {
        let is: Box<dyn Query> = Box::new(TermQuery::new(term, IndexRecordOption::Basic));
        let before = Bound::Excluded(Term::from_field_u64(self.index.fields.entry, before));
        let older: Box<dyn Query> = Box::new(RangeQuery::new(Bound::Unbounded, before));
        self.writer
            .delete_query(Box::new(BooleanQuery::intersection(vec![is, older])))
            .map_err(store_error)?;
        Ok(())
    }

    /// Makes the commit sweep, whether or not it takes something out.
    pub fn sweeps(&mut self) {
        self.destroyed = true;
    }

    /// Takes everything out.
    pub fn forget_all(&mut self) -> Result<(), StoreError> {
        self.destroyed = true;
        self.writer.delete_all_documents().map(|_| ()).map_err(store_error)
    }

    /// Adds a document.
    pub fn add(&mut self, document: &Document) -> Result<(), StoreError> {
        for made in self.index.fields.documents(document) {
            self.writer.add_document(made).map_err(store_error)?;
        }
        Ok(())
    }

    /// Adds facts.
    pub fn add_facts(&mut self, facts: &Facts) -> Result<(), StoreError> {
        for made in self.index.fields.facts(facts) {
            self.writer.add_document(made).map_err(store_error)?;
        }
        Ok(())
    }

    /// Makes it so, together with `state`, durable; and where documents went, leaves no file that still holds them.
    pub fn commit(mut self, state: &State) -> Result<(), StoreError> {
        self.write_down(state)?;
        if self.destroyed {
            self.sweep()?;
            self.writer.set_merge_policy(Box::new(LogMergePolicy::default()));
        }
        self.writer.wait_merging_threads().map_err(store_error)?;
        self.index.unharmed()
    }

    /// The commit alone.
    pub(super) fn write_down(&mut self, state: &State) -> Result<(), StoreError> {
        let payload = serde_json::to_string(state).expect("plain data becomes JSON");
        if self.destroyed {
            // What is merged in the background meanwhile could not be swept.
            self.writer.set_merge_policy(Box::new(NoMergePolicy));
        }
        self.index.unharmed()?;
        let mut prepared = self.writer.prepare_commit().map_err(store_error)?;
        prepared.set_payload(&payload);
        prepared.commit().map(|_| ()).map_err(store_error)
    }

    /// Writes every segment anew that holds a deleted document, and removes the old ones.
    fn sweep(&mut self) -> Result<(), StoreError> {
        let metas = self.index.index.searchable_segment_metas().map_err(store_error)?;
        let stale = metas.iter().filter(|meta| meta.has_deletes()).map(|meta| meta.id());
        for segment in stale.collect::<Vec<_>>() {
            self.writer.merge(&[segment]).wait().map_err(store_error)?;
        }
        drop(metas);
        // Our own reader must let go of what shall be removed.
        self.index.reader.reload().map_err(store_error)?;
        self.writer.garbage_collect_files().wait().map_err(store_error)?;
        Ok(())
    }
}

/// Damage, or a medium that refuses.
pub(super) fn store_error(error: TantivyError) -> StoreError {
    let medium = |error: &io::Error| match error.kind() {
        // A file that should be there and is not is damage too.
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::NotFound => {
            StoreError::NotReadable
        }
        kind => StoreError::Medium(io::Error::new(kind, error.to_string())),
    };
    match error {
        TantivyError::IoError(error)
        | TantivyError::OpenReadError(OpenReadError::IoError { io_error: error, .. })
        | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error: error, .. }) => medium(&error),
        TantivyError::LockFailure(error, _) => lock_error(error),
        // A thread of the writer stopped: its own error is lost, and it was one of writing.
        TantivyError::ErrorInThread(text) => StoreError::Medium(io::Error::other(text)),
        TantivyError::SystemError(text) => StoreError::Medium(io::Error::other(text)),
        // Whatever else it says, it is not what this version wrote.
        _ => StoreError::NotReadable,
    }
}

fn lock_error(error: LockError) -> StoreError {
    match error {
        LockError::LockBusy => StoreError::Medium(io::ErrorKind::ResourceBusy.into()),
        LockError::IoError(error) => StoreError::Medium(io::Error::new(error.kind(), error.to_string())),
    }
}
