//! The eight ways in which a picture can be laid: turned by quarters, mirrored, both.
//!
//! The 256 pairs around a point are 32 of them laid in all eight ways, so that laying a picture otherwise moves bits within
//! their bytes and changes none: mirrored copies are found without looking at any picture twice.

use std::sync::LazyLock;

use super::Point;

/// One of the eight ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Way(u8);

impl Way {
    /// All of them, by their numbers: 4 exchanges the axes first, then 1 mirrors left and right, and 2 above and below.
    pub const ALL: [Way; 8] = [Way(0), Way(1), Way(2), Way(3), Way(4), Way(5), Way(6), Way(7)];
    /// As it is.
    pub const PLAIN: Way = Way(0);
    /// Left and right exchanged.
    pub const MIRRORED: Way = Way(1);

    /// Its number, 0 to 7: bit `number` of each byte of [`Point::bits`] is the pair laid so.
    pub fn number(self) -> u8 {
        self.0
    }

    /// Whether width and height are exchanged.
    pub fn is_on_its_side(self) -> bool {
        self.0 & 4 != 0
    }

    /// What is right of and below a centre, laid so.
    pub fn offset(self, (x, y): (i32, i32)) -> (i32, i32) {
        let (x, y) = if self.is_on_its_side() { (y, x) } else { (x, y) };
        (if self.0 & 1 != 0 { -x } else { x }, if self.0 & 2 != 0 { -y } else { y })
    }

    /// What a point becomes when its picture is laid so.
    pub fn point(self, point: &Point) -> Point {
        let (x, y) = if self.is_on_its_side() { (point.y, point.x) } else { (point.x, point.y) };
        let map = &MAPS[usize::from(self.0)];
        Point {
            x: if self.0 & 1 != 0 { u16::MAX - x } else { x },
            y: if self.0 & 2 != 0 { u16::MAX - y } else { y },
            bits: point.bits.map(|byte| map[usize::from(byte)]),
        }
    }

    /// The way whose work this undoes.
    fn inverse(self) -> Way {
        way_to(|probe| Way::ALL.into_iter().find(|way| way.offset(self.offset(probe)) == probe))
    }
}

/// What becomes of a byte of bits, for each way.
static MAPS: LazyLock<[[u8; 256]; 8]> = LazyLock::new(|| {
    Way::ALL.map(|laid| {
        // A pair in the picture laid so, is the pair laid back in the picture as it was.
        let back = laid.inverse();
        let from = Way::ALL.map(|way| {
            way_to(|probe| {
                let there = back.offset(way.offset(probe));
                Way::ALL.into_iter().find(|other| other.offset(probe) == there)
            })
        });
        std::array::from_fn(|byte| (0..8).fold(0, |bits, at| bits | (((byte >> from[at].0) & 1) as u8) << at))
    })
});

/// Ways are told apart by where they bring a place that lies on no axis of theirs.
fn way_to(find: impl FnOnce((i32, i32)) -> Option<Way>) -> Way {
    find((3, 7)).expect("the eight ways are closed under each other")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_and_back_is_none() {
        let point = Point { x: 7, y: 300, bits: std::array::from_fn(|at| (at * 37 + 11) as u8) };
        for way in Way::ALL {
            assert_eq!(way.inverse().point(&way.point(&point)), point, "{way:?}");
            assert_eq!(way.point(&point) == point, way == Way::PLAIN);
        }
    }

    /// The bits of a point, taken from a made ground by a made pair.
    fn seen(pair: [(i32, i32); 2], ground: impl Fn((i32, i32)) -> i32) -> [u8; 32] {
        let byte = Way::ALL.into_iter().fold(0u8, |byte, way| {
            let [one, other] = pair.map(|place| ground(way.offset(place)));
            byte | u8::from(one < other) << way.number()
        });
        [byte; 32]
    }

    #[test]
    fn bits_move_as_the_picture_does() {
        let ground = |(x, y): (i32, i32)| (x * 31 + y * 17 + x * y * 5).rem_euclid(97);
        for pair in [[(1, 2), (3, -5)], [(-4, 0), (2, 2)], [(6, 1), (-1, 6)]] {
            let point = Point { x: 100, y: 9, bits: seen(pair, ground) };
            for way in Way::ALL {
                let laid = way.point(&point);
                // The picture laid so: what is seen at a place was where that place is laid back.
                let expected = seen(pair, |place| ground(way.inverse().offset(place)));
                assert_eq!(laid.bits, expected, "{way:?} {pair:?}");
            }
        }
        assert_eq!(Way::MIRRORED.point(&Point { x: 1, y: 2, bits: [0; 32] }).x, u16::MAX - 1);
    }
}
