//! PDF: what it says of itself, and its text page by page, by poppler.

use vidimus_model::{DerivativeKind, End, Reason, TextPlace, TimeOf};
use vidimus_sandbox::{INPUT, Limits};

use crate::text::parts::Parts;
use crate::work::{Ran, Task, Work};
use crate::{iso, outside};

/// Facts and times.
pub(crate) fn facts(work: &mut Work<'_>) {
    let ran = work.run(Task::new("pdfinfo", &["-isodates", "-enc", "UTF-8", INPUT]));
    judge(work, &ran);
    let untrusted = String::from_utf8_lossy(ran.untrusted_output()).into_owned();
    for (name, value) in untrusted.lines().filter_map(|line| line.split_once(':')).take(100) {
        let (name, value) = (name.trim(), value.trim());
        if value.is_empty() || value == "none" {
            continue;
        }
        // Of what was written anew without its lock these say nothing.
        let is_new = matches!(name, "Encrypted" | "File size" | "PDF version" | "Optimized");
        if is_new && work.unlocked.is_some() {
            continue;
        }
        let name: String =
            name.to_lowercase().chars().map(|c| if c == ' ' { '_' } else { c }).take(60).collect();
        work.fact(ran.tool, &format!("pdf.{name}"), value);
        let of = match name.as_str() {
            "creationdate" => TimeOf::Beginning,
            "moddate" => TimeOf::Change,
            _ => continue,
        };
        work.findings.times.extend(iso::claim(&format!("pdf.{name}"), of, value));
    }
}

/// Text, page by page; [`End::Nothing`] where none is written on any, as in a scan.
pub(crate) fn text(work: &mut Work<'_>) {
    let limits = Limits { output: work.options.limits.text_bytes * 2, ..Limits::default() };
    let arguments = ["-enc", "UTF-8", INPUT, "-"];
    let ran = work.run(Task { limits, ..Task::new("pdftotext", &arguments) });
    judge(work, &ran);
    let mut parts = Parts::bounded(work.options.limits.text_bytes);
    let untrusted = String::from_utf8_lossy(ran.untrusted_output()).into_owned();
    for (number, page) in (1u32..).zip(untrusted.split('\u{c}')) {
        parts.add(&TextPlace::Page(number), page);
    }
    if parts.is_empty() {
        if ran.is_done() {
            work.judge(ran.tool, End::Nothing, None, None);
        }
        return;
    }
    if parts.full {
        work.judge(ran.tool, End::Partly, Some(Reason::TooManyBytes), None);
    } else if !ran.is_done() {
        let reason = ran.reason(work).unwrap_or(Reason::Damaged);
        work.judge(ran.tool, End::Partly, Some(reason), None);
    }
    outside::put_text(work, DerivativeKind::Text, parts.into_text(None, false), ran.tool);
}

/// What poppler says in its own words.
pub(crate) fn judge(work: &mut Work<'_>, ran: &Ran) {
    let Some(outcome) = ran.outcome.as_ref().filter(|_| ran.reason(work) == Some(Reason::Unknown)) else {
        return;
    };
    let complaints = String::from_utf8_lossy(&outcome.untrusted_complaints);
    let is_locked = complaints.contains("Incorrect password");
    let reason = if is_locked { work.lock.unwrap_or(Reason::NeedsPassword) } else { Reason::Damaged };
    work.judge(ran.tool, End::Failed, Some(reason), None);
}
