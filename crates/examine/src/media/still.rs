//! One still of a film, a moment in and not black, in three looks from one decode.

use vidimus_model::{DerivativeKind, Look};

use super::{Film, complaints, envelope, ffmpeg, granted, keep, limits, words};
use crate::work::{Task, Work};

/// The looks in the order of the streams in which they come.
pub(super) const LOOKS: [Look; 3] = [Look::Blurred, Look::Grey, Look::Clear];

/// How dark a picture may be on average, of 255, to be passed over for a later one.
const DARK: u32 = 24;

/// Makes the still. Where the film holds no key frame that is not dark, the first frame that can be decoded is taken.
pub(super) fn run(work: &mut Work<'_>, film: &Film) {
    if film.video.is_none() {
        return;
    }
    let begin = (film.duration_ms.unwrap_or(0) / 10).min(10_000);
    let begin = format!("{}.{:03}", begin / 1000, begin % 1000);
    let bright =
        format!(",signalstats,metadata=mode=select:key=lavfi.signalstats.YAVG:value={DARK}:function=greater");
    let seeks: &[&str] = &["-ss", &begin, "-noaccurate_seek", "-skip_frame", "nokey", "-t", "60"];
    for (before, choose) in [(seeks, bright.as_str()), (&[], "")] {
        let mut call = ffmpeg();
        call.extend(granted(film, work.options.limits.pixels, before));
        call.extend(["-an", "-sn", "-dn", "-filter_complex", &looks(choose, [320, 640])].map(str::to_owned));
        call.extend(outputs(1));
        let ran = work.run(Task { limits: limits(30), ..Task::new("ffmpeg", &words(&call)) });
        let mut seen = [false; 3];
        for (stream, bytes) in envelope::pieces(ran.untrusted_output()) {
            if let (Some(look), Some(false)) = (LOOKS.get(stream), seen.get(stream)) {
                seen[stream] = true;
                let bytes = bytes.to_vec();
                keep(work, ran.tool, DerivativeKind::Still, Some(*look), bytes);
            }
        }
        if seen.contains(&true) {
            complaints::judge(work, &ran, true);
            return;
        }
        // A dark film is no fault: only the second run tells whether anything can be decoded.
        let last = before.is_empty();
        if last || !ran.is_done() {
            complaints::judge(work, &ran, false);
        }
    }
}

/// The filters that make three looks of each frame that `choose` lets pass: blurred and grey with no side longer than the
/// first of these, clear the second. Frames are counted anew, for the envelope fills gaps of time with empty pieces.
pub(super) fn looks(choose: &str, [small, clear]: [u32; 2]) -> String {
    let side = |side: u32| {
        format!(
            "scale=w='min({side},iw)':h='min({side},ih)':force_original_aspect_ratio=decrease:force_divisible_by=2:\
             flags=fast_bilinear"
        )
    };
    format!(
        "[0:v:0]{}{choose},settb=1/25,setpts=N,split[c][g];[g]{},format=gray,split[grey][b];[b]gblur=sigma=8[blurred];[c]format=yuvj420p[clear]",
        side(clear),
        side(small),
    )
}

/// The three streams of pictures in their envelope.
pub(super) fn outputs(frames: usize) -> Vec<String> {
    let frames = frames.to_string();
    let mut call = Vec::new();
    for (stream, name) in ["[blurred]", "[grey]", "[clear]"].into_iter().enumerate() {
        call.extend(["-map".to_owned(), name.to_owned(), format!("-frames:v:{stream}"), frames.clone()]);
    }
    let rest = [
        "-c:v",
        "mjpeg",
        "-threads",
        "1",
        "-q:v",
        "5",
        "-fps_mode",
        "passthrough",
        "-enc_time_base",
        "1/25",
        "-map_metadata",
        "-1",
    ];
    call.extend(rest.map(str::to_owned));
    call.extend(["-fflags", "+bitexact", "-f", "avi", "-"].map(str::to_owned));
    call
}
