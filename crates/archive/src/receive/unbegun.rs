//! Keys of which nothing came: whoever is killed between an accession's key and its first record leaves one, with a note of it.

use std::collections::HashMap;

use vidimus_ledger::{Ledger as _, tail};
use vidimus_model::KeyId;

use super::ReceiveError;
use super::turn::{Turn, mark_of};
use crate::keyring::read_folder;
use crate::older_ledger::newest_signed;
use crate::{Archive, FoldError, files, rows};

impl Archive {
    /// Destroys those of this member, and takes away the notes of accessions of which nothing is left.
    ///
    /// A note that somebody put there takes no key away: it has not the key's mark.
    ///
    /// # Errors
    /// The key store or the ledger cannot be read, or something cannot be removed.
    pub fn drop_unbegun(&mut self) -> Result<(), ReceiveError> {
        let size = self.ledger.tip().map_err(FoldError::from)?.size;
        let (base, signing) = (&self.register.base, self.archive_key.public());
        // What lies beside it shows that the ledger is an older copy: the newer one knows what the key seals.
        if newest_signed(&self.layout, &self.high_water, base, signing, size).is_some() {
            return Ok(());
        }
        for name in read_folder(&self.layout.unfinished())? {
            let key = name.to_str().and_then(|name| name.strip_prefix("received-")?.parse::<KeyId>().ok());
            let Some(key) = key else { continue };
            if self.went_back.is_none() && !self.seals_something(key).map_err(FoldError::from)? {
                self.drop_unbegun_key(key)?;
            }
        }
        Ok(())
    }

    fn drop_unbegun_key(&mut self, key: KeyId) -> Result<(), ReceiveError> {
        let (note, wraps) = (self.layout.unanswered(key), self.layout.held_key(key));
        let mark = match self.keyring.open(key) {
            Ok(Some(sealing)) => Some(mark_of(key, &sealing.identity)),
            // One that is another member's, or damaged, is theirs to destroy, or the check's to name.
            _ if !files::holds_only_asides(&wraps) => return Ok(()),
            // Cut off before the wrap came: what lies there is nobody's key.
            _ => None,
        };
        if mark.is_some_and(|mark| !Turn::is_left(&note, &mark)) {
            return Ok(());
        }
        // What is no file is the check's to name too.
        let Ok(Some(turn)) = Turn::take(&note, mark.unwrap_or_default()) else { return Ok(()) };
        let is_needed = self.seals_something(key).map_err(FoldError::from)? || self.opens_something(key)?;
        if is_needed || !turn.is_alone || (mark.is_some() && !turn.is_marked) {
            return Ok(());
        }
        for left in read_folder(&wraps)? {
            files::destroy(&wraps.join(left))?;
        }
        files::remove_folder(&wraps)?;
        self.keyring.forget(key);
        Ok(turn.end()?)
    }

    /// Does this key open a record under a name that is nobody's key here? What a row names anybody can change.
    fn opens_something(&mut self, key: KeyId) -> Result<bool, ReceiveError> {
        let Some(sealing) = self.keyring.open(key).map_err(FoldError::from)? else { return Ok(false) };
        let (row_key, id) = (sealing.row.clone(), key.to_string());
        let compartments: Vec<String> = self.keyring.compartments().map(|held| held.id.to_string()).collect();
        let mut named = HashMap::new();
        for row in tail(&self.ledger, 0) {
            let row = row.map_err(FoldError::from)?;
            let is_closed = *named.entry(row.key.clone()).or_insert_with_key(|name: &String| {
                name.parse().map_or(true, |name| !matches!(self.keyring.open(name), Ok(Some(_))))
            });
            let opens = |compartment: &String| {
                rows::plain(&row, (compartment, &id), &row_key, &self.archive_id).is_ok()
            };
            if is_closed && row.body.is_some() && compartments.iter().chain([&row.compartment]).any(opens) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
