//! Names of objects that are drawn from one seed, so that a note of what was written shows that it was written for that note.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};
use vidimus_seal::Entropy;
use vidimus_vault::ObjectName;

/// Says what the digest of a seed is for.
const PURPOSE: &[u8] = b"vidimus/drawn-name/v1";

/// Draws names. Who shows the seed shows that they were drawn after it: nobody finds one for an object that was there before.
pub(crate) struct Names {
    seed: [u8; 16],
    drawn: u64,
}

impl Names {
    /// Names that nobody has drawn.
    pub fn new(entropy: &mut Entropy) -> Self {
        Self { seed: entropy.bytes(), drawn: 0 }
    }

    /// The next one.
    pub fn draw(&mut self) -> ObjectName {
        let digest = Sha256::new_with_prefix(PURPOSE)
            .chain_update(self.seed)
            .chain_update(self.drawn.to_be_bytes())
            .finalize();
        self.drawn += 1;
        ObjectName::from_bytes(*digest.first_chunk().expect("a digest is longer than a name"))
    }

    /// What they were drawn from, in 32 hexadecimal digits.
    pub fn seed(&self) -> String {
        hex::encode(self.seed)
    }

    /// Those of these names that were drawn from this seed, which may be anything.
    pub fn drawn_from(untrusted_seed: &str, names: &BTreeSet<String>) -> BTreeSet<String> {
        let mut seed = [0; 16];
        if hex::decode_to_slice(untrusted_seed, &mut seed).is_err() {
            return BTreeSet::new();
        }
        let mut all = Self { seed, drawn: 0 };
        let drawn: BTreeSet<String> = names.iter().map(|_| all.draw().to_string()).collect();
        names.intersection(&drawn).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use vidimus_seal::Entropy;

    use super::Names;

    #[test]
    fn what_was_drawn_is_told_from_what_was_not() {
        let mut names = Names::new(&mut Entropy::from_seed(&[1; 32]));
        let drawn: BTreeSet<String> = (0..5).map(|_| names.draw().to_string()).collect();
        assert_eq!(drawn.len(), 5, "no name comes twice");
        assert_eq!(Names::drawn_from(&names.seed(), &drawn), drawn);

        let other = Names::new(&mut Entropy::from_seed(&[2; 32]));
        for seed in [&*other.seed(), "", "none", &names.seed()[..30]] {
            assert_eq!(Names::drawn_from(seed, &drawn), BTreeSet::new(), "{seed}");
        }
        let with_anothers: BTreeSet<String> = drawn.iter().cloned().chain(["07".repeat(16)]).collect();
        assert_eq!(Names::drawn_from(&names.seed(), &with_anothers), drawn);
    }
}
