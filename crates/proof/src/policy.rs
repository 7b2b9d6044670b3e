//! Trust policies: which logs and cosigners a verifier believes (C2SP tlog-policy).
//!
//! C2SP's "witness" is called cosigner here; a witness is a person.

use std::collections::HashMap;

use crate::checkpoint::{CheckpointVerifyError, SignedCheckpoint, decimal};
use crate::cosignature;
use crate::note::{Algorithm, KeyError, VerifierKey, VerifyError};

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

/// Why bytes are not a policy, and in which line, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct PolicyError {
    /// The line; 0 where the file as a whole is meant.
    pub line: usize,
    /// What is wrong with it.
    pub reason: PolicyProblem,
}

/// What is wrong with a line of a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    /// Larger than [`MAX_POLICY_SIZE`], or more lines of one kind than [`MAX_OF_EACH_KIND`].
    #[error("the policy is too large")]
    TooLarge,
    /// A control character other than tab and newline.
    #[error("it contains a control character")]
    ControlCharacter,
    /// The last line has no newline: the file may have been cut.
    #[error("it does not end with a newline")]
    Unterminated,
    /// Neither `log`, `witness`, `group` nor `quorum`, or with too few or too many words.
    #[error("it is not a line of a policy")]
    Form,
    /// The key cannot be read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key is of a kind that a log or a cosigner does not sign with.
    #[error("the key is of another kind")]
    KindOfKey,
    /// The same public key stands in an earlier line of the same kind.
    #[error("the key stands in an earlier line")]
    RepeatedKey,
    /// The name is `none` or was given before.
    #[error("the name is taken")]
    NameTaken,
    /// No line before defines this name.
    #[error("the name is not defined before")]
    UnknownName,
    /// The name is already a member of a group.
    #[error("the name is already a member of a group")]
    RepeatedMember,
    /// The threshold is not `any`, `all` or a number from 1 to the number of members.
    #[error("the threshold cannot be reached, or is none")]
    Threshold,
    /// A second line `quorum`, or none.
    #[error("there must be one quorum")]
    Quorum,
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

    /// Reads a policy from bytes of unknown origin.
    pub fn from_bytes(untrusted_bytes: &[u8]) -> Result<Self, PolicyError> {
        let whole = |reason| PolicyError { line: 0, reason };
        if untrusted_bytes.len() > MAX_POLICY_SIZE {
            return Err(whole(PolicyProblem::TooLarge));
        }
        let mut reader = Reader::default();
        let mut rest = untrusted_bytes;
        let mut number = 0;
        while !rest.is_empty() {
            number += 1;
            let at_line = |reason| PolicyError { line: number, reason };
            let end = rest.iter().position(|&byte| byte == b'\n');
            let end = end.ok_or(at_line(PolicyProblem::Unterminated))?;
            reader.line(&rest[..end]).map_err(at_line)?;
            rest = &rest[end + 1..];
        }
        let quorum = reader.quorum.ok_or(whole(PolicyProblem::Quorum))?;
        let Reader { logs, cosigners, groups, .. } = reader;
        Ok(Self { logs, cosigners, groups, quorum })
    }
}

/// A policy of which some lines were read.
#[derive(Default)]
struct Reader<'b> {
    logs: Vec<Log>,
    cosigners: Vec<Cosigner>,
    groups: Vec<Group>,
    /// The outer option: whether the line was there; the inner: whether it asks for anyone.
    quorum: Option<Option<Member>>,
    names: HashMap<&'b [u8], Name>,
}

struct Name {
    member: Member,
    /// Whether a group has it: a name is in one group at most, so that each cosigner counts once.
    in_group: bool,
}

