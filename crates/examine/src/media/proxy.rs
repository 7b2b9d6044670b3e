//! A small film to look through: H.264 and AAC at about 300 kbit/s, in pieces, so that it needs no second pass; and what moves in it.

use vidimus_model::DerivativeKind;

use super::{Film, complaints, ffmpeg, granted, keep, limits, motion, words};
use crate::work::{Task, Work};

/// What a proxy may hold: fifteen hours.
const BYTES: u64 = 2 << 30;

/// Makes the proxy. Its header stands in front and its index in its pieces: it plays while it is still being fetched.
pub(super) fn run(work: &mut Work<'_>, film: &Film) {
    if film.video.is_none() {
        return;
    }
    let mut call = ffmpeg();
    call.extend(granted(film, work.options.limits.pixels, &[]));
    let shape = "scale=w='min(640,iw)':h='min(640,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2,setsar=1";
    let rest = [
        "-map",
        "0:v:0",
        "-map",
        "0:a:0?",
        "-sn",
        "-dn",
        "-map_metadata",
        "-1",
        "-map_chapters",
        "-1",
        "-vf",
        shape,
        "-fpsmax",
        "15",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-threads",
        "1",
        "-pix_fmt",
        "yuv420p",
        "-g",
        "75",
        "-b:v",
        "250k",
        "-maxrate",
        "400k",
        "-bufsize",
        "800k",
        "-c:a",
        "aac",
        "-ac",
        "1",
        "-ar",
        "32000",
        "-b:a",
        "48k",
        "-fflags",
        "+bitexact",
        "-movflags",
        "+frag_keyframe+empty_moov+default_base_moof",
        "-f",
        "mp4",
        "-",
    ];
    call.extend(rest.map(str::to_owned));
    let mut limits = limits(300 + film.duration_ms.unwrap_or(0) / 1000 * 2);
    limits.output = BYTES;
    let ran = work.run(Task { limits, ..Task::new("ffmpeg", &words(&call)) });
    let made = ran.untrusted_output();
    // The header by itself holds no picture.
    let has_pictures = made.windows(4).any(|four| four == b"moof");
    complaints::judge(work, &ran, has_pictures);
    if has_pictures {
        keep(work, ran.tool, DerivativeKind::Proxy, None, made.to_vec());
        motion::of_proxy(work, film, ran.untrusted_output());
    }
}
