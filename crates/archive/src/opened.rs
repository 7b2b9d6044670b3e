//! That a giver was opened: what whoever opens it is asked to say, the statement taken in, and what is on record.
//!
//! Keyholders open offline, and no archive can see that they did: what is not on record may have happened.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD as B64};
use jiff::Timestamp;
use serde::Serialize;
use vidimus_model::{Change, GiverKey, GiverKeys, GiverOpened, Opening, OpeningAsked, Ref, Statement};
use vidimus_proof::record::PublicKey;
use vidimus_seal::SigningSeed;

use crate::door::{Act, Draft};
use crate::locate::Found;
use crate::query::AskError;
use crate::read::{ReadError, RecordAt};
use crate::unseal::GiverError;
use crate::{Archive, DoorError, FoldError};

/// Why a statement was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum OpeningError {
    /// It is not the statement of somebody who opened a giver.
    #[error("it is no statement that a giver was opened")]
    NotAStatement,
    /// Nobody signed it.
    #[error("nobody signed it")]
    NotSigned,
    /// It is about something else than an accession of this archive, as its record stands in the log.
    #[error("it is not about an accession of this archive")]
    OtherThing,
    /// The signature is not by the key that was sealed with the giver.
    #[error("it is not signed with the key that was sealed with the giver")]
    BadSignature,
    /// The giver was sealed without a key, by an earlier program: what is said of it can only be told.
    #[error("no key was sealed with the giver of {0}")]
    NoKey(Ref),
    /// Another process recorded the same meanwhile.
    #[error("it is on record already")]
    OnRecord,
    /// There is no giver, or it cannot be read.
    #[error(transparent)]
    Giver(#[from] GiverError),
    /// Nothing could be recorded.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// What is there could not be asked.
    #[error(transparent)]
    Fold(#[from] FoldError),
}

impl From<AskError> for OpeningError {
    fn from(error: AskError) -> Self {
        Self::Giver(error.into())
    }
}

impl From<ReadError> for OpeningError {
    fn from(error: ReadError) -> Self {
        Self::Giver(error.into())
    }
}

/// That a giver was opened, as it is on record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OpenedLine {
    /// The log index of the record.
    pub seq: u64,
    /// Our clock when it was recorded.
    pub at: Timestamp,
    /// The name of the member who recorded it.
    pub by: String,
    /// Whether whoever opened it signed it, with the key that was sealed with the giver: that was checked.
    pub signed: bool,
    /// Whether it carries a signature that does not hold, or a statement about something else; else, unsigned, somebody told it.
    pub false_signature: bool,
    /// Who says that they opened it.
    pub opened_by: String,
    /// When, as they say.
    pub opened_at: String,
    /// What for, line by line.
    pub why: Vec<String>,
    /// Whose keys open the share whose key signed; none where it is not signed.
    pub keyholders: Vec<String>,
}

/// What speaks for an opening that is on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Vouched {
    /// Whoever opened it signed it, and the signature was checked.
    Signed,
    /// Somebody told it; nobody signed it.
    Told,
    /// It carries a signature that could not be confirmed.
    FalseSignature,
}

impl OpenedLine {
    /// What speaks for it.
    pub fn vouched(&self) -> Vouched {
        match (self.signed, self.false_signature) {
            (true, _) => Vouched::Signed,
            (false, true) => Vouched::FalseSignature,
            (false, false) => Vouched::Told,
        }
    }
}

/// A statement with its signature, as `vidimus unseal` writes it: the text, and a last line `signature` with base64.
pub fn sign_opening(opening: &Opening, seed: &SigningSeed) -> String {
    let text = opening.text();
    let signature = STANDARD.encode(seed.key().sign(text.as_bytes()));
    format!("{text}{SIGNATURE}{signature}\n")
}

const SIGNATURE: &str = "signature ";
/// The name of the change.
pub(crate) const GIVER_OPENED: &str = "giver-opened/1";

/// A share's key as records have it.
pub fn share_key(seed: &SigningSeed) -> String {
    B64.encode(seed.public().to_bytes())
}

/// Did the holder of the key that was sealed in this share sign that text?
pub(crate) fn holds(share: &str, text: &str, untrusted_signature: &[u8]) -> bool {
    let key = B64.decode(share).ok().and_then(|bytes| PublicKey::from_bytes(&bytes).ok());
    key.is_some_and(|key| key.verify(text.as_bytes(), untrusted_signature).is_ok())
}

