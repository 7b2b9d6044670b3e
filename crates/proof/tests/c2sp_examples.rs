//! The worked examples in the specifications of C2SP, read from their texts where those are here.

mod common;

use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::cosignature::Cosigner;
use vidimus_proof::merkle::ProofError;
use vidimus_proof::note::{Algorithm, Note, Signer, VerifierKey};
use vidimus_proof::policy::{Policy, Quorum};
use vidimus_proof::tlog_proof::{TlogProof, TlogProofError};

/// The code blocks of a specification, or nothing where the specifications are not here.
fn blocks(specification: &str) -> Option<(String, Vec<String>)> {
    let folder = common::shared_vectors("c2sp-specs")?;
    let text = std::fs::read_to_string(folder.join(specification)).unwrap();
    let blocks: Vec<String> = text.split("```\n").skip(1).step_by(2).map(|block| block.to_owned()).collect();
    assert!(!blocks.is_empty(), "examples in {specification}");
    Some((text, blocks))
}

#[test]
fn the_signed_note_verifies_with_its_key() {
    let Some((text, blocks)) = blocks("signed-note.md") else { return };
    let vkey = text.lines().find(|line| line.contains("+530d903a+")).unwrap().trim();
    let key: VerifierKey = vkey.parse().unwrap();
    assert_eq!(key.to_string(), vkey);
    assert_eq!(key.algorithm(), Algorithm::Ed25519);
    let [poem, message] = blocks.as_slice() else { panic!("two notes") };
    for text in [poem, message] {
        assert_eq!(text.parse::<Note>().unwrap().to_string(), *text);
    }
    let note: Note = message.parse().unwrap();
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(note.verify(&key), Ok(()));
    let changed: Note = message.replace("an example", "no example").parse().unwrap();
    assert!(changed.verify(&key).is_err());
}

#[test]
fn the_checkpoints_are_read_as_they_stand() {
    let Some((_, plain)) = blocks("tlog-checkpoint.md") else { return };
    let Some((_, cosigned)) = blocks("tlog-cosignature.md") else { return };
    for text in [&plain[0], &cosigned[0]] {
        let signed: SignedCheckpoint = text.parse().unwrap();
        assert_eq!(signed.checkpoint().origin.as_str(), "example.com/behind-the-sofa");
        assert_eq!(signed.checkpoint().size, 20_852_163);
        assert_eq!(signed.to_string(), *text);
    }
    // The keys of these examples are not published, so only the time of the cosignature can be compared.
    let signed: SignedCheckpoint = cosigned[0].parse().unwrap();
    let cosignature = &signed.note().signatures()[1];
    assert_eq!(cosignature.name().as_str(), "witness.example.com/w1");
    assert_eq!(cosignature.bytes()[..8], 1_679_315_147_u64.to_be_bytes());
    assert_eq!(cosignature.bytes().len(), 8 + 64);
}

#[test]
fn the_proof_is_read_once_its_elided_parts_are_filled_in() {
    let Some((_, proofs)) = blocks("tlog-proof.md") else { return };
    let Some((_, checkpoints)) = blocks("tlog-checkpoint.md") else { return };
    let example = &proofs[0];
    // As printed, its signatures are cut short.
    assert!(matches!(example.parse::<TlogProof>(), Err(TlogProofError::Checkpoint(_))));
    let (head, _) = example.split_once("\n\n").unwrap();
    let head: Vec<&str> = head.lines().filter(|line| !line.starts_with("extra ")).collect();
    let text = format!("{}\n\n{}", head.join("\n"), checkpoints[0]);
    let proof: TlogProof = text.parse().unwrap();
    assert_eq!((proof.extra.as_ref(), proof.index, proof.hashes.len()), (None, 73_894, 5));
    assert_eq!(proof.to_string(), text);
    // Five hashes are for show: entry 73,894 of a log of 109,482 needs sixteen or seventeen.
    let checkpoint = proof.checkpoint.checkpoint();
    assert!(matches!(
        vidimus_proof::merkle::verify_inclusion(
            &[0; 32],
            proof.index,
            109_482,
            &proof.hashes,
            &checkpoint.root
        ),
        Err(ProofError::Length { expected: 16 | 17, found: 5 })
    ));
}

#[test]
fn the_policy_is_read_once_it_has_keys() {
    let Some((_, blocks)) = blocks("tlog-policy.md") else { return };
    let mut keys = (1..=7_u8).map(|number| {
        let name = format!("key{number}.example").parse().unwrap();
        match number {
            1 => Signer::new(name, &[number; 32]).verifier_key().to_string(),
            _ => Cosigner::new(name, &[number; 32]).verifier_key().to_string(),
        }
    });
    let mut parts = blocks[0].split("<vkey>");
    let mut text = parts.next().unwrap().to_owned();
    for part in parts {
        text += &keys.next().unwrap();
        text += part;
    }
    assert_eq!(keys.next(), None);
    let policy = Policy::from_bytes(text.as_bytes()).unwrap();
    assert_eq!((policy.logs().len(), policy.cosigners().len()), (1, 6));
    let signer = Signer::new("key1.example".parse().unwrap(), &[1; 32]);
    let note = Note::sign(format!("key1.example\n1\n{}=\n", "A".repeat(43)), &signer).unwrap();
    let judgement = SignedCheckpoint::try_from(note).map(|signed| policy.judge(&signed).quorum);
    assert_eq!(judgement, Ok(Quorum::NotReached));
}
