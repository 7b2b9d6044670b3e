//! Where moves say that a record stands: under which key, or away where the checker does not read.

use std::collections::BTreeSet;

use vidimus_ledger::Row;
use vidimus_model::Change;

/// Runs of log indices, the first and the last of each.
type Runs = Vec<(u64, u64)>;

/// What the readable records of moves say, in the order of the log.
#[derive(Default)]
pub(super) struct Moves {
    arrivals: Vec<Arrival>,
    leaves: Vec<Leave>,
}

/// A record that lets others in, under a key.
struct Arrival {
    seq: u64,
    compartment: String,
    key: String,
    /// Which; none where a record of before does not say so.
    entries: Option<Runs>,
}

/// A record that lets others out.
struct Leave {
    seq: u64,
    to: String,
    /// Which. A record that does not say so excuses nothing.
    entries: Runs,
}

/// Where a record stands by the last move of it that the checker can read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stands<'a> {
    /// No move names it.
    Unmoved,
    /// Under this key, since the ledger had this size.
    Under { key: &'a str, since: u64 },
    /// Where the checker does not read, since then: what became of it there is not known.
    Away { since: u64 },
    /// It left for where the checker reads, and nothing let it in there.
    Nowhere,
}

/// What the checker knows of the log: how large it was just before the append that holds a record, and which compartments are read.
pub(super) struct Log<'a> {
    pub begin: &'a dyn Fn(u64) -> u64,
    pub holds: &'a dyn Fn(&str) -> bool,
}

impl Moves {
    /// Takes in what a record says.
    pub fn learn(&mut self, row: &Row, change: &Change) {
        match change {
            Change::MovedIn(moved) => self.arrivals.push(Arrival {
                seq: row.seq,
                compartment: row.compartment.clone(),
                key: moved.key.to_string(),
                entries: moved.entries.clone(),
            }),
            Change::MovedOut(moved) => self.leaves.push(Leave {
                seq: row.seq,
                to: moved.to.to_string(),
                entries: moved.entries.clone().unwrap_or_default(),
            }),
            _ => {}
        }
    }

    /// Where this one stands.
    pub fn stands(&self, seq: u64, log: &Log<'_>) -> Stands<'_> {
        let leave = self.leaves.iter().rfind(|leave| names(&leave.entries, seq));
        let arrival =
            self.arrivals.iter().rfind(|one| one.entries.as_ref().is_some_and(|runs| names(runs, seq)));
        let since = |seq: u64| (log.begin)(seq);
        let arrived = arrival.map(|arrival| (arrival, since(arrival.seq)));
        let Some(leave) = leave else {
            return arrived
                .map_or(Stands::Unmoved, |(arrival, since)| Stands::Under { key: &arrival.key, since });
        };
        // Both halves of a move are in one append.
        let left = since(leave.seq);
        if let Some((arrival, since)) = arrived.filter(|(_, arrived)| *arrived >= left) {
            return Stands::Under { key: &arrival.key, since };
        }
        if !(log.holds)(&leave.to) {
            return Stands::Away { since: left };
        }
        let other_half = |one: &&Arrival| one.compartment == leave.to && since(one.seq) == left;
        match self.arrivals.iter().find(other_half) {
            Some(arrival) => Stands::Under { key: &arrival.key, since: left },
            None => Stands::Nowhere,
        }
    }

    /// Every record below `size` that a move names.
    pub fn named(&self, size: u64) -> BTreeSet<u64> {
        let arrivals = self.arrivals.iter().filter_map(|one| one.entries.as_ref());
        let all = arrivals.chain(self.leaves.iter().map(|leave| &leave.entries)).flatten();
        all.flat_map(|(first, last)| *first..size.min(last.saturating_add(1))).collect()
    }
}

fn names(runs: &Runs, seq: u64) -> bool {
    runs.iter().any(|(first, last)| (*first..=*last).contains(&seq))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Appends of ten records each; the checker reads `a` and `b`.
    fn stands(moves: &Moves, seq: u64) -> Stands<'_> {
        moves.stands(seq, &Log { begin: &|seq| seq / 10 * 10, holds: &|name| ["a", "b"].contains(&name) })
    }

    fn arrival(seq: u64, compartment: &str, key: &str, entries: Option<Runs>) -> Arrival {
        Arrival { seq, compartment: compartment.into(), key: key.into(), entries }
    }

    fn leave(seq: u64, to: &str, entries: Runs) -> Leave {
        Leave { seq, to: to.into(), entries }
    }

    #[test]
    fn the_last_move_that_can_be_read_says_where_a_record_stands() {
        let moves = Moves {
            arrivals: vec![arrival(30, "b", "second", None), arrival(52, "a", "fourth", Some(vec![(3, 3)]))],
            leaves: vec![
                leave(21, "elsewhere", vec![(3, 6)]),
                leave(31, "b", vec![(8, 9)]),
                leave(41, "b", vec![(5, 5)]),
            ],
        };
        assert_eq!(stands(&moves, 2), Stands::Unmoved);
        assert_eq!(stands(&moves, 4), Stands::Away { since: 20 });
        // It came back from where the checker does not read.
        assert_eq!(stands(&moves, 3), Stands::Under { key: "fourth", since: 50 });
        // Records of before do not say what they let in; the other half does.
        assert_eq!(stands(&moves, 9), Stands::Under { key: "second", since: 30 });
        assert_eq!(stands(&moves, 5), Stands::Nowhere);
        assert_eq!(moves.named(9), BTreeSet::from([3, 4, 5, 6, 8]));
    }

    #[test]
    fn runs_without_end_are_as_long_as_the_log() {
        let moves = Moves { leaves: vec![leave(21, "b", vec![(0, u64::MAX)])], ..Moves::default() };
        assert_eq!(moves.named(3), BTreeSet::from([0, 1, 2]));
    }
}
