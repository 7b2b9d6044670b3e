//! What another command moved or destroyed while the check ran: no damage, and not known to be sound either.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use vidimus_ledger::{Ledger as _, Row, SqliteLedger};
use vidimus_model::{Change, Ref};
use vidimus_vault::ObjectName;

use super::items::{ItemFacts, Items};
use super::keys::Keys;
use super::ledger::{PAGE, Scan, moved_on};
use crate::rows::{self, Said};

/// What the check began with, and how to see what came of it since.
pub(super) struct Since<'a> {
    ledger: &'a SqliteLedger,
    scan: &'a Scan,
    keys: &'a Keys,
    archive_id: &'a str,
    /// The objects that were listed.
    stored: &'a [(ObjectName, u64)],
    placed: OnceCell<BTreeSet<Ref>>,
}

impl<'a> Since<'a> {
    /// From the rows that were scanned and the objects that were listed before them.
    pub fn new(
        ledger: &'a SqliteLedger,
        scan: &'a Scan,
        (keys, archive_id): (&'a Keys, &'a str),
        stored: &'a [(ObjectName, u64)],
    ) -> Self {
        Self { ledger, scan, keys, archive_id, stored, placed: OnceCell::new() }
    }

    /// Objects that were listed when the check began.
    pub fn stored(&self) -> &'a [(ObjectName, u64)] {
        self.stored
    }

    /// Was this object there when the check began, and something appended since? What is missing then may have been moved,
    /// erased or made anew: whoever destroys appends first.
    pub fn may_have_gone(&self, name: ObjectName) -> bool {
        self.stored.iter().any(|(listed, _)| *listed == name) && moved_on(self.ledger, self.scan)
    }

    /// Does the ledger say of an item by now that it was erased, stands under another key, or lies in another object?
    pub fn left(&self, items: &Items, item: &ItemFacts) -> bool {
        let row = self.ledger.rows(item.seq, 1).ok().and_then(|mut rows| rows.pop());
        row.is_some_and(|row| row.seq == item.seq && (row.erased || row.key != items.key(item)))
            // Its record was read under the new key already, and where its bytes lie now stands behind what was scanned.
            || self.placed.get_or_init(|| self.placed()).contains(&item.about())
    }

    /// The items that were given another place in what was appended.
    fn placed(&self) -> BTreeSet<Ref> {
        let (mut placed, mut next) = (BTreeSet::new(), self.scan.tip.size);
        while let Ok(page) = self.ledger.rows(next, PAGE)
            && let Some(last) = page.last()
        {
            next = last.seq + 1;
            for row in &page {
                match self.change(row) {
                    Some(Change::Repack(repack)) => {
                        placed.extend(repack.objects.into_iter().map(|place| place.about));
                    }
                    Some(Change::DerivativePlaces(places)) => _ = placed.insert(places.about),
                    _ => {}
                }
            }
        }
        placed
    }

    fn change(&self, row: &Row) -> Option<Change> {
        let key = self.keys.get(&row.key)?;
        match rows::open(row, &key.row, self.archive_id) {
            Ok(Said::Statement(statement)) => Some(statement.change),
            _ => None,
        }
    }
}
