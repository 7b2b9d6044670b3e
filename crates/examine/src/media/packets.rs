//! The root over all packets of a film or recording, taken out as they stand in the file; `docs/format/commitments.md`.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read};

use serde::Deserialize;
use vidimus_model::{CommitmentOver, End, Reason};
use vidimus_proof::commitment::{Committing, Part, Seed};
use vidimus_sandbox::INPUT;

use super::{Film, complaints, ffmpeg, granted, guards, limits, words};
use crate::findings::Committed;
use crate::work::{Task, Work};

/// Commits to the packets; nothing without a seed. ffmpeg lists all of them once, and gives them out track by track: what it gives
/// must be what it listed, or there is no commitment.
pub(super) fn run(work: &mut Work<'_>, film: &Film) {
    let Some(seed) = work.options.seed else { return };
    let Some(headers) = headers(work, film) else { return };
    let Some((lister, listed)) = list(work, film, &headers) else { return };
    let mut committing = Committing::new(Seed::new(&seed));
    for (track, (number, header)) in headers.iter().enumerate() {
        let mut leaf = |index: u64, time: i64, packet: &[u8]| {
            let length = packet.len() as u64;
            committing.part(&Part::Packet { track: *number, index, time, length }, packet);
        };
        leaf(0, 0, header);
        if !take(work, film, *number, &listed[track], &mut leaf) {
            return;
        }
    }
    let (root, leaves) = committing.finish();
    let parameters = BTreeMap::from([("tracks".to_owned(), headers.len() as u64)]);
    work.findings.commitments.push(Committed {
        over: CommitmentOver::Packets,
        root,
        leaves,
        tool: lister,
        parameters,
    });
}

/// The time of a packet whose file says none.
const NO_TIME: i64 = i64::MIN;
/// Streams that are committed to.
const TRACKS: usize = 16;
/// Packets of one item: four days of sound, in 256 MiB.
const PACKETS: usize = 1 << 24;
/// Bytes of one packet.
const PACKET: u64 = 256 << 20;

/// A packet as it was listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Listed {
    time: i64,
    size: u32,
    check: u32,
}

#[derive(Debug, Default, Deserialize)]
struct Told {
    #[serde(default)]
    streams: Vec<Stream>,
}

#[derive(Debug, Deserialize)]
struct Stream {
    index: u32,
    codec_type: Option<String>,
    #[serde(default)]
    extradata: String,
}

/// The codec's header of each stream of pictures and sound, by the stream's number.
fn headers(work: &mut Work<'_>, film: &Film) -> Option<Vec<(u32, Vec<u8>)>> {
    let mut call: Vec<String> = ["-hide_banner", "-v", "error", "-threads", "1"].map(str::to_owned).to_vec();
    call.extend(guards(film.demuxer, work.options.limits.pixels));
    let rest = [
        "-show_streams",
        "-show_data",
        "-show_entries",
        "stream=index,codec_type,extradata",
        "-of",
        "json",
        INPUT,
    ];
    call.extend(rest.map(str::to_owned));
    let ran = work.run(Task { limits: limits(30), ..Task::new("ffprobe", &words(&call)) });
    let told = serde_json::from_slice::<Told>(ran.untrusted_output()).unwrap_or_default();
    let wanted = |stream: &Stream| matches!(stream.codec_type.as_deref(), Some("video" | "audio"));
    let mut headers: Vec<(u32, Vec<u8>)> = told
        .streams
        .into_iter()
        .filter(wanted)
        .map(|stream| (stream.index, dumped(&stream.extradata)))
        .collect();
    headers.sort_by_key(|(number, _)| *number);
    headers.truncate(TRACKS);
    complaints::judge(work, &ran, !headers.is_empty());
    (!headers.is_empty()).then_some(headers)
}

/// The bytes of a dump: `00000000: 0164 0016 …  text`, sixteen to a line.
fn dumped(untrusted: &str) -> Vec<u8> {
    let line = |line: &str| {
        let columns: String = line.chars().skip(10).take(40).filter(|c| !c.is_ascii_whitespace()).collect();
        hex::decode(columns).unwrap_or_default()
    };
    untrusted.lines().filter(|line| !line.is_empty()).flat_map(line).collect()
}

/// The beginning of a call that copies these streams.
fn copies(work: &Work<'_>, film: &Film, numbers: impl Iterator<Item = u32>) -> Vec<String> {
    let mut call = ffmpeg();
    call.push("-copyts".to_owned());
    call.extend(granted(film, work.options.limits.pixels, &[]));
    for number in numbers {
        call.extend(["-map".to_owned(), format!("0:{number}")]);
    }
    let rest = ["-c", "copy", "-copyinkf", "-avoid_negative_ts", "disabled", "-flush_packets", "0", "-f"];
    call.extend(rest.map(str::to_owned));
    call
}

