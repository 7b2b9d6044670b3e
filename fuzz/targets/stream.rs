//! A stream of tar gives no more bytes than it has, and no file twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_examine::parsers;

fuzz_target!(|untrusted: &[u8]| {
    let files = parsers::tar(untrusted);
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(bytes <= untrusted.len() && files.len() <= untrusted.len() / 512);
});
