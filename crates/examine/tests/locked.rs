//! What is closed by a password: opened with the right one of several, told apart without it, and no word of it anywhere.

mod common;

use common::{Item, Kept, ended, examiner, facts};
use vidimus_examine::{Findings, Options, Password};
use vidimus_model::{End, NotContainedReason, Reason, Stage, TimeZoneKnown};

/// One of the files of `tests/locked`, which its README describes.
fn locked(name: &str) -> Item {
    let path = format!("{}/tests/locked/{name}", env!("CARGO_MANIFEST_DIR"));
    Item::new(name, std::fs::read(path).unwrap())
}

/// Everything that is written in what was made.
fn words(findings: &Findings) -> String {
    let texts = findings.made.iter().filter(|made| made.media_type.ends_with("+json"));
    texts.map(|made| String::from_utf8_lossy(&made.bytes).into_owned()).collect()
}

fn opened(item: &Item, stages: &[Stage], words: &[&str]) -> (Findings, Kept) {
    let passwords = words.iter().map(|word| Password::new(*word)).collect();
    let mut kept = Kept::default();
    let findings = examiner().examine(item, stages, &Options { passwords, ..Options::default() }, &mut kept);
    for word in words {
        let hex: String = word.bytes().map(|byte| format!("{byte:02x}")).collect();
        let said = format!("{:?}", findings.tools);
        assert!(!said.contains(word) && !said.contains(&hex), "{said}");
    }
    (findings, kept)
}

#[test]
fn a_locked_rar_gives_its_members_to_the_right_password() {
    for (form, name) in [("5", "five.rar"), ("4", "four.rar")] {
        let item = locked(name);
        let (findings, kept) = opened(&item, &[Stage::Members], &["other-900", "password"]);
        assert_eq!(ended(&findings, Stage::Members), (End::Done, None), "{form} {:?}", findings.tools);
        let named = kept.named();
        let text = named[0].1.map(String::from_utf8_lossy).unwrap_or_default();
        assert!(named[0].0 == "hello.txt" && text.to_lowercase().starts_with("hello"), "{form} {named:?}");
        let known = if form == "5" { TimeZoneKnown::Utc } else { TimeZoneKnown::Unknown };
        assert_eq!((kept.0[0].1.zone, kept.0[0].1.modified.is_some()), (known, true), "{form}");

        let (findings, kept) = opened(&item, &[Stage::Members], &["other-900"]);
        assert_eq!(ended(&findings, Stage::Members), (End::Failed, Some(Reason::WrongPassword)), "{form}");
        assert!(kept.0.is_empty());
    }
}

#[test]
fn a_locked_rar_that_is_damaged_says_so_and_keeps_nothing_of_it() {
    let mut item = locked("five.rar");
    let at = item.bytes.len() - 40;
    item.bytes[at] ^= 1;
    let (findings, kept) = opened(&item, &[Stage::Members], &["password"]);
    assert_eq!(
        ended(&findings, Stage::Members),
        (End::Failed, Some(Reason::Damaged)),
        "{:?}",
        findings.tools
    );
    assert!(kept.0.iter().all(|(_, _, bytes)| bytes.is_none()));
    assert_eq!(findings.not_taken[0].reason, NotContainedReason::Damaged);
}

#[test]
fn locked_office_documents_are_read_as_what_they_are_behind_the_lock() {
    let stages = [Stage::First, Stage::Text];
    for name in ["agile.docx", "standard.docx"] {
        let (findings, _) = opened(&locked(name), &stages, &["other-900", "sesame-900"]);
        assert_eq!(ended(&findings, Stage::Text), (End::Done, None), "{name} {:?}", findings.tools);
        // The file is what it was; what is behind the lock tells its facts.
        assert_eq!(findings.kind.as_ref().unwrap().media_type, "application/vnd.ms-office");
        assert_eq!(facts(&findings, "unlocked"), ["true"]);
        assert_eq!(facts(&findings, "office.creator"), ["И. Вымышленный"]);
        assert!(words(&findings).contains("Осмотр камеры 12 проведён ночью."), "{name}");

        for (given, reason) in [(&[][..], Reason::NeedsPassword), (&["other-900"], Reason::WrongPassword)] {
            let (findings, _) = opened(&locked(name), &stages, given);
            assert_eq!(ended(&findings, Stage::Text), (End::Failed, Some(reason)), "{name}");
            assert_eq!(ended(&findings, Stage::First).0, End::Done, "{name} {:?}", findings.tools);
            assert!(words(&findings).is_empty());
        }
    }
}

