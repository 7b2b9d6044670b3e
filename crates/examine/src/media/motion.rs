//! What moves in a film, four times a second, from its proxy, which is decoded in a fraction of the time that the film takes.

use std::io::{self, Read as _};

use vidimus_model::print::{MotionWriter, SMALL_HEIGHT, SMALL_WIDTH, Small};
use vidimus_model::{DerivativeKind, End, Reason};

use super::{Film, complaints, ffmpeg, granted, keep, limits, words};
use crate::work::{Task, Through, Work};

/// Milliseconds from one frame to the next.
const STEP_MS: u32 = 250;
/// Bytes of frames, which are not held.
const BYTES: u64 = 1 << 30;

/// Makes the motion of a proxy. The first frame is that of the film's beginning, also where its pictures begin later.
pub(super) fn of_proxy(work: &mut Work<'_>, film: &Film, proxy: &[u8]) {
    let mut call = ffmpeg();
    let proxy_as_film = Film { demuxer: "mov", ..film.clone() };
    call.extend(granted(&proxy_as_film, work.options.limits.pixels, &[]));
    let frames = 1000 / STEP_MS;
    let shape =
        format!("fps={frames}:start_time=0,scale={SMALL_WIDTH}:{SMALL_HEIGHT}:flags=area,format=gray");
    call.extend(["-map", "0:v:0", "-vf", &shape, "-fps_mode", "passthrough"].map(str::to_owned));
    call.extend(["-f", "rawvideo", "-"].map(str::to_owned));
    let mut limits = limits(120 + film.duration_ms.unwrap_or(0) / 10_000);
    limits.output = BYTES;
    let call = words(&call);
    let task = Task { limits, ..Task::new("ffmpeg", &call) };
    let (ran, (motion, count)) = work.run_on_through(task, proxy, |_, mut through| written(&mut through));
    complaints::judge(work, &ran, count > 0);
    match motion {
        Some(bytes) if count > 0 => keep(work, ran.tool, DerivativeKind::Motion, None, bytes),
        Some(_) => {}
        None => work.judge(ran.tool, End::Failed, Some(Reason::TooManyParts), None),
    }
}

/// The motion, where it can be written, and how many frames it has.
fn written(through: &mut Through) -> (Option<Vec<u8>>, u64) {
    let Ok(mut motion) = MotionWriter::new(Vec::new(), STEP_MS, 0) else { return (None, 0) };
    let (mut frame, mut count): (Small, u64) = ([0; SMALL_WIDTH * SMALL_HEIGHT], 0);
    while through.read_exact(&mut frame).is_ok() {
        if motion.push(&frame).is_err() {
            return (None, count);
        }
        count += 1;
    }
    // Who stops listening breaks the run off.
    let _ = io::copy(through, &mut io::sink());
    (motion.finish().ok(), count)
}
