//! Keyholders are named, and open together what is sealed to them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use vidimus_seal::{Entropy, Identity, KeyholderSet, keyholders};

use crate::support::{House, init};

#[test]
fn keyholders_are_named_when_the_archive_begins() {
    let house = House::new();
    let keys: Vec<_> = people(3).iter().map(|person| person.recipient().to_string()).collect();
    let mut arguments = init();
    keys.iter().for_each(|key| arguments.extend(["--keyholder", key]));
    arguments.extend(["--threshold", "2"]);
    house.vidimus(arguments).succeeds();
    let listed = house.vidimus(["keyholder", "list", "--json"]).succeeds().json();
    assert_eq!(listed.as_array().unwrap().len(), 3);
    assert_eq!(listed[0]["threshold"], 2);
    assert!(house.vidimus(["keyholder", "list"]).succeeds().out.starts_with("2 of 3 keyholders"));
}

#[test]
fn keyholders_that_are_none_are_refused() {
    let house = House::new();
    let key = people(1)[0].recipient().to_string();
    let with = |more: &[&str]| house.vidimus([&init()[..], more].concat());
    with(&["--keyholder", "age1nonsense", "--threshold", "1"]).refuses(2, "is not the public key");
    with(&["--keyholder", &key, "--threshold", "2"]).refuses(2, "cannot come together");
    with(&["--keyholder", &key, "--keyholder", &key, "--threshold", "1"]).refuses(2, "is named twice");
    assert_eq!(with(&["--keyholder", &key]).code, 2);
    assert!(!house.path("archive").exists());
}

#[test]
fn two_of_three_open_who_gave_it_and_one_does_not() {
    let house = House::new();
    let people = people(3);
    let recipients = people.iter().map(Identity::recipient).collect();
    let set = KeyholderSet::new(2, recipients).unwrap();
    let shares = keyholders::seal(&set, "Пан Х.\n".as_bytes(), &mut Entropy::from_seed(&[1; 32]));
    let shares: Vec<_> = shares
        .iter()
        .map(|share| {
            let recipients: Vec<_> = share.recipients.iter().map(ToString::to_string).collect();
            json!({"recipients": recipients, "age": STANDARD.encode(&share.age)})
        })
        .collect();
    let giver = json!({"fingerprint": set.fingerprint(), "threshold": 2, "shares": shares});
    house.file("giver.json", json!({"ref": "A1", "giver": giver}).to_string());
    for (name, person) in ["ana", "bo", "cy"].iter().zip(&people) {
        house.private(name, &format!("# a comment\n{}", person.to_secret_string().as_str()));
    }

    let said = house.vidimus(["unseal", "giver.json", "--key", "cy", "--key", "ana"]).succeeds();
    assert_eq!(said.out, "Пан Х.\n");
    let alone = house.vidimus_told(["unseal", "-", "--key", "bo"], giver.to_string().as_bytes());
    alone.refuses(3, "These keys alone do not open it");
    house.file("readable", "AGE-SECRET-KEY-1");
    house.vidimus(["unseal", "giver.json", "--key", "readable"]).refuses(2, "Others can read");
    house.vidimus(["unseal", "giver.json", "--key", "passphrase"]).refuses(2, "no keyholder's key");
    house.vidimus(["unseal", "passphrase", "--key", "ana"]).refuses(2, "no sealed giver");
    house.vidimus(["unseal", "nowhere", "--key", "ana"]).refuses(2, "does not exist");
    house.file("cut.json", giver.to_string().replace("\"age\":\"YWdl", "\"age\":\"AAAA"));
    house.vidimus(["unseal", "cut.json", "--key", "cy", "--key", "ana"]).refuses(1, "was changed on the way");
}

fn people(count: usize) -> Vec<Identity> {
    let mut entropy = Entropy::from_seed(&[9; 32]);
    (0..count).map(|_| Identity::generate(&mut entropy)).collect()
}