impl<'b> Reader<'b> {
    fn line(&mut self, untrusted_line: &'b [u8]) -> Result<(), PolicyProblem> {
        if untrusted_line.iter().any(|&byte| (byte < 0x20 && byte != b'\t') || byte == 0x7f) {
            return Err(PolicyProblem::ControlCharacter);
        }
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let words: Vec<&[u8]> = untrusted_line.split(blank).filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            [] => Ok(()),
            [first, ..] if first.starts_with(b"#") => Ok(()),
            [b"log", key] => self.log(key, None),
            [b"log", key, url] => self.log(key, Some(url)),
            [b"witness", name, key] => self.cosigner(name, key, None),
            [b"witness", name, key, url] => self.cosigner(name, key, Some(url)),
            [b"group", name, threshold, members @ ..] => self.group(name, threshold, members),
            [b"quorum", name] => self.quorum(name),
            _ => Err(PolicyProblem::Form),
        }
    }

    fn log(&mut self, key: &[u8], url: Option<&[u8]>) -> Result<(), PolicyProblem> {
        let key = read_key(key, &[Algorithm::Ed25519, Algorithm::MlDsa44])?;
        check_new_key(&key, self.logs.iter().map(|log| &log.key))?;
        check_room(self.logs.len())?;
        self.logs.push(Log { key, url: url.map(<[u8]>::to_vec) });
        Ok(())
    }

    fn cosigner(&mut self, name: &'b [u8], key: &[u8], url: Option<&[u8]>) -> Result<(), PolicyProblem> {
        let key = read_key(key, &[Algorithm::CosignatureV1, Algorithm::MlDsa44])?;
        check_new_key(&key, self.cosigners.iter().map(|cosigner| &cosigner.key))?;
        check_room(self.cosigners.len())?;
        self.define(name, Member::Cosigner(self.cosigners.len()))?;
        self.cosigners.push(Cosigner { name: name.to_vec(), key, url: url.map(<[u8]>::to_vec) });
        Ok(())
    }

    fn group(
        &mut self,
        name: &'b [u8],
        threshold: &[u8],
        member_names: &[&'b [u8]],
    ) -> Result<(), PolicyProblem> {
        let mut members = Vec::with_capacity(member_names.len());
        for member_name in member_names {
            let known = self.names.get_mut(member_name).ok_or(PolicyProblem::UnknownName)?;
            if std::mem::replace(&mut known.in_group, true) {
                return Err(PolicyProblem::RepeatedMember);
            }
            members.push(known.member);
        }
        let threshold = match threshold {
            b"any" => Some(1),
            b"all" => Some(members.len()),
            number => std::str::from_utf8(number)
                .ok()
                .and_then(decimal)
                .and_then(|number| usize::try_from(number).ok()),
        };
        let threshold = threshold
            .filter(|threshold| (1..=members.len()).contains(threshold))
            .ok_or(PolicyProblem::Threshold)?;
        check_room(self.groups.len())?;
        self.define(name, Member::Group(self.groups.len()))?;
        self.groups.push(Group { threshold, members });
        Ok(())
    }

    fn quorum(&mut self, name: &[u8]) -> Result<(), PolicyProblem> {
        let quorum = match name {
            b"none" => None,
            name => Some(self.names.get(name).ok_or(PolicyProblem::UnknownName)?.member),
        };
        match self.quorum.replace(quorum) {
            None => Ok(()),
            Some(_) => Err(PolicyProblem::Quorum),
        }
    }

    fn define(&mut self, name: &'b [u8], member: Member) -> Result<(), PolicyProblem> {
        if name == b"none" || self.names.contains_key(name) {
            return Err(PolicyProblem::NameTaken);
        }
        self.names.insert(name, Name { member, in_group: false });
        Ok(())
    }
}

fn read_key(untrusted_key: &[u8], kinds: &[Algorithm]) -> Result<VerifierKey, PolicyProblem> {
    let key = std::str::from_utf8(untrusted_key).map_err(|_| KeyError::Form)?;
    let key: VerifierKey = key.parse()?;
    if kinds.contains(&key.algorithm()) { Ok(key) } else { Err(PolicyProblem::KindOfKey) }
}

