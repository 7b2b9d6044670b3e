//! What is said in films: subtitles and transcripts beside them, found under the film, gone with their own file.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::Value;

use super::support::{House, Said};

const SAID: &str = "1\n00:00:01,500 --> 00:00:02,500\nЭтап везут в Саратов\n\n2\n00:01:05,000 --> 00:01:06,000\nДальше Энгельс\n";
const HEARD: &str =
    r#"{"segments": [{"start": 7.25, "end": 9, "text": "карантинное отделение", "speaker": "S1"}]}"#;

fn run(house: &House, program: &str, arguments: &[&str]) {
    let mut command = Command::new(program);
    house.settle(&mut command);
    command.args(arguments);
    assert_eq!(Said::of(command).code, 0, "{program} makes the material of this story");
}

fn film(house: &House, name: &str) {
    let source = "testsrc=size=160x120:rate=5:duration=2";
    run(
        house,
        "ffmpeg",
        &["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p", name],
    );
}

fn has_sandbox(house: &House) -> bool {
    let level = &house.vidimus(["doctor", "--json"]).json()["sandbox"]["level"];
    if level.is_null() {
        eprintln!("skipped: no sandbox holds on this machine");
    }
    !level.is_null()
}

fn by_path(house: &House, path: &str) -> String {
    let listed = house.vidimus(["list", "--json"]).json();
    let rows = listed.as_array().unwrap();
    let row = rows.iter().find(|row| row["path"].as_str().unwrap() == path).expect(path);
    row["ref"].as_str().unwrap().to_owned()
}

