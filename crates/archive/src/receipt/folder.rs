//! One receipt's folder: what lies in it, whether it is as it was made, and putting in what is missing.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::note::VerifierKey;
use vidimus_proof::timestamp::{self, MAX_BYTES, Stamp, StampError, Trust, Unverified};

use super::{Beside, Counted, page, text};
use crate::files;

/// The note alone: what time stamps are over.
const CHECKPOINT: &str = "checkpoint.txt";
/// The note with words around it.
const TEXT: &str = "receipt.txt";
/// The page.
const PAGE: &str = "receipt.html";
/// No receipt has more time stamps; a folder that somebody filled is not read for ever.
const MOST_TOKENS: u32 = 999;

/// How a file of a receipt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileState {
    /// As it is made today, or would be without the time stamps that came last: `anchor` may have been interrupted.
    Sound,
    /// The note in it is right, the words around it are not those of today: made by another version, or edited.
    OtherWords,
    /// The note in it is not the one that the ledger holds.
    Altered,
    /// Not there.
    Missing,
}

/// A time stamp in a receipt's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenBeside {
    /// Its file, `token-<n>.tsr`.
    pub file: String,
    /// What it is worth here.
    pub state: TokenState,
}

/// What a time stamp is worth here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenState {
    /// A configured authority says that the receipt existed then.
    Counted(Stamp),
    /// Somebody says so whom this archive was not told to trust.
    Unknown(Unverified),
    /// It is no time stamp of this receipt.
    Broken(StampError),
}

/// The folder `receipts/<size>` of a checkpoint.
pub(crate) struct Folder<'a> {
    path: PathBuf,
    signed: &'a SignedCheckpoint,
    note: String,
}

