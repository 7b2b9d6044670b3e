//! What a member meets: the right passphrase, the wrong one, a forgotten one, a damaged file.

use proptest::prelude::*;

use super::*;
use crate::RecoveryCode;

/// Small, so that tests do not wait.
const PARAMS: KdfParams = KdfParams { memory_kib: 32, passes: 1, lanes: 1 };
const PASSPHRASE: &str = "дев'ять зелених їжаків";

struct Member {
    keys: MemberKeys,
    code: RecoveryCode,
    file: Vec<u8>,
    entropy: Entropy,
}

fn member() -> Member {
    let mut entropy = Entropy::from_seed(&[6; 32]);
    let keys = MemberKeys::generate("Олена", &mut entropy).unwrap();
    let code = RecoveryCode::generate(&mut entropy);
    let file = lock(&keys, PASSPHRASE, &code, &PARAMS, &mut entropy).unwrap();
    Member { keys, code, file, entropy }
}

fn assert_same(a: &MemberKeys, b: &MemberKeys) {
    assert_eq!((a.id, &a.name, a.signing.bytes()), (b.id, &b.name, b.signing.bytes()));
    assert_eq!(a.identity.secret_bytes(), b.identity.secret_bytes());
}

#[test]
fn passphrase_and_printed_code_open_the_same_keys() {
    let Member { keys, code, file, .. } = member();
    assert_same(&unlock(&file, PASSPHRASE).unwrap(), &keys);
    assert_same(&unlock_with_recovery(&file, &code).unwrap(), &keys);
    assert_eq!(unlock(&file, "").unwrap_err(), UnlockError::WrongPassphrase);
    let other = RecoveryCode::from_bytes(&[0; 20]);
    assert_eq!(unlock_with_recovery(&file, &other).unwrap_err(), UnlockError::WrongRecoveryCode);
    assert_eq!(format!("{keys:?}"), format!("MemberKeys({})", keys.id));
}

#[test]
fn composed_and_decomposed_letters_are_the_same_passphrase_and_name() {
    let Member { file, .. } = member();
    let decomposed = PASSPHRASE.replace('ї', "і\u{308}");
    assert_ne!(decomposed, PASSPHRASE);
    assert!(unlock(&file, &decomposed).is_ok());
    let mut entropy = Entropy::from_seed(&[6; 32]);
    assert_eq!(MemberKeys::generate("І\u{308}лля", &mut entropy).unwrap().name, "Ї".to_owned() + "лля");
}

#[test]
fn a_forgotten_passphrase_is_replaced_with_the_sheet_which_stays_good() {
    let Member { keys, code, file, mut entropy } = member();
    let renewed = relock(&file, Opener::Recovery(&code), "new", &PARAMS, &mut entropy).unwrap();
    let again = relock(&renewed, Opener::Passphrase("new"), "newer", &PARAMS, &mut entropy).unwrap();
    assert_same(&unlock(&again, "newer").unwrap(), &keys);
    assert_same(&unlock_with_recovery(&again, &code).unwrap(), &keys);
    for old in [PASSPHRASE, "new"] {
        assert_eq!(unlock(&again, old).unwrap_err(), UnlockError::WrongPassphrase);
    }
    let text = |file: &[u8]| serde_json::from_slice::<serde_json::Value>(file).unwrap()["name_hint"].clone();
    assert_eq!(text(&file), text(&again), "a relocked file tells no second byte of the name");
}

#[test]
fn the_file_tells_no_name_and_not_its_length() {
    let Member { file, mut entropy, code, .. } = member();
    let text = String::from_utf8(file.clone()).unwrap();
    assert!(!text.contains("Олена"));
    let long = MemberKeys::generate(&"ю".repeat(200), &mut entropy).unwrap();
    let other = lock(&long, PASSPHRASE, &code, &PARAMS, &mut entropy).unwrap();
    assert!(other.len().abs_diff(file.len()) <= 2, "only the digits of the hint differ");
    assert_same(&unlock(&other, PASSPHRASE).unwrap(), &long);
}

#[test]
fn the_hint_fits_the_name_and_few_others() {
    let Member { file, .. } = member();
    assert_eq!(could_be(&file, "Олена"), Ok(true));
    let others = (0..2560).filter(|i| could_be(&file, &format!("member {i}")).unwrap()).count();
    assert!((1..40).contains(&others), "{others} of 2560");
}

