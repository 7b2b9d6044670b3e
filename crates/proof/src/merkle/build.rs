//! Makes roots and proofs from the hashes of subtrees (RFC 6962, section 2.1).

use super::{Hash, MAX_SIZE, empty_root, node_hash};

/// The hashes of complete subtrees of some log.
///
/// Nothing here is trusted: a wrong hash makes a proof that does not verify.
pub trait Nodes {
    /// The hash over the leaves `index << level .. (index + 1) << level`, or `None` where it is not known or not complete.
    fn node(&self, level: u8, index: u64) -> Option<Hash>;
}

/// Why a root or proof could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// No proof exists for these sizes (or this index and size).
    #[error("no proof exists between {from} and {size}")]
    Range {
        /// The index of the leaf, or the old size.
        from: u64,
        /// The size of the (newer) tree.
        size: u64,
    },
    /// The hash of a complete subtree that is needed was not given.
    #[error("the hash of subtree {index} at level {level} is missing")]
    Missing {
        /// Height of the subtree; 0 is a leaf.
        level: u8,
        /// Number of the subtree at its level.
        index: u64,
    },
}

/// The root of the tree of the first `size` leaves.
pub fn root(size: u64, nodes: &impl Nodes) -> Result<Hash, BuildError> {
    match size {
        0 => Ok(empty_root()),
        size if size > MAX_SIZE => Err(BuildError::Range { from: 0, size }),
        size => span_hash(0, size, nodes),
    }
}

/// The proof that leaf `index` is in the tree of the first `size` leaves (RFC 6962, section 2.1.1).
pub fn inclusion_proof(index: u64, size: u64, nodes: &impl Nodes) -> Result<Vec<Hash>, BuildError> {
    if index >= size || size > MAX_SIZE {
        return Err(BuildError::Range { from: index, size });
    }
    // Down from the root to the leaf, noting what lies beside the way.
    let (mut start, mut end) = (0, size);
    let mut proof = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            proof.push(span_hash(middle, end, nodes)?);
            end = middle;
        } else {
            proof.push(span_hash(start, middle, nodes)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of `new_size` leaves begins with the tree of `old_size` leaves (RFC 6962, section 2.1.2).
///
/// `old_size` is at least 1, as [`super::verify_consistency`] requires.
pub fn consistency_proof(old_size: u64, new_size: u64, nodes: &impl Nodes) -> Result<Vec<Hash>, BuildError> {
    if old_size == 0 || old_size > new_size || new_size > MAX_SIZE {
        return Err(BuildError::Range { from: old_size, size: new_size });
    }
    let (mut start, mut end) = (0, new_size);
    let mut proof = Vec::new();
    while old_size != end {
        let middle = start + split(end - start);
        if old_size <= middle {
            proof.push(span_hash(middle, end, nodes)?);
            end = middle;
        } else {
            proof.push(span_hash(start, middle, nodes)?);
            start = middle;
        }
    }
    // What is left is the last complete subtree of the old tree; if it is all of it, its hash is the old root.
    if start != 0 {
        proof.push(span_hash(start, end, nodes)?);
    }
    proof.reverse();
    Ok(proof)
}

/// MTH(D[start:end]) for a span that begins where a subtree of its size would.
fn span_hash(start: u64, end: u64, nodes: &impl Nodes) -> Result<Hash, BuildError> {
    let width = end - start;
    if width.is_power_of_two() {
        let level = width.trailing_zeros() as u8;
        let index = start >> level;
        return nodes.node(level, index).ok_or(BuildError::Missing { level, index });
    }
    let middle = start + split(width);
    Ok(node_hash(&span_hash(start, middle, nodes)?, &span_hash(middle, end, nodes)?))
}

/// The largest power of two smaller than `width`, which is at least 2.
fn split(width: u64) -> u64 {
    1 << (u64::BITS - 1 - (width - 1).leading_zeros())
}
