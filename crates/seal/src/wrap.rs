//! A secret key sealed for one holder, as a small age file that stock `age -d` opens.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use zeroize::Zeroizing;

use crate::{
    Entropy, Identity, Recipient, SigningSeed,
    age::{OpenError, decrypt_to_vec, encrypt_to_vec},
};

/// Why a wrapped key was not taken.
#[derive(Debug, thiserror::Error)]
pub enum UnwrapError {
    /// The age file does not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It opens, but what is in it is not such a key.
    #[error("the wrapped bytes are not a key of this kind")]
    NotAKey,
    /// A key, but not the one that the records name. Anyone can seal for a recipient: who sealed is never known from the file.
    #[error("another key than the one expected")]
    AnotherKey,
}

/// Seals a sealing key for a holder; the plain text is its `AGE-SECRET-KEY-1…` line, a usable identity file.
pub fn wrap_identity(key: &Identity, holder: &Recipient, entropy: &mut Entropy) -> Vec<u8> {
    let mut line = Zeroizing::new(String::with_capacity(75));
    line.push_str(&key.to_secret_string());
    line.push('\n');
    wrap(line.as_bytes(), holder, entropy)
}

/// Opens a wrapped sealing key. `expected` is its public half, from a signed record.
///
/// # Errors
/// Any [`UnwrapError`].
pub fn unwrap_identity(
    untrusted_wrap: &[u8],
    holder: &Identity,
    expected: &Recipient,
) -> Result<Identity, UnwrapError> {
    let key = unwrap_unproved_identity(untrusted_wrap, holder)?;
    if key.recipient() == *expected { Ok(key) } else { Err(UnwrapError::AnotherKey) }
}

/// Opens a wrapped sealing key of which no record is at hand. It is proved only when something opens with it that was
/// sealed with the true one: the first row under the key.
///
/// # Errors
/// Any [`UnwrapError`] but [`UnwrapError::AnotherKey`].
pub fn unwrap_unproved_identity(untrusted_wrap: &[u8], holder: &Identity) -> Result<Identity, UnwrapError> {
    let line = decrypt_to_vec(untrusted_wrap, holder)?;
    let text = std::str::from_utf8(&line).ok().and_then(|line| line.strip_suffix('\n'));
    text.ok_or(UnwrapError::NotAKey)?.parse().map_err(|_| UnwrapError::NotAKey)
}

/// Seals a signing key for a holder; the plain text is 64 hexadecimal digits (the Ed25519 seed) and a line feed.
pub fn wrap_signing(seed: &SigningSeed, holder: &Recipient, entropy: &mut Entropy) -> Vec<u8> {
    let mut line = Zeroizing::new([b'\n'; 65]);
    hex::encode_to_slice(seed.bytes(), &mut line[..64]).expect("32 bytes are 64 digits");
    wrap(line.as_ref(), holder, entropy)
}

/// Opens a wrapped signing key. `expected` is its key id, by which the archive is named.
///
/// # Errors
/// Any [`UnwrapError`].
pub fn unwrap_signing(
    untrusted_wrap: &[u8],
    holder: &Identity,
    expected: &str,
) -> Result<SigningSeed, UnwrapError> {
    let line = decrypt_to_vec(untrusted_wrap, holder)?;
    let mut seed = Zeroizing::new([0; 32]);
    let digits = line.strip_suffix(b"\n").ok_or(UnwrapError::NotAKey)?;
    hex::decode_to_slice(digits, seed.as_mut()).map_err(|_| UnwrapError::NotAKey)?;
    // The decoder also takes capitals; there is one spelling.
    let mut written = Zeroizing::new([0; 64]);
    hex::encode_to_slice(*seed, written.as_mut()).expect("32 bytes are 64 digits");
    verify_slices_are_equal(written.as_ref(), digits).map_err(|_| UnwrapError::NotAKey)?;
    let seed = SigningSeed::from_bytes(&seed);
    if seed.public().key_id() == expected { Ok(seed) } else { Err(UnwrapError::AnotherKey) }
}

fn wrap(line: &[u8], holder: &Recipient, entropy: &mut Entropy) -> Vec<u8> {
    encrypt_to_vec(&[*holder], line, entropy).expect("one recipient is neither none nor too many").0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_survive_and_a_substituted_one_is_refused() {
        let mut entropy = Entropy::from_seed(&[2; 32]);
        let [holder, key, other] = [0; 3].map(|_| Identity::generate(&mut entropy));
        let wrap = wrap_identity(&key, &holder.recipient(), &mut entropy);
        assert_eq!(
            unwrap_identity(&wrap, &holder, &key.recipient()).unwrap().secret_bytes(),
            key.secret_bytes()
        );
        let substituted = wrap_identity(&other, &holder.recipient(), &mut entropy);
        let refused = unwrap_identity(&substituted, &holder, &key.recipient());
        assert!(matches!(refused, Err(UnwrapError::AnotherKey)));
        let stranger = unwrap_identity(&wrap, &other, &key.recipient());
        assert!(matches!(stranger, Err(UnwrapError::Open(OpenError::NotForThisKey))));

        let [seed, other] = [0; 2].map(|_| SigningSeed::generate(&mut entropy));
        let wrap = wrap_signing(&seed, &holder.recipient(), &mut entropy);
        assert_eq!(unwrap_signing(&wrap, &holder, &seed.public().key_id()).unwrap().bytes(), seed.bytes());
        assert!(matches!(
            unwrap_signing(&wrap, &holder, &other.public().key_id()),
            Err(UnwrapError::AnotherKey)
        ));
    }

    #[test]
    fn one_kind_is_not_taken_for_the_other_and_there_is_one_spelling() {
        let mut entropy = Entropy::from_seed(&[2; 32]);
        let holder = Identity::generate(&mut entropy);
        let seed = SigningSeed::from_bytes(&[0xab; 32]);
        let identity = wrap_identity(&holder, &holder.recipient(), &mut entropy);
        let signing = wrap_signing(&seed, &holder.recipient(), &mut entropy);
        let capitals = wrap(format!("{}\n", "AB".repeat(32)).as_bytes(), &holder.recipient(), &mut entropy);
        let no_line_feed = wrap("ab".repeat(32).as_bytes(), &holder.recipient(), &mut entropy);
        for wrong in [identity, capitals, no_line_feed] {
            assert!(matches!(
                unwrap_signing(&wrong, &holder, &seed.public().key_id()),
                Err(UnwrapError::NotAKey)
            ));
        }
        let wrong = unwrap_identity(&signing, &holder, &holder.recipient());
        assert!(matches!(wrong, Err(UnwrapError::NotAKey)));
    }

    #[test]
    fn any_flipped_byte_is_noticed() {
        let mut entropy = Entropy::from_seed(&[2; 32]);
        let [holder, key] = [0; 2].map(|_| Identity::generate(&mut entropy));
        let wrap = wrap_identity(&key, &holder.recipient(), &mut entropy);
        for at in 0..wrap.len() {
            let mut changed = wrap.clone();
            changed[at] ^= 0x10;
            assert!(unwrap_identity(&changed, &holder, &key.recipient()).is_err(), "byte {at}");
        }
    }
}
