//! A consistency proof, a manifest or a path of a bag that is accepted is read once more the same; a key that is accepted is written again as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_proof::bag::layout::Place;
use vidimus_proof::bag::manifest::{Algorithm, Manifest};
use vidimus_proof::consistency::ConsistencyProof;
use vidimus_proof::json;
use vidimus_proof::note::VerifierKey;

fuzz_target!(|untrusted: &[u8]| {
    if let Ok(proof) = ConsistencyProof::from_bytes(untrusted) {
        assert_eq!(proof.to_string().as_bytes(), untrusted);
    }
    for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
        let _ = Manifest::parse(untrusted, algorithm);
    }
    let Ok(text) = std::str::from_utf8(untrusted) else { return };
    let _ = json::parse(text);
    let _ = Place::of(text);
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
    }
});
