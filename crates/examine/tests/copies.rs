//! Prints: what copies of an item have in common with it, and what is told where a print cannot be made, or not whole.

mod common;

use std::io::Cursor;
use std::path::{Path, PathBuf};

use common::film::{Film, made};
use common::{Item, ended, examine};
use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat, RgbImage};
use vidimus_examine::Findings;
use vidimus_model::print::{Motion, Print, View, Way};
use vidimus_model::{DerivativeKind, End, Reason, Stage};

/// The print that was made; none where there is none.
fn print_of(findings: &Findings) -> Option<Print> {
    let made: Vec<_> = findings.made.iter().filter(|made| made.kind == DerivativeKind::Print).collect();
    assert!(made.len() <= 1 && made.iter().all(|made| made.media_type == "application/vnd.vidimus.print"));
    made.first().map(|made| Print::decode(&made.bytes).unwrap())
}

fn whole(name: &str, bytes: Vec<u8>) -> Print {
    let findings = examine(&Item::new(name, bytes), &[Stage::Copies]);
    assert_eq!(ended(&findings, Stage::Copies), (End::Done, None), "{name} {:#?}", findings.tools);
    print_of(&findings).unwrap()
}

/// A wall of boards and plates, never twice the same.
fn wall(width: u32, height: u32) -> DynamicImage {
    let mut seed = 900u64;
    let mut below = |most: u32| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 33) as u32 % most
    };
    let mut picture = RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([(60 + x * 90 / width) as u8, (80 + y * 60 / height) as u8, 100])
    });
    for _ in 0..160 {
        let (across, down) = (20 + below(width / 8), 15 + below(height / 8));
        let (left, top) = (below(width - across), below(height - down));
        let color = image::Rgb([below(256) as u8, below(256) as u8, below(256) as u8]);
        (top..top + down).for_each(|y| (left..left + across).for_each(|x| picture.put_pixel(x, y, color)));
    }
    DynamicImage::from(picture)
}

fn jpeg(picture: &DynamicImage, quality: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, quality)).unwrap();
    bytes
}

fn png(picture: &DynamicImage) -> Vec<u8> {
    let mut bytes = Vec::new();
    picture.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
    bytes
}

fn distance(one: &[u8; 32], other: &[u8; 32]) -> u32 {
    one.iter().zip(other).map(|(a, b)| (a ^ b).count_ones()).sum()
}

/// The share of points of one view that are known again in the other, where they should be: `goes` says where a place of the copy
/// lies in the original, both from 0 to 1.
fn known_again(original: &View, copy: &View, way: Way, goes: impl Fn(f32, f32) -> (f32, f32)) -> f32 {
    let unit = |at: u16| f32::from(at) / f32::from(u16::MAX);
    let known = copy.points.iter().filter(|point| {
        let laid = way.point(point);
        let nearest = original.points.iter().min_by_key(|other| distance(&laid.bits, &other.bits)).unwrap();
        let (x, y) = goes(unit(laid.x), unit(laid.y));
        let near = (unit(nearest.x) - x).abs() < 0.02 && (unit(nearest.y) - y).abs() < 0.02;
        near && distance(&laid.bits, &nearest.bits) <= 60
    });
    known.count() as f32 / copy.points.len() as f32
}

#[test]
fn copies_of_a_picture_have_its_hash_and_its_points() {
    let picture = wall(1600, 1200);
    let original = whole("a.jpg", jpeg(&picture, 90));
    let view = &original.views[0];
    assert_eq!((original.frames.len(), original.views.len(), original.aspect), (1, 1, 4.0 / 3.0));
    assert!(original.frames[0].quality > 50 && view.points.len() > 100, "{}", view.points.len());
    assert_eq!((view.from_ms, view.to_ms, view.content), (0, 0, [0, 0, u16::MAX, u16::MAX]));
    assert!(original.chunks.is_some() && original.sound.is_none() && original.seconds.is_none());
    let as_it_is = |x: f32, y: f32| (x, y);
    let cut = |x: f32, y: f32| (0.05 + 0.9 * x, 0.05 + 0.9 * y);
    let mirrored = Way::MIRRORED;
    for (what, copy, way, goes, bits, share) in [
        (
            "encoded again",
            jpeg(&picture, 30),
            Way::PLAIN,
            as_it_is as fn(f32, f32) -> (f32, f32),
            Some(20),
            0.6,
        ),
        ("as PNG", png(&picture), Way::PLAIN, as_it_is, Some(10), 0.8),
        (
            "smaller",
            jpeg(&picture.resize(500, 375, FilterType::Triangle), 80),
            Way::PLAIN,
            as_it_is,
            Some(20),
            0.5,
        ),
        ("darker", jpeg(&picture.brighten(-40), 85), Way::PLAIN, as_it_is, Some(40), 0.5),
        ("mirrored", jpeg(&picture.fliph(), 85), mirrored, as_it_is, None, 0.6),
        ("cut by a tenth", jpeg(&picture.crop_imm(80, 60, 1440, 1080), 85), Way::PLAIN, cut, None, 0.3),
    ] {
        let copy = whole("b", copy);
        let known = known_again(view, &copy.views[0], way, goes);
        let apart = distance(&original.frames[0].hash, &copy.frames[0].hash);
        println!("{what}: {apart} bits, {known:.2} of points");
        assert!(known >= share, "{what}: {known}");
        assert!(bits.is_none_or(|most| apart <= most), "{what}: {apart}");
    }
    let other = whole("c.jpg", jpeg(&wall(1600, 1200).rotate90().brighten(9), 90));
    assert!(known_again(view, &other.views[0], Way::PLAIN, as_it_is) < 0.1);
    assert!(distance(&original.frames[0].hash, &other.frames[0].hash) > 80);
}

