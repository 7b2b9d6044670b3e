//! Who may be seen: what records about a thing, or about what it is part of, decide together by their numbers.

use std::collections::HashMap;

use rusqlite::Connection;

use super::key::Key;
use super::kind::{Fate, Kind};
use crate::StoreError;

/// The records about one accession and its parts that decide what is read and shown.
///
/// * An erasure of a thing, or of what it is part of, is for ever.
/// * Of moves the latest decides: after `moved-out/1` it is not here, after a later `moved-in/1` it is again.
/// * Of `withdraw/1` and `reinstate/1` the latest decides, whether it is about the thing or about what it is part of: to
///   reinstate one item of a withdrawn accession shows that item, and to withdraw the accession again hides it again.
///   A mark from before a thing was moved out no longer counts.
#[derive(Debug, Default)]
pub(super) struct Standing(HashMap<Key, Marks>);

/// The latest number of each kind, where there is one.
#[derive(Clone, Copy, Debug, Default)]
struct Marks {
    erased: Option<i64>,
    moved_in: Option<i64>,
    moved_out: Option<i64>,
    withdrawn: Option<i64>,
    reinstated: Option<i64>,
    released: Option<i64>,
}

impl Marks {
    /// The latest of each.
    fn joined(self, other: Self) -> Self {
        Self {
            erased: self.erased.max(other.erased),
            moved_in: self.moved_in.max(other.moved_in),
            moved_out: self.moved_out.max(other.moved_out),
            withdrawn: self.withdrawn.max(other.withdrawn),
            reinstated: self.reinstated.max(other.reinstated),
            released: self.released.max(other.released),
        }
    }
}

impl Standing {
    /// Reads what is recorded about the accession.
    pub fn load(db: &Connection, accession: i64) -> Result<Self, StoreError> {
        let mut all: HashMap<Key, Marks> = HashMap::new();
        let mut found = db.prepare_cached(
            "SELECT accession, number, members, seq, kind FROM about WHERE accession = ?1 AND kind IN (4, 5, 6, 7, 8, 10)",
        )?;
        let mut rows = found.query([accession])?;
        while let Some(row) = rows.next()? {
            let marks = all.entry(Key::read(row, 0)?).or_default();
            let seq = row.get(3)?;
            let mark = match Kind::of(row.get(4)?) {
                Some(Kind::Erased) => &mut marks.erased,
                Some(Kind::MovedIn) => &mut marks.moved_in,
                Some(Kind::MovedOut) => &mut marks.moved_out,
                Some(Kind::Withdrawn) => &mut marks.withdrawn,
                Some(Kind::Reinstated) => &mut marks.reinstated,
                Some(Kind::Released) => &mut marks.released,
                _ => continue,
            };
            *mark = (*mark).max(Some(seq));
        }
        Ok(Self(all))
    }

    /// Was it, or what it is part of, erased?
    pub fn erased(&self, key: &Key) -> bool {
        self.marks(key).erased.is_some()
    }

    /// Is it read here: neither erased nor moved out?
    pub fn present(&self, key: &Key) -> bool {
        let marks = self.marks(key);
        marks.erased.is_none() && marks.moved_in >= marks.moved_out
    }

    /// Is it withdrawn?
    pub fn hidden(&self, key: &Key) -> bool {
        let marks = self.marks(key);
        marks.withdrawn > marks.reinstated && marks.withdrawn > marks.moved_out
    }

    /// May anything of it be withdrawn?
    pub fn hides_something(&self) -> bool {
        self.0.values().any(|marks| marks.withdrawn.is_some())
    }

    /// Is something said of a part of the accession, and not of all of it?
    pub fn tells_of_parts(&self) -> bool {
        self.0.keys().any(|key| key.number != 0)
    }

    /// May the compartment's holders read it?
    pub fn released(&self, key: &Key) -> bool {
        let marks = self.marks(key);
        marks.released.is_some() || marks.moved_in.is_some()
    }

    /// Does a record of this kind about the thing stay in the catalogue?
    pub fn keeps(&self, kind: Kind, key: &Key, seq: i64) -> bool {
        match kind.fate() {
            Fate::Stays => true,
            Fate::GoesAlong => self.present(key),
            Fate::IsForgotten => !self.erased(key) && Some(seq) > self.marks(key).moved_out,
        }
    }

    /// The things that were erased or moved out, themselves and not only as part of another.
    pub fn gone(&self) -> impl Iterator<Item = &Key> {
        self.0.iter().filter(|(_, marks)| marks.erased.or(marks.moved_out).is_some()).map(|(key, _)| key)
    }

    fn marks(&self, key: &Key) -> Marks {
        if self.0.is_empty() {
            return Marks::default();
        }
        key.chain().filter_map(|part| self.0.get(&part)).fold(Marks::default(), |all, own| all.joined(*own))
    }
}
