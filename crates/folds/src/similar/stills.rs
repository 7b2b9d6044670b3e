//! Pictures held against pictures and films: whether it is the same picture, or a still of this film, and of which moment.

use vidimus_model::print::Way;

use super::compare::{Common, LAYS, fitting};
use super::known::Known;
use super::lay::Lay;
use super::moves::{ACROSS, CELLS, DOWN, Small, taps};
use super::near::FARTHEST;
use super::views;

/// The cells of a picture as another shows them; none outside.
fn laid(small: &Small, lay: &Lay) -> Option<Vec<Option<f32>>> {
    let back = lay.back()?;
    let value =
        |taps: [(usize, f32); 4]| taps.iter().map(|(cell, share)| share * f32::from(small[*cell])).sum();
    Some((0..CELLS).map(|cell| taps(&back, cell, (ACROSS, DOWN)).map(value)).collect())
}

/// Cells that differ where one picture is made as bright and as contrasty as the other: the share of those that both show.
fn differing(a: &[Option<f32>], b: &Small) -> Option<f32> {
    let pairs: Vec<(f32, f32)> =
        a.iter().zip(b).filter_map(|(one, other)| Some(((*one)?, f32::from(*other)))).collect();
    if pairs.len() * 4 < CELLS {
        return None;
    }
    let light = Light::of(&pairs)?;
    let off = pairs.iter().filter(|(one, other)| (light.on(*one) - other).abs() > 12.0).count();
    Some(off as f32 / pairs.len() as f32)
}

/// What makes one picture as bright and contrasty as another.
struct Light {
    mean: f32,
    gain: f32,
    there: f32,
}

impl Light {
    /// Of cells that both show; none where the first is all of one grey.
    fn of(pairs: &[(f32, f32)]) -> Option<Self> {
        let count = pairs.len() as f32;
        let mean = pairs.iter().map(|(one, _)| one).sum::<f32>() / count;
        let there = pairs.iter().map(|(_, other)| other).sum::<f32>() / count;
        let spread: f32 = pairs.iter().map(|(one, _)| (one - mean).powi(2)).sum();
        let both: f32 = pairs.iter().map(|(one, other)| (one - mean) * (other - there)).sum();
        (spread >= count * 9.0).then(|| Self { mean, gain: (both / spread).clamp(0.4, 2.5), there })
    }

    fn on(&self, value: f32) -> f32 {
        (value - self.mean) * self.gain + self.there
    }
}

/// Two pictures: are they the same? That both show the same place is not enough.
pub(super) fn pictures(a: &Known, b: &Known) -> Option<Common> {
    let found = fitting(a, b, &Way::ALL).into_iter().next();
    let is_near = || {
        let ((one, good), (other, well)) = (a.hashes.first()?, b.hashes.first()?);
        (*good >= 50 && *well >= 50 && views::distance(one, other) <= FARTHEST).then_some(Lay::SAME)
    };
    let lay = found.as_ref().map(|one| one.fit.lay).or_else(is_near)?;
    let ((_, one), (_, other)) = (a.stills.first()?, b.stills.first()?);
    match laid(one, &lay).and_then(|laid| differing(&laid, other)) {
        Some(off) if off <= 0.03 => Some(Common::Picture { alike: 1.0 - off }),
        _ => found.map(|one| Common::View { points: one.fit.points }),
    }
}

/// A picture and a film: is it a still of it? What differs from the place as it usually looks must be there at that moment.
pub(super) fn still(picture: &Known, film: &Known) -> Option<Common> {
    let fitting = fitting(picture, film, &[Way::PLAIN, Way::MIRRORED]);
    let best = fitting.first()?;
    let view = Some(Common::View { points: best.fit.points });
    let (_, small) = picture.stills.first()?;
    let lays = fitting.iter().take(LAYS).filter_map(|pair| laid(small, &pair.fit.lay));
    let of_each = lays.filter_map(|laid| one_moment(&moments_of_still(&laid, film)));
    let found = of_each.max_by(|(_, one), (_, other)| one.total_cmp(other));
    match found {
        Some((at, alike)) => Some(Common::Still { at, alike }),
        None => view,
    }
}

/// Seconds that a moment lasts at most.
const MOMENT: f32 = 6.0;
/// How alike a still must be, and from where on it is nearly the same, and the same.
const ALIKE: [f32; 3] = [0.77, 0.9, 0.95];
/// The share of a film that may look like a moment: the same of one that is shown again and again, nearly the same, and what
/// is less alike only while it lasts.
const AGAIN: [f32; 2] = [0.25, 0.05];
/// How alike all else may be at most, as a share of that, where it is less.
const ELSE: f32 = 0.8;

