//! The clock, handed down so that dates in evidence can be tested, and what may speak against what it said.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// How far an honest clock may be off an outside one, or off that of another machine of the group: nobody is told of less.
pub(crate) const TOLERANCE: SignedDuration = SignedDuration::from_secs(60);

/// Says what time our clock shows; never "when it happened".
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    fn now(&self) -> Timestamp {
        of_years_with_four_digits(std::time::SystemTime::now())
    }
}

/// A clock that stands still, for tests.
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// What speaks against what our clock said when a record was made. Order is the log's, whatever the clock said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum ClockDoubt {
    /// Earlier than an earlier record: the clock went back between the two.
    BeforeEarlierRecord {
        /// What our clock said then.
        at: Timestamp,
        /// The earlier record: the newest one that its member knew of, as far as it opens here.
        record: u64,
    },
    /// Later than a time stamp shows that the record existed.
    AfterTimeStamp {
        /// What the time stamp says, its accuracy added.
        at: Timestamp,
        /// Tree size of the receipt that it is over.
        receipt: u64,
    },
    /// Later than this machine's clock says now.
    InTheFuture,
}

/// A machine whose clock stands in year 20000 must work too: the end of what can be written stands for what is beyond it.
fn of_years_with_four_digits(time: std::time::SystemTime) -> Timestamp {
    const FIRST: Timestamp = Timestamp::constant(-62_135_596_800, 0); // 0001-01-01T00:00:00Z
    let outside = if time < std::time::UNIX_EPOCH { FIRST } else { Timestamp::MAX };
    Timestamp::try_from(time).map_or(outside, |time| time.max(FIRST))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn no_clock_is_too_far_off() {
        let said = |years: i64| {
            let by = Duration::from_secs(years.unsigned_abs() * 31_556_952);
            let summer = Duration::from_secs(180 * 86_400);
            let time = if years < 0 { UNIX_EPOCH - by } else { UNIX_EPOCH + by } + summer;
            of_years_with_four_digits(time).to_string()[..4].to_owned()
        };
        assert_eq!(
            [-30_000, -2500, -100, 0, 230, 8000, 30_000].map(said),
            ["0001", "0001", "1870", "1970", "2200", "9970", "9999"]
        );
    }
}
