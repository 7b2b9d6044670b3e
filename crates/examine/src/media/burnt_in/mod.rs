//! Clocks and labels that recorders burn into pictures: frames of both ends and between, lines of writing, one run of OCR.

mod clock;
mod grey;
mod lines;
mod read;

use vidimus_model::{
    CameraClaim, ClaimSource, DerivativeKind, End, Precision, Reason, Text, TextPart, TextPlace, TimeClaim,
    TimeOf,
};

use self::clock::Shown;
use self::grey::{Grey, tiff};
use self::lines::{Line, lines};
use self::read::{Said, pages};
use super::{Film, complaints, ffmpeg, granted, keep, limits, words};
use crate::claims::cameras;
use crate::work::{Task, Work, cut};

/// Reads what is burnt into some frames. What each frame says is claimed as read; one beginning is derived only where frames
/// agree, and says that it is derived.
pub(super) fn run(work: &mut Work<'_>, film: &Film) {
    let frames = frames(work, film);
    let mut found: Vec<(usize, Line)> = Vec::new();
    for (index, (_, frame)) in frames.iter().enumerate() {
        found.extend(lines(frame).into_iter().map(|line| (index, line)));
    }
    if found.is_empty() {
        return;
    }
    let pictures: Vec<Grey> = found.iter().map(|(_, line)| line.picture.clone()).collect();
    let mut reader = Reader { frames: &frames, found: &found, shown: Vec::new(), kept: Vec::new() };
    let all: Vec<usize> = (0..found.len()).collect();
    let rest = reader.clocks(work, &pictures, &all, "eng");
    // Labels stay where they are for the whole film: those of the first and the middle frame are read once more, as Russian;
    // and everything, where clocks were not read as digits of English.
    let some = [0, frames.len() / 2];
    let again: Vec<usize> = match reader.shown.len() {
        0 | 1 => rest,
        _ => rest.into_iter().filter(|index| some.contains(&found[*index].0)).collect(),
    };
    let pictures: Vec<Grey> = again.iter().map(|index| found[*index].1.picture.clone()).collect();
    if !pictures.is_empty() {
        reader.clocks(work, &pictures, &again, "rus");
    }
    let Reader { shown, kept, .. } = reader;
    if let Some(begin) = clock::beginning(&shown) {
        work.findings.times.push(TimeClaim {
            source: ClaimSource::BurntIn,
            field: "derived from frames that agree".to_owned(),
            of: TimeOf::Beginning,
            at: None,
            untrusted_text: String::new(),
            time: begin.time,
            precision: Precision::Second,
            zone: None,
            confidence: Some(begin.confidence),
        });
    }
    if !kept.is_empty() {
        keep_text(work, kept);
    }
}

/// What was read until now.
struct Reader<'a> {
    frames: &'a [(u64, Grey)],
    found: &'a [(usize, Line)],
    shown: Vec<Shown>,
    kept: Vec<(u64, u32, Said)>,
}

impl Reader<'_> {
    /// Reads these lines in a language, takes clocks and cameras from them, and gives back which had no clock.
    fn clocks(
        &mut self,
        work: &mut Work<'_>,
        pictures: &[Grey],
        lines: &[usize],
        language: &str,
    ) -> Vec<usize> {
        let (tool, said) = recognise(work, pictures, language);
        let mut rest = Vec::new();
        for (index, said) in lines.iter().zip(said) {
            let at = self.frames[self.found[*index].0].0;
            let read = clock::readings(&said.text);
            for reading in &read {
                let ways =
                    if read.len() > 1 { format!(", one of {} readings", read.len()) } else { String::new() };
                work.findings.times.push(TimeClaim {
                    source: ClaimSource::BurntIn,
                    field: format!("frame {}{ways}", reading.pattern),
                    of: TimeOf::Moment,
                    at: Some(at),
                    untrusted_text: cut(&said.text, 100),
                    time: reading.time,
                    precision: Precision::Second,
                    zone: None,
                    confidence: Some(said.confidence),
                });
                self.shown.push(Shown { at, time: reading.time, confidence: said.confidence });
            }
            if read.is_empty() {
                rest.push(*index);
            }
            // What English makes of Cyrillic letters is no label, unless it names one.
            let named = label(work, &said);
            let is_text = said.text.chars().filter(|c| c.is_alphanumeric()).count() >= 4;
            if !read.is_empty() || named || (language == "rus" && is_text) {
                self.kept.push((at, tool, said));
            }
        }
        rest
    }
}

/// Takes a camera's label from a line; each once, as sure as it was read best.
fn label(work: &mut Work<'_>, said: &Said) -> bool {
    let named = cameras(&said.text);
    for camera in &named {
        let claims = &mut work.findings.cameras;
        let known =
            claims.iter_mut().find(|one| one.source == ClaimSource::BurntIn && one.label == camera.label);
        match known {
            Some(known) => known.confidence = known.confidence.max(Some(said.confidence)),
            None => claims.push(CameraClaim {
                source: ClaimSource::BurntIn,
                untrusted_text: cut(&said.text[camera.place.clone()], 100),
                label: camera.label.clone(),
                confidence: Some(said.confidence),
            }),
        }
    }
    !named.is_empty()
}

/// Frames that are looked at.
const FRAMES: u64 = 5;
/// The longer side of a frame, in points, while it is looked at.
const SIDE: u32 = 1280;

