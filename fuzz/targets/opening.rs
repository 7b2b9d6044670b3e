//! What keyholders are asked, what they sign, and the keys they approve with: what is read is written again as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_model::{Opening, OpeningAsked};
use vidimus_seal::{approval, opening};

fuzz_target!(|untrusted: &[u8]| {
    let (words, key) = opening::split(untrusted);
    assert!(untrusted.starts_with(words));
    if let Some(seed) = key {
        assert_eq!(opening::split(&opening::with_key(words, &seed)).0, words);
    }
    let _ = approval::is_approval(untrusted);
    if let Some(seed) = approval::from_pem(untrusted) {
        let again = approval::from_pem(approval::to_pem(&seed).as_bytes()).expect("what we write, we read");
        assert_eq!(again.bytes(), seed.bytes());
    }
    let Ok(text) = std::str::from_utf8(untrusted) else { return };
    if let Some(asked) = OpeningAsked::read(text) {
        assert_eq!(asked.text(), text);
    }
    if let Some(opening) = Opening::read(text) {
        assert_eq!(opening.text(), text);
    }
});
