//! What is said in a film or recording, by the command that the settings name: ffmpeg takes the sound out, the command hears it.

use std::time::Duration;

use vidimus_model::{DerivativeKind, End, Reason, TextPart};
use vidimus_sandbox::{Ended, Limits};

use super::{Film, complaints, ffmpeg, granted, limits, words};
use crate::outside;
use crate::text::parts::Parts;
use crate::text::subtitles;
use crate::work::{Task, Work};

/// Bytes of sound that are heard at once: four and a half hours.
const BYTES: u64 = 512 << 20;
/// Bytes of samples in a second.
const RATE: u64 = 32_000;
/// Seconds that the command may take for each second of sound: slow machines have large models too.
const PATIENCE: u64 = 60;

/// Lets the command hear it. Where none is set up, this stage is not asked for.
pub(super) fn run(work: &mut Work<'_>, film: &Film) {
    let Some(speech) = work.speech().filter(|_| film.has_sound) else { return };
    let mut call = ffmpeg();
    call.extend(granted(film, work.options.limits.pixels, &[]));
    let shape = ["-map", "0:a:0", "-vn", "-sn", "-dn", "-ac", "1", "-ar", "16000", "-c:a", "pcm_s16le"];
    call.extend(shape.map(str::to_owned));
    call.extend(["-map_metadata", "-1", "-fflags", "+bitexact", "-f", "wav", "-"].map(str::to_owned));
    let mut limits = limits(120 + film.duration_ms.unwrap_or(0) / 10_000);
    limits.output = BYTES;
    let mut ran = work.run(Task { limits, ..Task::new("ffmpeg", &words(&call)) });
    let sound = ran.outcome.as_mut().map(|outcome| std::mem::take(&mut outcome.untrusted_output));
    let sound = sound.unwrap_or_default();
    complaints::judge(work, &ran, !sound.is_empty());
    let is_cut = ran.outcome.as_ref().is_some_and(|outcome| outcome.ended == Ended::TooMuchOutput);
    if is_cut {
        work.judge(ran.tool, End::Partly, Some(Reason::TooManyBytes), None);
    }
    if sound.is_empty() {
        return;
    }
    let arguments = speech.call();
    let time = Duration::from_secs(300 + sound.len() as u64 / RATE * PATIENCE);
    let limits = Limits { wall: time, cpu: time * 64, memory: speech.memory, ..Limits::default() };
    let heard = work.run_on(Task { limits, ..Task::new(&speech.name(), &words(&arguments)) }, &sound);
    drop(sound);
    let untrusted = String::from_utf8_lossy(heard.untrusted_output());
    let said = said(&untrusted);
    let mut parts = Parts::bounded(work.options.limits.text_bytes);
    said.into_iter().for_each(|part| parts.push(part));
    match (heard.is_done(), parts.is_empty()) {
        // Silence, or words in a form that nobody knows here.
        (true, true) if untrusted.trim().is_empty() || is_form(&untrusted) => {
            work.judge(heard.tool, End::Nothing, None, None);
        }
        (true, true) => {
            work.judge(heard.tool, End::Failed, Some(Reason::Unknown), Some(&untrusted));
        }
        (false, false) => {
            let reason = heard.reason(work).unwrap_or(Reason::Unknown);
            work.judge(heard.tool, End::Partly, Some(reason), None);
        }
        (true, false) if parts.full => {
            work.judge(heard.tool, End::Partly, Some(Reason::TooManyBytes), None);
        }
        _ => {}
    }
    if !parts.is_empty() {
        outside::put_text(work, DerivativeKind::Transcript, parts.into_text(None, false), heard.tool);
    }
}

/// SRT, VTT, or the JSON of WhisperX and whisper.cpp.
fn said(untrusted: &str) -> Vec<TextPart> {
    if untrusted.trim_start().starts_with('{') {
        return subtitles::speech(untrusted.as_bytes()).unwrap_or_default();
    }
    subtitles::cues(untrusted)
}

/// One of these, in which nothing is said.
fn is_form(untrusted: &str) -> bool {
    let trimmed = untrusted.trim_start_matches('\u{feff}').trim();
    trimmed.starts_with("WEBVTT") || subtitles::speech(trimmed.as_bytes()).is_some()
}
