//! Hashes of 256 bits that differ in few: every one of them is found, without looking at most of the others.
//!
//! Multi-index hashing (Norouzi, Punjani and Fleet, 2012): where two hashes differ in at most 31 bits, one of their sixteen words
//! of 16 bits differs in at most one. So there is a table for each word, and 17 rows of each are looked through.

/// A hash as four words, the first bits first.
type Bits = [u64; 4];

/// Words of a hash that are looked up.
const WORDS: usize = 16;
/// Rows of a table.
const ROWS: usize = 1 << 16;
/// Hashes below which looking at each is as fast.
const FEW: usize = 4096;

/// So many bits may differ, and still every hash is found.
pub const FARTHEST: u32 = 31;

/// Hashes, each with the number under which it was added, from 0 on.
#[derive(Clone, Debug, Default)]
pub struct Near {
    hashes: Vec<Bits>,
    /// Hashes from this one on are in no table yet, and are looked at one by one.
    tabled: usize,
    /// For each word and row, where its numbers begin; the end of one row is the beginning of the next.
    begins: Vec<u32>,
    /// For each word the numbers of all hashes, row by row.
    numbers: Vec<u32>,
}

impl Near {
    /// How many hashes there are.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Adds a hash. From time to time all are put in tables: as many more as were there before pay for it.
    pub fn push(&mut self, hash: &[u8; 32]) {
        self.hashes.push(bits(hash));
        if self.hashes.len() >= FEW && self.hashes.len() >= 2 * self.tabled {
            self.table();
        }
    }

    /// Puts all hashes in tables: worth it where many are asked for.
    pub fn table(&mut self) {
        let count = self.hashes.len();
        self.begins = vec![0; WORDS * (ROWS + 1)];
        self.numbers = vec![0; WORDS * count];
        for word in 0..WORDS {
            let begins = &mut self.begins[word * (ROWS + 1)..(word + 1) * (ROWS + 1)];
            let numbers = &mut self.numbers[word * count..(word + 1) * count];
            for hash in &self.hashes {
                begins[row(hash, word) + 1] += 1;
            }
            for at in 0..ROWS {
                begins[at + 1] += begins[at];
            }
            let mut next = begins.to_vec();
            for (number, hash) in (0..).zip(&self.hashes) {
                let at = &mut next[row(hash, word)];
                numbers[*at as usize] = number;
                *at += 1;
            }
        }
        self.tabled = count;
    }

    /// Visits the number and distance of every hash that differs in at most `most` bits, of which more than [`FARTHEST`] count as
    /// so many; each once, in no order.
    pub fn find(&self, hash: &[u8; 32], most: u32, mut visit: impl FnMut(usize, u32)) {
        let wanted = bits(hash);
        let most = most.min(FARTHEST);
        if self.tabled > 0 {
            for word in 0..WORDS {
                self.find_by(word, &wanted, most, &mut visit);
            }
        }
        for (number, other) in self.hashes.iter().enumerate().skip(self.tabled) {
            let distance = distance(&wanted, other);
            if distance <= most {
                visit(number, distance);
            }
        }
    }

    fn find_by(&self, word: usize, wanted: &Bits, most: u32, visit: &mut impl FnMut(usize, u32)) {
        let begins = &self.begins[word * (ROWS + 1)..(word + 1) * (ROWS + 1)];
        let numbers = &self.numbers[word * self.tabled..(word + 1) * self.tabled];
        let own = row(wanted, word);
        for row in std::iter::once(own).chain((0..16).map(|bit| own ^ (1 << bit))) {
            for &number in &numbers[begins[row] as usize..begins[row + 1] as usize] {
                let other = &self.hashes[number as usize];
                // Half of a hash tells nearly always that it is another.
                let half = (wanted[0] ^ other[0]).count_ones() + (wanted[1] ^ other[1]).count_ones();
                if half > most {
                    continue;
                }
                let distance =
                    half + (wanted[2] ^ other[2]).count_ones() + (wanted[3] ^ other[3]).count_ones();
                if distance <= most && !is_found_before(wanted, other, word) {
                    visit(number as usize, distance);
                }
            }
        }
    }
}

/// By an earlier word than this.
fn is_found_before(a: &Bits, b: &Bits, word: usize) -> bool {
    (0..word).any(|word| (row(a, word) ^ row(b, word)).count_ones() <= 1)
}

fn row(hash: &Bits, word: usize) -> usize {
    (hash[word / 4] >> (word % 4 * 16)) as usize & (ROWS - 1)
}

fn bits(hash: &[u8; 32]) -> Bits {
    std::array::from_fn(|at| u64::from_le_bytes(std::array::from_fn(|byte| hash[at * 8 + byte])))
}

fn distance(a: &Bits, b: &Bits) -> u32 {
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(near: &Near, hash: &[u8; 32], most: u32) -> Vec<(usize, u32)> {
        let mut all = Vec::new();
        near.find(hash, most, |number, distance| all.push((number, distance)));
        all.sort_unstable();
        all
    }

    proptest! {
        #[test]
        fn tables_find_what_looking_at_each_finds(
            hashes in prop::collection::vec(any::<[u8; 32]>(), 1..40),
            flips in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec(0usize..256, 0..40)), 1..40),
            most in 0u32..40,
        ) {
            let mut near = Near::default();
            hashes.iter().for_each(|hash| near.push(hash));
            for (which, bits) in flips {
                let mut hash = hashes[which.index(hashes.len())];
                bits.iter().for_each(|bit| hash[bit / 8] ^= 1 << (bit % 8));
                let each = found(&near, &hash, most);
                let mut tabled = near.clone();
                tabled.table();
                tabled.push(&hash);
                let mut expected = each;
                expected.push((hashes.len(), 0));
                expected.sort_unstable();
                prop_assert_eq!(found(&tabled, &hash, most), expected);
            }
        }
    }

    #[test]
    fn one_bit_too_many_in_every_word_is_too_far() {
        let mut near = Near::default();
        near.push(&[0; 32]);
        near.table();
        // Two bits in each of sixteen words.
        assert_eq!(found(&near, &[0b0000_0001; 32], FARTHEST), []);
        let mut nearly = [0b0000_0001; 32];
        nearly[31] = 0;
        assert_eq!(found(&near, &nearly, FARTHEST), [(0, 31)]);
    }
}
