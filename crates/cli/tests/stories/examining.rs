//! A disk is examined: what is in it, what could not be read and why; killed in the middle, corrected, and erased.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::support::{House, Said};

/// A small disk: text in an old encoding, a picture in a zip, a film by its recorder's name, a broken PDF, a copy.
fn with_a_disk() -> House {
    let house = House::with_archive();
    // "Протокол осмотра" in windows-1251.
    let cp1251 = b"\xcf\xf0\xee\xf2\xee\xea\xee\xeb \xee\xf1\xec\xee\xf2\xf0\xe0 \xea\xe0\xec\xe5\xf0\xfb, \xc8\xca-900\r\n";
    house.file("disk/1.txt", cp1251.repeat(20));
    house.file("disk/2.pdf", b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog");
    house.file("disk/3.txt", cp1251.repeat(20));
    let film = "disk/cam03/2024-05-14/08-00-00.mp4";
    house.file(film, b"");
    ffmpeg(
        &house,
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc=size=320x240:rate=5:duration=3",
            "-pix_fmt",
            "yuv420p",
            "-metadata",
            "creation_time=2024-05-14T20:07:00Z",
            film,
        ],
    );
    ffmpeg(&house, &["-f", "lavfi", "-i", "testsrc=size=200x100", "-frames:v", "1", "picture.jpg"]);
    zip(&house, "disk/4.zip", &["picture.jpg", "disk/1.txt"]);
    house.vidimus(["receive", "disk", "--yes"]).succeeds();
    house
}

fn ffmpeg(house: &House, arguments: &[&str]) {
    let mut command = Command::new("ffmpeg");
    house.settle(&mut command);
    command.args(["-nostdin", "-v", "error", "-y"]).args(arguments);
    assert_eq!(Said::of(command).code, 0, "Debian's ffmpeg makes the films of this story");
}

/// Made by the tool that unpacks it, so that nothing else is needed.
pub fn zip(house: &House, name: &str, files: &[&str]) {
    let mut command = Command::new("bsdtar");
    house.settle(&mut command);
    command.args(["--format", "zip", "-cf", name]).args(files);
    assert_eq!(Said::of(command).code, 0, "Debian's libarchive-tools makes the archive of this story");
}

pub fn has_sandbox(house: &House) -> bool {
    let level = &house.vidimus(["doctor", "--json"]).json()["sandbox"]["level"];
    if level.is_null() {
        eprintln!("skipped: no sandbox holds on this machine");
    }
    !level.is_null()
}

/// The reference of the item whose path ends so.
pub fn by_path(house: &House, ending: &str) -> String {
    let listed = house.vidimus(["list", "--json"]).json();
    let rows = listed.as_array().unwrap();
    let row = rows.iter().find(|row| row["path"].as_str().unwrap().ends_with(ending)).expect(ending);
    row["ref"].as_str().unwrap().to_owned()
}

fn show(house: &House, reference: &str) -> Value {
    house.vidimus(["show", reference, "--json"]).succeeds().json()
}

