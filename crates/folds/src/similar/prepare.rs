//! From prints to what is reckoned with.

use vidimus_model::print::{Motion, Print};

use super::known::{Film, Known, Sound};
use super::views::Scene;

/// What is known of an item by its print, and by what moves in it where that was looked at.
pub fn known(print: &Print, motion: Option<Motion>) -> Known {
    let is_picture =
        print.seconds.is_none() && print.sound.is_none() && motion.is_none() && print.frames.len() <= 1;
    let film = motion.map(|motion| {
        // Nothing is known of the time before the first picture: as if it had stood still.
        let lead = usize::try_from(motion.begins_ms / motion.step_ms.max(1)).unwrap_or(0);
        let first = motion.frames.first().copied();
        let pictures = first
            .into_iter()
            .flat_map(|first| std::iter::repeat_n(first, lead))
            .chain(motion.frames)
            .collect();
        Film::of(seconds(motion.step_ms), pictures)
    });
    let scenes = print.views.iter().map(|view| {
        (
            seconds(view.from_ms)..seconds(view.to_ms),
            Scene { aspect: print.aspect, points: view.points.clone() },
        )
    });
    let sound = print
        .sound
        .as_ref()
        .map(|sound| Sound { step: sound.step_us as f32 / 1e6, numbers: sound.items.clone() });
    let told = print.seconds.unwrap_or(0.0);
    let seen = print.frames.last().map_or(0.0, |frame| seconds(frame.at_ms));
    let moved = film.as_ref().map_or(0.0, |film| film.pictures.len() as f32 * film.step);
    let heard = sound.as_ref().map_or(0.0, |sound| sound.numbers.len() as f32 * sound.step);
    let longest = [told, seen, moved, heard].into_iter().fold(0.0, f32::max);
    Known {
        length: (!is_picture).then_some(if told > 0.0 { told } else { longest }),
        scenes: scenes.filter(|(_, scene)| !scene.points.is_empty()).collect(),
        stills: print.frames.iter().map(|frame| (seconds(frame.at_ms), frame.small)).collect(),
        hashes: print.frames.iter().map(|frame| (frame.hash, frame.quality)).collect(),
        film,
        sound,
    }
}

fn seconds(milliseconds: u32) -> f32 {
    milliseconds as f32 / 1000.0
}
