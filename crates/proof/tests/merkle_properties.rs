//! Every proof that is made verifies, and nothing near it does.

use proptest::prelude::*;
use vidimus_proof::merkle::*;

/// A tree whose leaves are the hashes of their own numbers.
fn tree(size: u64) -> Tree {
    let mut tree = Tree::new();
    tree.extend((0..size).map(|index| leaf_hash(&index.to_be_bytes())));
    tree
}

/// MTH of RFC 6962, section 2.1, word for word.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        leaves => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&mth(left), &mth(right))
        }
    }
}

#[test]
fn frontier_tree_and_definition_agree_at_every_size() {
    let mut frontier = Frontier::new();
    let mut tree = Tree::new();
    let mut leaves = Vec::new();
    for index in 0..600_u64 {
        assert_eq!(frontier.size(), index);
        assert_eq!(tree.size(), index);
        assert_eq!(frontier.root(), mth(&leaves));
        assert_eq!(tree.root(), mth(&leaves));
        assert_eq!(Frontier::from_bytes(&frontier.to_bytes()), Ok(frontier.clone()));
        let leaf = leaf_hash(&index.to_be_bytes());
        leaves.push(leaf);
        frontier.append(leaf);
        tree.append(leaf);
    }
}

#[test]
fn every_proof_of_small_trees_verifies_and_only_for_its_sizes() {
    let whole = tree(40);
    let roots: Vec<Hash> = (0..=40).map(|size| root(size, &whole).unwrap()).collect();
    for size in 1..=40 {
        for index in 0..size {
            let proof = inclusion_proof(index, size, &whole).unwrap();
            let leaf = leaf_hash(&index.to_be_bytes());
            for other in 0..=size {
                let result = verify_inclusion(&leaf, other, size, &proof, &roots[size as usize]);
                assert_eq!(result.is_ok(), other == index, "{index} as {other} of {size}");
            }
        }
        for old in 1..=size {
            let proof = consistency_proof(old, size, &whole).unwrap();
            let (old_root, new_root) = (roots[old as usize], roots[size as usize]);
            for other in 0..=size {
                let result = verify_consistency(other, &old_root, size, &new_root, &proof);
                assert_eq!(result.is_ok(), other == old, "{old} as {other} to {size}");
            }
        }
    }
}

#[test]
fn sizes_for_which_no_proof_exists_are_refused() {
    let tree = tree(4);
    let range = |from, size| BuildError::Range { from, size };
    assert_eq!(inclusion_proof(4, 4, &tree), Err(range(4, 4)));
    assert_eq!(inclusion_proof(0, 0, &tree), Err(range(0, 0)));
    assert_eq!(consistency_proof(0, 4, &tree), Err(range(0, 4)));
    assert_eq!(consistency_proof(4, 3, &tree), Err(range(4, 3)));
    assert_eq!(inclusion_proof(0, 5, &tree), Err(BuildError::Missing { level: 0, index: 4 }));
    assert_eq!(inclusion_proof(0, u64::MAX, &tree), Err(range(0, u64::MAX)));
    assert_eq!(
        verify_inclusion(&[0; 32], 0, u64::MAX, &[], &[0; 32]),
        Err(ProofError::Range { from: 0, size: u64::MAX })
    );
    assert_eq!(
        verify_inclusion(&[0; 32], 0, MAX_SIZE, &[], &[0; 32]),
        Err(ProofError::Length { expected: 63, found: 0 })
    );
}

#[test]
fn the_refusal_names_the_root_that_was_not_reached() {
    let tree = tree(7);
    let proof = consistency_proof(3, 7, &tree).unwrap();
    let (old, new) = (root(3, &tree).unwrap(), root(7, &tree).unwrap());
    assert_eq!(verify_consistency(3, &old, 7, &new, &proof), Ok(()));
    assert_eq!(verify_consistency(3, &new, 7, &new, &proof), Err(ProofError::OldRoot));
    assert_eq!(verify_consistency(3, &old, 7, &old, &proof), Err(ProofError::Root));
    assert_eq!(
        verify_consistency(3, &old, 7, &new, &proof[1..]),
        Err(ProofError::Length { expected: 4, found: 3 })
    );
}

