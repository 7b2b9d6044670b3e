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
fn every_inclusion_proof_up_to_200_leaves_holds_and_holds_in_no_other_tree() {
    let whole = tree(201);
    let roots: Vec<Hash> = (0..=201).map(|size| root(size, &whole).unwrap()).collect();
    // The same entries but for the last: a log that forked there.
    for size in 1..=200_u64 {
        let mut forked = tree(size - 1);
        forked.append(leaf_hash(b"another entry"));
        for index in 0..size {
            let leaf = leaf_hash(&index.to_be_bytes());
            let proof = inclusion_proof(index, size, &whole).unwrap();
            let holds = |size: u64, proof: &[Hash], root: &Hash| {
                verify_inclusion(&leaf, index, size, proof, root).is_ok()
            };
            assert!(holds(size, &proof, &roots[size as usize]), "{index} of {size}");
            // Neither the log before, nor the log after, nor the fork is shown by it.
            assert!(!holds(size, &proof, &roots[size as usize - 1]));
            assert!(!holds(size, &proof, &roots[size as usize + 1]));
            assert!(!holds(size, &proof, &forked.root()));
            // The fork's own proof leads from an entry that both have to the fork's root only. Beside the last entry, which
            // they have not both, stands nothing but what they share.
            let other = inclusion_proof(index, size, &forked).unwrap();
            assert_eq!(holds(size, &other, &forked.root()), index + 1 < size);
            assert_eq!(holds(size, &other, &roots[size as usize]), index + 1 == size);
        }
    }
}

#[test]
fn every_hash_of_every_proof_up_to_64_leaves_counts() {
    let whole = tree(64);
    let roots: Vec<Hash> = (0..=64).map(|size| root(size, &whole).unwrap()).collect();
    let altered = |proof: &[Hash]| -> Vec<Vec<Hash>> {
        let mut all = Vec::new();
        for place in 0..proof.len() {
            let mut flipped = proof.to_vec();
            flipped[place][place % 32] ^= 1;
            let mut without = proof.to_vec();
            without.remove(place);
            let mut doubled = proof.to_vec();
            doubled.insert(place, proof[place]);
            all.extend([flipped, without, doubled]);
            if place > 0 {
                let mut swapped = proof.to_vec();
                swapped.swap(place - 1, place);
                all.push(swapped);
            }
        }
        all.push([proof, &[[0; 32]]].concat());
        all
    };
    for size in 1..=64_u64 {
        let new_root = &roots[size as usize];
        for index in 0..size {
            let leaf = leaf_hash(&index.to_be_bytes());
            for wrong in altered(&inclusion_proof(index, size, &whole).unwrap()) {
                assert!(verify_inclusion(&leaf, index, size, &wrong, new_root).is_err(), "{index} of {size}");
            }
        }
        for old in 1..=size {
            let proof = consistency_proof(old, size, &whole).unwrap();
            let old_root = &roots[old as usize];
            assert_eq!(verify_consistency(old, old_root, size, new_root, &proof), Ok(()), "{old} to {size}");
            for wrong in altered(&proof) {
                assert!(
                    verify_consistency(old, old_root, size, new_root, &wrong).is_err(),
                    "{old} to {size}"
                );
            }
            if old == size {
                continue;
            }
            // A log that forked before, at or behind the old size is no continuation of it, with either proof.
            for at in [0, old - 1, old, size - 1] {
                let mut forked = tree(at);
                forked.append(leaf_hash(b"another entry"));
                forked.extend((at + 1..size).map(|index| leaf_hash(&index.to_be_bytes())));
                let other = consistency_proof(old, size, &forked).unwrap();
                let root_of = |size| root(size, &forked).unwrap();
                assert!(verify_consistency(old, old_root, size, &root_of(size), &proof).is_err());
                let continued = verify_consistency(old, old_root, size, &root_of(size), &other);
                assert_eq!(continued.is_ok(), at >= old, "{old} to {size}, forked at {at}");
            }
        }
    }
}

/// A log of which every entry is the same, so that a hash is known at every place of the largest one.
struct AllTheSame(Vec<Hash>);

impl AllTheSame {
    fn new() -> Self {
        let leaf = leaf_hash(b"the same");
        Self(std::iter::successors(Some(leaf), |below| Some(node_hash(below, below))).take(64).collect())
    }
}

impl Nodes for AllTheSame {
    fn node(&self, level: u8, _: u64) -> Option<Hash> {
        self.0.get(usize::from(level)).copied()
    }
}

#[test]
fn the_largest_log_has_its_proofs_and_one_leaf_more_has_none() {
    let nodes = AllTheSame::new();
    let largest = root(MAX_SIZE, &nodes).unwrap();
    for index in [0, 1, MAX_SIZE / 2, MAX_SIZE - 2, MAX_SIZE - 1] {
        let proof = inclusion_proof(index, MAX_SIZE, &nodes).unwrap();
        assert_eq!(verify_inclusion(&leaf_hash(b"the same"), index, MAX_SIZE, &proof, &largest), Ok(()));
    }
    for old in [1, 2, 3, 1 << 62, (1 << 62) + 1, MAX_SIZE - 1, MAX_SIZE] {
        let proof = consistency_proof(old, MAX_SIZE, &nodes).unwrap();
        let old_root = root(old, &nodes).unwrap();
        assert_eq!(verify_consistency(old, &old_root, MAX_SIZE, &largest, &proof), Ok(()));
    }
    for size in [MAX_SIZE + 1, MAX_SIZE + 2, u64::MAX] {
        let (built, checked) =
            (|from| BuildError::Range { from, size }, |from| ProofError::Range { from, size });
        assert_eq!(root(size, &nodes), Err(built(0)));
        assert_eq!(inclusion_proof(7, size, &nodes), Err(built(7)));
        assert_eq!(consistency_proof(7, size, &nodes), Err(built(7)));
        assert_eq!(verify_inclusion(&largest, 7, size, &[], &largest), Err(checked(7)));
        assert_eq!(verify_consistency(7, &largest, size, &largest, &[]), Err(checked(7)));
        assert_eq!(verify_consistency(size, &largest, size, &largest, &[]), Err(checked(size)));
    }
    let stored = |size: u64| [&size.to_be_bytes()[..], &[7; 32 * 63]].concat();
    assert_eq!(Frontier::from_bytes(&stored(MAX_SIZE)).unwrap().size(), MAX_SIZE);
    let beyond = [&(MAX_SIZE + 1).to_be_bytes()[..], &[7; 32]].concat();
    assert_eq!(Frontier::from_bytes(&beyond), Err(FrontierError::Size(MAX_SIZE + 1)));
}

#[test]
fn a_log_without_entries_has_the_hash_of_nothing() {
    let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(hex::encode(empty_root()), nothing);
    assert_eq!((Tree::new().root(), Frontier::new().root()), (empty_root(), empty_root()));
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
