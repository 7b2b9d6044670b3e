//! Something is searched for: names in three alphabets, the note of a delivery, and nonsense.

use crate::support::{House, Said};

/// A disk whose names say who and where; all of it plainly invented.
fn archive() -> House {
    let house = House::with_archive();
    for (name, bytes) in [
        ("disk/ИК-900/Протокол допиту Вигадайлова.txt", "a"),
        ("disk/ИК-900/камера 3/2024-03-01 08-00-00.avi", "b"),
        ("disk/export/Vyhadailov_interview.docx", "c"),
        ("disk/export/list of cells.csv", "d"),
    ] {
        house.file(name, bytes);
    }
    house.file("about.txt", "Привезла сестра, уночі, у чорній валізі");
    house.vidimus(["receive", "disk", "--note-file", "about.txt", "--yes"]).succeeds();
    house
}

/// The index in the folder of a fold, whatever its version.
fn index(fold: &std::path::Path) -> Option<std::path::PathBuf> {
    let mut within = std::fs::read_dir(fold).ok()?.flatten();
    within.find(|entry| entry.file_name().to_string_lossy().starts_with("search.v")).map(|entry| entry.path())
}

fn paths(said: &Said) -> Vec<String> {
    let hits = said.json();
    let text = |hit: &serde_json::Value| hit["snippet"].as_str().unwrap().to_owned();
    let mut paths: Vec<String> = hits.as_array().unwrap().iter().map(text).collect();
    paths.sort();
    paths
}

#[test]
fn names_are_found_before_anything_is_examined() {
    let house = archive();
    let said = house.vidimus(["search", "протоколи", "допитів"]).succeeds();
    assert!(said.out.contains("[Протокол] [допиту] Вигадайлова"), "forms are found and shown: {said:?}");
    assert!(said.out.contains("Found: 1."), "{said:?}");
    assert!(said.out.contains("0 of 4 examined"), "{said:?}");

    let both = house.vidimus(["search", "Vyhadailov", "--json"]).succeeds();
    assert_eq!(
        paths(&both),
        ["export/Vyhadailov_interview.docx", "ИК-900/Протокол допиту Вигадайлова.txt"],
        "a name is found in either alphabet"
    );
    for small in ["вигадайлов", "vyhadailov", "выгадайлов"] {
        let said = house.vidimus(["search", small, "--json"]).succeeds();
        assert_eq!(paths(&said), paths(&both), "{small}: whoever asks in small letters finds it too");
    }
    let hits = both.json();
    assert_eq!(hits[0]["exact"], true, "what is spelled as asked comes first: {hits}");
    assert_eq!(hits[1]["exact"], false, "{hits}");
    for hit in hits.as_array().unwrap() {
        assert!(hit["ref"].as_str().unwrap().starts_with("A1-") && hit["score"].is_number(), "{hit}");
        assert_eq!((&hit["in"], &hit["place"]), (&"name".into(), &serde_json::Value::Null), "{hit}");
        let mark = &hit["marks"][0];
        let (from, to) = (mark[0].as_u64().unwrap() as usize, mark[1].as_u64().unwrap() as usize);
        let marked: String = hit["snippet"].as_str().unwrap().chars().skip(from).take(to - from).collect();
        assert!(["Vyhadailov", "Вигадайлова"].contains(&&*marked), "{marked}");
    }

    // What was said of a delivery is found as its own.
    let note = house.vidimus(["search", "валіза", "--json"]).succeeds().json();
    assert_eq!((&note[0]["ref"], &note[0]["in"]), (&"A1".into(), &"note".into()), "{note}");
    let first = house.vidimus(["search", "ref:A1", "--limit", "2", "--json"]).succeeds();
    let rest = house.vidimus(["search", "ref:A1", "--offset", "2", "--json"]).succeeds();
    assert_eq!((paths(&first).len(), paths(&rest).len()), (2, 3));
    let all: std::collections::BTreeSet<String> =
        [paths(&first), paths(&rest)].concat().into_iter().collect();
    assert_eq!(all.len(), 5, "pages join without gap or repetition: {all:?}");
    let without = house.vidimus(["search", "ref:A1", "-протокол", "-in:note", "--json"]).succeeds();
    assert_eq!(paths(&without).len(), 3, "what begins with a hyphen is left out: {without:?}");
    let some = house.vidimus(["search", "ref:A1", "--limit", "2"]).succeeds();
    assert!(some.out.ends_with("\nMore: --offset 2\n"), "what follows is said by itself: {some:?}");
    let last = house.vidimus(["search", "ref:A1", "--offset", "2"]).succeeds();
    assert!(!last.out.contains("More:"), "{last:?}");
    let unknown = house.vidimus(["search", "kind:film"]);
    assert!(unknown.err.contains("cannot be film") && unknown.err.contains("video, audio"), "{unknown:?}");
    house.vidimus(["search", "протокол", "--colour"]).refuses(2, "--colour");
}

