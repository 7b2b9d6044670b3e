//! Times of day, as names of files and burnt-in clocks write them.

use std::ops::Range;

use jiff::civil::Time;
use vidimus_model::Precision;

use super::tokens::{Kind, Token, continues, digits, sign, tokens};

/// A time of day without its day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clock {
    /// Where it stands, in bytes of the text.
    pub place: Range<usize>,
    /// What it says.
    pub time: Time,
    /// How exact it is.
    pub precision: Precision,
    /// Minutes east of UTC, where that is written beside it.
    pub zone: Option<i16>,
    /// How it was read, such as `hh-mm-ss`.
    pub pattern: &'static str,
}

/// Every time of day in a text that three numbers with separators, or six digits by themselves, may be.
pub fn clocks(text: &str) -> Vec<Clock> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut next = 0;
    while next < tokens.len() {
        let alone = next == 0 || !continues(&tokens, next);
        match time_at(text, &tokens, next).filter(|(clock, _)| alone && clock.precision == Precision::Second)
        {
            Some((clock, end)) => {
                found.push(clock);
                next = end;
            }
            None => next += 1,
        }
    }
    found
}

pub(super) fn time(hour: &str, minute: &str, second: &str) -> Option<Time> {
    Time::new(hour.parse().ok()?, minute.parse().ok()?, second.parse().ok()?, 0).ok()
}

/// A time of day that begins here.
pub(super) fn time_at(text: &str, tokens: &[Token], at: usize) -> Option<(Clock, usize)> {
    let clock = |end: usize, time: Time, precision: Precision, pattern: &'static str| {
        let zone = zone_at(text, tokens, end);
        let last = zone.map_or(end, |(_, last)| last);
        let place = tokens[at].from..tokens[last - 1].to;
        Some((Clock { place, time, precision, zone: zone.map(|zone| zone.0), pattern }, last))
    };
    if let Some(all) = digits(text, tokens, at, 6..=9).filter(|all| all.len() == 6 || all.len() == 9) {
        let time = time(&all[0..2], &all[2..4], &all[4..6])?;
        return clock(at + 1, time, Precision::Second, "hhmmss");
    }
    let hour = digits(text, tokens, at, 1..=2)?;
    let sign_between = sign(tokens, at + 1).filter(|c| matches!(c, ':' | '-' | '.' | '_' | ' ' | '/'))?;
    // One digit of an hour only where a colon says that it is one.
    if hour.len() == 1 && sign_between != ':' {
        return None;
    }
    let minute = digits(text, tokens, at + 2, 2..=2)?;
    if sign(tokens, at + 3) == Some(sign_between)
        && let Some(second) = digits(text, tokens, at + 4, 2..=2)
    {
        let time = half_day(text, tokens, at + 5, time(hour, minute, second)?);
        return clock(at + 5 + time.1, time.0, Precision::Second, "hh-mm-ss");
    }
    if matches!(sign_between, ' ' | '/') {
        return None;
    }
    let time = half_day(text, tokens, at + 3, time(hour, minute, "0")?);
    clock(at + 3 + time.1, time.0, Precision::Minute, "hh-mm")
}

/// The time of the second half of the day, where `PM` stands behind it, and how many tokens that took.
fn half_day(text: &str, tokens: &[Token], at: usize, time: Time) -> (Time, usize) {
    let skip = usize::from(sign(tokens, at) == Some(' '));
    let word = tokens.get(at + skip).filter(|token| token.kind == Kind::Word);
    let word = word.map(|token| text[token.from..token.to].to_lowercase());
    let hour = match (word.as_deref(), time.hour()) {
        (Some("am"), 12) => 0,
        (Some("pm"), hour @ 1..12) => hour + 12,
        (Some("am" | "pm"), hour) => hour,
        _ => return (time, 0),
    };
    (time.with().hour(hour).build().unwrap_or(time), skip + 1)
}

/// A zone that is written directly behind a time: `Z`, `+03:00`, `+0300`. A minus may as well begin the end of a span.
pub(super) fn zone_at(text: &str, tokens: &[Token], at: usize) -> Option<(i16, usize)> {
    let token = tokens.get(at)?;
    if token.kind == Kind::Word && matches!(&text[token.from..token.to], "Z" | "UTC" | "GMT") {
        return Some((0, at + 1));
    }
    if token.kind != Kind::Sign('+') {
        return None;
    }
    let (hours, minutes, end) = match digits(text, tokens, at + 1, 2..=4)? {
        both if both.len() == 4 => (&both[0..2], &both[2..4], at + 2),
        hours if hours.len() == 2 && sign(tokens, at + 2) == Some(':') => {
            (hours, digits(text, tokens, at + 3, 2..=2)?, at + 4)
        }
        _ => return None,
    };
    let (hours, minutes): (i16, i16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours <= 14 && minutes < 60).then_some((hours * 60 + minutes, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_by_themselves() {
        let said = |text| clocks(text).into_iter().map(|clock| clock.time.to_string()).collect::<Vec<_>>();
        assert_eq!(said("ch02_14-40-58.avi"), ["14:40:58"]);
        assert_eq!(said("08.00.00-08.30.00[M][0@0][0].dav"), ["08:00:00", "08:30:00"]);
        assert_eq!(said("080001.mp4"), ["08:00:01"]);
        assert!(said("25-00-00").is_empty());
        assert!(said("10.0.0.1").is_empty());
    }
}
