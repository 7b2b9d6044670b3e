//! Reading a time stamp or an answer never panics, and none over another message is believed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_proof::timestamp::{self, Response, Token, Trust};

/// The frozen authority, so that what is made from its stamp is followed to the last check.
const AUTHORITY: &str = include_str!("../../tests/vectors/timestamp/ca.pem");
const MESSAGE: &[u8] = include_bytes!("../../tests/vectors/timestamp/message");

fuzz_target!(|untrusted: &[u8]| {
    let trust = Trust::from_pem(AUTHORITY).expect("the frozen authority is one");
    let _ = Response::from_der(untrusted);
    let _ = Token::from_der(untrusted);
    let _ = timestamp::inspect(untrusted, MESSAGE);
    let _ = timestamp::verify(untrusted, MESSAGE, &trust);
    assert!(timestamp::verify(untrusted, b"another message", &trust).is_err());
    assert!(timestamp::verify(untrusted, MESSAGE, &Trust::default()).is_err());
    if let Ok(text) = std::str::from_utf8(untrusted) {
        let _ = Trust::from_pem(text);
    }
});
