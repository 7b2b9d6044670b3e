//! The key that is sealed beside a giver's words: whoever opens them holds it, and can sign that they did.
//!
//! It is one more line of text behind the words, so that stock `age` shows both and `openssl` signs with it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as B64;
use zeroize::Zeroizing;

use crate::{SigningSeed, approval};

/// Stands before the key in the last line: PKCS #8 (RFC 8410) in base64.
const NAME: &[u8] = b"\nvidimus-opening-key ";

/// What is sealed: the words byte for byte, a line feed, and the line with the key.
pub fn with_key(words: &[u8], seed: &SigningSeed) -> Zeroizing<Vec<u8>> {
    let key = Zeroizing::new(B64.encode(&*approval::to_der(seed)));
    let mut sealed = Zeroizing::new(Vec::with_capacity(words.len() + NAME.len() + key.len() + 1));
    for part in [words, NAME, key.as_bytes(), b"\n"] {
        sealed.extend_from_slice(part);
    }
    sealed
}

/// The words, and the key behind them; none where none was sealed with them.
pub fn split(sealed: &[u8]) -> (&[u8], Option<SigningSeed>) {
    let key = || {
        let line = sealed.strip_suffix(b"\n")?;
        let at = line.iter().rposition(|byte| *byte == b'\n').unwrap_or_default();
        let key = line[at..].strip_prefix(NAME)?;
        Some((at, approval::from_der(&Zeroizing::new(B64.decode(key).ok()?))?))
    };
    match key() {
        Some((at, seed)) => (&sealed[..at], Some(seed)),
        None => (sealed, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Entropy;

    #[test]
    fn the_words_come_back_byte_for_byte() {
        let seed = SigningSeed::generate(&mut Entropy::from_seed(&[1; 32]));
        for words in ["", "\n", "Пан Х.", "Пан Х.\n", "two\nlines\n\n", "\nvidimus-opening-key AA==\n"]
        {
            let sealed = with_key(words.as_bytes(), &seed);
            let (back, key) = split(&sealed);
            assert_eq!(back, words.as_bytes());
            assert_eq!(key.unwrap().bytes(), seed.bytes());
            let (whole, none) = split(words.as_bytes());
            assert!(whole == words.as_bytes() && none.is_none());
        }
        let sealed = with_key(b"x", &seed);
        assert!(split(&sealed[..sealed.len() - 1]).1.is_none());
    }
}
