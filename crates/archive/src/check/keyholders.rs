//! When keyholders last showed that they can open what is sealed to them, and whether it is time to ask them again.

use jiff::Timestamp;

use super::ledger::Scan;
use super::report::Report;
use super::sentence::sentence;
use crate::register::Register;

/// Says it; nothing where nobody is named. Without a clock only what is on record.
pub(super) fn look(scan: &Scan, now: Option<Timestamp>, report: &mut Report) {
    let mut register = Register::default();
    for (seq, statement) in &scan.register {
        register.apply(*seq, statement.clone());
    }
    let Some(set) = register.keyholders.filter(|set| !set.recipients.is_empty()) else { return };
    let tested = register.keyholders_tested;
    let day = |at: Timestamp| at.to_string()[..10].to_owned();
    if let Some(last) = tested.last() {
        let opened = tested.opened.len();
        let of = set.recipients.len();
        report.sound(sentence!(
            "{} of {} keyholders opened a recovery test, last on {}",
            opened,
            of,
            day(last)
        ));
    }
    if now.is_some_and(|now| tested.is_due(&set.recipients, now)) {
        report.unknown(sentence!(
            "whether all keyholders, named on {}, can still open who gave what: a year passed without it being shown; test it with vidimus keyholder test",
            day(tested.named)
        ));
    }
}
