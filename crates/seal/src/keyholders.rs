//! What any k of n keyholders can open together, and fewer cannot: nested age files, checkable with stock `age`.
//!
//! For every k of the set there is one share: an age file for the first of them, in it one for the second, and so on. No secret
//! sharing of our own making; the price is n-over-k files (at most 70).

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{
    Entropy, Identity, Recipient,
    age::{OpenError, decrypt_to_vec, encrypt_to_vec},
};

/// The most keyholders a set may have.
pub const MAX_KEYHOLDERS: usize = 8;

/// People any `threshold` of whom can open what is sealed to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyholderSet {
    threshold: usize,
    /// Ordered by their text, so that a set has one form however it was typed.
    recipients: Vec<Recipient>,
}

/// Why these are not a set of keyholders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyholderSetError {
    /// None, or more than [`MAX_KEYHOLDERS`].
    #[error("{found} keyholders; there may be 1 to {MAX_KEYHOLDERS}")]
    Count {
        /// How many there are.
        found: usize,
    },
    /// A threshold of zero or above their number.
    #[error("a threshold of {threshold} does not fit {keyholders} keyholders")]
    Threshold {
        /// The threshold asked for.
        threshold: usize,
        /// How many keyholders there are.
        keyholders: usize,
    },
    /// The same key twice, so that one person would count as two.
    #[error("{recipient} stands in the set twice")]
    Duplicate {
        /// The key.
        recipient: Recipient,
    },
}

impl KeyholderSet {
    /// A set of `threshold` of `recipients`.
    ///
    /// # Errors
    /// Any [`KeyholderSetError`].
    pub fn new(threshold: usize, mut recipients: Vec<Recipient>) -> Result<Self, KeyholderSetError> {
        let keyholders = recipients.len();
        if !(1..=MAX_KEYHOLDERS).contains(&keyholders) {
            return Err(KeyholderSetError::Count { found: keyholders });
        }
        if !(1..=keyholders).contains(&threshold) {
            return Err(KeyholderSetError::Threshold { threshold, keyholders });
        }
        recipients.sort_by_cached_key(Recipient::to_string);
        if let Some(pair) = recipients.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(KeyholderSetError::Duplicate { recipient: pair[0] });
        }
        Ok(Self { threshold, recipients })
    }

    /// How many must come together.
    pub fn threshold(&self) -> usize {
        self.threshold
    }

    /// The keyholders, ordered by their text.
    pub fn recipients(&self) -> &[Recipient] {
        &self.recipients
    }

    /// A short name to compare by eye or telephone: the first 80 bits of SHA-256 over `vidimus/keyholders/v1`, the threshold in
    /// decimal and the recipients in order, each followed by a line feed; hexadecimal in five groups of four.
    ///
    /// DANGER: 80 bits withstand a second set made to match this one, not two sets made to match each other.
    pub fn fingerprint(&self) -> String {
        let mut text = format!("vidimus/keyholders/v1\n{}\n", self.threshold);
        for recipient in &self.recipients {
            writeln!(text, "{recipient}").expect("writing to a String cannot fail");
        }
        let digest = Sha256::digest(text);
        digest[..10].chunks(2).map(hex::encode).collect::<Vec<_>>().join(" ")
    }

    /// Every choice of `threshold` keyholders, in lexicographic order of their places in [`KeyholderSet::recipients`]: whom
    /// the shares of anything that is sealed to this set are for.
    pub fn choices(&self) -> Vec<Vec<Recipient>> {
        let mut choices = vec![vec![]];
        for _ in 0..self.threshold {
            choices = choices
                .into_iter()
                .flat_map(|choice: Vec<usize>| {
                    let next = choice.last().map_or(0, |last| last + 1);
                    (next..self.recipients.len()).map(move |more| [&choice[..], &[more]].concat())
                })
                .collect();
        }
        let of = |choice: Vec<usize>| choice.into_iter().map(|place| self.recipients[place]).collect();
        choices.into_iter().map(of).collect()
    }
}

/// What one choice of keyholders can open together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The keyholders it takes, outermost layer first.
    pub recipients: Vec<Recipient>,
    /// The outermost age file.
    pub age: Vec<u8>,
}

/// Seals `plaintext` so that any k of the set open it: one share for each choice of k, in lexicographic order of the places in
/// the ordered set; within a share the first of them opens the outermost layer.
///
/// The length of `plaintext` shows from outside.
pub fn seal(set: &KeyholderSet, plaintext: &[u8], entropy: &mut Entropy) -> Vec<Share> {
    seal_each(set, |_| Zeroizing::new(plaintext.to_vec()), entropy)
}

/// The same, with something else for each choice of k.
pub fn seal_each(
    set: &KeyholderSet,
    mut plaintext: impl FnMut(&mut Entropy) -> Zeroizing<Vec<u8>>,
    entropy: &mut Entropy,
) -> Vec<Share> {
    let share = |recipients: Vec<Recipient>| {
        let mut layers = recipients.iter().rev();
        let innermost = plaintext(entropy);
        let mut age = seal_layer(layers.next(), &innermost, entropy);
        for recipient in layers {
            age = seal_layer(Some(recipient), &age, entropy);
        }
        Share { recipients, age }
    };
    set.choices().into_iter().map(share).collect()
}

/// Why a share did not open.
#[derive(Debug, thiserror::Error)]
pub enum ShareError {
    /// The key of this keyholder is needed and was not given.
    #[error("the key of {recipient} is missing")]
    Missing {
        /// Whose key.
        recipient: Recipient,
    },
    /// The layer of this keyholder does not open.
    #[error("the layer of {recipient} does not open: {error}")]
    Layer {
        /// Whose layer.
        recipient: Recipient,
        /// Why.
        error: OpenError,
    },
}