#[test]
fn what_is_taken_back_is_not_found() {
    let house = archive();
    let found = |question: &[&str]| {
        let said = house.vidimus([&["search", "--json"], question].concat());
        assert_eq!(said.code, i32::from(said.out == "[]\n"), "no hit is the answer \"no\": {said:?}");
        paths(&said)
    };
    let one = house.vidimus(["search", "interview", "--json"]).succeeds().json()[0]["ref"].clone();
    let one = one.as_str().unwrap();
    house.vidimus(["withdraw", one, "--reason", "the wrong file"]).succeeds();
    assert_eq!(found(&["interview"]), [""; 0]);
    assert_eq!(found(&["interview", "--withdrawn"]).len(), 1);
    assert_eq!(found(&["ref:A1", "in:name"]).len(), 3);
    assert!(house.vidimus(["search", "ref:A1"]).succeeds().out.contains("0 of 3 examined"));
    house.vidimus(["reinstate", one, "--reason", "it was right"]).succeeds();
    assert_eq!(found(&["interview"]).len(), 1);
    house.vidimus(["withdraw", "A1", "--reason", "the wrong disk"]).succeeds();
    assert_eq!(found(&["ref:A1"]), [""; 0]);
    assert_eq!(found(&["ref:A1", "in:name", "--withdrawn"]).len(), 4);
    house.vidimus(["reinstate", one, "--reason", "it was right"]).succeeds();
    assert_eq!(found(&["interview"]).len(), 1, "one item of a withdrawn delivery came back");
    house.vidimus(["reinstate", "A1", "--reason", "it was right"]).succeeds();

    house.vidimus(["release", "A1"]).succeeds();
    assert_eq!(found(&["ref:A1", "in:name"]).len(), 4, "released, it is found once");
    house.vidimus(["compartment", "new", "medical", "--letter", "M"]).succeeds();
    house.vidimus(["move", one, "--into", "medical", "--yes"]).succeeds();
    assert_eq!(found(&["ref:A1", "in:name"]).len(), 4, "moved, it is found where it is now");
    house.vidimus(["erase", one, "--reason", "she asked", "--confirm", one, "--yes"]).succeeds();
    // The erasure itself took it out of what lies on the disk: nothing is left to be done by whoever searches next.
    let commits = || {
        let folds = std::fs::read_dir(house.path("archive/folds")).unwrap().flatten();
        let commits = folds.filter_map(|fold| std::fs::read(index(&fold.path())?.join("meta.json")).ok());
        commits.collect::<std::collections::BTreeSet<_>>()
    };
    let swept = commits();
    assert_eq!(found(&["interview"]), [""; 0]);
    assert_eq!(found(&["ref:A1", "in:name", "--withdrawn"]).len(), 3);
    assert!(!swept.is_empty() && commits() == swept);
    house.vidimus(["check"]).succeeds();
}

/// A word of more letters than are searched with mistakes.
const LONG: &str = "щщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщщ~";

