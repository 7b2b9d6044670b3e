//! Subtitles and transcripts give parts whose moments do not go backwards within a part.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_examine::parsers;
use vidimus_model::TextPlace;

fuzz_target!(|untrusted: &[u8]| {
    for part in parsers::said(untrusted) {
        let TextPlace::Time { from, to } = part.place else { panic!("a moment") };
        assert!(from <= to && !part.text.is_empty() && part.confidence.is_none_or(|confidence| confidence <= 100));
    }
});
