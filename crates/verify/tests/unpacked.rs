//! What a tool unpacked is proved as that, and the page, the JSON and the recipe of `docs/format/bag.md` say so.

#[path = "../../proof/tests/common/sample.rs"]
mod sample;

use std::fs;
use std::process::Command;

use sample::Sample;
use serde_json::{Value, json};
use tempfile::TempDir;

/// A bag whose second file was unpacked.
fn unpacked() -> TempDir {
    let tool = vec![("tool", json!("bsdtar")), ("tool_version", json!("3.7\u{1b}[2J"))];
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in sample::bag(&Sample { unpacked_by: Some(tool), ..Sample::default() }).0 {
        let path = folder.path().join("bag").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn verify(folder: &TempDir, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vidimus-verify"));
    let said = command.arg(folder.path().join("bag")).args(arguments).output().unwrap();
    assert_eq!(said.status.code(), Some(0), "{said:?}");
    String::from_utf8(said.stdout).unwrap()
}

#[test]
fn the_page_says_it_of_that_file_alone_in_three_languages() {
    let folder = unpacked();
    for (lang, line, limit) in [
        ("en", "unpacked by the tool bsdtar 3.7\\u{1b}[2J from another file", "marked as unpacked"),
        ("uk", "розпакував інструмент bsdtar 3.7\\u{1b}[2J з іншого файлу", "позначений як"),
        ("ru", "распаковал инструмент bsdtar 3.7\\u{1b}[2J из другого файла", "помеченный как"),
    ] {
        let page = verify(&folder, &["--lang", lang]);
        assert!(!page.contains('\u{1b}'), "no name of a tool moves the cursor");
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(page.matches(line).count(), 1, "{page}");
        assert_eq!(page.matches(limit).count(), 1, "{page}");
    }
}

#[test]
fn programs_are_told_the_tool() {
    let report: Value = serde_json::from_str(&verify(&unpacked(), &["--json"])).unwrap();
    assert_eq!(report["files"][0].get("unpacked_by"), None);
    assert_eq!(report["files"][1]["unpacked_by"], json!({ "tool": "bsdtar", "version": "3.7\u{1b}[2J" }));
}

#[test]
fn the_recipe_says_it_too() {
    let folder = unpacked();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/format/check_bag.py");
    for (file, says) in [("data/01.mp4", false), ("data/02.txt", true)] {
        let mut command = Command::new("python3");
        let Ok(said) = command.arg(script).arg(folder.path().join("bag")).arg(file).output() else {
            println!("skipped: the program python3 is not installed");
            return;
        };
        let page = String::from_utf8(said.stdout).unwrap();
        assert!(page.starts_with("PROVED: "), "{page}");
        assert_eq!(page.contains("unpacked from another file"), says, "{page}");
    }
}