/// Is that statement signed with one of these keys, and of the share that it names?
pub(crate) fn is_signed(opening: &Opening, text: &str, untrusted_signature: &str, keys: &[GiverKey]) -> bool {
    let share = opening.share.as_deref().unwrap_or_default();
    let signature = B64.decode(untrusted_signature).unwrap_or_default();
    let openers = keys.iter().find(|known| known.key == share).map(|known| &known.recipients);
    openers == Some(&opening.keyholders) && holds(share, text, &signature)
}

impl Archive {
    /// What whoever opens the giver of an accession is asked to say that they opened; without shares where the giver was sealed
    /// without keys.
    ///
    /// # Errors
    /// There is no giver, or it cannot be read.
    pub fn opening_asked(&mut self, accession: &Ref) -> Result<OpeningAsked, GiverError> {
        let (_, begun) = self.sealed_giver(accession)?;
        let keys = self.giver_keys(accession)?;
        Ok(OpeningAsked {
            origin: begun.record.issuer().to_owned(),
            accession: accession.clone(),
            entry: hex::encode(begun.record.entry()),
            shares: keys.into_iter().map(|share| (share.key, share.recipients)).collect(),
        })
    }

    /// Takes in the signed statement of somebody who opened a giver; says of which accession. One that is on record already is
    /// not recorded again.
    ///
    /// # Errors
    /// It is none, is about something else, or is not signed with the key that was sealed with the giver.
    pub fn record_opening(&mut self, untrusted: &[u8]) -> Result<Ref, OpeningError> {
        let untrusted = std::str::from_utf8(untrusted).map_err(|_| OpeningError::NotAStatement)?;
        let untrusted = untrusted.replace("\r\n", "\n");
        let (text, signature) = match untrusted.trim_end().rsplit_once('\n') {
            Some((text, last)) if last.starts_with(SIGNATURE) => {
                (format!("{text}\n"), STANDARD.decode(last[SIGNATURE.len()..].trim()).unwrap_or_default())
            }
            _ if Opening::read(&untrusted).is_some() => return Err(OpeningError::NotSigned),
            _ => return Err(OpeningError::NotAStatement),
        };
        let opening = Opening::read(&text).ok_or(OpeningError::NotAStatement)?;
        let asked = self.opening_asked(&opening.accession)?;
        if !is_about(&opening, &asked) {
            return Err(OpeningError::OtherThing);
        }
        if asked.shares.is_empty() {
            return Err(OpeningError::NoKey(opening.accession));
        }
        let share = opening.share.as_deref().unwrap_or_default();
        if asked.openers(share) != Some(&opening.keyholders) || !holds(share, &text, &signature) {
            return Err(OpeningError::BadSignature);
        }
        self.put_opening(&opening, Some(B64.encode(signature)))?;
        Ok(opening.accession)
    }

    /// Records what somebody told: that they opened the giver of an accession. Nobody signed it, and that stays seen.
    ///
    /// # Errors
    /// There is no giver, or nothing could be recorded.
    pub fn record_told_opening(
        &mut self,
        accession: &Ref,
        by: &str,
        at: &str,
        why: Vec<String>,
    ) -> Result<(), OpeningError> {
        let OpeningAsked { origin, accession, entry, .. } = self.opening_asked(accession)?;
        let (by, at) = (by.to_owned(), at.to_owned());
        let opening = Opening { origin, accession, entry, share: None, keyholders: Vec::new(), by, at, why };
        if Opening::read(&opening.text()).as_ref() != Some(&opening) {
            return Err(OpeningError::NotAStatement);
        }
        self.put_opening(&opening, None)
    }

    /// Records that this member opened a giver that is sealed for them alone, signed with the key that came with it.
    ///
    /// # Errors
    /// As [`Archive::record_opening`].
    pub fn record_own_opening(
        &mut self,
        accession: &Ref,
        seed: Option<&SigningSeed>,
        why: Vec<String>,
    ) -> Result<(), OpeningError> {
        let by = self.register.name(self.keyring.member());
        let at = self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let Some(seed) = seed else { return self.record_told_opening(accession, &by, &at, why) };
        let asked = self.opening_asked(accession)?;
        let opening = opening(&asked, seed, &by, &at, why).ok_or(OpeningError::BadSignature)?;
        self.record_opening(sign_opening(&opening, seed).as_bytes())?;
        Ok(())
    }

