//! A note or checkpoint that is accepted is written again byte for byte.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::note::Note;

fuzz_target!(|untrusted: &[u8]| {
    if let Ok(note) = Note::from_bytes(untrusted) {
        assert_eq!(note.to_string().as_bytes(), untrusted);
    }
    if let Ok(signed) = SignedCheckpoint::from_bytes(untrusted) {
        assert_eq!(signed.note().to_string().as_bytes(), untrusted);
    }
});
