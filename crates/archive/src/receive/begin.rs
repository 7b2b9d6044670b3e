//! Which accession is received: one that was interrupted is gone on with, or another begins.

use std::io;

use vidimus_folds::catalogue::State;
use vidimus_model::{
    Accession, AccessionOpened, Change, CompartmentId, GiverKeys, KeyId, Medium, Ref, Source,
};
use vidimus_seal::age::Identity;
use vidimus_seal::wrap;

use super::session::Session;
use super::turn::{Turn, mark_of};
use super::walk::Root;
use super::{Receive, ReceiveError, SealedTo, giver, looks_alike};
use crate::door::{Act, Draft};
use crate::keyring::SealingKey;
use crate::{Archive, FoldError, files};

impl Archive {
    /// The accession of these sources that this member began and did not finish, and the turn to go on with it.
    pub(super) fn unfinished(
        &mut self,
        sources: &[Source],
        medium: &Medium,
        roots: &[Root],
        into: &CompartmentId,
    ) -> Result<Option<Session>, ReceiveError> {
        let same = (sources, medium);
        for key in self.keyring.own_accessions().to_vec() {
            let note = self.layout.unanswered(key);
            let Some((reference, ended)) = self.begun_of(key, same, into)? else { continue };
            let sealing = self.keyring.open(key).map_err(FoldError::from)?.ok_or(ReceiveError::NotHeld)?;
            let mark = mark_of(key, &sealing.identity);
            if ended && !Turn::is_left(&note, &mark) {
                continue;
            }
            let mut turn = Turn::take(&note, mark)?.ok_or(ReceiveError::UnderWay(reference))?;
            // Until then another process may have ended it.
            match self.begun_of(key, same, into)? {
                Some((reference, ended)) if !ended || turn.is_marked => {
                    let catalogue = self.catalogue_of(key)?;
                    let session = Session::resume(catalogue, reference, into.clone(), key)?;
                    if !looks_alike(&session, roots) {
                        // Its own disk may come back.
                        continue;
                    }
                    turn.mark()?;
                    self.receiving = Some(turn);
                    return Ok(Some(Session { ended, ..session }));
                }
                _ => turn.end()?,
            }
        }
        Ok(None)
    }

    /// The own accession under this key, if it is of these sources on this carrier and not released; and whether it has its end.
    fn begun_of(
        &mut self,
        key: KeyId,
        (sources, medium): (&[Source], &Medium),
        into: &CompartmentId,
    ) -> Result<Option<(Ref, bool)>, ReceiveError> {
        if self.ledger_compartment(key)?.as_ref() != Some(into) {
            return Ok(None);
        }
        let rows = self.catalogue_of(key)?.accessions().map_err(FoldError::from)?.value;
        let own = rows.into_iter().next().filter(|row| row.state == State::Private);
        let same = own.filter(|row| {
            row.begun.as_ref().is_some_and(|begun| begun.sources == sources && begun.medium == *medium)
        });
        Ok(same.map(|row| (row.reference, row.end.is_some())))
    }

    pub(super) fn begin(
        &mut self,
        request: &Receive,
        sources: Vec<Source>,
        medium: Medium,
    ) -> Result<(Session, SealedTo), ReceiveError> {
        let held = self.keyring.compartment(&request.into).cloned().ok_or(ReceiveError::NotHeld)?;
        let set = giver::set_of(self.register.keyholders.as_ref())?;
        let key =
            SealingKey::new(KeyId::from_bytes(self.entropy.bytes()), Identity::generate(&mut self.entropy));
        // The note first: by it whoever comes next knows a key of which nothing came, if this is cut off.
        let note = Turn::take(&self.layout.unanswered(key.id), mark_of(key.id, &key.identity))?;
        let mut turn = note.ok_or_else(|| io::Error::from(io::ErrorKind::WouldBlock))?;
        turn.mark()?;
        turn.keep()?;
        self.receiving = Some(turn);
        crate::crash::step();
        let me = self.keyring.member_keys().identity.recipient();
        let wrapped = wrap::wrap_identity(&key.identity, &me, &mut self.entropy);
        files::replace(&self.layout.wrap(key.id, &self.keyring.member().to_string()), &wrapped)?;
        let key_id = key.id;
        self.keyring.add(key);

        let said = request.giver.as_deref().map(Vec::as_slice);
        let (giver, sealed_to) = giver::seal(said, set.as_ref(), &me, &mut self.entropy);
        let mut about = None;
        self.act(|archive| -> Result<Act, ReceiveError> {
            let rows = archive.catalogue(&request.into)?.accessions().map_err(FoldError::from)?.value;
            let own = rows.iter().filter(|row| row.reference.letter == held.letter);
            let number = own.map(|row| row.reference.accession).max().map_or(1, |last| last + 1);
            let reference = Ref::accession(held.letter, number);
            about = Some(reference.clone());
            let opened =
                Change::AccessionOpened(AccessionOpened { about: reference.clone(), number, key: key_id });
            let keys = giver.as_ref().map(|sealed| {
                Change::GiverKeys(GiverKeys { about: reference.clone(), keys: sealed.keys.clone() })
            });
            let accession = Change::Accession(Accession {
                about: reference,
                number,
                sources: sources.clone(),
                medium: medium.clone(),
                note: request.note.clone(),
                giver: giver.as_ref().map(|sealed| sealed.giver.clone()),
            });
            let compartment = &request.into;
            let mut drafts = vec![Draft {
                compartment: compartment.clone(),
                key: archive.current(compartment)?,
                change: opened,
            }];
            let own = std::iter::once(accession).chain(keys);
            drafts.extend(own.map(|change| Draft { compartment: compartment.clone(), key: key_id, change }));
            Ok(Act::of(drafts, vec![compartment.clone()]))
        })?;
        self.keyring.adopt(key_id);
        let about = about.expect("the change was decided at least once");
        let others = self.catalogue(&request.into)?.counts().map_err(FoldError::from)?.value.counts.items > 0
            || self.keyring.own_accessions().len() > 1;
        Ok((Session::new(about, request.into.clone(), key_id, others), sealed_to))
    }
}