#[test]
fn a_disk_is_examined_and_says_what_is_in_it_and_what_is_not_known() {
    let house = with_a_disk();
    let before = house.vidimus(["list"]).succeeds();
    assert!(before.out.contains("Examined: 0 of 5."), "{}", before.out);
    if !has_sandbox(&house) {
        house.vidimus(["examine"]).refuses(1, "No sandbox holds");
        return;
    }
    let said = house.vidimus(["examine", "--json"]);
    let run = said.json();
    assert_eq!(run["stopped"], false, "{run}");
    assert_eq!(run["examined"], run["of"], "everything was looked at: {run}");
    assert!(run["of"].as_u64().unwrap() >= 5, "{run}");

    // The kind is by content; what a name claims of camera and time stands beside the file system's.
    let film = by_path(&house, "08-00-00.mp4");
    let shown = show(&house, &film);
    let examination = &shown["examination"];
    assert_eq!(examination["kind"]["group"], "video", "{examination}");
    let stages = examination["stages"].as_array().unwrap();
    // All but speech, for which nothing is set up.
    assert_eq!(stages.len(), 8, "{stages:?}");
    let made: std::collections::BTreeSet<&str> = examination["derivatives"]
        .as_array()
        .unwrap()
        .iter()
        .map(|made| made["kind"].as_str().unwrap())
        .collect();
    assert_eq!(made, ["motion", "print", "proxy", "still", "strip"].into(), "{examination}");
    // Its name and its metadata cannot both be right, in whatever zone; that is listed, and none is chosen.
    let [found] = examination["contradictions"].as_array().unwrap().as_slice() else {
        panic!("{examination}")
    };
    let says = |one: &str| {
        let claim = &examination["times"][found[one].as_u64().unwrap() as usize];
        (claim["source"].as_str().unwrap().to_owned(), claim["time"].as_str().unwrap().to_owned())
    };
    let mut both = [says("one"), says("other")];
    both.sort();
    assert_eq!(both[0], ("metadata".to_owned(), "2024-05-14T20:07:00".to_owned()));
    assert_eq!(both[1], ("path".to_owned(), "2024-05-14T08:00:00".to_owned()));
    assert_eq!(found["agree_in_zone"], Value::Null, "{found}");
    let listed = house.vidimus(["list", "--kind", "video", "--json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");

    // A copy is not opened twice: it shows what was found in its original.
    let (original, copy) = (by_path(&house, "1.txt"), by_path(&house, "3.txt"));
    let copied = show(&house, &copy);
    assert_eq!(copied["examination"]["of"], original.as_str(), "{copied}");
    assert_eq!(copied["examination"]["kind"], show(&house, &original)["examination"]["kind"]);

    // What a container holds are items of their own; the text in it was on the disk already, and is not stored again.
    let container = by_path(&house, "4.zip");
    let contained = &show(&house, &container)["examination"]["contained"];
    assert_eq!(contained.as_array().unwrap().len(), 2, "{contained}");
    let inner = by_path(&house, "4.zip!/disk/1.txt");
    assert_eq!(show(&house, &inner)["copy_of"], original.as_str());
    let picture = by_path(&house, "4.zip!/picture.jpg");
    assert_eq!(show(&house, &picture)["examination"]["kind"]["group"], "picture");

    // Everything that failed has a reason, in words and for scripts.
    let failures = house.vidimus(["failures", "--json"]).succeeds().json();
    let broken = by_path(&house, "2.pdf");
    assert!(
        failures.as_array().unwrap().iter().any(|failure| failure["ref"] == broken.as_str()),
        "{failures}"
    );
    for failure in failures.as_array().unwrap() {
        assert!(failure["ref"].is_string() && failure["tool"].is_string() && failure["reason"].is_string());
    }
    for lang in ["en", "uk", "ru"] {
        let said = house.vidimus(["failures", "--lang", lang]).succeeds();
        assert!(!said.out.trim().is_empty());
        house.vidimus(["show", &film, "--lang", lang]).succeeds();
    }
    house.vidimus(["check", "--full"]).succeeds();
    // Nothing is left to do, and nothing is done.
    let again = house.vidimus(["examine", "--json"]).json();
    assert_eq!((again["items"].as_u64(), again["contained"].as_u64()), (Some(0), Some(0)), "{again}");
}

#[test]
fn what_a_tool_unpacked_is_handed_over_as_that_and_not_as_what_was_received() {
    let house = with_a_disk();
    if !has_sandbox(&house) {
        return;
    }
    house.vidimus(["examine", &by_path(&house, "4.zip"), "--stage", "first", "--stage", "members"]);
    house.vidimus(["release", "A1"]).succeeds();
    let picture = by_path(&house, "4.zip!/picture.jpg");
    let (film, to) =
        (by_path(&house, "08-00-00.mp4"), ["--to", "A court", "--purpose", "A case", "--out", "bag"]);
    let said = house.vidimus(["disclose", &film, &picture].into_iter().chain(to)).succeeds();
    assert!(said.out.contains("unpacked from another item by a tool: 1 file"), "{}", said.out);
    let mut recipe = Command::new("python3");
    house.settle(&mut recipe);
    let checks = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/format/check_bag.py");
    let proved = Said::of({
        recipe.args([checks, "bag", "data/02.jpg"]);
        recipe
    });
    assert!(
        proved.out.starts_with("PROVED: ") && proved.out.contains("unpacked from another file"),
        "{proved:?}"
    );
    let bag = std::fs::read_dir(house.path("bag/records")).unwrap().flatten();
    let said: Vec<String> = bag.map(|entry| std::fs::read_to_string(entry.path()).unwrap()).collect();
    // change, sha256 and size of both; of the unpacked one the tool too; never the path.
    let mut opened: Vec<usize> = said.iter().map(|record| record.matches('~').count() - 1).collect();
    opened.sort_unstable();
    assert_eq!(opened, [3, 5]);
}

#[test]
fn a_correction_of_a_clock_stands_beside_the_claim_and_can_be_taken_back() {
    let house = with_a_disk();
    let film = by_path(&house, "08-00-00.mp4");
    house
        .vidimus(["camera", "give", &film, "--camera", "CAM 03", "--reason", "the recorder's folder"])
        .succeeds();
    let set = ["camera", "set", "A1/cam3", "--place", "Corridor", "--clock-add", "-1h", "--reason", "a note"];
    house.vidimus(set).succeeds();
    let slip = ["camera", "set", "A1/cam33", "--place", "Yard", "--reason", "a note", "--lang"];
    for (lang, said) in
        [("en", "New label: cam33."), ("uk", "Нова позначка: cam33."), ("ru", "Новая метка: cam33.")]
    {
        let slipped = house.vidimus(slip.iter().chain([&lang])).succeeds();
        assert!(slipped.err.contains(said) && slipped.err.contains(": cam3"), "{slipped:?}");
    }
    let cameras = house.vidimus(["cameras", "--json"]).succeeds().json();
    assert_eq!(cameras[0]["label"], "cam3", "{cameras}");
    assert_eq!((&cameras[0]["given"], &cameras[0]["said"]["clock"][0]["add"]), (&1.into(), &(-3600).into()));
    let listed = house.vidimus(["list", "--camera", "cam03", "--json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    if has_sandbox(&house) {
        house.vidimus(["examine", &film, "--stage", "first"]);
        let shown = show(&house, &film);
        for time in shown["examination"]["times"].as_array().unwrap() {
            // A day that is moved by an hour may be one of two.
            let is_day = time["precision"] == "day";
            let by_the_clock = time["source"] != "file-system" && time["source"] != "text" && !is_day;
            assert_eq!(time["corrected"].is_string(), by_the_clock, "{time}");
        }
        let row = &house.vidimus(["list", &film, "--json"]).succeeds().json()[0];
        let claim = row["begins"]
            .as_array()
            .unwrap()
            .iter()
            .find(|claim| claim["source"] == "path" && claim["precision"] == "second")
            .unwrap();
        assert_eq!(
            (&claim["time"], &claim["corrected"]),
            (&"2024-05-14T08:00:00".into(), &"2024-05-14T07:00:00".into())
        );
        // A slip of the sign is seen where it is made.
        let again =
            house.vidimus(["camera", "set", "A1/cam3", "--place", "Corridor", "--reason", "the same"]);
        assert!(again.succeeds().out.contains("showed 2024-05-14 08:00:00, it was 2024-05-14 07:00:00"));
        for lang in ["en", "uk", "ru"] {
            let table = house.vidimus(["list", &film, "--lang", lang]).succeeds();
            assert!(table.out.contains("2024-05-14 07:00*?"), "{}", table.out);
        }
    }
    house
        .vidimus(["camera", "set", "A1/cam3", "--clock-none", "--reason", "the note was of another"])
        .succeeds();
    house.vidimus(["camera", "give", &film, "--reason", "it was a slip"]).succeeds();
    let cameras = house.vidimus(["cameras", "A1", "--json"]).succeeds().json();
    assert_eq!(cameras[0]["said"]["clock"], Value::Array(Vec::new()), "{cameras}");
    assert_eq!(cameras[0]["said"]["place"], "Corridor", "what was not taken back stays: {cameras}");
    house.vidimus(["camera", "set", "A1", "--name", "x", "--reason", "y"]).refuses(2, "names no camera");
    house.vidimus(["camera", "set", "A1/cam3", "--reason", "y"]).refuses(2, "Nothing is said of the camera");
    for far in ["99999999999999", "-99999999999999", "36526d"] {
        let slip = ["camera", "set", "A1/cam3", "--clock-add", far, "--reason", "y"];
        house.vidimus(slip).refuses(2, "No clock is off by more than a hundred years");
    }
    house.vidimus(["check"]).succeeds();
}

#[test]
fn killed_in_the_middle_it_goes_on_and_nothing_is_there_twice() {
    let house = with_a_disk();
    if !has_sandbox(&house) {
        return;
    }
    let mut command = house.command();
    command
        .args(["examine", "--threads", "1"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    // Wherever it is by then: before its first item, within one, or at its end.
    while !std::fs::read_dir(house.path("archive/unfinished")).is_ok_and(|folder| {
        folder.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("examine-"))
    }) && child.try_wait().unwrap().is_none()
    {
        std::thread::yield_now();
    }
    let _ = child.kill();
    child.wait().unwrap();
    let run = house.vidimus(["examine", "--json"]).json();
    assert_eq!(run["examined"], run["of"], "{run}");
    let listed = house.vidimus(["list", "--json"]).json();
    let paths: Vec<&str> =
        listed.as_array().unwrap().iter().map(|row| row["path"].as_str().unwrap()).collect();
    let unique: std::collections::BTreeSet<&&str> = paths.iter().collect();
    assert_eq!(unique.len(), paths.len(), "{paths:?}");
    house.vidimus(["check", "--full"]).succeeds();
}

#[test]
fn what_others_leave_in_the_place_of_its_notes_keeps_nothing_from_being_examined() {
    let house = with_a_disk();
    if !has_sandbox(&house) {
        return;
    }
    // Whatever the log index of an item's record is.
    for seq in 0..100 {
        let note = house.path(&format!("archive/unfinished/examine-{seq}"));
        match seq % 2 {
            0 => std::fs::write(note, "...").unwrap(),
            _ => std::fs::create_dir(note).unwrap(),
        }
    }
    let named = house.vidimus(["check", "--json"]).json();
    let refs: Vec<&str> =
        named["problems"].as_array().unwrap().iter().map(|one| one["ref"].as_str().unwrap()).collect();
    assert!(refs.iter().any(|one| one.starts_with("file unfinished/examine-")), "{refs:?}");
    let run = house.vidimus(["examine", "--json"]).json();
    assert_eq!(run["examined"], run["of"], "{run}");
    let failures = house.vidimus(["failures", "--json"]);
    assert!(!failures.out.contains("thrice"), "nobody died of anything: {}", failures.out);
}

#[test]
fn what_was_made_of_an_item_goes_with_it_and_is_nowhere_in_the_open() {
    let house = with_a_disk();
    if !has_sandbox(&house) {
        return;
    }
    let canary = "канарейка-ОТБ-901";
    house.file("more/note.txt", format!("{canary}\n").repeat(50));
    house.vidimus(["receive", "more", "--yes"]).succeeds();
    house.vidimus(["examine", "A2"]);
    assert!(!holds(&house, canary.as_bytes()), "nothing is written in the open");
    house.vidimus(["release", "A2"]).succeeds();
    house.vidimus(["check", "--full"]).succeeds();
    house.vidimus(["compartment", "new", "medical", "--letter", "M"]).succeeds();
    house.vidimus(["move", "A2", "--into", "medical", "--yes"]).succeeds();
    let shown = show(&house, "A2-1");
    assert_ne!(shown["examination"]["stages"], Value::Array(Vec::new()), "it went along: {shown}");
    // What there never was did not move either.
    house.vidimus(["show", "A2-999"]).refuses(1, "Nothing that you may read is called A2-999");
    house.vidimus(["check", "--full"]).succeeds();
    house.vidimus(["erase", "A2-1", "--reason", "a witness asked", "--confirm", "A2-1", "--yes"]).succeeds();
    house.vidimus(["check", "--full"]).succeeds();
    house.vidimus(["examine"]);
    house.vidimus(["erase", "A1", "--reason", "the wrong folder", "--confirm", "A1", "--yes"]).succeeds();
    house.vidimus(["check", "--full"]).succeeds();
    let left = std::fs::read_dir(house.path("archive/objects")).unwrap().flatten();
    let objects = left.flat_map(|folder| std::fs::read_dir(folder.path()).into_iter().flatten()).count();
    assert_eq!(objects, 0, "no object is left of what was erased");
}

/// Does a file of the archive hold this in the open?
fn holds(house: &House, what: &[u8]) -> bool {
    let mut folders = vec![house.path("archive"), house.path("state")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read(&path).unwrap_or_default().windows(what.len()).any(|part| part == what) {
                return true;
            }
        }
    }
    false
}

#[test]
fn passwords_are_read_from_a_file_that_nobody_else_can_read() {
    let house = with_a_disk();
    let file = house.file("passwords", b"one\ntwo\n");
    let mut told = std::fs::File::options().append(true).open(&file).unwrap();
    writeln!(told, "three").unwrap();
    house.vidimus(["examine", "--password-file", "passwords"]).refuses(2, "passwords");
}
