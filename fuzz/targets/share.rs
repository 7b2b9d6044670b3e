//! A keyholder's share, a wrapped key, a key as it is typed or a sealed row: none panics, nothing that another sealed is accepted, and
//! what is sealed to the right key is a key only in its one spelling.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_seal::age::encrypt_to_vec;
use vidimus_seal::row::{RowAad, RowKey, open_row, seal_row};
use vidimus_seal::{Entropy, Identity, Recipient, RecoveryCode, Share, keyholders, wrap};

fuzz_target!(|untrusted: &[u8]| {
    let (one, two) = (Identity::from_secret_bytes(&[7; 32]), Identity::from_secret_bytes(&[8; 32]));
    let share = Share { recipients: vec![one.recipient(), two.recipient()], age: untrusted.to_vec() };
    assert!(keyholders::open(&share, &[one.clone(), two.clone()]).is_err());
    assert!(wrap::unwrap_identity(untrusted, &one, &Identity::from_secret_bytes(&[9; 32]).recipient()).is_err());
    let aad = RowAad::new("a", "b", "c", &[0; 32]).expect("these names are sound");
    let row_key = RowKey::derive(&two);
    assert!(open_row(&row_key, &aad, untrusted).is_err());

    // Whoever knows a public key can seal anything to it.
    let mut entropy = Entropy::from_seed(&[1; 32]);
    let sealed = encrypt_to_vec(&[one.recipient()], untrusted, &mut entropy).expect("one recipient").0;
    if let Ok(key) = wrap::unwrap_unproved_identity(&sealed, &one) {
        assert_eq!(format!("{}\n", *key.to_secret_string()).as_bytes(), untrusted);
    }
    assert!(wrap::unwrap_signing(&sealed, &one, "another key").is_err());
    let row = seal_row(&row_key, &aad, untrusted, &mut entropy);
    assert_eq!(open_row(&row_key, &aad, &row).ok().as_deref(), Some(untrusted));

    let Ok(text) = std::str::from_utf8(untrusted) else { return };
    let _ = text.parse::<RecoveryCode>();
    let _ = text.parse::<Identity>();
    if let Ok(recipient) = text.parse::<Recipient>() {
        assert_eq!(recipient.to_string(), text.to_ascii_lowercase());
    }
});