/// Two keys are the same if the public key is, whatever their names and identifiers.
fn check_new_key<'k>(
    key: &VerifierKey,
    mut earlier: impl Iterator<Item = &'k VerifierKey>,
) -> Result<(), PolicyProblem> {
    match earlier.any(|earlier| earlier.public_key() == key.public_key()) {
        true => Err(PolicyProblem::RepeatedKey),
        false => Ok(()),
    }
}

fn check_room(already: usize) -> Result<(), PolicyProblem> {
    if already < MAX_OF_EACH_KIND { Ok(()) } else { Err(PolicyProblem::TooLarge) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;
    use crate::note::Signer;

    fn cosigner(number: u8) -> cosignature::Cosigner {
        let name = format!("cosigner{number}.example").parse().unwrap();
        cosignature::Cosigner::new(name, &[number; 32])
    }

    fn signer() -> Signer {
        Signer::new("archive.example".parse().unwrap(), &[100; 32])
    }

    /// The example of the specification: two of X1 to X3, and one of Y1 to Y3 (keys 1 to 6).
    fn example() -> String {
        let key = |number| cosigner(number).verifier_key().to_string();
        format!(
            "# whom we believe\n\
             log {}\n\
             \n\
             \twitness X1 {}\n\
             witness  X2 {}   https://x2.example/ \n\
             witness X3 {}\n\
             group X-witnesses 2 X1 X2 X3\n\
             \n\
             witness Y1 {}\n\
             witness Y2 {}\n\
             witness Y3 {}\n\
             group Y-witnesses any Y1 Y2 Y3\n\
             \n\
             group X-and-Y all X-witnesses Y-witnesses\n\
             quorum X-and-Y\n",
            signer().verifier_key(),
            key(1),
            key(2),
            key(3),
            key(4),
            key(5),
            key(6)
        )
    }

    /// A checkpoint that these cosigners cosigned; cosigner n did so at the time 10 n.
    fn cosigned(by: &[u8]) -> SignedCheckpoint {
        let origin = "archive.example".parse().unwrap();
        let checkpoint = Checkpoint { origin, size: 3, root: [5; 32] };
        let signed = SignedCheckpoint::sign(checkpoint, &signer()).unwrap();
        by.iter().fold(signed.clone(), |cosigned, &number| {
            let cosignature = cosigner(number).cosign(&signed, u64::from(number) * 10).unwrap();
            cosigned.with_signature(cosignature).unwrap()
        })
    }

    fn problem(policy: &str) -> (usize, PolicyProblem) {
        let PolicyError { line, reason } = Policy::from_bytes(policy.as_bytes()).unwrap_err();
        (line, reason)
    }

    #[test]
    fn the_example_of_the_specification_asks_for_two_of_three_and_one_of_three() {
        let text = example();
        let policy = Policy::from_bytes(text.as_bytes()).unwrap();
        assert_eq!(policy.cosigners()[1].url.as_deref(), Some(&b"https://x2.example/"[..]));
        for (by, quorum) in [
            (&[][..], Quorum::NotReached),
            (&[1, 2, 3], Quorum::NotReached),
            (&[1, 4, 5, 6], Quorum::NotReached),
            (&[1, 2, 7], Quorum::NotReached),
            (&[1, 2, 4], Quorum::Reached { by: 40 }),
            (&[1, 3, 6], Quorum::Reached { by: 60 }),
            (&[6, 5, 4, 3, 2, 1], Quorum::Reached { by: 40 }),
        ] {
            let signed = cosigned(by);
            let judgement = policy.judge(&signed);
            assert_eq!(judgement.quorum, quorum, "{by:?}");
            assert_eq!(judgement.log, LogJudgement::SignedBy(&policy.logs()[0]));
            assert_eq!(judgement.accepted(), quorum != Quorum::NotReached);
        }
    }

    #[test]
    fn a_checkpoint_of_another_log_or_with_something_false_is_not_accepted() {
        let text = example();
        let policy = Policy::from_bytes(text.as_bytes()).unwrap();
        let origin: crate::note::KeyName = "other.example".parse().unwrap();
        let other = Signer::new(origin.clone(), &[100; 32]);
        let checkpoint = Checkpoint { origin, size: 3, root: [5; 32] };
        let signed = SignedCheckpoint::sign(checkpoint, &other).unwrap();
        assert_eq!(policy.judge(&signed).log, LogJudgement::NotSigned);

        // A cosignature over that other checkpoint, carried over to ours, among enough true ones.
        let carried = cosigner(3).cosign(&signed, 30).unwrap();
        let mixed = cosigned(&[1, 2, 4]).with_signature(carried).unwrap();
        let judgement = policy.judge(&mixed);
        assert_eq!(judgement.cosigners[2].result, Err(VerifyError::FalseSignature));
        assert_eq!(judgement.quorum, Quorum::Reached { by: 40 });
        assert!(!judgement.accepted());
    }

    #[test]
    fn without_a_quorum_or_a_log_it_says_so() {
        let policy = Policy::from_bytes(b"quorum none\n").unwrap();
        let judgement = policy.judge(&cosigned(&[])).clone();
        assert_eq!((judgement.log, judgement.quorum), (LogJudgement::NoLogNamed, Quorum::NotAsked));
        assert!(!judgement.accepted());
        let policy = format!("log {}\nquorum none\n", signer().verifier_key());
        let policy = Policy::from_bytes(policy.as_bytes()).unwrap();
        assert!(policy.judge(&cosigned(&[])).accepted());
    }

    #[test]
    fn lines_that_do_not_belong_are_named() {
        let key = |number| cosigner(number).verifier_key().to_string();
        let renamed = cosignature::Cosigner::new("renamed.example".parse().unwrap(), &[1; 32]);
        let a_and_b = format!("witness a {}\nwitness b {}\n", key(1), key(2));
        for (policy, line, reason) in [
            ("", 0, PolicyProblem::Quorum),
            ("quorum none", 1, PolicyProblem::Unterminated),
            ("quorum none\r\n", 1, PolicyProblem::ControlCharacter),
            ("quorum none\nquorum none\n", 2, PolicyProblem::Quorum),
            ("quorum a\n", 1, PolicyProblem::UnknownName),
            ("quorum\n", 1, PolicyProblem::Form),
            ("log\n", 1, PolicyProblem::Form),
            ("Quorum none\n", 1, PolicyProblem::Form),
            ("log x\n", 1, PolicyProblem::Key(KeyError::Form)),
            (&format!("log {}\n", key(1)), 1, PolicyProblem::KindOfKey),
            (&format!("witness a {}\n", signer().verifier_key()), 1, PolicyProblem::KindOfKey),
            (&format!("witness none {}\n", key(1)), 1, PolicyProblem::NameTaken),
            (&format!("{a_and_b}witness a {}\n", key(3)), 3, PolicyProblem::NameTaken),
            (&format!("{a_and_b}witness c {}\n", renamed.verifier_key()), 3, PolicyProblem::RepeatedKey),
            (&format!("{a_and_b}group g all\n"), 3, PolicyProblem::Threshold),
            (&format!("{a_and_b}group g 0 a b\n"), 3, PolicyProblem::Threshold),
            (&format!("{a_and_b}group g 3 a b\n"), 3, PolicyProblem::Threshold),
            (&format!("{a_and_b}group g 01 a b\n"), 3, PolicyProblem::Threshold),
            (&format!("{a_and_b}group g some a b\n"), 3, PolicyProblem::Threshold),
            (&format!("{a_and_b}group g any a a\n"), 3, PolicyProblem::RepeatedMember),
            (&format!("{a_and_b}group g any none\n"), 3, PolicyProblem::UnknownName),
            (&format!("{a_and_b}group g any g\n"), 3, PolicyProblem::UnknownName),
            (&format!("{a_and_b}group g any a\ngroup h any a b\n"), 4, PolicyProblem::RepeatedMember),
            (&format!("{a_and_b}group a any b\n"), 3, PolicyProblem::NameTaken),
        ] {
            assert_eq!(problem(policy), (line, reason), "{policy}");
        }
    }
}
