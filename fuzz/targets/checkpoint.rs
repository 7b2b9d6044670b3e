//! A note or checkpoint that is accepted is written again byte for byte; only the text that the log's key signed is believed, and a
//! cosignature only over that.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::cosignature;
use vidimus_proof::note::{Note, VerifierKey};

/// Keys and text of the frozen log.
const LOG: &str = include_str!("../../tests/vectors/log/archive.vkey");
const COSIGNER: &str = include_str!("../../tests/vectors/log/cosigner.vkey");
const SIGNED: [&str; 2] = [
    include_str!("../../tests/vectors/log/checkpoint-100"),
    include_str!("../../tests/vectors/log/checkpoint-300-cosigned"),
];

fuzz_target!(|untrusted: &[u8]| {
    if let Ok(note) = Note::from_bytes(untrusted) {
        assert_eq!(note.to_string().as_bytes(), untrusted);
    }
    let Ok(signed) = SignedCheckpoint::from_bytes(untrusted) else { return };
    assert_eq!(signed.note().to_string().as_bytes(), untrusted);
    let [log, cosigner] = [LOG, COSIGNER].map(|key| key.trim().parse::<VerifierKey>().expect("a frozen key"));
    let was_signed = SIGNED.iter().any(|true_one| {
        let (text, _) = true_one.rsplit_once("\n\n").expect("a note has an empty line");
        signed.note().text().strip_suffix('\n') == Some(text)
    });
    if signed.verify(&log).is_ok() || cosignature::verify(&signed, &cosigner).is_ok() {
        assert!(was_signed);
    }
});
