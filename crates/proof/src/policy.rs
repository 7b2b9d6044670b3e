//! Trust policies: which logs and cosigners a verifier believes (C2SP tlog-policy).
//!
//! C2SP's "witness" is called cosigner here; a witness is a person.

mod read;
#[cfg(test)]
mod tests;

use crate::checkpoint::{CheckpointVerifyError, SignedCheckpoint};
use crate::cosignature;
use crate::note::{VerifierKey, VerifyError};

pub use read::{PolicyError, PolicyProblem};

/// The largest policy that is read, in bytes.
pub const MAX_POLICY_SIZE: usize = 1 << 20;
/// The most lines of each kind that are read (C2SP recommends at least 32).
pub const MAX_OF_EACH_KIND: usize = 256;

/// A log whose checkpoints are believed: it pins the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// Its key; the name of the key is the log's origin.
    pub key: VerifierKey,
    /// Where it can be asked, opaque.
    pub url: Option<Vec<u8>>,
}

/// A party whose cosignatures are believed (a line `witness`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigner {
    /// Its name within the policy: opaque bytes, not the name of the key.
    pub name: Vec<u8>,
    /// Its key.
    pub key: VerifierKey,
    /// Where it can be asked, opaque.
    pub url: Option<Vec<u8>>,
}

/// Whom a verifier believes, and how many of them it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<Log>,
    cosigners: Vec<Cosigner>,
    groups: Vec<Group>,
    quorum: Option<Member>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    threshold: usize,
    members: Vec<Member>,
}

/// A cosigner, or a group that was defined before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    Cosigner(usize),
    Group(usize),
}

/// What a policy says of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement<'p> {
    /// By which log it is signed.
    pub log: LogJudgement<'p>,
    /// What each cosigner said, in the order of the policy.
    pub cosigners: Vec<CosignerJudgement<'p>>,
    /// Whether enough of them cosigned.
    pub quorum: Quorum,
}

/// By which of the policy's logs a checkpoint is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogJudgement<'p> {
    /// The policy names no log; the caller must know it from elsewhere.
    NoLogNamed,
    /// By this one.
    SignedBy(&'p Log),
    /// By none of them.
    NotSigned,
    /// By none that this verifier can check; this one is of the same origin, but signs with ML-DSA-44.
    NotSupported(&'p Log),
    /// A signature that claims to be by one of them is false.
    False(&'p Log),
}

/// What one cosigner said of a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CosignerJudgement<'p> {
    /// Which cosigner.
    pub cosigner: &'p Cosigner,
    /// The time of its cosignature (seconds since the Unix epoch), or why there is none that counts:
    /// [`VerifyError::NotSupported`] for every ML-DSA-44 key, whose cosignatures are never counted.
    pub result: Result<u64, VerifyError>,
}

/// Whether enough cosigners cosigned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quorum {
    /// The policy asks for none (`quorum none`).
    NotAsked,
    /// Enough of them.
    Reached {
        /// By this time (seconds since the Unix epoch) enough had cosigned, if those who count towards the quorum tell the truth.
        by: u64,
    },
    /// Not enough of them.
    NotReached,
}

impl Judgement<'_> {
    /// Whether the checkpoint is valid: signed by a named log, cosigned as the quorum asks, and nothing false beside it.
    ///
    /// A policy that names no log never says so: the caller knows which log it means, and asks that key.
    pub fn accepted(&self) -> bool {
        let false_signature =
            |judgement: &CosignerJudgement<'_>| judgement.result == Err(VerifyError::FalseSignature);
        matches!(self.log, LogJudgement::SignedBy(_))
            && self.quorum != Quorum::NotReached
            && !self.cosigners.iter().any(false_signature)
    }
}

impl Policy {
    /// The logs in their order.
    pub fn logs(&self) -> &[Log] {
        &self.logs
    }

    /// The cosigners in their order.
    pub fn cosigners(&self) -> &[Cosigner] {
        &self.cosigners
    }

    /// Says who of those whom the policy names signed and cosigned this checkpoint.
    pub fn judge<'p>(&'p self, signed: &SignedCheckpoint) -> Judgement<'p> {
        let judge_cosigner = |cosigner: &'p Cosigner| {
            let result = cosignature::verify(signed, &cosigner.key);
            CosignerJudgement { cosigner, result }
        };
        let cosigners: Vec<_> = self.cosigners.iter().map(judge_cosigner).collect();
        let quorum = self.judge_quorum(&cosigners);
        Judgement { log: self.judge_log(signed), cosigners, quorum }
    }

    fn judge_log(&self, signed: &SignedCheckpoint) -> LogJudgement<'_> {
        let mut judgement = match self.logs.is_empty() {
            true => LogJudgement::NoLogNamed,
            false => LogJudgement::NotSigned,
        };
        for log in &self.logs {
            match signed.verify(&log.key) {
                Ok(_) => judgement = LogJudgement::SignedBy(log),
                Err(CheckpointVerifyError::Note(VerifyError::FalseSignature)) => {
                    return LogJudgement::False(log);
                }
                Err(CheckpointVerifyError::Note(VerifyError::NotSupported))
                    if judgement == LogJudgement::NotSigned =>
                {
                    judgement = LogJudgement::NotSupported(log);
                }
                Err(_) => {}
            }
        }
        judgement
    }

    fn judge_quorum(&self, cosigners: &[CosignerJudgement<'_>]) -> Quorum {
        // When each group was satisfied. A group names earlier ones only, so one pass is enough.
        let mut groups: Vec<Option<u64>> = Vec::with_capacity(self.groups.len());
        let time_of = |member: Member, groups: &[Option<u64>]| match member {
            Member::Cosigner(number) => cosigners[number].result.ok(),
            Member::Group(number) => groups[number],
        };
        for group in &self.groups {
            let times = group.members.iter().filter_map(|&member| time_of(member, &groups));
            let mut times: Vec<u64> = times.collect();
            times.sort_unstable();
            // Satisfied by the time at which the last of the `threshold` earliest had cosigned.
            groups.push(times.get(group.threshold - 1).copied());
        }
        match self.quorum {
            None => Quorum::NotAsked,
            Some(member) => time_of(member, &groups).map_or(Quorum::NotReached, |by| Quorum::Reached { by }),
        }
    }
}
