//! Clocks that lie: the order comes from the log, nothing panics, and what each clock said stays to be read, with what speaks against it.

use std::process::Command;

use serde_json::{Value, json};

use crate::authority::{Authority, Plan, openssl_is_there};
use crate::support::{House, Said, init};
use crate::web::{Answer, Web};

/// Runs a command under a clock that is off, by `faketime` of every Debian; none where it is not installed.
fn under(clock: &str, house: &House, arguments: &[&str]) -> Option<Said> {
    let mut command = Command::new("faketime");
    house.settle(&mut command);
    // Time that is only waited for stays true.
    command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    command.args(["-f", clock, env!("CARGO_BIN_EXE_vidimus")]).args(arguments);
    let Ok(output) = command.output() else {
        println!("skipped: this machine has no `faketime`");
        return None;
    };
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Some(Said { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) })
}

/// What a check does not know because of the clock.
fn doubted(said: &Said) -> Vec<String> {
    let unknown = said.json()["unknown"].as_array().unwrap().clone();
    let texts = unknown.iter().map(|text| text.as_str().unwrap().to_owned());
    texts.filter(|text| text.contains("our clock")).collect()
}

#[test]
fn order_comes_from_the_log_whatever_the_clock_says() {
    let house = House::with_archive();
    // Now, ten years ahead, a day back, a clock that runs an hour with each look at it, before there were computers.
    let clocks = ["+0", "+3650d", "-1d", "+0 i3600", "-20500d", "+0"];
    for (number, clock) in clocks.iter().enumerate() {
        house.file(&format!("disk-{number}/note"), format!("note {number}"));
        let Some(said) = under(clock, &house, &["receive", &format!("disk-{number}"), "--json"]) else {
            return;
        };
        assert_eq!(said.succeeds().json()["accession"], format!("A{}", number + 1), "under {clock}");
        let reason = ["withdraw", "A1-1", "--reason", "r"];
        let back = ["reinstate", "A1-1", "--reason", "r"];
        for command in [&reason[..], &back] {
            under(clock, &house, command).unwrap().succeeds();
        }
        let disclose = ["disclose", "A1-1", "--to", "X", "--purpose", "Y", "--out", &format!("bag-{number}")];
        under(clock, &house, &disclose).unwrap().succeeds();
    }
    let log = house.vidimus(["log", "A1-1", "--json"]).succeeds().json();
    let log = log.as_array().unwrap();
    let (places, times): (Vec<_>, Vec<_>) =
        log.iter().map(|row| (row["seq"].as_u64().unwrap(), row["at"].as_str().unwrap())).unzip();
    assert!(places.is_sorted(), "oldest first, by the log: {places:?}");
    assert!(!times.is_sorted(), "what each clock said is kept: {times:?}");
    for (clock, lies) in [("-1d", true), ("+3650d", false), ("+0", true)] {
        let said = under(clock, &house, &["check", "--full", "--json"]).unwrap().succeeds();
        let future = doubted(&said).iter().any(|text| text.contains("on this machine it is only"));
        assert_eq!(future, lies, "under {clock}: {said:?}");
        under(clock, &house, &["backup", "copy"]).unwrap().succeeds();
    }
}

