//! How two items are related, and what shows it: moments that move alike, sound alike, or pictures that are the same.
//!
//! A place that looks the same says that both were filmed there, and no more.

use std::ops::Range;

use vidimus_model::print::Way;

use super::known::{Film, Known, Shot};
use super::lay::Lay;
use super::moments::{self, Shared};
use super::moves::{Moves, at_speed};
use super::near::{FARTHEST, Near};
use super::rough::{Changes, Rough};
use super::{far, heard, stills, views};

/// What two items have in common.
#[derive(Clone, Debug, PartialEq)]
pub enum Common {
    /// The same moments.
    Moments(Moments),
    /// One is a picture of a moment of the other: seconds in that, and how alike they are.
    Still {
        /// The moment, in seconds.
        at: f32,
        /// From 0 to 1.
        alike: f32,
    },
    /// Both are pictures, and the same.
    Picture {
        /// From 0 to 1.
        alike: f32,
    },
    /// The same place. Whether it is the same recording cannot be told.
    View {
        /// Points that stand alike.
        points: usize,
    },
}

/// Moments that two films or recordings share.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    /// Seconds of the first.
    pub a: Range<f32>,
    /// Seconds of the second.
    pub b: Range<f32>,
    /// How many times as fast the first is shown as the second.
    pub speed: f32,
    /// Seconds in which something moves alike.
    pub moves: f32,
    /// Seconds that sound alike.
    pub sounds: f32,
    /// How the first lies in the second, where that is known.
    pub lay: Option<Lay>,
    /// From 0 to 1: how alike they are.
    pub alike: f32,
}

/// Speeds that are tried where the usual one does not fit.
const SPEEDS: [f32; 10] = [1.5, 2.0, 1.25, 4.0 / 3.0, 25.0 / 24.0, 24.0 / 25.0, 0.75, 0.8, 2.0 / 3.0, 0.5];
/// How many of them are looked at closely.
const TRIED: usize = 2;
/// Pairs of scenes of which each is looked at; of more, those with points alike.
const EACH: usize = 64;
/// Key frames of a shot that are held against those of another.
const FRAMES: usize = 8;
/// Lays that are tried for two shots.
pub(super) const LAYS: usize = 2;
/// Seconds by which a scene, known by key frames, may lie beside the shot that it is of.
const BESIDE: f32 = 1.0;
/// Seconds by which offsets may differ that are one.
const ONE: f32 = 0.8;

/// What two items have in common; none where nothing was found.
pub fn common(a: &Known, b: &Known) -> Option<Common> {
    match (a.length, b.length) {
        (Some(_), Some(_)) => recordings(a, b),
        (None, Some(_)) => stills::still(a, b),
        (Some(_), None) => stills::still(b, a),
        (None, None) => stills::pictures(a, b),
    }
}

/// Scenes of both that fit: which of the first, which of the second, and how.
pub(super) struct Fitting {
    a: usize,
    b: usize,
    /// How the one lies in the other.
    pub fit: views::Fit,
}

/// Scenes of both that fit, those of most points first.
pub(super) fn fitting(a: &Known, b: &Known, ways: &[Way]) -> Vec<Fitting> {
    let try_pair = |(one, other): (usize, usize)| {
        let fit = views::fit(&a.scenes[one].1, &b.scenes[other].1, ways)?;
        Some(Fitting { a: one, b: other, fit })
    };
    let mut fitting: Vec<Fitting> = if a.scenes.len() * b.scenes.len() <= EACH {
        let pairs = (0..a.scenes.len()).flat_map(|one| (0..b.scenes.len()).map(move |other| (one, other)));
        pairs.filter_map(try_pair).collect()
    } else {
        promising(a, b, ways).into_iter().filter_map(try_pair).collect()
    };
    fitting.sort_by_key(|one| std::cmp::Reverse(one.fit.points));
    fitting
}

/// Pairs of scenes with points that are nearly the same.
fn promising(a: &Known, b: &Known, ways: &[Way]) -> Vec<(usize, usize)> {
    let (mut near, mut owners) = (Near::default(), Vec::new());
    for (number, (_, scene)) in b.scenes.iter().enumerate() {
        for point in &scene.points {
            near.push(&point.bits);
            owners.push(number);
        }
    }
    let mut pairs = Vec::new();
    for (one, (_, scene)) in a.scenes.iter().enumerate() {
        for way in ways {
            let mut counts = vec![0; b.scenes.len()];
            for point in &scene.points {
                near.find(&way.point(point).bits, FARTHEST, |number, _| counts[owners[number]] += 1);
            }
            pairs.extend((0..b.scenes.len()).filter(|other| counts[*other] >= 3).map(|other| (one, other)));
        }
    }
    pairs.dedup();
    pairs
}

