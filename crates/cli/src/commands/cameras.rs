//! `vidimus cameras` and `vidimus camera`: which cameras there are, where they hang, and how far their clocks were off.

use std::ops::ControlFlow;

use clap::{Args, Subcommand};
use jiff::civil::DateTime;
use vidimus_archive::query::{ListQuery, TimeLine};
use vidimus_archive::{Archive, CameraChange, ClockChange, camera_label};
use vidimus_model::{ClockCorrection, Ref};

use super::Answer;
use crate::context::Context;
use crate::references;
use crate::trouble::{ExaminationTrouble, Trouble};
use crate::words::table::Column;
use crate::words::{examined, numbers, safe};

/// Show the cameras that items claim or were given to, and what is said of them
#[derive(Args)]
pub struct List {
    /// An accession, such as A7; without it, all
    #[arg(value_name = "REF")]
    reference: Option<String>,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

/// Say where a camera hangs, how far its clock was off, or which items are of it
#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Set(Set),
    Give(Give),
}

/// Say something of a camera; what was said before stays where nothing else is said
#[derive(Args)]
struct Set {
    /// The camera: an accession and a label, such as A7/cam3
    #[arg(value_name = "CAMERA")]
    camera: String,
    /// The name by which people know it
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Where it hangs
    #[arg(long, value_name = "TEXT")]
    place: Option<String>,
    /// What is to be added to what its clock showed, such as -1h, +31d, 7s, -1h30m; a number alone is seconds
    #[arg(long, value_name = "SPAN", allow_hyphen_values = true, conflicts_with = "clock_none", value_parser = span)]
    clock_add: Option<i64>,
    /// From when on, as the clock showed it, such as 2024-03-31T03:00:00
    #[arg(long, value_name = "TIME", requires = "clock_add")]
    from: Option<DateTime>,
    /// Up to when, as the clock showed it
    #[arg(long, value_name = "TIME", requires = "clock_add")]
    until: Option<DateTime>,
    /// Minutes east of UTC of the corrected time, such as 180
    #[arg(long, value_name = "MINUTES", allow_hyphen_values = true, requires = "clock_add",
        value_parser = clap::value_parser!(i16).range(-900..=900))]
    zone: Option<i16>,
    /// Take all corrections of its clock back
    #[arg(long)]
    clock_none: bool,
    /// Why; it is recorded
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Give items to a camera, whatever they claim; without one, what they claim holds again
#[derive(Args)]
struct Give {
    /// Items, such as A7-312
    #[arg(required = true, value_name = "REF")]
    references: Vec<String>,
    /// The camera's label, such as cam3
    #[arg(long, value_name = "LABEL")]
    camera: Option<String>,
    /// Why; it is recorded
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Lists cameras.
///
/// # Errors
/// The reference is not known, or the archive does not open.
pub fn list(arguments: List, context: &mut Context) -> Result<Answer, Trouble> {
    let accession = arguments.reference.as_deref().map(references::one).transpose()?;
    let mut archive = context.open()?;
    let cameras = archive.cameras(accession.as_ref())?;
    if arguments.json {
        context.say_json(&cameras)?;
        return Ok(Answer::Yes);
    }
    let lang = context.lang;
    if !cameras.is_empty() {
        let rows: Vec<Vec<String>> = cameras
            .iter()
            .map(|camera| {
                let said = camera.said.as_ref();
                let named =
                    [said.and_then(|said| said.name.as_ref()), said.and_then(|said| said.place.as_ref())];
                let named: Vec<String> = named.into_iter().flatten().map(|text| safe::text(text)).collect();
                vec![
                    format!("{}/{}", camera.accession, safe::text(&camera.label)),
                    numbers::count(lang, camera.claimed),
                    numbers::count(lang, camera.given),
                    examined::clock(lang, said),
                    named.join(", "),
                ]
            })
            .collect();
        let [label, claimed, given, clock, place] = lang.pick(
            ["camera", "claimed", "given", "clock", "name, place"],
            ["камера", "вказують", "віднесено", "годинник", "назва, місце"],
            ["камера", "указывают", "отнесено", "часы", "название, место"],
        );
        let columns = [
            (Column::Text, label),
            (Column::Number, claimed),
            (Column::Number, given),
            (Column::Text, clock),
            (Column::Long, place),
        ];
        context.say_table(&columns, &rows)?;
    }
    for line in cameras.iter().flat_map(|camera| examined::speaks_against(lang, camera)) {
        context.say(&line)?;
    }
    let counts = archive.examined(accession.as_ref())?;
    context.say(&examined::counts(lang, counts))?;
    Ok(Answer::Yes)
}

/// Says something of a camera.
///
/// # Errors
/// What stopped it.
pub fn say(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    match arguments.what {
        What::Set(set) => {
            let (accession, label) = camera(&set.camera)?;
            let correction = |add| ClockCorrection { from: set.from, until: set.until, add, zone: set.zone };
            let clock = match set.clock_add {
                Some(add) => ClockChange::Correct(correction(add)),
                None if set.clock_none => ClockChange::TakeBack,
                None => ClockChange::Keep,
            };
            let change = CameraChange { name: set.name, place: set.place, clock, reason: set.reason };
            let mut archive = context.open_to_record()?;
            archive.set_camera(&accession, &label, &change)?;
            context.say(&examined::camera_said(context.lang, &set.camera))?;
            note_new(&mut archive, &accession, &label, 0, context)?;
            if let Some((item, line)) = example(&mut archive, accession, label)? {
                context.say(&examined::corrected(context.lang, &item, &line))?;
            }
        }
        What::Give(give) => {
            let items = references::read(&give.references)?;
            let mut archive = context.open_to_record()?;
            archive.give_to_camera(&items, give.camera.as_deref(), &give.reason)?;
            context.say(&examined::camera_given(context.lang, &items, give.camera.as_deref()))?;
            if let (Some(label), [item, ..]) = (&give.camera, &items[..]) {
                note_new(&mut archive, &item.whole(), label, items.len() as u64, context)?;
            }
        }
    }
    Ok(Answer::Yes)
}

/// Says that a label is new, so that a slip is seen, and which others there are: no item claims it, and none was given to it but
/// the `just_given`.
fn note_new(
    archive: &mut Archive,
    accession: &Ref,
    label: &str,
    just_given: u64,
    context: &Context,
) -> Result<(), Trouble> {
    let label = camera_label(label);
    let (own, others): (Vec<_>, Vec<_>) =
        archive.cameras(Some(accession))?.into_iter().partition(|camera| camera.label == label);
    if own.iter().all(|camera| camera.claimed == 0 && camera.given <= just_given) {
        let others: Vec<_> = others.into_iter().map(|camera| camera.label).collect();
        context.note(&examined::camera_is_new(context.lang, accession, &label, &others));
    }
    Ok(())
}

/// One item of the camera with what the correction makes of its beginning, so that a slip of the sign is seen at once.
fn example(archive: &mut Archive, accession: Ref, label: String) -> Result<Option<(Ref, TimeLine)>, Trouble> {
    let query = ListQuery { accession: Some(accession), camera: Some(label), ..ListQuery::default() };
    let mut found = None;
    archive.list(&query, &mut |row| {
        found =
            row.begins.into_iter().find(|line| line.corrected.is_some()).map(|line| (row.reference, line));
        if found.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(found)
}

/// `-3600`, `-1h`, `+31d`, `1h30m`, in seconds.
fn span(typed: &str) -> Result<i64, String> {
    let wrong = || "-3600, -1h, +31d, 7s, -1h30m".to_owned();
    let (sign, rest) = match typed.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (-1, rest),
        None => (1, typed.strip_prefix('+').unwrap_or(typed)),
    };
    let mut sum: i64 = 0;
    let mut digits = String::new();
    let mut least = i64::MAX;
    for letter in rest.chars() {
        let unit: i64 = match letter {
            '0'..='9' => {
                digits.push(letter);
                continue;
            }
            'd' => 86_400,
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return Err(wrong()),
        };
        // Each unit once, the greater first.
        if unit >= least {
            return Err(wrong());
        }
        least = unit;
        let count: i64 = std::mem::take(&mut digits).parse().map_err(|_| wrong())?;
        sum = count.checked_mul(unit).and_then(|more| sum.checked_add(more)).ok_or_else(wrong)?;
    }
    match (digits.is_empty(), least) {
        (true, i64::MAX) => Err(wrong()),
        (true, _) => Ok(sign * sum),
        (false, i64::MAX) => Ok(sign * digits.parse::<i64>().map_err(|_| wrong())?),
        (false, _) => Err(wrong()),
    }
}

/// `A7/cam3`.
fn camera(typed: &str) -> Result<(Ref, String), Trouble> {
    let none = || Trouble::Examination(ExaminationTrouble::NotACamera(typed.to_owned()));
    let (accession, label) = typed.split_once('/').ok_or_else(none)?;
    let accession = references::one(accession)?;
    if accession.item.is_some() || label.trim().is_empty() {
        return Err(none());
    }
    Ok((accession, label.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn spans_are_typed_as_people_say_them() {
        for (typed, seconds) in [
            ("-3600", -3600),
            ("7", 7),
            ("7s", 7),
            ("-1h", -3600),
            ("+31d", 2_678_400),
            ("\u{2212}1h30m", -5400),
            ("1d2h3m4s", 93_784),
        ] {
            assert_eq!(span(typed), Ok(seconds), "{typed}");
        }
        for nonsense in [
            "",
            "-",
            "h",
            "1",
            "1h30",
            "1m1h",
            "1h1h",
            "--1",
            "1.5h",
            "1y",
            "99999999999999999999",
            "9223372036854775807d",
        ] {
            assert_eq!(span(nonsense).is_err(), nonsense != "1", "{nonsense}");
        }
    }
}
