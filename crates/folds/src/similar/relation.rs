//! How two items are related, in the words of the commands: from what they have in common to a kind, its times and its reasons.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::chunks::Kept;
use super::compare::{Common, Moments};

/// How two items are related.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The same bytes.
    Exact,
    /// The same from beginning to end, but not byte for byte: encoded again, resized, cut at its edges, with other sound.
    Reencoded,
    /// The one is a part of the other.
    Excerpt,
    /// A part of the one is a part of the other.
    Overlap,
    /// The one is a picture of a moment of the other.
    Still,
    /// The one is what is left of the other, or both of something.
    Damaged,
    /// The one lies in the other.
    Contained,
    /// Both show the same place; that they are of the same recording is not shown.
    SameView,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Exact,
        Self::Reencoded,
        Self::Excerpt,
        Self::Overlap,
        Self::Still,
        Self::Damaged,
        Self::Contained,
        Self::SameView,
    ];

    /// The kind of this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// The word in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Reencoded => "reencoded",
            Self::Excerpt => "excerpt",
            Self::Overlap => "overlap",
            Self::Still => "still",
            Self::Damaged => "damaged",
            Self::Contained => "contained",
            Self::SameView => "same_view",
        }
    }
}

/// What shows how two items are related.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Their SHA-256 is the same.
    Bytes,
    /// So much of the bytes of the first and of the second is the same, from 0 to 1; estimated.
    Chunks {
        /// Of the first.
        of_a: f32,
        /// Of the second.
        of_b: f32,
    },
    /// So many seconds in which the same things move in the same way.
    Moves {
        /// Seconds.
        seconds: f32,
    },
    /// So many seconds that sound alike.
    Sounds {
        /// Seconds.
        seconds: f32,
    },
    /// The first is shown so many times as fast.
    Speed {
        /// Above 1: faster.
        times: f32,
    },
    /// Left and right are exchanged.
    Mirrored,
    /// The first shows only so much of the second's picture, from 0 to 1.
    Cut {
        /// Of its area.
        share: f32,
    },
    /// The picture is the same.
    Picture,
    /// What moves stands where it stands at that moment.
    Moment,
    /// So many points of the place stand alike.
    Place {
        /// How many.
        points: usize,
    },
}

/// How two items are related, and what shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Relation {
    /// How.
    pub kind: Kind,
    /// The seconds of the first that are meant; none where it has no time, or none is known.
    pub a: Option<Range<f32>>,
    /// The seconds of the second.
    pub b: Option<Range<f32>>,
    /// From 0 to 1: how alike they are. Only relations of one kind can be compared by it.
    pub score: f32,
    /// What shows it.
    pub reasons: Vec<Reason>,
}

/// What is asked of an item besides its prints.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Standing {
    /// Seconds; none of what has no time.
    pub length: Option<f32>,
    /// It is damaged, or nobody could tell what it is.
    pub is_damaged: bool,
    /// There is something to be seen in it.
    pub shows: bool,
}

/// The share of a length that counts as all of it.
const ALL: f32 = 0.9;
/// Seconds that may be missing of what counts as all of it: encoders begin and end where they like.
const ENDS: f32 = 1.0;
/// The share of bytes from which what is left of a file is told to be of it.
const LEFT: f32 = 0.1;

/// The relation of two items of different bytes; none where nothing was found.
pub fn relation(a: Standing, b: Standing, common: Option<Common>, kept: Option<Kept>) -> Option<Relation> {
    let is_damaged = a.is_damaged || b.is_damaged;
    let chunks = kept.map(|kept| Reason::Chunks { of_a: kept.of_a, of_b: kept.of_b });
    let mut relation = match common {
        Some(Common::Moments(moments)) => by_moments(a, b, &moments),
        Some(Common::Still { at, alike }) => {
            let moment = |one: Standing| one.length.map(|_| at..at);
            Relation {
                kind: Kind::Still,
                a: moment(a),
                b: moment(b),
                score: alike,
                reasons: vec![Reason::Moment],
            }
        }
        Some(Common::Picture { alike }) => without_times(Kind::Reencoded, alike, Reason::Picture),
        Some(Common::View { points }) => match kept {
            Some(kept) => of_bytes(a, b, &kept, is_damaged)?,
            None => without_times(Kind::SameView, (points as f32 / 60.0).min(1.0), Reason::Place { points }),
        },
        None => of_bytes(a, b, &kept?, is_damaged)?,
    };
    relation.reasons.extend(chunks.filter(|chunks| !relation.reasons.contains(chunks)));
    if is_damaged && !matches!(relation.kind, Kind::SameView | Kind::Still) {
        relation.kind = Kind::Damaged;
    }
    Some(relation)
}

