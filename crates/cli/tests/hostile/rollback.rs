//! Yesterday put back, whole or in parts: what went back is said truly, nothing is recorded, and a person decides how it goes on.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{House, Said};

/// The house as it was yesterday (in `yesterday`), and as it is (in `today`): since then A2 was taken in and A1-1 withdrawn.
fn two_days() -> House {
    let house = House::with_archive();
    house.file("one/note.txt", "a note");
    house.file("two/letter.txt", "a letter");
    house.file("three/list.txt", "a list");
    house.vidimus(["receive", "one"]).succeeds();
    house.vidimus(["list"]).succeeds();
    for day in ["yesterday", "today"] {
        if day == "today" {
            house.vidimus(["receive", "two"]).succeeds();
            house.vidimus(["withdraw", "A1-1", "--reason", "r"]).succeeds();
            house.vidimus(["list"]).succeeds();
        }
        fs::create_dir(house.path(day)).unwrap();
        for part in ["archive", "state"] {
            copy(&house.path(part), &house.path(day).join(part));
        }
    }
    house
}

/// Today, but these parts of the archive's folder are yesterday's.
fn put_back(house: &House, parts: &[&str]) {
    let put = |from: &str, part: &str| {
        let (from, to) = (house.path(from).join(part), house.path(part));
        Command::new("rm").arg("-rf").arg(&to).status().unwrap();
        if from.exists() {
            copy(&from, &to);
        }
    };
    ["archive", "state"].iter().for_each(|part| put("today", part));
    parts.iter().for_each(|part| put("yesterday", part));
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").args([from, to]).status().unwrap().success());
}

fn problems(said: &Said) -> Vec<(String, String)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let problems = said.json()["problems"].as_array().unwrap().clone();
    problems.iter().map(|one| (text(&one["ref"]), text(&one["problem"]))).collect()
}

fn listed(house: &House) -> String {
    house.vidimus(["list"]).succeeds().out
}

#[test]
fn of_a_ledger_that_went_back_both_checkpoints_are_named_and_nothing_is_recorded() {
    let house = two_days();
    let [before, after] = ["yesterday/archive", "today/archive"].map(|archive| size(&house, archive));
    let wal = ["archive/ledger.db", "archive/ledger.db-wal", "archive/ledger.db-shm"];
    let with_folds = [&wal[..], &["archive/folds"]].concat();
    for parts in [&["archive"][..], &wal, &with_folds] {
        put_back(&house, parts);
        for (lang, back, goes_on) in [
            ("en", "this archive went back", "vidimus recover --accept-rollback REASON"),
            ("uk", "цей архів повернувся назад", "vidimus recover --accept-rollback ПРИЧИНА"),
            ("ru", "этот архив вернулся назад", "vidimus recover --accept-rollback ПРИЧИНА"),
        ] {
            let read = house.vidimus(["list", "--lang", lang]).succeeds();
            assert!(
                read.out.contains("note.txt") && !read.out.contains("letter.txt"),
                "what is lost is not shown: {read:?}"
            );
            let said = house.vidimus(["receive", "three", "--lang", lang]);
            for words in [back, goes_on, &format!("stories {before} "), &format!("stories {after} ")] {
                assert!(read.err.contains(words), "{parts:?}: {read:?} lacks {words}");
                assert!(
                    said.code == 1 && said.err.to_lowercase().contains(&words.to_lowercase()),
                    "{said:?} lacks {words}"
                );
            }
        }
        for record in [&["release", "A1"][..], &["withdraw", "A1-1", "--reason", "r"], &["backup", "copy"]] {
            assert_eq!(house.vidimus(record).code, 1, "{parts:?}: {record:?} records nothing");
        }
        let found = problems(&house.vidimus(["check", "--full", "--json"]));
        assert!(found.iter().any(|(what, _)| *what == format!("checkpoint {after}")), "{parts:?}: {found:?}");
        assert_eq!(size(&house, "archive"), before, "nothing was appended");
        house.vidimus(["recover", "--accept-rollback", "the disk died"]).succeeds();
        house.vidimus(["receive", "three"]).succeeds();
        assert!(listed(&house).contains("list.txt"), "it goes on");
    }
    // The whole folder: nothing of what was lost lies about any more.
    put_back(&house, &["archive"]);
    house.vidimus(["recover", "--accept-rollback", "the disk died"]).succeeds();
    house.vidimus(["check", "--full"]).succeeds();
}