#[test]
fn a_locked_office_document_that_is_cut_off_is_damaged_and_not_its_password_wrong() {
    let mut item = locked("agile.docx");
    item.bytes.truncate(item.bytes.len() - 2048);
    let (findings, _) = opened(&item, &[Stage::Text], &["sesame-900"]);
    let (end, reason) = ended(&findings, Stage::Text);
    assert_eq!(end, End::Failed);
    assert!(matches!(reason, Some(Reason::Damaged | Reason::EndsEarly)), "{reason:?}");
}

#[test]
fn locked_pdfs_are_read_whichever_way_they_are_locked() {
    if !here("pdftotext") {
        return;
    }
    let stages = [Stage::First, Stage::Text];
    for name in ["rc4.pdf", "aes128.pdf", "aes256.pdf"] {
        for word in ["sesame-900", "other-900"] {
            let (findings, _) = opened(&locked(name), &stages, &["wrong", word]);
            assert_eq!(ended(&findings, Stage::Text), (End::Done, None), "{name} {:?}", findings.tools);
            assert!(words(&findings).contains("Cell 12 was searched at night."), "{name}");
            assert_eq!(facts(&findings, "pdf.author"), ["Vymyshlenny"], "{name}");
            assert_eq!(facts(&findings, "pdf.file_size").len(), 0);
            let claim = findings.times.iter().find(|claim| claim.field == "pdf.creationdate").unwrap();
            assert_eq!(claim.zone, Some(180), "{name}");
        }
        for (given, reason) in [(&[][..], Reason::NeedsPassword), (&["wrong"], Reason::WrongPassword)] {
            let (findings, _) = opened(&locked(name), &stages, given);
            assert_eq!(ended(&findings, Stage::Text), (End::Failed, Some(reason)), "{name}");
        }
    }
    let (findings, _) = opened(&locked("unchangeable.pdf"), &stages, &["wrong"]);
    assert_eq!(ended(&findings, Stage::Text), (End::Done, None), "{:?}", findings.tools);
    assert_eq!(facts(&findings, "unlocked").len(), 0);
}

#[test]
fn locked_files_of_other_programs_are_read() {
    let shared = std::env::var_os("VIDIMUS_SHARED").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        std::path::PathBuf::from,
    );
    let folder = shared.join("samples/document");
    if !folder.is_dir() {
        println!("skipped: there is no {}", folder.display());
        return;
    }
    for (path, word) in [
        ("office/testPPT_protected_passtika.pptx", "tika"),
        ("office/testEXCEL_protected_passtika.xlsx", "tika"),
        ("pdf/pr6531_2.pdf", "asdfasdf"),
        ("pdf/issue15893_reduced.pdf", "test"),
    ] {
        let item = Item::new(path, std::fs::read(folder.join(path)).unwrap());
        let (findings, _) = opened(&item, &[Stage::Text], &[word]);
        let (end, reason) = ended(&findings, Stage::Text);
        assert!(matches!(end, End::Done | End::Nothing), "{path} {reason:?} {:?}", findings.tools);
    }
}

fn here(program: &str) -> bool {
    let found = ["/usr/bin", "/usr/local/bin"]
        .iter()
        .any(|folder| std::path::Path::new(folder).join(program).exists());
    if !found {
        println!("skipped: {program} is not installed");
    }
    found
}
