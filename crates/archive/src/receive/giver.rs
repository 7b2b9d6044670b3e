//! The giver's identity, sealed at once to those who may open it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as B64;
use vidimus_model::{Giver, GiverKey, GiverShare, Keyholders};
use vidimus_seal::age::{Recipient, encrypt_to_vec};
use vidimus_seal::keyholders::{self, KeyholderSet, Share};
use vidimus_seal::{Entropy, SigningSeed, opening};

use crate::opened::share_key;

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
    recorded(keyholders::seal(set, secret, entropy))
}

fn recorded(shares: Vec<Share>) -> Vec<GiverShare> {
    shares
        .into_iter()
        .map(|share| GiverShare {
            recipients: share.recipients.iter().map(ToString::to_string).collect(),
            age: B64.encode(share.age),
        })
        .collect()
}

/// Seals what was said about the giver.
///
/// With the words a fresh key is sealed in each share: whoever opens it can sign that they did. Only its public half is kept.
pub fn seal(
    said: Option<&[u8]>,
    set: Option<&KeyholderSet>,
    registrar: &Recipient,
    entropy: &mut Entropy,
) -> (Option<SealedGiver>, SealedTo) {
    let Some(said) = said else { return (None, SealedTo::Nobody) };
    let mut public = Vec::new();
    let mut with_key = |entropy: &mut Entropy| {
        let seed = SigningSeed::generate(entropy);
        public.push(share_key(&seed));
        opening::with_key(said, &seed)
    };
    let Some(set) = set else {
        let plain = with_key(entropy);
        let (age, _) = encrypt_to_vec(&[*registrar], &plain, entropy)
            .expect("one recipient is neither none nor too many");
        let share = GiverShare { recipients: vec![registrar.to_string()], age: B64.encode(age) };
        let giver = Giver { fingerprint: String::new(), threshold: 0, shares: vec![share] };
        return (Some(SealedGiver::of(giver, public)), SealedTo::Registrar);
    };
    let threshold = u8::try_from(set.threshold()).expect("at most eight keyholders");
    let shares = recorded(keyholders::seal_each(set, with_key, entropy));
    let giver = Giver { fingerprint: set.fingerprint(), threshold, shares };
    let sealed_to = SealedTo::Keyholders { threshold: set.threshold(), of: set.recipients().len() };
    (Some(SealedGiver::of(giver, public)), sealed_to)
}

/// A sealed giver, and by which keys it is known who opened it.
#[derive(Clone)]
pub struct SealedGiver {
    /// What stands in the accession's record.
    pub giver: Giver,
    /// In the order of the shares.
    pub keys: Vec<GiverKey>,
}

impl SealedGiver {
    fn of(giver: Giver, public: Vec<String>) -> Self {
        let share =
            |(share, key): (&GiverShare, String)| GiverKey { recipients: share.recipients.clone(), key };
        let keys = giver.shares.iter().zip(public).map(share).collect();
        Self { giver, keys }
    }
}
