//! Numbers that follow from a first one, so that what was drawn can be drawn again.

/// SplitMix64.
#[derive(Clone, Debug)]
pub struct Seed(u64);

impl Seed {
    /// The numbers that follow from this one.
    pub fn new(first: u64) -> Self {
        Self(first)
    }

    /// The next.
    pub fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One below `end`, which is not 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next_number() % end as u64) as usize
    }

    /// One of two, or one between them: the ends are drawn more often.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        match self.below(3) {
            0 => low,
            1 => high.max(low),
            _ => low + self.below(high.saturating_sub(low) + 1),
        }
    }

    /// Puts them in another order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }
}
