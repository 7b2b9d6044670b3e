//! What is displayed is what was parsed, parsers survive any bytes, and tiles carry the tree.

use std::collections::HashMap;

use proptest::prelude::*;
use vidimus_proof::checkpoint::{Checkpoint, SignedCheckpoint};
use vidimus_proof::cosignature::{self, Cosigner};
use vidimus_proof::merkle::*;
use vidimus_proof::note::{Note, Signer, VerifierKey, check_name};
use vidimus_proof::policy::Policy;
use vidimus_proof::tiles::{self, Kind, Tile, TileNodes};
use vidimus_proof::tlog_proof::TlogProof;

fn signer() -> Signer {
    Signer::new("archive.example".parse().unwrap(), &[1; 32])
}

fn tree(size: u64) -> Tree {
    let mut tree = Tree::new();
    tree.extend((0..size).map(|index| leaf_hash(&index.to_be_bytes())));
    tree
}

/// A proof of one entry, cosigned.
fn proof(size: u64, index: u64, extra: Option<Vec<u8>>) -> TlogProof {
    let tree = tree(size);
    let origin = "archive.example".parse().unwrap();
    let checkpoint = Checkpoint { origin, size, root: tree.root() };
    let signed = SignedCheckpoint::sign(checkpoint, &signer()).unwrap();
    let cosigner = Cosigner::new("newsroom.example".parse().unwrap(), &[2; 32]);
    let cosignature = cosigner.cosign(&signed, 1000).unwrap();
    TlogProof {
        extra,
        index,
        hashes: inclusion_proof(index, size, &tree).unwrap(),
        checkpoint: signed.with_signature(cosignature).unwrap(),
    }
}

/// Whether log, cosigner and inclusion all hold.
fn holds(proof: &TlogProof, leaf: &Hash) -> bool {
    let cosigner = Cosigner::new("newsroom.example".parse().unwrap(), &[2; 32]);
    proof.verify(leaf, signer().verifier_key()).is_ok()
        && cosignature::verify(&proof.checkpoint, cosigner.verifier_key()) == Ok(1000)
}

/// Every parser on the same bytes; those that accept them display them again.
fn parse_all(bytes: &[u8]) {
    let same = |text: String| assert_eq!(text.as_bytes(), bytes);
    if let Ok(note) = Note::from_bytes(bytes) {
        same(note.to_string());
    }
    if let Ok(signed) = SignedCheckpoint::from_bytes(bytes) {
        same(signed.to_string());
    }
    if let Ok(proof) = TlogProof::from_bytes(bytes) {
        same(proof.to_string());
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(key) = text.parse::<VerifierKey>() {
            same(key.to_string());
        }
        if let Ok(checkpoint) = text.parse::<Checkpoint>() {
            same(checkpoint.to_string());
        }
        if let Ok(tile) = text.parse::<Tile>() {
            same(tile.to_string());
        }
        let _ = check_name(text);
    }
    let _ = Policy::from_bytes(bytes);
    let _ = tiles::entries(3, bytes);
    let _ = tiles::hashes(3, bytes);
}

#[test]
fn every_single_byte_of_a_proof_counts() {
    let leaf = leaf_hash(&2_u64.to_be_bytes());
    let proof = proof(3, 2, None);
    assert!(holds(&proof, &leaf));
    let bytes = proof.to_string().into_bytes();
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[place] ^= 1 << bit;
            parse_all(&changed);
            let still = TlogProof::from_bytes(&changed).is_ok_and(|proof| holds(&proof, &leaf));
            assert!(!still, "bit {bit} of byte {place}");
        }
        let mut cut = bytes.clone();
        cut.remove(place);
        let still = TlogProof::from_bytes(&cut).is_ok_and(|proof| holds(&proof, &leaf));
        assert!(!still, "without byte {place}");
    }
}

