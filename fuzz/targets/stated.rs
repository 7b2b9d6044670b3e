//! What a picture or film states of its origin, and what lies behind its end, is told within bounds. The first byte chooses.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_examine::parsers;

fuzz_target!(|untrusted: &[u8]| {
    let Some((of, untrusted)) = untrusted.split_first() else { return };
    let told = parsers::told(*of, untrusted);
    assert!(told.len() <= 303);
    for (name, value) in told {
        assert!(name.chars().count() <= 90 && value.chars().count() <= 500);
        if name == "trailing.bytes" {
            assert!(value.parse::<usize>().is_ok_and(|bytes| bytes < untrusted.len()));
        }
    }
});
