//! The fold of records into what can be compared, and of that into what is related; exact copies are compared once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior, params};
use vidimus_model::print::{Motion, Print};
use vidimus_model::{Change, Derivative, Ref};

use super::chunks::{Kept, kept};
use super::compare::common;
use super::finder::{Digest, Finder};
use super::frames;
use super::known::Known;
use super::prepare::known;
use super::relation::{Relation, Standing, relation};
use super::rows::{
    Content, bytes, compared, contents, forget_about, forget_content, forget_entry, is_print, position,
    print, put_item, put_pair, put_runs, put_state, state,
};
use crate::database::{self, Form, forget};
use crate::state::State;
use crate::{ApplyError, Entry, Fold, Said, StoreError, may_apply};

const FORM: Form = Form { version: 2, schema: include_str!("schema.sql") };
/// Items that are kept ready to be compared.
const READY: usize = 64;
/// Small pictures of films that are kept ready, four hours of them: each takes 3.5 kB.
const PICTURES: usize = 4 * 3600 * 4;

/// Opens prints that were made from items and lie sealed in the vault.
pub trait Prints {
    /// The bytes of a derivative of the item `about`, which this entry of the ledger names; none where they cannot be had.
    fn print(&mut self, entry: u64, about: &Ref, derivative: &Derivative) -> Option<Vec<u8>>;
}

/// What can be compared, and what is related, in one encrypted file.
#[derive(Debug)]
pub struct Similar<P> {
    pub(super) db: Connection,
    prints: P,
    /// Prints of all contents, as far as they were compared; none until the first is.
    finder: Option<(Finder, BTreeMap<Digest, String>)>,
    ready: lru::LruCache<(Digest, String), Arc<Ready>>,
    /// What is left to be compared; none where that must be asked.
    round: Option<Round>,
    /// Does the write-ahead log still hold what was destroyed?
    remembers: bool,
}

/// An item, ready to be compared.
#[derive(Debug)]
struct Ready {
    print: Print,
    known: Known,
    standing: Standing,
}

/// What there is at one position of the ledger, and what of it is left to be compared.
#[derive(Debug)]
struct Round {
    position: u64,
    contents: BTreeMap<Digest, Content>,
    compared: BTreeSet<Digest>,
    left: Vec<Digest>,
}

impl Round {
    /// Looks at all of it, and forgets pairs of what is no more.
    fn begin(db: &mut Connection) -> Result<Self, StoreError> {
        let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (contents, stamps) = (contents(&tx)?, compared(&tx)?);
        for digest in stamps.keys().filter(|digest| !contents.contains_key(*digest)) {
            forget_content(&tx, digest)?;
        }
        let position = position(&tx)?;
        tx.commit()?;
        let is_compared = |digest: &Digest, content: &Content| stamps.get(digest) == Some(&content.stamp);
        let (compared, left): (Vec<_>, Vec<_>) =
            contents.iter().partition(|(digest, content)| is_compared(digest, content));
        let compared = compared.into_iter().map(|(digest, _)| *digest).collect();
        let left = left.into_iter().rev().map(|(digest, _)| *digest).collect();
        Ok(Self { position, contents, compared, left })
    }
}

impl<P: Prints> Similar<P> {
    /// Opens what is in the folder `path`, or makes an empty one, under the 256-bit `key`.
    ///
    /// # Errors
    /// [`StoreError::NotReadable`] where it must be deleted and folded again.
    pub fn open(path: &Path, key: &[u8; 32], prints: P) -> Result<Self, StoreError> {
        std::fs::create_dir_all(path).map_err(StoreError::Medium)?;
        let db = database::open(&path.join("similar.db"), key, FORM)?;
        let ready = lru::LruCache::new(std::num::NonZeroUsize::new(READY).expect("it is no zero"));
        Ok(Self { db, prints, finder: None, ready, round: None, remembers: false })
    }

    /// What opens prints, to hand it what it needs.
    pub fn prints_mut(&mut self) -> &mut P {
        &mut self.prints
    }

    /// Entries of which a print could not be read when they were folded.
    ///
    /// # Errors
    /// It is damaged or cannot be read.
    pub fn unread(&self) -> Result<Vec<u64>, StoreError> {
        Ok(state(&self.db)?.unread.into_iter().collect())
    }