#[test]
fn nonsense_is_answered_in_words() {
    let house = archive();
    for (question, part) in [
        (&[""][..], "holds no word to search for"),
        (&[" …!? "], "holds no word"),
        (&["\"Протокол допиту"], "The second quotation mark was missing"),
        (&["(протокол"], "A bracket without its second"),
        (&["colour:red"], "There is no field colour"),
        (&["date:yesterday"], "The field date cannot be yesterday"),
        (&["OR"], "OR had nothing to it"),
        (&["п*"], "too short for the beginning of a word"),
        (&["*токол"], "*токол was searched as words"),
        (&["протокл~9"], "протокл~9 was searched as words"),
        (&["\"протокол допиту\"~5"], "~5 was searched as words"),
        (&["date:2021-13-45"], "The field date cannot be 2021-13-45"),
        (&["camera:"], "camera: had nothing to it"),
        (&["((((протокол))))))"], "A bracket without its second"),
        (&["😀"], "holds no word"),
        (&[LONG], "too long to be searched with mistakes"),
    ] {
        let said = house.vidimus([&["search"], question].concat());
        assert!(said.code <= 1 && said.err.contains(part), "{question:?}: {said:?}");
        assert!(said.out.contains("of 4 examined"), "{said:?}");
        for lang in ["uk", "ru"] {
            let told = house.vidimus([&["search", "--lang", lang], question].concat());
            assert!(!told.err.is_empty() && !told.err.contains(part), "{told:?}");
            assert!(!told.out.contains("examined"), "{told:?}");
        }
    }
    // What was typed is said back, but not all of it.
    let said = house.vidimus(["search", &format!("{}:x", "щ".repeat(900))]);
    assert!(said.err.contains("There is no field щщщ") && said.err.chars().count() < 200, "{said:?}");
    assert_eq!(
        house.vidimus(["search", "!протокол", "in:name", "--json"]).json().as_array().unwrap().len(),
        3
    );
    let long = "слово ".repeat(9000);
    let said = house.vidimus(["search", &long]);
    assert!(said.code == 1 && said.err.contains("The question was too long"), "{said:?}");
    // A name cannot make a terminal do something by being found.
    house.file("more/evil\u{1b}[2J\u{202e}gpj.txt", "x");
    house.vidimus(["receive", "more", "--yes"]).succeeds();
    let said = house.vidimus(["search", "evil*"]).succeeds();
    assert!(said.out.contains("A2-1") && !said.out.contains(['\u{1b}', '\u{202e}']), "{said:?}");
}

#[test]
fn an_index_that_is_damaged_or_gone_is_made_again() {
    let house = archive();
    let before = house.vidimus(["search", "Vyhadailov", "--json"]).succeeds().out;
    let folds = house.path("archive/folds");
    let indexes = || {
        let keys = std::fs::read_dir(&folds).unwrap().flatten();
        keys.filter_map(|key| index(&key.path())).collect::<Vec<_>>()
    };
    let mut files = Vec::new();
    for index in indexes() {
        files.extend(std::fs::read_dir(index).unwrap().flatten().map(|entry| entry.path()));
    }
    assert!(files.len() > 8, "{files:?}");
    for (number, file) in files.into_iter().enumerate() {
        // A search before may have made it anew, under other names.
        let Ok(mut bytes) = std::fs::read(&file) else { continue };
        let how = ["flipped", "cut", "removed", "a folder"][number % 4];
        match how {
            "flipped" if !bytes.is_empty() => {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 4;
                std::fs::write(&file, bytes).unwrap();
            }
            "cut" => std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap(),
            "a folder" => {
                std::fs::remove_file(&file).unwrap();
                std::fs::create_dir(&file).unwrap();
            }
            _ => std::fs::remove_file(&file).unwrap(),
        }
        let now = house.vidimus(["search", "Vyhadailov", "--json"]).succeeds().out;
        assert_eq!(now, before, "{how} {}", file.display());
    }
    house.vidimus(["rebuild"]).succeeds();
    assert_eq!(indexes(), [""; 0].map(std::path::PathBuf::from), "rebuild throws indexes away");
    assert_eq!(house.vidimus(["search", "Vyhadailov", "--json"]).succeeds().out, before);
    house.vidimus(["check"]).succeeds();
}

/// Texts that are found where they stand; all of it plainly invented.
fn with_texts() -> House {
    let house = House::with_archive();
    let protocol = "ИК-900, отряд 13\n\nПротокол осмотра карцера\n\nПонятые: Вигадайлов и Придуманский\n";
    house.file("disk/protocol.txt", protocol);
    house.file(
        "disk/свідчення.txt",
        "\n\n\nСвідчення\n\nЇх п’ятьох тримали в підвалі без світла.\nЛікаря не кликали.\n",
    );
    let days = "порожній день без подій\n".repeat(4000);
    house.file("disk/журнал.txt", format!("\n\n\nприбуття етапу\n{days}відправлення етапу\n"));
    house.file(
        "disk/page.html",
        "<html><body><h1>Report</h1><p>Beaten detainees were seen by Vyhadailov.</p></body></html>",
    );
    house.vidimus(["receive", "disk", "--yes"]).succeeds();
    house
}

