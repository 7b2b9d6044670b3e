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
    one_after_the_other(&house, &giver);
    house.file("readable", "AGE-SECRET-KEY-1");
    house.vidimus(["unseal", "giver.json", "--key", "readable"]).refuses(2, "Others can read");
    house.vidimus(["unseal", "giver.json", "--key", "passphrase"]).refuses(2, "no keyholder's key");
    house.vidimus(["unseal", "passphrase", "--key", "ana"]).refuses(2, "no sealed giver");
    house.vidimus(["unseal", "nowhere", "--key", "ana"]).refuses(2, "does not exist");
    house.file("cut.json", giver.to_string().replace("\"age\":\"YWdl", "\"age\":\"AAAA"));
    house.vidimus(["unseal", "cut.json", "--key", "cy", "--key", "ana"]).refuses(1, "was changed on the way");
}

/// Keyholders in different places: each opens a layer, the last one reads.
fn one_after_the_other(house: &House, giver: &serde_json::Value) {
    let share = &giver["shares"][0];
    house.file("share.age", STANDARD.decode(share["age"].as_str().unwrap()).unwrap());
    let name_of = |place: usize| {
        let key = share["recipients"][place].as_str().unwrap();
        let named = people(3).iter().position(|person| person.recipient().to_string() == key).unwrap();
        ["ana", "bo", "cy"][named]
    };
    let first = ["unseal", "share.age", "--key", name_of(0), "--out", "next.age"];
    assert!(house.vidimus(first).succeeds().out.contains("Send next.age to the next one"));
    assert_eq!(house.vidimus(["unseal", "next.age", "--key", name_of(1)]).succeeds().out, "Пан Х.\n");
    // Who was interrupted asks for the same once more; what is anything else is not written over.
    house.vidimus(first).succeeds();
    let key = name_of(1);
    assert_eq!(house.vidimus(["unseal", "next.age", "--key", key]).succeeds().out, "Пан Х.\n");
    house.file("next.age", "something of mine");
    house.vidimus(first).refuses(2, "is there already");
}

#[test]
fn the_registrar_alone_opens_a_giver_where_no_keyholders_were_named() {
    let house = House::with_archive();
    house.file("disk/note.txt", "a note");
    house.vidimus_told(["receive", "disk", "--from-file", "-"], "Пан Х.\n".as_bytes()).succeeds();
    assert_eq!(house.vidimus(["keyholder", "giver", "A1"]).succeeds().out, "Пан Х.\n");
    house.vidimus(["receive", "disk"]).succeeds();
    house.vidimus(["keyholder", "giver", "A2"]).refuses(1, "Nothing was said about who gave A2");
    house.vidimus(["keyholder", "giver", "A2-1"]).refuses(2, "is a part of an accession");
}

#[test]
fn members_write_the_files_that_keyholders_open() {
    let house = House::new();
    let people = people(2);
    let keys: Vec<_> = people.iter().map(|person| person.recipient().to_string()).collect();
    let named = ["--keyholder", &keys[0], "--keyholder", &keys[1], "--threshold", "2"];
    house.vidimus([&init()[..], &named].concat()).succeeds();
    house.file("disk/note.txt", "a note");
    house.vidimus_told(["receive", "disk", "--from-file", "-"], b"who it was").succeeds();
    house.vidimus(["keyholder", "giver", "A1"]).refuses(3, "it takes this many of them: 2");
    house.vidimus(["keyholder", "giver", "A1", "--out", "for keyholders"]).succeeds();
    for (name, person) in ["ana", "bo"].iter().zip(&people) {
        house.private(name, person.to_secret_string().as_str());
    }
    let share = "for keyholders/A1-giver-1.age";
    assert_eq!(house.vidimus(["unseal", share, "--key", "ana", "--key", "bo"]).succeeds().out, "who it was");
}

pub fn people(count: usize) -> Vec<Identity> {
    let mut entropy = Entropy::from_seed(&[9; 32]);
    (0..count).map(|_| Identity::generate(&mut entropy)).collect()
}
