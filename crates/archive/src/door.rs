//! The one door: drafts become signed, sealed records, appended together with the checkpoint over them.

use std::cell::OnceCell;
use std::mem::take;

use rand_core::RngCore as _;
use vidimus_ledger::{
    AppendError, Appended, Batch, Ledger as _, NewRow, Reseal, SealError, Sealed, SqliteLedger, Tip,
};
use vidimus_model::{Change, CompartmentId, KeyId, MemberId, OperationId, Statement};
use vidimus_proof::checkpoint::{Checkpoint, SignedCheckpoint};
use vidimus_proof::epoch;
use vidimus_proof::json;
use vidimus_proof::keychain::KeyChain;
use vidimus_proof::merkle::{Frontier, leaf_hash};
use vidimus_proof::note::Signer;
use vidimus_proof::record::{MemberAct, Record};

use crate::backup::is_backup;
use crate::{Archive, rows};

/// How often a command folds again and re-checks before it does so while nobody else can append.
const TRIES: usize = 3;

/// A change that is to become a record.
#[derive(Clone, Debug)]
pub struct Draft {
    /// In whose rows it will stand.
    pub compartment: CompartmentId,
    /// Which key seals it.
    pub key: KeyId,
    /// What changes.
    pub change: Change,
}

/// Everything that one append does.
#[derive(Debug, Default)]
pub struct Act {
    /// What is recorded.
    pub drafts: Vec<Draft>,
    /// Blank rows that stand among them.
    pub blanks: Option<Blanks>,
    /// Rows whose bodies are destroyed.
    pub erase: Vec<u64>,
    /// Rows whose bodies are replaced.
    pub reseal: Option<Reseal>,
    /// Compartments that were read to decide this; none for changes that commute.
    pub reads: Vec<CompartmentId>,
}

/// Blank rows, so that the log does not count.
#[derive(Clone, Debug)]
pub struct Blanks {
    /// How many.
    pub count: u64,
    /// By which key they are known for such: one that outlives what the records are sealed by.
    pub key: KeyId,
    /// In whose rows.
    pub compartment: CompartmentId,
}

impl Act {
    /// Records these changes, having read these compartments.
    pub fn of(drafts: Vec<Draft>, reads: Vec<CompartmentId>) -> Self {
        Self { drafts, reads, ..Self::default() }
    }
}