#[test]
fn texts_are_found_where_they_stand_and_once() {
    let house = with_texts();
    let search = |question: &[&str]| house.vidimus([&["search", "--json"], question].concat());
    assert_eq!(search(&["осмотр"]).code, 1, "what nobody looked at is known by its name alone");
    if !house.vidimus(["doctor", "--json"]).json()["sandbox"]["level"].is_string() {
        eprintln!("skipped: no sandbox holds on this machine");
        return;
    }
    house.vidimus(["examine", "--stage", "first", "--stage", "text"]);
    // A disk of objects that is not there for a while: what could not be read is found as soon as it can be.
    let objects = || {
        let mut folders = vec![house.path("archive/objects")];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().flatten() {
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path())
                } else {
                    files.push(entry.path())
                }
            }
        }
        files
    };
    let aside = house.path("aside");
    std::fs::create_dir(&aside).unwrap();
    let away: Vec<_> =
        objects().into_iter().map(|file| (aside.join(file.file_name().unwrap()), file)).collect();
    assert!(!away.is_empty());
    away.iter().for_each(|(aside, file)| std::fs::rename(file, aside).unwrap());
    assert_eq!(search(&["осмотр"]).code, 1);
    away.iter().for_each(|(aside, file)| std::fs::rename(aside, file).unwrap());
    let said = house.vidimus(["search", "осмотры"]).succeeds();
    assert!(said.out.contains("4 of 4 examined") && said.out.contains("Протокол [осмотра]"), "{said:?}");
    let hits = search(&["осмотр", "карцер"]).succeeds().json();
    assert_eq!((hits.as_array().unwrap().len(), &hits[0]["in"]), (1, &"text".into()), "{hits}");
    assert_eq!(
        (&hits[0]["place"]["line"], &hits[0]["others"]),
        (&3.into(), &serde_json::json!([])),
        "{hits}"
    );
    let hits = search(&["вигадайлов", "in:text", "lang:ru"]).succeeds().json();
    assert_eq!(hits[0]["place"], serde_json::json!({"line": 5}), "a line is the hit's own: {hits}");
    let said = house.vidimus(["search", "підвал"]).succeeds();
    assert!(said.out.contains("text, line 6"), "{said:?}");
    // Words that stand hundreds of pages apart meet in the text they are of.
    let apart = search(&["прибуття", "відправлення"]).succeeds().json();
    assert_eq!((apart[0]["apart"].clone(), apart.as_array().unwrap().len()), (true.into(), 1), "{apart}");
    for (word, line) in [("прибуття", 4), ("відправлення", 4_005)] {
        assert_eq!(
            search(&[word]).succeeds().json()[0]["place"],
            serde_json::json!({"line": line}),
            "{word}"
        );
    }
    let said = house.vidimus(["search", "прибуття", "відправлення"]).succeeds();
    assert!(said.out.contains("the words stand far apart") && said.out.contains("Found: 1."), "{said:?}");
    for (question, part) in [
        ("п'ять", None),
        ("підвал", Some("підвалі")),
        ("светло", None),
        ("Выгадайлов in:text lang:ru", Some("Вигадайлов")),
        ("Вигадайлов in:text lang:en", Some("Vyhadailov")),
        ("\"without light\"", None),
    ] {
        let said = search(&[question]);
        match part {
            Some(part) => assert!(said.code == 0 && said.out.contains(part), "{question}: {said:?}"),
            None => assert_eq!(said.out, "[]\n", "{question}"),
        }
    }
    // Looked at again, it is still found once.
    house.vidimus(["examine", "--stage", "text", "--again", "all"]);
    let again = search(&["осмотр", "карцер"]).succeeds().json();
    assert_eq!((again.as_array().unwrap().len(), &again[0]["ref"]), (1, &hits[0]["ref"]), "{again}");
    assert!(house.vidimus(["search", "осмотр"]).succeeds().out.contains("Found: 1."));

    // Folded anew after a move it is opened where it lies now.
    let one = hits[0]["ref"].as_str().unwrap();
    house.vidimus(["release", "A1"]).succeeds();
    house.vidimus(["compartment", "new", "medical", "--letter", "M"]).succeeds();
    house.vidimus(["move", one, "--into", "medical", "--yes"]).succeeds();
    assert_eq!(search(&["осмотр"]).succeeds().json()[0]["ref"], one);
    house.vidimus(["rebuild"]).succeeds();
    assert_eq!(search(&["осмотр"]).succeeds().json()[0]["ref"], one);
    house.vidimus(["erase", one, "--reason", "he asked", "--confirm", one, "--yes"]).succeeds();
    assert_eq!(search(&["осмотр"]).out, "[]\n");
    assert_eq!(search(&["підвал"]).succeeds().json()[0]["in"], "text");
    house.vidimus(["check", "--full"]).succeeds();
}

