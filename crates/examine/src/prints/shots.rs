//! What is seen in a film, frame after frame: where shots begin, and one view of what stands still in each.
//!
//! Only a shot is held, so that a film of ten hours takes no more memory than one of ten minutes.

use std::collections::VecDeque;

use vidimus_model::print::{Frame, MOST_FRAMES, Small, View};

use super::grey::{Grey, differs, median};
use super::pdq::Pdq;
use super::points::view;

/// Views of one film; of more every other one is left out.
const MOST_VIEWS: usize = 2048;
/// Frames of a shot that are held; a longer one is gone on with.
const LONGEST: usize = 64;
/// Frames of which the median is taken.
const OF_MEDIAN: usize = 15;
/// How much a point of a small frame changes where something else is seen, and one of a larger one.
const CHANGE: u8 = 9;
const LARGE_CHANGE: u8 = 20;
/// The share of points that change where a shot begins, and how many times more than nearby.
const CUT: f32 = 0.5;
const MORE: f32 = 2.0;
/// Changes to each side that count as nearby.
const NEARBY: usize = 8;
/// A camera stands still if no more than this share of points is away from the median; and the same is seen as before if no more than
/// that share of one median is away from the other.
const MOVING: f32 = 0.3;
const OTHER: f32 = 0.1;
/// Milliseconds between two views of a camera that moves.
const STEP: u32 = 2000;

/// What was seen in a film.
pub(crate) struct Seen {
    pub frames: Vec<Frame>,
    pub views: Vec<View>,
}

/// A frame as it came.
struct Shown {
    at_ms: u32,
    grey: Grey,
}

/// Takes frame after frame.
pub(crate) struct Shots {
    frames: Vec<Frame>,
    /// One in so many frames is kept, and how many came.
    every: usize,
    came: usize,
    views: Vec<View>,
    /// Milliseconds between two views of a camera that moves.
    step_ms: u32,
    last_moving: Option<u32>,
    /// How much changes from each frame to the next.
    changes: Vec<f32>,
    last: Option<(u32, Small)>,
    /// Frames of which it is not known yet whether a shot begins with them.
    waiting: VecDeque<Shown>,
    shot: Vec<Shown>,
    /// The last view and its median, where the shot is gone on with.
    before: Option<(usize, Grey)>,
}

impl Shots {
    pub fn new() -> Shots {
        Shots {
            frames: Vec::new(),
            every: 1,
            came: 0,
            views: Vec::new(),
            step_ms: STEP,
            last_moving: None,
            changes: Vec::new(),
            last: None,
            waiting: VecDeque::new(),
            shot: Vec::new(),
            before: None,
        }
    }

    /// Takes the next frame; one that is not later than the one before is passed over.
    pub fn push(&mut self, at_ms: u32, grey: Grey) {
        if self.last.as_ref().is_some_and(|(last, _)| *last >= at_ms) {
            return;
        }
        let small = grey.small();
        self.keep(at_ms, &grey, small);
        if let Some((_, before)) = &self.last {
            let pairs = before.iter().zip(&small);
            let changed = pairs.filter(|(before, now)| before.abs_diff(**now) > CHANGE).count();
            self.changes.push(changed as f32 / small.len() as f32);
        }
        self.last = Some((at_ms, small));
        self.waiting.push_back(Shown { at_ms, grey });
        while self.waiting.len() > NEARBY {
            self.decide();
        }
    }

    /// How many frames came.
    pub fn count(&self) -> usize {
        self.came
    }

    /// What was seen, in a film that ends there at the latest.
    pub fn finish(mut self, end_ms: Option<u32>) -> Seen {
        while !self.waiting.is_empty() {
            self.decide();
        }
        let last = self.last.map_or(0, |(at, _)| at);
        self.close(end_ms.unwrap_or(last).max(last));
        Seen { frames: self.frames, views: self.views }
    }

    fn keep(&mut self, at_ms: u32, grey: &Grey, small: Small) {
        if self.came.is_multiple_of(self.every) {
            if self.frames.len() == MOST_FRAMES {
                thin(&mut self.frames);
                self.every *= 2;
            }
            if self.came.is_multiple_of(self.every) {
                let Pdq { hash, quality } = Pdq::of(grey);
                self.frames.push(Frame { at_ms, hash, quality, small });
            }
        }
        self.came += 1;
    }

    /// Does a shot begin with the first frame that waits?
    fn decide(&mut self) {
        let number = self.came - self.waiting.len();
        let Some(shown) = self.waiting.pop_front() else { return };
        let begins = number > 0 && is_cut(&self.changes, number - 1);
        let goes_on = self.shot.len() == LONGEST;
        if begins || goes_on {
            self.close(shown.at_ms);
        }
        if begins {
            self.before = None;
        }
        self.shot.push(shown);
    }

