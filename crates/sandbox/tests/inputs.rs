//! What a tool is given is read at any place, held in memory or served on demand, and real decoders can work with it.

mod common;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use common::{PROBE, act, sandbox, text};
use vidimus_sandbox::{
    Ended, INPUT, Input, Job, Level, Limits, Program, RunError, Sandbox, Setup, Tool, View,
};

/// Far more than a machine has memory, made where it is asked for; it counts what was asked.
struct Endless {
    length: u64,
    asked: Arc<AtomicU64>,
}

impl View for Endless {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_exact_at(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.asked.fetch_add(buffer.len() as u64, Ordering::Relaxed);
        assert!(offset + buffer.len() as u64 <= self.length);
        for (place, byte) in (offset..).zip(buffer) {
            *byte = b'a' + u8::try_from(place / 1000 % 26).unwrap();
        }
        Ok(())
    }
}

const TERABYTE: u64 = 1 << 40;

#[test]
fn a_terabyte_is_read_where_it_is_asked_for() {
    let Some(mut sandbox) = sandbox(Level::Full, &[]) else { return };
    if let Some(refused) = sandbox.facts().no_views {
        println!("skipped: this machine serves no views: {refused}");
        return;
    }
    let asked = Arc::new(AtomicU64::new(0));
    let view = Endless { length: TERABYTE, asked: asked.clone() };
    let (end, middle) = ((TERABYTE - 3).to_string(), (TERABYTE / 2).to_string());
    let arguments = ["read-at", "999", "2", &end, "3", &middle, "1", "0", "1"];
    let job = Job { tool: "probe", arguments: &arguments, limits: Limits::default() };
    let outcome = sandbox.run(job, Input::view(view)).unwrap();
    let letter = |place: u64| char::from(b'a' + u8::try_from(place / 1000 % 26).unwrap());
    let last: String = (TERABYTE - 3..TERABYTE).map(letter).collect();
    assert_eq!(outcome.ended, Ended::Exited(0), "{}", String::from_utf8_lossy(&outcome.untrusted_complaints));
    assert_eq!(text(&outcome), format!("ab{last}{}a", letter(TERABYTE / 2)));
    assert!(asked.load(Ordering::Relaxed) < 8 << 20, "only what was asked for, and a little ahead");
    // A function of our own reads it through the descriptor that it was given.
    let view = Endless { length: TERABYTE, asked };
    let job = Job { tool: "length", arguments: &[], limits: Limits::default() };
    let outcome = sandbox.run(job, Input::view(view)).unwrap();
    assert_eq!((outcome.ended, text(&outcome)), (Ended::Exited(0), TERABYTE.to_string()));
}

/// Cannot be read behind its first page, as a damaged object cannot.
struct Damaged;

impl View for Damaged {
    fn length(&self) -> u64 {
        1 << 30
    }

