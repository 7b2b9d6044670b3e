//! What a path claims of time and camera: each pattern of names is told, and nothing is guessed between them.

use vidimus_model::{CameraClaim, ClaimSource, Precision, TimeClaim, TimeOf};

use super::camera::cameras;
use super::dates::{Reading, scan};
use super::times::{Clock, clocks};

/// Everything that a path claims. Bytes that are no UTF-8 are read as windows-1251, as disks from the region have them;
/// digits are the same in both.
///
/// The second time of a span such as `20240514080000-20240514090000` is an end. A time in a name counts by the day of the
/// nearest folder that has one; that day is also claimed by itself.
pub fn from_path(untrusted: &[u8]) -> (Vec<TimeClaim>, Vec<CameraClaim>) {
    let text = decoded(untrusted);
    let mut claims: Vec<TimeClaim> = Vec::new();
    let mut add = |claim: TimeClaim| {
        // A folder and a name that say the same need not say it twice.
        let said = |one: &TimeClaim| {
            (one.of, one.time, one.precision, one.zone) == (claim.of, claim.time, claim.precision, claim.zone)
        };
        if !claims.iter().any(said) && claims.len() < MOST {
            claims.push(claim);
        }
    };
    let name_at = text.rfind('/').map_or(0, |slash| slash + 1);
    // `2024/05/14/08-00-00.mp4`: a date may stand across folders, so the whole path is read at once.
    let readings = scan(&text);
    for reading in
        readings.iter().filter(|reading| reading.place.end <= name_at || reading.place.start < name_at)
    {
        add(claim(&text, reading, "folder", TimeOf::Beginning));
    }
    let in_name: Vec<&Reading> = readings.iter().filter(|reading| reading.place.start >= name_at).collect();
    for reading in &in_name {
        add(claim(&text, reading, "name", of(&text, name_at, reading, &in_name)));
    }
    let day = readings.iter().rev().find(|reading| reading.place.end <= name_at);
    if let Some(day) = day.filter(|day| in_name.is_empty() && day.precision == Precision::Day) {
        let name = &text[name_at..];
        let mut times = clocks(name);
        // `14-00-00` may follow a channel and words, `140000` only a channel: six digits are as often a counter.
        times.retain(|clock| clock.pattern != "hhmmss" || name[..clock.place.start].chars().count() <= 5);
        for (index, clock) in times.iter().take(2).enumerate() {
            let of = if index == 0 { TimeOf::Beginning } else { TimeOf::End };
            for day in readings.iter().filter(|one| one.place == day.place) {
                add(joined(&text, name, day, clock, of));
            }
        }
    }
    let mut labels: Vec<CameraClaim> = Vec::new();
    for camera in cameras(&text).into_iter().take(MOST) {
        if !labels.iter().any(|one| one.label == camera.label) {
            let untrusted_text = text[camera.place].chars().take(100).collect();
            let source = ClaimSource::Path;
            labels.push(CameraClaim { source, untrusted_text, label: camera.label, confidence: None });
        }
    }
    (claims, labels)
}

/// Claims of one path; hostile names could hold thousands.
const MOST: usize = 16;

/// A path as text. Windows-1251 has Cyrillic letters from 0xC0 on; what else it has no number or camera is made of.
fn decoded(untrusted: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(untrusted) {
        return text.to_owned();
    }
    let letter = |byte: &u8| match byte {
        0..=0x7f => char::from(*byte),
        0xc0..=0xff => char::from_u32(0x410 + u32::from(byte - 0xc0)).unwrap_or('\u{fffd}'),
        0xb9 => '№',
        _ => '\u{fffd}',
    };
    untrusted.iter().map(letter).collect()
}

/// Whether a reading in a name is where a span ends: a second full time, with nothing but signs between it and the first.
fn of(text: &str, name_at: usize, reading: &Reading, all: &[&Reading]) -> TimeOf {
    let before =
        all.iter().filter(|one| one.place.end <= reading.place.start).max_by_key(|one| one.place.end);
    let Some(before) = before.filter(|before| before.precision != Precision::Day) else {
        return TimeOf::Beginning;
    };
    let signs =
        text[before.place.end.max(name_at)..reading.place.start].chars().all(|c| !c.is_alphanumeric());
    let later = reading.precision != Precision::Day && reading.time >= before.time;
    if signs && later { TimeOf::End } else { TimeOf::Beginning }
}