fn recordings(a: &Known, b: &Known) -> Option<Common> {
    let fitting = fitting(a, b, &[Way::PLAIN, Way::MIRRORED]);
    let heard = heard::heard(a, b);
    let common = match (shown_by_moves(a, b, &fitting), heard) {
        (Some(moves), Some(heard)) if heard.is_shown() => Some(both(moves, heard.moments(a, b), &fitting)),
        (Some(moves), _) => Some(moves),
        (None, heard) => heard.and_then(|heard| heard::shown(a, b, &fitting, &heard)),
    };
    let view = || fitting.first().map(|one| Common::View { points: one.fit.points });
    common.map(Common::Moments).or_else(view)
}

/// What moves and what sounds alike: at the same offset both count, else what lasts longer.
fn both(moves: Moments, sound: Moments, fitting: &[Fitting]) -> Moments {
    if (moves.b.start - moves.a.start - sound.b.start + sound.a.start).abs() < ONE {
        return Moments {
            a: moves.a.start.min(sound.a.start)..moves.a.end.max(sound.a.end),
            b: moves.b.start.min(sound.b.start)..moves.b.end.max(sound.b.end),
            sounds: sound.sounds,
            alike: moves.alike.max(sound.alike),
            ..moves
        };
    }
    if sound.sounds > moves.moves {
        return Moments { lay: fitting.first().map(|one| one.fit.lay), ..sound };
    }
    moves
}

fn shown_by_moves(a: &Known, b: &Known, fitting: &[Fitting]) -> Option<Moments> {
    let (film_a, film_b) = a.film.as_ref().zip(b.film.as_ref())?;
    // Hours against hours are looked at as they are: what was sped up is told of what is shorter.
    let is_long = film_a.shots.len() * film_b.shots.len() > EACH;
    let speeds = if is_long { &[][..] } else { &SPEEDS[..] };
    let moving = |shot: &&Shot| !shot.is_still;
    let mut pairs = Vec::new();
    for shot_a in film_a.shots.iter().filter(moving) {
        for shot_b in film_b.shots.iter().filter(moving) {
            let (of_a, of_b) = (film_a.seconds(&shot_a.pictures), film_b.seconds(&shot_b.pictures));
            let lays = lays(a, b, fitting, &of_a, &of_b);
            if !lays.is_empty() {
                pairs.push(((film_a, shot_a), (film_b, shot_b), lays));
            }
        }
    }
    let offsets = |((_, a), (_, b), _): &far::Pair<'_>| a.pictures.len() + b.pictures.len();
    let chance = moments::chance(pairs.iter().map(offsets).sum());
    let mut spans = if pairs.len() > EACH { far::spans(&mut pairs, EACH, chance) } else { Vec::new() };
    let by_moves =
        |(a, b, lays): &far::Pair<'_>| lays.iter().find_map(|lay| by_moves(*a, *b, lay, speeds, chance));
    spans.extend(pairs.iter().filter_map(by_moves));
    joined(spans)
}

/// How scenes of two shots lie in each other, those of most points first.
pub(super) fn lays(
    a: &Known,
    b: &Known,
    fitting: &[Fitting],
    one: &Range<f32>,
    other: &Range<f32>,
) -> Vec<Lay> {
    let meets = |scene: &Range<f32>, shot: &Range<f32>| {
        scene.start < shot.end + BESIDE && scene.end >= shot.start - BESIDE
    };
    let of_both = |pair: &&Fitting| meets(&a.scenes[pair.a].0, one) && meets(&b.scenes[pair.b].0, other);
    let found: Vec<Lay> = fitting.iter().filter(of_both).take(LAYS).map(|pair| pair.fit.lay).collect();
    if found.is_empty() && looks_alike(a, b, one, other) { vec![Lay::SAME] } else { found }
}

