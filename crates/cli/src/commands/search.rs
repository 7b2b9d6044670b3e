//! `vidimus search`: texts, names and notes that hold what was asked for.

use std::ffi::{OsStr, OsString};
use std::io::{self, IsTerminal as _, Write as _};

use clap::Args;
use serde::Serialize;
use vidimus_archive::search::{Fit, Hit, Kind, Place, SearchQuery};

use super::Answer;
use crate::context::{Context, told};
use crate::trouble::Trouble;
use crate::words::{fold, safe, search as words};

/// Search names, texts and transcripts
#[derive(Args)]
#[command(after_help = words::HELP)]
pub struct Arguments {
    /// Words, all of which must be there
    #[arg(value_name = "WORDS", required = true)]
    untrusted_words: Vec<OsString>,
    /// Show so many hits
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// Pass over so many hits
    #[arg(long, value_name = "N", default_value_t = 0)]
    offset: usize,
    /// Withdrawn ones too
    #[arg(long)]
    withdrawn: bool,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

/// A hit in the form of `docs/format/commands.md`.
#[derive(Serialize)]
struct Row<'a> {
    #[serde(rename = "ref")]
    reference: String,
    /// The item that the text stands in, where it lies beside the other.
    beside: Option<String>,
    r#in: &'static str,
    place: Option<RowPlace>,
    others: Vec<RowPlace>,
    snippet: &'a str,
    /// Characters of the snippet: the first, and the one behind the last.
    marks: Vec<[usize; 2]>,
    score: f32,
    exact: bool,
    apart: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum RowPlace {
    Page(u32),
    Second(u32),
    Line(u32),
}

/// Everything that was typed, with what excludes a word (`search били -током`) told from options: no option has one hyphen here,
/// but for that of the help.
pub fn shielded(typed: Vec<OsString>) -> Vec<OsString> {
    let searches = typed.iter().position(|word| word == "search").unwrap_or(typed.len());
    let is_excluding = |word: &OsStr| {
        let bytes = word.as_encoded_bytes();
        bytes.len() > 1 && bytes[0] == b'-' && bytes[1] != b'-' && word != "-h"
    };
    let shield = |(place, word): (usize, OsString)| {
        if place <= searches || !is_excluding(&word) {
            return word;
        }
        let mut shielded = OsString::from(" ");
        shielded.push(word);
        shielded
    };
    typed.into_iter().enumerate().map(shield).collect()
}

/// Searches. The answer is "no" where nothing was found.
///
/// # Errors
/// The archive does not open, or a fold cannot be read.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let query = SearchQuery {
        untrusted_text: arguments.untrusted_words.join(OsStr::new(" ")).to_string_lossy().into_owned(),
        offset: arguments.offset,
        limit: arguments.limit,
        include_withdrawn: arguments.withdrawn,
    };
    let answer = context.open()?.search(&query)?;
    let (lang, mut out) = (context.lang, io::stdout().lock());
    for ignored in &answer.ignored {
        context.note(&words::ignored(lang, ignored));
    }
    if answer.lacks > 0 {
        context.note(&words::lacks(lang, answer.lacks));
    }
    if arguments.json {
        let rows: Vec<Row> = answer.hits.iter().map(row).collect();
        told(safe::pretty_json(&rows).map_err(io::Error::from).and_then(|text| writeln!(out, "{text}")))?;
        context.note(&words::examined(lang, answer.examined));
    } else {
        let (width, bold) = (fold::width(io::stdout()), io::stdout().is_terminal());
        for hit in &answer.hits {
            let head = words::head(lang, hit);
            let cited = fold::fold(&format!("    {}", cited(hit)), width);
            told(writeln!(out, "{head}\n{}", marked(&cited, bold)))?;
        }
        let (shown, offset) = (answer.hits.len() as u64, arguments.offset as u64);
        let total = words::total(lang, answer.total, shown, offset);
        let said = format!("{total} {}", words::examined(lang, answer.examined));
        told(writeln!(out, "{}", fold::fold(&said, width)))?;
        if let Some(more) = words::more(lang, answer.total, shown, offset) {
            told(writeln!(out, "{more}"))?;
        }
    }
    Ok(if answer.total == 0 { Answer::No } else { Answer::Yes })
}

/// No text that is shown holds these: `safe::text` takes them for unprintable.
const BEGIN: char = '\u{e000}';
const END: char = '\u{e001}';

/// The snippet, made harmless, with the found words between two signs.
fn cited(hit: &Hit) -> String {
    let snippet = &hit.snippet;
    let mut out = String::from(if snippet.more_before { "…" } else { "" });
    let mut at = 0;
    let harmless = |text: &str| safe::text(&text.replace([BEGIN, END], "\u{fffd}"));
    for mark in &snippet.marks {
        out += &harmless(&snippet.text[at..mark.start]);
        out.push(BEGIN);
        out += &harmless(&snippet.text[mark.clone()]);
        out.push(END);
        at = mark.end;
    }
    out += &harmless(&snippet.text[at..]);
    if snippet.more_after {
        out.push('…');
    }
    out
}

fn marked(cited: &str, bold: bool) -> String {
    let (begin, end) = if bold { ("\u{1b}[1m", "\u{1b}[0m") } else { ("[", "]") };
    cited.replace(BEGIN, begin).replace(END, end)
}

fn row(hit: &Hit) -> Row<'_> {
    let text = &hit.snippet.text;
    let characters = |byte: usize| text[..byte].chars().count();
    Row {
        reference: hit.about.to_string(),
        beside: hit.beside.as_ref().map(ToString::to_string),
        r#in: Kind::word(hit.kind),
        place: place(hit.place),
        others: hit.others.iter().copied().filter_map(place).collect(),
        snippet: text,
        marks: hit.snippet.marks.iter().map(|mark| [characters(mark.start), characters(mark.end)]).collect(),
        score: hit.score,
        exact: hit.fit == Fit::Spelled,
        apart: hit.fit == Fit::Apart,
    }
}

fn place(place: Place) -> Option<RowPlace> {
    match place {
        Place::Whole => None,
        Place::Page(page) => Some(RowPlace::Page(page)),
        Place::Second(second) => Some(RowPlace::Second(second)),
        Place::Line(line) => Some(RowPlace::Line(line)),
    }
}
