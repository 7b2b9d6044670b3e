//! Verifying a bag of any files never panics, and never proves anything: nobody signed them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_proof::bag::{self, MemoryBag, Trust};

/// The names that a bag has; what is not among them is another name.
const NAMES: [&str; 16] = [
    "bagit.txt",
    "bag-info.txt",
    "README.txt",
    "manifest-sha256.txt",
    "manifest-sha512.txt",
    "tagmanifest-sha256.txt",
    "tagmanifest-sha512.txt",
    "archive.vkey",
    "disclosure.sd-jwt",
    "disclosure.tlog-proof",
    "checkpoints/256.txt",
    "consistency/256-512.txt",
    "records/01.sd-jwt",
    "proofs/01.tlog-proof",
    "data/01.mp4",
    "data/../x",
];

fuzz_target!(|untrusted: &[u8]| {
    // A file: one byte of name, two of length, the content.
    let (mut files, mut rest) = (std::collections::BTreeMap::new(), untrusted);
    while let Some((&[name, high, low], behind)) = rest.split_first_chunk::<3>() {
        let length = usize::from(u16::from_be_bytes([high, low])).min(behind.len());
        let (content, behind) = behind.split_at(length);
        files.insert(NAMES[usize::from(name) % NAMES.len()].to_owned(), content.to_vec());
        rest = behind;
    }
    assert!(!bag::verify(&MemoryBag(files), &Trust::default()).proved());
});
