//! Signed notes and verifier keys (C2SP signed-note).

mod key;

use std::fmt;
use std::str::FromStr;

use base64::{Engine, engine::general_purpose::STANDARD};

pub(crate) use key::sound_key;
pub use key::{Algorithm, KeyError, KeyName, NameError, Signer, VerifierKey, check_name};

/// The largest note that is read, in bytes.
pub const MAX_NOTE_SIZE: usize = 1 << 20;
/// The most signatures that a note may carry (C2SP asks for at least 16).
pub const MAX_SIGNATURES: usize = 100;

/// One signature line of a note: who is said to have signed, and the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    name: KeyName,
    key_id: u32,
    bytes: Vec<u8>,
}

impl Signature {
    pub(crate) fn new(name: KeyName, key_id: u32, bytes: Vec<u8>) -> Self {
        Self { name, key_id, bytes }
    }

    /// The name of the key that is said to have signed.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// The identifier of that key.
    pub fn key_id(&self) -> u32 {
        self.key_id
    }

    /// The signature proper, at least one byte; its form depends on the key.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether the line claims to be by this key; only the name and the identifier together say so.
    pub fn claims(&self, key: &VerifierKey) -> bool {
        self.name == *key.name() && self.key_id == key.id()
    }
}

impl FromStr for Signature {
    type Err = NoteError;

    /// Reads a signature line without its newline.
    fn from_str(untrusted_line: &str) -> Result<Self, NoteError> {
        let (name, signature) = untrusted_line
            .strip_prefix("— ")
            .and_then(|line| line.split_once(' '))
            .ok_or(NoteError::SignatureLine)?;
        let signature = STANDARD.decode(signature).map_err(|_| NoteError::SignatureLine)?;
        match signature.split_first_chunk::<4>() {
            Some((key_id, bytes)) if !bytes.is_empty() => {
                Ok(Self { name: name.parse()?, key_id: u32::from_be_bytes(*key_id), bytes: bytes.to_vec() })
            }
            _ => Err(NoteError::SignatureLine),
        }
    }
}

impl fmt::Display for Signature {
    /// The signature line without its newline.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.key_id.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.bytes);
        write!(f, "— {} {}", self.name, STANDARD.encode(bytes))
    }
}

/// A text and at least one signature line. What it displays is what was parsed, byte for byte.
///
/// Nothing in it is to be believed before [`Note::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

/// Why bytes are not a signed note.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Larger than [`MAX_NOTE_SIZE`].
    #[error("a note of {0} bytes is too large")]
    TooLarge(usize),
    /// More signatures than [`MAX_SIGNATURES`].
    #[error("a note with more than {MAX_SIGNATURES} signatures is not read")]
    TooManySignatures,
    /// A control character other than the newline.
    #[error("a note cannot contain control characters")]
    ControlCharacter,
    /// No text that ends with a newline, an empty line, and signature lines that each end with a newline.
    #[error("not a text, an empty line and signatures")]
    Form,
    /// A line after the last empty line is not a signature.
    #[error("not a signature line")]
    SignatureLine,
    /// The name in a signature line breaks the rule of names.
    #[error(transparent)]
    Name(#[from] NameError),
}

/// Why a note is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// No signature line claims to be by this key.
    #[error("not signed by this key")]
    NotSigned,
    /// A signature that claims to be by this key is not; the whole note is to be refused.
    #[error("the signature is false")]
    FalseSignature,
    /// The key signs by a rule that this verifier does not know (ML-DSA-44), so nothing is said about the signature.
    #[error("signatures of this key are not supported by this verifier")]
    NotSupported,
    /// The key is not one for this kind of signature.
    #[error("the key is of another kind")]
    KindOfKey,
}

impl Note {
    /// Signs a text, which ends with a newline and has no control characters.
    pub fn sign(text: String, signer: &Signer) -> Result<Self, NoteError> {
        check_text(&text)?;
        let signatures = vec![signer.sign(&text)];
        Self { text, signatures }.checked()
    }

    /// The same note with another signature after the others.
    pub fn with_signature(mut self, signature: Signature) -> Result<Self, NoteError> {
        self.signatures.push(signature);
        self.checked()
    }

    /// The text with its final newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures in their order.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Checks that this Ed25519 key signed the text, and that no signature that claims to be by it is false.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), VerifyError> {
        match key.algorithm() {
            Algorithm::Ed25519 => {}
            Algorithm::CosignatureV1 => return Err(VerifyError::KindOfKey),
            Algorithm::MlDsa44 => return Err(VerifyError::NotSupported),
        }
        let mut result = Err(VerifyError::NotSigned);
        for signature in self.signatures.iter().filter(|signature| signature.claims(key)) {
            if !key.signed(self.text.as_bytes(), &signature.bytes) {
                return Err(VerifyError::FalseSignature);
            }
            result = Ok(());
        }
        result
    }

    /// Reads a note from bytes of unknown origin.
    pub fn from_bytes(untrusted_bytes: &[u8]) -> Result<Self, NoteError> {
        std::str::from_utf8(untrusted_bytes).map_err(|_| NoteError::Form)?.parse()
    }

    fn checked(self) -> Result<Self, NoteError> {
        if self.signatures.len() > MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        match self.to_string().len() {
            size if size > MAX_NOTE_SIZE => Err(NoteError::TooLarge(size)),
            _ => Ok(self),
        }
    }
}

