//! Which checkpoints a bag carries, which of them dates an item, and the proofs between them.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::Path;

use vidimus_ledger::StoreError;
use vidimus_proof::bag::{Anchor, StampFiles};
use vidimus_proof::checkpoint::{Checkpoint, SignedCheckpoint};
use vidimus_proof::consistency::ConsistencyProof;
use vidimus_proof::keychain::KeyChain;
use vidimus_proof::merkle::{self, Hash, Nodes, leaf_hash};
use vidimus_proof::note::KeyName;
use vidimus_proof::timestamp;
use vidimus_proof::tlog_proof::TlogProof;

use super::DiscloseError;
use crate::Archive;
use crate::receipt::{Folder, ReceiptError};
use crate::tiles::LogError;

/// The checkpoints that a bag may carry, by size.
pub(super) struct Checkpoints {
    receipts: BTreeMap<u64, Anchor>,
    /// The last ones of earlier keys, from which the records hang that changed the key.
    last_of_old: BTreeMap<u64, SignedCheckpoint>,
    /// The newest one, which dates what no receipt holds.
    now: SignedCheckpoint,
}

impl Checkpoints {
    /// The checkpoint that dates the record at `index`: of the receipts that hold it the earliest with a time stamp, else the
    /// earliest; the newest checkpoint where no receipt holds it.
    pub fn dating(&self, index: u64) -> &SignedCheckpoint {
        let mut holding = self.receipts.range(index + 1..).map(|(_, anchor)| anchor);
        let first = holding.next();
        let stamped = first.into_iter().chain(holding).find(|anchor| !anchor.stamps.is_empty());
        stamped.or(first).map_or(&self.now, |anchor| &anchor.note)
    }

    /// The last checkpoint of each earlier key, with the log index of the record that changed it.
    pub fn of_key_changes(&self) -> impl Iterator<Item = (u64, &SignedCheckpoint)> {
        self.last_of_old.iter().map(|(size, note)| (size - 1, note))
    }

    /// All receipts, the last checkpoint of each earlier key, and the newest one where one of the files with these indices
    /// needs it.
    pub fn anchors(self, indices: impl IntoIterator<Item = u64>) -> Vec<Anchor> {
        let last = self.receipts.keys().next_back().copied().unwrap_or_default();
        let needs_now = indices.into_iter().any(|index| index >= last);
        let now = needs_now.then_some(self.now).map(|now| (now.checkpoint().size, now));
        let mut anchors = self.receipts;
        for (size, note) in self.last_of_old.into_iter().chain(now) {
            anchors.entry(size).or_insert(Anchor { note, stamps: Vec::new() });
        }
        anchors.into_values().collect()
    }
}

impl Archive {
    /// Every public receipt with its time stamps, the last checkpoint of each earlier key, and the newest checkpoint.
    pub(super) fn checkpoints(&self) -> Result<Checkpoints, DiscloseError> {
        let now = self.checkpoint()?;
        let mut receipts = BTreeMap::new();
        for receipt in &self.register.receipts {
            let note = self.receipt_checkpoint(receipt)?;
            let stamps = self.stamps(&note).map_err(ReceiptError::from)?;
            receipts.insert(receipt.size, Anchor { note, stamps });
        }
        let mut last_of_old = BTreeMap::new();
        for index in self.keys().changes() {
            last_of_old.insert(index + 1, self.checkpoint_at(index + 1)?);
        }
        Ok(Checkpoints { receipts, last_of_old, now })
    }

    /// The time stamps beside a receipt (`docs/format/receipt.md`) that are over its note, whoever they are from: whom to
    /// believe is for the reader of the bag.
    fn stamps(&self, note: &SignedCheckpoint) -> io::Result<Vec<StampFiles>> {
        let folder = Folder::new(self.layout.receipt(note.checkpoint().size), note);
        let mut stamps = Vec::new();
        for (file, token) in folder.token_bytes()? {
            // A broken time stamp dates nothing; `check` names it.
            if timestamp::inspect(&token, folder.note()).is_ok() {
                let certificates = read_certificates(&folder.path().join(file).with_extension("pem"))?;
                stamps.push(StampFiles { token, certificates });
            }
        }
        Ok(stamps)
    }

    /// Makes proofs in the newest tree. Where one does not hold, a tile is not what the ledger says: they are made again, once.
    pub(super) fn prove<T>(&self, make: impl Fn(&Prover) -> Result<T, Unproved>) -> Result<T, DiscloseError> {
        if let Ok(made) = make(&self.prover()?) {
            return Ok(made);
        }
        self.rebuild_log(&self.checkpoint()?)?;
        self.publish_log()?;
        make(&self.prover()?).map_err(|Unproved| LogError::OtherRoot.into())
    }

    fn prover(&self) -> Result<Prover, DiscloseError> {
        let size = self.checkpoint()?.checkpoint().size;
        let name = self.verifier_key().name().clone();
        Ok(Prover { nodes: TheNodes(Box::new(self.nodes(size)?)), name, keys: self.keys() })
    }
}