/// How many rows the ledger of an archive says it has.
fn size(house: &House, archive: &str) -> String {
    let ask = "import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute('SELECT size FROM tip').fetchone()[0])";
    let output = Command::new("python3")
        .args(["-c", ask])
        .arg(house.path(archive).join("ledger.db"))
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_key_store_that_went_back_alone_is_no_roll_back_of_the_log() {
    let house = two_days();
    put_back(&house, &["archive/keys"]);
    let checked = house.vidimus(["check", "--full", "--json"]);
    let found = problems(&checked);
    assert_eq!(checked.code, 1);
    assert!(found.iter().any(|(what, _)| what.starts_with("key")), "{found:?}");
    assert!(found.iter().any(|(_, problem)| problem.contains("it is missing")), "{found:?}");
    assert!(!found.iter().any(|(_, problem)| problem.contains("went back")), "the log did not: {found:?}");
    // Today's, out of a backup, and all is well.
    put_back(&house, &[]);
    house.vidimus(["check", "--full"]).succeeds();

    // Older keys open with an older passphrase.
    house.private("new", "nine new herons cross the lake");
    house.vidimus(["passphrase", "--new-passphrase-file", "new"]).succeeds();
    Command::new("rm").arg("-rf").arg(house.path("archive/keys")).status().unwrap();
    copy(&house.path("today/archive/keys"), &house.path("archive/keys"));
    let found = problems(&house.vidimus(["check", "--json"]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].1.contains("not the newest key file of Olena"), "{found:?}");
}

#[test]
fn receipts_that_went_back_alone_are_named_and_made_again() {
    let house = two_days();
    put_back(&house, &["archive/receipts"]);
    let checked = house.vidimus(["check", "--full", "--json"]);
    let found = problems(&checked);
    assert!(checked.code == 1 && !found.is_empty(), "{checked:?}");
    for (what, problem) in &found {
        assert!(what.starts_with("receipt ") && problem.contains("its files are missing"), "{found:?}");
    }
    // It says what to do, and that does it.
    let remedy = checked.json()["problems"][0]["what_to_do"].as_str().unwrap().to_owned();
    assert!(remedy.contains("Run vidimus rebuild"), "{remedy}");
    house.vidimus(["rebuild"]).succeeds();
    house.vidimus(["check", "--full"]).succeeds();
}

#[test]
fn the_mark_alone() {
    let house = two_days();
    // An older one: the archive went on, as it may.
    put_back(&house, &["state"]);
    assert!(!listed(&house).is_empty());
    house.vidimus(["check"]).succeeds();

    // None: a roll-back cannot be excluded, and a person has to say so.
    fs::remove_dir_all(house.path("state")).unwrap();
    let asked = house.vidimus(["list"]);
    assert!(asked.code != 0 && asked.err.contains("--first-seen-here"), "{asked:?}");
    assert!(!house.path("state").join("vidimus").exists(), "nothing is remembered before it is confirmed");
    house.vidimus(["list", "--first-seen-here"]).succeeds();
    house.vidimus(["receive", "three"]).succeeds();

    // Of another archive, in ours' place; and no checkpoint at all.
    let other = House::new();
    other
        .vidimus(["init", "--origin", "archive.example/others", "--member", "Boris", "--recovery-sheet", "s"])
        .succeeds();
    let theirs = fs::read(mark(&other)).unwrap();
    for bytes in [&theirs[..], b"nonsense"] {
        put_back(&house, &[]);
        fs::write(mark(&house), bytes).unwrap();
        for (lang, words) in [
            ("en", "the mark was changed, so nothing is recorded"),
            ("uk", "позначку змінено, тому нічого не записується"),
            ("ru", "отметка изменена, поэтому ничего не записывается"),
        ] {
            let said = house.vidimus(["receive", "three", "--lang", lang]);
            assert!(said.code == 1 && said.err.contains(words), "{said:?}");
            let read = house.vidimus(["list", "--lang", lang]).succeeds();
            assert!(read.err.contains(words) && read.out.contains("letter.txt"), "{read:?}");
        }
        house.vidimus(["receive", "three"]).refuses(1, "is no checkpoint of this archive");
        let found = problems(&house.vidimus(["check", "--json"]));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].0 == "high-water mark" && found[0].1.contains("the mark was changed"), "{found:?}");
        house.vidimus(["recover", "--accept-rollback", "somebody wrote over the mark"]).succeeds();
        house.vidimus(["receive", "three"]).succeeds();
        house.vidimus(["check", "--full"]).succeeds();
    }
}

