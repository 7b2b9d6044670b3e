//! A machine is looked at before anything is entrusted to it.

use super::support::{House, Said};

#[test]
fn a_doctor_names_every_tool_with_its_version_or_its_package() {
    let house = House::new();
    let said = house.vidimus(["doctor", "--json"]);
    let found = said.json();
    let tools = found["tools"].as_array().unwrap();
    for name in ["ffmpeg", "tesseract", "pdftotext", "catdoc", "bsdtar", "readpst", "speech"] {
        let tool = tools.iter().find(|tool| tool["tool"] == name).expect(name);
        let listed = tool["packages"].as_array().unwrap();
        let missing = tool["path"].is_null();
        assert!(!missing || tool["version"].is_null(), "{tool}");
        for package in listed {
            let wanted = found["packages"].as_array().unwrap().contains(package);
            assert_eq!(wanted, missing, "{package} of {tool}");
        }
    }
    // Sample films are made with it, so it is here; it was asked in the sandbox, if there is one.
    let ffmpeg = tools.iter().find(|tool| tool["tool"] == "ffmpeg").unwrap();
    assert_eq!(ffmpeg["version"].is_string(), !found["sandbox"]["level"].is_null(), "{ffmpeg}");
    let level = found["sandbox"]["level"].as_str();
    let well = level == Some("full")
        && found["packages"].as_array().unwrap().is_empty()
        && found["dangers"].as_array().unwrap().is_empty();
    assert_eq!(said.code, i32::from(!well));
    if level.is_some() {
        assert_ne!(found["sandbox"]["user"], 0, "never as root");
    }
}

#[test]
fn a_source_that_can_be_written_to_is_a_danger_in_three_languages() {
    let house = House::new();
    let disk = house.path("disk");
    std::fs::create_dir(&disk).unwrap();
    let path = disk.to_str().unwrap();
    for (lang, danger) in [("en", "DANGER"), ("uk", "НЕБЕЗПЕКА"), ("ru", "ОПАСНОСТЬ")] {
        let said = house.vidimus(["doctor", path, "--lang", lang]);
        assert_eq!(said.code, 1);
        let line = said.out.lines().find(|line| line.starts_with(danger) && line.contains("/disk"));
        assert!(line.is_some(), "{}", said.out);
        assert!(said.out.contains("ffmpeg"), "{}", said.out);
    }
    let found = house.vidimus(["doctor", path, "--json"]).json();
    let dangers = found["dangers"].as_array().unwrap();
    assert!(
        dangers.iter().any(|one| one["danger"] == "writable" && one["about"] == path && one["known"] == true)
    );
}

#[test]
fn a_source_that_is_not_there_is_unknown_and_not_safe() {
    let house = House::new();
    let said = house.vidimus(["doctor", "nowhere"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("Not known, because it cannot be read: nowhere."), "{}", said.out);
    assert!(said.out.contains("Attach the disk, or name a folder that is there"), "{}", said.out);
    assert!(!said.out.contains("write blocker"), "{}", said.out);
}

#[test]
fn no_hint_is_cut() {
    let house = House::new();
    for lang in ["en", "uk", "ru"] {
        let mut command = house.command();
        command.env("COLUMNS", "80").args(["doctor", "--lang", lang]);
        let said = Said::of(command);
        let unbroken = said.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!said.out.contains('…') && unbroken.contains("settings.json"), "{}", said.out);
    }
}
