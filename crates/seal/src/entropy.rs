//! Random bytes: one generator seeded by the operating system, whose past cannot be computed from its present.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use zeroize::{Zeroize as _, Zeroizing};

/// Bytes made at once; a record's sixteen salts cost no more than a copy out of them.
const POOL: usize = 4096;
const KEY: usize = 32;

/// A ChaCha20 generator with fast key erasure (D. J. Bernstein, 2017): each block of output begins with the next key, and what was
/// given out is wiped, so that an image of the memory does not reveal the file key of an object that was sealed before.
///
/// DANGER: two copies of one generator give the same bytes. It is neither `Clone` nor kept across a `fork`.
pub struct Entropy {
    pool: Zeroizing<[u8; POOL]>,
    /// Bytes of `pool` already given out; the first [`KEY`] bytes are the next key and never are.
    used: usize,
}

/// The operating system gave no random bytes; nothing can be sealed.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random bytes: {0}")]
pub struct EntropyError(getrandom::Error);

impl Entropy {
    /// A generator seeded by the operating system.
    ///
    /// # Errors
    /// [`EntropyError`] if the system has no random bytes.
    pub fn from_os() -> Result<Self, EntropyError> {
        let mut seed = Zeroizing::new([0; KEY]);
        getrandom::fill(seed.as_mut()).map_err(EntropyError)?;
        Ok(Self::from_seed(&seed))
    }

    /// A generator whose output the seed decides: for frozen examples and tests.
    pub fn from_seed(seed: &[u8; KEY]) -> Self {
        let mut pool = Zeroizing::new([0; POOL]);
        pool[..KEY].copy_from_slice(seed);
        Self { pool, used: POOL }
    }

    /// Another generator, seeded by this one.
    pub fn fork(&mut self) -> Self {
        Self::from_seed(&self.secret())
    }

    /// Fills `out` with random bytes.
    pub fn fill(&mut self, mut out: &mut [u8]) {
        while !out.is_empty() {
            if self.used == POOL {
                self.refill();
            }
            let n = out.len().min(POOL - self.used);
            let (now, later) = out.split_at_mut(n);
            let source = &mut self.pool[self.used..self.used + n];
            now.copy_from_slice(source);
            source.zeroize();
            self.used += n;
            out = later;
        }
    }

    /// `N` random bytes. For secrets use [`Entropy::secret`].
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }

    /// `N` random bytes that are wiped when dropped.
    pub fn secret<const N: usize>(&mut self) -> Zeroizing<[u8; N]> {
        let mut out = Zeroizing::new([0; N]);
        self.fill(out.as_mut());
        out
    }

    fn refill(&mut self) {
        let key = UnboundKey::new(&CHACHA20_POLY1305, &self.pool[..KEY]).expect("the key has 32 bytes");
        self.pool.zeroize();
        // Sealing zeros gives the bare ChaCha20 stream; each key is used once, so the nonce may stand still.
        let _tag = LessSafeKey::new(key)
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key([0; 12]),
                Aad::empty(),
                self.pool.as_mut(),
            )
            .expect("4096 bytes are within the cipher's limit");
        self.used = KEY;
    }
}

impl rand_core::RngCore for Entropy {
    fn next_u32(&mut self) -> u32 {
        u32::from_le_bytes(self.bytes())
    }

    fn next_u64(&mut self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        self.fill(out);
    }
}

impl rand_core::CryptoRng for Entropy {}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_it_is_cut_does_not_change_the_stream_and_nothing_repeats() {
        let mut whole = vec![0; 3 * POOL];
        Entropy::from_seed(&[7; 32]).fill(&mut whole);
        let mut cut = Entropy::from_seed(&[7; 32]);
        let mut parts = Vec::new();
        for n in (1..200).cycle() {
            if parts.len() >= whole.len() {
                break;
            }
            let mut part = vec![0; n];
            cut.fill(&mut part);
            parts.extend(part);
        }
        assert_eq!(parts[..whole.len()], whole);
        let blocks: std::collections::HashSet<_> = whole.chunks(16).collect();
        assert_eq!(blocks.len(), whole.len() / 16);
    }

    #[test]
    fn what_was_given_out_is_no_longer_in_memory() {
        let mut entropy = Entropy::from_seed(&[1; 32]);
        let given: [u8; 32] = entropy.bytes();
        assert!(!entropy.pool.windows(32).any(|w| w == given));
        assert!(!entropy.pool.windows(32).any(|w| w == [1; 32]), "the seed is gone too");
    }

    #[test]
    fn the_system_seeds_differ() {
        let [a, b]: [[u8; 32]; 2] =
            [0, 1].map(|_| Entropy::from_os().expect("the system has random bytes").bytes());
        assert_ne!(a, b);
    }
}