/// The moment that is most alike, where it is one: an empty room, or somebody who stands there for long, is of no moment. The less
/// alike it is, the more it must stand alone.
fn one_moment(all: &[(f32, f32)]) -> Option<(f32, f32)> {
    let (when, most) = *all.iter().max_by(|(_, one), (_, other)| one.total_cmp(other))?;
    let is_far = |at: f32| (at - when).abs() > MOMENT / 2.0;
    let is_like = |alike: f32| alike > 0.9 * most;
    let lasts = |run: &[(f32, f32)]| is_like(run[0].1) && run[run.len() - 1].0 - run[0].0 > MOMENT;
    let again = all.iter().filter(|(at, alike)| is_far(*at) && is_like(*alike)).count() as f32;
    let is_at_most = |share: f32| again <= share * all.len() as f32;
    let [least, nearly, same] = ALIKE;
    let is_one = if most > same {
        is_at_most(AGAIN[0]) && !all.chunk_by(|one, other| is_like(one.1) == is_like(other.1)).any(lasts)
    } else if most > nearly {
        is_at_most(AGAIN[1])
    } else {
        most > least && all.iter().all(|(at, alike)| !is_far(*at) || *alike <= ELSE * most)
    };
    is_one.then_some((when, most))
}

/// Cells of a still that must differ from the usual picture: fewer say nothing.
const TELLING: usize = 10;

/// Each moment of a film with how alike it is to a still in what differs from the film's usual picture.
fn moments_of_still(laid: &[Option<f32>], film: &Known) -> Vec<(f32, f32)> {
    let mut all = Vec::new();
    let groups: Vec<Vec<(f32, &Small)>> = match &film.film {
        Some(moving) => moving
            .shots
            .iter()
            .map(|shot| {
                shot.pictures.clone().map(|at| (at as f32 * moving.step, &moving.pictures[at])).collect()
            })
            .collect(),
        None => vec![film.stills.iter().map(|(at, small)| (*at, small)).collect()],
    };
    for group in groups.iter().filter(|group| group.len() >= 3) {
        let usual = usual(group);
        let Some(own) = apart(laid, &usual) else { continue };
        if own.iter().filter(|value| value.abs() > 8.0).count() < TELLING {
            continue;
        }
        for (at, small) in group {
            let (mut both, mut one, mut other) = (0.0f32, 0.0f32, 0.0f32);
            for cell in 0..CELLS {
                if laid[cell].is_some() {
                    let there = f32::from(small[cell]) - usual[cell];
                    let there = if there.abs() < 6.0 { 0.0 } else { there };
                    both += own[cell] * there;
                    one += own[cell] * own[cell];
                    other += there * there;
                }
            }
            if one > 0.0 && other > 0.0 {
                all.push((*at, both / (one * other).sqrt()));
            }
        }
    }
    all
}

/// The usual value of each cell: the median of at most 64 pictures.
fn usual(group: &[(f32, &Small)]) -> Vec<f32> {
    let some: Vec<&Small> = group.iter().step_by(group.len().div_ceil(64)).map(|(_, small)| *small).collect();
    (0..CELLS)
        .map(|cell| {
            let mut values: Vec<u8> = some.iter().map(|small| small[cell]).collect();
            let middle = values.len() / 2;
            f32::from(*values.select_nth_unstable(middle).1)
        })
        .collect()
}

/// What of a still differs from the usual picture, made as bright and contrasty as that; little differences are none.
fn apart(laid: &[Option<f32>], usual: &[f32]) -> Option<Vec<f32>> {
    let pairs: Vec<(f32, f32)> =
        laid.iter().zip(usual).filter_map(|(one, usual)| Some(((*one)?, *usual))).collect();
    if pairs.len() * 4 < CELLS {
        return None;
    }
    let light = Light::of(&pairs)?;
    let value = |(one, usual): (&Option<f32>, &f32)| {
        let off = one.map_or(0.0, |one| light.on(one) - usual);
        if off.abs() < 6.0 { 0.0 } else { off.clamp(-60.0, 60.0) }
    };
    Some(laid.iter().zip(usual).map(value).collect())
}

#[cfg(test)]
mod tests {
    use super::one_moment;

    #[test]
    fn what_lasts_is_no_moment() {
        let film = |alike: fn(f32) -> f32| -> Vec<(f32, f32)> {
            (0..120).map(|at| at as f32 / 4.0).map(|at| (at, alike(at))).collect()
        };
        let passing = film(|at| 0.95 - (at - 12.0).abs() * 0.2);
        assert_eq!(one_moment(&passing), Some((12.0, 0.95)));
        let empty = film(|at| if at < 9.0 { 0.1 } else { 0.9 });
        assert_eq!(one_moment(&empty), None);
        // What is shown again and again is a moment where it is the very same.
        let again = |most: f32| {
            one_moment(
                &(0..120)
                    .map(|at| (at as f32 / 4.0, if at % 20 < 3 { most } else { 0.3 }))
                    .collect::<Vec<_>>(),
            )
        };
        assert!(again(0.97).is_some());
        assert_eq!(again(0.85), None);
        assert_eq!(one_moment(&[]), None);
    }
}
