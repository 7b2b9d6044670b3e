//! A member's key file: the member's secret keys behind a passphrase, and behind the code of a printed sheet.

mod file;
mod lock;

use std::{fmt, str::FromStr};

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::{Entropy, Identity, SigningSeed};
pub use lock::{
    KdfParams, LockError, Opener, UnlockError, could_be, lock, relock, unlock, unlock_with_recovery,
};

/// The longest name of a member, in bytes of UTF-8.
pub const MAX_NAME: usize = 400;

/// Names a member in records and in the key store: 8 random bytes, written as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberId([u8; 8]);

/// Text that is not 16 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a member id")]
pub struct MemberIdError;

impl MemberId {
    /// A fresh id.
    pub fn generate(entropy: &mut Entropy) -> Self {
        Self(entropy.bytes())
    }

    /// The id of its bytes.
    pub fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8; 8] {
        &self.0
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for MemberId {
    type Err = MemberIdError;

    fn from_str(untrusted: &str) -> Result<Self, MemberIdError> {
        let mut bytes = [0; 8];
        hex::decode_to_slice(untrusted, &mut bytes).map_err(|_| MemberIdError)?;
        let id = Self(bytes);
        if id.to_string() == untrusted { Ok(id) } else { Err(MemberIdError) }
    }
}

/// What only the member has. The secrets are wiped when dropped; `Debug` prints the id alone.
#[derive(Clone)]
pub struct MemberKeys {
    /// Names the member.
    pub id: MemberId,
    /// The name, in Unicode form NFC; 1 to [`MAX_NAME`] bytes without control characters.
    pub name: String,
    /// Signs the member's changes.
    pub signing: SigningSeed,
    /// Opens what is wrapped for the member.
    pub identity: Identity,
}

/// A name that is empty, longer than [`MAX_NAME`] bytes, or holds control characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a member's name has 1 to {MAX_NAME} bytes and no control characters")]
pub struct MemberNameError;

impl MemberKeys {
    /// Fresh keys for a member of this name.
    ///
    /// # Errors
    /// [`MemberNameError`].
    pub fn generate(name: &str, entropy: &mut Entropy) -> Result<Self, MemberNameError> {
        let keys = Self {
            id: MemberId::generate(entropy),
            name: normal_form(name).to_string(),
            signing: SigningSeed::generate(entropy),
            identity: Identity::generate(entropy),
        };
        if is_name(&keys.name) && is_seen(&keys.name) { Ok(keys) } else { Err(MemberNameError) }
    }

    /// Is this the member's name, whichever keyboard composed it?
    pub fn is_called(&self, name: &str) -> bool {
        self.name == *normal_form(name)
    }
}

impl fmt::Debug for MemberKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemberKeys({})", self.id)
    }
}

/// One form of what was typed, whichever keyboard composed it.
fn normal_form(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(4 * text.len()));
    out.extend(text.nfc());
    out
}

fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && !name.contains(char::is_control)
        && unicode_normalization::is_nfc(name)
}

/// Whoever is seen as another, or not at all, could agree unnoticed to what needs two people. Asked of new names only.
fn is_seen(name: &str) -> bool {
    name.trim() == name && !name.contains(is_invisible)
}

/// Turns the direction of text, or cannot be seen.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests;
