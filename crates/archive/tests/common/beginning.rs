//! What an archive in a test begins with, unless the test is about its beginning.

use std::path::Path;

use vidimus_seal::KdfParams;

// By the crate's own name outside it, and as `crate` in the tests that reach into it.
use super::{Beginning, SystemClock};

/// As cheap as Argon2 allows.
pub const KDF: KdfParams = KdfParams { memory_kib: 64, passes: 1, lanes: 1 };

/// The archive of an invented prison, whose giver nobody but the registrar can name.
pub fn beginning<'a>(state: &'a Path, member: &'a str, passphrase: &'a str) -> Beginning<'a> {
    Beginning {
        state,
        origin: "archive.example/ik-900",
        member,
        passphrase,
        keyholders: None,
        kdf: KDF,
        clock: Box::new(SystemClock),
    }
}