    /// Can all prints of an entry be read now?
    pub fn can_read(&mut self, entry: &Entry) -> bool {
        let Said::Statement(said) = &entry.said else { return false };
        let Change::Examination(found) = &said.change else { return false };
        let mut prints = found.derivatives.iter().filter(|derivative| is_print(derivative));
        prints.all(|derivative| self.prints.print(entry.seq, &found.about, derivative).is_some())
    }

    /// Removes whatever still holds what was taken out.
    ///
    /// # Errors
    /// It is damaged or cannot be written, or others read it.
    pub fn sweep(&mut self) -> Result<(), StoreError> {
        if forget(&self.db)? {
            Ok(())
        } else {
            Err(StoreError::Medium(std::io::ErrorKind::ResourceBusy.into()))
        }
    }

    /// Compares one content that was not, or has changed since, with all that were; how many are left, none where all were.
    ///
    /// # Errors
    /// It is damaged, or cannot be read or written.
    pub fn compare_next(&mut self) -> Result<Option<usize>, StoreError> {
        let mut round = match self.round.take() {
            Some(round) => round,
            None => Round::begin(&mut self.db)?,
        };
        let Some(digest) = round.left.pop() else { return Ok(None) };
        let Some(content) = round.contents.get(&digest).cloned() else { return Ok(None) };
        self.find_all(&round.contents)?;
        let mine = self.ready(&digest, &content)?;
        let candidates =
            self.finder.as_ref().map(|(finder, _)| finder.candidates(&mine.print)).unwrap_or_default();
        let mut found = Vec::new();
        // Those whose turn comes later are compared with this one then.
        for other in candidates.iter().filter(|other| round.compared.contains(*other)) {
            let Some(content) = round.contents.get(other) else { continue };
            let theirs = self.ready(other, content)?;
            // Always from the smaller digest: which came first changes nothing.
            let (first, second) = if digest < *other { (&mine, &theirs) } else { (&theirs, &mine) };
            if let Some(relation) = related(first, second) {
                found.push((digest.min(*other), digest.max(*other), relation));
            }
        }
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if position(&tx)? != round.position {
            // Another process took records in, and something out perhaps: it is looked at anew.
            return Ok(Some(round.left.len() + 1));
        }
        forget_content(&tx, &digest)?;
        for (a, b, relation) in &found {
            put_pair(&tx, a, b, relation)?;
        }
        tx.execute("INSERT INTO compared VALUES (?1, ?2)", params![digest, content.stamp])?;
        tx.commit()?;
        round.compared.insert(digest);
        let left = round.left.len();
        self.round = Some(round);
        Ok(Some(left))
    }

    /// Brings the finder up to these contents.
    fn find_all(&mut self, contents: &BTreeMap<Digest, Content>) -> Result<(), StoreError> {
        let (mut finder, mut in_it) = self.finder.take().unwrap_or_default();
        for (digest, content) in contents {
            if in_it.get(digest) != Some(&content.stamp) {
                if let Some(print) = print(&self.db, &content.copies)? {
                    finder.add(*digest, &print);
                }
                in_it.insert(*digest, content.stamp.clone());
            }
        }
        self.finder = Some((finder, in_it));
        Ok(())
    }

    fn ready(&mut self, digest: &Digest, content: &Content) -> Result<Arc<Ready>, StoreError> {
        let name = (*digest, content.stamp.clone());
        if let Some(ready) = self.ready.get(&name) {
            return Ok(Arc::clone(ready));
        }
        let print = print(&self.db, &content.copies)?.unwrap_or_default();
        let motion = match &content.motion {
            Some(key) => bytes(&self.db, key, "proxy")?.and_then(|bytes| Motion::decode(&bytes).ok()),
            None => None,
        };
        let known = known(&print, motion);
        let standing = Standing {
            length: known.length,
            is_damaged: content.is_damaged,
            shows: known.film.is_some() || !known.stills.is_empty(),
        };
        let ready = Ready { print, known, standing };
        let ready = Arc::new(ready);
        self.ready.put(name, Arc::clone(&ready));
        let pictures = |ready: &Ready| ready.known.film.as_ref().map_or(0, |film| film.pictures.len());
        while self.ready.iter().map(|(_, ready)| pictures(ready)).sum::<usize>() > PICTURES
            && self.ready.len() > 1
        {
            self.ready.pop_lru();
        }
        Ok(ready)
    }

