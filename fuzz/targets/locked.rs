//! A locked office document is opened, refused or damaged, and never larger than what it was in.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_examine::parsers;

fuzz_target!(|untrusted: &[u8]| {
    if let Some(open) = parsers::unlocked(untrusted, "sesame-900") {
        assert!(open.len() <= untrusted.len());
    }
});
