//! Text that is written in files: bytes to letters, letters to languages, formats to parts with their places.

pub(crate) mod charset;
pub(crate) mod markup;
pub(crate) mod office;
pub(crate) mod parts;
pub(crate) mod rtf;
pub(crate) mod subtitles;

use vidimus_model::{DerivativeKind, End, Reason, TextPlace};
use vidimus_sandbox::{INPUT, Limits};

use crate::kind::Kind;
use crate::reader::TEXT;
use crate::tools::OWN;
use crate::work::{Ran, Task, Work};
use crate::{outside, pdf};
use parts::Parts;

/// The stage `text`.
pub(crate) fn run(work: &mut Work<'_>) {
    match work.kind() {
        Some(Kind::Pdf) => pdf::text(work),
        Some(Kind::Doc) => word(work),
        Some(Kind::Ppt) => slides(work),
        Some(
            kind @ (Kind::Docx
            | Kind::Pptx
            | Kind::Odt
            | Kind::Odp
            | Kind::Epub
            | Kind::Xlsx
            | Kind::Xls
            | Kind::Ods
            | Kind::LockedOffice
            | Kind::Rtf
            | Kind::Html
            | Kind::Svg
            | Kind::Xml
            | Kind::Json
            | Kind::Csv
            | Kind::Text
            | Kind::Playlist
            | Kind::Srt
            | Kind::Vtt
            | Kind::SpeechJson
            | Kind::Mail
            | Kind::Mhtml
            | Kind::Msg),
        ) => drop(own(work, kind)),
        Some(Kind::Djvu | Kind::PostScript | Kind::Cfb) => {
            work.not_done(OWN, Reason::NotSupported);
        }
        _ => {}
    }
}

/// Slides of before 2007.
fn slides(work: &mut Work<'_>) {
    if own(work, Kind::Ppt) != Some(Reason::NeedsPassword) {
        by_tool(work, "catppt", &["-d", "utf-8", INPUT]);
    }
}

/// Word of before 2007: what one program cannot read, another may.
fn word(work: &mut Work<'_>) {
    if own(work, Kind::Doc) == Some(Reason::NeedsPassword) {
        return;
    }
    let (first, found) = by_tool(work, "antiword", &["-m", "UTF-8.txt", "-w", "0", INPUT]);
    if found {
        return;
    }
    // What is short is no fault of the document.
    if by_tool(work, "catdoc", &["-d", "utf-8", "-w", INPUT]).1 && complains(&first, "too small to handle") {
        work.judge(first.tool, End::Nothing, None, None);
    }
}

/// By our own reader; why it could not.
fn own(work: &mut Work<'_>, kind: Kind) -> Option<Reason> {
    let bytes = work.options.limits.text_bytes.to_string();
    let arguments = [TEXT, kind.media_type(), &bytes];
    // JSON writes a letter in up to six bytes.
    let output = work.options.limits.text_bytes * 6 + (1 << 20);
    let limits = Limits { memory: 2 << 30, output, ..Limits::default() };
    let ran = work.run(Task { limits, ..Task::new(OWN, &arguments) });
    outside::take(work, &ran);
    if let (Some(Reason::NeedsPassword), Some(lock)) = (ran.reason(work), work.lock) {
        work.judge(ran.tool, End::Failed, Some(lock), None);
    }
    ran.reason(work)
}

/// By a program that writes plain text; whether it found any.
fn by_tool(work: &mut Work<'_>, tool: &str, arguments: &[&str]) -> (Ran, bool) {
    let limits = Limits { output: work.options.limits.text_bytes * 2, ..Limits::default() };
    let ran = work.run(Task { limits, ..Task::new(tool, arguments) });
    let mut parts = Parts::bounded(work.options.limits.text_bytes);
    let untrusted = String::from_utf8_lossy(ran.untrusted_output()).into_owned();
    parts.add(&TextPlace::Whole, &untrusted.replace('\u{c}', "\n"));
    judge(work, &ran, &parts);
    let found = !parts.is_empty();
    if found {
        outside::put_text(work, DerivativeKind::Text, parts.into_text(None, false), ran.tool);
    }
    (ran, found)
}

fn complains(ran: &Ran, words: &str) -> bool {
    let said = ran.outcome.as_ref().map(|outcome| String::from_utf8_lossy(&outcome.untrusted_complaints));
    said.is_some_and(|said| said.contains(words))
}

/// A tool that fails and says nothing of why met something damaged, or a kind of its time that it does not know.
fn judge(work: &mut Work<'_>, ran: &Ran, parts: &Parts) {
    let whole = ran.is_done() && !parts.full;
    match (whole, parts.is_empty()) {
        (true, true) => work.judge(ran.tool, End::Nothing, None, None),
        (true, false) => {}
        (false, true) if ran.reason(work) == Some(Reason::Unknown) => {
            work.judge(ran.tool, End::Failed, Some(Reason::Damaged), None);
        }
        (false, true) => {}
        (false, false) => {
            let reason = ran.reason(work).unwrap_or(Reason::TooManyBytes);
            work.judge(ran.tool, End::Partly, Some(reason), None);
        }
    }
}
