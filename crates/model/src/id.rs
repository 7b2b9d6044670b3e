//! Identifiers: random, short, and safe as file names.

use std::fmt;
use std::str::FromStr;

use rand_core::RngCore;
use serde::{Deserialize, Serialize};

/// A text that is not an identifier of the kind wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an identifier")]
pub struct BadId(pub String);

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// A new identifier from the randomness given.
            pub fn random(rng: &mut dyn RngCore) -> Self {
                let mut bytes = [0; $bytes];
                rng.fill_bytes(&mut bytes);
                Self(bytes)
            }

            /// The identifier with these bytes.
            pub fn from_bytes(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            pub fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            /// Lower-case hexadecimal of the full length, nothing else.
            fn from_str(text: &str) -> Result<Self, BadId> {
                let mut bytes = [0; $bytes];
                let lower = !text.bytes().any(|b| b.is_ascii_uppercase());
                hex::decode_to_slice(text, &mut bytes)
                    .ok()
                    .filter(|()| lower)
                    .map(|()| Self(bytes))
                    .ok_or_else(|| BadId(text.to_owned()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
    };
}

hex_id!(
    /// A member of the archive, 16 hexadecimal digits.
    MemberId, 8
);
hex_id!(
    /// A sealing key: a generation of a compartment's key, or an accession's; 16 hexadecimal digits.
    KeyId, 8
);
hex_id!(
    /// One act, however often it is sent: 48 bits of milliseconds, then randomness; 32 hexadecimal digits.
    OperationId, 16
);
hex_id!(
    /// Something that waits for a second member's agreement, 8 hexadecimal digits: short enough to read out.
    ProposalId, 4
);

impl OperationId {
    /// An identifier that sorts by `milliseconds` since 1970, so that an index of them grows at its end.
    pub fn new(milliseconds: u64, rng: &mut dyn RngCore) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes[6..]);
        bytes[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
        Self(bytes)
    }
}

/// A compartment: `register`, `main`, or 16 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CompartmentId(String);

impl CompartmentId {
    /// The archive's own affairs: members, keys, receipts.
    pub fn register() -> Self {
        Self("register".into())
    }

    /// Where accessions go unless someone says otherwise.
    pub fn main() -> Self {
        Self("main".into())
    }

    /// A new compartment.
    pub fn random(rng: &mut dyn RngCore) -> Self {
        Self(KeyId::random(rng).to_string())
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CompartmentId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CompartmentId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        if text != "register" && text != "main" {
            text.parse::<KeyId>()?;
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for CompartmentId {
    type Error = BadId;
    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}

impl From<CompartmentId> for String {
    fn from(id: CompartmentId) -> String {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::{CompartmentId, MemberId, OperationId};

    #[test]
    fn an_identifier_has_one_text() {
        let id: MemberId = "00ff00ff00ff00ff".parse().unwrap();
        assert_eq!(id.to_string(), "00ff00ff00ff00ff");
        for text in ["", "00FF00ff00ff00ff", "00ff", "../../etc/passwd", "00ff00ff00ff00ff0"] {
            assert!(text.parse::<MemberId>().is_err(), "{text}");
        }
    }

    #[test]
    fn compartments_are_named_or_random() {
        assert!("main".parse::<CompartmentId>().is_ok());
        assert!("0123456789abcdef".parse::<CompartmentId>().is_ok());
        assert!("other".parse::<CompartmentId>().is_err());
    }

    #[test]
    fn operations_sort_by_time() {
        let mut rng = rand_chacha::ChaCha20Rng::from_seed([0; 32]);
        use rand_core::SeedableRng as _;
        let early = OperationId::new(1000, &mut rng);
        assert!(early < OperationId::new(1001, &mut rng));
    }
}