/// A proof could not be made, or does not hold.
#[derive(Debug)]
pub(super) struct Unproved;

/// Makes proofs, and gives out none that does not hold: a tile is a file that anyone may have touched.
pub(super) struct Prover {
    nodes: TheNodes,
    name: KeyName,
    keys: KeyChain,
}

impl Prover {
    /// Shows that the entry is in the log of the checkpoint.
    pub fn inclusion(
        &self,
        index: u64,
        entry: &[u8; 32],
        under: &SignedCheckpoint,
    ) -> Result<TlogProof, Unproved> {
        let hashes = merkle::inclusion_proof(index, under.checkpoint().size, &self.nodes);
        let hashes = hashes.map_err(|_| Unproved)?;
        let proof = TlogProof { extra: None, index, hashes, checkpoint: under.clone() };
        let key = self.keys.for_checkpoint(under, &self.name);
        proof.verify(&leaf_hash(entry), &key).map_err(|_| Unproved)?;
        Ok(proof)
    }

    /// Shows that the newer log begins with the older one.
    pub fn consistency(&self, old: &Checkpoint, new: &Checkpoint) -> Result<ConsistencyProof, Unproved> {
        let hashes = merkle::consistency_proof(old.size, new.size, &self.nodes).map_err(|_| Unproved)?;
        let proof = ConsistencyProof { old_size: old.size, new_size: new.size, hashes };
        proof.verify(old, new).map_err(|_| Unproved)?;
        Ok(proof)
    }
}

struct TheNodes(Box<dyn Nodes>);

impl Nodes for TheNodes {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        self.0.node(level, index)
    }
}

/// As much as a reader of a bag takes.
const MAX_CERTIFICATES: u64 = 1 << 20;

/// The certificates beside a time stamp; none if there are none, or something else.
fn read_certificates(path: &Path) -> io::Result<Option<String>> {
    let file = match crate::files::open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    let mut untrusted = Vec::new();
    file.take(MAX_CERTIFICATES + 1).read_to_end(&mut untrusted)?;
    let fits = untrusted.len() as u64 <= MAX_CERTIFICATES;
    Ok(String::from_utf8(untrusted).ok().filter(|_| fits))
}

impl From<StoreError> for DiscloseError {
    fn from(error: StoreError) -> Self {
        Self::Door(error.into())
    }
}

#[cfg(test)]
mod tests {
    use vidimus_proof::note::Signer;

    use super::*;

    fn note(size: u64) -> SignedCheckpoint {
        let signer = Signer::new("archive.example".parse().unwrap(), &[1; 32]);
        let checkpoint = Checkpoint { origin: signer.verifier_key().name().clone(), size, root: [5; 32] };
        SignedCheckpoint::sign(checkpoint, &signer).unwrap()
    }

    /// Receipts of these sizes, stamped or not, in a log that is now of size 1000.
    fn checkpoints(receipts: &[(u64, bool)]) -> Checkpoints {
        let stamp = || StampFiles { token: Vec::new(), certificates: None };
        let anchor = |(size, stamped): &(u64, bool)| {
            (*size, Anchor { note: note(*size), stamps: stamped.then(stamp).into_iter().collect() })
        };
        Checkpoints {
            receipts: receipts.iter().map(anchor).collect(),
            last_of_old: BTreeMap::new(),
            now: note(1000),
        }
    }

    #[test]
    fn the_earliest_stamped_receipt_dates_then_the_earliest_then_now() {
        let dated = |receipts: &[(u64, bool)], index| checkpoints(receipts).dating(index).checkpoint().size;
        let receipts = [(100, false), (200, true), (300, false), (400, true), (500, false)];
        for (index, size) in [(0, 200), (99, 200), (100, 200), (199, 200), (200, 400), (399, 400)] {
            assert_eq!(dated(&receipts, index), size, "{index}");
        }
        assert_eq!((dated(&receipts, 400), dated(&receipts, 499)), (500, 500));
        assert_eq!((dated(&receipts, 500), dated(&[], 0)), (1000, 1000));
        assert_eq!(dated(&[(100, false), (200, false)], 7), 100);
    }

    #[test]
    fn a_bag_carries_all_receipts_and_the_newest_checkpoint_where_it_is_needed() {
        let sizes = |receipts: &[(u64, bool)], indices: &[u64]| -> Vec<u64> {
            let anchors = checkpoints(receipts).anchors(indices.iter().copied());
            anchors.iter().map(|anchor| anchor.note.checkpoint().size).collect()
        };
        let receipts = [(100, false), (200, true)];
        assert_eq!(sizes(&receipts, &[0, 199]), [100, 200]);
        assert_eq!(sizes(&receipts, &[0, 200]), [100, 200, 1000]);
        assert_eq!(sizes(&[], &[3]), [1000]);
    }
}