/// All packets of each track, as a list of them says; none where it cannot be made.
fn list(work: &mut Work<'_>, film: &Film, headers: &[(u32, Vec<u8>)]) -> Option<(u32, Vec<Vec<Listed>>)> {
    let mut call = copies(work, film, headers.iter().map(|(number, _)| *number));
    call.extend(["framecrc", "-"].map(str::to_owned));
    let mut limits = limits(600);
    limits.output = 16 << 30;
    let task = words(&call);
    let (ran, listed) = work.run_through(Task { limits, ..Task::new("ffmpeg", &task) }, |_, through| {
        let mut tracks = vec![Vec::new(); headers.len()];
        let mut bases = vec![(1, 1_000_000); headers.len()];
        let mut count = 0;
        for line in BufReader::new(through).split(b'\n') {
            let Ok(line) = line else { return None };
            let line = String::from_utf8_lossy(&line).into_owned();
            if let Some((track, base)) = base(&line) {
                *bases.get_mut(track)? = base;
            } else if !line.starts_with('#') {
                let (track, packet) = packet(&line, &bases)?;
                tracks.get_mut(track)?.push(packet);
                count += 1;
                if count > PACKETS {
                    return None;
                }
            }
        }
        Some(tracks)
    });
    let whole = listed.filter(|tracks| tracks.iter().any(|track| !track.is_empty()));
    complaints::judge(work, &ran, whole.is_some());
    whole.map(|tracks| (ran.tool, tracks))
}

/// `#tb 0: 1/12288`.
fn base(line: &str) -> Option<(usize, (i64, i64))> {
    let (track, base) = line.strip_prefix("#tb ")?.split_once(':')?;
    let (number, of) = base.trim().split_once('/')?;
    let base = (number.parse().ok()?, of.parse().ok()?);
    (base.0 > 0 && base.1 > 0).then_some((track.parse().ok()?, base))
}

/// `0, dts, pts, duration, size, 0xcheck`, and what else there may be behind.
fn packet(line: &str, bases: &[(i64, i64)]) -> Option<(usize, Listed)> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [track, decoded, shown, _, size, check, ..] = fields.as_slice() else { return None };
    let track: usize = track.parse().ok()?;
    let (number, of) = *bases.get(track)?;
    let at = |text: &str| text.parse::<i64>().ok().filter(|at| *at != i64::MIN);
    let time = match at(shown).or_else(|| at(decoded)) {
        Some(at) => {
            i64::try_from((i128::from(at) * i128::from(number) * 1_000_000).div_euclid(i128::from(of)))
                .ok()?
        }
        None => NO_TIME,
    };
    let check = u32::from_str_radix(check.strip_prefix("0x")?, 16).ok()?;
    Some((track, Listed { time, size: size.parse().ok()?, check }))
}

/// Takes the packets of one track out; whether they are those that were listed.
fn take(
    work: &mut Work<'_>,
    film: &Film,
    number: u32,
    listed: &[Listed],
    leaf: &mut dyn FnMut(u64, i64, &[u8]),
) -> bool {
    let mut call = copies(work, film, [number].into_iter());
    call.extend(["data", "-"].map(str::to_owned));
    let mut limits = limits(600);
    limits.output = listed.iter().map(|packet| u64::from(packet.size)).sum::<u64>() + 1;
    let task = words(&call);
    let (ran, same) = work.run_through(Task { limits, ..Task::new("ffmpeg", &task) }, |_, through| {
        let mut untrusted = BufReader::with_capacity(1 << 16, through);
        let mut packet = Vec::new();
        for (index, one) in (1..).zip(listed) {
            packet.clear();
            let size = u64::from(one.size);
            let read = size <= PACKET && (&mut untrusted).take(size).read_to_end(&mut packet).is_ok();
            if !read || packet.len() as u64 != size || adler(&packet) != one.check {
                return false;
            }
            leaf(index, one.time, &packet);
        }
        let mut more = [0];
        matches!(untrusted.read(&mut more), Ok(0))
    });
    if same {
        complaints::judge(work, &ran, true);
    } else {
        work.judge(ran.tool, End::Failed, Some(Reason::Damaged), None);
    }
    same
}

/// Adler-32 beginning at 0, as ffmpeg's list has it: tells a disorder, not an attack.
fn adler(bytes: &[u8]) -> u32 {
    let (mut low, mut high) = (0u32, 0u32);
    // So many can be added up before either could overflow.
    for part in bytes.chunks(5000) {
        for byte in part {
            low += u32::from(*byte);
            high += low;
        }
        (low, high) = (low % 65_521, high % 65_521);
    }
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_list_are_read() {
        assert_eq!(base("#tb 1: 1/44100"), Some((1, (1, 44_100))));
        assert_eq!(base("#tb 1: 0/0"), None);
        let bases = [(1, 12_288)];
        let listed = |time| Listed { time, size: 186_930, check: 0x7455_e329 };
        let line = "0,      -2048,       3072,     1024,   186930, 0x7455e329, S=1,       10";
        assert_eq!(packet(line, &bases), Some((0, listed(250_000))));
        let none = "0, NOPTS, NOPTS, 1024, 186930, 0x7455e329";
        assert_eq!(packet(none, &bases), Some((0, listed(NO_TIME))));
        for damaged in ["", "0", "9, 0, 0, 1, 1, 0x0", "0, 0, 0, 1, -1, 0x0"] {
            assert_eq!(packet(damaged, &bases), None, "{damaged}");
        }
    }

    #[test]
    fn a_dump_gives_its_bytes() {
        let dump = "\n00000000: 0164 0016 ffe1 0019 6764 0016 acd9 40b0  .d......gd....@.\n00000010: 126c 04                                  .l.\n";
        assert_eq!(hex::encode(dumped(dump)), "01640016ffe1001967640016acd940b0126c04");
        assert_eq!(dumped(""), [0; 0]);
    }

    #[test]
    fn the_check_is_that_of_zlib_but_for_its_beginning() {
        // zlib begins at 1, so that each byte adds one more to the upper half.
        assert_eq!(adler(b"Wikipedia"), 0x11e6_0398 - 0x0009_0001);
    }
}
