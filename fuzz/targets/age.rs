//! An age file that opens at once opens in parts and with its pin, and with no other key; none makes the reader panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_seal::Identity;
use vidimus_seal::age::{decrypt_to_vec, open};

/// The key of the frozen object, so that what is made from it has a header that unwraps.
const KEY: &str = include_str!("../../tests/vectors/object/identity.txt");

fuzz_target!(|untrusted: &[u8]| {
    let identity: Identity = KEY.trim().parse().expect("the frozen key is a key");
    if let Ok(plain) = decrypt_to_vec(untrusted, &identity) {
        let opened = open(untrusted, &identity, None).expect("it opened at once, so it opens in parts");
        let pinned = Some((opened.pin(), untrusted.len() as u64));
        let mut opened = open(untrusted, &identity, pinned).expect("its own pin fits");
        let mut last = vec![0; plain.len().min(100)];
        let start = plain.len() - last.len();
        opened.read_at(start as u64, &mut last).expect("all of it opened");
        assert_eq!(last, plain[start..]);
    }
    assert!(decrypt_to_vec(untrusted, &Identity::from_secret_bytes(&[7; 32])).is_err());
});