/// Frames from the beginning to the end, each with its moment in milliseconds.
fn frames(work: &mut Work<'_>, film: &Film) -> Vec<(u64, Grey)> {
    let Some((width, height)) = film.video else { return Vec::new() };
    let longer = u64::from(width.max(height));
    let side = |side: u32| (u64::from(side) * u64::from(SIDE) / longer).max(2) / 2 * 2;
    let (width, height) = (side(width), side(height));
    let pixels = work.options.limits.pixels;
    let mut call = ffmpeg();
    let mut graph = String::new();
    let mut begins = Vec::new();
    // The moment of each frame, told beside the pictures under the number of its input.
    let told =
        |input: u64| format!("metadata=mode=add:key=n:value={input},metadata=mode=print:file=pipe\\\\:2");
    let shape = format!("scale={width}:{height}:flags=bicubic,setsar=1,format=gray");
    match film.duration_ms.filter(|all| *all >= 1000) {
        Some(all) => {
            for input in 0..FRAMES {
                let begin = all * input * 24 / 100;
                let seek = format!("{}.{:03}", begin / 1000, begin % 1000);
                call.extend(granted(film, pixels, &["-ss", &seek, "-noaccurate_seek"]));
                graph += &format!("[{input}:v:0]trim=end_frame=1,{},{shape}[f{input}];", told(input));
                begins.push(begin);
            }
            for input in 0..FRAMES {
                graph += &format!("[f{input}]");
            }
            graph += &format!("concat=n={FRAMES}[all]");
        }
        None => {
            call.extend(granted(film, pixels, &["-t", "60"]));
            graph += &format!(
                "[0:v:0]select=isnan(prev_selected_t)+gte(t-prev_selected_t\\,5),{},{shape}[all]",
                told(0)
            );
            begins.push(0);
        }
    }
    call.extend(
        ["-filter_complex", &graph, "-map", "[all]", "-frames:v", &FRAMES.to_string()].map(str::to_owned),
    );
    call.extend(["-fps_mode", "passthrough", "-f", "rawvideo", "-"].map(str::to_owned));
    let ran = work.run(Task { limits: limits(60), ..Task::new("ffmpeg", &words(&call)) });
    let complaints = ran
        .outcome
        .as_ref()
        .map(|outcome| String::from_utf8_lossy(&outcome.untrusted_complaints).into_owned());
    let moments = moments(complaints.as_deref().unwrap_or_default(), &begins);
    let (width, height) = (width as usize, height as usize);
    let pictures = ran.untrusted_output().chunks_exact(width * height);
    let frames: Vec<(u64, Grey)> = pictures
        .zip(moments)
        .filter_map(|(points, at)| Some((at, Grey::new(width, points.to_vec())?)))
        .collect();
    if frames.is_empty() {
        complaints::judge(work, &ran, false);
    }
    frames
}

/// The moments of frames in their order, from what the filter wrote: `frame:0 pts:51 pts_time:0.5` and `n=2` below it.
/// Inputs are decoded in any order; the pictures come in that of the inputs.
fn moments(untrusted: &str, begins: &[u64]) -> Vec<u64> {
    let mut all: Vec<(usize, u64)> = Vec::new();
    let mut last = None;
    for line in untrusted.lines() {
        if let Some(time) = line.split("pts_time:").nth(1) {
            last =
                time.trim().parse::<f64>().ok().filter(|seconds| seconds.is_finite() && seconds.abs() < 1e9);
        } else if let (Some(seconds), Some(input)) = (last, line.trim().strip_prefix("n=")) {
            let input = input.parse::<usize>().ok().filter(|input| *input < begins.len()).unwrap_or(0);
            all.push((input, (begins[input] as f64 + seconds * 1000.0).round().max(0.0) as u64));
            last = None;
        }
    }
    all.sort_by_key(|(input, _)| *input);
    all.into_iter().map(|(_, at)| at).collect()
}

/// Reads lines, each a page of its own, in one run.
fn recognise(work: &mut Work<'_>, pictures: &[Grey], language: &str) -> (u32, Vec<Said>) {
    let padded: Vec<Grey> = pictures.iter().map(|picture| picture.padded(12)).collect();
    let call = [vidimus_sandbox::INPUT, "-", "--psm", "7", "--dpi", "150", "-l", language, "tsv"];
    let ran = work.run_on(Task { limits: limits(60), ..Task::new("tesseract", &call) }, &tiff(&padded));
    let table = String::from_utf8_lossy(ran.untrusted_output()).into_owned();
    if ran.is_done() && table.is_empty() {
        work.judge(ran.tool, End::Failed, Some(Reason::Unknown), None);
    }
    (ran.tool, pages(&table, pictures.len()))
}

/// The text of frames, as a derivative.
fn keep_text(work: &mut Work<'_>, mut kept: Vec<(u64, u32, Said)>) {
    kept.sort_by_key(|(at, _, _)| *at);
    let tool = kept.first().map_or(0, |(_, tool, _)| *tool);
    let part = |(at, _, said): (u64, u32, Said)| TextPart {
        place: TextPlace::Time { from: at, to: at },
        text: said.text,
        confidence: Some(said.confidence),
        speaker: None,
    };
    let text = Text { parts: kept.into_iter().map(part).collect(), ..Text::default() };
    let bytes = serde_json::to_vec(&text).expect("a text is plain JSON");
    keep(work, tool, DerivativeKind::BurntIn, None, bytes);
}
