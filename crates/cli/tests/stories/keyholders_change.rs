//! Keyholders approve who follows them, with our program or with `age` and `openssl` alone; and they are tested.

use std::fs;
use std::process::Command;

use vidimus_seal::Identity;

use crate::keyholders::people;
use crate::support::{House, init};

/// A house whose keyholders are the first `n` people, `k` of whom open together; each has a private file of their number.
pub fn guarded(k: usize, n: usize) -> (House, Vec<Identity>) {
    let house = House::new();
    let people = people(n + 1);
    let mut arguments: Vec<String> = init().iter().map(ToString::to_string).collect();
    arguments.extend(named(&people[..n], k));
    house.vidimus(arguments).succeeds();
    for (number, person) in people.iter().enumerate() {
        house.private(&number.to_string(), person.to_secret_string().as_str());
    }
    (house, people)
}

fn named(people: &[Identity], k: usize) -> Vec<String> {
    let keys = people.iter().flat_map(|one| ["--keyholder".to_owned(), one.recipient().to_string()]);
    keys.chain(["--threshold".to_owned(), k.to_string()]).collect()
}

/// Who opens a file, outermost layer first, as names of their key files.
pub fn openers(house: &House, said: &str, file: &str, people: &[Identity]) -> Vec<String> {
    let lines = said.lines().skip_while(|line| !line.ends_with(file)).skip(1);
    let keys = lines.take_while(|line| line.starts_with("  age1")).map(str::trim);
    let number = |key: &str| people.iter().position(|one| one.recipient().to_string() == key).unwrap();
    assert!(house.path(file).exists());
    keys.map(|key| number(key).to_string()).collect()
}

/// Opens a file with stock `age`, one keyholder after the other; none if some layer does not open.
pub fn with_age(house: &House, file: &str, keys: &[String]) -> Option<Vec<u8>> {
    let mut sealed = fs::read(house.path(file)).unwrap();
    for key in keys {
        house.file("layer.age", &sealed);
        let age = Command::new("age")
            .args(["-d", "-i"])
            .args([house.path(key), house.path("layer.age")])
            .output()
            .expect("age is installed (make setup)");
        sealed = age.status.success().then_some(age.stdout)?;
    }
    Some(sealed)
}

fn propose(house: &House, people: &[Identity], k: usize) -> String {
    let set =
        [vec!["keyholder".into(), "set".into(), "--reason".into(), "one died".into()], named(people, k)];
    let said = house.vidimus(set.concat()).succeeds();
    said.out.split_once("Proposed as ").unwrap().1[..8].to_owned()
}

#[test]
fn three_of_five_open_a_giver_with_age_alone_and_with_unseal_and_two_cannot() {
    for (k, n) in [(2, 3), (3, 5)] {
        let (house, people) = guarded(k, n);
        house.file("disk/note.txt", "a note");
        house.vidimus_told(["receive", "disk", "--from-file", "-"], "Пан Х.\n".as_bytes()).succeeds();
        let said = house.vidimus(["keyholder", "giver", "A1", "--out", "shares"]).succeeds();
        let files: Vec<String> =
            said.out.lines().filter(|line| line.ends_with(".age")).map(Into::into).collect();
        assert_eq!(files.len(), if n == 3 { 3 } else { 10 });
        for file in files {
            let keys = openers(&house, &said.out, &file, &people);
            assert_eq!(keys.len(), k);
            let shown = String::from_utf8(with_age(&house, &file, &keys).unwrap()).unwrap();
            let key = shown.strip_prefix("Пан Х.\n\nvidimus-opening-key ").unwrap();
            assert!(key.ends_with('\n') && key.lines().count() == 1, "one line is behind the words");
            let fewer = with_age(&house, &file, &keys[..k - 1]).unwrap();
            assert!(fewer.starts_with(b"age-encryption.org/v1"), "{k} of {n}");
            let mut unseal = vec!["unseal", &file];
            keys.iter().for_each(|key| unseal.extend(["--key", key]));
            assert_eq!(house.vidimus(&unseal).succeeds().out, "Пан Х.\n");
            unseal.truncate(unseal.len() - 2);
            house.vidimus(&unseal).refuses(3, "These keys alone do not open it");
        }
    }
}

