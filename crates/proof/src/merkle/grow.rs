//! Trees that grow by one leaf after the other: the right edge alone, or the whole in memory.

use super::{Hash, MAX_SIZE, Nodes, empty_root, node_hash, root};

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
