//! Sealed ledger bodies: each row under a key of its own, bound to its place in one archive.

use aws_lc_rs::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey},
    hmac,
};
use zeroize::Zeroizing;

use crate::{Entropy, Identity, kdf::hkdf};

/// Random bytes at the beginning of a sealed row, from which its key is derived.
const NONCE: usize = 16;
const TAG: usize = 16;
/// Bytes that sealing adds to a row.
pub const ROW_OVERHEAD: usize = NONCE + TAG;

const ROW_KEY_INFO: &[u8] = b"vidimus/row-key/v1";
const FOLD_KEY_INFO: &[u8] = b"vidimus/fold-key/v1";
const ROW_INFO: &[u8] = b"vidimus/row/v1";
const BLANK_INFO: &[u8] = b"vidimus/blank/v1";

/// Seals and opens the rows of one compartment's or accession's key: HKDF-SHA256(secret, no salt, "vidimus/row-key/v1").
/// Wiped by the library when dropped.
#[derive(Clone)]
pub struct RowKey(hmac::Key);

impl RowKey {
    /// The row key of a sealing key.
    pub fn derive(identity: &Identity) -> Self {
        let key = hkdf(identity.secret_bytes(), b"", &[ROW_KEY_INFO]);
        Self(hmac::Key::new(hmac::HMAC_SHA256, key.as_ref()))
    }

    /// HMAC-SHA256(K, "vidimus/row/v1" ‖ n). With 128 random bits each row has a key of its own, so that the cipher's nonce may
    /// be zero and 2^48 rows are far from a collision.
    fn row(&self, n: &[u8; NONCE]) -> LessSafeKey {
        let mut message = [0; ROW_INFO.len() + NONCE];
        message[..ROW_INFO.len()].copy_from_slice(ROW_INFO);
        message[ROW_INFO.len()..].copy_from_slice(n);
        let key = hmac::sign(&self.0, &message);
        LessSafeKey::new(
            UnboundKey::new(&CHACHA20_POLY1305, key.as_ref()).expect("HMAC-SHA256 gives 32 bytes"),
        )
    }

    /// The entry of a blank row: 16 random bytes, then the first 16 of HMAC-SHA256(K, "vidimus/blank/v1" ‖ those). Whoever has
    /// not the key takes it for the hash of a record.
    pub fn blank(&self, random: [u8; NONCE]) -> [u8; 32] {
        let mut message = [0; BLANK_INFO.len() + NONCE];
        message[..BLANK_INFO.len()].copy_from_slice(BLANK_INFO);
        message[BLANK_INFO.len()..].copy_from_slice(&random);
        let mut entry = [0; 32];
        entry[..NONCE].copy_from_slice(&random);
        entry[NONCE..].copy_from_slice(&hmac::sign(&self.0, &message).as_ref()[..32 - NONCE]);
        entry
    }

    /// Was this entry made for a blank row, so that no record is missing there?
    pub fn is_blank(&self, entry: &[u8; 32]) -> bool {
        entry.first_chunk().is_some_and(|random| self.blank(*random) == *entry)
    }
}

impl std::fmt::Debug for RowKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RowKey")
    }
}

/// The key of a compartment's fold, for encrypted pages and indexes: HKDF-SHA256(secret, no salt, "vidimus/fold-key/v1" ‖ name).
pub fn fold_key(identity: &Identity, name: &str) -> Zeroizing<[u8; 32]> {
    hkdf(identity.secret_bytes(), b"", &[FOLD_KEY_INFO, name.as_bytes()])
}

/// Where a row belongs; a row opens nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowAad(String);

/// A name with a line end in it, which would let two places look like one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name of a row's place holds a control character")]
pub struct RowAadError;

impl RowAad {
    /// The place of the row of one log entry: archive id, compartment, id of the sealing key.
    ///
    /// # Errors
    /// [`RowAadError`] if one of the names holds a control character.
    pub fn new(archive: &str, compartment: &str, key: &str, entry: &[u8; 32]) -> Result<Self, RowAadError> {
        if [archive, compartment, key].into_iter().any(|name| name.contains(char::is_control)) {
            return Err(RowAadError);
        }
        let mut hexadecimal = [0; 64];
        hex::encode_to_slice(entry, &mut hexadecimal).expect("32 bytes are 64 digits");
        let entry = std::str::from_utf8(&hexadecimal).expect("digits are ASCII");
        // Not `format!`: this runs for every row of a fold.
        let parts = ["vidimus/row/v1\n", archive, "\n", compartment, "\n", key, "\n", entry, "\n"];
        Ok(Self(parts.concat()))
    }

