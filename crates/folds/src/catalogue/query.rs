//! Questions about accessions and items, each answered from one position.

use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension, ToSql, params};
use vidimus_model::{AccessionEnd, FoundKind, FoundPath, KeyId, Ref};

use super::history::{about, record};
use super::item::{COLUMNS, PlaceRow, Stored, damaged, word};
use super::key::Key;
use super::kind::Kind;
use super::standing::Standing;
use super::{
    AccessionRow, Answer, Catalogue, Counts, ItemQuery, ItemRow, NotTakenRow, State, Totals, position,
};
use crate::StoreError;

impl Catalogue {
    /// All accessions that have a number or items here, in the order of their references.
    pub fn accessions(&self) -> Result<Answer<Vec<AccessionRow>>, StoreError> {
        self.read(|db| {
            known_accessions(db)?.into_iter().map(|accession| accession_row(db, accession)).collect()
        })
    }

    /// The accession that `reference` is, or is part of; none if nothing is known of it.
    pub fn accession(&self, reference: &Ref) -> Result<Answer<Option<AccessionRow>>, StoreError> {
        self.read(|db| {
            let Some(key) = Key::of(reference) else { return Ok(None) };
            let row = accession_row(db, key.accession)?;
            let known = row.first_seq.is_some() || row.counts != Counts::default();
            Ok(known.then_some(row))
        })
    }

