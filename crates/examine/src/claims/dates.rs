//! Dates and times as names of files and burnt-in clocks write them: every reading of each, never one chosen.

use std::ops::Range;

use jiff::civil::{Date, DateTime, Time};
use vidimus_model::Precision;

use super::times::{time, time_at, zone_at};
use super::tokens::{Kind, Token, continues, digits, sign, tokens};

/// One reading of a place in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Where it stands, in bytes of the text.
    pub place: Range<usize>,
    /// What it says; midnight where only a day is said.
    pub time: DateTime,
    /// How exact it is.
    pub precision: Precision,
    /// Minutes east of UTC, where that is written beside it.
    pub zone: Option<i16>,
    /// How it was read, such as `yyyy-mm-dd hh-mm-ss`.
    pub pattern: String,
    /// How many readings this place has; more than one where the order of day and month is not known.
    pub readings: usize,
}

/// Every date in a text, with its time where one follows; a place with several readings gives each.
pub fn scan(text: &str) -> Vec<Reading> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut next = 0;
    while next < tokens.len() {
        let here = readings_at(text, &tokens, next);
        match here.iter().map(|(_, end)| *end).max() {
            Some(end) => {
                let count = here.len();
                found.extend(here.into_iter().map(|(reading, _)| Reading { readings: count, ..reading }));
                next = end;
            }
            None => next += 1,
        }
    }
    found
}

/// Whether a year can be that of a recording.
pub fn plausible(year: i16) -> bool {
    (1970..2100).contains(&year)
}