#[test]
fn stored_edges_that_do_not_fit_are_refused() {
    for (bytes, error) in [
        (vec![], FrontierError::Length { found: 0 }),
        (vec![0; 7], FrontierError::Length { found: 7 }),
        (vec![0; 9], FrontierError::Length { found: 9 }),
        (vec![0; 40], FrontierError::Length { found: 40 }),
        (vec![0xff; 8 + 64 * 32], FrontierError::Size(u64::MAX)),
    ] {
        assert_eq!(Frontier::from_bytes(&bytes), Err(error));
    }
    assert_eq!(Frontier::from_bytes(&[0; 8]), Ok(Frontier::new()));
}

proptest! {
    #[test]
    fn a_flipped_bit_anywhere_breaks_inclusion(
        (size, index) in (1_u64..700).prop_flat_map(|size| (Just(size), 0..size)),
        which in any::<prop::sample::Index>(),
        bit in 0_usize..256,
    ) {
        let tree = tree(size);
        let leaf = leaf_hash(&index.to_be_bytes());
        let proof = inclusion_proof(index, size, &tree).unwrap();
        prop_assert_eq!(verify_inclusion(&leaf, index, size, &proof, &tree.root()), Ok(()));
        // Leaf, root and proof as one row of hashes, of which one bit is changed.
        let mut hashes = vec![leaf, tree.root()];
        hashes.extend(&proof);
        hashes[which.index(proof.len() + 2)][bit / 8] ^= 1 << (bit % 8);
        prop_assert_eq!(
            verify_inclusion(&hashes[0], index, size, &hashes[2..], &hashes[1]),
            Err(ProofError::Root)
        );
    }

    #[test]
    fn a_flipped_bit_anywhere_breaks_consistency(
        (size, old) in (2_u64..700).prop_flat_map(|size| (Just(size), 1..size)),
        which in any::<prop::sample::Index>(),
        bit in 0_usize..256,
    ) {
        let tree = tree(size);
        let old_root = root(old, &tree).unwrap();
        let proof = consistency_proof(old, size, &tree).unwrap();
        prop_assert_eq!(verify_consistency(old, &old_root, size, &tree.root(), &proof), Ok(()));
        let mut hashes = vec![old_root, tree.root()];
        hashes.extend(&proof);
        hashes[which.index(proof.len() + 2)][bit / 8] ^= 1 << (bit % 8);
        prop_assert!(verify_consistency(old, &hashes[0], size, &hashes[1], &hashes[2..]).is_err());
    }

    #[test]
    fn another_root_length_or_place_is_refused(
        (size, index) in (2_u64..700).prop_flat_map(|size| (Just(size), 0..size)),
        other in any::<u64>(),
        other_length in 0_usize..70,
    ) {
        let tree = tree(size);
        let leaf = leaf_hash(&index.to_be_bytes());
        let proof = inclusion_proof(index, size, &tree).unwrap();
        if other != index {
            prop_assert!(verify_inclusion(&leaf, other, size, &proof, &tree.root()).is_err());
        }
        let mut padded = proof.clone();
        padded.resize(other_length, [0; 32]);
        if other_length != proof.len() {
            prop_assert_eq!(
                verify_inclusion(&leaf, index, size, &padded, &tree.root()),
                Err(ProofError::Length { expected: proof.len(), found: other_length })
            );
        }
    }

    #[test]
    fn verifiers_never_panic(
        a in any::<u64>(),
        b in any::<u64>(),
        proof in prop::collection::vec(any::<Hash>(), 0..70),
        root in any::<Hash>(),
    ) {
        let _ = verify_inclusion(&root, a, b, &proof, &root);
        let _ = verify_consistency(a, &root, b, &root, &proof);
    }

    #[test]
    fn stored_edges_are_read_as_written_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(frontier) = Frontier::from_bytes(&bytes) {
            prop_assert_eq!(frontier.to_bytes(), bytes);
        }
    }
}