#[test]
fn tiles_reproduce_every_node_at_every_growth() {
    // Written step by step as a log grows, each step on top of the last.
    let mut stored: HashMap<String, Vec<u8>> = HashMap::new();
    let whole = tree(1000);
    let mut old = 0;
    for new in [1, 2, 255, 256, 257, 511, 512, 700, 1000] {
        for tile in tiles::grown(old, new) {
            if let Kind::Hashes(level) = tile.kind() {
                let bytes = tiles::content(level, tile.index(), tile.width(), &whole).unwrap();
                assert_eq!(bytes.len(), 32 * usize::from(tile.width()));
                assert!(stored.insert(tile.to_string(), bytes).is_none(), "{tile} written twice");
            }
        }
        let read = |tile: Tile| stored.get(&tile.to_string()).cloned();
        for size in 1..=new {
            let nodes = TileNodes::new(new, read);
            assert_eq!(root(size, &nodes), root(size, &whole));
            let consistency = consistency_proof(size, new, &nodes);
            assert_eq!(consistency, consistency_proof(size, new, &whole));
            let inclusion = inclusion_proof(size - 1, new, &nodes);
            assert_eq!(inclusion, inclusion_proof(size - 1, new, &whole));
        }
        assert_eq!(TileNodes::new(new, read).node(0, new), None);
        old = new;
    }
    let mut named: Vec<String> = tiles::all(1000).map(|tile| tile.to_string()).collect();
    named.retain(|path| !path.starts_with("tile/entries/"));
    assert!(named.iter().all(|path| stored.contains_key(path)));

    // A tile that is gone, short or long is a missing node, never a panic or a wrong answer.
    let nodes = TileNodes::new(1000, |_| None);
    assert_eq!(root(1000, &nodes), Err(BuildError::Missing { level: 9, index: 0 }));
    for wrong in [1, -1, 32, -32_i64] {
        let nodes = TileNodes::new(1000, |tile| {
            let mut bytes = stored.get(&tile.to_string()).cloned()?;
            bytes.resize((bytes.len() as i64 + wrong) as usize, 0);
            Some(bytes)
        });
        assert!(root(1000, &nodes).is_err());
    }
}

/// Pieces of the texts that are parsed, so that random texts come close to them.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::sample::select(vec![
        "c2sp.org/tlog-proof@v1\n",
        "extra ",
        "extra eA==\n",
        "index ",
        "index 0\n",
        "archive.example",
        "archive.example\n",
        "1\n",
        "0",
        "\n",
        "\n\n",
        "— ",
        "— a AAAAAAA=\n",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo",
        "log ",
        "witness ",
        "group g any ",
        "quorum none\n",
        "tile/",
        "entries/",
        "x001/",
        "000",
        ".p/",
        " ",
        "\t",
        "é",
    ]);
    prop::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #[test]
    fn parsers_survive_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        parse_all(&bytes);
    }

    #[test]
    fn parsers_survive_what_comes_near(bytes in nearly()) {
        parse_all(&bytes);
    }

    #[test]
    fn true_proofs_verify_and_keep_their_bytes(
        (size, index) in (1_u64..300).prop_flat_map(|size| (Just(size), 0..size)),
        extra in prop::option::of(prop::collection::vec(any::<u8>(), 0..50)),
        other_size in 1_u64..600,
        other_index in 0_u64..600,
    ) {
        let leaf = leaf_hash(&index.to_be_bytes());
        let proof = proof(size, index, extra);
        prop_assert!(holds(&proof, &leaf));
        let text = proof.to_string();
        parse_all(text.as_bytes());
        prop_assert_eq!(text.parse(), Ok(proof.clone()));

        let moved = TlogProof { index: other_index, ..proof.clone() };
        prop_assert_eq!(holds(&moved, &leaf), other_index == index);
        let resized = text.replacen(&format!("archive.example\n{size}\n"), &format!("archive.example\n{other_size}\n"), 1);
        let resized: TlogProof = resized.parse().unwrap();
        prop_assert_eq!(holds(&resized, &leaf), other_size == size);
    }

    #[test]
    fn any_text_that_can_be_signed_is_read_again(text in "[^\\x00-\\x1f]{0,40}(\n[^\\x00-\\x1f]{0,40}){0,6}\n") {
        let note = Note::sign(text.clone(), &signer()).unwrap();
        let again: Note = note.to_string().parse().unwrap();
        prop_assert_eq!(again.text(), text);
        prop_assert_eq!(again.verify(signer().verifier_key()), Ok(()));
    }

    #[test]
    fn tiles_keep_their_paths(index in any::<u64>(), size in any::<u64>(), level in 0_u8..8) {
        for kind in [Kind::Hashes(level), Kind::Entries] {
            if let Some(tile) = tiles::tile_at(kind, index, size) {
                prop_assert_eq!(tile.to_string().parse(), Ok(tile));
                prop_assert_eq!(tile.full().to_string().parse(), Ok(tile.full()));
            }
        }
    }

    #[test]
    fn bundles_keep_their_entries(
        list in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20),
    ) {
        let bundle = tiles::encode_entries(&list).unwrap();
        let again = tiles::entries(list.len() as u16, &bundle).unwrap();
        prop_assert!(again.iter().eq(list.iter()));
        prop_assert_eq!(tiles::entries(list.len() as u16 + 1, &bundle), None);
    }
}
