//! Reading a time stamp or an answer never panics.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_proof::timestamp::{self, Response, Token, Trust};

fuzz_target!(|untrusted: &[u8]| {
    let _ = Response::from_der(untrusted);
    let _ = Token::from_der(untrusted);
    let _ = timestamp::inspect(untrusted, b"message");
    assert!(timestamp::verify(untrusted, b"message", &Trust::default()).is_err());
});