impl FromStr for Note {
    type Err = NoteError;

    fn from_str(untrusted_note: &str) -> Result<Self, NoteError> {
        if untrusted_note.len() > MAX_NOTE_SIZE {
            return Err(NoteError::TooLarge(untrusted_note.len()));
        }
        // The text may have empty lines of its own; the last one separates.
        let separator = untrusted_note.rfind("\n\n").ok_or(NoteError::Form)?;
        let (text, signatures) = (&untrusted_note[..=separator], &untrusted_note[separator + 2..]);
        check_text(text)?;
        let lines = signatures.strip_suffix('\n').ok_or(NoteError::Form)?;
        let signatures = lines
            .split('\n')
            .take(MAX_SIGNATURES + 1)
            .map(Signature::from_str)
            .collect::<Result<Vec<_>, _>>()?;
        Self { text: text.to_owned(), signatures }.checked()
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

fn check_text(untrusted_text: &str) -> Result<(), NoteError> {
    if !untrusted_text.ends_with('\n') {
        return Err(NoteError::Form);
    }
    if untrusted_text.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        return Err(NoteError::ControlCharacter);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_false_signature_beside_a_true_one_condemns_the_note() {
        let signer = Signer::new("archive.example".parse().unwrap(), &[1; 32]);
        let note = Note::sign("text\n".into(), &signer).unwrap();
        assert_eq!(note.verify(signer.verifier_key()), Ok(()));
        let note = note.with_signature(signer.sign("other\n")).unwrap();
        assert_eq!(note.verify(signer.verifier_key()), Err(VerifyError::FalseSignature));
        let stranger = Signer::new("archive.example".parse().unwrap(), &[2; 32]);
        assert_eq!(note.verify(stranger.verifier_key()), Err(VerifyError::NotSigned));
    }

    #[test]
    fn a_note_has_one_form() {
        let signer = Signer::new("archive.example".parse().unwrap(), &[1; 32]);
        let note = Note::sign("one\n\ntwo\n\n".into(), &signer).unwrap().to_string();
        assert_eq!(note.parse::<Note>().unwrap().to_string(), note);
        let line = note.lines().last().unwrap().to_owned();
        for (bad, error) in [
            (note.trim_end().to_owned(), NoteError::Form),
            (format!("{note}\n"), NoteError::Form),
            (format!("{note}\nx\n"), NoteError::SignatureLine),
            (note.replace("one", "o\rne"), NoteError::ControlCharacter),
            (note.replace('—', "--"), NoteError::SignatureLine),
            (note.replace("— ", "—  "), NoteError::SignatureLine),
            (note.replace('=', ""), NoteError::SignatureLine),
            (note.replace(&line, "— archive.example AAAAAA=="), NoteError::SignatureLine),
            (note.replace(&line, "— archive+example AAAAAAA="), NoteError::Name(NameError::Character('+'))),
            (
                format!("one\n\n{}", format!("{line}\n").repeat(MAX_SIGNATURES + 1)),
                NoteError::TooManySignatures,
            ),
            ("x".repeat(MAX_NOTE_SIZE), NoteError::Form),
            ("x".repeat(MAX_NOTE_SIZE + 1), NoteError::TooLarge(MAX_NOTE_SIZE + 1)),
        ] {
            assert_eq!(bad.parse::<Note>(), Err(error), "{bad:.60}");
        }
    }

    #[test]
    fn what_is_signed_is_never_larger_than_what_is_read() {
        let signer = Signer::new("archive.example".parse().unwrap(), &[1; 32]);
        let signature = Note::sign("\n".into(), &signer).unwrap().to_string().len() - 1;
        let text = |size: usize| "x".repeat(size - signature - 1) + "\n";
        let largest = Note::sign(text(MAX_NOTE_SIZE), &signer).unwrap();
        assert_eq!(largest.to_string().len(), MAX_NOTE_SIZE);
        assert_eq!(Note::from_bytes(largest.to_string().as_bytes()), Ok(largest));
        for beyond in [1, 2] {
            let refused = Note::sign(text(MAX_NOTE_SIZE + beyond), &signer);
            assert_eq!(refused, Err(NoteError::TooLarge(MAX_NOTE_SIZE + beyond)));
        }

        let mut note = Note::sign("text\n".into(), &signer).unwrap();
        for _ in 1..MAX_SIGNATURES {
            note = note.with_signature(signer.sign("text\n")).unwrap();
        }
        assert_eq!(note.to_string().parse(), Ok(note.clone()));
        assert_eq!(note.with_signature(signer.sign("text\n")), Err(NoteError::TooManySignatures));
    }

    #[test]
    fn a_secret_key_is_never_printed() {
        let signer = Signer::new("archive.example".parse().unwrap(), &[1; 32]);
        assert_eq!(format!("{signer:?}"), format!("Signer({})", signer.verifier_key()));
    }
}
