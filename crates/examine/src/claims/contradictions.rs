//! Claims of time that cannot all be so: listed with what each says, never resolved.

use jiff::SignedDuration;
use jiff::civil::DateTime;
use vidimus_model::{ClaimSource, ClockCorrection, Precision, TimeClaim, TimeOf};

/// Two claims that disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contradiction {
    /// Which claim, counted from 0.
    pub one: usize,
    /// Which other.
    pub other: usize,
    /// By how many seconds the other is later than the one, at least, where both are taken for the same zone or both zones
    /// are known.
    pub later_by: i64,
    /// Minutes east of UTC of the zone in which both would agree, where only one of them says its zone.
    pub agree_in_zone: Option<i16>,
}

/// A claimed time with what a member says of the camera's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Corrected {
    /// The corrected time; the claimed stays beside it.
    pub time: DateTime,
    /// Minutes east of UTC of it, where that is known.
    pub zone: Option<i16>,
}

/// What the claim would be with a correction of its camera's clock; none where no correction covers it. Times of file
/// systems and of texts do not come from the camera's clock, and a day that is moved by hours may be one of two.
pub fn corrected(claim: &TimeClaim, corrections: &[ClockCorrection]) -> Option<Corrected> {
    let (corrected, add) = moved_by(claim, corrections)?;
    (claim.precision != Precision::Day || add % 86_400 == 0).then_some(corrected)
}

/// The claim with the correction that covers it, and how many seconds that adds.
fn moved_by(claim: &TimeClaim, corrections: &[ClockCorrection]) -> Option<(Corrected, i64)> {
    if matches!(claim.source, ClaimSource::FileSystem | ClaimSource::Text) {
        return None;
    }
    let covers = |one: &&ClockCorrection| {
        one.from.is_none_or(|from| from <= claim.time) && one.until.is_none_or(|until| claim.time < until)
    };
    let correction = corrections.iter().find(covers)?;
    let time = claim.time.checked_add(SignedDuration::from_secs(correction.add)).ok()?;
    Some((Corrected { time, zone: correction.zone.or(claim.zone) }, correction.add))
}

/// Every pair of claims of one item that disagree, with corrections of its camera's clock applied.
///
/// Several readings of one place are one claim, which disagrees where none of its readings agrees. Frames that agree with the
/// beginning derived from them are told by it. A last change may be later than the recording, because copying sets it; it
/// disagrees where it is earlier.
pub fn contradictions(
    claims: &[TimeClaim],
    duration_ms: Option<u64>,
    corrections: &[ClockCorrection],
) -> Vec<Contradiction> {
    let spans: Vec<Option<Span>> = claims.iter().map(|claim| span(claim, duration_ms, corrections)).collect();
    let groups = groups(claims);
    let mut found = Vec::new();
    for (index, one) in groups.iter().enumerate() {
        for other in &groups[index + 1..] {
            let pairs = one.iter().flat_map(|one| other.iter().map(move |other| (*one, *other)));
            let compared: Vec<(usize, usize, Compared)> = pairs
                .filter_map(|(one, other)| {
                    Some((one, other, compare(spans[one].as_ref()?, spans[other].as_ref()?)))
                })
                .collect();
            if compared.iter().any(|(_, _, compared)| *compared == Compared::Agree) {
                continue;
            }
            let nearest = compared.iter().min_by_key(|(_, _, compared)| match compared {
                Compared::Agree => (0, 0),
                Compared::InZone { .. } => (1, 0),
                Compared::Apart(seconds) => (2, seconds.abs()),
            });
            match nearest {
                Some((one, other, Compared::InZone { zone, later_by })) => {
                    let (later_by, agree_in_zone) = (*later_by, Some(*zone));
                    found.push(Contradiction { one: *one, other: *other, later_by, agree_in_zone });
                }
                Some((one, other, Compared::Apart(later_by))) => {
                    let (later_by, agree_in_zone) = (*later_by, None);
                    found.push(Contradiction { one: *one, other: *other, later_by, agree_in_zone });
                }
                _ => {}
            }
        }
    }
    found
}

/// Two recordings of one camera that lie over each other: copies of one another, or its clock was set in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// Which recording, counted from 0.
    pub one: usize,
    /// Which other; it does not begin earlier.
    pub other: usize,
    /// For how many seconds.
    pub seconds: i64,
}

