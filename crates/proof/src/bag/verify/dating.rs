//! Steps 6 and 7: no later than when, by whose word; and what a published receipt says.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::checkpoints::Known;
use super::contents::Contents;
use super::key::Keys;
use super::payload::Item;
use crate::bag::layout::Place;
use crate::bag::problem::Problems;
use crate::bag::{
    Counted, Dated, DatedBy, Fault, NotCounted, ReceiptAnswer, ReceiptSigner, StampReport, Trust,
};
use crate::checkpoint::{CheckpointVerifyError, SignedCheckpoint};
use crate::note::Signature;
use crate::policy::{Judgement, Policy, Quorum};
use crate::timestamp::{self, StampError};

/// Where a policy demands cosigners, every checkpoint that a proof names must have them.
pub(super) fn check_quorum(items: &[Item], checkpoints: &BTreeMap<u64, Known>, problems: &mut Problems) {
    for item in items {
        if let Some(known) = checkpoints.get(&item.under).filter(|known| known.lacks_quorum) {
            problems.add(&known.path, Fault::Quorum);
        }
    }
}

/// Every time stamp and cosignature, and whether it counts.
pub(super) fn stamps(
    contents: &Contents<'_>,
    checkpoints: &BTreeMap<u64, Known>,
    trust: &Trust,
    problems: &mut Problems,
) -> Vec<StampReport> {
    let mut tokens: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for (path, place, _) in contents.files() {
        if let Place::Token { size, .. } = place {
            tokens.entry(*size).or_default().push(path);
        }
    }
    let mut stamps = Vec::new();
    for known in checkpoints.values() {
        let Some(note) = contents.read(&known.path, problems) else { continue };
        let report = |file: &str, result| StampReport {
            checkpoint: known.checkpoint.clone(),
            file: file.to_owned(),
            result,
        };
        for path in tokens.remove(&known.checkpoint.size).unwrap_or_default() {
            let Some(token) = contents.read(path, problems) else { continue };
            stamps.push(report(path, time_stamp(&token, &note, known.checkpoint.size, trust)));
        }
        let Ok(signed) = SignedCheckpoint::from_bytes(&note) else { continue };
        let results = cosignatures(&signed, trust.policy.as_ref());
        stamps.extend(results.into_iter().map(|result| report(&known.path, result)));
    }
    stamps
}

fn time_stamp(untrusted_token: &[u8], note: &[u8], size: u64, trust: &Trust) -> Result<Counted, NotCounted> {
    match timestamp::verify(untrusted_token, note, &trust.authorities) {
        Ok(stamp) => {
            let at = latest(stamp.at, stamp.accuracy.unwrap_or_default());
            Ok(Counted(Dated { at, authority: stamp.authority, by: DatedBy::TimeStamp, size }))
        }
        Err(StampError::UnknownAuthority(claim)) => {
            Err(NotCounted::UnknownAuthority { authority: claim.claimed_authority, at: claim.claimed_at })
        }
        Err(error) => Err(NotCounted::Refused(error)),
    }
}

/// "No later than" must hold even where the authority's clock was wrong by all that it admits.
fn latest(at: Timestamp, accuracy: Duration) -> Timestamp {
    // What is too long for a calendar must not count as no time at all.
    let accuracy = SignedDuration::try_from(accuracy).unwrap_or(SignedDuration::MAX);
    at.saturating_add(accuracy).unwrap_or(Timestamp::MAX)
}

/// The cosignature lines of a checkpoint; where the policy has a quorum, that counts instead of each of them.
fn cosignatures(signed: &SignedCheckpoint, policy: Option<&Policy>) -> Vec<Result<Counted, NotCounted>> {
    let judgement = policy.map(|policy| policy.judge(signed));
    let size = signed.checkpoint().size;
    let dated = |seconds: u64, authority: String, by| {
        // A time that no calendar has is no time; the cosigner's word is worth as much as the cosigner.
        let at = Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
        Some(Counted(Dated { at, authority, by, size }))
    };
    let own = &signed.checkpoint().origin;
    let others = signed.note().signatures().iter().filter(|signature| signature.name() != own);
    let mut results = Vec::new();
    for signature in others {
        let known = judgement.iter().find_map(|judgement| time_of(judgement, signature));
        let name = signature.name().clone();
        results.push(match (known, judgement.as_ref().map(|judgement| judgement.quorum)) {
            (Some(seconds), Some(Quorum::NotAsked)) => dated(seconds, name.to_string(), DatedBy::Cosignature)
                .ok_or(NotCounted::UnknownCosigner(name)),
            (Some(_), _) => Err(NotCounted::OnlyInQuorum(name)),
            (None, _) => Err(NotCounted::UnknownCosigner(name)),
        });
    }
    if let Some(Quorum::Reached { by }) = judgement.map(|judgement| judgement.quorum) {
        results.extend(dated(by, String::new(), DatedBy::Quorum).map(Ok));
    }
    results
}

