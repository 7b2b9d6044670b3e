//! Settings and shares as they lie in a folder: reading them never panics, and no share opens without its key.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_archive::anchor::Settings;
use vidimus_archive::unseal::{read_identities, unseal};
use vidimus_seal::Identity;

fuzz_target!(|untrusted: &[u8]| {
    // Settings name files beside them, so they are read from a folder; this one holds nothing else.
    let folder = std::env::temp_dir().join(format!("vidimus-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a temporary folder can be written");
    let path = folder.join("settings.json");
    std::fs::write(&path, untrusted).expect("a temporary folder can be written");
    if let Ok(settings) = Settings::read(&path) {
        let _ = settings.trust();
        assert!(settings.authorities.iter().all(|authority| !authority.name.trim().is_empty()));
    }
    assert!(unseal(&[untrusted.to_vec()], &[Identity::from_secret_bytes(&[7; 32])]).is_err());
    let Ok(text) = std::str::from_utf8(untrusted) else { return };
    let _ = read_identities(text);
});