    /// Items in the order of their references.
    pub fn items(&self, query: &ItemQuery) -> Result<Answer<Vec<ItemRow>>, StoreError> {
        self.read(|db| {
            let (first, last) = match query.accession.as_ref().map(Key::of) {
                None => (i64::MIN, i64::MAX),
                Some(Some(key)) => (key.accession, key.accession),
                Some(None) => return Ok(Vec::new()),
            };
            let after = match query.after.as_ref().map(Key::of) {
                None => Key::whole(first),
                Some(Some(after)) => after,
                Some(None) => return Ok(Vec::new()),
            };
            let mut found = db.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM item WHERE accession BETWEEN ?1 AND ?2 AND (accession, number, members) > (?3, ?4, ?5)
                 ORDER BY accession, number, members"
            ))?;
            let mut rows = found.query(params![first, last, after.accession, after.number, after.members])?;
            let mut view = View::new(db);
            let mut items = Vec::new();
            while items.len() < query.limit {
                let Some(row) = rows.next()? else { break };
                let item = view.item(Stored::read(row)?)?;
                if query.include_withdrawn || item.state != State::Withdrawn {
                    items.push(item);
                }
            }
            Ok(items)
        })
    }

    /// One item, withdrawn or not; none if it is not read here.
    pub fn item(&self, reference: &Ref) -> Result<Answer<Option<ItemRow>>, StoreError> {
        self.read(|db| {
            let Some(key) = Key::of(reference) else { return Ok(None) };
            let sql =
                format!("SELECT {COLUMNS} FROM item WHERE accession = ?1 AND number = ?2 AND members = ?3");
            let stored = db
                .prepare_cached(&sql)?
                .query_row(params![key.accession, key.number, key.members], Stored::read)
                .optional()?;
            stored.map(|stored| View::new(db).item(stored)).transpose()
        })
    }

    /// What may be seen of a thing, also of one that is gone; none if nothing is known of it.
    pub fn state(&self, reference: &Ref) -> Result<Answer<Option<State>>, StoreError> {
        self.read(|db| {
            let Some(key) = Key::of(reference) else { return Ok(None) };
            let state = state_of(&Standing::load(db, key.accession)?, &key);
            let known = matches!(state, State::Erased | State::MovedOut) || exists(db, &key)?;
            Ok(known.then_some(state))
        })
    }

    /// Every item with these bytes, withdrawn or not, in the order of the references.
    pub fn find(&self, sha256: &[u8; 32], size: u64) -> Result<Answer<Vec<Ref>>, StoreError> {
        self.read(|db| {
            let mut found = db.prepare_cached(
                "SELECT i.accession, i.number, i.members FROM find_bytes f JOIN item i ON i.id = f.item
                 WHERE f.word = ?1 AND f.size = ?2 AND i.sha256 = ?3 ORDER BY 1, 2, 3",
            )?;
            let rows = found.query_map(params![word(sha256), size, sha256], |row| Key::read(row, 0))?;
            rows.map(|key| Ok(key?.reference())).collect()
        })
    }

    /// Visits the size in bytes of every item, in no order, some of them often.
    pub fn sizes(&self, mut visit: impl FnMut(u64)) -> Result<Answer<()>, StoreError> {
        self.read(|db| {
            let mut found = db.prepare_cached("SELECT size FROM find_bytes")?;
            let mut rows = found.query([])?;
            while let Some(row) = rows.next()? {
                visit(row.get(0)?);
            }
            Ok(())
        })
    }

    /// Visits what an accession already holds: which of its sources, the path's bytes, the reference; in the order of references.
    pub fn taken_paths(
        &self,
        accession: &Ref,
        mut visit: impl FnMut(u32, &[u8], Ref),
    ) -> Result<Answer<()>, StoreError> {
        self.read(|db| {
            let Some(key) = Key::of(accession) else { return Ok(()) };
            let mut found = db.prepare_cached(
                "SELECT accession, number, members, source, path FROM item WHERE accession = ?1 ORDER BY number, members",
            )?;
            let mut rows = found.query([key.accession])?;
            while let Some(row) = rows.next()? {
                let path = row.get_ref(4)?.as_blob().map_err(|_| damaged(4))?;
                visit(row.get(3)?, path, Key::read(row, 0)?.reference());
            }
            Ok(())
        })
    }

    /// What was found in an accession and not taken, in the order of the ledger.
    pub fn not_taken(&self, accession: &Ref) -> Result<Answer<Vec<NotTakenRow>>, StoreError> {
        self.read(|db| {
            let Some(key) = Key::of(accession) else { return Ok(Vec::new()) };
            let mut found = db.prepare_cached(
                "SELECT seq, source, path, kind, reason FROM not_taken WHERE accession = ?1 ORDER BY seq",
            )?;
            let rows = found.query_map([key.accession], |row| {
                Ok(NotTakenRow {
                    seq: row.get(0)?,
                    source: row.get(1)?,
                    path: FoundPath::new(row.get::<_, Vec<u8>>(2)?),
                    kind: row.get::<_, String>(3)?.parse().unwrap_or(FoundKind::Unknown),
                    reason: row.get(4)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// The keys that records here opened to the holders: those of released accessions, and of what was moved in.
    pub fn readable_keys(&self) -> Result<Answer<Vec<KeyId>>, StoreError> {
        self.read(|db| {
            let mut found =
                db.prepare_cached("SELECT body ->> 'key' FROM record WHERE kind IN (?1, ?2) ORDER BY seq")?;
            let kinds = params![Kind::Released as i64, Kind::MovedIn as i64];
            let keys = found.query_map(kinds, |row| row.get::<_, String>(0))?;
            let keys = keys.collect::<Result<Vec<_>, _>>()?;
            Ok(keys.iter().filter_map(|key| key.parse().ok()).collect())
        })
    }

    /// The keys that records about an accession or a part of it name: what it was received under, released, moved in with.
    pub fn keys_within(&self, reference: &Ref) -> Result<Answer<Vec<KeyId>>, StoreError> {
        self.read(|db| {
            let Some(key) = Key::of(reference) else { return Ok(Vec::new()) };
            let mut found = db.prepare_cached(
                "SELECT DISTINCT r.body ->> 'key' FROM about a JOIN record r ON r.seq = a.seq
                 WHERE a.accession = ?1 AND a.kind IN (?2, ?3, ?4) ORDER BY r.seq",
            )?;
            let kinds = [Kind::Opened, Kind::Released, Kind::MovedIn].map(|kind| kind as i64);
            let keys = found
                .query_map(params![key.accession, kinds[0], kinds[1], kinds[2]], |row| {
                    row.get::<_, String>(0)
                })?
                .collect::<Result<Vec<_>, _>>()?;
            Ok(keys.iter().filter_map(|key| key.parse().ok()).collect())
        })
    }

    /// Sums over everything here.
    pub fn counts(&self) -> Result<Answer<Totals>, StoreError> {
        self.read(|db| {
            let accessions = known_accessions(db)?;
            let (items, copies, bytes) = db.query_row(
                "SELECT coalesce(sum(items), 0), coalesce(sum(copies), 0), coalesce(sum(bytes), 0) FROM tally",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )?;
            let count = |sql: &str| db.query_row(sql, [], |row| row.get(0));
            Ok(Totals {
                accessions: accessions.len() as u64,
                counts: Counts { items, copies, bytes, not_taken: count("SELECT count(*) FROM not_taken")? },
                withdrawn: count_withdrawn(db)?,
                erasures: count("SELECT count(*) FROM record WHERE kind = 10")?,
                unknown: count("SELECT count(*) FROM unknown")?,
            })
        })
    }

    /// Runs a question inside one read transaction, so that all of it and its position are of one moment.
    pub(super) fn read<T>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<Answer<T>, StoreError> {
        let tx = self.db.unchecked_transaction()?;
        let position = position(&tx)?;
        let value = question(&tx)?;
        Ok(Answer { position, value })
    }
}

/// What decides about rows, read once for each accession.
pub(super) struct View<'a> {
    db: &'a Connection,
    accessions: HashMap<i64, (Standing, bool)>,
}

impl<'a> View<'a> {
    pub fn new(db: &'a Connection) -> Self {
        Self { db, accessions: HashMap::new() }
    }

    /// The row with its latest place and its state.
    pub fn item(&mut self, stored: Stored) -> Result<ItemRow, StoreError> {
        let Stored { key, seq, at, by, mut item } = stored;
        let (standing, moved) = self.accession(key.accession)?;
        let state = state_of(standing, &key);
        if *moved {
            let place = self
                .db
                .prepare_cached(
                    "SELECT object, object_size, header, \"offset\", length FROM place
                     WHERE accession = ?1 AND number = ?2 AND members = ?3 AND seq > ?4 ORDER BY seq DESC LIMIT 1",
                )?
                .query_row(params![key.accession, key.number, key.members, seq], |row| PlaceRow::read(row, 0))
                .optional()?;
            item.object = place.unwrap_or(item.object);
        }
        Ok(ItemRow { seq: seq.unsigned_abs(), at, by, item, state })
    }

    /// Who may see it.
    pub fn state(&mut self, key: &Key) -> Result<State, StoreError> {
        Ok(state_of(&self.accession(key.accession)?.0, key))
    }

    /// Is there an item with this reference?
    pub fn has(&self, key: &Key) -> Result<bool, StoreError> {
        Ok(self
            .db
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM item WHERE accession = ?1 AND number = ?2 AND members = ?3)",
            )?
            .query_row(params![key.accession, key.number, key.members], |row| row.get(0))?)
    }

    fn accession(&mut self, accession: i64) -> Result<&(Standing, bool), StoreError> {
        use std::collections::hash_map::Entry::{Occupied, Vacant};
        Ok(match self.accessions.entry(accession) {
            Occupied(known) => known.into_mut(),
            Vacant(unknown) => {
                let places = self
                    .db
                    .prepare_cached("SELECT EXISTS (SELECT 1 FROM place WHERE accession = ?1)")?
                    .query_row([accession], |row| row.get(0))?;
                unknown.insert((Standing::load(self.db, accession)?, places))
            }
        })
    }
}

fn state_of(standing: &Standing, key: &Key) -> State {
    if standing.erased(key) {
        State::Erased
    } else if !standing.present(key) {
        State::MovedOut
    } else if standing.hidden(key) {
        State::Withdrawn
    } else if standing.released(key) {
        State::Released
    } else {
        State::Private
    }
}

pub(super) fn known_accessions(db: &Connection) -> Result<Vec<i64>, StoreError> {
    let mut found = db.prepare_cached(
        "SELECT accession FROM tally UNION SELECT accession FROM about WHERE number = 0
         UNION SELECT accession FROM not_taken ORDER BY 1",
    )?;
    let rows = found.query_map([], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn accession_row(db: &Connection, accession: i64) -> Result<AccessionRow, StoreError> {
    let key = Key::whole(accession);
    let mut row = AccessionRow {
        reference: key.reference(),
        first_seq: None,
        key: None,
        registrar: None,
        begun: None,
        end: None,
        counts: counts_of(db, accession)?,
        state: state_of(&Standing::load(db, accession)?, &key),
    };
    for (seq, kind) in about(db, &key)? {
        row.first_seq.get_or_insert(seq);
        match kind {
            Kind::Opened | Kind::Released | Kind::MovedIn => {
                let said = record(db, seq)?;
                row.key = said.key.or(row.key);
                if kind == Kind::Opened {
                    row.registrar = Some(said.by);
                }
            }
            Kind::Begun => {
                let said = record(db, seq)?;
                row.registrar.get_or_insert(said.by);
                row.begun = Some(serde_json::from_str(&said.body).map_err(|_| damaged(0))?);
            }
            Kind::Ended => {
                let end: AccessionEnd =
                    serde_json::from_str(&record(db, seq)?.body).map_err(|_| damaged(0))?;
                row.end = Some(end);
            }
            _ => {}
        }
    }
    Ok(row)
}

fn counts_of(db: &Connection, accession: i64) -> Result<Counts, StoreError> {
    let sums = db
        .prepare_cached("SELECT items, copies, bytes FROM tally WHERE accession = ?1")?
        .query_row([accession], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    let (items, copies, bytes) = sums.unwrap_or_default();
    let not_taken = db
        .prepare_cached("SELECT count(*) FROM not_taken WHERE accession = ?1")?
        .query_row([accession], |row| row.get(0))?;
    Ok(Counts { items, copies, bytes, not_taken })
}

/// Is there an item, or a record about exactly this?
fn exists(db: &Connection, key: &Key) -> Result<bool, StoreError> {
    let columns: [&dyn ToSql; 3] = [&key.accession, &key.number, &key.members];
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM item WHERE accession = ?1 AND number = ?2 AND members = ?3)
                 OR EXISTS (SELECT 1 FROM about WHERE accession = ?1 AND number = ?2 AND members = ?3)",
        )?
        .query_row(columns, |row| row.get(0))?)
}

fn count_withdrawn(db: &Connection) -> Result<u64, StoreError> {
    let mut marked = db.prepare_cached("SELECT DISTINCT accession FROM about WHERE kind = 5")?;
    let accessions = marked.query_map([], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    let mut count = 0;
    for accession in accessions {
        let standing = Standing::load(db, accession)?;
        let mut items =
            db.prepare_cached("SELECT accession, number, members FROM item WHERE accession = ?1")?;
        let mut rows = items.query([accession])?;
        while let Some(row) = rows.next()? {
            count += u64::from(standing.hidden(&Key::read(row, 0)?));
        }
    }
    Ok(count)
}