    /// Ends the shot, or the part of it that is held.
    fn close(&mut self, end_ms: u32) {
        let shot = std::mem::take(&mut self.shot);
        let Some(first) = shot.first() else { return };
        let some: Vec<&Grey> =
            shot.iter().step_by(shot.len().div_ceil(OF_MEDIAN)).map(|shown| &shown.grey).collect();
        let middle = median(&some);
        let away =
            some.iter().map(|grey| differs(grey, &middle, LARGE_CHANGE)).sum::<f32>() / some.len() as f32;
        if away >= MOVING {
            self.before = None;
            for Shown { at_ms, grey } in &shot {
                if self.last_moving.is_none_or(|last| at_ms - last >= self.step_ms) {
                    self.last_moving = Some(*at_ms);
                    self.see(view(grey, *at_ms, *at_ms));
                }
            }
            return;
        }
        if let Some((number, before)) = &self.before
            && let Some(view) = self.views.get_mut(*number)
            && differs(before, &middle, LARGE_CHANGE) < OTHER
        {
            view.to_ms = end_ms;
            return;
        }
        let number = self.see(view(&middle, first.at_ms, end_ms));
        self.before = Some((number, middle));
    }

    /// Keeps a view, and says where it stands.
    fn see(&mut self, view: View) -> usize {
        if self.views.len() == MOST_VIEWS {
            thin(&mut self.views);
            self.step_ms = self.step_ms.saturating_mul(2);
        }
        self.views.push(view);
        self.views.len() - 1
    }
}

/// Leaves every other one out.
fn thin<T>(all: &mut Vec<T>) {
    let mut keeps = false;
    all.retain(|_| {
        keeps = !keeps;
        keeps
    });
}

/// Most of the picture changes at once, and more than before and after.
fn is_cut(changes: &[f32], at: usize) -> bool {
    let nearby = at.saturating_sub(NEARBY)..(at + NEARBY + 1).min(changes.len());
    let mut others: Vec<f32> = nearby.filter(|other| *other != at).map(|other| changes[other]).collect();
    others.sort_by(f32::total_cmp);
    let usual = others.get(others.len() / 2).copied().unwrap_or(0.0);
    changes[at] > CUT && changes[at] > MORE * usual
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A room of blocks, of which one passes through.
    fn room(seed: usize, passes: usize) -> Grey {
        let value = |at: usize| {
            let (x, y) = (at % 96 / 8, at / 96 / 8);
            if x == passes % 12 && y == 5 { 255 } else { ((x * 7 + y * 13 + x * y) * seed * 29 % 200) as u8 }
        };
        Grey::new(96, 72, (0..96 * 72).map(value).collect()).unwrap()
    }

    #[test]
    fn each_shot_of_a_camera_that_stands_still_is_one_view() {
        let mut shots = Shots::new();
        for n in 0..40u32 {
            shots.push(n * 1000, room(if n < 25 { 1 } else { 2 }, n as usize));
        }
        let Seen { frames, views } = shots.finish(Some(40_500));
        assert_eq!(frames.len(), 40);
        let spans: Vec<(u32, u32)> = views.iter().map(|view| (view.from_ms, view.to_ms)).collect();
        assert_eq!(spans, [(0, 25_000), (25_000, 40_500)]);
        assert!(views.iter().all(|view| !view.points.is_empty()));
    }

    #[test]
    fn hours_of_one_view_are_one_view_and_a_changed_one_another() {
        let mut shots = Shots::new();
        for n in 0..1000 {
            // The light goes on, slowly: no cut.
            let mut grey = room(1, n as usize);
            let light = (n as usize).clamp(500, 540) - 500;
            grey.values.iter_mut().for_each(|value| *value = value.saturating_add(light as u8));
            shots.push(n * 1000, grey);
            assert!(shots.shot.len() <= LONGEST && shots.waiting.len() <= NEARBY);
        }
        let Seen { views, .. } = shots.finish(None);
        assert!((2..4).contains(&views.len()), "{}", views.len());
        assert_eq!((views[0].from_ms, views.last().unwrap().to_ms), (0, 999_000));
        assert!(views.windows(2).all(|pair| pair[0].to_ms == pair[1].from_ms));
    }

    #[test]
    fn a_camera_that_moves_gives_moments_and_time_goes_forward_only() {
        let mut shots = Shots::new();
        for n in 0..30 {
            shots.push(n * 1000, room(3 + n as usize, 0));
            shots.push(n * 500, room(1, 0));
        }
        let Seen { frames, views } = shots.finish(None);
        assert_eq!(frames.len(), 30);
        assert!(views.len() >= 12 && views.iter().all(|view| view.from_ms == view.to_ms), "{}", views.len());
        assert!(views.windows(2).all(|pair| pair[1].from_ms - pair[0].from_ms >= STEP));
    }

    #[test]
    fn of_too_many_every_other_one_is_left_out() {
        let mut shots = Shots::new();
        let tiny = Grey::new(6, 6, vec![9; 36]).unwrap();
        let count = u32::try_from(MOST_FRAMES).unwrap() * 2 + 10;
        for n in 0..count {
            shots.push(n * 1000, tiny.clone());
        }
        let Seen { frames, views } = shots.finish(None);
        assert!(frames.len() <= MOST_FRAMES && frames.len() > MOST_FRAMES / 2);
        assert!(frames.windows(2).all(|pair| pair[1].at_ms - pair[0].at_ms == 4000));
        assert_eq!(views.len(), 1);
        let mut all: Vec<u32> = (0..5).collect();
        thin(&mut all);
        assert_eq!(all, [0, 2, 4]);
    }
}