/// Recordings of one camera, each with beginning and end on that camera's clock, that lie over each other for longer than
/// recorders let them; at most `most`.
pub fn overlaps(recordings: &[(DateTime, DateTime)], most: usize) -> Vec<Overlap> {
    let mut order: Vec<usize> = (0..recordings.len()).collect();
    order.sort_by_key(|index| recordings[*index]);
    let mut found = Vec::new();
    for (place, one) in order.iter().enumerate() {
        let end = recordings[*one].1;
        for other in &order[place + 1..] {
            let (begins, ends) = recordings[*other];
            let seconds = end.min(ends).duration_since(begins).as_secs();
            if begins >= end {
                break;
            }
            if seconds > SEAM {
                if found.len() >= most {
                    return found;
                }
                found.push(Overlap { one: *one, other: *other, seconds });
            }
        }
    }
    found
}

/// Seconds by which two claims of one moment may differ.
const TOLERANCE: i64 = 5;
/// Seconds by which a recorder's next file may begin before the last has ended.
const SEAM: i64 = 10;

/// Within which times the item began, by one claim: seconds from and up to, on a clock of this zone.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: i64,
    to: i64,
    zone: Option<i16>,
    /// A bound from above only: it did not begin later.
    is_change: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compared {
    Agree,
    InZone { zone: i16, later_by: i64 },
    Apart(i64),
}

fn span(claim: &TimeClaim, duration_ms: Option<u64>, corrections: &[ClockCorrection]) -> Option<Span> {
    let plain = Corrected { time: claim.time, zone: claim.zone };
    let Corrected { time, zone } = moved_by(claim, corrections).map_or(plain, |(corrected, _)| corrected);
    let shown = jiff::tz::Offset::UTC.to_timestamp(time).ok()?.as_second();
    let wide = match claim.precision {
        Precision::Day => 86_399,
        Precision::Minute => 59,
        Precision::Second => 0,
    };
    let seconds = |ms: u64| i64::try_from(ms / 1000).unwrap_or(i64::MAX / 4);
    let (from, to) = match claim.of {
        // Many phones and recorders write the end of the recording into its metadata.
        TimeOf::Beginning if claim.source == ClaimSource::Metadata => {
            (shown - duration_ms.map_or(0, seconds), shown + wide)
        }
        TimeOf::Beginning | TimeOf::Change => (shown, shown + wide),
        TimeOf::Moment => (shown - seconds(claim.at?), shown - seconds(claim.at?) + wide),
        TimeOf::End => (shown - seconds(duration_ms?), shown - seconds(duration_ms?) + wide),
    };
    Some(Span { from: from - TOLERANCE, to: to + TOLERANCE, zone, is_change: claim.of == TimeOf::Change })
}

/// Claims that are read as one: the readings of one place. Frames that a derived beginning tells of are left out.
fn groups(claims: &[TimeClaim]) -> Vec<Vec<usize>> {
    let derived = claims.iter().find(|one| one.source == ClaimSource::BurntIn && one.of == TimeOf::Beginning);
    let told = |claim: &TimeClaim| {
        claim.source == ClaimSource::BurntIn
            && claim.of == TimeOf::Moment
            && derived.zip(claim.at).is_some_and(|(derived, at)| {
                let at = SignedDuration::from_millis(i64::try_from(at).unwrap_or(0));
                claim
                    .time
                    .duration_since(derived.time)
                    .checked_sub(at)
                    .is_some_and(|off| off.as_secs().abs() <= 2)
            })
    };
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (index, claim) in claims.iter().enumerate().filter(|(_, claim)| !told(claim)) {
        let same = |other: &TimeClaim| {
            (other.source, other.of, other.at, &other.untrusted_text)
                == (claim.source, claim.of, claim.at, &claim.untrusted_text)
                && !claim.untrusted_text.is_empty()
        };
        match groups.iter_mut().find(|group| same(&claims[group[0]])) {
            Some(group) => group.push(index),
            None => groups.push(vec![index]),
        }
    }
    groups
}

fn compare(one: &Span, other: &Span) -> Compared {
    match (one.zone, other.zone) {
        (Some(first), Some(second)) => apart(&moved(one, first), &moved(other, second)),
        (None, None) => apart(one, other),
        (known, unknown) => {
            let plain = apart(one, other);
            let Compared::Apart(later_by) = plain else { return plain };
            let is_one_known = known.is_some();
            let Some(zone) = known.or(unknown) else { return plain };
            let (known, unknown) = if is_one_known { (one, other) } else { (other, one) };
            let known = moved(known, zone);
            // Nearest first, so that a wide claim does not name a far zone.
            let mut zones: Vec<i16> = (-48..=56).map(|quarter| quarter * 15).collect();
            zones.sort_by_key(|minutes| (minutes % 60 != 0, (minutes - zone).abs()));
            let agrees = |minutes: &i16| apart(&known, &moved(unknown, *minutes)) == Compared::Agree;
            match zones.into_iter().find(agrees) {
                Some(zone) => Compared::InZone { zone, later_by },
                None => plain,
            }
        }
    }
}

