//! The proofs of transparency-dev/merkle, true and false ones, against our verifier.

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use vidimus_proof::merkle::{Hash, ProofError, verify_consistency, verify_inclusion};

/// How many vectors the suite has; another number means that it changed or was not copied whole.
const VECTORS: usize = 196;

/// Vectors that hang on policy and not on the mathematics of RFC 6962.
const POLICY: [(&str, Ours, &str); 4] = [
    (
        "sizes-are-equal-one-and-proof-is-empty.json",
        Ours::Differs,
        "its two roots are equal but are twelve bytes of text, which our type for hashes cannot hold; \
         the suite accepts them, we refuse before any proof is looked at",
    ),
    (
        "sizes-are-equal-zero-and-proof-is-empty.json",
        Ours::Agrees,
        "nothing is consistent with nothing, but an old size of zero is never a statement: refused",
    ),
    (
        "size1-is-zero-and-size2-is-not-zero.json",
        Ours::Agrees,
        "any log begins with the empty log, so such a proof proves nothing: refused",
    ),
    (
        "size1-is-zero-and-does-not-equal-size2.json",
        Ours::Agrees,
        "the same with an old root that is not that of an empty log: refused",
    ),
];

#[derive(PartialEq)]
enum Ours {
    Agrees,
    Differs,
}

#[test]
fn every_vector_is_judged_as_the_suite_says_or_the_reason_is_listed() {
    let Some(folder) = common::shared_vectors("merkle-rfc6962") else {
        return;
    };
    let mut seen = 0;
    let mut differing = BTreeSet::new();
    for file in json_files(&folder) {
        let vector: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let accepted = judge(&vector).is_some_and(|result| result.is_ok());
        seen += 1;
        if accepted == vector["wantErr"].as_bool().unwrap() {
            differing.insert(file.file_name().unwrap().to_str().unwrap().to_owned());
        }
    }
    assert_eq!(seen, VECTORS, "vectors in {}", folder.display());
    let listed = POLICY.iter().filter(|(_, ours, _)| *ours == Ours::Differs);
    let listed: BTreeSet<_> = listed.map(|(file, _, _)| (*file).to_owned()).collect();
    assert_eq!(differing, listed);
    for (file, _, reason) in POLICY {
        assert!(folder.join("consistency/additional").join(file).is_file());
        println!("{file}: {reason}");
    }
}

/// `None` where something that must be a hash is not 32 bytes, which our types refuse before a proof is looked at.
fn judge(vector: &Value) -> Option<Result<(), ProofError>> {
    let number = |name: &str| vector[name].as_u64().unwrap();
    let hash = |name: &str| hash(&vector[name]);
    let proof = match &vector["proof"] {
        Value::Null => Vec::new(),
        hashes => hashes.as_array().unwrap().iter().map(self::hash).collect::<Option<Vec<_>>>()?,
    };
    Some(if vector.get("leafIdx").is_some() {
        verify_inclusion(&hash("leafHash")?, number("leafIdx"), number("treeSize"), &proof, &hash("root")?)
    } else {
        verify_consistency(number("size1"), &hash("root1")?, number("size2"), &hash("root2")?, &proof)
    })
}

fn hash(value: &Value) -> Option<Hash> {
    STANDARD.decode(value.as_str().unwrap()).unwrap().try_into().ok()
}

fn json_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(json_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    files
}