fn without_times(kind: Kind, score: f32, reason: Reason) -> Relation {
    Relation { kind, a: None, b: None, score, reasons: vec![reason] }
}

fn of_bytes(a: Standing, b: Standing, kept: &Kept, is_damaged: bool) -> Option<Relation> {
    let reason = Reason::Chunks { of_a: kept.of_a, of_b: kept.of_b };
    let most = kept.of_a.max(kept.of_b);
    // Of sound files a few parts may be the same: a letterhead, a font.
    if !is_damaged && most < 0.5 || most < LEFT {
        return None;
    }
    let kind = if is_damaged { Kind::Damaged } else { Kind::Overlap };
    let timed = kept.ahead.zip(a.length).zip(b.length).map(|((ahead, of_a), of_b)| {
        let (from, to) = ((-ahead).max(0.0), of_a.min(of_b - ahead));
        (from..to, from + ahead..to + ahead)
    });
    let Some((in_a, in_b)) = timed.filter(|(range, _)| range.start < range.end) else {
        return Some(without_times(kind, most, reason));
    };
    let kind = if is_damaged { kind } else { kind_of((&in_a, a.length), (&in_b, b.length)) };
    Some(Relation { kind, a: Some(in_a), b: Some(in_b), score: most, reasons: vec![reason] })
}

/// The kind of what is shared, by how much of each that is.
fn kind_of(a: (&Range<f32>, Option<f32>), b: (&Range<f32>, Option<f32>)) -> Kind {
    let is_all = |(range, length): (&Range<f32>, Option<f32>)| {
        let (length, shared) = (length.unwrap_or(0.0), range.end - range.start);
        shared >= length * ALL || shared >= length - ENDS
    };
    match (is_all(a), is_all(b)) {
        (true, true) => Kind::Reencoded,
        (true, false) | (false, true) => Kind::Excerpt,
        (false, false) => Kind::Overlap,
    }
}

fn by_moments(a: Standing, b: Standing, moments: &Moments) -> Relation {
    // The same music under other pictures: that a part of it sounds alike is all that is shown.
    let is_sound_alone = moments.moves == 0.0 && moments.lay.is_none() && a.shows && b.shows;
    let kind =
        if is_sound_alone { Kind::Overlap } else { kind_of((&moments.a, a.length), (&moments.b, b.length)) };
    let mut reasons = Vec::new();
    if moments.moves > 0.0 {
        reasons.push(Reason::Moves { seconds: moments.moves });
    }
    if moments.sounds > 0.0 {
        reasons.push(Reason::Sounds { seconds: moments.sounds });
    }
    if (moments.speed - 1.0).abs() > 0.01 {
        reasons.push(Reason::Speed { times: moments.speed });
    }
    if let Some(lay) = &moments.lay {
        if lay.is_mirrored() {
            reasons.push(Reason::Mirrored);
        }
        if lay.area() < 0.93 {
            reasons.push(Reason::Cut { share: lay.area() });
        }
    }
    Relation {
        kind,
        a: Some(moments.a.clone()),
        b: Some(moments.b.clone()),
        score: moments.alike.clamp(0.0, 1.0),
        reasons,
    }
}

