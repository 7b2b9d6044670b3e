//! Times as programs write them (ISO 8601), taken as claims with their zone or without one.

use jiff::civil::DateTime;
use vidimus_model::{ClaimSource, Precision, TimeClaim, TimeOf};

/// `2024-05-14T08:00:00Z` and its kin, with the zone where one stands there.
pub(crate) fn claim(field: &str, of: TimeOf, said: &str) -> Option<TimeClaim> {
    let said = said.trim();
    let clock: DateTime = said.get(..19)?.parse().ok()?;
    let rest = said.get(19..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let zone = match rest {
        "Z" => Some(0),
        "" => None,
        offset => {
            let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
            let hours: i16 = digits.get(..2)?.parse().ok()?;
            let minutes: i16 = digits.get(2..4).map_or(Some(0), |minutes| minutes.parse().ok())?;
            let all = hours * 60 + minutes;
            Some(if offset.starts_with('-') { -all } else { all })
        }
    };
    Some(TimeClaim {
        source: ClaimSource::Metadata,
        field: field.to_owned(),
        of,
        at: None,
        untrusted_text: said.chars().take(100).collect(),
        time: clock,
        precision: Precision::Second,
        zone,
        confidence: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_keeps_its_zone_or_has_none() {
        for (said, expected) in [
            ("2024-05-14T08:00:00Z", Some(Some(0))),
            ("2024-05-14T08:00:00+03:00", Some(Some(180))),
            ("2024-05-14T08:00:00-05", Some(Some(-300))),
            ("2024-05-14T08:00:00.123456789", Some(None)),
            ("2024-05-14", None),
            ("завтра в 08:00:00 утра", None),
        ] {
            assert_eq!(claim("x", TimeOf::Change, said).map(|claim| claim.zone), expected, "{said}");
        }
    }
}
