//! Prints and motions: what is written is read again, nothing else is, and the frozen examples in `tests/vectors/print-v1/` hold.
//!
//! With `VIDIMUS_WRITE_VECTORS=1` the folder is written where it does not exist; one that exists is never touched.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use proptest::collection::vec;
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use vidimus_model::print::{
    Chunk, Chunks, Frame, Motion, MotionReader, Point, Print, PrintError, Small, Sound, View,
};

const PRINT: &[u8] = b"vidimus print 1\n";
const MOTION: &[u8] = b"vidimus motion 1\n";

fn small(by: usize) -> Small {
    std::array::from_fn(|at| (at * by % 251) as u8)
}

/// The print that is frozen: everything that a print can hold.
fn example() -> Print {
    let frame = |n: u8| Frame {
        at_ms: 2000 * u32::from(n),
        hash: std::array::from_fn(|at| at as u8 ^ n),
        quality: 100 - n,
        small: small(3 + usize::from(n)),
    };
    let point = |n: u8| Point { x: 1000 * u16::from(n), y: u16::MAX - u16::from(n), bits: [n; 32] };
    let view = |from_ms, to_ms| View {
        from_ms,
        to_ms,
        content: [0, 8192, u16::MAX, 57_343],
        points: (0..3).map(point).collect(),
    };
    let chunk = |n: u64| Chunk { digest: n << 40, at: 9000 - 1000 * n, length: 2048 + n as u32 };
    Print {
        frames: (0..3).map(frame).collect(),
        views: vec![view(0, 4000), view(4000, 4000)],
        sound: Some(Sound { step_us: 123_810, items: vec![0, 1, 0x8000_0000, u32::MAX] }),
        chunks: Some(Chunks { of_bytes: 12_000, kept: (1..4).map(chunk).collect() }),
        seconds: Some(5.5),
        aspect: 1.25,
    }
}

/// The motion that is frozen.
fn moving() -> Motion {
    let even = |by| small(by).map(|value| value & !1);
    Motion { step_ms: 250, begins_ms: 40, frames: [5, 5, 6, 1].map(even).to_vec() }
}

fn deflated(line: &[u8], body: &[u8]) -> Vec<u8> {
    let mut to = DeflateEncoder::new(line.to_vec(), Compression::fast());
    to.write_all(body).unwrap();
    to.finish().unwrap()
}

fn body(bytes: &[u8], line: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    DeflateDecoder::new(bytes.strip_prefix(line).unwrap()).read_to_end(&mut body).unwrap();
    body
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/print-v1")
}

#[test]
fn the_frozen_examples_are_read_and_their_fields_are_written_as_on_the_day_they_were_made() {
    let (print, motion) = (example().encode().unwrap(), moving().encode().unwrap());
    let bodies = [body(&print, PRINT), body(&motion, MOTION)];
    if std::env::var_os("VIDIMUS_WRITE_VECTORS").is_some() && !folder().exists() {
        fs::create_dir_all(folder()).unwrap();
        let files =
            [("print", &print), ("motion", &motion), ("print.body", &bodies[0]), ("motion.body", &bodies[1])];
        let mut sums = String::new();
        for (name, bytes) in files {
            fs::write(folder().join(name), bytes).unwrap();
            sums += &format!("{}  {name}\n", hex::encode(Sha256::digest(bytes)));
        }
        fs::write(folder().join("SHA256SUMS"), sums).unwrap();
    }
    let frozen = |name: &str| fs::read(folder().join(name)).unwrap();
    let sums = String::from_utf8(frozen("SHA256SUMS")).unwrap();
    assert_eq!(sums.lines().count(), 4);
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").unwrap();
        assert_eq!(hex::encode(Sha256::digest(frozen(name))), sum, "{name}");
    }
    assert_eq!(Print::decode(&frozen("print")).unwrap(), example());
    assert_eq!(Motion::decode(&frozen("motion")).unwrap(), moving());
    assert_eq!(bodies, [frozen("print.body"), frozen("motion.body")]);
}

