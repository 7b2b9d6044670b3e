//! Marks on small files of the archive's own that tell nothing secret: only who holds a key can have made them.

use aws_lc_rs::hmac;

use crate::{Identity, kdf::hkdf};

const MARK_KEY_INFO: &[u8] = b"vidimus/mark-key/v1";

/// Makes marks for one compartment's or accession's key: HKDF-SHA256(secret, no salt, "vidimus/mark-key/v1").
#[derive(Clone)]
pub struct MarkKey(hmac::Key);

impl MarkKey {
    /// The mark key of a sealing key.
    pub fn derive(identity: &Identity) -> Self {
        let key = hkdf(identity.secret_bytes(), b"", &[MARK_KEY_INFO]);
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()))
    }

    /// HMAC-SHA256(K, text). The text says what the file is, so that no file's mark is another's.
    pub fn mark(&self, text: &str) -> [u8; 32] {
        hmac::sign(&self.0, text.as_bytes()).as_ref().try_into().expect("HMAC-SHA256 gives 32 bytes")
    }
}

impl std::fmt::Debug for MarkKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MarkKey")
    }
}

#[cfg(test)]
mod tests {
    use super::MarkKey;
    use crate::{Entropy, Identity};

    #[test]
    fn a_mark_is_of_one_key_and_one_text() {
        let mut entropy = Entropy::from_seed(&[4; 32]);
        let key = Identity::generate(&mut entropy);
        let mark = MarkKey::derive(&key).mark("examine\n7\n0\n1");
        assert_eq!(mark, MarkKey::derive(&key).mark("examine\n7\n0\n1"));
        assert_ne!(mark, MarkKey::derive(&key).mark("examine\n7\n0\n2"));
        assert_ne!(mark, MarkKey::derive(&Identity::generate(&mut entropy)).mark("examine\n7\n0\n1"));
    }
}
