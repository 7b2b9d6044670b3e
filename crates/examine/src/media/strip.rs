//! The strip of stills of a film: one each ten seconds and where the picture changes, in three looks from one decode.

use serde::Serialize;
use vidimus_model::DerivativeKind;

use super::still::{LOOKS, looks, outputs};
use super::{Film, complaints, envelope, ffmpeg, granted, keep, limits, words};
use crate::work::{Ran, Task, Work};

/// Makes the strip. Key frames are enough where they stand near enough to each other; where they do not, every frame is decoded.
pub(super) fn run(work: &mut Work<'_>, film: &Film) {
    if film.video.is_none() {
        return;
    }
    let step = step(film);
    let key_frames = decode(work, film, step, &["-skip_frame", "nokey"]);
    let (ran, moments) = match key_frames {
        (ran, moments) if is_dense(&moments, step, film) => (ran, moments),
        _ => decode(work, film, step, &[]),
    };
    let pictures: Vec<(usize, &[u8])> =
        envelope::pieces(ran.untrusted_output()).filter(|(_, bytes)| !bytes.is_empty()).collect();
    let mut made = false;
    for (stream, look) in LOOKS.into_iter().enumerate() {
        let mine: Vec<&[u8]> =
            pictures.iter().filter(|(one, _)| *one == stream).map(|(_, bytes)| *bytes).collect();
        if !mine.is_empty() {
            keep(work, ran.tool, DerivativeKind::Strip, Some(look), strip(&moments, &mine));
            made = true;
        }
    }
    complaints::judge(work, &ran, made);
}

/// Pictures of one strip.
const MOST: usize = 240;
/// Seconds between two pictures, in a film that is not too long for that.
const STEP: u64 = 10;
/// How much changes, of 1, where a scene does.
const CHANGES: f64 = 0.3;

/// The moment of a picture, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Moment {
    at: u64,
    scene: bool,
}

/// A picture's place in the strip; `docs/format/derivatives.md`.
#[derive(Serialize)]
struct Frame {
    at: u64,
    offset: usize,
    length: usize,
    scene: bool,
}

#[derive(Serialize)]
struct Head {
    frames: Vec<Frame>,
}

/// Seconds between two pictures: longer in films so long that the strip would leave no room for changes of scene.
fn step(film: &Film) -> u64 {
    STEP.max(film.duration_ms.unwrap_or(0) / 1000 / (MOST as u64 * 2 / 3))
}

fn decode(work: &mut Work<'_>, film: &Film, step: u64, before: &[&str]) -> (Ran, Vec<Moment>) {
    let mut call = ffmpeg();
    call.extend(granted(film, work.options.limits.pixels, before));
    // A change of scene counts a second after the last picture: a flicker would fill the strip.
    let choose = format!(
        ",select=isnan(prev_selected_t)+gte(t-prev_selected_t\\,{step})+gt(scene\\,{CHANGES})*gte(t-prev_selected_t\\,1),\
         metadata=mode=print:file=pipe\\\\:2"
    );
    call.extend(["-an", "-sn", "-dn", "-filter_complex", &looks(&choose, [160, 320])].map(str::to_owned));
    call.extend(outputs(MOST));
    // Decoding all of a film takes about a tenth of its length.
    let seconds = 120 + film.duration_ms.unwrap_or(0) / 1000;
    let mut limits = limits(seconds);
    limits.output = MOST as u64 * (256 << 10);
    let ran = work.run(Task { limits, ..Task::new("ffmpeg", &words(&call)) });
    let told = ran
        .outcome
        .as_ref()
        .map(|outcome| String::from_utf8_lossy(&outcome.untrusted_complaints).into_owned());
    let moments = moments(&told.unwrap_or_default());
    (ran, moments)
}

/// Whether pictures stand no further from each other than half a step too far, up to the end.
fn is_dense(moments: &[Moment], step: u64, film: &Film) -> bool {
    let Some(end) = film.duration_ms else { return moments.len() > 1 };
    let all = [0].into_iter().chain(moments.iter().map(|one| one.at)).chain([end]);
    let all: Vec<u64> = all.collect();
    !moments.is_empty() && all.windows(2).all(|pair| pair[1].saturating_sub(pair[0]) <= step * 1500)
}

/// What the filter wrote: `frame:0 pts:51 pts_time:0.5`, and `lavfi.scene_score=0.2` below it.
fn moments(untrusted: &str) -> Vec<Moment> {
    let mut all: Vec<Moment> = Vec::new();
    for line in untrusted.lines() {
        if let Some(time) = line.split("pts_time:").nth(1) {
            let seconds =
                time.trim().parse::<f64>().ok().filter(|one| one.is_finite() && (0.0..1e9).contains(one));
            all.push(Moment { at: (seconds.unwrap_or(0.0) * 1000.0).round() as u64, scene: false });
        } else if let (Some(score), Some(last)) =
            (line.trim().strip_prefix("lavfi.scene_score="), all.last_mut())
        {
            last.scene = score.parse::<f64>().is_ok_and(|score| score > CHANGES);
        }
    }
    all
}

/// One strip: a line of JSON, and the pictures behind it.
fn strip(moments: &[Moment], pictures: &[&[u8]]) -> Vec<u8> {
    let mut offset = 0;
    let mut frames = Vec::new();
    for (moment, picture) in moments.iter().zip(pictures) {
        frames.push(Frame { at: moment.at, offset, length: picture.len(), scene: moment.scene });
        offset += picture.len();
    }
    let count = frames.len();
    let mut bytes = serde_json::to_vec(&Head { frames }).expect("numbers are plain JSON");
    bytes.push(b'\n');
    pictures.iter().take(count).for_each(|picture| bytes.extend(*picture));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_changes_are_told_by_the_filter() {
        let told = "frame:0    pts:0       pts_time:0\nlavfi.scene_score=1.000000\n[h264 @ 0x1] some complaint\n\
                    frame:1    pts:100     pts_time:10.04\nlavfi.scene_score=0.010000\nframe:2 pts:1 pts_time:-3\n";
        let moment = |at, scene| Moment { at, scene };
        assert_eq!(moments(told), [moment(0, true), moment(10_040, false), moment(0, false)]);
    }

    #[test]
    fn the_line_tells_where_each_picture_lies() {
        let all =
            strip(&[Moment { at: 0, scene: true }, Moment { at: 9, scene: false }], &[b"one", b"three"]);
        let expected = "{\"frames\":[{\"at\":0,\"offset\":0,\"length\":3,\"scene\":true},\
                        {\"at\":9,\"offset\":3,\"length\":5,\"scene\":false}]}\nonethree";
        assert_eq!(String::from_utf8(all).unwrap(), expected);
    }

    #[test]
    fn long_films_have_wider_steps() {
        let film = |hours: u64| Film { duration_ms: Some(hours * 3_600_000), ..Film::default() };
        assert_eq!((step(&film(0)), step(&film(10))), (10, 225));
    }
}
