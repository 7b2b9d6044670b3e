//! Opening a member's file with a recovery code never panics; that needs no Argon2, so it is fast.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_seal::RecoveryCode;
use vidimus_seal::member::{could_be, unlock_with_recovery};

fuzz_target!(|untrusted: &[u8]| {
    let _ = could_be(untrusted, "Olena");
    let _ = unlock_with_recovery(untrusted, &RecoveryCode::from_bytes(&[7; 20]));
});
