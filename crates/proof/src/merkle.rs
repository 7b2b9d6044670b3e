//! The Merkle tree of RFC 6962: roots, inclusion proofs and consistency proofs.
