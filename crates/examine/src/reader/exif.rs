//! What a camera wrote into a picture: facts, the place, times with their zone, and the small picture of itself.

use std::io::{BufRead, Seek};

use exif::{Exif, In, Rational, Tag, Value};
use jiff::civil::DateTime;
use vidimus_model::{ClaimSource, Precision, TimeClaim, TimeOf};

use super::answer::Answer;

/// More than cameras write.
const FIELDS: usize = 400;

/// Reads what is there, and gives the picture that the file carries of itself.
pub(super) fn read(untrusted: &mut (impl BufRead + Seek), answer: &mut Answer) -> Option<Vec<u8>> {
    let found = exif::Reader::new().continue_on_error(true).read_from_container(untrusted);
    let exif = match found {
        Ok(exif) => exif,
        Err(error) => error.distill_partial_result(|_| {}).ok()?,
    };
    for field in exif.fields().filter(|field| field.ifd_num == In::PRIMARY).take(FIELDS) {
        // Notes of the maker and pictures are bytes, and say nothing as text.
        if !matches!(field.value, Value::Undefined(ref bytes, _) if bytes.len() > 64)
            && field.tag != Tag::MakerNote
        {
            let value: String = field.display_value().to_string().chars().take(2000).collect();
            answer.fact(&format!("exif.{}", field.tag), value.trim_matches('"').trim());
        }
    }
    place(&exif, answer);
    times(&exif, answer);
    thumbnail(&exif)
}

/// Where it was taken, in degrees.
fn place(exif: &Exif, answer: &mut Answer) {
    for (name, tag, side, negative) in [
        ("gps.latitude", Tag::GPSLatitude, Tag::GPSLatitudeRef, "S"),
        ("gps.longitude", Tag::GPSLongitude, Tag::GPSLongitudeRef, "W"),
    ] {
        let Some(parts) = rationals(exif, tag) else { continue };
        let part = |index: usize| parts.get(index).map_or(0.0, Rational::to_f64);
        let degrees = part(0) + part(1) / 60.0 + part(2) / 3600.0;
        let side = text(exif, side).unwrap_or_default();
        let degrees = if side.starts_with(negative) { -degrees } else { degrees };
        if degrees.is_finite() {
            answer.fact(name, format!("{degrees:.6}"));
        }
    }
}

fn times(exif: &Exif, answer: &mut Answer) {
    for (time, offset, of) in [
        (Tag::DateTimeOriginal, Tag::OffsetTimeOriginal, TimeOf::Beginning),
        (Tag::DateTimeDigitized, Tag::OffsetTimeDigitized, TimeOf::Beginning),
        (Tag::DateTime, Tag::OffsetTime, TimeOf::Change),
    ] {
        let Some(said) = text(exif, time) else { continue };
        let zone = text(exif, offset);
        let Some(read) = moment(&said) else { continue };
        let minutes = zone.as_deref().and_then(minutes);
        let said = zone.map_or_else(|| said.clone(), |zone| format!("{said} {zone}"));
        answer.times.push(claim(&format!("exif.{time}"), of, &said, read, minutes));
    }
    // Satellites count in UTC.
    let date = text(exif, Tag::GPSDateStamp);
    let clock = rationals(exif, Tag::GPSTimeStamp);
    if let (Some(date), Some([hour, minute, second, ..])) = (date, clock.as_deref()) {
        let said = format!(
            "{date} {:02.0}:{:02.0}:{:02.0}",
            hour.to_f64(),
            minute.to_f64(),
            second.to_f64().floor()
        );
        if let Some(read) = moment(&said) {
            answer.times.push(claim("exif.GPSTimeStamp", TimeOf::Beginning, &said, read, Some(0)));
        }
    }
}

fn claim(field: &str, of: TimeOf, said: &str, time: DateTime, zone: Option<i16>) -> TimeClaim {
    TimeClaim {
        source: ClaimSource::Metadata,
        field: field.to_owned(),
        of,
        at: None,
        untrusted_text: said.chars().take(100).collect(),
        time,
        precision: Precision::Second,
        zone,
        confidence: None,
    }
}

/// `2024:05:14 08:00:00`, also with other marks between.
fn moment(said: &str) -> Option<DateTime> {
    let mut numbers = said.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let mut next = || numbers.next()?.parse::<i16>().ok();
    let small = |number: i16| i8::try_from(number).ok();
    let (year, month, day) = (next()?, small(next()?)?, small(next()?)?);
    let (hour, minute, second) = (small(next()?)?, small(next()?)?, small(next()?)?);
    DateTime::new(year, month, day, hour, minute, second, 0).ok()
}

/// `+03:00` in minutes.
fn minutes(zone: &str) -> Option<i16> {
    let zone = zone.trim();
    if zone == "Z" {
        return Some(0);
    }
    let (sign, rest) = zone.split_at_checked(1)?;
    let (hours, minutes) = rest.split_once(':')?;
    let all = hours.parse::<i16>().ok()?.checked_mul(60)?.checked_add(minutes.parse().ok()?)?;
    match sign {
        "+" => Some(all),
        "-" => Some(-all),
        _ => None,
    }
}

fn thumbnail(exif: &Exif) -> Option<Vec<u8>> {
    let number = |tag| exif.get_field(tag, In::THUMBNAIL)?.value.get_uint(0);
    let at = usize::try_from(number(Tag::JPEGInterchangeFormat)?).ok()?;
    let length = usize::try_from(number(Tag::JPEGInterchangeFormatLength)?).ok()?;
    exif.buf().get(at..at.checked_add(length)?).map(<[u8]>::to_vec)
}

fn text(exif: &Exif, tag: Tag) -> Option<String> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Ascii(parts) => {
            let said = String::from_utf8_lossy(parts.first()?).trim_matches(['\0', ' ']).to_owned();
            (!said.is_empty()).then_some(said)
        }
        _ => None,
    }
}

fn rationals(exif: &Exif, tag: Tag) -> Option<Vec<Rational>> {
    match &exif.get_field(tag, In::PRIMARY)?.value {
        Value::Rational(parts) if !parts.is_empty() => Some(parts.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_zones_are_read_as_they_stand() {
        assert_eq!(moment("2024:05:14 08:00:01").unwrap().to_string(), "2024-05-14T08:00:01");
        assert_eq!(moment("0000:00:00 00:00:00"), None);
        assert_eq!(moment("    :  :     :  :  "), None);
        for (said, expected) in
            [("+03:00", Some(180)), ("-01:30", Some(-90)), ("Z", Some(0)), ("3", None), ("ж", None)]
        {
            assert_eq!(minutes(said), expected, "{said}");
        }
    }
}
