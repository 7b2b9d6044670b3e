//! Hours against hours: at which offsets it is worth looking closely, asked once of both films as a whole.
//!
//! Ten hours against ten are thousands of pairs of parts, of which at most a few hold the same moments. So each picture in which
//! something moves counts the same, all offsets are tried at once, and parts are compared only where more is alike than by chance.

use super::compare::{Moments, span};
use super::known::{Film, Shot};
use super::lay::Lay;
use super::moments::{self, SPELL, together};
use super::rough::{FEW, ROUGH, few};

/// Offsets that are looked at.
const OFFSETS: usize = 6;
/// Pictures by which they are apart at least.
const APART: i64 = 8;
/// Pictures that both films must share.
const OVERLAP: i64 = 8;
/// So many more pictures in which both move are taken to be unlike: what a handful says is soon said by chance.
const CHANCE: f32 = 16.0;
/// How many times as alike as at most other offsets they must be: of some hundred thousand, chance finds one that is four times so.
const PROMISING: f32 = 4.5;

/// Two shots, each with its film, and how the one may lie in the other.
pub(super) type Pair<'a> = ((&'a Film, &'a Shot), (&'a Film, &'a Shot), Vec<Lay>);

/// What moves alike in shots of the same two films that lie in each other in a way that more than `few` pairs do; such ways are
/// taken out, and what is left is to be looked at as a few are.
pub(super) fn spans(pairs: &mut [Pair<'_>], few: usize, chance: f32) -> Vec<Moments> {
    let mut ways: Vec<(Lay, usize)> = Vec::new();
    for lay in pairs.iter().flat_map(|(_, _, lays)| lays) {
        match ways.iter_mut().find(|(other, _)| other == lay) {
            Some((_, count)) => *count += 1,
            None => ways.push((*lay, 1)),
        }
    }
    let mut spans = Vec::new();
    for (lay, _) in ways.into_iter().filter(|(_, count)| *count > few) {
        if let (Some(((a, _), (b, _), _)), Some(back)) = (pairs.first(), lay.back()) {
            for offset in offsets(a, b, &back) {
                let of_lay = pairs.iter().filter(|(_, _, lays)| lays.contains(&lay));
                let found: Vec<Moments> =
                    of_lay.filter_map(|(a, b, _)| at(*a, *b, &lay, &back, offset)).collect();
                // Each part says a little, and all of them together that it is no chance.
                let spells = found.iter().map(|span| span.moves).sum::<f32>() / (SPELL as f32 * a.step);
                if spells.round() as usize >= moments::spells(chance) {
                    spans.extend(found);
                }
            }
        }
        pairs.iter_mut().for_each(|(_, _, lays)| lays.retain(|other| *other != lay));
    }
    spans
}

/// What moves alike in two shots where the second film is so many pictures ahead of the first.
fn at(
    (film_a, shot_a): (&Film, &Shot),
    (film_b, shot_b): (&Film, &Shot),
    lay: &Lay,
    back: &Lay,
    offset: i64,
) -> Option<Moments> {
    let ahead = offset + shot_a.pictures.start as i64 - shot_b.pictures.start as i64;
    let (count_a, count_b) = (shot_a.pictures.len() as i64, shot_b.pictures.len() as i64);
    if ahead <= -count_a || ahead >= count_b {
        return None;
    }
    let found = moments::near(&shot_a.moves, &shot_b.moves.laid(back), ahead as f32)?;
    found.is_shown(0.0).then(|| span((film_a, shot_a), (film_b, shot_b), &found, 1.0, lay))
}

/// Pictures that `b` may be ahead of `a`, where it lies in that as `back` says; the most promising first.
fn offsets(a: &Film, b: &Film, back: &Lay) -> Vec<i64> {
    let (one, other) = (directions(a, None), directions(b, Some(back)));
    let (alike, both) = (together(&one, &other), together(&moving(&one), &moving(&other)));
    let (count_a, count_b) = (one.len() as i64, other.len() as i64);
    let mut found: Vec<(f32, i64)> = (OVERLAP - count_a..=count_b - OVERLAP)
        .map(|offset| {
            let at = offset.rem_euclid(alike.len() as i64) as usize;
            (alike[at] / (both[at].max(0.0) + CHANCE).sqrt(), offset)
        })
        .collect();
    let squares: f32 = found.iter().map(|(alike, _)| alike * alike).sum();
    let usual = (squares / found.len().max(1) as f32).sqrt();
    found.retain(|(alike, _)| *alike > PROMISING * usual && *alike > 0.0);
    found.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut best: Vec<i64> = Vec::new();
    for (_, offset) in found {
        if best.iter().all(|other| (other - offset).abs() >= APART) {
            best.push(offset);
        }
        if best.len() == OFFSETS {
            break;
        }
    }
    best
}

/// For each picture of a film which way its cells change, all together 1; nothing where nothing moves.
fn directions(film: &Film, back: Option<&Lay>) -> Vec<[f32; FEW]> {
    let mut all = vec![[0.0; FEW]; film.pictures.len()];
    for shot in film.shots.iter().filter(|shot| !shot.is_still) {
        let changes = match back {
            Some(back) => shot.rough.laid(back).changes(1.0),
            None => shot.rough.changes(1.0),
        };
        for (direction, change) in all[shot.pictures.clone()].iter_mut().zip(&changes.changes) {
            *direction = direction_of(change);
        }
    }
    all
}

fn direction_of(change: &[f32; ROUGH]) -> [f32; FEW] {
    let sums = few(change);
    let length = sums.iter().map(|value| value * value).sum::<f32>().sqrt();
    if length < f32::EPSILON { [0.0; FEW] } else { sums.map(|value| value / length) }
}

/// 1 where something moves.
fn moving(directions: &[[f32; FEW]]) -> Vec<[f32; 1]> {
    let is_moving = |direction: &[f32; FEW]| direction.iter().any(|value| *value != 0.0);
    directions.iter().map(|direction| [f32::from(u8::from(is_moving(direction)))]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::moves::tests::{film, walk};
    use super::*;

    /// Somebody walks through for a quarter of a minute, once in two minutes and a bit, on another way each time.
    fn corridor(day: f32) -> impl Fn(f32) -> (f32, f32) {
        move |t| {
            let (number, since) = ((t / 131.0).floor(), t % 131.0);
            let begins = 40.0 + 30.0 * (number * 1.7 + day).sin();
            if (begins..begins + 16.0).contains(&since) {
                walk(1.0 + 0.31 * number + day)(since)
            } else {
                (-9.0, 0.0)
            }
        }
    }

    #[test]
    fn an_hour_of_which_twenty_minutes_are_shared_is_found() {
        let day = film(3600, corridor(0.4));
        let (morning, noon) = (Film::of(0.25, day[..9600].to_vec()), Film::of(0.25, day[4800..].to_vec()));
        let found = offsets(&morning, &noon, &Lay::SAME);
        assert!(found.len() <= OFFSETS && (found[0] - -4800).abs() <= 1, "{found:?}");
        let all = |film_a, film_b| -> Vec<Moments> {
            let pair = |a, b| ((film_a, a), (film_b, b), vec![Lay::SAME]);
            let (a, b): (&Film, &Film) = (film_a, film_b);
            let each = a.shots.iter().flat_map(|one| b.shots.iter().map(move |other| pair(one, other)));
            let mut pairs: Vec<Pair<'_>> = each.collect();
            let found = spans(&mut pairs, 1, moments::chance(60 * 4800));
            assert!(pairs.iter().all(|(_, _, lays)| lays.is_empty()));
            found
        };
        let shared = all(&morning, &noon);
        assert!(
            !shared.is_empty() && shared.iter().all(|one| (one.a.start - one.b.start - 1200.0).abs() < 0.5)
        );
        let other = Film::of(0.25, film(3600, corridor(2.9)));
        assert!(all(&morning, &other).is_empty());
    }

    #[test]
    fn nothing_is_worth_looking_at_where_nothing_moves() {
        let empty = Film::of(0.25, film(120, |_| (-9.0, 0.0)));
        assert!(offsets(&empty, &empty, &Lay::SAME).is_empty());
    }
}
