//! A keyholder's share, a wrapped key, a key as it is typed or a sealed row: none panics, and nothing that another sealed is accepted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_seal::row::{RowAad, RowKey, open_row};
use vidimus_seal::{Identity, Recipient, RecoveryCode, Share, keyholders, wrap};

fuzz_target!(|untrusted: &[u8]| {
    let (one, two) = (Identity::from_secret_bytes(&[7; 32]), Identity::from_secret_bytes(&[8; 32]));
    let share = Share { recipients: vec![one.recipient(), two.recipient()], age: untrusted.to_vec() };
    let _ = keyholders::open(&share, &[one.clone(), two.clone()]);
    assert!(wrap::unwrap_identity(untrusted, &one, &Identity::from_secret_bytes(&[9; 32]).recipient()).is_err());
    let aad = RowAad::new("a", "b", "c", &[0; 32]).expect("these names are sound");
    assert!(open_row(&RowKey::derive(&two), &aad, untrusted).is_err());
    let Ok(text) = std::str::from_utf8(untrusted) else { return };
    let _ = text.parse::<RecoveryCode>();
    let _ = text.parse::<Identity>();
    if let Ok(recipient) = text.parse::<Recipient>() {
        assert_eq!(recipient.to_string(), text.to_ascii_lowercase());
    }
});
