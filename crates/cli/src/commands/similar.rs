//! `vidimus similar`: copies, excerpts, stills, and what only shows the same place.

use std::ops::Range;

use clap::Args;
use serde::Serialize;
use vidimus_archive::similar::{Kind, Pair, SimilarAnswer};

use super::Answer;
use crate::context::Context;
use crate::references;
use crate::trouble::Trouble;
use crate::words::similar as words;
use crate::words::table::Column;

/// Show copies, excerpts and stills, and what only shows the same place
#[derive(Args)]
pub struct Arguments {
    /// Accessions or items, such as A7; without them, everything
    #[arg(value_name = "REF")]
    references: Vec<String>,
    /// Show groups of copies, each with its likely original
    #[arg(long, conflicts_with_all = ["remaining", "references"])]
    groups: bool,
    /// Show what of each film is nowhere else, and how long that is in all
    #[arg(long, conflicts_with = "references")]
    remaining: bool,
    /// Withdrawn ones too
    #[arg(long)]
    withdrawn: bool,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

/// A pair in the form of `docs/format/commands.md`.
#[derive(Serialize)]
struct PairRow {
    a: String,
    b: String,
    kind: Kind,
    a_from: Option<f32>,
    a_to: Option<f32>,
    b_from: Option<f32>,
    b_to: Option<f32>,
    score: f32,
    reasons: Vec<vidimus_archive::similar::Reason>,
}

#[derive(Serialize)]
struct GroupRow {
    original: String,
    because: Vec<&'static str>,
    items: Vec<String>,
}

#[derive(Serialize)]
struct RemainingRow {
    #[serde(rename = "ref")]
    reference: String,
    seconds: Option<f32>,
    new: Option<f32>,
    within: Vec<String>,
}

/// Shows it. The answer is "no" where nothing is related.
///
/// # Errors
/// A reference is not known, the archive does not open, or a fold cannot be read.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let within = references::read(&arguments.references)?;
    let mut archive = context.open()?;
    let answer = archive.similar(&within, arguments.withdrawn)?;
    let counts = archive.examined(None)?;
    if answer.lacks > 0 {
        context.note(&words::lacks(context.lang, answer.lacks));
    }
    if answer.is_unknown {
        context.note(words::not_known(context.lang));
    }
    for (reference, state) in &answer.left_out {
        context.note(&words::left_out(context.lang, reference, *state));
    }
    let found = if arguments.remaining {
        remaining(&arguments, context, &answer)?
    } else if arguments.groups {
        groups(&arguments, context, &answer)?
    } else {
        pairs(&arguments, context, &answer)?
    };
    let said = words::examined(context.lang, counts);
    if arguments.json {
        context.note(&said);
    } else {
        context.say(&said)?;
    }
    Ok(if found { Answer::Yes } else { Answer::No })
}

fn pairs(arguments: &Arguments, context: &Context, answer: &SimilarAnswer) -> Result<bool, Trouble> {
    let lang = context.lang;
    if arguments.json {
        context.say_json(&answer.pairs.iter().map(pair_row).collect::<Vec<_>>())?;
        return Ok(!answer.pairs.is_empty());
    }
    let times = |range: &Option<Range<f32>>| range.as_ref().map(words::times).unwrap_or_default();
    let rows: Vec<Vec<String>> = answer
        .pairs
        .iter()
        .map(|Pair { a, b, relation }| {
            vec![
                a.to_string(),
                times(&relation.a),
                b.to_string(),
                times(&relation.b),
                words::kind(lang, relation.kind).to_owned(),
                words::reasons(lang, &relation.reasons),
            ]
        })
        .collect();
    if rows.is_empty() {
        nothing(context, answer)?;
        return Ok(false);
    }
    let [at, what, why] =
        lang.pick(["when", "what", "why"], ["коли", "що", "чому"], ["когда", "что", "почему"]);
    let columns = [
        (Column::Text, "a"),
        (Column::Text, at),
        (Column::Text, "b"),
        (Column::Text, at),
        (Column::Text, what),
        (Column::Text, why),
    ];
    context.say_table(&columns, &rows)?;
    if answer.pairs.iter().any(|pair| pair.relation.kind == Kind::SameView) {
        context.say(words::same_view(lang))?;
    }
    Ok(true)
}