impl Relation {
    /// The same, seen from the second.
    #[must_use]
    pub fn turned(mut self) -> Self {
        std::mem::swap(&mut self.a, &mut self.b);
        for reason in &mut self.reasons {
            match reason {
                Reason::Chunks { of_a, of_b } => std::mem::swap(of_a, of_b),
                Reason::Speed { times } => *times = 1.0 / *times,
                Reason::Cut { share } => *share = 1.0 / *share,
                _ => {}
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn film(seconds: f32) -> Standing {
        Standing { length: Some(seconds), is_damaged: false, shows: true }
    }

    fn moments_of(all: Range<f32>) -> Moments {
        Moments { a: all.clone(), b: all, speed: 1.0, moves: 8.0, sounds: 0.0, lay: None, alike: 0.9 }
    }

    fn moments(a: Range<f32>, b: Range<f32>) -> Common {
        Common::Moments(Moments { b, ..moments_of(a) })
    }

    fn kind(a: Standing, b: Standing, common: Common) -> Kind {
        relation(a, b, Some(common), None).unwrap().kind
    }

    #[test]
    fn what_is_whole_of_one_is_an_excerpt_of_the_other() {
        assert_eq!(kind(film(60.0), film(60.5), moments(0.0..60.0, 0.2..60.2)), Kind::Reencoded);
        assert_eq!(kind(film(10.0), film(60.0), moments(0.0..10.0, 20.0..30.0)), Kind::Excerpt);
        assert_eq!(kind(film(60.0), film(10.0), moments(20.0..30.0, 0.0..9.5)), Kind::Excerpt);
        assert_eq!(kind(film(60.0), film(60.0), moments(20.0..30.0, 0.0..10.0)), Kind::Overlap);
    }

    #[test]
    fn the_same_music_under_other_pictures_is_a_part_that_both_share() {
        let music = |lay| Common::Moments(Moments { moves: 0.0, sounds: 60.0, lay, ..moments_of(0.0..60.0) });
        assert_eq!(kind(film(60.0), film(60.0), music(None)), Kind::Overlap);
        // In the same place, and between recordings without pictures, it shows more.
        let laid = super::super::lay::Lay([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        assert_eq!(kind(film(60.0), film(60.0), music(Some(laid))), Kind::Reencoded);
        let heard = Standing { shows: false, ..film(60.0) };
        assert_eq!(kind(heard, film(60.0), music(None)), Kind::Reencoded);
    }

    #[test]
    fn damage_is_named_and_a_view_stays_a_view() {
        let broken = Standing { is_damaged: true, ..film(60.0) };
        assert_eq!(kind(broken, film(60.0), moments(0.0..30.0, 0.0..30.0)), Kind::Damaged);
        assert_eq!(kind(broken, film(60.0), Common::View { points: 40 }), Kind::SameView);
        let kept = Some(Kept { of_a: 0.97, of_b: 0.4, ahead: None });
        let left = Standing { is_damaged: true, ..Standing::default() };
        assert_eq!(relation(left, film(60.0), None, kept).unwrap().kind, Kind::Damaged);
        assert_eq!(
            relation(film(1.0), film(60.0), None, Some(Kept { of_a: 0.2, of_b: 0.1, ahead: None })),
            None
        );
        assert_eq!(relation(film(1.0), film(60.0), None, None), None);
    }

    #[test]
    fn packets_that_were_copied_say_when() {
        let kept = |ahead| Some(Kept { of_a: 0.98, of_b: 0.3, ahead });
        let found = relation(film(10.0), film(60.0), None, kept(Some(20.0))).unwrap();
        assert_eq!((found.kind, found.a, found.b), (Kind::Excerpt, Some(0.0..10.0), Some(20.0..30.0)));
        let unknown = relation(film(10.0), film(60.0), None, kept(None)).unwrap();
        assert_eq!((unknown.kind, unknown.a, unknown.b), (Kind::Overlap, None, None));
        assert_eq!(relation(film(10.0), film(60.0), None, kept(Some(90.0))).unwrap().a, None);
    }

    #[test]
    fn twice_turned_is_as_before() {
        let cut = Moments {
            a: 0.0..10.0,
            b: 20.0..35.0,
            speed: 1.5,
            moves: 8.0,
            sounds: 0.0,
            lay: Some(super::super::lay::Lay([-0.5, 0.0, 0.5, 0.0, 0.5, 0.0])),
            alike: 0.9,
        };
        let found = relation(film(10.0), film(60.0), Some(Common::Moments(cut)), None).unwrap();
        assert_eq!(found.reasons.len(), 4);
        assert_eq!(found.clone().turned().turned(), found);
        assert_eq!(found.clone().turned().b, Some(0.0..10.0));
    }
}
