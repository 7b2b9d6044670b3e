//! The history of one thing: who did what to it, and who was given it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use vidimus_model::Ref;

use super::AskError;
use crate::Archive;
use crate::clock::ClockDoubt;
use crate::opened::{GIVER_OPENED, Vouched};

/// One record about a thing, in the form of `docs/format/commands.md`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogLine {
    /// Its log index.
    pub seq: u64,
    /// Our clock.
    pub at: Timestamp,
    /// The name of the change.
    pub change: String,
    /// The name of the member who acted.
    pub by: String,
    /// Everything it is about that is not erased.
    pub about: Vec<Ref>,
    /// The reason given; of a move the other compartment, of a disclosure the recipient.
    pub note: Option<String>,
    /// Of an opening of the giver: what speaks for it; none also where its records cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opening: Option<Vouched>,
    /// What speaks against what our clock said.
    pub clock_doubts: Vec<ClockDoubt>,
}

/// A disclosure that held a thing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GivenLine {
    /// The log index of its record.
    pub seq: u64,
    /// Our clock.
    pub at: Timestamp,
    /// The name of the member who made the package.
    pub by: String,
    /// For whom.
    pub recipient: String,
    /// What for.
    pub purpose: String,
    /// What it is about.
    pub about: Vec<Ref>,
}

impl Archive {
    /// The records about a thing and about what it is part of, oldest first; of what is gone, what stays.
    ///
    /// # Errors
    /// The reference is not known, or the folds cannot be read.
    pub fn log(&mut self, reference: &Ref) -> Result<Vec<LogLine>, AskError> {
        self.resolve(reference)?;
        // A number is taken in the compartment, what is in an unreleased accession stands apart: both tell of it.
        let mut lines = BTreeMap::new();
        for source in self.sources()? {
            for row in self.catalogue_of(source.key)?.history(reference)?.value {
                lines.entry(row.seq).or_insert(row);
            }
        }
        let mut openings = BTreeMap::new();
        if lines.values().any(|line| line.change == GIVER_OPENED) {
            // A record that cannot be read is what check tells of; the rest of the history stands.
            let known = self.openings(&reference.whole()).unwrap_or_default();
            openings.extend(known.iter().map(|opened| (opened.seq, opened.vouched())));
        }
        let mut stamps = self.receipt_stamps();
        let line = |row: vidimus_folds::catalogue::HistoryRow| {
            Ok(LogLine {
                seq: row.seq,
                at: row.at,
                change: row.change,
                by: self.register.name(row.by),
                about: row.about,
                note: row.note,
                opening: openings.get(&row.seq).copied(),
                clock_doubts: self.clock_doubts(row.seq, &mut stamps)?,
            })
        };
        lines.into_values().map(line).collect()
    }

    /// The packages that held a thing, or what it is part of, or a part of it; oldest first.
    ///
    /// # Errors
    /// The folds cannot be read.
    pub fn disclosures(&mut self, reference: &Ref) -> Result<Vec<GivenLine>, AskError> {
        let mut given = BTreeMap::new();
        for source in self.sources()? {
            for row in self.catalogue_of(source.key)?.disclosures(reference)?.value {
                given.entry(row.seq).or_insert(row);
            }
        }
        let line = |row: vidimus_folds::catalogue::Given| GivenLine {
            seq: row.seq,
            at: row.at,
            by: self.register.name(row.by),
            recipient: row.recipient,
            purpose: row.purpose,
            about: row.about,
        };
        Ok(given.into_values().map(line).collect())
    }
}