#[test]
fn a_clock_that_went_back_is_told_wherever_its_records_are_read() {
    let house = House::with_archive();
    house.file("early/note", "a note");
    house.file("ahead/note", "another note");
    house.file("right/note", "a third note");
    house.vidimus(["receive", "early"]).succeeds();
    assert_eq!(doubted(&house.vidimus(["check", "--json"]).succeeds()), [""; 0], "an honest clock");
    assert_eq!(house.vidimus(["show", "A1-1", "--json"]).succeeds().json()["clock_doubts"], json!([]));
    if under("+3650d", &house, &["receive", "ahead"]).is_none() {
        return;
    }
    house.vidimus(["receive", "right"]).succeeds();

    // The second delivery is ahead of this machine's clock, the third before the second.
    let is = |value: &Value| -> Vec<String> {
        let doubts = value["clock_doubts"].as_array().unwrap();
        doubts.iter().map(|doubt| doubt["is"].as_str().unwrap().to_owned()).collect()
    };
    let shown = |what: &str| house.vidimus(["show", what, "--json"]).succeeds().json();
    assert_eq!([is(&shown("A1")), is(&shown("A1-1"))], [vec![], Vec::<String>::new()]);
    assert_eq!([is(&shown("A2")), is(&shown("A2-1"))], [["in-the-future"]; 2]);
    assert_eq!(is(&shown("A3")), ["before-earlier-record"]);
    let log = house.vidimus(["log", "A3", "--json"]).succeeds().json();
    assert_eq!(is(&log[0]), ["before-earlier-record"]);
    let (ahead, earlier) = (&log[0]["clock_doubts"][0]["at"], &log[0]["clock_doubts"][0]["record"]);
    assert!(ahead.as_str() > log[0]["at"].as_str() && earlier.as_u64() < log[0]["seq"].as_u64(), "{log}");

    let words = [
        ("en", "our clock was wrong", "our clock was ahead", "the order is the log's", "it is only"),
        ("uk", "наш годинник хибив", "наш годинник поспішав", "порядок задає журнал", "зараз лише"),
        ("ru", "наши часы ошибались", "наши часы спешили", "порядок задаёт журнал", "сейчас только"),
    ];
    for (lang, wrong, future, order, only) in words {
        let says = |command: &[&str]| house.vidimus([command, &["--lang", lang]].concat()).succeeds().out;
        for command in [["show", "A3"], ["log", "A3"]] {
            assert!(says(&command).contains(wrong) && says(&command).contains(order), "{lang} {command:?}");
        }
        for command in [["show", "A2-1"], ["log", "A2-1"]] {
            assert!(says(&command).contains(future), "{lang} {command:?}");
        }
        let check = says(&["check"]);
        assert!(check.contains(order) && check.contains(only), "{check}");
    }
}

#[test]
fn a_time_stamp_shows_that_the_clock_was_ahead() {
    if !openssl_is_there() {
        println!("skipped: this machine has no `openssl`");
        return;
    }
    let house = House::with_archive();
    let authority = Authority::new(&Plan::default());
    house.file("archive/authority.pem", authority.root_pem());
    let web = Web::new(move |request| Answer::ok(authority.answer(request)));
    let one = json!({ "name": "Example", "url": web.url(), "ca": "authority.pem" });
    house.file("archive/settings.json", json!({ "authorities": [one] }).to_string());
    house.file("ahead/note", "a note");
    if under("+3650d", &house, &["receive", "ahead"]).is_none() {
        return;
    }
    house.vidimus(["anchor"]).succeeds();
    // Read years later: the present says nothing any more, the time stamp does.
    let later = |arguments: &[&str]| under("+7300d", &house, arguments).unwrap().succeeds();
    let shown = later(&["show", "A1-1", "--json"]).json();
    assert_eq!(shown["clock_doubts"][0]["is"], "after-time-stamp", "{shown}");
    assert!(shown["clock_doubts"][0]["at"].as_str() < shown["at"].as_str(), "{shown}");
    for (lang, card, check) in [
        ("en", "a time stamp shows that it was there by", "a time stamp shows that it was there by"),
        ("uk", "позначка часу показує", "позначка часу свідчить"),
        ("ru", "метка времени показывает", "метка времени свидетельствует"),
    ] {
        for (command, words) in [(&["show", "A1-1"][..], card), (&["log", "A1-1"], card), (&["check"], check)]
        {
            let said = later(&[command, &["--lang", lang]].concat());
            assert!(said.out.contains(words), "{lang}: {said:?}");
        }
    }
}

#[test]
fn a_clock_beyond_all_years_stops_nobody() {
    // Before 1970, in 2200, at the end of four-digit years, far beyond, and before there were years.
    for (clock, day) in [
        ("-30000d", "19"),
        ("+64000d", "22"),
        ("+2912000d", "9999"),
        ("+5000000d", "9999"),
        ("-1000000d", "0001"),
    ] {
        let house = House::new();
        house.file("disk/note", "a note");
        let Some(said) = under(clock, &house, &init()) else { return };
        said.succeeds();
        for command in [
            &["receive", "disk"][..],
            &["release", "A1"],
            &["disclose", "A1-1", "--to", "X", "--purpose", "Y", "--out", "bag"],
            &["check", "--full"],
            &["log", "A1-1"],
            &["backup", "copy"],
        ] {
            let said = under(clock, &house, command).unwrap().succeeds();
            assert!(!said.err.contains("panicked"), "{said:?}");
        }
        let shown = house.vidimus(["show", "A1-1", "--json"]).succeeds().json();
        assert!(shown["at"].as_str().unwrap().starts_with(day), "under {clock}: {shown}");
    }
}