#[test]
fn a_picture_without_detail_and_a_damaged_one_have_what_a_print_can_have() {
    let even = DynamicImage::from(RgbImage::from_pixel(600, 400, image::Rgb([90, 90, 90])));
    let print = whole("even.jpg", jpeg(&even, 90));
    assert_eq!((print.frames[0].quality, print.views[0].points.len()), (0, 0));
    assert!(print.frames[0].small.iter().all(|value| value.abs_diff(90) < 3));
    let mut hurt = png(&wall(800, 600));
    let middle = hurt.len() / 3;
    hurt[middle..middle + 900].fill(0);
    let findings = examine(&Item::new("hurt.png", hurt), &[Stage::Copies]);
    let (end, reason) = ended(&findings, Stage::Copies);
    assert_eq!(end, End::Partly, "{:#?}", findings.tools);
    assert!(matches!(reason, Some(Reason::Damaged | Reason::EndsEarly)), "{reason:?}");
    let print = print_of(&findings).unwrap();
    assert!(print.frames.is_empty() && print.aspect == 0.0 && !print.chunks.unwrap().kept.is_empty());
}

#[test]
fn other_files_are_known_by_their_bytes_and_small_ones_not_at_all() {
    let text: String = (0..3000).map(|line| format!("протокол {line} ИК-900\n")).collect();
    let print = whole("a.txt", text.clone().into_bytes());
    assert_eq!((print.frames.len(), print.views.len(), print.aspect), (0, 0, 0.0));
    let chunks = print.chunks.unwrap();
    let shifted = whole("b.bin", ["another beginning\n", &text].concat().into_bytes()).chunks.unwrap();
    let same =
        chunks.kept.iter().filter(|one| shifted.kept.iter().any(|other| other.digest == one.digest)).count();
    assert!(chunks.kept.len() > 4 && same + 2 >= chunks.kept.len(), "{same} of {}", chunks.kept.len());
    for little in [&b""[..], b"little"] {
        let findings = examine(&Item::new("c.txt", little), &[Stage::Copies]);
        assert_eq!(ended(&findings, Stage::Copies), (End::Nothing, None));
        assert!(findings.made.is_empty());
    }
}

#[test]
fn a_film_has_frames_views_and_sound_from_its_beginning_on() {
    // Its time stamps begin at 1.4 seconds, as those of such streams do.
    let scenes = "drawbox=c=gray:t=fill:enable='gte(t,9)'";
    for form in ["mp4", "mpegts"] {
        let film = Film {
            seconds: 16,
            size: "1280x720",
            rate: 25,
            key_frames: 50,
            sound: true,
            filters: scenes,
            form,
            ..Film::default()
        };
        let print = whole("a", made(&film));
        assert!((15.9..16.2).contains(&print.seconds.unwrap()) && (print.aspect - 16.0 / 9.0).abs() < 0.01);
        let times: Vec<u32> = print.frames.iter().map(|frame| frame.at_ms).collect();
        assert!(times.len() >= 8 && times[0] < 100, "{form} {times:?}");
        // Every two seconds; what began a scene nobody made a key frame of is seen at the next.
        assert!(
            times.windows(2).all(|pair| (1990..=2010).contains(&(pair[1] - pair[0]))),
            "{form} {times:?}"
        );
        let even = |small: &[u8]| small.iter().max().unwrap() - small.iter().min().unwrap() < 9;
        let grey: Vec<bool> = print.frames.iter().map(|frame| even(&frame.small)).collect();
        assert_eq!(grey, [false, false, false, false, false, true, true, true], "{form} {times:?}");
        assert!(print.frames[0].quality > 50 && print.views[0].points.len() > 20, "{form}");
        assert!(print.views.iter().any(|view| view.from_ms >= 9900 && view.points.is_empty()), "{form}");
        let sound = print.sound.unwrap();
        let seconds = sound.items.len() as f32 * sound.step_us as f32 / 1e6;
        assert!((11.0..17.0).contains(&seconds), "{form} {seconds}");
    }
}

