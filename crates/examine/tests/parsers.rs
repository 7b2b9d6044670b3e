//! Parsers of hostile bytes: each accepts the seeds that `fuzz/` begins with, and survives what becomes of them when bytes
//! are changed, cut out and put in twice.

use std::path::Path;

use vidimus_examine::parsers;
use vidimus_model::TextPlace;

/// How often each seed is changed.
const ROUNDS: usize = 2_000;

/// A small generator, so that every run is the same.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (most.max(1) as u64)).unwrap()
    }
}

/// Hands over the seeds of a target as they are, and each of them changed.
fn seeds(target: &str, accepts: impl Fn(&[u8]) -> bool, survives: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(target);
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let seed = std::fs::read(&path).unwrap();
        assert!(accepts(&seed), "{}", path.display());
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15 ^ seed.len() as u64);
        for _ in 0..ROUNDS {
            let mut bytes = seed.clone();
            for _ in 0..=chance.below(4) {
                change(&mut bytes, &mut chance);
            }
            survives(&bytes);
        }
        count += 1;
    }
    assert!(count > 0, "{}", folder.display());
}

fn change(bytes: &mut Vec<u8>, chance: &mut Chance) {
    let at = chance.below(bytes.len());
    let to = at + chance.below(bytes.len() - at.min(bytes.len()));
    match chance.below(5) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..to)),
        2 => {
            let again = bytes[at..to].to_vec();
            bytes.splice(at..at, again);
        }
        _ if at < bytes.len() => {
            let odd = [0, 0xff, 0x7f, 0x80, b'0', b'9', b'\n'];
            bytes[at] = if chance.below(2) == 0 {
                odd[chance.below(odd.len())]
            } else {
                bytes[at] ^ (1 << chance.below(8))
            };
        }
        _ => bytes.push(0xff),
    }
}

#[test]
fn kinds() {
    let told = |bytes: &[u8]| parsers::kind(bytes, "txt");
    seeds(
        "kinds",
        |bytes| told(bytes) != "application/octet-stream",
        |bytes| {
            assert_eq!(bytes.is_empty(), told(bytes) == "application/x-empty");
        },
    );
}

#[test]
fn streams_of_tar() {
    let files = |bytes: &[u8]| parsers::tar(bytes);
    seeds(
        "stream",
        |bytes| !files(bytes).is_empty(),
        |bytes| {
            assert!(files(bytes).iter().map(|(_, content)| content.len()).sum::<usize>() <= bytes.len());
        },
    );
}

#[test]
fn frames_of_our_reader() {
    seeds(
        "frames",
        |bytes| parsers::frames(bytes) >= 2,
        |bytes| assert!(parsers::frames(bytes) <= bytes.len() / 5),
    );
}

#[test]
fn letters() {
    let read = |bytes: &[u8]| {
        bytes.split_first().map(|(of, bytes)| parsers::letters(*of, bytes)).unwrap_or_default()
    };
    seeds(
        "letters",
        |bytes| !read(bytes).is_empty(),
        |bytes| {
            assert!(read(bytes).iter().map(|part| part.text.len() as u64).sum::<u64>() <= parsers::TEXT);
        },
    );
}

#[test]
fn what_was_said() {
    seeds(
        "spoken",
        |bytes| !parsers::said(bytes).is_empty(),
        |bytes| {
            for part in parsers::said(bytes) {
                let TextPlace::Time { from, to } = part.place else { panic!("a moment") };
                assert!(from <= to && part.confidence.is_none_or(|confidence| confidence <= 100));
            }
        },
    );
}

#[test]
fn what_is_contained() {
    let found = |bytes: &[u8]| {
        bytes.split_first().map(|(of, bytes)| parsers::contained(*of, bytes)).unwrap_or_default()
    };
    seeds(
        "contained",
        |bytes| !found(bytes).is_empty(),
        |bytes| {
            if bytes.first().is_some_and(|of| of % 4 == 0) {
                assert!(found(bytes).iter().map(Vec::len).sum::<usize>() <= bytes.len());
            } else {
                found(bytes);
            }
        },
    );
}

#[test]
fn what_is_locked() {
    let opened = |bytes: &[u8]| parsers::unlocked(bytes, "sesame-900");
    seeds(
        "locked",
        |bytes| opened(bytes).is_some_and(|open| open.starts_with(b"PK")),
        |bytes| assert!(opened(bytes).is_none_or(|open| open.len() <= bytes.len())),
    );
}

#[test]
fn what_is_stated_of_origin() {
    let told =
        |bytes: &[u8]| bytes.split_first().map(|(of, bytes)| parsers::told(*of, bytes)).unwrap_or_default();
    seeds(
        "stated",
        |bytes| told(bytes).iter().any(|(name, _)| name == "c2pa.actions.action"),
        |bytes| {
            assert!(told(bytes).len() <= 320);
        },
    );
}

#[test]
fn what_tools_write() {
    let any = |bytes: &[u8]| {
        parsers::enveloped(bytes) > 0
            || parsers::timed(bytes) > 0
            || !parsers::recognised(bytes).is_empty()
            || parsers::drawn(bytes).is_some()
            || !parsers::probed(bytes).is_empty()
    };
    seeds("tools", any, |bytes| {
        assert!(parsers::enveloped(bytes) <= bytes.len() && parsers::timed(bytes) <= bytes.len());
        any(bytes);
    });
}