    fn read_exact_at(&mut self, offset: u64, _: &mut [u8]) -> io::Result<()> {
        if offset == 0 { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
    }
}

#[test]
fn where_a_view_fails_the_tool_meets_an_error_and_no_zeros() {
    let Some(mut sandbox) = sandbox(Level::Full, &[]) else { return };
    if sandbox.facts().no_views.is_some() {
        return;
    }
    let job = Job { tool: "probe", arguments: &["read-at", "900000000", "5"], limits: Limits::default() };
    let outcome = sandbox.run(job, Input::view(Damaged)).unwrap();
    assert_eq!((outcome.ended, text(&outcome)), (Ended::Exited(1), String::new()));
    assert!(String::from_utf8_lossy(&outcome.untrusted_complaints).contains("os error 5"));
    assert!(outcome.input_unread, "it is not the file's fault");
    // The same complaint of a tool, where all was read.
    let view = Endless { length: 1000, asked: Arc::default() };
    let job = Job { tool: "probe", arguments: &["read-at", "0", "1001"], limits: Limits::default() };
    let outcome = sandbox.run(job, Input::view(view)).unwrap();
    assert_eq!((outcome.ended, outcome.input_unread), (Ended::Exited(1), false));
}

#[test]
fn a_tool_that_is_ended_while_it_reads_lets_go_of_the_view() {
    let Some(mut sandbox) = sandbox(Level::Full, &[]) else { return };
    if sandbox.facts().no_views.is_some() {
        return;
    }
    let view = Endless { length: TERABYTE, asked: Arc::default() };
    let whole = TERABYTE.to_string();
    let limits = Limits { memory: 1 << 42, wall: std::time::Duration::from_millis(300), ..Limits::default() };
    let job = Job { tool: "probe", arguments: &["read-at", "0", &whole], limits };
    let outcome = sandbox.run(job, Input::view(view)).unwrap();
    // A machine that grants no such address space says so at once.
    assert!(
        matches!(outcome.ended, Ended::OutOfTime | Ended::Killed(_) | Ended::Exited(1)),
        "{:?}",
        outcome.ended
    );
    assert_eq!(act(&mut sandbox, &["exit", "0"], Limits::default()).unwrap().ended, Ended::Exited(0));
}

#[test]
fn without_namespaces_views_are_refused() {
    let mut sandbox = sandbox(Level::NoNamespaces, &[]).unwrap();
    assert!(sandbox.facts().no_views.is_some());
    let job = Job { tool: "length", arguments: &[], limits: Limits::default() };
    let view = Endless { length: 1, asked: Arc::default() };
    assert!(matches!(sandbox.run(job, Input::view(view)), Err(RunError::NeedsNamespaces)));
}

#[test]
fn a_tool_of_the_system_reads_the_granted_file() {
    for level in [Level::Full, Level::NoNamespaces] {
        let Some(mut sandbox) = of_the_system(level) else { return };
        let job = Job { tool: "wc", arguments: &["-c", INPUT], limits: Limits::default() };
        let outcome = sandbox.run(job, Input::held(&b"granted"[..], 7).unwrap()).unwrap();
        assert_eq!(text(&outcome), format!("7 {INPUT}\n"));
    }
}

#[test]
fn a_decoder_is_not_led_to_another_file() {
    // The attack that works on a plain ffmpeg: a film that is a playlist, and names another film.
    let Some(ffmpeg) = ["/usr/bin/ffmpeg"].into_iter().find(|path| Path::new(path).exists()) else {
        println!("skipped: there is no ffmpeg");
        return;
    };
    let clip = common::OPEN.path().join("another.ts");
    let made = std::process::Command::new(ffmpeg)
        .args([
            "-v",
            "error",
            "-y",
            "-f",
            "lavfi",
            "-i",
            "testsrc=size=64x64:rate=5:duration=1",
            "-f",
            "mpegts",
        ])
        .arg(&clip)
        .status()
        .unwrap();
    assert!(made.success());
    let playlist = format!(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{}\n#EXT-X-ENDLIST\n",
        clip.to_str().unwrap()
    );
    let film = std::fs::read(&clip).unwrap();
    let arguments =
        ["-nostdin", "-v", "error", "-i", INPUT, "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-"];
    for level in [Level::Full, Level::NoNamespaces] {
        let Some(mut sandbox) = of_the_system(level) else { return };
        let job = Job { tool: "ffmpeg", arguments: &arguments, limits: Limits::default() };
        let seen = sandbox.run(job, Input::held(&film[..], 1 << 20).unwrap()).unwrap();
        let why = String::from_utf8_lossy(&seen.untrusted_complaints).into_owned();
        assert!(seen.untrusted_output.starts_with(b"\x89PNG"), "a film is read: {why}");
        let led = sandbox.run(job, Input::held(playlist.as_bytes(), 1 << 20).unwrap()).unwrap();
        assert!(led.untrusted_output.is_empty(), "a playlist leads nowhere");
        assert_ne!(led.ended, Ended::Exited(0));
    }
}

fn of_the_system(level: Level) -> Option<Sandbox> {
    let tool = |name: &str| Tool {
        name: name.into(),
        program: Program::Installed(format!("/usr/bin/{name}").into()),
        readable: vec![],
        needs: vec![],
        environment: vec![],
    };
    let tools = vec![tool("wc"), tool("ffmpeg")];
    let setup = Setup { executable: PROBE.clone(), tools, least: level, most: level };
    Sandbox::start(setup).inspect_err(|error| println!("skipped: {error}")).ok()
}
