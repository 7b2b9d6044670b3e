//! Opening an age file never panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_seal::Identity;
use vidimus_seal::age::decrypt_to_vec;

fuzz_target!(|untrusted: &[u8]| {
    let _ = decrypt_to_vec(untrusted, &Identity::from_secret_bytes(&[7; 32]));
});