#[test]
fn what_is_no_print_is_refused_and_says_why() {
    let whole = example().encode().unwrap();
    let mut newer = whole.clone();
    newer[PRINT.len() - 2] = b'2';
    assert!(matches!(Print::decode(&newer), Err(PrintError::Version("print"))));
    assert!(matches!(Print::decode(&moving().encode().unwrap()), Err(PrintError::Not("print"))));
    assert!(matches!(Motion::decode(&whole), Err(PrintError::Not("motion"))));
    for cut in 0..whole.len() {
        assert!(Print::decode(&whole[..cut]).is_err(), "{cut}");
    }
    let mut longer = whole.clone();
    longer.push(0);
    assert!(matches!(Print::decode(&longer), Err(PrintError::Damaged(_))));
    let mut longer = body(&whole, PRINT);
    longer.push(0);
    assert!(matches!(Print::decode(&deflated(PRINT, &longer)), Err(PrintError::Damaged(_))));
    let moves = moving().encode().unwrap();
    let mut longer = body(&moves, MOTION);
    longer.push(0);
    assert!(matches!(Motion::decode(&deflated(MOTION, &longer)), Err(PrintError::Damaged(_))));
    let last = body(&moves, MOTION).len() - 1;
    let mut brighter = body(&moves, MOTION);
    brighter[last] ^= 0x80;
    assert!(matches!(Motion::decode(&deflated(MOTION, &brighter)), Err(PrintError::Damaged(_))));
}

#[test]
fn what_none_may_hold_is_neither_written_nor_read() {
    let wrong: [fn(&mut Print); 10] = [
        |print| print.aspect = f32::NAN,
        |print| print.seconds = Some(-0.0),
        |print| print.frames[1].quality = 101,
        |print| print.frames[1].at_ms = 0,
        |print| print.views[0].to_ms = 0,
        |print| print.views[0].from_ms = 5000,
        |print| print.views[0].content[2] = 0,
        |print| print.sound.as_mut().unwrap().step_us = 0,
        |print| print.chunks.as_mut().unwrap().kept[0].length = u32::MAX,
        |print| print.chunks.as_mut().unwrap().kept.swap(0, 1),
    ];
    for (which, spoil) in wrong.iter().enumerate() {
        let mut print = example();
        spoil(&mut print);
        // A moment is a view that ends where it begins.
        assert_eq!(print.encode().is_err(), which != 4, "{which}");
    }
    let mut body = body(&Print::default().encode().unwrap(), PRINT);
    body[0] = 8;
    assert!(matches!(Print::decode(&deflated(PRINT, &body)), Err(PrintError::Damaged(_))));
    (body[0], body[1]) = (0, 1);
    assert!(matches!(Print::decode(&deflated(PRINT, &body)), Err(PrintError::Damaged(_))));
    assert!(Motion { step_ms: 0, ..moving() }.encode().is_err());
}

#[test]
fn a_bomb_is_refused_before_it_fills_the_memory() {
    let many = u32::try_from(vidimus_model::print::MOST_FRAMES).unwrap();
    let mut bomb = vec![0; 9];
    bomb.extend((many + 1).to_le_bytes());
    assert!(matches!(Print::decode(&deflated(PRINT, &bomb)), Err(PrintError::TooLarge)));
    bomb.truncate(9);
    bomb.extend(many.to_le_bytes());
    assert!(matches!(Print::decode(&deflated(PRINT, &bomb)), Err(PrintError::Damaged(_))));
    // Each frame of a film that stands still is next to nothing, and the whole is more than a print may be.
    let still = Frame { at_ms: 0, hash: [0; 32], quality: 0, small: [0; size_of::<Small>()] };
    let frames = (0..many).map(|at_ms| Frame { at_ms, ..still.clone() }).collect();
    let views = vec![
        View {
            from_ms: 0,
            to_ms: 0,
            content: [0, 0, 1, 1],
            points: vec![Point { x: 0, y: 0, bits: [0; 32] }; 512]
        };
        4096
    ];
    assert!(matches!(Print { frames, views, ..Print::default() }.encode(), Err(PrintError::TooLarge)));
}