/// Why nothing was recorded.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// The archive is read-only because it went back.
    #[error("the archive went back and is read-only")]
    ReadOnly,
    /// The folder is a backup.
    #[error("the folder is a backup")]
    IsBackup,
    /// The member does not hold the key that would seal the record.
    #[error("the key {0} is not held")]
    KeyNotHeld(KeyId),
    /// The acting member is not, or no longer, a member.
    #[error("not a member")]
    NotAMember,
    /// Nobody could read the record again: a number in it is beyond 2^53, or it holds too many values.
    #[error("the field {0} could not be read again")]
    Unreadable(String),
    /// The ledger refused or failed.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The ledger could not be opened a second time, to hold its lock.
    #[error("the ledger cannot be locked: {0}")]
    Locked(vidimus_ledger::OpenError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Store(#[from] vidimus_ledger::StoreError),
    /// A fold could not be brought up to date.
    #[error(transparent)]
    Fold(#[from] crate::runner::FoldError),
    /// The high-water mark could not be written.
    #[error("the high-water mark cannot be written: {0}")]
    HighWater(std::io::Error),
}

impl Archive {
    /// Checks, signs, seals and appends; durable when it returns.
    ///
    /// `make` is called with folds that are up to date and may be called again when someone else was faster; after three
    /// tries it is called while nobody else can append.
    pub(crate) fn act<E: From<DoorError>>(
        &mut self,
        mut make: impl FnMut(&mut Self) -> Result<Act, E>,
    ) -> Result<Appended, E> {
        for _ in 0..TRIES {
            let (mut act, seen) = self.decide(&mut make)?;
            let batch = self.prepare(&mut act, seen)?;
            match self.send(&batch) {
                Err(DoorError::Append(AppendError::Moved { .. })) => continue,
                answer => return Ok(answer?),
            }
        }
        self.act_while_locked(make)
    }

    /// Appends changes that commute with all others: nothing was read to decide them.
    ///
    /// Only whether the member is still one, and which key signs for the archive, is asked anew, as often as the register moves.
    pub(crate) fn record(&mut self, mut act: Act) -> Result<Appended, DoorError> {
        let seen = self.ledger.tip()?.size;
        if seen > 0 {
            self.refresh_register()?;
        }
        let mut batch = self.prepare(&mut act, seen)?;
        loop {
            match self.send(&batch) {
                Err(DoorError::Append(AppendError::Moved { .. })) => {
                    let signed_by = self.archive_key.public();
                    self.refresh_register()?;
                    self.check_member(self.keyring.member(), seen)?;
                    if self.archive_key.public() != signed_by {
                        (act.erase, act.reseal) = (batch.erase, batch.reseal);
                        batch = self.prepare(&mut act, seen)?;
                    }
                    batch.heads = vec![self.register_head()];
                }
                answer => return answer,
            }
        }
    }

    /// Appends the first record of a new epoch, under an origin that no checkpoint has had yet.
    pub(crate) fn begin_epoch(&mut self, origin: String, act: Act) -> Result<Appended, DoorError> {
        let (went_back, before) = (self.went_back.take(), std::mem::replace(&mut self.origin, origin));
        let appended = self.send_first(act);
        if appended.is_err() {
            (self.went_back, self.origin) = (went_back, before);
        }
        appended
    }

    fn send_first(&mut self, mut act: Act) -> Result<Appended, DoorError> {
        let seen = self.ledger.tip()?.size;
        let batch = self.prepare(&mut act, seen)?;
        let pen = self.pen()?;
        let appended = self.ledger.append(&batch, &mut |tip, entries| pen.sign(tip, entries))?;
        self.after(&appended)?;
        Ok(appended)
    }

    fn decide<E: From<DoorError>>(
        &mut self,
        make: &mut impl FnMut(&mut Self) -> Result<Act, E>,
    ) -> Result<(Act, u64), E> {
        let seen = self.refresh().map_err(DoorError::from)?;
        Ok((make(self)?, seen))
    }

    fn act_while_locked<E: From<DoorError>>(
        &mut self,
        mut make: impl FnMut(&mut Self) -> Result<Act, E>,
    ) -> Result<Appended, E> {
        // A second handle holds the lock while this archive reads through its own.
        let mut locked = SqliteLedger::open(&self.layout.ledger()).map_err(DoorError::Locked)?;
        let (mut failed, pen) = (None, OnceCell::new());
        let answer = locked.while_locked(
            &mut |_| {
                let made = self.decide(&mut make).and_then(|(mut act, seen)| {
                    let batch = self.prepare(&mut act, seen)?;
                    // Not before: the archive's key may have been changed up to now.
                    let _ = pen.set(self.pen()?);
                    Ok(batch)
                });
                made.map_err(|e| {
                    failed = Some(e);
                    SealError::from("the check failed")
                })
            },
            &mut |tip, entries| pen.get().ok_or("nothing was decided")?.sign_in_epoch(tip, entries),
        );
        match (answer, failed) {
            (Ok(appended), _) => {
                self.after(&appended)?;
                Ok(appended)
            }
            (Err(_), Some(e)) => Err(e),
            (Err(e), None) => Err(DoorError::from(e).into()),
        }
    }

    fn send(&mut self, batch: &Batch) -> Result<Appended, DoorError> {
        let pen = self.pen()?;
        let mut seal = |tip: &Tip, entries: &[[u8; 32]]| pen.sign_in_epoch(tip, entries);
        crate::crash::step();
        let appended = match self.ledger.append(batch, &mut seal) {
            // The answer may have been lost on the way: the operation ids tell.
            Err(AppendError::Store(_)) => match self.ledger.append(batch, &mut seal) {
                Err(AppendError::Repeated { seqs }) => self.found_again(&seqs)?,
                answer => answer?,
            },
            answer => answer?,
        };
        crate::crash::step();
        self.after(&appended)?;
        Ok(appended)
    }

    fn found_again(&self, seqs: &[u64]) -> Result<Appended, DoorError> {
        let first = seqs.iter().copied().min().unwrap_or_default();
        Ok(Appended { first, tip: self.ledger.tip()?, wiped: false })
    }

    fn after(&mut self, appended: &Appended) -> Result<(), DoorError> {
        self.high_water.raise(&appended.tip.note).map_err(DoorError::HighWater)
    }

    /// Refuses where nothing may be recorded.
    pub(crate) fn may_record(&self) -> Result<(), DoorError> {
        if self.went_back.is_some() {
            return Err(DoorError::ReadOnly);
        }
        // What is recorded in a backup would make the archive that it is of one that went back.
        self.is_no_backup()
    }

    /// Refuses where nothing is changed.
    ///
    /// # Errors
    /// [`DoorError::IsBackup`].
    pub fn is_no_backup(&self) -> Result<(), DoorError> {
        match is_backup(self.layout.root()) {
            true => Err(DoorError::IsBackup),
            false => Ok(()),
        }
    }

    fn pen(&self) -> Result<Pen, DoorError> {
        self.may_record()?;
        Ok(Pen { signer: self.note_signer(), keys: self.keys() })
    }

    /// Issues and seals the records and shuffles them with the blanks, so that their order in the log says nothing. What is
    /// erased and resealed goes into the batch.
    fn prepare(&mut self, act: &mut Act, seen: u64) -> Result<Batch, DoorError> {
        let me = self.keyring.member();
        self.check_member(me, seen)?;
        let now = self.clock.now();
        let milliseconds = u64::try_from(now.as_millisecond()).unwrap_or_default();
        let mut rows = Vec::with_capacity(act.drafts.len());
        for Draft { compartment, key, change } in &act.drafts {
            let op = OperationId::new(milliseconds, &mut self.rng);
            let statement = Statement { at: now, by: me, op, change: change.clone() };
            let fields = statement.fields();
            if let Some((field, _)) = fields.iter().find(|(_, value)| !json::is_exact(value)) {
                return Err(DoorError::Unreadable(field.clone()));
            }
            let member_act =
                MemberAct { compartment: compartment.to_string(), operation: op.to_string(), base: seen };
            let record = Record::issue(
                &self.origin,
                fields,
                &member_act,
                self.keyring.signing(),
                &self.archive_key,
                &mut self.rng,
            );
            let sealing = self.keyring.get(*key).ok_or(DoorError::KeyNotHeld(*key))?;
            rows.push(rows::seal(
                &record,
                op,
                compartment,
                (*key, &sealing.row),
                &self.archive_id,
                &mut self.entropy,
            ));
        }
        if let Some(Blanks { count, key, compartment }) = &act.blanks {
            let sealing = self.keyring.get(*key).ok_or(DoorError::KeyNotHeld(*key))?;
            let mut random = [0; 16];
            rows.extend((0..*count).map(|_| {
                self.rng.fill_bytes(&mut random);
                blank_row(compartment.as_str(), *key, sealing.row.blank(random))
            }));
        }
        self.shuffle(&mut rows);
        let mut heads: Vec<_> = act.reads.iter().map(|read| (read.to_string(), seen)).collect();
        // Whoever was removed meanwhile appends nothing more, whatever the change.
        heads.push(self.register_head());
        Ok(Batch { rows, heads, erase: take(&mut act.erase), reseal: take(&mut act.reseal) })
    }

    /// Is the key that signs here the one that the register names for a present member? Then every member's signature made below
    /// holds by construction, and need not be checked again one by one.
    fn check_member(&self, me: MemberId, seen: u64) -> Result<(), DoorError> {
        let signing = self.keyring.signing().public();
        let known = self.register.members.get(&me).filter(|known| !known.removed);
        let sound = match known {
            Some(known) => known.signing_key() == Some(signing),
            // The first append of an archive adds the member it is signed by.
            None => seen == 0,
        };
        if sound { Ok(()) } else { Err(DoorError::NotAMember) }
    }

    /// The register, with the ledger size up to which it was read.
    fn register_head(&self) -> (String, u64) {
        (CompartmentId::register().to_string(), self.register.position)
    }

    fn shuffle(&mut self, rows: &mut [NewRow]) {
        for last in (1..rows.len()).rev() {
            let other = self.rng.next_u64() % (last as u64 + 1);
            rows.swap(last, other as usize);
        }
    }
}

fn blank_row(compartment: &str, key: KeyId, entry: [u8; 32]) -> NewRow {
    NewRow { compartment: compartment.to_owned(), key: key.to_string(), entry, op: None, body: None }
}

/// Signs checkpoints, and knows which key signed those before.
struct Pen {
    signer: Signer,
    keys: KeyChain,
}

impl Pen {
    /// As [`Pen::sign`], unless another process began a new epoch since this one opened the archive.
    fn sign_in_epoch(&self, tip: &Tip, entries: &[[u8; 32]]) -> Result<Sealed, SealError> {
        let goes_on = tip.size == 0
            || SignedCheckpoint::from_bytes(&tip.note)?.checkpoint().origin
                == *self.signer.verifier_key().name();
        if goes_on {
            self.sign(tip, entries)
        } else {
            Err("a new epoch began: open the archive again".into())
        }
    }

    /// The frontier and the signed checkpoint after `entries` follow `tip`.
    fn sign(&self, tip: &Tip, entries: &[[u8; 32]]) -> Result<Sealed, SealError> {
        let mut frontier = if tip.size == 0 { Frontier::new() } else { Frontier::from_bytes(&tip.frontier)? };
        if tip.size > 0 {
            self.check_tip(tip, &frontier)?;
        }
        for entry in entries {
            frontier.append(leaf_hash(entry));
        }
        let checkpoint = Checkpoint {
            origin: self.signer.verifier_key().name().clone(),
            size: frontier.size(),
            root: frontier.root(),
        };
        let signed = SignedCheckpoint::sign(checkpoint, &self.signer)?;
        Ok(Sealed { frontier: frontier.to_bytes(), note: signed.note().to_string().into_bytes() })
    }

    /// The tip is one that this archive signed: else whoever wrote to the folder while it was closed would have us sign a fork.
    fn check_tip(&self, tip: &Tip, frontier: &Frontier) -> Result<(), SealError> {
        let signed = SignedCheckpoint::from_bytes(&tip.note)?;
        let checkpoint = signed.checkpoint();
        let newest = self.signer.verifier_key().name();
        if !epoch::may_follow(checkpoint.origin.as_str(), newest.as_str()) {
            return Err("the ledger's checkpoint is of another log".into());
        }
        signed.verify(&self.keys.for_checkpoint(&signed, newest))?;
        let is_its =
            checkpoint.size == tip.size && frontier.size() == tip.size && frontier.root() == checkpoint.root;
        if is_its { Ok(()) } else { Err("the ledger's end is not what was signed: run check".into()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_signed_behind_an_end_that_was_not() {
        let key = |seed| vidimus_proof::record::SigningKey::from_seed(&[seed; 32]).public();
        let pen = |seed| Pen {
            signer: Signer::new("archive.example/test".parse().unwrap(), &[seed; 32]),
            keys: KeyChain::of(key(seed)),
        };
        let first = pen(1).sign(&Tip::default(), &[[1; 32], [2; 32]]).unwrap();
        let tip = Tip { size: 2, frontier: first.frontier, note: first.note };
        assert!(pen(1).sign(&tip, &[[3; 32]]).is_ok());
        let mut followed = Pen { keys: KeyChain::of(key(1)), ..pen(2) };
        followed.keys.followed_by(1, key(2)).unwrap();
        assert!(followed.sign(&tip, &[[3; 32]]).is_ok(), "the record at 1 is the last of the old key");

        let other = pen(1).sign(&Tip::default(), &[[1; 32], [9; 32]]).unwrap();
        let another_tree = Tip { frontier: other.frontier.clone(), ..tip.clone() };
        assert!(pen(1).sign(&another_tree, &[[3; 32]]).is_err());
        let another_size = Tip { size: 3, ..tip.clone() };
        assert!(pen(1).sign(&another_size, &[[3; 32]]).is_err());
        let foreign = pen(2).sign(&Tip::default(), &[[1; 32], [9; 32]]).unwrap();
        let another_key = Tip { frontier: foreign.frontier, note: foreign.note, size: 2 };
        assert!(pen(1).sign(&another_key, &[[3; 32]]).is_err());
    }
}
