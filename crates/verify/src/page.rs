//! The report as a page of plain words, 80 columns wide, in which nothing of others can move the cursor or hide.

use std::io::{self, Write};

use serde_json::Value;
use vidimus_proof::bag::{
    BagKey, CONTAINED_FIELDS, Counted, Dated, DatedBy, FileReport, ITEM_FIELDS, NotCounted, Pinned,
    ReceiptSigner, Report, StampReport, TOMBSTONE,
};

use crate::words::{Words, fill};

const WIDTH: usize = 80;
/// Problems beyond these are counted; `--json` has them all.
const MAX_SHOWN: usize = 20;
/// Text of others is cut after so many characters.
const MAX_TEXT: usize = 400;

/// Writes the whole answer.
///
/// # Errors
/// The output's.
pub fn report(report: &Report, words: &Words, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { words, text: String::new() };
    page.verdict(report);
    if let Some(key) = &report.key {
        page.key(key, report);
    }
    page.files(report, out)?;
    page.stamps(&report.stamps);
    if let Some(answer) = report.receipt {
        page.gap();
        page.line(0, words.table.receipt_question);
        page.line(2, words.receipt(answer));
    }
    page.gap();
    page.line(0, words.table.not_proved);
    for limit in limits(report, words) {
        page.item(2, limit);
    }
    page.leave(out)
}

/// What is not proved, the same for the page and for programs.
pub fn limits(report: &Report, words: &Words) -> Vec<&'static str> {
    let t = words.table;
    if !report.proved() {
        return vec![t.not_proved_anything];
    }
    let mut limits = vec![t.not_proved_true, t.not_proved_before, t.not_proved_who];
    match report.key.as_ref().map(|key| key.pinned) {
        Some(Pinned::No) if report.receipt_signer == Some(ReceiptSigner::Newest) => {
            limits.push(t.not_proved_publisher)
        }
        Some(Pinned::No) if report.receipt_signer == Some(ReceiptSigner::Earlier) => {
            limits.extend([t.not_proved_publisher, t.not_proved_heir]);
        }
        Some(Pinned::No | Pinned::Other) => limits.push(t.not_proved_archive),
        Some(Pinned::Earlier) => limits.push(t.not_proved_heir),
        Some(Pinned::Yes) | None => {}
    }
    if report.files.iter().any(|file| file.unpacked_by().is_some()) {
        limits.push(t.not_proved_unpacked);
    }
    if report.files.iter().any(|file| file.no_later_than.is_none()) {
        limits.push(t.not_proved_date);
    }
    limits
}

/// Text of others for showing: what could move the cursor, hide or turn round is written as `\u{…}`, and it is cut
/// where it is too long.
pub fn safe(untrusted_text: &str) -> String {
    let mut text = String::new();
    for (count, character) in untrusted_text.chars().enumerate() {
        if count == MAX_TEXT {
            text.push('…');
            break;
        }
        match is_plain(character) {
            true => text.push(character),
            false => text.extend(character.escape_unicode()),
        }
    }
    text
}

/// The same of what somebody typed, in quotation marks where nothing, or a blank at an end, would not be seen.
pub fn typed(untrusted_text: &str) -> String {
    let text = safe(untrusted_text);
    if text.trim() == text && !text.is_empty() { text } else { format!("\"{text}\"") }
}

/// Neither a control character nor one that formats invisibly (Unicode categories Cc, Cf, Zl, Zp, and the fillers).
pub fn is_plain(character: char) -> bool {
    let hidden = matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}'
        | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    !hidden && !character.is_control()
}

/// Breaks a text at its spaces so that it fits; a word that is longer than a line stays whole, to be copied.
pub fn wrap(text: &str, first: usize, rest: usize) -> String {
    let mut wrapped = " ".repeat(first);
    let mut column = first;
    for (number, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if number > 0 && column + 1 + length > WIDTH {
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(rest));
            column = rest;
        } else if number > 0 {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += length;
    }
    wrapped
}

struct Page<'w> {
    words: &'w Words,
    text: String,
}

