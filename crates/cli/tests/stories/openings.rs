//! Who opened a giver says so: with our program, with `age` and `openssl` alone, or only in words.

use std::fs;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::keyholders_change::{guarded, openers, with_age};
use crate::support::House;

const SAID: &str = "Пан Х., вулиця Тиха 9\n";

/// Two of three keyholders have files of who gave A1; who opens the first of them.
fn sealed() -> (House, Vec<String>) {
    let (house, people) = guarded(2, 3);
    house.file("disk/note.txt", "a note");
    house.vidimus_told(["receive", "disk", "--from-file", "-"], SAID.as_bytes()).succeeds();
    let said = house.vidimus(["keyholder", "giver", "A1", "--out", "shares"]).succeeds();
    let keys = openers(&house, &said.out, "shares/A1-giver-1.age", &people);
    house.file("why.txt", "the court asked\nletter 12\n");
    (house, keys)
}

fn shown(house: &House) -> String {
    house.vidimus(["show", "A1"]).succeeds().out
}

#[test]
fn keyholders_sign_that_they_opened_it_and_the_archive_records_it() {
    let (house, keys) = sealed();
    assert!(shown(&house).contains("no opening is recorded"));
    let with = |more: &[&str]| {
        let opens = ["unseal", "shares/A1-giver-1.age", "--key", &keys[0], "--key", &keys[1]];
        house.vidimus([&opens[..], more].concat())
    };
    let silent = with(&[]).succeeds();
    assert!(
        silent.out == SAID && silent.err.contains("No statement of this opening was signed"),
        "{silent:?}"
    );
    let sign = ["--statement", "opened.txt", "--by", "Ана", "--purpose-file", "why.txt", "--about"];
    let with_text = |text: &str| with(&[&sign[..], &[text]].concat());
    with_text("why.txt").refuses(2, "does not belong to the age files");
    let signed = with_text("shares/A1-giver.txt").succeeds();
    assert_eq!(signed.out, SAID);
    assert!(signed.err.contains("signed in opened.txt"), "{signed:?}");
    let statement = fs::read_to_string(house.path("opened.txt")).unwrap();
    for line in ["accession A1\n", "by Ана\n", "why the court asked\n", "why letter 12\n"] {
        assert!(statement.contains(line), "{line:?} is missing in {statement}");
    }
    assert!(!statement.contains("Тиха") && !statement.contains("Пан"), "{statement}");

    let opened = |file: &str| house.vidimus(["keyholder", "opened", file]);
    house.file("forged.txt", statement.replace("Ана", "Бо"));
    opened("forged.txt").refuses(1, "not signed with the key that was sealed with the giver");
    house.file(
        "unsigned.txt",
        statement.split_inclusive('\n').filter(|l| !l.starts_with("signature")).collect::<String>(),
    );
    opened("unsigned.txt").refuses(1, "Nobody signed unsigned.txt");
    opened("why.txt").refuses(2, "is no statement that a giver was opened");
    assert!(opened("opened.txt").succeeds().out.contains("the signature holds"));
    opened("opened.txt").succeeds();

    let page = shown(&house);
    assert!(
        page.contains("Ана, ") && page.contains("the court asked letter 12 (signed; the share of age1"),
        "{page}"
    );
    assert!(!page.contains("no opening is recorded"), "{page}");
    let shown = house.vidimus(["show", "A1", "--json"]).succeeds().json();
    assert_eq!(shown["openings"].as_array().unwrap().len(), 1, "twice the same is recorded once");
    assert_eq!(shown["openings"][0]["keyholders"].as_array().unwrap().len(), 2);
    let log = house.vidimus(["log", "A1", "--json"]).succeeds().json();
    let line = log.as_array().unwrap().iter().find(|line| line["change"] == "giver-opened/1").unwrap();
    assert_eq!(line["note"], "Ана");
    assert_eq!(line["opening"], "signed");
    assert!(house.vidimus(["log", "A1"]).succeeds().out.contains("Ана (signed)"));
    let checked = house.vidimus(["check"]).succeeds();
    assert!(checked.out.contains("1 opening of a giver, signed with the key"), "{checked:?}");
}

