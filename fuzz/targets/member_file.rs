//! Opening a member's file with a recovery code never panics; that needs no Argon2, so it is fast.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use vidimus_seal::RecoveryCode;
use vidimus_seal::member::{could_be, unlock_with_recovery};

/// That of the frozen file.
const CODE: &str = "X7SF-Y8SR-941Y-73S9-W286-STHA-6DJJ-0VGK-FDSF-1BT2";

fuzz_target!(|untrusted: &[u8]| {
    read(untrusted);
    // An attacker can add up, too (docs/format/keys.md); without this, nothing came past the sum.
    if let Some(summed) = summed(untrusted) {
        read(summed.as_bytes());
    }
});

fn read(untrusted: &[u8]) {
    let _ = could_be(untrusted, "Olena");
    let _ = unlock_with_recovery(untrusted, &CODE.parse::<RecoveryCode>().expect("it is printed so"));
}

/// The same file with the sum that its other values have.
fn summed(untrusted: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(untrusted).ok()?;
    let file: Value = serde_json::from_str(text).ok()?;
    let places = [
        "/version",
        "/name_hint/salt",
        "/name_hint/byte",
        "/passphrase/kdf",
        "/passphrase/memory_kib",
        "/passphrase/passes",
        "/passphrase/lanes",
        "/passphrase/salt",
        "/passphrase/sealed",
        "/recovery/kdf",
        "/recovery/salt",
        "/recovery/sealed",
    ];
    let mut sum = Sha256::new();
    for place in places {
        let value = file.pointer(place)?;
        sum.update(value.as_str().map_or_else(|| value.to_string(), str::to_owned) + "\n");
    }
    let digits: String = sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Some(text.replace(file.get("sha256")?.as_str().filter(|old| old.len() == 64)?, &digits))
}
