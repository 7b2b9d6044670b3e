//! The stage `commit`: roots over the tiles of pictures and the words of texts, for excerpts that are not chosen yet.

use std::collections::BTreeMap;
use std::io::Read as _;

use vidimus_model::{CommitmentOver, DerivativeKind, End, Reason, Text};
use vidimus_proof::commitment::{Committing, Part, Seed};
use vidimus_sandbox::Limits;

use crate::findings::Committed;
use crate::reader::PIXELS;
use crate::reader::answer::{self, Answer, Pieces, Tag};
use crate::tools::OWN;
use crate::work::{Task, Through, Work};
use crate::{outside, text};

/// The side of a tile, in pixels.
const SIDE: u32 = 64;

/// Commits, where a seed was given.
pub(crate) fn run(work: &mut Work<'_>) {
    let (Some(seed), Some(kind)) = (work.options.seed, work.kind()) else { return };
    let seed = Seed::new(&seed);
    if kind.is_decoded_here() {
        tiles(work, seed);
    } else {
        spans(work, seed);
    }
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
                found = bands(&mut Pieces::new(&mut through), seed.clone(), width, height);
            }
            Tag::Answer => answer = serde_json::from_slice(&bytes).ok(),
            _ => break,
        }
    }
    (answer, found)
}

/// Takes a band of tiles at a time; none where fewer pixels come than were said.
fn bands(rows: &mut Pieces<'_>, seed: Seed, width: u32, height: u32) -> Option<Committed> {
    let mut committing = Committing::new(seed);
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
            committing.part(&Part::Tile { page: 0, column, row, width: across, height: lines }, &tile);
        }
    }
    let (root, leaves) = committing.finish();
    let parameters = [("side", SIDE), ("width", width), ("height", height)];
    let parameters = parameters.map(|(name, number)| (name.to_owned(), u64::from(number))).into();
    Some(Committed { over: CommitmentOver::Tiles, root, leaves, tool: 0, parameters })
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