/// Opens a share where all its keyholders' keys are at hand. Keyholders in different places open one layer after the other
/// instead, with [`decrypt_to_vec`] or stock `age -d`.
///
/// # Errors
/// Any [`ShareError`]; none is opened if a key is missing.
pub fn open(share: &Share, identities: &[Identity]) -> Result<Zeroizing<Vec<u8>>, ShareError> {
    let key_of = |&recipient: &Recipient| {
        let identity = identities.iter().find(|identity| identity.recipient() == recipient);
        identity.ok_or(ShareError::Missing { recipient })
    };
    let keys: Vec<_> = share.recipients.iter().map(key_of).collect::<Result<_, _>>()?;
    let mut plain = Zeroizing::new(share.age.clone());
    for key in keys {
        plain = decrypt_to_vec(&plain, key)
            .map_err(|error| ShareError::Layer { recipient: key.recipient(), error })?;
    }
    Ok(plain)
}

fn seal_layer(recipient: Option<&Recipient>, plaintext: &[u8], entropy: &mut Entropy) -> Vec<u8> {
    encrypt_to_vec(recipient.map(std::slice::from_ref).unwrap_or_default(), plaintext, entropy)
        .expect("a threshold is at least one, so each layer has its recipient")
        .0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn people(n: usize) -> (Vec<Identity>, Entropy) {
        let mut entropy = Entropy::from_seed(&[4; 32]);
        ((0..n).map(|_| Identity::generate(&mut entropy)).collect(), entropy)
    }

    fn set(threshold: usize, people: &[Identity]) -> Result<KeyholderSet, KeyholderSetError> {
        KeyholderSet::new(threshold, people.iter().map(Identity::recipient).collect())
    }

    #[test]
    fn sets_that_make_no_sense_are_refused() {
        let (people, _) = people(9);
        assert_eq!(set(1, &[]), Err(KeyholderSetError::Count { found: 0 }));
        assert_eq!(set(1, &people), Err(KeyholderSetError::Count { found: 9 }));
        assert_eq!(set(0, &people[..2]), Err(KeyholderSetError::Threshold { threshold: 0, keyholders: 2 }));
        assert_eq!(set(3, &people[..2]), Err(KeyholderSetError::Threshold { threshold: 3, keyholders: 2 }));
        let recipient = people[0].recipient();
        let twice = KeyholderSet::new(2, vec![recipient, people[1].recipient(), recipient]);
        assert_eq!(twice, Err(KeyholderSetError::Duplicate { recipient }));
    }

    #[test]
    fn the_fingerprint_knows_keys_and_threshold_but_no_order() {
        let (people, _) = people(3);
        let set = set(2, &people).unwrap();
        let turned = people.iter().rev().map(Identity::recipient).collect();
        assert_eq!(set.fingerprint(), KeyholderSet::new(2, turned).unwrap().fingerprint());
        let higher = KeyholderSet::new(3, set.recipients().to_vec()).unwrap();
        assert_ne!(set.fingerprint(), higher.fingerprint());
        assert_eq!(set.fingerprint(), "5396 aa51 0b3e 3e3c cc2e");
    }

    #[test]
    fn the_choices_come_in_order() {
        let (people, _) = people(4);
        let choices = |threshold| {
            let set = set(threshold, &people).unwrap();
            let place = |one: &Recipient| set.recipients().iter().position(|other| other == one).unwrap();
            set.choices().iter().map(|choice| choice.iter().map(place).collect()).collect::<Vec<Vec<_>>>()
        };
        assert_eq!(choices(2), [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
        assert_eq!(choices(4), [[0, 1, 2, 3]]);
    }

    #[test]
    fn who_is_missing_is_named_and_nothing_opens_with_fewer() {
        let (people, mut entropy) = people(3);
        let shares = seal(&set(2, &people).unwrap(), b"the giver", &mut entropy);
        for share in &shares {
            let one = people.iter().find(|one| one.recipient() == share.recipients[0]).unwrap();
            let Err(ShareError::Missing { recipient }) = open(share, std::slice::from_ref(one)) else {
                panic!()
            };
            assert_eq!(recipient, share.recipients[1]);
            let inner = decrypt_to_vec(&share.age, one).unwrap();
            assert!(inner.starts_with(b"age-encryption.org/v1\n"));
        }
        let mut mixed = shares[0].clone();
        mixed.age.clone_from(&shares[2].age);
        assert!(matches!(open(&mixed, &people), Err(ShareError::Layer { .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn any_k_of_n_open_it(n in 1..=5_usize, k: prop::sample::Index, plain: Vec<u8>) {
            let (people, mut entropy) = people(n);
            let set = set(k.index(n) + 1, &people).unwrap();
            let shares = seal(&set, &plain, &mut entropy);
            prop_assert_eq!(shares.len(), set.choices().len());
            for share in shares {
                prop_assert_eq!(share.recipients.len(), set.threshold());
                prop_assert_eq!(&*open(&share, &people).unwrap(), &plain);
            }
        }

        #[test]
        fn any_flipped_byte_of_a_share_is_noticed(at: prop::sample::Index) {
            let (people, mut entropy) = people(2);
            let mut share = seal(&set(2, &people).unwrap(), b"the giver", &mut entropy).remove(0);
            let at = at.index(share.age.len());
            share.age[at] ^= 4;
            prop_assert!(open(&share, &people).is_err());
        }
    }
}
