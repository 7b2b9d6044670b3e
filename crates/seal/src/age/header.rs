//! The header of an age file: wraps the file key for recipients, strictly as the specification's grammar says.

use aws_lc_rs::{
    aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey},
    hmac,
};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as B64};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{
    keys::{Identity, Recipient},
    open::OpenError,
    payload::{NONCE, TAG},
};
use crate::{Entropy, kdf::hkdf};

/// The longest header that is read, in bytes with the nonce; ours have about 200, one for fifty hybrid recipients 100,000.
pub const MAX_HEADER: usize = 128 * 1024;
/// The most recipients that one file is written for.
pub const MAX_RECIPIENTS: usize = 256;

const VERSION: &[u8] = b"age-encryption.org/v1\n";
const FILE_KEY: usize = 16;
const X25519_INFO: &[u8] = b"age-encryption.org/v1/X25519";

/// The secret of one file, from which header MAC and payload key are derived.
pub(super) type FileKey = Zeroizing<[u8; FILE_KEY]>;

/// Names one sealed object by its header, which no second object can share: SHA-256 over the header's bytes from the `a` of
/// `age-encryption.org/v1` up to and with the line feed that ends the `---` line. The 16-byte nonce after it is not included
/// (a changed nonce opens no chunk).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderPin {
    /// SHA-256 of the header.
    pub header_sha256: [u8; 32],
}

/// The key of an object's header: who knows it could open the object, for it is derived from the file key. It opens nothing itself:
/// the payload's key is derived from the file key in another way, and the one tells nothing of the other. So it can be published when
/// the object goes, and whoever has a copy sees that its holder said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HeaderKey([u8; 32]);

/// What in a header breaks the grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// The first line is not `age-encryption.org/v1`.
    Version,
    /// A stanza is not of the form `-> arguments`, lines of base64, a short last line.
    Stanza,
    /// An X25519 stanza has a wrong number of arguments, share or body.
    X25519Stanza,
    /// A share of low order, which would make the wrapping key public.
    LowOrderShare,
    /// A passphrase stanza beside another one, which the specification forbids.
    MixedPassphrase,
    /// The line with the MAC is not of its form.
    MacLine,
    /// The file ends before the payload's nonce, or that does not come within [`MAX_HEADER`] bytes.
    Cut,
}

impl HeaderPin {
    /// The pin of a header's bytes.
    pub(super) fn of(header: &[u8]) -> Self {
        Self { header_sha256: Sha256::digest(header).into() }
    }
}

/// Writes a header that wraps `file_key` for every recipient.
pub(super) fn write(recipients: &[Recipient], file_key: &FileKey, entropy: &mut Entropy) -> Vec<u8> {
    let mut header = VERSION.to_vec();
    for recipient in recipients {
        let ephemeral = Identity::generate(entropy);
        let share = ephemeral.recipient();
        let shared = ephemeral.agree(recipient.as_bytes()).expect("a recipient is never of low order");
        let mut body = Zeroizing::new([0; FILE_KEY + TAG]);
        let (key, tag) = body.split_at_mut(FILE_KEY);
        key.copy_from_slice(file_key.as_ref());
        let sealed = wrap_key(&shared, share.as_bytes(), recipient)
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key([0; 12]), Aad::empty(), key)
            .expect("a file key is within the cipher's limit");
        tag.copy_from_slice(sealed.as_ref());
        let (share, body) = (B64.encode(share.as_bytes()), B64.encode(&body[..]));
        header.extend_from_slice(format!("-> X25519 {share}\n{body}\n").as_bytes());
    }
    header.extend_from_slice(b"---");
    let mac = hmac::sign(&HeaderKey::of(file_key).mac(), &header);
    header.extend_from_slice(format!(" {}\n", B64.encode(mac)).as_bytes());
    header
}

/// A header that follows the grammar; nothing in it is authentic before [`Header::unwrap`].
#[derive(Debug)]
pub(super) struct Header<'a> {
    stanzas: Vec<Stanza<'a>>,
    /// Everything before the space after `---`.
    mac_covers: &'a [u8],
    mac: [u8; 32],
    /// The whole header, up to and with the last line feed.
    pub(super) bytes: &'a [u8],
    pub(super) nonce: &'a [u8; NONCE],
}

#[derive(Debug)]
struct Stanza<'a> {
    args: Vec<&'a [u8]>,
    body: Vec<u8>,
}

