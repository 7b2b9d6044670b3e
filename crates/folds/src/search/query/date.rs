//! Days of a question: `2024`, `2024-03`, `2024-03-01`, and from one to another with two dots between.

use jiff::civil::Date;
use jiff::tz::TimeZone;

/// A span of seconds since 1970, as clocks showed them and without a zone: from the first to the last, both in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// The first second.
    pub from: i64,
    /// The last one.
    pub to: i64,
}

impl Days {
    /// Reads what was typed; none where it is no date, or ends before it begins.
    pub fn read(untrusted_text: &str) -> Option<Self> {
        let days = match untrusted_text.split_once("..") {
            None => span(untrusted_text)?,
            Some(("", "")) => return None,
            Some((from, "")) => Self { from: span(from)?.from, to: i64::MAX },
            Some(("", to)) => Self { from: i64::MIN, to: span(to)?.to },
            Some((from, to)) => Self { from: span(from)?.from, to: span(to)?.to },
        };
        (days.from <= days.to).then_some(days)
    }
}

fn span(text: &str) -> Option<Days> {
    let parts: Vec<i16> = text
        .split('-')
        .map(|part| {
            (part.len() <= 4 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?
        })
        .collect::<Option<_>>()?;
    let small = |n: i16| i8::try_from(n).ok();
    // A year has four digits: 24 could be a day, a month or a year.
    text.split('-').next().filter(|year| year.len() == 4)?;
    let (first, last) = match parts[..] {
        [year] => (Date::new(year, 1, 1).ok()?, Date::new(year, 12, 31).ok()?),
        [year, month] => {
            let first = Date::new(year, small(month)?, 1).ok()?;
            (first, first.last_of_month())
        }
        [year, month, day] => {
            let day = Date::new(year, small(month)?, small(day)?).ok()?;
            (day, day)
        }
        _ => return None,
    };
    let second =
        |date: Date, h, m, s| Some(date.at(h, m, s, 0).to_zoned(TimeZone::UTC).ok()?.timestamp().as_second());
    Some(Days { from: second(first, 0, 0, 0)?, to: second(last, 23, 59, 59)? })
}

#[cfg(test)]
mod tests {
    use super::Days;

    #[test]
    fn days_months_years_and_spans_are_read() {
        let day = 86_400;
        let first_of_march = 1_709_251_200;
        for (text, from, to) in [
            ("2024-03-01", first_of_march, first_of_march + day - 1),
            ("2024-03", first_of_march, first_of_march + 31 * day - 1),
            ("2024-03-01..2024-03-02", first_of_march, first_of_march + 2 * day - 1),
            ("2024-03-01..2024-03", first_of_march, first_of_march + 31 * day - 1),
            ("2024-03-01..", first_of_march, i64::MAX),
            ("..2024-02", i64::MIN, first_of_march - 1),
        ] {
            assert_eq!(Days::read(text), Some(Days { from, to }), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "..",
            "24",
            "2024-13",
            "2024-02-30",
            "2024-1-1-1",
            "01.02.2024",
            "2024..2023",
            "٢٠٢٤",
            "-2024",
            "99999",
        ] {
            assert_eq!(Days::read(text), None, "{text}");
        }
    }
}