/// The span in UTC.
fn moved(span: &Span, zone: i16) -> Span {
    let by = i64::from(zone) * 60;
    Span { from: span.from - by, to: span.to - by, ..*span }
}

fn apart(one: &Span, other: &Span) -> Compared {
    let later = if other.from > one.to { other.from - one.to + 2 * TOLERANCE } else { 0 };
    let earlier = if one.from > other.to { one.from - other.to + 2 * TOLERANCE } else { 0 };
    // What was changed later than it began is no contradiction.
    let (later, earlier) = match (one.is_change, other.is_change) {
        (true, true) => (0, 0),
        (true, false) => (later, 0),
        (false, true) => (0, earlier),
        (false, false) => (later, earlier),
    };
    match later - earlier {
        0 => Compared::Agree,
        by => Compared::Apart(by),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn claim(source: ClaimSource, of: TimeOf, time: &str, zone: Option<i16>) -> TimeClaim {
        TimeClaim {
            source,
            field: String::new(),
            of,
            at: None,
            untrusted_text: format!("{source:?} {time}"),
            time: time.parse().unwrap(),
            precision: Precision::Second,
            zone,
            confidence: None,
        }
    }

    fn begins(source: ClaimSource, time: &str, zone: Option<i16>) -> TimeClaim {
        claim(source, TimeOf::Beginning, time, zone)
    }

    fn found(claims: &[TimeClaim], corrections: &[ClockCorrection]) -> Vec<(usize, usize, i64, Option<i16>)> {
        let all = contradictions(claims, Some(60_000), corrections);
        all.into_iter().map(|one| (one.one, one.other, one.later_by, one.agree_in_zone)).collect()
    }

    const PATH: ClaimSource = ClaimSource::Path;
    const BURNT: ClaimSource = ClaimSource::BurntIn;
    const DATA: ClaimSource = ClaimSource::Metadata;
    const DISK: ClaimSource = ClaimSource::FileSystem;

    #[test]
    fn what_agrees_is_not_listed_and_what_does_not_is() {
        let path = begins(PATH, "2024-05-14T08:00:00", None);
        assert_eq!(found(&[path.clone(), begins(BURNT, "2024-05-14T08:00:04", None)], &[]), []);
        assert_eq!(
            found(&[path.clone(), begins(BURNT, "2024-05-14T09:00:00", None)], &[]),
            [(0, 1, 3600, None)]
        );
        assert_eq!(
            found(&[path.clone(), begins(BURNT, "2024-04-14T08:00:00", None)], &[])[0].2,
            -30 * 86_400
        );
        let mut day = begins(PATH, "2024-05-14T00:00:00", None);
        day.precision = Precision::Day;
        assert_eq!(found(&[day.clone(), path.clone()], &[]), []);
        assert_eq!(found(&[day, begins(BURNT, "2024-05-15T08:00:00", None)], &[]).len(), 1);
    }

    #[test]
    fn an_unknown_zone_is_neither_taken_for_a_contradiction_nor_for_agreement() {
        let path = begins(PATH, "2024-05-14T08:00:00", None);
        let utc = begins(DATA, "2024-05-14T05:00:00", Some(0));
        assert_eq!(found(&[path.clone(), utc.clone()], &[]), [(0, 1, -10_800, Some(180))]);
        assert_eq!(found(&[utc, path.clone()], &[]), [(0, 1, 10_800, Some(180))]);
        assert_eq!(found(&[path, begins(DATA, "2024-05-14T07:22:00", Some(0))], &[])[0].3, None);
        let moscow = begins(DATA, "2024-05-14T08:00:00", Some(180));
        assert_eq!(found(&[moscow, begins(BURNT, "2024-05-14T05:00:00", Some(0))], &[]), []);
    }

    #[test]
    fn readings_of_one_place_are_one_claim() {
        let mut one = begins(PATH, "2024-04-03T00:00:00", None);
        let mut other = begins(PATH, "2024-03-04T00:00:00", None);
        (one.precision, other.precision) = (Precision::Day, Precision::Day);
        (one.untrusted_text, other.untrusted_text) = ("03-04-2024".into(), "03-04-2024".into());
        assert_eq!(found(&[one.clone(), other.clone(), begins(DATA, "2024-03-04T10:00:00", None)], &[]), []);
        assert_eq!(found(&[one, other, begins(DATA, "2024-05-04T10:00:00", None)], &[]).len(), 1);
    }

    #[test]
    fn a_file_may_have_been_changed_later_but_not_earlier() {
        let path = begins(PATH, "2024-05-14T08:00:00", Some(0));
        let changed = |time| claim(DISK, TimeOf::Change, time, Some(0));
        assert_eq!(found(&[path.clone(), changed("2025-01-01T00:00:00")], &[]), []);
        assert_eq!(found(&[path.clone(), changed("2024-05-13T08:00:00")], &[]).len(), 1);
        assert_eq!(found(&[changed("2024-05-13T08:00:00"), path], &[]).len(), 1);
    }

    #[test]
    fn frames_that_their_beginning_tells_of_are_not_listed_again() {
        let mut frame = claim(BURNT, TimeOf::Moment, "2024-05-14T08:00:10", None);
        frame.at = Some(10_000);
        let mut misread = claim(BURNT, TimeOf::Moment, "2024-05-14T03:00:20", None);
        misread.at = Some(20_000);
        let path = begins(PATH, "2024-05-14T09:00:00", None);
        let all = [path, begins(BURNT, "2024-05-14T08:00:00", None), frame, misread];
        let pairs: Vec<_> = found(&all, &[]).into_iter().map(|one| (one.0, one.1)).collect();
        assert_eq!(pairs, [(0, 1), (0, 3), (1, 3)]);
    }

    #[test]
    fn a_correction_stands_beside_the_claim_and_moves_the_cameras_clock_only() {
        let path = begins(PATH, "2024-05-14T08:00:00", None);
        let mail = begins(ClaimSource::Text, "2024-05-14T09:00:00", None);
        let correction = ClockCorrection { from: None, until: None, add: 3600, zone: Some(180) };
        let told = corrected(&path, std::slice::from_ref(&correction)).unwrap();
        assert_eq!((told.time.to_string().as_str(), told.zone), ("2024-05-14T09:00:00", Some(180)));
        assert_eq!(corrected(&mail, std::slice::from_ref(&correction)), None);
        assert_eq!(found(&[path.clone(), mail.clone()], &[]).len(), 1);
        assert_eq!(found(&[path.clone(), mail], std::slice::from_ref(&correction)), []);
        let day = TimeClaim { precision: Precision::Day, ..path.clone() };
        assert_eq!(corrected(&day, std::slice::from_ref(&correction)), None, "an hour may end the day");
        let months = ClockCorrection { add: 31 * 86_400, ..correction.clone() };
        assert!(corrected(&day, &[months]).is_some());
        let until = Some("2024-05-14T08:00:00".parse().unwrap());
        assert_eq!(corrected(&path, &[ClockCorrection { until, ..correction }]), None);
    }

    #[test]
    fn recordings_of_one_camera_that_lie_over_each_other() {
        let at = |text: &str| format!("2024-05-14T{text}").parse::<DateTime>().unwrap();
        let all = [
            (at("09:00:00"), at("10:00:00")),
            (at("08:00:00"), at("09:00:05")),
            (at("09:30:00"), at("09:40:00")),
        ];
        assert_eq!(overlaps(&all, 10), [Overlap { one: 0, other: 2, seconds: 600 }]);
        assert_eq!(overlaps(&all, 0), []);
    }

    proptest! {
        #[test]
        fn order_changes_the_sign_only(
            minutes in -2000i64..2000, first in proptest::option::of(-12i16..=14), second in proptest::option::of(-12i16..=14),
        ) {
            let time: DateTime = "2024-05-14T08:00:00".parse().unwrap();
            let mut one = begins(PATH, "2024-05-14T08:00:00", first.map(|hours| hours * 60));
            let mut other = begins(BURNT, "2024-05-14T08:00:00", second.map(|hours| hours * 60));
            (one.time, other.time) = (time, time + SignedDuration::from_mins(minutes));
            let there = contradictions(&[one.clone(), other.clone()], None, &[]);
            let back = contradictions(&[other, one], None, &[]);
            prop_assert_eq!(there.len(), back.len());
            for (there, back) in there.iter().zip(&back) {
                prop_assert_eq!(there.later_by, -back.later_by);
                prop_assert_eq!(there.agree_in_zone, back.agree_in_zone);
            }
        }
    }
}
