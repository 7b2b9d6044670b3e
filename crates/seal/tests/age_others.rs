//! Other people's age implementations read what we seal, and we read theirs.

mod common;

use std::io::Write as _;

use vidimus_seal::{
    Entropy, Identity,
    age::{CHUNK, decrypt_to_vec, encrypt_to_vec},
};

const LENGTHS: [usize; 6] = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK + 12_345];

fn plain(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i % 253) as u8).collect()
}

#[test]
fn the_age_crate_agrees_both_ways() {
    let mut entropy = Entropy::from_os().unwrap();
    let ours = Identity::generate(&mut entropy);
    let other = Identity::generate(&mut entropy);
    let theirs: age::x25519::Identity = ours.to_secret_string().parse().unwrap();
    assert_eq!(theirs.to_public().to_string(), ours.recipient().to_string());
    for len in LENGTHS {
        let plain = plain(len);
        let (object, _) =
            encrypt_to_vec(&[other.recipient(), ours.recipient()], &plain, &mut entropy).unwrap();
        assert!(age::decrypt(&theirs, &object).unwrap() == plain, "{len} bytes, sealed by us");
        let object = age::encrypt(&theirs.to_public(), &plain).unwrap();
        assert!(*decrypt_to_vec(&object, &ours).unwrap() == plain, "{len} bytes, sealed by the crate");
    }
}

#[test]
fn debians_program_agrees_both_ways() {
    let mut entropy = Entropy::from_os().unwrap();
    let ours = Identity::generate(&mut entropy);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "{}", *ours.to_secret_string()).unwrap();
    let file = file.path().to_str().unwrap();
    for len in LENGTHS {
        let plain = plain(len);
        let (object, _) = encrypt_to_vec(&[ours.recipient()], &plain, &mut entropy).unwrap();
        let Some(opened) = common::stock_age(&["-d", "-i", file], &object) else { return };
        assert!(opened == plain, "{len} bytes, sealed by us");
        let recipient = ours.recipient().to_string();
        let Some(object) = common::stock_age(&["-r", &recipient], &plain) else { return };
        assert!(*decrypt_to_vec(&object, &ours).unwrap() == plain, "{len} bytes, sealed by age");
    }
}
