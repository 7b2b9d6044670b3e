//! Commitments to the parts of an item, made before anyone knew which of them would be published.
//!
//! `docs/format/commitments.md` is the specification: a tree of RFC 6962 over salted leaves, so that any part can be shown
//! later without telling anything of the others.

use aws_lc_rs::hmac;
use sha2::{Digest as _, Sha256};

use crate::merkle::{Frontier, Hash, ProofError, verify_inclusion};

/// What the salts of one item are derived from: random, and never disclosed.
#[derive(Clone)]
pub struct Seed(hmac::Key);

impl Seed {
    /// The seed of these bytes.
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The salt of one part: HMAC-SHA-256(seed, kind ‖ identity).
    pub fn salt(&self, part: &Part) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(&[part.kind()]);
        context.update(&part.identity());
        let mut salt = [0; 32];
        salt.copy_from_slice(context.sign().as_ref());
        salt
    }
}

/// What identifies a part among those of its item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A packet of sound or film, as it stands in the file; packet 0 of a track is its codec's own head.
    Packet {
        /// Which track, from 0.
        track: u32,
        /// Which packet of it, from 0.
        index: u64,
        /// When it is shown, in the units of its track.
        time: i64,
        /// Its bytes.
        length: u64,
    },
    /// A tile of pixels, row after row, in the form that the commitment's tool names.
    Tile {
        /// Which page, from 0; 0 for a picture.
        page: u32,
        /// Which column of tiles, from 0.
        column: u32,
        /// Which row of tiles, from 0.
        row: u32,
        /// Pixels across: those at the right edge are narrower.
        width: u32,
        /// Pixels down: those at the lower edge are lower.
        height: u32,
    },
    /// A span of a text, in UTF-8.
    Span {
        /// Which part of the text, from 0.
        part: u32,
        /// Its first byte in that part.
        from: u64,
        /// Its bytes.
        length: u64,
    },
}

impl Part {
    fn kind(&self) -> u8 {
        match self {
            Self::Packet { .. } => 1,
            Self::Tile { .. } => 2,
            Self::Span { .. } => 3,
        }
    }

    /// Its numbers, each big-endian and of fixed length, in the order in which they are named.
    fn identity(&self) -> Vec<u8> {
        match *self {
            Self::Packet { track, index, time, length } => {
                [&track.to_be_bytes()[..], &index.to_be_bytes(), &time.to_be_bytes(), &length.to_be_bytes()]
                    .concat()
            }
            Self::Tile { page, column, row, width, height } => {
                [page, column, row, width, height].iter().flat_map(|number| number.to_be_bytes()).collect()
            }
            Self::Span { part, from, length } => {
                [&part.to_be_bytes()[..], &from.to_be_bytes(), &length.to_be_bytes()].concat()
            }
        }
    }
}

/// The leaf of a part: SHA-256(0x00 ‖ salt ‖ identity ‖ bytes).
pub fn leaf(salt: &[u8; 32], part: &Part, bytes: &[u8]) -> Hash {
    let hash = Sha256::new().chain_update([0]).chain_update(salt);
    hash.chain_update(part.identity()).chain_update(bytes).finalize().into()
}

/// A commitment while it is made: part after part, in the order of the specification.
pub struct Committing {
    seed: Seed,
    tree: Frontier,
}

impl Committing {
    /// To nothing yet.
    pub fn new(seed: Seed) -> Self {
        Self { seed, tree: Frontier::new() }
    }

    /// Takes the next part in, and gives its leaf.
    pub fn part(&mut self, part: &Part, bytes: &[u8]) -> Hash {
        let leaf = leaf(&self.seed.salt(part), part, bytes);
        self.tree.append(leaf);
        leaf
    }

    /// The root, and how many leaves are under it.
    pub fn finish(&self) -> (Hash, u64) {
        (self.tree.root(), self.tree.size())
    }
}

/// Checks that these bytes are this part of what the root commits to: the leaf at `index` of `leaves`.
///
/// # Errors
/// They are not, or the proof is none for this place.
pub fn verify(
    salt: &[u8; 32],
    part: &Part,
    bytes: &[u8],
    (index, leaves): (u64, u64),
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    verify_inclusion(&leaf(salt, part, bytes), index, leaves, proof, root)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::merkle::{Tree, inclusion_proof};

    fn any_part() -> impl Strategy<Value = Part> {
        prop_oneof![
            (0u32..4, 0u64..9, -5i64..5, 0u64..9).prop_map(|(track, index, time, length)| Part::Packet {
                track,
                index,
                time,
                length
            }),
            (0u32..3, 0u32..4, 0u32..4, 1u32..9, 1u32..9).prop_map(|(page, column, row, width, height)| {
                Part::Tile { page, column, row, width, height }
            }),
            (0u32..4, 0u64..9, 0u64..9).prop_map(|(part, from, length)| Part::Span { part, from, length }),
        ]
    }

    proptest! {
        #[test]
        fn each_part_is_shown_alone_and_nothing_else_passes_for_it(
            parts in prop::collection::vec((any_part(), prop::collection::vec(any::<u8>(), 0..20)), 1..20),
            seed: [u8; 32],
            which: prop::sample::Index,
        ) {
            let seed = Seed::new(&seed);
            let mut committing = Committing::new(seed.clone());
            let mut tree = Tree::new();
            for (part, bytes) in &parts {
                tree.append(committing.part(part, bytes));
            }
            let (root, leaves) = committing.finish();
            let at = which.index(parts.len());
            let (part, bytes) = &parts[at];
            let salt = seed.salt(part);
            let place = (at as u64, leaves);
            let proof = inclusion_proof(place.0, leaves, &tree).unwrap();
            prop_assert!(verify(&salt, part, bytes, place, &proof, &root).is_ok());
            let mut other = bytes.clone();
            other.push(0);
            prop_assert!(verify(&salt, part, &other, place, &proof, &root).is_err());
            let mut wrong = salt;
            wrong[31] ^= 1;
            prop_assert!(verify(&wrong, part, bytes, place, &proof, &root).is_err());
            let moved = match *part {
                Part::Packet { track, index, time, length } => Part::Packet { track, index, time: time + 1, length },
                Part::Tile { page, column, row, width, height } => Part::Tile { page, column: column + 1, row, width, height },
                Part::Span { part, from, length } => Part::Span { part, from: from + 1, length },
            };
            prop_assert!(verify(&salt, &moved, bytes, place, &proof, &root).is_err());
        }
    }

    #[test]
    fn parts_of_different_kinds_never_share_a_salt() {
        let seed = Seed::new(&[7; 32]);
        let tile = Part::Tile { page: 0, column: 0, row: 0, width: 0, height: 0 };
        let span = Part::Span { part: 0, from: 0, length: 0 };
        assert_eq!(tile.identity(), span.identity());
        assert_ne!(seed.salt(&tile), seed.salt(&span));
    }
}