fn pair_row(pair: &Pair) -> PairRow {
    let relation = &pair.relation;
    let from = |range: &Option<Range<f32>>| range.as_ref().map(|range| rounded(range.start));
    let to = |range: &Option<Range<f32>>| range.as_ref().map(|range| rounded(range.end));
    PairRow {
        a: pair.a.to_string(),
        b: pair.b.to_string(),
        kind: relation.kind,
        a_from: from(&relation.a),
        a_to: to(&relation.a),
        b_from: from(&relation.b),
        b_to: to(&relation.b),
        score: rounded(relation.score),
        reasons: relation.reasons.clone(),
    }
}

/// Says that nothing is related, unless that is not known.
fn nothing(context: &Context, answer: &SimilarAnswer) -> Result<(), Trouble> {
    if answer.is_unknown { Ok(()) } else { context.say(words::nothing(context.lang)) }
}

/// To hundredths: more is not known.
fn rounded(value: f32) -> f32 {
    (value * 100.0).round() / 100.0
}

fn groups(arguments: &Arguments, context: &Context, answer: &SimilarAnswer) -> Result<bool, Trouble> {
    let lang = context.lang;
    if arguments.json {
        let row = |group: &vidimus_archive::similar::Cluster| GroupRow {
            original: group.original.to_string(),
            because: group.because.iter().map(words::because_word).collect(),
            items: group.items.iter().map(ToString::to_string).collect(),
        };
        context.say_json(&answer.clusters.iter().map(row).collect::<Vec<_>>())?;
        return Ok(!answer.clusters.is_empty());
    }
    for group in &answer.clusters {
        context.say(&words::group(lang, group))?;
    }
    if answer.clusters.is_empty() {
        nothing(context, answer)?;
    }
    Ok(!answer.clusters.is_empty())
}

fn remaining(arguments: &Arguments, context: &Context, answer: &SimilarAnswer) -> Result<bool, Trouble> {
    let lang = context.lang;
    if arguments.json {
        let row = |one: &vidimus_archive::similar::Remaining| RemainingRow {
            reference: one.about.to_string(),
            seconds: one.seconds.map(rounded),
            new: one.new.map(rounded),
            within: one.within.iter().map(ToString::to_string).collect(),
        };
        context.say_json(&answer.remaining.iter().map(row).collect::<Vec<_>>())?;
        return Ok(!answer.remaining.is_empty());
    }
    let rows: Vec<Vec<String>> = answer
        .remaining
        .iter()
        .map(|one| {
            let time =
                |seconds: Option<f32>| seconds.map_or_else(|| words::no_time(lang).to_owned(), words::time);
            let share = match one.seconds.zip(one.new) {
                Some((seconds, new)) if seconds > 0.0 => format!("{:.0} %", new / seconds * 100.0),
                _ => String::new(),
            };
            let within: Vec<String> = one.within.iter().map(ToString::to_string).collect();
            vec![one.about.to_string(), time(one.seconds), time(one.new), share, within.join(", ")]
        })
        .collect();
    if !rows.is_empty() {
        let [item, length, new, share, within] = lang.pick(
            ["ref", "length", "new", "share", "the rest is in"],
            ["посилання", "тривалість", "нове", "частка", "решта є в"],
            ["ссылка", "длительность", "новое", "доля", "остальное есть в"],
        );
        let columns = [
            (Column::Text, item),
            (Column::Number, length),
            (Column::Number, new),
            (Column::Number, share),
            (Column::Long, within),
        ];
        context.say_table(&columns, &rows)?;
    }
    if !answer.is_unknown || !rows.is_empty() {
        context.say(&words::remains(lang, &answer.remaining))?;
    }
    Ok(!rows.is_empty())
}
