//! What is known of an item when it is compared: its prints, in the forms that are reckoned with.

use std::ops::Range;

use super::moves::{Moves, Small, cuts};
use super::rough::Rough;
use super::views::Scene;

/// What is known of an item. A picture has no length; a recording without pictures has no scenes.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Seconds; none of a picture.
    pub length: Option<f32>,
    /// What it shows, and between which seconds.
    pub scenes: Vec<(Range<f32>, Scene)>,
    /// Small pictures of key frames, with their seconds; of a picture the one.
    pub stills: Vec<(f32, Small)>,
    /// The picture hash of each of them, and its quality.
    pub hashes: Vec<([u8; 32], u8)>,
    /// What moves in it.
    pub film: Option<Film>,
    /// Its sound.
    pub sound: Option<Sound>,
}

/// Small pictures in equal steps, shot by shot.
#[derive(Clone, Debug)]
pub struct Film {
    /// Seconds between two pictures.
    pub step: f32,
    /// All pictures.
    pub pictures: Vec<Small>,
    /// The shots, longer ones in parts.
    pub shots: Vec<Shot>,
}

/// A part of a film without a cut.
#[derive(Clone, Debug)]
pub struct Shot {
    /// Which pictures.
    pub pictures: Range<usize>,
    /// What moves in them.
    pub moves: Moves,
    /// The same in few cells.
    pub rough: Rough,
    /// Does nothing move in them?
    pub is_still: bool,
}

/// Numbers of a sound's print.
#[derive(Clone, Debug)]
pub struct Sound {
    /// Seconds between two numbers.
    pub step: f32,
    /// The numbers.
    pub numbers: Vec<u32>,
}

/// Pictures of a part of a shot: ten minutes, at four a second.
const PART: usize = 2400;
/// Shots shorter than this say too little.
const SHORTEST: usize = 8;

impl Film {
    /// A film of small pictures, cut in shots.
    pub fn of(step: f32, pictures: Vec<Small>) -> Self {
        let shots = cuts(&pictures)
            .windows(2)
            .flat_map(|cut| (cut[0]..cut[1]).step_by(PART).map(|begin| begin..(begin + PART).min(cut[1])))
            .filter(|range| range.len() >= SHORTEST)
            .map(|range| {
                let moves = Moves::of(&pictures[range.clone()]);
                let rough = Rough::of(&pictures[range.clone()], &moves);
                Shot { is_still: rough.is_still(), rough, moves, pictures: range }
            })
            .collect();
        Self { step, pictures, shots }
    }

    /// The seconds of some of its pictures.
    pub fn seconds(&self, pictures: &Range<usize>) -> Range<f32> {
        pictures.start as f32 * self.step..pictures.end as f32 * self.step
    }
}

impl Known {
    /// Its length, where it has one.
    pub fn seconds(&self) -> f32 {
        self.length.unwrap_or(0.0)
    }
}
