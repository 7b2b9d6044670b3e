//! A proof that is accepted is written again byte for byte.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_proof::tlog_proof::TlogProof;

fuzz_target!(|untrusted: &[u8]| {
    if let Ok(proof) = TlogProof::from_bytes(untrusted) {
        assert_eq!(proof.to_string().as_bytes(), untrusted);
    }
});
