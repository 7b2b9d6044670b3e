//! The secret half of an Ed25519 key: kept and wrapped here, used by `vidimus_proof::record`.

use vidimus_proof::record::{PublicKey, SigningKey};
use zeroize::Zeroizing;

use crate::Entropy;

/// The 32-byte seed of an Ed25519 key (RFC 8032 "private key"). Wiped when dropped; never printed by `Debug`.
#[derive(Clone)]
pub struct SigningSeed(Box<Zeroizing<[u8; 32]>>);

impl SigningSeed {
    /// A fresh key.
    pub fn generate(entropy: &mut Entropy) -> Self {
        Self(Box::new(entropy.secret()))
    }

    /// The key of a seed; any 32 bytes are one.
    pub fn from_bytes(seed: &[u8; 32]) -> Self {
        Self(Box::new(Zeroizing::new(*seed)))
    }

    /// The seed itself.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The key that signs records and changes.
    pub fn key(&self) -> SigningKey {
        SigningKey::from_seed(self.bytes())
    }

    /// The public half; [`PublicKey::key_id`] is its `kid`.
    pub fn public(&self) -> PublicKey {
        self.key().public()
    }
}

impl std::fmt::Debug for SigningSeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningSeed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_signs_its_public_half_accepts_and_debug_prints_no_secret() {
        let seed = SigningSeed::generate(&mut Entropy::from_seed(&[1; 32]));
        let signature = seed.key().sign(b"change");
        assert!(seed.public().verify(b"change", &signature).is_ok());
        assert!(seed.public().verify(b"chance", &signature).is_err());
        assert_eq!(format!("{seed:?}"), "SigningSeed");
    }

    #[test]
    fn the_key_id_is_that_of_rfc_8037() {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let seed = SigningSeed::from_bytes(&hex::decode(seed).unwrap().try_into().unwrap());
        assert_eq!(seed.public().key_id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
