//! A reference or path that is accepted is written again as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_model::{FoundPath, PathEncoding, Ref};

fuzz_target!(|untrusted: &[u8]| {
    let found = FoundPath::new(untrusted);
    assert_eq!(FoundPath::from_text(&found.to_text(), found.encoding()), Some(found));
    let Ok(text) = std::str::from_utf8(untrusted) else { return };
    if let Ok(reference) = text.parse::<Ref>() {
        // People type `a7-312`; it is written `A7-312`.
        assert_eq!(reference.to_string(), text.to_uppercase());
        assert_eq!(reference.to_string().parse(), Ok(reference));
    }
    for encoding in [PathEncoding::Utf8, PathEncoding::Percent] {
        if let Some(path) = FoundPath::from_text(text, encoding) {
            assert_eq!(path.to_text(), text);
        }
    }
});
