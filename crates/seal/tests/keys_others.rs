//! Shares and wrapped keys open with Debian's `age` alone, one layer after the other; the frozen key file opens for ever.

mod common;

use std::{fs, io::Write as _};

use tempfile::NamedTempFile;
use vidimus_seal::{
    Entropy, Identity, KeyholderSet, Recipient, RecoveryCode, SigningSeed, keyholders,
    member::{unlock, unlock_with_recovery},
    wrap::{wrap_identity, wrap_signing},
};

fn identity_file(text: &str) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

fn stock_open(identity: &NamedTempFile, object: &[u8]) -> Option<Vec<u8>> {
    common::stock_age(&["-d", "-i", identity.path().to_str().unwrap()], object)
}

#[test]
fn keyholders_open_their_shares_with_stock_age() {
    let mut entropy = Entropy::from_os().unwrap();
    for (k, n, count) in [(2, 3, 3), (3, 5, 10)] {
        let people: Vec<_> = (0..n).map(|_| Identity::generate(&mut entropy)).collect();
        let set = KeyholderSet::new(k, people.iter().map(Identity::recipient).collect()).unwrap();
        let shares = keyholders::seal(&set, "свідок, ІК-900".as_bytes(), &mut entropy);
        assert_eq!(shares.len(), count);
        for share in shares {
            let mut layer = share.age;
            assert_eq!(share.recipients.len(), k);
            for recipient in share.recipients {
                let holder = people.iter().find(|one| one.recipient() == recipient).unwrap();
                let file = identity_file(&holder.to_secret_string());
                let Some(inner) = stock_open(&file, &layer) else { return };
                layer = inner;
            }
            assert_eq!(layer, "свідок, ІК-900".as_bytes());
        }
    }
}

#[test]
fn a_wrapped_key_opened_by_stock_age_is_a_usable_identity_file() {
    let mut entropy = Entropy::from_os().unwrap();
    let [holder, compartment] = [0; 2].map(|_| Identity::generate(&mut entropy));
    let holder_file = identity_file(&holder.to_secret_string());
    let wrapped = wrap_identity(&compartment, &holder.recipient(), &mut entropy);
    let Some(line) = stock_open(&holder_file, &wrapped) else { return };
    let compartment_file = identity_file(std::str::from_utf8(&line).unwrap());
    let seed = SigningSeed::generate(&mut entropy);
    let wrapped = wrap_signing(&seed, &compartment.recipient(), &mut entropy);
    let digits = stock_open(&compartment_file, &wrapped).unwrap();
    assert_eq!(digits, format!("{}\n", hex::encode(seed.bytes())).as_bytes());
}

#[test]
fn the_frozen_key_file_opens_for_ever() {
    let read = |name: &str| fs::read(common::frozen("member").join(name)).unwrap();
    let expected: serde_json::Value = serde_json::from_slice(&read("expected.json")).unwrap();
    let text = |key: &str| expected[key].as_str().unwrap();
    let code: RecoveryCode = text("recovery_code").parse().unwrap();
    let file = read("key-file.json");
    for keys in [unlock(&file, text("passphrase")).unwrap(), unlock_with_recovery(&file, &code).unwrap()] {
        assert_eq!(keys.id.to_string(), text("id"));
        assert_eq!(keys.name, text("name"));
        assert_eq!(hex::encode(keys.signing.bytes()), text("signing_seed"));
        assert_eq!(*keys.identity.to_secret_string(), text("identity"));
        assert_eq!(keys.identity.recipient(), text("recipient").parse::<Recipient>().unwrap());
    }
}
