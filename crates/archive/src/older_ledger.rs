//! A ledger of before a change of the archive's key beside today's key store: what shows it, and that it is only read.
//!
//! The record by which the new key followed is not in it, and the key that it names was destroyed: so nothing can be signed on top
//! of it. Nothing is lost by that; ledger and keys of one time bring the archive back.

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
    let receipts = crate::keyring::read_folder(&layout.receipts()).unwrap_or_default();
    let receipts = receipts.into_iter().map(|name| layout.receipts().join(name).join("checkpoint.txt"));
    let files: Vec<PathBuf> = receipts.chain([layout.log().join("checkpoint")]).collect();
    let untrusted = files.into_iter().filter_map(|path| crate::files::read(path).ok());
    let untrusted = untrusted.chain(mark.read().ok().flatten().map(String::into_bytes));
    let signed = untrusted.filter_map(|note| SignedCheckpoint::from_bytes(&note).ok()).filter(|signed| {
        let checkpoint = signed.checkpoint();
        checkpoint.size > size
            && epoch::is_of(base, checkpoint.origin.as_str())
            && signed.verify(&keychain::named(&checkpoint.origin, key)).is_ok()
    });
    signed.max_by_key(|signed| signed.checkpoint().size)
}
