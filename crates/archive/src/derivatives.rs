//! Derivatives out of the vault, for folds: each is sealed for the key of the row that names it.

use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use vidimus_folds::catalogue::MovedDerivative;
use vidimus_folds::search::Texts;
use vidimus_folds::similar::Prints;
use vidimus_model::{Derivative, KeyId, Ref, Text};
use vidimus_seal::age::Identity;
use vidimus_vault::FolderVault;

use crate::read::open_object;

/// Bytes of the largest derivative that is taken in: what is larger was not made by examination.
const LARGEST: u64 = 256 << 20;

/// Opens derivatives; what is needed for those of one batch is handed in before it is folded.
pub(crate) struct SealedDerivatives {
    vault: Arc<FolderVault>,
    keys: HashMap<KeyId, Identity>,
    entries: BTreeMap<u64, Sealed>,
}

/// How the derivatives of one entry are sealed.
pub(crate) struct Sealed {
    /// The key of its row.
    pub key: KeyId,
    /// Where derivatives lie since later records, oldest first.
    pub moved: Vec<MovedDerivative>,
}

impl SealedDerivatives {
    pub fn new(vault: Arc<FolderVault>) -> Self {
        Self { vault, keys: HashMap::new(), entries: BTreeMap::new() }
    }

    /// Says how the derivatives of an entry are sealed.
    pub fn hand(&mut self, entry: u64, sealed: Sealed, identity: &Identity) {
        self.keys.entry(sealed.key).or_insert_with(|| identity.clone());
        self.entries.insert(entry, sealed);
    }

    /// Forgets what was handed in.
    pub fn forget(&mut self) {
        self.keys.clear();
        self.entries.clear();
    }

    fn bytes(&self, entry: u64, about: &Ref, derivative: &Derivative) -> Option<Vec<u8>> {
        let sealed = self.entries.get(&entry)?;
        let identity = self.keys.get(&sealed.key)?;
        let mut moved = sealed.moved.iter().rev();
        let moved = moved.find(|moved| hex::encode(moved.sha256) == derivative.sha256);
        let place = moved.map_or(&derivative.object, |moved| &moved.place);
        let bytes = open_object(&*self.vault, about, place, identity).ok()?;
        let mut untrusted = Vec::new();
        bytes.take(LARGEST).read_to_end(&mut untrusted).ok()?;
        (hex::encode(Sha256::digest(&untrusted)) == derivative.sha256).then_some(untrusted)
    }
}

impl Texts for SealedDerivatives {
    fn text(&mut self, entry: u64, about: &Ref, derivative: &Derivative) -> Option<Text> {
        serde_json::from_slice(&self.bytes(entry, about, derivative)?).ok()
    }
}

impl Prints for SealedDerivatives {
    fn print(&mut self, entry: u64, about: &Ref, derivative: &Derivative) -> Option<Vec<u8>> {
        self.bytes(entry, about, derivative)
    }
}