    /// Everything that follows from the records, as text, for those who compare folds.
    ///
    /// # Errors
    /// It is damaged or cannot be read.
    pub fn dump(&self) -> Result<String, StoreError> {
        let state = state(&self.db)?;
        let mut rows = vec![format!("{} {:?} {:?}", state.position, state.gone, state.moved)];
        for table in ["item", "run", "pair"] {
            let mut found = self.db.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2, 3, 4"))?;
            let columns = found.column_count();
            let mut all = found.query([])?;
            while let Some(row) = all.next()? {
                let values = (0..columns).map(|at| Ok(format!("{:?}", row.get_ref(at)?)));
                rows.push(values.collect::<Result<Vec<_>, rusqlite::Error>>()?.join(" "));
            }
        }
        Ok(rows.join("\n"))
    }

    fn write(&mut self, batch: &[Entry], from: u64, to: u64) -> Result<bool, ApplyError> {
        let tx =
            self.db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::from)?;
        let mut state = state(&tx)?;
        may_apply(batch, state.position, from, to)?;
        let before = state.moved.clone();
        let mut batch: BTreeMap<u64, &Entry> = batch.iter().map(|entry| (entry.seq, entry)).collect();
        let newly_gone = state.note(batch.values().copied());
        batch.retain(|seq, _| !state.is_gone(*seq));
        state.unread = std::mem::take(&mut state.unread)
            .into_iter()
            .filter(|seq| !state.is_gone(*seq) && !batch.contains_key(seq))
            .collect();
        let mut destroyed = false;
        for seq in &newly_gone {
            destroyed |= forget_entry(&tx, *seq)?;
        }
        for (about, (seq, out)) in state.moved.iter().filter(|(about, now)| before.get(*about) != Some(now)) {
            if *out && let Ok(about) = about.parse() {
                destroyed |= forget_about(&tx, &about, *seq)?;
            }
        }
        for (seq, entry) in batch {
            let Said::Statement(said) = &entry.said else { continue };
            match &said.change {
                Change::Item(item) if !state.is_moved(&item.about, seq) => put_item(&tx, item, seq)?,
                Change::Contained(contained) if !state.is_moved(&contained.item.about, seq) => {
                    put_item(&tx, &contained.item, seq)?;
                }
                Change::Examination(found)
                    if !state.is_moved(&found.about, seq)
                        && !put_runs(&tx, &mut self.prints, found, seq)? =>
                {
                    state.unread.insert(seq);
                }
                _ => {}
            }
        }
        (state.version, state.position) = (Self::VERSION, to);
        put_state(&tx, &state)?;
        tx.commit().map_err(StoreError::from)?;
        Ok(destroyed)
    }
}

fn related(a: &Ready, b: &Ready) -> Option<Relation> {
    let chunks = a.print.chunks.as_ref().zip(b.print.chunks.as_ref());
    let kept = chunks.and_then(|(one, other)| kept(one, other));
    let kept = kept.map(|kept| Kept { ahead: frames::ahead(&a.known, &b.known), ..kept });
    relation(a.standing, b.standing, common(&a.known, &b.known), kept)
}

impl<P: Prints> Fold for Similar<P> {
    const VERSION: u32 = FORM.version;

    fn position(&self) -> Result<u64, StoreError> {
        position(&self.db)
    }

    fn apply(&mut self, batch: &[Entry], from: u64, to: u64) -> Result<(), ApplyError> {
        self.round = None;
        let destroyed = self.write(batch, from, to)?;
        if destroyed {
            // What was destroyed is in no pair any more, nor anywhere in memory.
            (self.finder, self.remembers) = (None, true);
            self.ready.clear();
            Round::begin(&mut self.db)?;
        }
        if self.remembers {
            self.remembers = !forget(&self.db)?;
        }
        Ok(())
    }

    fn reset(&mut self) -> Result<(), StoreError> {
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for table in ["item", "run", "compared", "pair"] {
            tx.execute(&format!("DELETE FROM {table}"), [])?;
        }
        put_state(&tx, &State::default())?;
        tx.commit()?;
        (self.finder, self.round) = (None, None);
        self.ready.clear();
        self.remembers = !forget(&self.db)?;
        Ok(())
    }
}