fn claim(text: &str, reading: &Reading, part: &str, of: TimeOf) -> TimeClaim {
    let ways =
        if reading.readings > 1 { format!(", one of {} readings", reading.readings) } else { String::new() };
    TimeClaim {
        source: ClaimSource::Path,
        field: format!("{part} {}{ways}", reading.pattern),
        of,
        at: None,
        untrusted_text: text[reading.place.clone()].chars().take(100).collect(),
        time: reading.time,
        precision: reading.precision,
        zone: reading.zone,
        confidence: None,
    }
}

/// A time of a name on the day of a folder.
fn joined(text: &str, name: &str, day: &Reading, clock: &Clock, of: TimeOf) -> TimeClaim {
    let ways = if day.readings > 1 { format!(", one of {} readings", day.readings) } else { String::new() };
    let untrusted_text = format!("{} … {}", &text[day.place.clone()], &name[clock.place.clone()]);
    TimeClaim {
        source: ClaimSource::Path,
        field: format!("folder {} name {}{ways}", day.pattern, clock.pattern),
        of,
        at: None,
        untrusted_text: untrusted_text.chars().take(100).collect(),
        time: day.time.date().to_datetime(clock.time),
        precision: clock.precision,
        zone: clock.zone,
        confidence: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(path: &str) -> Vec<String> {
        let (times, _) = from_path(path.as_bytes());
        times
            .iter()
            .map(|one| format!("{:?} {} {:?} {}", one.of, one.time, one.precision, one.field))
            .collect()
    }

    #[test]
    fn recorders_put_the_day_in_a_folder_and_the_time_in_the_name() {
        assert_eq!(
            said("cam03/2024-05-14/08-00-01.mp4"),
            [
                "Beginning 2024-05-14T00:00:00 Day folder yyyy-mm-dd",
                "Beginning 2024-05-14T08:00:01 Second folder yyyy-mm-dd name hh-mm-ss"
            ]
        );
        let path = "ОТБ-901/Душевая/Камера 02/2019-02-22/ch02_14-40-58.avi";
        assert_eq!(said(path)[1], "Beginning 2019-02-22T14:40:58 Second folder yyyy-mm-dd name hh-mm-ss");
        assert_eq!(
            said("2024/05/14/08.00.00-08.30.00[M][0@0][0].dav")[1..],
            [
                "Beginning 2024-05-14T08:00:00 Second folder yyyy/mm/dd name hh-mm-ss",
                "End 2024-05-14T08:30:00 Second folder yyyy/mm/dd name hh-mm-ss"
            ]
        );
        assert_eq!(said("20240514/080001.mp4").len(), 2);
        assert_eq!(said("2024-05-14/photo 000123.jpg").len(), 1, "a counter is no time");
    }

    #[test]
    fn spans_have_an_end() {
        assert_eq!(
            said("NVR/ch3_main_20240514080000_20240514090000.dav"),
            [
                "Beginning 2024-05-14T08:00:00 Second name yyyymmddhhmmss",
                "End 2024-05-14T09:00:00 Second name yyyymmddhhmmss"
            ]
        );
    }

    #[test]
    fn each_reading_of_an_unknown_order_is_claimed_and_says_so() {
        assert_eq!(
            said("акт 03-04-2024.pdf"),
            [
                "Beginning 2024-04-03T00:00:00 Day name dd-mm-yyyy, one of 2 readings",
                "Beginning 2024-03-04T00:00:00 Day name mm-dd-yyyy, one of 2 readings"
            ]
        );
    }

    #[test]
    fn a_folder_and_a_name_that_contradict_each_other_both_stand() {
        let said = said("Видеорегистраторы/ВР-004/20190201/VID_20190301_101112.mp4");
        assert_eq!(said.len(), 2, "{said:?}");
    }

    #[test]
    fn cameras_are_named_once_whatever_the_alphabet_of_the_disk() {
        let labels = |path: &[u8]| from_path(path).1.into_iter().map(|one| one.label).collect::<Vec<_>>();
        assert_eq!(labels("Камера 02/ch02_14-40-58.avi".as_bytes()), ["cam2"]);
        // The same name in windows-1251.
        assert_eq!(labels(b"\xca\xe0\xec\xe5\xf0\xe0 02/x.avi"), ["cam2"]);
        assert_eq!(labels("корпус 2/камера 3/x.mp4".as_bytes()), ["корпус2cam3"]);
    }

    proptest! {
        #[test]
        fn any_path_is_read_without_harm(path in proptest::collection::vec(any::<u8>(), 0..80)) {
            let (times, cameras) = from_path(&path);
            prop_assert!(times.len() <= MOST && cameras.len() <= MOST);
        }
    }
}
