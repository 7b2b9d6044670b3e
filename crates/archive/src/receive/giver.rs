//! The giver's identity, sealed at once to those who may open it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as B64;
use vidimus_model::{Giver, GiverShare, Keyholders};
use vidimus_seal::Entropy;
use vidimus_seal::age::{Recipient, encrypt_to_vec};
use vidimus_seal::keyholders::{self, KeyholderSet};

/// Who can open what was said about the giver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedTo {
    /// Nothing was said.
    Nobody,
    /// The registrar alone: no keyholders are named.
    Registrar,
    /// Keyholders, some of them together.
    Keyholders {
        /// How many it takes.
        threshold: usize,
        /// How many there are.
        of: usize,
    },
}

/// The recorded keyholders are not a set that can be sealed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the recorded keyholders are not usable")]
pub struct BadKeyholders;

/// The set that a record names; none where there are no keyholders.
///
/// # Errors
/// [`BadKeyholders`] if the record's recipients or its fingerprint are not sound.
pub fn set_of(recorded: Option<&Keyholders>) -> Result<Option<KeyholderSet>, BadKeyholders> {
    let Some(recorded) = recorded.filter(|set| !set.recipients.is_empty()) else { return Ok(None) };
    let recipients: Vec<Recipient> = recorded
        .recipients
        .iter()
        .map(|text| text.parse().map_err(|_| BadKeyholders))
        .collect::<Result<_, _>>()?;
    let set = KeyholderSet::new(recorded.threshold.into(), recipients).map_err(|_| BadKeyholders)?;
    if set.fingerprint() == recorded.fingerprint { Ok(Some(set)) } else { Err(BadKeyholders) }
}

/// What any few of the keyholders can open together, as records hold it.
pub(crate) fn shares(set: &KeyholderSet, secret: &[u8], entropy: &mut Entropy) -> Vec<GiverShare> {
    keyholders::seal(set, secret, entropy)
        .into_iter()
        .map(|share| GiverShare {
            recipients: share.recipients.iter().map(ToString::to_string).collect(),
            age: B64.encode(share.age),
        })
        .collect()
}

/// Seals what was said about the giver.
pub fn seal(
    said: Option<&[u8]>,
    set: Option<&KeyholderSet>,
    registrar: &Recipient,
    entropy: &mut Entropy,
) -> (Option<Giver>, SealedTo) {
    let Some(said) = said else { return (None, SealedTo::Nobody) };
    let Some(set) = set else {
        let (age, _) =
            encrypt_to_vec(&[*registrar], said, entropy).expect("one recipient is neither none nor too many");
        let share = GiverShare { recipients: vec![registrar.to_string()], age: B64.encode(age) };
        let giver = Giver { fingerprint: String::new(), threshold: 0, shares: vec![share] };
        return (Some(giver), SealedTo::Registrar);
    };
    let threshold = u8::try_from(set.threshold()).expect("at most eight keyholders");
    let giver = Giver { fingerprint: set.fingerprint(), threshold, shares: shares(set, said, entropy) };
    (Some(giver), SealedTo::Keyholders { threshold: set.threshold(), of: set.recipients().len() })
}
