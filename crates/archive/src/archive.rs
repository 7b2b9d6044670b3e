//! An open archive: its ledger, its vault, and the keys of the member who acts.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use vidimus_ledger::{Ledger as _, SqliteLedger, StoreError};
use vidimus_model::KeyId;
use vidimus_proof::checkpoint::{Checkpoint, SignedCheckpoint};
use vidimus_proof::note::{KeyName, Signer, VerifierKey};
use vidimus_proof::record::SigningKey;
use vidimus_seal::{Entropy, SigningSeed};
use vidimus_vault::FolderVault;

use crate::archive_key;
use crate::clock::Clock;
use crate::files;
use crate::high_water::{HighWater, Seen};
use crate::keyring::{Keyring, KeyringError};
use crate::layout::Layout;
use crate::links;
use crate::older_ledger::NewerKeys;
use crate::receive::Turn;
use crate::register::Register;
use crate::remembered::Remembered;
use crate::shelf::{self, Shelved};
use crate::unlock::{self, UnlockError};
use crate::watch::Watcher;

/// An archive that a member has unlocked.
pub struct Archive {
    pub(crate) layout: Layout,
    pub(crate) ledger: SqliteLedger,
    pub(crate) vault: Arc<FolderVault>,
    pub(crate) keyring: Keyring,
    pub(crate) register: Register,
    pub(crate) origin: String,
    pub(crate) archive_id: String,
    pub(crate) archive_key: SigningKey,
    pub(crate) archive_seed: SigningSeed,
    pub(crate) high_water: HighWater,
    pub(crate) went_back: Option<WentBack>,
    pub(crate) catalogues: HashMap<KeyId, Shelved>,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) entropy: Entropy,
    pub(crate) rng: ChaCha20Rng,
    pub(crate) watcher: Watcher,
    /// The turn of the accession that is received here.
    pub(crate) receiving: Option<Turn>,
}

/// Both checkpoints of a ledger that is behind what this machine has seen, or behind its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WentBack {
    /// What this machine saw (note), or what else shows that the ledger was further on; none where only the keys do.
    pub seen: Option<String>,
    /// What the ledger has now (note).
    pub now: String,
    /// The keys beside the ledger are newer than it is: it cannot go on with them.
    pub newer_keys: Option<Box<NewerKeys>>,
}

/// What opening an archive needs besides its folder.
pub struct Opening<'a> {
    /// The user's state folder, `$XDG_STATE_HOME/vidimus`.
    pub state: &'a Path,
    /// Who acts; none where the passphrase alone tells.
    pub member: Option<&'a str>,
    /// The member's passphrase.
    pub passphrase: &'a str,
    /// Accept an archive that this machine has never seen, though a roll-back cannot be excluded.
    pub first_seen_here: bool,
    /// What time it is.
    pub clock: Box<dyn Clock>,
}

