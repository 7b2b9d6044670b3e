//! The Merkle tree of RFC 6962: roots, inclusion proofs and consistency proofs.

mod build;
mod grow;

use sha2::{Digest, Sha256};

pub use build::{BuildError, Nodes, consistency_proof, inclusion_proof, root};
pub use grow::{Frontier, FrontierError, Tree};

/// A SHA-256 digest: of a leaf, of an inner node or of a whole tree.
pub type Hash = [u8; 32];

/// The largest log, in leaves: 2^63 − 1, so that no index computed from a size can overflow.
pub const MAX_SIZE: u64 = i64::MAX as u64;

/// The hash of one entry as a leaf: SHA-256(0x00 ‖ entry) (RFC 6962, section 2.1).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

/// The hash of an inner node: SHA-256(0x01 ‖ left ‖ right) (RFC 6962, section 2.1).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut node = [0x01; 65];
    node[1..33].copy_from_slice(left);
    node[33..].copy_from_slice(right);
    Sha256::digest(node).into()
}

/// The root of a tree without leaves: SHA-256 of nothing (RFC 6962, section 2.1).
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// Why a proof is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// Malformed: the sizes (or index and size) are not ones a proof exists for.
    /// An old size of zero is among them: anything is consistent with nothing, so it proves nothing.
    #[error("no proof exists between {from} and {size}")]
    Range {
        /// The index of the leaf, or the old size.
        from: u64,
        /// The size of the (newer) tree.
        size: u64,
    },
    /// Malformed: a proof for this place in a tree of this size has exactly `expected` hashes.
    #[error("the proof has {found} hashes where {expected} belong")]
    Length {
        /// How many hashes belong there.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The proof does not lead to the old root.
    #[error("the proof does not reach the old root")]
    OldRoot,
    /// The proof does not lead to the root (of a consistency proof: the new one).
    #[error("the proof does not reach the root")]
    Root,
}

/// Checks that the leaf hash `leaf` stands at `index` in the tree of `size` leaves with this `root`.
///
/// `proof` runs from the leaf's sibling up to the root's child (RFC 6962, section 2.1.1).
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size || size > MAX_SIZE {
        return Err(ProofError::Range { from: index, size });
    }
    let (inner, border) = proof_shape(index, size);
    check_length(inner + border, proof.len())?;
    let reached = climb_right(climb(*leaf, &proof[..inner], index), &proof[inner..]);
    if reached == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Checks that the tree of `new_size` leaves begins with the tree of `old_size` leaves (RFC 6962, section 2.1.2).
///
/// `old_size` must be at least 1: see [`ProofError::Range`]. For equal sizes the proof is empty and the roots are equal.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Hash,
    new_size: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old_size == 0 || old_size > new_size || new_size > MAX_SIZE {
        return Err(ProofError::Range { from: old_size, size: new_size });
    }
    if old_size == new_size {
        check_length(0, proof.len())?;
        return if old_root == new_root { Ok(()) } else { Err(ProofError::Root) };
    }
    // The old tree's last complete subtree is where both climbs begin. Where the old tree is complete
    // itself, it is that subtree, and its hash is not in the proof because the verifier has it.
    let shift = old_size.trailing_zeros();
    let (inner, border) = proof_shape(old_size - 1, new_size);
    let inner = inner - shift as usize;
    let seed_in_proof = !old_size.is_power_of_two();
    check_length(usize::from(seed_in_proof) + inner + border, proof.len())?;
    let (seed, path) = if seed_in_proof { (proof[0], &proof[1..]) } else { (*old_root, proof) };
    let (inner_path, border_path) = path.split_at(inner);
    let index = (old_size - 1) >> shift;
    if climb_right(climb_left_only(seed, inner_path, index), border_path) != *old_root {
        return Err(ProofError::OldRoot);
    }
    if climb_right(climb(seed, inner_path, index), border_path) != *new_root {
        return Err(ProofError::Root);
    }
    Ok(())
}

/// How many hashes of a proof lie below the point where the path joins the tree's right edge, and how many along the edge.
fn proof_shape(index: u64, size: u64) -> (usize, usize) {
    let inner = u64::BITS - (index ^ (size - 1)).leading_zeros();
    (inner as usize, (index >> inner).count_ones() as usize)
}

fn check_length(expected: usize, found: usize) -> Result<(), ProofError> {
    if expected == found { Ok(()) } else { Err(ProofError::Length { expected, found }) }
}

/// Climbs with siblings on the side that the bits of `index` say.
fn climb(seed: Hash, siblings: &[Hash], index: u64) -> Hash {
    siblings.iter().enumerate().fold(seed, |hash, (level, sibling)| {
        if (index >> level) & 1 == 0 { node_hash(&hash, sibling) } else { node_hash(sibling, &hash) }
    })
}

/// Climbs as [`climb`] does, but only past siblings on the left: those on the right are newer than the old tree.
fn climb_left_only(seed: Hash, siblings: &[Hash], index: u64) -> Hash {
    siblings.iter().enumerate().fold(seed, |hash, (level, sibling)| {
        if (index >> level) & 1 == 1 { node_hash(sibling, &hash) } else { hash }
    })
}

/// Climbs along the right edge of the tree, where every sibling is on the left.
fn climb_right(seed: Hash, siblings: &[Hash]) -> Hash {
    siblings.iter().fold(seed, |hash, sibling| node_hash(sibling, &hash))
}