    /// What is on record of who opened the giver of an accession, oldest first. Nothing there does not say that nobody did.
    ///
    /// # Errors
    /// The accession is not known, or a record cannot be read.
    pub fn openings(&mut self, accession: &Ref) -> Result<Vec<OpenedLine>, AskError> {
        let mut lines = Vec::new();
        let said = self.said_of(accession, GIVER_OPENED)?;
        // Compared with what was sealed only where somebody says that they signed: nothing else needs it.
        let signs =
            |said: &Statement| matches!(&said.change, Change::GiverOpened(it) if it.signature.is_some());
        let asked = match said.iter().any(|(_, said)| signs(said)) {
            true => self.opening_asked(accession).ok(),
            false => None,
        };
        for (seq, Statement { at, by, change, .. }) in said {
            let Change::GiverOpened(GiverOpened { statement: text, signature, .. }) = change else {
                continue;
            };
            let Some(opening) = Opening::read(&text) else { continue };
            let signed = asked.as_ref().zip(signature.as_ref()).is_some_and(|(asked, signature)| {
                let keys = asked
                    .shares
                    .iter()
                    .map(|(key, recipients)| GiverKey { key: key.clone(), recipients: recipients.clone() });
                is_about(&opening, asked) && is_signed(&opening, &text, signature, &keys.collect::<Vec<_>>())
            });
            lines.push(OpenedLine {
                seq,
                at,
                by: self.register.name(by),
                signed,
                false_signature: signature.is_some() && !signed,
                opened_by: opening.by,
                opened_at: opening.at,
                why: opening.why,
                keyholders: if signed { opening.keyholders } else { Vec::new() },
            });
        }
        Ok(lines)
    }

    fn put_opening(&mut self, opening: &Opening, signature: Option<String>) -> Result<(), OpeningError> {
        let accession = opening.accession.clone();
        let change = GiverOpened { about: accession.clone(), statement: opening.text(), signature };
        let recorded = self.act(|archive| -> Result<Act, OpeningError> {
            let known = archive.said_of(&accession, GIVER_OPENED)?;
            if known.iter().any(|(_, said)| said.change == Change::GiverOpened(change.clone())) {
                return Err(OpeningError::OnRecord);
            }
            let (_, begun) = archive.sealed_giver(&accession)?;
            let Found::Here(located) = archive.locate(&accession)? else {
                return Err(ReadError::Gone(accession.clone()).into());
            };
            // By the accession's own key: it goes where the giver goes, and is erased with it.
            let draft = Draft {
                compartment: located.compartment.clone(),
                key: begun.key,
                change: Change::GiverOpened(change.clone()),
            };
            Ok(Act::of(vec![draft], vec![located.compartment]))
        });
        match recorded {
            Ok(_) => Ok(self.refresh().map(drop)?),
            Err(OpeningError::OnRecord) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// The keys that were sealed with the giver of an accession. The first record counts: a later one is not of the receiving.
    fn giver_keys(&mut self, accession: &Ref) -> Result<Vec<GiverKey>, ReadError> {
        Ok(match self.said_of(accession, "giver-keys/1")?.into_iter().next() {
            Some((_, Statement { change: Change::GiverKeys(GiverKeys { keys, .. }), .. })) => keys,
            _ => Vec::new(),
        })
    }

    /// Records of one change about an accession, oldest first.
    fn said_of(&mut self, accession: &Ref, change: &str) -> Result<Vec<(u64, Statement)>, ReadError> {
        let resolved = self.resolve(accession)?;
        let catalogue = self.catalogue_of(resolved.catalogue).map_err(AskError::from)?;
        let history = catalogue.history(accession).map_err(AskError::from)?.value;
        let mut said = Vec::new();
        for line in history.into_iter().filter(|line| line.change == change) {
            let RecordAt { record, .. } = self.record_in_row(accession, line.seq)?;
            if let Ok(statement) = Statement::of(&record) {
                said.push((line.seq, statement));
            }
        }
        Ok(said)
    }
}

/// What whoever holds the key of a share says of having opened it; none if it is none of those that are asked.
pub fn opening(
    asked: &OpeningAsked,
    seed: &SigningSeed,
    by: &str,
    at: &str,
    why: Vec<String>,
) -> Option<Opening> {
    let share = share_key(seed);
    let keyholders = asked.openers(&share)?.to_vec();
    let opening = Opening {
        origin: asked.origin.clone(),
        accession: asked.accession.clone(),
        entry: asked.entry.clone(),
        share: Some(share),
        keyholders,
        by: by.to_owned(),
        at: at.to_owned(),
        why,
    };
    (Opening::read(&opening.text()).as_ref() == Some(&opening)).then_some(opening)
}

/// Does it name the record that it was asked about?
pub(crate) fn is_about(opening: &Opening, asked: &OpeningAsked) -> bool {
    (&opening.origin, &opening.accession, &opening.entry) == (&asked.origin, &asked.accession, &asked.entry)
}
