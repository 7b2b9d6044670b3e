//! The stage `ocr`: text that is seen in pictures and in pages without text, by tesseract, with its certainty.
//!
//! Tesseract never opens what is hostile: pictures are decoded by our own reader and pages drawn by poppler, each in a
//! run of its own, and only grey pixels go on.

use std::time::Duration;

use vidimus_model::{DerivativeKind, End, Reason, TextPart, TextPlace};
use vidimus_sandbox::{INPUT, Limits};

use crate::kind::Kind;
use crate::outside;
use crate::reader::PIXELS;
use crate::reader::answer::{self, Answer, Pieces, Tag};
use crate::text::parts::Parts;
use crate::tools::OWN;
use crate::work::{Task, Work};

/// The longest side of what is read: A4 at 250 dots to the inch.
const SIDE: &str = "3000";
/// Fewer letters on a page than this are no text of it: a number, a stamp of the scanner.
const LETTERS: usize = 20;
/// Smaller pictures hold no words.
const LEAST: u32 = 24;

/// Reads a picture, or the pages of a PDF on which nothing is written.
pub(crate) fn run(work: &mut Work<'_>) {
    match work.kind() {
        Some(Kind::Pdf) => pages(work),
        Some(kind) if kind.is_decoded_here() => picture(work),
        Some(Kind::Jpeg2000 | Kind::JpegXl | Kind::Psd | Kind::Djvu) => {
            work.not_done(OWN, Reason::NotSupported);
        }
        _ => {}
    }
}

fn picture(work: &mut Work<'_>) {
    let pixels = work.options.limits.pixels.to_string();
    let arguments = [PIXELS, "grey", &pixels, SIDE];
    let ran = work.run(Task { limits: plenty(), ..Task::new(OWN, &arguments) });
    let mut untrusted = ran.untrusted_output();
    let mut grey = None;
    while let Ok(Some((tag, bytes))) = answer::next(&mut untrusted) {
        match tag {
            Tag::Canvas => grey = answer::canvas(&bytes).and_then(|size| Some((size, rows(&mut untrusted)?))),
            Tag::Answer => {
                let answer = serde_json::from_slice::<Answer>(&bytes).unwrap_or_default();
                outside::note(work, ran.tool, &answer, ran.is_done());
            }
            _ => break,
        }
    }
    let Some(((width, height), rows)) = grey else { return };
    let Some(page) = pgm(width, height, &rows) else { return };
    let (mut first, mut parts) = (None, Parts::bounded(work.options.limits.text_bytes));
    let tool = read(work, &page, &TextPlace::Whole, &mut parts, &mut first);
    keep(work, parts, tool);
}

fn pages(work: &mut Work<'_>) {
    let limits = Limits { output: work.options.limits.text_bytes * 2, ..Limits::default() };
    let ran = work.run(Task { limits, ..Task::new("pdftotext", &["-enc", "UTF-8", INPUT, "-"]) });
    crate::pdf::judge(work, &ran);
    let locked = work.lock.unwrap_or(Reason::NeedsPassword);
    if ran.reason(work) == Some(locked) {
        return;
    }
    let untrusted = String::from_utf8_lossy(ran.untrusted_output()).into_owned();
    let written = |page: &str| page.chars().filter(|c| c.is_alphabetic()).count() >= LETTERS;
    // Each page ends with a form feed, so behind the last there is nothing.
    let mut texts: Vec<&str> = untrusted.split('\u{c}').collect();
    texts.pop();
    let empty: Vec<u32> =
        (1u32..).zip(&texts).filter(|(_, page)| !written(page)).map(|(number, _)| number).collect();
    let most = work.options.limits.ocr_pages as usize;
    let (mut drawn, mut seen, mut tool) = (None, None, None);
    let mut parts = Parts::bounded(work.options.limits.text_bytes);
    for number in empty.iter().take(most) {
        let page = number.to_string();
        let arguments = ["-gray", "-r", "250", "-scale-to", SIDE, "-f", &page, "-l", &page, INPUT];
        let ran = work.run(Task { limits: plenty(), ..Task::new("pdftoppm", &arguments) });
        crate::pdf::judge(work, &ran);
        let picture = checked(ran.untrusted_output());
        work.fold_into(&mut drawn, &ran);
        if let Some(picture) = picture {
            tool = Some(read(work, &picture, &TextPlace::Page(*number), &mut parts, &mut seen));
        }
    }
    if empty.len() > most {
        work.not_done("tesseract", Reason::TooManyParts);
    }
    if let Some(tool) = tool {
        keep(work, parts, tool);
    }
}

