//! Step 2: whose bag it is, which keys led to its key, and whether the verifier was told to trust one of them.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::checkpoints::Known;
use super::contents::Contents;
use crate::bag::layout::{KEY, Place};
use crate::bag::problem::Problems;
use crate::bag::{BagKey, Fault, Pinned, Trust};
use crate::checkpoint::SignedCheckpoint;
use crate::epoch;
use crate::keychain::{KeyChain, Succession, named, public_key};
use crate::merkle::leaf_hash;
use crate::note::{KeyName, VerifierKey};
use crate::record::{PublicKey, Record, RecordError, VerifyError};
use crate::tlog_proof::TlogProof;

/// The keys of the archive, as notes and as records name them.
pub(super) struct Keys {
    /// The newest origin of the archive.
    pub(super) name: KeyName,
    /// Which key signs what.
    pub(super) chain: KeyChain,
    /// Path of each proof of a change, with the size and digest of the note it hangs from.
    notes: Vec<(String, u64, [u8; 32])>,
}

impl Keys {
    /// The key to check this checkpoint with.
    pub(super) fn for_checkpoint(&self, signed: &SignedCheckpoint) -> VerifierKey {
        self.chain.for_checkpoint(signed, &self.name)
    }

    /// Checks that one of the keys signed the record, under the newest origin or an earlier epoch's.
    pub(super) fn verify(&self, record: &Record) -> Result<(), VerifyError> {
        let (issuer, newest) = (record.issuer(), self.name.as_str());
        let origin = if epoch::may_follow(issuer, newest) { issuer } else { newest };
        let named = self.chain.keys().find(|key| key.key_id() == record.key_id());
        record.verify(origin, &named.unwrap_or(self.chain.newest()))
    }

    /// Checks that the record, which stands at `index`, names the key that signs there.
    pub(super) fn verify_place(&self, record: &Record, index: u64) -> Result<(), VerifyError> {
        let fits = self.chain.of_record(index).key_id() == record.key_id();
        fits.then_some(()).ok_or(VerifyError::OtherKey)
    }

    /// Each change of the key must hang from one of the bag's checkpoints.
    pub(super) fn check_notes(&self, checkpoints: &BTreeMap<u64, Known>, problems: &mut Problems) {
        for (path, size, note_sha256) in &self.notes {
            if checkpoints.get(size).is_none_or(|known| known.note_sha256 != *note_sha256) {
                problems.add(path, Fault::NoteNotInBag);
            }
        }
    }
}

/// The bag's key and what it follows.
pub(super) fn read(
    contents: &Contents<'_>,
    trust: &Trust,
    problems: &mut Problems,
) -> Option<(BagKey, Keys)> {
    let text = contents.read_text(KEY, Fault::Key, problems)?;
    let (vkey, newest) = problems.keep(KEY, parse(&text).ok_or(Fault::Key))?;
    let keys = follow(contents, vkey.name().clone(), newest, problems);
    if keys.chain.newest() != newest {
        problems.add(KEY, Fault::NotLedTo);
    }
    let pinned = judge(trust, &vkey, &keys.chain);
    if pinned == Pinned::Other {
        problems.add(KEY, Fault::OtherKey);
    }
    let mut earlier: Vec<_> = keys.chain.keys().map(|key| named(vkey.name(), key)).collect();
    earlier.pop();
    Some((BagKey { vkey, earlier, pinned }, keys))
}

fn parse(untrusted_text: &str) -> Option<(VerifierKey, PublicKey)> {
    let vkey: VerifierKey = untrusted_text.strip_suffix('\n')?.parse().ok()?;
    let one_form = format!("{vkey}\n") == untrusted_text;
    let public_key = public_key(&vkey)?;
    one_form.then_some((vkey, public_key))
}

/// From the first change in `keys/` to the last: each signed by the key before it, which signs nothing later.
fn follow(contents: &Contents<'_>, name: KeyName, newest: PublicKey, problems: &mut Problems) -> Keys {
    let numbers: BTreeSet<u64> = contents
        .files()
        .filter_map(|(_, place, _)| match place {
            Place::KeyRecord { number } | Place::KeyProof { number } => Some(*number),
            _ => None,
        })
        .collect();
    let mut keys = Keys { name, chain: KeyChain::of(newest), notes: Vec::new() };
    for (number, expected) in numbers.into_iter().zip(1..) {
        if number != expected {
            problems.add(format!("keys/{expected}.sd-jwt"), Fault::Missing);
            break;
        }
        let Some((change, proof)) = read_change(contents, number, &keys.name, problems) else { break };
        let path = format!("keys/{number}.sd-jwt");
        if number == 1 {
            keys.chain = KeyChain::of(change.from);
        } else if change.from != keys.chain.newest() {
            problems.add(path, Fault::OtherPredecessor);
            break;
        }
        if problems.keep(&path, keys.chain.followed_by(proof.index, change.to)).is_none() {
            break;
        }
        let note_sha256 = Sha256::digest(proof.checkpoint.to_string()).into();
        let size = proof.checkpoint.checkpoint().size;
        keys.notes.push((format!("keys/{number}.tlog-proof"), size, note_sha256));
    }
    keys
}

/// One change of the key, and its proof under the last checkpoint that the old key signed.
fn read_change(
    contents: &Contents<'_>,
    number: u64,
    name: &KeyName,
    problems: &mut Problems,
) -> Option<(Succession, TlogProof)> {
    let path = format!("keys/{number}.sd-jwt");
    let text = contents.read_text(&path, RecordError::NotSdJwt.into(), problems)?;
    let record = problems.keep(&path, Record::parse(&text))?;
    if !epoch::may_follow(record.issuer(), name.as_str()) {
        problems.add(&path, VerifyError::OtherArchive);
        return None;
    }
    let change = problems.keep(&path, Succession::of(&record))?;

    let path = format!("keys/{number}.tlog-proof");
    let bytes = contents.read(&path, problems)?;
    let proof = problems.keep(&path, TlogProof::from_bytes(&bytes))?;
    let key = KeyChain::of(change.from).for_checkpoint(&proof.checkpoint, name);
    problems.keep(&path, proof.verify(&leaf_hash(&record.entry()), &key).map(|_| ()))?;
    // The old key signs nothing behind the record that ends it.
    if proof.checkpoint.checkpoint().size != proof.index + 1 {
        problems.add(&path, Fault::OwnCheckpoint);
        return None;
    }
    if proof.extra.is_some() {
        problems.add(&path, Fault::Extra);
        return None;
    }
    Some((change, proof))
}

/// What the verifier was told of this key and of those before it.
fn judge(trust: &Trust, vkey: &VerifierKey, chain: &KeyChain) -> Pinned {
    let logs = trust.policy.iter().flat_map(|policy| policy.logs()).map(|log| &log.key);
    let expected: Vec<&VerifierKey> = trust.archive_keys.iter().chain(logs).collect();
    let told = |key: &VerifierKey| expected.iter().any(|expected| epoch::same_log(expected, key));
    if expected.is_empty() {
        Pinned::No
    } else if told(vkey) {
        Pinned::Yes
    } else if chain.keys().any(|key| told(&named(vkey.name(), key))) {
        Pinned::Earlier
    } else {
        Pinned::Other
    }
}
