//! Reads a policy, line by line (C2SP tlog-policy, "Policy file syntax and structure").

use std::collections::HashMap;

use super::{Cosigner, Group, Log, MAX_OF_EACH_KIND, MAX_POLICY_SIZE, Member, Policy};
use crate::checkpoint::decimal;
use crate::note::{Algorithm, KeyError, VerifierKey};

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

impl Policy {
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
