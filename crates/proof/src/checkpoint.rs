//! Checkpoints: the signed statement of how large a log is and what its root is (C2SP tlog-checkpoint).

use std::fmt;
use std::str::FromStr;

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::merkle::{Hash, MAX_SIZE, empty_root};
use crate::note::{KeyName, NameError, Note, NoteError, Signature, Signer, VerifierKey, VerifyError};

/// How large the log of this origin is, and its root.
///
/// As text: three lines (origin, size in decimal, root in base64), each with its newline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log: the name of the archive, which is also the name of its key.
    pub origin: KeyName,
    /// Leaves of the tree, at most [`MAX_SIZE`].
    pub size: u64,
    /// Root of the tree (RFC 6962); of an empty tree, [`empty_root`].
    pub root: Hash,
}

/// Why a text is not a checkpoint of an archive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It is not a signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// It has not exactly three lines. Extension lines, which C2SP permits, are refused: no archive writes them and nobody could audit them.
    #[error("a checkpoint has three lines")]
    Lines,
    /// The origin breaks the rule of names.
    #[error(transparent)]
    Origin(#[from] NameError),
    /// The size is not a decimal number without leading zeroes, or is above [`MAX_SIZE`].
    #[error("the size of the log is not a number that a log can have")]
    Size,
    /// The root is not the base64 of 32 bytes, or is not that of an empty log though the size is 0.
    #[error("the root of the log is not one that it can have")]
    Root,
    /// The key that was to sign bears another name than the origin.
    #[error("the key has another name than the log")]
    Signer,
}

impl Checkpoint {
    fn check(&self) -> Result<(), CheckpointError> {
        if self.size > MAX_SIZE {
            return Err(CheckpointError::Size);
        }
        if self.size == 0 && self.root != empty_root() {
            return Err(CheckpointError::Root);
        }
        Ok(())
    }
}

impl fmt::Display for Checkpoint {
    /// The text that is signed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, STANDARD.encode(self.root))
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(untrusted_text: &str) -> Result<Self, CheckpointError> {
        let lines = untrusted_text.strip_suffix('\n').ok_or(CheckpointError::Lines)?;
        let mut lines = lines.split('\n');
        let (Some(origin), Some(size), Some(root), None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Lines);
        };
        let checkpoint = Self {
            origin: origin.parse()?,
            size: decimal(size).ok_or(CheckpointError::Size)?,
            root: hash_from_base64(root).ok_or(CheckpointError::Root)?,
        };
        checkpoint.check()?;
        Ok(checkpoint)
    }
}

/// A checkpoint with the note that carries it, signed by the log and perhaps by others.
///
/// That it was parsed says nothing: see [`SignedCheckpoint::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: Note,
}

/// Why a checkpoint is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointVerifyError {
    /// The checkpoint is of another log than the one whose key this is.
    #[error("the checkpoint is of another log")]
    Origin,
    /// The note does not verify.
    #[error(transparent)]
    Note(#[from] VerifyError),
}

impl SignedCheckpoint {
    /// Signs a checkpoint with the key of its log.
    pub fn sign(checkpoint: Checkpoint, signer: &Signer) -> Result<Self, CheckpointError> {
        if checkpoint.origin != *signer.verifier_key().name() {
            return Err(CheckpointError::Signer);
        }
        checkpoint.check()?;
        let note = Note::sign(checkpoint.to_string(), signer)?;
        Ok(Self { checkpoint, note })
    }

    /// The same checkpoint with another signature, such as a cosignature, after the others.
    pub fn with_signature(self, signature: Signature) -> Result<Self, CheckpointError> {
        Ok(Self { note: self.note.with_signature(signature)?, ..self })
    }

    /// Reads a checkpoint from bytes of unknown origin.
    pub fn from_bytes(untrusted_bytes: &[u8]) -> Result<Self, CheckpointError> {
        Note::from_bytes(untrusted_bytes)?.try_into()
    }

    /// What is stated, believed or not.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note that carries it.
    pub fn note(&self) -> &Note {
        &self.note
    }