impl Page<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        self.text.push_str(&wrap(text, indent, indent));
        self.text.push('\n');
    }

    /// A key alone on its line. Broken it could not be copied: it is wider than the page where it is so by itself.
    fn value(&mut self, text: &str) {
        self.line(if text.chars().count() + 2 <= WIDTH { 2 } else { 0 }, text);
    }

    fn item(&mut self, indent: usize, text: &str) {
        self.text.push_str(&wrap(&format!("- {text}"), indent, indent + 2));
        self.text.push('\n');
    }

    fn gap(&mut self) {
        self.text.push('\n');
    }

    fn verdict(&mut self, report: &Report) {
        let t = self.words.table;
        if report.proved() {
            return self.line(0, t.intact);
        }
        self.line(0, t.altered);
        let shown = &report.problems[..report.problems.len().min(MAX_SHOWN)];
        if let Some((first, others)) = shown.split_first() {
            self.gap();
            self.line(0, t.first_problem);
            self.line(2, &self.words.problem(first));
            if !others.is_empty() {
                self.gap();
                self.line(0, t.further_problems);
                others.iter().for_each(|other| self.item(2, &self.words.problem(other)));
            }
        }
        let more = report.problems.len() - shown.len() + report.more_problems;
        if more > 0 {
            self.item(2, &fill(t.more_problems, &[&more.to_string()]));
        }
        self.gap();
        self.line(0, t.ask_again);
    }

    fn key(&mut self, key: &BagKey, report: &Report) {
        let t = self.words.table;
        self.gap();
        self.line(0, &format!("{} {}", t.archive, safe(key.vkey.name().as_str())));
        self.line(0, t.key_title);
        self.value(&safe(&key.vkey.to_string()));
        self.line(
            2,
            match key.pinned {
                Pinned::Yes => t.key_pinned,
                Pinned::Earlier => t.key_led_to,
                Pinned::Other => t.key_not_expected,
                Pinned::No => match report.receipt_signer {
                    Some(ReceiptSigner::Newest) => t.key_of_receipt,
                    Some(ReceiptSigner::Earlier) => t.earlier_key_of_receipt,
                    None => t.key_not_pinned,
                },
            },
        );
        if !key.earlier.is_empty() {
            self.line(0, t.earlier_keys);
            for earlier in &key.earlier {
                self.value(&safe(&earlier.to_string()));
            }
        }
        if !report.disclosure.is_empty() {
            self.gap();
            self.line(0, t.said_of_package);
            for (name, value) in &report.disclosure {
                self.item(2, &format!("{name} = {}", value_text(value)));
            }
        }
    }

    /// Writes what there is so far: a bag of many files makes a long page.
    fn leave(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(std::mem::take(&mut self.text).as_bytes())
    }

    fn files(&mut self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        if report.files.is_empty() || !report.proved() {
            return Ok(());
        }
        self.gap();
        self.line(0, self.words.table.files);
        for file in &report.files {
            self.file(file, report.receipt.is_some());
            self.leave(out)?;
        }
        Ok(())
    }

    fn file(&mut self, file: &FileReport, receipt: bool) {
        let t = self.words.table;
        self.line(2, &format!("{}, {}", safe(&file.name), self.words.bytes(file.size)));
        self.line(4, &format!("SHA-256 {}", hex::encode(file.sha256)));
        if let Some((tool, version)) = file.unpacked_by() {
            let tool = format!("{tool} {}", version.unwrap_or_default());
            self.line(4, &fill(t.unpacked, &[&safe(tool.trim_end())]));
        }
        if file.fields.iter().any(|(name, value)| name == "change" && value == TOMBSTONE) {
            self.line(4, t.tombstone);
        }
        match &file.no_later_than {
            Some(dated) => {
                let how = match dated.by {
                    DatedBy::TimeStamp => t.time_stamp,
                    DatedBy::Cosignature | DatedBy::Quorum => t.cosignature,
                };
                let values = [&dated.at.to_string(), &self.authority(dated), how];
                self.line(4, &fill(t.no_later_than, &values));
            }
            None => self.line(4, t.undated),
        }
        if receipt {
            self.line(4, &fill(t.inside_receipt, &[self.words.inside(file.in_receipt)]));
        }
        for (name, value) in file.fields.iter() {
            // These were just compared with the file itself, or told.
            let is_told = ITEM_FIELDS.contains(&name.as_str())
                || file.unpacked_by().is_some() && CONTAINED_FIELDS.contains(&name.as_str());
            if !is_told {
                self.line(4, &fill(t.archive_says, &[&name, &value_text(&value)]));
            }
        }
    }

    fn stamps(&mut self, stamps: &[StampReport]) {
        if stamps.is_empty() {
            return;
        }
        let t = self.words.table;
        self.gap();
        self.line(0, t.stamps);
        for stamp in stamps {
            let says = match &stamp.result {
                Ok(Counted(dated)) => fill(t.stamp_counted, &[&self.authority(dated), &dated.at.to_string()]),
                Err(NotCounted::UnknownAuthority { authority, at }) => {
                    fill(t.stamp_unknown, &[&safe(authority), &at.to_string()])
                }
                Err(NotCounted::UnknownCosigner(name)) => fill(t.cosigner_unknown, &[&safe(name.as_str())]),
                Err(NotCounted::OnlyInQuorum(name)) => fill(t.cosigner_in_quorum, &[&safe(name.as_str())]),
                Err(NotCounted::Refused(error)) => fill(t.stamp_refused, &[&safe(&error.to_string())]),
            };
            let over = fill(t.stamp_of, &[&stamp.checkpoint.size.to_string()]);
            self.item(2, &format!("{over} {says}"));
        }
    }

    fn authority(&self, dated: &Dated) -> String {
        match dated.by {
            DatedBy::Quorum => self.words.table.quorum_name.to_owned(),
            DatedBy::TimeStamp | DatedBy::Cosignature => safe(&dated.authority),
        }
    }
}

fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => safe(text),
        other => safe(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_others_cannot_act() {
        assert_eq!(safe("a\x1b[2Jb\u{202e}c\n"), "a\\u{1b}[2Jb\\u{202e}c\\u{a}");
        assert_eq!(safe("архів 1"), "архів 1");
        assert_eq!(safe(&"x".repeat(500)).chars().count(), MAX_TEXT + 1);
    }

    #[test]
    fn a_key_stands_alone_unbroken_and_at_the_margin_where_it_needs_the_room() {
        let words = Words::of(crate::options::Language::En);
        for (length, line) in
            [(78, format!("  {}", "k".repeat(78))), (79, "k".repeat(79)), (99, "k".repeat(99))]
        {
            let mut page = Page { words: &words, text: String::new() };
            page.value(&"k".repeat(length));
            assert_eq!(page.text, format!("{line}\n"));
        }
    }

    #[test]
    fn lines_end_before_the_edge() {
        let text = "word ".repeat(100);
        let wrapped = wrap(text.trim_end(), 2, 4);
        assert!(wrapped.lines().all(|line| line.len() <= WIDTH));
        assert_eq!(wrapped.split_whitespace().count(), 100);
        let long = "x".repeat(200);
        assert_eq!(wrap(&format!("a {long} b"), 0, 0), format!("a\n{long}\nb"));
    }
}