    /// The associated data: five lines, each ended by a line feed.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Seals a row: n ‖ ciphertext ‖ tag, [`ROW_OVERHEAD`] bytes longer than `plaintext`.
pub fn seal_row(key: &RowKey, aad: &RowAad, plaintext: &[u8], entropy: &mut Entropy) -> Vec<u8> {
    let n: [u8; NONCE] = entropy.bytes();
    let mut row = Vec::with_capacity(plaintext.len() + ROW_OVERHEAD);
    row.extend_from_slice(&n);
    row.extend_from_slice(plaintext);
    let tag = key
        .row(&n)
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key([0; 12]),
            Aad::from(aad.as_bytes()),
            &mut row[NONCE..],
        )
        .expect("a row is within the cipher's limit of 256 GB");
    row.extend_from_slice(tag.as_ref());
    row
}

/// The row is not what was sealed in this place under this key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the row is not what was sealed in its place")]
pub struct RowDamaged;

/// Opens a row.
///
/// # Errors
/// [`RowDamaged`] if it was changed, belongs elsewhere, or was sealed under another key; which of them cannot be known.
pub fn open_row(key: &RowKey, aad: &RowAad, untrusted_row: &[u8]) -> Result<Vec<u8>, RowDamaged> {
    let (n, sealed) = untrusted_row.split_first_chunk().ok_or(RowDamaged)?;
    let mut plain = sealed.to_vec();
    let opened = key.row(n).open_in_place(
        Nonce::assume_unique_for_key([0; 12]),
        Aad::from(aad.as_bytes()),
        &mut plain,
    );
    let len = opened.map_err(|_| RowDamaged)?.len();
    plain.truncate(len);
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(entry: u8) -> RowAad {
        RowAad::new("archive", "main", "0123456789abcdef", &[entry; 32]).unwrap()
    }

    fn key(secret: u8) -> RowKey {
        RowKey::derive(&Identity::from_secret_bytes(&[secret; 32]))
    }

    #[test]
    fn only_its_key_tells_a_blank_row_from_a_record() {
        let mut entropy = Entropy::from_seed(&[3; 32]);
        let key = RowKey::derive(&Identity::generate(&mut entropy));
        let other = RowKey::derive(&Identity::generate(&mut entropy));
        let entry = key.blank(entropy.bytes());
        assert!(key.is_blank(&entry) && !other.is_blank(&entry) && !key.is_blank(&[7; 32]));
        for byte in 0..32 {
            let mut changed = entry;
            changed[byte] ^= 1;
            assert!(!key.is_blank(&changed), "byte {byte}");
        }
        assert_ne!(entry, key.blank(entropy.bytes()));
    }

    #[test]
    fn the_associated_data_is_five_lines() {
        let expected = format!("vidimus/row/v1\narchive\nmain\n0123456789abcdef\n{}\n", "ab".repeat(32));
        assert_eq!(place(0xab).as_bytes(), expected.as_bytes());
        assert_eq!(RowAad::new("archive\nmain", "", "k", &[0; 32]), Err(RowAadError));
    }

    #[test]
    fn a_row_opens_only_under_its_key_and_in_its_place() {
        let mut entropy = Entropy::from_seed(&[5; 32]);
        let row = seal_row(&key(1), &place(1), b"record", &mut entropy);
        assert_eq!(open_row(&key(1), &place(1), &row).unwrap(), b"record");
        assert_eq!(open_row(&key(2), &place(1), &row), Err(RowDamaged));
        assert_eq!(open_row(&key(1), &place(2), &row), Err(RowDamaged));
        let elsewhere = RowAad::new("archive", "other", "0123456789abcdef", &[1; 32]).unwrap();
        assert_eq!(open_row(&key(1), &elsewhere, &row), Err(RowDamaged));
    }

    #[test]
    fn the_bytes_of_a_row_do_not_change_between_versions() {
        let row = seal_row(&key(1), &place(1), b"record", &mut Entropy::from_seed(&[5; 32]));
        assert_eq!(
            hex::encode(row),
            "d716244735d29d05b7aff9da89398782ef2b7df0a043e94077f4a8e728e2cf862eaea1542cd6"
        );
        let fold = fold_key(&Identity::from_secret_bytes(&[1; 32]), "catalogue");
        assert_eq!(hex::encode(*fold), "850e15ca06d534d4d14da280015b3ff3c98acb241216ebade0179cb6d7c5461b");
    }

    #[test]
    fn each_fold_has_its_own_key() {
        let identity = Identity::from_secret_bytes(&[1; 32]);
        assert_ne!(fold_key(&identity, "catalogue"), fold_key(&identity, "search"));
    }

    proptest! {
        #[test]
        fn rows_survive_and_any_flipped_bit_is_noticed(plain: Vec<u8>, at: prop::sample::Index, bit in 0..8_u8) {
            let mut row = seal_row(&key(1), &place(1), &plain, &mut Entropy::from_seed(&[5; 32]));
            prop_assert_eq!(row.len(), plain.len() + ROW_OVERHEAD);
            prop_assert_eq!(open_row(&key(1), &place(1), &row).unwrap(), plain);
            let at = at.index(row.len());
            row[at] ^= 1 << bit;
            prop_assert_eq!(open_row(&key(1), &place(1), &row), Err(RowDamaged));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            prop_assert_eq!(open_row(&key(1), &place(1), &bytes), Err(RowDamaged));
        }
    }
}