/// When the cosigner of the policy, whose line this claims to be, cosigned.
fn time_of(judgement: &Judgement<'_>, signature: &Signature) -> Option<u64> {
    let cosigner = judgement.cosigners.iter().find(|one| signature.claims(&one.cosigner.key))?;
    cosigner.result.ok()
}

/// From a place in the log to the earliest time that counts.
pub(super) struct Times(BTreeMap<u64, Dated>);

impl Times {
    /// A later checkpoint's log holds all that an earlier one's does (step 4), so its stamp dates that too.
    pub(super) fn of(stamps: &[StampReport]) -> Self {
        let mut times: BTreeMap<u64, Dated> = BTreeMap::new();
        let mut earliest: Option<Dated> = None;
        for Counted(dated) in stamps.iter().rev().filter_map(|stamp| stamp.result.as_ref().ok()) {
            if earliest.as_ref().is_none_or(|earliest| dated.at <= earliest.at) {
                earliest = Some(dated.clone());
            }
            times.extend(earliest.clone().map(|earliest| (dated.size, earliest)));
        }
        Self(times)
    }

    /// The earliest time that counts for what stands at `index`, by a checkpoint whose log is larger.
    pub(super) fn of_index(&self, index: u64) -> Option<Dated> {
        self.0.range(index + 1..).next().map(|(_, dated)| dated.clone())
    }
}

/// What a receipt says of the bag.
pub(super) fn answer(
    receipt: &SignedCheckpoint,
    keys: &Keys,
    checkpoints: &BTreeMap<u64, Known>,
) -> ReceiptAnswer {
    match receipt.verify(&keys.for_checkpoint(receipt)) {
        Err(CheckpointVerifyError::Origin) => return ReceiptAnswer::OtherArchive,
        Err(CheckpointVerifyError::Note(_)) => return ReceiptAnswer::NotSigned,
        Ok(_) => {}
    }
    let receipt = receipt.checkpoint();
    match checkpoints.get(&receipt.size) {
        None => ReceiptAnswer::NotInBag,
        Some(known) if known.checkpoint.root == receipt.root => ReceiptAnswer::InBag,
        Some(_) => ReceiptAnswer::Fork,
    }
}

/// Which key signed a receipt that is of this bag's archive.
pub(super) fn signer(
    receipt: &SignedCheckpoint,
    answer: ReceiptAnswer,
    keys: &Keys,
) -> Option<ReceiptSigner> {
    let holds = matches!(answer, ReceiptAnswer::InBag | ReceiptAnswer::NotInBag);
    let newest = keys.chain.of_checkpoint(receipt.checkpoint().size) == keys.chain.newest();
    holds.then_some(if newest { ReceiptSigner::Newest } else { ReceiptSigner::Earlier })
}

/// How much of the log a receipt published, where it says something of this bag.
pub(super) fn published(receipt: Option<&SignedCheckpoint>, answer: Option<ReceiptAnswer>) -> Option<u64> {
    let known = answer == Some(ReceiptAnswer::InBag);
    receipt.filter(|_| known).map(|receipt| receipt.checkpoint().size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_dates_what_stands_in_its_log_and_nothing_behind() {
        let dated = |size: u64| Dated {
            at: Timestamp::from_second(size as i64).unwrap(),
            authority: "Example".into(),
            by: DatedBy::Cosignature,
            size,
        };
        let times = Times([256, 512].map(|size| (size, dated(size))).into());
        let size_for = |index| times.of_index(index).map(|dated| dated.size);
        for (index, size) in
            [(0, Some(256)), (255, Some(256)), (256, Some(512)), (511, Some(512)), (512, None)]
        {
            assert_eq!(size_for(index), size, "{index}");
        }
    }

    #[test]
    fn an_authority_that_is_less_sure_dates_later() {
        let at: Timestamp = "2026-11-21T01:18:25Z".parse().unwrap();
        let later = |seconds| latest(at, Duration::from_secs(seconds)).to_string();
        assert_eq!(later(0), "2026-11-21T01:18:25Z");
        assert_eq!(later(60), "2026-11-21T01:19:25Z");
        for beyond in [i64::MAX as u64, u64::MAX] {
            assert_eq!(latest(at, Duration::from_secs(beyond)), Timestamp::MAX);
        }
    }
}