#[test]
fn names_and_parameters_that_make_no_sense_are_refused() {
    let Member { keys, code, mut entropy, .. } = member();
    for name in ["", "two\nlines", &"n".repeat(401)] {
        assert!(MemberKeys::generate(name, &mut entropy).is_err());
        let keys = MemberKeys { name: name.to_owned(), ..keys.clone() };
        let refused = lock(&keys, PASSPHRASE, &code, &PARAMS, &mut entropy);
        assert_eq!(refused, Err(LockError::Name(MemberNameError)));
    }
    for params in [
        KdfParams { memory_kib: 1 << 21, ..PARAMS },
        KdfParams { passes: 17, ..PARAMS },
        KdfParams { lanes: 17, memory_kib: 1024, ..PARAMS },
        KdfParams { memory_kib: 1, ..PARAMS },
        KdfParams { passes: 0, ..PARAMS },
    ] {
        assert_eq!(lock(&keys, PASSPHRASE, &code, &params, &mut entropy), Err(LockError::Params(params)));
    }
}

#[test]
fn a_file_cannot_ask_for_all_the_memory() {
    let Member { file, .. } = member();
    let greedy = String::from_utf8(file).unwrap().replace("\"memory_kib\": 32", "\"memory_kib\": 4000000000");
    // With a checksum that holds, as an attacker would write it.
    let Err(file::ReadError::Damaged) = file::KeyFile::read(greedy.as_bytes()) else { panic!("not noticed") };
    let parsed: file::KeyFile = serde_json::from_str(&greedy).unwrap();
    let greedy = file::KeyFile::new(parsed.name_hint, parsed.passphrase, parsed.recovery).to_bytes();
    let params = KdfParams { memory_kib: 4_000_000_000, ..PARAMS };
    assert_eq!(unlock(&greedy, PASSPHRASE).unwrap_err(), UnlockError::Params(params));
}

#[test]
fn every_flipped_byte_is_damage_and_never_a_wrong_passphrase() {
    let Member { file, code, .. } = member();
    for at in 0..file.len() {
        for mask in [1, 0x20] {
            let mut changed = file.clone();
            changed[at] ^= mask;
            let error = unlock_with_recovery(&changed, &code).unwrap_err();
            let named =
                matches!(error, UnlockError::Damaged | UnlockError::NotAKeyFile | UnlockError::Version(_));
            assert!(named, "byte {at}: {error:?}");
        }
    }
}

#[test]
fn another_version_is_named() {
    assert_eq!(unlock(br#"{"version": 2, "what": []}"#, "").unwrap_err(), UnlockError::Version(2));
    assert_eq!(unlock(b"", "").unwrap_err(), UnlockError::NotAKeyFile);
}

#[test]
fn the_default_costs_what_rfc_9106_says() {
    let KdfParams { memory_kib, passes, lanes } = KdfParams::default();
    assert_eq!((memory_kib, passes, lanes), (65536, 3, 1));
}

#[test]
fn ids_are_sixteen_digits_in_one_spelling() {
    let id = MemberId::from_bytes([0xab; 8]);
    assert_eq!(id.to_string().parse(), Ok(id));
    for wrong in ["ABABABABABABABAB", "abab", "", "xbabababababababab"] {
        assert_eq!(wrong.parse::<MemberId>(), Err(MemberIdError));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_name_and_passphrase_survive(name in "[^\\p{C}]{1,40}", passphrase in "\\PC*") {
        let mut entropy = Entropy::from_seed(&[6; 32]);
        prop_assume!(super::is_seen(&name));
        let keys = MemberKeys::generate(&name, &mut entropy).unwrap();
        let code = RecoveryCode::generate(&mut entropy);
        let file = lock(&keys, &passphrase, &code, &PARAMS, &mut entropy).unwrap();
        assert_same(&unlock(&file, &passphrase).unwrap(), &keys);
        prop_assert_eq!(could_be(&file, &name), Ok(true));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, cut: prop::sample::Index) {
        let _ = unlock(&bytes, "");
        let Member { file, code, .. } = member();
        let at = cut.index(file.len());
        let _ = unlock_with_recovery(&[&file[..at], &bytes].concat(), &code);
    }
}

#[test]
fn a_name_that_is_seen_as_anothers_or_not_at_all_is_refused() {
    let mut entropy = Entropy::from_seed(&[5; 32]);
    for name in ["", " ", "Olena ", "\u{a0}Olena", "Ole\u{200b}na", "\u{202e}anelO", "\u{2800}", "a\nb"] {
        assert!(MemberKeys::generate(name, &mut entropy).is_err(), "{name:?}");
    }
    for name in ["Olena", "Олена К.", "Її"] {
        assert!(MemberKeys::generate(name, &mut entropy).is_ok(), "{name:?}");
    }
}