fn mark(house: &House) -> std::path::PathBuf {
    let state = house.path("state/vidimus");
    let archive = fs::read_dir(state).unwrap().next().unwrap().unwrap().path();
    archive.join("high-water")
}

/// Its key is the compartment's since yesterday, and the record that says so is lost.
#[test]
fn what_was_released_since_is_seen_by_its_registrar_and_released_again() {
    let house = House::with_archive();
    house.file("one/note.txt", "a note");
    house.vidimus(["receive", "one"]).succeeds();
    fs::create_dir(house.path("yesterday")).unwrap();
    copy(&house.path("archive"), &house.path("yesterday/archive"));
    house.vidimus(["release", "A1"]).succeeds();
    assert!(listed(&house).contains("released"));
    for file in ["ledger.db-wal", "ledger.db-shm"] {
        let _ = fs::remove_file(house.path("archive").join(file));
    }
    fs::copy(house.path("yesterday/archive/ledger.db"), house.path("archive/ledger.db")).unwrap();
    assert!(listed(&house).contains("note.txt"), "it is not lost: {}", listed(&house));
    house.vidimus(["recover", "--accept-rollback", "the disk died"]).succeeds();
    assert!(listed(&house).contains("private"), "{}", listed(&house));
    house.vidimus(["release", "A1"]).succeeds();
    assert!(listed(&house).contains("released"));
    house.vidimus(["show", "A1-1"]).succeeds();
    let found = problems(&house.vidimus(["check", "--full", "--json"]));
    assert!(found.iter().all(|(what, _)| what.starts_with("checkpoint ")), "{found:?}");
}

#[test]
fn a_computer_that_never_saw_the_archive_learns_from_its_folder_that_the_ledger_went_back() {
    let house = two_days();
    let wal = ["archive/ledger.db", "archive/ledger.db-wal", "archive/ledger.db-shm"];
    for without in [None, Some("archive/log"), Some("archive/receipts")] {
        put_back(&house, &wal);
        for gone in without.into_iter().chain(["state"]) {
            fs::remove_dir_all(house.path(gone)).unwrap();
        }
        let log = fs::read(house.path("archive/log/checkpoint")).ok();
        let read = house.vidimus(["--first-seen-here", "list"]).succeeds();
        assert!(read.err.contains("WARNING: this archive went back"), "{without:?}: {read:?}");
        house.vidimus(["receive", "three"]).refuses(1, "This archive went back");
        house.vidimus(["withdraw", "A1-1", "--reason", "r"]).refuses(1, "This archive went back");
        assert_eq!(fs::read(house.path("archive/log/checkpoint")).ok(), log, "nothing else is published");
        let checked = house.vidimus(["check"]);
        assert!(checked.code == 1 && !checked.out.contains("harmless"), "{checked:?}");
        house.vidimus(["recover", "--accept-rollback", "the disk died"]).succeeds();
        house.vidimus(["receive", "three"]).succeeds();
        if without.is_none() {
            house.vidimus(["check"]).succeeds();
        }
    }
}

#[test]
fn yesterdays_published_log_is_named_by_todays_receipts() {
    let house = two_days();
    put_back(&house, &["archive/log"]);
    let found = problems(&house.vidimus(["check", "--json"]));
    assert!(found.iter().any(|(what, _)| what == "log/checkpoint"), "{found:?}");
    house.vidimus(["rebuild"]).succeeds();
    house.vidimus(["check"]).succeeds();
}
