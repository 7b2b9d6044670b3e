//! Clocks that lie: the order comes from the log, nothing panics, and what each clock said stays to be read.

use std::process::Command;

use crate::support::{House, Said};

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
        for command in [&reason[..], &back, &["list"], &["show", "A1-1"]] {
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
    assert!(house.vidimus(["log", "A1-1"]).succeeds().out.contains(&times[0][..10]));
    for clock in ["-1d", "+3650d", "+0"] {
        under(clock, &house, &["check", "--full"]).unwrap().succeeds();
        under(clock, &house, &["backup", "copy"]).unwrap().succeeds();
    }
}