#[test]
fn motions_are_read_one_frame_after_another() {
    let bytes = moving().encode().unwrap();
    let mut reader = MotionReader::new(&bytes[..]).unwrap();
    assert_eq!((reader.step_ms, reader.begins_ms), (250, 40));
    for frame in &moving().frames {
        assert_eq!(reader.next_frame().unwrap(), Some(frame));
    }
    assert!(reader.next_frame().unwrap().is_none());
    let odd = Motion { frames: vec![[255; size_of::<Small>()]], ..moving() };
    assert_eq!(
        Motion::decode(&odd.encode().unwrap()).unwrap().frames[0][0],
        254,
        "the lowest bit is left out"
    );
}

prop_compose! {
    fn frames()(all in vec((any::<u16>(), any::<[u8; 32]>(), 0..=100u8, vec(any::<u8>(), 8)), 0..4)) -> Vec<Frame> {
        let small = |some: &[u8]| std::array::from_fn(|at| some[at / 36 % some.len()]);
        (1u32..).zip(&all).map(|(n, (at, hash, quality, some))| {
            Frame { at_ms: n << 16 | u32::from(*at), hash: *hash, quality: *quality, small: small(some) }
        }).collect()
    }
}

prop_compose! {
    fn views()(all in vec((any::<u32>(), any::<u32>(), any::<[u16; 4]>(), vec(any::<(u16, u16, [u8; 32])>(), 0..4)), 0..4)) -> Vec<View> {
        all.into_iter().filter(|(from, to, [x0, y0, x1, y1], _)| from <= to && x0 < x1 && y0 < y1).map(|(from_ms, to_ms, content, points)| {
            let points = points.into_iter().map(|(x, y, bits)| Point { x, y, bits }).collect();
            View { from_ms, to_ms, content, points }
        }).collect()
    }
}

prop_compose! {
    fn chunks()(all in proptest::collection::btree_map(any::<u64>(), (any::<u32>(), 1..65_536u32), 0..5)) -> Chunks {
        let kept = all.into_iter().map(|(digest, (at, length))| Chunk { digest, at: u64::from(at), length }).collect();
        Chunks { of_bytes: 1 << 40, kept }
    }
}

prop_compose! {
    fn prints()(
        frames in frames(), views in views(), sound in proptest::option::of((1..u32::MAX, vec(any::<u32>(), 0..9))),
        chunks in proptest::option::of(chunks()), seconds in proptest::option::of(0.0..1e9f32), aspect in 0.0..9f32,
    ) -> Print {
        let sound = sound.map(|(step_us, items)| Sound { step_us, items });
        Print { frames, views, sound, chunks, seconds, aspect }
    }
}

proptest! {
    #[test]
    fn a_print_that_was_written_is_read_again(print in prints()) {
        prop_assert_eq!(Print::decode(&print.encode().unwrap()).unwrap(), print);
    }

    #[test]
    fn what_is_accepted_is_in_its_only_form(print in prints(), at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let mut body = body(&print.encode().unwrap(), PRINT);
        let at = at.index(body.len());
        body[at] = to;
        if let Ok(other) = Print::decode(&deflated(PRINT, &body)) {
            prop_assert_eq!(self::body(&other.encode().unwrap(), PRINT), body);
        }
    }

    #[test]
    fn any_bytes_are_read_without_harm(bytes in vec(any::<u8>(), 0..400)) {
        let _ = Print::decode(&bytes);
        let _ = Print::decode(&deflated(PRINT, &bytes));
        let _ = Print::decode(&[PRINT, &bytes].concat());
        let _ = Motion::decode(&deflated(MOTION, &bytes));
        let _ = Motion::decode(&[MOTION, &bytes].concat());
    }

    #[test]
    fn a_motion_that_was_written_is_read_again(steps in 1..u32::MAX, values in vec(any::<u8>(), 0..5)) {
        let frames = values.iter().map(|value| [value & !1; size_of::<Small>()]).collect();
        let motion = Motion { step_ms: steps, begins_ms: steps / 3, frames };
        prop_assert_eq!(Motion::decode(&motion.encode().unwrap()).unwrap(), motion);
    }
}
