//! The stage `commit`: roots over the tiles of pictures and pages and the words of texts, for excerpts that are not chosen yet.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::time::Duration;

use vidimus_model::{CommitmentOver, DerivativeKind, End, Reason, Text};
use vidimus_proof::commitment::{Committing, Part, Seed};
use vidimus_sandbox::{INPUT, Limits};

use crate::findings::Committed;
use crate::kind::Kind;
use crate::reader::PIXELS;
use crate::reader::answer::{self, Answer, Pieces, Tag};
use crate::tools::OWN;
use crate::work::{Task, Through, Work};
use crate::{outside, pdf, text};

/// The side of a tile, in pixels.
const SIDE: u32 = 64;
/// The longer side of a page that is drawn, in pixels.
const LONGEST: u32 = 1600;

/// Commits, where a seed was given.
pub(crate) fn run(work: &mut Work<'_>) {
    let (Some(seed), Some(kind)) = (work.options.seed, work.kind()) else { return };
    let seed = Seed::new(&seed);
    if kind.is_decoded_here() {
        tiles(work, seed);
        return;
    }
    if kind == Kind::Pdf {
        pages(work, seed.clone());
    }
    spans(work, seed);
}

/// Over the pages of a PDF as poppler draws them, in one run.
fn pages(work: &mut Work<'_>, seed: Seed) {
    let most = work.options.limits.ocr_pages;
    let (longest, last) = (LONGEST.to_string(), most.saturating_add(1).to_string());
    let arguments = ["-scale-to", &longest, "-l", &last, INPUT];
    let long = Duration::from_secs(300);
    let output = (u64::from(most) + 1) * (u64::from(LONGEST) * u64::from(LONGEST) * 3 + 100);
    let limits = Limits { wall: long * 2, cpu: long, memory: 3 << 30, output, ..Limits::default() };
    let task = Task { limits, ..Task::new("pdftoppm", &arguments) };
    let (ran, (committing, count)) =
        work.run_through(task, |_, mut through| over_pages(&mut through, seed, most));
    pdf::judge(work, &ran);
    if count == 0 {
        return;
    }
    if count > most {
        work.judge(ran.tool, End::Partly, Some(Reason::TooManyParts), None);
    } else if let Some(reason) = ran.reason(work) {
        work.judge(ran.tool, End::Partly, Some(reason), None);
    }
    let (root, leaves) = committing.finish();
    let parameters = [("side", SIDE), ("longest", LONGEST), ("pages", count.min(most))];
    let parameters = parameters.map(|(name, number)| (name.to_owned(), u64::from(number))).into();
    let over = CommitmentOver::Tiles;
    work.findings.commitments.push(Committed { over, root, leaves, tool: ran.tool, parameters });
}

/// How many pages came whole, of which at most so many are committed to.
fn over_pages(through: &mut Through, seed: Seed, most: u32) -> (Committing, u32) {
    let (mut committing, mut count) = (Committing::new(seed), 0);
    while let Some((width, height)) = head(through) {
        let usual = (1..=LONGEST).contains(&width) && (1..=LONGEST).contains(&height);
        let mut page = vec![0; if usual { width as usize * height as usize * 3 } else { 0 }];
        if !usual || through.read_exact(&mut page).is_err() {
            break;
        }
        if count < most && bands(&mut &page[..], &mut committing, count, width, height).is_none() {
            break;
        }
        count += 1;
    }
    // Who stops listening breaks the run off.
    let _ = io::copy(through, &mut io::sink());
    (committing, count)
}

/// The size of the page that follows; none at the end, or where it is no picture.
fn head(through: &mut Through) -> Option<(u32, u32)> {
    let mut word = || {
        let (mut word, mut byte) = (String::new(), [0]);
        while through.read_exact(&mut byte).is_ok() && !byte[0].is_ascii_whitespace() && word.len() < 12 {
            word.push(char::from(byte[0]));
        }
        word
    };
    let (mark, width, height, most) = (word(), word().parse().ok()?, word().parse().ok()?, word());
    (mark == "P6" && most == "255").then_some((width, height))
}

