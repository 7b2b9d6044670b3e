//! Nonsense typed at every option: it is refused in words, nothing hangs, and an intact bag is never called altered by it.

#[path = "common/bag.rs"]
mod bag;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::net::UnixListener;
use std::process::Command;

use bag::{Said, frozen_bag, verify};

/// What takes a value; `--help` must name no other.
const OPTIONS: [&str; 5] = ["--archive-key", "--receipt", "--tsa-ca", "--policy", "--lang"];
const FLAGS: [&str; 3] = ["--json", "--help", "--version"];
const LANGUAGES: [&str; 3] = ["en", "uk", "ru"];

/// Texts, and paths of what is not wanted in a folder.
fn values() -> Vec<OsString> {
    let mut all: Vec<OsString> = [
        "",
        " ",
        "-",
        "--",
        "-1",
        "0",
        "18446744073709551616",
        "1e9",
        "а1-1",
        "../../x",
        "red\u{1b}[31m\u{7}",
        "\u{202e}txt.exe",
        "\u{2066}x\u{2069}",
        "one\ntwo",
        "\u{9b}2J\u{7f}",
        ".",
        "fifo",
        "socket",
        "empty",
        "file",
        "file/below",
        "nowhere/at/all",
        "/dev/zero",
        "/dev/null",
        "/proc/self/mem",
        "name+12345678+AAAA",
    ]
    .map(OsString::from)
    .to_vec();
    all.push("x".repeat(5000).into());
    all.push("довга назва ".repeat(60).into());
    all.push(OsString::from_vec(b"not \xff\xfe UTF-8".to_vec()));
    all
}

#[track_caller]
fn refused(words: &[OsString], said: &Said) {
    let Said { code, out, err } = said;
    assert_eq!((*code, out.as_str()), (2, ""), "{words:?}: {err}");
    assert!(!err.contains("panicked") && !err.contains("os error"), "{words:?}: {err}");
    let plain = |c: char| {
        c == '\n'
            || !(c.is_control()
                || ('\u{202a}'..='\u{202e}').contains(&c)
                || ('\u{2066}'..='\u{2069}').contains(&c))
    };
    assert!(err.chars().all(plain), "{words:?}: {err:?}");
    let fits = |line: &str| line.chars().count() <= 80 || !line.trim().contains(' ');
    assert!(err.lines().all(fits), "{words:?}: {err}");
    let ends = err.split_whitespace().filter(|word| word.ends_with('.')).count();
    assert!(
        ends >= 2 && err.ends_with(".\n") && !err.starts_with(' '),
        "what happened, and what to do: {words:?}: {err}"
    );
}

#[test]
fn nonsense_is_refused_in_words() {
    let help = verify(&["--help".as_ref(), "--lang".as_ref(), "en".as_ref()]).out;
    let known = |word: &&str| OPTIONS.contains(word) || FLAGS.contains(word);
    let named: Vec<_> = help.split_whitespace().filter(|word| word.starts_with("--")).collect();
    assert!(named.iter().all(known), "of these one has no nonsense in the table: {named:?}");

    let folder = tempfile::tempdir().unwrap();
    let lies = |name: &str| folder.path().join(name);
    assert!(Command::new("mkfifo").arg(lies("fifo")).status().unwrap().success());
    drop(UnixListener::bind(lies("socket")).unwrap());
    fs::write(lies("empty"), "").unwrap();
    fs::write(lies("file"), "a note\n").unwrap();
    let bag = frozen_bag();
    let runs = |words: &[OsString]| {
        let output = Command::new("timeout")
            .args(["20", env!("CARGO_BIN_EXE_vidimus-verify")])
            .args(words)
            .env("LC_ALL", "C.UTF-8")
            .current_dir(folder.path())
            .output()
            .unwrap();
        Said {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    };
    for (number, value) in values().iter().enumerate() {
        let lang = format!("--lang={}", LANGUAGES[number % 3]);
        for option in OPTIONS {
            let mut joined = OsString::from(format!("{option}="));
            joined.push(value);
            let mut words = vec![bag.clone().into_os_string(), joined];
            if option != "--lang" {
                words.push(lang.clone().into());
            }
            // A policy may be empty: it then trusts nobody, and says so.
            let empty = ["empty", "/dev/null", "fifo"].map(OsStr::new).contains(&value.as_os_str());
            let said = runs(&words);
            if option == "--policy" && empty && said.code == 0 {
                continue;
            }
            refused(&words, &said);
        }
        // Where the bag should be.
        let words = [lang.into(), value.clone()];
        let said = runs(&words);
        match value.as_bytes() {
            b"." => assert_eq!(said.code, 1, "a folder without a bag: {}", said.err),
            _ => refused(&words, &said),
        }
    }
    for words in [
        &["", ""][..],
        &["--json"],
        &["--json", "--json"],
        &["--lang", "en", "--lang", "uk", "."],
        &["--receipt", "file", "--receipt", "file", "."],
        &["--no-such\u{1b}[2J", "."],
        &[".", "."],
        &["--archive-key"],
        &["--json=yes", "."],
    ] {
        let words: Vec<_> = words.iter().map(OsString::from).collect();
        refused(&words, &runs(&words));
    }
}