#[test]
fn keyholders_sign_with_age_and_openssl_alone() {
    let (house, keys) = sealed();
    let words = String::from_utf8(with_age(&house, "shares/A1-giver-1.age", &keys).unwrap()).unwrap();
    let (said, line) = words.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(said, SAID);
    house.file("key.der", STANDARD.decode(line.strip_prefix("vidimus-opening-key ").unwrap()).unwrap());
    let openssl = |words: &[&str]| {
        let output = Command::new("openssl").args(words).current_dir(house.path(".")).output();
        let output = output.expect("openssl is installed (make setup)");
        assert!(output.status.success(), "{output:?}");
        output.stdout
    };
    // Which share it is, its key says.
    let public = openssl(&["pkey", "-inform", "DER", "-in", "key.der", "-pubout", "-outform", "DER"]);
    let public = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&public[public.len() - 32..]);
    let asked = fs::read_to_string(house.path("shares/A1-giver.txt")).unwrap();
    let head: String = asked.split_inclusive('\n').skip(1).take(3).collect();
    let share = asked.lines().find_map(|line| line.strip_prefix(&format!("share {public} "))).unwrap();
    let keyholders: String = share.split(' ').map(|one| format!("keyholder {one}\n")).collect();
    let text = format!(
        "vidimus/giver-opened/v1\n{head}share {public}\n{keyholders}by Бо\nat 2031-02-19T10:00:00Z\nwhy a name was asked for\n"
    );
    house.file("opened.txt", &text);
    let sign = ["pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", "key.der", "-in", "opened.txt"];
    let signature = STANDARD.encode(openssl(&sign));
    let statement = format!("{text}signature {signature}\n");
    house.vidimus_told(["keyholder", "opened", "-"], statement.as_bytes()).succeeds();
    assert!(shown(&house).contains("Бо, 2031-02-19T10:00:00Z by their clock: a name was asked for (signed"));
}

#[test]
fn what_is_told_is_shown_as_told() {
    let (house, _) = sealed();
    let told = ["keyholder", "opened", "--told", "A1", "--by", "Ана"];
    assert_eq!(house.vidimus(told).code, 2, "what for is asked");
    let told = [&told[..], &["--purpose-file", "why.txt"]].concat();
    assert!(house.vidimus(told).succeeds().out.contains("nobody signed it"));
    assert!(shown(&house).contains("(told; nobody signed it)"));
    for (lang, when) in
        [("en", "Ана, time unknown"), ("uk", "Ана, час невідомий"), ("ru", "Ана, время неизвестно")]
    {
        let page = house.vidimus(["show", "A1", "--lang", lang]).succeeds().out;
        assert!(page.contains(when) && !page.contains("Ана, unknown"), "{page}");
    }
    for (lang, how) in [("en", "Ана (told; "), ("uk", "Ана (розповідь; "), ("ru", "Ана (рассказ; ")]
    {
        let log = house.vidimus(["log", "A1", "--lang", lang]).succeeds().out;
        assert!(log.contains(how), "{log}");
    }
    let log = house.vidimus(["log", "A1", "--json"]).succeeds().json();
    let told: Vec<_> = log.as_array().unwrap().iter().filter(|line| line["opening"] == "told").collect();
    assert!(told.len() == 1 && told[0]["change"] == "giver-opened/1", "{log}");
    let checked = house.vidimus(["check", "--json"]).succeeds().json();
    let unknown = checked["unknown"].to_string();
    assert!(unknown.contains("whether 1 opening of a giver was as somebody told it"), "{unknown}");
}

#[test]
fn the_registrar_who_opens_a_giver_is_recorded() {
    let house = House::with_archive();
    house.file("disk/note.txt", "a note");
    house.vidimus_told(["receive", "disk", "--from-file", "-"], SAID.as_bytes()).succeeds();
    house.file("why.txt", "to ask again\n");
    let giver = ["keyholder", "giver", "A1", "--purpose-file", "why.txt"];
    assert_eq!(house.vidimus(giver).succeeds().out, SAID);
    let page = shown(&house);
    assert!(page.contains("Olena, ") && page.contains(": to ask again (signed; the share of age1"), "{page}");
    house.vidimus(["check", "--full"]).succeeds();
}