/// Of each hit: the item, the file beside it, the second.
fn hits(house: &House, question: &[&str]) -> Vec<(String, Option<String>, Option<u64>)> {
    let found = house.vidimus(["search", "--json"].iter().chain(question)).json();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let row =
        |hit: &Value| (text(&hit["ref"]).unwrap(), text(&hit["beside"]), hit["place"]["second"].as_u64());
    found.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn what_stands_in_subtitles_is_found_in_the_film_and_goes_with_the_subtitles() {
    let house = House::with_archive();
    std::fs::create_dir_all(house.path("disk/Камера 3")).unwrap();
    film(&house, "disk/Камера 3/Допрос.mp4");
    house.file("disk/Камера 3/Допрос.ru.srt", SAID);
    // Elsewhere, of another name, and no transcript at all.
    house.file("disk/Допрос.srt", SAID.replace("Саратов", "Тамбов"));
    house.file("disk/Камера 3/Допрос-2.srt", SAID.replace("Саратов", "Ростов"));
    house.file("disk/Камера 3/Допрос.json", r#"{"title": "Воронеж"}"#);
    // In a container, where both lie side by side.
    film(&house, "звук.mkv");
    house.file("звук.mkv.json", HEARD);
    run(&house, "bsdtar", &["--format", "zip", "-cf", "disk/in.zip", "звук.mkv", "звук.mkv.json"]);
    house.vidimus(["receive", "disk", "--yes"]).succeeds();
    if !has_sandbox(&house) {
        return;
    }
    let (film, said) = (by_path(&house, "Камера 3/Допрос.mp4"), by_path(&house, "Камера 3/Допрос.ru.srt"));
    let in_film = [(film.clone(), Some(said.clone()), Some(1))];

    // The subtitles first, the film by another run: the order does not matter.
    house.vidimus(["examine", &said]);
    assert_eq!(hits(&house, &["саратов"]), in_film);
    house.vidimus(["examine"]);
    assert_eq!(hits(&house, &["саратов"]), in_film);
    assert_eq!(hits(&house, &["энгельс", "in:transcript"])[0].2, Some(65));
    house.vidimus(["examine", &said, "--again", "all"]);
    house.vidimus(["examine", &film, "--again", "all", "--stage", "first"]);
    assert_eq!(hits(&house, &["саратов"]), in_film, "once, however often both are looked at");

    // What is asked of the film fits what is said in it.
    let within = format!("ref:{film}");
    for filter in ["kind:video", &within, "path:допрос"] {
        assert_eq!(hits(&house, &["саратов", filter]), in_film, "{filter}");
    }
    assert_eq!(hits(&house, &["саратов", "kind:audio"]), []);

    // What lies elsewhere is no film's.
    for (word, path) in [("тамбов", "Допрос.srt"), ("ростов", "Камера 3/Допрос-2.srt")]
    {
        assert_eq!(hits(&house, &[word]), [(by_path(&house, path), None, Some(1))]);
    }
    let shown = house.vidimus(["show", &film, "--json"]).succeeds().json();
    let transcripts = &shown["examination"]["transcripts"];
    assert_eq!(transcripts.as_array().unwrap().len(), 1, "{transcripts}");
    assert_eq!(transcripts[0]["ref"], said.as_str(), "{transcripts}");
    let shown = house.vidimus(["show", &said, "--json"]).succeeds().json();
    assert_eq!(shown["examination"]["spoken_in"], serde_json::json!([film]), "{shown}");
    let json = house.vidimus(["show", &by_path(&house, "Камера 3/Допрос.json"), "--json"]).json();
    assert_eq!(json["examination"]["spoken_in"], serde_json::json!([]), "{json}");
    house.vidimus(["show", &film, "--text", "said.txt"]).succeeds();
    assert!(std::fs::read_to_string(house.path("said.txt")).unwrap().contains("Саратов"));
    for lang in ["en", "uk", "ru"] {
        assert!(house.vidimus(["show", &film, "--lang", lang]).succeeds().out.contains(&said));
        assert!(house.vidimus(["search", "саратов", "--lang", lang]).succeeds().out.contains(&said));
    }

    let (film_in, said_in) = (by_path(&house, "in.zip!/звук.mkv"), by_path(&house, "in.zip!/звук.mkv.json"));
    assert_eq!(hits(&house, &["карантинное"]), [(film_in, Some(said_in), Some(7))]);

    // Each of both without the other.
    house.vidimus(["withdraw", &film, "--reason", "another is in it", "--yes"]).succeeds();
    assert_eq!(hits(&house, &["саратов"]), [(said.clone(), None, Some(1))]);
    house.vidimus(["reinstate", &film, "--reason", "no other is in it"]).succeeds();
    house.vidimus(["withdraw", &said, "--reason", "a witness asked", "--yes"]).succeeds();
    assert_eq!(hits(&house, &["саратов"]), []);
    let shown = house.vidimus(["show", &film, "--json"]).json();
    assert_eq!(shown["examination"]["transcripts"], serde_json::json!([]), "{shown}");
    house.vidimus(["reinstate", &said, "--reason", "the witness agreed"]).succeeds();
    assert_eq!(hits(&house, &["саратов"]), in_film);
    house.vidimus(["erase", &said, "--reason", "a witness asked", "--confirm", &said, "--yes"]).succeeds();
    assert_eq!(hits(&house, &["саратов"]), []);
    house.vidimus(["check", "--full"]).succeeds();
    let before = hits(&house, &["карантинное"]);
    house.vidimus(["rebuild"]).succeeds();
    assert_eq!(hits(&house, &["карантинное"]), before);
}

/// A folder that the sandbox's user can reach too, whoever runs the tests.
fn reachable() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    folder
}

fn listens_by(house: &House, script: &std::path::Path, more: &str) {
    let command = serde_json::json!(["/bin/sh", script, "{sound}", more]);
    house.file("archive/settings.json", serde_json::json!({"speech": {"command": command}}).to_string());
}

#[test]
fn speech_is_heard_by_the_command_that_the_settings_name_and_by_nothing_else() {
    let house = House::with_archive();
    fs::create_dir(house.path("disk")).unwrap();
    film(&house, "disk/1-silent.mp4");
    let tone = "sine=frequency=440:duration=2";
    run(&house, "ffmpeg", &["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", tone, "disk/2-talk.wav"]);
    house.vidimus(["receive", "disk", "--yes"]).succeeds();
    // Where nothing is named, that is said, and nothing is pretended to have been heard.
    let absent = ["No program that recognises speech", "не налаштовано", "не настроена"];
    for (lang, words) in ["en", "uk", "ru"].into_iter().zip(absent) {
        house.vidimus(["examine", "--stage", "speech", "--lang", lang]).refuses(1, words);
        assert!(house.vidimus(["doctor", "--lang", lang]).out.contains("settings.json"));
    }
    house.file("archive/settings.json", r#"{"speech": {"command": ["whisper", "{sound}"]}}"#);
    house.vidimus(["examine"]).refuses(1, "what it says of speech");
    fs::remove_file(house.path("archive/settings.json")).unwrap();
    if !has_sandbox(&house) {
        return;
    }
    house.vidimus(["examine"]).succeeds();
    let stages = |reference: &str| {
        let shown = house.vidimus(["show", reference, "--json"]).succeeds().json();
        let stages = shown["examination"]["stages"].as_array().unwrap().clone();
        let speech = stages.into_iter().find(|stage| stage["stage"] == "speech");
        (speech.map(|stage| stage["end"].as_str().unwrap().to_owned()), shown["examination"].clone())
    };
    assert_eq!(stages("A1-2").0, None, "not asked for, so not done");

    let folder = reachable();
    let script = folder.path().join("hear.sh");
    let canary = folder.path().join("escaped");
    // What it is granted it can read; what lies elsewhere it can neither write nor read.
    let hears = "IFS= read -r first < \"$1\"
        case \"$first\" in RIFF*) ;; *) exit 3 ;; esac
        true > \"$2\"
        read -r key < /proc/1/environ && echo leaked
        printf '[00:00:01.000 --> 00:00:02.000]   \\320\\255\\320\\275\\320\\263\\320\\265\\320\\273\\321\\214\\321\\201\\n'
        printf '[00:00:02.000 --> 00:00:03.000]   again\\n'\n";
    fs::write(&script, hears).unwrap();
    listens_by(&house, &script, canary.to_str().unwrap());
    let tools = house.vidimus(["doctor", "--json"]).json()["tools"].clone();
    let speech = tools.as_array().unwrap().iter().find(|tool| tool["tool"] == "speech").unwrap().clone();
    assert_eq!(speech["path"], "/bin/sh", "{speech}");
    house.vidimus(["examine"]).succeeds();
    assert!(!canary.exists(), "nothing outside can be written");
    assert_eq!(hits(&house, &["энгельс"]), [("A1-2".to_owned(), None, Some(1))]);
    let (end, examination) = stages("A1-2");
    assert_eq!(end.as_deref(), Some("done"));
    let made = examination["derivatives"].as_array().unwrap();
    let heard = made.iter().find(|made| made["kind"] == "transcript").expect("a transcript");
    assert_eq!(heard["tool_name"], "sh", "{heard}");
    assert_eq!(stages("A1-1").0.as_deref(), Some("nothing"), "a film without sound");

    // A command that fails is a failure with its reason, not silence.
    fs::write(&script, "echo no model >&2; exit 4\n").unwrap();
    assert_eq!(house.vidimus(["examine", "A1-2", "--stage", "speech", "--again", "all"]).code, 1);
    let failures = house.vidimus(["failures", "--json"]).json();
    assert_eq!((&failures[0]["ref"], &failures[0]["tool"]), (&"A1-2".into(), &"sh".into()), "{failures}");
    assert_eq!(hits(&house, &["энгельс"]), []);
    fs::write(&script, "printf 'WEBVTT\\n'\n").unwrap();
    house.vidimus(["examine", "--again", "failed"]).succeeds();
    assert_eq!(stages("A1-2").0.as_deref(), Some("done"), "it was heard, and nobody spoke");
    assert_eq!(house.vidimus(["failures", "--json"]).json(), serde_json::json!([]));
}
