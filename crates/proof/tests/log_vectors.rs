//! The frozen examples in `tests/vectors/log/`: what we write today is what we wrote when they were frozen.

use std::collections::BTreeSet;
use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use vidimus_proof::checkpoint::{Checkpoint, SignedCheckpoint};
use vidimus_proof::cosignature::Cosigner;
use vidimus_proof::merkle::*;
use vidimus_proof::note::Signer;
use vidimus_proof::policy::{Policy, Quorum};
use vidimus_proof::tiles::{self, Kind};
use vidimus_proof::tlog_proof::TlogProof;

const SIZE: u64 = 300;
const OLD_SIZE: u64 = 100;
const INDEX: u64 = 257;
/// 2026-01-01T00:00:00Z
const TIME: u64 = 1_767_225_600;

fn entry(index: u64) -> String {
    format!("entry {index}")
}

/// Every file of the folder but its README, made anew.
fn vectors() -> Vec<(&'static str, Vec<u8>)> {
    let mut frontier = Frontier::new();
    let mut tree = Tree::new();
    for index in 0..SIZE {
        frontier.append(leaf_hash(entry(index).as_bytes()));
        tree.append(leaf_hash(entry(index).as_bytes()));
    }
    let signer = Signer::new("archive.example/demo".parse().unwrap(), &[1; 32]);
    let cosigner = Cosigner::new("newsroom.example/cosigner".parse().unwrap(), &[2; 32]);
    let checkpoint = |size| {
        let origin = signer.verifier_key().name().clone();
        let root = root(size, &tree).unwrap();
        SignedCheckpoint::sign(Checkpoint { origin, size, root }, &signer).unwrap()
    };
    let signed = checkpoint(SIZE);
    let cosigned = signed.clone().with_signature(cosigner.cosign(&signed, TIME).unwrap()).unwrap();
    let proof = TlogProof {
        extra: None,
        index: INDEX,
        hashes: inclusion_proof(INDEX, SIZE, &tree).unwrap(),
        checkpoint: cosigned.clone(),
    };
    let consistency = consistency_proof(OLD_SIZE, SIZE, &tree).unwrap();
    let consistency: String = consistency.iter().map(|hash| STANDARD.encode(hash) + "\n").collect();
    let policy = format!(
        "log {}\nwitness newsroom {}\nquorum newsroom\n",
        signer.verifier_key(),
        cosigner.verifier_key()
    );
    let tile = tiles::tile_at(Kind::Hashes(0), 1, SIZE).unwrap();
    let tile = tiles::content(0, tile.index(), tile.width(), &tree).unwrap();
    vec![
        ("archive.vkey", format!("{}\n", signer.verifier_key()).into()),
        ("cosigner.vkey", format!("{}\n", cosigner.verifier_key()).into()),
        ("checkpoint-100", checkpoint(OLD_SIZE).to_string().into()),
        ("checkpoint-300", signed.to_string().into()),
        ("checkpoint-300-cosigned", cosigned.to_string().into()),
        ("consistency-100-300", consistency.into()),
        ("entry-257.tlog-proof", proof.to_string().into()),
        ("policy", policy.into()),
        ("tile-0-001.p-44", tile),
        ("tile-entries-001.p-44", tiles::encode_entries((256..SIZE).map(entry)).unwrap()),
        ("frontier-300", frontier.to_bytes()),
    ]
}

#[test]
fn the_frozen_examples_are_what_we_write() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/log");
    let found: BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut named = BTreeSet::from(["README.md".to_owned()]);
    for (name, bytes) in vectors() {
        assert!(std::fs::read(folder.join(name)).unwrap() == bytes, "{name} is another");
        named.insert(name.to_owned());
    }
    assert_eq!(found, named);
}

#[test]
fn the_frozen_proof_is_believed_under_the_frozen_policy() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/log");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let policy = Policy::from_bytes(&read("policy")).unwrap();
    let proof = TlogProof::from_bytes(&read("entry-257.tlog-proof")).unwrap();
    let judgement = policy.judge(&proof.checkpoint);
    assert!(judgement.accepted());
    assert_eq!(judgement.quorum, Quorum::Reached { by: TIME });
    let key = &policy.logs()[0].key;
    assert_eq!(format!("{key}\n").as_bytes(), read("archive.vkey"));
    assert!(proof.verify(&leaf_hash(b"entry 257"), key).is_ok());
    assert!(proof.verify(&leaf_hash(b"entry 256"), key).is_err());
}