    /// Checks that the log whose key this is signed the checkpoint; its origin must be the name of the key.
    pub fn verify(&self, key: &VerifierKey) -> Result<&Checkpoint, CheckpointVerifyError> {
        if self.checkpoint.origin != *key.name() {
            return Err(CheckpointVerifyError::Origin);
        }
        self.note.verify(key)?;
        Ok(&self.checkpoint)
    }
}

impl TryFrom<Note> for SignedCheckpoint {
    type Error = CheckpointError;

    fn try_from(note: Note) -> Result<Self, CheckpointError> {
        Ok(Self { checkpoint: note.text().parse()?, note })
    }
}

impl FromStr for SignedCheckpoint {
    type Err = CheckpointError;

    fn from_str(untrusted_note: &str) -> Result<Self, CheckpointError> {
        untrusted_note.parse::<Note>()?.try_into()
    }
}

impl fmt::Display for SignedCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.note.fmt(f)
    }
}

/// A decimal number in the one form that C2SP texts write: ASCII digits without leading zeroes.
pub(crate) fn decimal(untrusted_text: &str) -> Option<u64> {
    let digits = untrusted_text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = digits && (untrusted_text == "0" || !untrusted_text.starts_with('0'));
    canonical.then(|| untrusted_text.parse().ok())?
}

/// A hash in canonical base64.
pub(crate) fn hash_from_base64(untrusted_text: &str) -> Option<Hash> {
    STANDARD.decode(untrusted_text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: "archive.example".parse().unwrap(), size: 3, root: [5; 32] }
    }

    #[test]
    fn a_checkpoint_has_one_form() {
        let text = checkpoint().to_string();
        assert_eq!(text.parse(), Ok(checkpoint()));
        let largest = Checkpoint { size: MAX_SIZE, ..checkpoint() };
        assert_eq!(largest.to_string().parse(), Ok(largest));
        for (bad, error) in [
            (text.trim_end().to_owned(), CheckpointError::Lines),
            (format!("{text}extension\n"), CheckpointError::Lines),
            (format!("{text}\n"), CheckpointError::Lines),
            ("archive.example\n3\n".to_owned(), CheckpointError::Lines),
            (text.replace("\n3\n", "\n03\n"), CheckpointError::Size),
            (text.replace("\n3\n", "\n+3\n"), CheckpointError::Size),
            (text.replace("\n3\n", "\n\n"), CheckpointError::Size),
            (text.replace("\n3\n", "\n9223372036854775808\n"), CheckpointError::Size),
            (text.replace("\n3\n", "\n0\n"), CheckpointError::Root),
            (text.replace("U=\n", "V=\n"), CheckpointError::Root),
            (text.replace("=\n", "\n"), CheckpointError::Root),
            (format!(" {text}"), CheckpointError::Origin(NameError::Character(' '))),
        ] {
            assert_eq!(bad.parse::<Checkpoint>(), Err(error), "{bad:?}");
        }
    }

    #[test]
    fn only_the_key_of_the_log_signs_and_verifies() {
        let signer = Signer::new("archive.example".parse().unwrap(), &[1; 32]);
        let other = Signer::new("other.example".parse().unwrap(), &[1; 32]);
        let signed = SignedCheckpoint::sign(checkpoint(), &signer).unwrap();
        assert_eq!(signed.verify(signer.verifier_key()), Ok(&checkpoint()));
        assert_eq!(signed.to_string().parse(), Ok(signed.clone()));
        assert_eq!(SignedCheckpoint::sign(checkpoint(), &other), Err(CheckpointError::Signer));
        assert_eq!(signed.verify(other.verifier_key()), Err(CheckpointVerifyError::Origin));

        // The same secret signs the same text under another name: a true note, but not of this log.
        let renamed = Note::sign(checkpoint().to_string(), &other).unwrap();
        assert_eq!(renamed.verify(other.verifier_key()), Ok(()));
        let renamed = SignedCheckpoint::try_from(renamed).unwrap();
        assert_eq!(renamed.verify(other.verifier_key()), Err(CheckpointVerifyError::Origin));
        assert_eq!(
            renamed.verify(signer.verifier_key()),
            Err(CheckpointVerifyError::Note(VerifyError::NotSigned))
        );
    }
}