impl<'a> Folder<'a> {
    /// The folder at `path`, which need not exist, for this checkpoint.
    pub fn new(path: PathBuf, signed: &'a SignedCheckpoint) -> Self {
        Self { path, signed, note: signed.to_string() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes that time stamps are over.
    pub fn note(&self) -> &[u8] {
        self.note.as_bytes()
    }

    /// Moves a receipt of another checkpoint of the same size out of the way: after a roll-back two are of one size, and
    /// the lost one is evidence. `key_of` tells the archive's key under the name of an epoch.
    pub fn set_lost_one_aside(&self, key_of: impl Fn(&SignedCheckpoint) -> VerifierKey) -> io::Result<()> {
        let Some(untrusted) = read(&self.path.join(CHECKPOINT))? else { return Ok(()) };
        let Ok(found) = SignedCheckpoint::from_bytes(&untrusted) else { return Ok(()) };
        // Without the archive's signature it is only damage, and the right one is written over it.
        if found == *self.signed || found.verify(&key_of(&found)).is_err() {
            return Ok(());
        }
        for n in 1.. {
            let aside = self.path.with_extension(format!("lost-{n}"));
            if !aside.exists() {
                fs::rename(&self.path, aside)?;
                break;
            }
        }
        files::sync_folder(self.path.parent().unwrap_or(&self.path))
    }

    /// Writes what is missing or not as it is made today; durable when it returns.
    pub fn write(&self, trust: &Trust) -> io::Result<()> {
        files::sweep(&self.path);
        for (name, bytes) in self.made(&self.tokens(trust)?) {
            let path = self.path.join(name);
            if read(&path)?.as_deref() != Some(bytes.as_bytes()) {
                files::replace(&path, bytes.as_bytes())?;
            }
        }
        Ok(())
    }

    /// How its files are: the note, the text and the page, given its time stamps.
    pub fn states(&self, tokens: &[TokenBeside]) -> io::Result<Vec<(&'static str, FileState)>> {
        let mut states = Vec::new();
        for (name, bytes) in self.made(tokens) {
            let state = match read(&self.path.join(name))? {
                None => FileState::Missing,
                Some(untrusted) if untrusted == bytes.as_bytes() => FileState::Sound,
                Some(untrusted) if self.was_made(name, &untrusted, tokens) => FileState::Sound,
                // Time stamps are over the bytes of the first file: there no word may differ.
                Some(_) if name == CHECKPOINT => FileState::Altered,
                Some(untrusted) => match vidimus_proof::receipt::read(&untrusted) {
                    Ok(found) if found == *self.signed => FileState::OtherWords,
                    _ => FileState::Altered,
                },
            };
            states.push((name, state));
        }
        Ok(states)
    }

    /// Is this what was made of the file before the last time stamps came?
    fn was_made(&self, name: &str, untrusted: &[u8], tokens: &[TokenBeside]) -> bool {
        let earlier = (0..tokens.len()).map(|count| self.made(&tokens[..count]));
        earlier.flatten().any(|(made, bytes)| made == name && bytes.as_bytes() == untrusted)
    }

    /// The time stamps that lie in it.
    pub fn tokens(&self, trust: &Trust) -> io::Result<Vec<TokenBeside>> {
        let mut tokens = Vec::new();
        for (file, untrusted) in self.token_bytes()? {
            let state = match timestamp::verify(&untrusted, self.note(), trust) {
                Ok(stamp) => TokenState::Counted(stamp),
                Err(StampError::UnknownAuthority(said)) => TokenState::Unknown(*said),
                Err(error) => TokenState::Broken(error),
            };
            tokens.push(TokenBeside { file, state });
        }
        Ok(tokens)
    }

    /// Whether time stamps lie in it.
    pub fn is_stamped(&self) -> io::Result<bool> {
        Ok(!self.token_files()?.is_empty())
    }

    /// The files of its time stamps with their bytes.
    pub fn token_bytes(&self) -> io::Result<Vec<(String, Vec<u8>)>> {
        let mut tokens = Vec::new();
        for file in self.token_files()? {
            let untrusted = read(&self.path.join(&file))?.unwrap_or_default();
            tokens.push((file, untrusted));
        }
        Ok(tokens)
    }

    /// Adds a time stamp under the next free number, which another process may be looking for too; durable.
    pub fn add_token(&self, token_der: &[u8], chain_pem: &str) -> io::Result<String> {
        for n in 1..=MOST_TOKENS {
            let file = format!("token-{n}.tsr");
            if files::put_new(&self.path.join(&file), token_der)? {
                self.keep_chain(&file, chain_pem)?;
                return Ok(file);
            }
        }
        Err(io::Error::other("the receipt has too many time stamps"))
    }

    /// Puts the certificates beside a time stamp unless they are there.
    pub fn keep_chain(&self, token_file: &str, chain_pem: &str) -> io::Result<()> {
        let path = self.path.join(token_file).with_extension("pem");
        match path.exists() {
            true => Ok(()),
            false => files::replace(&path, chain_pem.as_bytes()),
        }
    }

    fn made(&self, tokens: &[TokenBeside]) -> [(&'static str, String); 3] {
        let stamps: Vec<Beside> = tokens.iter().filter_map(beside).collect();
        [
            (CHECKPOINT, self.note.clone()),
            (TEXT, text(self.signed, &stamps)),
            (PAGE, page(self.signed, &stamps)),
        ]
    }

    fn token_files(&self) -> io::Result<Vec<String>> {
        let mut numbers = Vec::new();
        let entries = match fs::read_dir(&self.path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        for entry in entries {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix("token-")?.strip_suffix(".tsr"));
            numbers
                .extend(number.and_then(|n| n.parse::<u32>().ok()).filter(|n| (1..=MOST_TOKENS).contains(n)));
        }
        numbers.sort_unstable();
        Ok(numbers.into_iter().map(|n| format!("token-{n}.tsr")).collect())
    }
}

/// What text and page say of a time stamp; nothing of one that is not over this receipt.
fn beside(token: &TokenBeside) -> Option<Beside> {
    let counted = match &token.state {
        TokenState::Counted(stamp) => {
            Some(Counted { at: stamp.at, untrusted_authority: stamp.authority.clone() })
        }
        TokenState::Unknown(_) => None,
        TokenState::Broken(_) => return None,
    };
    Some(Beside { file: token.file.clone(), counted })
}

/// A file that others may have changed: its bytes up to a bound that no file of a receipt reaches; none if it is not there.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    use std::io::Read as _;
    let file = match files::open(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut untrusted = Vec::new();
    file.take(MAX_BYTES as u64 + 1).read_to_end(&mut untrusted)?;
    Ok(Some(untrusted))
}

#[cfg(test)]
mod tests {
    use super::super::tests::fixed;
    use super::*;
    use vidimus_proof::checkpoint::Checkpoint;
    use vidimus_proof::note::Signer;

    fn states(folder: &Folder<'_>) -> Vec<FileState> {
        let tokens = folder.tokens(&Trust::default()).unwrap();
        folder.states(&tokens).unwrap().into_iter().map(|(_, state)| state).collect()
    }

    #[test]
    fn a_missing_or_altered_file_is_told_and_made_again() {
        use FileState::{Altered, Missing, OtherWords, Sound};
        let place = tempfile::tempdir().unwrap();
        let signed = fixed("archive.example/ik-900");
        let folder = Folder::new(place.path().join("receipts/257"), &signed);
        assert_eq!(states(&folder), [Missing; 3]);
        folder.write(&Trust::default()).unwrap();
        assert_eq!(states(&folder), [Sound; 3]);

        let path = folder.path().join(TEXT);
        let words = fs::read_to_string(&path).unwrap();
        fs::write(folder.path().join(CHECKPOINT), "other\n").unwrap();
        fs::write(&path, format!("{words}more")).unwrap();
        fs::remove_file(folder.path().join(PAGE)).unwrap();
        assert_eq!(states(&folder), [Altered, OtherWords, Missing]);
        fs::write(&path, words.replace("\n257\n", "\n258\n")).unwrap();
        assert_eq!(states(&folder), [Altered, Altered, Missing]);
        folder.write(&Trust::default()).unwrap();
        assert_eq!(states(&folder), [Sound; 3]);
    }

    #[test]
    fn a_token_never_replaces_another() {
        let place = tempfile::tempdir().unwrap();
        let signed = fixed("archive.example/ik-900");
        let folder = Folder::new(place.path().join("257"), &signed);
        folder.write(&Trust::default()).unwrap();
        for n in [1, 2] {
            assert_eq!(folder.add_token(b"no token", "pem").unwrap(), format!("token-{n}.tsr"));
        }
        let tokens = folder.tokens(&Trust::default()).unwrap();
        assert!(tokens.len() == 2 && tokens.iter().all(|t| matches!(t.state, TokenState::Broken(_))));
        // Nothing is said of them, and nothing else lies about.
        assert_eq!(states(&folder), [FileState::Sound; 3]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3 + 2 * 2);
    }

    #[test]
    fn the_receipt_of_a_lost_checkpoint_is_set_aside_and_damage_is_not() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("257");
        let key_of = |found: &SignedCheckpoint| {
            Signer::new(found.checkpoint().origin.clone(), &[7; 32]).verifier_key().clone()
        };
        let (lost, now) = (fixed("archive.example/ik-900"), fixed("archive.example/ik-900/2"));
        Folder::new(path.clone(), &lost).write(&Trust::default()).unwrap();

        Folder::new(path.clone(), &lost).set_lost_one_aside(key_of).unwrap();
        assert!(path.exists());
        Folder::new(path.clone(), &now).set_lost_one_aside(key_of).unwrap();
        assert!(!path.exists() && place.path().join("257.lost-1").join(PAGE).exists());

        let forger = Signer::new(now.checkpoint().origin.clone(), &[8; 32]);
        let forged = Checkpoint { root: [0; 32], ..now.checkpoint().clone() };
        let forged = SignedCheckpoint::sign(forged, &forger).unwrap();
        Folder::new(path.clone(), &forged).write(&Trust::default()).unwrap();
        Folder::new(path.clone(), &now).set_lost_one_aside(key_of).unwrap();
        assert!(path.exists());
    }
}
