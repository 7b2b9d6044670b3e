//! An accession while it is being received: what it holds so far, so that copies and finished paths are known.

use vidimus_folds::catalogue::{Catalogue, ItemQuery};
use vidimus_model::{AccessionEnd, CompartmentId, Item, KeyId, Reading, Ref};

use super::known::Known;
use super::{PassedOver, ReceiveError};
use crate::FoldError;

/// An accession being received.
pub(super) struct Session {
    pub about: Ref,
    pub into: CompartmentId,
    pub key: KeyId,
    pub known: Known,
    pub counts: AccessionEnd,
    pub not_taken: Vec<PassedOver>,
    pub next_item: u64,
    /// Whether other accessions can hold copies at all.
    pub others: bool,
    /// Its end is recorded, but nobody was told.
    pub ended: bool,
    /// Own accessions of the same compartment.
    pub kin: Vec<KeyId>,
}

impl Session {
    pub fn new(about: Ref, into: CompartmentId, key: KeyId, others: bool) -> Self {
        let counts =
            AccessionEnd { about: about.clone(), found: 0, taken: 0, copies: 0, not_taken: 0, bytes: 0 };
        Self {
            about,
            into,
            key,
            known: Known::default(),
            counts,
            not_taken: Vec::new(),
            next_item: 1,
            others,
            ended: false,
            kin: Vec::new(),
        }
    }

    /// Counts an item that an earlier run took in.
    fn take_up(&mut self, item: Item) {
        // A file that changed while it was read looks like neither of its states.
        let modified = item.file_system.modified.filter(|_| item.reading == Reading::Whole);
        let look = modified.and_then(|time| Some((item.size, i64::try_from(time.as_nanosecond()).ok()?)));
        self.known.meet(item.source, &item.path, look);
        let number = item.about.item.unwrap_or_default();
        self.next_item = self.next_item.max(number + 1);
        self.counts.bytes += item.size;
        let mut sha256 = [0; 32];
        if hex::decode_to_slice(&item.sha256, &mut sha256).is_ok() && self.known.find(&sha256).is_none() {
            self.known.keep(number, &sha256, item.size, &item.object);
        }
        *(if item.copy_of.is_some() { &mut self.counts.copies } else { &mut self.counts.taken }) += 1;
    }

    /// Takes up an unfinished accession: what it holds, and what it has met.
    pub fn resume(
        catalogue: &mut Catalogue,
        about: Ref,
        into: CompartmentId,
        key: KeyId,
    ) -> Result<Session, ReceiveError> {
        let mut session = Session::new(about.clone(), into, key, true);
        let mut query = ItemQuery {
            accession: Some(about.clone()),
            limit: 1000,
            include_withdrawn: true,
            ..ItemQuery::default()
        };
        loop {
            let page = catalogue.items(&query).map_err(FoldError::from)?.value;
            let Some(last) = page.last() else { break };
            query.after = Some(last.item.about.clone());
            // What examination found in an item was not received.
            let received = page.into_iter().filter(|row| row.item.about.members.is_empty());
            received.for_each(|row| session.take_up(row.item));
        }
        for row in catalogue.not_taken(&about).map_err(FoldError::from)?.value {
            session.known.meet(row.source, &row.path, None);
            session.counts.not_taken += 1;
            session.not_taken.push(PassedOver { path: row.path, kind: row.kind, reason: row.reason });
        }
        Ok(session)
    }
}