#[test]
fn a_film_with_few_key_frames_is_decoded_whole_and_a_silent_one_is_no_failure() {
    let film = Film { seconds: 25, key_frames: 1000, ..Film::default() };
    let print = whole("a.mp4", made(&film));
    let times: Vec<u32> = print.frames.iter().map(|frame| frame.at_ms / 1000).collect();
    assert_eq!(times, (0..25).collect::<Vec<_>>());
    assert!(print.sound.is_none());
}

#[test]
fn a_recording_has_sound_only_and_a_short_one_its_bytes() {
    let recording = |seconds| Film { seconds, sound: true, pictures: false, form: "ogg", ..Film::default() };
    let print = whole("memo.ogg", made(&recording(20)));
    assert_eq!((print.frames.len(), print.views.len(), print.aspect), (0, 0, 0.0));
    assert!(print.sound.unwrap().items.len() > 100 && print.chunks.is_some());
    let print = whole("short.ogg", made(&recording(1)));
    assert!(print.sound.is_none() && print.chunks.is_some());
}

#[test]
fn of_a_film_that_cannot_be_seen_the_sound_is_kept_and_of_a_cut_one_the_beginning() {
    let mut bytes = made(&Film { seconds: 12, sound: true, form: "matroska", ..Film::default() });
    let whole = bytes.clone();
    let name = b"V_MPEG4/ISO/AVC";
    let at = bytes.windows(name.len()).position(|some| some == name).unwrap();
    bytes[at..at + name.len()].copy_from_slice(b"V_MPEG4/ISO/XXX");
    let findings = examine(&Item::new("a.mkv", bytes), &[Stage::Copies]);
    assert_eq!(ended(&findings, Stage::Copies).0, End::Partly, "{:#?}", findings.tools);
    let print = print_of(&findings).unwrap();
    assert!(print.frames.is_empty() && print.sound.is_some() && print.chunks.is_some());
    let findings = examine(&Item::new("b.mkv", &whole[..whole.len() / 2]), &[Stage::Copies]);
    let print = print_of(&findings).unwrap();
    assert!((3..9).contains(&print.frames.len()) && print.sound.is_some(), "{:#?}", findings.tools);
    // Its index stands at the end, and is gone: the bytes are left.
    let mp4 = made(&Film { seconds: 3, ..Film::default() });
    let findings = examine(&Item::new("c.mp4", &mp4[..mp4.len() / 2]), &[Stage::Copies]);
    assert_eq!(
        ended(&findings, Stage::Copies),
        (End::Partly, Some(Reason::EndsEarly)),
        "{:#?}",
        findings.tools
    );
    let print = print_of(&findings).unwrap();
    assert!(print.frames.is_empty() && print.chunks.is_some());
}

#[test]
fn the_motion_of_a_film_begins_with_it_whatever_its_first_time_stamp_is() {
    let cut = "drawbox=c=black:t=fill,drawbox=c=white:t=fill:enable='gte(t,4)'";
    for form in ["mp4", "mpegts"] {
        let bytes = made(&Film { seconds: 8, filters: cut, form, ..Film::default() });
        let findings = examine(&Item::new("a", bytes), &[Stage::Proxy]);
        assert_eq!(ended(&findings, Stage::Proxy), (End::Done, None), "{:#?}", findings.tools);
        let [_, motion] = findings.made.as_slice() else { panic!("{:#?}", findings.tools) };
        assert_eq!(
            (motion.kind, motion.media_type),
            (DerivativeKind::Motion, "application/vnd.vidimus.motion")
        );
        let motion = Motion::decode(&motion.bytes).unwrap();
        assert_eq!((motion.step_ms, motion.begins_ms), (250, 0));
        assert!((31..=33).contains(&motion.frames.len()), "{form} {}", motion.frames.len());
        let white = motion.frames.iter().position(|frame| frame.iter().all(|value| *value > 200)).unwrap();
        assert!((15..=17).contains(&white), "{form} {white}");
        assert!(motion.frames[..15].iter().all(|frame| frame.iter().all(|value| *value < 50)), "{form}");
    }
}

/// Hashes that others made of one photograph, and how far edits of it may be.
#[test]
fn hashes_are_those_that_others_exchange() {
    let shared = std::env::var_os("VIDIMUS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("vectors/pdq/bridge-mods");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: there is no {}", folder.display());
        return;
    };
    let expected = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22";
    let mut hash = [0; 32];
    hash.iter_mut().enumerate().for_each(|(at, byte)| {
        *byte = u8::from_str_radix(&expected[2 * at..2 * at + 2], 16).unwrap();
    });
    let mut count = 0;
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let print = whole(&name, std::fs::read(&path).unwrap());
        let frame = &print.frames[0];
        let apart = distance(&frame.hash, &hash);
        println!("{name}: {apart} bits, quality {}", frame.quality);
        // The whole original, decoded and not made smaller, is 8 bits away.
        assert!(apart <= if name.contains("orig") { 10 } else { 24 }, "{name}: {apart}");
        assert!(frame.quality >= 90, "{name}");
        count += 1;
    }
    assert!(count >= 12);
}
