//! The report for programs: one JSON object, as `docs/format/commands.md` says.

use std::io::{self, Write};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use vidimus_proof::bag::{
    BagKey, Counted, Dated, DatedBy, FileReport, NotCounted, Pinned, ReceiptAnswer, Report, StampReport,
};

use crate::page::{is_plain, limits};
use crate::words::Words;

/// Writes one object and a newline. A file at a time: their fields together may take much memory.
///
/// # Errors
/// The output's.
pub fn report(report: &Report, words: &Words, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{\"files\":[")?;
    for (number, one) in report.files.iter().enumerate() {
        let comma = if number == 0 { "" } else { "," };
        write!(out, "{comma}{}", harmless(&file(one).to_string()))?;
    }
    let problems = report.problems.iter().map(|problem| {
        let says = words.fault(&problem.file, &problem.fault);
        json!({ "file": problem.file, "problem": says, "code": problem.fault.code() })
    });
    let rest = json!({
        "proved": report.proved(),
        "problems": problems.collect::<Vec<_>>(),
        "more_problems": report.more_problems,
        "key": report.key.as_ref().map(key),
        "stamps": report.stamps.iter().map(stamp).collect::<Vec<_>>(),
        "disclosure": report.disclosure.iter().cloned().collect::<Map<_, _>>(),
        "receipt": report.receipt.map(receipt),
        "not_proved": limits(report, words),
    });
    let rest = harmless(&rest.to_string());
    let rest = rest.strip_prefix('{').expect("an object begins so");
    writeln!(out, "],{rest}")
}

/// What a terminal could obey, or not show, as `\\uXXXX`: the same text to whoever reads JSON.
fn harmless(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if is_plain(character) {
            text.push(character);
        } else {
            let mut units = [0; 2];
            let units = character.encode_utf16(&mut units).iter();
            text.extend(units.map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}

/// With the earlier keys only where there were some.
fn key(key: &BagKey) -> Value {
    let mut value = json!({ "vkey": key.vkey.to_string(), "pinned": key.pinned == Pinned::Yes });
    if !key.earlier.is_empty() {
        value["earlier"] = key.earlier.iter().map(ToString::to_string).collect();
        value["earlier_pinned"] = json!(key.pinned == Pinned::Earlier);
    }
    value
}

/// With the tool only where one unpacked it.
fn file(file: &FileReport) -> Value {
    let mut value = json!({
        "name": file.name,
        "sha256": hex::encode(file.sha256),
        "size": file.size,
        "index": file.index,
        "fields": file.fields.iter().collect::<Map<_, _>>(),
        "no_later_than": file.no_later_than.as_ref().map(dated),
        "in_receipt": file.in_receipt,
    });
    if let Some((tool, version)) = file.unpacked_by() {
        value["unpacked_by"] = json!({ "tool": tool, "version": version });
    }
    value
}

fn dated(dated: &Dated) -> Value {
    json!({ "at": dated.at.to_string(), "authority": authority(dated), "by": how(dated.by) })
}

/// Null where it is a quorum of several.
fn authority(dated: &Dated) -> Option<&str> {
    (dated.by != DatedBy::Quorum).then_some(dated.authority.as_str())
}

fn how(by: DatedBy) -> &'static str {
    match by {
        DatedBy::TimeStamp => "time-stamp",
        DatedBy::Cosignature => "cosignature",
        DatedBy::Quorum => "quorum",
    }
}

fn stamp(stamp: &StampReport) -> Value {
    let (authority, at, reason) = match &stamp.result {
        Ok(Counted(dated)) => (authority(dated), Some(dated.at.to_string()), None),
        Err(NotCounted::UnknownAuthority { authority, at }) => {
            (Some(authority.as_str()), Some(at.to_string()), Some("unknown-authority".to_owned()))
        }
        Err(NotCounted::UnknownCosigner(name)) => {
            (Some(name.as_str()), None, Some("unknown-cosigner".to_owned()))
        }
        Err(NotCounted::OnlyInQuorum(name)) => (Some(name.as_str()), None, Some("only-in-quorum".to_owned())),
        Err(NotCounted::Refused(error)) => (None, None, Some(error.to_string())),
    };
    let checkpoint = &stamp.checkpoint;
    json!({
        "checkpoint": {
            "origin": checkpoint.origin.as_str(),
            "size": checkpoint.size,
            "root": STANDARD.encode(checkpoint.root),
        },
        "file": stamp.file,
        "authority": authority,
        "at": at,
        "counted": stamp.result.is_ok(),
        "reason": reason,
    })
}

fn receipt(answer: ReceiptAnswer) -> &'static str {
    match answer {
        ReceiptAnswer::InBag => "in-bag",
        ReceiptAnswer::OtherArchive => "other-archive",
        ReceiptAnswer::NotSigned => "not-signed",
        ReceiptAnswer::NotInBag => "not-in-bag",
        ReceiptAnswer::Fork => "fork",
    }
}