/// Lets tesseract read one grey picture, paragraph by paragraph.
fn read(
    work: &mut Work<'_>,
    pgm: &[u8],
    place: &TextPlace,
    parts: &mut Parts,
    first: &mut Option<u32>,
) -> u32 {
    let arguments = [INPUT, "stdout", "-l", "rus+ukr+eng", "--psm", "3", "tsv"];
    let ran = work.run_on(Task { limits: plenty(), ..Task::new("tesseract", &arguments) }, pgm);
    for (text, confidence) in paragraphs(&String::from_utf8_lossy(ran.untrusted_output())) {
        let confidence = Some(confidence);
        parts.push(TextPart { place: place.clone(), text, confidence, speaker: None });
    }
    work.fold_into(first, &ran)
}

fn keep(work: &mut Work<'_>, parts: Parts, tool: u32) {
    if parts.full {
        work.judge(tool, End::Partly, Some(Reason::TooManyBytes), None);
    }
    if !parts.is_empty() {
        outside::put_text(work, DerivativeKind::Ocr, parts.into_text(None, false), tool);
    }
}

fn plenty() -> Limits {
    let long = Duration::from_secs(180);
    Limits { wall: long, cpu: long, memory: 3 << 30, output: 512 << 20, ..Limits::default() }
}

/// The paragraphs of tesseract's table, each with the mean certainty of its words.
pub(crate) fn paragraphs(tsv: &str) -> Vec<(String, u8)> {
    let mut found: Vec<(String, u8)> = Vec::new();
    let (mut at, mut line_at) = (None, None);
    let (mut text, mut sum, mut words) = (String::new(), 0.0, 0u32);
    let mut close = |text: &mut String, sum: &mut f32, words: &mut u32| {
        if *words > 0 {
            found.push((std::mem::take(text), (*sum / *words as f32).clamp(0.0, 100.0) as u8));
        }
        (*sum, *words) = (0.0, 0);
    };
    for row in tsv.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [level, page, block, paragraph, line, .., confidence, word] = cells[..] else { continue };
        let (confidence, word) = (confidence.parse::<f32>().unwrap_or(-1.0), word.trim());
        if level != "5" || word.is_empty() || confidence < 0.0 {
            continue;
        }
        let here = Some((page, block, paragraph));
        if here != at {
            close(&mut text, &mut sum, &mut words);
        } else if line_at != Some(line) {
            text.push('\n');
        } else {
            text.push(' ');
        }
        (at, line_at) = (here, Some(line));
        text.push_str(word);
        sum += confidence;
        words += 1;
    }
    close(&mut text, &mut sum, &mut words);
    found
}

fn rows(untrusted: &mut &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut Pieces::new(untrusted), &mut bytes).ok()?;
    Some(bytes)
}

/// A grey picture as tesseract reads it; none where there is nothing to read, or the size is not the one that is said.
fn pgm(width: u32, height: u32, rows: &[u8]) -> Option<Vec<u8>> {
    let fits = u64::from(width) * u64::from(height) == rows.len() as u64;
    let usual = (LEAST..=4000).contains(&width.max(height)) && width.min(height) > 0;
    (fits && usual).then(|| [format!("P5\n{width} {height}\n255\n").as_bytes(), rows].concat())
}

/// A picture that poppler drew, put together again from its numbers and pixels.
pub(crate) fn checked(untrusted: &[u8]) -> Option<Vec<u8>> {
    let mut at = 0;
    let mut word = || {
        let rest = untrusted.get(at..)?;
        let end = rest.iter().take(20).position(u8::is_ascii_whitespace)?;
        at += end + 1;
        std::str::from_utf8(rest.get(..end)?).ok()
    };
    let (mark, width, height, most) = (word()?, word()?.parse().ok()?, word()?.parse().ok()?, word()?);
    (mark == "P5" && most == "255").then_some(())?;
    pgm(width, height, untrusted.get(at..)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_paragraphs_with_their_certainty() {
        let tsv = "level\tpage_num\n1\t1\t0\t0\t0\t0\t0\t0\t9\t9\t-1\t\n5\t1\t1\t1\t1\t1\t0\t0\t9\t9\t90\tАкт\n5\t1\t1\t1\t1\t2\t0\t0\t9\t9\t70\tосмотра\n5\t1\t1\t1\t2\t1\t0\t0\t9\t9\t80\tкамеры\n5\t1\t2\t1\t1\t1\t0\t0\t9\t9\t12\tх\n5\t1\n";
        assert_eq!(paragraphs(tsv), [("Акт осмотра\nкамеры".to_owned(), 80), ("х".to_owned(), 12)]);
        assert!(paragraphs("").is_empty());
    }

    #[test]
    fn a_picture_whose_size_is_not_the_one_it_says_goes_no_further() {
        let whole = [&b"P5\n30 2\n255\n"[..], &[7; 60]].concat();
        assert_eq!(checked(&whole).unwrap(), whole);
        for odd in [&whole[..60], b"P5\n4294967295 4294967295\n255\n", b"P6\n30 2\n255\n", b"P5", b""] {
            assert!(checked(odd).is_none());
        }
    }
}
