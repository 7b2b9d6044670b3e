//! What speaks against what our clock said of a record, for whoever reads of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use vidimus_ledger::{Ledger as _, Row};
use vidimus_model::{KeyId, Statement};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::timestamp::Trust;

use super::AskError;
use crate::Archive;
use crate::anchor::Settings;
use crate::clock::{ClockDoubt, TOLERANCE};
use crate::receipt::{Folder, TokenState};
use crate::rows;

/// Rows looked through at once for a record that opens.
const PAGE: u64 = 64;
/// Rows looked through at most: beyond that only `check` finds the record before.
const MOST: u64 = 16_384;

impl Archive {
    /// What speaks against what our clock said in the record at this log index; nothing of one that does not open here.
    ///
    /// It looks at the newest record before it, at the first receipt that holds it and is stamped, and at the clock now.
    /// `check` looks at all.
    pub(super) fn clock_doubts(
        &mut self,
        seq: u64,
        stamps: &mut Stamps,
    ) -> Result<Vec<ClockDoubt>, AskError> {
        let rows = self.ledger.rows(seq, 1)?;
        let Some((at, base)) = rows.first().filter(|row| row.seq == seq).and_then(|row| self.said_at(row))
        else {
            return Ok(Vec::new());
        };
        let before = self.newest_before(base.min(seq))?.filter(|(_, earlier)| at < *earlier);
        let before = before.map(|(record, at)| ClockDoubt::BeforeEarlierRecord { at, record });
        let stamped =
            self.stamped_after(seq, stamps).filter(|(_, stamped)| at.duration_since(*stamped) > TOLERANCE);
        let stamped = stamped.map(|(receipt, at)| ClockDoubt::AfterTimeStamp { at, receipt });
        let future = (at.duration_since(self.clock.now()) > TOLERANCE).then_some(ClockDoubt::InTheFuture);
        Ok(before.into_iter().chain(stamped).chain(future).collect())
    }

    /// What our clock said in the newest record below this ledger size.
    fn newest_before(&mut self, size: u64) -> Result<Option<(u64, Timestamp)>, AskError> {
        let mut end = size;
        while end > size.saturating_sub(MOST) {
            let start = end.saturating_sub(PAGE);
            let page = self.ledger.rows(start, (end - start) as usize)?;
            let found = page.iter().rev().find_map(|row| Some((row.seq, self.said_at(row)?.0)));
            if found.is_some() {
                return Ok(found);
            }
            end = start;
        }
        Ok(None)
    }

    /// When a record was made by our clock, and the ledger size that its member knew; none of what does not open here.
    fn said_at(&mut self, row: &Row) -> Option<(Timestamp, u64)> {
        let key: KeyId = row.key.parse().ok()?;
        let sealing = self.keyring.open(key).ok().flatten()?;
        let record = rows::record(row, &sealing.row, &self.archive_id).ok().flatten()?;
        let base = record.member_signature().ok()?.base;
        Some((Statement::of(&record).ok()?.at, base))
    }

    /// The receipts, for one command.
    pub(super) fn receipt_stamps(&self) -> Stamps {
        let mut sizes: Vec<u64> = self.register.receipts.iter().map(|receipt| receipt.size).collect();
        sizes.sort_unstable();
        Stamps { trust: None, sizes, known: BTreeMap::new() }
    }

    /// The earliest that a time stamp that counts shows of the first stamped receipt over this record.
    fn stamped_after(&self, seq: u64, stamps: &mut Stamps) -> Option<(u64, Timestamp)> {
        let Stamps { trust, sizes, known } = stamps;
        let first = sizes.partition_point(|size| *size <= seq);
        sizes[first..].iter().find_map(|size| {
            let read = || {
                let read = || Settings::read(&self.layout.settings()).ok().map(|settings| settings.trust());
                self.stamped(*size, trust.get_or_insert_with(read).as_ref()?)
            };
            known.entry(*size).or_insert_with(read).map(|at| (*size, at))
        })
    }

    /// The earliest that a time stamp that counts shows of this receipt.
    fn stamped(&self, size: u64, trust: &Trust) -> Option<Timestamp> {
        let signed = SignedCheckpoint::from_bytes(&self.ledger.checkpoint(size).ok()??).ok()?;
        let tokens = Folder::new(self.layout.receipt(size), &signed).tokens(trust).ok()?;
        tokens.iter().filter_map(|token| token.state.no_later_than()).min()
    }
}

/// When receipts were stamped, each looked at once however many records a command tells of.
pub(super) struct Stamps {
    /// Read when it is needed; none where the settings cannot be read.
    trust: Option<Option<Trust>>,
    /// Of all receipts, in order.
    sizes: Vec<u64>,
    known: BTreeMap<u64, Option<Timestamp>>,
}

impl TokenState {
    /// The time by which what is stamped existed, its accuracy added; none where the time stamp does not count here.
    pub(crate) fn no_later_than(&self) -> Option<Timestamp> {
        let Self::Counted(stamp) = self else { return None };
        stamp.at.checked_add(stamp.accuracy.unwrap_or_default()).ok()
    }
}
