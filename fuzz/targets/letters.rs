//! Texts of any encoding, RTF, HTML and the XML of office documents give letters within their bound. The first byte chooses.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_examine::parsers;

fuzz_target!(|untrusted: &[u8]| {
    let Some((of, untrusted)) = untrusted.split_first() else { return };
    let parts = parsers::letters(*of, untrusted);
    let bytes: u64 = parts.iter().map(|part| part.text.len() as u64).sum();
    assert!(bytes <= parsers::TEXT && parts.iter().all(|part| !part.text.is_empty()));
});
