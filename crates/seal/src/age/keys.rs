//! X25519 keys of age: an identity opens, a recipient closes.

use std::{fmt, str::FromStr, sync::Arc};

use aws_lc_rs::agreement::{PrivateKey, UnparsedPublicKey, X25519, agree};
use bech32::{Bech32, Hrp, primitives::decode::CheckedHrpstring};
use zeroize::Zeroizing;

use crate::Entropy;

const IDENTITY_HRP: Hrp = Hrp::parse_unchecked("AGE-SECRET-KEY-");
const RECIPIENT_HRP: Hrp = Hrp::parse_unchecked("age");

/// Text or bytes that are not a usable key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyParseError {
    /// Not the one spelling of such a key: prefix, case, checksum or length is wrong.
    #[error("not an age X25519 key")]
    NotAKey,
    /// A point whose shared secret with anybody is zero (RFC 7748, section 6.1), or a second spelling of a point.
    #[error("a key that closes nothing")]
    UnsafePoint,
}

/// A secret key, `AGE-SECRET-KEY-1…`. Wiped when the last clone is dropped; never printed by `Debug`.
#[derive(Clone)]
pub struct Identity(Arc<Inner>);

struct Inner {
    secret: Zeroizing<[u8; 32]>,
    private: PrivateKey,
    recipient: Recipient,
}

/// A public key, `age1…`: 32 bytes that were checked not to be of low order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Recipient([u8; 32]);

impl Identity {
    /// A fresh key.
    pub fn generate(entropy: &mut Entropy) -> Self {
        Self::from_secret_bytes(&entropy.secret())
    }

    /// The key of 32 secret bytes; any bytes are a key (RFC 7748 clamps them).
    pub fn from_secret_bytes(secret: &[u8; 32]) -> Self {
        let private = PrivateKey::from_private_key(&X25519, secret).expect("any 32 bytes are an X25519 key");
        let public = private.compute_public_key().expect("an X25519 key has a public half");
        let recipient = Recipient(public.as_ref().try_into().expect("an X25519 public key has 32 bytes"));
        Self(Arc::new(Inner { secret: Zeroizing::new(*secret), private, recipient }))
    }

    /// The secret itself, to derive other keys from.
    pub fn secret_bytes(&self) -> &[u8; 32] {
        &self.0.secret
    }

    /// Who can close something for this key.
    pub fn recipient(&self) -> Recipient {
        self.0.recipient
    }

    /// `AGE-SECRET-KEY-1…`, as `age-keygen` writes it.
    pub fn to_secret_string(&self) -> Zeroizing<String> {
        Zeroizing::new(
            bech32::encode_upper::<Bech32>(IDENTITY_HRP, self.secret_bytes()).expect("52 characters fit"),
        )
    }

    /// X25519 with a public value; none where the shared secret is zero.
    pub(super) fn agree(&self, public: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
        agree(&self.0.private, UnparsedPublicKey::new(&X25519, public), (), |shared| {
            <[u8; 32]>::try_from(shared).map(Zeroizing::new).map_err(drop)
        })
        .ok()
        .filter(|shared| shared.iter().any(|&byte| byte != 0))
    }
}

impl FromStr for Identity {
    type Err = KeyParseError;

