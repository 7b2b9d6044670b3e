//! Our clock against itself, against time stamps and against the clock of whoever checks: what it said is shown, never believed.

use jiff::Timestamp;

use super::report::Report;
use super::sentence::sentence;
use crate::clock::TOLERANCE;

/// Contradictions of each kind that are told one by one.
const SHOWN: usize = 3;

/// What our clock said, by the order of the log.
#[derive(Default)]
pub(super) struct Clocks {
    /// First record of each run of records that say the same, and what they say.
    runs: Vec<(u64, Timestamp)>,
    /// First record of each append, the ledger size that its member knew, and what our clock said.
    appends: Vec<(u64, u64, Timestamp)>,
}

impl Clocks {
    /// Takes the next sound record of the log: its index, the ledger size that its member knew, and what our clock said.
    pub fn take(&mut self, seq: u64, base: u64, at: Timestamp) {
        if self.runs.last().is_none_or(|(_, last)| *last != at) {
            self.runs.push((seq, at));
        }
        if self.appends.last().is_none_or(|(_, known, last)| (*known, *last) != (base, at)) {
            self.appends.push((seq, base, at));
        }
    }

    /// The newest record below this ledger size, as the first of those that say the same.
    fn before(&self, size: u64) -> Option<(u64, Timestamp)> {
        let behind = self.runs.partition_point(|(first, _)| *first < size);
        self.runs.get(behind.checked_sub(1)?).copied()
    }
}

/// Tells where the clock contradicts itself, a time stamp (tree size of the receipt, and the time by which it existed), or the
/// present.
pub(super) fn look(
    clocks: &Clocks,
    stamps: &[(u64, Timestamp)],
    now: Option<Timestamp>,
    report: &mut Report,
) {
    let (mut back, mut late, mut future) = (Vec::new(), Vec::new(), Vec::new());
    // Of all time stamps over receipts that hold a record the earliest counts.
    let mut stamps: Vec<_> = stamps.to_vec();
    stamps.sort_unstable();
    let mut earliest: Option<(u64, Timestamp)> = None;
    for stamp in stamps.iter_mut().rev() {
        earliest = Some(earliest.filter(|(_, at)| *at <= stamp.1).unwrap_or(*stamp));
        stamp.1 = earliest.map_or(stamp.1, |(_, at)| at);
    }
    for &(seq, base, at) in &clocks.appends {
        if let Some((earlier, said)) = clocks.before(base).filter(|(_, said)| at < *said) {
            back.push(sentence!(
                "when record {} was made: our clock said {}, but already {} in record {} before it; the order is the log's",
                seq,
                shown(at),
                shown(said),
                earlier
            ));
        }
        let over = stamps.partition_point(|(size, _)| *size <= seq);
        if let Some((size, by)) = stamps.get(over).filter(|(_, by)| at.duration_since(*by) > TOLERANCE) {
            late.push(sentence!(
                "when record {} was made: our clock said {}, but a time stamp shows that it was there by {} (receipt {} or a later one)",
                seq,
                shown(at),
                shown(*by),
                size
            ));
        }
        if let Some(now) = now.filter(|now| at.duration_since(*now) > TOLERANCE) {
            future.push(sentence!(
                "when record {} was made: our clock said {}, and on this machine it is only {}",
                seq,
                shown(at),
                shown(now)
            ));
        }
    }
    for found in [back, late, future] {
        let more = found.len().saturating_sub(SHOWN);
        found.into_iter().take(SHOWN).for_each(|one| report.unknown(one));
        if more > 0 {
            report.unknown(sentence!(
                "when the records of {} more [append|appends] were made: our clock was wrong in the same way",
                more
            ));
        }
    }
}

/// To the millisecond: more says nothing of a clock, and is hard to read.
fn shown(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(appends: &[(u64, u64, i64)], stamps: &[(u64, i64)], now: Option<i64>) -> Vec<String> {
        let time = |second| Timestamp::from_second(second).unwrap();
        let mut clocks = Clocks::default();
        for (seq, base, at) in appends {
            clocks.take(*seq, *base, time(*at));
        }
        let stamps: Vec<_> = stamps.iter().map(|(size, at)| (*size, time(*at))).collect();
        let mut report = Report::default();
        look(&clocks, &stamps, now.map(time), &mut report);
        report.done(false).unknown.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_clock_that_only_goes_on_is_passed_over() {
        assert_eq!(told(&[(0, 0, 5), (1, 1, 5), (2, 1, 5), (7, 5, 9)], &[(3, 5), (8, 9)], Some(9)), [""; 0]);
    }

    #[test]
    fn what_its_member_did_not_know_of_yet_contradicts_nothing() {
        // Two processes: the second made its records before it saw those of the first.
        assert_eq!(told(&[(0, 0, 5), (1, 1, 9), (2, 1, 8), (3, 2, 9)], &[], None), [""; 0]);
    }

    #[test]
    fn each_step_back_is_told_once() {
        let told =
            told(&[(0, 0, 500), (1, 1, 900), (2, 1, 900), (3, 3, 600), (4, 3, 600), (5, 5, 700)], &[], None);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(
            told[0].contains("record 3 was made") && told[0].contains("in record 1 before it"),
            "{told:?}"
        );
    }

    #[test]
    fn the_earliest_time_stamp_over_a_record_counts() {
        let appends = [(0, 0, 100), (1, 1, 1000), (2, 2, 2000)];
        // The smaller receipt was stamped last.
        let told = told(&appends, &[(1, 5000), (2, 3000), (3, 900)], None);
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(
            told[0].contains("record 1 was made") && told[0].contains("1970-01-01T00:15:00.000Z"),
            "{told:?}"
        );
        assert!(told[1].contains("record 2 was made"), "{told:?}");
    }

    #[test]
    fn a_minute_is_nothing_and_the_future_is_told() {
        assert_eq!(told(&[(0, 0, 60)], &[(1, 0)], Some(0)), [""; 0]);
        let told = told(&[(0, 0, 61)], &[(1, 0)], Some(0));
        assert_eq!(told.len(), 2, "{told:?}");
    }

    #[test]
    fn a_clock_that_is_always_wrong_is_told_in_few_lines() {
        let appends: Vec<_> = (0..30).map(|n| (n, n, -10 * i64::try_from(n).unwrap())).collect();
        let told = told(&appends, &[], None);
        assert_eq!(told.len(), SHOWN + 1);
        assert!(told[SHOWN].contains("26 more appends"), "{told:?}");
    }
}