fn date(year: &str, month: &str, day: &str) -> Option<Date> {
    let year = year.parse().ok().filter(|year| plausible(*year))?;
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

/// A year of two digits; CCTV is younger than 1980.
fn short(year: &str, month: &str, day: &str) -> Option<Date> {
    let number: i16 = year.parse().ok()?;
    let year = if number < 80 { 2000 + number } else { 1900 + number };
    date(&year.to_string(), month, day)
}

fn readings_at(text: &str, tokens: &[Token], at: usize) -> Vec<(Reading, usize)> {
    let mut found = whole_at(text, tokens, at);
    if found.is_empty() {
        found = spaced_at(text, tokens, at);
    }
    found
}

/// Dates written as one number, with their time behind them or in the same number.
fn whole_at(text: &str, tokens: &[Token], at: usize) -> Vec<(Reading, usize)> {
    let Some(all) = digits(text, tokens, at, 6..=17) else { return Vec::new() };
    let mut found = Vec::new();
    let mut add = |day: Option<Date>, clock: Option<(Time, Precision)>, pattern: &str| {
        if let (Some(day), Some((time, precision))) = (day, clock) {
            let zone = zone_at(text, tokens, at + 1);
            let end = zone.map_or(at + 1, |(_, end)| end);
            found.push((
                reading(text, tokens, at..end, day.to_datetime(time), precision, zone.map(|z| z.0), pattern),
                end,
            ));
        }
    };
    let second =
        |text: &str| time(&text[0..2], &text[2..4], &text[4..6]).map(|time| (time, Precision::Second));
    match all.len() {
        14 | 17 => {
            add(date(&all[0..4], &all[4..6], &all[6..8]), second(&all[8..14]), "yyyymmddhhmmss");
            add(date(&all[4..8], &all[2..4], &all[0..2]), second(&all[8..14]), "ddmmyyyyhhmmss");
        }
        13 if all.starts_with('1') => {
            // Milliseconds since 1970, as phones and messengers name files: UTC by definition.
            let moment = all.parse().ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
            if let Some(moment) = moment {
                let time = jiff::tz::Offset::UTC.to_datetime(moment);
                let time = time.with().subsec_nanosecond(0).build().unwrap_or(time);
                let place = at..at + 1;
                found.push((
                    reading(text, tokens, place, time, Precision::Second, Some(0), "milliseconds since 1970"),
                    at + 1,
                ));
            }
        }
        12 => {
            let minute = time(&all[8..10], &all[10..12], "0").map(|time| (time, Precision::Minute));
            add(date(&all[0..4], &all[4..6], &all[6..8]), minute, "yyyymmddhhmm");
            add(short(&all[0..2], &all[2..4], &all[4..6]), second(&all[6..12]), "yymmddhhmmss");
        }
        8 => {
            for (day, pattern) in [
                (date(&all[0..4], &all[4..6], &all[6..8]), "yyyymmdd"),
                (date(&all[4..8], &all[2..4], &all[0..2]), "ddmmyyyy"),
            ] {
                found.extend(day.map(|day| with_time(text, tokens, at, at + 1, day, pattern)));
            }
        }
        // Six digits are a date only where six digits of a time follow them.
        6 => {
            for (day, pattern) in [
                (short(&all[0..2], &all[2..4], &all[4..6]), "yymmdd"),
                (short(&all[4..6], &all[2..4], &all[0..2]), "ddmmyy"),
            ] {
                let read = day.map(|day| with_time(text, tokens, at, at + 1, day, pattern));
                found.extend(read.filter(|(read, _)| {
                    read.pattern.ends_with(" hhmmss") && matches!(sign(tokens, at + 1), Some('_' | '-' | ' '))
                }));
            }
        }
        _ => {}
    }
    found
}

/// Dates written as three numbers, or with the month's name.
fn spaced_at(text: &str, tokens: &[Token], at: usize) -> Vec<(Reading, usize)> {
    let mut found = Vec::new();
    if let Some((day, end)) = named_at(text, tokens, at) {
        found.push(with_time(text, tokens, at, end, day, "d month yyyy"));
        return found;
    }
    if continues(tokens, at) {
        return found;
    }
    let Some(between) = sign(tokens, at + 1).filter(|c| matches!(c, '-' | '.' | '_' | '/' | ' ')) else {
        return found;
    };
    // Dashcams: yyyy_mmdd_hhmmss.
    if let (Some(year), Some(rest)) = (digits(text, tokens, at, 4..=4), digits(text, tokens, at + 2, 4..=4))
        && let Some(day) = date(year, &rest[0..2], &rest[2..4])
    {
        let read = with_time(text, tokens, at, at + 3, day, "yyyy_mmdd");
        found.extend(Some(read).filter(|(read, _)| read.pattern.ends_with(" hhmmss")));
        return found;
    }
    let (Some(first), Some(middle), Some(last)) = (
        digits(text, tokens, at, 1..=4),
        digits(text, tokens, at + 2, 1..=2),
        digits(text, tokens, at + 4, 1..=4),
    ) else {
        return found;
    };
    if sign(tokens, at + 3) != Some(between) {
        return found;
    }
    let mut add = |day: Option<Date>, pattern: &str, needs_time: bool| {
        if let Some(day) = day {
            let pattern = pattern.replace('-', &between.to_string());
            let read = with_time(text, tokens, at, at + 5, day, &pattern);
            if !needs_time || read.0.precision != Precision::Day {
                found.push(read);
            }
        }
    };
    match (first.len(), last.len()) {
        (4, 1..=2) => add(date(first, middle, last), "yyyy-mm-dd", false),
        (1..=2, 4) => {
            add(date(last, middle, first), "dd-mm-yyyy", false);
            // With points nobody writes the month first.
            if between != '.' && first != middle {
                add(date(last, first, middle), "mm-dd-yyyy", false);
            }
        }
        // Three numbers of two digits may as well be a time: a date only where a time follows.
        (2, 2) => {
            add(short(last, middle, first), "dd-mm-yy", true);
            if first != last {
                add(short(first, middle, last), "yy-mm-dd", true);
            }
            if between != '.' && first != middle {
                add(short(last, first, middle), "mm-dd-yy", true);
            }
        }
        _ => {}
    }
    found
}

/// Stems of the months' names in Russian, Ukrainian and English.
const MONTHS: [&[&str]; 12] = [
    &["янв", "січ", "jan"],
    &["фев", "лют", "feb"],
    &["мар", "бер", "mar"],
    &["апр", "кві", "apr"],
    &["мая", "май", "тра", "may"],
    &["июн", "чер", "jun"],
    &["июл", "лип", "jul"],
    &["авг", "сер", "aug"],
    &["сен", "вер", "sep"],
    &["окт", "жов", "oct"],
    &["ноя", "лис", "nov"],
    &["дек", "гру", "dec"],
];

fn month(word: &str) -> Option<usize> {
    let word = word.to_lowercase();
    MONTHS.iter().position(|stems| stems.iter().any(|stem| word.starts_with(stem))).map(|index| index + 1)
}

/// `14 мая 2024`, `14-May-2024`.
fn named_at(text: &str, tokens: &[Token], at: usize) -> Option<(Date, usize)> {
    let day = digits(text, tokens, at, 1..=2)?;
    let mut next = at + 1;
    while matches!(sign(tokens, next), Some(' ' | '-' | '_' | '.')) && next < at + 3 {
        next += 1;
    }
    let word = tokens.get(next).filter(|token| token.kind == Kind::Word)?;
    let month = month(&text[word.from..word.to])?;
    next += 1;
    while matches!(sign(tokens, next), Some(' ' | '-' | '_' | '.' | ',')) && next < at + 6 {
        next += 1;
    }
    let year = digits(text, tokens, next, 4..=4)?;
    Some((date(year, &month.to_string(), day)?, next + 1))
}

/// The reading of a date whose tokens are `at..end`, with the time that follows it, if one does.
fn with_time(
    text: &str,
    tokens: &[Token],
    at: usize,
    end: usize,
    day: Date,
    pattern: &str,
) -> (Reading, usize) {
    let plain = || {
        let time = day.to_datetime(Time::midnight());
        (reading(text, tokens, at..end, time, Precision::Day, None, pattern), end)
    };
    let mut next = end;
    let mut words = 0;
    // What may stand between a date and its time: signs, a weekday, `T`, `в`, `г`.
    while let Some(token) = tokens.get(next).filter(|_| next < end + 8) {
        match token.kind {
            Kind::Sign(' ' | '_' | '-' | '.' | ',' | '(' | '[' | ')' | ']' | '|') => next += 1,
            Kind::Word if words == 0 && between(&text[token.from..token.to]) => {
                words += 1;
                next += 1;
            }
            _ => break,
        }
    }
    if next == end {
        return plain();
    }
    match time_at(text, tokens, next) {
        Some((clock, last)) => {
            let pattern = format!("{pattern} {}", clock.pattern);
            let time = day.to_datetime(clock.time);
            let read = reading(text, tokens, at..last, time, clock.precision, clock.zone, &pattern);
            (read, last)
        }
        None => plain(),
    }
}

/// Words that stand between a date and its time.
fn between(word: &str) -> bool {
    const DAYS: [&str; 21] = [
        "mon", "tue", "wed", "thu", "fri", "sat", "sun", "пн", "вт", "ср", "чт", "пт", "сб", "вс", "нд",
        "пон", "вто", "сре", "чет", "пят", "суб",
    ];
    let word = word.to_lowercase();
    ["t", "в", "г", "at", "о", "года", "року"].contains(&word.as_str())
        || DAYS.iter().any(|day| word.starts_with(day))
}

fn reading(
    text: &str,
    tokens: &[Token],
    place: Range<usize>,
    time: DateTime,
    precision: Precision,
    zone: Option<i16>,
    pattern: &str,
) -> Reading {
    let place = tokens[place.start].from..tokens[place.end - 1].to;
    debug_assert!(text.is_char_boundary(place.start));
    Reading { place, time, precision, zone, pattern: pattern.to_owned(), readings: 1 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::times::clocks;
    use super::*;

    fn said(text: &str) -> Vec<String> {
        scan(text)
            .into_iter()
            .map(|read| format!("{} {:?} [{}]", read.time, read.precision, read.pattern))
            .collect()
    }

    #[test]
    fn patterns_of_recorders_and_phones() {
        for (text, expected) in [
            ("VID_20240514_080001", &["2024-05-14T08:00:01 Second [yyyymmdd hhmmss]"][..]),
            ("ch03_20240514080001", &["2024-05-14T08:00:01 Second [yyyymmddhhmmss]"]),
            ("PXL_20240514_050000123", &["2024-05-14T05:00:00 Second [yyyymmdd hhmmss]"]),
            ("Screenshot_2024-05-14-08-00-01", &["2024-05-14T08:00:01 Second [yyyy-mm-dd hh-mm-ss]"]),
            ("2024.05.14 08.00", &["2024-05-14T08:00:00 Minute [yyyy.mm.dd hh-mm]"]),
            ("2024_0514_080001_001", &["2024-05-14T08:00:01 Second [yyyy_mmdd hhmmss]"]),
            ("14.05.2024 08:00:01", &["2024-05-14T08:00:01 Second [dd.mm.yyyy hh-mm-ss]"]),
            ("05-14-2024 Tue 08:00:01", &["2024-05-14T08:00:01 Second [mm-dd-yyyy hh-mm-ss]"]),
            ("14 мая 2024 г. 8:05", &["2024-05-14T08:05:00 Minute [d month yyyy hh-mm]"]),
            ("14-May-2024 08:00:01 PM", &["2024-05-14T20:00:01 Second [d month yyyy hh-mm-ss]"]),
            ("VID-20240514-WA0003", &["2024-05-14T00:00:00 Day [yyyymmdd]"]),
            ("photo_1715673601123", &["2024-05-14T08:00:01 Second [milliseconds since 1970]"]),
            (
                "NVR_ch3_main_20240514080000_20240514090000",
                &[
                    "2024-05-14T08:00:00 Second [yyyymmddhhmmss]",
                    "2024-05-14T09:00:00 Second [yyyymmddhhmmss]",
                ],
            ),
            ("FILE240514-080001F", &["2024-05-14T08:00:01 Second [yymmdd hhmmss]"]),
        ] {
            let mut got = said(text);
            // A day of a month of twelve has a second reading; these have none.
            got.retain(|one| !one.contains("2014-05-24"));
            assert_eq!(got, expected, "{text}");
        }
    }

    #[test]
    fn an_order_that_is_not_known_gives_each_reading() {
        assert_eq!(
            said("03-04-2024"),
            ["2024-04-03T00:00:00 Day [dd-mm-yyyy]", "2024-03-04T00:00:00 Day [mm-dd-yyyy]"]
        );
        assert_eq!(scan("03-04-2024")[0].readings, 2);
        assert_eq!(said("03.04.2024").len(), 1);
        assert_eq!(said("04-04-2024").len(), 1);
        assert_eq!(
            said("FILE120514-080001"),
            ["2012-05-14T08:00:01 Second [yymmdd hhmmss]", "2014-05-12T08:00:01 Second [ddmmyy hhmmss]"]
        );
        assert_eq!(said("201205140800").len(), 2);
    }

    #[test]
    fn what_may_be_something_else_is_no_date() {
        for text in [
            "21-10-30",
            "192.168.1.64",
            "IMG_1234",
            "12345678",
            "2024-13-01",
            "2024-02-30",
            "отчёт 5",
            "7.62",
            "2024-05",
            "",
        ] {
            let got = said(text);
            assert!(got.is_empty(), "{text}: {got:?}");
        }
        assert!(said("2024-05-14_0003")[0].contains("Day"), "a counter is no time");
    }

    #[test]
    fn a_zone_is_known_only_where_it_stands_there() {
        assert_eq!(scan("20240514T080001Z")[0].zone, Some(0));
        assert_eq!(scan("2024-05-14T08:00:01+03:00")[0].zone, Some(180));
        assert_eq!(scan("20240514_080001+0530")[0].zone, Some(330));
        assert_eq!(scan("20240514_080001-0900")[0].zone, None);
        assert_eq!(scan("20240514_080001")[0].zone, None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in "\\PC{0,60}") {
            for read in scan(&text) {
                prop_assert!(text.get(read.place.clone()).is_some());
                prop_assert!(read.readings >= 1);
            }
            for clock in clocks(&text) {
                prop_assert!(text.get(clock.place).is_some());
            }
        }

        #[test]
        fn what_recorders_write_is_read_again(
            year in 1990i16..2099, month in 1i8..=12, day in 1i8..=28, hour in 0i8..24, minute in 0i8..60, second in 0i8..60,
        ) {
            let time = Date::new(year, month, day).unwrap().at(hour, minute, second, 0);
            for format in ["%Y%m%d_%H%M%S", "%Y-%m-%d %H-%M-%S", "%Y%m%d%H%M%S", "%d.%m.%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S"] {
                let text = format!("x{}y", time.strftime(format));
                let found = scan(&text);
                prop_assert!(
                    found.len() == 1 && found[0].time == time && found[0].precision == Precision::Second,
                    "{text}: {found:?}"
                );
            }
        }
    }
}