fn tiles(work: &mut Work<'_>, seed: Seed) {
    let pixels = work.options.limits.pixels;
    let bound = pixels.to_string();
    let arguments = [PIXELS, "rgb", &bound, "0"];
    let limits = Limits { memory: 3 << 30, output: pixels * 4 + (64 << 20), ..Limits::default() };
    let task = Task { limits, ..Task::new(OWN, &arguments) };
    let (ran, (answer, found)) = work.run_through(task, |_, through| over_pixels(through, seed, pixels));
    if let Some(answer) = &answer {
        outside::note(work, ran.tool, answer, ran.is_done());
    }
    match found {
        Some(found) => work.findings.commitments.push(Committed { tool: ran.tool, ..found }),
        None if ran.is_done() && answer.is_none() => {
            work.judge(ran.tool, End::Failed, Some(Reason::Crashed), None)
        }
        None => {}
    }
}

fn over_pixels(mut through: Through, seed: Seed, pixels: u64) -> (Option<Answer>, Option<Committed>) {
    let (mut answer, mut found) = (None, None);
    while let Ok(Some((tag, bytes))) = answer::next(&mut through) {
        match tag {
            Tag::Canvas => {
                let Some((width, height)) = answer::canvas(&bytes) else { break };
                if u64::from(width) * u64::from(height) > pixels || width == 0 || height == 0 {
                    break;
                }
                let mut committing = Committing::new(seed.clone());
                found = bands(&mut Pieces::new(&mut through), &mut committing, 0, width, height)
                    .map(|()| picture(committing, width, height));
            }
            Tag::Answer => answer = serde_json::from_slice(&bytes).ok(),
            _ => break,
        }
    }
    (answer, found)
}

/// Takes a band of tiles at a time; none where fewer pixels come than were said.
fn bands(rows: &mut dyn Read, committing: &mut Committing, page: u32, width: u32, height: u32) -> Option<()> {
    let line = width as usize * 3;
    for row in 0..height.div_ceil(SIDE) {
        let lines = SIDE.min(height - row * SIDE);
        let mut band = vec![0; line * lines as usize];
        rows.read_exact(&mut band).ok()?;
        for column in 0..width.div_ceil(SIDE) {
            let across = SIDE.min(width - column * SIDE);
            let from = (column * SIDE) as usize * 3;
            let tile: Vec<u8> = band
                .chunks_exact(line)
                .flat_map(|line| line.get(from..from + across as usize * 3))
                .flatten()
                .copied()
                .collect();
            committing.part(&Part::Tile { page, column, row, width: across, height: lines }, &tile);
        }
    }
    Some(())
}

fn picture(committing: Committing, width: u32, height: u32) -> Committed {
    let (root, leaves) = committing.finish();
    let parameters = [("side", SIDE), ("width", width), ("height", height)];
    let parameters = parameters.map(|(name, number)| (name.to_owned(), u64::from(number))).into();
    Committed { over: CommitmentOver::Tiles, root, leaves, tool: 0, parameters }
}

/// Over the text that this run found; where the stage `text` was not asked for, it is found now.
fn spans(work: &mut Work<'_>, seed: Seed) {
    let is_text = |made: &&crate::Made| made.kind == DerivativeKind::Text;
    if !work.findings.made.iter().any(|made| is_text(&made)) {
        text::run(work);
    }
    let Some(made) = work.findings.made.iter().find(is_text) else { return };
    let tool = made.tool;
    let Ok(text) = serde_json::from_slice::<Text>(&made.bytes) else { return };
    let mut committing = Committing::new(seed);
    for (number, part) in (0u32..).zip(&text.parts) {
        for (from, word) in words(&part.text) {
            let (from, length) = (from as u64, word.len() as u64);
            committing.part(&Part::Span { part: number, from, length }, word.as_bytes());
        }
    }
    let (root, leaves) = committing.finish();
    let parameters = BTreeMap::new();
    work.findings.commitments.push(Committed { over: CommitmentOver::Spans, root, leaves, tool, parameters });
}

/// Words with the blanks behind them; the first also with those before it.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let (mut from, mut seen, mut blank) = (0, false, false);
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            blank = seen;
        } else {
            if blank {
                found.push((from, text.get(from..at).unwrap_or_default()));
                from = at;
            }
            (seen, blank) = (true, false);
        }
    }
    if seen {
        found.push((from, text.get(from..).unwrap_or_default()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_leave_nothing_out() {
        let text = "  Акт  осмотра\nкамеры ";
        assert_eq!(words(text), [(0, "  Акт  "), (10, "осмотра\n"), (25, "камеры ")]);
        assert_eq!(words(text).iter().map(|(_, word)| *word).collect::<String>(), text);
        assert!(words(" \n").is_empty());
    }
}
