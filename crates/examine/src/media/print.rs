//! What prints of films and recordings are made of: key frames, small and without colour, and the sound as chromaprint hears it.

use std::io;

use vidimus_model::End;
use vidimus_model::print::Sound;

use super::{Film, complaints, ffmpeg, granted, limits, timed, words};
use crate::prints::grey::Grey;
use crate::prints::shots::{Seen, Shots};
use crate::work::{Ran, Task, Work};

/// The longer side of a frame.
const SIDE: f32 = 256.0;
/// The shorter is at least this, however long the longer one is.
const LEAST: f32 = 16.0;
/// Key frames are enough where there is one in so many milliseconds.
const SPARSE: u64 = 20_000;
/// Bytes of frames, which are not held: ten hours of a square film at one a second, and as much again.
const BYTES: u64 = 5 << 30;
/// Bytes of sound: four for an eighth of a second.
const SOUND_BYTES: u64 = 8 << 20;
/// From one item of chromaprint to the next: 1,365 samples, of 11,025 in a second.
const STEP_US: u32 = 123_810;

/// Frames and views of a film, and which tool gave them; none where there are none.
pub(crate) fn seen(work: &mut Work<'_>, film: &Film) -> Option<(u32, Seen)> {
    film.video?;
    let (ran, shots) = decode(work, film, &["-skip_frame", "nokey"]);
    let is_sparse = (shots.count() as u64) < film.duration_ms.unwrap_or(0).div_ceil(SPARSE).max(1);
    let (ran, shots) = if is_sparse { decode(work, film, &[]) } else { (ran, shots) };
    complaints::judge(work, &ran, shots.count() > 0);
    let end = film.duration_ms.and_then(|end| u32::try_from(end).ok());
    (shots.count() > 0).then(|| (ran.tool, shots.finish(end)))
}

fn decode(work: &mut Work<'_>, film: &Film, before: &[&str]) -> (Ran, Shots) {
    let (width, height) = size(film.aspect);
    let mut call = ffmpeg();
    call.extend(granted(film, work.options.limits.pixels, before));
    let shape = format!(
        "select=isnan(prev_selected_t)+gte(t-prev_selected_t\\,1),scale={width}:{height}:flags=area,format=gray"
    );
    call.extend(["-map", "0:v:0", "-vf", &shape, "-c:v", "rawvideo"].map(str::to_owned));
    call.extend(["-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"].map(str::to_owned));
    call.extend(["-f", "matroska", "-"].map(str::to_owned));
    // Decoding all of a film takes about a tenth of its length.
    let mut limits = limits(120 + film.duration_ms.unwrap_or(0) / 1000);
    limits.output = BYTES;
    let call = words(&call);
    let task = Task { limits, ..Task::new("ffmpeg", &call) };
    work.run_through(task, |_, mut through| {
        let mut shots = Shots::new();
        timed::each(&mut through, width * height, |at, values| {
            if let Some(grey) = Grey::new(width, height, values) {
                shots.push(at, grey);
            }
        });
        // Who stops listening breaks the run off.
        let _ = io::copy(&mut through, &mut io::sink());
        shots
    })
}

/// Square points, of which the longer side has so many.
fn size(aspect: f32) -> (usize, usize) {
    let aspect = if aspect.is_finite() && aspect > 0.0 { aspect } else { 1.0 };
    let shorter = |share: f32| (SIDE * share).round().clamp(LEAST, SIDE) as usize;
    if aspect >= 1.0 { (SIDE as usize, shorter(1.0 / aspect)) } else { (shorter(aspect), SIDE as usize) }
}

/// What is heard in a film or recording, and which tool heard it; none where there is nothing, or too little.
pub(crate) fn heard(work: &mut Work<'_>, film: &Film) -> Option<(u32, Sound)> {
    if !film.has_sound {
        return None;
    }
    let mut call = ffmpeg();
    call.extend(granted(film, work.options.limits.pixels, &[]));
    // Where sound begins later than the film, or pauses, silence stands for it: items keep their times.
    call.extend(["-map", "0:a:0", "-af", "aresample=async=1:first_pts=0"].map(str::to_owned));
    call.extend(["-f", "chromaprint", "-algorithm", "1", "-fp_format", "raw", "-"].map(str::to_owned));
    let mut limits = limits(120 + film.duration_ms.unwrap_or(0) / 10_000);
    limits.output = SOUND_BYTES;
    let ran = work.run(Task { limits, ..Task::new("ffmpeg", &words(&call)) });
    let (items, _) = ran.untrusted_output().as_chunks();
    let items: Vec<u32> = items.iter().map(|item| u32::from_le_bytes(*item)).collect();
    if items.is_empty() && ran.is_done() && complaints::are_none(&ran) {
        // In less than three seconds it hears nothing.
        work.judge(ran.tool, End::Nothing, None, None);
        return None;
    }
    complaints::judge(work, &ran, !items.is_empty());
    if items.is_empty() {
        return None;
    }
    Some((ran.tool, Sound { step_us: STEP_US, items }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_square_points_and_no_side_is_nothing() {
        for (aspect, expected) in [
            (16.0 / 9.0, (256, 144)),
            (9.0 / 16.0, (144, 256)),
            (1.0, (256, 256)),
            (1000.0, (256, 16)),
            (0.0, (256, 256)),
            (f32::NAN, (256, 256)),
        ] {
            assert_eq!(size(aspect), expected, "{aspect}");
        }
    }
}