impl<'a> Header<'a> {
    /// Reads header and nonce from the beginning of an object; [`HeaderFault::Cut`] if there is not all of them yet.
    pub(super) fn parse(untrusted: &'a [u8]) -> Result<Self, HeaderFault> {
        let mut rest = match untrusted.strip_prefix(VERSION) {
            Some(rest) => rest,
            None if VERSION.starts_with(untrusted) => return Err(HeaderFault::Cut),
            None => return Err(HeaderFault::Version),
        };
        let mut stanzas = Vec::new();
        loop {
            let start = untrusted.len() - rest.len();
            let line = next_line(&mut rest)?;
            if line.starts_with(b"---") {
                let mac = line.strip_prefix(b"--- ").filter(|_| !stanzas.is_empty()).and_then(decode_32);
                return Ok(Self {
                    stanzas,
                    mac_covers: &untrusted[..start + 3],
                    mac: mac.ok_or(HeaderFault::MacLine)?,
                    bytes: &untrusted[..untrusted.len() - rest.len()],
                    nonce: rest.first_chunk().ok_or(HeaderFault::Cut)?,
                });
            }
            let args = parse_args(line.strip_prefix(b"-> ").ok_or(HeaderFault::Stanza)?)?;
            stanzas.push(Stanza { args, body: parse_body(&mut rest)? });
        }
    }

    /// The file key, if a stanza is for this identity and the MAC holds.
    pub(super) fn unwrap(&self, identity: &Identity) -> Result<FileKey, OpenError> {
        if self.stanzas.len() > 1 && self.stanzas.iter().any(|s| s.args[0] == b"scrypt") {
            return Err(OpenError::Malformed(HeaderFault::MixedPassphrase));
        }
        let mut file_key = None;
        for stanza in self.stanzas.iter().filter(|s| s.args[0] == b"X25519") {
            // Every stanza is checked, also behind the one that opens: what is accepted must not depend on the order.
            let opened = stanza.unwrap_x25519(identity).map_err(OpenError::Malformed)?;
            file_key = file_key.or(opened);
        }
        let file_key = file_key.ok_or(OpenError::NotForThisKey)?;
        if self.is_sealed_by(&HeaderKey::of(&file_key)) {
            Ok(file_key)
        } else {
            Err(OpenError::HeaderChanged)
        }
    }

    /// Does the MAC hold under this key?
    pub(super) fn is_sealed_by(&self, key: &HeaderKey) -> bool {
        hmac::verify(&key.mac(), self.mac_covers, &self.mac).is_ok()
    }
}

impl HeaderKey {
    /// As it was written down.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// To be written down.
    pub fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    pub(super) fn of(file_key: &FileKey) -> Self {
        Self(*hkdf(file_key.as_ref(), b"", &[b"header"]))
    }

    fn mac(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.0)
    }
}

impl Stanza<'_> {
    /// The file key, or none if the stanza is for somebody else.
    fn unwrap_x25519(&self, identity: &Identity) -> Result<Option<FileKey>, HeaderFault> {
        let [_, share] = self.args[..] else { return Err(HeaderFault::X25519Stanza) };
        let share = decode_32(share).ok_or(HeaderFault::X25519Stanza)?;
        let mut body: Zeroizing<[u8; FILE_KEY + TAG]> =
            Zeroizing::new(self.body[..].try_into().map_err(|_| HeaderFault::X25519Stanza)?);
        let shared = identity.agree(&share).ok_or(HeaderFault::LowOrderShare)?;
        let opened = wrap_key(&shared, &share, &identity.recipient()).open_in_place(
            Nonce::assume_unique_for_key([0; 12]),
            Aad::empty(),
            body.as_mut(),
        );
        Ok(opened.ok().map(|key| Zeroizing::new((&*key).try_into().expect("32 bytes less a tag are 16"))))
    }
}

fn wrap_key(shared: &[u8; 32], share: &[u8; 32], recipient: &Recipient) -> LessSafeKey {
    let key = hkdf(shared, &[&share[..], recipient.as_bytes()].concat(), &[X25519_INFO]);
    LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key.as_ref()).expect("the key has 32 bytes"))
}

fn next_line<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], HeaderFault> {
    let end = rest.iter().position(|&byte| byte == b'\n').ok_or(HeaderFault::Cut)?;
    let line = &rest[..end];
    *rest = &rest[end + 1..];
    Ok(line)
}

/// `argument *(SP argument)`, each of visible ASCII.
fn parse_args(line: &[u8]) -> Result<Vec<&[u8]>, HeaderFault> {
    let args: Vec<_> = line.split(|&byte| byte == b' ').collect();
    let visible = |arg: &&[u8]| !arg.is_empty() && arg.iter().all(u8::is_ascii_graphic);
    if args.iter().all(visible) { Ok(args) } else { Err(HeaderFault::Stanza) }
}

/// Lines of exactly 64 characters, then one that is shorter and may be empty.
fn parse_body(rest: &mut &[u8]) -> Result<Vec<u8>, HeaderFault> {
    let mut text = Vec::new();
    loop {
        let line = next_line(rest)?;
        text.extend_from_slice(line);
        match line.len() {
            0..64 => return B64.decode(&text).map_err(|_| HeaderFault::Stanza),
            64 => {}
            _ => return Err(HeaderFault::Stanza),
        }
    }
}

fn decode_32(text: &[u8]) -> Option<[u8; 32]> {
    B64.decode(text).ok()?.try_into().ok()
}
