//! Which of many items may be related to one: those with enough points, sounds, bytes or whole pictures alike to be compared.
//!
//! Whether two are is the same from both sides, so that it does not matter which of them came first.

use std::collections::{BTreeSet, HashMap, HashSet};

use vidimus_model::print::{Print, Way};

use super::near::{FARTHEST, Near};

/// SHA-256 of an item's bytes.
pub type Digest = [u8; 32];

/// Prints of many items, to be asked for those that may be related to one.
#[derive(Debug, Default)]
pub struct Finder {
    contents: Vec<Digest>,
    are_pictures: Vec<bool>,
    points: Near,
    /// Whose each point is.
    point_of: Vec<u32>,
    pictures: Near,
    /// Whose each picture hash is.
    picture_of: Vec<u32>,
    numbers: HashMap<u32, Vec<u32>>,
    chunks: HashMap<u64, Vec<u32>>,
}

/// Pairs of points that must be alike.
const POINTS: u32 = 4;
/// Numbers of a sound that both must have.
const NUMBERS: u32 = 6;
/// Parts of the bytes that both must have.
const CHUNKS: u32 = 2;
/// Below this a picture hash says little.
const QUALITY: u8 = 50;

impl Finder {
    /// Adds an item.
    pub fn add(&mut self, content: Digest, print: &Print) {
        let number = u32::try_from(self.contents.len()).unwrap_or(u32::MAX);
        self.contents.push(content);
        self.are_pictures.push(is_picture(print));
        for point in print.views.iter().flat_map(|view| &view.points) {
            self.points.push(&point.bits);
            self.point_of.push(number);
        }
        for hash in hashes(print) {
            self.pictures.push(hash);
            self.picture_of.push(number);
        }
        for sound in numbers(print) {
            self.numbers.entry(sound).or_default().push(number);
        }
        for digest in chunks(print) {
            self.chunks.entry(digest).or_default().push(number);
        }
    }

    /// Those that may be related to the item of this print; itself too, where it was added.
    pub fn candidates(&self, print: &Print) -> BTreeSet<Digest> {
        let mut found = HashSet::new();
        self.by_points(print, &mut found);
        for hash in hashes(print) {
            self.pictures.find(hash, FARTHEST, |at, _| {
                found.insert(self.picture_of[at]);
            });
        }
        let sounds = numbers(print);
        let heard = sounds.iter().filter_map(|number| self.numbers.get(number));
        found.extend(at_least(NUMBERS, heard.flatten().copied()));
        let parts = chunks(print);
        let kept = parts.iter().filter_map(|digest| self.chunks.get(digest));
        found.extend(at_least(CHUNKS, kept.flatten().copied()));
        found.into_iter().map(|number| self.contents[number as usize]).collect()
    }

    /// Films are mirrored; pictures are laid in every way.
    fn by_points(&self, print: &Print, found: &mut HashSet<u32>) {
        let is_picture = is_picture(print);
        for way in Way::ALL {
            let is_usual = way == Way::PLAIN || way == Way::MIRRORED;
            if !is_usual && !is_picture {
                continue;
            }
            let mut counts: HashMap<u32, u32> = HashMap::new();
            for point in print.views.iter().flat_map(|view| &view.points) {
                self.points.find(&way.point(point).bits, FARTHEST, |at, _| {
                    let number = self.point_of[at];
                    if is_usual || self.are_pictures[number as usize] {
                        *counts.entry(number).or_default() += 1;
                    }
                });
            }
            found.extend(counts.into_iter().filter(|(_, count)| *count >= POINTS).map(|(number, _)| number));
        }
    }
}

/// Those that come so often.
fn at_least(least: u32, numbers: impl Iterator<Item = u32>) -> impl Iterator<Item = u32> {
    let mut counts: HashMap<u32, u32> = HashMap::new();
    numbers.for_each(|number| *counts.entry(number).or_default() += 1);
    counts.into_iter().filter(move |(_, count)| *count >= least).map(|(number, _)| number)
}

fn is_picture(print: &Print) -> bool {
    print.seconds.is_none() && print.sound.is_none() && print.frames.len() == 1
}

/// Of a picture its hash; the frames of a film are found by their points.
fn hashes(print: &Print) -> impl Iterator<Item = &[u8; 32]> {
    let is_picture = is_picture(print);
    print.frames.iter().filter(move |frame| is_picture && frame.quality >= QUALITY).map(|frame| &frame.hash)
}

fn numbers(print: &Print) -> BTreeSet<u32> {
    print.sound.iter().flat_map(|sound| sound.items.iter().copied()).collect()
}

fn chunks(print: &Print) -> BTreeSet<u64> {
    print.chunks.iter().flat_map(|chunks| chunks.kept.iter().map(|chunk| chunk.digest)).collect()
}
