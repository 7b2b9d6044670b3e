//! Reading a receipt, whatever its form, never panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_proof::policy::Policy;
use vidimus_proof::receipt;

fuzz_target!(|untrusted: &[u8]| {
    let _ = receipt::read(untrusted);
    let _ = Policy::from_bytes(untrusted);
});