#[test]
fn a_corrected_clock_is_found_by_its_right_time() {
    let house = House::with_archive();
    house.file("disk/cam03/2024-05-14/08-00-00.txt", "Камера 3, начало записи\n");
    house.vidimus(["receive", "disk", "--yes"]).succeeds();
    let found =
        |question: &str| house.vidimus(["search", "--json", question]).json().as_array().unwrap().len();
    let give = ["camera", "give", "A1-1", "--camera", "CAM 03", "--reason", "the recorder's folder"];
    house.vidimus(give).succeeds();
    // The file's name, and the reason why it was given.
    assert_eq!((found("camera:cam3"), found("camera:\"CAM 03\""), found("camera:cam4")), (2, 2, 0));
    if !house.vidimus(["doctor", "--json"]).json()["sandbox"]["level"].is_string() {
        eprintln!("skipped: no sandbox holds on this machine");
        return;
    }
    house.vidimus(["examine", "--stage", "first"]);
    assert_eq!((found("date:2024-05-14 in:name"), found("date:2024-06-14 in:name")), (1, 0));
    let days = (31 * 86_400).to_string();
    let set =
        ["camera", "set", "A1/cam3", "--clock-add", &days, "--reason", "the camera stands a month behind"];
    house.vidimus(set).succeeds();
    assert_eq!((found("date:2024-05-14 in:name"), found("date:2024-06-14 in:name")), (1, 1));
    house.vidimus(["camera", "set", "A1/cam3", "--clock-none", "--reason", "it was another"]).succeeds();
    assert_eq!(found("date:2024-06-14 in:name"), 0);
}

#[test]
fn what_members_wrote_is_found() {
    let house = archive();
    let found = |question: &[&str]| {
        let said = house.vidimus([&["search", "--json"], question].concat()).json();
        let refs = said.as_array().unwrap().iter().map(|hit| hit["ref"].as_str().unwrap().to_owned());
        refs.collect::<Vec<_>>()
    };
    let set = |name: &str, place: &str, reason: &str| {
        house
            .vidimus(["camera", "set", "A1/cam3", "--name", name, "--place", place, "--reason", reason])
            .succeeds();
    };
    set("Дворова", "північна вежа", "свідок показав на плані");
    assert_eq!(found(&["дворовою"]), ["A1"]);
    assert_eq!(found(&["вежа", "in:note"]), ["A1"]);
    set("Коридорна", "другий поверх", "план був старий");
    assert_eq!(found(&["дворовою"]), [""; 0], "of what is said of a camera the latest holds");
    assert_eq!((found(&["коридорна"]), found(&["свідок", "плані"])), (vec!["A1".into()], vec!["A1".into()]));
    house.vidimus(["camera", "give", "A1-2", "--camera", "cam3", "--reason", "той самий ліхтар"]).succeeds();
    assert_eq!(found(&["ліхтарі"]), ["A1-2"]);
    house.vidimus(["withdraw", "A1-2", "--reason", "знайшлося приватне листування"]).succeeds();
    assert_eq!(found(&["листування"]), [""; 0], "what is withdrawn is hidden with its reasons");
    assert_eq!(found(&["листування", "--withdrawn"]), ["A1-2"]);
    house.vidimus(["reinstate", "A1-2", "--reason", "воно не про неї"]).succeeds();
    assert_eq!(found(&["листування"]), ["A1-2"]);
    house.vidimus(["erase", "A1-2", "--reason", "просила", "--confirm", "A1-2", "--yes"]).succeeds();
    assert_eq!(found(&["листування"]), [""; 0]);
    house.vidimus(["check"]).succeeds();
}
