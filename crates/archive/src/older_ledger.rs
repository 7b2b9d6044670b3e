//! A ledger of before a change of the archive's key beside today's key store: what shows it, and that it is only read.
//!
//! The record by which the new key followed is not in it, and the key that it names was destroyed: so nothing can be signed on top
//! of it. Nothing is lost by that; ledger and keys of one time bring the archive back.

use std::io;
use std::path::PathBuf;

use vidimus_ledger::Ledger as _;
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::keychain::{self, KeyChain};
use vidimus_proof::note::VerifierKey;
use vidimus_proof::record::PublicKey;

use crate::high_water::HighWater;
use crate::layout::Layout;
use crate::{Archive, WentBack, epoch};

/// The keys of a ledger and of a key store that are not of one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewerKeys {
    /// The key that signs by the ledger, and is not in the key store.
    pub named: VerifierKey,
    /// The key in the key store, of which the ledger does not know.
    pub held: VerifierKey,
}

impl Archive {
    /// The key store holds a signing key of which the ledger does not know, and not the one that it names: the archive is read
    /// and nothing is recorded.
    pub(crate) fn note_newer_keys(&mut self) {
        let (chain, held) = (self.keys(), self.archive_key.public());
        if !is_unknown(&chain, held) {
            return;
        }
        let named = keychain::named(self.verifier_key().name(), chain.newest());
        let now = self.ledger.tip().map(|tip| String::from_utf8_lossy(&tip.note).into_owned());
        let size = self.register.position;
        let seen = newest_signed(&self.layout, &self.high_water, &self.register.base, held, size);
        let marked = self.went_back.take().and_then(|back| back.seen);
        self.went_back = Some(WentBack {
            seen: seen.map(|seen| seen.note().to_string()).or(marked),
            now: now.unwrap_or_default(),
            newer_keys: Some(Box::new(NewerKeys { named, held: self.verifier_key() })),
        });
    }

    /// What lies in the folder shows that the ledger is an older copy, or another: the published checkpoint, or a receipt, that this
    /// archive signed and the ledger does not hold. A computer that never saw the archive learns it from these.
    pub(crate) fn note_newer_log(&mut self) -> io::Result<()> {
        if self.went_back.is_some() {
            return Ok(());
        }
        let is_lost = |signed: &SignedCheckpoint| {
            self.has_signed(signed)
                && !epoch::is_given_up(&self.register.base, &self.register.rollbacks, signed.checkpoint())
                && !self.holds(signed)
        };
        let newest = lying_about(&self.layout)
            .filter_map(|note| SignedCheckpoint::from_bytes(&note).ok())
            .filter(is_lost)
            .max_by_key(|signed| signed.checkpoint().size);
        if let Some(lost) = newest {
            let seen = lost.note().to_string();
            // Whoever takes it out of the folder now is betrayed by this. Where it cannot be written, the file itself is asked again.
            let _ = self.high_water.raise(seen.as_bytes());
            let now =
                String::from_utf8_lossy(&self.ledger.tip().map_err(io::Error::other)?.note).into_owned();
            self.went_back = Some(WentBack { seen: Some(seen), now, newer_keys: None });
        }
        Ok(())
    }

    /// Is the ledger at least as long, and of the same tree as far as it knows that one? It is asked after the checkpoint was read:
    /// others append and publish meanwhile.
    fn holds(&self, signed: &SignedCheckpoint) -> bool {
        let size = signed.checkpoint().size;
        let Ok(tip) = self.ledger.tip() else { return true };
        let kept = self.ledger.checkpoint(size).ok().flatten();
        let kept = kept.and_then(|note| SignedCheckpoint::from_bytes(&note).ok());
        size <= tip.size && kept.is_none_or(|kept| kept.checkpoint().root == signed.checkpoint().root)
    }

    /// Does the ledger not know of the key that is held?
    pub(crate) fn has_newer_keys(&self) -> bool {
        self.went_back.as_ref().is_some_and(|back| back.newer_keys.is_some())
    }
}

/// Did no record name this key for the archive?
pub(crate) fn is_unknown(chain: &KeyChain, held: PublicKey) -> bool {
    chain.keys().all(|known| known != held)
}

/// The newest checkpoint beyond `size` that this key signed for the archive that began as `base`, of those that lie about: what this
/// machine has seen, the published one, those of receipts.
pub(crate) fn newest_signed(
    layout: &Layout,
    mark: &HighWater,
    base: &str,
    key: PublicKey,
    size: u64,
) -> Option<SignedCheckpoint> {
    let untrusted = lying_about(layout).chain(mark.read().ok().flatten().map(String::into_bytes));
    let signed = untrusted.filter_map(|note| SignedCheckpoint::from_bytes(&note).ok()).filter(|signed| {
        let checkpoint = signed.checkpoint();
        checkpoint.size > size
            && epoch::is_of(base, checkpoint.origin.as_str())
            && signed.verify(&keychain::named(&checkpoint.origin, key)).is_ok()
    });
    signed.max_by_key(|signed| signed.checkpoint().size)
}

/// The checkpoints (notes) that lie in the archive's folder beside the ledger: the published one, and those of receipts.
fn lying_about(layout: &Layout) -> impl Iterator<Item = Vec<u8>> + use<> {
    let receipts = crate::keyring::read_folder(&layout.receipts()).unwrap_or_default();
    let folder = layout.receipts();
    let receipts = receipts.into_iter().map(move |name| folder.join(name).join("checkpoint.txt"));
    let files: Vec<PathBuf> = receipts.chain([layout.log().join("checkpoint")]).collect();
    files.into_iter().filter_map(|path| crate::files::read(path).ok())
}
