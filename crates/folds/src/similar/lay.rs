//! How one picture lies in another: where each point of the one stands in the other, after a cut, a new scale, a mirror, a turn.

use vidimus_model::print::Way;

/// Takes a point of one picture to where it stands in another: `x' = ax + by + c`, `y' = dx + ey + f`. Both pictures reach from 0
/// to 1, from left to right and from top to bottom.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lay(pub [f32; 6]);

impl Lay {
    /// Both pictures are the same.
    pub const SAME: Self = Self([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);

    /// Where a point stands.
    pub fn of(&self, (x, y): (f32, f32)) -> (f32, f32) {
        let [a, b, c, d, e, f] = self.0;
        (a * x + b * y + c, d * x + e * y + f)
    }

    /// The way back; none where everything falls together.
    pub fn back(&self) -> Option<Self> {
        let [a, b, c, d, e, f] = self.0;
        let area = a * e - b * d;
        if !area.is_finite() || area.abs() < 1e-6 {
            return None;
        }
        Some(Self([e, -b, b * f - e * c, -d, a, d * c - a * f].map(|value| value / area)))
    }

    /// What takes these three points, the corners (0, 0), (1, 0) and (0, 1), to these places.
    fn through(corner: (f32, f32), right: (f32, f32), below: (f32, f32)) -> Self {
        Self([
            right.0 - corner.0,
            below.0 - corner.0,
            corner.0,
            right.1 - corner.1,
            below.1 - corner.1,
            corner.1,
        ])
    }

    /// The same, from the picture as it is where this is from the picture laid in a way.
    pub fn after(&self, way: Way) -> Self {
        let at = |point| self.of(laid(way, point));
        Self::through(at((0.0, 0.0)), at((1.0, 0.0)), at((0.0, 1.0)))
    }

    /// How much larger the one stands in the other, by area.
    pub fn area(&self) -> f32 {
        let [a, b, _, d, e, _] = self.0;
        (a * e - b * d).abs()
    }

    /// Whether left and right are exchanged on the way.
    pub fn is_mirrored(&self) -> bool {
        let [a, b, _, d, e, _] = self.0;
        a * e - b * d < 0.0
    }
}

/// Where a point stands when its picture is laid in a way.
pub fn laid(way: Way, (x, y): (f32, f32)) -> (f32, f32) {
    let (x, y) = if way.is_on_its_side() { (y, x) } else { (x, y) };
    let [is_mirrored, is_upside_down] = [1, 2].map(|bit| way.number() & bit != 0);
    (if is_mirrored { 1.0 - x } else { x }, if is_upside_down { 1.0 - y } else { y })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_near(a: (f32, f32), b: (f32, f32)) -> bool {
        (a.0 - b.0).abs() < 1e-4 && (a.1 - b.1).abs() < 1e-4
    }

    #[test]
    fn there_and_back_is_where_it_was() {
        let lay = Lay([0.8, 0.05, 0.1, -0.03, 1.2, -0.2]);
        for point in [(0.0, 0.0), (0.3, 0.9), (1.0, 0.5)] {
            assert!(is_near(lay.back().unwrap().of(lay.of(point)), point));
        }
        assert_eq!(Lay([1.0, 2.0, 0.0, 2.0, 4.0, 0.0]).back(), None);
    }

    #[test]
    fn first_in_a_way_and_then_laid() {
        let lay = Lay([0.5, 0.0, 0.25, 0.0, 0.5, 0.1]);
        for way in Way::ALL {
            assert!(is_near(lay.after(way).of((0.2, 0.7)), lay.of(laid(way, (0.2, 0.7)))), "{way:?}");
            assert_eq!(lay.after(way).is_mirrored(), [1, 2, 4, 7].contains(&way.number()), "{way:?}");
        }
    }
}
