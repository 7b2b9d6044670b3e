//! The Merkle tree of RFC 6962: roots, inclusion proofs and consistency proofs.

use sha2::{Digest, Sha256};

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
/// `old_size` is at least 1, as [`verify_consistency`] requires.
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

/// The right edge of a growing tree: all that is needed to append leaves and to name the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    /// Roots of the complete subtrees that the tree is made of, largest first: one for each bit of `size`.
    edge: Vec<Hash>,
}

/// Why bytes are not a stored [`Frontier`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrontierError {
    /// A size above [`MAX_SIZE`].
    #[error("a log of {0} leaves is too large")]
    Size(u64),
    /// The bytes are not a size followed by one hash for each of its bits.
    #[error("a right edge of {found} bytes does not fit its size")]
    Length {
        /// How many bytes there are.
        found: usize,
    },
}

impl Frontier {
    /// The right edge of an empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends one leaf hash: one inner hash on average, and no allocation once the edge has its length.
    ///
    /// # Panics
    /// At 2^63 leaves, which no machine reaches.
    pub fn append(&mut self, leaf: Hash) {
        assert!(self.size < MAX_SIZE, "a log cannot have more than 2^63 - 1 leaves");
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            let left = self.edge.pop().expect("one hash for each bit of the size");
            hash = node_hash(&left, &hash);
        }
        self.edge.push(hash);
        self.size += 1;
    }

    /// The root of the tree as it stands.
    pub fn root(&self) -> Hash {
        let mut smallest_first = self.edge.iter().rev();
        match smallest_first.next() {
            None => empty_root(),
            Some(last) => smallest_first.fold(*last, |right, left| node_hash(left, &right)),
        }
    }

    /// The size (u64, big-endian), then the hashes of the edge, largest subtree first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(8 + 32 * self.edge.len());
        bytes.extend_from_slice(&self.size.to_be_bytes());
        bytes.extend(self.edge.iter().flatten());
        bytes
    }

    /// Reads what [`Frontier::to_bytes`] wrote; anything else is an error.
    ///
    /// The hashes cannot be checked without the log: compare [`Frontier::root`] with a signed checkpoint.
    pub fn from_bytes(untrusted_bytes: &[u8]) -> Result<Self, FrontierError> {
        let length = FrontierError::Length { found: untrusted_bytes.len() };
        let (size, untrusted_edge) = untrusted_bytes.split_first_chunk::<8>().ok_or(length.clone())?;
        let size = u64::from_be_bytes(*size);
        if size > MAX_SIZE {
            return Err(FrontierError::Size(size));
        }
        let (edge, rest) = untrusted_edge.as_chunks::<32>();
        if !rest.is_empty() || edge.len() != size.count_ones() as usize {
            return Err(length);
        }
        Ok(Self { size, edge: edge.to_vec() })
    }
}

/// A whole tree in memory: 64 bytes a leaf.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    /// `levels[l][i]` is the hash over the leaves `i << l .. (i + 1) << l`; only complete subtrees stand here.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// A tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Appends one leaf hash.
    pub fn append(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for level in 0.. {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let row = &mut self.levels[level];
            row.push(hash);
            if row.len() % 2 == 1 {
                return;
            }
            hash = node_hash(&row[row.len() - 2], &hash);
        }
    }

    /// The root of the tree as it stands.
    pub fn root(&self) -> Hash {
        root(self.size(), self).expect("a tree has all its own nodes")
    }
}

impl Extend<Hash> for Tree {
    fn extend<I: IntoIterator<Item = Hash>>(&mut self, leaves: I) {
        leaves.into_iter().for_each(|leaf| self.append(leaf));
    }
}

impl Nodes for Tree {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        self.levels.get(usize::from(level))?.get(usize::try_from(index).ok()?).copied()
    }
}
