//! Hands contained items to the sink as they come, and keeps the bounds: bytes in all, members, and how much a byte may become.

use std::io::{self, Read};

use vidimus_model::{
    End, FileSystemSays, FoundPath, NotContained, NotContainedReason, Reason, TimeZoneKnown,
};

use crate::reader::answer::{self, Answer, Member, Tag};
use crate::work::{Ran, Work, cut};

/// Letters of a path in a record.
const PATH: usize = 400;
/// How much is told of what was not taken.
const TOLD: usize = 2000;
/// Below this many bytes in all, it does not matter how much a byte became.
const FREE: u64 = 64 << 20;

/// How many bytes may come out of this container.
pub(super) fn most_bytes(work: &Work<'_>) -> u64 {
    let limits = &work.options.limits;
    limits.unpacked_bytes.min(work.subject.size().saturating_mul(limits.ratio).max(FREE))
}

/// What was kept until now, and what may still come.
pub(super) struct Keeps {
    bytes_left: u64,
    members_left: u64,
    /// How many were taken whole.
    pub taken: u64,
    /// What went wrong first.
    reason: Option<Reason>,
}

impl Keeps {
    pub fn new(work: &Work<'_>) -> Keeps {
        Keeps {
            bytes_left: most_bytes(work),
            members_left: work.options.limits.members,
            taken: 0,
            reason: None,
        }
    }

    /// Whether a bound was reached, or the sink refused.
    pub fn is_over(&self) -> bool {
        matches!(self.reason, Some(Reason::TooManyBytes | Reason::TooManyParts | Reason::Unknown))
    }

    /// Whether nothing came, and nothing went wrong.
    pub fn is_untouched(&self) -> bool {
        self.taken == 0 && self.reason.is_none()
    }

    /// Hands over one item; `bytes` end where it ends, and fail where it is damaged.
    pub fn one(&mut self, work: &mut Work<'_>, path: &[u8], says: FileSystemSays, bytes: &mut dyn Read) {
        if self.members_left == 0 {
            self.because(Reason::TooManyParts);
            return self.tell(work, path, NotContainedReason::Limit);
        }
        self.members_left -= 1;
        let mut bounded = Bounded { bytes, left: &mut self.bytes_left, ended: None };
        let taken = work.sink.contained(path, says, &mut bounded);
        // What the sink did not want is passed over, so that the next one begins where it does.
        let rest = if taken.is_ok() { io::copy(&mut bounded, &mut io::sink()).map(|_| ()) } else { Ok(()) };
        let ended = bounded.ended;
        match (taken, rest, ended) {
            (Err(_), _, None) => self.because(Reason::Unknown),
            (_, _, Some(Over::Bytes)) => {
                self.because(Reason::TooManyBytes);
                self.tell(work, path, NotContainedReason::Limit);
            }
            (_, Err(_), _) | (_, _, Some(Over::Damaged)) => {
                self.because(Reason::Damaged);
                self.tell(work, path, NotContainedReason::Damaged);
            }
            (Ok(()), Ok(()), None) => self.taken += 1,
        }
    }

    /// Takes the frames of our own reader; the answer at their end.
    pub fn frames(&mut self, work: &mut Work<'_>, through: &mut dyn Read) -> Option<Answer> {
        let mut found = None;
        while let Ok(Some((tag, bytes))) = answer::next(through) {
            match tag {
                Tag::Answer => found = serde_json::from_slice(&bytes).ok().or(found),
                Tag::Begin => {
                    let Ok(member) = serde_json::from_slice::<Member>(&bytes) else { break };
                    let Ok(path) = unhex(&member.path) else { break };
                    let mut pieces = answer::Pieces::new(through);
                    self.one(work, &path, member.says(), &mut pieces);
                    if !pieces.is_ended() || self.is_over() {
                        break;
                    }
                }
                _ => break,
            }
        }
        found
    }

    /// Something that is no item.
    pub fn tell(&mut self, work: &mut Work<'_>, path: &[u8], reason: NotContainedReason) {
        if work.findings.not_taken.len() < TOLD {
            let untrusted_path = cut(&FoundPath::new(path).to_text(), PATH);
            work.findings.not_taken.push(NotContained { untrusted_path, reason });
        }
    }

    /// What the reader says is no item.
    pub fn not_taken(&mut self, work: &mut Work<'_>, untrusted: &[NotContained]) {
        for one in untrusted.iter().take(TOLD) {
            if work.findings.not_taken.len() < TOLD {
                let untrusted_path = cut(&one.untrusted_path, PATH);
                work.findings.not_taken.push(NotContained { untrusted_path, reason: one.reason });
            }
        }
    }

    /// The first thing that went wrong is what is told.
    pub fn because(&mut self, reason: Reason) {
        self.reason = self.reason.or(Some(reason));
    }

    /// What went wrong is known better than by what came.
    pub fn because_instead(&mut self, reason: Reason) {
        self.reason = Some(reason);
    }

    /// Says how the run ended, by what came of it.
    pub fn judge(&self, work: &mut Work<'_>, ran: &Ran) {
        let own = if self.reason.is_none() { ran.reason(work) } else { None };
        let Some(reason) = self.reason.or(own) else { return };
        let end = if self.taken > 0 { End::Partly } else { End::Failed };
        work.judge(ran.tool, end, Some(reason), None);
    }
}

/// What a container says of a member: it has no zone but where its format says so.
pub(super) fn says(modified: Option<jiff::Timestamp>, zone: TimeZoneKnown, mode: u32) -> FileSystemSays {
    FileSystemSays { mode: format!("{:o}", 0o100_000 | mode), modified, zone, ..FileSystemSays::default() }
}

impl Member {
    fn says(&self) -> FileSystemSays {
        let modified = self.modified.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
        says(modified, if self.utc { TimeZoneKnown::Utc } else { TimeZoneKnown::Unknown }, self.mode & 0o7777)
    }
}

#[derive(Clone, Copy)]
enum Over {
    Bytes,
    Damaged,
}

/// One member's bytes, counted.
struct Bounded<'a> {
    bytes: &'a mut dyn Read,
    left: &'a mut u64,
    ended: Option<Over>,
}

impl Read for Bounded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.ended {
            Some(Over::Bytes) => return Err(io::ErrorKind::FileTooLarge.into()),
            Some(Over::Damaged) => return Err(io::ErrorKind::InvalidData.into()),
            None => {}
        }
        let got = self.bytes.read(buffer).inspect_err(|_| self.ended = Some(Over::Damaged))?;
        if got as u64 > *self.left {
            self.ended = Some(Over::Bytes);
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        *self.left -= got as u64;
        Ok(got)
    }
}

fn unhex(text: &str) -> Result<Vec<u8>, ()> {
    let digit = |at: usize| u8::from_str_radix(text.get(at..at + 2).ok_or(())?, 16).map_err(|_| ());
    (0..text.len()).step_by(2).map(digit).collect()
}