/// Why an archive does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no archive in the folder.
    #[error("no archive in {0}")]
    NoArchive(PathBuf),
    /// The ledger is damaged, of a later version, or something else.
    #[error("the ledger does not open: {0}")]
    Ledger(#[from] vidimus_ledger::OpenError),
    /// The ledger cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The vault does not open.
    #[error("the vault does not open: {0}")]
    Vault(#[from] vidimus_vault::OpenError),
    /// No member with this passphrase.
    #[error(transparent)]
    Unlock(#[from] UnlockError),
    /// The keys cannot be gathered.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The archive's signing key is missing or not the archive's.
    #[error("the archive's signing key cannot be opened")]
    NoSigningKey,
    /// This machine has never seen the archive.
    #[error("this machine has never seen the archive")]
    NeverSeen {
        /// The newest checkpoint of the folder (note).
        now: String,
    },
    /// The folds or the register cannot be read.
    #[error(transparent)]
    Fold(#[from] crate::runner::FoldError),
    /// The file system or the random generator failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Archive {
    /// Opens the archive in `folder` for a member. One that went back, or is older than its keys, opens read-only; see
    /// [`Archive::went_back`].
    ///
    /// # Errors
    /// Says what is missing, damaged, or not allowed.
    pub fn open(folder: &Path, opening: Opening<'_>) -> Result<Self, OpenError> {
        let layout = Layout::new(folder);
        if layout.ledger().symlink_metadata().is_err_and(|e| e.kind() == io::ErrorKind::NotFound) {
            return Err(OpenError::NoArchive(folder.to_owned()));
        }
        links::refuse(&layout)?;
        let ledger = SqliteLedger::open(&layout.ledger())?;
        let member = unlock::unlock(&layout, opening.member, opening.passphrase)?;
        let archive_id = ledger.archive().to_owned();
        let mut keyring = Keyring::new(layout.clone(), member);
        keyring.gather(&ledger, &archive_id)?;
        let archive_seed =
            archive_key::any(&layout, &keyring, &archive_id)?.ok_or(OpenError::NoSigningKey)?;
        let high_water = HighWater::new(opening.state, &archive_id);
        let went_back = match high_water.compare(&ledger)? {
            Seen::Onward => None,
            Seen::WentBack { seen, now } => Some(WentBack { seen: Some(seen), now, newer_keys: None }),
            Seen::Never => {
                let now = ledger.tip()?.note;
                if !opening.first_seen_here {
                    return Err(OpenError::NeverSeen { now: String::from_utf8_lossy(&now).into_owned() });
                }
                high_water.raise(&now)?;
                None
            }
        };
        let vault = FolderVault::open(&layout.objects())?;
        // Killed programs may have left gigabytes; where they cannot be removed, reading is still possible.
        let _ = vault.clean_up();
        for folder in [layout.log(), layout.unfinished(), high_water.folder().to_owned()] {
            files::sweep(&folder);
        }
        // Copies of keys among it, to which no command comes back by their names.
        files::sweep_below(&layout.keys());
        shelf::sweep_drafts(&layout);
        let parts = Parts { layout, ledger, vault, keyring, archive_id, archive_seed, high_water, went_back };
        let mut archive = Self::assemble(parts, opening.clock)?;
        let folded = archive.refresh_register();
        archive.origin = archive.register.origin.clone();
        archive.forget_what_was_given_up()?;
        match folded {
            Ok(()) => {
                archive.note_newer_log()?;
                archive.remember_keys();
                if archive.went_back.is_some() || !archive.register.rollbacks.is_empty() {
                    archive.adopt_unreleased()?;
                }
                // What cannot be removed is in nobody's way until something is destroyed, which is refused then.
                let _ = archive.drop_stale_folds();
                return Ok(archive);
            }
            Err(crate::runner::FoldError::NoSigningKey) => archive.note_newer_keys(),
            Err(other) => return Err(other.into()),
        }
        if archive.has_newer_keys() { Ok(archive) } else { Err(OpenError::NoSigningKey) }
    }

    /// Remembers which keys are held. Where it cannot be written, the next command does it; nothing else depends on it.
    pub(crate) fn remember_keys(&self) {
        if let (None, Ok(tip)) = (&self.went_back, self.ledger.tip()) {
            let remembered = Remembered::of(&self.high_water, self.keyring.member());
            let _ = remembered.add(&self.keyring, tip.size, self.register.rollbacks.len());
        }
    }

    pub(crate) fn assemble(parts: Parts, clock: Box<dyn Clock>) -> io::Result<Self> {
        let mut entropy = Entropy::from_os().map_err(io::Error::other)?;
        let rng = ChaCha20Rng::from_seed(*entropy.secret::<32>());
        Ok(Self {
            layout: parts.layout,
            ledger: parts.ledger,
            vault: Arc::new(parts.vault),
            keyring: parts.keyring,
            register: Register::default(),
            origin: String::new(),
            archive_id: parts.archive_id,
            archive_key: parts.archive_seed.key(),
            archive_seed: parts.archive_seed,
            high_water: parts.high_water,
            went_back: parts.went_back,
            catalogues: HashMap::new(),
            clock,
            entropy,
            rng,
            watcher: Watcher::default(),
            receiving: None,
        })
    }

    /// Set when the folder is behind what this machine has seen or the ledger behind the keys; nothing can then be recorded.
    pub fn went_back(&self) -> Option<&WentBack> {
        self.went_back.as_ref()
    }

    /// The member who acts.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Members, keyholders, proposals and receipts.
    pub fn register(&self) -> &Register {
        &self.register
    }

    /// The log's origin in this epoch.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The archive's id, by which this machine remembers it.
    pub fn id(&self) -> &str {
        &self.archive_id
    }

    /// Where things lie.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The archive's key as others pin it.
    pub fn verifier_key(&self) -> VerifierKey {
        self.note_signer().verifier_key().clone()
    }

    /// The newest signed checkpoint.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub fn checkpoint(&self) -> Result<SignedCheckpoint, StoreError> {
        let tip = self.ledger.tip()?;
        SignedCheckpoint::from_bytes(&tip.note).map_err(|e| StoreError::Damaged(e.to_string()))
    }

    /// The checkpoint that was signed at this size.
    pub(crate) fn checkpoint_at(&self, size: u64) -> Result<SignedCheckpoint, StoreError> {
        let note = self.ledger.checkpoint(size)?.unwrap_or_default();
        SignedCheckpoint::from_bytes(&note).map_err(|e| StoreError::Damaged(e.to_string()))
    }

    pub(crate) fn note_signer(&self) -> Signer {
        let name: KeyName = self.origin.parse().expect("an origin was checked when the archive began");
        Signer::new(name, self.archive_seed.bytes())
    }
}

/// A checkpoint in the form that commands print.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CheckpointSummary {
    /// The log's origin.
    pub origin: String,
    /// Tree size.
    pub size: u64,
    /// Root, base64.
    pub root: String,
}

impl From<&Checkpoint> for CheckpointSummary {
    fn from(checkpoint: &Checkpoint) -> Self {
        use base64::Engine as _;
        Self {
            origin: checkpoint.origin.as_str().to_owned(),
            size: checkpoint.size,
            root: base64::engine::general_purpose::STANDARD.encode(checkpoint.root),
        }
    }
}

/// What an open archive is put together from.
pub(crate) struct Parts {
    pub layout: Layout,
    pub ledger: SqliteLedger,
    pub vault: FolderVault,
    pub keyring: Keyring,
    pub archive_id: String,
    pub archive_seed: SigningSeed,
    pub high_water: HighWater,
    pub went_back: Option<WentBack>,
}
