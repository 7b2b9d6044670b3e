//! Which kind any bytes are is told without harm, the same each time, whatever the ending of their name.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_examine::parsers;

fuzz_target!(|untrusted: &[u8]| {
    for ending in ["", "txt", "mp4", "json", "doc"] {
        let told = parsers::kind(untrusted, ending);
        assert!(told.contains('/') && told == parsers::kind(untrusted, ending));
        assert_eq!(untrusted.is_empty(), told == "application/x-empty");
    }
});