/// Has one of both shots a key frame that looks like one of the other as a whole? Few points may be found again in what was stretched.
fn looks_alike(a: &Known, b: &Known, one: &Range<f32>, other: &Range<f32>) -> bool {
    let of = |known: &Known, shot: &Range<f32>| -> Vec<[u8; 32]> {
        let seconds = known.stills.iter().map(|(at, _)| *at);
        let there = seconds
            .zip(&known.hashes)
            .filter(|(at, (_, quality))| *quality >= 50 && *at < shot.end && *at >= shot.start - BESIDE);
        there.map(|(_, (hash, _))| *hash).take(FRAMES).collect()
    };
    let theirs = of(b, other);
    of(a, one).iter().any(|hash| theirs.iter().any(|other| views::distance(hash, other) <= FARTHEST))
}

/// Moments of two shots that move alike, at the usual or another speed.
fn by_moves(
    (film_a, shot_a): (&Film, &Shot),
    (film_b, shot_b): (&Film, &Shot),
    lay: &Lay,
    speeds: &[f32],
    chance: f32,
) -> Option<Moments> {
    let back = lay.back()?;
    let (ours, theirs) = (shot_a.rough.changes(1.0), shot_b.rough.laid(&back));
    let others = promising_speeds(&ours, &theirs, speeds);
    for speed in std::iter::once(1.0).chain(others) {
        if !ours.may_share(&theirs.changes(speed)) {
            continue;
        }
        let found = if speed == 1.0 {
            moments::shared(&shot_a.moves, &shot_b.moves.laid(&back)).filter(|found| found.is_shown(chance))
        } else {
            let faster = Moves::of(&at_speed(&film_b.pictures[shot_b.pictures.clone()], speed)).laid(&back);
            moments::shared(&shot_a.moves, &faster).filter(|found| found.is_shown_faster(chance))
        };
        if let Some(found) = found {
            return Some(span((film_a, shot_a), (film_b, shot_b), &found, speed, lay));
        }
    }
    None
}

/// Of many speeds those at which most seems to move alike, the most promising first.
fn promising_speeds(ours: &Changes, theirs: &Rough, speeds: &[f32]) -> Vec<f32> {
    let promise = |speed: &f32| (ours.promise(&theirs.changes(*speed)), *speed);
    let mut all: Vec<(f32, f32)> = speeds.iter().map(promise).collect();
    all.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    all.into_iter().take(TRIED).map(|(_, speed)| speed).collect()
}

/// From pictures to seconds. What lies around the moments that move alike, and where nothing moves, is taken along.
pub(super) fn span(
    (film_a, shot_a): (&Film, &Shot),
    (film_b, shot_b): (&Film, &Shot),
    found: &Shared,
    speed: f32,
    lay: &Lay,
) -> Moments {
    let count_a = shot_a.pictures.len() as f32;
    let count_b = shot_b.pictures.len() as f32 / speed;
    let (first, behind) = ((-found.offset).max(0.0), count_a.min(count_b - found.offset));
    let (from, to) = if found.against == 0 { (first, behind) } else { (found.from as f32, found.to as f32) };
    let in_a = |at: f32| (shot_a.pictures.start as f32 + at) * film_a.step;
    let in_b = |at: f32| (shot_b.pictures.start as f32 + (at + found.offset) * speed) * film_b.step;
    Moments {
        a: in_a(from)..in_a(to),
        b: in_b(from)..in_b(to),
        speed,
        moves: (found.for_it * moments::SPELL) as f32 * film_a.step,
        sounds: 0.0,
        lay: Some(*lay),
        alike: found.alike,
    }
}

/// Spans at the same offset and speed are one; of others the one in which most moves alike.
fn joined(mut spans: Vec<Moments>) -> Option<Moments> {
    spans.sort_by(|one, other| other.moves.total_cmp(&one.moves));
    let mut spans = spans.into_iter();
    let mut best = spans.next()?;
    for span in spans {
        let ahead = |span: &Moments| span.b.start - span.a.start * span.speed;
        if (ahead(&span) - ahead(&best)).abs() < ONE && (span.speed - best.speed).abs() < 0.01 {
            best.a = best.a.start.min(span.a.start)..best.a.end.max(span.a.end);
            best.b = best.b.start.min(span.b.start)..best.b.end.max(span.b.end);
            best.moves += span.moves;
        }
    }
    Some(best)
}
