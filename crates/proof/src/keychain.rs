//! The keys of one archive in their order: which of them signs what, and the record by which one follows another.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;

use crate::checkpoint::SignedCheckpoint;
use crate::epoch;
use crate::note::{Algorithm, KeyName, VerifierKey};
use crate::record::{PublicKey, Record, SigningKey, VerifyError};

/// The change by which an archive's key is followed by another (`docs/format/changes.md`).
pub const ARCHIVE_KEY: &str = "archive-key/1";
/// The fields of that record that show it to a stranger.
pub const ARCHIVE_KEY_FIELDS: [&str; 4] = ["by_new", "change", "from", "key"];

/// The first key of an archive, and those that followed it, each from a place in the log on.
///
/// A key signs the records up to and including the one that names its successor, and the checkpoints over them: that
/// record is the last of an append, so the last checkpoint of the old key is the one over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChain {
    first: PublicKey,
    /// Log index of the record that names it, and the key.
    later: Vec<(u64, PublicKey)>,
}

/// The new key stands earlier in the log than the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the archive's keys do not follow one another in the log")]
pub struct OutOfOrder;

impl KeyChain {
    /// The chain of an archive whose key never changed.
    pub fn of(first: PublicKey) -> Self {
        Self { first, later: Vec::new() }
    }

    /// The record at `index` names the next key.
    ///
    /// # Errors
    /// [`OutOfOrder`] where the last change stands there or later.
    pub fn followed_by(&mut self, index: u64, key: PublicKey) -> Result<(), OutOfOrder> {
        if self.later.last().is_some_and(|(last, _)| *last >= index) {
            return Err(OutOfOrder);
        }
        self.later.push((index, key));
        Ok(())
    }

    /// The key that signs the record at this log index.
    pub fn of_record(&self, index: u64) -> PublicKey {
        let named_before = self.later.iter().rev().find(|(named_at, _)| *named_at < index);
        named_before.map_or(self.first, |(_, key)| *key)
    }

    /// The key that signs the checkpoint over this many records: the one that signs the last of them.
    pub fn of_checkpoint(&self, size: u64) -> PublicKey {
        self.of_record(size.saturating_sub(1))
    }

    /// The key that signs now.
    pub fn newest(&self) -> PublicKey {
        self.later.last().map_or(self.first, |(_, key)| *key)
    }

    /// Where in the log each key names its successor, ascending.
    pub fn changes(&self) -> impl Iterator<Item = u64> {
        self.later.iter().map(|(index, _)| *index)
    }

    /// All keys, the first one first.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = PublicKey> {
        std::iter::once(self.first).chain(self.later.iter().map(|(_, key)| *key))
    }

    /// The key to check this checkpoint with: the one that signs its size, under the name that it bears where that is `newest`
    /// or an earlier epoch of it, else under `newest`, so that it does not hold.
    pub fn for_checkpoint(&self, signed: &SignedCheckpoint, newest: &KeyName) -> VerifierKey {
        let checkpoint = signed.checkpoint();
        let key = named(newest, self.of_checkpoint(checkpoint.size));
        epoch::earlier_name(&key, &checkpoint.origin).unwrap_or(key)
    }
}

/// One key followed by another, as a record says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Succession {
    /// The key that signed until then.
    pub from: PublicKey,
    /// The key that signs from then on.
    pub to: PublicKey,
}

