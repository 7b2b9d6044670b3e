//! Films that the tests make themselves: a test pattern, a clock that is burnt in, a tone.

use std::process::Command;

/// What a film is made of.
pub struct Film<'a> {
    pub seconds: u32,
    pub size: &'a str,
    pub rate: u32,
    /// More filters over the pattern.
    pub filters: &'a str,
    pub sound: bool,
    pub pictures: bool,
    pub tags: &'a [&'a str],
    /// ffmpeg's name of the container.
    pub form: &'a str,
    /// Frames from one key frame to the next, at most.
    pub key_frames: u32,
}

impl Default for Film<'_> {
    fn default() -> Self {
        Film {
            seconds: 2,
            size: "640x480",
            rate: 10,
            filters: "null",
            sound: false,
            pictures: true,
            tags: &[],
            form: "mp4",
            key_frames: 10,
        }
    }
}

/// The film's bytes.
pub fn made(film: &Film<'_>) -> Vec<u8> {
    let place = tempfile::tempdir().unwrap();
    let (seconds, to) = (film.seconds.to_string(), place.path().join("film"));
    let mut call = Command::new("ffmpeg");
    call.args(["-hide_banner", "-nostdin", "-v", "error", "-y"]);
    if film.pictures {
        call.args(["-f", "lavfi", "-i", &format!("testsrc=size={}:rate={}", film.size, film.rate)]);
    }
    if film.sound {
        call.args(["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=16000"]);
    }
    call.args([
        "-t",
        &seconds,
        "-pix_fmt",
        "yuv420p",
        "-g",
        &film.key_frames.to_string(),
        "-sc_threshold",
        "0",
    ]);
    if film.pictures {
        call.args(["-vf", film.filters]);
    }
    if film.pictures && matches!(film.form, "mp4" | "matroska" | "mpegts") {
        call.args(["-c:v", "libx264", "-preset", "ultrafast"]);
    }
    for tag in film.tags {
        call.args(["-metadata", tag]);
    }
    let made = call.args(["-f", film.form]).arg(&to).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    std::fs::read(to).unwrap()
}
