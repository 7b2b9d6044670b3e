//! What programs of the system may have written, broken by a file, is parsed without harm.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_examine::parsers;

fuzz_target!(|untrusted: &[u8]| {
    assert!(parsers::enveloped(untrusted) <= untrusted.len());
    assert!(parsers::timed(untrusted) <= untrusted.len());
    assert!(parsers::recognised(untrusted).iter().all(|(text, confidence)| !text.is_empty() && *confidence <= 100));
    assert!(parsers::drawn(untrusted).is_none_or(|picture| picture.starts_with(b"P5\n")));
    parsers::probed(untrusted);
});
