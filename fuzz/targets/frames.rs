//! What a reader that was broken may write is taken in frame by frame, and no frame is longer than what was written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_examine::parsers;

fuzz_target!(|untrusted: &[u8]| {
    assert!(parsers::frames(untrusted) <= untrusted.len() / 5);
});