    fn from_str(untrusted: &str) -> Result<Self, KeyParseError> {
        let secret = decode(IDENTITY_HRP, untrusted)?;
        let identity = Self::from_secret_bytes(&secret);
        if *identity.to_secret_string() == untrusted { Ok(identity) } else { Err(KeyParseError::NotAKey) }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

impl Recipient {
    /// Accepts 32 bytes as a public key.
    ///
    /// # Errors
    /// [`KeyParseError::UnsafePoint`] for a point of low order or an encoding that is not the smallest (a key must have one name,
    /// or one keyholder could stand in a set twice).
    pub fn from_bytes(untrusted: [u8; 32]) -> Result<Self, KeyParseError> {
        // Any secret serves: it is clamped to a multiple of the cofactor, and so every low-order point goes to zero.
        if !is_reduced(&untrusted) || Identity::from_secret_bytes(&[1; 32]).agree(&untrusted).is_none() {
            return Err(KeyParseError::UnsafePoint);
        }
        Ok(Self(untrusted))
    }

    /// The 32 bytes of RFC 7748.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Recipient {
    type Err = KeyParseError;

    fn from_str(untrusted: &str) -> Result<Self, KeyParseError> {
        let recipient = Self::from_bytes(*decode(RECIPIENT_HRP, untrusted)?)?;
        if recipient.to_string() == untrusted { Ok(recipient) } else { Err(KeyParseError::NotAKey) }
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bech32::encode_lower_to_fmt::<Bech32, _>(f, RECIPIENT_HRP, &self.0).map_err(|_| fmt::Error)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// 32 bytes behind a prefix; spelling (case, padding bits) is checked by writing them again.
fn decode(hrp: Hrp, untrusted: &str) -> Result<Zeroizing<[u8; 32]>, KeyParseError> {
    let checked = CheckedHrpstring::new::<Bech32>(untrusted).map_err(|_| KeyParseError::NotAKey)?;
    let mut bytes = checked.byte_iter();
    let mut out = Zeroizing::new([0; 32]);
    if checked.hrp() != hrp || bytes.len() != out.len() {
        return Err(KeyParseError::NotAKey);
    }
    for (to, from) in out.iter_mut().zip(&mut bytes) {
        *to = from;
    }
    Ok(out)
}

/// Whether the little-endian number is below p = 2^255 − 19.
fn is_reduced(u: &[u8; 32]) -> bool {
    !(u[31] == 0x7f && u[1..31] == [0xff; 30] && u[0] >= 0xed) && u[31] < 0x80
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // The example pair of https://c2sp.org/age.
    const SECRET: &str = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
    const PUBLIC: &str = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

    #[test]
    fn the_example_of_the_specification_is_read_and_written() {
        let identity: Identity = SECRET.parse().unwrap();
        assert_eq!(identity.secret_bytes(), &[0x42; 32]);
        assert_eq!(identity.recipient().to_string(), PUBLIC);
        assert_eq!(*identity.to_secret_string(), SECRET);
        assert_eq!(PUBLIC.parse::<Recipient>().unwrap(), identity.recipient());
    }

    #[test]
    fn other_spellings_and_kinds_are_refused() {
        for wrong in [SECRET.to_lowercase().as_str(), PUBLIC, "", "AGE-SECRET-KEY-1", &SECRET[..70]] {
            assert!(wrong.parse::<Identity>().is_err(), "{wrong}");
        }
        for wrong in [PUBLIC.to_uppercase().as_str(), SECRET, "", "age1", &PUBLIC[..60]] {
            assert!(wrong.parse::<Recipient>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn points_of_low_order_and_second_encodings_are_refused() {
        // The list of https://cr.yp.to/ecdh.html#validate, below p.
        let low = [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
            "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ];
        for point in low {
            let bytes = hex::decode(point).unwrap().try_into().unwrap();
            assert_eq!(Recipient::from_bytes(bytes), Err(KeyParseError::UnsafePoint), "{point}");
        }
        let mut nine_plus_p = [0xff; 32]; // 9 is the base point; 9 + p is the same point again
        (nine_plus_p[0], nine_plus_p[31]) = (0xf6, 0x7f);
        assert_eq!(Recipient::from_bytes(nine_plus_p), Err(KeyParseError::UnsafePoint));
    }

    #[test]
    fn debug_prints_no_secret() {
        assert_eq!(format!("{:?}", SECRET.parse::<Identity>().unwrap()), "Identity");
    }

    proptest! {
        #[test]
        fn keys_survive_their_text_form(secret: [u8; 32]) {
            let identity = Identity::from_secret_bytes(&secret);
            let again: Identity = identity.to_secret_string().parse().unwrap();
            prop_assert_eq!(again.secret_bytes(), &secret);
            prop_assert_eq!(identity.recipient().to_string().parse(), Ok(identity.recipient()));
        }

        #[test]
        fn no_text_makes_the_parsers_panic(text in "\\PC*") {
            let _ = text.parse::<Identity>();
            let _ = text.parse::<Recipient>();
        }
    }
}
