//! Clocks in what was read: mended where a digit was taken for a letter, and compared with how fast the film runs.

use jiff::civil::DateTime;
use vidimus_model::Precision;

use crate::claims::dates::{Reading, scan};

/// A clock that was read in a frame.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shown {
    /// The frame, in milliseconds from the film's beginning.
    pub at: u64,
    /// What it says there.
    pub time: DateTime,
    /// Certainty, 0 to 100.
    pub confidence: u8,
}

/// Dates with their time in a line as tesseract read it; what it took for letters within numbers is taken for digits.
pub(super) fn readings(line: &str) -> Vec<Reading> {
    let with_time = |text: &str| {
        let mut all = scan(text);
        all.retain(|one| one.precision == Precision::Second && one.place.len() >= 14);
        all
    };
    let plain = with_time(line);
    if !plain.is_empty() {
        return plain;
    }
    let digits = as_digits(line);
    let mended = with_time(&digits);
    if !mended.is_empty() {
        return mended;
    }
    // Signs were lost or misread: fourteen digits in a row are a clock whatever stands between them.
    let only: String = digits.chars().filter(char::is_ascii_digit).collect();
    if only.len() == 14 { with_time(&only) } else { Vec::new() }
}

/// Letters that look like digits, in words that are mostly digits; a comma or semicolon for the sign that it was.
fn as_digits(line: &str) -> String {
    let digit = |c: char| match c {
        'O' | 'o' | 'О' | 'о' | 'D' | 'Q' | 'U' => Some('0'),
        'l' | 'I' | 'i' | '|' | '!' | ']' | '[' | 'і' | 'І' | 'T' => Some('1'),
        'Z' | 'z' => Some('2'),
        'З' | 'з' | 'Э' => Some('3'),
        'A' | 'А' => Some('4'),
        'S' | 's' => Some('5'),
        'b' | 'б' | 'G' => Some('6'),
        'B' | 'В' | '&' => Some('8'),
        'g' | 'q' => Some('9'),
        _ => None,
    };
    let mut mended = String::with_capacity(line.len());
    for word in line.split(' ') {
        let numbers = word.chars().filter(char::is_ascii_digit).count();
        let others = word.chars().filter(|c| c.is_alphabetic()).count();
        if !mended.is_empty() {
            mended.push(' ');
        }
        if numbers < 3 || others > numbers {
            mended.push_str(word);
            continue;
        }
        mended.extend(word.chars().map(|c| match c {
            ',' | '·' | '•' => '.',
            ';' => ':',
            '—' | '–' | '~' => '-',
            c => digit(c).unwrap_or(c),
        }));
    }
    // `17.03.201821:10:33`: the blank between date and time was lost.
    let glued = mended.char_indices().find(|(at, _)| {
        let part = |from: usize, to: usize| mended.get(at + from..at + to).unwrap_or_default();
        let is_year = |text: &str| text.len() == 4 && (text.starts_with("20") || text.starts_with("19"));
        let sign = |text: &str| matches!(text, "." | "-" | "/");
        sign(part(2, 3)) && sign(part(5, 6)) && is_year(part(6, 10)) && part(10, 12).parse::<u8>().is_ok()
    });
    if let Some((at, _)) = glued {
        mended.insert(at + 10, ' ');
    }
    mended
}

/// When the film begins by its burnt-in clock, where at least two frames agree that the clock runs as the film does. A frame
/// that was misread agrees with none, and so is left out.
pub(super) fn beginning(shown: &[Shown]) -> Option<Shown> {
    let begins = |one: &Shown| {
        one.time
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()
            .map(|time| time.timestamp().as_millisecond() - one.at as i64)
    };
    let all: Vec<(i64, &Shown)> = shown.iter().filter_map(|one| Some((begins(one)?, one))).collect();
    // A clock shows whole seconds, and a frame may be a frame off.
    let agreeing = |with: i64| all.iter().filter(move |(begin, _)| (begin - with).abs() <= AGREE);
    let (best, _) = all
        .iter()
        .max_by_key(|(begin, one)| (agreeing(*begin).count(), one.confidence, std::cmp::Reverse(one.at)))?;
    let votes: Vec<_> = agreeing(*best).collect();
    if votes.len() < 2 {
        return None;
    }
    // Each frame's clock shows the second that had begun, so the latest of these is nearest to the truth.
    let begin = votes.iter().map(|(begin, _)| *begin).max()?;
    let time = jiff::Timestamp::from_millisecond(begin + HALF_A_FRAME).ok()?;
    let time = jiff::tz::Offset::UTC.to_datetime(time).with().subsec_nanosecond(0).build().ok()?;
    let confidence = votes.iter().map(|(_, one)| one.confidence).max()?;
    Some(Shown { at: 0, time, confidence })
}

/// Milliseconds by which frames of one clock may differ.
const AGREE: i64 = 1500;
/// Milliseconds by which a frame's moment may be known too late.
const HALF_A_FRAME: i64 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Vec<String> {
        readings(line).iter().map(|one| one.time.to_string()).collect()
    }

    #[test]
    fn misread_digits_and_lost_blanks_are_mended() {
        for line in [
            "17.03.2018 21:10:33",
            "17.03.201821:10:33",
            "17.O3.2018 2l:10:33",
            "17.03.2018 21;10;33",
            "17,03,2018 21:10:33",
            "17.03.2018 21.10:33",
            "2018-03-17 21:10:33",
            "2018-03-17 Sat 21:10:33",
            "КАМ 02 17.03.2018 21:10:33",
        ] {
            assert_eq!(said(line), ["2018-03-17T21:10:33"], "{line}");
        }
        assert_eq!(said("03-04-2018 21:10:33").len(), 2, "the order of day and month is not known");
        for line in ["ИК-900 КАМ 02 Душевая", "17.03.2018", "21:10:33", "", "1 2 3 4 5 6 7 8 9"] {
            assert_eq!(said(line), [""; 0], "{line}");
        }
    }

    fn shown(at: u64, time: &str) -> Shown {
        Shown { at, time: time.parse().unwrap(), confidence: 90 }
    }

    #[test]
    fn a_frame_that_was_misread_is_outvoted() {
        let all = [
            shown(0, "2018-03-17T21:10:30"),
            shown(10_000, "2018-03-17T21:10:40"),
            shown(20_000, "2018-08-17T21:10:50"),
            shown(30_500, "2018-03-17T21:11:00"),
        ];
        assert_eq!(beginning(&all).unwrap().time.to_string(), "2018-03-17T21:10:30");
    }

    #[test]
    fn frames_that_do_not_agree_derive_nothing() {
        assert_eq!(beginning(&[shown(0, "2018-03-17T21:10:30")]), None);
        assert_eq!(beginning(&[shown(0, "2018-03-17T21:10:30"), shown(10_000, "2018-03-17T21:10:31")]), None);
        assert_eq!(beginning(&[]), None);
    }
}