#[test]
fn keyholders_are_named_later_and_exchanged_when_they_approve_it() {
    let house = House::with_archive();
    let people = people(4);
    for (number, person) in people.iter().enumerate() {
        house.private(&number.to_string(), person.to_secret_string().as_str());
    }
    let first = [vec!["keyholder".into(), "set".into()], named(&people[..3], 2)].concat();
    assert!(house.vidimus(first).succeeds().out.contains("compare this fingerprint"));
    house.vidimus(["keyholder", "set", "--reason", "x"]).refuses(2, "0 keyholders are named");

    let id = propose(&house, &people[1..], 2);
    house.vidimus(["keyholder", "challenge", "00000000", "--out", "ask"]).refuses(1, "waits for agreement");
    let said = house.vidimus(["keyholder", "challenge", &id, "--out", "ask"]).succeeds();
    let closing: Vec<_> = said.out.lines().skip_while(|line| !line.starts_with("Send ")).collect();
    assert!(closing.len() == 3 && closing.iter().all(|line| !line.starts_with(' ')), "{said:?}");
    let (text, signed) = (format!("ask/approve-{id}.txt"), format!("{id}.sig"));
    let share = |number: u8| format!("ask/approve-{id}-{number}.age");
    let sign = |share: &str, text: &str, keys: &[&str], out: &str| {
        let keys = keys.iter().flat_map(|key| ["--key", key]);
        house.vidimus(["keyholder", "sign", text, share].into_iter().chain(keys).chain(["--out", out]))
    };
    sign(&share(1), "disk", &["0", "1"], "x").refuses(2, "does not exist");
    house.file("other.txt", "I owe you 5");
    sign(&share(1), "other.txt", &["0", "1", "2"], "x").refuses(2, "asks for no approval");
    assert!(!house.path("x").exists());
    sign(&share(1), &text, &["3"], "x").refuses(3, "These keys alone do not open it");
    assert!(sign(&share(1), &text, &["0", "1", "2"], &signed).succeeds().out.contains("Approved"));

    let agree = |file: &str| house.vidimus(["agree", &id, "--approval", file]);
    house.vidimus(["agree", &id]).refuses(3, "have not approved it");
    agree("other.txt").refuses(1, "not the approval of this proposal");
    agree(&signed).succeeds();
    let listed = house.vidimus(["keyholder", "list", "--json"]).succeeds().json();
    let keys: Vec<&str> =
        listed.as_array().unwrap().iter().map(|row| row["recipient"].as_str().unwrap()).collect();
    assert!(people[1..].iter().all(|one| keys.contains(&one.recipient().to_string().as_str())));
    assert!(house.vidimus(["check"]).succeeds().err.is_empty());
}

#[test]
fn keyholders_approve_with_age_and_openssl_alone() {
    let (house, people) = guarded(3, 5);
    let id = propose(&house, &people[..2], 1);
    let said = house.vidimus(["keyholder", "challenge", &id, "--out", "ask"]).succeeds();
    let share = format!("ask/approve-{id}-4.age");
    let key = with_age(&house, &share, &openers(&house, &said.out, &share, &people)).unwrap();
    house.file("key.pem", key);
    let text = format!("ask/approve-{id}.txt");
    let openssl = Command::new("openssl")
        .args(["pkeyutl", "-sign", "-rawin", "-inkey"])
        .arg(house.path("key.pem"))
        .arg("-in")
        .arg(house.path(&text))
        .arg("-out")
        .arg(house.path("signed"))
        .status()
        .expect("openssl is installed (make setup)");
    assert!(openssl.success());
    house.vidimus(["agree", &id, "--approval", "signed"]).succeeds();
    assert_eq!(house.vidimus(["keyholder", "list", "--json"]).succeeds().json().as_array().unwrap().len(), 2);
}

#[test]
fn keyholders_are_tested_without_opening_a_giver() {
    let (house, people) = guarded(2, 3);
    let said = house.vidimus(["keyholder", "test", "--out", "test"]).succeeds();
    let list = || house.vidimus(["keyholder", "list"]).succeeds().out;
    assert!(list().contains("None of them was tested."));
    let file = "test/recovery-test-2.age";
    let code = with_age(&house, file, &openers(&house, &said.out, file, &people)).unwrap();
    house
        .vidimus_told(["keyholder", "tested", "-"], b"recovery-test 00")
        .refuses(1, "not the code of a test");
    let mut unseal = vec!["unseal", file];
    let keys = openers(&house, &said.out, file, &people);
    keys.iter().for_each(|key| unseal.extend(["--key", key]));
    let read = house.vidimus(&unseal).succeeds();
    assert!(read.err.contains("no giver was opened") && !read.err.contains("statement"), "{read:?}");
    assert_eq!(read.out.as_bytes(), code);
    house.file("why", "a year passed");
    unseal.extend(["--statement", "said", "--about", "why", "--by", "Ana", "--purpose-file", "why"]);
    house.vidimus(&unseal).refuses(2, "This is a recovery test");
    assert!(!house.path("said").exists());
    house.vidimus_told(["keyholder", "tested", "-"], &code).succeeds();
    assert!(list().contains("2 of 3 opened a test, last on "));
    assert!(house.vidimus(["check"]).succeeds().out.contains("2 of 3 keyholders opened a recovery test"));
    let nobody = House::with_archive();
    nobody.vidimus(["keyholder", "test", "--out", "test"]).refuses(1, "No keyholders are named");
}
