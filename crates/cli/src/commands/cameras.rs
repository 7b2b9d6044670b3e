//! `vidimus cameras` and `vidimus camera`: which cameras there are, where they hang, and how far their clocks were off.

use clap::{Args, Subcommand};
use jiff::civil::DateTime;
use vidimus_archive::{CameraChange, ClockChange};
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
    /// Seconds to be added to what its clock showed, such as -3600
    #[arg(long, value_name = "SECONDS", allow_hyphen_values = true, conflicts_with = "clock_none")]
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
            context.open_to_record()?.set_camera(&accession, &label, &change)?;
            context.say(&examined::camera_said(context.lang, &set.camera))?;
        }
        What::Give(give) => {
            let items = references::read(&give.references)?;
            context.open_to_record()?.give_to_camera(&items, give.camera.as_deref(), &give.reason)?;
            context.say(&examined::camera_given(context.lang, &items, give.camera.as_deref()))?;
        }
    }
    Ok(Answer::Yes)
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