/// Why a record does not show that one key follows another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SuccessionError {
    /// It is the record of something else.
    #[error("it is not the record of a change of the archive's key")]
    OtherChange,
    /// A field is not open, or not what it must be.
    #[error("its field {0} is missing or malformed")]
    Field(&'static str),
    /// It follows itself.
    #[error("the new key is the old one")]
    SameKey,
    /// The old key did not sign the record.
    #[error(transparent)]
    NotSigned(#[from] VerifyError),
    /// Whoever has the new key did not sign that it follows the old one.
    #[error("the new key's signature does not hold")]
    NotTaken,
}

impl Succession {
    /// What the new key says of it: the field `by_new`.
    pub fn sign(origin: &str, old: &PublicKey, new: &SigningKey) -> String {
        B64.encode(new.sign(&message(origin, old, &new.public())))
    }

    /// Reads a record whose [`ARCHIVE_KEY_FIELDS`] are open: signed by the old key, taken up by the new one.
    ///
    /// # Errors
    /// Says what is missing or does not hold.
    pub fn of(record: &Record) -> Result<Self, SuccessionError> {
        if record.text("change") != Some(ARCHIVE_KEY) {
            return Err(SuccessionError::OtherChange);
        }
        let text = |field| record.text(field).ok_or(SuccessionError::Field(field));
        let change = Self::read(record.issuer(), text("from")?, text("key")?, text("by_new")?)?;
        record.verify(record.issuer(), &change.from)?;
        Ok(change)
    }

    /// Reads the fields of such a record, of the log of this origin; whether the old key signed it is not asked.
    ///
    /// # Errors
    /// Says which field does not hold.
    pub fn read(
        origin: &str,
        untrusted_from: &str,
        untrusted_key: &str,
        untrusted_by_new: &str,
    ) -> Result<Self, SuccessionError> {
        let from = key_of_log(origin, untrusted_from).ok_or(SuccessionError::Field("from"))?;
        let to = key_of_log(origin, untrusted_key).ok_or(SuccessionError::Field("key"))?;
        if from == to {
            return Err(SuccessionError::SameKey);
        }
        let signature = B64.decode(untrusted_by_new).map_err(|_| SuccessionError::Field("by_new"))?;
        to.verify(&message(origin, &from, &to), &signature).map_err(|_| SuccessionError::NotTaken)?;
        Ok(Self { from, to })
    }
}

/// A key in the form in which others pin it.
pub fn named(name: &KeyName, key: PublicKey) -> VerifierKey {
    VerifierKey::ed25519(name.clone(), &key.to_bytes()).expect("a sound key has a vkey")
}

/// The key inside a vkey, where it is a sound Ed25519 key of a log.
pub fn public_key(vkey: &VerifierKey) -> Option<PublicKey> {
    let is_log = vkey.algorithm() == Algorithm::Ed25519;
    PublicKey::from_bytes(vkey.public_key()).ok().filter(|_| is_log)
}

/// The key in a vkey in its one form, of the log of this origin.
fn key_of_log(origin: &str, untrusted_vkey: &str) -> Option<PublicKey> {
    let vkey: VerifierKey = untrusted_vkey.parse().ok()?;
    let is_one = vkey.to_string() == untrusted_vkey && vkey.name().as_str() == origin;
    public_key(&vkey).filter(|_| is_one)
}

/// Newline-framed, because none of the parts can hold a newline.
fn message(origin: &str, old: &PublicKey, new: &PublicKey) -> Vec<u8> {
    format!("vidimus/archive-key/v1\n{origin}\n{}\n{}\n", old.key_id(), new.key_id()).into_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand_core::SeedableRng as _;
    use serde_json::{Value, json};

    use super::*;
    use crate::record::MemberAct;

    const ORIGIN: &str = "archive.example/ik-900";

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&[seed; 32])
    }

    fn vkey(origin: &str, key: &SigningKey) -> String {
        named(&origin.parse().unwrap(), key.public()).to_string()
    }

    /// The record of a change from key 1 to key 2, with some of its fields exchanged, signed by `signer`.
    fn record(exchanged: &[(&str, Value)], signer: &SigningKey) -> Record {
        let by_new = Succession::sign(ORIGIN, &key(1).public(), &key(2));
        let mut fields = vec![
            ("by_new", json!(by_new)),
            ("change", json!(ARCHIVE_KEY)),
            ("from", json!(vkey(ORIGIN, &key(1)))),
            ("key", json!(vkey(ORIGIN, &key(2)))),
            ("reason", json!("a member left")),
        ];
        for (name, value) in exchanged {
            let field = fields.iter_mut().find(|(known, _)| known == name).unwrap();
            field.1 = value.clone();
        }
        let act = MemberAct { compartment: "register".into(), operation: "00".repeat(16), base: 1 };
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(7);
        Record::issue(ORIGIN, fields, &act, &key(9), signer, &mut rng)
    }

    #[test]
    fn a_change_that_both_keys_signed_is_read_without_its_reason() {
        let shown = record(&[], &key(1)).choose(&ARCHIVE_KEY_FIELDS);
        assert_eq!(shown.field("reason"), None);
        assert_eq!(Succession::of(&shown), Ok(Succession { from: key(1).public(), to: key(2).public() }));
    }

    #[test]
    fn nothing_else_shows_that_a_key_follows() {
        let other_origin = vkey("archive.example/other", &key(2));
        let by_third = Succession::sign(ORIGIN, &key(1).public(), &key(3));
        let for_another = Succession::sign(ORIGIN, &key(3).public(), &key(2));
        let elsewhere = Succession::sign("archive.example/other", &key(1).public(), &key(2));
        for (exchanged, expected) in [
            (("change", json!("item/1")), SuccessionError::OtherChange),
            (("from", json!(other_origin)), SuccessionError::Field("from")),
            (("key", json!(other_origin)), SuccessionError::Field("key")),
            (("key", json!(vkey(ORIGIN, &key(1)))), SuccessionError::SameKey),
            (("key", json!(7)), SuccessionError::Field("key")),
            (("key", json!(vkey(ORIGIN, &key(3)))), SuccessionError::NotTaken),
            (("by_new", json!("…")), SuccessionError::Field("by_new")),
            (("by_new", json!(by_third)), SuccessionError::NotTaken),
            (("by_new", json!(for_another)), SuccessionError::NotTaken),
            (("by_new", json!(elsewhere)), SuccessionError::NotTaken),
        ] {
            assert_eq!(
                Succession::of(&record(std::slice::from_ref(&exchanged), &key(1))),
                Err(expected),
                "{exchanged:?}"
            );
        }
        assert!(matches!(Succession::of(&record(&[], &key(2))), Err(SuccessionError::NotSigned(_))));
        let closed = record(&[], &key(1)).choose(&["change", "from", "key"]);
        assert_eq!(Succession::of(&closed), Err(SuccessionError::Field("by_new")));
    }

    #[test]
    fn a_key_signs_up_to_the_record_that_ends_it() {
        let mut chain = KeyChain::of(key(1).public());
        assert_eq!(chain.of_record(u64::MAX), key(1).public());
        chain.followed_by(100, key(2).public()).unwrap();
        chain.followed_by(101, key(3).public()).unwrap();
        for (index, seed) in [(0, 1), (100, 1), (101, 2), (102, 3), (u64::MAX, 3)] {
            assert_eq!(chain.of_record(index), key(seed).public(), "record {index}");
        }
        for (size, seed) in [(0, 1), (1, 1), (101, 1), (102, 2), (103, 3)] {
            assert_eq!(chain.of_checkpoint(size), key(seed).public(), "checkpoint {size}");
        }
        assert_eq!(chain.newest(), key(3).public());
        for earlier in [0, 100, 101] {
            assert_eq!(chain.followed_by(earlier, key(4).public()), Err(OutOfOrder));
        }
        assert_eq!((chain.keys().count(), chain.changes().collect::<Vec<_>>()), (3, vec![100, 101]));
    }

    proptest! {
        /// Two chains that agree on the changes below an index agree on who signs it: what comes later changes nothing.
        #[test]
        fn later_changes_change_nothing_earlier(gaps in prop::collection::vec(1_u64..50, 1..6), index in 0_u64..200) {
            let (mut whole, mut cut) = (KeyChain::of(key(1).public()), KeyChain::of(key(1).public()));
            let mut at = 0;
            for (gap, seed) in gaps.iter().zip(2..) {
                at += gap;
                whole.followed_by(at, key(seed).public()).unwrap();
                if at < index {
                    cut.followed_by(at, key(seed).public()).unwrap();
                }
            }
            prop_assert_eq!(whole.of_record(index), cut.of_record(index));
            prop_assert_eq!(whole.of_record(index), cut.newest());
            prop_assert_eq!(whole.of_record(index), whole.of_checkpoint(index + 1));
        }
    }
}
